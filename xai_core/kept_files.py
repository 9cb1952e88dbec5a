"""Files named by what they were made from: whoever asks for the same again finds it and computes nothing.

    name = SHA-256 of (settings, tensors)        file = named tensors + JSON facts + SHA-256 of both, safetensors

Another weight, picture or setting is another name, so a file is never out of date. A file is written under a
passing name and moved into place in one step: two readers who make the same at once write the same file twice, and
nobody ever reads half of one. A file that is damaged reads as one that is not there.
What to look at: `content_key` names, `read` finds or returns None, `write` keeps.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor


def content_key(settings: Mapping[str, Any], tensors: Iterable[Tensor]) -> str:
    """64 hexadecimal digits that stand for these settings (what JSON can say) and tensors: type, shape, every bit."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def write(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Keep tensors and facts (what JSON can say) at `path`, in one step, making its folder.

    Raises OSError, which names the path.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    seal = json.dumps({"facts": facts, "sha256": content_key(facts, _in_order(tensors))})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, passing = tempfile.mkstemp(dir=path.parent, prefix=path.stem[:12], suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(safetensors.torch.save(tensors, metadata={"seal": seal}))
        os.replace(passing, path)
    except BaseException as error:
        os.unlink(passing)
        if isinstance(error, OSError):  # a full disk does not say whose
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The tensors and facts at `path`; None where there is no file, or one whose content is not what was written."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            seal = json.loads(file.metadata()["seal"])
        facts, whole = seal["facts"], seal["sha256"] == content_key(seal["facts"], _in_order(tensors))
    except (OSError, safetensors.SafetensorError, ValueError, KeyError, TypeError):
        return None
    return (tensors, facts) if whole else None


def _in_order(tensors: Mapping[str, Tensor]) -> list[Tensor]:
    return [tensors[name] for name in sorted(tensors)]
