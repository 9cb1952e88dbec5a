"""Unlearning: UNI in its three stages, beside Integrated Gradients from black; then one setting after the other."""

import inspect
import math
from typing import Any

import streamlit as st
from torch import Tensor

from app import controls, experimenting, show, stages, subject, take_away
from app.equations import DIVERGENCES, EQUATIONS
from app.experimenting import Outcome
from app.meter import measured
from app.stages import Question, Unlearning, Walk
from app.subject import Subject
from xai_core import figures, match_baseline, stability, uni, unlearn
from xai_core.stability import REFERENCE, STEPS, rank_correlation

FRONT = ("eps", "B", "T", "eta")
SIZE = (5.6, 3.3)  # inches, for a column of the page
TITLES = {"uni": "UNI", "integrated_gradients": "Integrated Gradients from black"}
SMALL = (3.5, 2.7)  # for a third of it
POINTS = 20  # of the confidence curves
NOTHING = "none"
EXPERIMENTS = {
    NOTHING: "",
    "η": "How far has the network to forget? η sets the answer that x′ should get, and, where ε is by rule, ε too.",
    "ε": "How far may x′ go? Too near, and the network is still sure; too far, and the path bends.",
    "μ": "How long are the matching steps? Only μ‖∇C‖ against ε matters: δ goes back on the sphere after each one.",
    "T": "How many matching steps until x′ is found?",
    "goal": "Does it need unlearning at all? A uniform answer costs no gradient in the weights and fits any picture.",
    "divergence": "Does it matter how two answers are compared? All but KL lose their slope where the network is sure.",
    "weights": "Has the whole network to forget, or is its last layer enough?",
    "B": f"How many steps until the map stays as it is? Each is compared with that of B = {REFERENCE}.",
}
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
    after = float(stages.forgetting(q, *Unlearning.of(given).forgetting)[0, q.target])
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
        st.success(f"You guessed {guess}. This x′ takes away {lost:.0%} of the score.")


def amplification(change: float) -> int:
    """The power of two that makes a change of this size black or white, or nearly so."""
    return max(1, 2 ** math.floor(math.log2(0.5 / change))) if change > 0 else 1


def show_paths(walks: dict[str, Walk], given: dict[str, Any]) -> None:
    """Stage 3: the confidence on the way back, and the numbers that judge both paths."""
    st.markdown("#### 3 · Walk back from x′ to x, and collect the gradient")
    left, right = st.columns([3, 2], gap="medium")
    α = [k / POINTS for k in range(POINTS + 1)]
    lines = {name: (α, stages.confidence(walk, α)) for name, walk in walks.items()}
    with left:
        fig = figures.curves(
            lines, x="α: from the baseline (0) to the picture (1)", y="F(γ(α))", title="Score along the path",
            size=SIZE, theme=show.theme(),
        )  # fmt: skip
        ends = "; ".join(f"{name} from {ys[0]:.2f} to {ys[-1]:.2f}" for name, (_, ys) in lines.items())
        show.figure(fig, f"The score along the path: {ends}.")
    with right:
        rows = {name: stages.judged(walk, given["B"], given["rule"]) for name, walk in walks.items()}
        table = ["| | " + " | ".join(rows) + " |", "|---|" + "---|" * len(rows)]
        for title, number in NUMBERS.items():
            table.append(f"| {title} | " + " | ".join(f"{getattr(j, number):.3g}" for j in rows.values()) + " |")
        st.markdown("\n".join(table))
        st.caption(
            "Monotone: Spearman's rank correlation of score and α, 1 for a steady rise. Curvature: the largest"
            " |d²F/dα²|; it bounds the error of B steps. Gap: |ΣA − (F(x) − F(x′))|."
        )


NUMBERS = {"Monotone (1 is best)": "monotonicity", "Curvature (small is best)": "curvature", "Completeness gap": "gap"}


def show_experiments(q: Question, given: dict[str, Any], asked: dict[str, dict[str, Any]], now: Tensor) -> None:
    """One setting is changed and all others stay. Computed when it is asked for, and kept. now: the map above."""
    st.subheader("Experiments")
    words = st.segmented_control(
        "Change one setting, keep the others:", list(EXPERIMENTS), default=NOTHING, required=True, key="experiment",
        bind="query-params", help="Letters: curves over many values; B: maps. Words: one map for each.",
    )  # fmt: skip
    if words in (None, NOTHING):  # None: a link with nothing behind the "="
        return
    st.markdown(EXPERIMENTS[words])
    if given["goal"] == "uniform" and words in ("η", "weights"):
        st.info("With a uniform goal nothing is unlearned: neither η nor the weights play a part.")
    with measured() as cost:
        if words == "B":
            show_stability(q, asked)
        elif words in experimenting.SWEPT:
            show_sweep(q, given, words)
        else:
            show_choices(q, given, words, now)
    st.caption(
        f"This experiment just now: {cost.words()}, {cost.seconds:.1f} s." if cost.passes else "Read from the cache."
    )


def outcomes(q: Question, given: dict[str, Any], settings: dict[Any, Unlearning]) -> dict[Any, Outcome]:
    """What each setting leads to, with the progress shown."""
    bar, found = st.progress(0.0, text="Asking the network …"), {}
    for i, (value, how) in enumerate(settings.items()):
        bar.progress(i / len(settings), text=f"Setting {i + 1} of {len(settings)} …")
        found[value] = experimenting.outcome(q, how, given["B"], given["rule"])
    bar.empty()
    return found


def show_sweep(q: Question, given: dict[str, Any], letter: str) -> None:
    """Three numbers against one symbol, the present value marked."""
    how, name = Unlearning.of(given), experimenting.SWEPT[letter]
    present = experimenting.present(q, how, name)
    found = outcomes(q, given, experimenting.sweep(q, how, name))
    for column, (title, number) in zip(st.columns(3, gap="medium"), SWEEP.items(), strict=True):
        heights = [getattr(o, number) for o in found.values()]
        at = getattr(found[present], number)
        fig = figures.curves(
            {title: (list(found), heights)}, x=letter, y="", title=title,
            marks={"now": (present, at)}, size=SMALL, theme=show.theme(),
        )  # fmt: skip
        (ax,) = fig.axes
        ax.set_xscale("log")
        shown = list(found)[::2]
        ax.set_xticks(shown, labels=[f"{value:.2g}" for value in shown])
        ax.minorticks_off()
        ax.lines[0].set_marker("o")
        ax.set_ylim(*room(heights))
        pairs = ", ".join(f"{h:.2g} at {v:.3g}" for v, h in zip(found, heights, strict=True))
        with column:
            show.figure(fig, f"{title} against {letter}: {pairs}. The present value is {present:.3g}.")
            st.caption(f"Now, at {letter} = {present:.3g}: {at:.3g}")


def room(heights: list[float]) -> tuple[float, float]:
    """Limits with 0 in them and room for the mark's name above; a flat line is not magnified into noise."""
    heights = [h for h in heights if math.isfinite(h)]
    low, high = min([0.0, *heights]), max([0.0, *heights])
    wide = max(high - low, 0.01)
    return low - 0.05 * wide, high + 0.25 * wide


def show_choices(q: Question, given: dict[str, Any], name: str, now: Tensor) -> None:
    """One map for each word of a choice, and how near it is to the map above."""
    found = outcomes(q, given, experimenting.choices(Unlearning.of(given), name))
    titles = {word: f"{word} (now)" if word == given[name] else word for word in found}
    show.maps(
        q.x,
        {titles[word]: o.A for word, o in found.items()},
        {
            titles[word]: f"F(x′) = {o.score:.3g}  \nmonotone {number(o.monotonicity)}  \ngap {o.gap:.3f}  \n"
            f"ρ = {number(float(rank_correlation(o.A, now)))}"
            for word, o in found.items()
        },
        {},
        title="picture",
        scale="share",
        opacity=1.0,
        key="experiment",
    )
    st.caption(
        "Monotone: Spearman's rank correlation of score and α. ρ: that of a map with the one above, both summed over"
        " channels; 1 is the same order of pixels."
    )


def number(ρ: float, digits: int = 2) -> str:
    """A rank correlation; there is none where one side is constant."""
    return f"{ρ:.{digits}f}" if math.isfinite(ρ) else "none"


def show_stability(q: Question, asked: dict[str, dict[str, Any]]) -> None:
    """Maps of few steps beside that of many, for both methods."""
    for method, arguments in asked.items():
        steps = [max(B, 2) for B in STEPS] if arguments["rule"] == "trapezoid" else STEPS  # which needs both ends
        bar = st.progress(0.0, text=f"{TITLES[method]} …")

        def attribute(B: int, method: str = method, arguments: dict = arguments, bar: Any = bar) -> Tensor:
            bar.progress(min(B / REFERENCE, 0.9), text=f"{TITLES[method]}, B = {B} …")
            return stages.explanation(q, method, {**arguments, "B": B}).A

        found = stability(attribute, steps)
        bar.empty()
        st.markdown(f"**{TITLES[method]}**")
        show.maps(
            q.x,
            {f"B = {B}": A for B, A in found.maps.items()},
            {f"B = {B}": f"ρ = {number(float(ρ), 3)}" for B, ρ in found.correlation.items()} | {f"B = {REFERENCE}": ""},
            {},
            title="picture",
            scale="share",
            opacity=1.0,
            key=f"stability_{method}",
        )
    st.caption(
        f"ρ: Spearman's rank correlation with the map of B = {REFERENCE}, summed over channels. With B = 1 a map is the"
        " gradient at one point of the path times the whole way."
    )


SWEEP = {"F(x′): should be low": "score", "Monotone: 1 is best": "monotonicity", "Completeness gap: 0 is best": "gap"}


about = subject.choose()
if about is None:
    st.stop()
st.markdown("### What does the network see when it has forgotten this picture?")
guess = st.pills(
    "**Your guess first:** how much must the picture change until the network no longer recognises it?",
    ["beyond recognition", "visibly", "hardly visibly"],
    key="change",
    bind="query-params",
)
given, output = ask_settings()
q = about.question(output)
with st.spinner("Asking the network …", show_time=True), measured() as cost:
    how = Unlearning.of(given)
    try:
        eps = how.budget(q)
        start = stages.unlearned_baseline(q, how)
        asked = {
            "uni": given,
            "integrated_gradients": {"baseline": "black", "B": given["B"], "rule": given["rule"], "seed": 0},
        }
        found = {name: stages.explanation(q, name, arguments) for name, arguments in asked.items()}
    except (ValueError, TypeError) as error:
        st.error(str(error))
        st.stop()
walks = {"UNI": stages.walk_from_unlearned(q, how), "from black": stages.walk_from_static(q, "black", 0)}

show_forgetting(q, about, given)
show_baseline(q, about, given, start, eps, guess)
show_paths(walks, given)
show.maps(
    q.x,
    {TITLES[name]: e.A for name, e in found.items()},
    {TITLES[name]: f"gap {e.gap:.3f} of {e.change:+.3f}" for name, e in found.items()},
    {},
    title=f"{about.class_name}, {about.confidence:.0%}",
    scale="share",
    opacity=1.0,
)
st.caption(
    f"For this picture just now: {cost.words()}, {cost.seconds:.2f} s." if cost.passes else "Read from the cache."
)
show_experiments(q, given, asked, found["uni"].A)
st.subheader("Equation and code")
st.latex(EQUATIONS["uni"])
if (given["goal"], given["divergence"]) != ("unlearned", "kl"):
    st.markdown("On this page just now, the second line makes this distance small instead:")
    answer = r"\frac{1}{\mathrm{classes}}" if given["goal"] == "uniform" else r"F(x; \hat\theta)"
    st.latex(rf"{DIVERGENCES[given['divergence']]}, \qquad p = F(x'; \theta), \quad q = {answer}")
for tab, function in zip(
    st.tabs(["1 · unlearn", "2 · match", "3 · walk back"]),
    (unlearn, match_baseline, uni),
    strict=True,
):
    tab.code(inspect.getsource(function), language="python")
st.subheader("What to try")
for label, setting in TRY.items():
    st.page_link("labs/unlearning.py", label=label, query_params=setting, icon=":material/arrow_forward:")
take_away.offer(about, found, {name: {**arguments, "output": output} for name, arguments in asked.items()}, "share")
