"""LIME: switch parts off, ask again, fit a short linear model. A picture, a text, or a row of a table."""

from dataclasses import replace

import streamlit as st

from app.labs.lime import compute, files, inputs, samples, tables, texts, truth, views, weights
from app.labs.lime.compute import SEEDS, Input, Reading
from app.labs.lime.inputs import Given, Pictured
from app.labs.lime.weights import BAND, SHAP
from app.shared import controls, frame, show, subject
from app.shared.compare import tab as compare
from app.shared.equations import EQUATIONS
from app.shared.film import player
from app.shared.meter import Cost
from app.shared.pages import OWN_WEIGHTS as OWN
from app.shared.predict import veil
from app.shared.screen import COMPARE, TABS, Stage, stage, tabs
from app.shared.subject import Line
from xai_core import k_lasso, neighbourhood, shapley_values, table_samples
from xai_core.perturbation.k_lasso import kernel
from xai_core.perturbation.superpixels import superpixels
from xai_core.perturbation.words import random_sizes

COPIES, TRUSTED, CLASSES = "Copies", "Fit", "Classes"  # tabs
SIGMA_TABLE = 1.06  # the reference package's width for tables, see xai_core.table_neighbourhood
QUESTIONS = {
    "picture": "Which regions make the network say *{}*?",
    "text": "Which words make the classifier say *{}*?",
    "table": "Which columns make the model say *{}*?",
}
SLIDES = {
    "picture": "Deck: LIME, superpixels and figure 4 (top 3 classes); figure 11 for the husky.",
    "text": "Deck: LIME, figure 2 (Christianity against atheism).",
    "table": "Deck: LIME, equations 1 and 2, for any classifier or regressor.",
}


def ask_settings(kind: str, on: Stage) -> tuple[Reading, dict[str, str], list[str]]:
    """N, K, σ and what stands beside the weights in front; the rest folded away."""
    declared = {c.name: c for c in controls.controls() if "lime" in c.methods}
    columns = on.controls.columns([4, 4, 3, 3][kind == "picture" :], gap="medium")
    if kind == "picture":  # its film moves K
        slider, lengths = controls.slider(declared["K"])
        K = lengths[player.value(slider)]
    else:
        with columns[0]:
            K = controls.ask(declared["K"])
    with columns[-3]:
        N = controls.ask(declared["N"])
    with columns[-2]:
        if kind == "table":
            sigma = st.slider(
                "σ: width of the locality kernel", 0.05, 2.0, SIGMA_TABLE, 0.01, key="sigma_table", bind="query-params"
            )
        else:
            sigma = controls.ask(declared["sigma"])
    beside = columns[-1].multiselect(
        "Beside LIME's weights", [BAND, SHAP, *([OWN] if kind == "text" else [])], key="beside", bind="query-params",
        help=f"The band asks {SEEDS - 1} × N more times, KernelSHAP N more times (tables: × {tables.BACKGROUND}"
        " rows of a background), once. The classifier's own weights cost nothing.",
    )  # fmt: skip
    setting = {}
    with on.settings:
        left, middle, right = st.columns(3, gap="medium")
        with left:
            if kind == "table":
                distance = st.selectbox(
                    "distance: distance between masks", ("l2", "cosine"), key="distance_table", bind="query-params"
                )
            else:
                distance = controls.ask(declared["distance"])
        seed = middle.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
        if kind == "picture":
            with left:
                setting["segments"] = controls.ask(declared["segments"])
            with middle:
                setting["fill"] = controls.ask(declared["fill"])
            with right:
                setting["output"] = controls.ask_output() or "probability"
    return Reading(N, K, sigma, distance, int(seed)), setting, beside


def possible(this: Input, how: Reading) -> Reading:
    """The reading that there can be: not more features than there are."""
    if this.features >= how.K:
        return how
    st.caption(f"There are only {this.features} features here, so K = {how.K} is read as K = {this.features}.")
    return replace(how, K=this.features)


def choose(kind: str, on: Stage) -> tuple[Given, Reading, list[str]]:
    """What is explained and how; the page stops where there is nothing to explain."""
    if kind == "picture":
        about = subject.choose(on.subject)
        given: Given | None = None
    else:
        about = None
        line = Line(on.subject)
        given = texts.ask_text(line) if kind == "text" else tables.ask_row(line)
    if about is None and given is None:
        frame.end()
    how, setting, beside = ask_settings(kind, on)
    if about is not None:
        try:
            given = inputs.picture(about, **setting)
        except frame.REFUSALS as error:
            frame.stop(error)
    return given, how, beside


def cost_in_words(kind: str, cost: Cost) -> str:
    """What it cost just now."""
    if not cost.passes:
        return "nothing was asked for this, all is read from the cache"
    what = {"picture": "pictures", "text": "texts", "table": "rows"}[kind]
    return f"{cost.forwards} {what} asked about, {cost.seconds:.2f} s"


def show_code(kind: str) -> None:
    """The equations, and the functions that have just run."""
    first = {"picture": {"superpixels": superpixels, "copies": neighbourhood}, "text": {"masks": random_sizes},
             "table": {"copies": table_samples}}[kind]  # fmt: skip
    functions = {**first, "kernel": kernel, "K-LASSO": k_lasso, "KernelSHAP": shapley_values}
    frame.code(functions, [EQUATIONS["lime"], EQUATIONS["kernel_shap"]], SLIDES[kind])


on = stage()
with on.question:
    words, choice = st.columns([5, 2], vertical_alignment="center")
with choice:
    kind = inputs.ask_kind()
given, how, beside = choose(kind, on)
this = given.this
if len(this.classes) > 1:
    words.markdown(f"### {QUESTIONS[kind].format(this.class_name)} F(x) = {this.say(this.answer)}")
else:
    words.markdown(f"### Which columns make the model say *{this.say(this.answer)}*? It is the {this.unit}.")
guess = truth.ask_guess(given, on)
with frame.asking("Asking about the copies …") as cost:
    compute.around(this, how.N, how.seed)


def tell(how: Reading) -> None:
    """All that is read off the copies."""
    how = possible(this, how)
    if kind != "picture":
        with st.container(key="at_pictures"):
            weights.show_explanation(given, how, beside)
        with st.container(key="at_number"):
            st.metric(f"Local R²: what {how.K} of {this.features} features explain", show.r2(compute.fit(this, how).r2))
    pinned = (COMPARE,) if isinstance(given, Pictured) else ()
    under = tabs((TABS[0], COPIES, TRUSTED, CLASSES, *pinned, *TABS[1:]))
    with under.judge:
        with frame.asking("Fitting …") as more:
            fit = compute.fit(this, how)
        weights.show_numbers(this, how, fit, cost_in_words(kind, cost + more))
        if kind == "picture":
            weights.show_explanation(given, how, beside)
        truth.show_truth(given, fit, guess.choice, st.container() if kind == "picture" else on.guess)
    if under.shows(COPIES):
        with under.tabs[COPIES]:
            samples.samples(given, how)
    if under.shows(TRUSTED):
        with under.tabs[TRUSTED]:
            views.show_fit(this, how)
    if under.shows(CLASSES):
        with under.tabs[CLASSES]:
            views.show_classes(given, how)
    if isinstance(given, Pictured):
        compare.show_tab(under, given.about, files.pinnable(given, how))
    with under.code:
        show_code(kind)
    with under.take_away:
        files.offer(given, how)


if kind == "picture":
    slider, lengths = controls.slider(next(c for c in controls.controls() if c.key == "K"))
    map_ = compute.fit(this, replace(how, K=lengths[player.value(slider)])).weights[given.labels][None, None]
    veil.tell(on, guess, given.about.opened, {"LIME": map_})
    film = weights.film_of(given, how, slider, lengths, guess.drawn_on(given.about.opened.x))
    player.play(film, lambda stop: tell(replace(how, K=lengths[stop])))
else:
    tell(how)
