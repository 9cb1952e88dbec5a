"""xai_core: explanation methods for PyTorch networks, each readable like a page of a textbook.

    import xai_core
    A = xai_core.explain(model, x, target="predicted", method="integrated_gradients", B=30)   # shaped like x

Start with score.py, then paths.py. One idea a file; five nouns carry everything: score, path and trace, baseline,
neighbourhood, symbol.
"""

from xai_core.agi import agi, agi_trace
from xai_core.baselines import make_baseline
from xai_core.blur_ig import blur_ig, scale_space
from xai_core.cam import cam, grad_cam, guided_grad_cam
from xai_core.deeplift import deeplift
from xai_core.detours import bent, one_by_one
from xai_core.explaining import Method, catalogue, explain
from xai_core.gradients import gradient_x_input, simple_gradient, smoothgrad, smoothgrad_squared, vargrad
from xai_core.guided_ig import guided_ig, guided_trace
from xai_core.lime import k_lasso, lime
from xai_core.neighbourhood import Neighbourhood, neighbourhood
from xai_core.paths import Path, Trace, curve, integrated_gradients, polyline, straight, trace
from xai_core.relu_rules import deconvolution, guided_backprop
from xai_core.score import Score, make_score
from xai_core.unlearning import uni, uni_baseline, unlearn

__all__ = [
    "Method",
    "Neighbourhood",
    "Path",
    "Score",
    "Trace",
    "agi",
    "agi_trace",
    "bent",
    "blur_ig",
    "cam",
    "catalogue",
    "curve",
    "deconvolution",
    "deeplift",
    "explain",
    "grad_cam",
    "gradient_x_input",
    "guided_backprop",
    "guided_grad_cam",
    "guided_ig",
    "guided_trace",
    "integrated_gradients",
    "k_lasso",
    "lime",
    "make_baseline",
    "make_score",
    "neighbourhood",
    "one_by_one",
    "polyline",
    "scale_space",
    "simple_gradient",
    "smoothgrad",
    "smoothgrad_squared",
    "straight",
    "trace",
    "uni",
    "uni_baseline",
    "unlearn",
    "vargrad",
]
