"""A folder of photographs: which there are, and their classes where the folder says so. Names are read, no picture is.

A folder may be flat, with or without labels.csv, or have a folder a class, as torchvision's ImageFolder reads it. Of a
folder with a folder `val` in it, as ImageNet's root has one, that is taken. A class is called as the network calls it,
or in ImageNet's manner, by its wnid (n01440764). labels.csv has the columns `file`, and `index` (the number of the
class), `class` (its name) or `label` (either). It may come from a spreadsheet: with a mark at its start, with
semicolons or tabs in place of commas, in UTF-8 or in Windows's Latin alphabet.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import torch

from data.pictures.formats import SUFFIXES, names_in, opened

IMAGENET = 1000  # classes that have wnids
SOME = 5  # photographs whose size tells that of the others


@lru_cache(maxsize=4)
def files(folder: str) -> tuple[str, ...]:
    """The photographs of a folder, by the digest of their names: any part of the list is spread over all classes.

    Returns paths relative to the folder, which is looked through once. Raises ValueError where there is no photograph.
    """
    return _found(folder)


def _found(folder: str) -> tuple[str, ...]:
    root = Path(folder)
    inside = "val/" if (root / "val").is_dir() else ""  # the layout of torchvision's ImageNet
    found = [f"{inside}{name}" for name in names_in(root / inside, below=True)] if root.is_dir() else []
    if not found:
        allowed = ", ".join(SUFFIXES)
        raise ValueError(f"images is {folder!r}; it must hold photographs ({allowed}), and there is none in it")
    return tuple(sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest()))


@lru_cache(maxsize=4)
def labels(folder: str, names: tuple[str, ...]) -> dict[str, int]:
    """File → the number of its class among `names`, where the folder says so and a class is called so.

    Raises ValueError for a labels.csv with other columns, a line of it that is no file and class, a file of two
    classes, none of the photographs, or a folder without photographs.
    """
    said = _said(folder, files(folder))
    for name, each in said.items():
        if isinstance(each, int) and each >= len(names):
            raise ValueError(
                f"images is {folder!r}; its labels.csv must have a file and a class from 0 to {len(names) - 1} in each"
                f" line; {name!r} has '{each}'"
            )
    known = _classes(Path(folder), {each for each in said.values() if isinstance(each, str)}, names)
    numbers = {name: each if isinstance(each, int) else known.get(each) for name, each in said.items()}
    return {name: number for name, number in numbers.items() if number is not None}


def words(folder: str, names: Sequence[str] = ()) -> dict[str, str]:
    """File → what its class is called, in the folder's own words; a number is called as in `names`.

    The folder is looked through anew. Raises as above.
    """
    return {
        name: each if isinstance(each, str) else names[each] if each < len(names) else str(each)
        for name, each in _said(folder, _found(folder)).items()
    }


def side(folder: str) -> int | None:
    """Of the first photographs in pixels, where they are square and one as large as the other; none is decoded.

    Raises ValueError for a folder without photographs.
    """
    sizes = set()
    for name in files(folder)[:SOME]:
        with suppress(Exception):  # a damaged header; whoever opens it is told
            sizes.add(opened((Path(folder) / name).read_bytes()).size)
    width, height = sizes.pop() if len(sizes) == 1 else (0, 1)
    return width if width == height else None


def _said(folder: str, names: tuple[str, ...]) -> dict[str, int | str]:
    """File → the number or the name of its class, where the folder says one. names: of its photographs."""
    root = Path(folder)
    if not (root / "labels.csv").is_file():
        return {name: Path(name).parent.name for name in names if Path(name).parent.name not in ("", "val")}
    found: dict[str, int | str] = {}
    for name, said in _lines(root / "labels.csv", f"images is {folder!r}; its labels.csv"):
        if found.setdefault(name, said) != said:
            raise ValueError(f"images is {folder!r}; its labels.csv gives {name!r} two classes")
    if not found.keys() & set(names):
        raise ValueError(f"images is {folder!r}; its labels.csv must name photographs of it, and names none")
    return found


def _lines(file: Path, called: str) -> Iterator[tuple[str, int | str]]:
    """(photograph, class) of each line. Raises ValueError with a sentence that begins as the file is `called`."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # as a spreadsheet saves it on Windows
    head, *rows = text.splitlines() or [""]
    separator = max(",;\t", key=head.count)
    columns = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
    column = next((each for each in ("index", "class", "label") if each in columns), None)
    if "file" not in columns or column is None:
        raise ValueError(
            f"{called} must have the columns file and index, the number of the class, or file and class, its name, or"
            f" file and label; it has {', '.join(columns) or 'none'}"
        )
    for number, row in enumerate(csv.reader(rows, delimiter=separator), 2):
        if not any(row):  # spreadsheets leave empty lines at the end
            continue
        cells = dict(zip(columns, row, strict=False))
        name, said = cells.get("file", "").replace("\\", "/"), cells.get(column, "").strip()
        if not name or not said or (column == "index" and not said.isdecimal()):
            raise ValueError(
                f"{called} must have a file and a class in each line; line {number} has {name!r} and {said!r}"
            )
        yield name, int(said) if column == "index" or (column == "label" and said.isdecimal()) else said


def _classes(root: Path, said: set[str], names: tuple[str, ...]) -> dict[str, int]:
    """Word → class. ImageNet's are the wnids in alphabetical order; 1000 of them, or meta.bin, name all."""
    wnids = sorted(word for word in said if len(word) == 9 and word[0] == "n" and word[1:].isdigit())
    if len(names) == IMAGENET:
        if wnids and len(wnids) < IMAGENET and (root / "meta.bin").is_file():  # torchvision's notes beside ImageNet
            wnids = sorted(torch.load(root / "meta.bin", weights_only=True)[0])
        if len(wnids) == IMAGENET:
            return {wnid: i for i, wnid in enumerate(wnids)}
    plain = {_plain(name): i for i, name in reversed(list(enumerate(names)))}
    exact = {name: i for i, name in reversed(list(enumerate(names)))}
    every = {word: exact.get(word, plain.get(_plain(word))) for word in said}
    return {word: number for word, number in every.items() if number is not None}


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ").strip()
