"""The page Paths, B under the hand: every way's map from few steps and from many, and where the gradient was asked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from app.labs.paths import compute
from app.labs.paths.compute import Way
from app.shared import controls, frame, stages
from app.shared.film import player
from app.shared.film.frames import Film, Slider, refusal
from app.shared.film.maps import Maps, of_maps
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import Trace, figures
from xai_core.path.quadrature import quadrature

Given = Callable[[int], Mapping[Way, dict[str, Any]]]  # B → the arguments of every way


def film_of(about: Subject, q: Question, given: Given, slider: Slider, steps: Sequence[int]) -> Film:
    """One B, and the map of each way from so many steps. steps: B at each of the slider's stops."""
    ways = given(steps[0])
    first = next(iter(ways))
    fixed = {way: stages.run(q, way.method, asked)["trace"] for way, asked in ways.items()
             if not compute.finds_its_way(way)}  # fmt: skip
    known = ("steps", q, str(ways))
    curves = player.curves(known, lambda theme: draw_curves(q, fixed, theme)) if fixed else None
    return of_maps(
        slider, known, q.x, about.said, [way.title for way in ways], lambda stop: shown_at(q, given(steps[stop])),
        curves=curves, number=f"completeness gap, {first.title}", ahead=controls.cheap(list(steps), q.x),
    )  # fmt: skip


def shown_at(q: Question, given: Mapping[Way, dict[str, Any]]) -> Maps:
    """Every way's map and its completeness gap, and the places at which the gradient was asked for it."""
    found, failures = frame.answers(given, lambda way, asked: stages.explanation(q, way.method, asked), refusal)
    judged = {w.title: f"ΣA = {float(e.A.sum()):+.3f} of {e.change:+.3f}, gap {e.gap:.3f}" for w, e in found.items()}
    first, asked = next(iter(given.items()))
    places, _ = quadrature(asked["B"], asked["rule"]) if first in found else ([], [])
    return Maps(
        {way.title: e.A for way, e in found.items()},
        judged,
        {way.title: why for way, why in failures.items()},
        f"{found[first].gap:.3f}" if first in found else "",
        marks=places,
        curves=f"Slope and score against α; the gradient is asked at {len(places)} places.",
    )


def draw_curves(q: Question, walks: Mapping[Way, Trace], theme: str) -> Figure:
    """What is summed up on the ways that are the same for every B, and the score on them."""
    α = compute.grid(q)
    panels = {
        "dF/dα: what is summed up": {w.title: (α, t.slope_along(α)[:, 0].tolist()) for w, t in walks.items()},
        "F(γ(α)): the score": {w.title: (α, t.confidence(α)[:, 0].tolist()) for w, t in walks.items()},
    }
    x = "α: lines where the gradient is asked"
    return figures.curve_grid(panels, x=x, columns=1, size=(6.2, 3.45), theme=theme)
