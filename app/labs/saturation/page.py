"""Saturation: where more of the same changes nothing any more, the gradient is 0 and says nothing of what led there."""

import streamlit as st
import torch
from matplotlib.figure import Figure
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app.labs.saturation import compute
from app.labs.saturation.compute import LENGTHS, Growth, Toy, grow
from app.shared import controls, frame, show, take_away
from app.shared.film import player
from app.shared.film.frames import Film, Frame, Panel, Scale, Shown, Slider, Stop, drawn, in_words
from app.shared.links import coming
from app.shared.predict import veil
from app.shared.screen import stage, tabs
from app.shared.subject import START
from xai_core import figures

SIZE = (5.0, 2.8)  # inches, for half the page: text stays legible
RELU, ELEPHANT = "a ReLU", "an elephant"
QUESTIONS = {
    RELU: "A network is sure. What does its gradient say then?",
    ELEPHANT: "How much trunk does the network need?",
}
METHODS = ("simple_gradient", "integrated_gradients")


PLACES = tuple(round(-1 + 0.1 * k, 1) for k in range(81))
X = Slider("x", "x: the input", tuple(Stop(x, f"{x:g}", f"x = {x:g}") for x in PLACES), PLACES.index(2.0))
FUNCTION, AREA = "f", "its slope"


def ask_toy(place: DeltaGenerator) -> tuple[float, int]:
    """The baseline of x, and B."""
    left, right = place.columns(2, gap="medium")
    start = left.slider("x′: the baseline", -1.0, 7.0, 0.0, 0.1, key="start", bind="query-params")
    with right:
        B = controls.ask(next(c for c in controls.controls() if c.key == "B"))
    return start, B


def toy_film(start: float, B: int) -> Film:
    """f with x and x′ on it, and the area under its slope between them, at every x."""
    theme = show.theme()

    def shown(stop: int) -> Frame:
        x = PLACES[stop]
        seen = compute.toy(x, start, B)
        function, area = (drawn(fig, theme) for fig in draw_toy(x, start, seen, theme))
        values = f"f(x) = {seen.value:.3g}, f(x) − f(x′) = {seen.change:.3g}"
        sums = f"Integrated Gradients {seen.attribution:.3g}, gap {seen.gap:.2g}"
        gradient = f"{seen.slope + 0.0:.3g}"
        told = [
            Shown(function, values, f"f rises with slope 1 up to x = 1 and stays at 1 from there on. {values}."),
            Shown(area, sums, f"The slope of f on the way from x′ = {start:g} to x = {x:g}. The area: {sums}."),
        ]
        return Frame(told, gradient, f"gradient {gradient}, {sums}")

    panels = (Panel(FUNCTION, side=300), Panel(AREA, side=300))
    return Film(X, ("toy", start, B, theme), {"": 2}, panels, lambda: (), shown, "gradient at x")


def draw_toy(x: float, start: float, seen: Toy, theme: str) -> tuple[Figure, Figure]:
    """The function with x and x′ on it, and the area under its slope."""
    grid = torch.linspace(-1, 7, 161)
    function = figures.curves(
        {"f": (grid.tolist(), compute.f(grid[:, None]).tolist())}, x="x", y="f(x)", title="f(x) = 1 − ReLU(1 − x)",
        marks={"x′": (start, seen.value - seen.change), "x": (x, seen.value)}, size=SIZE, theme=theme,
    )  # fmt: skip
    title = "The area under the slope is the attribution"
    area = figures.riemann(seen.fine, seen.points, seen.heights, seen.weights, title=title, size=SIZE, theme=theme)
    return function, area


def show_toy(x: float, start: float, B: int) -> None:
    """The numbers of f at x."""
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


GRADIENT, ATTRIBUTION = "Simple gradient", "Integrated Gradients"


TRUNK = Slider(
    "trunk", "Length of the trunk (0: none, 1: the longest):",
    tuple(Stop(length, str(length), f"{length:g}") for length in LENGTHS), LENGTHS.index(0.8),
)  # fmt: skip


def film_of(grown: Growth, seed: int, B: int) -> Film:
    """The same on a picture: a trunk that grows, and a network that has seen enough at half its length.

    One scale for every length: a gradient that fades becomes white.
    """
    gradients, attributions, n = grown.on_trunk("gradients"), grown.on_trunk("attributions"), len(LENGTHS)
    maps = {GRADIENT: grown.gradients, ATTRIBUTION: grown.attributions}

    def shown(i: int) -> Frame:
        F_ = grown.confidence[i]
        words = {
            GRADIENT: f"Σ|∇F| on the trunk: {gradients[i]:.2f}",
            ATTRIBUTION: f"Σ A on the trunk: {attributions[i]:+.2f} of {F_ - grown.confidence[0]:+.2f}",
        }
        picture = Shown(figures.pixels(grown.scenes[i].image), f"F(x) = {F_:.3f}", f"An elephant, {F_:.0%}.")
        drawn = [figures.pixel_map(A[i]) for A in maps.values()]
        told = [Shown(A, words[name], f"{name}: {in_words(A, words[name])}")
                for name, A in zip(maps, drawn, strict=True)]  # fmt: skip
        mark = Shown(LENGTHS[i], alt=f"Score and gradient against the trunk's length, at {LENGTHS[i]:g} now: {F_:.2f}.")
        of_largest = f"{gradients[i] / (max(gradients) or 1):.0%}"
        return Frame([picture, *told, mark], of_largest, f"confidence {F_:.2f}, {'; '.join(words.values())}")

    def scales() -> tuple[Scale, ...]:
        every = ({i: figures.pixel_map(A[i]) for i in range(n)} for A in maps.values())
        units = ("of a gradient, F per unit of a pixel", "attribution")
        tops = (next(iter(figures.scaled(each, "value")[1].values())) for each in every)
        return tuple(Scale(top, unit) for top, unit in zip(tops, units, strict=True))

    about = ("saturation", seed, B)
    curves = player.curves(about, lambda theme: draw_curves(grown, gradients, attributions, theme))
    panels = (Panel("the picture"), Panel(GRADIENT, 0), Panel(ATTRIBUTION, 1), Panel("curves", curves=curves))
    return Film(TRUNK, about, {"": 3}, panels, scales, shown, "gradient on the trunk, of its largest")


def draw_curves(grown: Growth, gradients: list[float], attributions: list[float], theme: str) -> Figure:
    """Score and gradient against the trunk's length."""
    panels = {
        "Half a trunk is enough …": {
            "confidence F(x)": (LENGTHS, grown.confidence),
            "Integrated Gradients on the trunk": (LENGTHS, attributions),
        },
        "… and then the gradient fades": {"Σ|∇F| on the trunk": (LENGTHS, gradients)},
    }
    return figures.curve_grid(panels, x="length of the trunk", columns=1, size=(5.6, 3.4), theme=theme)


def show_numbers(grown: Growth, i: int) -> None:
    """What judges the picture's maps."""
    gradients = grown.on_trunk("gradients")
    row = st.container(horizontal=True)
    row.metric("Confidence", f"{grown.confidence[i]:.3f}")
    row.metric("Its slope against the length", f"{grown.rise[i]:+.2f}")
    row.metric("Gradient on the trunk, of its largest", f"{gradients[i] / (max(gradients) or 1):.0%}")
    row.metric("Integrated Gradients on the trunk", f"{grown.on_trunk('attributions')[i]:+.2f}")
    st.caption(
        "Real network, real gradients. The baseline is the same elephant without a trunk. The slope against the length"
        f" is from differences of {LENGTHS[1]:g}; Σ|∇F| is the gradient on the trunk's pixels, per unit of pixel value."
    )


def offer_files(x: float, start: float, B: int, seed: int, trunk: float) -> None:
    """The elephant's maps, and a script for all numbers of the page."""
    settings, i = {"x": x, "start": start, "B": B, "scene": seed, "trunk": trunk}, LENGTHS.index(trunk)

    def now() -> tuple[Tensor, dict[str, Tensor], float]:
        """Asked only by who takes it home: the picture, its maps and its score."""
        g = grow(seed, B)
        maps = dict(zip(METHODS, (g.gradients[i], g.attributions[i]), strict=True))
        return g.scenes[i].image, maps, g.confidence[i]

    def png() -> bytes:
        image, maps, F = now()
        return take_away.png(figures.map_grid(image, maps, scale="own", picture_title=f"elephant, {F:.0%}"))

    def npz() -> bytes:
        image, maps, _ = now()
        return take_away.npz({"x": image, **maps}, settings)

    take_away.offer_files(compute.python(x, start, B, seed, trunk), png, npz)


if "trunk" in st.query_params and "saturated" not in st.query_params:  # as links to the elephant were once
    st.session_state.setdefault("saturated", ELEPHANT)
part = coming("saturated", list(QUESTIONS))
on = stage()
with on.question:
    words, choice = st.columns([5, 2], vertical_alignment="center")
words.markdown(f"### {QUESTIONS[part]}")
choice.segmented_control(
    "Saturated is", list(QUESTIONS), default=RELU, required=True, key="saturated", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
guess = veil.ask(
    on, "saturation", None, "what is the gradient of f(x) = 1 − ReLU(1 − x) at x = 2?", ["0", "0.5", "1"], "slope"
).choice
toy, scene = (on.controls, on.settings) if part == RELU else (on.settings, on.controls)  # each is always drawn
start, B = ask_toy(toy)
seed = int(scene.number_input("Scene", 0, 10**6, START.number, key="number", bind="query-params", width=200))
if guess is not None:
    with on.guess:
        show_answer(guess)


def below(x: float, length: int, grown: Growth | None = None) -> None:
    """All that is told of the x, or the trunk's length, at which the hand rests."""
    under = tabs()
    with under.judge:
        if grown is None:
            show_toy(x, start, B)
        else:
            show_numbers(grown, length)
    with under.code:
        frame.code(frame.of_methods(METHODS))
    with under.take_away:
        offer_files(x, start, B, seed, LENGTHS[length])


if part == RELU:
    player.play(toy_film(start, B), lambda stop: below(PLACES[stop], player.value(TRUNK)))
else:
    with frame.asking("Letting the trunk grow …"):
        grown = grow(seed, B)
    player.play(film_of(grown, seed, B), lambda stop: below(PLACES[player.value(X)], stop, grown))
