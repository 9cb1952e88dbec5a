"""Contrast: why this class and not that one?

    F_ab(x) = z_a(x) − z_b(x) = log p_a(x) / p_b(x)            z: logits

«Why an elephant?» is often asked as «why not a hippo?». What both animals have, speaks for both, and falls out of the
difference; what is left are the pixels that tell one from the other. F_ab is a score like any other, so every method
that needs answers and gradients explains it, and a linear one (Integrated Gradients, the gradient) gives the difference
of the two maps. Contrast also undoes what the softmax hides: p_a near 1 is flat, F_ab is not.
Units: logits. What to look at: the part that is strong in the map of a and absent in that of a − b.
"""

from collections.abc import Callable

from torch import Tensor

from xai_core.score import Score, check_score


def contrast(f: Score, against: int) -> Callable[[Tensor], Tensor]:
    """F_ab as a score (R, …) → (R,): the logit of f's target minus that of the class `against`.

    Raises TypeError if against is no whole number, and ValueError where it is f's own target, or, at the first call,
    where the network has no such class.
    """
    check_score(f)
    if isinstance(against, bool) or not isinstance(against, int):
        raise TypeError(f"against must be a class number; got {against!r}")
    if against < 0 or (f.target == against).any():
        raise ValueError(f"against must be another class than the target, 0 or more; got {against}")

    def difference(x: Tensor) -> Tensor:
        logits = f.logits(x)  # (R, classes)
        if against >= logits.shape[1]:
            raise ValueError(f"against must be a class from 0 to {logits.shape[1] - 1}; got {against}")
        target = f.target.to(x.device).expand(len(x)) if len(f.target) == 1 else f.target.to(x.device)
        return logits.gather(1, target[:, None])[:, 0] - logits[:, against]

    return difference
