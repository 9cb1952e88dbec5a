"""Networks by name: the shipped ones, torchvision's, and yours; how each is called, told apart and shown photographs.

network("zoo"), network("resnet18"), network("resnet18-untrained"), network("mynets:resnet20,size=32")
"""

import hashlib
from functools import lru_cache

from torch import nn

from data.nets import networks, pretrained, yours

UNTRAINED = "-untrained"  # behind a pretrained network's name: the same layers with random weights, to measure time
TITLES = {
    "zoo": "Zoo, ResNet",
    "zoo_vgg": "Zoo, VGG",
    "zoo_vit": "Zoo, ViT",
    "husky_wolf": "Husky or wolf",
    "birds": "Birds, ResNet",
    "birds_vgg": "Birds, VGG",
    "digits": "Digits, 8 × 8",
    "mnist": "MNIST",
    "retina": "Retina",
    "satellite": "Satellite",
    "resnet18": "ResNet-18",
    "efficientnet_v2_s": "EfficientNetV2-S",
    "convnext_tiny": "ConvNeXt-Tiny",
    "vgg16_bn": "VGG-16-BN",
    "vit_b_16": "ViT-B/16",
    "swin_t": "Swin-T",
    "squeezenet1_1": "SqueezeNet 1.1",
    "mobilenet_v3_small": "MobileNetV3-Small",
}


def networks_here() -> tuple[str, ...]:
    """The networks that need no download: the shipped ones, and torchvision's whose weights are in torch's cache."""
    return (*networks.SHIPPED, *(name for name in pretrained.NAMES if pretrained.is_available(name)))


def title(network: str) -> str:
    """A network's name as in a table."""
    if yours.is_yours(network):
        return yours.title(network)
    trained = network.removesuffix(UNTRAINED)
    return TITLES.get(trained, trained) + (", untrained" if network != trained else "")


def network(name: str) -> nn.Module:
    """A network with its weights in eval mode; a word with : or , in it is one of yours.

    Raises ValueError, FileNotFoundError or WeightsNotFound.
    """
    if yours.is_yours(name):
        return yours.of(name).network
    if name in networks.SHIPPED:
        return networks.load(name)
    trained = _pretrained(name)
    return pretrained.load(trained, weights=name == trained)


@lru_cache(maxsize=32)
def weights(name: str) -> str:
    """64 hexadecimal digits that stand for a network's weights. Raises as `network`."""
    if yours.is_yours(name):
        return yours.weights(name)
    if name in networks.SHIPPED:
        return networks.card(name)["sha256"]
    trained = _pretrained(name)
    if name != trained:
        return hashlib.sha256(name.encode()).hexdigest()  # drawn by a fixed seed
    if not pretrained.is_available(name):
        pretrained.load(name)  # says how to get them
    with pretrained.weights_file(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pretrained(name: str) -> str:
    trained = name.removesuffix(UNTRAINED)
    if trained not in pretrained.NAMES:
        allowed = ", ".join((*networks.SHIPPED, *pretrained.NAMES))
        raise ValueError(
            f"network is {name!r}; it must be one of {allowed} (the last ones with {UNTRAINED} behind, too)"
        )
    return trained


def cut_for(network: str) -> pretrained.Geometry:
    """How photographs are cut for a network."""
    if yours.is_yours(network):
        return yours.of(network).geometry
    return pretrained.geometry(network.removesuffix(UNTRAINED))


def class_names(network: str) -> tuple[str, ...]:
    """The names of a network's outputs, in order. Raises as `network`."""
    if yours.is_yours(network):
        return yours.of(network).classes
    return (networks if network in networks.SHIPPED else pretrained).class_names(network.removesuffix(UNTRAINED))
