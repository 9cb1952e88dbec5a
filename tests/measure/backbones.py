"""Which method works on which network, and why not where it does not: `python -m tests.measure.backbones`.

Every method of the catalogue × the lecture's six backbones, MobileNetV3 and SqueezeNet, with random weights, and with
the published ones where torch's cache holds them. The cheapest settings at which a method still does what it says. One
photograph, explained for the two classes that the network finds likeliest. It writes the table that page and notebook
show, app/labs/cam/backbones.json, and takes some minutes.

    works     finite, of the picture's shape, not zero everywhere, another map for another class, and complete where
              completeness is promised exactly (DeepLIFT, KernelSHAP)
    in part   it runs, but its rule reaches only some of the network's activations
    empty     it runs, but its rule finds nothing to act on: the result is the simple gradient, bit for bit
    refuses   an error says why
    fails     anything else

Random weights can show that a method runs, not that its map is right.
"""

import json
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from data.nets import pretrained
from data.pictures import photographs
from xai_core import catalogue, explain, make_score, superpixels

TABLE = Path(__file__).parents[2] / "app" / "labs" / "cam" / "backbones.json"
SIZE = 64  # pixels, for random weights
SMALL = {"size": SIZE, "resize": SIZE, "interpolation": "bilinear"}
LITTLE = {"N": 2, "B": 2, "T": 2, "K": 2, "G": 2, "window": 32, "stride": 32, "segments": "grid", "cells": 4}
OWN = {"lime": {"N": 20, "K": 3}, "kernel_shap": {"N": 66}, "rise": {"N": 8}, "blur_ig": {"sigma": 4}}
CHEAP: dict[str, dict[str, Any]] = {
    name: {k: v for k, v in LITTLE.items() if k in row.defaults} | OWN.get(name, {})
    for name, row in catalogue().items()
}
RULES = ("deconvolution", "guided_backprop", "guided_grad_cam")  # what they change is the ReLU
NO_CAM = {
    "convnext_tiny": "a layer normalisation stands between the mean and the linear layer",
    "vgg16_bn": "three linear layers read all places, not their mean",
    "vit_b_16": "the head reads the class token, not the mean of the patches",
    "squeezenet1_1": "a convolution gives one map a class, and the mean comes last: those maps are its CAMs",
    "mobilenet_v3_small": "two linear layers with a nonlinearity between them follow the mean",
}
EXACT = {"deeplift": 0.01, "kernel_shap": 0.01}  # largest completeness gap, of |F(x) − F(x′)|


def network(name: str, weights: bool) -> nn.Module:
    """A backbone. Random weights are made ones through which a picture gets: otherwise MobileNetV3's signal is lost in
    rounding after fifty layers, and torchvision's ViT begins with a head of zeros."""
    if weights:
        return pretrained.load(name)
    model = pretrained.load(name, weights=False)
    if name == "vit_b_16":  # takes pictures of one size only, and here they are small
        model.network.image_size = SIZE
        encoder, head, patches = (
            model.network.encoder,
            model.network.heads.head,
            (SIZE // model.network.patch_size) ** 2,
        )
        encoder.pos_embedding.data = encoder.pos_embedding.data[:, : 1 + patches]
        head.weight.data.normal_(std=0.02, generator=torch.Generator().manual_seed(0))
        return model
    for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.momentum = None  # the statistics of one batch, as they are
        norm.train()
    with torch.no_grad():
        photos = torch.stack([photographs.bundled(photo, **SMALL) for photo in photographs.BUNDLED])
        grain = 0.3 * torch.randn(photos.shape, generator=torch.Generator().manual_seed(0))
        model(torch.cat([photos, photos + grain]))  # what the methods will show it, noisy copies among them
    return model.eval()


def question(name: str, model: nn.Module, weights: bool) -> tuple[Tensor, Tensor]:
    """A photograph twice, and the network's two likeliest classes. Random weights take a small one as well."""
    x = photographs.bundled("cat", **(pretrained.geometry(name) if weights else SMALL))[None]
    with torch.no_grad():
        return x.expand(2, -1, -1, -1).contiguous(), model(x)[0].topk(2).indices


def row(name: str, model: nn.Module, x: Tensor, target: Tensor, method: str) -> dict[str, Any]:
    """How one method fares: {"verdict", "why"}, and the completeness gap where the method has one."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            A = explain(model, x, target, method, **CHEAP.get(method, {}))
        except (ValueError, TypeError) as error:
            return {"verdict": "refuses", "why": NO_CAM.get(name, str(error)) if method == "cam" else str(error)}
    if A.shape != x.shape or not torch.isfinite(A).all():
        return {"verdict": "fails", "why": "not finite, or not of the picture's shape"}
    size = A.abs().amax((1, 2, 3))
    if not (size > 0).all():
        return {"verdict": "fails", "why": "zero everywhere for at least one of the two classes"}
    shape = A - A.mean((1, 2, 3), keepdim=True)  # RISE's map is mostly the score itself, the same at every pixel
    if (shape[0] - shape[1]).abs().max() < 1e-3 * shape.abs().max():
        return {"verdict": "fails", "why": "the same map for both classes"}
    found: dict[str, Any] = {"verdict": "works", "why": ""}
    if method in RULES:
        found |= reach(model, any("calls no ReLU" in str(w.message) for w in said))
    if (gap := completeness(model, x, target, method, A)) is not None:
        found["gap"] = float(f"{gap:.2g}")
        if gap > EXACT.get(method, float("inf")):
            found |= {"verdict": "fails", "why": f"its sum misses the change of the score by {gap:.0%}"}
    return found


def reach(model: nn.Module, empty: bool) -> dict[str, str]:
    """On how many of the network's activations a rule for ReLUs acts."""
    kinds = Counter(type(m).__name__ for m in model.modules() if type(m).__module__ == nn.ReLU.__module__)
    kinds = Counter({k: n for k, n in kinds.items() if k not in ("Softmax", "MultiheadAttention")})
    relus, others = kinds.pop("ReLU", 0), ", ".join(kinds)
    if empty:
        return {
            "verdict": "empty",
            "why": f"no ReLU in this network ({others}): the simple gradient is left",
        }
    if kinds:
        return {
            "verdict": "in part",
            "why": f"only {relus} of {relus + kinds.total()} activations are ReLUs ({others})",
        }
    return {"verdict": "works", "why": ""}


def completeness(model: nn.Module, x: Tensor, target: Tensor, method: str, A: Tensor) -> float | None:
    """|Σ A − (F(x) − F(x′))| / |F(x) − F(x′)|, x′ black or grey: the worse of both classes, over the larger change."""
    start = {"deeplift": 0.0, "integrated_gradients": 0.0, "guided_ig": 0.0, "kernel_shap": 0.5}.get(method)
    if start is None:
        return None
    f = make_score(model, x, target, catalogue()[method].output)
    with torch.no_grad():
        change = f(x) - f(torch.full_like(x, start))
    total = A.flatten(1).sum(1)
    if method == "kernel_shap":  # one number a feature, painted on all its pixels
        total = total * (superpixels(x[:1], "grid").max() + 1) / x[0, 0].numel()
    return float((total - change).abs().max() / change.abs().max())


def table(names: tuple[str, ...] = pretrained.NAMES, methods: tuple[str, ...] = (), real: bool = True) -> list[dict]:
    """The rows of these networks and methods (all, unless named); real: also with published weights that are here."""
    rows = []
    for name in names:
        for weights in (False, True) if real and pretrained.is_available(name) else (False,):
            model = network(name, weights)
            x, target = question(name, model, weights)
            for method in tqdm(methods or tuple(catalogue()), desc=f"{name}, {'real' if weights else 'random'}"):
                about = {"network": name, "weights": "published" if weights else "random", "method": method}
                rows.append(about | row(name, model, x, target, method))
    return rows


def write(rows: list[dict]) -> None:
    """Put these rows into the table in the place of the older ones of the same network, weights and method."""
    known = json.loads(TABLE.read_text(encoding="utf-8"))["rows"] if TABLE.is_file() else []
    order = list(catalogue())
    merged = {(r["weights"] != "random", pretrained.NAMES.index(r["network"]), order.index(r["method"])): r
              for r in (*known, *rows)}  # fmt: skip
    text = ",\n".join("    " + json.dumps(merged[key], ensure_ascii=False) for key in sorted(merged))
    settings = json.dumps({"pixels": SIZE, "symbols": CHEAP}, ensure_ascii=False)
    TABLE.write_text(f'{{\n  "settings": {settings},\n  "rows": [\n{text}\n  ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)  # sums in one order
    for name in sys.argv[1:] or pretrained.NAMES:
        write(table((name,)))
