"""The real posts: what LIME's paper says of them, and a sentence instead of a download that nobody asked for."""

from __future__ import annotations

import urllib.error
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

from data.text import newsgroups, texts


@pytest.fixture(scope="session")
def train() -> newsgroups.Posts:
    if not newsgroups.is_available():
        pytest.skip(f"no newsgroup posts: {newsgroups.cache_file()} (see SCIKIT_LEARN_DATA)")
    return newsgroups.load("train")


@pytest.mark.real
def test_the_posts_of_the_paper(train: newsgroups.Posts) -> None:
    test = newsgroups.load("test")
    assert (len(train.texts), len(test.texts)) == (1079, 717)
    assert np.bincount(train.labels).tolist() == [480, 599]
    assert np.bincount(test.labels).tolist() == [319, 398]
    assert train.texts[0].startswith("Subject: Re: Yet more Rushdie [Re: ISLAMIC LAW]\nFrom: ")
    assert newsgroups.load("train").texts == train.texts


@pytest.mark.real
def test_the_words_that_leak(train: newsgroups.Posts) -> None:
    """«Posting» in 22 % of the training posts, 99 % of them on atheism: so LIME's paper. «Re» leaks nothing."""
    posting, host, reply, rutgers = (texts.occurrences(w, *train) for w in ("Posting", "Host", "Re", "rutgers"))
    assert posting.tolist() == [232, 2]
    assert host.tolist() == [232, 3]
    assert reply.tolist() == [452, 437]
    assert rutgers.tolist() == [0, 234]
    assert round(100 * posting.sum() / 1079) == 22 and round(100 * posting[0] / posting.sum()) == 99
    cut = newsgroups.load("train", headers=False)
    assert texts.occurrences("Posting", *cut).sum() == 1
    assert np.array_equal(cut.labels, train.labels)


@pytest.mark.real
def test_a_classifier_of_real_posts(train: newsgroups.Posts) -> None:
    """0.934 of the held-out posts (the paper's svm: 0.94), and the heaviest words are the header line's."""
    model = texts.fit(*train)
    assert model.accuracy(*newsgroups.load("test")) == pytest.approx(0.934, abs=0.01)
    c = model.weights()
    heaviest = sorted(c, key=lambda word: -abs(c[word]))
    assert set(heaviest[:5]) == {"Posting", "Host", "NNTP", "Nntp", "rutgers"}
    assert [word for word in heaviest[:5] if c[word] > 0] == ["rutgers"]
    assert model.accuracy(*newsgroups.load("test", headers=False)) == pytest.approx(0.847, abs=0.01)


# --- without a network ------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """scikit-learn's folder, not yet there."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "learn"))
    return tmp_path / "learn"


def test_nothing_is_downloaded_unasked(folder: Path) -> None:
    assert not newsgroups.is_available() and newsgroups.cache_file().parent == folder
    with pytest.raises(FileNotFoundError) as caught:
        newsgroups.load("test")
    assert str(caught.value) == (
        f"The newsgroup posts are not there: {folder / '20news-bydate_py3.pkz'}. Fetch them once, about 14 MB, with "
        "data.newsgroups.load(download=True), or set SCIKIT_LEARN_DATA to a folder that holds 20news-bydate_py3.pkz "
        "(without them: data.documents has generated posts)."
    )
    assert not folder.exists()


def test_a_download_that_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def no_network(**settings: object) -> None:
        asked.append(settings["download_if_missing"])
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(sklearn.datasets, "fetch_20newsgroups", no_network)
    with pytest.raises(FileNotFoundError, match=r"posts cannot be fetched \(.*no route to host.*SCIKIT_LEARN_DATA"):
        newsgroups.load(download=True)
    assert asked == [True]


def test_a_damaged_file(folder: Path) -> None:
    folder.mkdir()
    newsgroups.cache_file().write_bytes(b"half a file")
    with pytest.raises(FileNotFoundError, match=r"posts cannot be read \(.*load\(download=True\)"):
        newsgroups.load()


def test_the_default_folder_is_scikit_learns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SCIKIT_LEARN_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert newsgroups.cache_file().parent == Path(sklearn.datasets.get_data_home())


def test_another_subset() -> None:
    with pytest.raises(ValueError, match='subset is \'all\'; it must be "train" or "test"'):
        newsgroups.load("all")
