"""The zoo's animals by name: the classes, the part that decides each, and the function that paints it."""

from __future__ import annotations

from collections.abc import Callable

from data.drawn.pen import Pen
from data.drawn.zoo.anatomy import Look
from data.drawn.zoo.egg_layers import bird, fish, frog, sparrow, turtle, warbler
from data.drawn.zoo.mammals import cat, dog, elephant, hippo, husky, lion, rabbit, wolf

CLASSES: tuple[str, ...] = ("cat", "dog", "rabbit", "lion", "elephant", "hippo", "bird", "frog", "fish", "turtle")
DECIDING_PART: dict[str, str] = {
    "cat": "pointed ears",
    "dog": "floppy ears",
    "rabbit": "long ears",
    "lion": "mane",
    "elephant": "trunk",
    "hippo": "muzzle",
    "bird": "beak",
    "frog": "bulging eyes",
    "fish": "tail fin",
    "turtle": "shell",
}
HUSKY_WOLF: tuple[str, ...] = ("husky", "wolf")
HUSKY_WOLF_PART: dict[str, str] = {"husky": "face mask", "wolf": "long muzzle"}
BIRDS: tuple[str, ...] = ("warbler", "sparrow")
BIRDS_PART: dict[str, str] = {"warbler": "thin beak", "sparrow": "thick beak"}

ANIMALS: dict[str, Callable[[Pen, Look, float], None]] = {
    "cat": cat,
    "dog": dog,
    "rabbit": rabbit,
    "lion": lion,
    "elephant": elephant,
    "hippo": hippo,
    "bird": bird,
    "frog": frog,
    "fish": fish,
    "turtle": turtle,
    "husky": husky,
    "wolf": wolf,
    "warbler": warbler,
    "sparrow": sparrow,
}
