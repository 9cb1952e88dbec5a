"""The neighbourhood of an input: switch some of its features off, and ask the network again.

    z ∈ {0, 1}^M    a mask: which of the M features are on
    h(z)            the input with the others filled in: h(z) = z ⊙ x + (1 − z) ⊙ fill
    F(h(z))         what the network says to that

Units: F in score. What to look at: the fill. "Off" means grey, blurred, or the region's mean. The explanation is
relative to that choice.

Features are the superpixels of a picture (superpixels.py) or the words of a text (words.py). Of a table they are the
bins that a row falls into (tables.py), of other data the numbers themselves. Asking the network is the whole cost and
is done once. LIME and KernelSHAP are ways to read the answers: linear algebra.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xai_core import symbols
from xai_core.inputs import check_dense, check_input
from xai_core.perturbation.superpixels import filling, superpixels
from xai_core.score import Score, ScoreFunction, rows, rows_at_once, value
from xai_core.symbols import Fill, Samples, Segmentation


@dataclass(frozen=True)
class Neighbourhood:
    """Masked copies of one input and the network's answers. Row 0 is the input itself, nothing switched off."""

    segments: Tensor | None  # feature of each place, 0…M−1, shaped like one channel; None for words and tables
    masks: Tensor  # z, (N, M): bool, or numbers in [0, 1]
    scores: Tensor  # F(h(z)), (N, classes); one column if F is a plain function
    target: int  # the column that is explained
    fill: Tensor | None = None  # what stands where a feature is off, (1, …) or a background (R, …)
    names: tuple[str, ...] | None = None  # of the features, where they have any: words, bins of a table

    @property
    def features(self) -> int:
        """M, the number of features."""
        return self.masks.shape[1]

    def first(self, N: int) -> "Neighbourhood":
        """What the first N samples alone would have shown; nothing is asked again.

        Raises ValueError unless N is a whole number from 1 to the number of samples.
        """
        if isinstance(N, bool) or not isinstance(N, Integral) or not 1 <= N <= len(self.masks):
            raise ValueError(f"N must be a whole number from 1 to the number of samples, {len(self.masks)}; got {N!r}")
        return replace(self, masks=self.masks[:N], scores=self.scores[:N])

    def answers(self, column: int | None = None) -> Tensor:
        """What the network said of one class, by default the target: (N,). Raises ValueError for no such class."""
        return self.scores[:, self.target if column is None else class_number(column, self.scores.shape[1], "column")]

    def paint(self, weights: Tensor) -> Tensor:
        """One number a feature onto the places it covers: (M,) → shaped like `segments`.

        Raises ValueError for a text or a table, whose features have no places.
        """
        if self.segments is None:
            raise ValueError("only features of a tensor have places to paint; those of a text or a table have names")
        return weights[self.segments]


def neighbourhood(
    f: ScoreFunction,
    x: Tensor,
    N: Samples = 1000,
    segments: Segmentation = "slic",
    fill: Fill = "grey",
    seed: int = 0,
    masks: Tensor | None = None,
) -> Neighbourhood:
    """N masked copies of one input x (1, …), each feature off with probability ½, and the network's answers.

    Row 0 is x itself. The masks depend on the seed, N and M alone, and the first n of N are those of N = n. Costs N
    forward passes, times R for a background of R rows.
    masks: (N, M) of your own in place of random ones, such as `coalitions`. Row 0 has to be all on. Numbers between 0
        and 1 switch a feature off in part.
    Raises TypeError or ValueError for an N, segments, fill or masks that are not allowed. Raises ValueError for more
    than one input, or an f whose answers are not finite, one a row.
    """
    symbols.check(neighbourhood, N=N)
    check_input(x)
    if len(x) != 1:
        raise ValueError(f"x must be one input (1, …), its neighbourhood is its own; got {len(x)}")
    x = x.detach()
    labels = superpixels(x, segments)
    M = int(labels.max()) + 1
    off = filling(x, labels, fill)  # (R, …)
    masks = coin_flips(N, M, seed) if masks is None else own_masks(masks, M)
    where = labels.to(x.device).view(-1)
    answers = []
    for part in masks.split(rows_at_once(x)):
        on = part.to(x.device)[:, where].view(len(part), *[1] * (x.dim() - 1 - labels.dim()), *labels.shape)
        asked = (_answer(f, h(on, x, each)) for each in off.split(1))  # F(h(z)), (n, classes)
        answers.append(reduce(torch.add, asked) / len(off))
    column = int(f.target[0]) if isinstance(f, Score) else 0
    return Neighbourhood(labels, masks, _finite(torch.cat(answers).double().cpu()), column, off)


def h(z: Tensor, x: Tensor, off: Tensor) -> Tensor:
    """The masked copies, z ⊙ x + (1 − z) ⊙ off. z: masks that are spread over the places."""
    return torch.where(z, x, off) if z.dtype == torch.bool else torch.lerp(off, x, z.to(x.dtype))


def each_row(f: ScoreFunction, x: Tensor, weights_of: Callable[[ScoreFunction, Tensor], tuple]) -> Tensor:
    """One map a row of x, painted from the weights that its own neighbourhood gets: (N, C, H, W) → (N, 1, H, W).

    weights_of: from a score and one input to (its neighbourhood, one weight a feature). Other data: (N, …) → (N, …).
    Raises what weights_of raises.
    """
    rows_of = []
    for i in torch.arange(len(x), device="cpu").split(1):
        near, weights = weights_of(rows(f, i), x[i])
        rows_of.append(painted(x[i], near, weights))
    return torch.cat(rows_of)


def painted(x: Tensor, near: Neighbourhood, values: Tensor) -> Tensor:
    """One number a feature, (M,), painted: (1, C, H, W) → (1, 1, H, W); other data (1, …) → (1, …)."""
    A = near.paint(values).to(x)[None]
    return A[:, None] if x.dim() == 4 else A


def coin_flips(N: int, M: int, seed: int | list[int]) -> Tensor:
    """Masks as LIME draws them for pictures: row 0 all on, else each feature with probability ½. (N, M) bool."""
    masks = torch.from_numpy(np.random.default_rng(seed).random((N, M)) < 0.5)
    masks[0] = True
    return masks


def own_masks(masks: Tensor, M: int) -> Tensor:
    """The masks that a caller made, (N, M): bool, or numbers where a feature is switched off in part.

    Raises ValueError unless they lie between 0 and 1, and the first is all on.
    """
    if isinstance(masks, Tensor):
        check_dense(masks, "masks")
    if not isinstance(masks, Tensor) or masks.dim() != 2 or masks.shape[1] != M or not len(masks):
        given = tuple(masks.shape) if isinstance(masks, Tensor) else type(masks).__name__
        raise ValueError(f"masks must be a tensor (N, {M}), one column a feature; got {given}")
    masks = masks.detach().cpu()
    whole = masks.dtype == torch.bool or bool(((masks == 0) | (masks == 1)).all())
    if not (whole or ((masks >= 0) & (masks <= 1)).all()) or not (masks[0] == 1).all():
        raise ValueError("masks must be 0 or 1, or between, and all 1 in the first row, which stands for x itself")
    return masks.bool() if whole else masks


Predict = Callable[[Any], Any]  # texts or rows of a table → (n, classes) or (n,), an array or a tensor


def ask(predict: Predict, inputs: Sequence[str] | np.ndarray) -> Tensor:
    """What any classifier or regressor says to n inputs: (n, classes), or (n, 1) from one that returns (n,).

    Raises TypeError if predict is not a function of inputs, or returns no numbers; ValueError if what it returns is not
    finite, or not one row an input.
    """
    if not callable(predict) or (isinstance(predict, nn.Module | Score) and isinstance(inputs, np.ndarray)):
        raise TypeError(
            "predict must be a function of inputs, such as model.predict_proba or"
            f" lambda rows: network(torch.tensor(rows).float()).softmax(1); got {type(predict).__name__}"
        )
    answers = predict(inputs)
    try:  # into memory of our own: a predict may write its next answers over these
        if isinstance(answers, Tensor):
            answers = answers.detach().to("cpu", torch.double, copy=True)
        else:
            answers = torch.from_numpy(np.array(answers, float, order="C"))
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"predict must return numbers, an array or a tensor; got {type(answers).__name__}") from error
    if answers.dim() not in (1, 2) or len(answers) != len(inputs) or not answers.numel():
        raise ValueError(
            f"predict must return one row an input, ({len(inputs)}, classes) or ({len(inputs)},);"
            f" got the shape {tuple(answers.shape)}"
        )
    if not torch.isfinite(answers).all():
        raise ValueError("predict must return finite numbers; it returns NaN or infinite ones")
    return answers if answers.dim() == 2 else answers[:, None]


def explained_column(scores: Tensor, target: int | None) -> int:
    """The column of `scores` (N, classes) to explain: `target`, or the one that the input itself gets most of.

    Raises ValueError if there is no class of that number.
    """
    return int(scores[0].argmax()) if target is None else class_number(target, scores.shape[1], "target")


def class_number(given: int, classes: int, name: str, kind: str = "class") -> int:
    """`given` if it is the number of a class. Raises ValueError, which calls it by its `name`, if it is none."""
    try:
        number = -1 if isinstance(given, bool) else operator.index(given)  # whole numbers of any library
    except TypeError:
        number = -1
    if not 0 <= number < classes:
        raise ValueError(f"{name} must be a {kind} from 0 to {classes - 1}; got {given!r}")
    return number


def _finite(scores: Tensor) -> Tensor:
    if not torch.isfinite(scores).all():
        raise ValueError("f must return finite scores near x; it returns NaN or infinite ones")
    return scores


def _answer(f: ScoreFunction, x: Tensor) -> Tensor:
    """The scores of all classes where the network is known, (n, classes), else those of f, (n, 1)."""
    with torch.no_grad():
        if isinstance(f, Score):
            return f.outputs(x)
        return value(f, x)[:, None]
