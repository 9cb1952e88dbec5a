"""Attention of a vision transformer: which patches does the class token listen to, layer by layer and all in all?

    A_l = softmax(q kᵀ / √d)                 a row a token: the shares in which it mixes the others' values, sum 1
    Â_l = ½ mean over heads of A_l + ½ I     the residual connection hands on the token itself
    R   = Â_L ⋯ Â_2 Â_1                      attention rollout: Abnar & Zuidema 2020       [Abnar2020, §3]

R's first row, without its first number and laid out as the patch grid, is the picture: what of the class token came
from where, if all that mattered were the shares. Values, signs, MLPs and the head are left out, and so is the class:
the map is the same whatever the target. Where gradients may speak too, the map can ask for a class:

    R ← R + Ē_l R,   Ē_l = mean over heads of (∇A_l ⊙ A_l)⁺,   R₀ = I,   ∇A_l = ∂F_c/∂A_l

(Chefer, Gur & Wolf 2021) [Chefer2021].

Units: shares of the class token (rollout; a row of R sums to one); units of F_c (gradient-weighted).
What to look at: `Watching`, which replaces the attention step itself, in this thread alone; no hook is needed.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xai_core.gradient.deeplift import unasking
from xai_core.gradient.rescale_rules import attention_weights
from xai_core.network.answers import check_unscripted
from xai_core.score import Score, check_score, listened, passes, rows_at_once

SOFTMAX = {F.softmax, torch.softmax, Tensor.softmax}


class Watching(TorchFunctionMode):
    """Within `with Watching() as seen:` the weights of every attention step are kept in `seen.weights`, in order.

    Three kinds are met: scaled_dot_product_attention, nn.MultiheadAttention (with need_weights or without), and a
    softmax over the last axis of a square matrix, as networks write it that compute attention themselves.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[Tensor] = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is F.scaled_dot_product_attention:
            return self._attend(*args, **kwargs)
        if function is F.multi_head_attention_forward:
            # Asked for its weights it folds the heads into the batch; not asked, it calls the fused step, met in turn.
            with self:
                answer, _ = unasking(function)(*args, **kwargs | {"need_weights": False})
            told = self.weights[-1].mean(1) if kwargs.get("average_attn_weights", True) else self.weights[-1]
            return answer, told if kwargs.get("need_weights", True) else None
        answer = function(*args, **kwargs)
        over = kwargs.get("dim", args[1] if len(args) > 1 else None)
        if function in SOFTMAX and answer.dim() > 2 and over in (-1, answer.dim() - 1) and _square(answer):
            self.weights.append(answer)
        return answer

    def _attend(self, q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
        A = attention_weights(q, k, attn_mask, is_causal, scale, enable_gqa)
        self.weights.append(A)
        return A @ (v.repeat_interleave(q.shape[-3] // v.shape[-3], -3) if enable_gqa else v)


def _square(weights: Tensor) -> bool:
    return weights.shape[-1] == weights.shape[-2]


def attention_maps(f: Score, x: Tensor) -> Tensor:
    """The attention weights of every layer and head: (N, C, H, W) → (N, layers, heads, n, n). Each row sums to one.

    n counts the class token and the patches. The class that f asks for plays no part.
    Raises ValueError for a network without attention, or with one that never compares all tokens (Swin's windows).
    """
    check_score(f)
    found = []
    with torch.no_grad():
        for i in passes(x, f, _few(x)):
            found.append(torch.stack([_by_head(A) for A in _watched(f.rows(i), x[i])[1]], 1))
    return torch.cat(found)


def rollout(attention: Tensor, layers: int | None = None) -> Tensor:
    """R of the first `layers` layers (all, if None): (N, L, heads, n, n) → (N, n, n). Each row sums to one."""
    mixed = attention[:, :layers].mean(2)
    own = torch.eye(mixed.shape[-1], dtype=mixed.dtype, device=mixed.device)
    R = own.expand(len(mixed), -1, -1)
    for A in (0.5 * mixed + 0.5 * own).unbind(1):
        R = A @ R
    return R


def attention_rollout(f: Score, x: Tensor, layers: int | None = None) -> Tensor:
    """Attention rollout of the class token, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), not negative.

    The share of a patch stands on each of its pixels. The same for every class. Raises ValueError as `attention_maps`.
    """
    return on_pixels(patches(rollout(attention_maps(f, x), layers)[:, 0], x), x)


def gradient_rollout(f: Score, x: Tensor) -> Tensor:
    """Gradient-weighted attention for the class that f asks for: (N, C, H, W) → (N, 1, H, W), not negative.

    [Chefer2021]. Costs 1 gradient. Raises TypeError or ValueError as `attention_maps`.
    """
    check_score(f)
    found = []
    for i in passes(x, f, _few(x)):
        with torch.inference_mode(False), torch.enable_grad():
            # The weights are frozen, so what needs a gradient is the picture, and all attention that depends on it.
            value, attention = _watched(f.rows(i), x.detach()[i].clone().requires_grad_())
            slopes = torch.autograd.grad(value.sum(), attention)
        own = torch.eye(attention[0].shape[-1], device="cpu").to(x)
        R = own.expand(len(i), -1, -1)
        for A, slope in zip(attention, slopes, strict=True):
            R = R + _by_head(slope * A.detach()).clamp(min=0).mean(1) @ R
        found.append(R[:, 0])
    return on_pixels(patches(torch.cat(found), x), x)


def patches(row: Tensor, x: Tensor) -> Tensor:
    """A row of attention without the class token, as the patch grid: (…, n) → (…, h, w), h : w as x's sides.

    Raises ValueError if one token and a grid of that shape do not make n.
    """
    n, (height, width) = row.shape[-1] - 1, x.shape[2:]
    h = round(math.sqrt(n * height / width))
    w = round(math.sqrt(n * width / height))
    if h * w != n or h == 0:
        raise ValueError(
            f"the network must have one class token and a grid of patches in the shape of x, {height} × {width}; it "
            f"has {n + 1} tokens, and {n} are no such grid. See attention_maps for the weights themselves"
        )
    return row[..., 1:].unflatten(-1, (h, w))


def on_pixels(grid: Tensor, x: Tensor) -> Tensor:
    """A number a patch, on each of its pixels: (N, h, w) → (N, 1, H, W). Nothing is smoothed."""
    return F.interpolate(grid[:, None].to(x), size=x.shape[2:], mode="nearest")


def _watched(f: Score, x: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
    """F_c(x), (n,), and the attention of each layer as the network has it, (n, heads, tokens, tokens) each."""
    if x.dim() != 4:
        raise ValueError(f"x must be images (N, C, H, W); got shape {tuple(x.shape)}")
    check_unscripted(f, "attention maps", "nothing can watch the attention")

    def watch() -> tuple[Watching, Tensor]:
        with Watching() as seen:
            return seen, f(x)

    seen, value = listened(f, watch)
    if not seen.weights:
        raise ValueError("the network must have attention for its map; this one calls none")
    shapes = {tuple(A.shape) for A in seen.weights}
    if any(A.dim() not in (3, 4) or len(A) != len(x) or not _square(A) for A in seen.weights) or len(shapes) > 1:
        raise ValueError(
            "the network must let all tokens of a picture attend to all in every layer; this one has attention of the "
            f"shapes {', '.join(map(str, sorted(shapes)))} for {len(x)} picture(s). Attention within windows (Swin) "
            "never compares the whole picture, so there is nothing to roll out"
        )
    return value, seen.weights


def _by_head(A: Tensor) -> Tensor:
    """(n, heads, tokens, tokens), also of attention that was written without heads."""
    return A if A.dim() == 4 else A[:, None]


def _few(x: Tensor) -> int:
    """Rows in one pass: attention keeps tokens² numbers a head and layer, so fewer than other methods."""
    return max(1, rows_at_once(x) // 4)
