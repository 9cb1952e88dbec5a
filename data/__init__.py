"""Images, texts and networks to explain: everything that the methods of `xai_core` are tried on.

    from data import networks, zoo          every module goes by its name alone, too, whichever room it is in

Rooms, each importing only from those before it: drawn (by us), pictures (photographed or written by hand) and text,
which do not know each other; nets (architectures, weights); training (how the weights came about).

At the root stands what is in no room. Below all of them: arguments (checks), streams (seeds to learn from and seeds to
test on), tables (numbers in rows, neither picture nor text), vision (torchvision, for pictures and nets). Above all of
them: collection (every network and picture by its name).
"""

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

ROOMS = ("drawn", "pictures", "text", "nets", "training")
MOVED = {"data.nets.vision": "data.vision", "data.drawn.zoo_examples": "data.training.zoo_examples"}


class _ByName(MetaPathFinder, Loader):
    """Finds data.zoo in the first room that has a module of this name, and what has moved, where it is now."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Where the module is now; None for what this finder knows nothing of."""
        package, _, name = fullname.rpartition(".")
        if fullname in MOVED:
            names = [MOVED[fullname]]
        elif package == "data" and name not in ROOMS:
            names = [f"data.{room}.{name}" for room in ROOMS]
        else:
            return None
        real = next((spec for spec in map(importlib.util.find_spec, names) if spec), None)
        return ModuleSpec(fullname, self, loader_state=real) if real else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, not another one: both names give the same object."""
        return importlib.import_module(spec.loader_state.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to run, for importing has run it."""
        module.__spec__ = module.__spec__.loader_state  # its own, for the import system has just put in ours


sys.meta_path.append(_ByName())
