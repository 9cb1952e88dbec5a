"""What UNI's reviewers asked: other divergences, a uniform goal, the last layer alone. Numbers by hand, oracles."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.nets import networks, pretrained
from data.pictures import digits
from tests.toys import MLP, PlainCNN, SmallCNN, fingerprint, images, linear, seeded
from xai_core import answer_to_match, explain, integrated_gradients, make_score, uni, uni_baseline, unlearn
from xai_core.path.matching import DIVERGENCES, budget, match_baseline
from xai_core.path.uni import Goal
from xai_core.path.unlearning import Weights, log_odds, unlearned_probabilities

F64 = {"dtype": torch.double}
GOALS, WEIGHTS = Goal.__metadata__[0].values, Weights.__metadata__[0].values
OPTIONS = [(w, g, d) for w in WEIGHTS for g in GOALS for d in DIVERGENCES]
every_option = pytest.mark.parametrize(("weights", "goal", "divergence"), OPTIONS)


def C(name: str, logits: Tensor, q: Tensor) -> Tensor:
    """The divergence of softmax(logits) from q, each row: (n, classes) → (n,)."""
    return DIVERGENCES[name](logits.log_softmax(1), q).sum(1)


# Which weights: the last layer alone


@pytest.mark.parametrize("eta", [0.05, 1.0, 5.0])
@pytest.mark.parametrize(("build", "head"), [(SmallCNN, "fc"), (PlainCNN, "fc")])
def test_the_last_layer_moves_alone_and_by_eta(build, head, eta):
    """Its matrix and bias together by η, up its own slope; every other number of the network keeps its bytes."""
    model, x = seeded(build).double().eval(), images(1).double()
    before = fingerprint(model, x)
    unlearned = unlearn(make_score(model, x, 3), x, eta, "last_layer").model
    assert fingerprint(model, x) == before
    old, new = model.state_dict(), unlearned.state_dict()
    moved = [name for name in old if not torch.equal(old[name], new[name])]
    assert moved == [f"{head}.weight", f"{head}.bias"]
    assert torch.cat([(new[n] - old[n]).flatten() for n in moved]).norm().item() == pytest.approx(eta, rel=1e-12)
    loss = F.cross_entropy(model(x), torch.tensor([3]))
    slopes = torch.autograd.grad(loss, [model.get_parameter(n) for n in moved])
    length = torch.cat([s.flatten() for s in slopes]).norm()
    for name, slope in zip(moved, slopes, strict=True):
        torch.testing.assert_close(new[name] - old[name], eta * slope / length, rtol=1e-7, atol=1e-13)


def test_the_last_layer_by_hand():
    """logits W h + b: ∇L is (p − y) ⊗ (h, 1), so the step is η (p − y)/‖p − y‖ ⊗ (h, 1)/‖(h, 1)‖."""
    model, x = seeded(MLP).double(), torch.rand(1, 5, **F64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        h, p = model.first(x).tanh()[0], model(x).softmax(1)[0]
        new = unlearn(make_score(model, x, 1), x, 0.7, "last_layer").model.second
        wrong = p - torch.tensor([0.0, 1, 0], **F64)
        seen = torch.cat([h, torch.ones(1, **F64)])
        step = torch.cat([new.weight - model.second.weight, (new.bias - model.second.bias)[:, None]], 1)
        torch.testing.assert_close(step, 0.7 * torch.outer(wrong / wrong.norm(), seen / seen.norm()))


def test_all_moves_all():
    """The default and the word "all" are the same step; the last layer's is another one."""
    model, x = seeded(PlainCNN), images(1)
    f = make_score(model, x, 2)
    every, last = unlearn(f, x).model, unlearn(f, x, weights="last_layer").model
    assert all(not torch.equal(p, q) for p, q in zip(every.parameters(), model.parameters(), strict=True))
    for p, q in zip(every.parameters(), unlearn(f, x, weights="all").model.parameters(), strict=True):
        assert torch.equal(p, q)
    assert not torch.allclose(every.fc.weight, last.fc.weight)
    assert torch.equal(unlearned_probabilities(f, x, weights="last_layer"), last(x).softmax(1))
    assert torch.equal(uni(f, x, B=3, weights="last_layer"), integrated_gradients(f, x, uni_baseline(
        f, x, weights="last_layer"), 3))  # fmt: skip


def test_a_network_of_one_layer_or_of_none():
    """Where the last layer is all there is, the two words mean the same; so where there is no matrix at all."""

    class Scales(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.tensor([1.0, 2, 3]))

        def forward(self, x: Tensor) -> Tensor:
            return x * self.scale

    x = torch.rand(1, 3, generator=torch.Generator().manual_seed(0))
    for model in (seeded(nn.Linear, 3, 4), Scales()):
        f = make_score(model, x, 1)
        for p, q in zip(unlearn(f, x).model.parameters(), unlearn(f, x, 1.0, "last_layer").model.parameters(),
                        strict=True):  # fmt: skip
            assert torch.equal(p, q)


def test_a_scale_behind_the_classifier_is_not_a_layer():
    """The last *matrix*: a temperature learned behind it stays."""

    class Cooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head, self.norm = nn.Linear(4, 6), nn.Linear(6, 3), nn.LayerNorm(3)

        def forward(self, x: Tensor) -> Tensor:
            return self.norm(self.head(self.body(x).tanh()))

    model, x = seeded(Cooled), torch.rand(1, 4, generator=torch.Generator().manual_seed(0))
    new = unlearn(make_score(model, x, 0), x, 1.0, "last_layer").model.state_dict()
    moved = [name for name, value in model.state_dict().items() if not torch.equal(value, new[name])]
    assert moved == ["head.weight", "head.bias"]


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("resnet18", "fc"),
        ("vit_b_16", "heads.head"),
        ("squeezenet1_1", "classifier.1"),  # a convolution, then ReLU and pooling
        ("convnext_tiny", "classifier.2"),  # behind a norm of its own
    ],
)
def test_the_classifier_of_real_architectures(name, head):
    model = pretrained.load(name, weights=False)
    if name == "squeezenet1_1":  # at random its last ReLU is 0 for half the classes
        model.network.classifier[1].bias.data += 1
    x = images(1, side=pretrained.input_size(name) if name == "vit_b_16" else 64)
    new = unlearn(make_score(model, x, 5), x, 1.0, "last_layer").model.state_dict()
    moved = {key: (new[key] - value).norm().item() for key, value in model.state_dict().items()
             if not torch.equal(value, new[key])}  # fmt: skip
    assert set(moved) == {f"network.{head}.weight", f"network.{head}.bias"}
    assert math.hypot(*moved.values()) == pytest.approx(1, rel=1e-4)


# Which goal: the unlearned answer, or a uniform one


@pytest.mark.parametrize(("build", "x"), [(SmallCNN, images(3)), (MLP, torch.rand(3, 5))], ids=["5 classes", "3"])
def test_a_uniform_goal(build, x):
    """1/classes in every place, and neither η nor the weights matter, bit by bit."""
    model = seeded(build).eval()
    f = make_score(model, x, "predicted")
    classes = model(x).shape[1]
    goal = answer_to_match(f, x, goal="uniform")
    assert goal.tolist() == torch.full((3, classes), 1 / classes).tolist() and goal.dtype == x.dtype
    first = uni_baseline(f, x, T=3, goal="uniform")
    assert torch.equal(first, match_baseline(f, x, goal, T=3))
    assert torch.equal(uni(f, x, 4, 3, goal="uniform"), integrated_gradients(f, x, first, 4))
    for eta, weights in [(0.05, "all"), (5.0, "all"), (1.0, "last_layer")]:
        assert torch.equal(uni_baseline(f, x, T=3, eta=eta, weights=weights, goal="uniform"), first)
        assert not torch.equal(uni_baseline(f, x, T=3, eta=eta, weights=weights), first)


def test_the_usual_goal_is_the_unlearned_answer():
    model, x = seeded(SmallCNN).eval(), images(2)
    f = make_score(model, x, "predicted")
    for weights in WEIGHTS:
        assert torch.equal(answer_to_match(f, x, 0.5, weights), unlearned_probabilities(f, x, 0.5, weights))
    assert torch.equal(answer_to_match(f, x), unlearned_probabilities(f, x, 1.0, "all"))


def test_the_budget_of_a_uniform_goal_is_twice_the_way_to_chance():
    """Linear, two classes: ε = 2 m/‖w‖, m = 1.5, ‖w‖ = 5."""
    w = torch.tensor([3.0, 0, -4] + [0] * 97, **F64)
    x = torch.zeros(1, 100, **F64)
    x[:, 0] = 0.5
    f = make_score(linear(torch.stack([w, torch.zeros_like(w)])), x, 0)
    assert budget(f, x, answer_to_match(f, x, goal="uniform")).item() == pytest.approx(2 * 1.5 / 5)
    start = uni_baseline(f, x, goal="uniform")
    assert (start - x).norm().item() == pytest.approx(0.6) and f(start).item() == pytest.approx(1 / (1 + math.e**1.5))


# Linear networks, where the answer is known

W2 = torch.tensor([[3.0, 1, -2, 0.5], [1.0, 1, 2, -0.5]], **F64)  # w = (2, 0, −4, 1), ‖w‖ = √21
W3 = torch.tensor([[2.0, 0, 1, 5], [0, 1, -1, 5], [-1, 1, 0, 5]], **F64)


def two_classes(m: float, target: int = 0) -> tuple[Tensor, Tensor]:
    """w = w_c − w_other, and one input (1, 4) where the log-odds w·x of the target are m."""
    w = W2[target] - W2[1 - target]
    return w, (m / w.square().sum() * w + torch.tensor([0, 0.7, 0, 0], **F64))[None]


@every_option
@pytest.mark.parametrize("target", [0, 1])
def test_two_classes(weights, goal, divergence, target):
    """Only w·x is seen: δ = −ε w/‖w‖ for every option, and A_i = ε w_i²/‖w‖ of the log-odds, complete for every B."""
    w, x = two_classes(2.0, target)
    f = make_score(linear(W2), x, target)
    start = uni_baseline(f, x, 5, 0.5, mu=0.01, weights=weights, goal=goal, divergence=divergence)
    torch.testing.assert_close(start, x - 0.5 * w / w.norm())
    for B in (1, 7):
        A = integrated_gradients(log_odds(f), x, start, B)
        torch.testing.assert_close(A[0], 0.5 * w.square() / w.norm())
        assert A.sum().item() == pytest.approx((log_odds(f)(x) - log_odds(f)(start)).item()) == 0.5 * w.norm().item()


@every_option
def test_two_classes_in_one_call(weights, goal, divergence):
    """logits (w·x, 0): the logit is the log-odds, and the method's one call gives ε w_i²/‖w‖, here with ε by rule."""
    w, x = two_classes(2.0)
    f = make_score(linear(torch.stack([w, 0 * w])), x, 0, "logit")
    options = {"weights": weights, "goal": goal, "divergence": divergence}
    eps = budget(f, x, answer_to_match(f, x, 1.0, weights, goal)).item()
    torch.testing.assert_close(uni(f, x, 4, T=1, **options)[0], eps * w.square() / w.norm())
    assert eps == pytest.approx(0.25 * math.sqrt(4))  # 2 m/‖w‖ = .87 is more than ¼ a pixel of 4


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_a_class_below_chance_has_to_rise(divergence):
    """Where F_c < ½ the uniform goal lies uphill: δ = +ε w/‖w‖, A has the other sign. The unlearned one is lower."""
    w, x = two_classes(-1.0)
    f = make_score(linear(W2), x, 0)
    up = uni_baseline(f, x, 5, 0.2, mu=0.01, goal="uniform", divergence=divergence)
    down = uni_baseline(f, x, 5, 0.2, mu=0.01, goal="unlearned", divergence=divergence)
    torch.testing.assert_close(up, x + 0.2 * w / w.norm())
    torch.testing.assert_close(down, x - 0.2 * w / w.norm())
    torch.testing.assert_close(integrated_gradients(log_odds(f), x, up)[0], -0.2 * w.square() / w.norm())


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_at_the_goal_already(divergence):
    """F_c = ½ is uniform: no slope, x is its own baseline, nothing is attributed."""
    x = torch.zeros(1, 4, **F64)
    f = make_score(linear(W2), x, 0)
    assert torch.equal(uni_baseline(f, x, goal="uniform", eps=0.5, divergence=divergence), x)
    assert (uni(f, x, goal="uniform", eps=0.5, divergence=divergence) == 0).all()


@pytest.mark.parametrize(("divergence", "slope"), [
    ("kl", lambda p: p - 0.5), ("reverse_kl", lambda p: p * (1 - p) * math.log(p / (1 - p))),
    ("l2", lambda p: 4 * (p - 0.5) * p * (1 - p)), ("total_variation", lambda p: math.copysign(p * (1 - p), p - 0.5)),
])  # fmt: skip
def test_only_kl_keeps_its_slope_where_the_network_is_sure(divergence, slope):
    """The uniform goal from m = 6, on a sphere that reaches −1 and 13: where do two steps of the rule's μ end?

    dC/dm at 6 is .5 for KL, and p(1 − p) = .0025 times something for the others. μ = .3 ε/‖∇C‖ is then so large that
    one step from the far side, where the slope is back, throws δ over to the near one: away from the goal.
    """
    w, x = two_classes(6.0)
    f, radius = make_score(linear(W2), x, 0), 7 / two_classes(6.0)[0].norm().item()
    p, far = 1 / (1 + math.exp(-6)), 1 / (1 + math.exp(1))
    stride = 0.3 * slope(far) / slope(p)  # the second step, in units of ε, from δ = −ε
    ends = -1.0 if -1 - stride < 0 else 1.0
    assert ends == (-1.0 if divergence == "kl" else 1.0)
    start = uni_baseline(f, x, 2, radius, goal="uniform", divergence=divergence)
    torch.testing.assert_close(start, x + ends * radius * w / w.norm())
    assert log_odds(f)(start).item() == pytest.approx(-1 if divergence == "kl" else 13)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_one_step_with_three_classes(divergence):
    """T = 1: δ = −ε Wᵀs/‖Wᵀs‖ with s = ∂C/∂logits."""
    x = torch.tensor([[0.6, 0.2, 0.4, 0.1]], **F64)
    f = make_score(linear(W3), x, 0)
    q = answer_to_match(f, x)
    logits = (x @ W3.T).requires_grad_()
    (s,) = torch.autograd.grad(C(divergence, logits, q).sum(), logits)
    if divergence == "kl":
        torch.testing.assert_close(s, logits.softmax(1).detach() - q)
    g = (s @ W3)[0]
    start = uni_baseline(f, x, 1, 0.3, divergence=divergence)
    torch.testing.assert_close(start[0], x[0] - 0.3 * g / g.norm())


@every_option
def test_three_classes(weights, goal, divergence):
    """Known for any T: the classes' differences span δ, so what all classes share plays no part; A = −δ ⊙ W_c."""
    x = torch.tensor([[0.6, 0.2, 0.4, 0.1]], **F64)
    f = make_score(linear(W3), x, 0, "logit")
    options = {"T": 10, "eps": 0.4, "mu": 0.05, "weights": weights, "goal": goal, "divergence": divergence}
    delta = (uni_baseline(f, x, **options) - x)[0]
    plane = torch.linalg.qr((W3[1:] - W3[0]).T)[0]  # (4, 2)
    torch.testing.assert_close(plane @ (plane.T @ delta), delta, rtol=0, atol=1e-12)
    assert delta[3].item() == pytest.approx(0, abs=1e-12) and delta.norm().item() == pytest.approx(0.4)
    A = uni(f, x, 3, **options)[0]
    torch.testing.assert_close(A, -delta * W3[0])
    assert A.sum().item() == pytest.approx((f(x) - f((x + delta))).item())


# On any network


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_matching_comes_nearer(divergence):
    """Each divergence falls from T = 0 to 1 to 20 when its own steps are small."""
    model, x = seeded(SmallCNN).double().eval(), images(3).double()
    f = make_score(model, x, "predicted")
    q = answer_to_match(f, x)
    with torch.no_grad():
        at = [C(divergence, model(x), q)]
        for T in (1, 20):
            at.append(C(divergence, model(match_baseline(f, x, q, T, 0.2, 0.05, divergence)), q))
    assert (at[1] < at[0]).all() and (at[2] <= at[1] + 1e-9).all()


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_two_steps_by_hand(divergence):
    model, x = seeded(MLP).double(), torch.rand(1, 5, **F64, generator=torch.Generator().manual_seed(1))
    f, q, delta = make_score(model, x, 0), torch.tensor([[0.1, 0.7, 0.2]], **F64), torch.zeros(1, 5, **F64)
    for T in (1, 2):
        point = (x + delta).requires_grad_()
        p = model(point).softmax(1)
        value = {
            "kl": (q * (q / p).log()).sum(),
            "reverse_kl": (p * (p / q).log()).sum(),
            "l2": ((p - q) ** 2).sum(),
            "total_variation": (p - q).abs().sum() / 2,
        }[divergence]
        delta = delta - 0.3 * torch.autograd.grad(value, point)[0]
        delta = 0.4 * delta / delta.norm()
        found = match_baseline(f, x, q, T, 0.4, 0.3, divergence)
        torch.testing.assert_close(found, x + delta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("m", [1, 8, 16, 20, 30])
def test_the_direction_of_a_sure_network_in_single_precision(divergence, m):
    """1 − F_c is 10⁻⁷ at m = 16 and 10⁻¹³ at 30, below the digits of a float; the direction is still the right one."""
    W = torch.tensor([[2.0, 0, 1], [0, 1, -1], [-1, 1, 0]])
    x = torch.tensor([[1.0, 0.2, 0.4]])
    W = W * m / log_odds(make_score(linear(W), x, 0))(x)
    found = []
    for dtype in (torch.float, torch.double):
        f = make_score(linear(W.to(dtype)), x.to(dtype), 0)
        q = torch.tensor([[0.2, 0.5, 0.3]], dtype=dtype)
        found.append(match_baseline(f, x.to(dtype), q, T=1, eps=1.0, divergence=divergence) - x.to(dtype))
    torch.testing.assert_close(found[0].double(), found[1], rtol=0, atol=1e-3)
    assert found[0].norm().item() == pytest.approx(1, rel=1e-5)


@every_option
def test_a_batch_is_its_images_one_by_one(weights, goal, divergence):
    model, x, target = seeded(SmallCNN).eval(), images(3), torch.tensor([1, 0, 4])
    options = {"B": 3, "T": 4, "weights": weights, "goal": goal, "divergence": divergence}
    A = explain(model, x, target, "uni", **options)
    for i in range(3):
        alone = explain(model, x[i : i + 1], int(target[i]), "uni", **options)
        torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize(("weights", "goal"), [("all", "uniform"), ("last_layer", "unlearned")])
def test_other_units_of_the_input(weights, goal, divergence):
    """x in hundredths, the first layer made to fit: ε, μ and x′ follow, the map does not change."""
    model, x = seeded(MLP).double(), torch.rand(2, 5, **F64, generator=torch.Generator().manual_seed(2)) - 0.5
    other = seeded(MLP).double()
    other.first.weight.data /= 100
    f, g = make_score(model, x, "predicted"), make_score(other, 100 * x, "predicted")
    options = {"weights": weights, "goal": goal, "divergence": divergence}
    by_hand = {"eps": 0.3, "mu": 0.02}, {"eps": 30.0, "mu": 0.02 * 100**2}
    torch.testing.assert_close(
        100 * uni_baseline(f, x, **by_hand[0], **options), uni_baseline(g, 100 * x, **by_hand[1], **options)
    )
    torch.testing.assert_close(uni(f, x, **by_hand[0], **options), uni(g, 100 * x, **by_hand[1], **options))
    q, p = answer_to_match(f, x, 1.0, weights, goal), answer_to_match(g, 100 * x, 1.0, weights, goal)
    torch.testing.assert_close(q, p)
    torch.testing.assert_close(answer_to_match(f, x), answer_to_match(f, x.clone()))
    # Unlearning all weights does depend on the units: the first layer's slope grows with x.
    assert not torch.allclose(answer_to_match(f, x), answer_to_match(g, 100 * x), rtol=0.01)


@every_option
def test_the_callers_network_is_untouched(weights, goal, divergence):
    model, x = seeded(SmallCNN).eval(), images(2)
    before = fingerprint(model, x)
    A = explain(model, x, 1, "uni", B=2, T=2, weights=weights, goal=goal, divergence=divergence)
    assert fingerprint(model, x) == before and torch.isfinite(A).all()


@pytest.mark.parametrize("options", [{"weights": "last_layer"}, {"goal": "uniform"}, {"divergence": "reverse_kl"}])
def test_each_option_changes_the_map(options):
    model, x = seeded(SmallCNN).eval(), images(2)
    usual = explain(model, x, "predicted", "uni", B=3)
    assert torch.equal(usual, explain(model, x, "predicted", "uni", B=3, weights="all", goal="unlearned",
                                      divergence="kl"))  # fmt: skip
    assert not torch.allclose(usual, explain(model, x, "predicted", "uni", B=3, **options), rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": "head"}, r"weights \(which weights unlearn\) must be one of all, last_layer; got 'head'"),
        ({"weights": None}, r"weights .* must be one of all, last_layer; got None"),
        ({"goal": "random"}, r"goal \(the answer that x′ should get\) must be one of unlearned, uniform; got 'random'"),
        ({"divergence": "js"}, r"divergence .* must be one of kl, reverse_kl, l2, total_variation; got 'js'"),
        ({"divergence": "KL"}, r"divergence .* must be one of kl, .*; got 'KL'"),
        ({"goal": "uniform", "weights": "head"}, r"weights .* must be one of all, last_layer; got 'head'"),
    ],
)
def test_bad_words(options, words):
    model, x = seeded(MLP), torch.rand(1, 5)
    with pytest.raises(ValueError, match=words):
        explain(model, x, 0, "uni", **options)
    with pytest.raises(ValueError, match=words):
        uni_baseline(make_score(model, x, 0), x, **options)


def test_bad_words_at_each_stage():
    x = torch.rand(1, 5)
    f = make_score(seeded(MLP), x, 0)
    q = torch.full((1, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"weights .* must be one of all, last_layer; got 'first'"):
        unlearn(f, x, weights="first")
    with pytest.raises(ValueError, match=r"goal .* must be one of unlearned, uniform; got 'black'"):
        answer_to_match(f, x, goal="black")
    with pytest.raises(ValueError, match=r"divergence .* must be one of kl, reverse_kl, l2, total_variation; got 'l1'"):
        match_baseline(f, x, q, divergence="l1")


def test_on_the_digits():
    """Sixteen test images, ε and μ by rule. KL and either goal: x′ is where it should be, for every image. The other
    divergences leave some image as sure as it was: see `test_only_kl_keeps_its_slope_where_the_network_is_sure`."""
    x = digits.train_test()[2][:16]
    f = make_score(networks.load("digits"), x, "predicted")
    with torch.no_grad():
        assert f(x).mean() > 0.9
        at = {(g, d): f(uni_baseline(f, x, goal=g, divergence=d)) for g in GOALS for d in DIVERGENCES}
        assert at["unlearned", "kl"].max() < 0.1 and at["uniform", "kl"].max() < 0.3
        assert at["uniform", "kl"].mean().item() == pytest.approx(0.1, abs=0.02)
        assert f(uni_baseline(f, x, weights="last_layer")).max() < 0.1
        for divergence in ("reverse_kl", "l2", "total_variation"):
            assert at["uniform", divergence].mean() > at["uniform", "kl"].mean() + 0.05
            assert at["unlearned", divergence].max() > 0.9
