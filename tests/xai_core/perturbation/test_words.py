"""Texts: exact copies with words left out, whom the classifier is asked about, and LIME's own package on its masks."""

import unicodedata
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lime.lime_text import LimeTextExplainer
from sklearn.linear_model import LinearRegression
from torch import nn

from xai_core import Neighbourhood, coalitions, k_lasso, masked_text, shapley_values, word_neighbourhood, words_of
from xai_core.perturbation.words import TEXTS_AT_ONCE, WORD, random_sizes

TEXT = "The cat sat. The dog, the old dog, sat on the cat!"
WORDS = ("The", "cat", "sat", "dog", "the", "old", "on")


def counts(texts: list[str]) -> np.ndarray:
    """Two classes that add up to 1: how often "cat" and "dog" stand in a text, by a tenth."""
    cats = np.array([0.5 + 0.1 * text.split().count("cat") - 0.2 * text.count("dog") for text in texts])
    return np.stack([1 - cats, cats], 1)


# Words and copies


def test_words_by_hand():
    """In order of occurrence, case kept, once each."""
    assert words_of(TEXT) == WORDS
    assert words_of("naïve café, naïve Ünïcode_2 x²") == ("naïve", "café", "Ünïcode_2", "x", "²")
    assert words_of("猫 と\n犬\tと ёж 😀") == ("猫", "と", "犬", "ёж")


SCRIPTS = {
    "Devanagari": ("अच्छी फिल्म है।", ["अच्छी", "फिल्म", "है"]),
    "Bengali": ("ক্ষমা করুন", ["ক্ষমা", "করুন"]),
    "Tamil": ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
    "Arabic with harakat": ("مَرْحَبًا بِالْعَالَم", ["مَرْحَبًا", "بِالْعَالَم"]),
    "Persian with a joiner": ("می\u200cخواهم آب", ["می\u200cخواهم", "آب"]),
    "Hebrew with points": ('שָׁלוֹם צה"ל', ["שָׁלוֹם", 'צה"ל']),
    "Latin, decomposed": ("de\u0301ja\u0300 vu", ["de\u0301ja\u0300", "vu"]),
    "Vietnamese, decomposed": ("Đà Nẵng", ["Đà", "Nẵng"]),
    "Hangul, composed and not": ("한국어 단어", ["한국어", "단어"]),
    "Thai": ("หนังดี ดีมากๆ 2ครั้ง", ["หนังดี", "ดีมากๆ", "2", "ครั้ง"]),
    "Lao, cut by zero-width spaces": ("ດີ\u200bພາສາລາວ", ["ດີ", "ພາສາລາວ"]),
    "Khmer": ("ភាសាខ្មែរ ល្អ", ["ភាសាខ្មែរ", "ល្អ"]),
    "Burmese": ("မြန်မာ ကောင်း", ["မြန်မာ", "ကောင်း"]),
    "Chinese": ("我喜欢猫。", ["我", "喜", "欢", "猫"]),
    "Japanese": ("猫とコーヒーが好き", ["猫", "と", "コーヒー", "が", "好", "き"]),
    "apostrophes": ("don't l’homme п'ять 'quoted' rock'n'roll", ["don't", "l’homme", "п'ять", "quoted", "rock'n'roll"]),
    "hyphens": ("well-known a–b so\u00adft", ["well", "known", "a", "b", "so\u00adft"]),
    "stops": ("good.Bad e.g. re:view a@host.example", ["good", "Bad", "e", "g", "re", "view", "a", "host", "example"]),
    "stops with marks": ("e\u0301.a\u0300", ["e\u0301", "a\u0300"]),
    "numbers": ("3.14 1,000 v2 H₂O", ["3.14", "1,000", "v2", "H", "₂", "O"]),
    "underscores": ("__init__ a_b", ["__init__", "a_b"]),
    "emoji": ("👩\u200d👩\u200d👧 good 👍🏽 film 🇩🇪", ["good", "film"]),
    "a keycap": ("1\ufe0f\u20e3 st", ["1\ufe0f\u20e3", "st"]),
    "beyond 16 bits": ("𝒳𝒴 𠀀𠀁", ["𝒳𝒴", "𠀀", "𠀁"]),
    "full width": ("ｆｕｌｌ　ｗｉｄｔｈ", ["ｆｕｌｌ", "ｗｉｄｔｈ"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), SCRIPTS.values(), ids=SCRIPTS)
def test_words_of_any_script(text, words):
    """Whole, and each can be left out: what stays is the rest to the letter, and no mark without its letter."""
    assert list(words_of(text)) == list(dict.fromkeys(words))
    for i, word in enumerate(words_of(text)):
        on = [j != i for j in range(len(words_of(text)))]
        rest = masked_text(text, on, blank="☐")
        assert WORD.findall(rest) == [w for w in words if w != word] and rest.count("☐") == words.count(word)
        assert rest.replace("☐", word) == text


@pytest.mark.parametrize(
    "text", ["अच्छी यह फिल्म बहुत है", "de\u0301ja\u0300 vu ici", "don't go there", "好 是 我", "ดีมาก หนัง จริง"]
)
def test_a_word_keeps_its_weight(text):
    """A classifier that asks for one word: it has all of the weight, and R² is 1. Cut at its marks, it would share."""
    word = text.split()[0]
    near = word_neighbourhood(lambda texts: np.array([0.1 + 0.8 * (word in text) for text in texts]), text, N=300)
    fit = k_lasso(near, len(near.names))
    assert fit.weights[near.names.index(word)].item() == pytest.approx(0.8) and fit.r2 == pytest.approx(1)
    assert fit.weights.abs().sum().item() == pytest.approx(0.8)


@given(st.text(max_size=60))
def test_words_are_apart_and_lose_no_letter(text):
    """Of any string: every letter and digit is in a word, and no word begins with a mark or a blank."""
    assert not any(unicodedata.category(c)[0] in "LN" for c in WORD.sub("", text))
    assert not any(unicodedata.category(word[0])[0] in "MZ" for word in WORD.findall(text))


def test_copies_by_hand():
    """A word that is off is gone everywhere, and only where it is a whole word; the rest stays to the letter."""
    assert masked_text(TEXT, [True] * 7) == TEXT
    assert masked_text(TEXT, [1, 0, 1, 1, 1, 1, 1]) == "The  sat. The dog, the old dog, sat on the !"
    assert masked_text(TEXT, torch.tensor([0, 0, 1, 1, 0, 0, 0]).bool()) == "  sat.  dog,   dog, sat   !"
    assert masked_text(TEXT, [False] * 7) == "  .  ,   ,    !"
    assert masked_text("a cat, a category", [True, False, True]) == "a , a category"
    assert masked_text("猫 と 犬 😀", [False, True, True], blank=r"\1_") == r"\1_ と 犬 😀"
    assert masked_text("one two one", [False, True], blank="UNK") == "UNK two UNK"


@given(st.text("aZé_3²猫ह\u0301-'. \n", max_size=12), st.integers(0, 100))
def test_any_text(text, seed):
    """Any letters at all: two words or a sentence that says so; what is on stays, what is off goes."""
    try:
        names = words_of(text)
    except ValueError as error:
        assert "text must have two different words or more" in str(error)
        return
    on = torch.rand(len(names), generator=torch.Generator().manual_seed(seed)) < 0.5
    kept = {name for name, stays in zip(names, on.tolist(), strict=True) if stays}
    assert masked_text(text, [True] * len(names)) == text
    if len(kept) > 1:
        assert set(words_of(masked_text(text, on, blank="|"))) == kept


@pytest.mark.parametrize(
    ("text", "given"),
    [("", "''"), ("  \n", r"'  \\n'"), ("one", "'one'"), ("one, one.", r"'one, one\.'"), ("😀 😀", "'😀 😀'")],
)
def test_texts_without_two_words(text, given):
    asked = []
    with pytest.raises(ValueError, match=f"text must have two different words or more; got {given}"):
        word_neighbourhood(lambda texts: asked.append(texts), text)
    assert not asked


@pytest.mark.parametrize("text", [None, b"two words", 3, ["two", "words"]])
def test_not_a_text(text):
    with pytest.raises(TypeError, match=f"text must be a string; got {type(text).__name__}"):
        word_neighbourhood(counts, text)


@pytest.mark.parametrize("n", [6, 8])
def test_masks_of_another_text(n):
    with pytest.raises(ValueError, match=f"on must have 7 values, one a distinct word of the text; got {n}"):
        masked_text(TEXT, [True] * n)
    with pytest.raises(ValueError, match=rf"masks must be a tensor \(N, 7\), one column a feature; got \(3, {n}\)"):
        word_neighbourhood(counts, TEXT, masks=torch.ones(3, n).bool())


# The masks


def test_sizes_are_drawn_evenly():
    """Row 0 all on; else 1 … M words off, each number and each word equally often."""
    masks = random_sizes(7001, 7, 0)
    assert masks[0].all()
    off = (~masks[1:]).sum(1)
    assert torch.bincount(off, minlength=8)[0] == 0
    assert (torch.bincount(off, minlength=8)[1:] / 7000 - 1 / 7).abs().max() < 0.02
    assert ((~masks[1:]).double().mean(0) - 4 / 7).abs().max() < 0.02
    pairs = (~masks[1:]).double().T @ (~masks[1:]).double() / 7000  # E[k (k − 1)] / (7 · 6) = 16 / 42, for all pairs
    assert (pairs[~torch.eye(7).bool()] - 16 / 42).abs().max() < 0.03


@given(st.integers(1, 60), st.integers(2, 30), st.integers(0, 10_000))
def test_the_first_masks_are_those_of_a_smaller_N(N, M, seed):
    masks = random_sizes(60, M, seed)
    assert torch.equal(masks[:N], random_sizes(N, M, seed))
    assert masks[0].all() and not masks[1:].all(1).any()


# The neighbourhood


def test_the_classifier_is_asked_about_these_texts():
    asked = []

    def predict(texts: list[str]) -> np.ndarray:
        asked.append(texts)
        return counts(texts)

    near = word_neighbourhood(predict, TEXT, TEXTS_AT_ONCE + 30, seed=3)
    assert [len(texts) for texts in asked] == [TEXTS_AT_ONCE, 30]
    assert all(isinstance(text, str) for text in asked[0]) and isinstance(asked[0], list)
    assert asked[0][0] == TEXT and near.masks[0].all() and near.names == WORDS and near.segments is None
    texts = [*asked[0], *asked[1]]
    assert texts == [masked_text(TEXT, z) for z in near.masks]
    torch.testing.assert_close(near.scores, torch.from_numpy(counts(texts)))
    assert torch.equal(near.masks, random_sizes(TEXTS_AT_ONCE + 30, 7, 3))
    blank = word_neighbourhood(predict, TEXT, 5, seed=3, blank="UNK")
    assert asked[-1] == [masked_text(TEXT, z, "UNK") for z in blank.masks]
    with pytest.raises(ValueError, match="only features of a tensor have places to paint"):
        near.paint(torch.ones(7))


def test_first_is_a_fresh_neighbourhood():
    near = word_neighbourhood(counts, TEXT, 80, seed=1)
    for n in (1, 2, 30, 80):
        fresh = word_neighbourhood(counts, TEXT, n, seed=1)
        assert torch.equal(near.first(n).masks, fresh.masks) and torch.equal(near.first(n).scores, fresh.scores)
        assert near.first(n).names == WORDS and near.first(n).target == fresh.target


def test_targets():
    """None: what the whole text gets most of."""
    assert word_neighbourhood(counts, "dog dog cat", 10).target == 0
    assert word_neighbourhood(counts, "cat cat sat", 10).target == 1
    assert word_neighbourhood(counts, TEXT, 10, target=np.int64(1)).target == 1
    assert word_neighbourhood(counts, TEXT, 10, target=torch.tensor(1)).target == 1
    for target in (2, -1, True, 0.5, "1", torch.tensor(0.5)):
        with pytest.raises(ValueError, match="target must be a class from 0 to 1; got "):
            word_neighbourhood(counts, TEXT, 10, target=target)


def test_the_words_that_count():
    """Linear in what stands in the text: LIME and Shapley find 0.1 a cat, −0.2 a dog, twice each; nothing else."""
    near = word_neighbourhood(counts, TEXT.replace("!", ""), 300, target=1)
    expected = torch.tensor([0, 0.2, 0, -0.4, 0, 0, 0], dtype=torch.double)
    fit = k_lasso(near, 2, distance="cosine")
    assert [WORDS[j] for j in fit.chosen] == ["dog", "cat"] and fit.r2 == pytest.approx(1)
    torch.testing.assert_close(fit.weights, expected, rtol=1e-9, atol=1e-9)
    masks, weights = coalitions(7, 128)
    every = word_neighbourhood(counts, TEXT.replace("!", ""), target=1, masks=masks)
    torch.testing.assert_close(shapley_values(every, weights), expected, rtol=1e-9, atol=1e-9)


def test_agrees_with_lime_text():
    """LimeTextExplainer's masks, read off the texts it asks about: features, weights, intercept, R²."""
    words = [f"word{i}" for i in range(12)]
    text = " ".join(words + words[:3])
    draws = np.random.default_rng(0)
    w, pairs, seen = draws.normal(size=12), draws.normal(size=(12, 12)) / 3, []

    def classify(texts: list[str]) -> np.ndarray:
        seen.extend(texts)
        z = np.array([[word in text.split() for word in words] for text in texts], float)
        p = 1 / (1 + np.exp(-(z @ w + np.einsum("ni,ij,nj->n", z, pairs, z))))
        return np.stack([1 - p, p], 1)

    explainer = LimeTextExplainer(feature_selection="lasso_path", random_state=1)
    theirs = explainer.explain_instance(
        text, classify, num_features=5, num_samples=400, model_regressor=LinearRegression()
    )
    masks = torch.tensor([[word in copy.split() for word in words] for copy in seen])
    near = word_neighbourhood(classify, text, masks=masks, target=1)
    assert near.names == tuple(words)
    fit = k_lasso(near, 5, sigma=2**0.5 * 0.25)  # their kernel is the root of ours; width 25 of a distance in percent
    assert {j for j, _ in theirs.local_exp[1]} == set(fit.chosen)
    for j, weight in theirs.local_exp[1]:
        assert fit.weights[j].item() == pytest.approx(weight, rel=1e-6)
    assert fit.intercept == pytest.approx(theirs.intercept[1], rel=1e-6)
    assert fit.r2 == pytest.approx(theirs.score[1] if isinstance(theirs.score, dict) else theirs.score, rel=1e-6)


# Whatever predict returns


@pytest.mark.parametrize(
    "as_given",
    [
        lambda p: torch.from_numpy(p).requires_grad_() * 1,
        lambda p: torch.from_numpy(p).float(),
        lambda p: p.astype(np.float32),
        lambda p: p.tolist(),
        lambda p: [torch.from_numpy(row) for row in p],
        lambda p: p[::-1][::-1],
        lambda p: np.broadcast_to(p[None], (1, *p.shape))[0],
    ],
    ids=["with grad", "float32 tensor", "float32", "lists", "tensors in a list", "strides", "read-only"],
)
def test_answers_of_any_kind(as_given):
    """lime refuses tensors that need a gradient. Here the numbers count, without a warning."""
    expected = word_neighbourhood(counts, TEXT, 20).scores
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        near = word_neighbourhood(lambda texts: as_given(counts(texts)), TEXT, 20)
    assert near.scores.dtype == torch.double and not near.scores.requires_grad
    torch.testing.assert_close(near.scores, expected, rtol=1e-6, atol=1e-7)


def test_one_number_a_text():
    """lime refuses one-dimensional scores."""
    near = word_neighbourhood(lambda texts: counts(texts)[:, 1], TEXT, 20)
    assert near.scores.shape == (20, 1) and near.target == 0
    torch.testing.assert_close(near.scores[:, 0], word_neighbourhood(counts, TEXT, 20).scores[:, 1])
    one_class = word_neighbourhood(lambda texts: np.ones((len(texts), 1)), TEXT, 20)
    assert np.isnan(k_lasso(one_class, 3).r2) and not k_lasso(one_class, 3).weights.any()


@pytest.mark.parametrize("kind", [torch.empty, np.empty])
def test_answers_in_memory_that_is_used_again(kind):
    """A predict that writes each answer over the last one."""
    memory = kind((TEXTS_AT_ONCE, 2), dtype=torch.double if kind is torch.empty else float)

    def predict(texts: list[str]):
        p = counts(texts)
        memory[: len(texts)] = torch.from_numpy(p) if kind is torch.empty else p
        return memory[: len(texts)]

    near = word_neighbourhood(predict, TEXT, TEXTS_AT_ONCE + 50)
    torch.testing.assert_close(near.scores, word_neighbourhood(counts, TEXT, TEXTS_AT_ONCE + 50).scores)
    before = near.scores.clone()
    memory[:] = 9
    assert torch.equal(near.scores, before)


def test_a_network_that_reads_texts_is_asked():
    class Length(nn.Module):
        def forward(self, texts: list[str]) -> torch.Tensor:
            return torch.tensor([[len(text), 1.0] for text in texts]).requires_grad_()

    assert word_neighbourhood(Length(), TEXT, 5).scores[0].tolist() == [len(TEXT), 1]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (lambda n: np.full((n, 2), np.nan), ValueError, "predict must return finite numbers; it returns NaN"),
        (lambda n: [[float("inf")]] * n, ValueError, "predict must return finite numbers"),
        (lambda n: np.ones((n + 1, 2)), ValueError, r"predict must return one row an input, \(9, classes\).*\(10, 2\)"),
        (lambda n: np.ones((n, 2, 2)), ValueError, r"got the shape \(9, 2, 2\)"),
        (lambda n: np.ones((n, 0)), ValueError, r"got the shape \(9, 0\)"),
        (lambda n: 0.5, ValueError, r"got the shape \(\)"),
        (lambda n: None, ValueError, "predict must return (one row|finite numbers)"),
        (lambda n: ["spam"] * n, TypeError, "predict must return numbers, an array or a tensor; got list"),
        (lambda n: {"logits": torch.ones(n, 2)}, TypeError, "predict must return numbers.*got dict"),
        (lambda n: [[1.0]] + [[1.0, 2.0]] * (n - 1), TypeError, "predict must return numbers.*got list"),
    ],
)
def test_answers_that_cannot_be(answer, error, words):
    with pytest.raises(error, match=words):
        word_neighbourhood(lambda texts: answer(len(texts)), TEXT, 9)


@pytest.mark.parametrize("predict", [None, 3, "model"])
def test_not_a_function(predict):
    with pytest.raises(TypeError, match=r"predict must be a function.*got "):
        word_neighbourhood(predict, TEXT)


@pytest.mark.parametrize("N", [0, -3, 2.5, "7", True, None])
def test_numbers_of_samples_that_cannot_be(N):
    with pytest.raises((TypeError, ValueError), match=r"N \(random samples\) must be a whole number, at least 1; got"):
        word_neighbourhood(counts, TEXT, N)


def test_an_error_of_the_classifier_is_its_own():
    def predict(texts: list[str]) -> np.ndarray:
        raise KeyError("vocabulary")

    with pytest.raises(KeyError, match="vocabulary"):
        word_neighbourhood(predict, TEXT)


def test_hardly_any_copies():
    for N in (1, 2):
        near = word_neighbourhood(counts, TEXT, N)
        fit = k_lasso(near, 3)
        assert isinstance(near, Neighbourhood) and torch.isfinite(fit.weights).all() and len(fit.chosen) <= 3
