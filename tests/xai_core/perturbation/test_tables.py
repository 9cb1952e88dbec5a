"""Tables: bins, borders and names by hand, samples from the training rows, and LIME's own package on its samples."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from tests.toys import MLP, linear, seeded
from xai_core import k_lasso, make_score, table_neighbourhood, table_samples
from xai_core.perturbation.tables import bin_of, bins

NINE = np.arange(1.0, 10)  # quartiles 3, 5, 7
TABLE = np.stack([NINE, NINE % 2, np.ones(9), [0, 0, 0, 0, 0, 1, 2, 3, 30], [1, 2, 3, 4, 1, 2, 3, 4, 4]], 1)
X = np.array([5.0, 1, 1, 0, 4])


def total(rows: np.ndarray) -> np.ndarray:
    return rows.sum(1)


# Bins


def test_bins_by_hand():
    """Quartiles; the middle between two values; none in a constant; one where quartiles fall together; four values."""
    expected = [[3, 5, 7], [0.5], [], [0, 2], [1.5, 2.5, 3.5]]
    assert [b.tolist() for b in bins(TABLE)] == expected
    assert bins(np.array([[0.0], [1], [2], [3], [9], [9], [9], [9], [9]]))[0].tolist() == [2]  # none above 9
    assert bins(np.array([[1.0], [5.0]]))[0].tolist() == [3] and bins(np.array([[1.0]]))[0].tolist() == []


def test_a_value_on_a_border_lies_below_it():
    rows = np.array([[1.0], [3], [3.0001], [5], [7], [7.0001], [-99], [99]])
    assert bin_of(rows, [np.array([3.0, 5, 7])])[:, 0].tolist() == [0, 0, 1, 1, 2, 3, 0, 3]


@given(st.integers(0, 10_000), st.integers(5, 40), st.booleans())
def test_bins_hold_a_quarter_each(seed, n, rounded):
    """Of different numbers about a quarter each; of few, none lies above the last bin's empty end."""
    column = np.random.default_rng(seed).normal(size=(n, 1))
    column = np.round(column) if rounded else column
    borders = bins(column)
    count = np.bincount(bin_of(column, borders)[:, 0], minlength=len(borders[0]) + 1)
    assert count[-1] > 0 and count.sum() == n
    if not rounded:
        assert len(count) == 4 and (abs(count - n / 4) <= 1).all()


def names(x: np.ndarray, training: np.ndarray, **given) -> tuple[str, ...]:
    return table_neighbourhood(total, x, training, 5, **given).names


def test_names_by_hand():
    assert names(X, TABLE) == ("3 < x1 ≤ 5", "0.5 < x2", "x3", "x4 ≤ 0", "3.5 < x5")
    columns = ["age", "sex", "one", "visits", "grade"]
    assert names(np.array([7.5, 0, 1, 1, 2]), TABLE, columns=columns) == (
        "7 < age",
        "sex ≤ 0.5",
        "one",
        "0 < visits ≤ 2",
        "1.5 < grade ≤ 2.5",
    )


def test_names_tell_borders_apart():
    """Three digits, or as many as it takes: years, areas, small differences."""
    step = np.arange(9.0)[:, None]
    table = np.concatenate([1990 + 2 * step, 1084.25 + 100 * step, 0.3 + step / 1e5, -2e6 + step, 1e20 * step], 1)
    assert names(table[3], table) == (
        "1994 < x1 ≤ 1998",
        "1284 < x2 ≤ 1484",
        "0.30002 < x3 ≤ 0.30004",
        "-1999998 < x4 ≤ -1999996",
        "2e+20 < x5 ≤ 4e+20",
    )
    iris = load_iris()
    assert names(iris.data[0], iris.data, columns=iris.feature_names) == (
        "sepal length (cm) ≤ 5.1",
        "3.3 < sepal width (cm)",
        "petal length (cm) ≤ 1.6",
        "petal width (cm) ≤ 0.3",
    )


# Samples


def test_samples_come_from_the_training_rows():
    """Row 0 is x; each column's values are drawn from that column alone, independently, all equally often."""
    x = X + np.array([0.25, 0, 0, 0.25, 0])
    rows, masks = table_samples(x, TABLE, 9001, 1)
    assert rows[0].tolist() == x.tolist() and masks[0].all()
    for j in range(5):
        assert set(rows[1:, j]) == set(TABLE[:, j])
    for value in NINE:
        assert (rows[1:, 0] == value).mean() == pytest.approx(1 / 9, abs=0.015)
    assert abs(np.corrcoef(rows[1:, 0], rows[1:, 3])[0, 1]) < 0.04 < np.corrcoef(TABLE[:, 0], TABLE[:, 3])[0, 1]
    assert masks[:, 2].all()  # a constant column is always as it is
    again = table_samples(x, TABLE, 9001, 1)
    assert np.array_equal(rows, again[0]) and torch.equal(masks, again[1])
    assert not np.array_equal(rows, table_samples(X, TABLE, 9001, 2)[0])


def test_masks_by_hand():
    """1 where the sampled value shares x's bin."""
    rows, masks = table_samples(X, TABLE, 200, 0)
    inside = [(rows[:, 0] > 3) & (rows[:, 0] <= 5), rows[:, 1] > 0.5, rows[:, 2] == 1, rows[:, 3] <= 0, rows[:, 4] == 4]
    assert np.array_equal(masks.numpy(), np.stack(inside, 1))


def test_the_model_is_asked_about_the_samples():
    asked = []
    near = table_neighbourhood(lambda rows: asked.append(rows) or rows @ np.arange(5.0), X, TABLE, 60, seed=2)
    rows, masks = table_samples(X, TABLE, 60, 2)
    assert len(asked) == 1 and np.array_equal(asked[0], rows) and torch.equal(near.masks, masks)
    assert near.scores[:, 0].tolist() == (rows @ np.arange(5.0)).tolist() and near.target == 0
    assert near.segments is None and near.fill is None
    for n in (1, 7, 60):
        fresh = table_neighbourhood(lambda rows: rows @ np.arange(5.0), X, TABLE, n, seed=2)
        assert torch.equal(near.first(n).masks, fresh.masks) and torch.equal(near.first(n).scores, fresh.scores)


def test_a_model_that_writes_into_its_rows():
    training, x = TABLE.copy(), X.copy()

    def predict(rows: np.ndarray) -> np.ndarray:
        rows -= 100
        return rows.sum(1)

    near = table_neighbourhood(predict, x, training, 20)
    assert near.names == names(X, TABLE) and np.array_equal(training, TABLE) and np.array_equal(x, X)


# The explanation


def test_the_column_that_decides():
    """A model that only asks whether the first number lies in x's bin: its weight is 1, and nothing else has any."""
    near = table_neighbourhood(lambda rows: (rows[:, 0] > 3) & (rows[:, 0] <= 5), X, TABLE, 400)
    fit = k_lasso(near, 2, sigma=1.06, distance="l2")
    torch.testing.assert_close(fit.weights, torch.tensor([1.0, 0, 0, 0, 0], dtype=torch.double), rtol=0, atol=1e-9)
    assert fit.chosen[0] == 0 and fit.r2 == pytest.approx(1) and fit.intercept == pytest.approx(0, abs=1e-9)


def weights_of(predict, x: np.ndarray, training: np.ndarray, **given) -> np.ndarray:
    near = table_neighbourhood(predict, x, training, 600, **given)
    return k_lasso(near, len(x), sigma=1.06, distance="l2").weights.numpy()


@pytest.mark.parametrize("unknown", [7.0, -1.0, 0.4, 1.5, 3.0])
@pytest.mark.parametrize("values", [[0, 1], [0, 1, 2], [1, 1, 1]])
def test_a_value_that_no_training_row_has(unknown, values):
    """Above, below or between the few values of a column: it is x's alone, and a model that asks for it gives it 1."""
    training = np.random.default_rng(0).normal(size=(60, 3))
    training[:, 1] = np.resize(values, 60)
    x = np.array([0.3, unknown, -0.2])
    w = weights_of(lambda rows: rows[:, 1] == unknown, x, training)
    np.testing.assert_allclose(w, [0, 1, 0], atol=1e-9)
    assert names(x, training)[1] == f"x2 = {unknown:g}"
    rows, masks = table_samples(x, training, 90, 0)
    assert np.array_equal(masks[:, 1].numpy(), rows[:, 1] == unknown) and masks[:, 1].sum() == 1


@pytest.mark.parametrize("named", [["town"], [1], [np.int64(1)], ("town", 1)])
def test_columns_of_codes(named):
    """Twelve towns: as numbers, quarters of the codes; named, town 5 against all others. By name or by number."""
    training = np.random.default_rng(0).normal(size=(240, 3))
    training[:, 1] = np.arange(240) % 12
    x, columns = np.array([0.1, 5, 0.2]), ["age", "town", "income"]

    def lives_there(rows: np.ndarray) -> np.ndarray:
        return rows[:, 1] == 5

    w = weights_of(lives_there, x, training, columns=columns, categorical=named)
    np.testing.assert_allclose(w, [0, 1, 0], atol=1e-9)
    assert names(x, training, columns=columns, categorical=named)[1] == "town = 5"
    quarter = weights_of(lives_there, x, training, columns=columns)[1]
    assert quarter == pytest.approx(1 / 3, abs=0.1) and names(x, training)[1] == "2.75 < x2 ≤ 5.5"
    by_number, by_name = (table_samples(x, training, 50, 0, which)[1] for which in ([1], ["x2"]))
    assert torch.equal(by_number, by_name)


@pytest.mark.parametrize(("code", "said"), [(7, "7"), (0.1, "0.1"), (1_000_000_001, "1000000001"), (-2.5, "-2.5")])
def test_codes_are_said_in_full(code, said):
    training = np.stack([np.arange(9.0), np.full(9, code)], 1)
    assert names(training[0], training, categorical=[1])[1] == f"x2 = {said}"


@pytest.mark.parametrize("kind", [np.float32, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rounded", ["x", "training"])
def test_a_value_in_two_precisions(kind, rounded):
    """0.1 as float32 is no other value than the table's 0.1; nor does it lie on the other side of a border."""
    training = np.stack([np.resize([0.1, 0.7], 40), np.resize([0.1, 0.3, 0.7, 1.1, 1.3], 40)], 1)
    training = training if kind != torch.bfloat16 else torch.from_numpy(training).bfloat16().double().numpy()
    x = training[0]
    given = [torch.tensor(a).to(kind) if isinstance(kind, torch.dtype) else a.astype(kind) for a in (x, training)]
    given = (given[0], training) if rounded == "x" else (x, given[1])
    assert torch.equal(table_samples(*given, 80, 0)[1], table_samples(x, training, 80, 0)[1])
    assert names(*given, categorical=[0])[0] == ("x1 = 0.1" if kind != torch.bfloat16 else "x1 = 0.100097656")


@pytest.mark.parametrize("regressor", [False, True])
def test_agrees_with_lime_tabular(regressor):
    """LimeTabularExplainer's own samples: equal bins and masks; features, weights, intercept and R² of its fit."""
    data = load_diabetes() if regressor else load_iris()
    table, M, seen = data.data, data.data.shape[1], []
    forest = RandomForestClassifier(10, random_state=0).fit(load_iris().data, load_iris().target)

    def predict(rows: np.ndarray) -> np.ndarray:
        seen.append(rows)
        return np.tanh(rows @ np.linspace(-40, 60, M)) if regressor else forest.predict_proba(rows)

    explainer = LimeTabularExplainer(
        table, mode="regression" if regressor else "classification", feature_selection="lasso_path", random_state=0
    )
    model = LinearRegression()
    theirs = explainer.explain_instance(table[60], predict, num_features=3, num_samples=500, model_regressor=model)
    borders = bins(table)
    masks = torch.from_numpy(bin_of(seen[0], borders) == bin_of(table[60][None], borders))
    if regressor:  # "sex" has two values: they keep quartiles, of which one is the larger value
        assert borders[1].tolist() == [np.unique(table[:, 1]).mean()]
    target = 0 if regressor else 1
    near = table_neighbourhood(lambda rows: predict(seen[0]), table[60], table, 500, target=target)
    near = type(near)(None, masks, near.scores, target)
    fit = k_lasso(near, 3, sigma=1.125**0.5, distance="l2")  # the root of a kernel of width ¾√M
    label = 1  # what they call a regressor's column, too
    assert {j for j, _ in theirs.local_exp[label]} == set(fit.chosen)
    for j, weight in theirs.local_exp[label]:
        assert fit.weights[j].item() == pytest.approx(weight, rel=1e-6)
    r2 = theirs.score[label] if isinstance(theirs.score, dict) else theirs.score
    assert fit.r2 == pytest.approx(r2, rel=1e-6) and fit.intercept == pytest.approx(theirs.intercept[label], rel=1e-6)


# Whatever is given


def test_a_torch_network():
    """As it is, it is refused with the words that make it a function; as a function, it is explained."""
    model = seeded(MLP).eval()
    for network in (model, make_score(model, torch.ones(1, 5), 0)):
        with pytest.raises(
            TypeError, match=r"lambda rows: network\(torch.tensor\(rows\).float\(\)\).softmax\(1\); got"
        ):
            table_neighbourhood(network, X, TABLE)
    with pytest.raises(
        TypeError, match=r"predict must be a function.*model\.predict_proba.*got RandomForestClassifier"
    ):
        table_neighbourhood(RandomForestClassifier(), X, TABLE)
    near = table_neighbourhood(lambda rows: model(torch.tensor(rows).float()).softmax(1), X, TABLE, 30)
    with torch.no_grad():
        expected = model(torch.tensor(table_samples(X, TABLE, 30, 0)[0]).float()).softmax(1).double()
    torch.testing.assert_close(near.scores, expected)
    assert near.target == expected[0].argmax() and not near.scores.requires_grad


def test_x_and_training_of_any_kind():
    expected = table_neighbourhood(total, X, TABLE, 30)
    for x, training in (
        (X.tolist(), TABLE.tolist()),
        (torch.from_numpy(X).requires_grad_(), torch.from_numpy(TABLE)),
        (X[::-1][::-1], np.asfortranarray(TABLE)),
        (X.astype(int), TABLE.astype(np.float32)),
    ):
        near = table_neighbourhood(total, x, training, 30)
        assert torch.equal(near.scores, expected.scores) and near.names == expected.names


def quiet(x: np.ndarray, training: np.ndarray, N: int = 50):
    """The fit of a linear model, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        near = table_neighbourhood(lambda rows: rows @ np.arange(1.0, len(x) + 1), x, training, N)
        return k_lasso(near, len(x), sigma=1.06, distance="l2")


KINDS = ["as drawn", "constant", "equal", "twins", "one value"]


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(2, 6), st.sampled_from(KINDS))
def test_degenerate_tables(seed, n, M, kind):
    """Few rows, equal rows, constant or doubled columns, one sample: finite weights, 0 where nothing varies."""
    training = np.random.default_rng(seed).integers(-3, 4, (n, M)).astype(float)
    if kind == "constant":
        training[:, 0] = 7
    if kind == "equal":
        training[:] = training[0]
    if kind == "twins":
        training[:, 1] = training[:, 0]
    if kind == "one value":
        training[:] = 1
    for N in (1, 2, 50):
        fit = quiet(training[-1], training, N)
        assert torch.isfinite(fit.weights).all() and len(fit.chosen) <= M
        if kind == "constant":
            assert fit.weights[0] == 0
        if kind in ("equal", "one value") or n == 1 or N == 1:
            assert not fit.weights.any() and np.isnan(fit.r2)


@pytest.mark.parametrize(
    ("x", "training", "error", "words"),
    [
        (X[:4], TABLE, ValueError, "x must have 5 numbers, one a column of training; got 4"),
        (X[None], TABLE, ValueError, r"x must be an array \(M,\); got the shape \(1, 5\)"),
        (X, X, ValueError, r"training must be an array \(n, M\); got the shape \(5,\)"),
        (X, TABLE[:0], ValueError, r"training must be an array .*got the shape \(0, 5\)"),
        (X * np.nan, TABLE, ValueError, "x must be finite"),
        (X, np.where(TABLE > 8, np.inf, TABLE), ValueError, "training must be finite"),
        (["red"] * 5, TABLE, TypeError, "x must be an array of numbers; got list"),
        (X, None, (TypeError, ValueError), "training must be"),
        (X[:1], TABLE[:, :1], ValueError, "x must have two columns or more, there would be nothing to compare; got 1"),
    ],
)
def test_tables_that_cannot_be(x, training, error, words):
    with pytest.raises(error, match=words):
        table_neighbourhood(total, x, training)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (["town"], ValueError, "categorical must be columns: x1, x2, x3, x4, x5, or their numbers; got 'town'"),
        ([5], ValueError, "categorical must be a column from 0 to 4; got 5"),
        ([-1], ValueError, "categorical must be a column from 0 to 4; got -1"),
        ([True], ValueError, "categorical must be a column from 0 to 4; got True"),
        ([1.5], ValueError, "categorical must be a column from 0 to 4; got 1.5"),
        ("x1", TypeError, "categorical must be a list of columns, by name or by number; got 'x1'"),
        (3, TypeError, "categorical must be a list of columns, by name or by number; got 3"),
        (None, TypeError, "categorical must be a list"),
    ],
)
def test_categorical_columns_that_cannot_be(given, error, words):
    with pytest.raises(error, match=words):
        table_neighbourhood(total, X, TABLE, categorical=given)
    with pytest.raises(error, match=words):
        table_samples(X, TABLE, categorical=given)


def test_columns_and_numbers_that_cannot_be():
    with pytest.raises(ValueError, match="columns must be 5 names, one a column; got 2"):
        table_neighbourhood(total, X, TABLE, columns=["age", "sex"])
    with pytest.raises(ValueError, match="columns must be different names; got 'b' 2 times"):
        table_neighbourhood(total, X, TABLE, columns=["a", "b", "c", "b", "e"])
    for N in (0, 1.5, "7", True):
        with pytest.raises((TypeError, ValueError), match=r"N \(random samples\) must be a whole number, at least 1"):
            table_neighbourhood(total, X, TABLE, N)
        with pytest.raises((TypeError, ValueError), match=r"N \(random samples\) must be a whole number, at least 1"):
            table_samples(X, TABLE, N)
    with pytest.raises(ValueError, match="target must be a class from 0 to 0; got 1"):
        table_neighbourhood(total, X, TABLE, target=1)


def test_a_linear_model_of_shares():
    """Of a model that adds up w where the columns share x's bins, LIME's weights are w: any number of classes."""
    w = torch.tensor([[0.5, -1, 0, 0, 2], [1, 1, 0, 0, 0]], dtype=torch.double)
    model, borders = linear(w), bins(TABLE)

    def predict(rows: np.ndarray) -> torch.Tensor:
        return model(torch.from_numpy(bin_of(rows, borders) == bin_of(X[None], borders)).double())

    near = table_neighbourhood(predict, X, TABLE, 300)
    assert near.target == int((w.sum(1)).argmax())
    for column in (0, 1):
        fit = k_lasso(near, 4, 1.06, "l2", column)
        torch.testing.assert_close(fit.weights, w[column], rtol=1e-9, atol=1e-9)
