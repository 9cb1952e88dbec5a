"""Texts for the page LIME: generated posts, real ones where they are, or the reader's own; and who reads them."""

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.labs.lime import compute, inputs
from app.labs.lime.compute import Input
from app.labs.lime.inputs import Worded
from app.shared import frame
from app.shared.meter import answered
from app.shared.subject import PREDICTED, Line
from data.text import documents, newsgroups, texts
from data.text.texts import TextClassifier
from xai_core import Neighbourhood, word_neighbourhood, words_of
from xai_core.perturbation.words import WORD, random_sizes

MOST_COPIES = 2000  # of a text: shorter series are the beginnings of this one
LETTERS = 2000  # of a text of one's own
POSTS = 1000  # that a classifier learns from
LEAKING, CLEAN, REAL, BARE = (
    "generated posts, most with a clue in the header",
    "generated posts without the clue",
    "newsgroups of 1993",
    "newsgroups of 1993 without headers",
)
GENERATED, NEWS, OWN = "generated post", "newsgroup post", "your own text"
MINE = "My sister is a pastor, and at home we often spoke about grace. Today I would say that evidence matters more."
_HEADER = {LEAKING: "with class", CLEAN: "none"}


def ask_text(line: Line) -> Worded | None:
    """The controls of a text. None, after a sentence, where there is nothing to explain yet."""
    real = newsgroups.is_available()
    with line.popover("Text"):
        kind = st.selectbox(
            "Text", [GENERATED, *([NEWS] if real else []), OWN], key="text", bind="query-params",
            on_change=_follow_text,
            help=None if real else "Real newsgroup posts appear here once they are on this computer:"
            " `python -c 'from data import newsgroups; newsgroups.load(download=True)'` fetches 14 MB.",
        )  # fmt: skip
        document = None
        if kind == GENERATED:
            left, right = st.columns([3, 2])
            group = left.selectbox("Written by", documents.CLASSES, key="group", bind="query-params")
            number = int(right.number_input("Post no.", 0, 10**6, 3, key="post", bind="query-params"))
            header_line = st.toggle("with the header line that leaks", True, key="line", bind="query-params")
            document = documents.draw(group, number, header=header_line)
            text, title = document.text, f"a post from the side of {group}, no. {number}"
            python = f'text = documents.draw("{group}", {number}, header={header_line}).text'
        elif kind == NEWS:
            posts = _short_posts()
            i = int(st.number_input("Post no.", 0, 10**6, 0, key="news", bind="query-params")) % len(posts)
            text, label = posts[i]
            title, python = f"a newsgroup post on {documents.CLASSES[label]}, no. {i}", f"text = {text!r}"
        else:
            text = st.text_area("Your own text", MINE, 220, max_chars=LETTERS, key="own", bind="query-params")
            title, python = "your own text", f"text = {text!r}"
        learnt = st.selectbox(
            "The classifier has read", [LEAKING, CLEAN, *([REAL, BARE] if real else [])], key="learnt",
            bind="query-params",
        )  # fmt: skip
        model = st.selectbox("Classifier", texts.KINDS, key="classifier", bind="query-params")
    try:
        names = words_of(text or "")
    except ValueError:
        st.info("A text needs two different words or more: leaving one out has to leave something to read.")
        return None
    with frame.asking("The classifier is reading …"):
        classifier, right = _classifier(learnt, model)
    answers = _answers(learnt, model, text, classifier)
    target = inputs.say(
        line, classifier.classes, answers, f"It is right on {right:.0%} of posts that it has not read.", title,
        "target_text",
    )  # fmt: skip

    def predict(copies: list[str]) -> np.ndarray:
        answered(len(copies))
        return classifier.predict_proba(copies)

    def ask(masks: Tensor) -> Neighbourhood:
        return word_neighbourhood(predict, text, masks=masks, target=target)

    this = Input(
        "text", ("text", learnt, model, text), title, classifier.classes, target, answers, "probability", names,
        lambda near, N, seed: compute.longer(near, random_sizes(MOST_COPIES, len(names), seed)[:N], ask),
        lambda masks, column: word_neighbourhood(predict, text, masks=masks, target=column),
    )  # fmt: skip
    read = (
        f'posts = documents.corpus({POSTS}, 1, header="{_HEADER[learnt]}")'
        if learnt in _HEADER
        else f"posts = newsgroups.load(headers={learnt == REAL})"
    )
    lines = (read, f'predict = texts.fit(posts.texts, posts.labels, "{model}").predict_proba', python)
    head, _, body = text.partition("\n\n")
    header = tuple(dict.fromkeys(WORD.findall(head))) if body and ":" in head else ()
    return Worded(this, text, classifier, document, header, learnt, lines)


@st.cache_resource(max_entries=64, show_spinner=False)
def _answers(learnt: str, kind: str, text: str, _classifier: TextClassifier) -> Tensor:
    return torch.from_numpy(_classifier.predict_proba([text])[0])


def _follow_text() -> None:
    """A newsgroup post is for a classifier of newsgroup posts, unless the reader wants it otherwise."""
    st.session_state["learnt"] = REAL if st.session_state["text"] == NEWS else LEAKING
    st.session_state["target_text"] = PREDICTED


@st.cache_resource(max_entries=1, show_spinner=False)
def _short_posts() -> list[tuple[str, int]]:
    """The held-out posts of at most 300 words: of one with a thousand, a thousand copies show little."""
    posts = newsgroups.load("test")
    return [(t, int(y)) for t, y in zip(posts.texts, posts.labels, strict=True) if 2 <= len(t.split()) <= 300]


@st.cache_resource(max_entries=16, show_spinner=False)
def _classifier(learnt: str, kind: str) -> tuple[TextClassifier, float]:
    """The classifier, and its accuracy on posts of the same sort that it has not read."""
    if learnt in _HEADER:
        read, unread = (documents.corpus(n, seed, header=_HEADER[learnt]) for n, seed in ((POSTS, 1), (300, 2)))
    else:
        read, unread = (newsgroups.load(part, headers=learnt == REAL) for part in newsgroups.SUBSETS)
    classifier = texts.fit(read.texts, read.labels, kind)
    return classifier, classifier.accuracy(unread.texts, unread.labels)
