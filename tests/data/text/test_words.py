"""Words of the classifiers: the same as those that explanations leave out, in any script."""

import numpy as np
import pytest

from data.text import opinions, texts
from data.text.words import WORD
from xai_core import k_lasso, word_neighbourhood, words_of
from xai_core.perturbation import words

POSTS = ["अच्छी फिल्म है", "यह बहुत अच्छी", "बुरी फिल्म है", "यह बहुत बुरी"]


def test_both_rooms_cut_alike():
    assert (WORD.pattern, WORD.flags) == (words.WORD.pattern, words.WORD.flags)


@pytest.mark.parametrize("kind", ["linear", "forest"])
def test_a_classifier_of_hindi(kind):
    """It reads whole words, and LIME on its log-odds gives back a linear one's weights."""
    model = texts.fit(POSTS, [1, 1, 0, 0], kind, classes=("bad", "good"))
    assert set(model.pipeline[0].get_feature_names_out()) == {word for post in POSTS for word in words_of(post)}
    assert texts.occurrences("अच्छी", POSTS, [1, 1, 0, 0], ("bad", "good")).tolist() == [0, 2]
    assert model.accuracy(POSTS, [1, 1, 0, 0]) == 1
    if kind == "linear":

        def log_odds(some: list[str]) -> np.ndarray:
            p = model.predict_proba(some)
            return np.log(p[:, 1] / p[:, 0])

        near = word_neighbourhood(log_odds, POSTS[0], N=100)
        expected = [model.weights()[word] for word in near.names]
        np.testing.assert_allclose(k_lasso(near, len(near.names)).weights, expected, atol=1e-6)


def test_reviews_in_any_script():
    assert opinions.words_of("De\u0301ja\u0300 vu, isn't it?") == (
        "de\u0301ja\u0300",
        "vu",
        ",",
        "is",
        "not",
        "it",
        ".",
    )
    assert opinions.words_of("बहुत अच्छी.") == ("बहुत", "अच्छी", ".")
    assert opinions.words_of("good.Bad") == ("good", ".", "bad")
