"""Photographs as tensors: scikit-image's own, and anybody's PNG, JPEG or WebP file, opened safely.

    x = bundled("cat")                      # (3, 224, 224), pixels in [0, 1]
    x = open_photograph("holiday.jpg")      # the same for a file of yours: a path, its bytes, or an upload

Photographs are cut as torchvision's classifiers expect them: the short side is resized, then the centre cropped to a
square. An upload is not to be trusted: its format is read from its content (never its name), its size from its header
before any pixel is decoded, and whatever cannot be opened is refused in one sentence, as a `PhotographError`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from data.pictures.formats import (
    MAX_BYTES,
    MAX_PIXELS,
    SUFFIXES,
    PhotographError,
    damaged,
    opened,
    refused,
)

__all__ = [
    "BUNDLED",
    "MAX_BYTES",
    "MAX_SIZE",
    "SUFFIXES",
    "PhotographError",
    "bundled",
    "open_photograph",
    "refused",
]

MAX_SIZE = 1024  # pixels, of the square that comes out

_BUNDLED_FILES = {
    "cat": "chelsea.png",
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "motorcycle": "motorcycle_left.png",
    "cameraman": "camera.png",
    "coins": "coins.png",
    "horse": "horse.png",  # a black silhouette on white
    "moon": "moon.png",
    "galaxies": "hubble_deep_field.jpg",
    "retina": "retina.jpg",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "bricks": "brick.png",
}
BUNDLED: tuple[str, ...] = tuple(_BUNDLED_FILES)

_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

# How a picture must be turned to stand upright, by the value of EXIF's Orientation; 1 is upright.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _Room:
    """So many pixels are decoded at a time, first come first served: this bounds the memory when a class uploads."""

    def __init__(self, pixels: int) -> None:
        self.pixels = self.free = pixels
        self.turn, self.changed = threading.Lock(), threading.Condition()

    @contextmanager
    def for_(self, pixels: int) -> Iterator[None]:
        """Wait until there is room; what is larger than all of it waits until it is alone."""
        needed = min(pixels, self.pixels)
        with self.turn, self.changed:
            self.changed.wait_for(lambda: self.free >= needed)
            self.free -= needed
        try:
            yield
        finally:
            with self.changed:
                self.free += needed
                self.changed.notify_all()


_ROOM = _Room(MAX_PIXELS)


def bundled(name: str, size: int = 224, *, resize: int | None = None, interpolation: str = "bilinear") -> torch.Tensor:
    """One of scikit-image's own photographs, `name` in BUNDLED, cut like `open_photograph` does. No network needed.

    Returns (3, size, size) float32 in [0, 1]; raises ValueError for another name or a bad size.
    """
    if name not in _BUNDLED_FILES:
        raise ValueError(f"name={name!r} is not a bundled photograph; allowed are {', '.join(BUNDLED)}.")
    source = (files("skimage") / "data" / _BUNDLED_FILES[name]).read_bytes()
    return open_photograph(source, size, resize=resize, interpolation=interpolation)


def open_photograph(
    source: bytes | str | Path | BinaryIO,
    size: int = 224,
    *,
    resize: int | None = None,
    interpolation: str = "bilinear",
) -> torch.Tensor:
    """A PNG, JPEG or WebP photograph as pixels: (3, size, size) float32 in [0, 1].

    source: the file's bytes, its path, or a file open for reading in binary mode (read from its start).
    size: side of the centred crop, pixels.
    resize: short side before cropping, pixels; size × 256/224 unless given, as for most ImageNet classifiers
        (`pretrained.geometry` knows what each network expects).
    interpolation: "bilinear" or "bicubic", antialiased.

    EXIF orientation is honoured, transparency flattened on white, the first picture of an animation taken; greyscale,
    palette, 16-bit and CMYK are converted to RGB. Raises PhotographError for a file that cannot be used, ValueError or
    TypeError for the other arguments.
    """
    resize = _checked_geometry(size, resize, interpolation)
    name = _name(source)
    content = _read(source, name)
    try:
        image = _opened_small(content, name, resize)
        with _ROOM.for_(image.width * image.height):
            return _cut(_upright_rgb(image), size, resize, interpolation)
    except PhotographError:
        raise
    except Exception as error:  # on corrupt files Pillow's decoders raise a dozen kinds, down to KeyError
        raise PhotographError(damaged(name, content)) from error


def _checked_geometry(size: int, resize: int | None, interpolation: str) -> int:
    """The short side before cropping, once size, resize and interpolation are known to make sense."""
    if interpolation not in _RESAMPLING:
        raise ValueError(f"interpolation={interpolation!r} is unknown; allowed are {' and '.join(_RESAMPLING)}.")
    for name, value in (("size", size), ("resize", resize)):
        if isinstance(value, bool) or not isinstance(value, int | None):
            raise TypeError(f"{name}={value!r} is no whole number; allowed are 1 to {MAX_SIZE} pixels.")
    if size is None or not 1 <= size <= MAX_SIZE:
        raise ValueError(f"size={size} is out of range; allowed are 1 to {MAX_SIZE} pixels.")
    if resize is None:
        return round(size * 256 / 224)
    if not size <= resize <= 2 * MAX_SIZE:
        raise ValueError(f"resize={resize} is out of range; allowed are size={size} to {2 * MAX_SIZE} pixels.")
    return resize


def _name(source: object) -> str:
    """What the source is called in a message: a file by its name."""
    file = source if isinstance(source, str | Path) else getattr(source, "name", None)
    return f"source={str(file)!r}" if isinstance(file, str | Path) else "source"


def _read(source: bytes | str | Path | BinaryIO, name: str) -> bytes:
    """The file's content, refused when there is none or more than MAX_BYTES of it."""
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source[: MAX_BYTES + 1])
    elif isinstance(source, str | Path):
        try:
            with open(source, "rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:  # ValueError: a path with a null character
            reason = getattr(error, "strerror", None) or error
            raise PhotographError(
                f"{name} cannot be read ({reason}); allowed is the path of a PNG, JPEG or WebP file."
            ) from error
    elif hasattr(source, "read"):
        if hasattr(source, "seekable") and source.seekable():
            source.seek(0)  # an upload is often handed over a second time, at its end
        content = source.read(MAX_BYTES + 1)
    else:
        content = None
    if not isinstance(content, bytes):
        raise TypeError(f"source gives a {type(source).__name__}; allowed are bytes, a path or a file in binary mode.")
    if not content:
        raise PhotographError(f"{name} is empty (0 bytes); allowed are PNG, JPEG and WebP files.")
    if len(content) > MAX_BYTES:
        raise PhotographError(f"{name} has more than {MAX_BYTES // 2**20} MiB; allowed are smaller files.")
    return content


def _opened_small(content: bytes, name: str, resize: int) -> ImageFile.ImageFile:
    """The picture with its header read, its size that of the pixels to come."""
    image = opened(content, name)
    if isinstance(image, JpegImageFile):
        # JPEG can be decoded at 1/2, 1/4 or 1/8 of its size: do, as long as twice the size wanted is left to resize.
        image.draft(None, (2 * resize, 2 * resize))
    return image


def _upright_rgb(image: ImageFile.ImageFile) -> Image.Image:
    """The decoded picture in RGB, on white where it is transparent, turned as EXIF says."""
    turn = _UPRIGHT.get(_orientation(image))
    rgb = _rgb(image)
    return rgb.transpose(turn) if turn is not None else rgb


def _orientation(image: ImageFile.ImageFile) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # EXIF is written by many hands, and a good picture is not to be refused for its notes
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    transparency = image.info.get("transparency")
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clip it, though it takes the high byte of 16-bit colour
        grey = np.asarray(image)
        if transparency is not None:  # one grey that stands for "nothing here"
            grey = np.where(grey == transparency, 0xFFFF, grey)
        return Image.fromarray((grey >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _cut(image: Image.Image, size: int, resize: int, interpolation: str) -> torch.Tensor:
    """Resize the short side and crop the centre, rounding where torchvision's transforms do: RGB → (3, size, size)."""
    width, height = (int(resize * side / min(image.size)) for side in image.size)
    image = image.resize((width, height), _RESAMPLING[interpolation])
    left, top = round((width - size) / 2), round((height - size) / 2)
    image = image.crop((left, top, left + size, top + size))
    # (size, size, 3) bytes → (3, size, size); np.array copies, because Pillow's own buffer is read-only
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float() / 255
