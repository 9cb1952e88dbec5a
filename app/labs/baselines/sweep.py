"""The page Baselines, all severities at once: what becomes of the bias that a corruption is about, and of the map."""

from collections.abc import Callable, Mapping

import streamlit as st
from torch import Tensor

from app.labs.baselines import compute
from app.labs.baselines.compute import KINDS, Biases, Region
from app.shared import show
from app.shared.stages import Explanation
from app.shared.subject import Subject
from xai_core import figures

SIZE = (5.6, 3.4)  # inches, for half the page
NUMBERS = {"colour": "darkest", "texture": "plainest", "frequency": "rough"}  # bias → the number that shows it


def show_sweep(
    before: Subject,
    corruption: str,
    seed: int,
    explained: Callable[[Subject], Mapping[str, Explanation]],
    where: Region,
    clean: Mapping[str, Tensor],
) -> None:
    """The number that the corruption is about, and how much of the map stays, at all severities.

    explained: the maps of a picture, by their baselines. clean: those of the picture as it is.
    """
    kind = KINDS[corruption][1]
    number = NUMBERS[kind]
    title = {"rough": "Roughness"}.get(number, f"Share of the {number} quarter")
    seen: dict[str, list[Biases]] = {}
    for severity in range(6):
        worse = compute.corrupted(before, corruption, severity, seed)
        for start, e in explained(worse).items():
            seen.setdefault(start, []).append(compute.biases(e.A, clean[start], where))
    for column, (field, heading, y) in zip(
        st.columns(2, gap="medium"),
        ((number, f"{title}: bias of {kind}", "1 = fair share" if number != "rough" else "0 smooth, 1 specks"),
         ("same", "Is it still the map of before?", "Spearman’s ρ")),
        strict=True,
    ):  # fmt: skip
        with column:
            lines = {s: (range(6), [getattr(b, field) for b in many]) for s, many in seen.items()}
            fig = figures.curves(
                lines, x=f"severity of {corruption}", y=y, title=heading, size=SIZE, theme=show.theme()
            )
            ends = "; ".join(f"{s} from {ys[0]:.2f} to {ys[-1]:.2f}" for s, (_, ys) in lines.items())
            show.figure(fig, f"{heading}, severity 0 to 5: {ends}.")
