"""Generated posts: what must be true of them if explanations are to be judged on them, and the classifiers of texts."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text import documents, texts
from data.text.documents import CLASSES, HEADERS, LEAK, SLOTS, WORDS, corpus, document_seed, draw, shares

SEEDS = st.integers(0, 2**40)
ALL_WORDS = {name: [word for slot in SLOTS for word in WORDS[name][slot]] for name in CLASSES}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def body(text: str) -> str:
    return text.split("\n\n")[1]


# --- one post ---------------------------------------------------------------------------------------------------------


def test_a_seed_is_a_text() -> None:
    post = draw("christian", 7)
    assert post.text == (
        "From: lee@harbour.example (Lee Baker)\n"
        "Subject: Re: What we tell our children\n"
        "NNTP-Posting-Host: harbour.example\n"
        "\n"
        "I nearly wrote a much longer reply to this. My children ask me about psalms, and I try to answer well. "
        "Some pages by Aquinas say better than I can what I think. What helped me most in a hard year was repentance. "
        "A humanist wrote to me that I am mistaken, in very kind words. It took me many years to put this into words. "
        "I grew up in a small place where everyone knew everyone. I will read your answers over the weekend."
    )
    assert (post.label, post.name, post.seed) == (1, "christian", 7)
    assert post.deciding == ("psalms", "Aquinas", "repentance")
    assert post.against == ("humanist",)
    assert post.leak == ("NNTP", "Posting", "Host")


@given(seed=SEEDS, label=st.sampled_from([0, 1]), header=st.booleans())
def test_the_truth_of_a_post_stands_in_it(seed: int, label: int, header: bool) -> None:
    post = draw(label, seed, header=header)
    assert post == draw(CLASSES[label], seed, header=header)
    own, other = set(ALL_WORDS[CLASSES[label]]), set(ALL_WORDS[CLASSES[1 - label]])
    found = words(post.text)
    assert tuple(word for word in found if word in own) == post.deciding and len(set(post.deciding)) == 3
    assert tuple(word for word in found if word in other) == post.against and len(post.against) == 1
    assert tuple(word for word in found if word in LEAK) == post.leak == (LEAK if header else ())
    assert 40 <= len(body(post.text).split()) <= 120


@given(seed=SEEDS)
def test_the_groups_differ_in_nothing_but_their_words(seed: int) -> None:
    """Every word outside the slots and the leaking line is neutral by construction."""

    def with_gaps(name: str) -> str:
        return re.sub(rf"\b({'|'.join(ALL_WORDS['atheism'] + ALL_WORDS['christian'])})\b", "…", draw(name, seed).text)

    assert with_gaps("atheism") == with_gaps("christian")
    assert with_gaps("atheism").count("…") == 4


@given(seed=SEEDS, label=st.sampled_from(CLASSES))
def test_the_leaking_line_is_all_that_the_header_changes(seed: int, label: str) -> None:
    with_line, without = draw(label, seed).text.split("\n"), draw(label, seed, header=False).text.split("\n")
    assert with_line[:2] + with_line[3:] == without
    host = with_line[0].split("@")[1].split(" ")[0]
    assert with_line[2] == f"NNTP-Posting-Host: {host}"


def test_the_grammar_keeps_its_promises() -> None:
    """Single words, each of one group and one slot, in no sentence; "a" fits every person; equal lists."""
    every = ALL_WORDS["atheism"] + ALL_WORDS["christian"]
    assert len(every) == len(set(every)) == 52 and all(words(word) == [word] for word in every)
    sentences = " ".join(documents.OWN + documents.OTHER + documents.OPENINGS + documents.NEUTRAL + documents.CLOSINGS)
    neutral = sentences + " ".join(documents.SUBJECTS + documents.FIRST_NAMES + documents.LAST_NAMES + documents.HOSTS)
    assert not {word.lower() for word in [*every, *LEAK]} & {word.lower() for word in words(neutral)} - set(SLOTS)
    for frame in documents.OWN + documents.OTHER:
        assert len(re.findall(r"{(\w+)}", frame)) == 1 and re.findall(r"{(\w+)}", frame)[0] in SLOTS
    for slot in SLOTS:
        assert len(WORDS["atheism"][slot]) == len(WORDS["christian"][slot])
    assert not [word for name in CLASSES for word in WORDS[name]["person"] if word[0] in "aeiou"]


@given(seed=SEEDS, label=st.sampled_from(CLASSES))
def test_sentences_are_whole(seed: int, label: str) -> None:
    text = body(draw(label, seed).text)
    assert re.fullmatch(r"([A-Z][A-Za-z, ]+[.] )+[A-Z][A-Za-z, ]+[.]", text), text
    assert text.count(".") == 8
    assert not re.search(r"\b(\w+) \1\b|\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", text)


# --- a corpus ---------------------------------------------------------------------------------------------------------


@given(seed=SEEDS, n=st.integers(1, 9), header=st.sampled_from(HEADERS))
def test_a_longer_corpus_begins_alike(seed: int, n: int, header: str) -> None:
    short, long = corpus(n, seed, header=header), corpus(n + 3, seed, header=header)
    assert long.documents[:n] == short.documents
    assert short.texts == [post.text for post in short.documents]
    assert short.labels.tolist() == [post.label for post in short.documents]
    last = short.documents[-1]
    assert last.seed == document_seed(seed, n - 1)
    assert draw(last.label, last.seed, header=bool(last.leak)) == last


@given(seed=SEEDS)
def test_three_headers_one_body(seed: int) -> None:
    with_class, none, swapped = (corpus(6, seed, header=header).documents for header in HEADERS)
    assert [body(post.text) for post in with_class] == [body(post.text) for post in none]
    assert [body(post.text) for post in with_class] == [body(post.text) for post in swapped]
    assert [bool(post.leak) for post in swapped] == [not post.leak for post in with_class]
    assert not any(post.leak for post in none)
    assert sum(post.label for post in none) == 3


@pytest.mark.parametrize("leak", [0.6, 0.95])
def test_the_line_goes_with_the_class_in_the_promised_share(leak: float) -> None:
    """Within three standard deviations of a coin thrown 1000 times, in either group."""
    posts = corpus(1000, 0, leak=leak).documents
    for name, share in (("atheism", leak), ("christian", 1 - leak)):
        carries = [bool(post.leak) for post in posts if post.name == name]
        assert np.mean(carries) == pytest.approx(share, abs=3 * (leak * (1 - leak) / 500) ** 0.5)


def test_a_perfect_leak_and_its_opposite() -> None:
    assert all(bool(post.leak) == (post.name == "atheism") for post in corpus(200, 3, leak=1).documents)
    assert all(bool(post.leak) == (post.name == "christian") for post in corpus(200, 3, leak=0).documents)
    assert corpus(50, 3, leak=0, header="swapped").texts == corpus(50, 3, leak=1).texts


def test_every_word_and_sentence_is_used() -> None:
    text = " ".join(corpus(1000, 0).texts)
    assert not [word for name in CLASSES for word in ALL_WORDS[name] if word not in text]
    assert not [s for s in (*documents.OPENINGS, *documents.NEUTRAL, *documents.CLOSINGS) if s not in text]


# --- judging an explanation -------------------------------------------------------------------------------------------


def test_shares_by_hand() -> None:
    post = draw("christian", 7)
    found = shares(post, ["psalms", "Aquinas", "humanist", "Host", "children"], [2, -1, -1, 4, 2])
    assert list(found) == ["deciding", "against", "leak", "rest"]
    assert found == pytest.approx({"deciding": 0.3, "against": 0.1, "leak": 0.4, "rest": 0.2})
    assert shares(draw("christian", 7, header=False), ["Host", "psalms"], [1, 1])["leak"] == 0
    assert shares(post, ["psalms"], [0]) == shares(post, [], []) == {"deciding": 0, "against": 0, "leak": 0, "rest": 0}


# --- classifiers of texts ---------------------------------------------------------------------------------------------

PAIRS = [(0, 1), (2, 3)]  # seeds to learn from and to test on


def accuracies(kind: str, header: str, pair: tuple[int, int]) -> list[float]:
    train = corpus(600, pair[0], header=header)
    model = texts.fit(train.texts, train.labels, kind)
    tests = [corpus(300, pair[1], header=test) for test in HEADERS]
    return [model.accuracy(test.texts, test.labels) for test in tests]


def test_right_for_the_wrong_reason() -> None:
    """As good as the leak with the line; without it not far from chance, with the line swapped far below."""
    with_class, none, swapped = np.mean([accuracies("linear", "with class", pair) for pair in PAIRS], axis=0)
    assert with_class >= 0.95 and 0.5 <= none <= 0.7 and swapped < 0.35
    with_class, none, swapped = accuracies("forest", "with class", (0, 1))
    assert with_class >= 0.93 and 0.5 <= none <= 0.55 and swapped < 0.1


def test_right_for_the_right_reason() -> None:
    """The same bodies without the line teach the deciding words, and the line then changes nothing."""
    with_class, none, swapped = accuracies("linear", "none", (0, 1))
    assert none >= 0.98 and with_class == none == swapped


@pytest.fixture(scope="module")
def biased() -> texts.TextClassifier:
    train = corpus(600, 0)
    return texts.fit(train.texts, train.labels, "linear")


@pytest.fixture(scope="module")
def fair() -> texts.TextClassifier:
    train = corpus(600, 0, header="none")
    return texts.fit(train.texts, train.labels, "linear")


def test_the_weights_say_why(biased: texts.TextClassifier, fair: texts.TextClassifier) -> None:
    """Learnt with the line, its three words weigh most; without it, the words of the groups, each with its sign."""
    c = biased.weights()
    assert set(sorted(c, key=lambda word: -abs(c[word]))[:3]) == set(LEAK) and all(c[word] < 0 for word in LEAK)
    c = fair.weights()
    assert all(c[word] < 0 for word in ALL_WORDS["atheism"]) and all(c[word] > 0 for word in ALL_WORDS["christian"])
    neutral = [abs(w) for word, w in c.items() if word not in ALL_WORDS["atheism"] + ALL_WORDS["christian"]]
    assert max(neutral) < min(abs(c[word]) for name in CLASSES for word in ALL_WORDS[name])
    assert not set(c) & set(LEAK)


@given(seed=SEEDS, without=st.sets(st.integers(0, 60)))
def test_the_log_odds_are_the_sum_of_the_weights(biased: texts.TextClassifier, seed: int, without: set[int]) -> None:
    """log p/(1 − p) = b + Σ c_w over the words that are left, in whatever order and however often."""
    c, kept = biased.weights(), [word for i, word in enumerate(words(draw(1, seed).text)) if i not in without]
    p = biased.predict_proba(["", " ".join(kept)])
    b, log_odds = np.log(p[:, 1] / p[:, 0])
    assert log_odds - b == pytest.approx(sum(c.get(word, 0) for word in set(kept)), abs=1e-9)


@pytest.mark.parametrize("kind", texts.KINDS)
def test_same_texts_same_classifier_even_of_no_words(kind: str) -> None:
    """The empty text is what an explanation asks when every word is off."""
    train, asked = corpus(60, 0), [*corpus(10, 1).texts, "", "xyzzy ?!"]
    asked += [" ".join(reversed(words(asked[0]))) + " the the"]  # only the set of words counts
    model, again = (texts.fit(train.texts, train.labels, kind, seed=5) for _ in range(2))
    p = model.predict_proba(asked)
    assert p.shape == (13, 2) and np.allclose(p.sum(1), 1) and (p >= 0).all()
    assert np.array_equal(p, again.predict_proba(asked))
    assert np.allclose(p[12], p[0], atol=1e-12)
    assert np.array_equal(p[10], p[11]) and not np.array_equal(p[9], p[10])
    assert model.predict_proba([]).shape == (0, 2)
    other = texts.fit(train.texts, train.labels, kind, seed=6).predict_proba(asked)
    assert np.array_equal(p, other) == (kind == "linear")


def test_three_classes_and_a_word_of_one_letter() -> None:
    model = texts.fit(["a b", "c d", "e f"] * 3, [0, 1, 2] * 3, "forest", classes=("x", "y", "z"))
    assert model.predict_proba(["a b", "c", "f"]).argmax(1).tolist() == [0, 1, 2]
    assert model.accuracy(["a", "c", "e", "f"], [0, 1, 2, 0]) == 0.75


def test_occurrences_by_hand() -> None:
    posts = ["Posting-Host: a", "posting", "Posting, Posting", "Postings"]
    assert texts.occurrences("Posting", posts, [0, 0, 1, 1]).tolist() == [1, 1]
    train = corpus(400, 0)
    lines = [sum(bool(post.leak) for post in train.documents if post.label == label) for label in (0, 1)]
    assert texts.occurrences("Host", train.texts, train.labels).tolist() == lines


# --- bad input --------------------------------------------------------------------------------------------------------

GOOD = corpus(4, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw("buddhist", 0), 'label is \'buddhist\'; it must be one of "atheism", "christian"'),
        (lambda: draw(2, 0), "label is 2; it must be"),
        (lambda: draw(True, 0), "label is True; it must be"),
        (lambda: draw(0, -1), "seed is -1; it must be an integer ≥ 0"),
        (lambda: draw(0, 0, header="none"), "header is 'none'; it must be True or False"),
        (lambda: corpus(0, 0), "n is 0; it must be an integer ≥ 1"),
        (lambda: corpus(4, 0.5), "seed is 0.5; it must be an integer ≥ 0"),
        (lambda: corpus(4, 0, header="cut"), 'header is \'cut\'; it must be one of "with class", "none", "swapped"'),
        (lambda: corpus(4, 0, leak=1.5), r"leak is 1.5; it must be a number in \[0, 1\]"),
        (lambda: corpus(4, 0, leak=float("nan")), "leak is nan; it must be"),
        (
            lambda: shares(draw(0, 0), ["a", "b"], [1.0]),
            r"weights has shape \(1,\); it must be \(2,\), one weight a name",
        ),
        (lambda: texts.fit(GOOD.texts, GOOD.labels, "tree"), "kind is 'tree'; it must be one of linear, forest, svm"),
        (lambda: texts.fit(GOOD.texts, [0, 1]), r"labels has shape \(2,\); it must be \(4,\), one a text"),
        (lambda: texts.fit(GOOD.texts, [0, 1, 2, 0]), "labels must be integers from 0 to 1, which index atheism, chri"),
        (lambda: texts.fit(GOOD.texts, [0.0, 1, 1, 0]), "labels must be integers from 0 to 1"),
        (lambda: texts.fit(GOOD.texts, [0, 0, 0, 0]), "labels has 0 of class christian; linear needs at least 1 of"),
        (lambda: texts.fit(GOOD.texts, GOOD.labels, "svm"), "labels has 2 of class atheism; svm needs at least 3 of"),
        (lambda: texts.fit(["", "?"], [0, 1]), "texts holds 2 texts without a single word"),
        (lambda: texts.fit(["a", "b"], [0, 1], "forest").weights(), "kind is 'forest' with 2 classes; only \"linear\""),
    ],
)
def test_errors_name_the_argument(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_single_text_is_no_list(biased: texts.TextClassifier) -> None:
    with pytest.raises(TypeError, match="texts is a single text; it must be a list of texts"):
        biased.predict_proba("a post")
    with pytest.raises(TypeError, match="texts holds a int; it must be a list of texts"):
        biased.predict_proba(["a post", 3])
