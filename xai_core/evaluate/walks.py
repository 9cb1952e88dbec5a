"""Walks: the path that lies behind a map, where there is one, and what is judged on it.

    x′ = γ(0)         the method's own baseline: black (IG), a blurred picture (BlurIG), what was unlearned (UNI), …
    completeness      |Σ_i A_i − (F(x) − F(x′))|               the gap, of the B steps that the map was made with
    monotonicity      Spearman's ρ of F(γ(α)) and α            1: the confidence rises all the way
    curvature         max |d²F/dα²|                            small: few steps are enough

UNI paper, §§3.3 and 5.3. The last two are read on a grid of 30 steps, the same for all methods.
What to look at: AGI walks one path from each of several classes, so its numbers are means over paths.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from xai_core.methods import catalogue
from xai_core.path.traces import Trace
from xai_core.rankings import as_seen
from xai_core.score import Score
from xai_core.stages import Keep, Stages, parameters

GRID = 30  # steps between which F and dF/dα are compared


@dataclass(frozen=True, eq=False)
class Walk:
    """The path of one method from its baseline to one image, read off the stages "nodes" and "trace"."""

    run: Stages

    def at(self, B: int) -> Stages:
        """The same walk in B steps; only Guided IG takes another path for another B."""
        steps = parameters(self.run.method.chain["nodes"])
        name = next(name for name in steps if name in self.run.method.symbols)  # B, or N where samples are summed
        return self.run.but(**{name: B})

    @property
    def trace(self) -> Trace:
        """Of the steps that the map was made with."""
        return self.run["trace"]

    def map(self, B: int | None = None) -> Tensor:
        """The attribution of B steps, by default the method's: (1, …)."""
        return (self.run if B is None else self.at(B)).map

    @property
    def start(self) -> Tensor:
        """x′, the method's own baseline, (1, …). Of AGI's paths the one from the likeliest other class."""
        start = self.run.get("start")
        return self.trace.points([0.0])[0][:1] if start is None else start

    def gap(self, A: Tensor) -> float:
        """|Σ_i A_i − (F(x) − F(x′))|. Raises ValueError if A is no finite attribution."""
        return abs(float(as_seen(A).sum() - self.trace.change().mean()))

    def monotonicity(self) -> float:
        """Spearman's ρ of F and α at 30 steps."""
        return float(self.at(GRID)["trace"].monotonicity(GRID).nanmean())  # NaN where F stays the same

    def curvature(self) -> float:
        """The largest |d²F/dα²| at 30 steps."""
        return float(self.at(GRID)["trace"].curvature(GRID).mean())


def walk(f: Score, x: Tensor, method: str, *, seed: int = 0, **given: Any) -> Walk | None:
    """The path of a method for one image (1, …); None for a method that has no path.

    given: the method's own keywords, as in `explain`. Raises as `Stages` does.
    """
    return walk_of(stages_of(f, x, method, seed=seed, **given)) if method in catalogue() else None


def walk_of(run: Stages) -> Walk | None:
    """The path that these stages walk, if they walk one."""
    return Walk(run) if "trace" in run else None


def stages_of(f: Score, x: Tensor, method: str, *, seed: int = 0, keep: Keep | None = None, **given: Any) -> Stages:
    """The stages of a method for one image; the seed goes to methods that draw something. keep: as in `Stages`."""
    row = catalogue()[method]
    return Stages(row, f, x, given | ({"seed": seed} if "seed" in row.defaults else {}), keep)


def own_baseline(f: Score, x: Tensor, method: str, *, seed: int = 0, **given: Any) -> Tensor | None:
    """x′ of a method for one image, (1, …); None for one that compares x with nothing."""
    return baseline_of(stages_of(f, x, method, seed=seed, **given)) if method in catalogue() else None


def baseline_of(run: Stages) -> Tensor | None:
    """x′ of these stages, if they start from one."""
    found = walk_of(run)
    return found.start if found else run.get("start")
