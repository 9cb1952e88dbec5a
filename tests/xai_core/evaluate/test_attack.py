"""The attack on maps, and noise: bounds, the label, that the attack does more than noise, exact values."""

import pytest
import torch
import torch.nn.functional as F

from data.drawn import zoo
from data.nets import networks
from tests.toys import MLP, OneOutput, PlainCNN, fingerprint, images, seeded
from xai_core import integrated_gradients, make_score, simple_gradient
from xai_core.evaluate import attack_maps, max_sensitivity, ranking, robustness
from xai_core.evaluate.attack import Twin
from xai_core.score import forward

EPS = 8 / 255


@pytest.fixture(scope="module")
def scenes():
    X, *_ = zoo.batch(6, 1_000_000)
    return make_score(networks.load("zoo"), X, "predicted"), X


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("surrogate", ["softplus", "score"])
def test_bounds_and_label(scenes, steps, surrogate):
    f, X = scenes
    found = attack_maps(f, X, steps=steps, surrogate=surrogate)
    assert (found.size <= EPS + 1e-6).all() and found.size.mean() > EPS / 4
    assert found.moved.min() >= 0 and found.moved.max() <= 1
    assert torch.equal(f.logits(found.moved).argmax(1), f.logits(X).argmax(1))
    assert torch.equal(found.x, X) and not found.smooth


def test_the_attack_turns_the_map_more_than_noise_does(scenes):
    """The share of the gradient on its first top k; on the real network, not on the twin."""
    f, X = scenes
    noisy = (X + EPS * torch.randn(X.shape, generator=torch.Generator().manual_seed(0)).sign()).clamp(0, 1)

    def left(x):
        return robustness(lambda x: simple_gradient(f, x), type(found)(X, x, False), 1000).intersection.mean()

    found = attack_maps(f, X, steps=10)
    once = attack_maps(f, X)
    assert left(found.moved) < left(once.moved) < left(noisy) - 0.05
    assert left(X) == 1


def test_a_map_with_a_baseline_is_attacked_along_its_line(scenes):
    f, X = scenes
    attribute = lambda x: integrated_gradients(f, x, B=15)  # noqa: E731
    own = robustness(attribute, attack_maps(f, X[:4], steps=8, start="black"), 1000)
    other = robustness(attribute, attack_maps(f, X[:4], steps=8), 1000, A=own.A)
    assert own.intersection.mean() < other.intersection.mean() - 0.04
    assert torch.equal(own.A, attribute(X[:4]))


def test_smooth_networks_are_their_own_twin():
    x = images(3)[:, :1, 0, :5]  # rows of five numbers
    model = seeded(MLP)
    found = attack_maps(make_score(model, x.flatten(1), 0), x.flatten(1), k=2, eps=0.1)
    assert found.smooth and (found.size > 0.09).all()


class Attends(torch.nn.Module):
    """Multi-head attention, a hard sigmoid and a hard swish: PyTorch has no second derivative of the first two."""

    def __init__(self):
        super().__init__()
        self.attend, self.head = torch.nn.MultiheadAttention(4, 2, batch_first=True), torch.nn.Linear(4, 3)

    def forward(self, x):
        h = self.attend(x, x, x, need_weights=False)[0]
        return self.head((F.hardswish(h) + F.hardsigmoid(h)).mean(1))


def test_attention_and_hard_sigmoids_have_a_way_down_too():
    x = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(2), dtype=torch.double)
    model = seeded(Attends).double().eval()
    f = make_score(model, x, "predicted")
    with Twin(5.0):
        torch.testing.assert_close(f(x), forward(f, x))  # the same function, in other steps
    found = attack_maps(f, x, eps=1e-3, k=2)
    G, strongest = simple_gradient(f, x), ranking(simple_gradient(f, x), absolute=True)[:, :2]

    def share(G):
        return (G.flatten(1).abs().gather(1, strongest).sum(1) / G.flatten(1).abs().sum(1)).tolist()

    moved = share(simple_gradient(f, found.moved))
    assert found.smooth and (found.size > 0).all() and all(a < b for a, b in zip(moved, share(G), strict=True))


def test_a_step_without_a_second_derivative_is_named():
    """The distance to a prototype is such a step."""
    x, prototype = torch.tensor([[1.0, 0.5]]), torch.zeros(1, 2)
    f = make_score(OneOutput(lambda x: torch.cdist(x, prototype)[:, 0]), x, 0, "logit")
    with pytest.raises(ValueError, match="surrogate must be 'score' for this network: one of its steps has no second"):
        attack_maps(f, x, k=1)
    assert attack_maps(f, x, k=1, eps=0.1, surrogate="score").moved[0].tolist() == pytest.approx([0.9, 0.4])


def test_by_hand():
    """F = x₀² + x₁² at (1, ½): the gradient (2, 1) points at x₀; D = x₀/(x₀ + x₁) falls where x₀ falls and x₁ grows."""
    x = torch.tensor([[1.0, 0.5]], dtype=torch.double)
    f = make_score(OneOutput(lambda x: x.square().sum(1)), x, 0, "logit")
    found = attack_maps(f, x, eps=0.1, k=1)
    assert found.moved.tolist() == [[pytest.approx(0.9), pytest.approx(0.6)]]
    after = robustness(lambda x: simple_gradient(f, x), found, 1)
    assert after.spearman.tolist() == pytest.approx([1]) and after.intersection.tolist() == [
        1.0
    ]  # .9 is still more than .6
    turned = robustness(lambda x: simple_gradient(f, x), attack_maps(f, x, eps=0.4, k=1), 1)
    assert turned.spearman.tolist() == pytest.approx([-1]) and turned.intersection.tolist() == [0.0]


def test_a_step_that_changes_the_label_is_halved():
    """Logits x₀² and x₁² + .6: the full step down x₀ would name the other class, half of it does not."""

    class Edge(torch.nn.Module):
        def forward(self, x):
            return torch.stack([x[:, 0] ** 2, x[:, 1] ** 2 + 0.6], 1)

    x = torch.tensor([[1.0, 0.5]])
    f = make_score(Edge(), x, 0, "logit")
    found = attack_maps(f, x, eps=0.1, surrogate="score")  # (.9)² = .81 < .25 + .6 = .85 < (.95)² = .9025
    assert found.moved[0].tolist() == pytest.approx([0.95, 0.5])


def test_the_network_stays(scenes):
    model, x = seeded(PlainCNN), images(2)
    before = fingerprint(model, x)
    attack_maps(make_score(model, x, 0), x, steps=2, start="blurred", k=50)
    assert fingerprint(model, x) == before


def test_max_sensitivity_by_hand():
    """The gradient of Σ x² is 2x: ‖A(x + n) − A(x)‖ / ‖A(x)‖ = ‖n‖ / ‖x‖. A linear map does not move at all."""
    x = torch.full((2, 4), 0.5, dtype=torch.double)
    f = make_score(OneOutput(lambda x: x.square().sum(1)), x, 0, "logit")
    found = max_sensitivity(lambda x: simple_gradient(f, x), x, N=3, eps=0.1, seed=5)
    generator = torch.Generator().manual_seed(5)
    noise = torch.stack([0.2 * torch.rand(2, 4, generator=generator, dtype=torch.double) - 0.1 for _ in range(3)])
    assert torch.allclose(found.distances, noise.norm(dim=2).T / x.norm(dim=1)[:, None])
    assert torch.equal(found.largest, found.distances.amax(1))
    flat = make_score(OneOutput(lambda x: x.sum(1)), x, 0, "logit")
    assert max_sensitivity(lambda x: simple_gradient(flat, x), x).largest.tolist() == [0, 0]
    assert torch.isnan(max_sensitivity(torch.zeros_like, x).largest).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"eps": 0.0}, "eps .*greater than 0; got 0.0"),
        ({"steps": 0}, "steps .*at least 1; got 0"),
        ({"surrogate": "relu"}, "surrogate .*must be one of softplus, score"),
        ({"start": "pink"}, "baseline .*must be one of black"),
    ],
)
def test_mistakes_are_named(change, says):
    x = images(1)
    with pytest.raises(ValueError, match=says):
        attack_maps(**({"f": make_score(seeded(PlainCNN), x, 0), "x": x} | change))
