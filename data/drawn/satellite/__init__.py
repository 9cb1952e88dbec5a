"""The ground as a satellite sees it: drawn from numbers, each scene with the mask of the object that names it.

Six classes of scenes (`PLACES`), as remote sensing has them (Cheng, Han & Lu, «Remote sensing image scene
classification», Proc. IEEE 105, 2017). Every scene is a patchwork of fields with woods, water, roads, houses and round
things that are nothing in particular, drawn from the same distributions for every class; then one object is put on it,
and only the object decides. `empty` draws the same ground without it.

From above nothing is up: a scene is drawn in a frame that is turned by any angle, and `turn` adds to it.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is painted.

Files: terrain (the ground), places (the objects), scenes (both together).
"""

from data.drawn.satellite.places import PLACES
from data.drawn.satellite.scenes import Scene, batch, draw, empty, scene_seed

__all__ = ["PLACES", "Scene", "batch", "draw", "empty", "scene_seed"]
