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
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from data.text.lexicon import (
    ADJECTIVES,
    BE,
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
    Determiner,
    Fixed,
    Modal,
    Noun,
    Verb,
    ending,
)

DECK = "good morning ladies and gentlemen"  # the lecture deck's Figure 5; no network is trained on it


class Pair(NamedTuple):
    """An English phrase, its translation, and for each German word the places of the English words that decide it."""

    english: tuple[str, ...]
    german: tuple[str, ...]
    decides: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class NounPhrase:
    """the old dogs."""

    noun: Noun
    determiner: Determiner
    adjective: str = ""
    plural: bool = False


@dataclass(frozen=True)
class Clause:
    """Who does what to whom. objects: one, or two for verbs like give. A time stands in front or at the end."""

    subject: NounPhrase | str  # or a pronoun
    verb: Verb
    objects: tuple[NounPhrase, ...]
    modal: Modal | None = None
    time: str = ""
    in_front: bool = False
    denied: bool = False
    asked: bool = False


@dataclass(frozen=True)
class State:
    """Who is how."""

    subject: NounPhrase | str
    adjective: str
    time: str = ""
    denied: bool = False
    asked: bool = False


@dataclass(frozen=True)
class Greeting:
    """good morning ladies and gentlemen. people: one group, two, or none; dear: one noun in the singular, or groups."""

    greeting: str
    people: tuple[str, ...] = ()
    dear: bool = False
    one: Noun | None = None


@dataclass
class _Draft:
    """Both sides while they are written: each word with tags, which tie the one to the other."""

    english: list[tuple[str, str]] = field(default_factory=list)  # word, its tag
    german: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # word, the tags that decide it

    def say(self, text: str, tag: str) -> None:
        self.english += [(word, tag) for word in text.split()]

    def finished(self) -> Pair:
        decides = (frozenset(i for i, (_, tag) in enumerate(self.english) if tag in tags) for _, tags in self.german)
        return Pair(tuple(w for w, _ in self.english), tuple(w for w, _ in self.german), tuple(decides))


Words = list[tuple[str, tuple[str, ...]]]  # German words with the tags that decide them


def translated(phrase: Clause | State | Greeting) -> Pair:
    """A phrase in both languages."""
    write = {Clause: _clause, State: _state, Greeting: _greeting}[type(phrase)]
    return write(phrase)


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


def sentence(words: tuple[str, ...]) -> str:
    """Words in a row, the first letter a capital."""
    text = " ".join(words)
    return text[:1].upper() + text[1:]


# --- writing ----------------------------------------------------------------------------------------------------------


def _noun_phrase(
    draft: _Draft, phrase: NounPhrase | str, tag: str, case: str, by: tuple[str, ...] = (), no: bool = False
) -> Words:
    """Say it in English; the German words. by: tags that decide the case. no: kein in place of ein."""
    if isinstance(phrase, str):
        draft.say(phrase, f"{tag}.noun")
        return [(PRONOUNS[phrase], (f"{tag}.noun",))]
    noun, d, plural = phrase.noun, phrase.determiner, phrase.plural
    english, column = (noun.english_plural, "plural") if plural else (noun.english, noun.gender)
    first = phrase.adjective or english
    article = d.english_plural if plural else "an" if d is A and first[0] in "aeiou" else d.english
    draft.say(article, f"{tag}.det")
    draft.say(phrase.adjective, f"{tag}.adj")
    draft.say(english, f"{tag}.noun")
    grammar = (f"{tag}.det", f"{tag}.noun", *by)
    stem = "kein" if no else d.stem
    german = [(stem + ending(d.kind, case, column), (*grammar, "not") if no else grammar)]
    if phrase.adjective:
        word = ADJECTIVES[phrase.adjective] + ending(d.adjective, case, column)
        german.append((word, (f"{tag}.adj", *grammar)))
    fixed = noun.form("accusative", plural) == noun.form("dative", plural)
    return [*german, (noun.form(case, plural), (f"{tag}.noun", *(() if fixed else by)))]


def _fixed(draft: _Draft, text: str, german: Fixed) -> Words:
    """Say words that go together; the German words."""
    for i, word in enumerate(text.split()):
        draft.say(word, f"{text}.{i}")
    return [(word, tuple(f"{text}.{i}" for i in places)) for word, places in german]


def _person(subject: NounPhrase | str) -> str:
    if isinstance(subject, str):
        return {"I": "ich", "you": "du", "he": "er", "she": "er"}.get(subject, "wir")
    return "wir" if subject.plural else "er"


def _clause(c: Clause) -> Pair:
    draft, person = _Draft(), _person(c.subject)
    third = person == "er"
    time = _fixed(draft, c.time, TIMES[c.time]) if c.in_front else []
    helper = c.modal.english if c.modal and not c.modal.to else "does" if third else "do"
    if c.asked:
        draft.say(helper, "modal" if c.modal and not c.modal.to else "do")
    subject = _noun_phrase(draft, c.subject, "subject", "nominative")
    bare = c.asked or c.denied  # "does" or the modal carries the ending
    if c.denied:
        draft.say(helper, "modal" if c.modal and not c.modal.to else "do")
        draft.say("not", "not")
    if c.modal and (c.modal.to or not bare):
        draft.say(c.modal.english_s if third and not bare else c.modal.english, "modal")
        draft.say("to" if c.modal.to else "", "modal")
    draft.say(c.verb.english_s if third and not bare and not c.modal else c.verb.english, "verb")
    no = c.denied and c.objects[-1].determiner is A
    both = c.verb.case == "both"
    cases = ("dative", "accusative") if both else (c.verb.case,)
    objects = [
        word
        for i, (phrase, case) in enumerate(zip(c.objects, cases, strict=True))
        for word in _noun_phrase(draft, phrase, f"object{i}", case, () if both else ("verb",), no)
    ]
    late = _fixed(draft, c.time, TIMES[c.time]) if c.time and not c.in_front else []
    if c.modal:
        finite = (c.modal.form(person), ("modal", "subject.noun"))
        end = [(c.verb.prefix + c.verb.infinitive, ("verb",))]
    else:
        finite = (c.verb.form(person), ("verb", "subject.noun"))
        end = [(c.verb.prefix, ("verb",))] if c.verb.prefix else []
    turned = c.asked or c.in_front
    head = [*time, finite, *subject] if turned else [*subject, finite]
    draft.german = [*head, *late, *objects, *([("nicht", ("not",))] if c.denied and not no else []), *end]
    return draft.finished()


def _state(s: State) -> Pair:
    draft, person = _Draft(), _person(s.subject)
    time = _fixed(draft, s.time, TIMES[s.time]) if s.time else []
    be = {"ich": "am", "er": "is"}.get(person, "are")
    if s.asked:
        draft.say(be, "verb")
    subject = _noun_phrase(draft, s.subject, "subject", "nominative")
    if not s.asked:
        draft.say(be, "verb")
    draft.say("not" if s.denied else "", "not")
    draft.say(s.adjective, "adjective")
    finite = (BE.form(person), ("verb", "subject.noun"))
    head = [*time, finite, *subject] if s.asked or s.time else [*subject, finite]
    end = [("nicht", ("not",))] if s.denied else []
    draft.german = [*head, *end, (ADJECTIVES[s.adjective], ("adjective",))]
    return draft.finished()


def _greeting(g: Greeting) -> Pair:
    draft = _Draft()
    draft.german = _fixed(draft, g.greeting, GREETINGS[g.greeting])
    if g.dear:
        draft.say("dear", "dear")
        column = g.one.gender if g.one else "plural"
        draft.german.append(("lieb" + ending("strong", "nominative", column), ("dear", "people0")))
    if g.one:
        draft.say(g.one.english, "people0")
        draft.german.append((g.one.german, ("people0",)))
    for i, word in enumerate(g.people):
        if i:
            draft.say("and", "and")
            draft.german.append(("und", ("and",)))
        draft.say(word, f"people{i}")
        draft.german.append((GROUPS[word], (f"people{i}",)))
    return draft.finished()


# --- drawing ----------------------------------------------------------------------------------------------------------


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
