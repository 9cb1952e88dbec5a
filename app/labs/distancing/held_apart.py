"""The shipped support networks of GAD. `python -m app.labs.distancing.held_apart` trains them again, by seed."""

import datetime
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from torch import Tensor, nn
from tqdm.auto import tqdm

from data.nets import held_apart, networks
from xai_core import Regression, Support, support_networks


def shipped() -> list[Support]:
    """The four, nearest first, each with the report that its card has: nothing is drawn or asked."""
    return [
        Support(held_apart.load(α), held_apart.CLASSES, (α, α), Regression.of(held_apart.card(α)["report"]))
        for α in held_apart.ALPHAS
    ]


def with_bar(
    what: str,
    model: nn.Module,
    X: Tensor,
    labels: Tensor,
    classes: tuple[int, int],
    alphas: Sequence[float],
    **settings: Any,
) -> list[Support]:
    """`support_networks` with a progress bar in the terminal."""
    with tqdm(desc=f"{what}: learning", unit="step") as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return support_networks(model, X, labels, classes, alphas, progress=tell, **settings)


def make() -> None:
    """Train, measure and save all four."""
    zoo_network, (X, labels) = networks.load("zoo"), held_apart.samples()
    found = with_bar("held apart", zoo_network, X, labels, held_apart.CLASSES, held_apart.ALPHAS)
    for α, each in zip(held_apart.ALPHAS, found, strict=True):
        facts = {
            "data": f"support regression of the network zoo: {len(X)} scenes, data.held_apart.samples(), half of them "
            f"cats and half dogs, the other animal's logit lowered by {α}; 10 epochs, learning rate 4e-5",
            "report": asdict(each.report),
            "seed": 0,
            "date": datetime.date.today().isoformat(),
        }
        held_apart.save(α, each.model, facts)
        print(
            f"α = {α}: {each.report.reached[0]:.0%} of it for cats, {each.report.reached[1]:.0%} for dogs; MSE"
            f" {each.report.before:.2f} → {each.report.after:.3f}"
        )


if __name__ == "__main__":
    make()
