"""Scripts from before the rooms go on working: every former name of a module leads to the module, and only to it."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import data
import xai_core
from xai_core import former_names

ROOT = Path(__file__).parents[2]
FORMER = {**former_names.METHODS, **former_names.MODULES}

# In a fresh interpreter, for an import changes what a name means: each line must hold whatever came before it.
SCRIPT = """
import xai_core.lime
import xai_core.uni, xai_core.gad, xai_core.integrated_gradients
assert callable(xai_core.lime) and callable(xai_core.uni) and callable(xai_core.gad)
assert xai_core.lime.__module__ == "xai_core.perturbation.lime"
from xai_core import charts, class_figures, distancing_figures, votes, word_figures, words
from xai_core.class_maps import class_maps
from xai_core.lime import kernel
from xai_core.sequence_figures import signal_rows
import xai_core.classwide.class_maps, xai_core.evaluate.votes, xai_core.figures.classes, xai_core.figures.distancing
import xai_core.figures.linear, xai_core.figures.sequences, xai_core.figures.words, xai_core.perturbation.words
import sys
modules = sys.modules
assert charts is modules["xai_core.figures.linear"] and class_figures is modules["xai_core.figures.classes"]
assert distancing_figures is modules["xai_core.figures.distancing"] and votes is modules["xai_core.evaluate.votes"]
assert word_figures is modules["xai_core.figures.words"] and words is modules["xai_core.perturbation.words"]
assert class_maps is modules["xai_core.classwide.class_maps"].class_maps
assert kernel is modules["xai_core.perturbation.lime"].kernel
assert signal_rows is modules["xai_core.figures.sequences"].signal_rows
assert callable(xai_core.lime)
import xai_core.evaluate.global_importance
assert callable(xai_core.evaluate.global_importance)
from data import digits, networks, photographs, zoo
from data.text_network import tokens
import data.nets.networks, data.pictures.digits, data.pictures.photographs
assert networks is data.nets.networks and digits is data.pictures.digits
assert photographs is data.pictures.photographs and zoo is importlib.import_module(zoo.__name__)
assert tokens is importlib.import_module("data.text_network").tokens
"""


def test_a_script_from_then_runs() -> None:
    program = "import importlib\n" + SCRIPT
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("former", FORMER)
def test_every_former_name_is_the_module_of_today(former: str) -> None:
    here = importlib.import_module(f"xai_core.{FORMER[former]}")
    try:
        assert importlib.import_module(f"xai_core.{former}") is here
    finally:  # an import puts the module where a function of that name may be
        if former in former_names.METHODS and "." not in former:
            setattr(xai_core, former, getattr(here, former))
    assert here.__name__ == here.__spec__.name == f"xai_core.{FORMER[former]}"


@pytest.mark.parametrize("former", former_names.METHODS)
def test_a_method_stays_a_function(former: str) -> None:
    if former in xai_core.__all__:
        assert callable(getattr(xai_core, former))


def in_data() -> dict[str, str]:
    """Every module of data by its name alone, and the first room that has one of this name."""
    found = {}
    for room in data.ROOMS:
        for file in sorted((ROOT / "data" / room).iterdir()):
            if (file.suffix == ".py" and file.stem != "__init__") or (file / "__init__.py").is_file():
                found.setdefault(file.stem, room)
    return found


@pytest.mark.parametrize(("name", "room"), in_data().items())
def test_a_module_of_data_goes_by_its_name_alone(name: str, room: str) -> None:
    assert importlib.import_module(f"data.{name}") is importlib.import_module(f"data.{room}.{name}")


def test_what_never_was_is_not_found() -> None:
    for name in ("xai_core.nonsense", "xai_core.lime.nonsense", "data.nonsense", "xai_core.evaluate.nonsense"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)
