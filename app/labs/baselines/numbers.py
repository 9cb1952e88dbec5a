"""The numbers of the page Baselines: one for each bias of a baseline, and what a guess was worth."""

import streamlit as st
import torch

from app.labs.baselines.compute import GRADIENT, Biases, Region
from app.shared import frame
from app.shared.subject import Subject
from xai_core import share


def show_numbers(
    worse: Subject, before: Subject, rows: dict[str, Biases], where: Region, maps: dict[str, torch.Tensor], told: bool
) -> None:
    """One row a baseline; what decides by construction only after a guess."""
    heads = ["", "darkest ¼", "brightest ¼", "plainest ¼", "roughness"]
    cells = {
        n: [f"{b.darkest:.2f}", f"{b.brightest:.2f}", f"{b.plainest:.2f}", f"{b.rough:.2f}"] for n, b in rows.items()
    }
    if worse is not before:
        heads.append("same as before")
        for n, b in rows.items():
            cells[n].append(f"{b.same:.2f}")
    parts = {name: mask for name, mask in before.opened.parts.items() if name != "the background"} if told else {}
    everywhere = torch.ones(before.opened.x.shape[2:], dtype=torch.bool)
    for part, mask in parts.items():
        heads.append(f"on {part}")
        for n, A in maps.items():
            cells[n].append(f"{float(share(A, mask, everywhere)):.2f}")
    frame.table(heads, [[name, *numbers] for name, numbers in cells.items()], "biases")
    st.caption(
        f"**¼**: what this quarter of {where.name} gets of Σ|A| on {where.name}, relative to its share of the pixels:"
        " 1 is fair, 0 is blind. The quarters are found before the picture is made worse: darkest, brightest, and with"
        " the least detail |x − G∗x|. **Roughness**: how much neighbours disagree, 0 smooth to 1 specks."
        + (" **Same as before**: Spearman's ρ with the map of the picture as it was." if worse is not before else "")
        + (" **On …**: the same share, of the whole picture." if parts else "")
        + " The last row has no baseline: compare with it. One picture proves little, see notebook 11 for many."
    )
    if told and before.opened.truth:
        st.markdown(before.opened.truth)
    elif before.opened.parts:
        frame.veil("This picture was drawn, so the truth about it is known.")


def show_verdict(guess: str, rows: dict[str, Biases], where: Region) -> None:
    """What the guess was worth."""
    shares = {name: b.darkest for name, b in rows.items() if name != GRADIENT}
    least = min(shares, key=shares.get)
    frame.verdict(
        guess, least,
        f"the darkest quarter of {where.name} gets the least from **{least}**, {shares[least]:.2f} of its"
        f" fair share; the gradient, which has no baseline, gives it {rows[GRADIENT].darkest:.2f}.",
    )  # fmt: skip
