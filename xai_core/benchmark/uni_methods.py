"""The methods of UNI's tables: which, with which symbols, and which scores of each are worth their price.

"uni", "random", "uni:B=50", "guided_backprop:relu6=ruled"        the last two in columns of their own
"usual", "reviewers"           groups: the papers', black boxes and random numbers; UNI with one thing changed at a time
"""

import hashlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from xai_core import symbols
from xai_core.evaluate.scores import OF_MAPS, OF_PATHS
from xai_core.methods import catalogue, registered
from xai_core.registry import load, written

METHODS = (
    "uni",
    "integrated_gradients",
    "blur_ig",
    "guided_ig",
    "agi",
    "guided_backprop",
    "deeplift",
    "smoothgrad",
)  # of the paper's tables, in their order
BLACK_BOXES = ("rise", "occlusion", "kernel_shap", "sobol")  # beside them in Tables 2 to 4, as a reviewer asked
CHANGED = (
    "uni:goal=uniform",
    "uni:divergence=reverse_kl",
    "uni:divergence=l2",
    "uni:divergence=total_variation",
    "uni:subspace=mask_7",
    "uni:subspace=scales",
    "uni:weights=last_layer",
)  # what the reviewers of the UNI paper asked about; they stand in a table of their own, beside UNI
RULED = ("guided_backprop", "deconvolution")  # methods that are a rule for ReLU, and without one the plain gradient
RANDOM = "random"  # a map of random numbers: what every score has to be read against
USUAL = (*METHODS, *BLACK_BOXES, RANDOM)
GROUPS = {"usual": USUAL, "reviewers": ("uni", *CHANGED, RANDOM)}  # names that stand for several methods
STEPS: dict[str, dict[str, Any]] = {  # as many for every path: the authors' 200 of Guided IG go one by one
    **{method: {"B": 30} for method in ("uni", "integrated_gradients", "blur_ig", "guided_ig")},
    "agi": {"B": 30, "K": 3},
}
# A symbol that a method took on later, and its value in the rows from before. It is not named then: their keys stay.
LATER: dict[str, dict[str, Any]] = {"uni": {"subspace": "pixels"}}


def expanded(said: Iterable[str]) -> list[str]:
    """The methods, those of a group one by one, and none of them twice."""
    return list(dict.fromkeys(method for each in said for method in GROUPS.get(each, (each,))))


def scores_of(method: str, scores: Sequence[str]) -> tuple[str, ...]:
    """Those of the scores that exist for a method, and are worth their price.

    Of a black box, those of Tables 2 to 4, of sanity and of the truth: an attack on one is two more of its maps.
    """
    method = base_of(method)
    if method == RANDOM:
        return tuple(s for s in scores if s in OF_MAPS and not s.endswith("own"))
    chain = catalogue()[method].chain
    left = [s for s in scores if "trace" in chain or s not in OF_PATHS]
    left = [s for s in left if "trace" in chain or "start" in chain or not s.endswith("own")]
    if catalogue()[method].family == "perturbation":
        left = [s for s in left if s in (*OF_MAPS, "randomisation")]
    return tuple(left)


def base_of(method: str) -> str:
    """The method's own name: "uni:goal=uniform,B=50" is "uni", with other symbols, in a column of its own."""
    return method.partition(":")[0]


def code_of(method: str) -> dict[str, str]:
    """A setting of the cells of your own methods: a digest of their file's text. {} for those of the catalogue."""
    row = registered.get(base_of(method))
    if row is None:
        return {}
    text = inspect.getsource(inspect.getmodule(written(row)) or written(row))  # what it calls stands there, too
    return {"code": hashlib.sha256(text.encode()).hexdigest()}


def know(settings: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Register the run's own methods here, too. Raises ValueError where one is not that of the plan."""
    for name in context.get("own", ()):
        load(name)
    if settings.get("code") != code_of(settings["method"]).get("code"):
        raise ValueError(f"this machine has another {settings['method']} than the one that planned the run")


def symbols_of(method: str) -> dict[str, Any]:
    """The method's numbers and words: a default that changes is another cell.

    Raises ValueError for a method that is none, or other symbols than it takes.
    """
    base, _, said = method.partition(":")
    if base == RANDOM and not said:
        return {}
    if base not in catalogue():
        raise ValueError(f"methods must be of {', '.join((*catalogue(), RANDOM, *GROUPS))}; got {method!r}")
    row = catalogue()[base]
    defaults = row.defaults | STEPS.get(base, {})
    known = {name: value for name, value in defaults.items() if name not in ("output", "seed")}
    given: dict[str, Any] = dict(each.partition("=")[::2] for each in said.split(",") if each)
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ValueError(f"method {method!r}: {base} takes {', '.join(known) or 'no symbols'}; got {unknown[0]!r}")
    given = {name: _value(text) for name, text in given.items()}
    symbols.check(row.function, **given)
    return {name: value for name, value in (known | given).items() if (name, value) not in LATER.get(base, {}).items()}


def _value(text: str) -> int | float | str:
    """What was typed: a number if it is one."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text
