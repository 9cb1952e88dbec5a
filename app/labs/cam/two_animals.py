"""Two animals in one picture: each class is asked for, and the masks say whose animal its map marks."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared import frame, networks, show
from data.drawn import two_animals, zoo
from data.training import fitting
from xai_core.evaluate.ground_truth import ground_truth

NETWORKS = ("zoo", "zoo_vgg")  # those that know all animals and take pictures of any size
METHODS = {"grad_cam": "Grad-CAM", "guided_backprop": "Guided backprop", "guided_grad_cam": "Guided Grad-CAM"}
SCENES = 40


@dataclass(frozen=True)
class Marked:
    """Where the maps of one method for one class lie, over n pictures."""

    own: float  # mean share of what speaks for the class on its own animal
    other: float  # on the other animal
    pointing: float  # how often the best pixel hits the own animal
    chance: float  # the own animal's share of the pixels
    empty: int  # maps that are nowhere positive, left out of the shares


@st.cache_resource(max_entries=8, show_spinner=False)
def pictures(first: str, second: str, arrangement: str, n: int) -> two_animals.Two:
    """The first n of a stream that no network learned from."""
    return two_animals.draw_two(first, second, n, fitting.FRESH, arrangement)


@st.cache_resource(max_entries=32, show_spinner=False)
def maps(network: str, first: str, second: str, arrangement: str, n: int) -> dict[tuple[str, str], Tensor]:
    """(method, animal that is asked for) → (n, 3, H, W)."""
    x, model = pictures(first, second, arrangement, n).images, networks.load(network)
    return {
        (method, name): xai_core.explain(model, x, zoo.CLASSES.index(name), method)
        for method in METHODS
        for name in (first, second)
    }


def marked(A: Tensor, own: Tensor, other: Tensor) -> Marked:
    """One method, one class: the shares of the positive part, and the pointing game."""
    mine, theirs = ground_truth(A, own), ground_truth(A, other)
    seen = mine.inside.isfinite()
    return Marked(
        float(mine.inside[seen].mean()),
        float(theirs.inside[seen].mean()),
        float(mine.pointing.mean()),
        float(mine.chance.mean()),
        int((~seen).sum()),
    )


def alike(A: Tensor, B: Tensor) -> float:
    """Pearson's correlation of two maps as they are looked at, on average over pictures."""
    a, b = (t.sum(1).flatten(1).double() for t in (A, B))
    a, b = (t - t.mean(1, keepdim=True) for t in (a, b))
    return float((torch.nn.functional.cosine_similarity(a, b)).mean())


def show_section(opened: bool) -> dict[str, str]:
    """The whole section; its controls alone where it is not opened. Returns its settings."""
    st.markdown("**Two animals in one picture: can you ask for either?**")
    one, two, three, four = st.columns(4, gap="medium")
    first = one.selectbox("One animal", zoo.CLASSES, zoo.CLASSES.index("cat"), key="one", bind="query-params")
    second = two.selectbox("The other", zoo.CLASSES, zoo.CLASSES.index("dog"), key="two", bind="query-params")
    network = three.segmented_control(
        "Network for two", NETWORKS, default="zoo", required=True, key="pair_network", bind="query-params",
        help="zoo averages its last map before one linear layer; zoo_vgg has two linear layers on 2 × 2 places.",
    )  # fmt: skip
    number = int(four.number_input("Picture no.", 1, SCENES, 1, key="pair", bind="query-params"))
    settings = {"first": first, "second": second, "network": network, "arrangement": two_animals.ARRANGEMENTS[0]}
    if first == second:
        st.warning("Choose two different animals: with one of them twice there is only one class to ask for.")
        return settings
    if not opened:
        return settings
    with frame.asking("Asking for both …"):
        found = maps(network, first, second, settings["arrangement"], SCENES)
    both, i = pictures(first, second, settings["arrangement"], SCENES), number - 1
    named = {f"{METHODS[m]}: {name}": A[i] for (m, name), A in found.items()}
    truth = {first: (both.first, both.second), second: (both.second, both.first)}
    scored = {key: marked(A, *truth[key[1]]) for key, A in found.items()}
    single = {key: marked(A[i : i + 1], *(m[i : i + 1] for m in truth[key[1]])) for key, A in found.items()}
    captions = {f"{METHODS[m]}: {n}": f"on the {n}: {s.own:.0%}, on the other: {s.other:.0%}"
                for (m, n), s in single.items()}  # fmt: skip
    show.maps(both.images[i], named, captions, {}, title=f"{first} and {second}", scale="own", key="six_two")
    show_numbers(found, scored, first, second)
    return settings


def show_numbers(found: dict, scored: dict[tuple[str, str], Marked], first: str, second: str) -> None:
    """Over all pictures: whose animal is marked, and does the map change with the class at all?"""
    head = ["asked for", "by", "on its animal", "on the other", "best pixel hits it", "its share of the pixels"]
    rows = [
        [name, METHODS[m], *(f"{share:.0%}" for share in (s.own, s.other, s.pointing, s.chance))]
        for (m, name), s in scored.items()
    ]
    frame.table(head, rows, "two")
    same = {title: alike(found[m, first], found[m, second]) for m, title in METHODS.items()}
    row = st.container(horizontal=True)
    for title, value in same.items():
        row.metric(f"{title}: both classes' maps correlate", f"{value:+.2f}")
    empty = sum(s.empty for s in scored.values())
    st.caption(
        f"Means over {SCENES} pictures that no network learned from; in every other one the animals change places."
        " Shares are of Σ A⁺, what speaks for the class; the rest lies on neither animal, because a coarse map spills"
        " over the outline. A correlation near 1 says that the map hardly depends on the class one asks for."
        + (f" {empty} maps were nowhere positive and have no share." if empty else "")
    )
    worst = min((s for (m, _), s in scored.items() if m == "grad_cam"), key=lambda s: s.pointing)
    if worst.pointing < 0.8:
        st.warning(
            f"Grad-CAM's best pixel hits the animal asked for in only {worst.pointing:.0%} of the pictures here."
        )
