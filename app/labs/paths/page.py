"""Paths: several ways from a baseline to the picture, one α that walks them all."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
import torch.nn.functional as F

from app.labs.paths import compute
from app.labs.paths.compute import WAYS, Seen, Way
from app.shared import controls, show, stages, subject, take_away
from app.shared.equations import EQUATIONS
from app.shared.meter import measured
from app.shared.show import Sheet
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import Trace, catalogue, figures
from xai_core.path import convergence, paths

FIRST = ("straight from black", "UNI: from the unlearned picture")
MOST = 4
CELLS = 32  # cells a side of the picture in which a colour is picked
THIRDS = ("in the first third", "in the middle third", "in the last third")
TRY = {
    "P1, P2 and P3 of the lecture: one sum, three maps": {
        "way": ["straight from black", "P1 from black: row after row", "P3 from black: the lower, the later"],
    },
    "Black, white and grey: which of them is far from what the network knows?": {
        "way": ["straight from black", "straight from white", "straight from grey"],
    },
    "A path through blurred pictures, and one that avoids steep slopes": {
        "way": ["BlurIG: from blurred to sharp", "Guided IG from black"], "B": "60",
    },
    "B = 3 steps: watch the sum jump, and miss": {"B": "3"},
    "A logit does not saturate: what becomes of the plateau?": {"output": "logit"},
}  # fmt: skip


def ask_ways() -> list[Way]:
    """Up to four ways, in the order in which they were chosen."""
    titles = {way.title: way for way in WAYS}
    chosen = st.multiselect(
        "Ways from a baseline to the picture", list(titles), FIRST, key="way", bind="query-params",
        max_selections=MOST, wrap=True,
    )  # fmt: skip
    return [titles[title] for title in chosen]


def ask_settings() -> tuple[dict[str, Any], str, float]:
    """What all ways share, the score that is explained, and the tolerance."""
    declared = {c.key: c for c in controls.controls()}
    values: dict[str, Any] = {}
    with st.popover("All settings", icon=":material/tune:"):
        values["rule"] = controls.ask(declared["rule"])
        output = controls.ask_output() or "probability"
        values["seed"] = int(st.number_input("seed: of the noise", 0, 2**31 - 1, 0, key="seed", bind="query-params"))
        tolerance = st.slider(
            "τ: gap that is good enough, in % of F(x) − F(x′)", 0.5, 20.0, 5.0, 0.5, key="tolerance",
            bind="query-params",
        )  # fmt: skip
    return values, output, tolerance / 100


def ask_colour(about: Subject) -> str:
    """A colour as "#rrggbb": from a list, or out of the picture itself."""
    with st.popover("Pick the colour from the picture", icon=":material/colorize:"):
        st.caption("A click takes the colour of that place.")
        pick_from(about)
    return st.color_picker("Colour of the baseline", "#808080", key="colour", bind="query-params")


def pick_from(about: Subject) -> None:
    """The picture in coarse cells; a click puts a cell's colour into the colour's control."""
    small = F.interpolate(about.opened.x, (CELLS, CELLS), mode="area")
    rgb = (figures.pixels(small) * 255).round().astype(int).reshape(-1, 3)
    row, column = np.divmod(np.arange(CELLS * CELLS), CELLS)
    cells = [
        {"row": int(r), "column": int(c), "colour": "#" + bytes(colour).hex()}
        for r, c, colour in zip(row, column, rgb.tolist(), strict=True)
    ]
    axis = {"type": "ordinal", "axis": None, "scale": {"padding": 0}}
    spec = {
        "data": {"values": cells},
        "mark": {"type": "rect", "cursor": "crosshair"},
        "width": 320,
        "height": 320,
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["colour"]}}],
        "encoding": {
            "x": {"field": "column", **axis},
            "y": {"field": "row", **axis},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": {"field": "colour", "type": "nominal"},
        },
        "config": {"view": {"stroke": None}},
    }
    st.vega_lite_chart(
        spec, theme=None, width="content", key="pick", on_select=take_colour,
        alt="The picture in coarse cells: a click takes a cell's colour.",
    )  # fmt: skip


def take_colour() -> None:
    """Put the clicked cell's colour into the colour's control."""
    picked = st.session_state["pick"]["selection"]["pick"]
    if picked:
        st.session_state["colour"] = picked[0]["colour"]


@st.fragment
def scrub(
    walks: Mapping[Way, Trace], seen: Mapping[Way, Seen], α: list[float], steps: Mapping[Way, tuple], curves: Sheet
) -> None:
    """One α, and where each way is: the picture there, the gradient, what is collected, and the curves."""
    at = st.slider("α: 0 is the baseline, 1 the picture", 0.0, 1.0, 0.5, α[1], key="at", bind="query-params")
    at = min(α, key=lambda a: abs(a - at))  # a link may ask for a place between two stops
    left, right = st.columns([6, 5], gap="medium")
    with left:
        for way, walk in walks.items():
            B, rule = steps[way]
            now, whole = compute.at(walk, at, B, rule), seen[way].whole
            total = float(whole.A.abs().sum()) or 1.0
            top = figures.scaled({"A": figures.pixel_map(whole.A) / total}, "value")[1]["A"]
            steep = figures.pixel_map(compute.steepest(walk, seen[way], α))
            st.markdown(f"**{way.title}**")
            show.pictures(
                {
                    "γ(α)": (figures.pixels(now.point), f"F = {now.confidence:.3f}"),
                    "∇F(γ(α))": (
                        figures.coloured(figures.pixel_map(now.gradient), figures.scaled({"g": steep}, "own")[1]["g"]),
                        f"length {now.norm:.3g}",
                    ),
                    "A so far": (
                        figures.coloured(figures.pixel_map(now.collected) / total, top),
                        f"ΣA = {float(now.collected.sum()):+.3f} of {whole.change:+.3f}",
                    ),
                },
                f"at_{way.name}",
                side=256,
            )
        st.caption(
            "Red speaks for the class, blue against it. A gradient is drawn against the longest on its way: white means"
            " that F is flat here. What is collected is drawn as a share of the whole map's Σ|A|."
        )
    with right:
        words = "; ".join(f"{w.title} from {s.confidence[0]:.2f} to {s.confidence[-1]:.2f}" for w, s in seen.items())
        alt = f"Score, collected sum and gradient length against α, at {at:g} now. Score: {words}."
        st.image(curves.marked(at, figures.INK[show.theme()]), alt=alt, width="stretch", output_format="PNG")


def draw_curves(seen: Mapping[Way, Seen], α: list[float]) -> Sheet:
    """Score, collected sum and gradient length of all ways on one axis."""
    panels = {
        "F(γ(α)): the score": {w.title: (α, s.confidence) for w, s in seen.items()},
        "ΣA collected so far": {w.title: ([0.0, *s.points], [0.0, *s.cumulative]) for w, s in seen.items()},
        "‖∇F(γ(α))‖: the gradient's length": {w.title: (α, s.norm) for w, s in seen.items()},
    }
    x = "α: from the baseline (0) to the picture (1)"
    return show.sheet(figures.curve_grid(panels, x=x, columns=1, size=(6.2, 7.2), theme=show.theme()))


def show_answer(guess: str, seen: Mapping[Way, Seen]) -> None:
    """Where the score really rises on the first way."""
    way, first = next(iter(seen.items()))
    F_ = np.interp([0, 1 / 3, 2 / 3, 1], np.linspace(0, 1, len(first.confidence)), first.confidence)
    rises = np.diff(F_)
    where = THIRDS[int(rises.argmax())]
    verdict = "Right" if guess == where else f"Not {guess}"
    said = ", ".join(f"{rise:+.2f}" for rise in rises)
    st.success(f"{verdict}: on the way «{way.title}» the score changes by {said} in the three thirds.")


def show_numbers(seen: Mapping[Way, Seen], steps: Mapping[Way, tuple]) -> None:
    """What judges a path."""
    st.subheader("Which number judges it?")
    rows = {
        "F(x′), where it starts": lambda w, s: f"{s.confidence[0]:.3f}",
        "ΣA": lambda w, s: f"{float(s.whole.A.sum()):+.3f}",
        "F(x) − F(x′), what ΣA should be": lambda w, s: f"{s.whole.change:+.3f}",
        "Completeness gap": lambda w, s: f"{s.whole.gap:.3f}",
        "Gradients used": lambda w, s: f"{steps[w][0]}",
        "Monotone (Spearman, 1 is best)": lambda w, s: f"{s.monotonicity:.2f}",
        "Curvature (the largest d²F/dα², small is best)": lambda w, s: f"{s.curvature:.3g}",
    }
    table = ["| | " + " | ".join(w.title for w in seen) + " |", "|---" * (len(seen) + 1) + "|"]
    table += [f"| {name} | " + " | ".join(cell(w, s) for w, s in seen.items()) + " |" for name, cell in rows.items()]
    st.markdown("\n".join(table))
    st.caption(
        "Every way shares out the same kind of sum, F(x) − F(x′); which pixels get it, differs. A steady rise and a"
        " small curvature make a sum of few steps right. Neither proves that the map is right about the network."
    )


def show_errors(
    q: Question,
    walks: Mapping[Way, Trace],
    seen: Mapping[Way, Seen],
    steps: Mapping[Way, tuple],
    B: int,
    tolerance: float,
) -> None:
    """The gap against B, with the chosen B, the bounds, and the B that is enough."""
    st.subheader("How many steps are enough?")
    wanted = st.toggle(
        f"Measure the gap for every B that divides {convergence.FINE} (up to {convergence.FINE} gradients a way)",
        q.x.numel() <= compute.SMALL, key="errors", bind="query-params",
    )  # fmt: skip
    if not wanted:
        return
    with st.spinner("Walking in small steps …", show_time=True):
        # Another B may be another way (Guided IG): such a one has no curve of its own here.
        fixed = {w: trace for w, trace in walks.items() if not compute.finds_its_way(w)}
        found = {w: compute.errors(trace, steps[w][1], tolerance) for w, trace in fixed.items()}
    if not found:
        st.info("Guided IG chooses its way by B: another B is another way. Choose a second way to see how a gap falls.")
        return
    left, right = st.columns([3, 2], gap="medium")
    first, its = next(iter(found.items()))
    change = abs(seen[first].whole.change or 0.0)
    with left:
        fig = figures.error_against_steps(
            {w.title: (e.B, e.gap) for w, e in found.items()},
            {"M‖x − x′‖²/(2B), first way": (its.B, its.bound), "V/B, first way": (its.B, its.bound_with_kinks)},
            chosen=B, tolerance=tolerance * change, size=(6.4, 4.4), theme=show.theme(),
        )  # fmt: skip
        gaps = "; ".join(f"{w.title}: {e.gap[-1]:.2g} at B = {e.B[-1]}" for w, e in found.items())
        show.figure(fig, f"Completeness gap against B. {gaps}.")
    with right:
        for way, e in found.items():
            enough = f"B = {e.enough}" if e.enough else f"more than {e.B[-1]}"
            st.markdown(f"**{way.title}**: {enough} for a gap of at most {tolerance:.1%}, also with more steps.")
        st.caption(
            "The shaded band is the tolerance of the first way. Dotted: the bound of the UNI paper (equation 2) with M"
            f" measured on {convergence.FINE} steps. A network of ReLUs has kinks, where M has no end: on a finer grid"
            " it grows. V/B needs no second derivative; V is how far dF/dα travels up and down. Both bounds are those"
            " of the right and the left rule."
        )


def show_code(ways: list[Way]) -> None:
    """The equations, and the functions that have just run."""
    st.subheader("Equation and code")
    methods = list(dict.fromkeys(way.method for way in ways))
    for tab, name in zip(st.tabs([catalogue()[n].title for n in methods] + ["The trace"]), [*methods, ""], strict=True):
        with tab:
            if name:
                st.latex(EQUATIONS[name])
                st.caption(f"{catalogue()[name].paper}. In xai_core: {catalogue()[name].function.__module__}.")
                st.code(inspect.getsource(catalogue()[name].function), language="python")
            else:
                st.code(inspect.getsource(paths.straight), language="python")
                st.code(inspect.getsource(Trace.attribution), language="python")


about = subject.choose()
if about is None:
    st.stop()
st.markdown(f"### On the way from nothing to *{about.class_name}*: where does the score come from?")
guess = st.pills(
    "**Your guess first:** where on the first way does the score rise most?", THIRDS, key="third", bind="query-params"
)
left, middle, right = st.columns([10, 6, 4], gap="medium", vertical_alignment="bottom")
with left:
    ways = ask_ways()
with middle:
    B = controls.ask(next(c for c in controls.controls() if c.key == "B"))
with right:
    asked, output, tolerance = ask_settings()
if compute.COLOUR in ways:
    asked["baseline"] = controls.colour_of(ask_colour(about), about.network.channels)
if not ways:
    st.info("Choose a way above.")
    st.stop()
q = about.question(output)
given = {way: compute.arguments(way, B=B, **asked) for way in ways}
α = compute.grid(q)
with st.spinner("Asking the network …", show_time=True), measured() as cost:
    try:
        runs = {way: stages.run(q, way.method, given[way]) for way in ways}
        walks, steps = ({way: run[stage] for way, run in runs.items()} for stage in ("trace", "nodes"))
        seen = {way: compute.see(q, way, given[way]) for way in ways}
    except (ValueError, TypeError) as error:
        st.error(str(error))
        st.stop()
scrub(walks, seen, α, steps, draw_curves(seen, α))
st.caption(f"Just now: {cost.words()}, {cost.seconds:.2f} s." if cost.passes else "Read from the cache.")
if guess is not None:
    show_answer(guess, seen)
show_numbers(seen, steps)
show_errors(q, walks, seen, steps, B, tolerance)
show_code(ways)
st.subheader("What to try")
for label, setting in TRY.items():
    st.page_link("labs/paths/page.py", label=label, query_params=setting, icon=":material/arrow_forward:")
take_away.offer(
    about,
    {way.name: s.whole for way, s in seen.items()},
    {way.name: given[way] | {"output": output} for way in ways},
    "share",
    {way.name: way.method for way in ways},
)
