"""Tables 1 and 2 of the GAD paper in form, measured on networks that are here. Run with `make tables`.

Rodrigues, Boutry & Najman 2024, §6: five methods, two networks, two pairs of classes, 512 pictures, the map of either
class. RC < 1 is a win for GAD (Table 1); RS is the change of the class's logit for each covered pixel, of GAD's hull
and of what the original hull has more (Table 2).

    python -m tests.gad_tables                                        the shipped networks: drawn cats and dogs, birds
    python -m tests.gad_tables --photographs FOLDER --pretrained squeezenet1_1     a folder with two folders of pictures

A rival stands beside GAD that the paper does not have: of the network's own map, as many pixels as GAD has left, the
strongest. By construction both rules only take pixels away, so that RC ≤ 1; the question is which ones to take.

Everything measured is kept in --out, a file for every 32 pictures, named by all that went into it: stop the command
(Ctrl-C, kill -9) and start it again, and nothing is measured or trained twice. `rows.csv` has a line a map.
"""

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from app.held_apart import with_bar
from data import finetuned, networks, zoo
from data.held_apart import STREAM
from data.train import FRESH, accuracy
from tests import gad_paper
from xai_core import (
    Support,
    complexity,
    gad,
    hull,
    important_pixels,
    kept_files,
    make_score,
    sensitivity,
    supplementary,
)

METHODS = ("simple_gradient", "deconvolution", "gradient_x_input", "guided_backprop", "integrated_gradients")
ALPHAS = (2, 4, 6, 8)  # paper, §6; 0 is the network itself
LEARNED, BLOCK = 512, 32  # pictures that the support networks learn from; pictures a kept file
COLUMNS = ("pixels", "RC", "RS GAD", "RS Sup.", "RC rival", "RS rival", "M GAD", "M Sup.")
RECIPE = 2  # part of every kept file's name: raise it when the measurement below changes


@dataclass(frozen=True, eq=False)
class Case:
    """One pair of classes and one network that tells them apart."""

    pair: str
    network: str
    model: nn.Module
    classes: tuple[int, int]
    X: Tensor  # pictures that are explained, in [0, 1], in turn of the one class and of the other
    labels: Tensor
    supports: list[Support] = field(default_factory=list)

    @cached_property
    def accuracy(self) -> float:
        """On the pictures that are explained."""
        return accuracy(self.model, self.X, self.labels)


# --- cases ------------------------------------------------------------------------------------------------------------

PAIRS: dict[str, tuple[Callable[[int, int], Sequence[Tensor]], dict[str, str]]] = {
    "Cat x Dog": (lambda n, seed: zoo.batch(n, seed, ("cat", "dog")), {"VGG": "zoo_vgg", "ResNet": "zoo"}),
    "Birds": (zoo.birds, {"VGG": "birds_vgg", "ResNet": "birds"}),
}


def drawn(images: int, keep: Path) -> Iterator[Case]:
    """The shipped networks, on scenes that none has seen; both shipped pairs have the logits 0 and 1."""
    for pair, (draw, of) in PAIRS.items():
        (X, labels, *_), (seen, seen_labels, *_) = draw(images, FRESH), draw(LEARNED, STREAM)
        for network, name in of.items():
            model = networks.load(name)
            supports = trained(f"{pair}, {network}", model, seen, seen_labels, (0, 1), keep)
            yield Case(pair, network, model, (0, 1), X, labels, supports)


def photographed(folder: Path, name: str, images: int, keep: Path) -> Iterator[Case]:
    """A pretrained network, fine-tuned to a folder's first two classes: it learns from the one half of them."""
    photos = finetuned.folder(folder, name)
    rows = [(photos.labels == c).nonzero()[:, 0] for c in (0, 1)]
    half = min(len(each) for each in rows) // 2
    explained = torch.stack([each[:half] for each in rows], 1).flatten()[:images]
    learned = torch.cat([each[half:] for each in rows])
    X, seen = photos.images[explained].float() / 255, photos.images[learned]
    model = kept_model(name, seen, photos.labels[learned], keep)
    supports = trained(name, model, seen.float() / 255, photos.labels[learned], (0, 1), keep)
    yield Case(" x ".join(photos.classes[:2]), name, model, (0, 1), X, photos.labels[explained], supports)


def kept_model(name: str, images: Tensor, labels: Tensor, keep: Path) -> nn.Module:
    """The fine-tuned network, trained once."""
    path = keep / f"{kept_files.content_key({'finetuned': name, 'recipe': RECIPE}, [images, labels])}.safetensors"
    known = kept_files.read(path)
    if known:
        model = finetuned.with_classes(name, 2)
        model.load_state_dict(known[0])
        return model
    model = finetuned.finetune(name, images, labels, 2)
    kept_files.write(path, model.state_dict(), {})
    return model


def trained(
    what: str, model: nn.Module, X: Tensor, labels: Tensor, classes: tuple[int, int], keep: Path
) -> list[Support]:
    """The support networks as the paper trains them, and a line on how well each did."""
    supports = with_bar(what, model, X, labels, classes, ALPHAS, keep=keep)
    for each in supports:
        r = each.report
        order = " ".join(f"{ρ:.2f}" for pair in r.order for ρ in pair)
        tqdm.write(
            f"{what}: α = {each.alpha[0]:g}, reached {r.reached[0]:.0%} and {r.reached[1]:.0%}, MSE {r.before:.2f} → "
            f"{r.after:.3f}, order {order}"
        )
    return supports


# --- measuring --------------------------------------------------------------------------------------------------------


def measure(case: Case, method: str, c: int, X: Tensor, important: str = "top") -> Tensor:
    """COLUMNS of each picture, for class c: (n, 3, H, W) → (n, 8) float64; NaN where a region has no pixel or area."""
    found = gad(case.model, case.supports, X, c, method, important=important)
    kept = found.masks.all(0)[:, 0]
    rows = []
    for A, left, own, x in zip(found.maps[0], kept, found.masks[0][:, 0], X, strict=True):
        rival = strongest(A, int(left.sum()))
        covers = torch.stack([hull(left).mask, supplementary(own, left), hull(rival).mask])
        ours, more, others = sensitivity(make_score(case.model, x[None], c, output="logit"), x[None], covers[None])[0]
        rows.append([int(left.sum()), complexity(left, own), ours, more, complexity(rival, own), others])
        rows[-1] += covers[:2].sum((1, 2)).tolist()
    return torch.tensor(rows, dtype=torch.double)


def strongest(A: Tensor, count: int) -> Tensor:
    """The `count` strongest pixels of one map (all of a tie), (C, H, W) → (H, W) bool."""
    pixels = A[0].numel()
    if count == 0:
        return torch.zeros(A.shape[1:], dtype=torch.bool)
    return important_pixels(A[None], "top", count / pixels)[0, 0]


def measured(
    cases: Sequence[Case], methods: Sequence[str], keep: Path, important: str = "top"
) -> dict[tuple[Case, str, int], Tensor]:
    """(case, method, class) → (n, 8), from what is kept or newly; a block of pictures is kept as soon as it is done."""
    found: dict[tuple[Case, str, int], Tensor] = {}
    total = sum(len(case.X) for case in cases) * len(methods) * 2
    with tqdm(total=total, desc="measuring", unit="map", smoothing=0.05) as bar:
        for case in cases:
            networks_of = [case.model, *(s.model for s in case.supports)]
            weights = [w for network in networks_of for w in network.state_dict().values()]
            for method in methods:
                for c in case.classes:
                    blocks = []
                    for X in case.X.split(BLOCK):
                        facts = {"method": method, "class": c, "network": str(case.model), "recipe": RECIPE}
                        facts["important"] = important
                        path = keep / f"{kept_files.content_key(facts, [*weights, X])}.safetensors"
                        known = kept_files.read(path)
                        rows = known[0]["rows"] if known else measure(case, method, c, X, important)
                        if not known:
                            kept_files.write(path, {"rows": rows}, facts)
                        blocks.append(rows)
                        bar.update(len(X))
                    found[case, method, c] = torch.cat(blocks)
    return found


# --- telling ----------------------------------------------------------------------------------------------------------


def write_rows(path: Path, found: dict[tuple[Case, str, int], Tensor]) -> None:
    """One line a map."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["pair", "network", "method", "class", "picture", "label", *COLUMNS])
        for (case, method, c), rows in found.items():
            for i, row in enumerate(rows.tolist()):
                out.writerow([case.pair, case.network, method, c, i, int(case.labels[i]), *(f"{v:.6g}" for v in row)])


def main() -> None:
    """Read the command line, measure, write rows.csv and report.md, print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.gad_tables", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=512, help="pictures a pair, half of either class (512)")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, metavar="METHOD")
    parser.add_argument(
        "--photographs", type=Path, help="a folder with two folders of photographs, instead of drawings"
    )
    parser.add_argument("--pretrained", default="squeezenet1_1", help="what is fine-tuned to them (squeezenet1_1)")
    parser.add_argument(
        "--important",
        choices=("top", "above"),
        default="top",
        help="half of the pixels, as in the paper's tables (top), or those above a tenth of the maximum, as in its "
        "figure 4 (above)",
    )
    parser.add_argument("--out", type=Path, default=Path("results/gad"), help="where results are kept (results/gad)")
    given = parser.parse_args()
    if given.images < 2:
        parser.error(f"--images must be 2 or more; got {given.images}")
    keep = given.out / "kept"
    if given.photographs:
        cases = list(photographed(given.photographs, given.pretrained, given.images, keep))
    else:
        cases = list(drawn(given.images, keep))
    found = measured(cases, given.methods, keep, given.important)
    write_rows(given.out / "rows.csv", found)
    report = gad_paper.report(found, given.methods, given.important)
    (given.out / "report.md").write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
