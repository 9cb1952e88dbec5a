"""Examining: all properties of one method of your own, in the order in which they matter."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from xai_core import methods
from xai_core.check import behaviour
from xai_core.check.axioms import axioms
from xai_core.check.laboratory import SAME, Laboratory, Stopped, off
from xai_core.check.lines import Line, Report
from xai_core.check.mistakes import Verdict, diagnose
from xai_core.check.zoo import judged
from xai_core.rankings import rank_correlation
from xai_core.registry import row_of, written
from xai_core.stages import Method

FEW = {"B": 6, "N": 40}  # settings under which a point too many shows
SUSPECTS = ("simple_gradient", "gradient_x_input", "integrated_gradients")  # whose mistakes are looked for unasked
LIKE = 0.05  # of the reference's own ρ with another seed: how much less yours may have


def examine(
    function: Callable | Method, *, zoo: bool = True, collection: str = "data.collection", **about: Any
) -> Report:
    """What holds of a function (f, x, …symbols…) → map. Arguments and errors: see `xai_core.check`."""
    if isinstance(function, Method):
        row = function
    else:
        known = methods.registered.get(getattr(function, "__name__", ""))
        row = known if known and not about and written(known) is function else row_of(function, **about)
    reference = methods.shipped().get(row.claims)
    given = {name: min(few, row.defaults[name]) for name, few in FEW.items() if name in row.symbols}
    lab = Laboratory(row, reference, given)
    title = f"{row.title}, which claims to be {reference.title}" if reference else f"{row.title}, which claims nothing"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lines = list(_lines(lab, collection if zoo else ""))
    return Report(title, lines)


def _lines(lab: Laboratory, collection: str) -> Iterator[Line]:
    try:
        yield (first := behaviour.shape(lab))
    except Stopped as error:
        yield Line("shape", False, str(error))
        return
    if not first.holds:
        return
    try:
        yield from behaviour.untouched(lab)
        yield (steady := behaviour.seed(lab))
        yield behaviour.asked_class(lab)
        yield behaviour.asked_score(lab)
        yield behaviour.batch(lab)
        mistake, agreement = _agreement(lab) if steady.holds else ("", _not_looked_at())
        yield from axioms(lab, mistake)
        yield agreement
        if collection:
            yield from _on_the_zoo(lab.row, collection)
    except Stopped as error:
        yield Line("end", False, f"{error}. It did so on a small network of three layers.")


def _not_looked_at() -> Line:
    return Line("agreement", None, "not looked at, as long as the map is another one at each run")


def _agreement(lab: Laboratory) -> tuple[str, Line]:
    """The mistake that is probably behind the map, and the line on the method that it claims, or is nearest to."""
    if lab.reference is None:
        return "", _nearest(lab)
    found, name = diagnose(lab, lab.reference), lab.reference.title
    if found.same:
        return "", Line("agreement", True, f"the map of {name}{'. ' + found.remark if found.remark else ''}")
    if found.mistake:
        return found.mistake, Line("agreement", False, f"Not the map of {name}. {found.mistake}")
    like, why = _alike(lab, lab.reference, found)
    return "", Line("agreement", like, why)


def _alike(lab: Laboratory, reference: Method, found: Verdict) -> tuple[bool, str]:
    """Whether a map that is not the same is as near as it can be: drawn by lot, or summed in other steps."""
    one, other = (lab.expected(seed=seed) for seed in (1, 2)) if "seed" in reference.defaults else (lab.x, lab.x)
    if off(one, other) > SAME and found.rho >= float(rank_correlation(one, other)) - LIKE:
        return True, f"as near to {reference.title} as two of its own seeds: Spearman {found.rho:.2f}"
    if "B" in lab.row.symbols and "B" in reference.symbols:
        limit = off(lab.map(B=200), lab.expected(B=200))
        if limit < 0.1 * found.off or limit < 10 * SAME:
            return True, f"the map of {reference.title} in the limit: {limit:.1%} off with B = 200"
    return False, (
        f"Not the map of {reference.title}: {found.off:.0%} off, Spearman {found.rho:.2f}. No usual mistake makes it."
        " Compare the points that you ask at, then one pixel by hand."
    )


def _nearest(lab: Laboratory) -> Line:
    """Which method of the catalogue the map is, which one with a usual mistake, or which is the nearest."""
    correlations: dict[str, float] = {}
    A = lab.map()
    for row in methods.shipped().values():
        try:
            R = lab.expected(row=row)
        except (TypeError, ValueError, RuntimeError):
            continue
        if off(A, R) < SAME:
            return Line("agreement", None, f"it is the map of {row.title}")
        if (rho := float(rank_correlation(A, R))) == rho:
            correlations[row.title] = rho
    for name in SUSPECTS:
        row = methods.shipped()[name]
        found = diagnose(Laboratory(lab.row, row, lab.given), row)
        if found.same or found.mistake:
            return Line("agreement", None, f"it is the map of {row.title}, but: {found.mistake or found.remark}")
    best = max(correlations, key=lambda title: correlations[title])
    return Line("agreement", None, f"nearest to {best}: Spearman {correlations[best]:.2f}")


def _on_the_zoo(row: Method, collection: str) -> Iterator[Line]:
    """Judged as `explain` would call it, whether it is registered or not."""
    before = methods.registered.get(row.name)
    methods.registered[row.name] = row
    try:
        yield from judged(row, collection)
    finally:
        methods.registered.pop(row.name)
        if before is not None:
            methods.registered[row.name] = before
