"""Drawn traces: what decides lies in the mask, and the network's card is held to what is measured."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from data.drawn import signals
from data.nets import networks
from data.nets.signal_network import SignalNet

SEEDS = st.integers(0, 10**9)


@given(SEEDS)
def test_what_is_out_of_order_lies_in_the_mask(seed: int) -> None:
    normal, early, missing, raised = (signals.draw(name, seed) for name in signals.CLASSES)
    assert not normal.mask.any() and early.mask.any() and missing.mask.any() and raised.mask.any()
    for other in (missing, raised):  # the same trace but for the tails of bumps
        change = (other.signal - normal.signal)[0].abs()
        assert change[~other.mask].max() < 0.08 < 0.15 < change[other.mask].max()
    assert len(missing.beats) == len(normal.beats) - 1
    odd = next(at for at in normal.beats if at not in missing.beats)
    assert missing.mask[round(odd)] and missing.mask.sum() >= 30
    before = int(early.mask.nonzero()[0])  # up to the early beat nothing has changed
    assert torch.allclose(early.signal[0, :before], normal.signal[0, :before], atol=0.05)


def test_a_wave_is_as_high_as_it_is_drawn() -> None:
    heights = signals.batch(80, 2, ("normal",)).signals.amax(2)
    assert heights.min() > 0.75 and heights.max() < 1.8  # R: 1.1 mV · 0.8 … 1.25, with drift and noise
    assert signals.draw(0, 0).signal.shape == (1, signals.LENGTH)


def test_batches_are_streams_of_seeds() -> None:
    few, more = signals.batch(5, 3), signals.batch(9, 3)
    assert torch.equal(few.signals, more.signals[:5]) and few.labels.tolist() == [0, 1, 2, 3, 0]
    assert torch.equal(signals.draw(2, signals.trace_seed(3, 2)).signal, few.signals[2])
    assert torch.equal(signals.draw("missing beat", 4).mask, signals.draw(2, 4).mask)
    assert signals.batch(4, 1, ("raised ST",)).labels.tolist() == [3, 3, 3, 3]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="label is 'flutter'; it must be one of normal, early beat"):
        signals.draw("flutter", 0)
    with pytest.raises(ValueError, match=r"seed is 1\.5"):
        signals.draw(0, 1.5)
    with pytest.raises(ValueError, match="n is True"):
        signals.batch(True, 0)
    with pytest.raises(ValueError, match="classes is 'normal'; it must be a list of"):
        signals.batch(2, 0, "normal")


def test_the_card_is_true() -> None:
    card, network = networks.card("signals"), networks.load("signals")
    assert isinstance(network, SignalNet) and card["parameters"] < 1_000_000 and card["bytes"] < 2_000_000
    assert card["accuracy"] >= 0.95 and min(card["accuracy_by_class"].values()) >= 0.9
    x, labels, _ = signals.batch(600, 77)  # a stream that neither training nor the card saw
    assert float((network(x).argmax(1) == labels).double().mean()) == pytest.approx(card["accuracy"], abs=0.02)
    assert "Nothing of it says anything about a heart" in card["warning"]
