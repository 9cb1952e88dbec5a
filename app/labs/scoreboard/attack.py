"""The page Scoreboard, an attack: pictures that look the same and are named the same, and the maps of them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.labs.scoreboard import robustness
from app.labs.scoreboard.views import Entries, Numbers, as_maps, number, show_maps
from app.shared import frame, show
from app.shared.screen import Screen
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import figures, symbols
from xai_core.evaluate import attack_maps

ROUNDS = {"one step": 1, "ten steps": 10}


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
    on: Screen, about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], *, eps: float, steps: int,
    seed: int,
) -> Numbers:  # fmt: skip
    """Pictures that look the same, and their maps."""
    with frame.asking("Looking for a picture that turns the map over …"):
        found, refused = frame.answers(
            entries, lambda _, entry: robustness.assault(q, entry.candidate, eps, steps, seed, entry)
        )
    failures = {**failures, **{title: f"It could not be attacked: {sentence}" for title, sentence in refused.items()}}
    entries = {title: entry for title, entry in entries.items() if title in found}
    show_maps(on, about, entries, failures, {})
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
    k = robustness.strongest(q.x)
    frame.table(
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
