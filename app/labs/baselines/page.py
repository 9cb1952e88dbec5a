"""Baselines: one picture, made worse step by step, seen from several baselines, with a number for each bias."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
import torch

from app.labs.baselines import compute, numbers, sweep
from app.labs.baselines.compute import GRADIENT, KINDS, OWN, STARTS, Region
from app.shared import controls, frame, stages, subject, take_away
from app.shared.compare import tab as compare
from app.shared.equations import BIASES, EQUATIONS
from app.shared.film import player
from app.shared.film.frames import Slider, Stop
from app.shared.film.maps import Maps, of_maps
from app.shared.predict import veil
from app.shared.screen import COMPARE, TABS, Stage, stage, tabs
from app.shared.stages import Explanation
from app.shared.subject import Subject
from data.pictures import corruptions
from xai_core import make_baseline, nearest_part, roughness, share
from xai_core.plain import sentence

FIRST = ("black", "blurred", "Gaussian noise", "UNI")  # colour, texture, frequency, and the network's own
MOST = 6
PICTURE = "the picture"


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


def ask_settings(on: Stage) -> Settings:
    """Corruption, severity, baselines and B in front; the rest folded away."""
    declared = {c.key: c for c in controls.controls()}
    first, second, third, last = on.controls.columns([12, 6, 6, 2], gap="medium", vertical_alignment="bottom")
    starts = first.multiselect(
        "Baselines", list(STARTS), FIRST, key="start", bind="query-params", max_selections=MOST,
        help="UNI finds its own; its other symbols are those of its defaults, see the page Unlearning.",
    )  # fmt: skip
    corruption = second.selectbox(
        "Make the picture worse by", list(KINDS), key="corruption", bind="query-params",
        help="Of ImageNet-C: severity 1 is slight, 5 is strong. Blurs follow the picture's size.",
    )  # fmt: skip
    severity = player.value(SEVERITY)
    with third:
        B = controls.ask(declared["B"])
    colour = "#808080"
    if OWN in starts:
        colour = last.color_picker("Colour", colour, key="colour", bind="query-params")
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


_STOPS = tuple(Stop(k, str(k), f"severity {k}") for k in range(6))
SEVERITY = Slider("severity", "Severity: 0 leaves it as it is, 5 is strong:", _STOPS, 0)


def shown_at(before: Subject, worse: Subject, chosen: Settings, where: Region) -> Maps:
    """One severity: the picture, where each path starts, and each path's map."""
    q, found = worse.question(chosen.output), explained(worse, chosen)
    now, clean = stages.score_of(q, q.x), explained(before, chosen)
    words = f"F(x) = {now:.3f}"
    if worse is not before:
        was = stages.score_of(before.question(chosen.output), before.opened.x)
        words = f"{worsened(worse, chosen)}: {words}, before: {was:.3f}"
    starts, captions = {PICTURE: q.x}, {PICTURE: words}
    for start, e in found.items():
        starts[f"from {start}"] = compute.baseline_of(q, start, chosen.arguments(start, q.x.shape[1]))
        captions[f"from {start}"] = f"F(x′) = {now - e.change:.3f}"
        captions[f"map from {start}"] = f"gap {e.gap:.3f} of {e.change:+.3f}"
    first = next(iter(found), None)
    number = f"{compute.biases(found[first].A, clean[first].A, where).darkest:.2f}" if first else ""
    maps = {f"map from {s}": e.A for s, e in found.items()}
    return Maps(maps, captions, number=number, pictures=starts)


def worsened(worse: Subject, chosen: Settings) -> str:
    """Such as "Gaussian blur 3 of 5, σ = 0.9 pixels"."""
    reach = corruptions.pixels_of_blur(KINDS[chosen.corruption][0], chosen.severity, min(worse.opened.x.shape[2:]))
    letter = "σ" if chosen.corruption == "Gaussian blur" else "radius"
    return f"{chosen.corruption} {chosen.severity} of 5" + (f", {letter} {reach:.1f} pixels" if reach else "")


on = stage()
before = subject.choose(on.subject)
if before is None:
    frame.end()
on.question.markdown("### What does a map owe to its baseline, and what to the network?")
guess = veil.ask(
    on, f"baselines {before.question('')}", before.opened.x,
    "from which baseline does the darkest quarter get the least?", FIRST, "blind",
).choice  # fmt: skip
chosen = ask_settings(on)
where, possible = compute.region(before), makes_sense(before, chosen)


def at_severity(stop: int) -> tuple[Subject, Settings]:
    """The picture at this severity, and the settings with it."""
    severity = stop if possible else 0
    return compute.corrupted(before, chosen.corruption, severity, chosen.seed), replace(chosen, severity=severity)


def below(stop: int) -> None:
    """All that is told of the severity at which the hand rests."""
    worse, now = at_severity(stop)
    with frame.asking() as cost:
        found = explained(worse, now)
        maps = {**{s: e.A for s, e in found.items()}, GRADIENT: gradient_of(worse, now.output)}
        clean = {s: e.A for s, e in explained(before, now).items()}
        clean[GRADIENT] = gradient_of(before, now.output)
    rows = {name: compute.biases(A, clean[name], where) for name, A in maps.items()}
    under = tabs((TABS[0], COMPARE, *TABS[1:]))
    with under.judge:
        numbers.show_numbers(worse, before, rows, where, maps, guess is not None)
        frame.cost(before_it.pop() + cost if before_it else cost)
        if now.sweep and found and possible:
            with frame.asking("All severities …"):
                sweep.show_sweep(before, now.corruption, now.seed, lambda worse: explained(worse, now), where, clean)
    given = {STARTS[s]: now.arguments(s, before.opened.x.shape[1]) for s in found}
    methods = {STARTS[s]: compute.method_of(s) for s in found}
    compare.show_tab(under, worse, given, methods)
    functions = {"share": share, "its part": nearest_part, "roughness": roughness, "baseline": make_baseline,
                 "corruption": corruptions.corrupt}  # fmt: skip
    with under.code:
        frame.code(functions, [EQUATIONS["integrated_gradients"], *BIASES.values()])
    with under.take_away:
        take_away.offer(worse, {STARTS[s]: e for s, e in found.items()}, given, "share", methods)


with frame.asking() as spent:  # what the film shows first
    for picture in (before, at_severity(chosen.severity)[0]):
        explained(picture, chosen)
if guess is not None and chosen.starts:
    plain, gradient = {s: e.A for s, e in explained(before, chosen).items()}, gradient_of(before, chosen.output)
    with on.guess:
        numbers.show_verdict(guess, {s: compute.biases(A, A, where) for s, A in {**plain, GRADIENT: gradient}.items()},
                             where)  # fmt: skip
before_it = [spent]  # told once
film = of_maps(
    SEVERITY, ("baselines", before.question(chosen.output), str(replace(chosen, severity=0, sweep=False)), possible),
    before.opened.x, None, [f"map from {s}" for s in chosen.starts],
    lambda stop: shown_at(before, at_severity(stop)[0], at_severity(stop)[1], where),
    pictured=(PICTURE, *(f"from {s}" for s in chosen.starts)), rows=("Where each path starts", "The maps"),
    number=f"of its fair share gets the darkest quarter, from {chosen.starts[0]}" if chosen.starts else "",
)  # fmt: skip
player.play(film, below)
