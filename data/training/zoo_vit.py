"""How the toy zoo's vision transformer learns: the same scenes as the zoo's other networks, in smaller steps."""

from __future__ import annotations

from typing import Any

from data.drawn import zoo
from data.nets import networks
from data.streams import FRESH
from data.training.fitting import accuracy, examples, fit, flip_and_grain, save
from data.training.zoo_examples import DESCRIBED, zoo_example


def make_zoo_vit(download: bool) -> dict[str, Any]:
    """Train, measure and save the zoo's vision transformer; returns its card."""
    n, epochs = 16_000, 5
    network = fit(
        networks.build("zoo_vit"), *examples(zoo_example, n, "zoo_vit"),
        name="zoo_vit", epochs=epochs, rate=1.5e-3, batch=32, augment=flip_and_grain,
    )  # fmt: skip
    images, labels, *_ = zoo.batch(2000, FRESH)
    facts = {
        "data": f"{n} {DESCRIBED}; {epochs} epochs",
        "accuracy": accuracy(network, images, labels),
        "accuracy_on": "2000 fresh scenes, data.zoo.batch(2000, 1000000)",
    }
    return save("zoo_vit", network, facts)
