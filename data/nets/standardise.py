"""The first layer of every network of pictures here: it takes pixels, so that black is black for whoever explains."""

from torch import Tensor, nn


class Standardise(nn.Module):
    """(x − 1/2) / (1/4): pixels in [0, 1] to roughly zero mean and unit variance."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - 0.5) / 0.25
