"""Saturation: where more of the same changes nothing any more, the gradient is 0 and says nothing of what led there."""

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from app.labs.saturation import compute
from app.labs.saturation.compute import LENGTHS, grow
from app.shared import controls, frame, show, take_away
from app.shared.screen import Screen, screen
from app.shared.subject import START
from xai_core import figures

SIZE = (5.0, 2.8)  # inches, for half the page: text stays legible
RELU, ELEPHANT = "a ReLU", "an elephant"
QUESTIONS = {
    RELU: "A network is sure. What does its gradient say then?",
    ELEPHANT: "How much trunk does the network need?",
}
METHODS = ("simple_gradient", "integrated_gradients")
TRY = {
    "The lecture's point: x = 2, baseline 0": {"x": "2", "start": "0"},
    "A baseline that is saturated too: nothing is left to share out": {"x": "5", "start": "1.5"},
    "B = 1: one rectangle, at the far end of the path": {"x": "2", "start": "0", "B": "1"},
    "An elephant just before the network believes in it: here the gradient is largest": {
        "saturated": ELEPHANT,
        "trunk": "0.35",
    },
}


def ask_toy(place: DeltaGenerator) -> tuple[float, float, int]:
    """x, its baseline and B."""
    left, middle, right = place.columns(3, gap="medium")
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


def show_numbers(x: float, start: float, B: int) -> None:
    """The gradient, and what it does not say."""
    seen = compute.toy(x, start, B)
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


def ask_trunk(place: DeltaGenerator) -> tuple[float, int]:
    """How long the trunk is, and in which scene."""
    left, right = place.columns([2, 1], gap="medium")
    trunk = left.select_slider(
        "Length of the trunk (0: none, 1: the longest)", LENGTHS, value=0.8, key="trunk", bind="query-params"
    )
    return trunk, int(right.number_input("Scene", 0, 10**6, START.number, key="number", bind="query-params"))


def show_elephant(on: Screen, trunk: float, seed: int, B: int) -> None:
    """The same on a picture: a trunk that grows, and a network that has seen enough at half its length."""
    with st.spinner("Letting the trunk grow …", show_time=True):
        grown = grow(seed, B)
    i = LENGTHS.index(trunk)
    on_trunk = {
        "confidence F(x)": grown.confidence,
        "Integrated Gradients on the trunk": [grown.attribution_on_trunk(k) for k in range(len(LENGTHS))],
    }
    gradients = [grown.gradient_on_trunk(k) for k in range(len(LENGTHS))]
    confidence, attribution = grown.confidence[i], on_trunk["Integrated Gradients on the trunk"][i]
    with on.pictures:
        show.maps(
            grown.scenes[i].image,
            {"Simple gradient": grown.gradients[i], "Integrated Gradients": grown.attributions[i]},
            {
                "Simple gradient": f"Σ|∇F| on the trunk: {gradients[i]:.2f}",
                "Integrated Gradients": f"Σ A on the trunk: {attribution:+.2f} of"
                f" {confidence - grown.confidence[0]:+.2f}",
            },
            {},
            title=f"elephant, {confidence:.0%}",
            scale="own",
            key="elephant",
            legend=on.legend,
        )
    with on.number:
        row = st.container(horizontal=True)
        row.metric("Confidence", f"{confidence:.3f}")
        row.metric("Its slope against the length", f"{grown.rise[i]:+.2f}")
        row.metric("Gradient on the trunk, of its largest", f"{gradients[i] / (max(gradients) or 1):.0%}")
        row.metric("Integrated Gradients on the trunk", f"{attribution:+.2f}")
    with on.judge:
        show_growth(trunk, i, on_trunk, gradients)


def show_growth(trunk: float, i: int, on_trunk: dict[str, list[float]], gradients: list[float]) -> None:
    """Confidence, attribution and gradient against the trunk's length."""
    confidence = on_trunk["confidence F(x)"][i]
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
    st.caption(
        "Real network, real gradients. The baseline is the same elephant without a trunk. The slope against the length"
        f" is from differences of {LENGTHS[1]:g}; Σ|∇F| is the gradient on the trunk's pixels, per unit of pixel value."
    )


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


on = screen()
if "trunk" in st.query_params and "saturated" not in st.query_params:  # as links to the elephant were once
    st.session_state.setdefault("saturated", ELEPHANT)
with on.question:
    words, choice = st.columns([5, 2], vertical_alignment="center")
with choice:
    part = st.segmented_control(
        "Saturated is", list(QUESTIONS), default=RELU, required=True, key="saturated", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
words.markdown(f"### {QUESTIONS[part]}")
with on.guess:
    guess = frame.guess("what is the gradient of f(x) = 1 − ReLU(1 − x) at x = 2?", ["0", "0.5", "1"], "slope")
    if guess is not None:
        show_answer(guess)
toy, grown = (on.controls, on.settings) if part == RELU else (on.settings, on.controls)  # each is always drawn
x, start, B = ask_toy(toy)
trunk, seed = ask_trunk(grown)
if part == RELU:
    with on.pictures:
        show_toy(x, start, B)
    with on.number:
        show_numbers(x, start, B)
else:
    show_elephant(on, trunk, seed, B)
with on.code:
    frame.code(frame.of_methods(METHODS))
with on.scenes:
    frame.scenes("saturation", TRY)
with on.take_away:
    offer_files(x, start, B, seed, trunk)
