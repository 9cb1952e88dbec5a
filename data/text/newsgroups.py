"""Real posts on atheism and Christianity: two groups of the 20 newsgroups of 1993, through scikit-learn.

The posts of LIME's paper (Ribeiro, Singh and Guestrin, KDD 2016): alt.atheism and soc.religion.christian, in
the split by date, 1079 to learn from and 717 held out. «Posting», of the header line NNTP-Posting-Host, stands in 22 %
of the first, and 99 % of these are on atheism, as the paper says. «rutgers» is another such word: 39 % of the posts on
Christianity have it, and none on atheism.

They are people's own words of thirty years ago, with their names and addresses. Nothing of them comes with this
workbook; scikit-learn downloads them, only when asked, into its own folder (SCIKIT_LEARN_DATA moves it).
"""

from __future__ import annotations

import os
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.text.documents import CLASSES

GROUPS: dict[str, str] = {"atheism": "alt.atheism", "christian": "soc.religion.christian"}
SUBSETS: tuple[str, ...] = ("train", "test")
_FILE = "20news-bydate_py3.pkz"  # the name is scikit-learn's


class Posts(NamedTuple):
    """The posts as texts, and their labels (n,) int64 that index `data.documents.CLASSES`."""

    texts: list[str]
    labels: np.ndarray


def load(subset: str = "train", *, headers: bool = True, download: bool = False) -> Posts:
    """The posts of `subset`, "train" or "test", in a fixed order; `headers=False` cuts the header off each.

    `download` fetches all 20 groups, about 14 MB, where scikit-learn's folder has none.
    Raises ValueError for another subset, FileNotFoundError where the posts are missing, damaged or cannot be fetched.
    """
    from sklearn.datasets import fetch_20newsgroups

    if subset not in SUBSETS:
        raise ValueError(f'subset is {subset!r}; it must be "train" or "test"')
    if not is_available() and not download:
        raise FileNotFoundError(_how("are not there"))
    try:
        bundle = fetch_20newsgroups(
            subset=subset,
            categories=[GROUPS[name] for name in CLASSES],
            remove=() if headers else ("headers",),
            download_if_missing=download,
        )
    except (OSError, HTTPException) as error:  # no network, no room, half an archive (scikit-learn checks its SHA-256)
        raise FileNotFoundError(_how(f"cannot be {'fetched' if download else 'read'} ({error})")) from error
    return Posts(bundle.data, bundle.target.astype(np.int64))


def is_available() -> bool:
    """Whether scikit-learn's folder holds the posts already, so that `load` needs no network."""
    return cache_file().is_file()


def cache_file() -> Path:
    """Where scikit-learn keeps the posts; the file need not exist."""
    return Path(os.environ.get("SCIKIT_LEARN_DATA") or Path.home() / "scikit_learn_data", _FILE).expanduser()


def _how(what: str) -> str:
    return (
        f"The newsgroup posts {what}: {cache_file()}. Fetch them once, about 14 MB, with "
        "data.newsgroups.load(download=True), or set SCIKIT_LEARN_DATA to a folder that holds "
        f"{_FILE} (without them: data.documents has generated posts)."
    )
