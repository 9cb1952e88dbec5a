"""A folder of photographs: which there are, and their ImageNet classes where the folder says so.

A folder may be flat, with or without labels.csv (columns `file` and `index`, ImageNet's number of the class), or have a
folder a class, named by its wnid (n01440764) or by its English name, as ImageNet has it. Of ImageNet's root, as
torchvision lays it out, the folder `val` is taken. labels.csv may come from a spreadsheet: with a mark at its start,
with semicolons or tabs in place of commas, in UTF-8 or in Windows's Latin alphabet.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import torch

from data.nets import pretrained
from data.pictures.photographs import SUFFIXES, photographs_in

CLASSES = 1000  # of ImageNet


@lru_cache(maxsize=4)
def files(folder: str) -> tuple[str, ...]:
    """The photographs of a folder, by the digest of their names: any part of the list is spread over all classes.

    Returns paths relative to the folder. Raises ValueError where there is no photograph.
    """
    root = Path(folder)
    inside = "val/" if (root / "val").is_dir() else ""  # the layout of torchvision's ImageNet
    found = photographs_in(root / inside, below=True)
    if not found:
        allowed = ", ".join(SUFFIXES)
        raise ValueError(f"images is {folder!r}; it must hold photographs ({allowed}), and there is none in it")
    names = [file.relative_to(root).as_posix() for file in found]
    return tuple(sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest()))


@lru_cache(maxsize=4)
def labels(folder: str) -> dict[str, int]:
    """File → ImageNet class, where the folder says so.

    Raises ValueError for a labels.csv with other columns, a line of it that is no file and class, a file of two
    classes, none of the photographs, or a folder without photographs.
    """
    root, names = Path(folder), files(folder)
    if (root / "labels.csv").is_file():
        known: dict[str, int] = {}
        for name, index in _lines(root / "labels.csv", f"images is {folder!r}; its labels.csv"):
            if known.setdefault(name, index) != index:
                raise ValueError(f"images is {folder!r}; its labels.csv gives {name!r} two classes")
        if not known.keys() & set(names):
            raise ValueError(f"images is {folder!r}; its labels.csv must name photographs of it, and names none")
        return known
    classes = _classes(root, {Path(name).parent.name for name in names})
    return {name: classes[Path(name).parent.name] for name in names if Path(name).parent.name in classes}


def _lines(file: Path, called: str) -> Iterator[tuple[str, int]]:
    """(photograph, class) of each line. Raises ValueError with a sentence that begins as the file is `called`."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # as a spreadsheet saves it on Windows
    head, *rows = text.splitlines() or [""]
    separator = max(",;\t", key=head.count)
    columns = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
    if not {"file", "index"} <= set(columns):
        raise ValueError(
            f"{called} must have the columns file and index, ImageNet's number of the class; it has"
            f" {', '.join(columns) or 'none'}"
        )
    for number, row in enumerate(csv.reader(rows, delimiter=separator), 2):
        if not any(row):  # spreadsheets leave empty lines at the end
            continue
        cells = dict(zip(columns, row, strict=False))
        name, index = cells.get("file", "").replace("\\", "/"), cells.get("index", "").strip()
        if not name or not index.isdecimal() or int(index) >= CLASSES:
            raise ValueError(
                f"{called} must have a file and a class from 0 to {CLASSES - 1} in each line; line {number} has"
                f" {name!r} and {index!r}"
            )
        yield name, int(index)


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
