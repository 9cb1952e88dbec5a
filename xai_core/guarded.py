"""Around a function that may do anything: it works on copies, and whatever goes wrong is told in one sentence.

    symbols checked  →  network and input copied  →  the function  →  global settings as they were  →  a map, or why not

So a method of your own changes no network, no generator and no setting of anybody's, and needs no care for that.
"""

import functools
import inspect
import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.network.private_copy import private_copy
from xai_core.score import Score, ScoreFunction


def guarded(function: Callable, signature: inspect.Signature) -> Callable[..., Tensor]:
    """The function with its symbols checked, on copies, with one sentence for whatever goes wrong."""
    name = function.__name__

    @functools.wraps(function)
    def called(*arguments: Any, **given: Any) -> Tensor:
        asked = signature.bind(*arguments, **given)
        asked.apply_defaults()
        f, x, *_ = asked.arguments.values()
        rest = {n: value for n, value in asked.arguments.items() if n not in ("f", "x")}
        symbols.check(called, **rest)
        with torch.inference_mode(False), torch.enable_grad(), kept_settings():
            try:
                A = function(with_own_weights(f), x.detach().clone(), **rest)
            except Exception as error:
                raise RuntimeError(f"{name} stopped with {told(error, function)}") from error
        return as_map(A, x, name)

    called.__signature__ = signature  # type: ignore[attr-defined]
    return called


def with_own_weights(f: ScoreFunction) -> ScoreFunction:
    """The same score with weights of its own memory: whatever is written into them is written for one call."""
    if not isinstance(f, Score):
        return f
    model = private_copy(f.model)
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()
    return replace(f, model=model, own=True)


def as_map(A: Any, x: Tensor, name: str) -> Tensor:
    """What was returned, as a map. Raises TypeError or ValueError with a sentence where it is none."""
    if not isinstance(A, Tensor):
        raise TypeError(f"{name} must return a tensor shaped like x, {tuple(x.shape)}; got {type(A).__name__}")
    pixels = (len(x), 1, *x.shape[2:])
    if A.shape not in (x.shape, torch.Size(pixels)) or A.is_complex():
        kind = "complex numbers" if A.is_complex() else tuple(A.shape)
        raise ValueError(f"{name} must return a map shaped like x, {tuple(x.shape)}, or one value a pixel, {pixels};"
                         f" got {kind}")  # fmt: skip
    A = A.detach().to(x.device, x.dtype, copy=True).contiguous()
    holes = int((~torch.isfinite(A)).sum())
    if holes:
        raise ValueError(f"{name} must return finite numbers; {holes} of {A.numel()} are not: look for 0 / 0 or log 0")
    return A


def told(error: BaseException, function: Callable | None = None) -> str:
    """Such as "IndexError: index 3 is out of bounds, at «x[3]» in line 12"."""
    said = " ".join(str(error).split())
    file = inspect.getsourcefile(function) if function else getattr(error, "filename", None)
    lines = [each for each in traceback.extract_tb(error.__traceback__) if each.filename == file]
    where = f", at «{lines[-1].line}» in line {lines[-1].lineno}" if lines and lines[-1].line else ""
    return f"{type(error).__name__}{f': {said}' if said else ''}{where}"


@contextmanager
def kept_settings() -> Iterator[None]:
    """Whatever the block makes of the global generators, and of torch's type and number of threads, is undone."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    kind, threads = torch.get_default_dtype(), torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1]), random.setstate(states[2])  # noqa: NPY002
        torch.set_default_dtype(kind)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
