"""Outlines: the zoo's animals as a small table, nine numbers that anyone could measure with scissors and a ruler.

For a model that can be read, somebody has to measure first. Here the animal is cut out along its outline (which a
drawn scene knows) and the silhouette is measured: no colour, no eye, no pattern, but ears, trunks and tails show. Rows
are scenes of the streams that the networks learn from and are tested on, so that accuracies can stand side by side.

`outlines.csv` holds the measurements; `python -m data.drawn.outlines` makes it again, in ten seconds.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from skimage.measure import regionprops
from tqdm.auto import tqdm

from data.drawn import zoo
from data.streams import FRESH, TRAINING
from data.tables import Table

FILE = Path(__file__).parent / "outlines.csv"
LEARNED, HELD_OUT = 400, 200  # scenes of the streams TRAINING and FRESH
COLUMNS: tuple[str, ...] = (
    "area",  # of the silhouette, share of the picture
    "width/height",
    "solidity",  # area / area of the convex hull: 1 without dents
    "extent",  # area / area of the box around it
    "eccentricity",  # of the ellipse of the same moments: 0 round, 1 a line
    "top third",  # of the box: the share of the area that lies there, like the next three
    "bottom third",
    "left third",
    "right third",
)


def measured(animal: np.ndarray) -> list[float]:
    """The nine numbers of one silhouette (H, W) bool, in the order of COLUMNS. Raises ValueError without one."""
    if animal.ndim != 2 or not animal.any():
        raise ValueError(f"animal must be a mask (H, W) with something in it; got shape {animal.shape}")
    whole = regionprops(animal.astype(np.uint8))[0]
    box = whole.image  # the silhouette within its box, (h, w)
    h, w = box.shape
    rows, columns = max(1, h // 3), max(1, w // 3)
    thirds = box[:rows], box[-rows:], box[:, :columns], box[:, -columns:]
    shares = [float(third.sum() / whole.area) for third in thirds]
    return [whole.area / animal.size, w / h, whole.solidity, whole.extent, whole.eccentricity, *shares]


def row_of(name: str, seed: int) -> list[float]:
    """The nine numbers of one scene of the zoo.

    Raises ValueError for an unknown animal or a seed below 0.
    """
    return measured(zoo.draw(name, seed).animal.numpy())


def load() -> Table:
    """The table: 400 rows to learn from, 200 held out, nine columns, the zoo's ten classes.

    Raises ValueError for a file with other columns or rows, FileNotFoundError where it is missing.
    """
    with FILE.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    if tuple(head[1:]) != COLUMNS or len(rows) != LEARNED + HELD_OUT:
        raise ValueError(
            f"{FILE} holds other columns or rows than it should; make it with: python -m data.drawn.outlines"
        )
    labels = np.array([zoo.CLASSES.index(row[0]) for row in rows])
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows])
    units = ("",) * len(COLUMNS)
    train, test = slice(LEARNED), slice(LEARNED, None)
    return Table("outlines", COLUMNS, units, numbers[train], labels[train], numbers[test], labels[test], zoo.CLASSES,
                 "animal")  # fmt: skip


def make() -> None:
    """Draw and measure all scenes, and write the file."""
    with FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["animal", *COLUMNS])
        for stream, n in ((TRAINING, LEARNED), (FRESH, HELD_OUT)):
            for i, name in enumerate(tqdm(zoo.batch_labels(n, stream), "measuring", unit="scene")):
                out.writerow([name, *(f"{number:.4f}" for number in row_of(name, zoo.scene_seed(stream, i)))])


if __name__ == "__main__":
    make()
