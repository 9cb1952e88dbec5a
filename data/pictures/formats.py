"""Which files are photographs: formats by their content, and limits that are read from the header, before any decoding.

An upload is not to be trusted: a few bytes can announce a picture that fills the memory, or keeps a decoder busy for
hours. What is refused is refused in one sentence, as a `PhotographError`.
"""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from data.pictures.essentials import JPEG, PNG, TooMuch, essential

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_LEFT = ("__MACOSX", "@eaDir", "$RECYCLE.BIN")  # by macOS's archives, Synology's thumbnails, Windows

MAX_BYTES = 25 * 2**20  # a 50-megapixel JPEG of a telephone has 10 to 20 MiB
MAX_PIXELS = 25_000_000  # width × height of a PNG or WebP; decoding takes up to 24 bytes for each
MAX_PIXELS_JPEG = 50_000_000  # large ones are decoded at a fraction of their size
MIN_SIDE = 8  # pixels: scikit-learn's digits are 8×8, and in less there is nothing to explain
MAX_ASPECT = 20  # long side / short side: the centre crop of a longer strip would show none of it

# Formats that people try, only to be named when they are refused: (offset, bytes found there, name).
_REFUSED = (
    (0, b"GIF8", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"BM", "BMP"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\3\4", "ZIP"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftyp", "video"),
)


class PhotographError(ValueError):
    """A file that is no photograph this workbook can open; the message is one sentence for whoever chose the file."""


def left_behind(name: str) -> bool:
    """Whether a system leaves files or folders of this name beside pictures: hidden ones, and those of `_LEFT`.

    macOS leaves "._a.jpg", Jupyter ".ipynb_checkpoints"; both end in .jpg, or hold what does.
    """
    return name.startswith(".") or name in _LEFT


def names_in(folder: Path, *, below: bool = False) -> list[str]:
    """The photographs of a folder by their names, in order; not what a system left. No file is opened.

    below: those of the folders in it, too, with / between; links to folders are not followed.
    """
    found, ahead = [], [""]
    while ahead:
        at = ahead.pop()
        with os.scandir(folder / at) as entries:
            for entry in entries:
                if left_behind(entry.name):
                    continue
                if entry.name.lower().endswith(SUFFIXES) and entry.is_file():
                    found.append(f"{at}{entry.name}")
                elif below and entry.is_dir(follow_symlinks=False):
                    ahead.append(f"{at}{entry.name}/")
    return sorted(found)


def opened(content: bytes, name: str = "source") -> ImageFile.ImageFile:
    """The picture with its header read, its pixels not yet decoded, and its size found acceptable.

    name: what the file is called in a message.
    Raises PhotographError, with a sentence, for another format or a size beyond the limits, and whatever Pillow raises
    where the header is damaged.

    Pillow's three readers are called directly: `Image.open` would try others too, and the limit on its pixels is a
    global that belongs to whoever runs Pillow in the same process.
    """
    reader = _reader(content, name)
    try:
        image = reader(BytesIO(essential(content)))
    except TooMuch as error:
        what, allowed = error.args
        raise PhotographError(f"{name} is {what}; allowed are {allowed}.") from error
    width, height = image.size
    limit = MAX_PIXELS_JPEG if isinstance(image, JpegImageFile) else MAX_PIXELS
    if width * height > limit:
        raise PhotographError(
            f"{name} has {width:,} × {height:,} pixels; allowed are at most {limit // 10**6} million in all "
            f"({MAX_PIXELS_JPEG // 10**6} million in a JPEG)."
        )
    if min(width, height) < MIN_SIDE:
        raise PhotographError(f"{name} has {width:,} × {height:,} pixels; allowed are {MIN_SIDE} or more on each side.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise PhotographError(
            f"{name} has {width:,} × {height:,} pixels; allowed is a long side of at most {MAX_ASPECT} short sides."
        )
    if isinstance(image, PngImageFile) and image.mode != "P" and "transparency" in image.info:
        image.info["transparency"] = _as_decoded(image.info["transparency"], image.mode, depth=content[24])
    return image


def refused(content: bytes, name: str) -> str:
    """Why a file cannot be a photograph, as far as its header tells; "" where it may be one. No pixel is decoded."""
    try:
        opened(content, name)
    except PhotographError as error:
        return str(error)
    except Exception:  # of a damaged header Pillow raises a dozen kinds
        return damaged(name, content)
    return ""


def damaged(name: str, content: bytes) -> str:
    """The sentence for a file that no reader understands."""
    return f"{name} is damaged or cut short ({len(content):,} bytes); allowed are whole PNG, JPEG and WebP files."


def _as_decoded(clear: int | tuple[int, ...], mode: str, depth: int) -> int | tuple[int, ...]:
    """The value of a PNG that stands for "nothing here", on the scale of the decoded pixels: Pillow leaves it raw.

    Greys of 1, 2 and 4 bits are decoded to 0 … 255, colours of 16 bits to their high byte, greys of 16 not at all.
    """
    most = 2**depth - 1
    if isinstance(clear, tuple):
        return tuple((each & most) * 255 // most for each in clear)
    return clear & most if mode.startswith("I") else (clear & most) * 255 // most


def _reader(content: bytes, name: str) -> Callable[[BytesIO], ImageFile.ImageFile]:
    """Pillow's reader for the format that the first bytes announce."""
    if content.startswith(PNG):
        return PngImageFile
    if content.startswith(JPEG):
        return JpegImageFile
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WebPImageFile
    kinds = [kind for offset, mark, kind in _REFUSED if content.startswith(mark, offset)]
    if not kinds and b"<svg" in content[:2048].lower():
        kinds = ["SVG"]
    given = f"a {kinds[0]} file" if kinds else "no picture in a known format"
    raise PhotographError(f"{name} is {given}; allowed are PNG, JPEG and WebP files.")
