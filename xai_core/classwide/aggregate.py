"""From many explanations to one: SP-LIME's pick (Ribeiro et al. 2016, §4) and NormLIME (Ahern et al. 2019).

[Ribeiro2016] for I_j, [Ahern2019] for the numbered equations:

    W        (n, M)  one local explanation a row, over features that all inputs share (words, columns, a grid, pixels)
    E(c_i)           the rows that use feature i: W_ji ≠ 0
    γ(w, i)  = |w_i| / ‖w‖₁                                                                            eq. 4
    S(c_i)   = mean over w ∈ E(c_i) of γ(w, i) |w_i|          global                                   eq. 3, 5
    S_y(c_i) = mean over w ∈ E_y(c_i) of γ(w, i) w_i          of the class y that the network predicts eq. 9
    I_SP(c_i) = ‖ω_i‖₂, ω_i the i-th column                   LIME's, as the NormLIME paper writes it  eq. 6
    I_j      = √(Σ_i |W_ij|)                                  SP-LIME's, for the pick

One digit's explanation says which pixels made *this* one a 3. The average over many says what a 3 is to the network.
Where W comes from: `local_weights` and `shared_weights` in local_weights.py.
What to look at: what NormLIME divides by. A feature that is used once, but then alone, counts as much as one that every
explanation needs; I_SP counts how often, too.
"""

from collections.abc import Iterable, Sequence
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from xai_core.inputs import check_dense


def normlime(W: Tensor) -> Tensor:
    """The global importance of each feature: (n, M) → (M,) float64, at least 0; 0 for features never used.

    [Ahern2019, eq. 3]. Raises ValueError if W is no finite matrix.

    Examples:
        Weights (3, 1) give the shares ¾ and ¼; the second row uses its feature alone.

        >>> import torch, xai_core
        >>> xai_core.normlime(torch.tensor([[3.0, 1.0, 0.0], [0.0, 0.0, -2.0]]))
        tensor([2.2500, 0.2500, 2.0000], dtype=torch.float64)
    """
    W = _checked(W)
    return _mean_where_used(W, _shares(W) * W.abs())


def class_normlime(W: Tensor, labels: Tensor, y: int) -> Tensor:
    """NormLIME of the class y, signed: (n, M) → (M,). 0 for features that no explanation of the class uses.

    [Ahern2019, eq. 9]. Raises ValueError as `of_label` does.
    """
    W = of_label(W, labels, y)
    return _mean_where_used(W, _shares(W) * W)


def i_sp(W: Tensor) -> Tensor:
    """LIME's importance, the norm of each column: (n, M) → (M,). [Ahern2019, eq. 6].

    Raises ValueError if W is no finite matrix.
    """
    return _checked(W).norm(dim=0)


def conditioned_i_sp(W: Tensor, labels: Tensor, y: int) -> Tensor:
    """I_SP of what speaks for y: over the explanations of y and their positive weights alone. (M,).

    [Ahern2019, §4.1.3]. Raises ValueError as `of_label` does.
    """
    return i_sp(of_label(W, labels, y).clamp(min=0))


def of_label(W: Tensor, labels: Tensor, y: int) -> Tensor:
    """The explanations of inputs that the network takes for y: (n_y, M).

    labels: (n,), whole numbers, such as `local_weights` returns; a list or an array will do.
    Raises ValueError if W is no finite matrix, labels are not one a row of it, or y is no whole number.
    """
    W = _checked(W)
    known = whole_numbers("labels", labels)
    if len(known) != len(W):
        raise ValueError(f"labels must be one a row of W, ({len(W)},); got {len(known)}")
    if isinstance(y, bool) or not isinstance(y, Integral):
        raise ValueError(f"y must be a class, a whole number; got {y!r}")
    return W[known == int(y)]


def sp_importance(W: Tensor) -> Tensor:
    """SP-LIME's importance of each feature, I_j = √(Σ_i |W_ij|): (n, M) → (M,). [Ribeiro2016, §4].

    Raises ValueError if W is no finite matrix.
    """
    return _checked(W).abs().sum(0).sqrt()


def coverage(W: Tensor, picked: Iterable[int]) -> float:
    """c(V, W, I): the summed importance of the features that at least one of the picked explanations uses.

    [Ribeiro2016, eq. 3]. Raises ValueError if W is no finite matrix, or picked are not numbers of its rows.
    """
    W = _checked(W)
    rows = whole_numbers("picked", list(picked))
    if not ((rows >= 0) & (rows < len(W))).all():
        raise ValueError(f"picked must be numbers of explanations, 0 to {len(W) - 1}; got {rows.tolist()}")
    return float(sp_importance(W)[(W[rows] != 0).any(0)].sum())


def submodular_pick(W: Tensor, count: int) -> list[int]:
    """SP-LIME, algorithm 2: the inputs to look at, best first; each adds the most to what is covered.

    Greedy is within 1 − 1/e of the best choice, for coverage is submodular. Ends early once nothing is left to cover.
    Of equal inputs the first is picked. [Ribeiro2016, Algorithm 2].
    Raises ValueError if W is no finite matrix, or unless 1 ≤ count ≤ n, a whole number.
    """
    W = _checked(W)
    if isinstance(count, bool) or not isinstance(count, Integral) or not 1 <= count <= len(W):
        raise ValueError(f"count must be a whole number from 1 to the number of explanations, {len(W)}; got {count!r}")
    importance, used = sp_importance(W), W != 0
    open_ = torch.ones(W.shape[1], dtype=torch.bool, device="cpu")  # features not yet covered
    picked: list[int] = []
    while len(picked) < count:
        gains = (used & open_).double() @ importance
        best = int(gains.argmax())
        if gains[best] <= 0:
            break
        picked.append(best)
        open_ &= ~used[best]
    return picked


def _checked(W: Tensor) -> Tensor:
    """W in float64, on the CPU: sums of thousands of weights are no work for 16 bits."""
    if isinstance(W, Tensor):
        check_dense(W, "W")
    if not isinstance(W, Tensor) or W.dim() != 2 or not W.is_floating_point():
        given = tuple(W.shape) if isinstance(W, Tensor) else type(W).__name__
        raise ValueError(f"W must be a floating-point tensor (explanations, features); got {given}")
    W = W.detach().cpu().double()
    if not torch.isfinite(W).all():
        raise ValueError("W must be finite; it has NaN or infinite weights")
    return W


def whole_numbers(name: str, given: Sequence[int] | np.ndarray | Tensor) -> Tensor:
    """(n,) int64. Raises TypeError or ValueError for anything else."""
    if isinstance(given, Tensor):
        check_dense(given, name)
    try:
        numbers = given.detach().cpu() if isinstance(given, Tensor) else torch.from_numpy(np.asarray(given))
    except (TypeError, ValueError, RuntimeError):  # ragged, or of another kind than numbers
        numbers = None
    if numbers is not None and numbers.dim() == 1 and not numbers.numel():
        return torch.zeros(0, dtype=torch.long)
    floating = numbers is not None and (numbers.is_floating_point() or numbers.is_complex())
    if numbers is None or numbers.dim() != 1 or floating or numbers.dtype == torch.bool:
        said = f"{numbers.dtype}, {tuple(numbers.shape)}" if numbers is not None else repr(given)
        raise ValueError(f"{name} must be whole numbers (n,); got {said}")
    return numbers.long()


def _shares(W: Tensor) -> Tensor:
    """γ: each weight's share of its explanation, (n, M); 0 in an explanation without any weight."""
    size = W.abs()
    return size / size.sum(1, keepdim=True).clamp(min=torch.finfo(W.dtype).tiny)


def _mean_where_used(W: Tensor, values: Tensor) -> Tensor:
    """Mean over the rows that use a feature; 0 where none does: (n, M), (n, M) → (M,)."""
    used = (W != 0).sum(0)
    return values.sum(0) / used.clamp(min=1)
