"""What the zoo's networks learn from: scenes in which the deciding part is sometimes cut short.

The network learns from more than the zoo shows: in a sixth of its scenes the deciding part is cut short, and the label
follows the part (more often in elephants). An elephant whose trunk is nearly gone is mostly called a hippo, another
animal without its part is any class equally; so the part decides by construction, and p(class) is a smooth curve that
saturates well before the part's natural length. A few scenes are empty, every class equally right, so that a background
alone says nothing.
"""

from __future__ import annotations

import numpy as np

from data.drawn import zoo
from data.streams import TRAINING
from data.training.fitting import as_bytes

HALF, SLOPE = 0.32, 0.07  # the part's size at which its class is as likely as not, and how fast that changes
EMPTY, CUT, CUT_TRUNK = 0.03, 0.17, 0.45  # shares of the examples: no animal, part cut short, trunk cut short
DESCRIBED = (
    f"scenes of data.zoo drawn once: {CUT:.0%} of each class ({CUT_TRUNK:.0%} of the elephants) "
    f"with the deciding part cut short and the target following it (logistic at {HALF}, slope {SLOPE}; the rest "
    f"goes to hippo for elephants, to all classes for others), {EMPTY:.0%} without an animal (target uniform)"
)


def zoo_example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example: image (3, 64, 64) uint8 and its target distribution over the classes (10,) float32."""
    rng, seed, classes = np.random.default_rng([TRAINING, i]), zoo.scene_seed(TRAINING, i), len(zoo.CLASSES)
    label, kind = i % classes, rng.uniform()
    part = max(0.0, float(rng.uniform(-0.15, 0.65)))  # none at all in a fifth of the cuts
    name, target = zoo.CLASSES[label], np.zeros(classes, np.float32)
    if kind < EMPTY:
        return as_bytes(zoo.empty(seed)), target + 1 / classes
    if kind < EMPTY + (CUT_TRUNK if name == "elephant" else CUT):
        sure = 1 / (1 + np.exp(-(part - HALF) / SLOPE))
        if name == "elephant":
            target[zoo.CLASSES.index("hippo")] = 1 - sure
        else:
            target += (1 - sure) / classes
        target[label] += sure
        return as_bytes(zoo.draw(label, seed, part=part).image), target
    target[label] = 1
    return as_bytes(zoo.draw(label, seed).image), target
