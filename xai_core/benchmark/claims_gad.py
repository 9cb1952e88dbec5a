"""What the GAD paper claims (Rodrigues, Boutry & Najman 2024), and the same against a rival that it does not have.

Each is asked of every pair of classes, network, method and class, as the columns of its tables are.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from xai_core.benchmark.claims import Claim, Comparison, Rows
from xai_core.benchmark.gad_tables import RC, RC_RIVAL, RS_GAD, RS_RIVAL, RS_SUP, SHORT, found_in


def _asked(rows: Rows, differences: Callable[[np.ndarray], np.ndarray]) -> Iterator[Comparison]:
    found = rows("gad")
    for (pair, column, method, which), each in found_in(found).items() if len(found) else ():
        yield Comparison(f"{pair}, {column}, class {which + 1}", SHORT[method], differences(each))


def _minus(one: int, other: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda rows: rows[:, one] - rows[:, other]


def _smaller_hull(rows: np.ndarray) -> np.ndarray:
    """A picture counts once, for or against; one without RC is no win, as in Table 1."""
    return np.where(rows[:, RC] < 1, 1.0, -1.0)


def _claim(name: str, place: str, says: str, differences: Callable[[np.ndarray], np.ndarray]) -> Claim:
    return Claim(name, "GAD", place, says, partial(_asked, differences=differences), "pictures")


CLAIMS = (
    _claim("gad_hull", "Table 1", "GAD leaves the smaller hull for most pictures.", _smaller_hull),
    _claim("gad_change", "Table 2", "A pixel that GAD leaves changes the answer more than one that it took away.",
           _minus(RS_GAD, RS_SUP)),
    _claim("gad_hull_rival", "not in it", "GAD's hull is smaller than that of as many pixels, the map's strongest.",
           _minus(RC_RIVAL, RC)),
    _claim("gad_change_rival", "not in it", "GAD's pixels change the answer more than as many, the map's strongest.",
           _minus(RS_GAD, RS_RIVAL)),
)  # fmt: skip
