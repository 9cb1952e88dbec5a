"""Heartbeat-like traces, drawn by a formula, so that the stretch that decides is known. A toy, and no medical advice.

    s(t) = Σ_beats Σ_waves a_w exp(−(t − t_beat − d_w)² / (2 w_w²)) + drift(t) + noise          millivolts

A beat is a sum of five bumps, P Q R S T (as in McSharry et al. 2003, there around a circle). One thing in a trace may
be out of order, and it alone decides the class:

    early beat     one beat comes too soon, broad and with its last bump upside down
    missing beat   one beat is not there
    raised ST      behind one beat, the stretch between S and T stands higher

Heart rate, the size of each wave, drift and noise are drawn for each trace and say nothing. In a normal trace nothing
decides, and its mask is empty.
What to look at: the missing beat. What decides is a place where nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from data import arguments

CLASSES: tuple[str, ...] = ("normal", "early beat", "missing beat", "raised ST")
LENGTH, RATE = 256, 64  # samples, and samples a second: a trace lasts 4 s

# Of each wave: height in mV, delay behind the R wave and width, both in seconds.
WAVES: dict[str, tuple[float, float, float]] = {
    "P": (0.14, -0.16, 0.025),
    "Q": (-0.12, -0.035, 0.012),
    "R": (1.10, 0.0, 0.016),
    "S": (-0.22, 0.035, 0.014),
    "T": (0.30, 0.24, 0.045),
}
BROAD: dict[str, tuple[float, float, float]] = {"R": (1.10, 0.0, 0.05), "T": (-0.30, 0.22, 0.055)}  # an early beat
EARLY = (0.55, 0.70)  # of the usual interval, after which an early beat comes
RAISE = (0.18, 0.40)  # mV
ST = (0.05, 0.24)  # seconds behind R between which the raised stretch lies
FROM, TO = -0.20, 0.34  # a beat reaches from here to here, in seconds around R


@dataclass(frozen=True, eq=False)
class Trace:
    """One trace: `signal` (1, 256) in millivolts, `mask` (256,) bool, the stretch that decides (empty if normal).

    `beats` are the times of the R waves in samples, and (label, seed) draws the trace again.
    """

    signal: Tensor
    label: int
    mask: Tensor
    beats: tuple[float, ...]
    seed: int

    @property
    def name(self) -> str:
        """The label in words."""
        return CLASSES[self.label]


class Traces(NamedTuple):
    """Signals (n, 1, 256) in millivolts, labels (n,) int64, masks (n, 256) bool."""

    signals: Tensor
    labels: Tensor
    masks: Tensor


def draw(label: int | str, seed: int) -> Trace:
    """One trace: (label, seed) fixes every number. Another label leaves rate, waves, drift and noise as they are.

    Raises ValueError, naming the argument, for an unknown label or a seed below 0.
    """
    label = arguments.label(label, CLASSES, f"one of {', '.join(CLASSES)}, or its index")
    seed = arguments.seed(seed)
    rng = np.random.default_rng([seed, 1])
    t = np.arange(LENGTH) / RATE  # seconds
    interval = 60 / rng.uniform(60, 100)  # seconds from beat to beat
    times = rng.uniform(-0.5, 0.3) + interval * np.arange(-1, 9)
    times = times + rng.normal(0, 0.012, times.shape)
    waves = {name: (a * rng.uniform(0.8, 1.25), d, w * rng.uniform(0.9, 1.1)) for name, (a, d, w) in WAVES.items()}
    drift = rng.uniform(0, 0.12) * np.sin(2 * np.pi * (rng.uniform(0.1, 0.35) * t + rng.uniform()))
    noise = rng.normal(0, rng.uniform(0.01, 0.035), LENGTH)
    odd = _odd_one(rng, times, interval)
    early, raise_ = rng.uniform(*EARLY) * interval, rng.uniform(*RAISE)

    name, mask = CLASSES[label], np.zeros(LENGTH, bool)
    if name == "early beat":
        times = np.where(np.arange(len(times)) >= odd, times - times[odd] + times[odd - 1] + early, times)
    signal = drift + noise
    for i, at in enumerate(times):
        if i == odd and name == "missing beat":
            continue
        shape = {w: (waves["R"][0] / WAVES["R"][0] * a, d, s) for w, (a, d, s) in BROAD.items()}
        for a, d, w in (shape if i == odd and name == "early beat" else waves).values():
            signal += a * np.exp(-((t - at - d) ** 2) / (2 * w**2))
    behind = t - times[odd]
    if name == "raised ST":
        signal += raise_ * _step(behind - ST[0]) * _step(ST[1] - behind)
        mask = (behind >= ST[0] - 0.02) & (behind <= ST[1] + 0.02)
    elif name != "normal":
        mask = (behind >= (FROM if name == "missing beat" else -0.15)) & (behind <= TO)
    seen = tuple(float(at * RATE) for i, at in enumerate(times) if not (i == odd and name == "missing beat"))
    return Trace(
        torch.from_numpy(signal.astype(np.float32))[None],
        label,
        torch.from_numpy(mask),
        tuple(at for at in seen if 0 <= at < LENGTH),
        seed,
    )


def batch(n: int, seed: int, classes: tuple[str, ...] = CLASSES) -> Traces:
    """The first n traces of the endless stream `seed`, classes in turn; a longer batch begins alike.

    Raises ValueError, naming the argument, where n < 1, seed < 0 or a class is unknown.
    """
    arguments.count(n)
    if isinstance(classes, str) or not classes:
        raise ValueError(f"classes is {classes!r}; it must be a list of {', '.join(CLASSES)}")
    drawn = [draw(classes[i % len(classes)], trace_seed(seed, i)) for i in range(n)]
    return Traces(
        torch.stack([d.signal for d in drawn]),
        torch.tensor([d.label for d in drawn]),
        torch.stack([d.mask for d in drawn]),
    )


def trace_seed(seed: int, i: int) -> int:
    """The seed of the i-th trace of `batch(…, seed)`. Raises ValueError for a seed below 0."""
    return (arguments.seed(seed) << 32) + i


def _odd_one(rng: np.random.Generator, times: np.ndarray, interval: float) -> int:
    """The beat that may be out of order: one that lies well inside the trace, with a whole interval before it."""
    last = LENGTH / RATE
    inside = np.flatnonzero((times > interval + 0.25) & (times < last - 0.45))
    return int(rng.choice(inside))


def _step(seconds: np.ndarray) -> np.ndarray:
    """0 before, 1 behind, within about a twentieth of a second."""
    return 1 / (1 + np.exp(-seconds / 0.012))
