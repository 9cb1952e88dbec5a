"""Saturation: where more of the same changes nothing any more, the gradient is 0 and says nothing of what led there."""

import streamlit as st
import torch

from app.labs.saturation import compute
from app.labs.saturation.compute import LENGTHS, grow
from app.shared import controls, frame, show, take_away
from app.shared.subject import START
from xai_core import figures

SIZE = (5.0, 3.2)  # inches, for half the page: text stays legible
METHODS = ("simple_gradient", "integrated_gradients")
TRY = {
    "The lecture's point: x = 2, baseline 0": {"x": "2", "start": "0"},
    "A baseline that is saturated too: nothing is left to share out": {"x": "5", "start": "1.5"},
    "B = 1: one rectangle, at the far end of the path": {"x": "2", "start": "0", "B": "1"},
    "An elephant just before the network believes in it: here the gradient is largest": {"trunk": "0.35"},
}


def ask_toy() -> tuple[float, float, int]:
    """x, its baseline and B."""
    left, middle, right = st.columns(3, gap="medium")
    x = left.slider("x: the input", -1.0, 7.0, 2.0, 0.1, key="x", bind="query-params")
    start = middle.slider("x′: the baseline", -1.0, 7.0, 0.0, 0.1, key="start", bind="query-params")
    with right:
        B = controls.ask(next(c for c in controls.controls() if c.key == "B"))
    return x, start, B


def show_toy(x: float, start: float, B: int) -> None:
    """f with x and x′ on it, the area under its slope between them, and the numbers."""
    seen = compute.toy(x, start, B)
    left, right = st.columns(2, gap="medium")
    with left:
        grid = torch.linspace(-1, 7, 161)
        fig = figures.curves(
            {"f": (grid.tolist(), compute.f(grid[:, None]).tolist())},
            x="x",
            y="f(x)",
            title="f(x) = 1 − ReLU(1 − x)",
            marks={"x′": (start, seen.value - seen.change), "x": (x, seen.value)},
            size=SIZE,
            theme=show.theme(),
        )
        show.figure(fig, f"f rises with slope 1 up to x = 1 and stays at 1 from there on. f({x:g}) = {seen.value:g}.")
    with right:
        title = "The area under the slope is the attribution"
        fig = figures.riemann(
            seen.fine, seen.points, seen.heights, seen.weights, title=title, size=SIZE, theme=show.theme()
        )
        alt = (
            f"The slope of f on the way from x′ = {start:g} to x = {x:g}. The area under it is {seen.attribution:.3g}."
        )
        show.figure(fig, alt)
    row = st.container(horizontal=True)
    row.metric("f(x)", f"{seen.value:.3g}")
    row.metric("Gradient at x", f"{seen.slope + 0.0:.3g}")
    row.metric("Integrated Gradients", f"{seen.attribution:.3g}")
    row.metric("f(x) − f(x′)", f"{seen.change:.3g}")
    row.metric("Completeness gap", f"{seen.gap:.2g}")


def show_answer(guess: str) -> None:
    """What the gradient is at x = 2, and why that is not the whole story."""
    at_two = compute.toy(2.0, 0.0, 15)
    frame.verdict(
        guess, "0",
        f"at x = 2 the gradient is {at_two.slope + 0.0:g}, because beyond 1 the function is flat. Yet all"
        f" of f(2) − f(0) = {at_two.change:g} came from x. Integrated Gradients collects the slope from 0 to 2,"
        f" and finds {at_two.attribution:.2f} with 15 steps.",
    )  # fmt: skip


def show_elephant(B: int) -> tuple[int, float]:
    """The same on a picture: a trunk that grows, and a network that has seen enough at half its length.

    Returns the scene's number and the trunk's length.
    """
    left, right = st.columns([2, 1], gap="medium")
    trunk = left.select_slider(
        "Length of the trunk (0: none, 1: the longest)", LENGTHS, value=0.8, key="trunk", bind="query-params"
    )
    seed = right.number_input("Scene", 0, 10**6, START.number, key="number", bind="query-params")
    with st.spinner("Letting the trunk grow …", show_time=True):
        grown = grow(int(seed), B)
    i = LENGTHS.index(trunk)
    on_trunk = {
        "confidence F(x)": grown.confidence,
        "Integrated Gradients on the trunk": [grown.attribution_on_trunk(k) for k in range(len(LENGTHS))],
    }
    gradients = [grown.gradient_on_trunk(k) for k in range(len(LENGTHS))]
    confidence, attribution = grown.confidence[i], on_trunk["Integrated Gradients on the trunk"][i]

    show.maps(
        grown.scenes[i].image,
        {"Simple gradient": grown.gradients[i], "Integrated Gradients": grown.attributions[i]},
        {
            "Simple gradient": f"Σ|∇F| on the trunk: {gradients[i]:.2f}",
            "Integrated Gradients": f"Σ A on the trunk: {attribution:+.2f} of {confidence - grown.confidence[0]:+.2f}",
        },
        {},
        title=f"elephant, {confidence:.0%}",
        scale="own",
        key="elephant",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        fig = figures.curves(
            {name: (LENGTHS, values) for name, values in on_trunk.items()},
            x="length of the trunk",
            y="score",
            title="Half a trunk is enough …",
            marks={f"{confidence:.2f}": (trunk, confidence)},
            size=SIZE,
            theme=show.theme(),
        )
        show.figure(fig, f"Confidence against the trunk's length: {confidence:.2f} at {trunk:g}.")
    with right:
        fig = figures.curves(
            {"gradient": (LENGTHS, gradients)},
            x="length of the trunk",
            y="Σ|∇F| on the trunk",
            title="… and then the gradient fades",
            marks={f"{gradients[i]:.1f}": (trunk, gradients[i])},
            size=SIZE,
            theme=show.theme(),
        )
        show.figure(fig, f"The gradient on the trunk against its length: {gradients[i]:.2g} at {trunk:g}.")
    row = st.container(horizontal=True)
    row.metric("Confidence", f"{confidence:.3f}")
    row.metric("Its slope against the length", f"{grown.rise[i]:+.2f}")
    row.metric("Gradient on the trunk, of its largest", f"{gradients[i] / (max(gradients) or 1):.0%}")
    row.metric("Integrated Gradients on the trunk", f"{attribution:+.2f}")
    st.caption(
        "Real network, real gradients. The baseline is the same elephant without a trunk. The slope against the length"
        f" is from differences of {LENGTHS[1]:g}; Σ|∇F| is the gradient on the trunk's pixels, per unit of pixel value."
    )
    return int(seed), trunk


def offer_files(x: float, start: float, B: int, seed: int, trunk: float) -> None:
    """The elephant's maps, and a script for all numbers of the page."""
    grown = grow(seed, B)
    i = LENGTHS.index(trunk)
    scene, maps = grown.scenes[i], dict(zip(METHODS, (grown.gradients[i], grown.attributions[i]), strict=True))
    settings = {"x": x, "start": start, "B": B, "scene": seed, "trunk": trunk}
    take_away.offer_files(
        compute.python(x, start, B, seed, trunk),
        lambda: take_away.png(
            figures.map_grid(scene.image, maps, scale="own", picture_title=f"elephant, {grown.confidence[i]:.0%}")
        ),
        lambda: take_away.npz({"x": scene.image, **maps}, settings),
    )


st.markdown("### A network is sure. What does its gradient say then?")
guess = frame.guess("what is the gradient of f(x) = 1 − ReLU(1 − x) at x = 2?", ["0", "0.5", "1"], "slope")
x, start, B = ask_toy()
show_toy(x, start, B)
if guess is not None:
    show_answer(guess)
st.markdown("### The same with an elephant: how much trunk does the network need?")
seed, trunk = show_elephant(B)
frame.code(frame.of_methods(METHODS))
frame.scenes("saturation", TRY)
offer_files(x, start, B, seed, trunk)
