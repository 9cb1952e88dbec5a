"""A small vision transformer of the toy zoo, the page of a textbook: patches become tokens, tokens look at each other.

    z⁰ = [class; stem(x)₁; …; stem(x)_n] + position
    z  ← z + MSA(LN(z)),   z ← z + MLP(LN(z))            in every layer
    logits = W · LN(z^L)_class

    Attention(q, k, v) = softmax(q kᵀ / √d) v            each row of the softmax sums to one

Dosovitskiy et al., «An image is worth 16 × 16 words», ICLR 2021; three small convolutions in the place of one large,
which learn sooner (Xiao et al., «Early convolutions help transformers see better», NeurIPS 2021). The class token
stands first; the n other tokens are the patches, row by row, so that a row of attention without its first number is a
picture of √n × √n.

What to look at: `SelfAttention`, where one token's answer is a mean of the others' values.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from data.drawn.zoo import CLASSES
from data.nets.standardise import Standardise


class SelfAttention(nn.Module):
    """(N, tokens, D) → (N, tokens, D): every head mixes the tokens' values by how well query and key agree."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, z: Tensor) -> Tensor:
        q, k, v = self.query_key_value(z).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # (N, heads, n, d)
        mixed = scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """(N, tokens, D) → (N, tokens, D): z + attention, then z + MLP, each after a layer norm of its own."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, z: Tensor) -> Tensor:
        z = z + self.attention(self.norm1(z))
        return z + self.mlp(self.norm2(z))


class ZooViT(nn.Module):
    """(N, 3, 64, 64) pixels in [0, 1] → (N, classes) logits: 8 × 8 tokens and a class token, learned positions."""

    def __init__(self, classes: int = len(CLASSES), width: int = 64, depth: int = 4, heads: int = 4) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 4, 3, 2, 1, bias=False), nn.BatchNorm2d(width // 4), nn.ReLU(),
            nn.Conv2d(width // 4, width // 2, 3, 2, 1, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU(),
            nn.Conv2d(width // 2, width, 3, 2, 1),
        )  # fmt: skip  # (N, D, 8, 8)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(0.02 * torch.randn(1, 1 + 8 * 8, width))
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.stem(self.standardise(x)).flatten(2).transpose(1, 2)  # (N, 64, D)
        z = torch.cat([self.class_token.expand(len(x), -1, -1), tokens], 1) + self.position
        return self.head(self.norm(self.layers(z))[:, 0])
