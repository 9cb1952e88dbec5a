"""Scenes of the zoo: one animal in its scenery, with the masks of the animal and of the part that decides.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from data import arguments
from data.drawn.pen import Pen
from data.drawn.shapes import Array, smoothstep
from data.drawn.zoo.anatomy import COATS, any_look
from data.drawn.zoo.animals import ANIMALS, BIRDS, BIRDS_PART, CLASSES, DECIDING_PART, HUSKY_WOLF, HUSKY_WOLF_PART
from data.drawn.zoo.colours import FURS, PALETTE
from data.drawn.zoo.scenery import BACKGROUNDS, stage


@dataclass(frozen=True)
class Scene:
    """One drawn scene. `image` (3, size, size) float32 in [0, 1]; `animal`, `part`, `snow` (size, size) bool.

    `part` is what is visible of the deciding part, within `animal`; `snow` is snow-covered ground; `length` is the
    deciding part's size in [0, 1]; `seed` draws the scene again.
    """

    image: Tensor
    label: int
    animal: Tensor
    part: Tensor
    snow: Tensor
    name: str
    part_name: str
    background: str
    length: float
    seed: int


def _render(
    name: str,
    label: int,
    part_name: str,
    seed: int,
    part: float | None,
    background: str | None,
    size: int,
    palette: Array,
    coats: Sequence[str],
) -> Scene:
    canvas, background, horizon, ground = stage(seed, background, size)
    animal = np.random.default_rng([seed, 1])
    look, coat = any_look(animal, ground, palette, coats)
    length = float(animal.uniform(0.6, 1.0))
    length = length if part is None else float(part)
    scale = animal.uniform(0.62, 0.86)
    x = animal.uniform(-1, 1) * (0.96 - scale) * 0.6
    y = animal.uniform(0.0, 0.95 - 0.8 * scale)
    mirror, tilt = bool(animal.uniform() < 0.5), animal.uniform(-0.07, 0.07)
    if name == "fish" or (name in ("bird", *BIRDS) and not look.sitting):
        y -= 0.25
    if name in BIRDS:  # room before the head, or only long beaks would touch the frame
        scale *= 0.9
        x += 0.14 if mirror else -0.14
    shadow = Pen.placed(canvas, x, y + 0.78 * scale, scale, scenery=True)
    blur = np.clip(1.15 - np.hypot(shadow.u / 0.8, shadow.v / 0.16), 0, 1)
    canvas.image *= 1 - 0.4 * smoothstep(blur)
    ANIMALS[name](Pen.placed(canvas, x, y, scale, tilt, mirror, coat), look, length)

    image = np.clip(canvas.image, 0, 1)
    touched, visible = canvas.animal > 0, canvas.part > 0
    below = (canvas.axis[:, None] > horizon) & ~touched if background == "snow" else np.zeros_like(touched)
    return Scene(
        image=torch.from_numpy(image),
        label=label,
        animal=torch.from_numpy(touched),
        part=torch.from_numpy(visible),
        snow=torch.from_numpy(below),
        name=name,
        part_name=part_name,
        background=background,
        length=length,
        seed=seed,
    )


def draw(
    label: int | str,
    seed: int,
    *,
    trunk: float | None = None,
    part: float | None = None,
    background: str | None = None,
    size: int = 64,
) -> Scene:
    """One scene of the zoo: (label, seed) fixes its bits; another label puts another animal into the same scenery.

    `part` in [0, 1] is the deciding part's length or size (0: none; default: natural, random in [0.6, 1]) and `trunk`
    is its name on an elephant; nothing else of the scene moves with it. `background` is one of `BACKGROUNDS` (default:
    random) and `size` the side in pixels (the drawing is the same, sharper).

    Raises ValueError, naming the argument, for anything outside these ranges.
    """
    index, seed = label_of(label, CLASSES), arguments.seed(seed)
    name = CLASSES[index]
    if trunk is not None:
        if name != "elephant":
            raise ValueError(f"trunk is {trunk!r} for a {name}; only an elephant has one (part is for every animal)")
        if part is not None:
            raise ValueError(f"trunk is {trunk!r} and part is {part!r}; they are the same thing, give one of them")
        arguments.share("trunk", trunk)
        part = trunk
    if part is not None:
        arguments.share("part", part)
    arguments.one_of("background", background, BACKGROUNDS)
    arguments.size(size)
    return _render(name, index, DECIDING_PART[name], seed, part, background, size, PALETTE, COATS)


def draw_husky_wolf(
    label: int | str,
    seed: int,
    *,
    snow: bool | None = None,
    part: float | None = None,
    size: int = 64,
) -> Scene:
    """One husky or wolf, on snow if `snow` (default: by chance, one in six); the rest as in `draw`.

    Raises ValueError, naming the argument, as `draw` does.
    """
    index, seed = label_of(label, HUSKY_WOLF), arguments.seed(seed)
    if part is not None:
        arguments.share("part", part)
    arguments.size(size)
    background = None
    if snow is not None:
        bare = [name for name in BACKGROUNDS if name != "snow"]
        background = "snow" if snow else bare[int(np.random.default_rng([seed, 2]).integers(len(bare)))]
    name = HUSKY_WOLF[index]
    return _render(name, index, HUSKY_WOLF_PART[name], seed, part, background, size, FURS, COATS[:1])


def draw_birds(
    label: int | str, seed: int, *, part: float | None = None, background: str | None = None, size: int = 64
) -> Scene:
    """One warbler or sparrow, alike but for the beak; the rest as in `draw`.

    Raises ValueError, naming the argument, as `draw` does.
    """
    index, seed = label_of(label, BIRDS), arguments.seed(seed)
    if part is not None:
        arguments.share("part", part)
    arguments.one_of("background", background, BACKGROUNDS)
    arguments.size(size)
    name = BIRDS[index]
    return _render(name, index, BIRDS_PART[name], seed, part, background, size, PALETTE, COATS)


def empty(seed: int, *, background: str | None = None, size: int = 64) -> Tensor:
    """The scene of `draw(…, seed)` before an animal enters it, (3, size, size): what an ideal baseline would show.

    Raises ValueError, naming the argument, as `draw` does.
    """
    arguments.one_of("background", background, BACKGROUNDS)
    arguments.size(size)
    canvas, *_ = stage(arguments.seed(seed), background, size)
    return torch.from_numpy(np.clip(canvas.image, 0, 1))


def label_of(label: int | str, classes: Sequence[str]) -> int:
    """A class, given by name or index, as its index in `classes`. Raises ValueError for any other label."""
    if isinstance(label, str):
        if label not in classes:
            raise ValueError(f"label is {label!r}; it must be one of {', '.join(classes)}")
        return list(classes).index(label)
    if not arguments.is_integer(label) or not 0 <= label < len(classes):
        raise ValueError(f"label is {label!r}; it must be a name or an integer from 0 to {len(classes) - 1}")
    return int(label)
