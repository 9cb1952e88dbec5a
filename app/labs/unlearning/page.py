"""Unlearning: UNI in its three stages, beside Integrated Gradients from black; then one setting after the other."""

import math
from typing import Any

import streamlit as st

from app.labs.unlearning import experiments
from app.shared import controls, frame, show, stages, subject, take_away
from app.shared.equations import DIVERGENCES, EQUATIONS
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import Stages, figures, match_baseline, uni, unlearn

FRONT = ("eps", "B", "T", "eta")
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


def ask_settings() -> tuple[dict[str, Any], str]:
    """UNI's symbols, four in front, and the score that is explained."""
    mine = [c for c in controls.controls() if "uni" in c.methods]
    front = [c for name in FRONT for c in mine if c.name == name]
    values = {}
    for column, control in zip(st.columns(len(front), gap="medium"), front, strict=True):
        with column:
            values[control.key] = controls.ask(control)
    with st.expander("All settings"):
        columns = st.columns(3, gap="medium")
        folded = [c for c in mine if c not in front]
        for i, control in enumerate(folded):
            with columns[i % len(columns)]:
                values[control.key] = controls.ask(control)
        with columns[len(folded) % 3]:
            rest = controls.ask_output()
    given = controls.values_for("uni", values, {"output": rest})
    return given, given.pop("output")


def show_forgetting(q: Question, about: Subject, given: dict[str, Any]) -> None:
    """Stage 1: the answer before, and the one that x′ should get, which is the unlearned one or a uniform one."""
    after = float(stages.run(q, "uni", given)["unlearned"][0, q.target])
    if given["goal"] == "uniform":
        st.markdown("#### 1 · Instead of unlearning: every class is as likely as any other")
        goal = f"{about.class_name}, in a uniform answer: 1/{len(about.classes)}"
    else:
        whose = "" if given["weights"] == "all" else ", by the last layer alone"
        st.markdown(f"#### 1 · Unlearn: one step of length η = {given['eta']:g} up the loss{whose}")
        goal = f"{about.class_name}, after forgetting: F(x; θ̂)"
    left, right = st.columns(2, gap="medium")
    left.metric(f"{about.class_name}, as trained: F(x; θ)", f"{about.confidence:.1%}")
    right.metric(goal, f"{after:.1%}", f"{100 * (after - about.confidence):+.1f} points")


def show_baseline(
    q: Question, about: Subject, given: dict[str, Any], start: Any, eps: float, guess: str | None
) -> None:
    """Stage 2: the baseline, and how little it differs."""
    how = "chosen by the rule" if given["eps"] is None else "chosen by hand"
    a_pixel = eps / q.x.numel() ** 0.5
    st.markdown(f"#### 2 · Match: x′ at distance ε = {eps:.3g} ({how}), {255 * a_pixel:.1f}/255 a pixel")
    factor = amplification(float((start - q.x).abs().flatten().quantile(0.99)))
    now = stages.score_of(q, start)
    show.pictures(
        {
            "x": (figures.pixels(q.x), f"the picture: {about.confidence:.1%}"),
            "x′": (figures.pixels(start), f"the matched baseline: F(x′) = {now:.3g}"),
            f"{factor} × (x′ − x)": (
                figures.pixels(figures.difference(start, q.x, factor)),
                f"the change, amplified {factor} times; grey is none",
            ),
        },
        "baseline",
    )
    if guess is not None:
        lost = 1 - now / stages.score_of(q, q.x)
        frame.verdict(guess, None, f"this x′ takes away {lost:.0%} of the score.")


def amplification(change: float) -> int:
    """The power of two that makes a change of this size black or white, or nearly so."""
    return max(1, 2 ** math.floor(math.log2(0.5 / change))) if change > 0 else 1


def show_paths(runs: dict[str, Stages]) -> None:
    """Stage 3: the confidence on the way back, and the numbers that judge both paths."""
    st.markdown("#### 3 · Walk back from x′ to x, and collect the gradient")
    left, right = st.columns([3, 2], gap="medium")
    α = [k / POINTS for k in range(POINTS + 1)]
    lines = {name: (α, run["trace"].confidence(α)[:, 0].tolist()) for name, run in runs.items()}
    with left:
        fig = figures.curves(
            lines, x="α: from the baseline (0) to the picture (1)", y="F(γ(α))", title="Score along the path",
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


about = subject.choose()
if about is None:
    frame.end()
st.markdown("### What does the network see when it has forgotten this picture?")
guess = frame.guess(
    "how much must the picture change until the network no longer recognises it?",
    ["beyond recognition", "visibly", "hardly visibly"], "change",
)  # fmt: skip
given, output = ask_settings()
q = about.question(output)
with frame.asking() as cost:
    uni_run = stages.run(q, "uni", given)
    eps, start = float(uni_run["budget"]), uni_run["start"]
    asked = {
        "uni": given,
        "integrated_gradients": {"baseline": "black", "B": given["B"], "rule": given["rule"], "seed": 0},
    }
    found = {name: stages.explanation(q, name, arguments) for name, arguments in asked.items()}
black = stages.run(q, "integrated_gradients", asked["integrated_gradients"])

show_forgetting(q, about, given)
show_baseline(q, about, given, start, eps, guess)
show_paths({"UNI": uni_run, "from black": black})
show.maps(
    q.x,
    {TITLES[name]: e.A for name, e in found.items()},
    {TITLES[name]: f"gap {e.gap:.3f} of {e.change:+.3f}" for name, e in found.items()},
    {},
    title=about.said,
)
frame.cost(cost)
experiments.show_chosen(q, given, {TITLES[name]: (name, a) for name, a in asked.items()}, found["uni"].A)
equations, note = [EQUATIONS["uni"]], ""
if (given["goal"], given["divergence"]) != ("unlearned", "kl"):
    answer = r"\frac{1}{\mathrm{classes}}" if given["goal"] == "uniform" else r"F(x; \hat\theta)"
    equations.append(rf"{DIVERGENCES[given['divergence']]}, \qquad p = F(x'; \theta), \quad q = {answer}")
    note = "On this page just now, the second line of UNI makes the last of these distances small instead."
frame.code({"1 · unlearn": unlearn, "2 · match": match_baseline, "3 · walk back": uni}, equations, note)
frame.scenes("unlearning", TRY)
take_away.offer(about, found, {name: {**arguments, "output": output} for name, arguments in asked.items()}, "share")
