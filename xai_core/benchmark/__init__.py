"""The benchmark: networks × methods × scores × pictures, as pieces of work that can be stopped, resumed and spread.

    work      cells.py says what a piece of it is; running.py does what is missing, spreading.py on many machines,
              watching.py shows it, estimate.py says what more would take
    results   store.py keeps them in one file that opening.py opens, exports.py in one that is committed; maps.py keeps
              the maps that they judge
    data      collection.py is what is asked of it; preparing.py and batches.py make it faster
    papers    uni.py and gad.py are the tables of two, normlime.py the figure of a third; report.py writes them down
              beside the papers' own numbers
    asked     alike.py compares maps of two networks, cost.py UNI with IG: what reviewers of the UNI paper asked

`python -m xai_core.benchmark --help` says how to use it, command_line.py how it is read.
"""

from importlib.util import find_spec

_ABSENT = [name for name in ("pandas", "pyarrow", "tqdm") if find_spec(name) is None]
if _ABSENT:
    raise ModuleNotFoundError(
        f"the benchmark needs {', '.join(_ABSENT)}: pip install '.[benchmark]' in the project's folder", name=_ABSENT[0]
    )
