"""Every check of every notebook, given what goes wrong in any exercise: one sentence, no raw error, no equal numbers.

The right answers are the notebooks' own solutions; each wrong one is made of a right one.
"""

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from torch import Tensor

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def asked(tree: ast.Module) -> list[tuple[str, str]]:
    """(check, function) for each line `check.name(function)`."""
    calls = [node.value for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    calls = [call for call in calls if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "check"]
    return [(call.func.attr, ast.unparse(call.args[0])) for call in calls]


@cache
def cells() -> dict[str, list[ast.Module]]:
    """The modules of checks, and of each its notebook's imports, then the cells that hold solutions."""
    found: dict[str, list[ast.Module]] = {}
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        trees = [ast.parse(cell.source) for cell in code]
        imports = [node for tree in trees for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        (module,) = (a.name for n in imports for a in n.names if a.asname == "check")
        solutions = [t for c, t in zip(code, trees, strict=True) if "solution" in c.metadata.get("tags", [])]
        found.setdefault(module, []).extend([ast.Module([n for n in imports if not is_checks(n)], []), *solutions])
    return found


def is_checks(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and str(node.module).startswith("checks")


@cache
def solution(module: str, function: str) -> Callable:
    """The function of that name in the notebook's solutions."""
    names: dict[str, Any] = {}
    for tree in cells()[module]:
        kept = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom | ast.FunctionDef)]
        kept = [n for n in kept if not is_checks(n)]
        exec(compile(ast.Module(kept, []), f"<{module}>", "exec"), names)
    return names[function]


CHECKS = [
    (module, name, function)
    for module, trees in cells().items()
    for tree in trees
    for name, function in asked(tree)
    if function.startswith("solution")
]


def each(change: Callable[[Tensor], Any]) -> Callable[[Any], Any]:
    """The change of an answer, whatever it is made of: a tensor, an array, a number, a tuple of numbers, a list."""

    def changed(found: Any) -> Any:
        if isinstance(found, Tensor):
            return change(found)
        if isinstance(found, np.ndarray):
            return np.asarray(change(torch.from_numpy(found)))
        if isinstance(found, list):
            return [change(value) for value in found]
        if isinstance(found, str):
            return found[1:]
        value = change(torch.tensor(found, dtype=torch.double))
        return tuple(value.tolist()) if isinstance(found, tuple) and value.dim() else value

    return changed


def number(change: Callable[[Tensor], Tensor]) -> Callable[[Any], Any]:
    return each(lambda t: change(t.double()))


def holed(t: Tensor) -> Tensor:
    t = t.double().clone()
    t.view(-1)[0] = torch.nan
    return t


def nudged(t: Tensor) -> Tensor:
    """The last number off by three ten-thousandths: two digits would not show it."""
    t = t.double().clone()
    t.view(-1)[-1] += 3e-4
    return t


CHANGES: dict[str, Callable[[Any], Any]] = {
    "zeros": number(torch.zeros_like),
    "ones": number(torch.ones_like),
    "sign": number(lambda t: -t),
    "absolute": number(torch.abs),
    "squared": number(torch.square),
    "double": number(lambda t: 2 * t),
    "halved": number(lambda t: t / 2),
    "a tenth more": number(lambda t: 1.1 * t),
    "one more": number(lambda t: t + 1),
    "off by little": each(nudged),
    "normalised": number(lambda t: t / t.abs().sum()),
    "by the largest": number(lambda t: t / t.abs().max()),
    "softmax": number(lambda t: t.flatten().softmax(0).view(t.shape)),
    "sum": number(torch.sum),
    "mean": number(torch.mean),
    "relu": number(torch.relu),
    "transposed": number(lambda t: t.mT if t.dim() > 1 else t),
    "reversed": number(lambda t: t.flatten().flip(0).view(t.shape)),
    "one too few": number(lambda t: t[:-1] if t.dim() else t),
    "first": number(lambda t: t[0] if t.dim() else t),
    "twice": number(lambda t: torch.stack([t, t])),
    "flat": number(torch.flatten),
    "a batch": number(lambda t: t[None]),
    "NaN": number(lambda t: t * torch.nan),
    "one NaN": each(holed),
    "infinite": number(lambda t: t + torch.inf),
    "complex": number(lambda t: t * 1j),
    "yes or no": each(lambda t: t > 0.5),
    "whole numbers": each(lambda t: t.long()),
    "half precision": each(lambda t: t.half()),
    "with a gradient": number(lambda t: t.detach().requires_grad_()),
    "an array": each(lambda t: t.detach().numpy()),
    "a list": each(lambda t: t.tolist()),
    "a text": lambda found: str(found) + "!",
    "a text instead": lambda found: "art",
    "a dictionary": lambda found: {"A": found},
    "a pair": lambda found: (found, found),
    "a list of it": lambda found: [found],
    "nothing": lambda found: None,
    "a list of nothing": lambda found: [None],
    "empty": lambda found: torch.zeros(0),
    "an empty list": lambda found: [],
    "a function": lambda found: lambda: found,
    "a type": lambda found: type(found),
    "a number": lambda found: 0.123,
    "a large number": lambda found: 1e30,
    "another error": lambda found: found.no_such_name,
    "an index": lambda found: [][1],
    "a division": lambda found: 1 / 0,
    "shapes": lambda found: torch.ones(2, 3) @ torch.ones(2, 3),
    "a key": lambda found: {}["key"],
    "an assertion": lambda found: exec("assert False"),
    "to do": lambda found: exec("raise NotImplementedError"),
}


def plain(found: Any) -> Any:
    """The numbers of an answer in a flat list, or the answer itself."""
    try:
        values = found if isinstance(found, list | tuple) else [found]
        return torch.cat([torch.as_tensor(v).detach().double().flatten() for v in values])
    except (TypeError, ValueError, RuntimeError):
        return found


def alike(a: Any, b: Any) -> bool:
    a, b = plain(a), plain(b)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-3)
    return re.findall(r"\w+", str(a)) == re.findall(r"\w+", str(b))


def said_well(line: str) -> None:
    """No error that nobody expected, one line that ends, and no two numbers that look the same."""
    assert "cannot be judged" not in line
    assert line.count("\n") == 1 and line.rstrip()[-1] in ".)?"
    for wanted, yours in re.findall(r"(-?\d+\.?\d*)[;,] yours(?: is| to)? (-?\d+\.?\d*)", line):
        assert float(wanted) != float(yours), line


@pytest.mark.parametrize(("module", "name", "function"), CHECKS, ids=[f"{m}.{n}" for m, n, _ in CHECKS])
def test_every_wrong_answer_gets_a_sentence(verdict: Callable, module: str, name: str, function: str) -> None:
    right = solution(module, function)
    assert verdict(module, name, right).startswith("Right.")
    for what, change in CHANGES.items():
        pairs = []

        def answer(*given: Any, change: Callable = change, pairs: list = pairs) -> Any:
            found = right(*given)
            pairs.append((found, change(found)))
            return pairs[-1][1]

        line = verdict(module, name, answer)
        said_well(line)
        if line.startswith("Right.") and name != "breaks_sensitivity":  # many functions are right there
            assert all(alike(found, changed) for found, changed in pairs), f"{what}: {line}"


@pytest.mark.parametrize(("module", "name", "function"), CHECKS, ids=[f"{m}.{n}" for m, n, _ in CHECKS])
def test_what_is_no_answer_gets_a_sentence(verdict: Callable, module: str, name: str, function: str) -> None:
    for says, answer in {
        "hand over a float": 0.5,
        "hand over a list": [1, 2],
        "hand over a Tensor": torch.zeros(2),
        "it takes ()": lambda: 0.5,
        "it takes (a, b,": lambda a, b, c, d, e, f, g, h, i: 0.5,
        "Not done yet": ...,
    }.items():
        line = verdict(module, name, answer)
        said_well(line)
        assert says in line


def overwritten(value: Any) -> None:
    if isinstance(value, Tensor | np.ndarray):
        value[...] = 1 if value.dtype in (torch.bool, bool) else value + 1
    elif isinstance(value, list):
        for one in value:
            overwritten(one)
        value.append(0.0)


@pytest.mark.parametrize(("module", "name", "function"), CHECKS, ids=[f"{m}.{n}" for m, n, _ in CHECKS])
def test_an_answer_that_changes_its_input_is_told_so(verdict: Callable, module: str, name: str, function: str) -> None:
    seen = []

    def answer(*given: Any) -> Any:
        found = solution(module, function)(*given)
        seen.append(any(isinstance(value, Tensor | np.ndarray | list) for value in given))
        with torch.no_grad():
            overwritten(list(given))
        return found

    line = verdict(module, name, answer)
    assert ("changes what it is given" in line) == any(seen)
    assert verdict(module, name, solution(module, function)).startswith("Right.")  # the test's own numbers are whole
