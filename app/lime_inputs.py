"""The three kinds of things that the page LIME explains, each with its controls in the sidebar."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app import perturbing, stages, subject
from app.meter import answered
from app.perturbing import Input
from app.stages import Question
from app.subject import PREDICTED, Subject
from data import documents, newsgroups, tables, texts
from data.documents import Document
from data.tables import Table
from data.texts import TextClassifier
from xai_core import Neighbourhood, neighbourhood, superpixels, table_neighbourhood, word_neighbourhood, words_of
from xai_core.neighbourhood import coin_flips
from xai_core.superpixels import filling
from xai_core.words import random_sizes

KINDS = ("picture", "text", "table")
MOST_COPIES = 2000  # of a text: shorter series are the beginnings of this one
BACKGROUND = 50  # rows that stand in for an absent column in KernelSHAP
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


@dataclass(frozen=True)
class Pictured:
    """A picture: its superpixels and what stands where they are off."""

    this: Input
    about: Subject
    labels: Tensor  # (H, W)
    off: Tensor  # (1, C, H, W)
    setting: dict[str, Any]  # segments, fill, output


@dataclass(frozen=True)
class Worded:
    """A text, the classifier, and what is known of it by construction."""

    this: Input
    text: str
    classifier: TextClassifier
    document: Document | None
    header: tuple[str, ...]  # the words before the first empty line
    learnt: str
    python: tuple[str, ...]


@dataclass(frozen=True)
class Rowed:
    """A row of a table, and a model of the table."""

    this: Input
    table: Table
    row: np.ndarray  # (M,)
    truth: str
    python: tuple[str, ...]


def ask_kind() -> str:
    """Picture, text or table; what was set for the others stays."""
    return st.segmented_control(
        "Explain a", KINDS, default=KINDS[0], required=True, key="input", bind="query-params", on_change=_bring_back,
        label_visibility="collapsed",
    )  # fmt: skip


def _bring_back() -> None:
    """The controls of another kind begin as they were left; Streamlit forgets what it does not draw."""
    for name, value in st.session_state.get("_values", {}).items():
        if name not in st.session_state:
            st.session_state[name] = value


def picture(about: Subject, segments: str, fill: str, output: str) -> Pictured:
    """Raises ValueError with a sentence where there are too few superpixels, or too many."""
    q = about.question(output)
    labels = _superpixels(q.place, segments, q)
    M = int(labels.max()) + 1
    if M > perturbing.MOST_FEATURES:
        raise ValueError(f"{segments} makes {M} features, more than {perturbing.MOST_FEATURES}; choose larger ones")
    f = stages.score(q)

    def ask(masks: Tensor) -> Neighbourhood:
        return neighbourhood(f, q.x, segments=labels, fill=fill, masks=masks)

    def shap(masks: Tensor, column: int) -> Neighbourhood:
        near = ask(masks)
        return Neighbourhood(near.segments, near.masks, near.scores, column)

    with torch.no_grad():
        answers = f.outputs(q.x)[0].double()
    this = Input(
        "picture", (*q.place, segments, fill), about.opened.title, about.classes, about.target, answers, output,
        tuple(f"no. {j}" for j in range(M)),
        lambda near, N, seed: perturbing.longer(near, coin_flips(N, M, seed), ask), shap,
    )  # fmt: skip
    return Pictured(this, about, labels, filling(q.x, labels, fill),
                    {"segments": segments, "fill": fill, "output": output})  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _superpixels(place: tuple, segments: str, _q: Question) -> Tensor:
    return superpixels(_q.x, segments)


def ask_text() -> Worded | None:
    """The sidebar of a text. None, after a sentence, where there is nothing to explain yet."""
    real = newsgroups.is_available()
    with st.sidebar:
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
            line = st.toggle("with the header line that leaks", True, key="line", bind="query-params")
            document = documents.draw(group, number, header=line)
            text, title = document.text, f"a post by the side of {group}, no. {number}"
            python = f'text = documents.draw("{group}", {number}, header={line}).text'
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
    with st.spinner("The classifier is reading …"):
        classifier, right = _classifier(learnt, model)
    answers = torch.from_numpy(classifier.predict_proba([text])[0])
    target = _say(
        classifier.classes, answers, f"It is right on {right:.0%} of posts that it has not read.", title, "target_text"
    )

    def predict(copies: list[str]) -> np.ndarray:
        answered(len(copies))
        return classifier.predict_proba(copies)

    def ask(masks: Tensor) -> Neighbourhood:
        return word_neighbourhood(predict, text, masks=masks, target=target)

    this = Input(
        "text", ("text", learnt, model, text), title, classifier.classes, target, answers, "probability", names,
        lambda near, N, seed: perturbing.longer(near, random_sizes(MOST_COPIES, len(names), seed)[:N], ask),
        lambda masks, column: word_neighbourhood(predict, text, masks=masks, target=column),
    )  # fmt: skip
    read = (
        f'posts = documents.corpus({POSTS}, 1, header="{_HEADER[learnt]}")'
        if learnt in _HEADER
        else f"posts = newsgroups.load(headers={learnt == REAL})"
    )
    lines = (read, f'predict = texts.fit(posts.texts, posts.labels, "{model}").predict_proba', python)
    head, _, body = text.partition("\n\n")
    header = words_of(head) if body and ":" in head and len(head.split()) > 1 else ()
    return Worded(this, text, classifier, document, header, learnt, lines)


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


def _say(classes: tuple[str, ...], answers: Tensor, judged: str, title: str, key: str) -> int:
    """In the sidebar: what the model says, and which class is to be explained."""
    best = answers.argsort(descending=True).tolist()
    with st.sidebar:
        st.markdown("**The classifier says**")
        for c in best[: subject.BARS]:
            st.progress(min(1.0, float(answers[c])), text=f"{classes[c]} {float(answers[c]):.1%}")
        st.caption(judged)
        wanted = st.selectbox("Class to explain", [PREDICTED, *classes], key=key, bind="query-params")
    _where(title)
    return best[0] if wanted == PREDICTED else classes.index(wanted)


def _where(title: str) -> None:
    with st.container(key="where"):
        st.caption(f"Explained: {title}. Change it behind the » at the top left.")


def ask_row() -> Rowed:
    """The sidebar of a table."""
    with st.sidebar:
        name = st.selectbox("Table", tables.NAMES, key="table", bind="query-params")
        kind = st.selectbox("Model", tables.KINDS, key="model", bind="query-params")
        number = int(st.number_input("Row no., none of which it has seen", 0, 10**6, 0, key="row", bind="query-params"))
    with st.spinner("The model is learning …"):
        table, model, right = _table_model(name, kind)
    i = number % len(table.test)
    row, label = table.test[i], table.test_labels[i]
    answer_of = tables.predictor(model)
    answers = torch.from_numpy(np.asarray(answer_of(row[None]))).double().flatten()
    title = f"row {i} of {name}"
    if table.classes:
        classes, unit, truth = table.classes, "probability", table.classes[int(label)]
        target = _say(
            classes,
            answers,
            f"It is right on {right:.0%} of the rows that it has not seen.",
            title,
            f"target_{name.replace(' ', '_')}",
        )
    else:
        classes, unit, truth, target = (table.label_name,), table.label_name, f"{label:g}", 0
        with st.sidebar:
            st.metric("The model says", f"{float(answers[0]):.1f}", help=table.label_name)
            st.caption(f"Its R² on rows that it has not seen is {right:.2f}. What came true: {truth}.")
        _where(title)

    def predict(rows: np.ndarray) -> np.ndarray:
        answered(len(rows))
        return np.asarray(answer_of(rows))

    units = [f"{c} [{u}]" if u else c for c, u in zip(table.columns, table.units, strict=True)]

    def ask(near: Neighbourhood | None, N: int, seed: int) -> Neighbourhood:
        return table_neighbourhood(predict, row, table.train, N, seed, target, units)

    def shap(masks: Tensor, column: int) -> Neighbourhood:
        def f(rows: Tensor) -> Tensor:
            return torch.from_numpy(predict(rows.numpy()).reshape(len(rows), -1)[:, column])

        return neighbourhood(f, torch.from_numpy(row)[None], fill=torch.from_numpy(table.train[:BACKGROUND]),
                             masks=masks)  # fmt: skip

    names = table_neighbourhood(answer_of, row, table.train, 1, 0, target, units).names
    this = Input("table", ("table", name, kind, i), title, classes, target, answers, unit, names, ask, shap, BACKGROUND)
    python = (
        f'table = tables.load("{name}")',
        f'predict = tables.predictor(tables.fit(table, "{kind}"))',
        f"x = table.test[{i}]",
    )
    return Rowed(this, table, row, truth, python)


@st.cache_resource(max_entries=16, show_spinner=False)
def _table_model(name: str, kind: str) -> tuple[Table, Any, float]:
    """The table, its model, and how good that is on rows it has not seen: accuracy, or R²."""
    table = tables.load(name)
    model = tables.fit(table, kind)
    return table, model, float(model.score(table.test, table.test_labels))
