"""The neighbourhood of a row of a table: draw the other rows' values, and ask the model again.

    features  one a column: is the sample's value in the same bin as x's? (quartiles of the training rows)
              of a categorical column, and of one with few values: is it x's own value?
    samples   every column drawn by itself from the training rows, as if columns were independent
    z         1 where the sampled value shares x's bin, or is x's value

Units: F in those of the model. What to look at: samples that cannot be (a tall petal of no width). The model is asked
about them all the same.

There is no natural "off" for an age or a petal's length. So LIME asks of a number only in which quarter of the training
rows it lies. The weight of "1.8 < petal width" is what lying there brings, against lying elsewhere. Codes have no
order, and no quarters: name the columns that hold them, `categorical=["town"]`.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.neighbourhood import Neighbourhood, Predict, ask, class_number, explained_column
from xai_core.symbols import Samples

QUARTILES = (25, 50, 75)
FEW_VALUES = 4  # a column with no more different values than this is compared value by value


def bins(training: np.ndarray) -> list[np.ndarray]:
    """The borders between each column's bins: quartiles, or the middles between a few values. (n, M) → M arrays."""
    borders = []
    for column in np.asarray(training, float).T:
        values = np.unique(column)
        if len(values) <= FEW_VALUES:
            borders.append((values[1:] + values[:-1]) / 2)
        else:  # one border where quartiles fall together; none at the top, where nothing would lie above
            quartiles = np.unique(np.percentile(column, QUARTILES))
            borders.append(quartiles[quartiles < values[-1]])
    return borders


def bin_of(rows: np.ndarray, borders: Sequence[np.ndarray]) -> np.ndarray:
    """The bin of each number, counted from 0; a value on a border belongs below it. (n, M) → (n, M)."""
    return np.stack([np.searchsorted(b, column) for b, column in zip(borders, rows.T, strict=True)], 1)


def by_value(training: np.ndarray, categorical: Sequence[int] = ()) -> np.ndarray:
    """Which columns are compared value by value: those that are named, and those of few values. (n, M) → (M,) bool."""
    few = np.array([len(np.unique(column)) <= FEW_VALUES for column in training.T])
    few[list(categorical)] = True
    return few


def table_samples(
    x: np.ndarray, training: np.ndarray, N: Samples = 1000, seed: int = 0, categorical: Sequence[int] = ()
) -> tuple[np.ndarray, Tensor]:
    """N rows around x and their masks: (N, M) numbers, (N, M) bool. Row 0 is x itself.

    x: (M,); training: (n, M). If one of them is float32, both are rounded to it: 0.1 has to be 0.1.
    categorical: the numbers of the columns that hold codes. Where x has a value that no training row has, it alone
        counts as x's.
    Raises TypeError or ValueError unless both are finite numbers of M columns, or for an N or categorical that is not
    allowed.
    """
    symbols.check(table_samples, N=N)
    x, training = _table(x, training)
    codes = _column_numbers(categorical, _column_names(None, len(x)))
    chosen = np.random.default_rng(seed).integers(len(training), size=(N, len(x)))
    rows = np.take_along_axis(training, chosen, 0)
    rows[0] = x
    borders = bins(training)
    same = np.where(by_value(training, codes), rows == x, bin_of(rows, borders) == bin_of(x[None], borders))
    return rows, torch.from_numpy(same)


def table_neighbourhood(
    predict: Predict,
    x: np.ndarray,
    training: np.ndarray,
    N: Samples = 1000,
    seed: int = 0,
    target: int | None = None,
    columns: Sequence[str] | None = None,
    categorical: Sequence[int | str] = (),
) -> Neighbourhood:
    """N rows around x and what the model says to each.

    predict: a function from rows (n, M) to (n, classes), or, a regressor, to (n,); an array or a tensor.
    x: (M,) the row to explain. training: (n, M) the rows whose quartiles and values count.
    target: the class to explain; None for the one that x gets.
    columns: M names, for `names` such as "0.3 < petal width ≤ 1.3".
    categorical: the columns that hold codes, by name or by number, as "town"; they are compared value by value, as all
        columns of up to 4 values are.
    Costs N predictions. LIME's package reads it with an l2 kernel of width ¾√M, here
    `k_lasso(near, K, sigma=1.06, distance="l2")`.
    Raises TypeError or ValueError for an x, training, N, target, columns or categorical that do not fit, or answers of
    predict that are not finite numbers.
    """
    x, training = _table(x, training)
    if len(x) < 2:
        raise ValueError(f"x must have two columns or more, there would be nothing to compare; got {len(x)}")
    columns = _column_names(columns, len(x))
    codes = _column_numbers(categorical, columns)
    rows, masks = table_samples(x, training, N, seed, codes)
    code = by_value(training, codes) & ~(training == x).any(0)  # a value of no training row lies between none of them
    code[codes] = True
    names = tuple(
        f"{column} = {_digits(value)}" if is_code else _said(column, value, b)
        for column, value, is_code, b in zip(columns, x, code, bins(training), strict=True)
    )
    scores = ask(predict, rows)
    return Neighbourhood(None, masks, scores, explained_column(scores, target), names=names)


def _column_names(columns: Sequence[str] | None, M: int) -> list[str]:
    """The names of M columns, x1 … xM by default. Raises ValueError for names that do not fit."""
    columns = [f"x{j + 1}" for j in range(M)] if columns is None else list(columns)
    if len(columns) != M:
        raise ValueError(f"columns must be {M} names, one a column; got {len(columns)}")
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise ValueError(f"columns must be different names; got {twice[0]!r} {len(twice)} times")
    return columns


def _column_numbers(given: Sequence[int | str], columns: Sequence[str]) -> list[int]:
    """Columns by name or number → by number. Raises TypeError or ValueError for what is no column."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"categorical must be a list of columns, by name or by number; got {given!r}")
    numbers = []
    for each in given:
        if isinstance(each, str) and each not in columns:
            raise ValueError(f"categorical must be columns: {', '.join(columns)}, or their numbers; got {each!r}")
        number = columns.index(each) if isinstance(each, str) else each
        numbers.append(class_number(number, len(columns), "categorical", "column"))
    return numbers


def _digits(value: float) -> str:
    """A code in as many digits as it takes: 7, 0.1, 1000000001."""
    single = np.float32(value)
    return np.format_float_positional(single if single == value else value, trim="-")


def _said(column: str, value: float, borders: np.ndarray) -> str:
    """The bin in words: three digits of its borders, or as many as it takes to tell them apart."""
    k = int(np.searchsorted(borders, value))
    whole = len(f"{np.abs(borders).max(initial=0):.0f}")  # digits before the point: 1084 is said in full
    for digits in range(min(max(3, whole), 17), 18):
        said = [f"{border:.{digits}g}" for border in borders]
        if len(set(said)) == len(said):
            break
    low = f"{said[k - 1]} < " if k > 0 else ""
    high = f" ≤ {said[k]}" if k < len(borders) else ""
    return f"{low}{column}{high}"


def _table(x: np.ndarray, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64: (M,), (n, M). Of 0.1 in float32 and 0.1 in float64 neither is the other's value."""
    rounded = any(part in str(getattr(each, "dtype", "")) for each in (x, training) for part in ("float16", "float32"))
    kind = np.float32 if rounded else np.float64
    x, training = _numbers("x", x, 1, kind), _numbers("training", training, 2, kind)
    if len(x) != training.shape[1]:
        raise ValueError(f"x must have {training.shape[1]} numbers, one a column of training; got {len(x)}")
    return x, training


def _numbers(name: str, value: np.ndarray, dimensions: int, kind: type[np.floating]) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(value.detach().cpu().double() if isinstance(value, Tensor) else value, float)
            array = array.astype(kind).astype(float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be an array of numbers; got {type(value).__name__}") from error
    if array.ndim != dimensions or not array.size:
        shape = "(M,)" if dimensions == 1 else "(n, M)"
        raise ValueError(f"{name} must be an array {shape}; got the shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; it has NaN or infinite numbers")
    return array
