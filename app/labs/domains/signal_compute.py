"""What the signal half of the page Domains computes: attributions of a trace, and UNI's baseline of it."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared.meter import watched
from app.shared.script import call, quoted, script
from data.drawn import signals
from data.nets import networks
from data.nets.signal_network import SignalNet
from xai_core import Score, Trace
from xai_core.evaluate.sequence_truth import Found, sequence_truth
from xai_core.path.matching import budget

COPIES = 300  # of a trace, for LIME and KernelSHAP
# name → (function of the catalogue, its arguments here, what is said of it)
METHODS: dict[str, tuple[str, dict[str, Any], str]] = {
    "Simple gradient": ("simple_gradient", {}, "∇F"),
    "CAM": ("cam", {}, "32 places, 8 samples each"),
    "Grad-CAM": ("grad_cam", {}, "32 places, 8 samples each"),
    "DeepLIFT": ("deeplift", {}, "from the zero line"),
    "Integrated Gradients": ("integrated_gradients", {"B"}, "from the zero line"),
    "BlurIG": ("blur_ig", {"B": 50, "sigma": 25.0}, "from a blur of 25 samples"),
    "UNI": ("uni", {"B", "eps"}, "from the unlearned trace"),
    "AGI": ("agi", {"K": 3}, "from where the three other classes are"),
    "LIME": ("lime", {"N": COPIES, "segments": "grid", "fill": "black"}, "16 stretches set to 0 mV"),
    "KernelSHAP": ("kernel_shap", {"N": COPIES, "segments": "grid", "fill": "black"}, "16 stretches set to 0 mV"),
    "Occlusion": ("occlusion", {"window": 16, "fill": "black"}, "a window of 16 samples set to 0 mV"),
}


def arguments(method: str, B: int, eps: float | None, K: int) -> dict[str, Any]:
    """What a method is called with, given the page's sliders."""
    fixed = METHODS[method][1]
    chosen = {"B": B, "eps": eps, "K": min(K, 16)}
    if isinstance(fixed, set):
        return {name: chosen[name] for name in sorted(fixed)}
    return {**fixed, "K": chosen["K"]} if method == "LIME" else fixed


@st.cache_resource(max_entries=1, show_spinner=False)
def network() -> SignalNet:
    """The network of traces."""
    return networks.load("signals")


@st.cache_resource(max_entries=256, show_spinner=False)
def drawn(name: str, number: int) -> signals.Trace:
    """The trace of this class and number."""
    return signals.draw(name, number)


@st.cache_resource(max_entries=256, show_spinner=False)
def answers(name: str, number: int) -> Tensor:
    """The network's probabilities, (classes,)."""
    with torch.no_grad():
        return network()(drawn(name, number).signal[None])[0].softmax(0)


def score(name: str, number: int) -> Score:
    """F_c, c the class that the trace gets, with its passes counted."""
    return watched(
        xai_core.make_score(network(), drawn(name, number).signal[None], int(answers(name, number).argmax()))
    )


@st.cache_resource(max_entries=512, show_spinner=False)
def attribution(name: str, number: int, method: str, given: tuple[tuple[str, Any], ...]) -> Tensor:
    """The scores of the samples, (256,). given: the arguments, as pairs."""
    x, target = drawn(name, number).signal[None], int(answers(name, number).argmax())
    return xai_core.explain(network(), x, target, METHODS[method][0], **dict(given))[0, 0]


def judged(name: str, number: int, A: Tensor) -> Found | None:
    """How the scores compare with the truth; None for a normal trace, in which nothing decides."""
    mask = drawn(name, number).mask
    return sequence_truth(A, mask) if mask.any() else None


@dataclass(frozen=True, eq=False)
class Unlearned:
    """UNI's baseline of a trace."""

    start: Tensor  # x′, (256,)
    eps: float
    probabilities: Tensor  # of the classes at x′
    gap: float  # completeness gap of the path from it
    share: float  # of Σ|x − x′| on the stretch that decides; NaN for a normal trace
    spread: tuple[float, float]  # standard deviation in the stretch, of x and of x′, mV


@st.cache_resource(max_entries=256, show_spinner=False)
def unlearned(name: str, number: int, eps: float | None, B: int) -> Unlearned:
    """Stages 1 and 2 of UNI, and what they did to the trace."""
    f, x, mask = score(name, number), drawn(name, number).signal[None], drawn(name, number).mask
    answer = xai_core.answer_to_match(f, x)
    eps = float(budget(f, x, answer)) if eps is None else eps
    start = xai_core.match_baseline(f, x, answer, eps=eps)
    path = Trace(f, xai_core.straight(start, x), x)
    with torch.no_grad():
        p = network()(start)[0].softmax(0)
    change = (x - start)[0, 0].abs()
    inside = (float(x[0, 0][mask].std()), float(start[0, 0][mask].std())) if mask.any() else (float("nan"),) * 2
    share = float(change[mask].sum() / change.sum()) if mask.any() else float("nan")
    return Unlearned(start[0, 0], eps, p, float(path.gap(path.attribution(B))), share, inside)


@st.cache_resource(max_entries=16, show_spinner=False)
def measured(n: int, B: int, K: int) -> tuple[dict[str, list[Found]], Tensor]:
    """Every method on the first n traces out of order of a stream that the network never saw, and their labels."""
    x, labels, masks = signals.batch(n, 1_000_001, signals.CLASSES[1:])
    found = {}
    for method, (function, _, _) in METHODS.items():
        A = xai_core.explain(network(), x, labels, function, **arguments(method, B, None, K))[:, 0]
        found[method] = [sequence_truth(a, m) for a, m in zip(A, masks, strict=True)]
    return found, labels


def python(name: str, number: int, methods: list[str], B: int, eps: float | None, K: int) -> str:
    """A script that makes the page's attributions again."""
    explain = [
        f'    "{m}": '
        + call("xai_core.explain", "network", "x", "target", quoted(METHODS[m][0]), given=arguments(m, B, eps, K))
        + "[0, 0],"
        for m in methods
    ]
    lines = [
        'network = networks.load("signals")',
        f'trace = signals.draw("{name}", {number})',
        "x = trace.signal[None]  # (1, 1, 256), millivolts",
        "target = int(network(x).argmax())",
        "",
        "maps = {",
        *explain,
        "}",
    ]
    return script(
        lines,
        stem="trace",
        figure=f'signal_rows(x[0, 0], maps, trace.mask, rate=signals.RATE, unit="mV", title="{name}")',
        arrays=("x=x[0].numpy()", "**{name: A.numpy() for name, A in maps.items()}"),
        imports=["from xai_core.figures.sequences import signal_rows"],
    )
