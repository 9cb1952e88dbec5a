"""Explain: one picture, one network, up to four methods, on one scale."""

from typing import Any

import streamlit as st

from app.shared import controls, frame, methods, networks, show, stages, subject, take_away
from app.shared.compare import tab as compare
from app.shared.controls import Control
from app.shared.film import player
from app.shared.film.frames import ALONE, refusal
from app.shared.film.maps import Maps, of_maps
from app.shared.meter import Cost, measured
from app.shared.predict import veil
from app.shared.screen import COMPARE, TABS, Stage, stage, tabs
from app.shared.shares import percent, share_on
from app.shared.stages import Explanation
from app.shared.subject import Subject
from app.shared.turns import Rank
from xai_core import catalogue, figures

FIRST = ("simple_gradient", "integrated_gradients", "uni", "lime")  # what a reader sees first


def ask_settings(
    chosen: list[str], about: Subject, on: Stage
) -> tuple[Control | None, dict[str, Any], dict[str, Any], str]:
    """The control that the film moves, which is the first method's that has one; the values of all others, those of
    the lecture in front; what is no symbol; and the scale of the colours."""
    front, folded = controls.controls_of(chosen)
    heart = next((c for name in chosen for c in front if name in c.methods), None)
    others = [c for c in front if c is not heart]
    values = {}
    if others:
        names = [control.name for control in front]
        for column, control in zip(on.controls.columns(len(others), gap="medium"), others, strict=True):
            with column:  # two sliders of one letter say whose they are
                values[control.key] = controls.ask(control, chosen if names.count(control.name) > 1 else None)
    with on.settings:
        columns = st.columns(3, gap="medium")
        for i, control in enumerate(folded):
            with columns[i % 3]:
                values[control.key] = controls.ask(control, chosen)
        with columns[len(folded) % 3]:
            rest = controls.ask_rest(chosen, networks.load(about.network.name))
        scale = ask_scale()
    return heart, values, rest, scale


def explain(
    about: Subject, given: dict[str, dict[str, Any]], spent: dict[str, Cost]
) -> tuple[dict[str, Explanation], dict[str, str]]:
    """Every method's map, or the sentence that says why there is none. spent: what it has cost is added there."""

    def answer(name: str, asked: dict[str, Any]) -> Explanation:
        with measured() as cost:
            found = stages.explanation(about.question(asked["output"]), name, asked)
        spent[name] = spent.get(name, Cost()) + cost
        return found

    return frame.answers(given, answer, refusal)


def caption(e: Explanation) -> str:
    """The number that judges a map."""
    judged = ""
    if e.gap is not None:
        judged = f"gap {e.gap:.3f} of {e.change:+.3f}"
    if e.eps is not None:
        judged += f", ε = {e.eps:.3g}"
    if e.r2 is not None:
        judged = f"local R² {show.r2(e.r2)}"
    if not e.A.any():
        judged = "zero everywhere"
    return judged


def judge_of(e: Explanation | None) -> tuple[str, str]:
    """The number that judges a map, and its name."""
    if e is None or (e.gap is None and e.r2 is None):
        return "", ""
    return (f"{e.gap:.3f}", "completeness gap") if e.gap is not None else (show.r2(e.r2), "local R²")


def ask_scale() -> str:
    """How the maps are drawn. Nothing is computed again for it."""
    words = "; ".join(f"**{name}**: {meaning}" for name, meaning in figures.SCALES.items())
    return st.segmented_control(
        "Scale of the colours", list(figures.SCALES), default="share", required=True, key="scale",
        bind="query-params", help=words,
    )  # fmt: skip


def show_judgement(about: Subject, found: dict[str, Explanation], costs: dict[str, Cost], guess: str | None) -> None:
    """The numbers that judge the maps. Where the picture was drawn, the truth is known; it is told after a guess."""
    st.markdown(
        "A path method shares out the whole change of the score, F(x) − F(x′). Its **completeness gap**"
        " |Σ A − (F(x) − F(x′))| is what got lost on the way. LIME's **local R²** is the part of the network's"
        " answers near the picture that its K features explain. A map may look good and be judged badly."
    )
    rows = [[catalogue()[name].title, caption(e), frame.spent(costs[name])] for name, e in found.items()]
    frame.table(["", "judged by", "cost just now"], rows, "judged")
    if not about.opened.parts or not found:
        return
    parts = about.opened.parts
    guessed = f"You guessed **{guess}**. " if guess else ""
    st.markdown(f"{guessed}{about.opened.truth} Each map's share of Σ|A|:")
    rows = [
        [part, f"{mask.float().mean():.0%}", *(percent(share_on(e.A, mask)) for e in found.values())]
        for part, mask in parts.items()
    ]
    frame.table(["", "of the pixels", *(catalogue()[n].title for n in found)], rows, "parts")


on = stage()
about = subject.choose(on.subject)
if about is None:
    frame.end()
on.question.markdown(f"### Which pixels make the network say *{about.class_name}*, {about.confidence:.0%}?")
# What decides? Only a drawn scene knows the answer; on any picture a reader can paint.
guess = veil.ask(
    on, f"explain {about.question('')}", about.opened.x, "what decides?", list(about.opened.parts), "decides",
    paint=veil.PAINT,
)  # fmt: skip
with on.controls:
    chosen = methods.ask(FIRST, help="From left to right as you choose them. Open All settings for their symbols.")
heart, values, others, scale = ask_settings(chosen, about, on)
slider, stops = controls.slider(heart, chosen) if heart else (ALONE, [None])
title = {name: method.title for name, method in catalogue().items()}
judged = next((name for name in chosen if heart is None or name in heart.methods), "")
spent: dict[str, Cost] = st.session_state.pop("_spent", {})
later: set[str] = set()  # methods that take long, of which nothing is shown yet


def given_at(stop: int) -> dict[str, dict[str, Any]]:
    """Each method's arguments, by its name."""
    moved = {heart.key: stops[stop]} if heart else {}
    return {name: controls.values_for(name, {**values, **moved}, others) for name in chosen}


def shown_at(stop: int) -> Maps:
    """What a stop of the film shows."""
    found, failures = explain(about, {n: given for n, given in given_at(stop).items() if n not in later}, {})
    failures |= dict.fromkeys(later, "computing …")
    return Maps(
        {title[n]: e.A for n, e in found.items()},
        {title[n]: caption(e) for n, e in found.items()},
        {title[n]: why for n, why in failures.items()},
        judge_of(found.get(judged))[0],
    )


def below(stop: int) -> None:
    """All that is told of the stop at which the hand rests."""
    given = given_at(stop)
    found, _ = explain(about, given, spent)
    under = tabs((TABS[0], COMPARE, *TABS[1:]))
    with under.judge:
        show_judgement(about, found, spent, guess.choice)
    spent.clear()
    compare.show_tab(under, about, given)
    with under.code:
        frame.code(frame.of_methods(chosen))
    with under.take_away:
        take_away.offer(about, found, given, scale)


now = given_at(player.value(slider))
asked = str((about.question(""), now))
if st.session_state.pop("_waited_for", None) != asked:  # once: what was refused would be dear for ever
    later |= {n for n, given in now.items() if stages.dear(about.question(given["output"]), n, given)}
with frame.asking():
    first, _ = explain(about, {n: given for n, given in now.items() if n not in later}, spent)
veil.tell(on, guess, about.opened, {title[n]: e.A for n, e in first.items()})
named = judge_of(first.get(judged))[1]
film = of_maps(
    slider, ("explain", about.question(""), str(given_at(0)), *sorted(later)), about.opened.x, about.said,
    [title[n] for n in chosen], shown_at, scale=scale, number=f"{named}, {title[judged]}" if named else "",
    ahead=0 if later else controls.cheap(stops, about.opened.x), still=guess.drawn_on(about.opened.x),
)  # fmt: skip
player.play(film, None if later else below)
if later:
    with frame.asking("Asking the network about copies of the picture …", Rank.LATER):
        explain(about, {n: now[n] for n in sorted(later)}, spent)
    st.session_state["_spent"], st.session_state["_waited_for"] = spent, asked
    raise frame.Again
