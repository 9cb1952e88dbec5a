"""What the NormLIME paper claims of its Figure 4 (§5.2): keep and retrain, on digits and on MNIST.

A run is a seed; differences of error, in percentage points, are means over the shares that both methods have.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd
import torch

from xai_core.benchmark.claims import Claim, Comparison, Rows
from xai_core.benchmark.normlime_tables import COMPARED, Errors, collected

PLACES = {"pixels": "Figure 4a", "conv": "Figure 4b"}
FEATURES = {"pixels": "Pixels", "conv": "Outputs of convolutions"}


def _errors(rows: Rows) -> Iterator[tuple[str, Errors]]:
    found = rows("normlime")
    for network, part in found.groupby("network", sort=False) if len(found) else ():
        assert isinstance(part, pd.DataFrame)
        yield str(network), collected(part.to_dict("records"))


def _compared(
    rows: Rows, kind: str, better: Sequence[str], worse: Sequence[str], between: tuple[float, float]
) -> Iterator[Comparison]:
    """Error of the worse minus that of the better."""
    for network, errors in _errors(rows):
        for one in better:
            for other in worse:
                low, high = between
                shares = sorted(
                    share for k, method, share in errors
                    if (k, method) == (kind, one) and (kind, other, share) in errors and low <= share <= high and share
                )  # fmt: skip
                if one != other and shares:
                    less = torch.stack([errors[kind, other, s] - errors[kind, one, s] for s in shares]).mean(0)
                    yield Comparison(f"{network}, {one}", other, less.numpy(), of_runs=True)


def _better_than_all(rows: Rows) -> Iterator[Comparison]:
    """Error of the network that keeps everything, minus that of NormLIME's networks, a share at a time."""
    for network, errors in _errors(rows):
        for (kind, method, share), each in errors.items():
            if (kind, method) == ("conv", "NormLIME") and 0 < share <= 0.7 and ("conv", "random", 0.0) in errors:
                yield Comparison(
                    network, f"{share:.0%} dropped", (errors["conv", "random", 0.0] - each).numpy(), of_runs=True
                )


CLAIMS = (
    *(
        Claim(f"normlime_{k}", "NormLIME", PLACES[kind], f"{FEATURES[kind]}: {says}.",
              partial(_compared, kind=kind, better=better, worse=worse, between=between), "runs")
        for k, (kind, better, worse, between, says) in enumerate(COMPARED, 1)
    ),
    Claim("normlime_keeps", "NormLIME", "Figure 4b",
          "Up to 70 % dropped, NormLIME's networks are better than the one that keeps everything.",
          _better_than_all, "runs"),
)  # fmt: skip
