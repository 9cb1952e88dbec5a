"""Sliders for notebooks, made from a function's signature: a new symbol gets its slider by itself."""

import math
from collections.abc import Callable
from typing import Any

import ipywidgets
from IPython.display import display

from xai_core.symbols import Choice, Symbol, of


def widget(declared: Symbol | Choice, value: Any = None) -> ipywidgets.Widget:
    """A slider for a symbol, a list for a choice. value: where it starts, by default the method's default.

    Raises ValueError for a symbol whose default is a rule (None) and not a number, if no value is given.
    """
    value = declared.default if value is None else value
    common = {"description": getattr(declared, "letter", declared.name), "tooltip": declared.meaning}
    if isinstance(declared, Choice):
        return ipywidgets.Dropdown(options=declared.values, value=value, **common)
    if value is None:
        raise ValueError(f"{declared.name} is chosen by a rule; give the number at which its slider starts")
    low, high = min(declared.low, value), max(declared.high, value)
    common["continuous_update"] = False  # recomputing all along a drag would queue up work: follow the release
    if declared.logarithmic:
        return ipywidgets.FloatLogSlider(value=value, min=math.log10(low), max=math.log10(high), step=0.02, **common)
    kind = ipywidgets.IntSlider if declared.whole else ipywidgets.FloatSlider
    return kind(value=value, min=low, max=high, step=declared.step, **common)


def play(function: Callable, draw: Callable[..., Any], **start: Any) -> None:
    """Show `draw(**values)` and, above it, a widget for each of the symbols of `function` named in `start`.

    function: its signature declares the symbols. draw: returns a figure. start: symbol=first value, None: the default.
    Raises TypeError for a name that the function does not declare.
    """
    declared = of(function)
    unknown = [name for name in start if name not in declared]
    if unknown:
        raise TypeError(f"{function.__name__} declares {', '.join(declared)}; got {', '.join(unknown)}")
    controls = {name: widget(declared[name], value) for name, value in start.items()}
    picture = ipywidgets.interactive_output(lambda **values: display(draw(**values)), controls)
    display(ipywidgets.VBox([*controls.values(), picture]))
