"""The page Domains, text and signal: the numbers shown are those of the core, and no text breaks it."""

from __future__ import annotations

import pytest
import torch
from streamlit.testing.v1 import AppTest

import xai_core
from app.labs.domains import signal_compute, text_compute
from app.labs.domains import text as domains_text
from data.drawn import signals
from data.nets import networks
from data.nets.text_network import tokens
from data.text import reviews
from tests.app.running import metrics, opened, ran
from xai_core.evaluate.sequence_truth import sequence_truth

PAGE = "labs/domains/page.py"
WORDS = reviews.draw(0, 4, form="contrast").words


def said(at: AppTest) -> str:
    return next(m.value for m in at.markdown if "the network *signals* says" in m.value)


def test_scores_are_the_cores_own() -> None:
    network = networks.load("reviews")
    x = network.embed(tokens(WORDS))[None]
    for method, name, how in (
        ("UNI", "uni", {"B": 7}),
        ("Integrated Gradients", "integrated_gradients", {"B": 7}),
        ("Gradient × input", "gradient_x_input", {}),
    ):
        A, gap = text_compute.scores(WORDS, method, 7, None, 6)
        expected = xai_core.explain(network.head, x, 0, name, **how)[0].sum(1)
        assert A.tolist() == pytest.approx(expected.tolist(), abs=1e-5)
        assert (gap is None) == (method == "Gradient × input")
    A, _ = text_compute.scores(WORDS, "KernelSHAP", 7, None, 6)
    text = reviews.joined(WORDS)
    nothing = xai_core.masked_text(text, [False] * len(xai_core.words_of(text)))
    p, rest = network.predict([text, nothing])[:, 0].tolist()
    once = {word: float(a) for word, a in zip(WORDS, A, strict=True)}  # a word that stands twice is one feature
    assert sum(once.values()) == pytest.approx(p - rest, abs=1e-4)


def test_a_word_is_escaped_and_coloured_by_its_share() -> None:
    line = domains_text.coloured_words(("<b>", "good"), torch.tensor([-1.0, 3.0]), torch.tensor([False, True]))
    assert "&lt;b&gt;" in line and "<b>" not in line and "+75" in line and "-25" in line
    assert line.count("#e69f00") == 1


def test_the_page_reads_any_text() -> None:
    at = opened(PAGE, domain="text", own_review="<i>NOT</i> good, zebra!", dull="against", text_methods=["UNI"],
                tab="UNI's baseline")  # fmt: skip
    shown = metrics(at)
    words = reviews.words_of("<i>NOT</i> good, zebra!")
    there = text_compute.moved(words, None)
    assert shown["The grammar's rule says"] == "negative" and shown["ε, in units of embeddings"] == f"{there.eps:.2f}"
    assert any("never met: zebra." in info.value for info in at.info)
    found = text_compute.read(words).judge(text_compute.scores(words, "UNI", 15, None, 6)[0])
    assert any(f"{found.share:.0%} of Σ|A|" in m.value for m in at.markdown)
    assert "You guessed" in at.success[0].value
    at.text_input(key="own_review").set_value(" ., ")
    ran(at)
    assert any("no word to read" in info.value for info in at.info) and not at.metric
    at.text_input(key="own_review").set_value("great")  # one word alone: LIME has nothing to compare
    at.multiselect(key="text_methods").set_value(["LIME", "UNI"])
    ran(at)
    assert any("two different words" in warning.value for warning in at.warning)


def test_the_page_judges_a_trace() -> None:
    at = opened(PAGE, domain="signal", flat="nearly nothing", signal_methods=["CAM", "UNI"], B="9",
                tab="UNI's baseline")  # fmt: skip
    shown, trace = metrics(at), signals.draw("missing beat", 0)
    there = signal_compute.unlearned("missing beat", 0, None, 9)
    assert "says **missing beat**" in said(at) and shown["F(x′)"] == f"{float(there.probabilities[2]):.2f}"
    assert shown["Σ|x − x′| on the stretch"] == f"{there.share:.0%}"
    model, x = networks.load("signals"), trace.signal[None]
    best = max(
        (found.share, method)
        for method in ("CAM", "UNI")
        for found in [
            sequence_truth(
                xai_core.explain(model, x, 2, method.lower(), **({"B": 9} if method == "UNI" else {}))[0, 0], trace.mask
            )
        ]
    )
    (number,) = (value for label, value in shown.items() if f"by {best[1]}, the best here" in label)
    assert number == f"{best[0]:.0%}"
    A = xai_core.explain(model, x, 2, "integrated_gradients", B=30)[0, 0]
    share = sequence_truth(A, trace.mask).share
    assert at.success[0].value.startswith(f"Right: {share:.0%} of Σ|A|") and share < 0.1
    at.selectbox(key="rhythm").set_value("normal")
    ran(at)
    assert "Σ|x − x′| on the stretch" not in metrics(at) and "says **normal**" in said(at)


def test_the_script_makes_the_same_maps(tmp_path, monkeypatch) -> None:
    script = signal_compute.python("raised ST", 2, ["UNI", "LIME"], 5, 1.5, 4)
    monkeypatch.chdir(tmp_path)
    world: dict = {}
    exec(compile(script, "this_setting.py", "exec"), world)
    for method in ("UNI", "LIME"):
        given = tuple(signal_compute.arguments(method, 5, 1.5, 4).items())
        expected = signal_compute.attribution("raised ST", 2, method, given)
        assert world["maps"][method].tolist() == pytest.approx(expected.tolist(), abs=1e-6)
    assert (tmp_path / "trace.png").stat().st_size > 10_000
    exec(compile(text_compute.python(WORDS, 5, None), "this_setting.py", "exec"), world)
    expected = text_compute.scores(WORDS, "UNI", 5, None, 6)[0]
    assert world["maps"]["UNI"].tolist() == pytest.approx(expected.tolist(), abs=1e-5)
