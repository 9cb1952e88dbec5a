"""The shipped cats and dogs held apart: cards that tell the truth, distances that grow, regions that shrink."""

import json

import pytest
import torch

from app.labs.distancing import held_apart as made
from data.drawn import zoo
from data.nets import held_apart, networks
from xai_core import Regression, as_support, gad, hull, make_score


@pytest.fixture(scope="module")
def supports():
    model, (X, labels) = networks.load("zoo"), held_apart.samples()
    return [as_support(model, held_apart.load(α), X, labels, held_apart.CLASSES, α) for α in held_apart.ALPHAS]


@pytest.mark.slow  # 512 scenes
def test_cards_tell_what_is_measured(supports):
    for α, support, told in zip(held_apart.ALPHAS, supports, made.shipped(), strict=True):
        card, now = held_apart.card(α), support.report
        assert told.report == Regression.of(card["report"]) and told.alpha == (α, α) and told.classes == (0, 1)
        assert all(torch.equal(p, q) for p, q in zip(told.model.parameters(), support.model.parameters(), strict=True))
        assert card["alpha"] == α and card["command"] == held_apart.COMMAND and support.alpha == (α, α)
        assert now.before == pytest.approx(card["report"]["before"], rel=1e-4) == pytest.approx(α**2 / 10, rel=1e-4)
        assert now.after == pytest.approx(card["report"]["after"], rel=0.02)
        assert now.reached == pytest.approx(card["report"]["reached"], abs=0.005)
        assert min(now.reached) > 0.95 and max(now.reached) < 1.01
        assert torch.tensor(now.order).sub(torch.tensor(card["report"]["order"])).abs().max() < 0.01


def test_on_scenes_that_none_has_seen_the_classes_are_apart(supports):
    """The other animal's logit falls by about α there too, and the two animals' own logits stay."""
    X, labels, *_ = zoo.batch(64, 77, held_apart.PAIR)
    f = make_score(networks.load("zoo"), X, 0, output="logit")
    own = f.logits(X)[:, :2]
    other, this = 1 - labels, labels
    rows = torch.arange(64)
    for α, support in zip(held_apart.ALPHAS, supports, strict=True):
        change = make_score(support.model, X, 0, output="logit").logits(X)[:, :2] - own
        assert change[rows, other].mean() == pytest.approx(-α, rel=0.08)
        assert abs(change[rows, this].mean()) < 0.15 * α


def test_regions_shrink_with_every_network(supports):
    """Intersections of more masks: never more pixels, never a larger hull; and in the end fewer and smaller."""
    X, *_ = zoo.batch(4, 78, held_apart.PAIR)
    for c in held_apart.CLASSES:
        for method in ("simple_gradient", "gradient_x_input"):
            masks = gad(networks.load("zoo"), supports, X, c, method).masks.cumprod(0).bool()[:, :, 0]
            for each in masks.unbind(1):
                pixels, areas = [int(m.sum()) for m in each], [hull(m).area for m in each]
                assert pixels == sorted(pixels, reverse=True) and areas == sorted(areas, reverse=True)
                assert pixels[-1] < 0.75 * pixels[0] and areas[-1] < areas[0]


def test_files(tmp_path):
    with pytest.raises(ValueError, match=r"^alpha is 3; the shipped distances are 2, 4, 6, 8"):
        held_apart.load(3)
    with pytest.raises(FileNotFoundError, match="card of network 'zoo' is missing"):
        held_apart.load(2, tmp_path)
    network = held_apart.load(4)
    held_apart.save(4, network, {"seed": 0}, tmp_path)
    again = held_apart.load(4, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    facts = json.loads((tmp_path / "4" / "zoo.json").read_text(encoding="utf-8"))
    assert facts["command"] == held_apart.COMMAND and facts["sha256"] == held_apart.card(4)["sha256"]


def test_a_network_of_other_classes_is_no_support():
    X, labels = torch.rand(4, 3, 64, 64), torch.tensor([0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"^trained must have model's 10 logits; it has 2"):
        as_support(networks.load("zoo"), networks.load("husky_wolf"), X, labels, (0, 1), 2)
    with pytest.raises(ValueError, match=r"^labels must hold samples of both classes, 0 and 1; none is of 1"):
        as_support(networks.load("zoo"), held_apart.load(2), X, labels * 0, (0, 1), 2)
