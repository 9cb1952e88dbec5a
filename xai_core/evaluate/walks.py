"""Walks: the path that lies behind a map, where there is one, and what is judged on it.

    x′ = γ(0)         the method's own baseline: black (IG), a blurred picture (BlurIG), what was unlearned (UNI), …
    completeness      |Σ_i A_i − (F(x) − F(x′))|               the gap, of the B steps that the map was made with
    monotonicity      Spearman's ρ of F(γ(α)) and α            1: the confidence rises all the way
    curvature         max |d²F/dα²|                            small: few steps are enough

UNI paper, §§3.3 and 5.3. The last two are read on a grid of 30 steps, the same for all methods.
What to look at: AGI walks one path from each of several classes, so its numbers are means over paths.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import Tensor

from xai_core.baselines import make_baseline
from xai_core.methods import catalogue
from xai_core.path.agi import agi_trace
from xai_core.path.blur_ig import scale_space
from xai_core.path.guided_ig import guided_trace
from xai_core.path.integrated_gradients import trace
from xai_core.path.paths import straight
from xai_core.path.three_paths import detour_trace, whole_steps
from xai_core.path.traces import Trace
from xai_core.path.uni import uni_baseline
from xai_core.score import Score

GRID = 30  # steps between which F and dF/dα are compared


@dataclass(frozen=True, eq=False)
class Walk:
    """The path of one method from its baseline to one image."""

    at: Callable[[int], Trace]  # B → the trace; only Guided IG takes another path for another B
    steps: int  # B, those of the map
    rule: str
    shape: tuple[int, ...]  # of the image, (1, …)
    given_start: Tensor | None = None  # x′ where it is a choice and need not be read off the path

    def map(self, B: int | None = None) -> Tensor:
        """The attribution of B steps, by default the method's: (1, …)."""
        B = self.steps if B is None else B
        return self.at(B).attribution(B, self.rule).view(-1, *self.shape).mean(0)

    @property
    def start(self) -> Tensor:
        """x′, the method's own baseline, (1, …). Of AGI's paths the one from the likeliest other class."""
        if self.given_start is not None:
            return self.given_start
        return self.at(self.steps).points([0.0]).reshape(-1, *self.shape)[0]

    def gap(self, A: Tensor) -> float:
        """|Σ_i A_i − (F(x) − F(x′))|."""
        return abs(float(A.sum() - self.at(self.steps).change().mean()))

    def monotonicity(self) -> float:
        """Spearman's ρ of F and α at 30 steps."""
        return float(self.at(GRID).monotonicity(GRID).nanmean())  # NaN for a path on which F stays the same

    def curvature(self) -> float:
        """The largest |d²F/dα²| at 30 steps."""
        return float(self.at(GRID).curvature(GRID).mean())


def walk(f: Score, x: Tensor, method: str, *, seed: int = 0, remember: bool = False, **given: Any) -> Walk | None:
    """The path of a method for one image (1, …); None for a method that has no path.

    given: the method's own keywords, as in `explain`. remember: keep gradients, so that the maps of several B share
    points (memory: one input a point).
    """
    if len(x) != 1:
        raise ValueError(f"x must be one image (1, …), a walk is its own; got {len(x)}")
    if method not in _TRACES:
        return None
    asked = {"rule": _RULES.get(method)} | catalogue()[method].defaults | given | {"seed": seed, "remember": remember}
    B = asked["B"]
    if method == "path_integrated_gradients":
        B = whole_steps(x, B, asked["path"], asked["order"], asked["G"])
    make, parts = _TRACES[method]

    @cache
    def at(steps: int | None) -> Trace:
        return make(f, x, **{name: (asked | {"B": steps})[name] for name in parts})

    start = make_baseline(x, asked["baseline"], seed) if "baseline" in parts else None
    return Walk(at if "B" in parts else lambda steps: at(None), B, asked["rule"], tuple(x.shape), start)


def own_baseline(f: Score, x: Tensor, method: str, *, seed: int = 0, **given: Any) -> Tensor | None:
    """x′ of a method for one image, (1, …); None for one that compares x with nothing."""
    if method == "deeplift":
        return make_baseline(x, given.get("baseline", "black"), seed)
    found = walk(f, x, method, seed=seed, **given)
    return None if found is None else found.start


def _from_unlearned(f: Score, x: Tensor, remember: bool, **stages: Any) -> Trace:
    return Trace(f, straight(uni_baseline(f, x, **stages), x), x, remember=remember)


def _from_blurred(f: Score, x: Tensor, sigma: float, remember: bool) -> Trace:
    return Trace(f, scale_space(x, sigma), x, remember=remember)


_RULES = {"guided_ig": "left", "path_integrated_gradients": "midpoint"}  # of methods that leave no choice
_TRACES: dict[str, tuple[Callable[..., Trace], tuple[str, ...]]] = {  # and the keywords that the path depends on
    "integrated_gradients": (trace, ("baseline", "seed", "remember")),
    "uni": (_from_unlearned, ("T", "eps", "eta", "mu", "weights", "goal", "divergence", "remember")),
    "blur_ig": (_from_blurred, ("sigma", "remember")),
    "guided_ig": (guided_trace, ("baseline", "B", "fraction", "max_dist", "seed", "remember")),
    "agi": (agi_trace, ("K", "T", "eps", "remember")),
    "path_integrated_gradients": (detour_trace, ("baseline", "path", "order", "G", "seed", "remember")),
}
