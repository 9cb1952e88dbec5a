"""Examination: one network, one picture, all scores; what several methods or scores need is asked once.

    shared by all maps       the answers without N subsets (MuFidelity), F of x and of each canvas (deletion,
                             insertion), the attacked pictures, the network in ruins
    of one map               S − 1 pictures a curve; two more maps for the attacks, one for the ruins, 300 gradients for
                             the settled path

    exam = Examination(model, x, "predicted", {"animal": scene.mask, "part": scene.part})
    exam.judge("uni"), exam.judge("integrated_gradients", baseline="blurred")
    exam.judge_map(A)                                              a map that you made yourself

What to look at: `SCORES` in scores.py: of every number which end is good, and what a map by chance would get.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.baselines import make_baseline
from xai_core.evaluate.attack import Attacked, attack_maps, robustness
from xai_core.evaluate.deletion import Curve, Exchange, ask, exchange
from xai_core.evaluate.ground_truth import ground_truth
from xai_core.evaluate.mufidelity import read, without_subsets
from xai_core.evaluate.randomisation import layers_of, ruined
from xai_core.evaluate.scores import CANVASES, MUFIDELITY, OF_MAPS, SCORES, check_scores
from xai_core.evaluate.stability import REFERENCE, STEPS
from xai_core.evaluate.walks import Walk, baseline_of, stages_of, walk_of
from xai_core.inputs import check_input, type_and_shape
from xai_core.methods import catalogue, explain
from xai_core.perturbation.neighbourhood import Neighbourhood
from xai_core.rankings import rank_correlation
from xai_core.score import Score, forward, make_score
from xai_core.stages import Keep


@dataclass(frozen=True, eq=False)
class Examination:
    """All that the scores need to know of one picture, (1, C, H, W), and one network. Nothing is asked before its time.

    target: a class or "predicted". Faithfulness is about its probability, whatever the method explains (as
    `catalogue()` has it). masks: the truth, "animal" and "part", (H, W) bool, if it is known. N, steps, k, eps,
    iterations: of MuFidelity, the curves, the top-k intersection and the attacks; the UNI paper's, where it names them.
    """

    model: nn.Module
    x: Tensor
    target: int | str = "predicted"
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    seed: int = 0
    N: int = 200
    steps: int = 10
    k: int = 1000
    eps: float = 8 / 255
    iterations: int = 10
    score: Score | None = None  # the probability that is judged, where the caller has it

    def __post_init__(self) -> None:
        check_input(self.x)
        if self.x.dim() != 4 or len(self.x) != 1:
            raise ValueError(f"x must be one image (1, C, H, W); got {tuple(self.x.shape)}")

    # What does not depend on the map

    @cached_property
    def f(self) -> Score:
        """The probability that is judged."""
        return self.score or make_score(self.model, self.x, self.target)

    @cached_property
    def label(self) -> int:
        """The class that is explained."""
        return int(self.f.target[0])

    @cached_property
    def near(self) -> Neighbourhood:
        """The answers without each of N subsets, and F(x)."""
        return without_subsets(self.f, self.x, self.N, seed=self.seed)

    def _near(self, score: str) -> Neighbourhood:
        """The same as MUFIDELITY[score] has it."""
        if score == "mufidelity":
            return self.near
        if score not in self._nears:
            self._nears[score] = without_subsets(self.f, self.x, self.N, seed=self.seed, **MUFIDELITY[score])
        return self._nears[score]

    @cached_property
    def _nears(self) -> dict[str, Neighbourhood]:
        return {}

    @cached_property
    def known(self) -> dict[str, Tensor]:
        """F of x and of the canvases that all methods share, by name, as far as it was asked for."""
        return {"x": self.near.answers()[:1]} if "near" in vars(self) else {}

    @cached_property
    def canvases(self) -> dict[str, Tensor]:
        """Black and blurred, (1, C, H, W)."""
        return {name: make_baseline(self.x, name) for name in CANVASES if name != "own"}

    @cached_property
    def attacked(self) -> Attacked:
        """The one-step attack on the gradient, for all methods without a baseline."""
        return attack_maps(self.f, self.x, self.eps, 1, self.k)

    @cached_property
    def attacked_again(self) -> Attacked:
        """The iterated attack on the gradient."""
        return attack_maps(self.f, self.x, self.eps, self.iterations, self.k)

    @cached_property
    def ruin(self) -> nn.Module:
        """The network with the upper half of its layers in a random order."""
        names = layers_of(self.model)
        return ruined(self.model, names[: (len(names) + 1) // 2], self.seed)

    # What does

    def judge(
        self,
        method: str,
        scores: Sequence[str] = tuple(SCORES),
        *,
        keep: Keep | None = None,
        hears: Callable[[str], None] = lambda what: None,
        **given: Any,
    ) -> dict[str, float]:
        """Every score of one method's map. given: the method's keywords, as in `explain`.

        keep: where the map's stages are kept for longer, as in `Stages`. hears: what is done, before it is done.
        NaN where a score does not exist: a path's for a gradient, a truth that is not known.
        """
        check_scores(scores)
        output = given.get("output", catalogue()[method].output if method in catalogue() else "probability")
        score = make_score(self.model, self.x, self.label, output)
        run = stages_of(score, self.x, method, seed=self.seed, keep=keep, **given)
        hears("map")
        A, path, own = run.map, walk_of(run), None
        if any(name.endswith("own") or name.startswith(("attack", "iterated")) for name in scores):
            own = baseline_of(run)
        hears("curves and subsets")
        found = self.judge_map(A, [name for name in scores if name in OF_MAPS], own)
        hears("path")
        found |= self._path(path, A, scores)
        for attack in ("attack", "iterated"):
            if any(name.startswith(attack) for name in scores):
                hears("attack" if attack == "attack" else "iterated attack")
                after = robustness(
                    lambda x: self._explain(self.model, x, method, given), self._attacked(attack, own), self.k, A
                )
                found[f"{attack}_spearman"] = float(after.spearman)
                found[f"{attack}_intersection"] = float(after.intersection)
        if "randomisation" in scores:
            hears("network in ruins")
            found["randomisation"] = abs(float(rank_correlation(A, self._explain(self.ruin, self.x, method, given))))
        return {name: found.get(name, float("nan")) for name in scores}

    def judge_map(self, A: Tensor, scores: Sequence[str] = OF_MAPS, own: Tensor | None = None) -> dict[str, float]:
        """The scores that need no more than a map, (1, C, H, W) or (1, 1, H, W). own: its method's baseline."""
        check_scores(scores)
        found: dict[str, float] = {}
        for name in MUFIDELITY:
            if name in scores or (name == "mufidelity" and "mufidelity_signed" in scores):
                signed = float(read([self._near(name)], A).correlation)
                found |= {name: abs(signed)} | ({"mufidelity_signed": signed} if name == "mufidelity" else {})
        curves = self.curves(A, [name for name in scores if name.startswith(("deletion", "insertion"))], own)
        found |= {name: float(curve.auc) for name, curve in curves.items()}
        found |= self._answers([name for name in scores if name.startswith("answer")], own, curves)
        for what, mask in self.masks.items():
            if any(name.endswith(what) for name in scores):
                truth = ground_truth(A, mask, self.seed)
                found |= {f"inside_{what}": float(truth.inside), f"pointing_{what}": float(truth.pointing)}
        return {name: found.get(name, float("nan")) for name in scores}

    def _answers(self, scores: Sequence[str], own: Tensor | None, curves: Mapping[str, Curve]) -> dict[str, float]:
        """F of the picture and of the canvases that these scores name; of curves on them, it is known already."""
        pictures = {"x": self.x, **self.canvases} | ({} if own is None else {"own": own})
        asked = [name for name in pictures if f"answer_{name}" in scores]
        known = dict(self.known)
        if "deletion_own" in curves:
            known["own"] = curves["deletion_own"].scores[:, -1]
        new = [name for name in asked if name not in known]
        if new:
            answers = forward(self.f, torch.cat([pictures[name] for name in new])).detach()
            known |= dict(zip(new, answers.split(1), strict=True))
            self.known.update({name: known[name] for name in new if name != "own"})
        return {f"answer_{name}": float(known[name]) for name in asked}

    def _attacked(self, attack: str, start: Tensor | None) -> Attacked:
        """An attack on the map from a method's own baseline, or on the gradient."""
        if start is None:
            return self.attacked if attack == "attack" else self.attacked_again
        return attack_maps(self.f, self.x, self.eps, 1 if attack == "attack" else self.iterations, self.k, start)

    def curves(self, A: Tensor, scores: Sequence[str], own: Tensor | None = None) -> dict[str, Curve]:
        """The curves behind these scores, "deletion_black", …, in the same passes. own: the canvas of that name."""
        if own is not None and not (isinstance(own, Tensor) and own.shape == self.x.shape):
            raise ValueError(f"own must be a picture like x, {tuple(self.x.shape)}; got {type_and_shape(own)}")
        pictures = {"x": self.x, **self.canvases} | ({} if own is None else {"own": own})
        asked: dict[str, Exchange] = {}
        for name in scores:
            kind, canvas = name.split("_")
            if canvas in pictures:
                names = ("x", canvas) if kind == "deletion" else (canvas, "x")
                start, end = (pictures[n] for n in names)
                if asked:  # one order of the pixels serves all
                    asked[name] = replace(next(iter(asked.values())), start=start, end=end, names=names)
                else:
                    asked[name] = exchange(start, end, A, self.steps, seed=self.seed, names=names)
        if not asked:
            return {}
        curves = ask(self.f, list(asked.values()), self.known)
        for exchanged, curve in zip(asked.values(), curves, strict=True):
            ends = dict(zip(exchanged.names or (), (curve.scores[:, 0], curve.scores[:, -1]), strict=True))
            self.known.update({n: ends[n] for n in ("x", *self.canvases) if n in ends})
        return dict(zip(asked, curves, strict=True))

    def _path(self, path: Walk | None, A: Tensor, scores: Sequence[str]) -> dict[str, float]:
        if path is None:
            return {}
        found = {}
        if "gap" in scores:
            found["gap"] = path.gap(A)
        if "monotonicity" in scores:
            found["monotonicity"] = path.monotonicity()
        if "curvature" in scores:
            found["curvature"] = path.curvature()
        steps = [B for B in STEPS if f"stability_{B}" in scores]
        if steps:
            settled = path.map(REFERENCE)
            found |= {f"stability_{B}": float(rank_correlation(path.map(B), settled)) for B in steps}
        return found

    def _explain(self, model: nn.Module, x: Tensor, method: str, given: Mapping[str, Any]) -> Tensor:
        return explain(model, x, self.label, method, seed=self.seed, **given)
