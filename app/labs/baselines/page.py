"""Baselines: one picture, made worse step by step, seen from several baselines, with a number for each bias."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch

from app.labs.baselines import compute, sweep
from app.labs.baselines.compute import KINDS, OWN, STARTS, Biases, Region
from app.shared import controls, frame, show, stages, subject, take_away
from app.shared.equations import BIASES, EQUATIONS
from app.shared.screen import Screen, screen
from app.shared.stages import Explanation
from app.shared.subject import Subject
from data.pictures import corruptions
from xai_core import figures, make_baseline, nearest_part, roughness, share
from xai_core.plain import sentence

FIRST = ("black", "blurred", "Gaussian noise", "UNI")  # colour, texture, frequency, and the network's own
MOST = 6
GRADIENT = "simple gradient (no baseline)"
TRY = {
    "Colour: make the picture brighter. What becomes of black's blind spot?": {
        "corruption": "brightness", "severity": "3", "start": ["black", "white", "UNI"], "sweep": "true",
    },
    "Black against white: which quarter does each not see?": {"start": ["black", "white", "grey", "UNI"]},
    "Texture: blur the picture, and look at the plainest quarter": {
        "corruption": "defocus blur", "severity": "3", "start": ["blurred", "black", "UNI"],
    },
    "Frequency: three noises against a constant": {
        "severity": "0", "start": ["Gaussian noise", "uniform noise", "shot noise", "grey"],
    },
    "A baseline of your own: the mean colour of the elephant, whose smooth parts fade": {
        "start": [OWN, "black", "UNI"], "colour": "#bba25d",
    },
    "A photograph, where nobody drew the truth": {"picture": "photograph", "photo": "cat"},
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What the reader asked for."""

    corruption: str
    severity: int
    starts: list[str]
    colour: str  # "#rrggbb"
    B: int
    rule: str
    seed: int
    output: str
    sweep: bool

    def arguments(self, start: str, channels: int) -> dict[str, Any]:
        """Of the method that explains from this start."""
        colour = controls.colour_of(self.colour, channels)
        asked = {"B": self.B, "rule": self.rule, "seed": self.seed, "output": self.output}
        return compute.arguments(start, colour, **asked)


def ask_guess() -> str | None:
    """A guess first."""
    return frame.guess("from which baseline does the darkest quarter get the least?", FIRST, "blind")


def ask_settings(on: Screen) -> Settings:
    """Corruption, severity, baselines and B in front; the rest folded away."""
    declared = {c.key: c for c in controls.controls()}
    with on.controls:
        starts = st.multiselect(
            "Baselines", list(STARTS), FIRST, label_visibility="collapsed", key="start", bind="query-params",
            max_selections=MOST,
            help="UNI finds its own; its other symbols are those of its defaults, see the page Unlearning.",
        )  # fmt: skip
    middle, left, right = on.controls.columns(3, gap="medium")
    corruption = left.selectbox("Make the picture worse by", list(KINDS), key="corruption", bind="query-params")
    severity = middle.slider(
        "Severity: 0 leaves it as it is", 0, 5, 0, key="severity", bind="query-params",
        help="Of ImageNet-C: 1 is slight, 5 is strong. Blurs follow the picture's size.",
    )  # fmt: skip
    with right:
        B = controls.ask(declared["B"])
    colour = "#808080"
    if OWN in starts:
        colour = on.controls.color_picker("Your own colour", colour, key="colour", bind="query-params")
    with on.settings:
        left, middle, right = st.columns(3, gap="medium")
        with left:
            rule = controls.ask(declared["rule"])
        with middle:
            output = controls.ask_output() or "probability"
        seed = right.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
        sweep = st.toggle(
            "Draw all six severities in the tab Judge (six times the work, once)", key="sweep", bind="query-params"
        )
    return Settings(corruption, severity, starts, colour, B, rule, int(seed), output, sweep)


def makes_sense(before: Subject, chosen: Settings) -> bool:
    """Whether the corruption can be; if not, a sentence says why."""
    try:
        compute.corrupted(before, chosen.corruption, 1, chosen.seed)
    except ValueError as error:
        st.warning(f"{sentence(error)}. You see the picture as it is.")
        return False
    return True


def explained(about: Subject, chosen: Settings) -> dict[str, Explanation]:
    """The map from each baseline."""
    q = about.question(chosen.output)
    return {s: compute.explain(q, s, chosen.arguments(s, q.x.shape[1])) for s in chosen.starts}


def gradient_of(about: Subject, output: str) -> torch.Tensor:
    """The map that has no baseline, for comparison."""
    return stages.explanation(about.question(output), "simple_gradient", {}).A


def show_starts(
    worse: Subject, before: Subject, chosen: Settings, found: dict[str, Explanation], gradient: torch.Tensor, on: Screen
) -> None:
    """Where each path starts, above the map that it makes; first the picture, above the map without a baseline."""
    q = worse.question(chosen.output)
    now = stages.score_of(q, q.x)
    own = worsened(worse, chosen) if worse is not before else "x, its gradient"
    maps, words, above = {own: gradient}, {own: f"F(x) = {now:.3f}"}, {own: figures.pixels(q.x)}
    if worse is not before:
        words[own] += f", before: {stages.score_of(before.question(chosen.output), before.opened.x):.3f}"
    for start, e in found.items():
        name = f"from {start}"
        start_at = compute.baseline_of(q, start, chosen.arguments(start, q.x.shape[1]))
        maps[name], above[name] = e.A, figures.pixels(start_at)
        words[name] = f"F(x′) = {now - e.change:.3f}  \ngap {e.gap:.3f}"
    show.maps(q.x, maps, words, {}, title=own, key="pairs", legend=on.legend, above=above)


def worsened(worse: Subject, chosen: Settings) -> str:
    """Such as "Gaussian blur 3 of 5, σ = 0.9 pixels"."""
    reach = corruptions.pixels_of_blur(KINDS[chosen.corruption][0], chosen.severity, min(worse.opened.x.shape[2:]))
    letter = "σ" if chosen.corruption == "Gaussian blur" else "radius"
    return f"{chosen.corruption} {chosen.severity} of 5" + (f", {letter} {reach:.1f} pixels" if reach else "")


def show_numbers(
    worse: Subject, before: Subject, rows: dict[str, Biases], where: Region, maps: dict[str, torch.Tensor], told: bool
) -> None:
    """One row a baseline; what decides by construction only after a guess."""
    heads = ["", "darkest ¼", "brightest ¼", "plainest ¼", "roughness"]
    cells = {
        n: [f"{b.darkest:.2f}", f"{b.brightest:.2f}", f"{b.plainest:.2f}", f"{b.rough:.2f}"] for n, b in rows.items()
    }
    if worse is not before:
        heads.append("same as before")
        for n, b in rows.items():
            cells[n].append(f"{b.same:.2f}")
    parts = {name: mask for name, mask in before.opened.parts.items() if name != "the background"} if told else {}
    everywhere = torch.ones(before.opened.x.shape[2:], dtype=torch.bool)
    for part, mask in parts.items():
        heads.append(f"on {part}")
        for n, A in maps.items():
            cells[n].append(f"{float(share(A, mask, everywhere)):.2f}")
    frame.table(heads, [[name, *numbers] for name, numbers in cells.items()], "biases")
    st.caption(
        f"**¼**: what this quarter of {where.name} gets of Σ|A| on {where.name}, relative to its share of the pixels:"
        " 1 is fair, 0 is blind. The quarters are found before the picture is made worse: darkest, brightest, and with"
        " the least detail |x − G∗x|. **Roughness**: how much neighbours disagree, 0 smooth to 1 specks."
        + (" **Same as before**: Spearman's ρ with the map of the picture as it was." if worse is not before else "")
        + (" **On …**: the same share, of the whole picture." if parts else "")
        + " The last row has no baseline: compare with it. One picture proves little, see notebook 4 for many."
    )
    if told and before.opened.truth:
        st.markdown(before.opened.truth)
    elif before.opened.parts:
        frame.veil("This picture was drawn, so the truth about it is known.")


def show_verdict(guess: str, rows: dict[str, Biases], where: Region) -> None:
    """What the guess was worth."""
    shares = {name: b.darkest for name, b in rows.items() if name != GRADIENT}
    least = min(shares, key=shares.get)
    frame.verdict(
        guess, least,
        f"the darkest quarter of {where.name} gets the least from **{least}**, {shares[least]:.2f} of its"
        f" fair share; the gradient, which has no baseline, gives it {rows[GRADIENT].darkest:.2f}.",
    )  # fmt: skip


on = screen(beside=True)
before = subject.choose(on.subject)
if before is None:
    frame.end()
on.question.markdown("### What does a map owe to its baseline, and what to the network?")
with on.guess:
    guess = ask_guess()
chosen = ask_settings(on)
with frame.asking() as cost:
    possible = makes_sense(before, chosen)
    worse = compute.corrupted(before, chosen.corruption, chosen.severity if possible else 0, chosen.seed)
    found = explained(worse, chosen)
    maps = {**{s: e.A for s, e in found.items()}, GRADIENT: gradient_of(worse, chosen.output)}
    clean = {s: e.A for s, e in explained(before, chosen).items()}
    clean[GRADIENT] = gradient_of(before, chosen.output)
where = compute.region(before)
rows = {name: compute.biases(A, clean[name], where) for name, A in maps.items()}

with on.pictures:
    show_starts(worse, before, chosen, found, maps[GRADIENT], on)
if found:
    blind = min(found, key=lambda s: rows[s].darkest)
    with on.number:
        st.metric(f"of its fair share is what the darkest quarter gets from {blind}", f"{rows[blind].darkest:.0%}")
    if guess is not None:
        with on.guess:
            show_verdict(guess, rows, where)
with on.judge:
    show_numbers(worse, before, rows, where, maps, guess is not None)
    frame.cost(cost)
    if chosen.sweep and found and possible:
        with st.spinner("All severities …", show_time=True):
            sweep.show_sweep(
                before, chosen.corruption, chosen.seed, lambda worse: explained(worse, chosen), where, clean
            )  # fmt: skip
functions = {"share": share, "its part": nearest_part, "roughness": roughness, "baseline": make_baseline,
             "corruption": corruptions.corrupt}  # fmt: skip
with on.code:
    frame.code(functions, [EQUATIONS["integrated_gradients"], *BIASES.values()])
with on.scenes:
    frame.scenes("baselines", TRY)
with on.take_away:
    take_away.offer(
        worse,
        {STARTS[s]: e for s, e in found.items()},
        {STARTS[s]: chosen.arguments(s, before.opened.x.shape[1]) for s in found},
        "share",
        {STARTS[s]: compute.method_of(s) for s in found},
    )
