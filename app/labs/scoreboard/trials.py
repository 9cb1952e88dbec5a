"""Three more trials on the page Scoreboard: the drawn truth, a network in ruins, an attacked picture."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from matplotlib.figure import Figure
from skimage.segmentation import find_boundaries
from streamlit.delta_generator import DeltaGenerator

from app.labs.lime.samples import wide_table
from app.labs.scoreboard import compute
from app.labs.scoreboard.compute import SMALL, Assault, Ruin
from app.labs.scoreboard.views import (
    Entries,
    Numbers,
    as_maps,
    curve_sheet,
    listed,
    marked,
    number,
    show_maps,
    stressed,
)
from app.shared import networks, show
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import figures, symbols
from xai_core.evaluate import Truth, attack_maps

OUTLINES = ((0.0, 0.0, 0.0), (0.9, 0.62, 0.0), (0.0, 0.62, 0.45))  # of the animal, its part, the snow
ROUNDS = {"one step": 1, "ten steps": 10}


# --- the truth --------------------------------------------------------------------------------------------------------


def show_truth(about: Subject, entries: Entries, failures: Mapping[str, str]) -> Numbers:
    """Where the best of each map lies, against what decides by construction."""
    known = compute.masks(about.opened)
    show_maps(about, entries, failures, {})
    if not known:
        st.info(
            "Nobody knows which pixels of this picture *should* decide, so there is nothing to compare with. Scenes of"
            " the toy zoo, huskies and wolves, birds, eyes and satellite scenes were drawn: choose one in the sidebar."
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
    wide_table(["", *columns], [*lines, ["*by chance*", *chance, *chance]], "hits")


def show_scenes(about: Subject, entries: Entries) -> None:
    """Means over scenes of the same kind."""
    count, like = compute.SCENES, replace(about.picture, number=0)
    number_of = f"{count} scenes, no. 0 to {count - 1}"
    if not st.toggle(f"One picture proves little: the mean over {number_of} (once)", key="scenes", bind="query-params"):
        return
    with st.spinner(f"Explaining {number_of} …", show_time=True):
        means = {title: compute.over_scenes(about.network, like, about.target, entry.candidate)
                 for title, entry in entries.items()}  # fmt: skip
    names = list(next(iter(means.values())))
    heads = [f"{what} {name}" for what in ("inside", "points at") for name in names]
    columns = {h: {t: m[name][i] for t, m in means.items()}
               for h, (i, name) in zip(heads, ((i, name) for i in (0, 1) for name in names), strict=True)}  # fmt: skip
    winners = {head: compute.best(numbers, 1.0) for head, numbers in columns.items()}
    lines = [[t, *(stressed(columns[h][t], t in winners[h]) for h in heads)] for t in means]
    wide_table([f"mean of {count} scenes", *heads], lines, "scenes")
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


# --- a network in ruins -----------------------------------------------------------------------------------------------


def ask_ruins(about: Subject, where: DeltaGenerator) -> dict[str, bool]:
    """Whether every depth is asked for, or the one that is looked at."""
    small = about.opened.x.numel() <= SMALL
    return {"everywhere": where.toggle("Curves over all depths", small, key="all_depths", bind="query-params")}


def show_ruins(
    about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], seed: int, *, everywhere: bool
) -> Numbers:
    """The maps of a network that is forgetting, layer by layer."""
    show_maps(about, entries, failures, {})
    stops = compute.depths(q.network.name)
    known: dict[str, dict[int, Ruin]] = {title: {} for title in entries}
    if everywhere:
        with st.spinner("A network for every depth …", show_time=True):
            for depth in stops:
                for title, entry in entries.items():
                    known[title][depth] = compute.in_ruins(q, entry.candidate, depth, seed, entry)
    ruin(about, q, entries, stops, known, seed)
    return {f"rho of {t}": {str(depth): r.spearman for depth, r in each.items()} for t, each in known.items()}


@st.fragment
def ruin(
    about: Subject, q: Question, entries: Entries, stops: Mapping[int, str], known: Mapping[str, Mapping[int, Ruin]],
    seed: int,
) -> None:  # fmt: skip
    """One depth for all: what the network says now, and the maps."""
    with st.container(key="stays"):
        depth = st.select_slider(
            f"Layers in ruins, of {max(stops)}, from the answer downwards", list(stops), list(stops)[1], key="ruin",
            bind="query-params",
        )  # fmt: skip
    with st.spinner("Asking the ruined network …"):
        F, best, p = compute.answer_in_ruins(q, depth, seed)
        now = {title: compute.in_ruins(q, entry.candidate, depth, seed, entry) for title, entry in entries.items()}
    named = networks.classes(about.network.name)[best]
    answer = f"{depth} layers ruined, last *{stops[depth]}*" if depth else "as it was trained"
    panels = {"the network": (figures.pixels(q.x), f"{answer}: says {named}, {p:.0%}; {about.class_name} {F:.1%}")}
    for title, rgb in as_maps(entries, {t: r.A for t, r in now.items()}).items():
        panels[title] = (rgb, f"ρ = {number(now[title].spearman)}")
    show.pictures(panels, "ruined", side=320)
    if not all(known.values()):
        return
    lines = {t: (list(each), [r.spearman for r in each.values()]) for t, each in known.items()}
    left, right = st.columns(2, gap="medium")
    with left:
        said = "; ".join(f"{t} ends at {number(ys[-1])}" for t, (_, ys) in lines.items())
        sheet = curve_sheet("ρ with the map of the trained network", lines, "layers in ruins", show.theme())
        marked(sheet, depth, f"Spearman's ρ against the number of ruined layers. {said}.")
    deepest = max(stops)
    left_over = [t for t, each in known.items() if each[deepest].spearman > 0.5]
    right.markdown(f"With every layer in ruins still above ρ = ½: **{listed(left_over) or 'none'}**.")
    right.caption(
        "A layer is ruined by putting its weights in a random order, the answer's layer first. ρ is Spearman's rank"
        " correlation with the map of the trained network."
        "  \n**What to look at:** a map that stays while the network forgets everything has never shown the network."
        " Edges and random numbers do not look at it, so theirs is 1 by construction. That ρ falls proves little; that"
        " it stays is damning."
    )
    wide_table(
        ["ρ with so many layers in ruins", *(str(d) for d in stops if d)],
        [[t, *(number(r.spearman) for d, r in each.items() if d)] for t, each in known.items()],
        "depths",
    )


# --- a picture that was tampered with ---------------------------------------------------------------------------------


def ask_attack(left: DeltaGenerator, right: DeltaGenerator) -> dict[str, Any]:
    """ε_f, and how many steps."""
    most = symbols.of(attack_maps)["eps"]
    low, high, default = (round(255 * value) for value in (most.low, most.high, most.default))
    eps = left.slider("ε_f: most change of a number, in 1/255", low, high, default, key="attack_eps",
                      bind="query-params")  # fmt: skip
    steps = right.segmented_control("Attack", list(ROUNDS), default="one step", required=True, key="attack_steps",
                                    bind="query-params")  # fmt: skip
    return {"eps": int(eps) / 255, "steps": ROUNDS[steps]}


def show_attack(
    about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], *, eps: float, steps: int,
    seed: int,
) -> Numbers:  # fmt: skip
    """Pictures that look the same, and their maps."""
    with st.spinner("Looking for a picture that turns the map over …", show_time=True):
        found: dict[str, Assault] = {}
        failures = dict(failures)
        for title, entry in entries.items():
            try:
                found[title] = compute.assault(q, entry.candidate, eps, steps, seed, entry)
            except (ValueError, TypeError, RuntimeError) as error:
                failures[title] = f"It could not be attacked: {error}"
    entries = {title: entry for title, entry in entries.items() if title in found}
    show_maps(about, entries, failures, {})
    if not found:
        return {}
    st.markdown("**The attacked pictures: the network names the same class**")
    size = {t: 255 * float(a.after.attacked.size) for t, a in found.items()}
    show.pictures({"x": (figures.pixels(q.x), "as it was"), **{
        f"for {t}": (figures.pixels(a.after.attacked.moved), f"changed by at most {size[t]:.1f}/255")
        for t, a in found.items()}}, "attacked", side=320)  # fmt: skip
    st.markdown("**And their maps**")
    moved = as_maps(entries, {t: a.after.A_moved for t, a in found.items()})
    title, first = next(iter(found.items()))
    change = figures.difference(first.after.attacked.moved, q.x, 1 / (2 * eps))
    below = {"the change": (figures.pixels(change), f"for {title}, {1 / (2 * eps):.0f} times; grey is none")}
    below |= {f"map of {t}": (rgb, f"ρ = {number(float(found[t].after.spearman))}") for t, rgb in moved.items()}
    show.pictures(below, "moved", side=320)
    k = compute.strongest(q.x)
    wide_table(
        ["", "Spearman's ρ", f"of the {k} strongest pixels stay", "ρ after noise", "stay after noise",
         "largest change, of 255"],
        [[t, number(float(a.after.spearman)), number(float(a.after.intersection)), number(a.noise_spearman),
          number(a.noise_intersection), f"{size[t]:.1f}"] for t, a in found.items()],
        "attack",
    )  # fmt: skip
    smooth = next(iter(found.values())).after.attacked.smooth
    st.caption(
        "The attack goes downhill on the share of the map that still lies on its strongest pixels; for a method with a"
        " baseline along its own path, for all others on the gradient."
        + ("" if smooth else " A network of ReLUs has no second derivative, so the way is found on its softplus twin;"
           " the maps are the real network's.")
        + " Noise: every number moved by ε_f up or down, by lot. A step that would change the class is halved until"
        f" it does not. Chance: {k / q.x[0, 0].numel():.2f} of the strongest"
        " stay.  \n**What to look at:** how do the edges fare? Robust is not right."
    )  # fmt: skip
    return {"rho": {t: float(a.after.spearman) for t, a in found.items()},
            "stay": {t: float(a.after.intersection) for t, a in found.items()}}  # fmt: skip
