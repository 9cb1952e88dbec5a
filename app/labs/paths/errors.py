"""The page Paths, the error of a finite sum: the completeness gap against B, its bounds, and the B that is enough."""

from collections.abc import Mapping

import streamlit as st

from app.labs.paths import compute
from app.labs.paths.compute import Seen, Way
from app.shared import controls, frame, show
from app.shared.stages import Question
from xai_core import Trace, figures
from xai_core.path import convergence


def show_errors(
    q: Question,
    walks: Mapping[Way, Trace],
    seen: Mapping[Way, Seen],
    steps: Mapping[Way, tuple],
    B: int,
    tolerance: float,
) -> None:
    """The gap against B, with the chosen B, the bounds, and the B that is enough."""
    st.subheader("How many steps are enough?")
    wanted = st.toggle(
        f"Measure the gap for every B that divides {convergence.FINE} (up to {convergence.FINE} gradients a way)",
        q.x.numel() <= controls.SMALL, key="errors", bind="query-params",
    )  # fmt: skip
    if not wanted:
        return
    with frame.asking("Walking in small steps …"):
        # Another B may be another way (Guided IG): such a one has no curve of its own here.
        fixed = {w: trace for w, trace in walks.items() if not compute.finds_its_way(w)}
        found = {w: compute.errors(trace, steps[w][1], tolerance) for w, trace in fixed.items()}
    if not found:
        st.info("Guided IG chooses its way by B: another B is another way. Choose a second way to see how a gap falls.")
        return
    left, right = st.columns([3, 2], gap="medium")
    first, its = next(iter(found.items()))
    change = abs(seen[first].whole.change or 0.0)
    with left:
        fig = figures.error_against_steps(
            {w.title: (e.B, e.gap) for w, e in found.items()},
            {"M‖x − x′‖²/(2B), first way": (its.B, its.bound), "V/B, first way": (its.B, its.bound_with_kinks)},
            chosen=B, tolerance=tolerance * change, size=(6.4, 4.4), theme=show.theme(),
        )  # fmt: skip
        gaps = "; ".join(f"{w.title}: {e.gap[-1]:.2g} at B = {e.B[-1]}" for w, e in found.items())
        show.figure(fig, f"Completeness gap against B. {gaps}.")
    with right:
        for way, e in found.items():
            enough = f"B = {e.enough}" if e.enough else f"more than {e.B[-1]}"
            st.markdown(f"**{way.title}**: {enough} for a gap of at most {tolerance:.1%}, also with more steps.")
        st.caption(
            "The shaded band is the tolerance of the first way. Dotted: the bound of the UNI paper (equation 2) with M"
            f" measured on {convergence.FINE} steps. A network of ReLUs has kinks, where M has no end: on a finer grid"
            " it grows. V/B needs no second derivative; V is how far dF/dα travels up and down. Both bounds are those"
            " of the right and the left rule."
        )
