"""Figure 4 of the NormLIME paper, drawn and tabled from rows that were measured, beside what the paper's text states.

The paper prints the figure without numbers; §5.2 states some of them, as gains of error over the network that keeps
all, 99.05 % right on MNIST. Here a gain is paired: the network that kept all learned from the same seed. The paper
calls SHAP what is KernelSHAP here.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from xai_core.benchmark.documents import Picture, Section, Table
from xai_core.benchmark.normlime import KINDS, METHODS
from xai_core.figures.keep_and_retrain import kar_figure
from xai_core.statistics import summary

TITLES = {"pixels": "(a) pixels", "conv": "(b) outputs of the last convolutions"}
HELD_OUT = {"digits": 599, "mnist": 10000}
GRADIENTS = ("SmoothGrad²", "VarGrad")
STATED = (  # §5.2: kind, method, share dropped, gain of error in percentage points, and whether that is a lower bound
    ("pixels", "NormLIME", 0.5, 0.0, False),
    ("pixels", "KernelSHAP", 0.5, 0.0, False),
    ("pixels", "VarGrad", 0.2, 0.0, False),
    ("pixels", "LIME", 0.5, 0.25, True),
    ("pixels", "SmoothGrad²", 0.5, 0.25, True),
    ("pixels", "VarGrad", 0.5, 0.25, True),
    ("pixels", "random", 0.5, 0.25, True),
    ("conv", "NormLIME", 0.3, -0.26, False),
    ("conv", "LIME", 0.4, -0.05, False),
    ("conv", "NormLIME", 0.8, 0.0, False),
    ("conv", "LIME", 0.8, 0.3, False),
    ("conv", "NormLIME", 0.9, 0.45, False),
    ("conv", "LIME", 0.9, 0.6, False),
    ("conv", "KernelSHAP", 0.9, 1.25, True),
    ("conv", "SmoothGrad²", 0.9, 1.25, True),
    ("conv", "VarGrad", 0.9, 1.25, True),
    ("conv", "random", 0.9, 1.25, True),
)
COMPARED = (  # §5.2: kind, the better ones, the worse ones, from which share to which, in words
    ("pixels", ("NormLIME",), METHODS, (0.0, 0.5), "NormLIME is better than the others or like the best up to 50 %"),
    ("pixels", ("KernelSHAP", "LIME"), ("NormLIME",), (0.6, 0.9), "SHAP and LIME are better than NormLIME from 60 %"),
    ("pixels", ("NormLIME", "LIME"), GRADIENTS, (0.0, 0.9), "NormLIME and LIME are better than the gradients"),
    ("conv", ("NormLIME",), METHODS, (0.0, 0.9), "NormLIME is better than all others"),
    ("conv", GRADIENTS, ("random",), (0.0, 0.9), "the gradients are better than random"),
    ("conv", ("KernelSHAP", "LIME", "NormLIME"), GRADIENTS, (0.0, 0.9), "SHAP, LIME and NormLIME beat the gradients"),
)
ROUNDING = 1e-9  # means of the same counts may differ by this

Errors = dict[tuple[str, str, float], Tensor]  # (kind, method, share) → (runs,), in per cent


def collected(rows: Iterable[Mapping[str, Any]]) -> Errors:
    """Rows of `normlime.cells`, each with its cell's settings, by what they are of; those of one data set."""
    found: dict[tuple[str, str, float], dict[int, float]] = {}
    for row in rows:
        found.setdefault((row["kind"], row["method"], row["share"]), {})[row["run"]] = 100 * row["value"]
    return {
        key: torch.tensor([runs[run] for run in sorted(runs)], dtype=torch.double, device="cpu")
        for key, runs in found.items()
    }


def drawn(errors: Errors, network: str = "digits", theme: str = "light") -> Figure:
    """Figure 4, of as much as has been measured. Raises ValueError if that is nothing."""
    panels, whole = {}, {}
    for kind in _kinds(errors):
        whole[TITLES[kind]] = errors[kind, "random", 0.0] / 100
        panels[TITLES[kind]] = {
            method: (shares, torch.stack([errors[kind, method, share] for share in shares]) / 100)
            for method, shares in _measured(errors, kind).items()
        }
    return kar_figure(panels, whole, least=0.5 / HELD_OUT[network], theme=theme)


def sections(rows: Iterable[Mapping[str, Any]]) -> Iterator[Section]:
    """One section a network: the figure's numbers, who won, and the numbers that the paper states beside ours."""
    rows = list(rows)
    for network in dict.fromkeys(row["network"] for row in rows):
        of_network = [row for row in rows if row["network"] == network]
        errors = collected(of_network)
        kinds = _kinds(errors)
        errors = {key: runs for key, runs in errors.items() if key[0] in kinds}
        if not kinds:
            continue
        name, n = "MNIST" if network == "mnist" else "scikit-learn’s 8 × 8 digits", HELD_OUT[network]
        told = (
            f"The least important features are dropped and the network is trained again, from each of {_runs(errors)} "
            f"seeds (paper: 5, on MNIST).{_reduced(of_network)} Error on {n} held-out digits in per cent, mean ± "
            f"standard deviation over runs; one digit is {100 / n:.2g} points."
        )
        figure = Picture(
            f"normlime_{network}.png",
            _png(drawn(errors, network)),
            f"Error against the share of features dropped, a line a method, on a logarithmic scale; {name}",
        )
        parts = [part for kind in kinds for part in (_table(errors, kind), _against(errors, kind))]
        tables = [table for table in (*parts, _stated(errors)) if table.rows]
        title = f"NormLIME, Figure 4: keep and retrain, {name}"
        yield Section(title, [told, figure, *tables, *verdict(errors)])


def _png(fig: Figure) -> bytes:
    """On white, for a page of either theme."""
    fig.patch.set(facecolor="white", alpha=1)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _table(errors: Errors, kind: str) -> Table:
    """A row a method, a column a share; empty what has not been measured."""
    measured = _measured(errors, kind)
    shares = sorted({share for known in measured.values() for share in known})
    body = [
        [method, *(_spread(errors[kind, method, share]) if share in known else "" for share in shares)]
        for method, known in measured.items()
    ]
    whole = f"{TITLES[kind]}: error in per cent. Nothing dropped: {_spread(errors[kind, 'random', 0.0])}"
    return Table(["Dropped", *(f"{share:.0%}" for share in shares)], body, whole)


def _against(errors: Errors, kind: str) -> Table:
    """NormLIME beside each other method, run by run, over the shares that both have."""
    measured, body = _measured(errors, kind), []
    for method, known in measured.items():
        both = [share for share in known if share in measured.get("NormLIME", [])]
        if method == "NormLIME" or not both:
            continue
        more = torch.stack([errors[kind, "NormLIME", share] - errors[kind, method, share] for share in both])  # (S, R)
        found, mean = summary(more.mean(0).tolist()), more.mean(1)
        counts = [mean < -ROUNDING, mean.abs() <= ROUNDING, mean > ROUNDING]
        difference = f"{found.mean:+.2f}" + (f" ({found.low:+.2f} to {found.high:+.2f})" if found.n > 1 else "")
        body.append([method, difference, *(str(int(each.sum())) for each in counts)])
    head = ["Other method", "Difference, points", "Shares where lower", "equal", "higher"]
    told = f"{TITLES[kind]}: NormLIME's error minus that of another method, mean over shares, 95 % interval over runs"
    return Table(head, body, told)


def _stated(errors: Errors) -> Table:
    """Each number of the paper's text, and ours."""
    body = [
        [TITLES[kind], method, f"{share:.0%}", f"{'≥ ' * bound}{gain:+.2f}",
         _spread(errors[kind, method, share] - errors[kind, "random", 0.0], "+")]
        for kind, method, share, gain, bound in STATED
        if (kind, method, share) in errors
    ]  # fmt: skip
    told = (
        "What the paper's text states: gain of error over keeping everything, in percentage points. Ours: mean ± "
        "standard deviation over runs of the paired difference"
    )
    return Table(["Features", "Method", "Dropped", "Paper", "Ours"], body, told)


def verdict(errors: Errors) -> list[str]:
    """The paper's comparisons in words, and how often each holds here, between means of the same share."""
    lines = []
    for kind, better, worse, (low, high), says in COMPARED:
        pairs = [
            (float(errors[kind, one, share].mean()), float(errors[kind, other, share].mean()))
            for share in sorted({share for _, _, share in errors})
            for one in better
            for other in worse
            if low <= share <= high and one != other and {(kind, one, share), (kind, other, share)} <= set(errors)
        ]
        if pairs:
            held = sum(one <= other + ROUNDING for one, other in pairs)
            lines.append(f"{TITLES[kind]}, paper: {says}. Here in {held} of {len(pairs)} comparisons of means.")
    found = [
        each
        for (kind, method, share), each in errors.items()
        if (kind, method) == ("conv", "NormLIME") and share <= 0.7
    ]
    if found:
        held = sum(float((each - errors["conv", "random", 0.0]).mean()) <= ROUNDING for each in found)
        lines.append(
            f"{TITLES['conv']}, paper: up to 70 % dropped, NormLIME's networks are better than the one that keeps "
            f"all. Here at {held} of {len(found)} shares, or like it."
        )
    return lines


def _spread(values: Tensor, sign: str = "") -> str:
    """Mean and spread in words, such as "1.17 ± 0.12"."""
    found = summary(values.tolist())
    return f"{found.mean:{sign}.2f}" + (f" ± {found.std:.2f}" if found.n > 1 else "")


def _reduced(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many digits were learned from, where it was not all of them. Empty fields of a table are NaN."""
    sizes = sorted({int(row["train"]) for row in rows if row.get("train") and row["train"] == row["train"]})
    return f" Learned from {', '.join(map(str, sizes))} digits." if sizes else ""


def _runs(errors: Errors) -> int:
    return len(next(iter(errors.values())))


def _kinds(errors: Errors) -> list[str]:
    """The panels that have their reference, nothing dropped, and something to compare with it."""
    return [kind for kind in KINDS if (kind, "random", 0.0) in errors and _measured(errors, kind)]


def _measured(errors: Errors, kind: str) -> dict[str, list[float]]:
    """Method → the shares that it has been measured at."""
    found = {m: sorted(share for k, name, share in errors if (k, name) == (kind, m) and share > 0) for m in METHODS}
    return {method: shares for method, shares in found.items() if shares}
