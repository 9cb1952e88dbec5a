"""How the translation network learns: phrases of equal lengths together, the right words given, some words unknown.

    L = −1/n Σ log p(y_i | y_1 … y_{i−1}, x)        over the German words and the END behind them

In training each English word is UNKNOWN with a probability of its own. So the network learns to say what the other
words suggest, and a word can later be hidden without showing the network something that it has never seen.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm.auto import tqdm

from data.nets import networks
from data.nets.translation import END, ENGLISH, START, Translator, numbers
from data.streams import FRESH, TRAINING
from data.text import phrases
from data.training.fitting import SMOOTHING, save

HIDDEN = 0.07  # probability that an English word is UNKNOWN
N, EPOCHS, BATCH, RATE = 24_000, 8, 128, 5e-3


def make(download: bool) -> dict[str, Any]:
    """Train, measure and save the network; returns its card."""
    pairs = phrases.corpus(N, TRAINING, held=False)
    network = networks.build("translation")
    fit(network, pairs)
    fresh = phrases.corpus(2000, FRESH, held=True)
    words, whole = accuracy(network, fresh)
    facts = {
        "data": f"{N} different phrases of data.phrases, none of them held out; each English word unknown with "
        f"probability {HIDDEN}; {EPOCHS} epochs",
        "accuracy": words,
        "accuracy_on": "the words of 2000 fresh phrases that are held out from training, each given the right words "
        "before it, data.phrases.corpus(2000, 1000000, held=True)",
        "whole_phrases": whole,
        "whole_phrases_on": "the same phrases, written by the network alone: every word right, and no word too many",
    }
    return save("translation", network, facts)


def batches(pairs: list[phrases.Pair]) -> list[tuple[Tensor, Tensor]]:
    """Phrases of equal lengths together: English words (n, L), and START, the German words and END (n, T + 2)."""
    place = {word: i for i, word in enumerate(ENGLISH)}
    alike = defaultdict(list)
    for pair in pairs:
        english = torch.tensor([place[word] for word in pair.english])
        alike[len(pair.english), len(pair.german)].append((english, numbers([START, *pair.german, END])))
    return [
        (torch.stack([english for english, _ in same[i : i + BATCH]]), torch.stack([g for _, g in same[i : i + BATCH]]))
        for same in alike.values()
        for i in range(0, len(same), BATCH)
    ]


def fit(network: Translator, pairs: list[phrases.Pair], epochs: int = EPOCHS, quiet: bool = False) -> Translator:
    """Minimise L with label smoothing (AdamW, one cycle of the rate); returns it in eval mode."""
    rng = np.random.default_rng(0)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.01)
    steps = epochs * len(batches(pairs))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.15)
    network.train()
    with tqdm(total=steps, desc="translation: learning", unit="step", disable=quiet) as bar:
        for _ in range(epochs):
            mixed = batches([pairs[i] for i in rng.permutation(len(pairs))])
            for i in rng.permutation(len(mixed)):
                english, german = mixed[i]
                english = torch.where(torch.rand(english.shape) < HIDDEN, 0, english)
                logits, _ = network(network.english(english), german[:, :-1])
                loss = cross_entropy(logits.flatten(0, 1), german[:, 1:].flatten(), label_smoothing=SMOOTHING)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                bar.update()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    return network.eval()


@torch.inference_mode()
def accuracy(network: Translator, pairs: list[phrases.Pair]) -> tuple[float, float]:
    """The shares of words that are right given the right ones before, and of whole phrases written without an error.

    The likeliest word is what `translate` writes, so a phrase is written right if each word is right given the others.
    """
    right = words = whole = 0
    for english, german in batches(pairs):
        hit = network(network.english(english), german[:, :-1])[0].argmax(2) == german[:, 1:]
        right += int(hit.sum())
        words += hit.numel()
        whole += int(hit.all(1).sum())
    return round(right / words, 4), round(whole / len(pairs), 4)
