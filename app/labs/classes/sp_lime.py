"""SP-LIME on the page Classes: which few inputs to look at, of pictures, of posts, and of rows of a table.

W over shared features (pixels, words, bins)  →  the greedy pick  →  how much of the importance it covers
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from data import tables
from data.text import documents, texts
from xai_core import coverage, shared_weights, sp_importance, table_neighbourhood, word_neighbourhood
from xai_core.classwide.local_weights import LocalWeights

KINDS = ("pictures", "posts", "iris", "breast cancer")
ROWS, SAMPLES = 60, 300  # of posts and tables, and masked copies of each
RANDOM_PICKS = 200
HOW = {  # as LIME's package reads them
    "posts": {"K": 6, "sigma": 0.35, "distance": "cosine"},
    "table": {"K": 5, "sigma": 1.06, "distance": "l2"},
}


@dataclass(frozen=True)
class Named:
    """Explanations of inputs that can be told in words."""

    local: LocalWeights
    titles: list[str]  # of each input
    texts: list[str]
    classes: tuple[str, ...]
    what: str  # the classifier and its accuracy, in a sentence


@st.cache_resource(max_entries=4, show_spinner=False)
def named(kind: str) -> Named:
    """W of posts or of a table's rows, all held out."""
    return _posts() if kind == "posts" else _table(kind)


def _posts() -> Named:
    """The generated posts, with the header that leaks."""
    train, test = documents.corpus(400, seed=1), documents.corpus(ROWS, seed=2)
    model = texts.fit(train.texts, train.labels, "linear")
    clean = documents.corpus(200, seed=3, header="swapped")
    what = (
        f"A linear classifier of {len(train.texts)} posts: accuracy {model.accuracy(test.texts, test.labels):.2f} on"
        f" new ones, {model.accuracy(clean.texts, clean.labels):.2f} once the header line goes with the other group."
    )
    nears = (word_neighbourhood(model.predict_proba, text, SAMPLES, seed=i) for i, text in enumerate(test.texts))
    titles = [f"post {i}, {d.name}" for i, d in enumerate(test.documents)]
    return Named(shared_weights(nears, **HOW["posts"]), titles, test.texts, documents.CLASSES, what)


def _table(kind: str) -> Named:
    table = tables.load(kind)
    model = tables.fit(table)
    rows = table.test[:ROWS]
    nears = (
        table_neighbourhood(tables.predictor(model), x, table.train, SAMPLES, seed=i, columns=table.columns)
        for i, x in enumerate(rows)
    )
    what = (
        f"A forest of 200 trees: accuracy {model.score(table.test, table.test_labels):.2f} on {len(table.test)} rows."
    )
    told = [
        ", ".join(f"{c} {v:g} {u}".strip() for c, v, u in zip(table.columns, x, table.units, strict=True)) for x in rows
    ]
    local = shared_weights(nears, **HOW["table"])
    return Named(local, [f"row {i}" for i in range(len(rows))], told, table.classes, what)


def coverage_curves(W: torch.Tensor, picked: list[int]) -> dict[str, tuple[list[int], list[float]]]:
    """Share of all importance that 1, 2, … inputs cover: SP-LIME's, and the mean of picks at random."""
    total = float(sp_importance(W).sum()) or 1.0
    many = range(1, len(picked) + 1)
    orders = [np.random.default_rng([0, i]).permutation(len(W))[: len(picked)].tolist() for i in range(RANDOM_PICKS)]
    return {
        "SP-LIME": ([*many], [coverage(W, picked[:k]) / total for k in many]),
        f"random, mean of {RANDOM_PICKS}": (
            [*many],
            [float(np.mean([coverage(W, order[:k]) for order in orders])) / total for k in many],
        ),
    }


def strongest(weights: torch.Tensor, names: tuple[str, ...], most: int = 8) -> dict[str, float]:
    """The largest weights by size, largest first, without zeros."""
    order = weights.abs().argsort(descending=True, stable=True)[:most].tolist()
    return {names[i]: float(weights[i]) for i in order if weights[i] != 0}
