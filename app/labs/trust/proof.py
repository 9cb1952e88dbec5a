"""The page Trust, the proof: the same animal on snow and off it, and where the weight lies over many scenes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app.labs.trust import compute
from app.shared import frame, huskies, networks, show, stages
from app.shared.huskies import CONDITIONS, NAME, WOLF
from app.shared.pictures import open_picture
from app.shared.subject import Subject
from xai_core import catalogue, figures


def show_twins(p: Subject, fair: bool) -> None:
    """The same animal on snow and off it, one to see and a hundred to count."""
    st.markdown("**The same animal, on snow and off it**")
    network = networks.describe(NAME)
    panels = {}
    for snow in (True, False):
        picture = replace(p.picture, snow=snow)
        x = open_picture(picture, network).x
        now = float(stages.predictions(network, picture, x)[WOLF])
        panels["on snow" if snow else "without snow"] = (figures.pixels(x), f"p(wolf) = {now:.2f}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        show.pictures(panels, "twins")
    with right:
        names = {"this network": False} | ({"trained fairly": True} if fair else {})
        with frame.in_turn("Drawing each animal on snow and off it …"):
            answers = {name: huskies.twins(fairly) for name, fairly in names.items()}
        rows = [
            [words, *(f"{t.accuracy(where(t.wolf)):.0%}" for t in answers.values())]
            for words, where in CONDITIONS.items()
        ]
        frame.table(["where the snow lies", *(f"accuracy, {n}" for n in names)], rows, "twins")
        t = answers["this network"]
        st.markdown(
            f"Of {huskies.ANIMALS} animals, {t.flipped} are a wolf on snow and a husky off it. p(wolf) is"
            f" {t.on_snow.mean():.2f} on snow and {t.bare.mean():.2f} off it, whichever animal it is."
            " Snow brings its pale sky along; the animal stays."
        )


def show_shares(method: str, given: Mapping[str, Any], many: int, fair: bool) -> None:
    """Where the weight lies, over many scenes, against the area."""
    title = catalogue()[method].title
    st.markdown(f"**Where the weight lies: {title} on {many} scenes, half of each animal on snow**")
    with frame.in_turn(f"Explaining {many} scenes …"):
        found = {"this network": compute.proof(False, method, given, many)}
        if fair:
            found["trained fairly"] = compute.proof(True, method, given, many)
    left, right = st.columns(2, gap="medium")
    with left:
        fig = compute.share_figure(found, show.theme())
        said = "; ".join(f"{part} {s.interval[0]:.2f}" for part, s in found["this network"].items())
        show.figure(fig, f"Share of the weight relative to the area, 1 is fair, this network: {said}.")
    with right:
        rows = []
        for name, shares in found.items():
            if len(found) > 1:
                rows.append([f"*{name}*", "", "", "", ""])
            for part, s in shares.items():
                mean, low, high = s.interval
                rows.append(
                    [part, f"{s.area:.0%}", f"{s.share:.0%}", f"{mean:.2f}", f"{low:.2f}\u00a0to\u00a0{high:.2f}"]
                )
        frame.table(["", "area", "Σ|A|", "relative", "95 %"], rows, "shares")
        st.caption("Area and Σ|A|: means over the scenes. Relative: their ratio in each scene, then the mean.")
    st.success(compute.verdict(title, *(shares["the background"].interval for shares in found.values())))


def show_paper() -> None:
    """The paper's table 2."""
    st.markdown("**What the paper found**")
    rows = [["trusted the bad network", "10", "3"], ["named snow as a feature", "12", "25"]]
    frame.table(["of 27 graduate students", "before", "after the explanations"], rows, "paper")
    st.caption(
        "Ribeiro, Singh & Guestrin 2016, §6.4 and table 2: photographs, a logistic regression on a network's features,"
        " all of them students who had taken a course in machine learning. Our drawings copy its plan: ten predictions,"
        " one husky on snow, one wolf off it."
    )
