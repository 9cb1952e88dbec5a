"""Every single result as one flat file: rows.csv for anybody, rows.parquet for pandas, R and DuckDB.

One line a number: the plan it belongs to, the cell's settings (seed, digests, symbols too), then what was measured.
Lists and the like are written as JSON. A float is written with all its digits, NaN as nan, nothing as an empty field.
Both are written in passing, a few thousand rows in memory at a time, and moved into place when they are whole.
"""

import csv
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xai_core.benchmark.cells import as_json
from xai_core.benchmark.store import Store

AT_ONCE = 10_000  # rows in memory


def export(store: Store, folder: Path) -> int:
    """Write rows.csv and rows.parquet into a folder; the number of rows."""
    schema, count = _schema(store), 0
    texts = {field.name for field in schema if field.type == pa.string()}
    csv_file, parquet_file = folder / "rows.csv", folder / "rows.parquet"
    with (
        _passing(csv_file).open("w", newline="", encoding="utf-8") as file,
        pq.ParquetWriter(_passing(parquet_file), schema) as parquet,
    ):
        lines = csv.DictWriter(file, schema.names)
        lines.writeheader()
        rows = _flat(store)
        while batch := list(islice(rows, AT_ONCE)):
            lines.writerows(batch)
            parquet.write_table(pa.Table.from_pylist([_typed(row, texts) for row in batch], schema))
            count += len(batch)
    for path in (csv_file, parquet_file):
        os.replace(_passing(path), path)
    return count


def _passing(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _flat(store: Store) -> Iterator[dict[str, Any]]:
    for name in store.names():
        for row in store.rows(name):
            yield {"table": name} | {k: as_json(v) if isinstance(v, list | dict) else v for k, v in row.items()}


def _schema(store: Store) -> pa.Schema:
    """The columns of all rows in order of appearance, each a number if it is one wherever it is given."""
    kinds: dict[str, set[type]] = {"table": {str}}
    for row in _flat(store):
        for name, value in row.items():
            kinds.setdefault(name, set()).update(() if value is None else (type(value),))
    types = {
        name: pa.int64() if k == {int} else pa.float64() if k and k <= {int, float} else pa.string()
        for name, k in kinds.items()
    }
    return pa.schema(list(types.items()))


def _typed(row: dict[str, Any], texts: set[str]) -> dict[str, Any]:
    return {k: str(v) if k in texts and v is not None else v for k, v in row.items()}
