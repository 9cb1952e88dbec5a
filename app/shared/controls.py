"""Sliders and lists, made from the symbols that the methods declare: a new symbol of a new method appears by itself.

Methods that declare the same symbol with the same default share one control. Where two methods rightly mean different
things by one letter (N noisy copies, N masks), each has its own.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import streamlit as st
from torch import Tensor, nn

from app.shared.choice_words import WORDS
from app.shared.film.frames import Slider, Stop
from xai_core import catalogue, methods
from xai_core.path.matching import PAPER_EPS, PAPER_MU
from xai_core.score import OUTPUTS
from xai_core.stages import Method
from xai_core.symbols import Choice, Symbol

# Whose control has an argument's bare name for its key. Links hold these keys, so a row here is never changed; the
# controls of later methods have the method's name in theirs.
OWNERS = {
    "uni": ("B", "T", "eps", "eta", "mu", "rule", "weights", "goal", "divergence", "subspace"),
    "lime": ("K", "segments", "fill", "distance"),
    "smoothgrad": ("N", "sigma"),
    "integrated_gradients": ("baseline",),
    "path_integrated_gradients": ("G", "path", "order"),
    "guided_ig": ("fraction", "max_dist"),
    "rise": ("cells", "p1"),
    "occlusion": ("window", "stride"),
    "smoothgrad_squared": (),  # names what it shares with VarGrad
}
FRONT = ("B", "eps", "alpha", "K")  # the four of the lecture; all others are folded away
MOST_IN_FRONT = 4
BY_RULE, USUAL = "by rule", "each method's own"
PRESETS = {"eps": (PAPER_EPS, "the UNI paper's"), "mu": (PAPER_MU, "the UNI paper's")}
_SERIES = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)  # ten values a decade on a logarithmic slider


@dataclass(frozen=True)
class Control:
    """One slider or list: what it sets, and for which methods."""

    key: str  # of the widget, and its parameter in the address
    name: str  # of the argument
    declared: Symbol | Choice
    methods: tuple[str, ...]


def controls() -> list[Control]:
    """All controls of the catalogue. A key does not depend on the catalogue's order: it stands in people's links."""
    return list(_controls(tuple(catalogue().values())))


@cache  # a page asks a dozen times in a move
def _controls(rows: tuple[Method, ...]) -> tuple[Control, ...]:
    found: list[Control] = []
    for method in rows:
        for name, declared in {**method.symbols, **method.options}.items():
            # A method of the reader's own moves with the one that it claims to be, whatever its default.
            at = [
                i
                for i, c in enumerate(found)
                if c.declared == declared and (c.declared.default == declared.default or method.claims in c.methods)
            ]
            if at:
                i = at[0]
                found[i] = replace(found[i], name=name, methods=(*found[i].methods, method.name))
            else:
                found.append(Control("", name, declared, (method.name,)))
    return tuple(replace(c, key=_key(c)) for c in found)


def _key(control: Control) -> str:
    """The argument's name, with a method's where it is not that method's alone."""
    shipped = [m for m in control.methods if m not in methods.registered] or control.methods
    owner = next((m for m in OWNERS if m in control.methods), min(shipped))
    return control.name if control.name in OWNERS.get(owner, ()) else f"{control.name}_{owner}"


def controls_of(methods: list[str]) -> tuple[list[Control], list[Control]]:
    """The controls that move any of these methods: those in front, and those folded away."""
    mine = [c for c in controls() if set(c.methods) & set(methods)]
    front = [c for name in FRONT for c in mine if c.name == name][:MOST_IN_FRONT]
    return front, [c for c in mine if c not in front]


def ask(control: Control, chosen: list[str] | None = None) -> Any:
    """Draw the control and return its value: a number, a word, or None for "chosen by the method's rule".

    chosen: the methods on the page. A control that does not move all of them says which ones it does.
    """
    d, titles, label = control.declared, _titles(control, chosen), _label(control, chosen)
    if isinstance(d, Choice):
        explained = "  \n".join(f"**{word}**: {meaning}." for word, meaning in WORDS.get(d.name, {}).items()) or None
        start = d.values.index(d.default)
        return st.selectbox(label, d.values, index=start, key=control.key, bind="query-params", help=explained)
    explained = f"In {d.unit}. Moves {', '.join(titles)}."
    if d.optional and d.name in PRESETS:  # UNI's ε, not AGI's
        explained += f" {PRESETS[d.name][0]:g} is {PRESETS[d.name][1]}."
    common = {"key": control.key, "bind": "query-params", "help": explained}
    if _of_words(d):
        words = _stops(d, control.key)
        return _read(d, st.select_slider(label, words, value=_word(d.default), **common))
    low, high, kind = *_ends(d), _kind(d)
    return kind(st.slider(label, low, high, kind(d.default), kind(d.step), **common))


def slider(control: Control, chosen: list[str] | None = None) -> tuple[Slider, list[Any]]:
    """The same control as the slider of a film, and the argument at each of its stops."""
    d = control.declared
    if _of_words(d):
        words = _stops(d, control.key)
        stops: list[Any] = [(word, word) for word in words]
        values = [_read(d, word) for word in words]
    else:
        (low, high), kind = _ends(d), _kind(d)
        values = [kind(round(low + i * d.step, 10)) for i in range(round((high - low) / d.step) + 1)]
        if d.default not in values:  # of a method of the reader's own, between two steps
            values = sorted([*values, kind(d.default)])
        stops = [(value, f"{value:g}") for value in values]
    usual = values.index(None if d.default is None else _kind(d)(d.default))
    shown = tuple(
        Stop(kept, text, f"{d.letter} = {text}" if text != BY_RULE else f"{d.letter} {text}") for kept, text in stops
    )
    return Slider(control.key, _label(control, chosen), shown, usual), values


SMALL, FEW = 3 * 64 * 64, 60  # numbers in a picture, and steps that are cheap for a larger one


def cheap(stops: list[Any], x: Tensor) -> int:
    """How many of a slider's stops are computed before anybody asks for them: of a large picture not those that ask the
    network hundreds of times."""
    if x.numel() <= SMALL:
        return len(stops)
    return sum(value is None or value <= FEW for value in stops)


def _titles(control: Control, chosen: list[str] | None) -> list[str]:
    return [catalogue()[m].title for m in control.methods if chosen is None or m in chosen]


def _label(control: Control, chosen: list[str] | None) -> str:
    """Letter and meaning, and whose it is where it does not move all that is chosen."""
    d, titles = control.declared, _titles(control, chosen)
    only = f" · {', '.join(titles)}" if chosen and len(titles) < len(chosen) else ""
    return f"{d.name if isinstance(d, Choice) else d.letter}: {d.meaning}{only}"


def _of_words(d: Symbol) -> bool:
    """Whether a slider's stops are not evenly spaced: it keeps them as words."""
    return d.logarithmic or d.optional or (d.whole and d.high > 100)


def _word(value: float | None) -> str:
    return BY_RULE if value is None else f"{value:g}"


def _read(d: Symbol, word: str) -> float | None:
    return None if word == BY_RULE else _kind(d)(word)


def _kind(d: Symbol) -> type:
    return int if d.whole else float


def _ends(d: Symbol) -> tuple[float, float]:
    kind = _kind(d)
    return kind(min(d.low, d.default)), kind(max(d.high, d.default))


def _stops(d: Symbol, key: str) -> list[str]:
    """The stops of a slider over a wide range: dense below, round above; the default, the presets, a link's.

    First of all, where there is one, the method's rule."""
    if d.logarithmic:
        values = {float(f"{m * 10.0**e:.2g}") for e in range(-4, 4) for m in _SERIES}
    else:
        values = {k * d.step for k in (*range(1, 21), 25, 30, 40, 50, 60, 75, 100, 150, 200, 250, 300)}
    preset = PRESETS.get(d.name, ())[:1] if d.optional else ()
    values |= {d.low, d.high, d.default, *preset, *_linked(d, key)} - {None}
    rule = [BY_RULE] if d.optional else []
    return [*rule, *(f"{v:g}" for v in sorted(values) if d.low <= v <= d.high or v == d.default)]


def _linked(d: Symbol, key: str) -> set[float]:
    """Numbers between the stops that links asked for; they stay stops for as long as the reader stays."""
    asked = st.session_state.setdefault(f"_linked_{key}", set())
    try:
        value = float(st.query_params.get(key, ""))
        d.check(int(value) if d.whole and value.is_integer() else value)
    except (ValueError, TypeError):
        return asked
    if len(asked) < 100:
        asked.add(value)
    return asked


def ask_output() -> str | None:
    """The score that is explained; None for each method's own."""
    explained = "A probability saturates near 1 and depends on all classes; a logit does neither."
    label = "output: the score F that is explained"
    word = st.selectbox(label, [USUAL, *OUTPUTS], key="output", bind="query-params", help=explained)
    return None if word == USUAL else word


def ask_rest(methods: list[str], model: nn.Module) -> dict[str, Any]:
    """The settings that are not symbols: the score that is explained, the seed of everything random, CAM's layer."""
    asked: dict[str, Any] = {"output": ask_output()}
    asked["seed"] = 0
    if any("seed" in catalogue()[m].defaults for m in methods):
        asked["seed"] = int(
            st.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
        )
    if any("layer" in catalogue()[m].defaults for m in methods):
        last = "the last convolution's"
        layers = [n for n, module in model.named_modules() if n and _convolves(module)]
        layer = st.selectbox("layer: whose map Grad-CAM reads", [last, *layers], key="layer", bind="query-params")
        asked["layer"] = None if layer == last else layer
    return asked


def _convolves(module: nn.Module) -> bool:
    return any(isinstance(m, nn.Conv2d) for m in module.modules())


def values_for(method: str, values: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    """The arguments of one method, as `xai_core.explain` takes them. values: by control key."""
    chosen = catalogue()[method]
    given = {c.name: values[c.key] for c in controls() if method in c.methods and c.key in values}
    given["output"] = rest.get("output") or chosen.output
    if "seed" in chosen.defaults:
        given["seed"] = rest.get("seed", 0)
    if "layer" in chosen.defaults:
        given["layer"] = rest.get("layer")
    return given


def colour_of(word: str, channels: int) -> tuple[float, ...]:
    """ "#rrggbb" as one number in [0, 1] a channel; its mean where the network sees grey only."""
    rgb = tuple(round(int(word[i : i + 2], 16) / 255, 4) for i in (1, 3, 5))
    return rgb if channels == 3 else (round(sum(rgb) / 3, 4),) * channels
