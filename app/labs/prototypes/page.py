"""Prototypes: what does a class look like to the network? Activation maximisation, and means over a whole class."""

from typing import Any

import streamlit as st

from app.labs.prototypes import compute
from app.labs.prototypes.compute import PAINTERS, Setting
from app.shared import frame, networks, show, take_away
from app.shared.frame import Tab
from data.drawn import zoo
from xai_core import figures
from xai_core.classwide.maximisation import Maximised, maximise
from xai_core.evaluate.class_means import agreement
from xai_core.symbols import Symbol, of

CAT = 281  # of ImageNet: a tabby
GUESSES = ("all of them", "its painter alone", "none")
TRY = {
    "No help at all: the network is certain, and nobody sees an animal": {"jitter": "0", "tv": "0.0", "smear": "0.0"},
    "The frog: what is there many times over?": {"prototype": "frog"},
    "A transformer paints: look for its patches": {"painter": "zoo_vit"},
    "From noise instead of grey": {"from": "uniform_noise"},
}
CODE = {
    "Activation maximisation": Tab((maximise,), r"x^\ast=\arg\max_x\;F_c(x)-\lambda\,\mathrm{TV}(x)"),
    "Agreement of maps": Tab((agreement,), r"\frac{2}{N(N-1)}\sum_{n<m} r(A_n,A_m)"),
}
SYMBOLS: dict[str, Symbol] = {name: s for name, s in of(maximise).items() if isinstance(s, Symbol)}


def ask_number(where: Any, name: str, key: str) -> float:
    """A slider with the symbol's own range, step and default."""
    s, kind = SYMBOLS[name], int if SYMBOLS[name].whole else float
    low, high, default, step = (kind(n) for n in (s.low, s.high, s.default, s.step))
    return where.slider(
        f"{s.letter}: {s.meaning}", low, high, default, step, key=key, bind="query-params", help=f"In {s.unit}."
    )


def ask() -> Setting:
    """The class and the painter, T and λ in front; the rest folded away."""
    first, second, third, fourth = st.columns(4, gap="medium")
    painter = second.selectbox(
        "Painted by", compute.painters(), key="painter", bind="query-params",
        help="The zoo's networks, and pretrained ones that *Explain* has downloaded: these take longer.",
    )  # fmt: skip
    names, key = (zoo.CLASSES, "prototype") if painter in PAINTERS else (networks.classes(painter), "imagenet")
    animal = first.selectbox("Class", names, 0 if painter in PAINTERS else CAT, key=key, bind="query-params")
    steps, tv = ask_number(third, "steps", "ascent"), ask_number(fourth, "tv", "tv")
    with st.expander("All settings"):
        left, middle, right = st.columns(3, gap="medium")
        jitter, blur = ask_number(left, "jitter", "jitter"), ask_number(middle, "blur", "smear")
        rate, decay = ask_number(right, "rate", "climb"), ask_number(left, "decay", "decay")
        start = middle.selectbox("Starts from", ("grey", "black", "gaussian_noise", "uniform_noise"), key="from",
                                 bind="query-params")  # fmt: skip
        seed = right.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    return Setting(painter, animal, steps, jitter, tv, blur, rate, decay, start, int(seed))


def show_way(s: Setting, found: Maximised) -> int:
    """The picture at a step that one chooses, and the way of its logit. Returns which snapshot."""
    at = st.select_slider("After so many steps", [str(n) for n in found.steps], str(found.steps[-1]), key="after")
    which = [str(n) for n in found.steps].index(at)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        words = f"logit {float(found.logits[which, 0]):.1f}, total variation {float(found.variation[which, 0]):.2f}"
        rgb = figures.pixels(found.pictures[which, 0])
        show.pictures({f"{s.animal}, as {s.network} likes it, after {at} steps": (rgb, words)}, "one_prototype")
    with right:
        lines = {"logit": (found.steps, found.logits[:, 0].tolist())}
        fig = figures.curves(lines, x="steps", y="logit of the class", size=(6.4, 3.4), theme=show.theme())
        show.figure(fig, f"The logit rises from {lines['logit'][1][0]:.1f} to {lines['logit'][1][-1]:.1f}.")
    return which


def show_judgement(s: Setting, which: int, guess: str | None) -> None:
    """Shown to the other networks, which had no part in the painting."""
    st.subheader("Which number judges it?")
    if guess is None:
        frame.veil("Its painter calls it so: that is how it was made. What the other networks say is not shown yet.")
        return
    sure = compute.known(s, which)
    row = st.container(horizontal=True)
    for name, p in sure.items():
        row.metric(f"{name}{' (painter)' if name == s.network else ''}", f"{p:.0%}")
    knows = [name for name, p in sure.items() if p > 0.5]
    st.markdown(
        f"You guessed **{guess}**. More sure than not that it is a {s.animal}: {', '.join(knows) or 'none of them'}."
        " What only its painter knows is noise that the painter happens to like."
    )


def show_class(s: Setting) -> None:
    """The mean over many scenes of the class: of the pictures, of the maps, of the parts."""
    st.subheader(f"The other way: many explanations of {s.animal}, averaged")
    mean = compute.class_mean(s.network, s.animal)
    maps = {"mean of the maps": mean.map_}
    words = {"mean of the maps": f"agreement {mean.agreement:.2f}"}
    show.maps(mean.picture, maps, words, {}, title=f"mean of {compute.PICTURES} pictures", scale="own",
              key="one_mean")  # fmt: skip
    rows = [[n, f"{x.mean:.2f}", f"{x.low:.2f} to {x.high:.2f}"] for n, x in mean.shares.items()]
    frame.table(["", "share of Σ|A|, relative to its area", "95 % interval"], rows, "parts")
    st.caption(
        "Integrated Gradients from the blurred picture, B = 15. An animal stands anywhere, so two scenes' maps agree"
        f" hardly: r = {mean.agreement:.2f} on average. What is left in their mean is where the parts stand most often."
        " A trunk is a trunk in every scene, though: shares of parts can be averaged. 1 is what a map that follows"
        " nothing gives."
    )


st.markdown("### What does a class look like to the network?")
guess = frame.guess("the picture that one network likes best, which networks know it?", GUESSES, "who_knows")
s = ask()
found = compute.painted(s)
which = show_way(s, found)
show_judgement(s, which, guess)
if s.network in PAINTERS:
    show_class(s)
frame.code(CODE)
frame.scenes("prototypes", TRY)
arrays = {"pictures": found.pictures, "logits": found.logits, "steps": found.steps}
take_away.offer_files(
    compute.python(s),
    lambda: take_away.png(figures.picture_row({s.animal: found.picture[0]})),
    lambda: take_away.npz(arrays, vars(s)),
    stem="prototype",
)
