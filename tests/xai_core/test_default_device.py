"""A process-wide default device is the caller's: what xai_core makes for itself lies with the input, or on the CPU.

"meta" is the strictest of them: tensors there have no numbers, and none that was made by mistake goes unnoticed.
"""

import math
import warnings

import pytest
import torch

import xai_core
from tests.toys import QUICK, PlainCNN, SmallCNN, images, seeded
from xai_core import catalogue, explain, make_score
from xai_core import evaluate as judges
from xai_core.evaluate import SCORES, Examination
from xai_core.evaluate.biases import roughness, share


def both(compute) -> None:
    """The same with a default device as without."""
    expected = compute()
    with torch.device("meta"):
        found = compute()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7, equal_nan=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", [1, "predicted"])
@pytest.mark.parametrize("name", list(catalogue()))
def test_every_method(name, target):
    model, x = seeded(SmallCNN).eval(), images(2)
    both(lambda: explain(model, x, target, name, **QUICK[name]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("baseline", ["grey", "mean", "blurred", "uniform_noise", "gaussian_noise", [0.1, 0.2, 0.3]])
def test_every_start(baseline):
    model, x = seeded(PlainCNN).eval(), images(1)
    both(lambda: explain(model, x, 1, "integrated_gradients", B=2, baseline=baseline))


X, MASK = images(2), torch.zeros(2, 16, 16, dtype=torch.bool)
MASK[:, 3:9, 4:9] = True
F = make_score(seeded(PlainCNN).eval(), X, 1)
ONE = make_score(seeded(PlainCNN).eval(), X[:1], 1)
A = images(2, seed=3) - 0.5
SCORE_CALLS = {
    "deletion": lambda: judges.deletion(F, X, A).auc,
    "insertion": lambda: judges.insertion(F, X, A, canvas="blurred").trapezoid,
    "mufidelity": lambda: judges.mufidelity(F, X, A, N=20).correlation,
    "sensitivity": lambda: xai_core.sensitivity(F, X, MASK),
    "max_sensitivity": lambda: judges.max_sensitivity(lambda x: xai_core.simple_gradient(F, x), X, N=2).distances,
    "attack_maps": lambda: judges.attack_maps(F, X, k=20).moved,
    "attack_maps from black": lambda: judges.attack_maps(F, X, k=20, start="black", B=2, steps=2).moved,
    "randomisation": lambda: judges.randomisation(F.model, lambda m: explain(m, X, 1, "simple_gradient")).spearman,
    "ground_truth": lambda: judges.ground_truth(A, MASK).inside,
    "rank_correlation": lambda: judges.rank_correlation(A, A.flip(2)),
    "top_intersection": lambda: judges.top_intersection(A, A.flip(2), 20),
    "hull": lambda: torch.tensor(xai_core.hull(MASK[0]).area, device="cpu"),
    "complexity": lambda: torch.tensor(xai_core.complexity(MASK[0], MASK[0]), device="cpu"),
    "share": lambda: share(A, MASK, torch.ones_like(MASK)),
    "roughness": lambda: roughness(A),
    "gaps": lambda: xai_core.gaps(xai_core.trace(F, X), [1, 3]),
    "monotonicity": lambda: xai_core.trace(F, X).monotonicity(5),
    "k_lasso": lambda: xai_core.k_lasso(xai_core.neighbourhood(ONE, X[:1], 30, "grid"), K=2).weights,
    "normlime": lambda: xai_core.normlime(xai_core.local_weights(F, X, N=20, K=2).weights),
    "global_importance": lambda: judges.global_importance(
        lambda x: x.flatten(1).sum(1), X[:, :1, :3, :3], "LIME", 20, 2
    ),
    "maximise": lambda: xai_core.maximise(ONE, X[:1], steps=2, snapshots=1).pictures,
    "words": lambda: xai_core.word_neighbourhood(lambda texts: [[0.5, len(t)] for t in texts], "a b c", 8).scores,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCORE_CALLS)
def test_scores(name):
    both(SCORE_CALLS[name])


def test_the_examination():
    model = seeded(PlainCNN).eval()

    def judged() -> dict[str, float]:
        exam = Examination(model, X[:1], 1, {"animal": MASK[0], "part": MASK[1]}, N=20, k=20, iterations=2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return exam.judge("integrated_gradients", [s for s in SCORES if not s.startswith("stability")], B=3)

    expected = judged()
    with torch.device("meta"):
        found = judged()
    assert found == pytest.approx(expected, nan_ok=True, rel=1e-5, abs=1e-7)
    assert sum(map(math.isnan, found.values())) < 3
