"""The experiments of the page Unlearning, drawn: curves over a symbol, maps of a choice, maps of few and many steps."""

import math
from typing import Any

import streamlit as st
from torch import Tensor

from app.labs.unlearning import compute
from app.labs.unlearning.compute import Outcome
from app.shared import frame, show, stages
from app.shared.meter import measured
from app.shared.stages import Question
from app.shared.turns import Rank, turn
from xai_core import figures, stability
from xai_core.evaluate.stability import REFERENCE, STEPS
from xai_core.rankings import rank_correlation

SIZE = (3.5, 2.7)  # inches, for a third of the page
NOTHING = "none"
EXPERIMENTS = {
    NOTHING: "",
    "η": "How far has the network to forget? η sets the answer that x′ should get, and, where ε is by rule, ε too.",
    "ε": "How far may x′ go? Too near, and the network is still sure; too far, and the path bends. By rule, μ follows.",
    "μ": "How long are the matching steps? Only μ‖∇C‖ against ε matters: δ goes back on the sphere after each one.",
    "T": "How many matching steps until x′ is found?",
    "goal": "Does it need unlearning at all? A uniform answer costs no gradient in the weights and fits any picture.",
    "divergence": "Does it matter how two answers are compared? All but KL lose their slope where the network is sure.",
    "subspace": "May δ be any pattern of pixels? Few numbers, made larger, cannot draw what only a network sees.",
    "weights": "Has the whole network to forget, or is its last layer enough?",
    "rule": "Where on the path is the gradient taken? The paper takes the right ends; the midpoints cost as much.",
    "B": f"How many steps until the map stays as it is? Each is compared with that of B = {REFERENCE}.",
}
SWEEP = {"F(x′): should be low": "score", "Monotone: 1 is best": "monotonicity", "Completeness gap: 0 is best": "gap"}


def show_chosen(q: Question, given: dict[str, Any], asked: dict[str, tuple[str, dict[str, Any]]], now: Tensor) -> None:
    """The experiment that the reader chooses; nothing is computed before.

    given: UNI's arguments. asked: title → method and arguments of the maps on the page. now: UNI's map.
    """
    chosen = st.segmented_control(
        "Change one setting, keep the others:", list(EXPERIMENTS), default=NOTHING, required=True, key="experiment",
        bind="query-params", help="Letters: curves over many values; B: maps. Words: one map for each.",
    )  # fmt: skip
    if chosen in (None, NOTHING):  # None: a link with nothing behind the "="
        return
    st.markdown(EXPERIMENTS[chosen])
    if given["goal"] == "uniform" and chosen in ("η", "weights"):
        st.info("With a uniform goal nothing is unlearned: neither η nor the weights play a part.")
    with measured() as cost:
        if chosen == "B":
            show_stability(q, asked)
        elif chosen in compute.SWEPT:
            show_sweep(q, given, chosen)
        else:
            show_choices(q, given, chosen, now)
    frame.cost(cost)


def outcomes(q: Question, settings: dict[Any, dict[str, Any]]) -> dict[Any, Outcome]:
    """What each setting leads to, with the progress shown."""
    bar, found = st.progress(0.0, text="Asking the network …"), {}
    for i, (value, setting) in enumerate(settings.items()):
        bar.progress(i / len(settings), text=f"Setting {i + 1} of {len(settings)} …")
        with turn(("outcome", q, str(setting)), rank=Rank.LATER):  # a turn each, so that others come between
            found[value] = compute.outcome(q, setting)
    bar.empty()
    return found


def show_sweep(q: Question, given: dict[str, Any], letter: str) -> None:
    """Three numbers against one symbol, the present value marked."""
    name = compute.SWEPT[letter]
    with frame.asking(f"Which {letter} to try …", Rank.LATER):
        present, tried = compute.present(q, given, name), compute.sweep(q, given, name)
    found = outcomes(q, tried)
    for column, (title, number) in zip(st.columns(3, gap="medium"), SWEEP.items(), strict=True):
        heights = [getattr(o, number) for o in found.values()]
        at = getattr(found[present], number)
        fig = figures.curves(
            {title: (list(found), heights)}, x=letter, y="", title=title,
            marks={"now": (present, at)}, size=SIZE, theme=show.theme(),
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
    found = outcomes(q, compute.choices(given, name))
    titles = {word: f"{word} (now)" if word == given[name] else word for word in found}
    show.maps(
        q.x,
        {titles[word]: o.A for word, o in found.items()},
        {
            titles[word]: f"F(x′) = {o.score:.3g}  \nmonotone {rank(o.monotonicity)}  \ngap {o.gap:.3f}  \n"
            f"ρ = {rank(float(rank_correlation(o.A, now)))}"
            for word, o in found.items()
        },
        {},
        title="picture",
        key="experiment",
    )
    st.caption(
        "Monotone: Spearman's rank correlation of score and α. ρ: that of a map with the one above, both summed over"
        " channels; 1 is the same order of pixels."
    )


def rank(ρ: float, digits: int = 2) -> str:
    """A rank correlation; there is none where one side is constant."""
    return f"{ρ:.{digits}f}" if math.isfinite(ρ) else "none"


def show_stability(q: Question, asked: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Maps of few steps beside that of many, for both methods."""
    for title, (method, arguments) in asked.items():
        steps = [max(B, 2) for B in STEPS] if arguments["rule"] == "trapezoid" else STEPS  # which needs both ends
        bar = st.progress(0.0, text=f"{title} …")

        def attribute(B: int, title=title, method=method, arguments=arguments, bar=bar) -> Tensor:
            bar.progress(min(B / REFERENCE, 0.9), text=f"{title}, B = {B} …")
            given = {**arguments, "B": B}
            with turn(("steps", q, method, str(given)), rank=Rank.LATER):
                return stages.explanation(q, method, given).A

        found = stability(attribute, steps)
        bar.empty()
        st.markdown(f"**{title}**")
        show.maps(
            q.x,
            {f"B = {B}": A for B, A in found.maps.items()},
            {f"B = {B}": f"ρ = {rank(float(ρ), 3)}" for B, ρ in found.correlation.items()} | {f"B = {REFERENCE}": ""},
            {},
            title="picture",
            key=f"stability_{method}",
        )
    st.caption(
        f"ρ: Spearman's rank correlation with the map of B = {REFERENCE}, summed over channels. With B = 1 a map is the"
        " gradient at one point of the path times the whole way."
    )
