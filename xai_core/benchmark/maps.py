"""Maps that are kept: a score that is added later judges the map that is there already.

    OUT/maps/<SHA-256 of all that the map depends on>.<stage>.safetensors        stages "start" (x′) and "attribution"

A map that is not there, or damaged, is made again. Deleting the folder costs time and nothing else.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xai_core import kept_files
from xai_core.stages import MAP, Keep, Key

STAGES = ("start", MAP)  # what the scores of a map ask for without the network
NOT_OF_THE_MAP = ("examination", "source", "picture", "label")  # settings that judge it, or name what a digest says


def file_of(folder: str, settings: Mapping[str, Any], stage: str) -> Path:
    """Where a stage of one cell's map is kept."""
    about = {name: value for name, value in settings.items() if name not in NOT_OF_THE_MAP}
    return Path(folder) / f"{kept_files.content_key(about, [])}.{stage}.safetensors"


def keeper(folder: str, settings: Mapping[str, Any], device: torch.device) -> Keep | None:
    """Where the stages of one cell's map are kept: a function as `Stages` asks for it. No folder keeps nothing."""
    if not folder:
        return None
    first = dict[str, Key]()

    def keep(stage: str, key: Key, compute: Callable[[], Any]) -> Any:
        if stage not in STAGES or first.setdefault(stage, key) != key:  # another B is another map, asked for once
            return compute()
        path = file_of(folder, settings, stage)
        kept = kept_files.read(path)
        if kept:
            return kept[0][stage].to(device)
        found = compute()
        if isinstance(found, Tensor):
            kept_files.write(path, {stage: found}, {})
        return found

    return keep
