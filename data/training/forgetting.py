"""Exact unlearning: the network that would have been, had some pictures never been there (Cao & Yang 2015).

    θ = learn(D)        θ₋ᵢ = learn(D without i)        from one seed

Both start from the same weights and meet all other pictures in the same order, in the same batches. So θ₋ᵢ differs from
θ by what picture i taught, directly and through all that was learned after it, and by nothing else.

A picture is left out by giving its loss the weight 0, not by taking it off the list: a list that is one shorter is
shuffled otherwise, and two networks trained in another order are as unlike as two seeds. The mean over a batch is still
divided by the batch's size, so that nobody else gains weight by it.
Units: as data.digits. What to look at: F_c(x) before and after, beside what another seed changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from data.nets.networks import DIGITS, Standardise
from data.training.fitting import fit

BATCH = 64
EPOCHS, RATE = 40, 1e-2  # of `small_network`: enough to learn also most wrong labels by heart


def small_network() -> nn.Module:
    """(N, 1, 8, 8) pixels in [0, 1] → (N, 10) logits: one hidden layer of 64, 4810 weights; trained in a second."""
    return nn.Sequential(Standardise(), nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, len(DIGITS)))


def learn(
    images: Tensor,
    labels: Tensor,
    without: Iterable[int] = (),
    *,
    seed: int = 0,
    build: Callable[[], nn.Module] = small_network,
    epochs: int = EPOCHS,
    rate: float = RATE,
) -> nn.Module:
    """A digit network trained from `seed` on all pictures but those `without`; in eval mode and 64-bit numbers.

    `images` (n, 1, 8, 8) in [0, 1], `labels` (n,) from 0 to 9, n ≥ 64; `without`: indices of pictures. Same seed, same
    bits on one machine, whoever drew random numbers before. 64 bits, since training amplifies how sums are rounded: in
    32 bits the second decimal of a confidence could depend on the machine.
    Raises ValueError, naming the argument, for pictures that are not there, for a `without` that leaves none, and for a
    network with batch normalisation, where a picture acts on the others of its batch even if its own loss counts 0.
    """
    taught = _targets(images, labels, without)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build().double()
        if any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules()):
            raise ValueError(
                "build makes a network with batch normalisation, through which a picture that is left out still acts "
                "on the others; it must be one without"
            )
        return fit(
            network, images.double(), taught,
            name="digits", epochs=epochs, rate=rate, batch=BATCH, augment=lambda x: x, smoothing=0, quiet=True,
        )  # fmt: skip


def _targets(images: Tensor, labels: Tensor, without: Iterable[int]) -> Tensor:
    """What each picture teaches, (n, 10): its label, one hot, or nothing, all zeros."""
    n, left_out = len(images), list(without)
    if n < BATCH or labels.shape != (n,):
        raise ValueError(
            f"images and labels are {n} and {tuple(labels.shape)}; it must be at least {BATCH} pictures and one label "
            "for each"
        )
    wrong = [i for i in left_out if isinstance(i, bool) or not isinstance(i, int | np.integer) or not 0 <= i < n]
    if wrong:
        raise ValueError(f"without has {wrong[0]!r} in it; each must be the index of a picture, from 0 to {n - 1}")
    if len(set(left_out)) == n:
        raise ValueError(f"without names all {n} pictures; at least one must be left to learn from")
    taught = one_hot(labels, len(DIGITS)).double()
    taught[left_out] = 0
    return taught


def mislabel(labels: Tensor, n: int, seed: int = 0) -> tuple[Tensor, list[int]]:
    """A copy of the labels (N,) in which n, drawn by `seed`, name another digit; and which ones these are.

    Points of which the truth is known: nothing but learning by heart makes a network believe such a label.
    Raises ValueError for an n that is not from 0 to N.
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= len(labels):
        raise ValueError(f"n is {n!r}; it must be an integer from 0 to {len(labels)}, the number of labels")
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(labels), generator=generator)[:n]
    wrong = labels.clone()
    wrong[chosen] = (labels[chosen] + torch.randint(1, len(DIGITS), (n,), generator=generator)) % len(DIGITS)
    return wrong, chosen.tolist()
