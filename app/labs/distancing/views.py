"""What the page Distancing shows of the maps: what survives, and the regions, each with its numbers."""

import math

import streamlit as st
import torch
from matplotlib.figure import Figure
from torch import Tensor

from app.labs.distancing import compute
from app.labs.distancing.compute import Reading
from app.labs.distancing.pairs import Pair, Scenes
from app.shared import frame, show
from app.shared.pictures import Picture
from app.shared.shares import percent
from app.shared.turns import Rank
from xai_core import catalogue, complexity, figures, hull, supplementary
from xai_core.distancing.gad import GADMap
from xai_core.figures import distancing


def surviving(pair: Pair, x: Tensor, found: GADMap, how: Reading, theme: str) -> Figure:
    """Figure 3, a row a class."""
    rows = {name: {f"α = {α}": A[i] for α, A in zip(how.alphas, found.maps, strict=True)}
            for i, name in enumerate(pair.names)}  # fmt: skip
    kept = {name: found.A[i] for i, name in enumerate(pair.names)}
    return distancing.surviving(x, rows, kept, "GAD", theme)


def show_surviving(pair: Pair, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> None:
    """Figure 3, and how many pixels each network leaves."""
    left = found.left
    said = "; ".join(f"for {name} {left[-1, i]:.0%} of the pixels" for i, name in enumerate(pair.names))
    with st.container(key="scrolls_surviving"):
        show.kept_figure(
            ("surviving", pair, picture, how), lambda theme: surviving(pair, x, found, how, theme),
            f"{how.title} of each network, and what survives them all: {said}.",
        )  # fmt: skip
    rows = []
    for i, name in enumerate(pair.names):
        chance = math.prod(found.masks[:, i].double().flatten(1).mean(1).tolist())
        rows.append(
            [
                f"for {name}",
                *(f"{x:.1%}" for x in left[:, i].tolist()),
                "< 0.1%" if 0 < chance < 0.0005 else f"{chance:.1%}",
            ]
        )
    frame.table(["left after", *(f"α = {α}" for α in how.alphas), "a fluke would leave"], rows, "left")
    st.caption(
        "**What to look at:** where do pixels fall out first? The table: share of all pixels that are important in this"
        f" network and in all before it; important is {how.threshold}. A fluke:"
        " what would be left if each map were as large, but its pixels were drawn by lot. Red speaks for the class,"
        " blue against it, white says nothing."
        + (" The minimum keeps also pixels that are not important in all, but pale." if how.join == "minimum" else "")
    )
    for i, name in enumerate(pair.names):
        if not found.maps[0, i].any():
            st.info(
                f"The map for {name} is 0 everywhere: {how.title} finds nothing in this picture that speaks for it."
            )
        elif not found.A[i].any():
            mute = [f"{α}" for α, A in zip(how.alphas, found.maps[:, i], strict=True) if not A.any()]
            why = f" At α = {', '.join(mute)} the map is 0 everywhere." if mute else ""
            st.info(f"For {name} nothing is left: no pixel is important in all {len(how.alphas)} networks.{why}")
        elif int(found.masks[:, i].all(0).sum()) == 1:
            st.info(f"For {name} a single pixel is left.")


def verdict(guess: str, pair: Pair, found: GADMap) -> None:
    """What the guess was worth: what is left of what was important to the own network."""
    own, left = found.left[0], found.left[-1]
    shares = [float(left[i] / own[i]) if own[i] else math.nan for i in range(2)]
    told = " and ".join(
        f"**{percent(s)}** of what was important for {name}" for name, s in zip(pair.names, shares, strict=True)
    )
    frame.verdict(guess, None, f"all {len(found.maps)} networks agree on {told}.")


# --- regions ----------------------------------------------------------------------------------------------------------


def show_regions(pair: Pair, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> None:
    """Figure 6 for both classes, and RC and RS in a table."""
    original, gad = how.regions(found.maps[0]), how.regions(found.A)
    rc = [complexity(g, o) for g, o in zip(gad, original, strict=True)]
    rs, sizes = [], []
    for i, c in enumerate(pair.classes):
        masks = torch.stack([hull(gad[i]).mask, supplementary(original[i], gad[i])])
        with frame.asking(f"Covering the regions for {pair.names[i]} …", Rank.LATER):
            rs.append(compute.changes(pair, picture, c, masks))
        sizes.append(masks.sum((1, 2)).tolist())
    left, right = st.columns([3, 4], gap="medium")
    with left:
        titles = [f"for {name}" for name in pair.names]
        regions, twice = {how.title: (original, gad)}, x.expand(2, -1, -1, -1)
        said = "; ".join(f"{t}: RC {number(v)}" for t, v in zip(titles, rc, strict=True))
        show.kept_figure(
            ("hulls", pair, (picture,), how),
            lambda theme: distancing.hulls(twice, regions, titles, theme=theme),
            f"The hull of {how.title}, dashed blue, and GAD's, red. {said}.",
        )
    with right:
        rows = {
            "RC: area of GAD's hull, of the original's": [number(v) for v in rc],
            "RS of GAD's region, logits per 100 pixels": [number(100 * r[0]) for r in rs],
            "RS of the rest of the original hull": [number(100 * r[1]) for r in rs],
            "pixels covered: GAD's region, the rest": [f"{inner}, {outer}" for inner, outer in sizes],
        }
        frame.table(["", *pair.names], [[title, *cells] for title, cells in rows.items()], "regions")
        for name, ratio, (inner, outer) in zip(pair.names, rc, rs, strict=True):
            st.markdown(judged(name, ratio, inner, outer))


def judged(name: str, rc: float, inner: float, outer: float) -> str:
    """What RC and the two RS say, in a sentence."""
    if math.isnan(inner):
        return f"**{name}**: GAD leaves no region, so there is nothing to cover."
    if math.isnan(outer):
        return f"**{name}**: the two hulls are one; GAD took nothing off the outline."
    if not math.isfinite(rc) or rc == 0:
        return f"**{name}**: the region is a point or a line; its area is 0, and RC says little."
    said = "more than one of the rest, as the paper expects" if inner > outer else (
        "no more than one of the rest; the paper expects more"
    )  # fmt: skip
    return f"**{name}**: the region is {rc:.0%} as large, and a pixel of it moves the logit {said}."


def number(x: float) -> str:
    return f"{x:.2f}" if math.isfinite(x) else "none"


# --- many pictures ----------------------------------------------------------------------------------------------------


def clues(pair: Pair, scenes: Scenes, rows: list[int]) -> None:
    """The least activated pictures of a class, with the logits of both."""
    panels = {}
    for k, i in enumerate(rows, 1):
        logits = scenes.logits[0, i]
        said = ", ".join(f"{name} {logits[c]:.1f}" for name, c in zip(pair.names, pair.classes, strict=True))
        panels[f"no. {k}"] = (figures.pixels(scenes.X[i : i + 1]), said)
    show.pictures(panels, "clues", side=256)


def clue_regions(pair: Pair, pictures: tuple[Picture, ...], X: Tensor, found: GADMap, how: Reading, name: str) -> None:
    """Figure 6 for several pictures of one class."""
    original, gad = how.regions(found.maps[0]), how.regions(found.A)
    captions = [f"no. {k}" for k in range(1, len(X) + 1)]
    said = ", ".join(number(complexity(g, o)) for g, o in zip(gad, original, strict=True))
    with st.container(key="scrolls_clues"):
        show.kept_figure(
            ("hulls", pair, pictures, how),
            lambda theme: distancing.hulls(X, {how.title: (original, gad)}, captions, theme=theme),
            f"Hulls for {name} in its least activated pictures: original dashed blue, GAD red. RC {said}.",
        )


def show_rows(pair: Pair, pictures: tuple[Picture, ...], X: Tensor, found: dict[str, GADMap], how: Reading) -> None:
    """Figure 5. found: by method."""
    captions = [f"{picture.name} {picture.number}" for picture in pictures]
    pairs = {catalogue()[method].title: (each.maps[0], each.A) for method, each in found.items()}
    said = "; ".join(
        f"{title} leaves {each.left[-1].mean():.0%}" for title, each in zip(pairs, found.values(), strict=True)
    )
    show.kept_figure(
        ("rows", pair, pictures, how, tuple(found)),
        lambda theme: distancing.original_and_gad(X, pairs, captions, theme),
        f"Under each picture the original map in blue and what GAD keeps in red. On average {said}.",
    )
