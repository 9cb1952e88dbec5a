"""The page Scoreboard, a network in ruins: its weights are shuffled layer by layer. Which maps do not notice?"""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from matplotlib.figure import Figure
from streamlit.delta_generator import DeltaGenerator

from app.labs.scoreboard import robustness
from app.labs.scoreboard.robustness import SMALL, Ruin
from app.labs.scoreboard.views import Entries, Numbers, listed, number
from app.shared import frame, networks
from app.shared.film import player
from app.shared.film.frames import Film, Frame, Panel, Scale, Shown, Slider, Stop, in_words, refusal
from app.shared.film.maps import UNITS
from app.shared.screen import Tabs, tabs
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import figures

Known = Mapping[str, Mapping[int, Ruin]]  # title → depth → map
TRAINED, RUINED = "The trained network", "In ruins"


def ask_ruins(about: Subject, where: DeltaGenerator) -> dict[str, bool]:
    """Whether every depth is asked for, or the one that is looked at."""
    small = about.opened.x.numel() <= SMALL
    return {"everywhere": where.toggle("Curves over all depths", small, key="all_depths", bind="query-params")}


def everywhere(q: Question, entries: Entries, seed: int) -> Known:
    """Every candidate's map at every depth, a network after the other."""
    known: dict[str, dict[int, Ruin]] = {title: {} for title in entries}
    for depth in robustness.depths(q.network.name):
        for title, entry in entries.items():
            known[title][depth] = robustness.in_ruins(q, entry.candidate, depth, seed, entry)
    return known


def show_ruins(
    about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], seed: int, known: Known
) -> tuple[Numbers, Tabs]:
    """The maps of a network that is forgetting, layer by layer; in a tab, who does not notice. known: may be empty."""
    stops = robustness.depths(q.network.name)
    player.play(film_of(about, q, entries, failures, stops, known, seed))
    under = tabs()
    if known:
        with under.judge:
            show_depths(stops, known)
    return {f"rho of {t}": {str(depth): r.spearman for depth, r in each.items()} for t, each in known.items()}, under


def film_of(
    about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], stops: Mapping[int, str],
    known: Known, seed: int,
) -> Film:  # fmt: skip
    """One depth for all: what the network says now, and its maps below those of the trained one."""
    whole, tops = figures.scaled({title: figures.pixel_map(entry.A) for title, entry in entries.items()})
    titles, first, depths = [*entries, *failures], next(iter(entries)), list(stops)

    def shown_at(stop: int) -> Frame:
        depth = depths[stop]
        F, best, p = robustness.answer_in_ruins(q, depth, seed)
        says = f"says {networks.classes(about.network.name)[best]}, {p:.0%}; {about.class_name} {F:.1%}"
        found, refused = frame.answers(
            entries, lambda _, entry: robustness.in_ruins(q, entry.candidate, depth, seed, entry), refusal
        )
        drawn, _ = figures.scaled({title: figures.pixel_map(r.A) for title, r in found.items()})
        words = {title: f"ρ = {number(r.spearman)}" for title, r in found.items()}
        why = {**failures, **refused}
        upper = [Shown("", alt=about.said), *(_map(t, whole.get(t), "", why.get(t, ""), TRAINED) for t in titles)]
        lower = [Shown("", says, f"{RUINED}: {says}"),
                 *(_map(t, drawn.get(t), words.get(t, ""), why.get(t, ""), RUINED) for t in titles)]  # fmt: skip
        told = "; ".join(f"{t} {w}" for t, w in words.items())
        marks = [Shown(depth, alt=f"ρ against the layers in ruins, {depth} now: {told}.")] if curves else []
        return Frame([*upper, *lower, *marks], words.get(first, "ρ = none").removeprefix("ρ = "), f"{says}; {told}")

    about_all = ("ruins", q, seed, *(entry.candidate for entry in entries.values()), *failures)
    lines = {t: (list(each), [r.spearman for r in each.values()]) for t, each in known.items()}
    curves = player.curves(about_all, lambda theme: draw_curves(lines, theme)) if lines else None
    side, still = max(q.x.shape[2:]), figures.pixels(q.x)
    maps = [Panel(title, 0, side=side) for title in titles]
    rows = [Panel(about.said, still=still, side=side), *maps, Panel("the same", still=still, side=side), *maps]
    panels = (*rows, Panel("curves", curves=curves)) if curves else tuple(rows)
    placed = {TRAINED: len(maps) + 1, RUINED: len(maps) + 1}
    scales = (Scale(tops[first], UNITS["share"]),)
    return Film(
        slider_of(stops), (*about_all, bool(lines)), placed, panels, lambda: scales, shown_at, f"ρ of {first}",
        ground=still, ahead=None if lines else 0,
    )  # fmt: skip


def _map(title: str, A: np.ndarray | None, words: str, why: str, whose: str) -> Shown:
    if A is None:
        return Shown(why, alt=f"{whose}, {title}: {why}")
    return Shown(A, words, f"{whose}, {title}: {in_words(A, words)}")


def slider_of(stops: Mapping[int, str]) -> Slider:
    """The depths of ruin."""
    words = {d: f"{d} of {max(stops)}, last {name}" if d else "none" for d, name in stops.items()}
    return Slider(
        "ruin", "Layers in ruins, from the answer downwards:", tuple(Stop(d, str(d), words[d]) for d in stops), 1
    )


def draw_curves(lines: Mapping[str, tuple[list[int], list[float]]], theme: str) -> Figure:
    """ρ of all candidates at every depth."""
    size = (5.4, 2.6 + 0.2 * len(lines))
    heading = "ρ with the map of the trained network"
    return figures.curve_grid({heading: lines}, x="layers in ruins", columns=1, size=size, theme=theme)


def show_depths(stops: Mapping[int, str], known: Known) -> None:
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
