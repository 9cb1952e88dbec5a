"""Rows of tables for the page LIME: iris, breast cancer, diabetes, and a model of each."""

from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.labs.lime import inputs
from app.labs.lime.compute import Input
from app.labs.lime.inputs import Rowed
from app.shared import frame
from app.shared.meter import answered
from app.shared.subject import Line
from data import tables
from data.tables import Table
from xai_core import Neighbourhood, neighbourhood, table_neighbourhood
from xai_core.perturbation.neighbourhood import Predict

BACKGROUND = 50  # rows that stand in for an absent column in KernelSHAP


def ask_row(line: Line) -> Rowed:
    """The controls of a table."""
    with line.popover("Row"):
        name = st.selectbox("Table", tables.NAMES, key="table", bind="query-params")
        kind = st.selectbox("Model", tables.KINDS, key="model", bind="query-params")
        number = int(st.number_input("Row no., none of which it has seen", 0, 10**6, 0, key="row", bind="query-params"))
    with frame.asking("The model is learning …"):
        table, model, right = _table_model(name, kind)
    i = number % len(table.test)
    row, label = table.test[i], table.test_labels[i]
    answer_of = tables.predictor(model)
    answers, names = _answers(name, kind, i, table, answer_of)
    title = f"row {i} of {name}"
    if table.classes:
        classes, unit, truth = table.classes, "probability", table.classes[int(label)]
        target = inputs.say(
            line,
            classes,
            answers,
            f"It is right on {right:.0%} of the rows that it has not seen.",
            title,
            f"target_{name.replace(' ', '_')}",
        )
    else:
        classes, unit, truth, target = (table.label_name,), table.label_name, f"{label:g}", 0
        line.say(
            None, f"**{title}** · the model says {float(answers[0]):.1f}; what came true: {truth}. Its R² on rows that"
            f" it has not seen is {right:.2f}.",
        )  # fmt: skip

    def predict(rows: np.ndarray) -> np.ndarray:
        answered(len(rows))
        return np.asarray(answer_of(rows))

    def ask(near: Neighbourhood | None, N: int, seed: int) -> Neighbourhood:
        return table_neighbourhood(predict, row, table.train, N, seed, target, table.columns)

    def shap(masks: Tensor, column: int) -> Neighbourhood:
        def f(rows: Tensor) -> Tensor:
            return torch.from_numpy(predict(rows.numpy()).reshape(len(rows), -1)[:, column])

        return neighbourhood(f, torch.from_numpy(row)[None], fill=torch.from_numpy(table.train[:BACKGROUND]),
                             masks=masks)  # fmt: skip

    this = Input("table", ("table", name, kind, i), title, classes, target, answers, unit, names, ask, shap, BACKGROUND)
    python = (
        f'table = tables.load("{name}")',
        f'predict = tables.predictor(tables.fit(table, "{kind}"))',
        f"x = table.test[{i}]",
    )
    return Rowed(this, table, row, truth, python)


@st.cache_resource(max_entries=64, show_spinner=False)
def _answers(name: str, kind: str, i: int, _table: Table, _answer_of: Predict) -> tuple[Tensor, tuple[str, ...]]:
    """What the model says to the row itself, (classes,), and the bins that the row falls into."""
    near = table_neighbourhood(_answer_of, _table.test[i], _table.train, 1, columns=_table.columns)
    return near.scores[0], near.names


@st.cache_resource(max_entries=16, show_spinner=False)
def _table_model(name: str, kind: str) -> tuple[Table, Any, float]:
    """The table, its model, and how good that is on rows it has not seen: accuracy, or R²."""
    table = tables.load(name)
    model = tables.fit(table, kind)
    return table, model, float(model.score(table.test, table.test_labels))
