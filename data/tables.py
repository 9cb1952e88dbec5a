"""Three small tables that come with scikit-learn, and models of them: two to classify, one to predict a number.

iris: three kinds of iris by the size of four leaves (Fisher 1936). breast cancer: tumours by thirty measurements of
cell nuclei under the microscope, malignant or benign (Wolberg, Street and Mangasarian 1995). diabetes: how far the
disease had gone after a year, 25 to 346, by ten measurements at its start (Efron et al., «Least angle regression»,
2004, which is also the source of K-LASSO's path).

Columns keep their units, so that an explanation can say "age ≤ 38 years". Where the sources give no unit, `units` has
"", and nothing is guessed. Three quarters of the rows are to learn from, one quarter is held out, always the same.

This file is in no room: a table is neither drawn by us nor picture nor text. It imports nothing of data, and
`drawn.outlines` makes a table of the zoo with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NAMES: tuple[str, ...] = ("iris", "breast cancer", "diabetes")
KINDS: tuple[str, ...] = ("forest", "linear", "boosting")

_DIABETES = {  # scikit-learn's short names in words
    "age": ("age", "years"),
    "sex": ("sex", ""),  # the source codes it 1 or 2 and does not say which is which
    "bmi": ("body mass index", "kg/m²"),
    "bp": ("mean blood pressure", ""),
    "s1": ("total cholesterol", ""),
    "s2": ("LDL", ""),
    "s3": ("HDL", ""),
    "s4": ("total cholesterol / HDL", ""),
    "s5": ("log triglycerides", ""),
    "s6": ("blood sugar", ""),
}


@dataclass(frozen=True)
class Table:
    """Rows (n, M) float64 to learn from and held out, with M column names and their units ("" where unknown).

    Labels are (n,): int64 that index `classes`, or float64 where `classes` is None and `label_name` is a quantity.
    """

    name: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...] | None
    label_name: str

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "regression" if self.classes is None else "classification"


def load(name: str) -> Table:
    """The table `name` of `NAMES`: iris (150 rows, M = 4), breast cancer (569, 30) or diabetes (442, 10).

    Raises ValueError for another name.
    """
    if name == "iris":
        bundle = load_iris()
        columns = [column.removesuffix(" (cm)") for column in bundle.feature_names]
        return _split(name, bundle, columns, ["cm"] * len(columns), "kind of iris")
    if name == "breast cancer":
        bundle = load_breast_cancer()
        columns = [str(column) for column in bundle.feature_names]
        return _split(name, bundle, columns, [""] * len(columns), "tumour")
    if name == "diabetes":
        bundle = load_diabetes(scaled=False)
        columns, units = zip(*(_DIABETES[column] for column in bundle.feature_names), strict=True)
        return _split(name, bundle, columns, units, "progression after a year")
    raise ValueError(f"name is {name!r}; it must be one of {', '.join(NAMES)}")


def fit(table: Table, kind: str = "forest", *, seed: int = 0) -> BaseEstimator:
    """scikit-learn's model of `kind`, one of `KINDS`, learnt from the rows of `table.train`.

    A classifier has `predict_proba`, a regressor `predict`, both have `score`: accuracy, or R². "linear" is logistic
    regression on standardised columns, or plain least squares, whose `coef_` is a slope per unit of the column.
    Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    classifier, regressor = {
        "forest": (RandomForestClassifier(random_state=seed), RandomForestRegressor(random_state=seed)),
        "linear": (make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), LinearRegression()),
        "boosting": (GradientBoostingClassifier(random_state=seed), GradientBoostingRegressor(random_state=seed)),
    }[kind]
    return (classifier if table.task == "classification" else regressor).fit(table.train, table.train_labels)


def predictor(model: Any) -> Callable[[np.ndarray], np.ndarray]:
    """What a model answers to rows (n, M): probabilities (n, classes) if it gives some, else numbers (n,).

    Raises TypeError for a model with neither `predict_proba` nor `predict`.
    """
    for method in ("predict_proba", "predict"):
        if callable(getattr(model, method, None)):
            return getattr(model, method)
    raise TypeError(f"model is a {type(model).__name__}; it must have predict_proba or predict")


def _split(name: str, bundle: Any, columns: Any, units: Any, label_name: str) -> Table:
    """A quarter of the rows held out; the classes as often in either part."""
    classes = tuple(str(each) for each in bundle.target_names) if "target_names" in bundle else None
    train, test, train_labels, test_labels = train_test_split(
        bundle.data, bundle.target, test_size=0.25, random_state=0, stratify=None if classes is None else bundle.target
    )
    return Table(name, tuple(columns), tuple(units), train, train_labels, test, test_labels, classes, label_name)
