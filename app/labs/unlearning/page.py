"""Unlearning: UNI in its three stages, beside Integrated Gradients from black; then one setting after the other."""

import math
from typing import Any

import streamlit as st

from app.labs.unlearning import experiments
from app.shared import controls, frame, show, stages, subject, take_away
from app.shared.compare import tab as compare
from app.shared.controls import Control
from app.shared.equations import DIVERGENCES, EQUATIONS, SUBSPACES
from app.shared.film import player
from app.shared.film.maps import Maps, of_maps
from app.shared.predict import veil
from app.shared.screen import COMPARE, TABS, Stage, stage, tabs
from app.shared.stages import Explanation, Question
from app.shared.subject import Subject
from app.shared.turns import Rank
from xai_core import Stages, figures, match_baseline, uni, unlearn

FRONT = ("eps", "B", "T", "eta")
MOVED = {"ε": "eps", "B": "B"}  # what the film moves
SIZE = (5.6, 3.3)  # inches, for a column of the page
CHANGE = "the change"
EXPERIMENTS = "Experiments"
TITLES = {"uni": "UNI", "integrated_gradients": "Integrated Gradients from black"}
POINTS = 20  # of the confidence curves


def ask_settings(on: Stage) -> tuple[Control, dict[str, Any], str | None]:
    """The control that the film moves, the values of UNI's other symbols, and the score that is explained."""
    mine = [c for c in controls.controls() if "uni" in c.methods]
    *columns, last = on.controls.columns(len(FRONT), gap="medium", vertical_alignment="bottom")
    word = last.segmented_control(
        "Move by hand", list(MOVED), default="ε", required=True, key="moved", bind="query-params"
    )  # fmt: skip
    heart = next(c for c in mine if c.name == MOVED[word])
    front = [c for name in FRONT for c in mine if c.name == name and c is not heart]
    values = {}
    for column, control in zip(columns, front, strict=True):
        with column:
            values[control.key] = controls.ask(control)
    with on.settings:
        columns = st.columns(3, gap="medium")
        folded = [c for c in mine if c not in front and c is not heart]
        for i, control in enumerate(folded):
            with columns[i % len(columns)]:
                values[control.key] = controls.ask(control)
        with columns[len(folded) % 3]:
            rest = controls.ask_output()
    return heart, values, rest


def shown_at(q: Question, given: dict[str, Any]) -> Maps:
    """What a stop of the film shows: the baseline, how little it differs, and the maps from it and from black."""
    run, found = stages.run(q, "uni", given), maps_of(q, given)
    start, eps = run["start"], float(run["budget"])
    factor, now = amplification(float((start - q.x).abs().flatten().quantile(0.99))), stages.score_of(q, start)
    how = "by rule" if given["eps"] is None else "by hand"
    score = f"F(x′) = {now:.3g}"
    captions = {
        "x′": f"{score} at ε = {eps:.3g}, {how}",
        CHANGE: f"x′ − x, amplified {factor} times; grey is none",
        **{TITLES[name]: f"gap {e.gap:.3f} of {e.change:+.3f}" for name, e in found.items()},
    }
    changed = figures.difference(start, q.x, factor)
    return Maps(
        {TITLES[name]: e.A for name, e in found.items()}, captions, pictures={"x′": start, CHANGE: changed},
        number=f"{now:.3g}", says=f"ε = {eps:.3g} ({how}), {score}, {captions['UNI']}",
    )  # fmt: skip


def maps_of(q: Question, given: dict[str, Any]) -> dict[str, Explanation]:
    """The maps from the matched baseline and from black."""
    return {name: stages.explanation(q, name, arguments) for name, arguments in asked_of(given).items()}


def asked_of(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """UNI's arguments, and those of Integrated Gradients beside it."""
    black = {"baseline": "black", "B": given["B"], "rule": given["rule"], "seed": 0}
    return {"uni": given, "integrated_gradients": black}


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
    with frame.asking("Walking both ways …", Rank.LATER):
        lines = {name: (α, run["trace"].confidence(α)[:, 0].tolist()) for name, run in runs.items()}
        rows = {name: stages.judged(run) for name, run in runs.items()}
    with left:
        fig = figures.curves(
            lines, x="α: 0 is the baseline, 1 the picture", y="F(γ(α))", title="3 · Score along the path",
            size=SIZE, theme=show.theme(),
        )  # fmt: skip
        ends = "; ".join(f"{name} from {ys[0]:.2f} to {ys[-1]:.2f}" for name, (_, ys) in lines.items())
        show.figure(fig, f"The score along the path: {ends}.")
    with right:
        lines = [
            [title, *(f"{getattr(j, number):.3g}" for j in rows.values())] for title, number in NUMBERS.items()
        ]  # fmt: skip
        frame.table(["", *rows], lines, "paths")
        st.caption(
            "Monotone: Spearman's rank correlation of score and α, 1 for a steady rise. Curvature: the largest"
            " |d²F/dα²|; it bounds the error of B steps. Gap: |ΣA − (F(x) − F(x′))|."
        )


NUMBERS = {"Monotone (1 is best)": "monotonicity", "Curvature (small is best)": "curvature", "Completeness gap": "gap"}


on = stage()
about = subject.choose(on.subject)
if about is None:
    frame.end()
on.question.markdown("### What does the network see when it has forgotten this picture?")
guess = veil.ask(
    on, f"unlearning {about.question('')}", about.opened.x,
    "how much must the picture change until the network no longer recognises it?",
    ["beyond recognition", "visibly", "hardly visibly"], "change",
).choice  # fmt: skip
heart, values, output = ask_settings(on)
slider, stops = controls.slider(heart)


def given_at(stop: int) -> dict[str, Any]:
    """UNI's arguments."""
    return controls.values_for("uni", {**values, heart.key: stops[stop]}, {"output": output})


output = given_at(0)["output"]
q = about.question(output)


def arguments_at(stop: int) -> dict[str, Any]:
    return {name: value for name, value in given_at(stop).items() if name != "output"}


def below(stop: int) -> None:
    """All that is told of the stop at which the hand rests."""
    given = arguments_at(stop)
    under = tabs((TABS[0], EXPERIMENTS, COMPARE, *TABS[1:]))
    with under.judge:
        with frame.asking() as cost:
            asked, found = asked_of(given), maps_of(q, given)
            runs = {title: stages.run(q, name, asked[name])
                    for title, name in (("UNI", "uni"), ("from black", "integrated_gradients"))}  # fmt: skip
        eps = float(runs["UNI"]["budget"])
        show_stages(q, about, given, eps, float(runs["UNI"]["unlearned"][0, q.target]))
        show_paths(runs)
        frame.cost(cost)
    with under.tabs[EXPERIMENTS]:
        experiments.show_chosen(q, given, {TITLES[name]: (name, a) for name, a in asked.items()}, found["uni"].A)
    given_of = {name: {**arguments, "output": output} for name, arguments in asked.items()}
    compare.show_tab(under, about, given_of)
    equations, note = [EQUATIONS["uni"]], ""
    if (given["goal"], given["divergence"]) != ("unlearned", "kl"):
        answer = r"\frac{1}{\mathrm{classes}}" if given["goal"] == "uniform" else r"F(x; \hat\theta)"
        equations.append(rf"{DIVERGENCES[given['divergence']]}, \qquad p = F(x'; \theta), \quad q = {answer}")
        note = "On this page just now, the second line of UNI makes the last of these distances small instead."
    if given["subspace"] != "pixels":
        equations.append(SUBSPACES[given["subspace"]])
    with under.code:
        frame.code({"1 · unlearn": unlearn, "2 · match": match_baseline, "3 · walk back": uni}, equations, note)
    with under.take_away:
        take_away.offer(about, found, given_of, "share")


with frame.asking():
    maps_of(q, arguments_at(player.value(slider)))
if guess is not None:
    usual = stages.run(q, "uni", arguments_at(slider.usual))
    lost = 1 - stages.score_of(q, usual["start"]) / stages.score_of(q, q.x)
    a_number = float((usual["start"] - q.x).abs().mean())
    with on.guess:
        frame.verdict(
            guess, None,
            f"at {slider.stops[slider.usual].words} x′ differs by {255 * a_number:.1f}/255 a number, and"
            f" {lost:.0%} of the score are gone.",
        )  # fmt: skip
film = of_maps(
    slider, ("unlearning", q, str(arguments_at(0))), q.x, about.said, list(TITLES.values()),
    lambda stop: shown_at(q, arguments_at(stop)), pictured=("x′", CHANGE), number="F(x′), the score that is left",
    ahead=controls.cheap(stops, q.x) if heart.name == "B" else None,
)  # fmt: skip
player.play(film, below)
