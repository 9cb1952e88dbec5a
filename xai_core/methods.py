"""One way to call every method, and the list of them.

    A = explain(model, x, target, "integrated_gradients", B=30)

is the same as

    f = make_score(model, x, target)
    A = integrated_gradients(f, x, B=30)
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from torch import Tensor, nn

from xai_core.activation.cam import cam, grad_cam, guided_grad_cam
from xai_core.gradient.deeplift import deeplift
from xai_core.gradient.gradients import gradient_x_input, simple_gradient, smoothgrad, smoothgrad_squared, vargrad
from xai_core.gradient.relu_rules import deconvolution, guided_backprop
from xai_core.path.agi import agi
from xai_core.path.blur_ig import blur_ig
from xai_core.path.guided_ig import guided_ig
from xai_core.path.integrated_gradients import integrated_gradients
from xai_core.path.three_paths import path_integrated_gradients
from xai_core.path.uni import uni
from xai_core.perturbation.lime import lime
from xai_core.perturbation.occlusion import occlusion
from xai_core.perturbation.rise import rise
from xai_core.perturbation.shapley import kernel_shap
from xai_core.score import make_score
from xai_core.symbols import Choice, Symbol, of


@dataclass(frozen=True)
class Method:
    """A row of the catalogue. Symbols, options and their defaults are read from the function's signature."""

    function: Callable[..., Tensor]
    title: str  # as in a heading
    family: str  # "gradient", "path", "activation" or "perturbation"
    paper: str
    output: str = "probability"  # what is explained unless the caller says otherwise

    @property
    def name(self) -> str:
        """As in explain(…, method=name)."""
        return self.function.__name__

    @property
    def symbols(self) -> dict[str, Symbol]:
        """The method's numbers by keyword, each with its default for this method."""
        return {k: s for k, s in of(self.function).items() if isinstance(s, Symbol)}

    @property
    def options(self) -> dict[str, Choice]:
        """The method's choices of a word (baseline, rule, …) by keyword."""
        return {k: c for k, c in of(self.function).items() if isinstance(c, Choice)}

    @property
    def defaults(self) -> dict[str, Any]:
        """Every keyword that `explain` takes for this method, with its default."""
        parameters = list(inspect.signature(self.function).parameters.values())[2:]  # after f and x
        return {"output": self.output, "seed": 0} | {p.name: p.default for p in parameters}


_METHODS = (
    Method(simple_gradient, "Simple gradient", "gradient", "Simonyan, Vedaldi & Zisserman 2014"),
    Method(gradient_x_input, "Gradient × input", "gradient", "Shrikumar, Greenside & Kundaje 2016"),
    Method(smoothgrad, "SmoothGrad", "gradient", "Smilkov et al. 2017"),
    Method(smoothgrad_squared, "SmoothGrad²", "gradient", "Hooker et al. 2019"),
    Method(vargrad, "VarGrad", "gradient", "Adebayo et al. 2018"),
    Method(deconvolution, "Deconvolution", "gradient", "Zeiler & Fergus 2014", output="logit"),
    Method(guided_backprop, "Guided backprop", "gradient", "Springenberg et al. 2015", output="logit"),
    Method(deeplift, "DeepLIFT", "gradient", "Shrikumar, Greenside & Kundaje 2017"),
    Method(cam, "CAM", "activation", "Zhou et al. 2016", output="logit"),
    Method(grad_cam, "Grad-CAM", "activation", "Selvaraju et al. 2017", output="logit"),
    Method(guided_grad_cam, "Guided Grad-CAM", "activation", "Selvaraju et al. 2017", output="logit"),
    Method(integrated_gradients, "Integrated Gradients", "path", "Sundararajan, Taly & Yan 2017"),
    Method(uni, "UNI", "path", "Choi, Duplessis & Belongie 2025"),
    Method(lime, "LIME", "perturbation", "Ribeiro, Singh & Guestrin 2016"),
    # Behind UNI and LIME: who comes first gives a letter (ε, K, T) its slider's short name in the app's links.
    Method(blur_ig, "BlurIG", "path", "Xu, Venugopalan & Sundararajan 2020"),
    Method(guided_ig, "Guided IG", "path", "Kapishnikov et al. 2021"),
    Method(agi, "AGI", "path", "Pan, Li & Zhu 2021"),
    Method(path_integrated_gradients, "Path Integrated Gradients", "path", "Sundararajan, Taly & Yan 2017"),
    Method(kernel_shap, "KernelSHAP", "perturbation", "Lundberg & Lee 2017"),
    Method(rise, "RISE", "perturbation", "Petsiuk, Das & Saenko 2018"),
    Method(occlusion, "Occlusion", "perturbation", "Zeiler & Fergus 2014"),
)


def catalogue() -> dict[str, Method]:
    """Every method by name: family, paper, symbols, options and defaults."""
    return {method.name: method for method in _METHODS}


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
    seed: of everything random; the same seed gives the same bits on one machine.
    symbols: the method's own keywords (B, T, K, N, eps, eta, mu, sigma, baseline, rule, layer, …; see
        `catalogue()[method].defaults`), and output="probability" or "logit".

    A method whose map has one value a pixel (CAM, Grad-CAM, LIME) spreads it over the channels in equal parts, so
    that the sum over channels, which is what a picture of the map shows, is the map.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    methods = catalogue()
    if not isinstance(method, str) or method not in methods:
        raise ValueError(f"method must be one of {', '.join(methods)}; got {method!r}")
    chosen = methods[method]
    unknown = [name for name in symbols if name not in chosen.defaults]
    if unknown:
        raise TypeError(f"{method} takes {', '.join(chosen.defaults)}; got {', '.join(unknown)}")
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2⁶³ − 1; got {seed!r}")
    given = dict(symbols)
    f = make_score(model, x, target, given.pop("output", chosen.output))
    if "seed" in inspect.signature(chosen.function).parameters:
        given["seed"] = int(seed)
    A = chosen.function(f, x, **given)
    if A.shape != x.shape:
        A = (A / x.shape[1]).expand_as(x).contiguous()
    return A
