"""UNI stage by stage: the ascent step, the matched baseline, the budget, the path; linear networks by hand."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from data.drawn import zoo
from data.nets import networks
from data.pictures import digits
from tests.toys import MLP, PlainCNN, SmallCNN, images, linear, seeded
from xai_core import explain, integrated_gradients, make_score, trace, uni, uni_baseline, unlearn
from xai_core.path.matching import budget, match_baseline
from xai_core.path.unlearning import unlearned_probabilities

F64 = {"dtype": torch.double}


def ascent(model: nn.Module, x: Tensor, c: int) -> dict[str, Tensor]:
    """∇_θ of the cross-entropy at (x, c), on a copy in evaluation mode, by backward()."""
    model = copy.deepcopy(model).eval().requires_grad_(True)
    F.cross_entropy(model(x), torch.tensor([c])).backward()
    return {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in model.named_parameters()}


def norm(tensors) -> float:
    return math.sqrt(sum(t.double().square().sum().item() for t in tensors))


def divergence(f, x: Tensor, unlearned: Tensor) -> Tensor:
    """KL(F(x; θ̂) ‖ F(x′; θ)) = Σ p̂ (log p̂ − log p), by its definition."""
    with torch.no_grad():
        p = f.model(x).softmax(1)
    return (unlearned * (unlearned.log() - p.log())).sum(1)


# Stage 1


@pytest.mark.parametrize("eta", [0.05, 1.0, 5.0])
@pytest.mark.parametrize("build", [SmallCNN, PlainCNN])
def test_one_step_up_the_loss(build, eta):
    """θ̂ − θ = η ∇L/‖∇L‖ for every weight, its length is η, and the loss is higher."""
    model, x = seeded(build).double(), images(1).double()
    f = make_score(model.eval(), x, 3)
    slopes = ascent(model, x, 3)
    unlearned = unlearn(f, x, eta).model
    steps = {name: p - q for (name, p), q in zip(unlearned.named_parameters(), model.parameters(), strict=True)}
    assert norm(steps.values()) == pytest.approx(eta, rel=1e-12)
    for name, step in steps.items():
        torch.testing.assert_close(step, eta * slopes[name] / norm(slopes.values()), rtol=1e-7, atol=1e-13)
    if eta < 1:
        assert F.cross_entropy(unlearned(x), torch.tensor([3])) > F.cross_entropy(model(x), torch.tensor([3]))
    assert all(torch.equal(a, b) for a, b in zip(unlearned.buffers(), model.buffers(), strict=True))


@pytest.mark.parametrize("confidence", [1, 30, 100, 300, 1000, 1e4])
@pytest.mark.parametrize("eta", [1.0, 5.0])
def test_a_confident_network(confidence, eta):
    """Where F_c rounds to 1 the loss has no slope in float32, but its direction is that of the log-odds."""

    class Sharp(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x) * confidence

    model, x = seeded(Sharp), torch.rand(1, 4, generator=torch.Generator().manual_seed(0))
    f = make_score(model, x, "predicted")
    step = [p - q for p, q in zip(unlearn(f, x, eta).model.parameters(), model.parameters(), strict=True)]
    assert norm(step) == pytest.approx(eta, rel=1e-5)
    # By hand, with c the class and q the others' shares of what is left: L falls as l_c − Σ q_j l_j rises.
    c, logits = int(f.target), model(x)[0].detach()
    mixture = logits.clone()
    mixture[c] = -torch.inf
    rows = mixture.softmax(0)[:, None] * torch.cat([x, torch.ones(1, 1)], 1)
    rows[c] = -torch.cat([x[0], torch.ones(1)])
    expected = eta * rows / rows.norm()
    torch.testing.assert_close(torch.cat([step[0], step[1][:, None]], 1), expected, rtol=1e-3, atol=1e-5)
    start = uni_baseline(f, x, eps=0.5, eta=eta)
    assert torch.isfinite(start).all() and (start - x).norm().item() == pytest.approx(0.5, rel=1e-5)


def test_tied_weights_move_together():
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.head = nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 3)
            self.b.weight = self.a.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.b(self.a(x).tanh()).tanh())

    model, x = seeded(Tied).double(), torch.rand(1, 5, **F64, generator=torch.Generator().manual_seed(0))
    unlearned = unlearn(make_score(model, x, 0), x, 1.0).model
    assert unlearned.a.weight is unlearned.b.weight and model.a.weight is model.b.weight
    slopes = ascent(model, x, 0)
    expected = slopes["a.weight"] / norm(slopes.values())
    torch.testing.assert_close(unlearned.a.weight - model.a.weight, expected, rtol=1e-8, atol=1e-12)


def test_frozen_networks_are_unlearned_too():
    """requires_grad = False says that the caller does not train these weights, not that they cannot be moved."""
    x = images(1)
    free, frozen = seeded(PlainCNN), seeded(PlainCNN).requires_grad_(False)
    assert torch.equal(explain(free, x, 1, "uni", B=3), explain(frozen, x, 1, "uni", B=3))


def test_each_image_forgets_alone():
    model, x = seeded(SmallCNN).eval(), images(3)
    f = make_score(model, x, torch.tensor([0, 4, 2]))
    together = unlearned_probabilities(f, x)
    for i, c in enumerate([0, 4, 2]):
        alone = unlearn(make_score(model, x[i : i + 1], c), x[i : i + 1]).model(x[i : i + 1]).softmax(1)
        torch.testing.assert_close(together[i : i + 1], alone.detach())
        assert together[i, c] < f.model(x)[i].softmax(0)[c]
    with pytest.raises(ValueError, match=r"x must be one image .* got 3"):
        unlearn(f, x)


# Stage 2


@given(st.integers(0, 1000), st.floats(0.01, 3), st.integers(1, 12))
def test_the_baseline_is_on_the_sphere(seed, eps, T):
    x = torch.rand(2, 5, **F64, generator=torch.Generator().manual_seed(seed))
    f = make_score(seeded(MLP, seed=seed).double(), x, torch.tensor([seed % 3, (seed + 1) % 3]))
    delta = uni_baseline(f, x, T, eps, mu=0.1) - x
    assert delta.norm(dim=1).tolist() == pytest.approx([eps, eps], rel=1e-9)


def test_matching_lowers_the_divergence():
    """From x, where it is KL(p̂ ‖ p), with more steps further; x itself is the start, not a random point."""
    model, x = seeded(SmallCNN).double().eval(), images(3).double()
    f = make_score(model, x, "predicted")
    unlearned = unlearned_probabilities(f, x)
    values = [divergence(f, x, unlearned)]
    for T in (1, 10, 50):
        values.append(divergence(f, match_baseline(f, x, unlearned, T, eps=0.3, mu=0.05), unlearned))
    assert (
        (values[1] < values[0]).all()
        and (values[2] <= values[1] + 1e-6).all()
        and (values[3] <= values[2] + 1e-6).all()
    )


def test_two_steps_by_hand():
    """δ ← −μ∇KL, to length ε; once more from there."""
    model, x = seeded(MLP).double(), torch.rand(1, 5, **F64, generator=torch.Generator().manual_seed(1))
    f = make_score(model, x, 0)
    unlearned, delta = torch.tensor([[0.1, 0.7, 0.2]], **F64), torch.zeros_like(x)
    for T in (1, 2):
        point = (x + delta).requires_grad_()
        F.kl_div(model(point).log_softmax(1), unlearned, reduction="sum").backward()
        delta = delta - 0.3 * point.grad
        delta = 0.4 * delta / delta.norm()
        torch.testing.assert_close(match_baseline(f, x, unlearned, T, 0.4, 0.3), x + delta, rtol=1e-10, atol=1e-12)


def test_the_step_size_by_rule():
    """μ = None takes a first step of 0.3 ε: μ = 0.3 ε/‖∇KL‖ at δ = 0, each image its own."""
    model, x = seeded(MLP).double(), torch.rand(2, 5, **F64, generator=torch.Generator().manual_seed(1))
    f, unlearned = make_score(model, x, 0), torch.tensor([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4]], **F64)
    point = x.clone().requires_grad_()
    F.kl_div(model(point).log_softmax(1), unlearned, reduction="sum").backward()
    mu = 0.3 * 0.8 / point.grad.norm(dim=1)
    by_hand = match_baseline(f, x, unlearned, T=4, eps=0.8, mu=mu)
    torch.testing.assert_close(match_baseline(f, x, unlearned, T=4, eps=0.8), by_hand)
    assert not torch.allclose(match_baseline(f, x, unlearned, T=4, eps=0.8, mu=3 * mu), by_hand, rtol=1e-5)


def test_a_uniform_target():
    """The reviewers' question: any other distribution may take the place of the unlearned one."""
    model, x = seeded(SmallCNN).double().eval(), images(2).double()
    f = make_score(model, x, "predicted")
    start = match_baseline(f, x, torch.full((2, 5), 0.2, **F64), T=30, eps=2.0, mu=0.05)
    with torch.no_grad():
        assert (f(start) < f(x)).all()


def test_one_budget_for_each_image():
    x = images(2)
    f = make_score(seeded(PlainCNN), x, 0)
    delta = uni_baseline(f, x, T=2, eps=torch.tensor([0.5, 2.0])) - x
    assert delta.flatten(1).norm(dim=1).tolist() == pytest.approx([0.5, 2.0], rel=1e-5)
    for eps, words in [
        (torch.ones(3), r"eps must be one number, or one for each row of x, \(2,\); got shape \(3,\)"),
        (torch.ones(2, 1), r"eps must be one number.*got shape \(2, 1\)"),
        (torch.tensor([1.0, 0.0]), "eps .*must be a number, greater than 0; got 0.0"),
        (torch.tensor([1.0, float("nan")]), "eps .*got nan"),
    ]:
        with pytest.raises(ValueError, match=words):
            uni_baseline(f, x, T=2, eps=eps)


def test_no_slope_no_step():
    """A network that answers the same everywhere: x is its own baseline, and nothing is attributed."""
    model = linear(torch.zeros(3, 4), torch.tensor([1.0, 0, 0]))
    x = torch.rand(2, 4)
    f = make_score(model, x, 0)
    assert torch.equal(uni_baseline(f, x), x)
    assert (uni(f, x) == 0).all()


# The budget


def test_budget_of_two_classes():
    """Linear: m = w·x, ε = 2 (m − m̂)/‖w‖, m̂ not below chance (0), the fall not below 1, the cap .25√d max|x|."""
    w = torch.tensor([3.0, 0, -4] + [0] * 97, **F64)
    model = linear(torch.stack([w, torch.zeros_like(w)]))
    x = torch.zeros(4, 100, **F64)
    x[:, 0] = torch.tensor([0.5, 0.5, 0.1, 100])  # m = 1.5, 1.5, .3, 300; the cap is 250
    f = make_score(model, x, 0)
    unlearned = torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.5, 0.5]], **F64)
    expected = [2 * (1.5 - math.log(1.5)) / 5, 2 * 1.5 / 5, 2 * 1 / 5, 2 * 300 / 5]
    assert budget(f, x, unlearned).tolist() == pytest.approx(expected, rel=1e-9)
    swapped = budget(make_score(model, x, 1), -x, unlearned.flip(1))  # by symmetry
    assert swapped.tolist() == pytest.approx(expected, rel=1e-9)


def test_budget_of_three_classes():
    """m = l_c − log Σ_other e^l with its gradient W_c − Σ q_j W_j; chance is −log 2."""
    W = torch.tensor([[2.0, 0, 1], [0, 1, -1], [-1, 1, 0]], **F64)
    x = torch.tensor([[0.6, 0.2, 0.4]], **F64)
    a, b, c = (W @ x[0]).tolist()
    q = math.exp(b) / (math.exp(b) + math.exp(c))
    m = a - math.log(math.exp(b) + math.exp(c))
    slope = W[0] - q * W[1] - (1 - q) * W[2]
    f = make_score(linear(W), torch.cat([x, x]), 0)
    found = budget(f, x, torch.tensor([[0.05, 0.5, 0.45]], **F64))
    assert found.item() == pytest.approx(min(2 * (m + math.log(2)) / slope.norm().item(), 0.25 * math.sqrt(3)))


def test_budget_follows_units_and_size():
    """The same network in other units of x: ε in those units. It is what uni takes when eps is None."""
    w = torch.tensor([[4.0, -2, 3], [0, 0, 0]], **F64) * 20
    x = torch.tensor([[0.03, 0.01, 0.02]], **F64)
    f, g = make_score(linear(w), x, 0), make_score(linear(w * 10), x / 10, 0)
    unlearned = torch.tensor([[0.3, 0.7]], **F64)
    assert budget(f, x, unlearned).item() == pytest.approx(10 * budget(g, x / 10, unlearned).item())
    eps = budget(f, x, unlearned_probabilities(f, x)).item()
    assert (uni_baseline(f, x) - x).norm().item() == pytest.approx(eps)
    assert torch.equal(uni(f, x), uni(f, x, eps=eps))


# Stage 3 and all together


def test_linear_network_with_two_classes():
    """F = σ(w·x): x′ = x − ε w/‖w‖ whatever θ̂ is, so A_i = (F(x) − F(x′)) w_i²/‖w‖², by any path's completeness."""
    w = torch.tensor([3.0, 0, -4], **F64)
    model, x = linear(torch.stack([w, torch.zeros_like(w)])), torch.tensor([[0.4, 0.9, 0.0]], **F64)
    f = make_score(model, x, 0)
    start = uni_baseline(f, x, eps=0.5)
    torch.testing.assert_close(start, x - 0.1 * w)
    change = torch.tensor(1.2).sigmoid().item() - torch.tensor(1.2 - 2.5).sigmoid().item()
    A = uni(f, x, B=40, eps=0.5, rule="gauss_legendre")
    assert A[0].tolist() == pytest.approx([change * 9 / 25, 0, change * 16 / 25], abs=1e-6)
    right = 0.1 * w * w * sum(p * (1 - p) for p in (1 / (1 + math.exp(1.3 - k / 5 * 2.5)) for k in range(1, 6))) / 5
    assert uni(f, x, B=5, eps=0.5)[0].tolist() == pytest.approx(right.tolist(), rel=1e-6)


@pytest.mark.parametrize("rule", ["right", "midpoint"])
def test_it_is_integrated_gradients_from_its_baseline(rule):
    model, x = seeded(SmallCNN).eval(), images(3)
    f = make_score(model, x, "predicted")
    start = uni_baseline(f, x, T=4, eta=0.7, mu=0.02)
    A = uni(f, x, B=6, T=4, eta=0.7, mu=0.02, rule=rule)
    assert torch.equal(A, integrated_gradients(f, x, start, 6, rule))
    assert torch.equal(A, explain(model, x, "predicted", "uni", B=6, T=4, eta=0.7, mu=0.02, rule=rule))
    assert not torch.equal(start, x)


@given(st.integers(0, 1000), st.floats(0.05, 1.0))
def test_completeness(seed, eps):
    x = torch.rand(1, 5, **F64, generator=torch.Generator().manual_seed(seed))
    f = make_score(seeded(MLP, seed=seed).double(), x, "predicted")
    A = uni(f, x, B=60, eps=eps, rule="gauss_legendre")
    assert A.sum().item() == pytest.approx((f(x) - f(uni_baseline(f, x, eps=eps))).item(), abs=1e-6)


def test_a_batch_is_its_images_one_by_one():
    model, x, target = seeded(SmallCNN).eval(), images(4), torch.tensor([1, 0, 4, 1])
    A = explain(model, x, target, "uni", B=5)
    for i in range(4):
        alone = explain(model, x[i : i + 1], int(target[i]), "uni", B=5)
        torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-4, atol=1e-7)


def trained() -> tuple[nn.Module, Tensor]:
    """A small network that learned x₀ + x₁ > x₂ + x₃, and inputs of which it is sure."""
    g = torch.Generator().manual_seed(0)
    x = torch.rand(400, 6, generator=g)
    y = (x[:, 0] + x[:, 1] > x[:, 2] + x[:, 3]).long()
    model = seeded(MLP, d=6, hidden=16, classes=2)
    optimiser = torch.optim.Adam(model.parameters(), 0.03)
    for _ in range(150):
        optimiser.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimiser.step()
    return model, x[model(x).softmax(1).amax(1) > 0.9][:40]


def test_the_claim_on_a_trained_network():
    """Where the network could forget the input, the baseline is unsure, and the confidence rises along the path."""
    model, sure = trained()
    forgotten = unlearned_probabilities(make_score(model, sure, "predicted"), sure)
    kept = forgotten.gather(1, model(sure).argmax(1, keepdim=True))[:, 0]
    sure = sure[kept < 0.1]
    assert len(sure) >= 10
    f = make_score(model, sure, "predicted")
    start = uni_baseline(f, sure)
    with torch.no_grad():
        assert (f(start) < f(sure) - 0.5).float().mean() > 0.9
    assert trace(f, sure, start).monotonicity(15).median() > 0.9


def test_a_step_that_overshoots_is_told():
    """On a network of 146 weights, η = 1 leaves some inputs as sure as they were."""
    model, sure = trained()
    with pytest.warns(UserWarning, match="unlearning left the network as sure as it was; a smaller eta"):
        explain(model, sure, "predicted", "uni", B=1, T=1)


def test_networks_that_cannot_unlearn():
    class NoWeights(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x.sum(1), (x**2).sum(1)], 1)

    class Unused(NoWeights):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 3)

    for model in (NoWeights(), Unused()):
        with pytest.raises(ValueError, match="model must have weights to unlearn with"):
            explain(model, torch.rand(1, 3), 0, "uni")
    with pytest.raises(ValueError, match=r"model must have two classes or more .* it has 1"):
        explain(seeded(MLP, classes=1), torch.rand(1, 5), 0, "uni", output="logit")


@pytest.mark.parametrize("name", ["zoo", "husky_wolf", "digits"])
def test_the_rules_for_eps_and_mu_on_shipped_networks(name):
    """The evidence for the factors: x′ is unsure, the path monotone, the gap small; a quarter of ε is too near."""
    if name == "digits":
        x = digits.train_test()[2][:16]
    else:
        x = (zoo.batch if name == "zoo" else zoo.husky_wolf)(16, 777)[0]
    f = make_score(networks.load(name), x, "predicted")
    forgotten = unlearned_probabilities(f, x)
    eps = budget(f, x, forgotten)
    path = trace(f, x, match_baseline(f, x, forgotten))
    near = match_baseline(f, x, forgotten, eps=eps / 4)
    with torch.no_grad():
        assert f(x).mean() > 0.9
        assert f(path.path.point(torch.zeros(1))[0]).mean() < 0.1
        assert f(near).mean() > 0.4
    assert path.monotonicity(15).min() > 0.9
    assert path.gap(path.attribution(15)).mean() < 0.03
