"""What a plain function declares: of each parameter after f and x the symbol or the choice that it is.

    B=30                              a known name: its letter, meaning and range, with your default
    width=0.5, width: float = 0.5     another number: from 0, or 1 for whole numbers, to four times the default
    mode: Literal["a", "b"] = "a"     a choice of words
    Annotated[float, Symbol("width", "w", "width of a window", "pixels", low=1, high=9, step=1)] = 5      all of it

    flag=True, layer=None             keywords without a slider

Anything else is refused in a sentence that says how to declare it.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, Literal, get_args, get_origin

from xai_core import methods, symbols
from xai_core.symbols import Choice, Symbol

WRONG = ("model", "network", "net", "target", "label", "y", "c")  # what f is made of
HOW = 'Annotated[float, Symbol("{name}", "{name}", "what it means", "its unit", low=0, high=1, step=0.01)]'


@cache
def known() -> dict[str, Symbol | Choice]:
    """The symbols and choices that have a name everywhere, and of other names what the first of the methods means."""
    found: dict[str, Symbol | Choice] = {}
    for shared in (symbols.Steps, symbols.Length, symbols.Samples):
        found |= {note.name: note for note in get_args(shared)[1:] if isinstance(note, Symbol)}
    shipped = methods.shipped()
    for row in (shipped["uni"], *shipped.values()):  # ε is ‖x − x′‖₂, not AGI's change of a pixel
        found = dict[str, Symbol | Choice]() | row.symbols | row.options | found
    return found


def declared(function: Callable) -> inspect.Signature:
    """The function's signature as a method's: (f, x, …), every other parameter with its symbol or choice.

    Raises TypeError or ValueError with a sentence for a parameter that is not understood.
    """
    name = function.__name__
    try:
        given = list(inspect.signature(function, eval_str=True).parameters.values())
    except NameError as error:
        raise TypeError(f"{name} has an annotation that cannot be read: {error}") from error
    loose = [str(p) for p in given if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD, p.POSITIONAL_ONLY)]
    bare = [p for p in given if p.default is p.empty]
    if loose or len(given) < 2 or len(bare) > 2 or given[0].name in WRONG:
        takes = ", ".join(str(p.replace(annotation=p.empty)) for p in given)
        raise TypeError(f"{name} must take (f, x, …): f is the score, which knows network and class, x the inputs, and"
                        f" every other parameter has a name and a default; it takes ({takes})")  # fmt: skip
    kept = [p.replace(annotation=_annotation(name, p)) for p in given[2:]]
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first = [inspect.Parameter(name, place) for name in ("f", "x")]
    return inspect.Signature([*first, *(p.replace(kind=place) for p in kept)])


def _annotation(function: str, parameter: inspect.Parameter) -> Any:
    """A type that carries what the parameter is."""
    name, default = parameter.name, parameter.default
    if name == "seed":
        if isinstance(default, bool) or not isinstance(default, Integral):
            raise TypeError(f"{function}: seed must have a whole number as default, seed=0; got {default!r}")
        return int
    if name == "layer" or isinstance(default, bool):  # a network's own word, and yes or no: keywords without a slider
        return object
    notes = [n for n in get_args(parameter.annotation)[1:] if isinstance(n, Symbol | Choice)]
    if get_origin(parameter.annotation) is Annotated and notes:
        found = notes[0]
    elif get_origin(parameter.annotation) is Literal:
        found = Choice(name, name, get_args(parameter.annotation))
    else:
        found = known().get(name) or _of_number(function, parameter)
    if isinstance(found, Symbol):
        found = replace(found, optional=default is None and found.optional)
    _check(function, name, default, found)
    return Annotated[object, found]


def _of_number(function: str, parameter: inspect.Parameter) -> Symbol:
    """A symbol for a number of which nothing is known but its default. Raises TypeError where it is no number."""
    name, default = parameter.name, parameter.default
    number = isinstance(default, Real) and not isinstance(default, bool) and 0 <= float(default) < math.inf
    if not number:
        how = f'Literal["one", "another"], the words that {name} may be' if isinstance(default, str) else HOW
        raise TypeError(f"{function}: {name}={default!r} is no number from 0 on, and no name that methods share;"
                        f" declare it as {name}: {how.format(name=name)} = {default!r}")  # fmt: skip
    if isinstance(default, Integral) and parameter.annotation is not float:
        least = min(1, int(default))
        return Symbol(name, name, f"of {function}", "a whole number", low=least, high=max(10, 4 * int(default)), step=1,
                      least=least, whole=True)  # fmt: skip
    high = 4 * float(default) or 1.0
    return Symbol(name, name, f"of {function}", "a number", low=0.0, high=high, step=float(f"{high / 100:.0e}"))


def _check(function: str, name: str, default: Any, found: Symbol | Choice) -> None:
    """Raise ValueError or TypeError unless the default is one that a slider or a list can begin with."""
    try:
        if isinstance(found, Choice):
            replace(found, name=name, open="").check(default)
            return
        if not (found.low < found.high and found.step > 0):
            raise ValueError(f"{name} must have low < high and step > 0; got {found}")
        replace(found, name=name).check(default)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: the default of {error}") from None
