"""Deletion and insertion on the page Scoreboard: the picture destroyed or built up step by step, on three canvases."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from matplotlib.figure import Figure
from streamlit.delta_generator import DeltaGenerator

from app.labs.scoreboard import compute
from app.labs.scoreboard.compute import CANVASES, GAMES, STEPS
from app.labs.scoreboard.views import Entries, Numbers, listed, number, row, stressed
from app.shared import frame, show
from app.shared.film import player
from app.shared.film.frames import Film, Frame, Panel, Shown, Slider, Stop
from app.shared.screen import Tabs, tabs
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import figures
from xai_core.evaluate import Curve

GOAL = {"deletion": 0.0, "insertion": 1.0}
ENDS = {"deletion": "from the picture to the canvas", "insertion": "from the canvas to the picture"}
STOPS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # ε of the sweep, pixel values in ℓ₂
Played = Mapping[str, Mapping[str, Curve]]  # title → canvas → curve


def ask_game(left: DeltaGenerator, right: DeltaGenerator) -> dict[str, str]:
    """Which way the pixels go, and what stands where they are not."""
    game = left.segmented_control(
        "What is played", GAMES, default=GAMES[0], required=True, key="game", bind="query-params",
        label_visibility="collapsed",
        help="  \n".join(f"**{name}**: {ENDS[name]}, best pixels first." for name in GAMES),
    )  # fmt: skip
    canvas = right.segmented_control(
        "Canvas: what stands where no pixel is", CANVASES, default="blurred", required=True, key="canvas",
        bind="query-params", label_visibility="collapsed",
        help="**own**: what the method itself compares the picture with. Gradients, edges and numbers have none.",
    )  # fmt: skip
    return {"game": game, "canvas": canvas}


def play(q: Question, game: str, entries: Entries) -> dict[str, dict[str, Curve]]:
    """Every candidate on every canvas; from the cache if it was there before."""
    return {title: compute.curves(q, game, entry.candidate, entry) for title, entry in entries.items()}


def aucs(played: Played, canvas: str) -> dict[str, float]:
    """The area under each curve on one canvas; NaN for one who has no such canvas."""
    return {t: float(each[canvas].auc) if canvas in each else float("nan") for t, each in played.items()}


def show_game(
    about: Subject, entries: Entries, failures: Mapping[str, str], played: Played, game: str, canvas: str
) -> tuple[Numbers, Tabs]:
    """The maps, what becomes of the picture below them, the curves; and, in a tab, who wins where: the AUCs."""
    if any(canvas in each for each in played.values()):
        player.play(film_of(about, entries, played, game, canvas))
    else:
        st.info("None of these has a baseline of its own. Choose another canvas, or a method with a path.")
    under = tabs()
    with under.judge:
        show_winners(played, game)
        row(about, entries, failures, {title: f"AUC {number(auc)}" for title, auc in aucs(played, canvas).items()})
        show_caption(game, canvas)
    return {f"{game}_{c}": aucs(played, c) for c in CANVASES}, under


SLIDER = Slider(
    "step", f"k: steps done, each {100 // STEPS} % of the pixels, best first:",
    tuple(Stop(k, str(k), f"k = {k}") for k in range(STEPS + 1)), 3,
)  # fmt: skip


def film_of(about: Subject, entries: Entries, played: Played, game: str, canvas: str) -> Film:
    """One step for all: what the network sees now, and where that is on the curves. Nothing is asked."""
    on_it = {title: each[canvas] for title, each in played.items() if canvas in each}
    drawn, top = figures.scaled({title: figures.pixel_map(entry.A) for title, entry in entries.items()})
    upper = {title: figures.coloured(map_, top[title]) for title, map_ in drawn.items()}
    first, bare = next(iter(on_it.values())), -1 if game == "deletion" else 0
    if canvas == "own":
        still, ground, words = "the picture", about.opened.x, f"F(x) = {first.scores[0, -1 - bare]:.3f}"
    else:
        ground = first.picture(STEPS if game == "deletion" else 0)
        still, words = f"{canvas}, bare", f"F = {first.scores[0, bare]:.3f}"

    def shown_at(k: int) -> Frame:
        shown, said = [Shown("", words, f"{still}: {words}")], []
        for title in played:
            if title not in on_it:
                why = "It compares the picture with nothing, so it has no canvas of its own."
                shown.append(Shown(why, alt=f"{title}: {why}"))
                continue
            curve = on_it[title]
            F_ = f"F = {curve.scores[0, k]:.3f}"
            own = f", bare x′ {curve.scores[0, bare]:.3f}" if canvas == "own" else ""
            alt = f"{title}, after {k} of {STEPS} steps: {F_}{own}"
            both = np.concatenate([upper[title], figures.pixels(curve.picture(k))])
            shown.append(Shown(both, F_ + own, alt))
            said.append(f"{title} {F_}")
        alt = f"F against the share of the pixels exchanged, after {k} of {STEPS} steps: {'; '.join(said)}."
        return Frame([*shown, Shown(k / STEPS, alt=alt)], f"{first.scores[0, k]:.3f}", "; ".join(said))

    who = (entry.candidate for entry in entries.values())
    known = ("deletion", about.question(""), about.picture, game, canvas, *who)
    curves = player.curves(known, lambda theme: draw_curves(on_it, game, canvas, theme))
    side = max(about.opened.x.shape[2:])
    pictures = (Panel(still, still=figures.pixels(ground), side=side), *(Panel(title, side=side) for title in played))
    panels = (*pictures, Panel("curves", curves=curves))
    return Film(SLIDER, known, {"": len(pictures)}, panels, lambda: (), shown_at, f"F of {next(iter(on_it))}")


def show_caption(game: str, canvas: str) -> None:
    """What to look at."""
    st.caption(
        f"**{game.capitalize()}**: {ENDS[game]}, the pixels with the largest A (summed over channels) first. AUC is"
        f" the mean of F after each step; {'low' if game == 'deletion' else 'high'} is good."
        "  \n**What to look at:** is what the network sees still a picture? How high is F of the bare canvas? In the"
        " table the best of a column is bold, ties too. One picture proves little: `python -m xai_core.benchmark`"
        " judges many."
        + (
            "  \n**Own**: each plays on its own field here, so that the numbers are not of one game. x′ of UNI at a"
            " small ε looks like the picture itself, and holds nearly all of it."
            if canvas == "own"
            else ""
        )
    )


def draw_curves(on_it: Mapping[str, Curve], game: str, canvas: str, theme: str) -> Figure:
    """F of all candidates on one canvas."""
    lines = {
        f"{title}: AUC {number(float(curve.auc))}": (curve.shares.tolist(), curve.scores[0].tolist())
        for title, curve in on_it.items()
    }
    heading = {f"{game}, canvas {canvas}: F": lines}
    size = (5.4, 2.6 + 0.2 * len(lines))
    return figures.curve_grid(heading, x="share of the pixels exchanged", columns=1, size=size, theme=theme)


def show_winners(played: Played, game: str) -> None:
    """All canvases side by side: the ranking flips, or it does not."""
    st.markdown(f"**Who wins at {game}? Read the columns**")
    numbers = {canvas: aucs(played, canvas) for canvas in CANVASES}
    winners = {c: compute.best(each, GOAL[game]) for c, each in numbers.items()}
    bare = -1 if game == "deletion" else 0
    lines = []
    for title in played:
        lines.append([title, *(stressed(numbers[c][title], title in winners[c]) for c in CANVASES)])
    one = next(iter(played.values()))
    lines.append(["*F of the bare canvas*", *(f"*{float(one[c].scores[0, bare]):.2f}*" for c in ("black", "blurred")),
                  ""])  # fmt: skip
    frame.table(["AUC", *CANVASES], lines, "winners")
    said = [f"on {'its own' if c == 'own' else c} {listed([f'**{w}**' for w in who])}"
            for c, who in winners.items() if who]  # fmt: skip
    bare_own = [f"{t} {float(each['own'].scores[0, bare]):.2f}" for t, each in played.items() if "own" in each]
    st.markdown(f"Best: {'; '.join(said)}." + (f" F of their own, bare: {', '.join(bare_own)}." if bare_own else ""))


def show_verdict(played: Played, game: str, guess: str) -> None:
    """What the guess was worth: on which canvases it wins."""
    numbers = {canvas: aucs(played, canvas) for canvas in CANVASES}
    won = [c for c, each in numbers.items() if guess in compute.best(each, GOAL[game])]
    lost = [c for c, each in numbers.items() if c not in won and each[guess] == each[guess]]
    told = f"best on {listed(won) if won else 'no canvas'}" + (f", not on {listed(lost)}." if lost and won else ".")
    frame.verdict(guess, None, told)


def show_budgets(q: Question, entries: Entries) -> None:
    """UNI's own canvas, and what its ε does to the number."""
    uni = next((entry.candidate for entry in entries.values() if entry.candidate.name == "uni"), None)
    if uni is None or not st.toggle(
        f"What does ε alone do to UNI's insertion? (UNI {len(STOPS)} times, once)", key="budgets", bind="query-params"
    ):
        return
    with frame.asking("UNI at every ε …"):
        found = compute.budgets(q, uni, STOPS)
    lines = {("F(x′), the bare canvas" if name == "F(x′)" else f"AUC on {name}"): (STOPS, ys)
             for name, ys in found.items()}  # fmt: skip
    low, high = min(found["own"]), max(found["own"])
    left, right = st.columns([3, 2], gap="medium")
    with left:
        fig = figures.curve_grid({"Insertion by UNI": lines}, x="ε: distance of the baseline, ‖x′ − x‖₂", columns=1,
                                 size=(6.2, 4.6), theme=show.theme())  # fmt: skip
        show.figure(fig, f"UNI's insertion AUC against ε; on its own canvas from {low:.2f} to {high:.2f}.")
    a_pixel = 255 * STOPS[-1] / q.x.numel() ** 0.5
    right.markdown(
        f"On its own baseline UNI gets anything **from {low:.2f} to {high:.2f}**, by ε alone. At ε = {STOPS[0]:g} the"
        f" bare canvas has {found['F(x′)'][0]:.2f} before a single pixel is put back: it is still the picture. At ε ="
        f" {STOPS[-1]:g}, where a number of it differs by {a_pixel:.0f}/255 (root mean square), the bare canvas has"
        f" {found['F(x′)'][-1]:.2f} and the AUC is {found['own'][-1]:.2f}."
    )
