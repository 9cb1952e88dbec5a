"""Trust: a network that is always right; a class that judges it, sees what it looks at, and then the proof."""

import inspect
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from torch import Tensor

from app.labs.trust import compute
from app.labs.trust.compute import CONDITIONS, METHODS, NAME, WOLF, Prediction
from app.shared import controls, links, networks, show, stages, take_away
from app.shared.controls import Control
from app.shared.equations import EQUATIONS
from app.shared.meter import measured
from app.shared.pictures import open_picture
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


def show_predictions(ten: list[Prediction]) -> None:
    """What the class judges by: the accuracy, and ten predictions."""
    right = sum(p.said == zoo.HUSKY_WOLF.index(p.picture.name) for p in ten)
    st.markdown(
        f"This network tells huskies from wolves. On {compute.ANIMALS} fresh pictures, drawn like those it learned"
        f" from, **{compute.accuracy_as_trained():.0%}** of its answers are right. Below are ten predictions,"
        f" {right} of them right."
    )
    show.pictures(
        {f"{i} · {p.picture.name}": (figures.pixels(p.opened.x), p.words) for i, p in enumerate(ten, 1)},
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


def subject_of(p: Prediction) -> Subject:
    """The prediction as what other pages explain."""
    return Subject(networks.describe(NAME), p.picture, p.opened, zoo.HUSKY_WOLF, p.p, p.said)


def explained(p: Prediction, chosen: Settings) -> tuple[Explanation, Tensor]:
    """The map, and the picture with the K superpixels that speak for the prediction, the rest grey."""
    found = stages.explanation(subject_of(p).question(chosen.given["output"]), chosen.method, chosen.given)
    segments = superpixels(p.opened.x, chosen.given.get("segments", "slic"))
    return found, compute.kept(p.opened.x, compute.by_superpixel(found.A, segments), segments, chosen.K)


def show_explanations(ten: list[Prediction], chosen: Settings) -> Explanation:
    """Ten times what speaks for the prediction, and one signed map."""
    title = catalogue()[chosen.method].title
    st.markdown(
        f"#### What speaks for each prediction\nThe same ten: the {chosen.K} superpixels with the largest weight for"
        f" what the network says, by {title}. All else is grey."
    )
    with st.spinner("Asking the network …", show_time=True), measured() as cost:
        found = [explained(p, chosen) for p in ten]
    panels = {
        f"{i} · {p.picture.name}": (figures.pixels(seen), f"for {zoo.HUSKY_WOLF[p.said]}")
        for i, (p, (_, seen)) in enumerate(zip(ten, found, strict=True), 1)
    }
    show.pictures(panels, "kept", side=192)
    st.caption(f"Just now: {cost.words()}, {cost.seconds:.2f} s." if cost.passes else "Read from the cache.")
    p, (e, _) = ten[chosen.number], found[chosen.number]
    left, right = st.columns([3, 2], gap="large")
    with left:
        show.maps(
            p.opened.x, {title: e.A}, {title: f"picture {chosen.number + 1}, with its sign"}, {},
            title=f"{p.picture.name}: {p.words}", scale="share", opacity=1.0, key="signed",
        )  # fmt: skip
    with right:
        st.markdown(
            f"Picture {chosen.number + 1} again, with everything that {title} says: **red** speaks for"
            f" *{zoo.HUSKY_WOLF[p.said]}*, **blue** against it."
            + (f" Local R² is {e.r2:.2f}." if e.r2 is not None else "")
            + (f" Completeness gap {e.gap:.3f} of {e.change:+.3f}." if e.gap is not None else "")
        )
    return e


def show_twins(p: Prediction, fair: bool) -> None:
    """The same animal on snow and off it, one to see and a hundred to count."""
    st.markdown("#### The same animal, on snow and off it")
    network = networks.describe(NAME)
    panels = {}
    for snow in (True, False):
        picture = replace(p.picture, snow=snow)
        x = open_picture(picture, network).x
        now = float(stages.predictions(network, picture, x)[WOLF])
        panels["on snow" if snow else "without snow"] = (figures.pixels(x), f"p(wolf) = {now:.2f}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        show.pictures(panels, "twins")
    with right:
        names = {"this network": False} | ({"trained fairly": True} if fair else {})
        answers = {name: compute.twins(fairly) for name, fairly in names.items()}
        lines = ["| where the snow lies | " + " | ".join(f"accuracy, {n}" for n in names) + " |"]
        lines.append("|---|" + "---:|" * len(names))
        for words, where in CONDITIONS.items():
            cells = [f"{t.accuracy(where(t.wolf)):.0%}" for t in answers.values()]
            lines.append(f"| {words} | " + " | ".join(cells) + " |")
        st.markdown("\n".join(lines))
        t = answers["this network"]
        st.markdown(
            f"Of {compute.ANIMALS} animals, {t.flipped} are a wolf on snow and a husky off it. p(wolf) is"
            f" {t.on_snow.mean():.2f} on snow and {t.bare.mean():.2f} off it, whichever animal it is."
            " Snow brings its pale sky along; the animal stays."
        )


def show_shares(chosen: Settings, fair: bool) -> None:
    """Where the weight lies, over many scenes, against the area."""
    title = catalogue()[chosen.method].title
    st.markdown(f"#### Where the weight lies: {title} on {chosen.many} scenes, half of each animal on snow")
    with st.spinner("Asking the network …", show_time=True):
        found = {"this network": compute.proof(False, chosen.method, chosen.given, chosen.many)}
        if fair:
            found["trained fairly"] = compute.proof(True, chosen.method, chosen.given, chosen.many)
    left, right = st.columns(2, gap="medium")
    with left:
        fig = compute.share_figure(found, show.theme())
        said = "; ".join(f"{part} {s.interval[0]:.2f}" for part, s in found["this network"].items())
        show.figure(fig, f"Share of the weight relative to the area, 1 is fair, this network: {said}.")
    with right:
        lines = ["| | area | Σ\\|A\\| | relative | 95 % |", "|---|---:|---:|---:|---:|"]
        for name, shares in found.items():
            if len(found) > 1:
                lines.append(f"| *{name}* | | | | |")
            for part, s in shares.items():
                mean, low, high = s.interval
                lines.append(
                    f"| {part} | {s.area:.0%} | {s.share:.0%} | {mean:.2f} | {low:.2f}\u00a0to\u00a0{high:.2f} |"
                )
        st.container(key="biases").markdown("\n".join(lines))
        st.caption("Area and Σ|A|: means over the scenes. Relative: their ratio in each scene, then the mean.")
    st.success(compute.verdict(title, *(shares["the background"].interval for shares in found.values())))


def show_paper() -> None:
    """The paper's table 2."""
    st.markdown(
        "#### What the paper found\n"
        "| of 27 graduate students | before | after the explanations |\n|---|---:|---:|\n"
        "| trusted the bad network | 10 | 3 |\n| named snow as a feature | 12 | 25 |"
    )
    st.caption(
        "Ribeiro, Singh & Guestrin 2016, §6.4 and table 2: photographs, a logistic regression on a network's features,"
        " all of them students who had taken a course in machine learning. Our drawings copy its plan: ten predictions,"
        " one husky on snow, one wolf off it."
    )


def show_rest(about: Subject, found: Explanation, chosen: Settings) -> None:
    """Equation and code, what to try, what to take away."""
    st.subheader("Equation and code")
    if chosen.method in EQUATIONS:
        st.latex(EQUATIONS[chosen.method])
    st.latex(SHARE)
    functions = [catalogue()[chosen.method].function, *([k_lasso] if chosen.method == "lime" else []), share,
                 zoo.draw_husky_wolf]  # fmt: skip
    for tab, function in zip(st.tabs([f.__name__ for f in functions]), functions, strict=True):
        tab.code(inspect.getsource(function), language="python")
    st.subheader("What to try")
    for label, setting in TRY.items():
        st.page_link("labs/trust/page.py", label=label, query_params=OPEN | setting, icon=":material/arrow_forward:")
    take_away.offer(about, {chosen.method: found}, {chosen.method: chosen.given}, "share")


def stop_here() -> None:
    """Before the explanations there is only the link: a script would tell how each scene was drawn."""
    st.subheader("Take it away")
    st.code(links.link(), language=None, wrap_lines=True)
    st.stop()


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
        show_twins(ten[chosen.number], fair)
        show_shares(chosen, fair)
        show_paper()
except (ValueError, TypeError) as error:
    st.error(str(error))
    stop_here()
show_rest(subject_of(ten[chosen.number]), found, chosen)
