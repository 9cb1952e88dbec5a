"""The slope of a chord: what stands for a derivative when a function is compared at two points.

A step φ of a network took a′ to φ(a′) and a to φ(a). A complete rule shares Δφ = φ(a) − φ(a′) out over the inputs:
Δφ = Σ_j m_j Δa_j, where m is the gradient if a = a′.

    one number     m = Δφ/Δa                                      Rescale rule: Shrikumar et al. 2017 [Shrikumar2017]
    product        Δ(ab)  = ½(b + b′) Δa + ½(a + a′) Δb
    softmax        Δp_c   = L_c (Δz_c − Σ_j L_j Δz_j / Σ_j L_j)   L = Δp / Δlog p, the logarithmic mean of p and p′
    max-pooling    Δmax   = m Δa_k                                k where the larger of the two maxima stands

Rescale is the paper's. The others continue it to several inputs; softmax's is its gradient p_c (δ_cj − p_j) with L in
the place of p. Where every step is complete, the network is.
What to look at: `rescale`, two lines. A step's backward pass is a function: gradient of the output → of the inputs.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

SMALL = 1e-7  # a smaller |Δa| is rounding, and the quotient of two such differences noise

Slopes = Callable[[Tensor], tuple]


class Chord(torch.autograd.Function):
    """A value that is known already, with a backward pass of our own."""

    @staticmethod
    def forward(ctx, value: tuple[Tensor], back: Slopes, *inputs: Tensor) -> Tensor:
        """The value itself, as if it had been made from the inputs; in a tuple, so that it is none of them."""
        ctx.back = back
        return value[0].clone() if value[0]._is_view() else value[0]  # a view could not be written to any more

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple:
        """What `back` makes of the gradient of the value: one gradient an input."""
        return None, None, *ctx.back(g)


def tangent(run: Callable, point: tuple, g: Tensor) -> tuple:
    """The ordinary backward pass of run, at a point of our choice."""
    with torch.enable_grad():
        point = tuple(p.detach().requires_grad_(p.is_floating_point()) for p in point)
        into = [p for p in point if p.requires_grad]
        found = iter(torch.autograd.grad(run(*point), into, g, allow_unused=True))
    return tuple(next(found) if p.requires_grad else None for p in point)


# A rule a function. run(*inputs) computes it; now and then are its inputs for x and x′, y and y_then its outputs.


def rescale(run, now, then, y, y_then) -> Slopes:
    """m = Δφ/Δa of each number by itself; the gradient where |Δa| < 10⁻⁷."""
    Δ = now[0] - then[0]  # further inputs are constants: PReLU's slope, the bounds of clamp
    m = (y - y_then) / Δ
    if (small := Δ.abs_() < SMALL).any():
        m = torch.where(small, tangent(run, now, torch.ones_like(y))[0], m)
    return lambda g: (g * m, *[None] * (len(now) - 1))


def product(run, now, then, y, y_then) -> Slopes:
    """Δ(ab) = ½(b + b′) Δa + ½(a + a′) Δb: what is multiplied takes its mean."""
    middle = tuple((a + b) / 2 if a.is_floating_point() else a for a, b in zip(now, then, strict=True))
    return lambda g: tangent(run, middle, g)  # a parabola's chord has the slope of its tangent halfway


def quotient(run, now, then, y, y_then) -> Slopes:
    """Δ(a/b): the product of a and 1/b."""
    (a, b), (a_then, b_then) = now, then  # a times 1/b, whose chord has the slope −1/(b b′)
    by_a, by_b = (1 / b + 1 / b_then) / 2, -(a + a_then) / (2 * b * b_then)
    return lambda g: ((g * by_a).sum_to_size(a.shape), (g * by_b).sum_to_size(b.shape))


def softmax(run, now, then, y, y_then, dim) -> Slopes:
    """Δp_c = L_c (Δz_c − Σ_j L_j Δz_j / Σ_j L_j), L the logarithmic mean of p and p′."""
    L = _logarithmic_mean(now[0].to(y.dtype), then[0].to(y.dtype), dim)
    return lambda g: (L * (g - (g * L).sum(dim, True) / L.sum(dim, True)),)


def log_softmax(run, now, then, y, y_then, dim) -> Slopes:
    """Δlog p_c = Δz_c − Σ_j L_j Δz_j / Σ_j L_j."""
    L = _logarithmic_mean(now[0].to(y.dtype), then[0].to(y.dtype), dim)
    return lambda g: (g - g.sum(dim, True) * L / L.sum(dim, True),)


def _logarithmic_mean(z: Tensor, z_then: Tensor, dim: int) -> Tensor:
    """L = Δp / Δlog p of two softmaxes: a number between p and p′."""
    log_p, log_p_then = z.log_softmax(dim), z_then.log_softmax(dim)
    Δ = (log_p - log_p_then).abs().nan_to_num(0.0)  # −∞ minus −∞: masked out in both
    return torch.maximum(log_p, log_p_then).exp() * torch.where(Δ < SMALL, 1, -torch.expm1(-Δ) / Δ)


def max_pool(run, now, then, y, y_then, dims) -> Slopes:
    """Δmax = m Δa_k, k the place of the larger of the two maxima, over the last `dims` dimensions."""
    (y, at), (y_then, at_then) = y, y_then
    k = torch.where(y >= y_then, at, at_then).flatten(-dims)  # here |Δa| ≥ |Δmax|, so 0 ≤ m ≤ 1
    a, a_then = (each[0].flatten(-dims) for each in (now, then))
    Δ_k = a.gather(-1, k) - a_then.gather(-1, k)
    m = torch.where(Δ_k.abs() < SMALL, 1, (y - y_then).flatten(-dims) / Δ_k)
    return lambda g: (torch.zeros_like(a).scatter_add_(-1, k, g.flatten(-dims) * m).view(now[0].shape),)


ELEMENTWISE = """relu relu6 leaky_relu prelu rrelu elu celu selu gelu silu mish hardswish hardsigmoid hardtanh sigmoid
    log_sigmoid tanh softplus softsign tanhshrink softshrink hardshrink threshold clamp clamp_min clamp_max clip abs
    absolute exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow float_power reciprocal sin cos tan sinh cosh
    asin acos atan asinh acosh atanh erf erfc expit logit sinc sign floor ceil round trunc"""
PRODUCTS = """mul multiply matmul mm bmm mv dot inner outer einsum tensordot kron bilinear addmm addmv addbmm baddbmm
    addcmul lerp linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"""
RULES: dict[str, Callable[..., Slopes]] = dict.fromkeys(ELEMENTWISE.split(), rescale) | dict.fromkeys(
    PRODUCTS.split(), product
)
RULES |= dict.fromkeys(("div", "divide", "true_divide"), quotient) | {"var": lambda *step: product(*step)}
RULES |= {"softmax": softmax, "log_softmax": log_softmax}
POOLS = {f"{kind}max_pool{n}d": n for kind in ("", "adaptive_") for n in (1, 2, 3)}


# Functions taken apart into steps that have a rule


def _layer_norm(a, shape, weight=None, bias=None, eps=1e-5, *_):
    centred = a - a.mean(tuple(range(-len(shape), 0)), keepdim=True)
    return _rms_norm(centred, shape, weight, eps) + (0 if bias is None else bias)


def _rms_norm(a, shape, weight=None, eps=None):
    square = a.square().mean(tuple(range(-len(shape), 0)), keepdim=True)
    eps = torch.finfo(a.dtype).eps if eps is None else eps
    return a * (square + eps).rsqrt() * (1 if weight is None else weight)


def _group_norm(a, groups, weight=None, bias=None, eps=1e-5, *_):
    weight, bias = (c if c is None else c.view(groups, -1, *[1] * (a.dim() - 2)) for c in (weight, bias))
    return _layer_norm(a.unflatten(1, (groups, -1)), (*range(a.dim() - 1),), weight, bias, eps).flatten(1, 2)


def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """`scaled_dot_product_attention`, step by step: its weights times the values."""
    v = v.repeat_interleave(q.shape[-3] // v.shape[-3], -3) if enable_gqa else v
    return attention_weights(q, k, attn_mask, is_causal, scale, enable_gqa) @ v


def attention_weights(q, k, attn_mask=None, is_causal=False, scale=None, enable_gqa=False):
    """softmax(q kᵀ · scale), what is masked left out: (…, queries, keys)."""
    k = k.repeat_interleave(q.shape[-3] // k.shape[-3], -3) if enable_gqa else k
    z = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(z.shape[-2:], dtype=torch.bool, device=z.device).tril()
    if attn_mask is not None:
        z = z.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else z + attn_mask
    return z.softmax(-1)


def _amax(a, dim=(), keepdim=False):
    dims = sorted(d % a.dim() for d in ((dim,) if isinstance(dim, int) else dim or range(a.dim())))
    rows = a.movedim(dims, list(range(-len(dims), 0))).flatten(-len(dims))
    largest = F.adaptive_max_pool1d(rows.reshape(1, -1, rows.shape[-1]), 1).view(rows.shape[:-1])
    return largest[tuple(None if d in dims else slice(None) for d in range(a.dim()))] if keepdim else largest


APART: dict[str, Callable[..., Tensor]] = {
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "amax": _amax,
}
APART |= {"scaled_dot_product_attention": attention, "std": lambda *args, **given: torch.var(*args, **given).sqrt()}
APART |= {"maximum": lambda a, b: b + (a - b).relu(), "minimum": lambda a, b: a - (a - b).relu()}
APART |= {"glu": lambda a, dim=-1: a.chunk(2, dim)[0] * a.chunk(2, dim)[1].sigmoid()}
