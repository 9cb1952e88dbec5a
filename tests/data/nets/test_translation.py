"""The translation network: its card, its equations, what it says to whom, and what explains it."""

import pytest
import torch

from data.nets import networks
from data.nets.translation import (
    ENGLISH,
    GERMAN,
    LONGEST,
    START,
    UNKNOWN,
    NextWord,
    Translation,
    Translator,
    Writing,
    embedded,
    numbers,
    opened,
    read_words,
    translate,
)
from data.text import phrases
from data.training.fitting import FRESH
from data.training.translation import accuracy, batches, fit
from xai_core import duel, explain, make_score, output_matrix, word_baseline, word_scores
from xai_core.evaluate.words import HIDDEN, LEFT_OUT, Reading, best, chance, pointing, reading


@pytest.fixture(scope="module")
def network() -> Translator:
    return networks.load("translation")


@pytest.fixture(scope="module")
def said(network: Translator) -> Translation:
    return translate(network, "Good morning, ladies and gentlemen!")


def test_the_decks_phrase_which_it_never_saw(said: Translation) -> None:
    """Figure 5 of the deck. "guten" is written while the network looks at "morning", whose gender decides it."""
    assert said.text == "Guten Morgen Damen und Herren" and said.finished and not said.unknown
    assert said.source == tuple(phrases.DECK.split())
    assert said.attention.argmax(1).tolist() == [1, 1, 2, 2, 4]
    assert torch.allclose(said.attention.sum(1), torch.ones(5), atol=1e-6)
    assert float(said.probabilities.min()) > 0.85


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("today I see the dog", "Heute sehe ich den Hund"),
        ("I want to read the book", "Ich möchte das Buch lesen"),
        ("every day my old teacher helps the small children", "Jeden Tag hilft mein alter Lehrer den kleinen Kindern"),
        ("she does not call the boy", "Sie ruft den Jungen nicht an"),
    ],
)
def test_it_orders_words_as_german_does(network: Translator, english: str, german: str) -> None:
    assert translate(network, english).text == german


def test_the_card_says_what_is_measured(network: Translator) -> None:
    card = networks.card("translation")
    assert card["parameters"] == sum(p.numel() for p in network.parameters()) == 319_970
    assert card["bytes"] < 1.5e6 and card["accuracy"] >= 0.995 and card["whole_phrases"] >= 0.98
    fresh = phrases.corpus(300, FRESH, held=True)
    words, whole = accuracy(network, fresh)
    assert words == pytest.approx(card["accuracy"], abs=0.004) and whole == pytest.approx(
        card["whole_phrases"], abs=0.02
    )
    # "written right" by the definition of the card is what translate writes, word for word
    some = [p for p in fresh[:40] if translate(network, " ".join(p.english)).words == p.german]
    assert accuracy(network, fresh[:40])[1] == round(len(some) / 40, 4)


def test_writing_next_word_and_translate_agree(network: Translator, said: Translation) -> None:
    """Three ways to the same probabilities."""
    x = embedded(network, said.source)
    writing = Writing(network, said.words)
    assert torch.allclose(writing(x)[0], said.probabilities, atol=1e-5)
    assert torch.allclose(writing.attention(x)[0], said.attention, atol=1e-5)
    step = NextWord(network, said.words[:3])
    assert GERMAN[step(x).argmax()] == said.words[3] == "und"
    assert float(step(x).softmax(1).max()) == pytest.approx(float(said.probabilities[3]), abs=1e-5)


def test_attention_is_the_equation(network: Translator) -> None:
    """a_1j = softmax_j v · tanh(W s_0 + U h_j), computed term by term."""
    x = embedded(network, ["see", "you", "soon"])
    h, s = network.read(x)
    energy = [float(network.v.weight[0] @ torch.tanh(network.W.weight @ s[0] + network.U(h[0, j]))) for j in range(3)]
    a = torch.tensor(energy).softmax(0)
    assert torch.allclose(network(x, numbers([START])[None])[1][0, 0], a, atol=1e-6)


def test_unknown_words_are_marked(network: Translator) -> None:
    found = translate(network, "I see the zebra 🙂")
    assert found.source == ("I", "see", "the", UNKNOWN, UNKNOWN) and found.unknown == ("zebra", "🙂")
    assert found.words[:2] == ("ich", "sehe")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", f"text must have 1 to {LONGEST} words; it has 0"),
        (" ?! ", f"text must have 1 to {LONGEST} words; it has 0"),
        ("the dog " * 250, f"text must have 1 to {LONGEST} words; it has 500"),
        ("🙂 🎉", "text must have a word that the network has learned; it knows none of '🙂', '🎉'"),
        ("x" * 500, "it knows none of 'xxxxxxxxxxxxxxxxxxxx'"),
    ],
)
def test_bad_phrases_are_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_words(text)


def test_bad_arguments_are_named(network: Translator) -> None:
    with pytest.raises(TypeError, match="text must be a string; got int"):
        read_words(3)
    with pytest.raises(ValueError, match="written must be German words of the corpus; got 'the'"):
        NextWord(network, ["the"])
    with pytest.raises(ValueError, match="english and german must have one word each"):
        opened(network, ["I"], [])


def test_batches_hold_every_phrase_once() -> None:
    pairs = phrases.corpus(60, held=False)
    found = [
        (" ".join(ENGLISH[i] for i in e), " ".join(GERMAN[i] for i in g))
        for english, german in batches(pairs)
        for e, g in zip(english, german, strict=True)
    ]
    assert sorted(found) == sorted((" ".join(p.english), f"<start> {' '.join(p.german)} <end>") for p in pairs)


def test_a_few_steps_of_learning_lower_the_loss() -> None:
    torch.manual_seed(0)
    pairs, fresh = phrases.corpus(64, held=False), Translator()
    before = accuracy(fresh, pairs)[0]
    assert before < 0.05 < 0.15 < accuracy(fit(fresh, pairs, epochs=2, quiet=True), pairs)[0]


# --- explained --------------------------------------------------------------------------------------------------------


def test_integrated_gradients_of_a_word_are_complete(network: Translator, said: Translation) -> None:
    """For the word "guten": Σ_j A_j = F(x) − F(x′), from each baseline; and UNI's from its own."""
    case = opened(network, said.source, said.words)
    table = network.english.weight
    baselines = {"zero": word_baseline(table), "unknown": word_baseline(table, "word", 0)}
    f = make_score(case.steps[0], case.x, case.classes[0])
    for start in baselines.values():
        A = explain(
            case.steps[0], case.x, case.classes[0], "integrated_gradients", B=200, baseline=start, rule="midpoint"
        )
        change = float(f(case.x) - f(start.expand_as(case.x)))
        assert float(word_scores(A).sum()) == pytest.approx(change, abs=5e-3)
        assert change > 0.9
    A = word_scores(explain(case.steps[0], case.x, case.classes[0], "uni", B=100, rule="midpoint"))
    assert 0.5 < float(A.sum()) < 1.0


def test_attention_names_one_word_and_deletion_another(network: Translator, said: Translation) -> None:
    """ "guten" looks at "morning"; its Integrated Gradients and both erasures are asked here what it needs."""
    case = opened(network, said.source, said.words)
    neutral = network.english.weight[0]
    how = {"IG": ("integrated_gradients", {"B": 30, "baseline": neutral[None, None]})}
    pair = phrases.translated(phrases.Greeting("good morning", ("ladies", "gentlemen")))
    r = reading(
        case.x, case.steps, case.classes, case.writing, pair.decides, neutral, how, {"attention": case.attention}
    )
    assert r.maps["IG"].shape == r.drops[HIDDEN].shape == r.drops[LEFT_OUT].shape == (5, 5)
    assert torch.equal(r.maps["IG"], output_matrix(case.steps, case.x, case.classes, how["IG"][0], **how["IG"][1]))
    replaced = embedded(network, ("good", UNKNOWN, "ladies", "and", "gentlemen"))
    expected = case.writing(case.x)[0] - case.writing(replaced)[0]
    assert torch.allclose(r.drops[HIDDEN][:, 1], expected, atol=1e-6)
    assert r.drops[HIDDEN].argmax(1).tolist()[2::2] == [2, 4]  # Damen needs ladies, Herren gentlemen


def test_scores_of_readings_by_hand() -> None:
    decides = [[True, True, False], [False, False, True], [True, True, True]]
    A = torch.tensor([[0.0, 0.2, 0.8], [0.0, 0.1, 0.9], [1.0, 0.0, 0.0]])
    other = Reading({"A": torch.tensor([[0.5, 0.4]])}, {}, torch.tensor([[True, False]]))
    both = [Reading({"A": A}, {}, torch.tensor(decides)), other]
    assert pointing(both, "A").mean == 0.75  # first text: 0 and 1, the third row has no wrong answer; second text: 1
    assert best(both, "A").mean == 0.5 and best(both, "A").n == 1  # only one row has two deciders: one of two is found
    assert chance(both).mean == 0.5  # (2/3 + 1/3) / 2 and 1/2
    assert pointing(both, "B").n == 0


def test_attention_points_at_what_decides_more_often_than_chance(network: Translator) -> None:
    readings = []
    neutral = network.english.weight[0]
    for pair in phrases.corpus(12, FRESH, held=True):
        case = opened(network, pair.english, pair.german)
        how = {"IG": ("integrated_gradients", {"B": 15, "baseline": neutral[None, None]})}
        known = {"attention": case.attention}
        readings.append(reading(case.x, case.steps, case.classes, case.writing, pair.decides, neutral, how, known))
    assert chance(readings).mean < 0.5
    for name in ("attention", "IG", HIDDEN):
        assert pointing(readings, name).mean > 0.85
    drops = [r.drops[HIDDEN] for r in readings]
    fight = duel(drops, [r.maps["attention"] for r in readings], [r.maps["IG"] for r in readings])
    assert fight.rows == sum(len(r.decides) for r in readings) and 0 < fight.apart < fight.rows / 3
