"""The ground as a satellite sees it: drawn from numbers, each scene with the mask of the object that names it."""

from data.drawn.satellite.scenes import PLACES, Scene, batch, draw, empty, scene_seed

__all__ = ["PLACES", "Scene", "batch", "draw", "empty", "scene_seed"]
