"""A network for traces: convolutions along time, the average over time, a linear layer.

    (N, 1, L) millivolts → f_k(t), k = 1 … 48, at L/8 places → mean over t → (N, classes) logits

Average and linear layer on top are what class activation maps need (Zhou et al., CVPR 2016), in one dimension as in
two. The last layers look far, 4 and 8 places apart: a beat that is missing shows only beside its neighbours.
What to look at: the same blocks as in a network of pictures, with Conv1d in the place of Conv2d.
"""

from __future__ import annotations

from torch import Tensor, nn

from data.drawn.signals import CLASSES


def block(c_in: int, c_out: int, size: int, stride: int = 1, apart: int = 1) -> nn.Sequential:
    """Convolution, normalisation, ReLU: (N, C_in, L) → (N, C_out, L/stride)."""
    return nn.Sequential(
        nn.Conv1d(c_in, c_out, size, stride, apart * (size // 2), apart, bias=False), nn.BatchNorm1d(c_out), nn.ReLU()
    )


class SignalNet(nn.Module):
    """(N, 1, L) millivolts → (N, classes) logits. 256 samples are its own length; others work, through the average."""

    def __init__(self, classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            block(1, 16, 9, stride=2),  # (N, 16, 128)
            block(16, 32, 5, stride=2),  # (N, 32, 64)
            block(32, 48, 5, stride=2),  # (N, 48, 32)
            block(48, 48, 3, apart=4),
            block(48, 48, 3, apart=8),  # each place sees the whole trace's half
        )
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(48, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(self.pool(self.blocks(x))))
