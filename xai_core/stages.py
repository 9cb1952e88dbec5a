"""A method is a row of the catalogue, and a chain of stages: plain functions, run one after the other.

    IG     start(x, baseline, seed)  →  trace(f, x, start)  →  attribution(trace, B, rule)
    LIME   near(f_all, x, N, segments, fill, seed)  →  fit(near, target, K, sigma, distance)  →  …

A stage names in its signature all that it depends on, and nothing else:

    f, x, target     the question: the score, one input (1, …), the class that f explains
    f_all            the score again, where its class plays no part: the answers of all classes are read
    an earlier stage by its name: its result
    anything else    a symbol or option of the method

So a result may be kept for as long as these stay the same. Moving K asks the network nothing; moving B asks for the
points that are new. The method's own function is the same chain, written out; nobody needs this file to read it.
What to look at: `Stages.__getitem__`, which is all that runs.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from torch import Tensor

from xai_core.score import Score, check_score
from xai_core.symbols import Choice, Symbol, of

QUESTION = ("f", "f_all", "x", "target")  # what a stage may name besides stages and symbols
MAP = "attribution"  # the last stage of every chain


@dataclass(frozen=True)
class Method:
    """A row of the catalogue. Symbols, options and their defaults are read from the function's signature."""

    function: Callable[..., Tensor]
    title: str  # as in a heading
    family: str  # "gradient", "path", "activation" or "perturbation"; of your own also another word
    paper: str
    equation: str = ""  # LaTeX, with the letters of the symbols
    cost: str = ""  # passes through the network for one input, in the method's symbols; "": not counted yet
    needs: str = "inside"  # of the network: "answers", "gradients" or "inside"
    output: str = "probability"  # what is explained unless the caller says otherwise
    stages: Mapping[str, Callable] = field(default_factory=dict, compare=False)  # {}: the function is the only one
    claims: str = ""  # of a method of your own: the one of the catalogue that it means to be

    @property
    def name(self) -> str:
        """As in explain(…, method=name)."""
        return self.function.__name__

    @property
    def chain(self) -> Mapping[str, Callable]:
        """The stages by name, in order; the last one gives the map."""
        return self.stages or {MAP: self.function}

    @property
    def symbols(self) -> dict[str, Symbol]:
        """The method's numbers by keyword, each with its default for this method."""
        return {k: s for k, s in of(self.function).items() if isinstance(s, Symbol)}

    @property
    def options(self) -> dict[str, Choice]:
        """The method's choices of a word (baseline, rule, …) by keyword."""
        return {k: c for k, c in of(self.function).items() if isinstance(c, Choice)}

    @property
    def defaults(self) -> dict[str, Any]:
        """Every keyword of this method with its default, and `output`."""
        given = _signature(self.function).items()
        return {"output": self.output} | {name: default for name, default in given if name not in QUESTION}


class Key(NamedTuple):
    """What a stage's result depends on besides the network and the input. Equal keys, equal results."""

    stage: Callable
    of_class: bool  # whether the class plays a part
    parts: tuple[tuple[str, Any], ...]  # (symbol, value) or (earlier stage, its key)


Keep = Callable[[str, Key, Callable[[], Any]], Any]  # name, key, compute → the result, kept or new


class Stages:
    """One method asked about one input: a stage is run when its result is first asked for, and once.

        run = Stages(catalogue()["uni"], f, x, {"B": 30})
        run["trace"].monotonicity(), run.map, run.but(B=15).map          the second map shares the trace

    given: the method's keywords, as in `explain`; those left out have the method's defaults.
    keep: where results are kept for longer than this object, (name, key, compute) → result.
    Raises TypeError for a keyword that the method does not take, ValueError for more than one input.
    """

    def __init__(
        self, method: Method, f: Score, x: Tensor, given: Mapping[str, Any] | None = None, keep: Keep | None = None
    ) -> None:
        check_score(f)
        if len(x) != 1:
            raise ValueError(f"x must be one input (1, …), stages are its own; got {len(x)}")
        unknown = [name for name in given or {} if name not in method.defaults]
        if unknown:
            raise TypeError(f"{method.name} takes {', '.join(method.defaults)}; got {', '.join(unknown)}")
        self.method, self.f, self.x, self._keep = method, f, x, keep
        self.given = method.defaults | dict(given or {})
        self._found: dict[str, Any] = {}

    def __contains__(self, stage: str) -> bool:
        return stage in self.method.chain

    def get(self, *stages: str) -> Any:
        """The result of the first of these stages that the method has; None if it has none of them."""
        return next((self[stage] for stage in stages if stage in self), None)

    def __getitem__(self, stage: str) -> Any:
        """The result of a stage; those that it depends on are run first."""
        if stage not in self._found:
            function = self.method.chain[stage]

            def compute() -> Any:
                return function(**{name: self._argument(name) for name in parameters(function)})

            self._found[stage] = self._keep(stage, self.key(stage), compute) if self._keep else compute()
        return self._found[stage]

    def _argument(self, name: str) -> Any:
        if name in self.method.chain:
            return self[name]
        return {"f": self.f, "f_all": self.f, "x": self.x, "target": int(self.f.target[0])}.get(
            name, self.given.get(name)
        )

    def key(self, stage: str) -> Key:
        """All that the result depends on besides the network, its output and the input."""
        function = self.method.chain[stage]
        named = [name for name in parameters(function) if name not in QUESTION]
        parts = tuple((name, self.key(name) if name in self else self.given[name]) for name in named)
        of_class = bool({"f", "target"} & set(parameters(function)))
        return Key(function, of_class or any(isinstance(p, Key) and p.of_class for _, p in parts), parts)

    def depends_on(self, stage: str) -> set[str]:
        """The symbols and options that the result depends on, those of earlier stages too."""
        named = set(parameters(self.method.chain[stage])) - set(QUESTION)
        return set().union(*(self.depends_on(name) if name in self else {name} for name in named))

    def but(self, **changed: Any) -> "Stages":
        """The same with other values. Stages that do not depend on them are not run again."""
        other = Stages(self.method, self.f, self.x, self.given | changed, self._keep)
        other._found = {s: found for s, found in self._found.items() if not self.depends_on(s) & set(changed)}
        return other

    @property
    def map(self) -> Tensor:
        """The attribution, shaped like x."""
        return like(self[MAP], self.x)


def parameters(function: Callable) -> tuple[str, ...]:
    """The names in a stage's signature."""
    return tuple(_signature(function))


@cache  # reading a signature takes longer than a small network's pass
def _signature(function: Callable) -> dict[str, Any]:
    """The names in a function's signature, each with its default."""
    return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}


def like(A: Tensor, x: Tensor) -> Tensor:
    """A map with one value a pixel, spread over the channels of x in equal parts: their sum is the map."""
    return A if A.shape == x.shape else (A / x.shape[1]).expand_as(x).contiguous()
