"""What the cells of GAD's tables need: two classes' pictures, the network that tells them apart, its support networks.

Trained networks are kept in files named by what they were made from (kept_files.py), so a later stage finds them, and
where it does not (another machine), trains them again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xai_core import kept_files
from xai_core.benchmark import collection
from xai_core.distancing.supports import Support, support_networks

ALPHAS = (2, 4, 6, 8)  # paper, §6; 0 is the network itself
CLASSES = (0, 1)  # the logits of every pair
RECIPE = 3  # part of every cell's key: raise it when a network is trained otherwise


@dataclass(frozen=True, eq=False)
class Case:
    """A network that tells two classes apart, and their pictures."""

    model: nn.Module
    images: Tensor
    labels: Tensor
    seen: Tensor
    seen_labels: Tensor


def loaded(where: Mapping[str, Any]) -> Any:
    """The collection, with what these tables ask of it."""
    return collection.load(
        where["collection"], collection.OF_PHOTOGRAPHS if where["photographs"] else collection.OF_GAD
    )


def case_of(settings: Mapping[str, Any], context: Mapping[str, Any]) -> Case:
    """The network and the pictures of a cell."""
    where = (context[name] for name in ("collection", "images", "photographs", "keep", "device"))
    return _case(settings["pair"], settings["network"], settings["weights"], *where)


@lru_cache(maxsize=8)  # blocks come in turn of all pairs
def _case(
    pair: str, network: str, weights: str, data: str, images: int, photographs: str, keep: str, device: str
) -> Case:
    known = loaded({"collection": data, "photographs": photographs})
    shown = pictures(data, pair, network, images, photographs)
    if known.weights(network) != weights:
        raise ValueError(f"this machine has other weights of network {network!r} than the one that planned the run")
    model = _finetuned(known, network, weights, shown, Path(keep)) if photographs else known.network(network)
    tensors = (each.to(device) for each in (shown.images, shown.labels, shown.seen, shown.seen_labels))
    return Case(model.to(device), *tensors)


def pictures(data: str, pair: str, network: str, images: int, photographs: str) -> Case:
    """What is explained and learned from, without a network. Raises ValueError where a class has too few pictures."""
    known = loaded({"collection": data, "photographs": photographs})
    shown = known.apart_in(photographs, network, images)[1] if photographs else known.apart(pair, images)
    seen = torch.cat([(shown.seen_labels == c).nonzero()[: (images + 1) // 2, 0] for c in CLASSES]).sort().values
    learned = {int(y) for y in shown.seen_labels[seen]}
    if not len(shown.images) or len(learned) < len(CLASSES):
        raise ValueError(
            f"{photographs or pair} must have two pictures or more of each class; it has {len(shown.images)} to explain"
            f" and {len(seen)} to learn from"
        )
    return Case(nn.Identity(), shown.images, shown.labels, shown.seen[seen], shown.seen_labels[seen])


def _finetuned(known: Any, network: str, weights: str, shown: Case, keep: Path) -> nn.Module:
    """The pretrained network taught to tell the two classes, once."""
    facts = {"finetuned": network, "weights": weights, "recipe": RECIPE}
    path = keep / f"{kept_files.content_key(facts, [shown.seen, shown.seen_labels])}.safetensors"
    kept = kept_files.read(path)
    if kept:
        model = known.with_classes(network, len(CLASSES))
        model.load_state_dict(kept[0])
        return model
    model = known.finetune(network, shown.seen, shown.seen_labels, len(CLASSES))
    kept_files.write(path, model.state_dict(), {})
    return model


def supports_of(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Support]:
    """The support networks of a cell, of all ALPHAS."""
    return _supports(case_of(settings, context), context["keep"])


@lru_cache(maxsize=8)
def _supports(case: Case, keep: str) -> list[Support]:
    return support_networks(case.model, case.seen, case.seen_labels, CLASSES, ALPHAS, keep=Path(keep))
