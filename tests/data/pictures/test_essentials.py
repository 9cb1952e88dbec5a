"""What a decoder is spared: the pixels stay, bit by bit, and so does which side is up."""

import struct
import threading
import time
import zlib
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from data.pictures import essentials
from data.pictures.essentials import MAX_PIECES, MAX_SCANS, TooMuch, essential
from data.pictures.photographs import PhotographError, _Room, open_photograph

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/>'


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def segment(marker: int, data: bytes = b"") -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def png(*notes: bytes, before: int = 33) -> bytes:
    """The picture with chunks behind its header, or elsewhere."""
    whole = encoded(NOISE, "PNG")
    return whole[:before] + b"".join(notes) + whole[before:]


def jpeg(*notes: bytes, **options: object) -> bytes:
    whole = encoded(NOISE, "JPEG", **options)
    return whole[:2] + b"".join(notes) + whole[2:]


@pytest.mark.parametrize(
    "notes",
    [
        [chunk(b"tEXt", b"Title\0x")] * 3, [chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6)))],
        [chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**6)))] * 9, [chunk(b"abCd", bytes(99))], [chunk(b"IDAT")],
        [chunk(b"acTL", struct.pack(">II", 1, 0))], [chunk(b"gAMA", struct.pack(">I", 45455))],
    ],
)  # fmt: skip
def test_a_png_keeps_its_pixels_and_nothing_else(notes: list[bytes]) -> None:
    assert essential(png(*notes)) == png()
    assert essential(png(*notes) + b"appended" * 9) == png()
    assert torch.equal(open_photograph(png(*notes), 24), open_photograph(png(), 24))


@pytest.mark.parametrize(
    "notes",
    [
        [segment(0xFE, b"a comment")] * 3, [segment(0xFE)], [segment(0xE2, b"ICC_PROFILE\0" + bytes(60000))] * 9,
        [segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\0" * 99)], [segment(0xE1, b"neither of both")],
        [segment(0xE4, b"\xff\xd8\xff\xda a thumbnail \xff\xd9")],
    ],
)  # fmt: skip
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_its_pixels_and_nothing_else(notes: list[bytes], progressive: bool) -> None:
    plain = jpeg(progressive=progressive)
    given = jpeg(*notes, progressive=progressive)
    assert essential(given) == essential(given + b"a film \xff\xda") == essential(plain) == plain
    assert torch.equal(open_photograph(given, 24), open_photograph(plain, 24))


@pytest.mark.parametrize(
    "given",
    [
        jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
        png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
        png(
            chunk(
                b"tEXt",
                b"Raw profile type exif\0\nexif\n26\n" + b"49492a0008000000010012010300010000000300000000000000",
            )
        ),
        png(chunk(b"eXIf", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"), before=-12),
        jpeg(exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"),
    ],
    ids=["XMP of JPEG", "XMP of PNG", "text of PNG", "eXIf behind the pixels", "Exif"],
)
def test_what_says_which_side_is_up_stays(given: bytes) -> None:
    plain = (jpeg if given.startswith(essentials.JPEG) else png)()
    assert torch.equal(open_photograph(given, 30, resize=30), open_photograph(plain, 30, resize=30).flip(1, 2))


def test_the_same_note_again_and_again_is_read_once() -> None:
    exif = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0")
    assert essential(jpeg(*[exif] * 1000)) == jpeg(exif)
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    assert essential(png(*[xmp] * 1000)) == png(xmp)


def test_a_million_pieces_are_refused() -> None:
    whole, most = MAX_PIECES - 3, f"; allowed are at most {MAX_PIECES:,}."
    assert essential(png(*[chunk(b"IDAT")] * whole)) == png()
    for given in (png(*[chunk(b"IDAT", b"x")] * (whole + 1)), jpeg(*[segment(0xFE)] * MAX_PIECES)):
        with pytest.raises(
            PhotographError, match=r"^source is a (PNG|JPEG) of more than 50,000 (chunks|segments)"
        ) as e:
            open_photograph(given)
        assert str(e.value).endswith(most)


def scans(count: int, side: int) -> bytes:
    """A progressive JPEG that says it has so many pixels a side, and repeats its last scan."""
    content = encoded(Image.new("L", (64, 64), 99), "JPEG", progressive=True)
    at = content.index(b"\xff\xc2") + 5
    content = content[:at] + struct.pack(">HH", side, side) + content[at + 4 :]
    last, n = content[content.rindex(b"\xff\xda") : -2], content.count(b"\xff\xda")
    return content[:-2] + last * (count - n) + content[-2:]


@pytest.mark.parametrize(("side", "most"), [(64, MAX_SCANS), (2000, MAX_SCANS), (3000, 66), (7000, 12), (60000, 1)])
def test_the_larger_a_jpeg_the_fewer_scans(side: int, most: int) -> None:
    """600 million pixels are passed over at most; the usual progressive file has 10 scans."""
    if most > 6:  # as many as the file has to begin with
        assert essential(scans(most, side)) == scans(most, side)
    with pytest.raises(TooMuch) as error:
        essential(scans(max(most + 1, 6), side))
    assert error.value.args == (
        f"a JPEG of {side**2:,} pixels and more than {most} scans",
        f"at most {most} for its size",
    )


@pytest.mark.parametrize("given", [b"", b"GIF89a", essentials.PNG, essentials.JPEG, png()[:50], jpeg()[:300]])
def test_what_is_damaged_stays_as_it_is(given: bytes) -> None:
    assert essential(given) == given


def test_room_is_given_in_turn() -> None:
    """Two small ones at once; a large one waits until it is alone, and who comes behind it waits for it."""
    room, order, inside = _Room(10), [], threading.Event()

    def large() -> None:
        with room.for_(99):
            order.append("large")

    def late() -> None:
        inside.wait()
        with room.for_(1):
            order.append("late")

    with room.for_(4), room.for_(6):
        assert room.free == 0
        threads = [threading.Thread(target=each) for each in (large, late)]
        threads[0].start()
        while not room.turn.locked():  # until the large one stands at the door
            time.sleep(0.001)
        threads[1].start()
        inside.set()
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == ["large", "late"] and room.free == 10
