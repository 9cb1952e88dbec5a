"""Explain: one picture, one network, up to four methods, on one scale."""

from typing import Any

import streamlit as st

from app.shared import controls, frame, methods, networks, show, stages, subject, take_away
from app.shared.meter import Cost, measured
from app.shared.screen import Screen, screen
from app.shared.shares import percent, share_on
from app.shared.stages import Explanation
from app.shared.subject import Subject
from xai_core import catalogue, figures

FIRST = ("simple_gradient", "integrated_gradients", "uni", "lime")  # what a reader sees first
TRY = {
    "A husky on snow, and the network says wolf. Which map points at the snow?": {
        "network": "husky_wolf", "picture": "husky or wolf", "canine": "husky", "snow": "true",
        "method": ["Integrated Gradients", "UNI", "LIME"],
    },
    "Integrated Gradients from black and with B = 3 steps: how large does the completeness gap get?": {"B": "3"},
    "LIME with K = 1, then drag K up: R² rises, and the network is not asked again.": {"method": "LIME", "K": "1"},
    "A digit of 8 × 8 pixels, where you can count the pixels.": {
        "network": "digits", "picture": "digit", "method": ["Gradient × input", "Integrated Gradients"],
    },
}  # fmt: skip


def ask_settings(chosen: list[str], about: Subject, on: Screen) -> dict[str, dict[str, Any]]:
    """The controls, the lecture's four in sight: each method's arguments, by its name."""
    front, folded = controls.controls_of(chosen)
    values, names = {}, [control.name for control in front]
    row = on.controls.columns(len(front), gap="medium") if front else []
    for control, place in zip(front, row, strict=True):
        with place:  # two sliders of one letter say whose they are
            values[control.key] = controls.ask(control, chosen if names.count(control.name) > 1 else None)
    with on.settings:
        columns = st.columns(3, gap="medium")
        for i, control in enumerate(folded):
            with columns[i % 3]:
                values[control.key] = controls.ask(control, chosen)
        with columns[len(folded) % 3]:
            rest = controls.ask_rest(chosen, networks.load(about.network.name))
    return {name: controls.values_for(name, values, rest) for name in chosen}


def explain(
    about: Subject, given: dict[str, dict[str, Any]]
) -> tuple[dict[str, Explanation], dict[str, str], dict[str, Cost]]:
    """Every method's map, or the sentence that says why there is none, and what it cost just now."""
    costs = {}

    def answer(name: str, asked: dict[str, Any]) -> Explanation:
        with measured() as costs[name]:
            return stages.explanation(about.question(asked["output"]), name, asked)

    return *frame.answers(given, answer), costs


def judged(e: Explanation) -> str:
    """The numbers that judge a map."""
    if not e.A.any():
        return "zero everywhere"
    if e.r2 is not None:
        return f"local R² {show.r2(e.r2)}"
    words = [] if e.gap is None else [f"gap {e.gap:.3f} of {e.change:+.3f}"]
    return ", ".join([*words, *([] if e.eps is None else [f"ε = {e.eps:.3g}"])])


def ask_guess(about: Subject) -> str | None:
    """What decides? A guess first; only a drawn scene knows the answer."""
    parts = list(about.opened.parts)
    return frame.guess("what decides?", parts, "guess") if parts else None


def ask_display() -> tuple[str, float]:
    """How the maps are drawn. Nothing is computed again for it."""
    left, right = st.columns(2, gap="medium")
    words = "; ".join(f"**{name}**: {meaning}" for name, meaning in figures.SCALES.items())
    scale = left.segmented_control(
        "Scale of the colours", list(figures.SCALES), default="share", required=True, key="scale",
        bind="query-params", help=words,
    )  # fmt: skip
    opacity = right.slider(
        "Opacity of the map over the grey picture", 0.0, 1.0, 1.0, 0.05, key="opacity", bind="query-params"
    )
    return scale, opacity


def show_number(found: dict[str, Explanation]) -> None:
    """The first map's number, large."""
    for name, e in found.items():
        if e.gap is not None:
            st.metric(f"Completeness gap of {catalogue()[name].title}, of {e.change:+.3f}", f"{e.gap:.3f}")
            return
        if e.r2 is not None:
            st.metric(f"Local R² of {catalogue()[name].title}", show.r2(e.r2))
            return


def show_judgement(about: Subject, found: dict[str, Explanation], costs: dict[str, Cost], guess: str | None) -> None:
    """The numbers that judge the maps. Where the picture was drawn, the truth is known; it is told after a guess."""
    st.markdown(
        "A path method shares out the whole change of the score, F(x) − F(x′). Its **completeness gap**"
        " |Σ A − (F(x) − F(x′))| is what got lost on the way. LIME's **local R²** is the part of the network's"
        " answers near the picture that its K features explain. A map may look good and be judged badly."
    )
    rows = [[catalogue()[name].title, judged(e), frame.spent(costs[name])] for name, e in found.items()]
    frame.table(["", "judged by", "cost just now"], rows, "judged")
    if not about.opened.parts or not found:
        return
    if guess is None:
        frame.veil("This picture was drawn, so the truth about it is known.")
        return
    parts = about.opened.parts
    st.markdown(f"You guessed **{guess}**. {about.opened.truth} Each map's share of Σ|A|:")
    rows = [
        [part, f"{mask.float().mean():.0%}", *(percent(share_on(e.A, mask)) for e in found.values())]
        for part, mask in parts.items()
    ]
    frame.table(["", "of the pixels", *(catalogue()[n].title for n in found)], rows, "parts")


on = screen()
about = subject.choose(on.subject)
if about is None:
    frame.end()
on.question.markdown(f"### Which pixels make the network say *{about.class_name}*, {about.confidence:.0%}?")
with on.guess:
    guess = ask_guess(about)
with on.controls:
    chosen = methods.ask(FIRST, help="From left to right as you choose them. Open All settings for their symbols.")
given = ask_settings(chosen, about, on)
with on.settings:
    scale, opacity = ask_display()
with st.spinner("Asking the network …", show_time=True):
    found, failures, costs = explain(about, given)

title = {name: method.title for name, method in catalogue().items()}
with on.pictures:
    show.maps(
        about.opened.x,
        {title[n]: e.A for n, e in found.items()},
        {title[n]: judged(found[n]) if n in found else "" for n in chosen},
        {title[n]: sentence for n, sentence in failures.items()},
        title=about.said,
        scale=scale,
        opacity=opacity,
        legend=on.legend,
    )
with on.number:
    show_number(found)
with on.judge:
    show_judgement(about, found, costs, guess)
with on.code:
    frame.code(frame.of_methods(chosen))
with on.scenes:
    frame.scenes("explain", TRY)
with on.take_away:
    take_away.offer(about, found, given, scale)
