"""One way to call every method, and the list of them.

    A = explain(model, x, target, "integrated_gradients", B=30)

is the same as

    f = make_score(model, x, target)
    A = integrated_gradients(f, x, B=30)
"""

from dataclasses import replace
from functools import cache
from importlib import import_module
from numbers import Integral
from typing import Any

from torch import Tensor, nn

from xai_core.score import make_score
from xai_core.stages import Method, like

FILES = (  # that end with rows of the catalogue; a new method is one more line
    "gradient.gradients",
    "gradient.relu_rules",
    "gradient.deeplift",
    "activation.cam",
    "path.integrated_gradients",
    "path.expected_gradients",
    "path.three_paths",
    "path.blur_ig",
    "path.guided_ig",
    "path.agi",
    "path.uni",
    "perturbation.lime",
    "perturbation.shapley",
    "perturbation.rise",
    "perturbation.sobol",
    "perturbation.occlusion",
)


registered: dict[str, Method] = {}  # methods of your own, see registry.py


@cache
def shipped() -> dict[str, Method]:
    """The rows that the files bring."""
    return {row.name: row for file in FILES for row in import_module(f"xai_core.{file}").ROWS}


def _rows() -> dict[str, Method]:
    return shipped() | registered


def catalogue() -> dict[str, Method]:
    """Every method by name: family, paper, equation, symbols, options, defaults and stages."""
    return dict(_rows())


def explain(
    model: nn.Module,
    x: Tensor,
    target: int | Tensor | str,
    method: str,
    *,
    seed: int = 0,
    **symbols: Any,
) -> Tensor:
    """The attribution of F_c(x) to the numbers of x, by any method of the catalogue: (N, …) → (N, …).

    model: any module that maps (N, …) to (N, classes), logits. It is never changed.
    x: (N, …) floating point; images as pixels in [0, 1], with the normalisation inside the model.
    target: a class, a tensor of N classes, or "predicted".
    method: a name from `catalogue()`.
    seed: of everything random, a network's own dropout, too; the same seed gives the same bits on one machine.
    symbols: the method's own keywords (B, T, K, N, eps, eta, mu, sigma, baseline, rule, layer, …; see
        `catalogue()[method].defaults`), and output="probability", "logit" or "as_is".

    A method whose map has one value a pixel (CAM, Grad-CAM, LIME) spreads it over the channels in equal parts, so
    that the sum over channels, which is what a picture of the map shows, is the map.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    methods = _rows()
    if not isinstance(method, str) or method not in methods:
        raise ValueError(f"method must be one of {', '.join(methods)}; got {method!r}")
    chosen = methods[method]
    defaults = chosen.defaults
    unknown = [name for name in symbols if name not in defaults]
    if unknown:
        takes = dict.fromkeys(("output", "seed", *defaults))
        raise TypeError(f"{method} takes {', '.join(takes)}; got {', '.join(unknown)}")
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2⁶³ − 1; got {seed!r}")
    given = dict(symbols)
    f = replace(make_score(model, x, target, given.pop("output", chosen.output), int(seed)), own=True)
    if "seed" in defaults:
        given["seed"] = int(seed)
    return like(chosen.function(f, x, **given), x)
