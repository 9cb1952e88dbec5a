"""The page Scoreboard, the ground truth: where the best of each map lies, against what decides by construction."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st
from matplotlib.figure import Figure
from skimage.segmentation import find_boundaries

from app.labs.scoreboard import compute
from app.labs.scoreboard.views import Entries, Numbers, as_maps, listed, number, show_maps, stressed
from app.shared import frame, show
from app.shared.screen import Screen
from app.shared.subject import Subject
from xai_core import figures
from xai_core.evaluate import Truth

OUTLINES = ((0.0, 0.0, 0.0), (0.9, 0.62, 0.0), (0.0, 0.62, 0.45))  # of the animal, its part, the snow


def show_truth(on: Screen, about: Subject, entries: Entries, failures: Mapping[str, str]) -> Numbers:
    """Where the best of each map lies, against what decides by construction."""
    known = compute.masks(about.opened)
    show_maps(on, about, entries, failures, {})
    if not known:
        st.info(
            "Nobody knows which pixels of this picture *should* decide, so there is nothing to compare with. Scenes of"
            " the toy zoo, huskies and wolves, birds, eyes and satellite scenes were drawn: choose one under Picture."
        )
        return {}
    found = {title: compute.truths(about.opened, entry.A) for title, entry in entries.items()}
    panels = {}
    for title, rgb in as_maps(entries, {t: e.A for t, e in entries.items()}).items():
        rgb = rgb.copy()
        for mask, colour in zip(known.values(), OUTLINES, strict=False):
            rgb[find_boundaries(mask.numpy(), mode="inner")] = colour
        said = ", ".join(f"{number(float(truth.inside))} in {name}" for name, truth in found[title].items())
        panels[title] = (rgb, said)
    picture = figures.pixels(about.opened.x).copy()
    for mask, colour in zip(known.values(), OUTLINES, strict=False):
        picture[find_boundaries(mask.numpy(), mode="inner")] = colour
    words = "outlined: " + listed([f"{name} ({c})" for name, c in zip(known, ("black", "gold", "green"), strict=False)])
    show.pictures({"the truth": (picture, words), **panels}, "outlined")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        said = "; ".join(
            f"{t}: {', '.join(number(float(x.inside)) for x in each.values())}" for t, each in found.items()
        )
        show.figure(
            truth_bars(found, show.theme()), f"Share of the positive relevance in {listed(list(known))}. {said}."
        )
    right.markdown(about.opened.truth)
    right.caption("**Inside**: share of what speaks for the class. **Points**: the best pixel hits, 1, or misses, 0."
                  " Dashed in the figure: what a map drawn by chance gets.  \n**What to look at:** the part is small,"
                  " the animal easy to hit. A map may be right and look elsewhere, if the network does."
                  "  \nThe best of a column is bold.")  # fmt: skip
    show_hits(found)
    show_scenes(about, entries)
    return {f"inside {name}": {t: float(each[name].inside) for t, each in found.items()} for name in known}


def show_hits(found: Mapping[str, Mapping[str, Truth]]) -> None:
    """Every number of every map; the best of a column in bold."""
    names = list(next(iter(found.values())))
    columns = {f"inside {n}": {t: float(each[n].inside) for t, each in found.items()} for n in names}
    columns |= {f"points at {n}": {t: float(each[n].pointing) for t, each in found.items()} for n in names}
    winners = {head: compute.best(numbers, 1.0) for head, numbers in columns.items()}
    lines = [[t, *(stressed(columns[h][t], t in winners[h]) for h in columns)] for t in found]
    chance = [number(float(truth.chance)) for truth in next(iter(found.values())).values()]
    frame.table(["", *columns], [*lines, ["*by chance*", *chance, *chance]], "hits")


def show_scenes(about: Subject, entries: Entries) -> None:
    """Means over scenes of the same kind."""
    count, like = compute.SCENES, replace(about.picture, number=0)
    number_of = f"{count} scenes, no. 0 to {count - 1}"
    if not st.toggle(f"One picture proves little: the mean over {number_of} (once)", key="scenes", bind="query-params"):
        return
    with frame.asking(f"Explaining {number_of} …"):
        means = {title: compute.over_scenes(about.network, like, about.target, entry.candidate)
                 for title, entry in entries.items()}  # fmt: skip
    names = list(next(iter(means.values())))
    heads = [f"{what} {name}" for what in ("inside", "points at") for name in names]
    columns = {h: {t: m[name][i] for t, m in means.items()}
               for h, (i, name) in zip(heads, ((i, name) for i in (0, 1) for name in names), strict=True)}  # fmt: skip
    winners = {head: compute.best(numbers, 1.0) for head, numbers in columns.items()}
    lines = [[t, *(stressed(columns[h][t], t in winners[h]) for h in heads)] for t in means]
    frame.table([f"mean of {count} scenes", *heads], lines, "scenes")
    st.caption(f"All explain {about.class_name}, also where the network says something else.")


def truth_bars(found: Mapping[str, Mapping[str, Truth]], theme: str) -> Figure:
    """The share inside each mask, a panel a mask, with chance as a line."""
    names = list(next(iter(found.values())))
    fig = figures.figure(1.8 + 1.9 * len(names), 1.3 + 0.45 * len(found), theme)
    axes = fig.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for ax, name in zip(axes, names, strict=True):
        figures.style(ax, f"inside {name}")
        ax.barh(list(found), [np.nan_to_num(float(each[name].inside)) for each in found.values()],
                color=figures.LINES[0], height=0.6)  # fmt: skip
        chance = float(next(iter(found.values()))[name].chance)
        ax.axvline(chance, color=figures.LINES[1], linewidth=2.2, linestyle="--")
        ax.set(xlim=(0, 1), ylim=(len(found) - 0.5, -0.5))
    fig.supxlabel("share of the positive relevance; dashed: chance", fontsize=12, color=fig.ink)
    return fig
