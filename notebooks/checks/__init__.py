"""What looks at an answer to an exercise and says, in one sentence, what is wrong with it.

A check never raises, so a notebook always runs through. It prints one line that begins with one of three words:
«Not done yet» (nothing is filled in), «Not yet» (and what is wrong), «Right» (and what follows from it).

A check is made of four steps: `ask` calls the answer, `number` or `tensor` refuses what is none, `compare` names the
mistake. So no check meets an error of its own, and none prints two numbers that look the same.
"""

import copy
import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

TO_DO = "Not done yet: replace the three dots by your answer, then run this cell and the one above again."
CLOSE = 1e-5  # what single precision may round away

# What is likely wrong where an error of this kind stops somebody's code.
LIKELY = {
    IndexError: "An index is too large. Are rows and columns exchanged, or does a range go one too far?",
    KeyError: "No such key. Print what there is.",
    ZeroDivisionError: "You divide by 0.",
    NameError: "Is a name misspelt, or defined in a cell that you have not run?",
    AttributeError: "Something has another type than you think: print type(…).",
    TypeError: "Something has another type than you think: print type(…).",
    RuntimeError: "Do the shapes fit? Print them.",
    ValueError: "Do the shapes fit? Print them.",
    RecursionError: "Your function calls itself without end.",
}


class Wrong(Exception):
    """What is wrong with an answer, as a sentence for the person who wrote it."""


class NotDone(Exception):
    """The stub still returns its three dots."""


def require(true: bool, otherwise: str) -> None:
    """Raise Wrong with this sentence unless it holds."""
    if not true:
        raise Wrong(otherwise)


def done(value: Any) -> Any:
    """The value, if there is one yet."""
    if value is None or value is ...:
        raise NotDone
    return value


def check(judge: Callable[[Any], str]) -> Callable[[Any], None]:
    """Make a check of a function that raises Wrong, or returns what a right answer shows."""

    @functools.wraps(judge)
    def checked(answer: Any) -> None:
        try:
            print(f"Right. {judge(done(answer))}")
        except NotDone:
            print(TO_DO)
        except Wrong as wrong:
            print(f"Not yet. {wrong}")
        except Exception as error:  # an answer stranger than all we thought of; the notebook goes on
            print(f"Not yet. What you return cannot be judged ({type(error).__name__}). Compare it with the stub.")

    return checked


def ask(answer: Any, *arguments: Any) -> Any:
    """What the answer, a function, returns for copies of the arguments.

    Raises:
        Wrong: if it is no function, takes other arguments, stops with an error, or changes what it is given.
        NotDone: if it returns nothing yet.
    """
    require(callable(answer), f"You hand over {_a(answer)}. Hand over the function itself, without calling it.")
    copies = copy.deepcopy(arguments)
    takes = _takes(answer)
    try:
        takes.bind(*copies)
    except TypeError:
        given = "1 argument" if len(copies) == 1 else f"{len(copies)} arguments"
        raise Wrong(f"Your function is called with {given}, as in the stub, and it takes {takes}.") from None
    try:
        found = answer(*copies)
    except (Wrong, NotDone):
        raise
    except NotImplementedError:
        raise NotDone from None
    except Exception as error:
        raise Wrong(_stopped(error, answer)) from None
    same = all(_same(given, kept) for given, kept in zip(copies, arguments, strict=True))
    require(same, "Your function changes what it is given. Work on a copy, or make a new tensor.")
    return done(found)


def _takes(answer: Callable) -> inspect.Signature:
    """What a function takes; anything, where Python does not know."""
    try:
        return inspect.signature(answer)
    except ValueError:
        return inspect.signature(lambda *anything: None)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(_same(one, other) for one, other in zip(a, b, strict=True))
    if isinstance(a, Tensor):
        return a.shape == b.shape and torch.equal(a.detach(), b)
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b


def _stopped(error: Exception, answer: Any) -> str:
    """Where the answer's own code stopped, with what, and what is likely wrong."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" at «{lines[-1]}»" if lines and lines[-1] else ""
    likely = next((LIKELY[kind] for kind in type(error).__mro__ if kind in LIKELY), "Run it on a small example.")
    said = str(error).strip().splitlines()
    return f"Your code stopped with {type(error).__name__}{where}. {likely}" + (f" ({said[0]})" if said else "")


def _a(value: Any) -> str:
    name = {"ndarray": "NumPy array"}.get(type(value).__name__, type(value).__name__)
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def number(found: Any, wanted: str = "One number is asked for.") -> float:
    """The one number that an answer is. Raises Wrong, with the sentence of what is wanted, for anything else."""
    try:
        value = torch.as_tensor(found).detach()
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"You return {_a(found)}. {wanted}") from None
    require(value.numel() == 1, f"You return {tuple(value.shape)} numbers. {wanted}")
    require(not value.is_complex(), f"You return a complex number. {wanted}")
    return float(_finite(value.double()))


def tensor(found: Any, nan: str = "") -> Tensor:
    """The torch.Tensor that an answer is, in double. Raises Wrong for anything else and for NaN; `nan` is its cause."""
    require(isinstance(found, Tensor), f"You return {_a(found)}. Return a torch.Tensor.")
    require(not found.is_complex(), "You return complex numbers. Return real ones.")
    return _finite(found.detach().to_dense().double(), nan)


def _finite(value: Tensor, nan: str = "") -> Tensor:
    which = "some of your numbers are" if value.numel() > 1 else "your number is"
    cause = nan or "Look for 0 / 0 and for the root or logarithm of a number below 0."
    require(not value.isnan().any(), f"{which.capitalize()} NaN. {cause}")
    require(not value.isinf().any(), f"{which.capitalize()} infinite. Look for a division by 0.")
    return value


def compare(found: Any, right: Any, mistakes: Iterable[tuple[Any, str]] = (), case: str = "") -> None:
    """Raise Wrong unless the numbers are right, with the best sentence there is.

    Args:
        found, right: a number each, or a tensor each.
        mistakes: a wrong answer, and the sentence for whoever has it.
        case: what the test is, before both numbers: «On our small test the share is».
    """
    found, right = _double(found), _double(right)
    if _close(found, right):
        return
    for value, what in mistakes:
        require(not _close(found, _double(value)), what)
    require(found.dim() or not right.dim(), f"You return one number. The shape should be {tuple(right.shape)}.")
    if found.shape != right.shape:
        numbers = "The numbers are right. " if found.numel() == right.numel() and _alike(found, right) else ""
        turned = found.dim() > 1 and found.shape == right.shape[::-1]
        hint = " Rows and columns are exchanged." if turned else ""
        raise Wrong(f"{numbers}The shape should be {tuple(right.shape)}; yours is {tuple(found.shape)}.{hint}")
    kind = _kind(found, right)
    require(not kind, kind)
    at = int((found - right).abs().argmax())
    place = [int(i) for i in np.unravel_index(at, tuple(right.shape))]
    wanted, yours = apart(float(right.flatten()[at]), float(found.flatten()[at]))
    case = case or (f"The largest difference is at {place}. It should be" if place else "On our small test it is")
    raise Wrong(f"{case} {wanted}; yours is {yours}.")


def _double(value: Any) -> Tensor:
    return torch.as_tensor(value).detach().double()


def _close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=CLOSE, atol=CLOSE)


def _alike(a: Tensor, b: Tensor) -> bool:
    return _close(a.flatten(), b.flatten())


def _kind(found: Tensor, right: Tensor) -> str:
    """What is wrong in the same way in every exercise, or nothing."""
    many = found.numel() > 1
    if _close(found, torch.zeros_like(found)):
        return f"You return {'zeros only' if many else '0'}."
    if _close(found, -right):
        return "The sign is the other way round."
    if _close(found, right.abs()):
        return "You lost the sign. Do not take absolute values at the end."
    size = right.square().sum()
    factor = float((found * right).sum() / size) if size else 0.0
    nice = many or any(abs(factor - n) < CLOSE for n in (2, 3, 4, 10, 100, 0.5, 0.25, 0.1, 0.01))
    if nice and abs(factor) > CLOSE and _close(found / factor, right):
        return f"All is {factor:.3g} times what it should be: a factor too much, or one is missing."
    if many and _close(found.flatten().sort().values, right.flatten().sort().values):
        return "These are the right numbers in the wrong places. Are axes exchanged, or is the order reversed?"
    if many and _close(found, found.flatten()[:1].expand(found.numel()).view(found.shape)):
        return f"All your numbers are the same, {float(found.flatten()[0]):.3g}."
    if not many and _close(found, right.square()):
        return "That is the square of it."
    if not many and right and _close(found, 1 / right):
        return "Upside down: you divide the other way round."
    return ""


def apart(a: float, b: float, least: int = 3) -> tuple[str, str]:
    """Both numbers, with as many digits as it takes to tell them apart, three at least or as many as asked for."""
    for digits in range(least, 12):
        texts = f"{a:.{digits}f}", f"{b:.{digits}f}"
        if float(texts[0]) != float(texts[1]):
            return texts
    return f"{a!r}", f"{b!r}"
