"""Precision: inputs of 16 bits are summed in 32.

    float16     11 digits, from 6·10⁻⁸ to 65504: a square of 10⁻⁴ is 0, and a sum of 70 000 pixels infinite
    bfloat16    8 digits, the range of float32

So squares, variances and sums over a path, over copies or over places are made in `wide`, single precision at least,
and rounded once. A map has the type of its input; squares of float16 stay float32, which has room for them.
"""

import torch
from torch import Tensor


def wide(x: Tensor) -> torch.dtype:
    """The type in which numbers like those of x are summed."""
    return torch.promote_types(x.dtype, torch.float32)


def for_squares(x: Tensor) -> torch.dtype:
    """The type of a map of squares of numbers like those of x: theirs, unless its range is too small."""
    return wide(x) if x.dtype == torch.float16 else x.dtype
