"""What the domains of drawn pictures draw alike: maps with the truth outlined, baselines side by side, means."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from skimage.segmentation import find_boundaries
from torch import Tensor

from app.labs.domains import compute as pictures
from app.labs.domains.compute import COMPARED, FRESH, Fresh, Start
from app.shared import frame, show
from app.shared.frame import Tab
from app.shared.predict import veil
from app.shared.predict.overlap import LINE
from app.shared.predict.veil import Guess
from app.shared.screen import Screen
from app.shared.shares import interval, percent, share_on
from app.shared.stages import Explanation
from app.shared.subject import Subject, crisp
from app.shared.turns import Rank, turn
from xai_core import catalogue, figures
from xai_core.evaluate import ground_truth

SIDE = 448  # pixels of a panel
START = ("integrated_gradients", "uni", "grad_cam", "occlusion")
INKS = {"white": (1.0, 1.0, 1.0), "blue": (0.34, 0.71, 0.91), "green": (0.0, 0.62, 0.45)}  # of outlines on a picture
BLACK = (0.0, 0.0, 0.0)  # of outlines on a map
Outlines = Mapping[str, Tensor]  # what → mask (SIDE, SIDE) bool


def outlined(rgb: np.ndarray, masks: Sequence[Tensor], inks: Sequence[Sequence[float]]) -> np.ndarray:
    """A picture (H, W, 3) enlarged to SIDE, with a line around each mask."""
    large = crisp(rgb, SIDE) / 255
    for mask, ink in zip(masks, inks, strict=False):
        large[find_boundaries(mask.numpy(), mode="outer")] = ink
    return large


def show_maps(
    about: Subject,
    sharp: Tensor,
    lines: Outlines,
    found: Mapping[str, Explanation],
    failures: Mapping[str, str],
    guess: Guess,
    on: Screen,
) -> None:
    """The picture, drawn sharply, and its maps over the grey picture that the network saw; outlines, if any, on all.
    guess: after one the numbers may be seen, and what was painted is outlined in blue.
    """
    title = {name: method.title for name, method in catalogue().items()}
    ground = figures.pixels(about.opened.x)
    drawn, top = figures.scaled({name: figures.pixel_map(e.A) for name, e in found.items()})
    kept = {name: mask for name, mask in lines.items() if mask.any()}
    region = guess.region((SIDE, SIDE))
    drawn_on = [] if region is None else [region]
    words = "outlined: " + ", ".join(f"{name} ({ink})" for name, ink in zip(kept, INKS, strict=False))
    panels: dict[str, tuple[np.ndarray | str, str]] = {
        f"says {about.said}": (
            outlined(figures.pixels(sharp), [*kept.values(), *drawn_on], [*list(INKS.values())[: len(kept)], LINE]),
            words if kept else "",
        )
    }
    mask = pictures.known(about.opened)
    for name, map_ in drawn.items():
        rgb = outlined(figures.coloured(map_, top[name], ground, 0.85), list(kept.values()), [BLACK] * len(kept))
        told = mask is not None and guess.made
        said = f"{percent(share_on(found[name].A, mask))} of Σ\\|A\\| on what decides" if told else ""
        panels[title[name]] = (rgb, said)
    panels |= {title[name]: (sentence, "") for name, sentence in failures.items()}
    show.pictures(panels, "domain")
    if drawn:
        with on.legend:
            show.colours(next(iter(top.values())), "share")


def tell(on: Screen, guess: Guess, about: Subject, parts: Outlines, found: Mapping[str, Explanation]) -> None:
    """What a guess was worth. parts: what can be guessed, what decides first."""
    maps = {catalogue()[name].title: e.A for name, e in found.items()}
    veil.tell(on, guess, replace(about.opened, parts=dict(parts), decides=next(iter(parts))), maps)


def show_number(found: Mapping[str, Explanation], mask: Tensor, thing: str, told: bool) -> None:
    """The first map's share on what decides; before a guess how large that is."""
    area = f"{float(mask.float().mean()):.1%}"
    if told and found and mask.any():
        name, e = next(iter(found.items()))
        st.metric(f"of Σ|A| lie on {thing}, {area} of the pixels, by {catalogue()[name].title}",
                  percent(share_on(e.A, mask)))  # fmt: skip
    else:
        st.metric(f"of the pixels show {thing}, which alone decide", area)


def show_numbers(found: Mapping[str, Explanation], parts: Mapping[str, Tensor], mask: Tensor) -> None:
    """Where each map lies, for this picture. parts: what to count, name → mask; mask: what decides."""
    head = ["share of Σ|A|", "of the pixels", *(catalogue()[name].title for name in found)]
    rows = [
        [part, f"{where.float().mean():.0%}", *(percent(share_on(e.A, where)) for e in found.values())]
        for part, where in parts.items()
    ]
    hits = [float(ground_truth(e.A, mask).pointing) for e in found.values()]
    rows.append(["the best pixel hits what decides", "", *("yes" if hit == 1 else "no" if not hit else f"{hit:.2f}"
                                                           for hit in hits)])  # fmt: skip
    frame.table(head, rows, "domain_numbers")


def show_starts(about: Subject, starts: Mapping[str, Start], without: str, thing: str, area: float) -> None:
    """What each baseline is, what the network says of it, and what it has taken away."""
    names = {"UNI": "UNI's x′", "black": "black", "blurred": "blurred", "without": without}
    change = figures.pixels(figures.difference(starts["UNI"].x, about.opened.x, 8))
    panels = {"8 × (UNI's x′ − x)": (change, "grey: nothing changed")}
    panels |= {
        names[name]: (figures.pixels(start.x), f"says {start.says}, {start.confidence:.0%}")
        for name, start in starts.items()
    }
    show.pictures(panels, "starts", side=320)
    frame.table(
        ["baseline x′", f"F(x′): {about.class_name}", "‖x − x′‖ per number", f"of Σ|x − x′| on {thing}",
         f"Integrated Gradients from it: of Σ|A| on {thing}"],
        [[names[name], f"{s.score:.0%}", f"{s.away:.1f}/255", percent(s.taken), percent(s.pointed)]
         for name, s in starts.items()],
        "starts_table",
    )  # fmt: skip
    st.caption(f"By chance {area:.0%} of a change would lie on {thing}: the share of the pixels.")


def show_means(network: str, fresh: Fresh, each: str, thing: str) -> None:
    """Every method over many fresh pictures, with intervals, once someone asks."""
    left, right = st.columns([3, 2], gap="medium")
    asked = left.toggle(f"One {each} proves little: ask many fresh ones (once)", key="fresh", bind="query-params")
    n = right.segmented_control("How many", FRESH, default=FRESH[0], required=True, key="many", bind="query-params")
    if not asked:
        return
    bar = st.progress(0.0, text=f"Explaining {n} {each}s …")
    truths = {}
    for k, title in enumerate(COMPARED):
        with turn(("over fresh", network, n, title), rank=Rank.LATER):  # a turn each, so that others come between
            truths[title] = pictures.over_fresh(network, n, title, fresh)
        bar.progress((k + 1) / len(COMPARED), text=f"{title}: {n} {each}s")
    bar.empty()
    inside = {title: interval(truth.inside) for title, truth in truths.items()}
    inside = dict(sorted(inside.items(), key=lambda row: -row[1][0]))
    hits = {title: interval(truth.pointing)[0] for title, truth in truths.items()}
    chance = float(next(iter(truths.values())).chance.mean())
    fig = figures.intervals(
        {"all": inside}, x=f"share of the positive relevance on {thing}", reference=chance, size=(9.6, 4.8),
        theme=show.theme(),
    )  # fmt: skip
    said = "; ".join(f"{title} {mean:.2f} ({low:.2f} to {high:.2f})" for title, (mean, low, high) in inside.items())
    with st.container(key="scrolls_means"):
        show.figure(fig, f"Share of the positive relevance on {thing}, {n} fresh {each}s: {said}.")
    frame.table(
        ["", f"share on {thing}", "95 % interval", "pointing game"],
        [[title, f"{m:.2f}", f"{low:.2f} to {high:.2f}", f"{hits[title]:.2f}"]
         for title, (m, low, high) in inside.items()],
        "means",
    )  # fmt: skip
    best = next(iter(inside))
    level = [name for name, (_, _, high) in inside.items() if name != best and high >= inside[best][1]]
    st.markdown(
        f"Over {n} fresh {each}s **{best}** puts most of what speaks for the class on {thing}"
        + (f"; its interval overlaps with that of {', '.join(level)}." if level else "; no other interval overlaps.")
    )
    st.caption(f"Dots: means, whiskers: Student's 95 % intervals over the {each}s; dotted: chance, {chance:.2f}.")


def show_code(methods: Sequence[str]) -> None:
    """Each method, and how its map is compared with the truth."""
    truth = Tab(
        (ground_truth,),
        r"\text{inside} = \sum_{i \in M} A_i^+ \Big/ \sum_i A_i^+ \qquad \text{pointing} = [\arg\max_i A_i \in M]",
        "The share of what speaks for the class on the mask M. In xai_core.evaluate.ground_truth.",
    )
    frame.code({**frame.of_methods(methods), "The truth": truth})
