"""How the network of words learns: `python -m data.training.train reviews`.

A third of the reviews it reads have words left out, with the verdict of the rule on what is left (½, ½ where that is
no opinion). So copies with words masked, which LIME and KernelSHAP ask about, are nothing strange to it, and a word
without opinion has no side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from data.nets import networks
from data.nets.text_network import UNKNOWN_TOKEN, tokens
from data.streams import FRESH, TRAINING
from data.text import reviews
from data.training.fitting import accuracy, fit, save

SILENT, THINNED, UNKNOWN_WORDS = 0.06, 0.35, 0.04  # shares: no opinion; words left out; neutral words made unknown
LENGTH = 40  # words of the longest review that the grammar writes, and some


def example(i: int) -> tuple[Tensor, Tensor]:
    """The i-th review: tokens (LENGTH,) int64 and its target distribution (2,) float32."""
    rng, seed = np.random.default_rng([TRAINING, i]), reviews.review_seed(TRAINING, i)
    kind = rng.uniform()
    words = reviews.without_opinion(seed) if kind < SILENT else reviews.draw(i % 2, seed).words
    if kind > 1 - THINNED:
        stays = rng.uniform(size=len(words)) > rng.uniform(0, 0.6)
        words = tuple(w for w, s in zip(words, stays, strict=True) if s) or words
    V = reviews.value(words)
    numbers = tokens(words, LENGTH)
    neutral = torch.tensor([w not in reviews.READ for w in words] + [False] * (LENGTH - len(words)))
    numbers[neutral & torch.from_numpy(rng.uniform(size=LENGTH) < UNKNOWN_WORDS)] = UNKNOWN_TOKEN
    return numbers, torch.tensor([(1 - np.sign(V)) / 2, (1 + np.sign(V)) / 2], dtype=torch.float32)


def fresh(n: int, form: str | None = None) -> tuple[Tensor, Tensor]:
    """Reviews that no network learned from: tokens (n, LENGTH), labels (n,)."""
    drawn = reviews.batch(n, FRESH, form=form)
    return torch.stack([tokens(r.words, LENGTH) for r in drawn.reviews]), drawn.labels


def make_reviews(download: bool) -> dict[str, Any]:
    """Train, measure and save the network; returns its card."""
    n, epochs = 16_000, 6
    drawn, targets = (torch.stack(column) for column in zip(*(example(i) for i in range(n)), strict=True))
    network = fit(
        networks.build("reviews"), drawn, targets,
        name="reviews", epochs=epochs, rate=4e-3, batch=64, augment=lambda numbers: numbers,
    )  # fmt: skip
    facts = {
        "data": f"{n} reviews of data.reviews: {THINNED:.0%} with words left out (target by the rule on what is left), "
        f"{SILENT:.0%} without an opinion (target uniform), {UNKNOWN_WORDS:.0%} of the neutral words unknown; "
        f"{epochs} epochs",
        "accuracy": accuracy(network, *fresh(2000)),
        "accuracy_on": "2000 fresh reviews, data.reviews.batch(2000, 1000000)",
        "accuracy_by_form": {form: accuracy(network, *fresh(1000, form)) for form in reviews.FORMS},
        "warning": f"It knows {len(reviews.VOCABULARY)} words of a small grammar, not English.",
    }
    return save("reviews", network, facts)
