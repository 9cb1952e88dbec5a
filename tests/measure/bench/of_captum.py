"""captum's answers, each made and called anew."""

from collections.abc import Callable

import captum.attr as captum
import torch
from torch import Tensor

from tests.measure.bench.given import CannotAnswerError, Maker, each_relu_once, probability
from tests.measure.bench.questions import Question
from tests.measure.bench.turns import Run


def _of_probability(method: Callable, **given: object) -> Maker:
    def maker(q: Question) -> Run:
        model = probability(q.copy())
        return lambda: method(model).attribute(q.x, target=0, **given)

    return maker


def _of_logits(method: Callable) -> Maker:
    def maker(q: Question) -> Run:
        model = q.copy()
        return lambda: method(model).attribute(q.x, target=0)

    return maker


def _noise_tunnel(kind: str, sigma: float) -> Maker:
    def maker(q: Question) -> Run:
        model, spread = probability(q.copy()), sigma * float(q.x.max() - q.x.min())
        return lambda: captum.NoiseTunnel(captum.Saliency(model)).attribute(
            q.x, nt_type=kind, nt_samples=q.copies, nt_samples_batch_size=min(q.copies, q.at_once), stdevs=spread,
            target=0, abs=False,
        )  # fmt: skip

    return maker


def _deeplift(q: Question) -> Run:
    model = probability(each_relu_once(q))
    return lambda: captum.DeepLift(model).attribute(q.x, torch.zeros_like(q.x), target=0)


def _layer_grad_cam(rows: int) -> Maker:
    def maker(q: Question) -> Run:
        if not q.relus:
            raise CannotAnswerError("Grad-CAM takes a transformer's tokens for channels")
        model, x = q.copy(), q.pictures(rows)
        layer = model.get_submodule(q.layer)

        def run() -> Tensor:
            coarse = captum.LayerGradCam(model, layer).attribute(x, target=0, relu_attributions=True)
            return captum.LayerAttribution.interpolate(coarse, x.shape[2:], "bilinear")

        return run

    return maker


def _guided_grad_cam(q: Question) -> Run:
    model = q.copy()
    layer = model.get_submodule(q.layer)
    return lambda: captum.GuidedGradCam(model, layer).attribute(q.x, target=0)


def _integrated_gradients(q: Question) -> Run:
    model = probability(q.copy())
    return lambda: captum.IntegratedGradients(model).attribute(
        q.x, target=0, n_steps=q.B, method="riemann_right", internal_batch_size=q.at_once
    )


def _gradient_shap(q: Question) -> Run:
    model = probability(q.copy())
    return lambda: captum.GradientShap(model).attribute(q.x, q.references, n_samples=q.copies, target=0)


def _of_masks(method: Callable) -> Maker:
    def maker(q: Question) -> Run:
        model = probability(q.copy())
        return lambda: method(model).attribute(
            q.x, baselines=0.5, target=0, feature_mask=q.segments[None, None], n_samples=q.samples,
            perturbations_per_eval=q.at_once,
        )  # fmt: skip

    return maker


def _occlusion(q: Question) -> Run:
    model, channels = probability(q.copy()), q.x.shape[1]
    return lambda: captum.Occlusion(model).attribute(
        q.x, (channels, q.window, q.window), (channels, q.stride, q.stride), baselines=0.5, target=0,
        perturbations_per_eval=q.at_once,
    )  # fmt: skip


ANSWERS: dict[str, Maker] = {
    "simple_gradient": _of_probability(captum.Saliency, abs=False),
    "gradient_x_input": _of_probability(captum.InputXGradient),
    "smoothgrad": _noise_tunnel("smoothgrad", 0.15),
    "vargrad": _noise_tunnel("vargrad", 0.3),
    "guided_backprop": _of_logits(captum.GuidedBackprop),
    "deconvolution": _of_logits(captum.Deconvolution),
    "deeplift": _deeplift,
    "grad_cam": _layer_grad_cam(1),
    "grad_cam, 5 pictures": _layer_grad_cam(5),
    "guided_grad_cam": _guided_grad_cam,
    "integrated_gradients": _integrated_gradients,
    "expected_gradients": _gradient_shap,
    "lime": _of_masks(captum.Lime),
    "kernel_shap": _of_masks(captum.KernelShap),
    "occlusion": _occlusion,
}
