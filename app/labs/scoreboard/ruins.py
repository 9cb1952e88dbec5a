"""The page Scoreboard, a network in ruins: its weights are shuffled layer by layer. Which maps do not notice?"""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.labs.scoreboard import robustness
from app.labs.scoreboard.robustness import SMALL, Ruin
from app.labs.scoreboard.views import Entries, Numbers, as_maps, curve_sheet, listed, marked, number, show_pairs
from app.shared import frame, networks, show
from app.shared.screen import Screen
from app.shared.stages import Question
from app.shared.subject import Subject


def ask_ruins(about: Subject, where: DeltaGenerator) -> dict[str, bool]:
    """Whether every depth is asked for, or the one that is looked at."""
    small = about.opened.x.numel() <= SMALL
    return {"everywhere": where.toggle("Curves over all depths", small, key="all_depths", bind="query-params")}


def show_ruins(
    on: Screen,
    about: Subject,
    q: Question,
    entries: Entries,
    failures: Mapping[str, str],
    seed: int,
    *,
    everywhere: bool,
) -> Numbers:
    """The maps of a network that is forgetting, layer by layer."""
    stops = robustness.depths(q.network.name)
    known: dict[str, dict[int, Ruin]] = {title: {} for title in entries}
    if everywhere:
        with st.spinner("A network for every depth …", show_time=True):
            for depth in stops:
                for title, entry in entries.items():
                    known[title][depth] = robustness.in_ruins(q, entry.candidate, depth, seed, entry)
    with on.pictures:
        ruin(about, q, entries, failures, stops, known, seed)
    if all(known.values()):
        with on.judge:
            show_depths(stops, known)
    return {f"rho of {t}": {str(depth): r.spearman for depth, r in each.items()} for t, each in known.items()}


@st.fragment
def ruin(
    about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], stops: Mapping[int, str],
    known: Mapping[str, Mapping[int, Ruin]], seed: int,
) -> None:  # fmt: skip
    """One depth for all: what the network says now, and the maps."""
    depth = st.select_slider(
        f"Layers in ruins, of {max(stops)}, from the answer downwards", list(stops), list(stops)[1], key="ruin",
        bind="query-params",
    )  # fmt: skip
    with st.spinner("Asking the ruined network …"):
        F, best, p = robustness.answer_in_ruins(q, depth, seed)
        now = {title: robustness.in_ruins(q, entry.candidate, depth, seed, entry) for title, entry in entries.items()}
    named = networks.classes(about.network.name)[best]
    answer = f"{depth} layers ruined, last *{stops[depth]}*" if depth else "as it was trained"
    said = f"{answer}: says {named}, {p:.0%}; {about.class_name} {F:.1%}"
    below = as_maps(entries, {t: r.A for t, r in now.items()})
    words = {t: f"ρ = {number(r.spearman)}" for t, r in now.items()} | {"the network": said}
    left, right = st.columns([3, 2], gap="medium")
    if all(known.values()):
        lines = {t: (list(each), [r.spearman for r in each.values()]) for t, each in known.items()}
        ends = "; ".join(f"{t} ends at {number(ys[-1])}" for t, (_, ys) in lines.items())
        with right:
            sheet = curve_sheet("ρ with the map of the trained network", lines, "layers in ruins", show.theme())
            marked(sheet, depth, f"Spearman's ρ against the number of ruined layers. {ends}.")
    with left:
        show_pairs(q.x, "the network", entries, below, words, failures, "ruined", right)


def show_depths(stops: Mapping[int, str], known: Mapping[str, Mapping[int, Ruin]]) -> None:
    """Who keeps its map although the network forgot everything, and ρ at every depth."""
    deepest = max(stops)
    left_over = [t for t, each in known.items() if each[deepest].spearman > 0.5]
    st.markdown(f"With every layer in ruins still above ρ = ½: **{listed(left_over) or 'none'}**.")
    st.caption(
        "A layer is ruined by putting its weights in a random order, the answer's layer first. ρ is Spearman's rank"
        " correlation with the map of the trained network."
        "  \n**What to look at:** a map that stays while the network forgets everything has never shown the network."
        " Edges and random numbers do not look at it, so theirs is 1 by construction. That ρ falls proves little; that"
        " it stays is damning."
    )
    frame.table(
        ["ρ with so many layers in ruins", *(str(d) for d in stops if d)],
        [[t, *(number(r.spearman) for d, r in each.items() if d)] for t, each in known.items()],
        "depths",
    )
