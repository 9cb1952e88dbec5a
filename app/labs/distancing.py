"""Distancing: the network is taught to hold two classes further apart; which pixels still count?"""

import inspect
import math
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from app import apart, apart_files, networks, show, take_away
from app.apart import ALPHAS, METHODS, PAPER, Pair
from app.equations import DISTANCING
from xai_core import (
    GADMap,
    catalogue,
    complexity,
    distanced,
    hull,
    important_pixels,
    make_score,
    sensitivity,
    supplementary,
    support_network,
    survivors,
)
from xai_core import distancing_figures as drawn
from xai_core.gad import SHARES
from xai_core.supports import Support

GUESSES = {"nearly all": 0.9, "a half": 0.5, "a sixteenth, as if by chance": 1 / 16}
RULES = {"top": "the strongest of all pixels", "above": "what is above a share of the strongest"}
JOINS = {"intersection": "important in every network", "minimum": "as strong as where it is weakest"}
TRY = {
    "α = 0: GAD is the base method.": {"distance": "0"},
    "“Above a tenth of the maximum”, as in the paper's Figure 4: smaller hulls. Is RS larger now?": {
        "important": "above"
    },
    "Saliency instead of Integrated Gradients. The paper found least there.": {"base": "Simple gradient"},
    "Grad-CAM: 8 × 8 places. What can be taken away?": {"base": "Grad-CAM"},
    "Minimum instead of intersection: no threshold, nothing is cut.": {"join": "minimum"},
    "Two birds that only the beak tells apart: is the beak what survives?": {"apart_network": "birds"},
}


@dataclass(frozen=True)
class Settings:
    """What the reader asked for."""

    pair: Pair
    scene: int
    method: str
    networks: int  # how many of the five take part, 1 … 5
    join: str
    important: str
    share: float


def ask_pair() -> Pair:
    """The sidebar: which network, which two of its classes."""
    with st.sidebar:
        network = st.selectbox("Network", apart.available(), key="apart_network", bind="query-params")
        names = networks.classes(network)
        if len(names) == 2:
            return Pair(network, 0, 1)
        a = st.selectbox("Class a", names, 0, key="class_a", bind="query-params")
        others = [name for name in names if name != a]
        b = st.selectbox("Class b", others, others.index("dog") if a != "dog" else 0, key=f"class_b_{a}",
                         bind="query-params")  # fmt: skip
    return Pair(network, names.index(a), names.index(b))


def ask(pair: Pair) -> Settings:
    """Method, α and scene in front; the rule of what is important folded away."""
    a, b = pair.names
    titles = {catalogue()[name].title: name for name in METHODS}
    left, middle, right = st.columns([3, 4, 3], gap="medium")
    method = titles[left.selectbox("Base method", list(titles), key="base", bind="query-params")]
    α = middle.select_slider(
        "α: how far apart, at most (logits)", ALPHAS, ALPHAS[-1], key="distance", bind="query-params"
    )
    scene = right.number_input(f"Scene (a {a} or a {b})", 1, apart.SHOWN, 1, key="apart_scene", bind="query-params")
    with st.expander("What counts as important, and how the maps are joined"):
        one, two, three = st.columns(3, gap="medium")
        words = "  \n".join(f"**{name}**: {what}." for name, what in JOINS.items())
        join = one.selectbox("Joined by", list(JOINS), key="join", bind="query-params", help=words)
        words = "  \n".join(f"**{name}**: {what}." for name, what in RULES.items())
        important = two.selectbox("Important", list(RULES), key="important", bind="query-params", help=words)
        share = three.slider(f"s: share, {important}", 0.05, 1.0, SHARES[important], 0.05, key=f"share_{important}",
                             bind="query-params")  # fmt: skip
    return Settings(pair, int(scene) - 1, method, ALPHAS.index(α) + 1, join, important, share)


def show_training(pair: Pair) -> None:
    """Where the support networks are not there yet: what it takes, and the button."""
    a, b = pair.names
    st.info(
        f"For {a} and {b} of *{pair.network}* four networks have to be trained first, on {apart.LEARNED} scenes: less"
        " than a minute, once. For cats and dogs they come with the workbook."
    )
    if st.button("Train the four support networks", type="primary", icon=":material/model_training:"):
        bar = st.progress(0.0, text="Training …")
        apart.train(pair, lambda done, total: bar.progress(done / total, text=f"Training: step {done} of {total}"))
        st.rerun()


def report_rows(pair: Pair, supports: list[Support]) -> str:
    """How well each regression reached its targets, as a table."""
    a, b = pair.names
    lines = [f"| α | reached, {a} | reached, {b} | MSE, before → after | order, {a} | order, {b} | elsewhere |",
             "|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for s in supports:
        r = s.report
        lines.append(
            f"| {s.alpha[0]:g} | {r.reached[0]:.0%} | {r.reached[1]:.0%} | {r.before:.2f} → {r.after:.3f} |"
            f" {min(r.order[0]):.2f} | {min(r.order[1]):.2f} | {r.elsewhere:.2f} |"
        )
    return "\n".join(lines)


def show_report(pair: Pair, supports: list[Support]) -> None:
    """The report of the regressions, before any map: everything else rests on it."""
    far = [s.alpha[0] for s in supports if not min(s.report.reached) >= 0.9]
    mixed = [s.alpha[0] for s in supports if not min(map(min, s.report.order)) >= 0.8]
    with st.expander("Did the support networks learn their distance? All below rests on it", expanded=bool(far)):
        st.markdown(report_rows(pair, supports))
        st.caption(
            "Reached: mean fall of the other class's logit, as a share of α. Order: Spearman's ρ with the network"
            " itself within a class, the lower of the two logits; 1: no scene changed places. Elsewhere: root mean"
            " square change of the logits that should have stayed."
        )
    if far:
        st.warning(f"At α = {', '.join(f'{α:g}' for α in far)} less than 90 % of the distance was reached: do not trust"
                   " what these networks take away.")  # fmt: skip
    if mixed:
        st.caption(
            f"At α = {', '.join(f'{α:g}' for α in mixed)} the order within a class is not quite kept (ρ below 0.8):"
            " this network no longer ranks the scenes as the analysed one does, as the paper's argument (§3) assumes."
        )


def survived(s: Settings, pictures: tuple[int, ...], c: int, method: str | None = None) -> GADMap:
    """What is left for class c, of the networks that take part."""
    maps = apart.maps(s.pair, pictures, c, method or s.method)
    return survivors(maps[: s.networks], s.join, s.important, s.share)


def regions(s: Settings, found: GADMap) -> tuple[Tensor, Tensor]:
    """The important pixels of the network's own map and of what survives: (n, H, W) bool both."""
    return found.masks[0][:, 0], important_pixels(found.A, s.important, s.share)[:, 0]


def show_survivors(s: Settings, x: Tensor, found: dict[str, GADMap]) -> None:
    """Figure 3: the maps of the networks that take part, and what survives all of them."""
    labels = [f"α = {α}" for α in ALPHAS[: s.networks]]
    title = f"in all {s.networks}" if s.networks > 1 else "important"
    maps = {name: dict(zip(labels, (A[0] for A in f.maps), strict=True)) for name, f in found.items()}
    fig = drawn.surviving(x, maps, {name: f.A[0] for name, f in found.items()}, title, show.theme())
    left = {name: [float(v) for v in f.left[:, 0]] for name, f in found.items()}
    show.figure(fig, "The maps of each network and, framed, what survives: " + "; ".join(
        f"for {name} {shares[-1]:.0%} of the pixels" for name, shares in left.items()
    ))  # fmt: skip
    told = "; ".join(f"for *{name}* " + " → ".join(f"{v:.0%}" for v in shares) for name, shares in left.items())
    chance = left[next(iter(left))][0] ** s.networks
    st.markdown(f"**Important in the first 1, 2, … networks together:** {told} of all pixels. By chance:"
                f" {chance:.1%}.")  # fmt: skip
    if not any(f.A.any() for f in found.values()):
        st.info("Nothing is important in all of these networks: nothing is left to draw.")


def show_regions(s: Settings, x: Tensor, found: dict[str, GADMap]) -> None:
    """Figure 6 for this scene, and RC and RS."""
    left, right = st.columns([2, 3], gap="large")
    pairs = {f"for {name}": regions(s, f) for name, f in found.items()}
    with left:
        rc = {name: complexity(ours[0], own[0]) for name, (own, ours) in pairs.items()}
        fig = drawn.hulls(x, pairs, side=2.0, theme=show.theme())
        show.figure(fig, "Hulls: " + ", ".join(f"{name} RC {_number(v)}" for name, v in rc.items()), width=330)
    with right:
        lines = [
            "| | pixels left | RC | RS of GAD's hull | RS of the rest | ΣM: hull, rest |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for c, (name, (own, ours)) in zip(s.pair.classes, pairs.items(), strict=True):
            masks = [hull(ours[0]).mask, supplementary(own[0], ours[0])]
            f = make_score(s.pair.model, x, c, output="logit")
            inside, outside = (float(sensitivity(f, x, mask[None])) for mask in masks)
            lines.append(
                f"| {name} | {int(ours.sum())} | {_number(rc[name])} | {_number(1000 * inside)} |"
                f" {_number(1000 * outside)} | {int(masks[0].sum())}, {int(masks[1].sum())} |"
            )
        with st.container(key="wide_regions"):
            st.markdown("\n".join(lines))
        st.caption(
            "RC: area of GAD's hull over that of the network's own; at most 1, because GAD only takes pixels away. RS:"
            " change of the logit if the region is painted black, for each of its pixels, × 1000; “the rest” is what"
            " the own hull has more (the paper's *Sup.*). The paper expects GAD's RS to be the larger. Mind ΣM: a thin"
            " rest of few pixels divides by little."
        )


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "none"


def show_logits(pair: Pair) -> None:
    """Figure 1: the classes drift apart."""
    a, b = pair.names
    _, labels = apart.scenes(pair)
    fig = drawn.drifting(apart.logits(pair), labels, pair.names, columns=5, theme=show.theme())
    show.figure(fig, f"The logits of {apart.SHOWN} scenes in the five networks: {a} and {b} drift apart.")


def show_clues(s: Settings) -> None:
    """The scenes of each class of which the network is least sure, with their hulls: the paper's §6.4."""
    X, _ = apart.scenes(s.pair)
    for which, (c, name) in enumerate(zip(s.pair.classes, s.pair.names, strict=True)):
        five = apart.least_activated(s.pair, which)
        found = survived(s, tuple(five), c)
        own = apart.logits(s.pair)[0.0][five, which].tolist()
        captions = [f"scene {i + 1}: {value:.1f}" for i, value in zip(five, own, strict=True)]
        fig = drawn.hulls(X[five], {f"for {name}": regions(s, found)}, captions, theme=show.theme())
        show.figure(fig, f"The five least activated scenes of {name}: " + ", ".join(captions))
    st.caption("Above each: its number and the logit of its own class. What do they have in common?")


def show_methods(s: Settings) -> None:
    """Figure 5: the paper's five methods on four scenes, blue original above red GAD."""
    pictures = (
        tuple(range(s.scene, s.scene + 4)) if s.scene + 4 <= apart.SHOWN else tuple(range(apart.SHOWN - 4, apart.SHOWN))
    )
    X, labels = apart.scenes(s.pair)
    which = st.radio("For class", s.pair.names, horizontal=True, key="rows_for", bind="query-params")
    c = s.pair.classes[s.pair.names.index(which)]
    rows = {}
    for method in PAPER:
        found = survived(s, pictures, c, method)
        rows[catalogue()[method].title] = (found.maps[0], found.A)
    captions = [s.pair.names[int(labels[i])] for i in pictures]
    fig = drawn.original_and_gad(X[list(pictures)], rows, captions, show.theme())
    show.figure(fig, f"Five methods for {which}: the original map in blue, what GAD leaves of it in red.", width=900)


def show_code() -> None:
    """Equations, and the functions that have just run."""
    st.subheader("Equation and code")
    for equation in DISTANCING.values():
        st.latex(equation)
    functions = (distanced, support_network, survivors, important_pixels, complexity, sensitivity)
    for tab, function in zip(st.tabs([f.__name__ for f in functions]), functions, strict=True):
        tab.code(inspect.getsource(function), language="python")


pair = ask_pair()
a, b = pair.names
st.markdown(f"### What still counts when the network holds {a} and {b} further apart?")
supports = apart.supports(pair)
if supports is None:
    show_training(pair)
    st.stop()
guess = st.pills(
    "**Your guess.** Half of the pixels are important to the network itself. How many of these to all five networks?",
    list(GUESSES), key="guess_left", bind="query-params",
)  # fmt: skip
with st.container(key="where"):
    st.caption(f"Network {pair.network}, {a} against {b}. Change them behind the » at the top left.")
s = ask(pair)
X, labels = apart.scenes(pair)
x = X[s.scene : s.scene + 1]
show_report(pair, supports)
try:
    found = {name: survived(s, (s.scene,), c) for c, name in zip(pair.classes, pair.names, strict=True)}
except (ValueError, TypeError) as error:
    st.error(str(error))
    st.stop()
own = apart.logits(pair)[0.0][s.scene]
st.markdown(
    f"Scene {s.scene + 1} is a **{pair.names[int(labels[s.scene])]}**; logit of {a} {float(own[0]):.1f}, of {b}"
    f" {float(own[1]):.1f}. Explained by {catalogue()[s.method].title}, each logit by itself."
)
show_survivors(s, x, found)
if guess:
    kept = {name: float(f.left[-1, 0] / max(float(f.left[0, 0]), 1e-9)) for name, f in found.items()}
    nearest = min(GUESSES, key=lambda words: abs(GUESSES[words] - sum(kept.values()) / 2))
    said = "Right" if guess == nearest else f"You guessed {guess}"
    told = ", ".join(f"{share:.0%} of the important pixels for {name}" for name, share in kept.items())
    st.success(f"{said}: {told} are important to all {s.networks}.")
show_regions(s, x, found)
st.subheader("The classes drift apart")
show_logits(pair)
st.subheader("Clues: the scenes of which the network is least sure")
show_clues(s)
if st.toggle("Five methods side by side (blue: original, red: GAD)", key="five", bind="query-params"):
    show_methods(s)
show_code()
st.subheader("What to try")
for label, setting in TRY.items():
    st.page_link("labs/distancing.py", label=label, query_params=setting, icon=":material/arrow_forward:")
take_away.offer_files(
    apart_files.script(pair, s.scene, s.method, ALPHAS[: s.networks], s.join, s.important, s.share),
    lambda: apart_files.png(x, found, ALPHAS[: s.networks]),
    lambda: apart_files.npz(x, found, vars(s)),
    stem="gad",
)
