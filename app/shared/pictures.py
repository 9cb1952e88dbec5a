"""The pictures one can choose, made ready for a network: scenes, eyes, digits, photographs, and the reader's own."""

import hashlib
from dataclasses import dataclass

import streamlit as st
import torch.nn.functional as F
from torch import Tensor

from app.shared import own
from app.shared.networks import Network
from data.drawn import retina, satellite, zoo
from data.pictures import digits, photographs

KINDS = ("toy zoo", "husky or wolf", "warbler or sparrow", "retina", "satellite", "digit", "photograph", "upload")
FOLDER = "folder"  # one's own, if the app was started with one
OWN = (FOLDER, "upload")  # kinds that stay when another network is chosen

EYE = "By construction only the lesions decide the grade; the same eye without them is drawn alike at every grade."
HEALTHY = "A healthy eye: by construction only the absence of lesions decides, and that is nowhere in particular."


@dataclass(frozen=True)
class Picture:
    """Which picture: enough to draw it again, except for an upload, known only by its content's fingerprint."""

    kind: str
    name: str = ""  # the animal, the grade, the place, the photograph, the file (of a folder: its path in it)
    number: int = 0  # seed of a scene, index of a digit
    snow: bool = False
    fingerprint: str = ""


@dataclass(frozen=True)
class Opened:
    """A picture as a network takes it, and, where it was drawn, what is known of it by construction."""

    x: Tensor  # (1, C, H, W), pixels in [0, 1]
    title: str
    parts: dict[str, Tensor]  # name → mask (H, W) bool, the deciding part first
    truth: str  # what decides its class by construction, in a sentence; "" if unknown
    python: tuple[str, ...]  # the lines of a script that make x
    whole: str = "picture"  # what the parts are parts of, besides the background: "elephant", "eye"
    decides: str = ""  # the part by which this network was taught, "" if it is none of them


def kinds() -> tuple[str, ...]:
    """The kinds that there are here."""
    return (FOLDER, *KINDS) if own.folder() else KINDS


def of_folder(name: str) -> Picture:
    """A picture of one's own folder. Raises PhotographError for what is none of it."""
    return Picture(FOLDER, name, fingerprint=own.version(name))


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def open_picture(picture: Picture, network: Network, content: bytes = b"") -> Opened:
    """The picture for this network. Raises photographs.PhotographError for a file that is no photograph."""
    found = _opened_or_why_not(picture, network, content)
    if isinstance(found, str):
        raise photographs.PhotographError(found)
    return found


@st.cache_resource(max_entries=128, show_spinner=False)
def _opened_or_why_not(picture: Picture, network: Network, _content: bytes) -> Opened | str:
    """A refusal is kept, too: of an upload by its content's fingerprint, so that no move decodes it again."""
    try:
        return draw_picture(picture, network, _content)
    except photographs.PhotographError as error:
        return str(error)


def draw_picture(picture: Picture, network: Network, content: bytes = b"") -> Opened:
    """The same, kept nowhere: for hundreds of scenes at once."""
    if picture.kind == "toy zoo":
        size = max(network.size, 64)  # the drawing is the same at any size, so a large network gets a sharp picture
        scene = zoo.draw(picture.name, picture.number, size=size)
        python = f'zoo.draw("{picture.name}", {picture.number}, size={size}).image'
        return _opened_scene(scene, python, network)
    if picture.kind == "husky or wolf":
        size = max(network.size, 64)
        scene = zoo.draw_husky_wolf(picture.name, picture.number, snow=picture.snow, size=size)
        python = f'zoo.draw_husky_wolf("{picture.name}", {picture.number}, snow={picture.snow}, size={size}).image'
        return _opened_scene(scene, python, network)
    if picture.kind == "warbler or sparrow":
        size = max(network.size, 64)
        scene = zoo.draw_birds(picture.name, picture.number, size=size)
        python = f'zoo.draw_birds("{picture.name}", {picture.number}, size={size}).image'
        return _opened_scene(scene, python, network)
    if picture.kind == "retina":
        size = max(network.size, 64)
        eye = retina.draw(picture.name, picture.number, size=size)
        python = f'retina.draw("{picture.name}", {picture.number}, size={size}).image'
        title = f"eye no. {eye.seed}, {eye.name}"
        return _opened(eye.image, title, python, network, _parts_of_eye(eye), EYE if eye.label else HEALTHY, "eye",
                       "the lesions")  # fmt: skip
    if picture.kind == "satellite":
        size = max(network.size, 64)
        place = satellite.draw(picture.name, picture.number, size=size)
        python = f'satellite.draw("{picture.name}", {picture.number}, size={size}).image'
        parts = {f"the {place.name}": place.thing, "the background": ~place.thing}
        truth = f"By construction only the {place.name} decides: the ground is drawn alike for every class."
        return _opened(place.image, f"{place.name} no. {place.seed}", python, network, parts, truth, place.name,
                       f"the {place.name}")  # fmt: skip
    if picture.kind == "digit":
        images, labels = _digits()
        i = picture.number % len(images)
        return _opened(images[i], f"digit {int(labels[i])}, no. {i}", f"digits.digits()[0][{i}]", network)
    cut = {"size": network.size, "resize": network.resize, "interpolation": network.interpolation}
    options = f'size={network.size}, resize={network.resize}, interpolation="{network.interpolation}"'
    if picture.kind == "photograph":
        image = photographs.bundled(picture.name, **cut)
        return _opened(image, picture.name, f'photographs.bundled("{picture.name}", {options})', network)
    if picture.kind == FOLDER:
        image = photographs.open_photograph(own.read(picture.name), **cut)
        return _opened(
            image, picture.name, f"photographs.open_photograph({own.written(picture.name)!r}, {options})", network
        )
    image = photographs.open_photograph(content, **cut)
    return _opened(image, picture.name, f"photographs.open_photograph({picture.name!r}, {options})", network)


def _opened_scene(scene: zoo.Scene, python: str, network: Network) -> Opened:
    title = f"{scene.name} no. {scene.seed}"
    decides = "the snow" if network.name == "husky_wolf" else f"the {scene.part_name}"
    return _opened(scene.image, title, python, network, _parts(scene), _truth(scene, network), scene.name, decides)


def _opened(
    image: Tensor,
    title: str,
    python: str,
    network: Network,
    parts: dict[str, Tensor] | None = None,
    truth: str = "",
    whole: str = "picture",
    decides: str = "",
) -> Opened:
    """Fit (C, H, W) to (1, channels, size, size), and write down how."""
    x, lines = image[None], [f"x = {python}[None]"]
    if x.shape[-1] != network.size:
        size = (network.size, network.size)
        x = F.interpolate(x, size, mode="bilinear", antialias=True).clamp(0, 1)
        lines.append(f'x = F.interpolate(x, {size}, mode="bilinear", antialias=True).clamp(0, 1)')
    if network.channels < x.shape[1]:
        x = x.mean(1, keepdim=True)
        lines.append("x = x.mean(1, keepdim=True)  # grey")
    elif network.channels > x.shape[1]:
        x = x.expand(-1, network.channels, -1, -1).contiguous()
        lines.append(f"x = x.expand(-1, {network.channels}, -1, -1).contiguous()")
    known = {name: mask for name, mask in (parts or {}).items() if mask.shape == x.shape[2:]}
    return Opened(x, title, known, truth, tuple(lines), whole, decides if decides in known else "")


def _parts(scene: zoo.Scene) -> dict[str, Tensor]:
    """The scene cut into what decides its class by construction, the rest of the animal, and what surrounds it."""
    parts = {f"the {scene.part_name}": scene.part, f"the rest of the {scene.name}": scene.animal & ~scene.part}
    if scene.snow.any():
        parts["the snow"] = scene.snow
    parts["the background"] = ~(scene.animal | scene.snow)
    return {name: mask for name, mask in parts.items() if mask.any()}


def _parts_of_eye(eye: retina.Eye) -> dict[str, Tensor]:
    """The lesions, the rest of what the camera saw, and the black around it; a healthy eye is whole."""
    if not eye.label:
        return {"the eye": eye.field, "the background": ~eye.field}
    return {"the lesions": eye.lesion, "the rest of the eye": eye.field & ~eye.lesion, "the background": ~eye.field}


def _truth(scene: zoo.Scene, network: Network) -> str:
    if network.name == "husky_wolf":
        return "This network learned where every wolf stood on snow and no husky did."
    return f"By construction the {scene.part_name} decides: where it is cut short, the label goes with it."


@st.cache_resource(show_spinner=False)
def _digits() -> tuple[Tensor, Tensor]:
    return digits.digits()
