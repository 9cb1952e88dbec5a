"""Mistakes: what a typical one makes of the right map, so that a wrong map tells which one it is.

    right        the reference's map, by any of its rules, from the start and in the steps that yours has
    the score    softmax on top, the logit instead, another class, all classes
    the sum      a point too few or too many, no division by B, the gradient of one point alone
    the form     no factor x − x′, x in its place, the sign, absolute values, the channels, a factor

A map is called by a mistake only where it is that map to a thousandth, at every pixel. What to look at: `diagnose`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from xai_core.baselines import NAMED, make_baseline
from xai_core.check.laboratory import CLASSES, SAME, SIDE, Laboratory, off
from xai_core.path.integrated_gradients import trace
from xai_core.rankings import rank_correlation
from xai_core.stages import Method, like

Wrong = tuple[str, Tensor]  # the sentence, and the map that the mistake makes


@dataclass(frozen=True)
class Verdict:
    """How your map stands to a reference. mistake: the sentence, or "" where none is known."""

    same: bool
    off: float  # of the largest number, from the nearest of the right maps
    rho: float  # Spearman's, with it
    mistake: str = ""
    remark: str = ""


def diagnose(lab: Laboratory, reference: Method) -> Verdict:
    """Your map beside the reference's: the same, or which mistake made it. Raises what the reference raises."""
    x, A = lab.x[:1], lab.map()
    if reference.name == "integrated_gradients" and start_of(lab) is None:
        return Verdict(False, 1.0, float("nan"), "It asks at x alone: a gradient, and no sum along a way from x′ to x.")
    ways = list(_ways(lab, reference))
    rights = [_asked(reference, lab.score(lab.network, x), x, way) for way in ways]
    nearest = min(rights, key=lambda R: min(off(A, R), off(A, _flat(R))))
    told = Verdict(False, off(A, nearest), float(rank_correlation(A, nearest)))
    if any(off(A, R) < SAME or off(A, _flat(R)) < SAME for R in rights):
        return replace(told, same=True)
    for R, way in zip(rights, ways, strict=True):
        for hypotheses in (_sums(lab, reference, way), _scores(lab, reference, way), _forms(lab, R, way)):
            for sentence, wrong in hypotheses:
                if wrong.isfinite().all() and wrong.any() and off(A, wrong) < SAME:
                    if sentence.startswith("! "):
                        return replace(told, same=True, remark=sentence.removeprefix("! "))
                    return replace(told, mistake=sentence)
    return replace(told, mistake=_factor(lab, reference, rights, ways))


# --- where the sum starts, and in how many steps ----------------------------------------------------------------------


def start_of(lab: Laboratory) -> Tensor | None:
    """x′ of your map of the first picture, as declared or found where it asks; None if it asks at x alone."""
    x = lab.x[:1]
    if "baseline" in lab.row.defaults:
        asked = lab.given.get("baseline", lab.row.defaults["baseline"])
        return make_baseline(x, asked, lab.row.defaults.get("seed", 0))
    if "start" in lab.row.chain and lab.reference is None:
        return lab.stages()["start"]
    away = [p for p in lab.points() if off(p, x[0]) > SAME]
    if not away:
        return None
    step = (away[0] - x[0]).flatten()
    for name in NAMED:  # on whose straight way does the first point lie?
        known = make_baseline(x, name, lab.row.defaults.get("seed", 0))
        if float(torch.cosine_similarity(step, (known - x).flatten(), dim=0)) > 1 - 1e-5:
            return known
    first = max(away, key=lambda p: float((p - x[0]).norm()))
    n = len(away) + 1
    return x + (first[None] - x) * n / (n - 1) if len(away) > 1 else first[None]


def _ways(lab: Laboratory, reference: Method) -> Iterator[dict[str, Any]]:
    """The reference's settings that could be yours: its rule, start and number of steps where you do not say them."""
    theirs = lab.settings(reference)
    if reference.name != "integrated_gradients":
        yield theirs
        return
    if "baseline" not in theirs and (start := start_of(lab)) is not None:
        theirs["baseline"] = start
    n = len(lab.points())
    near = sorted({max(1, n + k) for k in (0, -1, 1, -2)}, key=lambda B: abs(B - n))
    rules = [theirs["rule"]] if "rule" in theirs else ["right", "left", "midpoint", "trapezoid", "gauss_legendre"]
    for B in [theirs["B"]] if "B" in theirs else near:
        for rule in rules:
            if rule == "trapezoid":  # of B pieces, with both ends
                yield theirs | {"B": B + 1, "rule": rule}
            else:
                yield theirs | {"B": B, "rule": rule}


def _asked(reference: Method, F: Any, x: Tensor, way: dict[str, Any]) -> Tensor:
    return like(reference.function(F, x, **way), x)


# --- what a mistake makes of the map ----------------------------------------------------------------------------------


def _scores(lab: Laboratory, reference: Method, way: dict[str, Any]) -> Iterator[Wrong]:
    """The same map of something else than F."""
    x, c, said = lab.x[:1], lab.target, lab.said
    f = lab.score(lab.network, x)
    asked: dict[str, Callable[[Tensor], Tensor]] = {
        "It explains the class that the network says, not the one that was asked for: max or argmax instead of f.":
            lambda p: f.outputs(p)[:, said],
        "It explains the class that leads at each point, not the one that was asked for: max instead of f.":
            lambda p: f.outputs(p).max(1).values,
        "It explains all classes together: the sum over the outputs instead of f.": lambda p: f.outputs(p).sum(1),
        "A softmax too many: f is the score already, and you take the probability of it. Ask f(x).":
            lambda p: f.outputs(p).softmax(1)[:, c],
        "It explains the logarithm of a probability, as a loss does. Ask f(x).":
            lambda p: f.outputs(p).log_softmax(1)[:, c],
        "It explains a loss: its sign is the other way round. Ask f(x).": lambda p: -f.outputs(p).log_softmax(1)[:, c],
    }  # fmt: skip
    if lab.row.output == "probability":
        asked["It explains the logit, and f is the probability: f.model is asked instead of f."] = lambda p: f.logits(
            p
        )[:, c]
    for sentence, F in asked.items():
        try:
            yield sentence, _asked(reference, F, x, way)
        except (TypeError, ValueError, RuntimeError, AttributeError):  # it needs more than a function
            return


def _sums(lab: Laboratory, reference: Method, way: dict[str, Any]) -> Iterator[Wrong]:
    """Riemann sums that went wrong, of Integrated Gradients."""
    if reference.name != "integrated_gradients" or way.get("rule", "right") != "right":
        return
    x, B = lab.x[:1], way["B"]
    walked = trace(lab.score(lab.network, x), x, way.get("baseline", "black"), seed=way.get("seed", 0))
    step = x - walked.points([0.0])[0]

    def total(αs: list[float], weight: float) -> Tensor:
        return step * weight * walked.gradients(αs).sum(0) if αs else torch.zeros_like(x)

    whole, ends = [k / B for k in range(1, B + 1)], [k / max(1, B - 1) for k in range(B)]
    yield "One point is missing: range(1, B) ends at B − 1. Take range(1, B + 1).", total(whole[:-1], 1 / B)
    yield ("B + 1 points are divided by B: take k = 1 … B, or divide by what there are.", total([0.0, *whole], 1 / B))
    if B > 1:
        yield "B points are divided by B − 1.", total(whole, 1 / (B - 1))
        yield "It has B − 1 points, k/B for k = 1 … B − 1: the last, α = 1, is missing.", total(whole[:-1], 1 / (B - 1))
        yield ("! Its points are linspace(0, 1, B), and both ends count in full; the trapezoid rule would halve them.",
               total(ends, 1 / B))  # fmt: skip
    yield "B points are divided by B + 1.", total(whole, 1 / (B + 1))
    yield ("! Its points are linspace(0, 1, B + 1), and both ends count in full; the trapezoid rule would halve them.",
           total([0.0, *whole], 1 / (B + 1)))  # fmt: skip
    yield "The division by B is missing: this is B times the map.", total(whole, 1.0)
    yield "The gradient is asked at x alone, at no point of the way.", total([1.0], 1.0)
    yield "The gradient is asked at the baseline alone.", total([0.0], 1.0)


def _forms(lab: Laboratory, R: Tensor, way: dict[str, Any]) -> Iterator[Wrong]:
    """What becomes of the right numbers at the end."""
    x, pixel = lab.x[:1], R.sum(1, keepdim=True)
    yield "The sign is wrong: x′ − x where x − x′ should stand, or a minus too many.", -R
    yield "It takes absolute values: what speaks against the class looks like what speaks for it.", R.abs()
    yield "It takes absolute values: what speaks against the class looks like what speaks for it.", like(pixel.abs(), x)
    yield "It takes absolute values, before the channels are summed.", like(R.abs().sum(1, keepdim=True), x)
    yield "It cuts off what speaks against the class: a ReLU, or clamp(min=0).", R.relu()
    yield "It squares the map: the sign is lost.", R.square()
    yield "The channels are not summed: their mean is a third of the sum.", like(R.mean(1, keepdim=True), x)
    yield "The channels are not summed: it shows one of them, the largest.", like(R.amax(1, keepdim=True), x)
    yield "The channels are not summed: it shows one of them, the largest.", like(R.abs().amax(1, keepdim=True), x)
    for channel in range(x.shape[1]):
        yield f"The channels are not summed: it shows channel {channel} alone.", like(R[:, channel : channel + 1], x)
    if "baseline" in way or (lab.reference and lab.reference.family == "path"):
        start = make_baseline(x, way.get("baseline", "black"), way.get("seed", 0))
        slope = R / (x - start)
        yield "The factor x − x′ is missing: this is the mean gradient on the way, in units of a slope.", slope
        yield "It multiplies by x where x − x′ should stand.", x * slope
        yield "The factor x − x′ has lost its sign: no absolute value of it.", R.abs() * R.sign() * (x - start).sign()
        yield "The factor x − x′ is missing, and the sign is lost.", slope.abs()
    else:
        yield "It multiplies by x; the reference does not.", x * R
        yield "The factor x is missing.", R / x
    yield "Height and width are exchanged.", R.transpose(2, 3)


def _flat(R: Tensor) -> Tensor:
    """One value a pixel, the sum over the channels, as `explain` spreads it."""
    return like(R.sum(1, keepdim=True), R)


def _factor(lab: Laboratory, reference: Method, rights: list[Tensor], ways: list[dict[str, Any]]) -> str:
    """The sentence for a map that is a number of times the right one; "" where it is none."""
    A, x = lab.map(), lab.x[1:2]
    for R, way in zip(rights, ways, strict=True):
        factor = float((A * R).sum() / R.square().sum())
        if abs(factor) < 1e-6 or off(A, factor * R) > SAME:
            continue
        if isinstance(way.get("baseline"), Tensor):
            way = way | {"baseline": make_baseline(x, "black")}
        again, theirs = lab.map(x=x), _asked(reference, lab.score(lab.network, x), x, way)
        other = float((again * theirs).sum() / theirs.square().sum())
        if abs(other - factor) > SAME * abs(factor):
            return "It is scaled, each picture by another number, such as its own maximum. A map is never rescaled."
        known = {
            float(way.get("B", 0)): ", B: is the division by B missing?",
            1 / 3: ": a mean over the channels, where their sum should stand",
            1 / CLASSES: ": a mean over the classes",
            3.0 * SIDE * SIDE: ": a sum where the mean should stand",
        }
        why = next((words for number, words in known.items() if number and abs(factor / number - 1) < SAME), "")
        return f"All is {factor:.3g} times what it should be{why}."
    return ""
