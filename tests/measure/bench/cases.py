"""Every method with a floor: what is called, and the passes that it needs."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

from app.labs.distancing import held_apart
from data.pictures import digits
from tests.measure.bench import floors
from tests.measure.bench.questions import Question
from tests.measure.bench.turns import Run
from xai_core import coalitions, explain, gad, local_weights, make_score
from xai_core.path.agi import attack, rivals
from xai_core.perturbation.occlusion import windows


class Case(NamedTuple):
    """One method and one network."""

    ours: Run
    floor: Run


def _explained(q: Question, method: str, rows: int = 1, **given: Any) -> Run:
    """One call of `explain`, with all that it costs."""
    x = q.pictures(rows)
    return lambda: explain(q.model, x, 0, method, **given)


def _gradients(method: str, points: Callable[[Question], Tensor], **symbols: str) -> Callable[[Question], Case]:
    """A method that needs the gradients at so many points. symbols: its keywords, and what they are in a question."""

    def case(q: Question) -> Case:
        asked = points(q)
        given = {symbol: getattr(q, name) for symbol, name in symbols.items()}
        return Case(_explained(q, method, **given), lambda: floors.gradients(q.model, asked))

    return case


def _answers(q: Question, method: str, n: int, **given: Any) -> Case:
    """A method that needs n forward passes."""
    asked = floors.masked(q.x, n)
    return Case(_explained(q, method, **given), lambda: floors.forwards(q.model, asked))


def _grad_cam(rows: int) -> Callable[[Question], Case]:
    def case(q: Question) -> Case:
        x = q.pictures(rows)
        return Case(_explained(q, "grad_cam", rows, layer=q.layer), lambda: floors.from_layer(q.model, x, q.layer))

    return case


def _guided_grad_cam(q: Question) -> Case:
    def floor() -> None:
        floors.gradients(q.model, q.x)
        floors.from_layer(q.model, q.x, q.layer)

    return Case(_explained(q, "guided_grad_cam", layer=q.layer), floor)


def _guided_ig(q: Question) -> Case:
    double, path = q.copy().double(), floors.along(q.x.double(), q.B)  # its own default: slopes in double
    return Case(_explained(q, "guided_ig", B=q.B), lambda: floors.one_by_one(double, path))


def _agi(q: Question) -> Case:
    f = make_score(q.model, q.x, 0)
    copies = q.x.repeat(q.K, 1, 1, 1)
    steps = int(attack(f, copies, rivals(f, q.x, q.K).flatten(), q.T)[1].max())
    few, many = floors.along(q.x, q.K), floors.along(q.x, q.K * q.B)
    return Case(_explained(q, "agi", K=q.K, B=q.B, T=q.T), lambda: floors.agi(q.model, q.x, few, many, steps))


def _uni(q: Question) -> Case:
    copy, path = q.copy(), floors.along(q.x, q.B)  # a copy, for its weights are asked for their slopes
    return Case(_explained(q, "uni", B=q.B, T=q.T), lambda: floors.uni(copy, q.x, path, q.T))


def _kernel_shap(q: Question) -> Case:
    asked = len(coalitions(int(q.segments.max()) + 1, q.samples)[0])
    return _answers(q, "kernel_shap", asked, N=q.samples, segments=q.segments)


def _occlusion(q: Question) -> Case:
    asked = len(windows(q.x.shape[2:], q.window, q.stride)) + 1
    return _answers(q, "occlusion", asked, window=q.window, stride=q.stride)


def _normlime(q: Question) -> Case:
    X = digits.digits()[0][:5]
    f, asked = make_score(q.model, X, "predicted"), [floors.masked(x, q.samples) for x in X.split(1)]
    return Case(
        lambda: local_weights(f, X, N=q.samples, segments="pixels"),
        lambda: [floors.forwards(q.model, points) for points in asked],
    )


def _gad(q: Question) -> Case:
    supports, path = held_apart.shipped(), floors.along(q.x, 15)
    five = [q.model, *(each.model for each in supports)]
    return Case(
        lambda: gad(q.model, supports, q.x, 0, "integrated_gradients"),
        lambda: [floors.gradients(each, path) for each in five],
    )


def _x(q: Question) -> Tensor:
    return q.x


def _path(q: Question) -> Tensor:
    return floors.along(q.x, q.B)


METHODS: dict[str, Callable[[Question], Case]] = {
    "simple_gradient": _gradients("simple_gradient", _x),
    "gradient_x_input": _gradients("gradient_x_input", _x),
    "smoothgrad": _gradients("smoothgrad", lambda q: floors.noisy(q.x, q.copies, 0.15), N="copies"),
    "vargrad": _gradients("vargrad", lambda q: floors.noisy(q.x, q.copies, 0.3), N="copies"),
    "guided_backprop": _gradients("guided_backprop", _x),
    "deconvolution": _gradients("deconvolution", _x),
    "deeplift": lambda q: Case(_explained(q, "deeplift"), lambda: floors.deeplift(q.model, q.x)),
    "grad_cam": _grad_cam(1),
    "grad_cam, 5 pictures": _grad_cam(5),
    "guided_grad_cam": _guided_grad_cam,
    "integrated_gradients": _gradients("integrated_gradients", _path, B="B"),
    "expected_gradients": _gradients(
        "expected_gradients", lambda q: floors.along(q.x, q.copies), N="copies", references="references"
    ),
    "blur_ig": _gradients("blur_ig", _path, B="B"),
    "guided_ig": _guided_ig,
    "agi": _agi,
    "uni": _uni,
    "lime": lambda q: _answers(q, "lime", q.samples, N=q.samples, segments=q.segments),
    "kernel_shap": _kernel_shap,
    "rise": lambda q: _answers(q, "rise", q.samples, N=q.samples),
    "occlusion": _occlusion,
    "normlime, 5 pictures": _normlime,
    "gad, 5 networks": _gad,
}
ONLY = {"normlime, 5 pictures": {"digits"}, "gad, 5 networks": {"zoo"}}  # what there is one network for
RULES_OF_RELU = {"guided_backprop", "deconvolution", "guided_grad_cam"}


def exists(method: str, q: Question) -> bool:
    """Whether the method means anything on this network: a rule for ReLUs needs one."""
    return q.name in ONLY.get(method, {q.name}) and (method not in RULES_OF_RELU or q.relus)
