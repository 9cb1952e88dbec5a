"""Generated reviews: the rule and its truth by hand, and the network's card held to what is measured."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from data.nets import networks
from data.nets.text_network import PAD, UNKNOWN_TOKEN, WIDTH, Head, TextNet, tokens
from data.text import reviews
from data.training import reviews as recipe_reviews


@pytest.fixture(scope="module")
def network() -> TextNet:
    return networks.load("reviews")


@pytest.mark.parametrize(
    ("text", "V"),
    [
        ("the plot was good", 1),
        ("the plot was not good", -1),
        ("not a very dull film", 2),
        ("the plot was not long, and the music was good", 1),  # a comma ends the negation
        ("the plot was good but the music was dull", -1),
        ("dull dull dull but good", 1),
        ("good but", 0),
        ("very good and dull", 1),
        ("it never was not good", 1),
        ("we took the bus home", 0),
    ],
)
def test_the_rule(text: str, V: int) -> None:
    assert reviews.value(reviews.words_of(text)) == V


def test_truth_by_hand() -> None:
    decides, pull = reviews.truth(("not", "good"))  # v(not) = 0, v(good) = 1, v(both) = −1, label negative
    assert decides.tolist() == [True, True] and pull.tolist() == [1.0, 0.0]
    decides, pull = reviews.truth(("dull", "but", "good"))
    # v: dull −1, but 0, good 1, dull but 0, dull good 0, but good 1, all 1
    assert decides.tolist() == [False, True, True] and pull.tolist() == [-0.5, 0.5, 1.0]
    decides, pull = reviews.truth(("very", "bad", "and", "good"))
    assert decides.tolist() == [True, True, False, True] and pull.tolist() == [0.5, 1.5, 0.0, -1.0]


@given(st.integers(0, 1), st.integers(0, 10**9), st.sampled_from(reviews.FORMS))
def test_the_truth_of_a_review(label: int, seed: int, form: str) -> None:
    """The label follows the rule; the pulls are complete; they are the mean gain over all orders of the words."""
    r = reviews.draw(label, seed, form=form)
    assert (r.value > 0) == (r.label == 1) and r.value != 0 and r.form == form
    assert r.pull.sum().item() == pytest.approx(abs(r.value))
    read = [i for i, w in enumerate(r.words) if w in reviews.READ]
    assert (
        set(r.decides.nonzero().flatten().tolist()) <= set(read)
        and not r.pull[[*set(range(len(r.words))) - set(read)]].any()
    )
    word, gains = read[seed % len(read)], []
    for order in permutations(read):
        before = set(order[: order.index(word)]) | (set(range(len(r.words))) - set(read))
        gains.append(
            reviews.value([r.words[i] for i in sorted(before | {word})])
            - reviews.value([r.words[i] for i in sorted(before)])
        )
    assert r.pull[word].item() == pytest.approx((1 if label else -1) * sum(gains) / len(gains))
    assert len({w for w in r.words if w in reviews.READ}) == len(read)  # a deciding word stands once
    assert reviews.words_of(r.text) == r.words and len(r.words) <= recipe_reviews.LENGTH


def test_batches_are_streams_of_seeds() -> None:
    few, more = reviews.batch(6, 3), reviews.batch(9, 3)
    assert [r.text for r in few.reviews] == [r.text for r in more.reviews[:6]]
    assert few.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert reviews.draw(1, reviews.review_seed(3, 5)).text == few.reviews[5].text
    assert len({r.text for r in reviews.batch(200, 4).reviews}) > 190
    assert reviews.value(reviews.without_opinion(7)) == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="label is 'neutral'; it must be one of negative, positive"):
        reviews.draw("neutral", 0)
    with pytest.raises(ValueError, match="seed is -1"):
        reviews.draw(0, -1)
    with pytest.raises(ValueError, match="form is 'irony'; it must be one of plain, negated, contrast, balance"):
        reviews.draw(0, 0, form="irony")
    with pytest.raises(ValueError, match="n is 0"):
        reviews.batch(0, 1)
    with pytest.raises(ValueError, match="text must have a word"):
        reviews.words_of(" ., ! ")
    with pytest.raises(TypeError, match="text must be a string; got int"):
        reviews.words_of(3)
    with pytest.raises(ValueError, match=r"at most 12 that the rule reads.*got 13"):
        reviews.truth(("good",) * 13)
    with pytest.raises(ValueError, match="words must be 1 to 2 words; got 3"):
        tokens(("a", "b", "c"), 2)


def test_any_text_can_be_read() -> None:
    assert reviews.words_of("It ISN’T good!") == ("it", "is", "not", "good", ".")
    assert len(reviews.words_of("good " * 500)) == reviews.LONGEST
    assert tokens(("zebra", "good"), 4).tolist()[0::2] == [UNKNOWN_TOKEN, PAD]


def test_padding_says_nothing(network: TextNet) -> None:
    words = reviews.draw(1, 0, form="contrast").words
    short, long = tokens(words)[None], tokens(words, len(words) + 9)[None]
    assert torch.allclose(network(short), network(long), atol=1e-5)
    x = network.embed(short)
    assert x.shape == (1, len(words), WIDTH) and torch.equal(network.head(x), network(short))
    assert not network.embed(long)[0, len(words) :].any()


def test_a_window_is_a_dilated_convolution() -> None:
    layer = Head().windows[1]
    conv = torch.nn.Conv1d(64, 64, 3, dilation=2)
    conv.weight.data = layer.linear.weight.data.view(64, 3, 64).permute(0, 2, 1)
    conv.bias.data = layer.linear.bias.data
    x = torch.randn(2, 11, 64)
    assert torch.allclose(layer(x), conv(x.mT).relu().mT, atol=1e-5)


def test_the_card_is_true(network: TextNet) -> None:
    card = networks.card("reviews")
    assert card["accuracy"] > 0.97 and card["parameters"] < 1_000_000 and card["bytes"] < 2_000_000
    for form in reviews.FORMS:
        drawn, labels = recipe_reviews.fresh(300, form)
        right = float((network(drawn).argmax(1) == labels).double().mean())
        assert right == pytest.approx(card["accuracy_by_form"][form], abs=0.03)
    assert not any(p.requires_grad for p in network.parameters())
