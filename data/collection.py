"""What a benchmark may ask of the data: networks by name, pictures by name, each with a digest of all that it is.

    networks_here()                    'zoo', 'zoo_vgg', …, 'squeezenet1_1' if its weights are in torch's cache
    pictures("zoo", "zoo:200")         200 scenes that no network learned from: names, digests, labels
    picture("zoo", "zoo:200", "00007") one of them: image, label, and masks of the animal and of its deciding part

A source is written NAME:N or FOLDER:N. The drawn ones are endless; «bundled» are scikit-image's photographs; folders
are read by folders.py; a file of one that is no photograph is left out, with a warning.

This file is in no room because it asks all of them; nothing in data imports it.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from data.drawn import retina, satellite, zoo
from data.nets import pretrained, yours
from data.nets.by_name import class_names, cut_for, network, networks_here, title, weights
from data.pictures import digits, folders, photographs
from data.streams import FRESH
from data.training.finetuned import finetune, with_classes
from data.training.pairs import PAIRS, apart, apart_in
from data.training.retraining import retraining

__all__ = [
    "PAIRS",
    "apart",
    "apart_in",
    "finetune",
    "fits",
    "network",
    "networks_here",
    "own_source",
    "picture",
    "pictures",
    "retraining",
    "title",
    "weights",
    "with_classes",
]

OWN = {
    "zoo": "zoo",
    "zoo_vgg": "zoo",
    "zoo_vit": "zoo",
    "husky_wolf": "husky_wolf",
    "birds": "birds",
    "birds_vgg": "birds",
}
OWN |= {
    "digits": "digits",
    "mnist": "mnist",
    "retina": "retina",
    "satellite": "satellite",
}  # which pictures a shipped network understands
DRAWN = {"zoo": zoo.CLASSES, "husky_wolf": zoo.HUSKY_WOLF, "birds": zoo.BIRDS}
DRAWN |= {"retina": retina.GRADES[1:], "satellite": satellite.PLACES}  # in a healthy eye nothing is to be pointed at
NAMED = (*DRAWN, "digits", "mnist", "bundled")
SIDE = 64  # pixels, of what the shipped networks see


class Listed(NamedTuple):
    """A picture that has not been opened for the network yet."""

    name: str
    digest: str  # of every bit that the network and the scores will see
    label: int | None  # its class among the network's, where known


class Picture(NamedTuple):
    """A picture as a network sees it."""

    image: Tensor  # (C, H, W) in [0, 1]
    label: int | None
    masks: dict[str, Tensor]  # of drawn scenes "animal" and the deciding "part", (H, W) bool
    digest: str  # as it was listed, unless it has changed since


# --- pictures ---------------------------------------------------------------------------------------------------------


def own_source(network: str, n: int) -> str:
    """n pictures of the kind that a network learned from; "bundled" for torchvision's."""
    return f"{OWN.get(network, 'bundled')}:{n}"


def fits(network: str, source: str) -> bool:
    """Whether a network understands these pictures: a shipped one its own kind, others any photographs, yours all."""
    kind = _kind(source)[0]
    if yours.is_yours(network):
        return kind == "bundled" or kind in DRAWN or kind not in NAMED
    return OWN[network] == kind if network in OWN else kind == "bundled" or kind not in NAMED


def pictures(network: str, source: str) -> Iterator[Listed]:
    """The pictures of a source in order, for this network. Raises ValueError with a sentence for a bad source."""
    kind, n = _kind(source)
    if not fits(network, source):
        likes = f"{OWN[network]}:N" if network in OWN else "bundled:N or a folder"
        raise ValueError(f"images is {source!r}, which network {network!r} does not understand; it takes {likes}")
    if kind in NAMED:
        for name in photographs.BUNDLED[:n] if kind == "bundled" else [f"{i:05d}" for i in range(_most(kind, n))]:
            found = picture(network, source, name)
            yield Listed(name, found.digest, found.label)
        return
    cut = cut_for(network)
    for name in folders.files(kind)[:n]:
        content = (Path(kind) / name).read_bytes()
        if why := photographs.refused(content, f"{kind}/{name}"):
            warnings.warn(f"left out: {why}", stacklevel=2)
            continue
        yield Listed(name, _digest_of_file(content, cut), _label(network, kind, name))


def picture(network: str, source: str, name: str) -> Picture:
    """One picture of a source. Raises PhotographError for a file that is none."""
    kind, n = _kind(source)
    if kind in DRAWN:
        i = int(name)
        word = _names(kind, n)[i]
        mine = yours.of(network) if yours.is_yours(network) else None
        scene, masks = _scene(kind, word, i, mine.size if mine else SIDE)
        label = _number(word, mine.classes) if mine else scene.label
        image = _in_its_colours(scene.image, network)
        return Picture(image, label, masks, _digest(image, *masks.values()))
    if kind in ("digits", "mnist"):
        split, i = _digits(kind), int(name)
        return Picture(split.test_images[i], int(split.test_labels[i]), {}, _digest(split.test_images[i]))
    cut = cut_for(network)
    if kind == "bundled":
        image = _in_its_colours(photographs.bundled(name, **cut), network)
        return Picture(image, None, {}, _digest(image))
    file = Path(kind) / name
    image = _in_its_colours(photographs.open_photograph(file, **cut), network)
    return Picture(image, _label(network, kind, name), {}, _digest_of_file(file.read_bytes(), cut))


def _label(network: str, folder: str, name: str) -> int | None:
    """A photograph's class among the network's, if its folder says one."""
    return folders.labels(folder, class_names(network)).get(name)


def _number(word: str, classes: tuple[str, ...]) -> int | None:
    return classes.index(word) if word in classes else None


def _in_its_colours(image: Tensor, network: str) -> Tensor:
    """(3, H, W), or grey where a network of yours takes one channel."""
    grey = yours.is_yours(network) and yours.of(network).channels == 1
    return image.mean(0, keepdim=True) if grey else image


def _kind(source: str) -> tuple[str, int | None]:
    """ "zoo:200" → ("zoo", 200); a folder without a number is taken whole."""
    kind, colon, number = source.rpartition(":")
    if not colon or not number.isdigit():
        kind, number = source, ""
    if kind in NAMED and not number:
        raise ValueError(f"images is {source!r}; how many? {kind}:20, for example")
    if kind not in NAMED and not Path(kind).is_dir():
        raise ValueError(f"images is {source!r}; it must be a number, one of {', '.join(f'{k}:N' for k in NAMED)}, or a"
                         " folder of photographs (FOLDER or FOLDER:N), and there is no such folder")  # fmt: skip
    if number and int(number) < 1:
        raise ValueError(f"images is {source!r}; the number must be 1 or more")
    return kind, int(number) if number else None


@lru_cache(maxsize=8)
def _names(kind: str, n: int) -> tuple[str, ...]:
    return tuple(zoo.batch_labels(n, FRESH, DRAWN[kind]))


def _scene(
    kind: str, name: str, i: int, size: int
) -> tuple[zoo.Scene | retina.Eye | satellite.Scene, dict[str, Tensor]]:
    """The i-th scene and its masks, size × size pixels."""
    seed = zoo.scene_seed(FRESH, i)
    if kind == "retina":
        eye = retina.draw(name, seed, size=size)
        return eye, {"part": eye.lesion}
    if kind == "satellite":
        place = satellite.draw(name, seed, size=size)
        return place, {"part": place.thing}
    if kind == "husky_wolf":  # of every two huskies and wolves, both on snow or neither: it says nothing of the class
        scene = zoo.draw_husky_wolf(name, seed, snow=i // 2 % 2 == 1, size=size)
        return scene, {"animal": scene.animal}
    scene = (zoo.draw if kind == "zoo" else zoo.draw_birds)(name, seed, size=size)
    return scene, {"animal": scene.animal, "part": scene.part}


@lru_cache(maxsize=2)
def _digits(kind: str) -> digits.Split:
    return digits.train_test(seed=0) if kind == "digits" else digits.mnist()


def _most(kind: str, n: int) -> int:
    return n if kind in DRAWN else min(n, len(_digits(kind).test_images))


def _digest_of_file(content: bytes, cut: pretrained.Geometry) -> str:
    """Of a photograph that has not been opened: its bytes and how they will be cut."""
    return hashlib.sha256(json.dumps(cut, sort_keys=True).encode() + content).hexdigest()


def _digest(*tensors: Tensor) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
