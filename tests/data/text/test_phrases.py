"""The phrase corpus: German as a person writes it, and who decides what."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text.lexicon import ADJECTIVES, DETERMINERS, GROUPS, MODALS, NOUNS, VERBS, english_words, german_words
from data.text.phrases import (
    DECK,
    Clause,
    Greeting,
    NounPhrase,
    Pair,
    State,
    corpus,
    draw,
    held_out,
    plan,
    sentence,
    translated,
)

NOUN = {form: (noun, i) for noun in NOUNS for i, form in enumerate((noun.english_plural, noun.english))}
DETERMINER = {d.english: d for d in DETERMINERS} | {"these": DETERMINERS[1], "an": DETERMINERS[2]}
VERB = {verb.english: verb for verb in VERBS}
MODAL = {modal.english: modal for modal in MODALS}


def np(text: str) -> NounPhrase | str:
    """ "the old dogs", or a pronoun."""
    words = text.split()
    if len(words) == 1:
        return text
    noun, singular = NOUN[words[-1]]
    return NounPhrase(noun, DETERMINER[words[0]], words[1] if len(words) == 3 else "", plural=not singular)


def says(subject: str, verb: str, *objects: str, modal: str = "", **how: object) -> Clause:
    return Clause(np(subject), VERB[verb], tuple(map(np, objects)), MODAL.get(modal), **how)


FRONT = {"in_front": True}
WRITTEN = [  # a phrase, its English, its German: written by hand
    (Greeting("good morning", ("ladies", "gentlemen")), DECK, "guten Morgen Damen und Herren"),
    (Greeting("good night", ("children",), dear=True), "good night dear children", "gute Nacht liebe Kinder"),
    (Greeting("hello", dear=True, one=NOUN["friend"][0]), "hello dear friend", "hallo lieber Freund"),
    (Greeting("hello", dear=True, one=NOUN["sister"][0]), "hello dear sister", "hallo liebe Schwester"),
    (Greeting("hello", dear=True, one=NOUN["girl"][0]), "hello dear girl", "hallo liebes Mädchen"),
    (Greeting("goodbye", ("guests",)), "goodbye guests", "auf Wiedersehen Gäste"),
    (Greeting("see you tomorrow"), "see you tomorrow", "bis morgen"),
    (says("I", "see", "the dog"), "I see the dog", "ich sehe den Hund"),
    (says("I", "see", "the cat"), "I see the cat", "ich sehe die Katze"),
    (says("I", "see", "the house"), "I see the house", "ich sehe das Haus"),
    (says("I", "see", "the dog", time="today", **FRONT), "today I see the dog", "heute sehe ich den Hund"),
    (says("you", "see", "the dog", time="today"), "you see the dog today", "du siehst heute den Hund"),
    (says("I", "read", "the book", modal="want"), "I want to read the book", "ich möchte das Buch lesen"),
    (says("he", "read", "a letter", modal="want", denied=True), "he does not want to read a letter",
     "er möchte keinen Brief lesen"),
    (says("the old man", "help", "the small children"), "the old man helps the small children",
     "der alte Mann hilft den kleinen Kindern"),
    (says("a young woman", "follow", "a big dog"), "a young woman follows a big dog",
     "eine junge Frau folgt einem großen Hund"),
    (says("we", "thank", "my good teacher"), "we thank my good teacher", "wir danken meinem guten Lehrer"),
    (says("she", "call", "the boy"), "she calls the boy", "sie ruft den Jungen an"),
    (says("they", "call", "the boy", modal="must"), "they must call the boy", "sie müssen den Jungen anrufen"),
    (says("you", "pick up", "your daughter", asked=True), "do you pick up your daughter", "holst du deine Tochter ab"),
    (says("you", "invite", "his friends"), "you invite his friends", "du lädst seine Freunde ein"),
    (says("the girls", "open", "the windows", denied=True), "the girls do not open the windows",
     "die Mädchen machen die Fenster nicht auf"),
    (says("he", "close", "a door", time="in the evening", **FRONT), "in the evening he closes a door",
     "am Abend macht er eine Tür zu"),
    (says("I", "give", "the child", "an apple"), "I give the child an apple",
     "ich gebe dem Kind einen Apfel"),
    (says("she", "show", "these women", "a red car", modal="can", asked=True),
     "can she show these women a red car", "kann sie diesen Frauen ein rotes Auto zeigen"),
    (says("I", "need", "a new lamp", time="every year"), "I need a new lamp every year",
     "ich brauche jedes Jahr eine neue Lampe"),
    (says("he", "buy", "this beautiful table", modal="should", denied=True),
     "he should not buy this beautiful table", "er sollte diesen schönen Tisch nicht kaufen"),
    (says("my brother", "paint", "an old bird"), "my brother paints an old bird",
     "mein Bruder malt einen alten Vogel"),
    (State(np("the black horses"), "hungry"), "the black horses are hungry", "die schwarzen Pferde sind hungrig"),
    (State(np("my old dog"), "tired", denied=True), "my old dog is not tired", "mein alter Hund ist nicht müde"),
    (State(np("this white house"), "beautiful", asked=True), "is this white house beautiful",
     "ist dieses weiße Haus schön"),
    (State("I", "happy", time="now"), "now I am happy", "jetzt bin ich glücklich"),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "english", "german"), WRITTEN, ids=[english for _, english, _ in WRITTEN])
def test_as_a_person_writes_it(phrase: Clause | State | Greeting, english: str, german: str) -> None:
    pair = translated(phrase)
    assert (" ".join(pair.english), " ".join(pair.german)) == (english, german)


def who(pair: Pair) -> dict[str, str]:
    """German word → the English words that decide it, in their order."""
    return {
        word: " ".join(pair.english[i] for i in sorted(places))
        for word, places in zip(pair.german, pair.decides, strict=True)
    }


def test_who_decides() -> None:
    assert who(translated(WRITTEN[0][0])) == {
        "guten": "good morning", "Morgen": "morning", "Damen": "ladies", "und": "and", "Herren": "gentlemen",
    }  # fmt: skip
    assert who(translated(says("I", "see", "the old dog", time="today", in_front=True))) == {
        "heute": "today", "sehe": "I see", "ich": "I", "den": "see the dog", "alten": "see the old dog", "Hund": "dog",
    }  # fmt: skip
    assert who(translated(says("they", "call", "the boy", modal="want"))) == {
        "sie": "they", "möchten": "they want to", "den": "call the boy", "Jungen": "boy", "anrufen": "call",
    }  # fmt: skip
    assert who(translated(says("I", "help", "the dogs"))) == {
        "ich": "I", "helfe": "I help", "den": "help the dogs", "Hunden": "help dogs",
    }  # fmt: skip
    assert who(translated(says("I", "pick up", "a child", denied=True))) == {
        "ich": "I", "hole": "I pick up", "kein": "not pick up a child", "Kind": "child", "ab": "pick up",
    }  # fmt: skip
    assert who(translated(says("I", "give", "the man", "a book")))["dem"] == "the man"  # whatever the verb of this kind


def swapped(phrase: Clause | State | Greeting) -> list[Clause | State | Greeting]:
    """The phrase with another word in one place."""
    if isinstance(phrase, Greeting):
        return [replace(phrase, people=(word, *phrase.people[1:])) for word in GROUPS if phrase.people]
    found: list[Clause | State | Greeting] = []
    if isinstance(phrase.subject, NounPhrase):
        found += [replace(phrase, subject=replace(phrase.subject, noun=noun)) for noun in NOUNS]
        found += [
            replace(phrase, subject=replace(phrase.subject, determiner=d)) for d in DETERMINERS if d.english_plural
        ]
    if isinstance(phrase, State):
        return found + [replace(phrase, adjective=word) for word in ADJECTIVES]
    last = phrase.objects[-1]
    options = [replace(last, noun=noun) for noun in NOUNS]
    options += [replace(last, adjective=word) for word in ADJECTIVES if last.adjective]
    options += [replace(last, determiner=d) for d in DETERMINERS if d.english_plural]
    found += [replace(phrase, objects=(*phrase.objects[:-1], option)) for option in options]
    alike = [v for v in VERBS if (v.case == "both") == (phrase.verb.case == "both")]
    found += [replace(phrase, verb=verb) for verb in alike]
    return found + [replace(phrase, modal=modal) for modal in MODALS if phrase.modal]


@given(st.integers(0, 10**6))
def test_what_does_not_decide_changes_nothing(seed: int) -> None:
    """Another word in one place changes no German word of which it is no decider, wherever both stay as long."""
    phrase = plan(seed)
    before = translated(phrase)
    for other in swapped(phrase):
        after = translated(other)
        if (len(after.english), len(after.german)) != (len(before.english), len(before.german)):
            continue
        moved = {i for i, (a, b) in enumerate(zip(before.english, after.english, strict=True)) if a != b}
        for word, new, places in zip(before.german, after.german, before.decides, strict=True):
            assert word == new or places & moved, (before, after)


def test_every_word_is_in_the_lexicon_and_every_german_word_has_a_reason() -> None:
    english, german = set(english_words()), set(german_words())
    assert (len(english), len(german)) == (154, 288)
    for seed in range(1500):
        pair = draw(seed)
        assert set(pair.english) <= english and set(pair.german) <= german
        assert len(pair.german) == len(pair.decides) and all(pair.decides)
        assert max(max(places) for places in pair.decides) < len(pair.english) <= 14


def test_the_same_seed_the_same_phrase() -> None:
    assert draw(3, 1) == draw(3, 1) != draw(3, 2)
    assert [" ".join(p.english) for p in corpus(3, held=False)] == [" ".join(p.english) for p in corpus(3, held=False)]


def test_held_out_and_learned_from_share_nothing() -> None:
    learned, held = corpus(300, held=False), corpus(100, held=True)
    assert not {p.english for p in learned} & {p.english for p in held}
    assert len({p.english for p in held}) == 100 and all(held_out(p.english) for p in held)
    assert held_out(tuple(DECK.split())) and not held_out(("I", "see", "the", "dog"))
    some = [held_out(draw(seed).english) for seed in range(1000)]
    assert sum(some) / 1000 == pytest.approx(0.2, abs=0.04)


def test_a_sentence_begins_with_a_capital() -> None:
    assert sentence(("guten", "Morgen", "Damen")) == "Guten Morgen Damen"
    assert sentence(()) == ""


@pytest.mark.parametrize("seed", [-1, 1.5, True, "3", None])
def test_bad_numbers_are_named(seed: object) -> None:
    with pytest.raises(ValueError, match="seed must be a whole number from 0; got"):
        draw(seed)
    with pytest.raises(ValueError, match="stream must be a whole number from 0; got"):
        draw(0, seed)


@pytest.mark.parametrize("n", [0, -5, 2.0, True])
def test_bad_counts_are_named(n: object) -> None:
    with pytest.raises(ValueError, match="n must be a whole number from 1; got"):
        corpus(n, held=True)
