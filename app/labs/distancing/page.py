"""Distancing: hold two classes further apart, and believe only what the network looks at all the same. GAD."""

from dataclasses import replace

import streamlit as st
from torch import Tensor

from app import guard
from app.labs.distancing import compute, drift, files, pairs, report, views
from app.labs.distancing.compute import FEWEST, METHODS, Reading
from app.labs.distancing.pairs import ALPHAS, Kit, Pair
from app.shared import controls, frame, networks
from app.shared.equations import DISTANCING
from app.shared.film import player
from app.shared.film.frames import Slider, Stop
from app.shared.pictures import Picture
from app.shared.predict import veil
from app.shared.screen import TABS, Stage, stage, tabs
from app.shared.subject import Line
from app.shared.turns import Rank, turn, words
from xai_core import catalogue, complexity, gad, sensitivity, support_network
from xai_core.distancing.gad import SHARES, GADMap

NEW, LEAST = "a new scene", "least activated"
NETWORKS, CLUES, ROWS = "All networks", "Least activated", "Several methods"
LEARNED, UNSEEN = "the scenes they learned from", "new scenes"
IMPORTANT = {"top": ("Share of the pixels", "the strongest pixels, as many as this share of all"),
             "above": ("Share of the maximum", "all pixels above this share of the strongest one")}  # fmt: skip
TITLES = {catalogue()[method].title: method for method in METHODS}
QUICK = ("Simple gradient", "Gradient × input", "Guided backprop")  # of Figure 5, until the reader adds others


def ask_pair(line: Line) -> Pair | None:
    """A network and two of its classes. None, after a sentence, for one class twice."""
    with line.popover("Network"):
        network = st.selectbox("Network", pairs.network_names(), key="pair_network", bind="query-params")
        names = networks.classes(network)
        columns = st.columns(2)
        chosen = [
            column.selectbox(f"Class {letter}", names, at, key=f"class_{letter}_{network}", bind="query-params")
            for at, (column, letter) in enumerate(zip(columns, "ab", strict=True))
        ]
    if chosen[0] == chosen[1]:
        line.say(None, f"the network *{network}*")
        st.info(f"GAD tells two classes apart. Choose another one beside {chosen[0]}.")
        return None
    return Pair(network, tuple(sorted(chosen, key=names.index)))


def opened(pair: Pair) -> Kit | None:
    """The pair's networks. None where they have to be trained: the page then offers it."""
    a, b = pair.names
    try:
        scenes = f"{pairs.SCENES} scenes of {a} and {b}"
        with frame.in_turn(f"Drawing {scenes}, and asking five networks …"):
            kit = pairs.ready(pair)
        if kit is not None:
            return kit
        st.info(
            f"No networks hold {a} and {b} further apart yet. Four copies of {pair.network} learn it from {scenes},"
            f" {pairs.EPOCHS} times over. They stay on this computer,"
            " so this is done once. Cat and dog of the network zoo come with the workbook."
        )
        if not guard.start_button("Train the four support networks (about a minute)", "model_training"):
            return None
        train(pair)
    except (ValueError, OSError) as error:
        frame.tell(error, f"The networks of {a} and {b} could not be made: ")
        return None


def train(pair: Pair) -> None:
    """Train, with a bar, and begin the page anew."""
    bar = st.progress(0.0, text="Drawing the scenes …")

    def tell(done: int, total: int) -> None:
        k = min(done * len(ALPHAS) // total, len(ALPHAS) - 1)
        bar.progress(done / total, text=f"Training the network of α = {ALPHAS[k]} …")

    with turn(("train", pair), lambda place: bar.progress(0.0, text=words(place)), Rank.LATER):
        pairs.prepare(pair, tell, lambda: bar.progress(0.0, text="Another reader is training; please wait …"))
    st.rerun()


def ask_picture(line: Line, pair: Pair, kit: Kit) -> tuple[Picture, str]:
    """Which picture, and of which class."""
    key = "_".join(pair.names)
    with line.popover("Picture"):
        kind = st.selectbox("Picture", [NEW, LEAST], key="pair_picture", bind="query-params")
        left, right = st.columns([3, 2])
        name = left.selectbox("Of a", pair.names, key=f"of_{key}", bind="query-params")
        if kind == LEAST:
            which = right.number_input(f"No., 1 to {FEWEST}", 1, FEWEST, 1, key="least", bind="query-params")
            row = compute.least_activated(pair, kit.scenes, name)[int(which) - 1]
            return kit.scenes.pictures[row], name
        number = int(right.number_input("Scene", 0, 10**6, 0, key="scene", bind="query-params"))
        snow = pair.kind == "husky or wolf" and st.toggle("on snow", key="snow", bind="query-params")
    return Picture(pair.kind, name, number, snow), name


def said(pair: Pair, picture: Picture) -> str:
    """What the own network makes of the picture."""
    logits, names = compute.answers(pair, picture), networks.classes(pair.network)
    probabilities = logits.softmax(0)
    best = int(logits.argmax())
    each = ", ".join(
        f"{names[c]} {probabilities[c]:.1%} (logit {logits[c]:.1f})" for c in dict.fromkeys([best, *pair.classes])
    )
    return f"**{picture.name} no. {picture.number}** · the network *{pair.network}* says {each}"


APART = Slider("apart", "α: held apart by", tuple(Stop(α, str(α), f"α = {α}") for α in (0, *ALPHAS)), len(ALPHAS))


def ask_reading(on: Stage) -> Reading:
    """By which method, and what counts as important in all; α is the film's."""
    with on.settings:
        left, right = st.columns(2, gap="medium")
        important = left.selectbox("Important is", list(IMPORTANT), key="important", bind="query-params",
                                   help="  \n".join(f"**{w}**: {IMPORTANT[w][1]}." for w in IMPORTANT))  # fmt: skip
    second, third, fourth = on.controls.columns(3, gap="medium")
    method = TITLES[second.selectbox("Base method", list(TITLES), key="base", bind="query-params")]
    join = third.selectbox("Rule", ["intersection", "minimum"], key="join", bind="query-params",
                           help="**intersection**: a pixel stays as it was, if it is important in every map.  \n"
                                "**minimum**: of a pixel stays as much as the map that makes least of it.")  # fmt: skip
    share = fourth.slider(IMPORTANT[important][0], 0.05, 1.0, SHARES[important], 0.05, key=f"share_{important}",
                          bind="query-params")  # fmt: skip
    B = None
    for steps in controls.controls():
        if steps.name == "B" and method in steps.methods:
            with right:
                B = controls.ask(steps, [method])
    return Reading((0, *ALPHAS)[player.value(APART)], method, B, join, important, share)


def show_networks(pair: Pair, kit: Kit, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> None:
    """Whether each network does what it should, how the logits drift, and the map of each."""
    report.show_report(pair, kit, how)
    spread = st.segmented_control("Logits of", [LEARNED, UNSEEN], default=LEARNED, key="spread_of", bind="query-params")
    with frame.asking("Asking about new scenes …", Rank.LATER):
        scenes = pairs.new_scenes(pair) if spread == UNSEEN else kit.scenes
    report.show_drift(pair, scenes, how, spread or LEARNED)
    st.caption(
        "**What to look at:** do the clouds move straight, and keep their shape? A dot is a scene. Below the dashed"
        " diagonal the network says more for the class along the bottom."
    )
    views.show_surviving(pair, picture, x, found, how)


def show_clues(pair: Pair, kit: Kit, how: Reading, name: str) -> None:
    """The paper's visual knowledge clues."""
    c = pair.classes[pair.names.index(name)]
    rows = compute.least_activated(pair, kit.scenes, name)
    st.markdown(f"What the network knows least: the five scenes with the lowest logit of **{name}**")
    views.clues(pair, kit.scenes, rows)
    st.caption("The numbers are the network's own logits. What do these have in common: a part hidden, small, far off?"
               " Choose one of them under Picture, above, to see its maps.")  # fmt: skip
    if st.toggle("Outline the region of each", key="outlines", bind="query-params"):
        pictures = tuple(kit.scenes.pictures[i] for i in rows)
        with frame.asking(f"{how.title} of {FEWEST} pictures by {len(kit.networks)} networks …"):
            maps = compute.maps(pair, pictures, (c,) * len(rows), how.method, how.B)
        views.clue_regions(pair, pictures, compute.opened(pair, pictures), how.read(maps), how, name)


def show_rows(pair: Pair, how: Reading, number: int) -> None:
    """Figure 5: two new scenes of each class, by several methods."""
    st.markdown("Many pictures, several methods: the original in blue, GAD in red")
    if not st.toggle("Show the rows", key="rows", bind="query-params"):
        return
    chosen = st.multiselect("Methods", list(TITLES), QUICK, key="rows_of", bind="query-params") or QUICK[:1]
    pictures = tuple(pair.picture(name, number + i) for name in pair.names for i in range(2))
    targets, found = tuple(c for c in pair.classes for _ in range(2)), {}
    for title in chosen:
        with frame.asking(f"{title} …"):
            maps = compute.maps(pair, pictures, targets, TITLES[title], None)
        found[TITLES[title]] = how.read(maps)
    views.show_rows(pair, pictures, compute.opened(pair, pictures), found, how)
    st.caption("Each map explains the class that was drawn. Original and GAD share a scale, picture by picture: what"
               " GAD kept is as dark as it was.")  # fmt: skip


on = stage()
line = Line(on.subject)
pair = ask_pair(line)
if pair is None:
    frame.end()
a, b = pair.names
on.question.markdown(f"### What tells {a} from {b}, however far apart the network holds them?")
kit = opened(pair)
if kit is None:
    line.say(None, f"the network *{pair.network}*, {a} against {b}")
    frame.end()
picture, of = ask_picture(line, pair, kit)
x = compute.opened(pair, (picture,))
line.say(x, said(pair, picture))
guess = veil.ask(
    on, f"distancing {pair.network} {picture}", x,
    "of the pixels that matter to the network, how many matter also to four copies that hold both further apart?",
    ["nearly all", "about half", "hardly any"], "agreed",
).choice  # fmt: skip
how = ask_reading(on)
with frame.asking("Asking the networks …") as cost:
    maps = compute.maps(pair, (picture,) * 2, pair.classes, how.method, how.B)
if guess is not None:
    with on.guess:
        views.verdict(guess, pair, replace(how, apart=ALPHAS[-1]).read(maps))


def below(stop: int) -> None:
    """All that is told of the α at which the hand rests."""
    at = replace(how, apart=(0, *ALPHAS)[stop])
    found = at.read(maps)
    under = tabs((TABS[0], NETWORKS, CLUES, ROWS, *TABS[1:]))
    with under.judge:
        views.show_regions(pair, picture, x, found, at)
        st.caption(
            "**What to look at:** is RC below 1, and RS larger inside than in the rest? RC below 1: GAD's hull is"
            " smaller. RS: how much the class's logit changes when the region is painted black, per pixel, so that few"
            " pixels easily have a large one. A hull is as large as its farthest pixel makes it."
        )
        frame.cost(cost, "α, rule and threshold ask the networks nothing")
    if under.shows(NETWORKS):
        with under.tabs[NETWORKS]:
            show_networks(pair, kit, picture, x, found, at)
    if under.shows(CLUES):
        with under.tabs[CLUES]:
            show_clues(pair, kit, at, of)
    if under.shows(ROWS):
        with under.tabs[ROWS]:
            show_rows(pair, at, picture.number if picture.number <= 10**6 else 0)
    functions = {"train": support_network, "keep": gad, "RC": complexity, "RS": sensitivity}
    with under.code:
        frame.code(functions, [DISTANCING[name] for name in ("targets", "supports", at.join, "scores")])
    with under.take_away:
        files.offer(pair, picture, x, found, at)


player.play(drift.film_of(pair, kit.scenes, picture, x, maps, how, APART, of), below)
