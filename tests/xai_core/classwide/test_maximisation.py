"""Activation maximisation on models where the best picture is known, and means over a class, by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from data.nets import networks
from tests.toys import fingerprint
from xai_core import make_score
from xai_core.classwide.maximisation import maximise, shown_to, total_variation
from xai_core.evaluate.class_means import agreement, class_shares, mean_map

PLAIN = {"jitter": 0, "blur": 0.0, "tv": 0.0}


class Weighs(nn.Module):
    """Logits (0, Σ w x)."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(w)

    def forward(self, x: Tensor) -> Tensor:
        value = (self.w * x).sum((1, 2, 3))
        return torch.stack([torch.zeros_like(value), value], 1)


def linear(w: list[list[float]]) -> tuple[Weighs, Tensor]:
    weights = torch.tensor(w)[None]
    return Weighs(weights), torch.zeros(1, *weights.shape)


def test_a_step_is_the_rate_times_the_gradient_of_unit_size():
    """w = (3, −1, −1, 1): rms √3. From grey ½, two steps of 0.1 w/√3; the logit rises by 0.2 Σw²/√3."""
    model, x = linear([[3.0, -1], [-1, 1]])
    f = make_score(model, x, 1, "logit")
    found = maximise(f, x, steps=2, rate=0.1, snapshots=2, **PLAIN)
    step = 0.1 * model.w.detach() / math.sqrt(3)
    torch.testing.assert_close(found.pictures[:, 0], torch.stack([0.5 + k * step for k in range(3)]))
    torch.testing.assert_close(found.logits[:, 0], torch.tensor([1.0, 1 + 1.2 / math.sqrt(3), 1 + 2.4 / math.sqrt(3)]))
    torch.testing.assert_close(found.probabilities, found.logits.sigmoid())
    assert found.steps == (0, 1, 2)


def test_a_linear_model_ends_at_the_corner_that_its_weights_point_to():
    model, x = linear([[3.0, -1], [-2, 1]])
    found = maximise(make_score(model, x, 1, "logit"), x, steps=40, rate=0.05, **PLAIN)
    assert torch.equal(found.picture, (model.w.detach()[None] > 0).float())


def test_decay_pulls_towards_grey():
    """One step 0.1 · (1, −1) from ½, then half of the way back."""
    model, x = linear([[1.0, -1]])
    found = maximise(make_score(model, x, 1, "logit"), x, steps=1, rate=0.1, decay=0.5, snapshots=1, **PLAIN)
    torch.testing.assert_close(found.picture, torch.tensor([[[[0.55, 0.45]]]]))


def test_jitter_takes_the_gradient_of_a_shifted_picture_and_gives_it_back():
    """Of a linear model the gradient at shift s is w rolled by −s: the step is that of one of the 9 shifts."""
    model, x = linear([[9.0, 0, 0], [0, 0, 0], [0, 0, 0]])
    f = make_score(model, x, 1, "logit")
    moved = set()
    for seed in range(12):
        found = maximise(f, x, steps=1, rate=0.1, jitter=1, blur=0.0, tv=0.0, snapshots=1, seed=seed)
        (place,) = (found.picture[0, 0] > 0.5).nonzero().tolist()
        assert found.picture.max() == pytest.approx(0.8)  # 0.5 + 0.1 · 9 / rms, rms = 3
        moved.add(tuple(place))
    assert len(moved) > 3


def test_total_variation_by_hand():
    """A step edge of height ½ over 4 rows and 3 channels: 6 of 16 pixels. A constant has none."""
    edge = torch.zeros(1, 3, 4, 4)
    edge[..., 2:] = 0.5
    assert total_variation(torch.cat([edge, torch.ones_like(edge)])).tolist() == [4 * 3 * 0.5 / 16, 0]


def test_total_variation_holds_the_ascent_back():
    """A checkerboard that the model likes: with a large λ it stays flat."""
    model, x = linear([[1.0, -1] * 4, [-1, 1] * 4] * 4)
    f = make_score(model, x, 1, "logit")
    free, held = (maximise(f, x, steps=20, jitter=0, blur=0.0, tv=tv) for tv in (0.0, 64.0))
    assert float(free.variation[-1]) == pytest.approx(0.8 * 112 / 64)  # 20 steps of 0.02 either way; 112 neighbours
    assert held.variation[-1] < 0.2


@pytest.mark.slow
def test_the_zoo_paints_what_other_networks_know():
    """Same seed, same bits on one machine; the model untouched; a smooth picture is known by more networks.

    In double: forty steps of ascent amplify the last digits of float32, which differ from processor to processor.
    """
    model, x = networks.load("zoo").double(), torch.zeros(10, 3, 64, 64).double()
    before, y = fingerprint(model, x), torch.arange(10)
    f = make_score(model, x, y, "logit")
    smooth, again = (maximise(f, x, steps=40) for _ in range(2))
    rough = maximise(f, x, steps=40, **PLAIN)
    assert torch.equal(smooth.pictures, again.pictures) and fingerprint(model, x) == before
    assert float(smooth.pictures.min()) >= 0 and float(smooth.pictures.max()) <= 1
    assert (smooth.probabilities[-1] > 0.9).sum() == 9  # one animal is on its way at the fortieth step
    assert (rough.probabilities[-1] > 0.9).all()
    other = make_score(networks.load("zoo_vgg").double(), x, 0)
    known = {name: shown_to(other, m.picture)[y, y].mean() for name, m in {"smooth": smooth, "rough": rough}.items()}
    assert known["smooth"] > known["rough"] + 0.1, known


@pytest.mark.parametrize(
    ("given", "says"), [({"rate": 0}, "rate"), ({"jitter": -1}, "jitter"), ({"steps": 0}, "steps")]
)
def test_bad_numbers_are_named(given, says):
    model, x = linear([[1.0, -1]])
    with pytest.raises(ValueError, match=says):
        maximise(make_score(model, x, 1, "logit"), x, **given)


def test_means_over_a_class_by_hand():
    """Two maps of two pixels: one pixel alike, the other of opposite sign, so both fall from left to right, r = 1."""
    A = torch.tensor([[[[2.0, 1]]], [[[2.0, -1]]]])
    assert mean_map(A).tolist() == [[[[2, 0]]]]
    assert agreement(A) == pytest.approx(1) and agreement(torch.cat([A[:1], -A[:1]])) == pytest.approx(-1)
    assert agreement(torch.eye(4).view(4, 1, 2, 2)) == pytest.approx(-1 / 3)  # each its own place: r of any two
    assert math.isnan(agreement(A[:1]))
    left = torch.tensor([[[True, False]], [[True, False]]])
    found = class_shares(A, {"left": left, "never": torch.zeros_like(left)})
    assert found["left"].mean == pytest.approx(2 * 2 / 3) and found["left"].n == 2  # ⅔ of Σ|A| on ½ of the area
    assert found["never"].n == 0
    with pytest.raises(ValueError, match=r"A must be maps of images \(N, C, H, W\)"):
        mean_map(A[0])
