"""scikit-learn's tables: their rows with units, a split that stays, and models that learn something from them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyRegressor

from data import tables


@pytest.mark.parametrize(
    ("name", "train", "test", "columns", "counts"),
    [
        ("iris", 112, 38, 4, ([37, 37, 38], [13, 13, 12])),
        ("breast cancer", 426, 143, 30, ([159, 267], [53, 90])),
        ("diabetes", 331, 111, 10, None),
    ],
)
def test_sizes_and_balance(name: str, train: int, test: int, columns: int, counts: tuple | None) -> None:
    table = tables.load(name)
    assert table.train.shape == (train, columns) and table.test.shape == (test, columns)
    assert table.train.dtype == table.test.dtype == np.float64
    assert len(table.columns) == len(set(table.columns)) == len(table.units) == columns
    assert table.task == ("regression" if counts is None else "classification")
    if counts is not None:
        assert [np.bincount(labels).tolist() for labels in (table.train_labels, table.test_labels)] == list(counts)
    again = tables.load(name)
    assert np.array_equal(table.train, again.train) and np.array_equal(table.test_labels, again.test_labels)


@pytest.mark.parametrize(
    ("name", "bundle"),
    [("iris", load_iris()), ("breast cancer", load_breast_cancer()), ("diabetes", load_diabetes(scaled=False))],
)
def test_the_two_parts_are_the_whole_table(name: str, bundle) -> None:
    table = tables.load(name)
    rows = np.column_stack([np.concatenate([table.train, table.test]), [*table.train_labels, *table.test_labels]])
    expected = np.column_stack([bundle.data, bundle.target])
    assert np.array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])


def test_names_and_units() -> None:
    iris, cancer, diabetes = (tables.load(name) for name in tables.NAMES)
    assert iris.columns == ("sepal length", "sepal width", "petal length", "petal width")
    assert iris.units == ("cm",) * 4 and iris.classes == ("setosa", "versicolor", "virginica")
    assert cancer.classes == ("malignant", "benign") and cancer.columns[0] == "mean radius"
    assert diabetes.columns[:4] == ("age", "sex", "body mass index", "mean blood pressure")
    assert diabetes.units[:3] == ("years", "", "kg/m²") and diabetes.classes is None


def test_ages_are_years_and_the_answer_a_quantity() -> None:
    diabetes = tables.load("diabetes")
    ages = np.concatenate([diabetes.train[:, 0], diabetes.test[:, 0]])
    assert ages.min() == 19 and ages.max() == 79
    assert diabetes.train_labels.dtype == np.float64
    assert min(diabetes.train_labels.min(), diabetes.test_labels.min()) == 25
    assert max(diabetes.train_labels.max(), diabetes.test_labels.max()) == 346


@pytest.mark.parametrize("kind", tables.KINDS)
@pytest.mark.parametrize(("name", "least"), [("iris", 0.92), ("breast cancer", 0.92), ("diabetes", 0.15)])
def test_models_learn(name: str, least: float, kind: str) -> None:
    """Accuracy, or R², on the rows held out; and `predictor` answers what scikit-learn's own score is made of."""
    table = tables.load(name)
    model = tables.fit(table, kind)
    score = model.score(table.test, table.test_labels)
    assert score > least
    answers = tables.predictor(model)(table.test)
    if table.classes is None:
        residual = ((answers - table.test_labels) ** 2).sum()
        total = ((table.test_labels - table.test_labels.mean()) ** 2).sum()
        assert answers.shape == (111,) and 1 - residual / total == pytest.approx(score)
    else:
        assert answers.shape == (len(table.test), len(table.classes)) and np.allclose(answers.sum(1), 1)
        assert (answers.argmax(1) == table.test_labels).mean() == pytest.approx(score)
    if name == "iris":
        assert np.array_equal(tables.predictor(tables.fit(table, kind))(table.test), answers)


def test_the_linear_regressor_is_least_squares_in_the_columns_units() -> None:
    diabetes = tables.load("diabetes")
    design = np.column_stack([diabetes.train, np.ones(len(diabetes.train))])
    expected = np.linalg.lstsq(design, diabetes.train_labels, rcond=None)[0]
    model = tables.fit(diabetes, "linear")
    np.testing.assert_allclose([*model.coef_, model.intercept_], expected, rtol=1e-6)
    older = diabetes.test[:1] + np.eye(10)[:1]
    slope = tables.predictor(model)(older) - tables.predictor(model)(diabetes.test[:1])
    assert slope == pytest.approx(model.coef_[:1])


def test_a_users_own_model() -> None:
    class Two:
        def predict_proba(self, rows: np.ndarray) -> np.ndarray:
            return np.tile([0.25, 0.75], (len(rows), 1))

        def predict(self, rows: np.ndarray) -> np.ndarray:
            raise AssertionError("classes are not what is explained")

    assert tables.predictor(Two())(np.zeros((2, 3))).tolist() == [[0.25, 0.75]] * 2
    mean = DummyRegressor().fit(np.zeros((2, 1)), [1.0, 2.0])
    assert tables.predictor(mean)(np.zeros((3, 1))).tolist() == [1.5] * 3


def test_errors_name_the_argument() -> None:
    with pytest.raises(ValueError, match="name is 'wine'; it must be one of iris, breast cancer, diabetes"):
        tables.load("wine")
    with pytest.raises(ValueError, match="kind is 'svm'; it must be one of forest, linear, boosting"):
        tables.fit(tables.load("iris"), "svm")
    with pytest.raises(TypeError, match="model is a int; it must have predict_proba or predict"):
        tables.predictor(3)
