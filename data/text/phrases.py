"""English phrases and their German translations, drawn from a small grammar, with what decides each German word.

    "today I see the dog"  →  "heute sehe ich den Hund"
    den: decided by the (not a), dog (masculine) and see (its object stands in the accusative)

The two languages put their words in different orders: a time in front turns subject and verb round, a modal verb sends
the other verb to the end, some verbs split. So what decides a word does not lie on the diagonal.

What decides by construction: an English word decides a German word if another English word of its kind in the same
place can change it. Where the German word stands is not asked: "heute" moves "sehe" but does not choose it.

German words are written as in a dictionary, so the first is capitalised only if it is a noun; `sentence` does the rest.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.text.grammar import Clause, Greeting, NounPhrase, Pair, State, sentence, translated
from data.text.lexicon import (
    BEFORE_NOUN,
    DETERMINERS,
    GREETINGS,
    GROUPS,
    MODALS,
    NOUNS,
    PREDICATE,
    PRONOUNS,
    THE,
    TIMES,
    VERBS,
    A,
)

__all__ = [
    "DECK",
    "Clause",
    "Greeting",
    "NounPhrase",
    "Pair",
    "State",
    "corpus",
    "draw",
    "held_out",
    "plan",
    "sentence",
    "translated",
]

DECK = "good morning ladies and gentlemen"  # the lecture deck's Figure 5; no network is trained on it


def draw(seed: int, stream: int = 0) -> Pair:
    """A phrase by number, in both languages; the same number, the same phrase. Raises as `plan` does."""
    return translated(plan(seed, stream))


def plan(seed: int, stream: int = 0) -> Clause | State | Greeting:
    """What a phrase is made of, by number. seed, stream: whole numbers from 0.

    Raises ValueError for another number.
    """
    for name, value in {"seed": seed, "stream": stream}.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} must be a whole number from 0; got {value!r}")
    rng = np.random.default_rng([stream, seed])
    kind = rng.random()
    return (_draw_greeting if kind < 0.2 else _draw_state if kind < 0.35 else _draw_clause)(rng)


def held_out(english: tuple[str, ...]) -> bool:
    """Whether no network may learn from a phrase: the deck's, and a fifth of all others, by a checksum of the words."""
    text = " ".join(english)
    return text == DECK or zlib.crc32(text.encode()) % 5 == 0


def corpus(n: int, stream: int = 0, *, held: bool) -> list[Pair]:
    """n different phrases of a stream, in the order in which they first occur: held out from learning, or not.

    Raises ValueError for an n below 1, or one that the stream does not fill in 100 n draws.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number from 1; got {n!r}")
    found: dict[tuple[str, ...], Pair] = {}
    for seed in range(100 * n):
        pair = draw(seed, stream)
        if held_out(pair.english) == held:
            found.setdefault(pair.english, pair)
        if len(found) == n:
            return list(found.values())
    raise ValueError(f"n is {n}; only {len(found)} different phrases came up in {100 * n} draws")


def _one(rng: np.random.Generator, of: Sequence[Any]) -> Any:
    return of[int(rng.integers(len(of)))]


def _draw_noun_phrase(rng: np.random.Generator, kinds: tuple[str, ...]) -> NounPhrase:
    noun = _one(rng, [n for n in NOUNS if n.kind in kinds])
    plural = rng.random() < 0.3
    often = (*DETERMINERS, THE, THE, *(() if plural else (A,)))
    determiner = _one(rng, [d for d in often if d.english_plural or not plural])
    adjective = _one(rng, BEFORE_NOUN[noun.kind]) if rng.random() < 0.4 else ""
    return NounPhrase(noun, determiner, adjective, plural)


def _draw_subject(rng: np.random.Generator, kinds: tuple[str, ...]) -> NounPhrase | str:
    return _one(rng, tuple(PRONOUNS)) if rng.random() < 0.6 else _draw_noun_phrase(rng, kinds)


def _draw_clause(rng: np.random.Generator) -> Clause:
    verb = _one(rng, VERBS)
    both = verb.case == "both"
    people = (_draw_noun_phrase(rng, ("person",)),) if both else ()
    objects = (*people, _draw_noun_phrase(rng, verb.objects))
    modal = _one(rng, MODALS) if rng.random() < 0.35 else None
    asked = rng.random() < 0.2
    denied = not asked and not both and (modal is None or modal.denied) and rng.random() < 0.25
    time = _one(rng, tuple(TIMES)) if rng.random() < 0.45 else ""
    in_front = bool(time) and not asked and (denied or rng.random() < 0.6)
    return Clause(_draw_subject(rng, ("person",)), verb, objects, modal, time, in_front, denied, asked)


def _draw_state(rng: np.random.Generator) -> State:
    subject = _draw_subject(rng, tuple(PREDICATE))
    adjective = _one(rng, PREDICATE["person" if isinstance(subject, str) else subject.noun.kind])
    asked = rng.random() < 0.25
    time = _one(rng, ("today", "now", "soon")) if not asked and rng.random() < 0.25 else ""
    return State(subject, adjective, time, denied=not asked and rng.random() < 0.3, asked=asked)


def _draw_greeting(rng: np.random.Generator) -> Greeting:
    greeting, dear, people = _one(rng, tuple(GREETINGS)), rng.random() < 0.4, int(rng.integers(3))
    if dear and rng.random() < 0.4:
        return Greeting(greeting, dear=True, one=_one(rng, [n for n in NOUNS if n.kind == "person"]))
    chosen = [tuple(GROUPS)[i] for i in rng.choice(len(GROUPS), people, replace=False)]
    return Greeting(greeting, tuple(chosen), dear and bool(chosen))
