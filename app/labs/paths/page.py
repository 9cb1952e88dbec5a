"""Paths: several ways from a baseline to the picture. α walks them all, or B sums them up; one of both moves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from app.labs.paths import colour, compute, errors, steps
from app.labs.paths.compute import WAYS, Seen, Walked, Way
from app.shared import controls, frame, stages, subject, take_away
from app.shared.compare import tab as compare
from app.shared.film import player
from app.shared.film.frames import Film, Panel, Slider, Stop
from app.shared.frame import Tab
from app.shared.links import coming
from app.shared.predict import veil
from app.shared.screen import COMPARE, TABS, Stage, stage, tabs
from app.shared.stages import Question
from xai_core import Trace, figures
from xai_core.path import paths

FIRST = ("straight from black", "UNI: from the unlearned picture")
MOST = 4
MOVED = ("α", "B")  # what the film moves
ERRORS = "How many steps?"
THIRDS = ("in the first third", "in the middle third", "in the last third")


def ask_ways() -> list[Way]:
    """Up to four ways, in the order in which they were chosen."""
    titles = {way.title: way for way in compute.ways()}
    first = list(titles)[:2] if len(titles) > len(WAYS) else FIRST  # mine beside the reference
    chosen = st.multiselect(
        "Ways from a baseline to the picture", list(titles), first, label_visibility="collapsed", key="way",
        bind="query-params", max_selections=MOST, wrap=True,
    )  # fmt: skip
    return [titles[title] for title in chosen]


def ask_settings(on: Stage) -> tuple[dict[str, Any], str, float]:
    """What all ways share, the score that is explained, and the tolerance."""
    declared = {c.key: c for c in controls.controls()}
    values: dict[str, Any] = {}
    with on.settings:
        values["rule"] = controls.ask(declared["rule"])
        output = controls.ask_output() or "probability"
        values["seed"] = int(st.number_input("seed: of the noise", 0, 2**31 - 1, 0, key="seed", bind="query-params"))
        tolerance = st.slider(
            "τ: gap that is good enough, in % of F(x) − F(x′)", 0.5, 20.0, 5.0, 0.5, key="tolerance",
            bind="query-params",
        )  # fmt: skip
    return values, output, tolerance / 100


def film_of(q: Question, given: Mapping[Way, dict], now: Walked, α: list[float]) -> Film:
    """One α, and where each way is: the picture there, the gradient, what is collected, and the curves."""
    side, walks, seen = max(q.x.shape[2:]), now.walks, now.seen
    maps = [(Panel("γ(α)", side=side), Panel("∇F(γ(α))", i + 1, side=side), Panel("A so far", 0, side=side))
            for i in range(len(walks))]  # fmt: skip
    about = ("paths", q, *((w.name, given[w]) for w in walks))
    curves = player.curves(about, lambda theme: draw_curves(seen, α, theme))
    stops = tuple(Stop(a, f"{a:g}", f"α = {a:g}") for a in α)
    return Film(
        Slider("at", "α: 0 is the baseline, 1 the picture", stops, len(α) // 2),
        about,
        rows={w.title: 3 for w in walks},
        panels=(*(panel for row in maps for panel in row), Panel("curves", curves=curves)),
        scales=lambda: compute.scales(walks, seen, α),
        frame=lambda k: compute.frame(walks, seen, now.steps, α[k]),
        number=f"F(γ(α)), {next(iter(walks)).title}",
    )


def draw_curves(seen: Mapping[Way, Seen], α: list[float], theme: str) -> Figure:
    """Score, collected sum and gradient length of all ways on one axis."""
    panels = {
        "F(γ(α)): the score": {w.title: (α, s.confidence) for w, s in seen.items()},
        "ΣA collected so far": {w.title: ([0.0, *s.points], [0.0, *s.cumulative]) for w, s in seen.items()},
        "‖∇F(γ(α))‖: the gradient's length": {w.title: (α, s.norm) for w, s in seen.items()},
    }
    x = "α: 0 is the baseline, 1 the picture"
    return figures.curve_grid(panels, x=x, columns=1, size=(6.2, 3.45), theme=theme)


def show_answer(guess: str, seen: Mapping[Way, Seen]) -> None:
    """Where the score really rises on the first way."""
    way, first = next(iter(seen.items()))
    F_ = np.interp([0, 1 / 3, 2 / 3, 1], np.linspace(0, 1, len(first.confidence)), first.confidence)
    rises = np.diff(F_)
    where = THIRDS[int(rises.argmax())]
    said = ", ".join(f"{rise:+.2f}" for rise in rises)
    frame.verdict(guess, where, f"on the way «{way.title}» the score changes by {said} in the three thirds.")


def show_numbers(seen: Mapping[Way, Seen], steps: Mapping[Way, tuple]) -> None:
    """What judges a path."""
    rows = {
        "F(x′), where it starts": lambda w, s: f"{s.confidence[0]:.3f}",
        "ΣA": lambda w, s: f"{float(s.whole.A.sum()):+.3f}",
        "F(x) − F(x′), what ΣA should be": lambda w, s: f"{s.whole.change:+.3f}",
        "Completeness gap": lambda w, s: f"{s.whole.gap:.3f}",
        "Gradients used": lambda w, s: f"{steps[w][0]}",
        "Monotone (Spearman, 1 is best)": lambda w, s: f"{s.monotonicity:.2f}",
        "Curvature (the largest d²F/dα², small is best)": lambda w, s: f"{s.curvature:.3g}",
    }
    lines = [[name, *(cell(w, s) for w, s in seen.items())] for name, cell in rows.items()]
    frame.table(["", *(w.title for w in seen)], lines, "numbers")
    st.caption(
        "Every way shares out the same kind of sum, F(x) − F(x′); which pixels get it, differs. A steady rise and a"
        " small curvature make a sum of few steps right. Neither proves that the map is right about the network."
    )


def walk(B: int) -> Walked:
    """Every way; the page ends with a sentence where one is refused."""
    given = given_with(B)
    with frame.asking() as cost:
        runs = {way: stages.run(q, way.method, given[way]) for way in ways}
        walks, nodes = ({way: run[name] for way, run in runs.items()} for name in ("trace", "nodes"))
        seen = {way: compute.see(q, way, given[way]) for way in ways}
    return Walked(walks, nodes, seen, cost)


def given_with(B: int) -> dict[Way, dict[str, Any]]:
    """The arguments of every way."""
    return {way: compute.arguments(way, B=B, **asked) for way in ways}


def below(B: int, now: Walked) -> None:
    """All that is told of one B."""
    under = tabs((TABS[0], ERRORS, COMPARE, *TABS[1:]))
    with under.judge:
        if moved == "α":
            st.caption(
                "A gradient is drawn against the longest on its way: white means that F is flat here. What is collected"
                " is drawn as a share of the whole map's Σ|A|."
            )
        show_numbers(now.seen, now.steps)
        frame.cost(now.cost)
    if under.shows(ERRORS):
        with under.tabs[ERRORS]:
            errors.show_errors(q, now.walks, now.seen, now.steps, B, tolerance)
    methods = list(dict.fromkeys(way.method for way in ways))
    given = {way.name: arguments | {"output": output} for way, arguments in given_with(B).items()}
    compare.show_tab(under, about, given, {way.name: way.method for way in ways})
    with under.code:
        frame.code({**frame.of_methods(methods), "The trace": Tab((paths.straight, Trace.attribution))})
    with under.take_away:
        take_away.offer(
            about,
            {way.name: s.whole for way, s in now.seen.items()},
            given,
            "share",
            {way.name: way.method for way in ways},
        )


on = stage()
about = subject.choose(on.subject)
if about is None:
    frame.end()
on.question.markdown(f"### On the way from nothing to *{about.class_name}*: where does the score come from?")
guess = veil.ask(
    on, f"paths {about.question('')}", about.opened.x, "where on the first way does the score rise most?", THIRDS,
    "third",
).choice  # fmt: skip
moved = coming("hand", MOVED)
B_control = next(c for c in controls.controls() if c.key == "B")
left, *middle, right = on.controls.columns([6, 2, 1] if moved == "α" else [8, 1], gap="medium",
                                           vertical_alignment="bottom")  # fmt: skip
with left:
    ways = ask_ways()
right.segmented_control("Move by hand", MOVED, default="α", required=True, key="hand", bind="query-params")
asked, output, tolerance = ask_settings(on)
if compute.COLOUR in ways:
    with on.controls:
        asked["baseline"] = controls.colour_of(colour.ask(about), about.network.channels)
if not ways:
    st.info("Choose a way above.")
    frame.end()
q = about.question(output)
slider, stops = controls.slider(B_control)
if moved == "α":
    with middle[0]:
        B = controls.ask(B_control)
else:
    B = stops[player.value(slider)]
with frame.asking():
    refused = compute.walkable(q, given_with(B))
for way, why in refused.items():
    st.error(f"{way.title}: {why}")
ways = [way for way in ways if way not in refused]
if not ways:
    frame.end()
if moved == "α":
    now = walk(B)
    if guess is not None:
        with on.guess:
            show_answer(guess, now.seen)
    player.play(film_of(q, given_with(B), now, compute.grid(q)))
    below(B, now)
else:
    with frame.asking():
        film = steps.film_of(about, q, given_with, slider, stops)
        film.frame(player.value(slider))
    if guess is not None:
        with on.guess:
            show_answer(guess, walk(stops[player.value(slider)]).seen)
    player.play(film, lambda stop: below(stops[stop], walk(stops[stop])))
