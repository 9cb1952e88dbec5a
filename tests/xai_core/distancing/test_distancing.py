"""Support regressions: targets and reports by hand, linear networks in closed form, files that are found again."""

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn

from data.drawn import zoo
from data.nets import networks
from tests.toys import MLP, PlainCNN, SmallCNN, fingerprint, images, linear, seeded
from xai_core import distanced, how_well, support_network, support_networks
from xai_core.distancing import supports
from xai_core.distancing.regression import regress

F64 = {"dtype": torch.double}
LABELS = torch.tensor([0, 3, 3, 0, 1, 3])
FAST = {"epochs": 2, "batch": 4, "rate": 1e-2}


def weights(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def numbers(report) -> str:
    return repr(asdict(report))  # NaN equals itself in words


# Targets


def test_targets_by_hand():
    """Cat, dog, other, cat: the other class's logit falls, all else stays."""
    logits = torch.tensor([[3.0, -1, 0], [-2, 4, 1], [0.5, 0.25, 6], [1, 2, 3]])
    before, labels = logits.clone(), torch.tensor([0, 1, 2, 0])
    expected = torch.tensor([[3.0, -3, 0], [-4, 4, 1], [0.5, 0.25, 6], [1, 0, 3]])
    assert torch.equal(distanced(logits, labels, (0, 1), 2), expected)
    assert torch.equal(distanced(logits, labels, (1, 0), 2), expected)
    expected = torch.tensor([[3.0, -1.5, 0], [-9, 4, 1], [0.5, 0.25, 6], [1, 1.5, 3]])
    assert torch.equal(distanced(logits, labels, (0, 1), (0.5, 7)), expected)
    assert torch.equal(distanced(logits, labels, (1, 0), (7, 0.5)), expected)
    assert torch.equal(distanced(logits, labels, (0, 1), 0), logits)
    assert torch.equal(logits, before)


@given(
    arrays.arrays("float64", (12, 4), elements=st.integers(-100, 100)), st.permutations(range(4)), st.integers(0, 50)
)
def test_within_a_class_nothing_moves(logits, order, alpha):
    """Every difference between two samples of a class is what it was, in every logit."""
    (a, b, *_), labels, own = order, torch.arange(12) % 4, torch.from_numpy(logits)
    targets = distanced(own, labels, (a, b), alpha)
    for c in range(4):
        rows = labels == c
        assert torch.equal(targets[rows] - targets[rows][:1], own[rows] - own[rows][:1])
    assert (own - targets).sum() == alpha * 6


# The report


def test_report_by_hand():
    own = torch.tensor([[4.0, 1, 0], [5, 2, 0], [6, 3, 0], [1, 7, 0], [2, 8, 0]])
    found = torch.tensor([[5.0, 0, 0], [4, 0, 0], [6, -3, 0], [-3, 7, 1], [-2, 8, 0]])
    r = how_well(own, found, torch.tensor([0, 0, 0, 1, 1]), (0, 1), (2.0, 4.0), (0.5,))
    # Targets: b falls by 2 in three samples, a by 4 in two. Errors against them: 1, 1; −1, 0; 0, −4; 0; and 1.
    assert r.before == pytest.approx((3 * 4 + 2 * 16) / 15)
    assert r.after == pytest.approx((1 + 1 + 1 + 0 + 16 + 1) / 15)
    assert r.reached == pytest.approx(((1 + 2 + 6) / 3 / 2, 1.0))
    # Logit a of class a: 5, 4, 6 for 4, 5, 6 is ρ = 1 − 6 · 2/24; logit b: 0, 0, −3 for 1, 2, 3, ties shared.
    assert r.order[0] == pytest.approx((0.5, -math.sqrt(3) / 2))
    assert r.order[1] == pytest.approx((1, 1))
    assert r.elsewhere == pytest.approx(math.sqrt((1 + 1 + 1) / 10))
    assert r.curve == (0.5,)
    constant = how_well(own, torch.zeros(5, 3), torch.tensor([0, 0, 0, 1, 1]), (0, 1), (2.0, 0.0))
    assert math.isnan(constant.reached[1]) and all(math.isnan(ρ) for pair in constant.order for ρ in pair)


# Training


@pytest.mark.parametrize("alpha", [3, (1, 5)])
def test_a_linear_network_in_closed_form(alpha):
    """Its logits are affine in x, so all it can do is the least-squares fit of the shift; Adam finds that."""
    g = torch.Generator().manual_seed(0)
    X, labels = torch.randn(40, 3, **F64, generator=g), torch.arange(40) % 4
    X[labels == 0, 0] += 2
    model = linear(torch.randn(4, 3, **F64, generator=g), torch.randn(4, **F64, generator=g))
    support = support_network(model, X, labels, (0, 2), alpha, epochs=600, rate=0.05, batch=40)
    own, design = model(X).detach(), torch.cat([X, torch.ones(40, 1, **F64)], 1)
    shift = distanced(own, labels, (0, 2), alpha) - own
    best = design @ torch.linalg.lstsq(design, shift).solution
    torch.testing.assert_close(support.model(X) - own, best, rtol=0, atol=1e-5)
    assert support.report.before == pytest.approx(shift.square().mean().item())
    assert support.report.after == pytest.approx((best - shift).square().mean().item(), rel=1e-6)
    alpha_a, alpha_b = support.alpha
    reached = (-best[labels == 0, 2].mean() / alpha_a).item(), (-best[labels == 2, 0].mean() / alpha_b).item()
    assert support.report.reached == pytest.approx(reached, abs=1e-5)


def test_a_distance_that_can_be_learned_is_reached():
    """Where x says the class, the shift is affine in x: error 0, no sample out of order."""
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(30) % 2
    X = torch.cat([torch.randn(30, 3, **F64, generator=g), labels[:, None].double()], 1)
    report = support_network(
        linear(torch.randn(2, 4, **F64, generator=g)), X, labels, (0, 1), 4, epochs=600, rate=0.05, batch=30
    ).report
    assert report.after < 1e-9 < report.before == 8
    assert report.reached == pytest.approx((1, 1), abs=1e-5) and report.elsewhere < 1e-4
    assert [*report.order[0], *report.order[1]] == pytest.approx([1, 1, 1, 1])
    assert report.curve[0] > report.curve[10] > report.curve[100] > report.curve[400]


def test_one_step_by_hand():
    """Adam's first step is rate · g/(|g| + 10⁻⁸) down the slope of the mean squared error, for every weight."""
    model, X, labels = seeded(PlainCNN).double(), images(6).double(), LABELS
    loss = (model(X) - distanced(model(X), labels, (0, 3), 2)).square().mean()
    slopes = torch.autograd.grad(loss, list(model.parameters()))
    support = support_network(model, X, labels, (0, 3), 2, epochs=1, rate=1e-3, batch=6)
    for new, old, g in zip(support.model.parameters(), model.parameters(), slopes, strict=True):
        torch.testing.assert_close(old - new, 1e-3 * g / (g.abs() + 1e-8), rtol=1e-6, atol=1e-12)
    assert support.report.curve == pytest.approx((loss.item(),)) == (support.report.before,)


def test_nothing_to_learn():
    """α = 0 is the network itself; and were it trained, with dropout and batch norm in it, it would not move a bit."""
    model, X = seeded(SmallCNN).eval(), images(6)
    told = []
    support = support_network(model, X, LABELS, (0, 3), 0, progress=lambda *step: told.append(step), **FAST)
    assert torch.equal(weights(support.model), weights(model)) and torch.equal(support.model(X), model(X))
    assert told == [(4, 4)] and support.alpha == (0, 0)
    r = support.report
    assert (r.before, r.after, r.curve, r.elsewhere) == (0, 0, (), 0)
    assert [*r.order[0], *r.order[1]] == pytest.approx([1, 1, 1, 1])
    assert all(math.isnan(share) for share in r.reached)
    trained, curve = regress(model, X, support.model(X).detach(), seed=0, **FAST | {"batch": 6})
    assert torch.equal(weights(trained), weights(model)) and curve == (0, 0)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.filterwarnings("ignore:the model is in training mode")
def test_network_data_and_generator_stay_byte_for_byte(training):
    model, X, labels = seeded(SmallCNN, True).train(training), images(6).requires_grad_(), LABELS.clone()
    model.conv1.weight.requires_grad_(False)  # the caller does not train it: the copy does
    model.fc.weight.grad = torch.ones_like(model.fc.weight)
    before, state = fingerprint(model, X, labels), torch.get_rng_state()
    found = support_networks(model, X, labels, (0, 3), (2, 4), **FAST)
    with torch.inference_mode():
        same = support_network(model, X, labels, (0, 3), 4, **FAST)
    assert fingerprint(model, X, labels) == before and torch.equal(torch.get_rng_state(), state)
    assert torch.equal(weights(found[1].model), weights(same.model))
    assert not torch.equal(found[1].model.conv1.weight, model.conv1.weight)
    for support in found:
        assert not any(p.requires_grad or p.grad is not None for p in support.model.parameters())
        assert not any(m.training for m in support.model.modules())
        assert torch.equal(support.model.bn1.running_mean, model.bn1.running_mean)
    with torch.no_grad():
        model.fc.bias.add_(1)  # whoever trains the analysed network on does not move its witnesses
    assert torch.equal(weights(found[1].model), weights(same.model))


def test_what_else_a_network_depends_on_gets_no_gradient():
    scale = torch.ones(5, requires_grad=True)

    class Scaled(PlainCNN):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * scale

    support_network(seeded(Scaled), images(6), LABELS, (0, 3), 2, **FAST)
    assert scale.grad is None


def test_one_seed_one_network():
    model, X = seeded(PlainCNN), images(6)
    one, same, other = (weights(support_network(model, X, LABELS, (0, 3), 2, seed=s, **FAST).model) for s in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_progress_over_all():
    """Two α of 2 epochs of 2 batches; a kept network counts as done at once."""
    model, X, told = seeded(PlainCNN), images(6), []
    support_networks(model, X, LABELS, (0, 3), (2, 0, 4), progress=lambda *step: told.append(step), **FAST)
    assert told == [(k, 12) for k in (1, 2, 3, 4, 8, 9, 10, 11, 12)]


def test_the_report_is_of_these_networks():
    model, X = seeded(PlainCNN), images(6)
    for support in support_networks(model, X, LABELS, (3, 0), (1, (2, 3)), **FAST):
        own, found = model(X).detach(), support.model(X)
        expected = how_well(own, found, LABELS, (3, 0), support.alpha, support.report.curve)
        assert numbers(support.report) == numbers(expected)
        assert len(support.report.curve) == 2 and support.classes == (3, 0)


def test_the_shipped_network_learns_its_distances():
    """Cats and dogs of the zoo: few scenes, few passes, ten times the paper's rate; all of α, most of the order."""
    X, labels, *_ = zoo.batch(64, 1, ("cat", "dog"))
    report = support_network(networks.load("zoo"), X, labels, (0, 1), 4, epochs=6, rate=4e-4).report
    assert report.before == pytest.approx(1.6)  # α²/10, one logit of ten
    assert report.after < 0.2 and report.elsewhere < 0.45
    assert min(report.reached) > 0.9 and max(report.reached) < 1.1
    assert min(ρ for pair in report.order for ρ in pair) > 0.6


# Kept networks


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list:
    """One entry for each regression that was really run."""
    run = []
    monkeypatch.setattr(supports, "regress", lambda *a, **k: run.append(k) or regress(*a, **k))
    return run


def test_nothing_is_trained_twice(tmp_path, trainings):
    model, X, told = seeded(SmallCNN).eval(), images(6), []
    first = support_networks(model, X, LABELS, (0, 3), (2, (0, 4)), keep=tmp_path / "new", **FAST)
    again = support_networks(
        seeded(SmallCNN).eval(), X.clone(), LABELS.int(), [0, 3], (2.0, [0, 4]), keep=str(tmp_path / "new"),
        progress=lambda *step: told.append(step), **FAST,
    )  # fmt: skip
    assert len(trainings) == 2 and told == [(4, 8), (8, 8)]
    assert sorted(path.suffix for path in (tmp_path / "new").iterdir()) == [".safetensors"] * 2
    for a, b in zip(first, again, strict=True):
        assert torch.equal(weights(a.model), weights(b.model)) and torch.equal(a.model(X), b.model(X))
        assert numbers(a.report) == numbers(b.report) and a.alpha == b.alpha
        assert not any(p.requires_grad for p in b.model.parameters())


def test_another_anything_is_another_network(tmp_path, trainings):
    model, X = seeded(SmallCNN).eval(), images(6)
    other_weights, other_statistics = seeded(SmallCNN).eval(), seeded(SmallCNN).eval()
    other_weights.conv1.bias.data[3] += 1e-6
    other_statistics.bn2.running_var[0] += 1e-6
    other_X, other_labels = X.clone(), LABELS.clone()
    other_X[5, 2, 15, 15] += 1e-6
    other_labels[4] = 2  # of a class that is not distanced
    asked = [
        (model, X, LABELS, (0, 3), 2, {}),
        (other_weights, X, LABELS, (0, 3), 2, {}),
        (other_statistics, X, LABELS, (0, 3), 2, {}),
        (model, other_X, LABELS, (0, 3), 2, {}),
        (model, X, other_labels, (0, 3), 2, {}),
        (model, X, LABELS, (0, 1), 2, {}),
        (model, X, LABELS, (0, 3), 2.5, {}),
        (model, X, LABELS, (0, 3), (2, 3), {}),
        *((model, X, LABELS, (0, 3), 2, other) for other in ({"epochs": 3}, {"rate": 2e-2}, {"batch": 5}, {"seed": 1})),
    ]
    for _ in range(2):
        for *arguments, other in asked:
            support_network(*arguments, keep=tmp_path, **FAST | other)
    assert len(trainings) == len(asked) == len(list(tmp_path.iterdir()))


def test_another_forward_of_the_same_weights(tmp_path, trainings):
    """MLP's ReLU and tanh are code: no name shows them, so the network's answers are compared."""
    X = torch.rand(6, 5, generator=torch.Generator().manual_seed(0))
    smooth, sharp = seeded(MLP, classes=4), seeded(MLP, classes=4, smooth=False)
    assert str(smooth) == str(sharp)
    alone = support_network(sharp, X, LABELS, (0, 3), 2, **FAST)
    support_network(smooth, X, LABELS, (0, 3), 2, keep=tmp_path, **FAST)
    found = support_network(sharp, X, LABELS, (0, 3), 2, keep=tmp_path, **FAST)
    assert len(trainings) == 3 and torch.equal(weights(found.model), weights(alone.model))


def flip(content: bytes) -> bytes:
    """One bit of one weight, far behind the header: nothing that a parser would notice."""
    return content[:-40] + bytes([content[-40] ^ 1]) + content[-39:]


def better(content: bytes) -> bytes:
    """A report that somebody improved."""
    at = content.index(b"0.", content.index(b"elsewhere"))
    return content[:at] + b"9" + content[at + 1 :]


@pytest.mark.parametrize(
    "damage", [flip, better, lambda c: c[:-7], lambda c: b"", lambda c: b"\x00" * 100, lambda c: c[:50] + b"x" + c[51:]]
)
def test_a_damaged_file_is_trained_again(tmp_path, trainings, damage):
    model, X = seeded(PlainCNN), images(6)
    first = support_network(model, X, LABELS, (0, 3), 2, keep=tmp_path, **FAST)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    again = support_network(model, X, LABELS, (0, 3), 2, keep=tmp_path, **FAST)
    assert len(trainings) == 2 and torch.equal(weights(first.model), weights(again.model))
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == content


def test_four_readers_at_once(tmp_path):
    model, X, barrier = seeded(PlainCNN), images(6), threading.Barrier(4)

    def read(_: int) -> Tensor:
        barrier.wait()
        return weights(support_network(model, X, LABELS, (0, 3), 2, keep=tmp_path, **FAST).model)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, range(4)))
    assert all(torch.equal(found[0], other) for other in found)
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]


def test_no_place_to_keep_it(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.warns(UserWarning, match="keep: the support network could not be kept at .*taken"):
        support = support_network(seeded(PlainCNN), images(6), LABELS, (0, 3), 2, keep=Path(tmp_path / "taken"), **FAST)
    assert len(support.report.curve) == 2


# Bad input

NAN = torch.full((6, 3, 16, 16), float("nan"))
BAD = [
    ({"classes": (0, 0)}, "classes must be two different class numbers from 0 to 4; got \\(0, 0\\)"),
    ({"classes": (0, 5)}, "classes must be .* got \\(0, 5\\)"),
    ({"classes": (-1, 3)}, "classes must be .* got \\(-1, 3\\)"),
    ({"classes": (0, True)}, "classes must be .* got \\(0, True\\)"),
    ({"classes": (0, 1, 2)}, "classes must be .* got \\(0, 1, 2\\)"),
    ({"classes": 3}, "classes must be .* got 3"),
    ({"classes": ("cat", "dog")}, "classes must be .* got \\('cat', 'dog'\\)"),
    ({"classes": (0, 2)}, "labels must hold samples of both classes, 0 and 2; none is of 2"),
    ({"labels": LABELS[:5]}, r"labels must be a tensor of 6 class numbers from 0 to 4.*got a tensor of shape \(5,\)"),
    ({"labels": torch.tensor([0, 3, 3, 0, 1, 5])}, "labels must be .* got 5"),
    ({"labels": LABELS.float()}, "labels must be .* got a tensor of torch.float32"),
    ({"labels": [0, 3, 3, 0, 1, 3]}, "labels must be .* got list"),
    ({"alpha": -1}, r"alpha \(how far the other class's logit is lowered\) must be a number, at least 0; got -1"),
    ({"alpha": float("nan")}, "alpha .* got nan"),
    ({"alpha": (2, float("inf"))}, "alpha .* got inf"),
    ({"alpha": (2, 3, 4)}, r"alpha must be one number, or two, \(α_a, α_b\); got \(2, 3, 4\)"),
    ({"alpha": "2"}, "alpha .* got '2'"),
    ({"X": NAN}, "x must be finite; 4608 of its 4608 numbers"),
    ({"X": torch.rand(6, 1, 16, 16)}, r"the model cannot take x with rows of shape \(1, 16, 16\)"),
    ({"X": torch.zeros(6, 3, 16, 16, dtype=torch.uint8)}, "x must be floating point"),
    ({"epochs": 0}, "epochs .*must be a whole number, at least 1; got 0"),
    ({"epochs": 1.5}, "epochs .* got 1.5"),
    ({"rate": 0}, "rate .*must be a number, greater than 0; got 0"),
    ({"batch": 0}, "batch .* got 0"),
    ({"seed": -1}, "seed must be a whole number .* got -1"),
    ({"model": nn.Flatten()}, "model must have weights to train; it has none"),
    ({"rate": 1e30}, "rate must be small enough for the regression to converge; 1e\\+30 makes it diverge"),
]


@pytest.mark.parametrize(("wrong", "message"), BAD)
def test_errors_name_the_argument(wrong, message):
    given = {"model": seeded(PlainCNN), "X": images(6), "labels": LABELS, "classes": (0, 3), "alpha": 2, **FAST}
    with pytest.raises((ValueError, TypeError), match=message):
        support_network(**given | wrong)


def test_the_last_alpha_is_checked_before_the_first_is_trained(trainings):
    with pytest.raises(ValueError, match=r"alpha .* got -2"):
        support_networks(seeded(PlainCNN), images(6), LABELS, (0, 3), (2, -2), **FAST)
    assert not trainings


def test_logits_that_are_none():
    for logits in (torch.tensor([[0.0, float("nan")]]), torch.zeros(2), torch.tensor([[0.0, float("inf")]])):
        with pytest.raises(ValueError, match=r"logits must be finite numbers \(n, C\); got shape"):
            distanced(logits, torch.zeros(len(logits), dtype=torch.long), (0, 1), 2)
