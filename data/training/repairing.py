"""Repairing a network that learned the wrong thing: a new head on the features that it has.

    min over W, b of  Σ_i cross-entropy(W h(x_i) + b, y_i) + ‖W‖²/(2 C)          h: all layers but the last, frozen

Kirichenko, Izmailov & Wilson 2023, «Last layer re-training is sufficient for robustness to spurious correlations»: a
network that leans on a background often sees the object as well, and a few scenes where the background says nothing are
enough for a head that reads it. It takes a second. Whether it was enough has to be measured, on fresh scenes.
"""

from __future__ import annotations

import copy

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from data.nets.networks import ZooNet

C = 10.0  # how little the weights are held back


@torch.no_grad()
def features(network: ZooNet, images: Tensor) -> Tensor:
    """What the head reads: (n, 3, H, W) → (n, K)."""
    everything_but_the_head = (network.standardise, network.stem, network.blocks, network.pool, network.flatten)
    found = []
    for h in images.split(100):
        for layer in everything_but_the_head:
            h = layer(h)
        found.append(h)
    return torch.cat(found)


def with_new_head(network: ZooNet, images: Tensor, labels: Tensor) -> ZooNet:
    """A copy of a network of two classes whose head is learned anew: images (n, 3, H, W), labels (n,) of 0 and 1.

    The same scenes, the same bits on one machine. Raises ValueError for more than two classes, or where a class is
    missing.
    """
    if network.head.out_features != 2 or set(labels.tolist()) != {0, 1}:
        raise ValueError(
            f"network and labels must have the two classes 0 and 1; got {network.head.out_features} outputs and labels"
            f" {sorted(set(labels.tolist()))}"
        )
    fitted = LogisticRegression(C=C, max_iter=5000, tol=1e-8).fit(
        features(network, images).double().numpy(), labels.numpy()
    )
    w, b = (torch.from_numpy(each[0:1]).to(network.head.weight) for each in (fitted.coef_, fitted.intercept_))
    repaired = copy.deepcopy(network)
    repaired.head.weight.data = torch.cat([-w, w]) / 2  # the difference of the logits is w · h + b
    repaired.head.bias.data = torch.cat([-b, b]) / 2
    return repaired
