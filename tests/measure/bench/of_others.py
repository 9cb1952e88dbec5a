"""The answers of pytorch-grad-cam, lime, shap and PAIR's saliency, each made and called anew."""

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import saliency.core as pair
import shap
import torch
from lime.lime_image import LimeImageExplainer
from pytorch_grad_cam import GradCAM, GuidedBackpropReLUModel
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor

from tests.measure.bench.given import CannotAnswerError, FirstClass, Maker, each_relu_once
from tests.measure.bench.questions import Question
from tests.measure.bench.turns import Run

# pytorch-grad-cam


def _grad_cam(rows: int) -> Maker:
    def maker(q: Question) -> Run:
        model, x = q.copy(), q.pictures(rows)
        side, tokens = x.shape[-1] // 16, not q.relus

        def on_a_grid(t: Tensor) -> Tensor:
            return t[:, 1:].transpose(1, 2).unflatten(2, (side, side))

        def run() -> np.ndarray:
            start = x.clone().requires_grad_()  # the weights are frozen, and it needs a slope that begins somewhere
            with GradCAM(model, [model.get_submodule(q.layer)], on_a_grid if tokens else None) as cam:
                return cam(start, [ClassifierOutputTarget(0)] * rows)

        return run

    return maker


def _guided_relus(q: Question) -> Run:
    model = q.copy()
    return lambda: GuidedBackpropReLUModel(model)(q.x.clone(), 0)


# lime


def _lime(q: Question) -> Run:
    classify, labels = _of_arrays(q), q.segments.numpy()
    picture = q.x[0].movedim(0, -1).double().numpy()

    def run() -> None:
        with patch("lime.lime_image.tqdm", lambda rows: rows):  # no bar
            LimeImageExplainer(feature_selection="lasso_path").explain_instance(
                picture, classify, labels=(0,), top_labels=None, hide_color=0.5, num_features=6,
                num_samples=q.samples, batch_size=q.at_once, segmentation_fn=lambda _: labels,
            )  # fmt: skip

    return run


def _of_arrays(q: Question) -> Callable[[np.ndarray], np.ndarray]:
    """Probabilities of pictures (n, H, W, C)."""

    def classify(batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return q.model(torch.from_numpy(batch).movedim(-1, 1).float()).softmax(1).numpy()

    return classify


# shap


def _shap_deeplift(q: Question) -> Run:
    model = FirstClass(each_relu_once(q))
    return lambda: shap.DeepExplainer(model, torch.zeros_like(q.x)).shap_values(q.x, check_additivity=False)


def _shap_gradients(q: Question) -> Run:
    model = FirstClass(q.copy())
    return lambda: shap.GradientExplainer(model, q.references, batch_size=q.at_once).shap_values(q.x, nsamples=q.copies)


def _kernel_explainer(q: Question) -> Run:
    M, where = int(q.segments.max()) + 1, q.segments

    def asked(z: np.ndarray) -> np.ndarray:
        answers = []
        with torch.no_grad():
            for part in torch.from_numpy(z).bool().split(q.at_once):
                masked = torch.where(part[:, where][:, None], q.x, 0.5)
                answers.append(q.model(masked).softmax(1)[:, 0])
        return torch.cat(answers).double().numpy()

    on, off = np.ones((1, M)), np.zeros((1, M))
    return lambda: shap.KernelExplainer(asked, off).shap_values(on, nsamples=q.samples, l1_reg=False, silent=True)


# PAIR's saliency


def _pair(method: Callable[[], object], call: str = "GetMask", **symbols: str | float) -> Maker:
    """symbols: its keywords, each a value, or what it is called in a question."""

    def maker(q: Question) -> Run:
        double = method is pair.GuidedIG  # as ours
        model = q.copy().double() if double else q.copy()
        given = {key: getattr(q, name) if isinstance(name, str) else name for key, name in symbols.items()}
        picture = q.x[0].movedim(0, -1).numpy()

        def slopes(batch: np.ndarray, call_model_args: object = None, expected_keys: object = None) -> dict:
            point = torch.from_numpy(np.asarray(batch)).movedim(-1, 1).to(torch.double if double else torch.float)
            point.requires_grad_()
            (slope,) = torch.autograd.grad(model(point).softmax(1)[:, 0].sum(), point)
            return {pair.INPUT_OUTPUT_GRADIENTS: slope.movedim(1, -1).numpy()}

        def run() -> np.ndarray:
            with patch.object(np, "quantile", _quantile):
                return getattr(method(), call)(picture, slopes, **given)

        return run

    return maker


def _quantile(a: np.ndarray, q: float, interpolation: str = "linear", of: Callable = np.quantile) -> np.ndarray:
    """NumPy 2 says `method` where Guided IG says `interpolation`."""
    return of(a, q, method=interpolation)


def _stride_of_one(q: Question) -> Run:
    raise CannotAnswerError("its window moves by one pixel, and it asks one row at a time")


GRAD_CAM: dict[str, Maker] = {
    "guided_backprop": _guided_relus,
    "grad_cam": _grad_cam(1),
    "grad_cam, 5 pictures": _grad_cam(5),
}
LIME: dict[str, Maker] = {"lime": _lime}
SHAP: dict[str, Maker] = {
    "deeplift": _shap_deeplift,
    "expected_gradients": _shap_gradients,
    "kernel_shap": _kernel_explainer,
}
SALIENCY: dict[str, Maker] = {
    "simple_gradient": _pair(pair.GradientSaliency),
    "smoothgrad": _pair(pair.GradientSaliency, "GetSmoothedMask", nsamples="copies", magnitude=False),
    "integrated_gradients": _pair(pair.IntegratedGradients, x_steps="B", batch_size="at_once"),
    "blur_ig": _pair(pair.BlurIG, steps="B", batch_size="at_once"),
    "guided_ig": _pair(pair.GuidedIG, x_steps="B"),
    "occlusion": _stride_of_one,
}
