"""A phrase in English and in German, and which English words decide each German one: the grammar.

    Clause, State, Greeting  →  translated  →  Pair(english, german, decides)

Both sides are written word by word. An English word is said with a tag, such as "verb" or "subject.noun"; a German one
is written with the tags that decide it: its own, and those of the words on which its case, gender or number depends.
What to look at: `_noun_phrase`, where an article depends on its noun, and on the verb that asks for a case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from data.text.lexicon import (
    ADJECTIVES,
    BE,
    GREETINGS,
    GROUPS,
    PRONOUNS,
    TIMES,
    A,
    Determiner,
    Fixed,
    Modal,
    Noun,
    Verb,
    ending,
)


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
        """Add English words, each with the same tag."""
        self.english += [(word, tag) for word in text.split()]

    def finished(self) -> Pair:
        """Both sides without tags, and the places that the tags tie together."""
        decides = (frozenset(i for i, (_, tag) in enumerate(self.english) if tag in tags) for _, tags in self.german)
        return Pair(tuple(w for w, _ in self.english), tuple(w for w, _ in self.german), tuple(decides))


Words = list[tuple[str, tuple[str, ...]]]  # German words with the tags that decide them


def translated(phrase: Clause | State | Greeting) -> Pair:
    """A phrase in both languages.

    The nouns, adjectives and times must be words of the lexicon. Raises KeyError for another phrase or word.
    """
    write = {Clause: _clause, State: _state, Greeting: _greeting}[type(phrase)]
    return write(phrase)


def sentence(words: tuple[str, ...]) -> str:
    """Words in a row, the first letter a capital."""
    text = " ".join(words)
    return text[:1].upper() + text[1:]


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
