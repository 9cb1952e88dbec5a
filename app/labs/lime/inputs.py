"""The three kinds of things that the page LIME explains; here pictures, and what all three share.

Texts are in lime_texts.py, rows of tables in lime_tables.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.labs.lime import compute
from app.labs.lime.compute import Input
from app.shared import stages, subject
from app.shared.stages import Question
from app.shared.subject import PREDICTED, Line, Subject
from data.tables import Table
from data.text.documents import Document
from data.text.texts import TextClassifier
from xai_core import Neighbourhood, neighbourhood, superpixels
from xai_core.perturbation.neighbourhood import coin_flips
from xai_core.perturbation.superpixels import filling
from xai_core.plain import markdown as plain

KINDS = ("picture", "text", "table")


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


Given = Pictured | Worded | Rowed


def ask_kind() -> str:
    """Picture, text or table; what was set for the others stays."""
    return st.segmented_control(
        "Explain a", KINDS, default=KINDS[0], required=True, key="input", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip


def picture(about: Subject, segments: str, fill: str, output: str) -> Pictured:
    """Raises ValueError with a sentence where there are too few superpixels, or too many."""
    q = about.question(output)
    labels = _superpixels(q.place, segments, q)
    M = int(labels.max()) + 1
    if M > compute.MOST_FEATURES:
        raise ValueError(f"{segments} makes {M} features, more than {compute.MOST_FEATURES}; choose larger ones")
    f = stages.score(q)

    def ask(masks: Tensor) -> Neighbourhood:
        return neighbourhood(f, q.x, segments=labels, fill=fill, masks=masks)

    def shap(masks: Tensor, column: int) -> Neighbourhood:
        near = ask(masks)
        return Neighbourhood(near.segments, near.masks, near.scores, column)

    answers = _answers(q.place, q)
    this = Input(
        "picture", (*q.place, segments, fill), about.opened.title, about.classes, about.target, answers, output,
        tuple(f"no. {j}" for j in range(M)),
        lambda near, N, seed: compute.longer(near, coin_flips(N, M, seed), ask), shap,
    )  # fmt: skip
    return Pictured(this, about, labels, filling(q.x, labels, fill),
                    {"segments": segments, "fill": fill, "output": output})  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _answers(place: tuple, _q: Question) -> Tensor:
    with torch.no_grad():
        return stages.score(_q).outputs(_q.x)[0].double()


@st.cache_resource(max_entries=64, show_spinner=False)
def _superpixels(place: tuple, segments: str, _q: Question) -> Tensor:
    return superpixels(_q.x, segments)


def say(line: Line, classes: tuple[str, ...], answers: Tensor, judged: str, title: str, key: str) -> int:
    """In the line of the subject: what the model says, and which class is to be explained."""
    best = answers.argsort(descending=True).tolist()
    with line.popover("Class"):
        wanted = st.selectbox("Class to explain", [PREDICTED, *classes], key=key, bind="query-params")
        st.caption(judged)
    says = ", ".join(f"{plain(classes[c])} {float(answers[c]):.1%}" for c in best[: subject.BARS])
    line.say(None, f"**{plain(title)}** · the model says {says}")
    return best[0] if wanted == PREDICTED else classes.index(wanted)
