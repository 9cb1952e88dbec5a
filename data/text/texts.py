"""Classifiers of texts, fitted while you wait: a linear one whose own weights are the truth, a forest, an svm.

    log p/(1 − p) = b + Σ_w c_w·[w is in the text]        "linear", of two classes

Every kind sees the set of a text's words, cut as LIME cuts them (words.py, capitals kept), so that a word that an
explanation switches off is one feature of the classifier, weighted by its inverse document frequency.
"linear" is logistic regression: taking a word out moves the log-odds by exactly c_w, whatever else stands there, and a
local explanation has something to be checked against. "forest" (200 trees; LIME's own tutorial has 500) and "svm"
(radial kernel, as in LIME's paper: Ribeiro, Singh and Guestrin, KDD 2016) see features scaled to length 1.
Units: c_w in log-odds of the second class. Same texts and seed, same classifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC

from data.text.documents import CLASSES
from data.text.words import WORD

KINDS: tuple[str, ...] = ("linear", "forest", "svm")
_FOLDS = 3  # on which the svm's probabilities are calibrated


@dataclass(frozen=True)
class TextClassifier:
    """A fitted classifier: `predict_proba` is what an explanation asks; `pipeline` is scikit-learn's own object."""

    kind: str
    classes: tuple[str, ...]
    pipeline: Pipeline

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """(n, classes) probabilities of n texts; a text without any known word, even "", has one too.

        Raises TypeError where `texts` is a single text or holds something else.
        """
        if not len(_texts(texts)):
            return np.empty((0, len(self.classes)))
        return self.pipeline.predict_proba(texts)

    def accuracy(self, texts: Sequence[str], labels: Sequence[int] | np.ndarray) -> float:
        """The share of texts whose most probable class is their label.

        labels: (n,), one a text. Raises TypeError or ValueError for texts or labels that do not fit.
        """
        return float((self.predict_proba(texts).argmax(1) == _labels(labels, texts, self.classes)).mean())

    def weights(self) -> dict[str, float]:
        """c_w of every known word: what it adds to the log-odds of `classes[1]` by being in the text.

        Raises ValueError unless kind is "linear" and there are two classes.
        """
        if self.kind != "linear" or len(self.classes) != 2:
            raise ValueError(
                f'kind is {self.kind!r} with {len(self.classes)} classes; only "linear" with 2 has one weight a word'
            )
        words, model = self.pipeline[0], self.pipeline[-1]
        return dict(zip(words.get_feature_names_out(), (model.coef_[0] * words.idf_).tolist(), strict=True))


def fit(
    texts: Sequence[str],
    labels: Sequence[int] | np.ndarray,
    kind: str = "linear",
    *,
    classes: Sequence[str] = CLASSES,
    seed: int = 0,
) -> TextClassifier:
    """A classifier of `kind`, one of `KINDS`, learnt from n texts with labels (n,) that index `classes`.

    `seed` draws the forest's trees and the parts on which the svm's probabilities are calibrated.
    Raises TypeError or ValueError, naming the argument, for another kind, labels that do not fit, a class without a
    text (the svm: fewer than 3), and texts without a single word.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    classes = tuple(classes)
    y = _labels(labels, _texts(texts), classes)
    counts, least = np.bincount(y, minlength=len(classes)), _FOLDS if kind == "svm" else 1
    for name, count in zip(classes, counts, strict=True):
        if count < least:
            raise ValueError(f"labels has {count} of class {name}; {kind} needs at least {least} of each class")
    if kind == "linear":
        steps = _words(norm=None), LogisticRegression(C=0.01, max_iter=1000)
    elif kind == "forest":
        steps = _words(norm="l2"), RandomForestClassifier(200, random_state=seed)
    else:
        parts = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
        steps = _words(norm="l2"), CalibratedClassifierCV(SVC(), cv=parts, ensemble=False)
    try:
        return TextClassifier(kind, classes, make_pipeline(*steps).fit(texts, y))
    except ValueError as error:
        if "empty vocabulary" not in str(error):
            raise
        raise ValueError(f"texts holds {len(texts)} texts without a single word; there is nothing to learn") from error


def occurrences(
    word: str, texts: Sequence[str], labels: Sequence[int] | np.ndarray, classes: Sequence[str] = CLASSES
) -> np.ndarray:
    """In how many texts of each class `word` stands, (classes,) int64; capitals count.

    labels: (n,), one a text. Raises TypeError or ValueError for texts or labels that do not fit.
    """
    y = _labels(labels, _texts(texts), tuple(classes))
    words = _words(norm=None).build_tokenizer()
    return np.bincount(y[[word in words(text) for text in texts]], minlength=len(classes))


def _words(norm: str | None) -> TfidfVectorizer:
    return TfidfVectorizer(binary=True, lowercase=False, tokenizer=WORD.findall, token_pattern=None, norm=norm)


def _texts(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str):
        raise TypeError("texts is a single text; it must be a list of texts, if only of one")
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"texts holds a {type(text).__name__}; it must be a list of texts")
    return texts


def _labels(labels: Sequence[int] | np.ndarray, texts: Sequence[str], classes: tuple[str, ...]) -> np.ndarray:
    y = np.asarray(labels)
    if y.shape != (len(texts),):
        raise ValueError(f"labels has shape {y.shape}; it must be ({len(texts)},), one a text")
    if not np.issubdtype(y.dtype, np.integer) or (y.size and not 0 <= y.min() <= y.max() < len(classes)):
        raise ValueError(f"labels must be integers from 0 to {len(classes) - 1}, which index {', '.join(classes)}")
    return y
