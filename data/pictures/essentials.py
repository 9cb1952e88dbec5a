"""Of a PNG or JPEG file, what makes its pixels and says which side is up: all else costs a decoder time, for nothing.

    essential(content) → the same pixels, without texts, colour profiles, thumbnails, films and empty pieces

A file may hold millions of notes, or one note again and again. A reader that looks at each of them is busy for minutes,
so they are left out unread. What has to stay and is too much is refused: pieces, and the passes over all pixels that a
progressive JPEG asks for. What to look at: `_of_png` and `_of_jpeg` walk from piece to piece by the lengths in front.
"""

import re

MAX_PIECES = 50_000  # chunks of a PNG, segments of a JPEG; 25 MiB in pieces of 8 KiB, as libpng writes them, are 3,200
MAX_SCANS = 100  # of a JPEG; 10 are usual in a progressive one, and each costs a pass over all pixels
MAX_PASSED = 600_000_000  # scans × pixels of a JPEG

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# Notes that may say which side is up. Pillow reads the last of a kind; one of each is enough.
_UPRIGHT_PNG = (b"iTXtXML:com.adobe.xmp\0", b"tEXtRaw profile type exif\0", b"zTXtRaw profile type exif\0")
_UPRIGHT_JPEG = (b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0")
_COLOURS = (b"JFIF\0", b"Adobe")  # they say how a JPEG's numbers mean colours
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})

# A marker of JPEG that opens a segment or ends the picture; FF 00 and FF D0 to D7 belong to a scan's data.
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


class TooMuch(ValueError):
    """What is too much, such as "a JPEG of 120 scans", and what is allowed, such as "at most 100"."""


def essential(content: bytes) -> bytes:
    """The file without what is not needed; another format as it is, and what is damaged as damaged as it was.

    Raises TooMuch for more pieces or scans than anybody needs.
    """
    if content.startswith(PNG):
        return _of_png(content)
    return _of_jpeg(content) if content.startswith(JPEG) else content


def _of_png(content: bytes) -> bytes:
    """Chunks: length, kind, data, checksum. A kind that begins with a capital makes pixels."""
    kept, position, pieces, notes = [PNG], len(PNG), 0, set()
    while position + 8 <= len(content):
        pieces = _counted(pieces, "PNG", "chunks")
        length, kind = int.from_bytes(content[position : position + 4]), content[position + 4 : position + 8]
        end = position + 12 + length
        note = next((note for note in _UPRIGHT_PNG if content.startswith(note, position + 4)), kind)
        makes_pixels = not kind[0] & 0x20 and (kind != b"IDAT" or length)
        if makes_pixels or (note not in notes and (kind in (b"tRNS", b"eXIf") or note in _UPRIGHT_PNG)):
            kept.append(content[position:end])
        notes.add(note)
        position = end
        if kind == b"IEND":
            break
    return b"".join(kept)


def _of_jpeg(content: bytes) -> bytes:
    """Segments: marker, length, data. Behind the header of a scan comes its data, up to the next marker."""
    kept, begin, position, pieces, scans, pixels, notes = [], 0, 0, 0, 0, 0, set()
    while marker := _JPEG_MARKER.search(content, position):
        position = marker.end()
        if marker[0] == b"\xff\xd9":  # end of the picture; cameras append others, and films
            kept.append(content[begin:position])
            return b"".join(kept)
        if marker[0] == b"\xff\xd8":  # the start, which has no length
            continue
        pieces = _counted(pieces, "JPEG", "segments")
        data, kind = position + 2, marker[0][1]
        position += int.from_bytes(content[position:data])  # a thumbnail within is not looked into
        if kind in _FRAMES and not pixels:
            pixels = int.from_bytes(content[data + 1 : data + 3]) * int.from_bytes(content[data + 3 : data + 5])
        elif kind == 0xDA:
            scans += 1
            most = min(MAX_SCANS, max(1, MAX_PASSED // max(1, pixels)))
            if scans > most:
                raise TooMuch(f"a JPEG of {pixels:,} pixels and more than {most} scans", f"at most {most} for its size")
        elif kind >= 0xE0:  # a note
            note = next((n for n in (*_COLOURS, *_UPRIGHT_JPEG) if content.startswith(n, data)), None)
            if note is None or note in notes:
                kept.append(content[begin : marker.start()])
                begin = position
            notes.add(note)
    kept.append(content[begin:])
    return b"".join(kept)


def _counted(pieces: int, kind: str, what: str) -> int:
    if pieces >= MAX_PIECES:
        raise TooMuch(f"a {kind} of more than {MAX_PIECES:,} {what}", f"at most {MAX_PIECES:,}")
    return pieces + 1
