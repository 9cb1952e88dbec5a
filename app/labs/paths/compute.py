"""What the page Paths computes: ways from a baseline to the picture, and what is seen on each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from app.shared import controls, own_method, stages
from app.shared.film.frames import Frame, Scale, Shown, in_words
from app.shared.frame import answers
from app.shared.meter import Cost
from app.shared.stages import Explanation, Question
from xai_core import Trace, bound, catalogue, figures, gaps, steps_for
from xai_core.path.convergence import FINE, ladder
from xai_core.path.quadrature import quadrature
from xai_core.stages import parameters


@dataclass(frozen=True)
class Way:
    """One way from a baseline to the picture: a method of the catalogue, with what makes it this way."""

    name: str  # of its map in a file
    title: str
    method: str
    own: dict[str, Any] = field(default_factory=dict, compare=False)  # arguments that differ from the method's defaults


def _from(baseline: str, words: str) -> Way:
    return Way(f"from_{baseline}", f"straight from {words}", "integrated_gradients", {"baseline": baseline})


def _detour(name: str, title: str, path: str, order: str) -> Way:
    return Way(name, title, "path_integrated_gradients", {"path": path, "order": order})


COLOUR = Way("from_colour", "straight from a colour of mine", "integrated_gradients")
WAYS = (
    _from("black", "black"),
    Way("uni", "UNI: from the unlearned picture", "uni"),
    _from("white", "white"),
    _from("grey", "grey"),
    _from("mean", "the mean colour"),
    COLOUR,
    _from("blurred", "the blurred picture"),
    _from("gaussian_noise", "the picture in Gaussian noise"),
    _from("shot_noise", "the picture in shot noise"),
    _from("uniform_noise", "uniform noise"),
    _detour("p1_rows", "P1 from black: row after row", "one_by_one", "rows"),
    _detour("p1_rings", "P1 from black: ring after ring", "one_by_one", "rings"),
    _detour("p1_channels", "P1 from black: colour after colour", "one_by_one", "channels"),
    _detour("p3_rows", "P3 from black: the lower, the later", "bent", "rows"),
    Way("blur_ig", "BlurIG: from blurred to sharp", "blur_ig"),
    Way("guided_ig", "Guided IG from black", "guided_ig"),
    Way("agi", "AGI: from the likeliest other class", "agi", {"K": 1}),
)


def ways() -> tuple[Way, ...]:
    """All ways; behind the first the one of the reader's own method, if it has a path."""
    row = own_method.own().row
    mine = [Way(row.name, f"{row.title}, a way of mine", row.name)] if row and "trace" in row.chain else []
    return (WAYS[0], *mine, *WAYS[1:])


def walkable(q: Question, given: Mapping[Way, Mapping[str, Any]]) -> dict[Way, str]:
    """Why a way of the reader's own cannot be walked: way → sentence. It ends nothing but itself."""

    def look(way: Way, asked: Mapping[str, Any]) -> None:
        stages.explanation(q, way.method, dict(asked))
        stages.run(q, way.method, asked)["trace"].gradients([0.0, 1.0])

    mine = {way: asked for way, asked in given.items() if way not in WAYS}
    return answers(mine, look)[1]


def arguments(way: Way, **asked: Any) -> dict[str, Any]:
    """All arguments of the way's method, as `xai_core.explain` takes them. asked: those that it does not know are left
    out."""
    defaults = catalogue()[way.method].defaults
    return defaults | {name: value for name, value in asked.items() if name in defaults} | way.own


def finds_its_way(way: Way) -> bool:
    """Whether another B is another way, as with Guided IG."""
    return "B" in parameters(catalogue()[way.method].chain["trace"])


def grid(q: Question) -> list[float]:
    """The α at which the curves are drawn and the scrubber stops."""
    n = 50 if q.x.numel() <= controls.SMALL else 20  # both have a stop at α = ½
    return [k / n for k in range(n + 1)]


@dataclass(frozen=True)
class Seen:
    """What is read off one way's trace. Shared between readers: not to be written into."""

    confidence: list[float]  # F(γ(α)) on the grid
    norm: list[float]  # ‖∇F(γ(α))‖₂ on the grid
    slope: list[float]  # dF/dα on the grid
    points: list[float]  # α_k of the rule
    cumulative: list[float]  # Σ A collected up to α_k
    whole: Explanation
    monotonicity: float  # Spearman of F and α on the grid
    curvature: float  # the largest |d²F/dα²| on the grid


def see(q: Question, way: Way, given: dict[str, Any]) -> Seen:
    """Walk, and look."""
    asked, whole, α = stages.run(q, way.method, given), stages.explanation(q, way.method, given), grid(q)
    trace, nodes = asked["trace"], asked["nodes"]
    return Seen(
        slope=trace.slope_along(α)[:, 0].tolist(),
        norm=trace.gradient_norm(α)[:, 0].tolist(),
        confidence=trace.confidence(α)[:, 0].tolist(),
        points=quadrature(*nodes)[0],
        cumulative=trace.cumulative(*nodes)[:, 0].tolist(),
        whole=whole,
        monotonicity=float(trace.monotonicity(len(α) - 1)),
        curvature=float(trace.curvature(len(α) - 1)),
    )


@dataclass(frozen=True)
class Walked:
    """Every way with one B: its trace, its nodes, what is read off it, and what that has cost."""

    walks: Mapping[Way, Trace]
    steps: Mapping[Way, tuple]
    seen: Mapping[Way, Seen]
    cost: Cost


@dataclass(frozen=True)
class Moment:
    """Where the scrubber stands on one way."""

    point: Tensor  # γ(α), (1, C, H, W)
    gradient: Tensor  # ∇F(γ(α))
    collected: Tensor  # A, from the points up to α
    norm: float
    confidence: float


def at(trace: Trace, α: float, B: int, rule: str) -> Moment:
    """One α of a way: a gradient, if nobody looked at it before."""
    return Moment(
        point=trace.points([α])[0],
        gradient=trace.gradients([α])[0],
        collected=trace.attribution(B, rule, until=α),
        norm=float(trace.gradient_norm([α])),
        confidence=float(trace.confidence([α])),
    )


def frame(walks: Mapping[Way, Trace], seen: Mapping[Way, Seen], steps: Mapping[Way, tuple], α: float) -> Frame:
    """Where every way is at one α, and a mark on the curves."""
    shown, said = [], []
    for way, walk in walks.items():
        now, whole = at(walk, α, *steps[way]), seen[way].whole
        gradient, collected = figures.pixel_map(now.gradient), figures.pixel_map(now.collected) / total(whole.A)
        F_, length, sum_ = (
            f"F = {now.confidence:.3f}",
            f"length {now.norm:.3g}",
            f"ΣA = {float(now.collected.sum()):+.3f}",
        )
        shown += [
            Shown(figures.pixels(now.point), F_, f"{way.title}, the picture at α = {α:g}: {F_}"),
            Shown(gradient, length, f"{way.title}, the gradient: {in_words(gradient, length)}"),
            Shown(collected, f"{sum_} of {whole.change:+.3f}", f"{way.title}, A so far: {in_words(collected, sum_)}"),
        ]
        said.append(f"{way.title}: {F_}, {sum_}")
    ends = "; ".join(f"{w.title} from {s.confidence[0]:.2f} to {s.confidence[-1]:.2f}" for w, s in seen.items())
    alt = f"Score, collected sum and gradient length against α, at {α:g} now. Score: {ends}."
    first = at(next(iter(walks.values())), α, *next(iter(steps.values())))
    return Frame([*shown, Shown(α, alt=alt)], f"{first.confidence:.3f}", "; ".join(said))


def scales(walks: Mapping[Way, Trace], seen: Mapping[Way, Seen], α: list[float]) -> tuple[Scale, ...]:
    """Of all that is collected, as shares, one; and of each way's gradients its own."""
    whole = {way: figures.pixel_map(s.whole.A) / total(s.whole.A) for way, s in seen.items()}
    collected = next(iter(figures.scaled(whole, "value")[1].values()))
    steep = {way: figures.pixel_map(steepest(walk, seen[way], α)) for way, walk in walks.items()}
    gradients = figures.scaled(steep, "own")[1]
    unit = "of a gradient, F per unit of a pixel"
    return (Scale(collected, "share of the whole Σ|A|"), *(Scale(gradients[way], unit, legend=False) for way in walks))


def total(A: Tensor) -> float:
    """Σ|A|, 1 where there is nothing."""
    return float(A.abs().sum()) or 1.0


def steepest(trace: Trace, seen: Seen, α: list[float]) -> Tensor:
    """The gradient where it is longest: what the others are drawn against."""
    return trace.gradients([max(zip(seen.norm, α, strict=True))[1]])[0]


@dataclass(frozen=True)
class Errors:
    """How one way's completeness gap falls with B."""

    B: list[int]
    gap: list[float]
    bound: list[float]  # M‖x − x′‖²/(2B)
    bound_with_kinks: list[float]  # V/B
    enough: int  # the fewest steps within the tolerance, 0: more than the most that were tried


def errors(trace: Trace, rule: str, tolerance: float) -> Errors:
    """The gap for every number of steps that divides FINE. Costs FINE gradients, once, for the right and left rule."""
    tried = ladder(FINE, 2 if rule == "trapezoid" else 1)
    return Errors(
        B=tried,
        gap=gaps(trace, tried, rule)[:, 0].tolist(),
        bound=bound(trace, tried)[:, 0].tolist(),
        bound_with_kinks=bound(trace, tried, kinks=True)[:, 0].tolist(),
        enough=int(steps_for(trace, tolerance, rule)),
    )
