"""Weights of a network of yours from a file: numbers only, and which of them do not fit, in a sentence.

    put(network, *read("best.safetensors"), "best.safetensors", "resnet18")

What to look at: `without_prefix`. DataParallel, torch.compile and Lightning put a word before every name.
"""

import pickle
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

StateDict = dict[str, Tensor]
NAMES = ("state_dict", "model_state_dict", "model", "net", "network", "weights")  # of the part that holds them
MOST_NAMED = 3  # in a sentence
COUNTER = "num_batches_tracked"  # of batch norm; older files have none, and nobody needs it in evaluation


def read(path: str | Path) -> tuple[StateDict, list[str]]:
    """The tensors of a file by their names, and what is worth saying.

    Raises ValueError with a sentence for a file that is missing, damaged, or holds code or no state dict.
    """
    file = Path(path)
    try:
        if file.suffix == ".safetensors":
            return safetensors.torch.load_file(file), []
        content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ValueError(f"weights is {str(path)!r}, which cannot be read ({error.strerror or error})") from error
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"weights is {str(path)!r}, which holds more than numbers, and code of a file is never run; save it as"
            " torch.save(model.state_dict(), file), or with safetensors"
        ) from error
    except Exception as error:  # of a damaged file safetensors and torch raise a dozen kinds
        raise ValueError(f"weights is {str(path)!r}, which is no whole file of weights ({error})") from error
    return _part(content, str(path))


def _part(content: Any, path: str) -> tuple[StateDict, list[str]]:
    """The state dict itself, or the part of a checkpoint that is one."""
    if _is_state_dict(content):
        return dict(content), []
    parts = {k: v for k, v in content.items() if _is_state_dict(v)} if isinstance(content, Mapping) else {}
    name = next((name for name in NAMES if name in parts), next(iter(parts), None) if len(parts) == 1 else None)
    if name is None:
        held = ", ".join(map(str, content)) if isinstance(content, Mapping) else type(content).__name__
        raise ValueError(f"weights is {path!r}; it must hold a state dict, and it holds {held[:200] or 'nothing'}")
    return dict(parts[name]), [f"The weights are the part '{name}' of {Path(path).name}."]


def _is_state_dict(found: Any) -> bool:
    return isinstance(found, Mapping) and bool(found) and all(isinstance(each, Tensor) for each in found.values())


def without_prefix(found: StateDict, wanted: Mapping[str, Any]) -> tuple[StateDict, list[str]]:
    """The same without words that stand before every name, as in `module.conv1.weight`, where more names fit then."""
    columns = zip(*(key.split(".") for key in found), strict=False)
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, columns))

    def shorter(n: int) -> StateDict:
        return {".".join(key.split(".")[n:]): value for key, value in found.items()}

    n = max(range(shared + 1), key=lambda n: len(shorter(n).keys() & wanted.keys()))
    if n == 0:
        return found, []
    prefix = ".".join(next(iter(found)).split(".")[:n])
    return shorter(n), [f"Every name of the weights began with '{prefix}.', which was left out."]


def put(network: nn.Module, found: StateDict, notes: Sequence[str], path: str | Path, name: str) -> list[str]:
    """Give the network these weights; returns the notes, with what was left out of the names.

    Raises ValueError where names or shapes differ: how many, the first of them, and what may be the reason.
    """
    wanted = network.state_dict()
    found, more = without_prefix(found, wanted)
    missing = [key for key in wanted if key not in found and not key.endswith(COUNTER)]
    unknown = [key for key in found if key not in wanted and not key.endswith(COUNTER)]
    other = [key for key in wanted if key in found and found[key].shape != wanted[key].shape]
    if missing or unknown or other:
        said = [f"{len(keys)} {word} ({_first(keys)})" for keys, word in ((missing, "missing"), (unknown, "unknown"))
                if keys]  # fmt: skip
        said += [f"{key} of {tuple(found[key].shape)} instead of {tuple(wanted[key].shape)}" for key in other[:1]]
        hint = "" if len(missing) < len(wanted) / 2 else "; they seem to be of another architecture"
        raise ValueError(f"weights is {str(path)!r}, which does not fit model {name!r}: {', '.join(said)}{hint}")
    network.load_state_dict(found, strict=False)
    return [*notes, *more]


def _first(keys: Sequence[str]) -> str:
    return ", ".join(keys[:MOST_NAMED]) + (", …" if len(keys) > MOST_NAMED else "")
