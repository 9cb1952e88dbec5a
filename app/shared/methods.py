"""The methods of the catalogue on a page that compares them: which ones, with which settings, and their maps."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.shared import frame, own_method, stages
from app.shared.stages import Explanation
from app.shared.subject import Subject
from xai_core import catalogue

MOST = 4  # side by side


def ask(first: Sequence[str], **more: Any) -> list[str]:
    """Up to four methods, by name, in the reader's order. first: those that a page begins with."""
    titles = {method.title: name for name, method in catalogue().items()}
    start = [catalogue()[name].title for name in own_method.beside(first, MOST)]
    chosen = st.multiselect(
        "Methods", list(titles), start, key="method", bind="query-params", max_selections=MOST,
        label_visibility="collapsed", **more
    )  # fmt: skip
    return [titles[title] for title in chosen]


def explain(
    about: Subject, given: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Explanation], dict[str, str]]:  # fmt: skip
    """Each method's map, or the sentence that says why there is none, by name."""
    return frame.answers(given, lambda name, asked: stages.explanation(about.question(asked["output"]), name, asked))
