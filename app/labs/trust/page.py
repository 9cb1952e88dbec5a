"""Trust: a network that is always right; a class that judges it, sees what it looks at, and then the proof."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from torch import Tensor

from app.labs.trust import compute, proof
from app.labs.trust.compute import METHODS, NAME
from app.shared import controls, frame, huskies, networks, show, stages, take_away
from app.shared.controls import Control
from app.shared.equations import EQUATIONS
from app.shared.meter import measured
from app.shared.stages import Explanation
from app.shared.subject import Subject
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
OPEN = {"trust": "yes", "reveal": "true", "proof": "true"}
TRY = {
    "LIME where “off” means the region's mean colour: snow without snow is still white. Whom does it blame?": {
        "by": "LIME", "fill": "mean",
    },
    "Integrated Gradients from a white baseline: where does the snow go?": {
        "by": "Integrated Gradients", "baseline": "white",
    },
    "Integrated Gradients from a blurred baseline: flat snow is like its own blur.": {
        "by": "Integrated Gradients", "baseline": "blurred",
    },
    "Grad-CAM: 8 × 8 places, and what is near the animal is not the animal.": {"by": "Grad-CAM"},
    "LIME with K = 1: one superpixel to judge a network by.": {"by": "LIME", "K": "1"},
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What the reader asked for."""

    method: str
    given: dict[str, Any]  # the method's arguments
    K: int  # superpixels kept
    number: int  # of the picture, from 0
    many: int  # scenes of the proof


def show_predictions(ten: list[Subject]) -> None:
    """What the class judges by: the accuracy, and ten predictions."""
    right = sum(map(compute.is_right, ten))
    st.markdown(
        f"This network tells huskies from wolves. On {huskies.ANIMALS} fresh pictures, drawn like those it learned"
        f" from, **{huskies.accuracy_as_trained():.0%}** of its answers are right. Below are ten predictions,"
        f" {right} of them right."
    )
    show.pictures(
        {f"{i} · {p.picture.name}": (figures.pixels(p.opened.x), compute.words(p)) for i, p in enumerate(ten, 1)},
        "ten",
        side=192,
    )


def ask_judgement(when: str, key: str) -> str | None:
    """The paper's three questions. The answers stay in the address."""
    left, middle, right = st.columns([2, 3, 3], gap="medium")
    with left:
        answer = st.pills(f"**Do you trust it{when}**, out in the world?", ANSWERS, key=key, bind="query-params")
    middle.text_input("Why?", key=f"{key}_why", bind="query-params", max_chars=200)
    right.text_input("How does it tell them apart, do you think?", key=f"{key}_how", bind="query-params", max_chars=200)
    return answer


def ask_settings() -> Settings:
    """Method, K, picture and number of scenes in front; the method's symbols folded away."""
    declared = [c for c in controls.controls() if c.key != "K"]
    titles = {catalogue()[name].title: name for name in METHODS}
    left, middle, right, last = st.columns([3, 3, 3, 3], gap="medium")
    method = titles[left.selectbox("Explained by", list(titles), key="by", bind="query-params")]
    with middle:
        K = controls.ask(next(c for c in controls.controls() if c.key == "K"))
    number = right.select_slider("Picture", range(1, compute.TEN + 1), 1, key="which", bind="query-params") - 1
    many = last.select_slider("Scenes for the proof", MANY, 12, key="scenes", bind="query-params")
    with st.expander("All settings"):
        columns = st.columns(3, gap="medium")
        mine = [c for c in declared if method in c.methods]
        values: dict[str, Any] = {"K": K}
        for i, control in enumerate(mine):
            with columns[i % 3]:
                values[control.key] = controls.ask(_small(control))
        with columns[len(mine) % 3]:
            rest = controls.ask_rest([method], networks.load(NAME))
    return Settings(method, controls.values_for(method, values, rest), K, number, many)


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


def show_explanations(ten: list[Subject], chosen: Settings) -> Explanation:
    """Ten times what speaks for the prediction, and one signed map."""
    title = catalogue()[chosen.method].title
    st.markdown(
        f"#### What speaks for each prediction\nThe same ten: the {chosen.K} superpixels with the largest weight for"
        f" what the network says, by {title}. All else is grey."
    )
    with st.spinner("Asking the network …", show_time=True), measured() as cost:
        found = [explained(p, chosen) for p in ten]
    panels = {
        f"{i} · {p.picture.name}": (figures.pixels(seen), f"for {p.class_name}")
        for i, (p, (_, seen)) in enumerate(zip(ten, found, strict=True), 1)
    }
    show.pictures(panels, "kept", side=192)
    frame.cost(cost)
    p, (e, _) = ten[chosen.number], found[chosen.number]
    left, right = st.columns([3, 2], gap="large")
    with left:
        show.maps(
            p.opened.x, {title: e.A}, {title: f"picture {chosen.number + 1}, with its sign"}, {},
            title=f"{p.picture.name}: {compute.words(p)}", key="signed",
        )  # fmt: skip
    with right:
        st.markdown(
            f"Picture {chosen.number + 1} again, with everything that {title} says: **red** speaks for"
            f" *{p.class_name}*, **blue** against it."
            + (f" Local R² is {show.r2(e.r2)}." if e.r2 is not None else "")
            + (f" Completeness gap {e.gap:.3f} of {e.change:+.3f}." if e.gap is not None else "")
        )
    return e


def show_rest(about: Subject, found: Explanation, chosen: Settings) -> None:
    """Equation and code, what to try, what to take away."""
    functions = [catalogue()[chosen.method].function, *([k_lasso] if chosen.method == "lime" else []), share,
                 zoo.draw_husky_wolf]  # fmt: skip
    frame.code({function.__name__: function for function in functions}, [EQUATIONS[chosen.method], SHARE])
    frame.scenes("trust", TRY, **OPEN)
    take_away.offer(about, {chosen.method: found}, {chosen.method: chosen.given}, "share")


def stop_here() -> None:
    """Before the explanations there is only the link: a script would tell how each scene was drawn."""
    take_away.offer_link()
    frame.end()


st.markdown("### Would you trust this network?")
ten = compute.predictions()
show_predictions(ten)
before = ask_judgement("", "trust")
reveal = st.toggle(
    "Show me what it looks at", key="reveal", bind="query-params", disabled=before is None,
    help="Answer first: yes, no or not sure." if before is None else None,
)  # fmt: skip
if before is None or not reveal:  # a link may say “reveal” without an answer
    stop_here()
chosen = ask_settings()
try:
    found = show_explanations(ten, chosen)
    ask_judgement(" now", "trust_now")
    if st.toggle("Show me the proof", key="proof", bind="query-params"):
        fair = st.toggle(
            "Beside it: the same network, trained where snow says nothing (trained now, once, in less than a minute)",
            key="fair", bind="query-params",
        )  # fmt: skip
        proof.show_twins(ten[chosen.number], fair)
        proof.show_shares(chosen.method, chosen.given, chosen.many, fair)
        proof.show_paper()
except frame.REFUSALS as error:
    frame.tell(error)
    stop_here()
show_rest(ten[chosen.number], found, chosen)
