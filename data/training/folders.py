"""A folder of photographs: which there are, and their ImageNet classes where the folder says so.

A folder may be flat, with or without labels.csv (columns `file` and `index`, ImageNet's number of the class), or have a
folder a class, named by its wnid (n01440764) or by its English name, as ImageNet has it. Of ImageNet's root, as
torchvision lays it out, the folder `val` is taken.
"""

from __future__ import annotations

import csv
import hashlib
from functools import lru_cache
from pathlib import Path

import torch

from data.nets import pretrained
from data.training import finetuned


@lru_cache(maxsize=4)
def files(folder: str) -> tuple[str, ...]:
    """The photographs of a folder, by the digest of their names: any part of the list is spread over all classes.

    Returns paths relative to the folder. Raises ValueError where there is no photograph.
    """
    root = Path(folder)
    inside = "val/" if (root / "val").is_dir() else ""  # the layout of torchvision's ImageNet
    found = [
        each for each in (root / inside).rglob("*") if each.suffix.lower() in finetuned.SUFFIXES and each.is_file()
    ]
    if not found:
        allowed = ", ".join(finetuned.SUFFIXES)
        raise ValueError(f"images is {folder!r}; it must hold photographs ({allowed}), and there is none in it")
    names = [file.relative_to(root).as_posix() for file in found]
    return tuple(sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest()))


@lru_cache(maxsize=4)
def labels(folder: str) -> dict[str, int]:
    """File → ImageNet class, where the folder says so.

    Raises ValueError for a labels.csv with other columns, or a folder without photographs.
    """
    root, names = Path(folder), files(folder)
    if (root / "labels.csv").is_file():
        with (root / "labels.csv").open(encoding="utf-8", newline="") as file:
            try:
                return {row["file"]: int(row["index"]) for row in csv.DictReader(file)}
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"images is {folder!r}; its labels.csv must have the columns file and index, ImageNet's number of"
                    f" the class; it does not ({type(error).__name__}: {error})"
                ) from error
    classes = _classes(root, {Path(name).parent.name for name in names})
    return {name: classes[Path(name).parent.name] for name in names if Path(name).parent.name in classes}


def _classes(root: Path, folders: set[str]) -> dict[str, int]:
    """Folder → ImageNet class. The classes are the wnids in alphabetical order; 1000 folders, or meta.bin, name all."""
    wnids = sorted(folder for folder in folders if len(folder) == 9 and folder[0] == "n" and folder[1:].isdigit())
    if wnids and len(wnids) < 1000 and (root / "meta.bin").is_file():  # torchvision's own notes beside ImageNet
        wnids = sorted(torch.load(root / "meta.bin", weights_only=True)[0])
    if len(wnids) == 1000:
        return {wnid: i for i, wnid in enumerate(wnids)}
    english = {_plain(name): i for i, name in reversed(list(enumerate(pretrained.class_names("resnet18"))))}
    return {folder: english[_plain(folder)] for folder in folders if _plain(folder) in english}


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ").strip()
