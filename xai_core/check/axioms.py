"""Axioms: completeness, linearity, implementation invariance, sensitivity, each tried on networks that show it.

A property is asked of your method where the method that it claims to be has it, measured in the same way. So LIME need
not be linear, and a guided gradient need not be the same in two networks with the same answers.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from xai_core.baselines import make_baseline
from xai_core.check.laboratory import HALF, NETWORK, SAME, Laboratory, Mixed, Small, Stopped, Twin, off
from xai_core.check.lines import Line
from xai_core.check.mistakes import start_of
from xai_core.score import forward

GAP = 0.08  # of the larger F(x) − F(x′), with many steps
MANY, FINE = 60, 100  # steps, and of a path of one's own
EXACT = "integrated_gradients"  # whose sum is right on these networks
Map = Callable[..., Tensor]


def axioms(lab: Laboratory, mistake: str) -> Iterator[Line]:
    """A line an axiom. mistake: what is known of the map already, in a sentence."""
    if "trace" in lab.row.chain and lab.reference is None:
        yield _ends(lab)
    yield _complete(lab, mistake)
    for name, (measure, holds, fails) in AXIOMS.items():
        try:
            found = measure(lab, lab.map)
        except Stopped as error:  # on another network than that of all other lines
            yield Line(name, None if lab.reference else False, f"not looked at: {error}")
            continue
        if found < SAME:
            yield Line(name, True, holds)
        elif lab.reference is None:
            yield Line(name, False if lab.row.family == "path" else None, fails.format(off=found))
        elif measure(lab, lab.expected) > SAME:
            yield Line(name, None, f"it does not hold, and of {lab.reference.title} neither")
        else:
            yield Line(name, False, mistake or fails.format(off=found))
    yield _missing(lab, mistake)


def _ends(lab: Laboratory) -> Line:
    """γ(0) = x′ and γ(1) = x."""
    asked = lab.stages()
    try:
        first, last = asked["trace"].points([0.0, 1.0])
    except (TypeError, ValueError, RuntimeError) as error:
        return Line("path", False, str(error))
    for name, at, should in (("γ(0) is not x′", first, asked["start"]), ("γ(1) is not x", last, asked.x)):
        if off(at, should) > SAME:
            return Line("path", False, f"{name}: one of its numbers is {float((at - should).abs().max()):.3f} away.")
    return Line("path", True, "it leads from x′ to x")


def promised(lab: Laboratory) -> bool:
    """Whether ΣA = F(x) − F(x′) is promised: the map is collected on a path."""
    return "trace" in lab.row.chain or bool(lab.reference and lab.reference.family == "path")


def _static(lab: Laboratory) -> bool:
    """Whether x′ is a picture that is made before anything is asked, such as black."""
    return lab.reference is None or lab.reference.chain.get("start") is make_baseline


def _complete(lab: Laboratory, mistake: str) -> Line:
    """ΣA = F(x) − F(x′), of two classes: for one, a wrong sum may be right by chance."""
    if not promised(lab):
        return Line("completeness", None, "not promised: it claims no path from an x′")
    more: dict[str, Any] = {"B": MANY if lab.reference else FINE} if "B" in lab.row.symbols else {}
    classes = (lab.target, lab.said)
    changes = [change for target in classes if (change := _change(lab, target)) is not None]
    if not changes:
        return Line("completeness", False, mistake or "It asks at x alone.")
    totals = [float(lab.map(target=target, **more).sum()) for target in classes]
    near = GAP * max(map(abs, changes))
    pairs = list(zip(totals, changes, classes, strict=True))
    total, change, target = next((pair for pair in pairs if abs(pair[0] - pair[1]) > near), pairs[0])
    said = f"ΣA = {total:.3f}, F(x) − F(x′) = {change:.3f}"
    if abs(total - change) <= near:
        return Line("completeness", True, said)
    other = lab.reference if lab.reference and lab.reference.name != EXACT else None
    if other and abs(float(lab.expected(target=target, **more).sum()) - change) > near:
        return Line("completeness", None, f"{said}; of {other.title} neither is the sum right here")
    usual = "The sign is wrong." if abs(total + change) <= near else (
        "Is x − x′ missing, a division by B, or a sign? Does the way end at x?")  # fmt: skip
    return Line("completeness", False, f"{said}. {mistake or usual}")


def _change(lab: Laboratory, target: int) -> float | None:
    """F(x) − F(x′) of the first picture; None where your function asks at x alone."""
    if not _static(lab):
        return float(lab.stages(lab.reference, target)["trace"].change().mean())
    x, start = lab.x[:1], start_of(lab)
    f = lab.score(lab.network, x, target)
    return None if start is None else float(forward(f, x) - forward(f, start))


def _linear(lab: Laboratory, made: Map) -> float:
    f, g = lab.network, lab.other
    both, apart = made(Mixed(f, g), output="logit"), made(f, output="logit") + 2 * made(g, output="logit")
    return off(both, apart)


def _invariant(lab: Laboratory, made: Map) -> float:
    return off(made(lab.network), made(Twin(lab.network)))


def _dummy(lab: Laboratory, made: Map) -> float:
    A = made(Small(NETWORK, True, lab.smooth))
    top = float(A.abs().max())
    return float(A[..., :HALF].abs().max()) / top if top else 0.0


def _missing(lab: Laboratory, mistake: str) -> Line:
    """Where x = x′ nothing changed, and A is 0."""
    if not promised(lab):
        return Line("missingness", None, "not promised: it claims no x′")
    start = start_of(lab) if _static(lab) else lab.x[:1]
    if start is None:
        return Line("missingness", False, mistake or "It has no x′ that a pixel could be equal to.")
    x = torch.cat([start[..., :HALF], lab.x[:1, ..., HALF:]], -1)
    again = start if "baseline" not in lab.row.defaults else _start_there(lab, x)
    if (
        not _static(lab) or off(again[..., :HALF], x[..., :HALF]) > SAME
    ):  # such as a blurred picture: another x, another x′
        return Line("missingness", None, "not looked at: this x′ depends on x")
    A = lab.map(x=x)
    left, top = float(A[..., :HALF].abs().max()), float(A.abs().max())
    if left <= SAME * top:
        return Line("missingness", True, "where x = x′ the map is 0")
    words = f"Where x = x′ the map should be 0; it reaches {left / top:.0%} of its largest value there."
    return Line("missingness", False, f"{words} {mistake or 'Is the factor x − x′ missing?'}")


def _start_there(lab: Laboratory, x: Tensor) -> Tensor:
    return make_baseline(x, lab.given.get("baseline", lab.row.defaults["baseline"]), lab.row.defaults.get("seed", 0))


AXIOMS: dict[str, tuple[Callable[[Laboratory, Map], float], str, str]] = {  # how far off, and what is said
    "linearity": (_linear, "A(F + 2G) = A(F) + 2 A(G)",
                  "A(F + 2G) is not A(F) + 2 A(G), off by {off:.0%}: an absolute value, a square, or a division by the"
                  " map's own maximum."),
    "invariance": (_invariant, "two networks with the same answers have the same map",
                   "Two networks with the same answers everywhere get different maps, off by {off:.0%}: something reads"
                   " their layers. Ask f alone."),
    "dummy": (_dummy, "pixels that F never reads get 0",
              "Pixels that F never reads get up to {off:.0%} of the largest value: something is added that does not"
              " come from F, or the map is smoothed or centred."),
}  # fmt: skip
