"""What the page Saturation computes: the lecture's f, and an elephant whose trunk grows."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared import networks
from app.shared.script import MAPS, script
from data.drawn import zoo
from xai_core import Trace, straight
from xai_core.path.quadrature import quadrature
from xai_core.score import gradient

LENGTHS = tuple(round(0.05 * i, 2) for i in range(21))  # of the trunk, 0 none, 1 the longest


def f(x: Tensor) -> Tensor:
    """The lecture's example, f(x) = 1 − ReLU(1 − x): (N, 1) → (N,)."""
    return 1 - torch.relu(1 - x[:, 0])


@dataclass(frozen=True)
class Toy:
    """What gradient and Integrated Gradients see of f between x′ and x."""

    value: float  # f(x)
    slope: float  # f′(x)
    attribution: float
    change: float  # f(x) − f(x′)
    gap: float
    points: list[float]  # α_k
    heights: list[float]  # dF/dα there
    weights: list[float]
    fine: tuple[list[float], list[float]]  # dF/dα at many α


def toy(x: float, start: float, B: int) -> Toy:
    """f at x, seen from x′ = start in B steps."""
    at = torch.tensor([[x]], dtype=torch.double)
    path = Trace(f, straight(torch.full_like(at, start), at), at)
    points, weights = quadrature(B)
    A = path.attribution(B)
    fine = [k / 400 for k in range(401)]
    value, slope = gradient(f, at)
    return Toy(
        value=float(value),
        slope=float(slope),
        attribution=float(A),
        change=float(path.change()),
        gap=float(path.gap(A)),
        points=points,
        heights=path.slope_along(points)[:, 0].tolist(),
        weights=weights,
        fine=(fine, path.slope_along(fine)[:, 0].tolist()),
    )


@dataclass(frozen=True)
class Growth:
    """One elephant at each of LENGTHS of its trunk. Shared between readers: not to be written into."""

    scenes: list[zoo.Scene]
    confidence: list[float]  # F(x)
    rise: list[float]  # its slope against the length, from differences
    gradients: Tensor  # ∇F(x), (21, 3, H, W)
    attributions: Tensor  # Integrated Gradients from the same elephant without a trunk, (21, 3, H, W)

    def on_trunk(self, what: str) -> list[float]:
        """At each length, over the trunk's pixels: of "gradients" Σ |∇F|, in score per pixel value; of "attributions"
        Σ A, in score."""
        A = getattr(self, what).sum(1)  # (21, H, W)
        A = A.abs() if what == "gradients" else A
        return [float(A[i][scene.part].sum()) for i, scene in enumerate(self.scenes)]


@st.cache_resource(max_entries=16, show_spinner=False)
def grow(seed: int, B: int) -> Growth:
    """Ask the zoo's network about an elephant while its trunk grows. Costs 21 · (B + 2) passes, once."""
    scenes = [zoo.draw("elephant", seed, trunk=length) for length in LENGTHS]
    x = torch.stack([s.image for s in scenes])  # (21, 3, H, W)
    score = xai_core.make_score(networks.load("zoo"), x, zoo.CLASSES.index("elephant"))
    F, gradients = gradient(score, x)
    A = xai_core.integrated_gradients(score, x, x[:1].expand_as(x), B)
    rise = torch.gradient(F, spacing=LENGTHS[1])[0]
    return Growth(scenes, F.tolist(), rise.tolist(), gradients, A)


def python(x: float, start: float, B: int, seed: int, trunk: float) -> str:
    """A script that makes the page's numbers and the elephant's maps again."""
    lines = [
        "",
        "def f(x):  # (R, 1) → (R,)",
        "    return 1 - torch.relu(1 - x[:, 0])",
        "",
        "",
        f"at, start = torch.tensor([[{x!r}]]), torch.tensor([[{start!r}]])",
        f"A = xai_core.integrated_gradients(f, at, start, B={B})",
        'print("gradient", xai_core.simple_gradient(f, at).item(), "Integrated Gradients", A.item())',
        "",
        'model = networks.load("zoo")',
        f'x, without = (zoo.draw("elephant", {seed}, trunk=length).image[None] for length in ({trunk!r}, 0.0))',
        'target = zoo.CLASSES.index("elephant")',
        "maps = {",
        '    "simple_gradient": xai_core.explain(model, x, target, "simple_gradient"),',
        '    "integrated_gradients": xai_core.explain(model, x, target, "integrated_gradients", baseline=without,'
        f" B={B}),",
        "}",
    ]
    return script(lines, stem="maps", figure='figures.map_grid(x, maps, scale="own")', arrays=MAPS)
