"""What kind of tensor an argument is: refused in one sentence that says what to do instead.

Tensors come in layouts that hardly any function of PyTorch takes: sparse, nested, quantised, without memory. And a
gradient needs numbers between which there are others: token ids have none between them.
"""

import math

import torch
from torch import Tensor


def check_dense(given: Tensor, name: str) -> None:
    """Raise TypeError, which calls the tensor by its `name`, unless it is an ordinary one, of real numbers.

    Eight bits hold whole numbers, and no floating-point ones that could be added up.
    """
    if given.is_nested:
        raise TypeError(f"{name} must be dense; got a nested tensor: pad its rows to one length")
    if given.layout != torch.strided:
        raise TypeError(f"{name} must be dense; got a tensor of the layout {given.layout}: use {name}.to_dense()")
    if given.is_meta:
        raise TypeError(f"{name} must hold numbers; got a tensor on the device 'meta', which holds none")
    if given.is_quantized:
        raise TypeError(f"{name} must hold plain numbers; got {given.dtype}: use {name}.dequantize()")
    if given.is_complex():
        raise TypeError(f"{name} must hold real numbers; got {given.dtype}: use torch.view_as_real({name})")
    if given.is_floating_point() and given.dtype.itemsize == 1:
        raise TypeError(f"{name} must have 16 bits a number or more; got {given.dtype}: use {name}.float()")


def check_numbers(x: Tensor) -> None:
    """Raise TypeError unless the input x is an ordinary tensor, and floating-point."""
    if not x.is_floating_point() and not x.is_quantized:
        how = {torch.uint8: "for 0…255 use x.float() / 255", torch.bool: "use x.float()"}.get(
            x.dtype,
            "if x is token ids, explain their embeddings, embedding(x), or its words, with word_neighbourhood; other"
            " numbers as x.float()",
        )
        how = "use torch.view_as_real(x)" if x.is_complex() else how
        raise TypeError(f"x must be floating point, pixels in [0, 1]; got {x.dtype} ({how})")
    check_dense(x, "x")


def check_input(x: Tensor) -> None:
    """Raise TypeError or ValueError unless x is a finite floating-point batch (N, …)."""
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a torch.Tensor (N, …); got {type(x).__name__}")
    check_numbers(x)
    if x.dim() < 2 or x.numel() == 0:
        raise ValueError(f"x must be a batch (N, …) of numbers, with at least one row; got shape {tuple(x.shape)}")
    if not math.isfinite(x.detach().sum()) and not torch.isfinite(x).all():  # a sum alone is faster, and may overflow
        raise ValueError(
            f"x must be finite; {int((~torch.isfinite(x)).sum())} of its {x.numel()} numbers are NaN or infinite"
        )


def type_and_shape(given: object) -> str:
    """What was given, for a message."""
    return f"{given.dtype}, {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__
