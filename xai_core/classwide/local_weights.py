"""Many inputs, the same features: one local explanation each, stacked into the matrix W.

    masks of input j   from the seed and j, so that their accidents average out
    F(h(z))            asked once: the whole cost, n · N forward passes
    W  (n, M)          row j: K-LASSO of input j, of the class that the network predicts for it

As with one neighbourhood, asking and reading are two steps: another K or σ is linear algebra. What W tells of a whole
class, or of a whole network, is in aggregate.py.
What to look at: features have to be the same for all. Pixels, a grid, words and bins of a table are. Superpixels follow
each picture: number 7 of one is not number 7 of the next, and averaging them means nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.k_lasso import Metric, Width, k_lasso
from xai_core.perturbation.neighbourhood import Neighbourhood, coin_flips, neighbourhood
from xai_core.perturbation.superpixels import superpixels
from xai_core.score import Score
from xai_core.symbols import Fill, Length, Samples, Segmentation

Progress = Callable[[Iterable[int]], Iterable[int]]  # wraps a loop, such as `tqdm`


class LocalWeights(NamedTuple):
    """Many local explanations over shared features."""

    weights: Tensor  # W, (n, M), float64; row j explains the class labels[j]
    labels: Tensor  # the class that the network predicts for input j, (n,)
    segments: Tensor | None = None  # feature of each place, as in `Neighbourhood`
    names: tuple[str, ...] | None = None  # of the features, where they have any


@dataclass(frozen=True)
class Neighbourhoods:
    """The network's answers near n inputs. The masks are not kept: seed and number make them again, bit for bit."""

    scores: Tensor  # (n, N) float64, F(h(z)) of the class that the input itself gets
    labels: Tensor  # that class, (n,)
    segments: Tensor
    seed: int
    start: int  # the number of the first input, in a list that goes on

    def near(self, j: int) -> Neighbourhood:
        """The neighbourhood of input j, with the one column that is explained."""
        masks = coin_flips(self.scores.shape[1], int(self.segments.max()) + 1, [self.seed, self.start + j])
        return Neighbourhood(self.segments, masks, self.scores[j][:, None], 0)

    def local_weights(self, K: Length = 20, sigma: Width = 0.25, distance: Metric = "cosine") -> LocalWeights:
        """W: K features an input. Never asks the network."""
        fits = [k_lasso(self.near(j), K, sigma, distance) for j in range(len(self.labels))]
        return LocalWeights(torch.stack([fit.weights for fit in fits]), self.labels, self.segments)


def neighbourhoods(
    f: Score,
    X: Tensor,
    N: Samples = 1000,
    segments: Segmentation = "grid",
    fill: Fill = "black",
    seed: int = 0,
    start: int = 0,
    progress: Progress = iter,
) -> Neighbourhoods:
    """N masked copies of each of n inputs (n, …), and what the network says to them.

    segments: "grid", "pixels", or labels of your own: the same for all.
    start: the number of X[0], where X goes on with a longer list; then the masks do, too.
    Raises TypeError or ValueError for an N or fill that is not allowed, or segments that differ from input to input.
    """
    symbols.check(neighbourhoods, N=N)
    if isinstance(segments, str) and segments in ("slic", "quickshift"):
        raise ValueError(f"segments must be the same for all inputs: 'grid', 'pixels' or labels; got {segments!r}")
    shared = superpixels(X[:1], segments)
    M = int(shared.max()) + 1
    scores, labels = [], []
    for j in progress(range(len(X))):
        masks = coin_flips(N, M, [seed, start + j])
        near = neighbourhood(f, X[j : j + 1], N, shared, fill, masks=masks)
        labels.append(int(near.scores[0].argmax()))
        scores.append(near.scores[:, labels[-1]])
    return Neighbourhoods(torch.stack(scores), torch.tensor(labels, device="cpu"), shared, seed, start)


def local_weights(
    f: Score,
    X: Tensor,
    N: Samples = 1000,
    K: Length = 20,
    sigma: Width = 0.25,
    segments: Segmentation = "grid",
    fill: Fill = "black",
    distance: Metric = "cosine",
    seed: int = 0,
    progress: Progress = iter,
) -> LocalWeights:
    """LIME for each of n inputs (n, …), of the class that the network predicts for it: both steps at once.

    Costs n N forward passes. Raises TypeError or ValueError for a symbol, segments or fill that is not allowed, or a K
    above the number of features.
    """
    symbols.check(local_weights, N=N, K=K, sigma=sigma, distance=distance)
    M = int(superpixels(X[:1], segments).max()) + 1
    if M < K:
        raise ValueError(f"K must be at most the number of features, {M}; got {K}")
    return neighbourhoods(f, X, N, segments, fill, seed, progress=progress).local_weights(K, sigma, distance)


def shared_weights(
    nears: Iterable[Neighbourhood], K: Length = 6, sigma: Width = 0.25, distance: Metric = "cosine"
) -> LocalWeights:
    """W of neighbourhoods whose features have names, those of texts or tables: a column for each name that occurs.

    nears: of `word_neighbourhood` or `table_neighbourhood`. K: fewer where an input has fewer features.
    A name that an input lacks has weight 0 there: its explanation cannot use it.
    Raises TypeError or ValueError if there is no neighbourhood, the features of one have no names, or a symbol is not
    allowed.
    """
    symbols.check(shared_weights, K=K, sigma=sigma, distance=distance)
    if isinstance(nears, Neighbourhood):
        raise TypeError("nears must be a list of neighbourhoods; got a single one")
    columns: dict[str, int] = {}
    rows, labels = [], []
    for near in nears:
        if near.names is None:
            raise ValueError("nears must be of texts or tables, whose features have names; for tensors: local_weights")
        weights = k_lasso(near, min(K, near.features), sigma, distance).weights
        used = {name: w for name, w in zip(near.names, weights.tolist(), strict=True) if w}
        rows.append({columns.setdefault(name, len(columns)): w for name, w in used.items()})
        labels.append(near.target)
    if not rows:
        raise ValueError("nears must be one neighbourhood or more; got none")
    W = torch.zeros(len(rows), len(columns), dtype=torch.double, device="cpu")
    for row, used_in in zip(W, rows, strict=True):
        row[list(used_in)] = torch.tensor(list(used_in.values()), dtype=torch.double, device="cpu")
    return LocalWeights(W, torch.tensor(labels, device="cpu"), names=tuple(columns))
