"""Methods of your own: a plain function becomes a row of the catalogue, and does all that a row does.

    @xai_core.register                                            # or @xai_core.register(claims="integrated_gradients")
    def my_ig(f, x, B=30, baseline="black"):                      # a score and inputs (N, …) → a map (N, …)
        ...
    xai_core.explain(model, x, "predicted", "my_ig", B=50)

A parameter with the name of a known symbol or choice (B, N, K, eps, sigma, baseline, rule, …) is that symbol. Any other
number gets a range from its type and default; `Annotated[float, Symbol(…)]` says it exactly. Your function sees a copy
of network and input. So it can harm nobody, and what it does wrong is told in one sentence.
What to look at: `row_of`, which makes the row, and guarded.py, which calls your function.
"""

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from xai_core import methods
from xai_core.baselines import make_baseline
from xai_core.guarded import guarded, told
from xai_core.inputs import type_and_shape
from xai_core.path.paths import curve
from xai_core.path.traces import Trace
from xai_core.score import ScoreFunction
from xai_core.signatures import declared
from xai_core.stages import MAP, QUESTION, Method, parameters

RESERVED = ("random", "usual", "reviewers", "edges")  # what benchmark and app call things that are no methods
Given = TypeVar("Given")
Way = Callable[[Any, Tensor, Tensor], Tensor]  # (α, x′, x) → γ(α)


def register(row: Any = None, **about: Any) -> Any:
    """Put a method of your own into the catalogue; the same function again, as from a notebook's cell, replaces it.

    row: a function (f, x, …symbols…), or a `Method`. As a decorator it may stand alone or with keywords.
    about: what `row_of` takes.
    Returns what was given. Raises TypeError or ValueError as `row_of`, and for a name or title that is taken.
    """
    if row is None:
        return functools.partial(register, **about)
    made = row if isinstance(row, Method) and not about else row_of(row, **about)
    _check_free(made)
    methods.registered[made.name] = made
    return row


def load(name: str) -> Method:
    """The row of MODULE:FUNCTION, registered; what the module has registered itself stays as it said.

    The module is imported, so it is named by you and by nobody else. Raises ValueError where there is no such function,
    TypeError or ValueError as `register`.
    """
    module, colon, function = name.partition(":")
    if not colon or not all(part.isidentifier() for part in [*module.split("."), function]):
        raise ValueError(f"method must be MODULE:FUNCTION, such as mymethods:my_ig; got {name!r}")
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as error:  # whatever the module does while it is imported
        raise ValueError(f"method is {name!r}, and it cannot be imported: {told(error)}") from error
    row = methods.registered.get(getattr(found, "__name__", function))
    if row is None or written(row) is not found:
        register(found)
    return methods.registered[found.name if isinstance(found, Method) else found.__name__]


def written(row: Method) -> Callable:
    """The function as its author wrote it, without what stands around it."""
    return inspect.unwrap(row.function)


def row_of(
    function: Callable,
    *,
    title: str = "",
    claims: str = "",
    path: Way | None = None,
    family: str = "",
    paper: str = "",
    equation: str = "",
    cost: str = "",
    needs: str = "inside",
    output: str = "",
) -> Method:
    """A row of the catalogue from a function (f, x, …symbols…) → map.

    title: as in a heading; the function's name unless given. claims: the catalogue's method that it means to be: its
        family, equation and score are then those of the reference, and its path, too.
    path: a function (α, x′, x) → γ(α), if the map is collected on a path of your own; the function then takes B.
    family, paper, equation, cost, needs, output: as in `Method`.
    Raises TypeError or ValueError, in a sentence that says how to declare what is not understood.

    Examples:
        >>> from xai_core.registry import row_of
        >>> def my_method(f, x, B=30, width=0.5):
        ...     return x
        >>> {name: (symbol.letter, symbol.high) for name, symbol in row_of(my_method).symbols.items()}
        {'B': ('B', 300), 'width': ('width', 2.0)}
    """
    if not inspect.isfunction(function) or not function.__name__.isidentifier():
        raise TypeError(f"a method must be a function with a name, def my_method(f, x): …; got {function!r}")
    shipped = methods.shipped()
    if claims and claims not in shipped:
        raise ValueError(f"claims must be one of {', '.join(shipped)}; got {claims!r}")
    called = guarded(function, declared(function))
    like = shipped.get(claims)
    made = Method(
        called,
        title=title or function.__name__,
        family=family or ("path" if path else like.family if like else "own"),
        paper=paper or (f"yours, after {like.paper}" if like else "yours"),
        equation=equation or (like.equation if like else ""),
        cost=cost,
        needs=needs,
        output=output or (like.output if like else "probability"),
        claims=claims,
    )
    return replace(made, stages={**_path(made, path, like), MAP: called})


def _check_free(row: Method) -> None:
    """Raise ValueError where the name or the title is another method's."""
    if row.name in methods.shipped() or row.name in RESERVED:
        raise ValueError(
            f"{row.name} is a name of the catalogue already; call your function otherwise, such as my_{row.name}"
        )
    known = methods.registered.get(row.name)
    place = (row.function.__module__, row.function.__qualname__)
    if known and (known.function.__module__, known.function.__qualname__) != place:
        raise ValueError(f"{row.name} is registered already, from {known.function.__module__}; give yours another name")
    if any(other.title == row.title for name, other in methods.catalogue().items() if name != row.name):
        raise ValueError(f"title {row.title!r} is that of another method; give yours another one")


# --- the path ---------------------------------------------------------------------------------------------------------


def _path(row: Method, path: Way | None, like: Method | None) -> dict[str, Callable]:
    """The stages up to "trace" and "nodes": of a path of one's own, or the reference's; {} where there is none."""
    if path is None:
        if like is None or "trace" not in like.chain or not set(parameters(like.chain["nodes"])) & set(row.symbols):
            return {}
        return {name: _with(row, stage, like) for name, stage in like.chain.items() if name in _before(like)}
    if "B" not in row.symbols:
        raise ValueError(f"{row.name} has a path of its own, so it must take B, the steps along it: B=30")

    def point(a: Tensor, start: Tensor, x: Tensor) -> Tensor:
        try:
            at = path(a, start, x)
        except Exception as error:
            raise RuntimeError(f"the path of {row.name} stopped with {told(error, path)}") from error
        if not isinstance(at, Tensor) or at.shape != x.shape:
            raise ValueError(
                f"the path of {row.name} must return points like x, {tuple(x.shape)}; got {type_and_shape(at)}"
            )
        return at

    def trace(f: ScoreFunction, x: Tensor, start: Tensor) -> Trace:
        return Trace(f, curve(lambda α: torch.stack([point(a, start, x) for a in α.to(x).unbind()])), x)

    trace.__module__, trace.__qualname__ = row.function.__module__, f"{row.name}.trace"  # whose results are kept apart
    return {"start": _with(row, make_baseline), "trace": trace, "nodes": _right_rule}


def _right_rule(B: int) -> tuple[int, str]:
    return B, "right"


def _before(like: Method) -> set[str]:
    """The stages that "trace" and "nodes" depend on, and these two."""
    found, ahead = set[str](), ["trace", "nodes"]
    while ahead:
        name = ahead.pop()
        if name in like.chain and name not in found:
            found.add(name)
            ahead += parameters(like.chain[name])
    return found


def _with(row: Method, stage: Callable, like: Method | None = None) -> Callable:
    """A stage that asks for what the row has; what it lacks has the reference's default, or the stage's own."""
    signature, known = inspect.signature(stage), (*QUESTION, *row.defaults, *(like.chain if like else ()))
    usual = {name: p.default for name, p in signature.parameters.items()} | (like.defaults if like else {})
    fixed = {name: usual[name] for name in signature.parameters if name not in known}

    @functools.wraps(stage)
    def bound(**given: Any) -> Any:
        return stage(**fixed, **given)

    left = [p for name, p in signature.parameters.items() if name not in fixed]
    bound.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
    return bound
