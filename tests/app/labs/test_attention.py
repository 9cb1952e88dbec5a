"""The page Attention: what it draws, what it says of words taken away, what it measures, what bad phrases do."""

import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import xai_core
from app.labs.attention import compute as reading
from app.labs.attention import files, rollout, study
from app.labs.attention.compute import How
from app.labs.attention.views import marked
from app.shared import show
from data.drawn import zoo
from data.nets import networks, translation
from data.text import phrases
from tests.app.running import opened as opened_at
from xai_core import Duel, output_matrix, word_baseline
from xai_core.figures import words as word_figures

pytestmark = pytest.mark.usefixtures("fresh")

PAGE, WITHOUT = "labs/attention/page.py", "Take words away"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The maps that the page last drew."""
    kept = SimpleNamespace(maps={}, bars={}, decides=None)
    real_matrices, real_bars = word_figures.matrices, word_figures.word_bars

    def matrices(maps: dict, inputs: tuple, outputs: tuple, **how: Any) -> Any:
        kept.maps, kept.inputs, kept.outputs, kept.decides = maps, inputs, outputs, how.get("decides")
        return real_matrices(maps, inputs, outputs, **how)

    def bars(maps: dict, inputs: list, **how: Any) -> Any:
        kept.bars = maps
        return real_bars(maps, inputs, **how)

    monkeypatch.setattr(word_figures, "matrices", matrices)
    monkeypatch.setattr(word_figures, "word_bars", bars)
    return kept


def opened(**query: str | list[str]) -> AppTest:
    return opened_at(PAGE, **query)


def said(at: AppTest) -> str:
    return "\n".join(part.value for part in [*at.markdown, *at.caption, *at.info, *at.success])


def test_it_opens_on_the_decks_phrase(drawn: SimpleNamespace) -> None:
    at = opened()
    assert "good morning ladies and gentlemen → **Guten Morgen Damen und Herren**" in said(at)
    network = networks.load("translation")
    case = translation.opened(network, drawn.inputs, drawn.outputs)
    start = word_baseline(network.english.weight, "word", 0)
    expected = output_matrix(case.steps, case.x, case.classes, "integrated_gradients", B=15, baseline=start)
    assert torch.equal(drawn.maps["Integrated Gradients, from the unknown word"], expected)
    assert torch.equal(drawn.maps["attention"], case.attention)
    assert drawn.decides.nonzero().tolist() == [[0, 0], [0, 1], [1, 1], [2, 2], [3, 3], [4, 4]]
    assert {m.label: m.value for m in at.metric}[
        "words for which attention and Integrated Gradients name different words"
    ] == "2 of 5"
    assert "Hidden, morning costs +0.23 and good +0.09: **attention** was right." in said(at)
    assert "Left out, morning costs +0.13 and good +0.28: **Integrated Gradients** was right." in said(at)
    assert set(drawn.bars) == {"attention", "Integrated Gradients", "erasure: hidden", "erasure: left out"}


def test_a_link_brings_back_every_choice(drawn: SimpleNamespace) -> None:
    at = opened(phrase_from="drawn", phrase_no="2", beside="UNI", B="4", german="3 keiner")
    assert "we do not thank an old daughter → **" in said(at) and list(drawn.maps) == ["attention", "UNI"]
    assert drawn.decides[2].nonzero()[:, 0].tolist() == [2, 3, 4, 6]  # keiner: not, thank, an, daughter
    assert "What UNI's baseline is in words" in said(at)


def test_a_word_is_taken_away() -> None:
    at = opened(gone="5 gentlemen", way="left out", tab=WITHOUT)
    assert "`good morning ladies and`" in said(at)
    assert translation.translate(networks.load("translation"), "good morning ladies and").text.split()[0] in said(at)
    assert marked(("guten", "Morgen"), ("gute", "Nacht", "Morgen")) == "**Gute** **Nacht** Morgen"
    assert marked(("guten",), ()) == "nothing"
    assert reading.without(("a", "b", "c"), [1], hidden=True) == "a <unk> c"
    assert reading.without(("a", "b", "c"), [0, 1], hidden=False) == "c"


def test_nothing_is_left_to_translate() -> None:
    assert "Nothing would be left to translate" in said(
        opened(phrase="hello", gone="1 hello", way="left out", tab=WITHOUT)
    )


@pytest.mark.parametrize(
    ("phrase", "says"),
    [
        ("", "has 0"),
        ("the dog " * 250, "has 500"),
        ("🙂", "knows none of '🙂'"),
        ("<script>", r"knows none of '\<script\>'"),
    ],
)
def test_a_bad_phrase_gets_a_sentence(phrase: str, says: str) -> None:
    at = opened(phrase=phrase)
    assert len(at.error) == 1 and says in at.error[0].value


def test_an_unknown_word_is_read_as_one(drawn: SimpleNamespace) -> None:
    at = opened(phrase="I see the zebra", beside="Gradient × input")
    assert drawn.inputs == ("I", "see", "the", "<unk>") and "has not learned “zebra”" in said(at)
    assert drawn.decides is None and list(drawn.maps) == ["attention", "Gradient × input"]


def test_the_transformers_attention_is_rolled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One layer of four, for another class than the picture's: the core's map, and its share on the animal."""
    seen = {}
    monkeypatch.setattr(show, "maps", lambda x, maps, words, *_, **how: seen.update(maps=maps, words=words, **how))
    monkeypatch.setattr(rollout, "SCENES", 4)
    at = opened(attending="vision transformer", rolled="cat", rolled_scene="3", rolled_for="dog", layers="1",
                rolled_guess="Attention rollout")  # fmt: skip
    assert not at.exception and not at.error
    scene, model = zoo.draw("cat", 3), networks.load("zoo_vit")
    x = scene.image[None]
    A = xai_core.attention_rollout(xai_core.make_score(model, x, "predicted"), x, 1)  # for every class the same
    torch.testing.assert_close(seen["maps"]["Attention rollout"].sum(1, keepdim=True), A)
    share = float(A[0, 0, scene.animal].sum() / A.sum())
    assert f"{share:.0%} on the animal" in seen["words"]["Attention rollout"]
    p = model(x).softmax(1)[0, zoo.CLASSES.index("dog")]
    assert seen["title"] == f"dog, {p:.0%}"
    assert "over 4 fresh scenes" in at.success[0].value
    assert [(m.label[-13:], m.value) for m in at.metric] == [("on the animal", f"{share:.0%}")]


def test_the_table_is_what_the_readings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "COUNTS", (4, 20))
    at = opened(measure="true", fresh="4", missed="attention", tab="Over many phrases")
    how = How("Integrated Gradients", "unknown word", 15)
    found = study.readings(4, how)
    assert len(found) == 4 and " | ".join(study.rows(found, how)[0]) in said(at)
    assert all(r.decides.any(1).all() for r in found)
    fight = study.fought(found, how, "hidden")
    assert fight.rows == sum(len(r.decides) for r in found)


def test_a_side_is_taken_only_outside_the_interval() -> None:
    how = How("UNI", "zero", 15)
    won, lost, open_ = (Duel(100, 30, 20, s, s - 0.1, s + 0.1) for s in (0.7, 0.3, 0.45))
    assert study.verdict("attention", won, how).startswith("Right: a hidden word sides with **attention**, 70%")
    assert "**the gradients**" in study.verdict("attention", lost, how)
    assert "**neither, measurably**" in study.verdict("the gradients", open_, how)
    few = Duel(10, 1, 1, 1.0, float("nan"), float("nan"))
    assert "Too few" in study.verdict("attention", few, how)
    assert "too few to say more" in study.sentence(few, how, "hidden")


def test_the_script_makes_the_same_numbers(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    how = How("Integrated Gradients", "zero", 3)
    phrase = reading.translated(phrases.DECK)
    r = reading.read(phrase.source, phrase.words, how)
    monkeypatch.chdir(tmp_path)
    exec(compile(files.python(phrase, how), "script", "exec"), {})
    with (
        np.load(tmp_path / "attention.npz") as script,
        np.load(io.BytesIO(files.npz(phrase, r, how))) as page,
    ):
        assert np.array_equal(script["A"], page["Integrated_Gradients"])
        assert np.array_equal(script["attention"], page["attention"])
        assert json.loads(str(page["settings"])) == {"method": "integrated_gradients", "baseline": "zero", "B": 3}
        assert page["german"].tolist() == ["guten", "Morgen", "Damen", "und", "Herren"]
    assert (tmp_path / "attention.png").stat().st_size > 10_000
