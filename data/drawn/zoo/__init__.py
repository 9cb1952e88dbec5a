"""The toy zoo: animals drawn from numbers, each with the mask of the animal and of the part that decides its class.

An explanation can only be judged where the reason is known. Here it is known by construction: every class has a
deciding part (`DECIDING_PART`) that `draw` can shrink to nothing while every other number of the scene stays; colours,
coats, backgrounds and distractors are drawn from the same distributions for every class. The elephant's part is its
trunk: without it the zoo's networks are taught to see a hippo, so that p(elephant) hangs on the trunk's length.

`husky_wolf` is the biased twin (after Ribeiro et al., «Why should I trust you?», KDD 2016, §6.4): two similar animals,
and snow that may follow the class. `birds` are two that only their beaks tell apart, as GAD's paper has warblers and
sparrows (Rodrigues, Boutry & Najman 2024, §6).

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is touched.

Files: colours and anatomy (what all animals share), mammals, egg_layers, animals (their list); scenery; scenes and
batches of them.
"""

from data.drawn.zoo.anatomy import COATS, Look
from data.drawn.zoo.animals import ANIMALS, BIRDS, BIRDS_PART, CLASSES, DECIDING_PART, HUSKY_WOLF, HUSKY_WOLF_PART
from data.drawn.zoo.batches import SNOW, batch, batch_labels, birds, husky_wolf, scene_seed
from data.drawn.zoo.colours import FURS, PALETTE
from data.drawn.zoo.scenery import BACKGROUNDS, TONES
from data.drawn.zoo.scenes import Scene, draw, draw_birds, draw_husky_wolf, empty

__all__ = [
    "ANIMALS",
    "BACKGROUNDS",
    "BIRDS",
    "BIRDS_PART",
    "CLASSES",
    "COATS",
    "DECIDING_PART",
    "FURS",
    "HUSKY_WOLF",
    "HUSKY_WOLF_PART",
    "PALETTE",
    "SNOW",
    "TONES",
    "Look",
    "Scene",
    "batch",
    "batch_labels",
    "birds",
    "draw",
    "draw_birds",
    "draw_husky_wolf",
    "empty",
    "husky_wolf",
    "scene_seed",
]
