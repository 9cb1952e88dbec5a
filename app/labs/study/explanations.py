"""The explanations that the user study shows; `python -m app.labs.study.explanations [--download]` makes them, by seed.

NormLIME paper (Ahern et al. 2019), §4: for each digit, what do four methods say makes it that digit to the network?

    NormLIME       S_y of the pixels, eq. 9, its positive part
    LIME           I_SP conditioned on the label, of the positive weights, §4.1.3
    SmoothGrad²    mean over 10 pictures of the class, 100 noisy copies each, σ = 0.3
    VarGrad        the same pictures and noise, the variance

The paper does not say how many pictures LIME explains, nor K. Here: 40 of each digit, N = 1000, K = 100 of 784 pixels;
a pixel that is off is black. Each digit comes in two variants, from pictures that are not the same: 20 questions.
MNIST's test digits, because scikit-learn's of 8 × 8 pixels leave maps in which nobody sees a digit. The maps ship, the
pictures do not; nothing here needs MNIST but `make`.

`shipped/maps.safetensors` goes with a card, `shipped/card.json`: data, network, seed, command, and the SHA-256 that
`load` verifies.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from torch import Tensor
from tqdm.auto import tqdm

from data.nets import networks
from data.pictures import digits
from xai_core import local_weights, make_score, smoothgrad_squared, vargrad
from xai_core.classwide.aggregate import class_normlime, conditioned_i_sp

FOLDER = Path(__file__).parent / "shipped"
COMMAND = "python -m app.labs.study.explanations"
METHODS = ("normlime", "lime", "smoothgrad_squared", "vargrad")
VARIANTS = 2
EXPLAINED = 40  # pictures of a digit, for the two LIMEs
AVERAGED = 10  # of these, for the two gradients
N, K = 1000, 100


class Explanations(NamedTuple):
    """What the study shows, never negative, larger for more important."""

    maps: Tensor  # (10 digits, 2 variants, 4 methods, 28, 28)
    means: Tensor  # the mean picture of each digit, for the attention checks, (10, 28, 28)
    checksum: str


def sample(labels: Tensor, digit: int, variant: int) -> Tensor:
    """Which pictures a variant explains, (40,): drawn by seed 0, none of them in two variants."""
    rows = (labels == digit).nonzero()[:, 0]
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(digit))
    return rows[order[variant * EXPLAINED : (variant + 1) * EXPLAINED]]


def gradient_maps(images: Tensor, digit: int, variant: int) -> Tensor:
    """SmoothGrad² and VarGrad of a digit, averaged over its pictures (n, 1, 28, 28): (2, 28, 28)."""
    f = make_score(networks.load("mnist"), images, torch.full((len(images),), digit))
    return torch.stack([method(f, images, seed=variant).mean((0, 1)) for method in (smoothgrad_squared, vargrad)])


def lime_maps(images: Tensor, digit: int, variant: int) -> Tensor:
    """NormLIME and LIME of a digit, their positive parts, from its pictures (n, 1, 28, 28): (2, 28, 28)."""
    f = make_score(networks.load("mnist"), images[:1], digit)
    W = local_weights(f, images, N, K, segments="pixels", fill="black", seed=variant)
    maps = [of(W.weights, W.labels, digit).clamp(min=0) for of in (class_normlime, conditioned_i_sp)]
    return torch.stack([m[W.segments] for m in maps]).view(2, 28, 28).float()


def make(download: bool = False) -> dict[str, Any]:
    """Compute and save everything; returns the card. Raises FileNotFoundError without MNIST."""
    split = digits.mnist(download=download)
    images, labels = split.test_images, split.test_labels
    maps = torch.zeros(10, VARIANTS, len(METHODS), 28, 28)
    with tqdm(total=10 * VARIANTS, desc="explaining", unit="question") as bar:
        for digit in range(10):
            for variant in range(VARIANTS):
                chosen = images[sample(labels, digit, variant)]
                maps[digit, variant, :2] = lime_maps(chosen, digit, variant)
                maps[digit, variant, 2:] = gradient_maps(chosen[:AVERAGED], digit, variant)
                bar.update()
    means = torch.stack([images[labels == digit].mean((0, 1)) for digit in range(10)])
    content = safetensors.torch.save({"maps": maps, "means": means})
    card = {
        "name": "study",
        "methods": list(METHODS),
        "data": f"MNIST's test digits: for each of 10 digits and {VARIANTS} variants {EXPLAINED} pictures for the two "
        f"LIMEs, {AVERAGED} of them for the two gradients; no picture in two variants",
        "settings": f"LIME: N = {N}, K = {K}, every pixel a feature, off is black, σ = 0.25, cosine distance, "
        "probability of the class; gradients: 100 noisy copies, σ = 0.3 of the range, probability of the digit",
        "network": "mnist",
        "network_sha256": networks.card("mnist")["sha256"],
        "seed": 0,
        "date": datetime.date.today().isoformat(),
        "command": COMMAND,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "CC BY-SA 3.0, as MNIST (LeCun, Cortes and Burges), from whose digits the maps are computed",
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "maps.safetensors").write_bytes(content)
    (FOLDER / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return card


def card() -> dict[str, Any]:
    """What is known of the explanations: data, settings, network, seed, command, checksum."""
    return json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))


@functools.cache
def load() -> Explanations:
    """The shipped explanations. Raises ValueError for a file whose SHA-256 is not its card's."""
    content, expected = (FOLDER / "maps.safetensors").read_bytes(), card()["sha256"]
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(
            f"The explanations at {FOLDER} are not those of their card (SHA-256 {found[:12]}…, expected "
            f"{expected[:12]}…); restore the file or make it with: {COMMAND}"
        )
    return Explanations(**safetensors.torch.load(content), checksum=found)


def main() -> None:
    """Read the command line and make the explanations."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Make the explanations of the user study again.")
    parser.add_argument("--download", action="store_true", help="download MNIST if it is not there (about 12 MB)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # sums in one order, whatever the machine
    try:
        made = make(arguments.download)
    except FileNotFoundError as missing:
        print(f"study: skipped. {missing} Or: {COMMAND} --download")
        return
    print(f"study: {made['bytes']} bytes, SHA-256 {made['sha256'][:12]}…")


if __name__ == "__main__":
    main()
