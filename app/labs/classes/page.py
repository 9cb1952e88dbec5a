"""Classes: from many explanations to one. NormLIME beside five other maps of a class, and SP-LIME's pick."""

import streamlit as st
from torch import Tensor

from app.labs.classes import compute, files, pick
from app.labs.classes.compute import SOURCES, Crowd, Judged, Setting
from app.shared import frame, show
from app.shared.equations import CLASSES
from app.shared.meter import measured
from app.shared.predict import veil
from app.shared.screen import TABS, Screen, screen
from app.shared.subject import Line
from xai_core import class_normlime, conditioned_i_sp, figures, i_sp, normlime, submodular_pick
from xai_core.classwide.class_maps import METHODS, kept
from xai_core.classwide.local_weights import LocalWeights
from xai_core.figures import classes
from xai_core.plain import sentence

OTHERS, ONE, WHOLE, PICK = "Other classes", "One explanation", "The whole network", "SP-LIME"
MANY, SAMPLES = (20, 40, 80, 100, 200, 300, 400), (50, 100, 300, 1000)
FILLS = {"black": "no ink", "grey": "half ink, so that an empty pixel says something too", "blurred": "a blurred copy"}


def ask(source: str, where: Crowd, on: Screen) -> tuple[Setting, list[int]]:
    """K, classes, pictures and N in front; the rest with all settings."""
    about, kind = SOURCES[source], SOURCES[source].network  # each network's controls have starts of their own
    first, second, third, fourth = on.controls.columns(4, gap="medium")
    many = [n for n in MANY if n <= about.most]
    K = first.slider("K: features in an explanation", 1, 40, 20, key="length", bind="query-params")
    of_class = "of_class" if kind != "zoo" else "of_animal"
    names = second.multiselect("Classes", where.classes, about.classes, key=of_class, bind="query-params",
                               max_selections=4)  # fmt: skip
    n = third.select_slider("Pictures to explain", many, about.start[0], key=f"many_{kind}", bind="query-params")
    N = fourth.select_slider("N: masked copies of each", SAMPLES, about.start[1], key=f"samples_{kind}",
                             bind="query-params")  # fmt: skip
    with on.settings:
        left, middle, right = st.columns(3, gap="medium")
        words = "  \n".join(f"**{fill}**: {what}." for fill, what in FILLS.items())
        fill = left.selectbox(f"What stands where a {about.what} is off", list(FILLS), key="off", bind="query-params",
                              help=words)  # fmt: skip
        sigma = middle.slider("σ: width of LIME's kernel", 0.05, 2.0, 0.25, 0.05, key="width", bind="query-params")
        seed = right.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    chosen = [where.classes.index(name) for name in (names or about.classes[:1])]
    return Setting(source, n, N, fill, int(seed), K, sigma), chosen


def show_figure_1(where: Crowd, y: int, maps: dict[str, Tensor], numbers: dict[str, Judged], told: bool) -> None:
    """A row of Figure 1: one class, one column a method. told: whether what judges them may be seen already."""
    panels = {
        name: (
            classes.darkened(importance, where.segments),
            (f"kept **{numbers[name].kept:.2f}**  \n" if told else "") + f"likeness {numbers[name].likeness:.2f}",
        )
        for name, importance in maps.items()
    }
    show.pictures(panels, f"six_{y}", side=256)


def show_numbers(s: Setting, where: Crowd, judged: dict[int, dict[str, Judged]], guess: str | None) -> None:
    """What the maps of all classes are worth, and how that is found."""
    masks = max(s.N, 2 * (int(where.segments.max()) + 1) + 2)
    if guess is None:
        frame.veil("How much of a class each map keeps is measured on other pictures.")
    else:
        rows = [[where.classes[y], *(f"{numbers[name].kept:.2f}" for name in METHODS)] for y, numbers in judged.items()]
        frame.table(["kept", *METHODS], rows, "kept")
    st.caption(
        f"**Kept**: of {SOURCES[s.source].held_out} other pictures only"
        " the map's best 5 to 50 % of the features are left; ½ (share of the class still named so + share of the rest"
        " not named so), the mean over six steps: 1 is best, 0.5 a guess. **Likeness**: Pearson's r with the mean"
        " picture of the class. A map can look right and be of little use. KernelSHAP: ten pictures,"
        f" {masks} masks each, “off” is {s.fill}, too."
    )


def show_number(name: str, numbers: dict[str, Judged], guess: str | None) -> None:
    """Before the guess what anybody may see; then whose map keeps the class best."""
    if guess is None:
        st.metric(f"is NormLIME's likeness with the mean {name} (Pearson's r)", f"{numbers['NormLIME'].likeness:.2f}")
        return
    best = best_of(numbers)
    st.metric(f"of {name} is kept by {best}, the best map; 0.5 is a guess, 1 all", f"{numbers[best].kept:.2f}")


def best_of(numbers: dict[str, Judged]) -> str:
    """The method whose map keeps the class best."""
    return max(numbers, key=lambda n: numbers[n].kept)


def show_verdict(guess: str, name: str, numbers: dict[str, Judged]) -> None:
    """What the guess was worth."""
    best = best_of(numbers)
    looks = max(numbers, key=lambda n: numbers[n].likeness)
    yours = "" if guess == best else f", and {guess} {numbers[guess].kept:.2f}"
    frame.verdict(
        guess, best,
        f"**{best}** keeps {name} best, {numbers[best].kept:.2f}{yours}. **{looks}** looks most like it"
        f" ({numbers[looks].likeness:.2f}) and keeps {numbers[looks].kept:.2f}. NormLIME keeps"
        f" {numbers['NormLIME'].kept:.2f}, LIME's I_SP {numbers['LIME'].kept:.2f}.",
    )  # fmt: skip


def show_one(s: Setting, where: Crowd, local: LocalWeights, y: int) -> None:
    """One explanation, in the layout of the paper's Figure 2, beside what all of them say."""
    mine = (local.labels == y).nonzero().flatten().tolist()
    name, what = where.classes[y], SOURCES[s.source].what
    which = st.number_input(f"Which of the {len(mine)}", 1, len(mine), 1, key="which", bind="query-params")
    j = mine[int(which) - 1]
    left, right = st.columns([5, 4], gap="medium")
    with left:
        fig = classes.for_and_against(
            where.X[j : j + 1], local.weights[j], where.segments, title=f"for {name} (red), against (blue)",
            theme=show.theme(),
        )  # fmt: skip
        used = int((local.weights[j] != 0).sum())
        show.figure(
            fig, f"Left the picture and its most important places, right the {used} weights of its explanation.",
            shown=652,
        )  # fmt: skip
    with right:
        S = class_normlime(local.weights, local.labels, y)
        fig = figures.map_grid(
            where.X[mine].mean(0), {"NormLIME, signed": S[where.segments][None]}, scale="value", theme=show.theme(),
            picture_title=f"the mean {name}",
        )  # fmt: skip
        show.figure(
            fig, f"The mean {name} and its class-specific NormLIME: red speaks for it, blue against it.", shown=519
        )
    if where.parts:
        told = "; ".join(
            f"{share:.0%} of Σ|w| on {part}, which covers {area:.0%} of the picture"
            for part, (share, area) in compute.shares_on(s, local, y).items()
        )
        st.markdown(f"**Single explanations of {name}, on average:** {told}.")
        st.caption(
            "An animal stands anywhere, so a square of the grid is trunk in one scene and grass in the next. A class"
            " map of places averages that away: class-wide explanations need features that mean the same in all inputs."
        )
    st.caption(f"One explanation uses {s.K} features at most. NormLIME averages, for every {what}, over those that do.")


def show_global(where: Crowd, local: LocalWeights) -> None:
    """All classes together, as the two papers weigh."""
    left, right = st.columns([3, 2], gap="medium")
    row = {"LIME, I_SP": i_sp(local.weights), "NormLIME": normlime(local.weights)}
    with left:
        fig = classes.class_grid({"all": row}, where.segments, show.theme())
        show.figure(fig, "Which features the network uses at all, by I_SP and by NormLIME.")
    used = (local.weights != 0).double().mean(0)
    least, most = float(used[used > 0].min()), float(used.max())
    right.markdown(
        f"The least used feature stands in {least:.0%} of the explanations, the most used in {most:.0%}. I_SP adds up,"
        " so it counts how often; NormLIME takes the mean over those that use it."
    )


on = screen((TABS[0], OTHERS, ONE, WHOLE, PICK, *TABS[1:]))
line = Line(on.subject)
source = line.popover("Pictures").selectbox("Network and pictures", list(SOURCES), key="crowd", bind="query-params")
try:
    with frame.in_turn("Opening the pictures …"):
        where = compute.crowd(source)
except FileNotFoundError as error:
    on.question.markdown("### What does a class look like to the network?")
    line.say(None, f"**{source}**")
    on.pictures.info(f"{sentence(error)} The other pictures come with the workbook.")
    frame.end()
s, chosen = ask(source, where, on)
on.question.markdown(f"### What does a class look like to the network: what is “{where.classes[chosen[0]]}”?")
of_it = (where.labels == chosen[0]).nonzero().flatten()[:1]
guess = veil.ask(
    on, f"classes {source}", where.X[of_it] if len(of_it) else None,
    "of other pictures only a map's best places are left. Whose map still tells the class?", METHODS, "best_map",
).choice  # fmt: skip
bar = on.pictures.progress(0.0, text="Asking the network …")
with measured() as cost:
    local = compute.weights(s, lambda done: bar.progress(done, text=f"{done:.0%} of {s.n} pictures explained"))
    found, judged = {}, {}
    for y in chosen:
        bar.progress(1.0, text=f"The other maps of {where.classes[y]} …")
        with frame.asking(f"Judging {where.classes[y]} …"):
            maps = compute.maps(s, local, y)
            if maps:
                found[y], judged[y] = maps, compute.judged(s, y, maps)
bar.empty()
for y in set(chosen) - set(found):
    on.pictures.warning(f"The network takes none of the {s.n} pictures for {where.classes[y]}. Explain more pictures.")
if not found:
    line.say(None, f"**{source}** · the network *{SOURCES[source].network}*")
    frame.end()
y, *others = found
name, mine = where.classes[y], local.labels == y
line.say(
    where.X[: s.n][mine].mean(0),
    f"**the mean {name}** · the network *{SOURCES[source].network}* takes {int(mine.sum())} of {s.n} pictures for it",
)

with on.pictures:
    show_figure_1(where, y, found[y], judged[y], guess is not None)
on.legend.caption(
    f"Maps of **{name}**. Dark is important; each has its own scale, and only its positive part is drawn, as in the"
    " NormLIME paper's Figure 1."
)
with on.number:
    show_number(name, judged[y], guess)
if guess is not None:
    with on.guess:
        show_verdict(guess, name, judged[y])
with on.judge:
    show_numbers(s, where, judged, guess)
    frame.cost(cost, "K and the class ask the network nothing")
with on.tabs[OTHERS]:
    for other in others:
        st.markdown(f"**{where.classes[other]}**")
        show_figure_1(where, other, found[other], judged[other], guess is not None)
    if not others:
        st.caption("Choose a second class above.")
if on.shows(ONE):
    with on.tabs[ONE]:
        show_one(s, where, local, y)
if on.shows(WHOLE):
    with on.tabs[WHOLE]:
        show_global(where, local)
if on.shows(PICK):
    with on.tabs[PICK]:
        pick.show_pick(where, local)
functions = {"NormLIME": class_normlime, "I_SP": conditioned_i_sp, "SP-LIME": submodular_pick, "kept": kept}
with on.code:
    frame.code(functions, list(CLASSES.values()))
with on.take_away:
    files.offer(s, where, local, found)
