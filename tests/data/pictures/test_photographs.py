"""Photographs: what comes out is right to the pixel, and whatever cannot be opened is refused in one sentence."""

import importlib.metadata
import re
import socket
import struct
import time
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from data.pictures import photographs
from data.pictures.photographs import BUNDLED, PhotographError, bundled, open_photograph


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth random picture, so that resizing by two methods can be told apart."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 13, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def flat(mode: str, colour: object, **options: object) -> bytes:
    return encoded(Image.new(mode, (32, 32), colour), "PNG", **options)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int, cut: int = 0) -> bytes:
    """A PNG that says how large it is, less the `cut` last bytes of saying so, and then holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header[: len(header) - cut]), (b"IDAT", zlib.compress(bytes(99))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG whose frame header was overwritten with another size."""
    content = encoded(noise(16, 16), "JPEG")
    frame = content.index(b"\xff\xc0")
    return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]


def webp_header(width: int, height: int) -> bytes:
    """A lossless WebP whose header was overwritten with another size (14 bits each)."""
    content = bytearray(encoded(noise(16, 16), "WEBP", lossless=True))
    size = content.index(b"VP8L") + 9
    content[size : size + 4] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    return bytes(content)


def many_scans(count: int) -> bytes:
    """A progressive JPEG that repeats its last scan."""
    content = encoded(Image.new("L", (64, 64), 99), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * count + content[-2:]


def assert_sentence(message: str) -> None:
    """One sentence that names the argument and says what is allowed."""
    assert message.startswith("source"), message
    assert re.search(r"; allowed (is|are) .*\.$", message), message
    assert "\n" not in message and ". " not in message, message


# The bundled ones


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_need_no_network(name, monkeypatch):
    def no_network(*args, **kwargs):
        raise AssertionError("a bundled photograph asked for the network")

    monkeypatch.setattr(socket, "socket", no_network)
    x = bundled(name)
    assert x.shape == (3, 224, 224) and x.dtype == torch.float32 and x.is_contiguous()
    assert x.min() >= 0 and x.max() <= 1 and x.std() > 0.02


def test_bundled_files_ship_in_the_wheel():
    shipped = {file.name for file in importlib.metadata.files("scikit-image") if file.parent.name == "data"}
    assert set(photographs._BUNDLED_FILES.values()) <= shipped


def test_bundled_cat_is_chelsea():
    import skimage.data

    chelsea = Image.fromarray(skimage.data.chelsea())
    assert torch.equal(bundled("cat", 64), open_photograph(encoded(chelsea, "PNG"), 64))


def test_unknown_bundled_name():
    with pytest.raises(ValueError, match=r"name='dog' .* allowed are cat, astronaut"):
        bundled("dog")


# Geometry


@pytest.mark.parametrize("shape", [(300, 200), (201, 333), (224, 224), (97, 1401), (31, 30)])
@pytest.mark.parametrize(
    ("size", "resize", "interpolation"), [(224, 256, "bilinear"), (224, 232, "bicubic"), (384, 384, "bilinear")]
)
def test_cut_as_torchvision_does(shape, size, resize, interpolation):
    from data.vision import torchvision

    functional = torchvision.transforms.functional
    image = noise(*shape)
    expected = functional.resize(image, resize, torchvision.transforms.InterpolationMode(interpolation))
    expected = functional.to_tensor(functional.center_crop(expected, size))
    x = open_photograph(encoded(image, "PNG"), size, resize=resize, interpolation=interpolation)
    assert torch.equal(x, expected)


def test_resize_follows_size_unless_given():
    content = encoded(noise(300, 200), "PNG")
    assert torch.equal(open_photograph(content, 112), open_photograph(content, 112, resize=128))


@pytest.mark.parametrize("shape", [(4032, 3024), (3000, 2999)])
def test_huge_jpeg_is_decoded_small_and_looks_the_same(shape, monkeypatch):
    content = encoded(noise(*shape), "JPEG", quality=95)
    x = open_photograph(content)
    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.draft", lambda *args: None)
    difference = (open_photograph(content) - x).abs()
    assert difference.max() <= 3 / 255 and difference.mean() <= 0.5 / 255


# Orientation: EXIF says which visual sides the stored file's first row and first column are.

STORED = {
    1: lambda u: u,  # top, left
    2: lambda u: u[:, ::-1],  # top, right
    3: lambda u: u[::-1, ::-1],  # bottom, right
    4: lambda u: u[::-1],  # bottom, left
    5: lambda u: u.swapaxes(0, 1),  # left, top
    6: lambda u: u[:, ::-1].swapaxes(0, 1),  # right, top
    7: lambda u: u[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda u: u[::-1].swapaxes(0, 1),  # left, bottom
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(kind, orientation):
    upright = np.zeros((64, 80, 3), np.uint8)
    upright[:16, 8:24] = (255, 0, 0)  # red, top left of the centre crop
    upright[48:, 8:24] = (0, 0, 255)  # blue, bottom left: a mirrored picture shows
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}, "PNG": {}}[kind]
    x = open_photograph(encoded(stored, kind, exif=exif, **options), 64, resize=64)
    expected = torch.from_numpy(upright[:, 8:72]).permute(2, 0, 1) / 255
    assert (x - expected).abs().max() <= (0.02 if kind == "JPEG" else 0)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_cost_the_photograph():
    image = noise(40, 40)
    jpeg = encoded(image, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\xff\xff")
    assert torch.equal(open_photograph(jpeg, 32), open_photograph(encoded(image, "JPEG"), 32))
    png = encoded(image, "PNG")
    noted = png[:33] + png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n2\nno hexadecimal") + png[33:]
    assert torch.equal(open_photograph(noted, 32), open_photograph(png, 32))


# Colour


COLOURS = {
    "rgb": (flat("RGB", (10, 20, 30)), (10, 20, 30)),
    "grey": (flat("L", 77), (77, 77, 77)),
    "black and white": (flat("1", 1), (255, 255, 255)),
    "16-bit grey": (flat("I;16", 0x8000), (128, 128, 128)),
    "16-bit white": (flat("I;16", 0xFFFF), (255, 255, 255)),
    "palette": (encoded(Image.new("RGB", (32, 32), (9, 99, 199)).quantize(4), "PNG"), (9, 99, 199)),
    # transparency, on white: c·a + 255·(1 − a)
    "transparent": (flat("RGBA", (200, 100, 0, 0)), (255, 255, 255)),
    "opaque": (flat("RGBA", (200, 100, 0, 255)), (200, 100, 0)),
    "a = 0.2": (flat("RGBA", (200, 100, 0, 51)), (244, 224, 204)),
    "grey, a = 0.4": (flat("LA", (0, 102)), (153, 153, 153)),
    "webp, a = 0.2": (
        encoded(Image.new("RGBA", (32, 32), (200, 100, 0, 51)), "WEBP", lossless=True),
        (244, 224, 204),
    ),
    # one colour that stands for "nothing here"
    "grey is clear": (flat("L", 5, transparency=5), (255, 255, 255)),
    "another grey is clear": (flat("L", 6, transparency=5), (6, 6, 6)),
    "colour is clear": (flat("RGB", (1, 2, 3), transparency=(1, 2, 3)), (255, 255, 255)),
    "palette entry is clear": (flat("P", 0, transparency=b"\x00"), (255, 255, 255)),
    "16-bit grey is clear": (flat("I;16", 700, transparency=700), (255, 255, 255)),
}


GREY, RGB, PALETTE = 0, 2, 3  # PNG's numbers
CLEAR = {
    GREY: [(1, 0), (1, 1), (2, 1), (2, 3), (4, 5), (4, 15), (8, 7), (8, 200), (16, 700)],
    RGB: [(8, 7), (16, 700), (16, 0xFFFF)],
    PALETTE: [(1, 1), (2, 2), (4, 9), (8, 3)],
}


@pytest.mark.parametrize(("colour", "depth", "clear"), [(c, *each) for c, pairs in CLEAR.items() for each in pairs])
def test_one_value_is_clear_at_any_depth(colour, depth, clear):
    """Grey, colour and palette of 1 to 16 bits: the value that is clear is white, its neighbour is as it was."""
    step = 0x0100 if depth == 16 and colour == RGB else 1  # Pillow keeps the high byte of each
    other = clear - step if clear >= step else clear + step
    palette = [(0, 40 + each // 2, 90) for each in range(2**depth)] if colour == PALETTE else None
    seen = palette[other] if palette else (grey(other, depth),) * 3
    for value, expected in ((clear, (255, 255, 255)), (other, seen)):
        x = open_photograph(png_of_one_value(value, depth, colour, clear, palette), 8) * 255
        assert x[:, 0, 0].round().tolist() == list(expected) and torch.equal(x, x[:, :1, :1].expand_as(x))


def grey(value: int, depth: int) -> int:
    return value >> 8 if depth == 16 else value * 255 // (2**depth - 1)


def png_of_one_value(value: int, depth: int, colour: int, clear: int, palette: list | None) -> bytes:
    """A PNG of 16 × 16 equal pixels, written by hand: Pillow writes few of these kinds."""
    bits = f"{value:0{depth}b}" * (16 * (3 if colour == RGB else 1))
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8)
    header = struct.pack(">IIBBBBB", 16, 16, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if palette:
        chunks += [(b"PLTE", bytes(c for entry in palette for c in entry)), (b"tRNS", b"\xff" * clear + b"\0")]
    else:
        chunks += [(b"tRNS", struct.pack(">H", clear) * (3 if colour == RGB else 1))]
    chunks += [(b"IDAT", zlib.compress(row * 16)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


@pytest.mark.parametrize("kind", COLOURS)
def test_colour(kind):
    content, expected = COLOURS[kind]
    x = open_photograph(content, 8) * 255
    assert torch.equal(x.round(), torch.tensor(expected, dtype=torch.float32).view(3, 1, 1).expand(3, 8, 8))


def test_cmyk_jpeg():
    x = open_photograph(encoded(Image.new("CMYK", (32, 32), (255, 102, 0, 51)), "JPEG", quality=100), 8)
    # (1 − C)(1 − K), (1 − M)(1 − K), (1 − Y)(1 − K)
    assert torch.allclose(x.mean((1, 2)), torch.tensor([0.0, 0.6 * 0.8, 0.8]), atol=3 / 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animation_gives_its_first_picture(kind):
    first, second = Image.new("RGB", (32, 32), (255, 0, 0)), Image.new("RGB", (32, 32), (0, 0, 255))
    content = encoded(first, kind, save_all=True, append_images=[second], lossless=True)
    assert torch.equal(open_photograph(content, 8)[:, 0, 0], torch.tensor([1.0, 0.0, 0.0]))


# Where it comes from


def test_a_file_is_named(tmp_path):
    """By its path, or by the name of the open file; bytes have none."""
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"no picture")
    with path.open("rb") as file:
        for source in (path, str(path), file):
            with pytest.raises(PhotographError, match=rf"^source='{re.escape(str(path))}' is no picture in a known"):
                open_photograph(source)
    with pytest.raises(PhotographError, match=r"^source is no picture in a known format"):
        open_photograph(path.read_bytes())


def test_sources_agree_and_names_do_not_matter(tmp_path):
    content = encoded(noise(40, 30), "PNG")
    path = tmp_path / "really a PNG.jpg"
    path.write_bytes(content)
    upload = BytesIO(content)
    upload.read()  # handed over at its end, as by an app that looked at it before
    expected = open_photograph(content, 24)
    with path.open("rb") as file:
        for source in (path, str(path), file, upload, upload, bytearray(content), memoryview(content)):
            assert torch.equal(open_photograph(source, 24), expected)


@pytest.mark.parametrize("source", [None, 3, StringIO("text"), np.zeros((8, 8, 3))])
def test_source_of_another_type(source):
    with pytest.raises(TypeError, match=r"^source gives a .*; allowed are bytes, a path or a file in binary mode\.$"):
        open_photograph(source)


@pytest.mark.parametrize("source", ["no such file.png", Path("/"), "null\0character"])
def test_path_that_cannot_be_read(source):
    with pytest.raises(PhotographError) as caught:
        open_photograph(source)
    assert_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"size": 0}, ValueError, "size=0 .* 1 to 1024 pixels"),
        ({"size": 5000}, ValueError, "size=5000 .* 1 to 1024 pixels"),
        ({"size": 22.4}, TypeError, "size=22.4 .* 1 to 1024 pixels"),
        ({"size": True}, TypeError, "size=True .* 1 to 1024 pixels"),
        ({"size": None}, ValueError, "size=None .* 1 to 1024 pixels"),
        ({"resize": 100}, ValueError, "resize=100 .* size=224 to 2048 pixels"),
        ({"interpolation": "nearest"}, ValueError, "interpolation='nearest' .* bilinear and bicubic"),
    ],
)
def test_bad_geometry(arguments, error, words):
    with pytest.raises(error, match=words):
        open_photograph(encoded(noise(40, 40), "PNG"), **arguments)


# What is refused

JUNK = {
    "nothing": (b"", "0 bytes"),
    "text": (b"To whom it may concern: this is no picture.", "no picture"),
    "zeros": (bytes(1000), "no picture"),
    "gif": (encoded(noise(32, 32), "GIF"), "GIF"),
    "tiff": (encoded(noise(32, 32), "TIFF"), "TIFF"),
    "bmp": (encoded(noise(32, 32), "BMP"), "BMP"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    "film": (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "video"),
    "zip": (b"PK\3\4 and so on", "ZIP"),
    "png signature only": (b"\x89PNG\r\n\x1a\n", "damaged"),
    "png cut": (encoded(noise(64, 64), "PNG")[:-900], "damaged"),
    "jpeg cut": (encoded(noise(64, 64), "JPEG")[:-300], "damaged"),
    "webp cut": (encoded(noise(64, 64), "WEBP")[:-100], "damaged"),
    "png with a short header": (png_header(64, 64, cut=3), "damaged"),
    "png without pixels": (png_header(64, 64), "damaged"),
    "1×1": (encoded(noise(1, 1), "PNG"), "1 × 1 pixels"),
    "a line": (encoded(Image.new("L", (10000, 1)), "PNG"), "10,000 × 1 pixels"),
    "a strip": (encoded(Image.new("L", (8, 10000)), "PNG"), "8 × 10,000 pixels"),
    "png bomb": (png_header(60000, 60000), "60,000 × 60,000 pixels"),
    "jpeg bomb": (jpeg_header(65000, 65000), "65,000 × 65,000 pixels"),
    "webp bomb": (webp_header(16383, 16383), "16,383 × 16,383 pixels"),
    "just too large": (png_header(5001, 5000), "5,001 × 5,000 pixels"),
    "scans without end": (many_scans(5000), "scans"),
    "too many bytes": (encoded(noise(64, 64), "PNG") + bytes(photographs.MAX_BYTES), "more than 25 MiB"),
}


@pytest.mark.parametrize("kind", JUNK)
def test_junk_is_refused_in_one_sentence(kind):
    content, words = JUNK[kind]
    with pytest.raises(PhotographError, match=re.escape(words)) as caught:
        open_photograph(content)
    assert_sentence(str(caught.value))


@pytest.mark.parametrize("kind", ["png bomb", "jpeg bomb", "webp bomb", "scans without end"])
def test_bomb_is_never_decoded(kind, monkeypatch):
    def no_decoding(self):
        raise AssertionError("decoded")  # would be reported as damage

    monkeypatch.setattr(ImageFile.ImageFile, "load", no_decoding)
    content, words = JUNK[kind]
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(PhotographError, match=words):
        open_photograph(content)
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20 and seconds < 1


def test_a_jpeg_of_50_megapixels_is_accepted():
    x = open_photograph(encoded(Image.new("L", (8000, 6000), 128), "JPEG"), 64)
    assert torch.equal(x, torch.full((3, 64, 64), 128 / 255))


def test_thumbnails_and_appended_films_are_no_scans():
    image = noise(64, 64)
    exif = b"Exif\0\0" + b"\xff\xda\0\0" * 200
    content = encoded(image, "JPEG", exif=exif) + b"\xff\xda\0\0" * 50_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about that EXIF
        assert torch.equal(open_photograph(content, 32), open_photograph(encoded(image, "JPEG"), 32))


def test_nothing_global_is_changed_and_threads_agree():
    contents = [encoded(noise(300, 200, seed), kind) for seed, kind in enumerate(["PNG", "JPEG", "WEBP"] * 4)]
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, dict(Image.OPEN))
    expected = [open_photograph(content) for content in contents]
    with ThreadPoolExecutor(8) as pool:
        for x, y in zip(pool.map(open_photograph, contents), expected, strict=True):
            assert torch.equal(x, y)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, dict(Image.OPEN)) == before


# Anything at all: a photograph, or a PhotographError

WHOLE = [
    encoded(noise(24, 20), "PNG"),
    encoded(noise(24, 20).convert("RGBA"), "PNG"),
    encoded(noise(24, 20).quantize(8), "PNG", transparency=b"\0\x80"),
    flat("I;16", 700, transparency=700),
    encoded(noise(24, 20), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
    encoded(noise(24, 20), "JPEG", progressive=True),
    encoded(noise(24, 20).convert("CMYK"), "JPEG"),
    encoded(noise(24, 20), "WEBP"),
    encoded(noise(24, 20).convert("RGBA"), "WEBP", lossless=True),
    encoded(noise(24, 20), "WEBP", save_all=True, append_images=[noise(24, 20, 1)]),
    encoded(noise(24, 20), "PNG", save_all=True, append_images=[noise(24, 20, 1)]),
]
SIGNATURES = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\1\0\0WEBPVP8 ", b"RIFF\0\1\0\0WEBPVP8X"]


def photograph_or_sentence(content: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about what it finds in damaged files
        try:
            x = open_photograph(content, 16)
        except PhotographError as error:
            assert_sentence(str(error))
        else:
            assert x.shape == (3, 16, 16) and x.min() >= 0 and x.max() <= 1


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SIGNATURES), st.binary(max_size=300))
def test_any_bytes(signature, rest):
    photograph_or_sentence(signature + rest)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
)
@example(WHOLE[0], 1.0, [])
def test_truncated_and_mutated_files(whole, kept, changes):
    content = bytearray(whole[: round(kept * len(whole))])
    for place, value in changes:
        if content:
            content[int(place * len(content))] = value
    # A PNG's checksums would catch every change before its decoder saw it: mend them, half of the time.
    if content.startswith(b"\x89PNG") and len(changes) % 2:
        content = mended(content)
    photograph_or_sentence(bytes(content))


def mended(content: bytearray) -> bytearray:
    """The same PNG with the checksum of each whole chunk made right."""
    place = 8
    while place + 12 <= len(content):
        end = place + 8 + int.from_bytes(content[place : place + 4])
        if end + 4 > len(content):
            break
        content[end : end + 4] = struct.pack(">I", zlib.crc32(content[place + 4 : end]))
        place = end + 4
    return content
