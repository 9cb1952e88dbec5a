"""Prototypes: what does a class look like to the network? Activation maximisation, and means over a whole class."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.labs.prototypes import compute
from app.labs.prototypes.compute import PAINTERS, Setting
from app.shared import frame, networks, show, take_away
from app.shared.frame import Tab
from app.shared.screen import TABS, Screen, screen
from app.shared.subject import Line
from app.shared.turns import Rank
from data.drawn import zoo
from xai_core import figures
from xai_core.classwide.maximisation import Maximised, maximise
from xai_core.evaluate.class_means import agreement
from xai_core.symbols import Symbol, of

AVERAGED = "Explanations, averaged"
CAT = 281  # of ImageNet: a tabby
KNOWN = "Asking the networks …"
GUESSES = ("all of them", "its painter alone", "none")
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


def ask(line: Line, places: list[DeltaGenerator], on: Screen) -> Setting:
    """T, λ and the class in front, the painter above them; the rest with all settings."""
    first, second, third = places
    painter = line.popover("Painter").selectbox(
        "Painted by", compute.painters(), key="painter", bind="query-params",
        help="The zoo's networks, and pretrained ones that *Explain* has downloaded: these take longer.",
    )  # fmt: skip
    names, key = (zoo.CLASSES, "prototype") if painter in PAINTERS else (networks.classes(painter), "imagenet")
    animal = third.selectbox("Class", names, 0 if painter in PAINTERS else CAT, key=key, bind="query-params")
    steps, tv = ask_number(first, "steps", "ascent"), ask_number(second, "tv", "tv")
    with on.settings:
        left, middle, right = st.columns(3, gap="medium")
        jitter, blur = ask_number(left, "jitter", "jitter"), ask_number(middle, "blur", "smear")
        rate, decay = ask_number(right, "rate", "climb"), ask_number(left, "decay", "decay")
        start = middle.selectbox("Starts from", ("grey", "black", "gaussian_noise", "uniform_noise"), key="from",
                                 bind="query-params")  # fmt: skip
        seed = right.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    return Setting(painter, animal, steps, jitter, tv, blur, rate, decay, start, int(seed))


def show_way(s: Setting, found: Maximised, which: int) -> None:
    """The picture at a step that one chooses, and the way of its logit."""
    left, right = st.columns([2, 5], gap="medium")
    with left:
        words = f"logit {float(found.logits[which, 0]):.1f}, total variation {float(found.variation[which, 0]):.2f}"
        rgb = figures.pixels(found.pictures[which, 0])
        show.pictures({f"{s.animal}, after {found.steps[which]} steps": (rgb, words)}, "prototype")
    with right:
        lines = {"logit": (found.steps, found.logits[:, 0].tolist())}
        fig = figures.curves(
            lines, x="steps", y="logit of the class", size=(10, 3.2), theme=show.theme(),
            marks={"": (found.steps[which], float(found.logits[which, 0]))},
        )  # fmt: skip
        show.figure(fig, f"The logit rises from {lines['logit'][1][0]:.1f} to {lines['logit'][1][-1]:.1f}.", shown=843)


def show_number(s: Setting, found: Maximised, which: int, guess: str | None) -> None:
    """Before the guess what the painter says; then how many networks know the picture."""
    if guess is None:
        first = float(found.logits[0, 0])
        st.metric(f"is the logit of {s.animal} after {found.steps[which]} steps; it began at {first:.1f}",
                  f"{float(found.logits[which, 0]):.1f}")  # fmt: skip
        return
    with frame.asking(KNOWN):
        sure = compute.known(s, which)
    st.metric(f"networks are more sure than not that it is a {s.animal}", f"{len(knowing(sure))} of {len(sure)}")


def knowing(sure: dict[str, float]) -> list[str]:
    """The networks that know the picture."""
    return [name for name, p in sure.items() if p > 0.5]


def show_judgement(s: Setting, which: int, guess: str | None) -> None:
    """Shown to the other networks, which had no part in the painting."""
    if guess is None:
        frame.veil("Its painter calls it so: that is how it was made. What the other networks say is not shown yet.")
        return
    with frame.asking(KNOWN):
        sure = compute.known(s, which)
    row = st.container(horizontal=True)
    for name, p in sure.items():
        row.metric(f"{name}{' (painter)' if name == s.network else ''}", f"{p:.0%}")
    st.markdown("What only its painter knows is noise that the painter happens to like.")


def show_verdict(s: Setting, which: int, guess: str) -> None:
    """What the guess was worth."""
    sure = compute.known(s, which)
    some = knowing(sure)
    answer = {len(sure): GUESSES[0], 0: GUESSES[2]}.get(len(some), GUESSES[1] if some == [s.network] else None)
    frame.verdict(guess, answer, f"more sure than not that it is a {s.animal}: {', '.join(some) or 'none of them'}.")


def show_class(s: Setting) -> None:
    """The mean over many scenes of the class: of the pictures, of the maps, of the parts."""
    with frame.asking(f"{compute.PICTURES} scenes …", Rank.LATER):
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


on = screen((TABS[0], AVERAGED, *TABS[1:]))
on.question.markdown("### What does a class look like to the network?")
line = Line(on.subject)
with on.guess:
    guess = frame.guess("the picture that one network likes best, which networks know it?", GUESSES, "who_knows")
with on.controls:
    first, *others = st.columns(4, gap="medium")
s = ask(line, others, on)
with frame.asking("The network paints …"):
    found = compute.painted(s)
steps = [str(n) for n in found.steps]
which = steps.index(first.select_slider("After so many steps", steps, steps[-1], key="after"))
sure = f"{float(found.probabilities[-1, 0]):.0%}"
line.say(found.picture, f"**{s.animal}** · painted by the network *{s.network}*, which calls it so, {sure}")
with on.pictures:
    show_way(s, found, which)
on.legend.caption("As the network paints it: pixels between 0 and 1, no scale of colours.")
with on.number:
    show_number(s, found, which, guess)
if guess is not None:
    with on.guess:
        show_verdict(s, which, guess)
with on.judge:
    show_judgement(s, which, guess)
with on.tabs[AVERAGED]:
    if s.network not in PAINTERS:
        st.caption("Only the toy zoo's classes have scenes without end to average over.")
    elif on.shows(AVERAGED):
        show_class(s)
with on.code:
    frame.code(CODE)
arrays = {"pictures": found.pictures, "logits": found.logits, "steps": found.steps}
with on.take_away:
    take_away.offer_files(
        compute.python(s),
        lambda: take_away.png(figures.picture_row({s.animal: found.picture[0]})),
        lambda: take_away.npz(arrays, vars(s)),
        stem="prototype",
    )
