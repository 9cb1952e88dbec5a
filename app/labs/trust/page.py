"""Trust: a network that is always right; a class that judges it, sees what it looks at, and then the proof."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from torch import Tensor

from app.labs.trust import compute, proof
from app.labs.trust.compute import METHODS, NAME
from app.shared import controls, frame, huskies, networks, show, stages, take_away
from app.shared.controls import Control
from app.shared.equations import EQUATIONS
from app.shared.screen import TABS, Screen, screen
from app.shared.stages import Explanation
from app.shared.subject import Line, Subject
from data.drawn import zoo
from xai_core import catalogue, figures, k_lasso, share
from xai_core.perturbation.superpixels import superpixels

MASKS = 300  # LIME's N here: ten pictures and many scenes are explained, and 50 superpixels need no more
ANSWERS = ("yes", "no", "not sure")
MANY = (4, 8, 12, 24, 48)
SHARE = (
    r"S = \frac{\sum_{\text{part}} |A_i|}{\sum_{\text{picture}} |A_i|} \Big/"
    r" \frac{|\text{part}|}{|\text{picture}|} \qquad \text{1: as much as its area, on average}"
)
PROOF = "The proof"
RIGHT = f"of its answers on {huskies.ANIMALS} fresh pictures are right"
SWAPPED = "of its answers are right with the snow swapped, under the huskies"


@dataclass(frozen=True)
class Settings:
    """What the reader asked for."""

    method: str
    given: dict[str, Any]  # the method's arguments
    K: int  # superpixels kept
    number: int  # of the picture, from 0


def ask_judgement() -> bool:
    """The paper's three questions, before and after. The answers stay in the address. Returns whether to reveal."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    before = row.pills("**Do you trust it**, out in the world?", ANSWERS, key="trust", bind="query-params")
    reveal = row.toggle(
        "Show me what it looks at", key="reveal", bind="query-params", disabled=before is None,
        help="Answer first: yes, no or not sure." if before is None else None,
    )  # fmt: skip
    shown = before is not None and reveal  # a link may say “reveal” without an answer
    if shown:
        row.pills("**And now?**", ANSWERS, key="trust_now", bind="query-params")
    with row.popover("Why?"):
        for key, when in {"trust": "", **({"trust_now": " now"} if shown else {})}.items():
            st.text_input(f"Why{when}?", key=f"{key}_why", bind="query-params", max_chars=200)
            st.text_input(f"How does it tell them apart, do you think{when}?", key=f"{key}_how", bind="query-params",
                          max_chars=200)  # fmt: skip
    return shown


def ask_settings(on: Screen) -> Settings:
    """K, method and picture in front; the method's symbols with all settings."""
    declared = [c for c in controls.controls() if c.key != "K"]
    titles = {catalogue()[name].title: name for name in METHODS}
    left, middle, right = on.controls.columns(3, gap="medium")
    with left:
        K = controls.ask(next(c for c in controls.controls() if c.key == "K"))
    method = titles[middle.selectbox("Explained by", list(titles), key="by", bind="query-params")]
    number = right.select_slider(
        "Picture to look at closely", range(1, compute.TEN + 1), 1, key="which", bind="query-params"
    )
    with on.settings:
        columns = st.columns(3, gap="medium")
        mine = [c for c in declared if method in c.methods]
        values: dict[str, Any] = {"K": K}
        for i, control in enumerate(mine):
            with columns[i % 3]:
                values[control.key] = controls.ask(_small(control))
        with columns[len(mine) % 3]:
            rest = controls.ask_rest([method], networks.load(NAME))
    return Settings(method, controls.values_for(method, values, rest), K, number - 1)


def _small(control: Control) -> Control:
    """The same control; for masks, a beginning with fewer, under a name of its own."""
    if control.name != "N" or control.declared.default <= MASKS:
        return control
    return replace(control, key=f"{control.key}_trust", declared=replace(control.declared, default=MASKS))


def explained(p: Subject, chosen: Settings) -> tuple[Explanation, Tensor]:
    """The map, and the picture with the K superpixels that speak for the prediction, the rest grey."""
    found = stages.explanation(p.question(chosen.given["output"]), chosen.method, chosen.given)
    segments = superpixels(p.opened.x, chosen.given.get("segments", "slic"))
    return found, compute.kept(p.opened.x, compute.by_superpixel(found.A, segments), segments, chosen.K)


def show_ten(ten: list[Subject], kept: list[Tensor] | None = None) -> None:
    """The ten predictions; below each, once it is revealed, what speaks for it, the rest grey."""
    panels = {}
    for i, p in enumerate(ten, 1):
        rgb = figures.pixels(p.opened.x)
        if kept is not None:
            gap = np.ones((2, *rgb.shape[1:]))
            rgb = np.concatenate([rgb, gap, figures.pixels(kept[i - 1])])
        panels[f"{i} · {p.picture.name}"] = (rgb, compute.words(p))
    show.pictures(panels, "ten" if kept is None else "kept", side=192)


def show_closely(p: Subject, e: Explanation, chosen: Settings) -> None:
    """One picture again, with everything that the method says of it."""
    title = catalogue()[chosen.method].title
    left, right = st.columns([3, 2], gap="large")
    with left:
        show.maps(
            p.opened.x, {title: e.A}, {title: f"picture {chosen.number + 1}, with its sign"}, {},
            title=f"{p.picture.name}: {compute.words(p)}", key="one_signed",
        )  # fmt: skip
    with right:
        st.markdown(
            f"Picture {chosen.number + 1} again, with everything that {title} says: **red** speaks for"
            f" *{p.class_name}*, **blue** against it."
            + (f" Local R² is {show.r2(e.r2)}." if e.r2 is not None else "")
            + (f" Completeness gap {e.gap:.3f} of {e.change:+.3f}." if e.gap is not None else "")
        )


def show_proof(p: Subject, chosen: Settings) -> bool:
    """The same animal on snow and off it, and where the weight lies. Returns whether it is asked for."""
    if not st.toggle("Show me the proof", key="proof", bind="query-params"):
        return False
    left, right = st.columns([2, 1], gap="medium")
    fair = left.toggle(
        "Beside it: the same network, trained where snow says nothing (trained now, once, in less than a minute)",
        key="fair", bind="query-params",
    )  # fmt: skip
    many = right.select_slider("Scenes for the proof", MANY, 12, key="scenes", bind="query-params")
    proof.show_twins(p, fair)
    proof.show_shares(chosen.method, chosen.given, many, fair)
    proof.show_paper()
    return True


def show_rest(on: Screen, about: Subject, found: Explanation, chosen: Settings) -> None:
    """Equation and code, what to take away."""
    functions = [catalogue()[chosen.method].function, *([k_lasso] if chosen.method == "lime" else []), share,
                 zoo.draw_husky_wolf]  # fmt: skip
    with on.code:
        frame.code({function.__name__: function for function in functions}, [EQUATIONS[chosen.method], SHARE])
    with on.take_away:
        take_away.offer(about, {chosen.method: found}, {chosen.method: chosen.given}, "share")


def stop_here(on: Screen) -> None:
    """Before the explanations there is only the link: a script would tell how each scene was drawn."""
    with on.take_away:
        take_away.offer_link()
    frame.end()


on = screen((TABS[0], PROOF, *TABS[1:]))
on.question.markdown("### Would you trust this network?")
with frame.asking("Asking for its answers …"):
    ten, known = compute.predictions(), huskies.accuracy_as_trained()
right = sum(map(compute.is_right, ten))
Line(on.subject).say(
    ten[0].opened.x,
    f"the network *{NAME}* · on {huskies.ANIMALS} fresh pictures, drawn like those it learned from, **{known:.0%}** is"
    f" right · ten predictions, {right} of them right",
)
with on.guess:
    revealed = ask_judgement()
if not revealed:
    with on.pictures:
        show_ten(ten)
    with on.number:
        st.metric(RIGHT, f"{known:.0%}")
    with on.judge:
        st.info("What the network looks at is shown after your answer.")
    stop_here(on)
chosen = ask_settings(on)
p = ten[chosen.number]
try:
    with frame.in_turn("Asking the network …") as cost:
        found = [explained(each, chosen) for each in ten]
    with on.pictures:
        show_ten(ten, [seen for _, seen in found])
    on.legend.caption(
        f"Above the picture, below it the {chosen.K} superpixels with the largest weight for what the network says, by"
        f" {catalogue()[chosen.method].title}. All else is grey."
    )
    with on.judge:
        show_closely(p, found[chosen.number][0], chosen)
        frame.cost(cost)
    proven = bool(st.session_state.get("proof"))
    with on.tabs[PROOF]:
        if on.shows(PROOF):
            proven = show_proof(p, chosen)
    with on.number:
        if proven:
            with frame.in_turn("Swapping the snow …"):
                swapped = huskies.twins(False)
            st.metric(SWAPPED, f"{swapped.accuracy(~swapped.wolf):.0%}")
        else:
            st.metric(RIGHT, f"{known:.0%}")
except frame.REFUSALS as error:
    with on.pictures:
        frame.tell(error)
    stop_here(on)
show_rest(on, p, found[chosen.number][0], chosen)
