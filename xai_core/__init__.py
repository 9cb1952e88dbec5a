"""xai_core: explanation methods for PyTorch networks, each readable like a page of a textbook.

    import xai_core
    A = xai_core.explain(model, x, target="predicted", method="integrated_gradients", B=30)   # shaped like x

Start with score.py, then path/paths.py and path/traces.py. Five nouns carry everything: score, path and trace,
baseline, neighbourhood, symbol.
"""

from xai_core import former_names
from xai_core.activation.cam import cam, cam_map, grad_cam, grad_cam_map, grad_cam_maps, guided_grad_cam
from xai_core.activation.layers import Layer, cam_layers, find_layer
from xai_core.attention.embeddings import nearest_words, output_matrix, word_baseline, word_scores
from xai_core.attention.erasure import Duel, duel, erasure
from xai_core.attention.rollout import attention_maps, attention_rollout, gradient_rollout, rollout
from xai_core.baselines import make_baseline
from xai_core.check import check
from xai_core.classwide.aggregate import (
    class_normlime,
    conditioned_i_sp,
    coverage,
    i_sp,
    normlime,
    sp_importance,
    submodular_pick,
)
from xai_core.classwide.local_weights import Neighbourhoods, local_weights, neighbourhoods, shared_weights
from xai_core.classwide.maximisation import Maximised, maximise, shown_to, total_variation
from xai_core.distancing.gad import GADMap, gad, important_pixels, survivors
from xai_core.distancing.supports import Support, as_support, support_network, support_networks
from xai_core.distancing.targets import Regression, distanced, how_well
from xai_core.evaluate.biases import echo, nearest_part, roughness, share
from xai_core.evaluate.class_means import agreement, class_shares, mean_map
from xai_core.evaluate.regions import Hull, complexity, hull, sensitivity, supplementary
from xai_core.evaluate.stability import Stability, stability
from xai_core.gradient.deeplift import deeplift
from xai_core.gradient.gradients import gradient_x_input, simple_gradient, smoothgrad, smoothgrad_squared, vargrad
from xai_core.gradient.relu_rules import deconvolution, guided_backprop
from xai_core.methods import catalogue, explain
from xai_core.path.agi import agi, agi_trace
from xai_core.path.blur_ig import blur_ig, scale_space
from xai_core.path.convergence import bound, gaps, steps_for
from xai_core.path.guided_ig import guided_ig, guided_trace
from xai_core.path.integrated_gradients import integrated_gradients, trace
from xai_core.path.matching import match_baseline
from xai_core.path.paths import Path, curve, polyline, straight
from xai_core.path.three_paths import bent, detour_trace, one_by_one, path_integrated_gradients
from xai_core.path.traces import Trace
from xai_core.path.uni import answer_to_match, uni, uni_baseline
from xai_core.path.unlearning import unlearn, unlearned_probabilities
from xai_core.perturbation.k_lasso import band, k_lasso, k_path
from xai_core.perturbation.lime import lime
from xai_core.perturbation.neighbourhood import Neighbourhood, neighbourhood
from xai_core.perturbation.occlusion import occlusion
from xai_core.perturbation.rise import rise
from xai_core.perturbation.shapley import coalitions, kernel_shap, shapley_values
from xai_core.perturbation.superpixels import superpixels
from xai_core.perturbation.tables import table_neighbourhood, table_samples
from xai_core.perturbation.words import masked_text, word_neighbourhood, words_of
from xai_core.rankings import rank_correlation
from xai_core.registry import load, register
from xai_core.score import Score, make_score
from xai_core.stages import Method, Stages

former_names.keep()
globals().update({name: method.function for name, method in catalogue().items()})  # new methods too

__all__ = [
    "Duel",
    "GADMap",
    "Hull",
    "Layer",
    "Maximised",
    "Method",
    "Neighbourhood",
    "Neighbourhoods",
    "Path",
    "Regression",
    "Score",
    "Stability",
    "Stages",
    "Support",
    "Trace",
    "agi",
    "agi_trace",
    "agreement",
    "answer_to_match",
    "as_support",
    "attention_maps",
    "attention_rollout",
    "band",
    "bent",
    "blur_ig",
    "bound",
    "cam",
    "cam_layers",
    "cam_map",
    "catalogue",
    "check",
    "class_normlime",
    "class_shares",
    "coalitions",
    "complexity",
    "conditioned_i_sp",
    "coverage",
    "curve",
    "deconvolution",
    "deeplift",
    "detour_trace",
    "distanced",
    "duel",
    "echo",
    "erasure",
    "explain",
    "find_layer",
    "gad",
    "gaps",
    "grad_cam",
    "grad_cam_map",
    "grad_cam_maps",
    "gradient_rollout",
    "gradient_x_input",
    "guided_backprop",
    "guided_grad_cam",
    "guided_ig",
    "guided_trace",
    "how_well",
    "hull",
    "i_sp",
    "important_pixels",
    "integrated_gradients",
    "k_lasso",
    "k_path",
    "kernel_shap",
    "lime",
    "load",
    "local_weights",
    "make_baseline",
    "make_score",
    "masked_text",
    "match_baseline",
    "maximise",
    "mean_map",
    "nearest_part",
    "nearest_words",
    "neighbourhood",
    "neighbourhoods",
    "normlime",
    "occlusion",
    "one_by_one",
    "output_matrix",
    "path_integrated_gradients",
    "polyline",
    "rank_correlation",
    "register",
    "rise",
    "rollout",
    "roughness",
    "scale_space",
    "sensitivity",
    "shapley_values",
    "share",
    "shared_weights",
    "shown_to",
    "simple_gradient",
    "smoothgrad",
    "smoothgrad_squared",
    "sp_importance",
    "stability",
    "steps_for",
    "straight",
    "submodular_pick",
    "superpixels",
    "supplementary",
    "support_network",
    "support_networks",
    "survivors",
    "table_neighbourhood",
    "table_samples",
    "total_variation",
    "trace",
    "uni",
    "uni_baseline",
    "unlearn",
    "unlearned_probabilities",
    "vargrad",
    "word_baseline",
    "word_neighbourhood",
    "word_scores",
    "words_of",
]
__all__ += [name for name in catalogue() if name not in __all__]
