"""Thirty thousand files that somebody has harmed: each is a photograph, or refused in one sentence."""

import random
import struct

import pytest

from tests.data.pictures.test_photographs import WHOLE, mended, photograph_or_sentence

pytestmark = pytest.mark.slow
TURNS, EACH = 20, 1500
EXTREME = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0")


def flipped(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 12)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut_out(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    del content[start : start + chance.randint(1, 64)]


def repeated(content: bytearray, chance: random.Random) -> None:
    start, length = chance.randrange(len(content)), chance.randint(1, 64)
    content[start:start] = content[start : start + length] * chance.choice((1, 2, 50))


def spliced(content: bytearray, chance: random.Random) -> None:
    """Goes on as another file."""
    content[chance.randrange(len(content)) :] = chance.choice(WHOLE)[chance.randrange(8, 200) :]


def exaggerated(content: bytearray, chance: random.Random) -> None:
    """A number of four bytes says something else, such as a length or a size."""
    start = chance.randrange(len(content))
    content[start : start + 4] = chance.choice((*EXTREME, struct.pack(">I", chance.randrange(1 << 32))))


HARM = (flipped, cut_out, repeated, spliced, exaggerated)


@pytest.mark.parametrize("turn", range(TURNS))
def test_mutated_files(turn: int) -> None:
    chance = random.Random(turn)
    for _ in range(EACH):
        content = bytearray(chance.choice(WHOLE))
        for _ in range(chance.randint(1, 3)):
            if len(content) > 16:
                chance.choice(HARM)(content, chance)
        # A PNG's checksums would catch every change before its decoder saw it: mend them, half of the time.
        if content.startswith(b"\x89PNG") and chance.random() < 0.5:
            content = mended(content)
        photograph_or_sentence(bytes(content))
