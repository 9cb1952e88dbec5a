"""Modules go by the names that they had before the rooms, too: a script from then goes on working.

    from xai_core import class_figures          is xai_core.figures.classes
    from xai_core.lime import kernel            is xai_core.perturbation.lime

`import xai_core.lime` never was more than a name: `xai_core.lime` is the method, and stays it.
"""

import importlib
import sys
from collections.abc import Mapping
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

METHODS = {  # whose name is a function; their modules are loaded with the package
    "agi": "path.agi",
    "blur_ig": "path.blur_ig",
    "cam": "activation.cam",
    "deeplift": "gradient.deeplift",
    "erasure": "attention.erasure",
    "evaluate.global_importance": "classwide.importance",
    "gad": "distancing.gad",
    "guided_ig": "path.guided_ig",
    "integrated_gradients": "path.integrated_gradients",
    "lime": "perturbation.lime",
    "neighbourhood": "perturbation.neighbourhood",
    "neighbourhoods": "classwide.local_weights",
    "occlusion": "perturbation.occlusion",
    "rise": "perturbation.rise",
    "rollout": "attention.rollout",
    "superpixels": "perturbation.superpixels",
    "uni": "path.uni",
}
MODULES = {
    "aggregate": "classwide.aggregate",
    "black_boxes": "taxonomy.black_boxes",
    "charts": "figures.linear",
    "chords": "gradient.rescale_rules",
    "class_figures": "figures.classes",
    "class_maps": "classwide.class_maps",
    "class_means": "evaluate.class_means",
    "convergence": "path.convergence",
    "decision_trees": "taxonomy.decision_trees",
    "detours": "path.three_paths",
    "distancing_figures": "figures.distancing",
    "embeddings": "attention.embeddings",
    "explaining": "methods",
    "gradients": "gradient.gradients",
    "layers": "activation.layers",
    "listening": "activation.features",
    "matching": "path.matching",
    "maximisation": "classwide.maximisation",
    "paths": "path.paths",
    "properties": "taxonomy.properties",
    "quadrature": "path.quadrature",
    "regression": "distancing.regression",
    "relu_rules": "gradient.relu_rules",
    "sample_figures": "figures.samples",
    "sequence_figures": "figures.sequences",
    "shapley": "perturbation.shapley",
    "supports": "distancing.supports",
    "tables": "perturbation.tables",
    "token_grids": "activation.token_grids",
    "traces": "path.traces",
    "tree_figures": "figures.trees",
    "unlearning": "path.unlearning",
    "votes": "evaluate.votes",
    "word_figures": "figures.words",
    "words": "perturbation.words",
    "evaluate.kar_figure": "figures.keep_and_retrain",
    "evaluate.rankings": "rankings",
    "evaluate.score_figures": "figures.scores",
}


class FormerNames(MetaPathFinder, Loader):
    """Finds a module under its former name. names: former → present, both in full."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.specs: dict[str, ModuleSpec | None] = {}

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The specification of a module that goes by a former name; None for any other."""
        return ModuleSpec(fullname, self) if fullname in self.names else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module of today, loaded."""
        module = importlib.import_module(self.names[spec.name])
        self.specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run; the module keeps the specification that it has by its own name."""
        module.__spec__ = next(spec for spec in self.specs.values() if spec and spec.name == module.__name__)


def keep() -> None:
    """Make every former name importable; called once, when all methods are loaded."""
    sys.meta_path.append(FormerNames({f"xai_core.{old}": f"xai_core.{new}" for old, new in MODULES.items()}))
    for old, new in METHODS.items():  # straight into the list: importing would put the module in the method's place
        sys.modules[f"xai_core.{old}"] = sys.modules[f"xai_core.{new}"]
