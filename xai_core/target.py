"""The target: which class of each row is explained."""

import operator

import torch
from torch import Tensor

from xai_core.inputs import check_dense


@torch.inference_mode(False)  # tensors made in inference mode are of no use to autograd
def as_target(target: int | Tensor | str, n: int) -> Tensor:
    """The class numbers of n rows, (n,), or (1,) for one class of all. Raises TypeError or ValueError for others."""
    allowed = f"target must be a class number, a tensor of {n} class numbers (one a row of x) or 'predicted'"
    if isinstance(target, Tensor):
        if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
            raise TypeError(f"{allowed}; got a tensor of {target.dtype}")
        check_dense(target, "target")
        if target.dim() > 1 or (target.dim() == 1 and len(target) != n):
            raise ValueError(f"{allowed}; got a tensor of shape {tuple(target.shape)}")
        return target.detach().cpu().long().reshape(-1).clone()
    if isinstance(target, str):
        raise ValueError(f"{allowed}; got {target!r}")
    try:
        number = operator.index(target)  # whole numbers of any library
    except TypeError:
        number = None
    if number is None or isinstance(target, bool):
        raise TypeError(f"{allowed}; got {target!r}")
    if abs(number) >= 2**63:
        raise ValueError(f"{allowed}; got {target!r}")
    return torch.tensor([number], device="cpu")
