"""The benchmark: networks × methods × scores × pictures, as pieces of work that can be stopped, resumed and spread.

cells.py says what a piece of work is, store.py keeps results in one file, running.py does what is missing, here or on
many machines; collection.py is what the benchmark asks of the data. uni.py and gad.py are the tables of two papers,
normlime.py the figure of a third; report.py writes them down beside the papers' own numbers.
`python -m xai_core.benchmark --help` says how to use it.
"""

from importlib.util import find_spec

_ABSENT = [name for name in ("pandas", "pyarrow", "tqdm") if find_spec(name) is None]
if _ABSENT:
    raise ModuleNotFoundError(
        f"the benchmark needs {', '.join(_ABSENT)}: pip install '.[benchmark]' in the project's folder", name=_ABSENT[0]
    )
