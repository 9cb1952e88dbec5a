"""Behaviour: does a function of yours leave everything as it was, and is its map always the same?"""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xai_core.check.laboratory import CLASSES, SAME, Laboratory, Stopped, off
from xai_core.check.lines import Line
from xai_core.guarded import kept_settings
from xai_core.score import OUTPUTS, Score

OWN = "Draw from torch.Generator().manual_seed(seed), which is yours alone."


def shape(lab: Laboratory) -> Line:
    """A map is shaped like x, or has one value a pixel."""
    A = lab.raw(lab.score(lab.network, lab.x[:1]), lab.x[:1])
    kind = "shaped like x" if A.shape == lab.x[:1].shape else "one value a pixel"
    if not A.any():
        return Line("shape", False, "The map is 0 everywhere. Is the gradient cut off, by detach() or no_grad()?")
    return Line("shape", True, f"{tuple(A.shape)}, {kind}, finite")


def untouched(lab: Laboratory) -> Iterator[Line]:
    """Network, input, global generators and global settings, before and after."""
    f, x = lab.score(lab.network, lab.x[:1]), lab.x[:1].clone()
    network, settings = _of_network(f), _settings()
    with kept_settings():
        chance = _generators()
        with torch.enable_grad():
            lab.function(f, x, **lab.given)
        moved, changed = chance != _generators(), _changed(settings, _settings())
    harms = [_harm(name, now) for name, now in _of_network(f).items() if network.get(name) != now]
    yield Line("network", not harms, harms[0] if harms else "as it was")
    same = torch.equal(x, lab.x[:1])
    written = "x has other numbers afterwards: an operation in place (x += …, x.clamp_()). Begin with x = x.clone()."
    yield Line("input", same, "as it was" if same else written)
    told = f"The global generators have moved: {_mover(lab)} {OWN}" if moved else "not touched"
    yield Line("global seed", not moved, told)
    other = f"torch's {changed} is another one afterwards, for everybody."
    yield Line("settings", not changed, other if changed else "torch's own are as they were")


def seed(lab: Laboratory) -> Line:
    """The same seed, the same map."""
    maps = [_after(lab, state) for state in (11, 12)]
    takes = "seed" in lab.row.defaults
    if off(*maps) > 0:
        why = "seed= is not handed on to what draws" if takes else "it takes no seed"
        return Line(
            "seed", False, f"Run again, and the map is another one: something is drawn by lot, and {why}. {OWN}"
        )
    if not takes:
        return Line("seed", True, "nothing is drawn by lot")
    again = lab.map(seed=lab.row.defaults["seed"] + 1)
    changes = "another seed, another map" if off(maps[0], again) > 0 else "here no seed changes anything"
    return Line("seed", True, f"the same seed, the same map; {changes}")


def asked_class(lab: Laboratory) -> Line:
    """Another class, another map."""
    one, other = lab.map(target=lab.target), lab.map(target=lab.said)
    if off(one, other) < SAME:
        return Line("class", False, "Ask for another class, and the map stays as it is: the wrong target. f knows the"
                    " class that was asked for; do not take max or argmax of the outputs.")  # fmt: skip
    return Line("class", True, "another class, another map")


def asked_score(lab: Laboratory) -> Line:
    """The logit and the probability have different maps."""
    p, logit = (lab.map(output=output) for output in OUTPUTS)
    if off(p, logit) < SAME and lab.reference and off(*(lab.expected(output=o) for o in OUTPUTS)) < SAME:
        return Line("score", None, f"the same for logit and probability, as of {lab.reference.title}")
    if off(p, logit) < SAME:
        return Line("score", False, "The map is the same for the logit and for the probability: f.model is asked, and f"
                    " is not. Ask f(x).")  # fmt: skip
    return Line("score", True, "of what f is, probability or logit")


def batch(lab: Laboratory) -> Line:
    """Three pictures together have the maps that they have alone."""
    x, n = lab.x, len(lab.x)
    alone = torch.cat([lab.map(x=x[i : i + 1]) for i in range(n)])
    try:
        together = lab.map(x=x)
    except Stopped as error:
        return Line("batch", False, f"For {n} pictures at once: {error}")
    apart = [off(together[i], alone[i]) for i in range(n)]
    if max(apart) > SAME:
        return Line(
            "batch", False, f"{n} pictures together have other maps than alone: {_mixing(together, alone, apart)}"
        )
    classes = torch.tensor([(lab.target + i) % CLASSES for i in range(n)])
    each = torch.cat([lab.map(x=x[i : i + 1], target=int(classes[i])) for i in range(n)])
    try:
        mixed = off(lab.map(x=x, target=classes), each)
    except Stopped as error:
        return Line("batch", False, f"For {n} pictures of {n} classes: {error}")
    if mixed > SAME:
        return Line("batch", False, "Each picture of a batch may have a class of its own; yours all get that of one."
                    " f(x) knows the classes; f.target[0] is that of the first.")  # fmt: skip
    return Line("batch", True, f"{n} pictures together, the maps that they have alone")


# --- what has changed -------------------------------------------------------------------------------------------------


def _of_network(f: Score) -> dict[str, Any]:
    """All that a function might change in a network: name → what it is."""
    found: dict[str, Any] = {}
    for name, module in f.model.named_modules():
        found |= {f"{name} mode": module.training, f"{name} hooks": _hooks(module)}
    for name, tensor in [*f.model.named_parameters(), *f.model.named_buffers()]:
        found |= {f"{name} numbers": tensor.detach().double().cpu().numpy().tobytes(),
                  f"{name} grad": None if tensor.grad is None else float(tensor.grad.abs().sum()),
                  f"{name} requires_grad": tensor.requires_grad}  # fmt: skip
    return found


def _hooks(module: nn.Module) -> int:
    return sum(len(value) for key, value in vars(module).items() if "hooks" in key and value)


def _harm(name: str, now: Any) -> str:
    """What of a network is another one afterwards, and how that is avoided."""
    where, _, what = name.rpartition(" ")
    return {
        "numbers": f"{where} has other numbers afterwards: it was changed in place. Change copy.deepcopy(f.model).",
        "mode": f"The network is in {'training' if now else 'evaluation'} mode afterwards: leave train() alone.",
        "hooks": f"A hook has stayed on «{where or 'the network'}»: keep its handle, and call handle.remove().",
        "grad": f"{where}.grad is filled: backward() was called. Take torch.autograd.grad(f(x).sum(), x)[0].",
        "requires_grad": f"{where} has another requires_grad afterwards. The gradient at x needs none of the weights'.",
    }[what]  # fmt: skip


def _generators() -> list[bytes]:
    """The states of torch's, NumPy's and Python's global generators."""
    numpys = repr(np.random.get_state(legacy=False))  # noqa: NPY002
    return [torch.get_rng_state().numpy().tobytes(), numpys.encode(), repr(random.getstate()).encode()]


def _mover(lab: Laboratory) -> str:
    """Who has moved them: a seed for everybody, or numbers that nobody can repeat."""
    if off(_after(lab, 11), _after(lab, 12)) > 0:
        return "numbers are drawn from them, and no seed says which."
    return "manual_seed sets them for everybody, and others draw the same numbers now."


def _after(lab: Laboratory, state: int) -> Tensor:
    """Your map where the global generators stand somewhere."""
    with kept_settings():
        torch.manual_seed(state), np.random.seed(state), random.seed(state)  # noqa: NPY002
        return lab.map()


def _settings() -> dict[str, Any]:
    return {
        "default type (set_default_dtype)": torch.get_default_dtype(),
        "default device (set_default_device)": torch.get_default_device(),
        "number of threads (set_num_threads)": torch.get_num_threads(),
        "gradient mode (set_grad_enabled)": torch.is_grad_enabled(),
        "deterministic mode": torch.are_deterministic_algorithms_enabled(),
        "anomaly detection": torch.is_anomaly_enabled(),
    }


def _changed(before: dict[str, Any], after: dict[str, Any]) -> str:
    return next((name for name, value in before.items() if after[name] != value), "")


def _mixing(together: Tensor, alone: Tensor, apart: list[float]) -> str:
    """How the rows of a batch come into each other."""
    n = len(alone)
    if off(n * together, alone) < SAME:
        return f"each is {n} times smaller. f(x).mean() divides by the batch: take f(x).sum()."
    if all(off(together[i], together[0]) < SAME for i in range(1, n)):
        return "all have the same one. The map is a mean or a sum over the batch, dim 0."
    if apart[0] <= SAME:
        return "only the first is right. Something is made for the first picture, or drawn for the whole batch at once."
    return "something is taken over the whole batch: a mean, a maximum, a baseline. Leave dim 0 out of it."
