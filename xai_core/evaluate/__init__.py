"""Which explanation should we believe? One score a file, each with what it was made of, so that it can be drawn.

    exam = Examination(model, x, "predicted")
    exam.judge("uni")["insertion_blurred"]

Faithfulness (mufidelity, deletion), robustness (attack, max_sensitivity), stability and walks (the path),
randomisation (the network), ground_truth (drawn pictures), biases (the baseline), regions (GAD's two scores). No score
is the truth: each asks another question, and a map that merely draws edges does well by some of them.

What all of them do with maps of three kinds:

    NaN or ∞ in it     refused, ValueError: of a map with a hole there is no number
    constant           it names no pixel: what asks for an order is NaN (Spearman, top k, and μ on cells of one size);
                       deletion, insertion and the k best pixels draw lots, as for a map by chance
    ties               lots by the seed (deletion, insertion, top k), the mean rank (Spearman), or a share for each
                       (pointing)
"""

from xai_core.classwide.importance import global_importance
from xai_core.evaluate.attack import Attacked, Robustness, attack_maps, robustness
from xai_core.evaluate.deletion import Curve, Exchange, deletion, insertion
from xai_core.evaluate.examination import Examination
from xai_core.evaluate.ground_truth import Truth, ground_truth
from xai_core.evaluate.keep_and_retrain import Retrained, keep_and_retrain, kept_features
from xai_core.evaluate.max_sensitivity import Sensitivity, max_sensitivity
from xai_core.evaluate.mufidelity import MuFidelity, mufidelity, subsets, without_subsets
from xai_core.evaluate.randomisation import Randomisation, layers_of, randomisation, ruined
from xai_core.evaluate.scores import SCORES, Meaning
from xai_core.evaluate.walks import Walk, own_baseline, walk
from xai_core.rankings import rank_correlation, ranking, top_intersection

__all__ = [
    "SCORES",
    "Attacked",
    "Curve",
    "Examination",
    "Exchange",
    "Meaning",
    "MuFidelity",
    "Randomisation",
    "Retrained",
    "Robustness",
    "Sensitivity",
    "Truth",
    "Walk",
    "attack_maps",
    "deletion",
    "global_importance",
    "ground_truth",
    "insertion",
    "keep_and_retrain",
    "kept_features",
    "layers_of",
    "max_sensitivity",
    "mufidelity",
    "own_baseline",
    "randomisation",
    "rank_correlation",
    "ranking",
    "robustness",
    "ruined",
    "subsets",
    "top_intersection",
    "walk",
    "without_subsets",
]
