"""Every single result as one flat file: rows.csv for anybody, rows.parquet for pandas, R and DuckDB.

One line a number: the plan and the cell it belongs to, the cell's settings (seed, digests, symbols too), then what was
measured. rows.parquet is small enough to be committed, and whole enough to go on from: `known` gives its rows by the
keys of their cells. What a command does not name (another network, folder, method or score) stays as it stands there.
Lists and the like are written as JSON, a float with all its digits, NaN as nan, nothing as an empty field; in rows.csv
no text is a spreadsheet's formula. Both are written in passing, a few thousand rows in memory at a time, and moved into
place when they are whole.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xai_core.benchmark.cells import Row, as_json
from xai_core.benchmark.store import WHOLE, Store
from xai_core.plain import cell

AT_ONCE = 10_000  # rows in memory
NOT_MEASURED = ("table", "key")  # columns that are no setting and no part of a row
NAMED = ("table", "pair", "network", "source", "made", "kind", "method", "alpha", "other")  # what a command names


def export(store: Store, folder: Path) -> int:
    """Write rows.csv and rows.parquet into a folder; the number of rows."""
    schema, count = _schema(store, folder), 0
    texts = {field.name for field in schema if field.type == pa.string()}
    repeated = [name for name in schema.names if name != "value"]  # measured numbers hardly ever are
    csv_file, parquet_file = folder / "rows.csv", folder / "rows.parquet"
    with (
        _passing(csv_file).open("w", newline="", encoding="utf-8") as file,
        pq.ParquetWriter(_passing(parquet_file), schema, compression="zstd", use_dictionary=repeated) as parquet,
    ):
        lines = csv.DictWriter(file, schema.names)
        lines.writeheader()
        rows = _flat(store, folder)
        while batch := list(islice(rows, AT_ONCE)):
            lines.writerows({name: cell(value) for name, value in row.items()} for row in batch)
            parquet.write_table(pa.Table.from_pylist([_typed(row, texts) for row in batch], schema))
            count += len(batch)
    for path in (csv_file, parquet_file):
        os.replace(_passing(path), path)
    return count


def known(folder: Path, name: str) -> dict[str, list[Row]]:
    """The rows of a plan in a folder's rows.parquet, by the keys of their cells; none where there is no such file.

    Raises ValueError for a file that is none, or has no keys.
    """
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _kept(folder):
        if row["table"] == name:
            found[row["key"]].append({what: value for what, value in row.items() if what not in NOT_MEASURED})
    return dict(found)


def tables(folder: Path) -> list[str]:
    """The plans of which a folder's rows.parquet has rows."""
    return list(dict.fromkeys(row["table"] for row in _kept(folder, ["table", "key"])))


def _kept(folder: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of rows.parquet, a few thousand at a time."""
    file = folder / "rows.parquet"
    if not file.is_file():
        return
    try:
        with pq.ParquetFile(file) as opened:
            if not {*NOT_MEASURED, "score"} <= set(opened.schema_arrow.names):
                return  # from before rows had the keys of their cells
            for batch in opened.iter_batches(AT_ONCE, columns=columns):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise ValueError(
            f"{file} must be rows that a benchmark wrote; it cannot be read: get it back, or delete it ({error})"
        ) from error


def _passing(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _flat(store: Store, folder: Path) -> Iterator[dict[str, Any]]:
    asked: dict[tuple, set[str]] = defaultdict(set)  # what is named → its scores
    for name in store.names():
        for settings, _, parts in store.planned(name):
            asked[_named({"table": name} | _plain(settings))].update(parts)
        for key, settings, row in store.entries(name):
            yield {"table": name, "key": key} | _plain(settings | row)
    for row in _kept(folder):
        if not asked.get(_named(row), set()) & {row["score"], *WHOLE}:
            yield {what: value for what, value in row.items() if value is not None}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {what: as_json(value) if isinstance(value, list | dict) else value for what, value in row.items()}


def _named(row: Mapping[str, Any]) -> tuple:
    """What a command would name to have this row."""
    return tuple(str(row.get(what, None)) for what in NAMED)


def _schema(store: Store, folder: Path) -> pa.Schema:
    """The columns of all rows in order of appearance, each a number if it is one wherever it is given."""
    kinds: dict[str, set[type]] = {name: {str} for name in NOT_MEASURED}
    for row in _flat(store, folder):
        for name, value in row.items():
            kinds.setdefault(name, set()).update(() if value is None else (type(value),))
    types = {
        name: pa.int64() if k == {int} else pa.float64() if k and k <= {int, float} else pa.string()
        for name, k in kinds.items()
    }
    return pa.schema(list(types.items()))


def _typed(row: dict[str, Any], texts: set[str]) -> dict[str, Any]:
    return {k: str(v) if k in texts and v is not None else v for k, v in row.items()}
