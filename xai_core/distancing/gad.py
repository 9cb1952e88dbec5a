"""GAD, gradient artificial distancing: believe only what the network looks at however far its classes are apart.

    n_k = |Σ_channels A_k|                   A_0: the network's own map, A_1 … A_K: those of its support networks
    m_k = [n_k is among the largest s of its map's pixels, and not 0]      or   [n_k > s · max n_k]
    GAD = A_0 ⊙ w,   w = Π_k m_k   (intersection)   or   w = min_k (n_k / max n_k) / (n_0 / max n_0)   (minimum)

Units: those of A_0. What to look at: `left`, what each further network leaves. Half of the pixels stay half only if all
networks agree; K + 1 maps of independent noise would leave 1/2ᴷ⁺¹.

Rodrigues, Boutry & Najman 2024 [Rodrigues2024, §4.3]: what is important in the original map and in all the others is
what separates the two classes. The paper does not say how "important in all" is computed. Here 0 ≤ w ≤ 1: neither rule
adds a pixel, and one more network never adds one either. Half of the pixels (s = 0.5) or a tenth of the maximum are the
paper's two thresholds, from its evaluation. The logit is explained, because logits are what was moved apart.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from xai_core import symbols
from xai_core.distancing.supports import Support
from xai_core.methods import explain
from xai_core.rankings import check_map
from xai_core.score import make_score
from xai_core.symbols import Choice, Symbol

ImportantShare = Annotated[
    float | None,
    Symbol("share", "s", "threshold of what is important", "of all pixels, or of the maximum", low=0.05, high=1,
           step=0.05, above=True, most=1, optional=True),
]  # fmt: skip
Important = Annotated[str, Choice("important", "which pixels are important", ("top", "above"))]
Join = Annotated[str, Choice("join", "how several networks' maps become one", ("intersection", "minimum"))]


SHARES = {"top": 0.5, "above": 0.1}  # [Rodrigues2024, §6 and figure 4]


def gad_plain(
    N: nn.Module, X: Tensor, labels: Tensor, classes: tuple[int, int], attribute: Callable[[nn.Module], Tensor],
    alphas: Sequence[float] = (2, 4, 6, 8), epochs: int = 10, rate: float = 4e-5, batch: int = 32,
) -> Tensor:  # fmt: skip
    """Steps 4.1 to 4.3 of the paper: A_0, the map of one image, where it is important in all maps. For reading.

    N: the analysed network, in evaluation mode. X (n, …), labels (n,): samples, some of each of `classes` = (a, b).
    attribute: a gradient method, from a network to the image's map (1, …). α in logits.
    """
    a, b = classes
    logits, A_0 = N(X).detach(), attribute(N)  # (n, C), (1, …)
    keep = important_pixels(A_0)  # the stronger half of the pixels
    for α in alphas:
        # 4.1  y_i = N(x_i), but y_i[b] − α for samples of a, and y_i[a] − α for samples of b
        y = logits.clone()
        y[labels == a, b] -= α
        y[labels == b, a] -= α
        # 4.2  θ = argmin 1/(nC) Σ_i ‖N_θ(x_i) − y_i‖², from the analysed weights, by Adam
        N_θ, order = copy.deepcopy(N), torch.Generator().manual_seed(0)
        adam = torch.optim.Adam(N_θ.parameters(), rate)
        for _ in range(epochs):
            for i in torch.randperm(len(X), generator=order).split(batch):
                adam.zero_grad()
                (N_θ(X[i]) - y[i]).square().mean().backward()
                adam.step()
        # 4.3  keep what is important in this network's map too
        keep = keep & important_pixels(attribute(N_θ))
    return A_0 * keep


# The fast form: support networks that are trained once and kept, any method, both ways to join the maps.


@dataclass(frozen=True, eq=False)
class GADMap:
    """The surviving map, and all that it was made from: 0 is the analysed network, k its k-th support network."""

    A: Tensor  # (N, …), shaped like x
    maps: Tensor  # (K + 1, N, …)
    masks: Tensor  # (K + 1, N, 1, H, W) for images, else (K + 1, N, …): where each map is important

    @property
    def left(self) -> Tensor:
        """The share of all pixels that is important in the maps 0 … k together: (K + 1, N), never rising in k."""
        return self.masks.cumprod(0).flatten(2).double().mean(2)


def gad(
    model: nn.Module,
    supports: Sequence[Support],
    x: Tensor,
    target: int | Tensor | str,
    method: str = "integrated_gradients",
    *,
    join: Join = "intersection",
    important: Important = "top",
    share: ImportantShare = None,
    seed: int = 0,
    **given: Any,
) -> GADMap:
    """Explain one class by the network and by each of its support networks, and keep what is important in all.

    supports: as from `support_networks`, in the order in which they are to speak; none leaves the base method, where it
        is important. x: (N, …), target and method as in `explain`; "predicted" is what `model` itself predicts.
    join, important, share: see `survivors`. seed: the same for every network.
    given: the method's own keywords, and output="probability" if not the logit is to be explained.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(gad, join=join, important=important, share=share)
    wrong = [type(s).__name__ for s in supports if not isinstance(s, Support)]
    if wrong:
        raise TypeError(f"supports must be a list of Support, as from support_networks; it holds a {wrong[0]}")
    if isinstance(target, str):
        target = make_score(model, x, target).target
    networks, given = [model, *(s.model for s in supports)], {"output": "logit"} | given
    maps = torch.stack([explain(network, x, target, method, seed=seed, **given) for network in networks])
    return survivors(maps, join, important, share)


def survivors(
    maps: Tensor, join: Join = "intersection", important: Important = "top", share: ImportantShare = None
) -> GADMap:
    """What is left of the first map where all of them are important.

    maps: (K + 1, N, …), the analysed network's first. join: "intersection" keeps A_0 where every map is important and
    is 0 elsewhere; "minimum" keeps as much of a pixel as the map that makes least of it, and needs no threshold.
    important, share: see `important_pixels`, for the masks.
    Raises TypeError or ValueError for maps or symbols that are not allowed.

    Examples:
        Of four pixels each map finds two important; only the last is important to both.

        >>> import torch, xai_core
        >>> maps = torch.tensor([[[0.0, 1.0, 2.0, 3.0]], [[5.0, 4.0, 0.0, 9.0]]])  # (K + 1, N, pixels)
        >>> xai_core.survivors(maps).A
        tensor([[0., 0., 0., 3.]])
    """
    symbols.check(survivors, join=join, important=important, share=share)
    masks = torch.stack([important_pixels(A, important, share) for A in maps])
    if join == "intersection":
        return GADMap(torch.where(masks.all(0), maps[0], 0), maps, masks)
    n = torch.stack([_strength(A) for A in maps])
    top = n.flatten(2).amax(2).view(*n.shape[:2], *[1] * (n.dim() - 2))  # (K + 1, N, 1, …)
    n = torch.where(n > 0, n / top, 0)  # each map's maximum is 1
    return GADMap(maps[0] * torch.where(n[0] > 0, n.amin(0) / n[0], 0), maps, masks)


def important_pixels(A: Tensor, important: Important = "top", share: ImportantShare = None) -> Tensor:
    """Where a map is important, either sign: (N, C, H, W) → (N, 1, H, W), or (N, …) → (N, …); booleans.

    A pixel's strength is |Σ_channels A|, what a picture of the map shows. "top": the strongest `share` of the image's
    pixels (rounded up; all of a tie, so all of a constant map), by default half. "above": those above `share` of the
    strongest pixel, by default a tenth. A pixel of strength 0 is never important; one that speaks against the class may
    be.
    Raises TypeError or ValueError if A is no finite tensor of one map or more, or for another rule or share.
    """
    symbols.check(important_pixels, important=important, share=share)
    check_map(A)
    share = SHARES[important] if share is None else share
    n = _strength(A)
    flat = n.flatten(1)  # (N, pixels)
    if important == "top":
        count = math.ceil(share * flat.shape[1] - 1e-9)  # 0.07 · 100 is a little more than 7 in binary
        chosen = flat >= flat.topk(count).values[:, -1:]
    else:
        chosen = flat > share * flat.amax(1, keepdim=True)
    return (chosen & (flat > 0)).view(n.shape)


def _strength(A: Tensor) -> Tensor:
    return (A.sum(1, keepdim=True) if A.dim() == 4 else A).abs()
