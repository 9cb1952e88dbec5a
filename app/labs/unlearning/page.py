"""Unlearning: UNI in its three stages, beside Integrated Gradients from black; then one setting after the other."""

import math
from typing import Any

import streamlit as st
from torch import Tensor

from app.labs.unlearning import experiments
from app.shared import controls, frame, show, stages, subject, take_away
from app.shared.equations import DIVERGENCES, EQUATIONS
from app.shared.screen import TABS, Screen, screen
from app.shared.stages import Explanation, Question
from app.shared.subject import Subject
from xai_core import Stages, figures, match_baseline, uni, unlearn

FRONT = ("eps", "B", "T", "eta")
EXPERIMENTS = "Experiments"
SIZE = (5.6, 3.3)  # inches, for a column of the page
TITLES = {"uni": "UNI", "integrated_gradients": "Integrated Gradients from black"}
POINTS = 20  # of the confidence curves
TRY = {
    "The paper's ε and μ: how far does the confidence fall on this network?": {"eps": "0.056", "mu": "0.005"},
    "ε too large: the path is no longer monotone, and the gap opens": {"eps": "30"},
    "Almost no unlearning: η = 0.05": {"eta": "0.05"},
    "One matching step, T = 1: is x′ found?": {"T": "1"},
    "No unlearning at all: a uniform answer instead": {"goal": "uniform", "experiment": "goal"},
    "Four ways to compare two answers: which of them finds x′?": {"experiment": "divergence"},
}


def ask_settings(on: Screen) -> tuple[dict[str, Any], str]:
    """UNI's symbols, four in front, and the score that is explained."""
    mine = [c for c in controls.controls() if "uni" in c.methods]
    front = [c for name in FRONT for c in mine if c.name == name]
    values = {}
    for place, control in zip(on.controls.columns(len(front), gap="medium"), front, strict=True):
        with place:
            values[control.key] = controls.ask(control)
    with on.settings:
        columns = st.columns(3, gap="medium")
        folded = [c for c in mine if c not in front]
        for i, control in enumerate(folded):
            with columns[i % len(columns)]:
                values[control.key] = controls.ask(control)
        with columns[len(folded) % 3]:
            rest = controls.ask_output()
    given = controls.values_for("uni", values, {"output": rest})
    return given, given.pop("output")


def show_pictures(
    about: Subject, q: Question, start: Tensor, found: dict[str, Explanation], unlearned: float, on: Screen
) -> None:
    """The picture, the baseline that looks like it, and the map between the two; beside it the map from black."""
    factor = amplification(float((start - q.x).abs().flatten().quantile(0.99)))
    then = {
        "x′": (figures.pixels(start), f"the matched baseline: F(x′) = {stages.score_of(q, start):.3g}"),
        f"{factor} × (x′ − x)": (figures.pixels(figures.difference(start, q.x, factor)), "grey is no change"),
    }
    words = {TITLES[name]: f"gap {e.gap:.3f} of {e.change:+.3f}" for name, e in found.items()}
    words["x"] = f"the picture: {about.confidence:.1%}; unlearned {unlearned:.1%}"
    maps = {TITLES[name]: e.A for name, e in found.items()}
    show.maps(q.x, maps, words, {}, title="x", key="baseline", legend=on.legend, then=then)


def amplification(change: float) -> int:
    """The power of two that makes a change of this size black or white, or nearly so."""
    return max(1, 2 ** math.floor(math.log2(0.5 / change))) if change > 0 else 1


def show_stages(q: Question, about: Subject, given: dict[str, Any], eps: float, unlearned: float) -> None:
    """Stages 1 and 2 in numbers: how much is forgotten, and how far x′ may go."""
    if given["goal"] == "uniform":
        goal = "1 · Goal: every class as likely as any other"
    else:
        whose = "" if given["weights"] == "all" else ", of the last layer alone"
        goal = f"1 · Unlearn: one step of length η = {given['eta']:g} up the loss{whose}"
    a_pixel = 255 * eps / q.x.numel() ** 0.5
    how = "by rule" if given["eps"] is None else "by hand"
    rows = [
        [goal, f"{about.class_name}: {about.confidence:.1%} → {unlearned:.1%}"],
        ["2 · Match: x′ at distance ε", f"{eps:.3g}, {how}; {a_pixel:.1f}/255 a pixel"],
    ]
    frame.table(["Stage", ""], rows, "stages")


def show_paths(runs: dict[str, Stages]) -> None:
    """Stage 3: the confidence on the way back, and the numbers that judge both paths."""
    left, right = st.columns([3, 2], gap="medium")
    α = [k / POINTS for k in range(POINTS + 1)]
    lines = {name: (α, run["trace"].confidence(α)[:, 0].tolist()) for name, run in runs.items()}
    with left:
        fig = figures.curves(
            lines, x="α: from the baseline (0) to the picture (1)", y="F(γ(α))", title="3 · Score along the path",
            size=SIZE, theme=show.theme(),
        )  # fmt: skip
        ends = "; ".join(f"{name} from {ys[0]:.2f} to {ys[-1]:.2f}" for name, (_, ys) in lines.items())
        show.figure(fig, f"The score along the path: {ends}.")
    with right:
        rows = {name: stages.judged(run) for name, run in runs.items()}
        lines = [
            [title, *(f"{getattr(j, number):.3g}" for j in rows.values())] for title, number in NUMBERS.items()
        ]  # fmt: skip
        frame.table(["", *rows], lines, "paths")
        st.caption(
            "Monotone: Spearman's rank correlation of score and α, 1 for a steady rise. Curvature: the largest"
            " |d²F/dα²|; it bounds the error of B steps. Gap: |ΣA − (F(x) − F(x′))|."
        )


NUMBERS = {"Monotone (1 is best)": "monotonicity", "Curvature (small is best)": "curvature", "Completeness gap": "gap"}

on = screen((TABS[0], EXPERIMENTS, *TABS[1:]))
about = subject.choose(on.subject)
if about is None:
    frame.end()
on.question.markdown("### What does the network see when it has forgotten this picture?")
with on.guess:
    guess = frame.guess(
        "how much must the picture change until the network no longer recognises it?",
        ["beyond recognition", "visibly", "hardly visibly"], "change",
    )  # fmt: skip
given, output = ask_settings(on)
q = about.question(output)
with frame.asking() as cost:
    uni_run = stages.run(q, "uni", given)
    eps, start = float(uni_run["budget"]), uni_run["start"]
    unlearned = float(uni_run["unlearned"][0, q.target])
    asked = {
        "uni": given,
        "integrated_gradients": {"baseline": "black", "B": given["B"], "rule": given["rule"], "seed": 0},
    }
    found = {name: stages.explanation(q, name, arguments) for name, arguments in asked.items()}
titled = {TITLES[name]: (name, arguments) for name, arguments in asked.items()}
lost = 1 - stages.score_of(q, start) / stages.score_of(q, q.x)

with on.pictures:
    show_pictures(about, q, start, found, unlearned, on)
with on.number:
    st.metric(f"of the score is taken away by x′, at a distance of ε = {eps:.3g}", f"{lost:.0%}")
if guess is not None:
    with on.guess:
        frame.verdict(guess, None, f"this x′ takes away {lost:.0%} of the score.")
with on.judge:
    show_stages(q, about, given, eps, unlearned)
    black = stages.run(q, "integrated_gradients", asked["integrated_gradients"])
    show_paths({"UNI": uni_run, "from black": black})
    frame.cost(cost)
with on.tabs[EXPERIMENTS]:
    experiments.show_chosen(q, given, titled, found["uni"].A)
equations, note = [EQUATIONS["uni"]], ""
if (given["goal"], given["divergence"]) != ("unlearned", "kl"):
    answer = r"\frac{1}{\mathrm{classes}}" if given["goal"] == "uniform" else r"F(x; \hat\theta)"
    equations.append(rf"{DIVERGENCES[given['divergence']]}, \qquad p = F(x'; \theta), \quad q = {answer}")
    note = "On this page just now, the second line of UNI makes the last of these distances small instead."
with on.code:
    frame.code({"1 · unlearn": unlearn, "2 · match": match_baseline, "3 · walk back": uni}, equations, note)
with on.scenes:
    frame.scenes("unlearning", TRY)
with on.take_away:
    take_away.offer(
        about, found, {name: {**arguments, "output": output} for name, arguments in asked.items()}, "share"
    )  # fmt: skip
