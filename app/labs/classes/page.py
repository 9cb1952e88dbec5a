"""Classes: from many explanations to one. NormLIME beside five other maps of a class, and SP-LIME's pick."""

import streamlit as st

from app.labs.classes import compute, files, pick
from app.labs.classes.compute import SOURCES, Crowd, Judged, Setting
from app.shared import frame, show
from app.shared.equations import CLASSES
from app.shared.meter import measured
from xai_core import class_normlime, conditioned_i_sp, figures, i_sp, normlime, submodular_pick
from xai_core.classwide.class_maps import METHODS, kept
from xai_core.classwide.local_weights import LocalWeights
from xai_core.figures import classes
from xai_core.plain import sentence

MANY, SAMPLES = (20, 40, 80, 100, 200, 300, 400), (50, 100, 300, 1000)
FILLS = {"black": "no ink", "grey": "half ink, so that an empty pixel says something too", "blurred": "a blurred copy"}
TRY = {
    "Off means grey: now empty places count. What becomes of the 3?": {"off": "grey"},
    "Off means black: only ink counts, and LIME's maps look like digits": {"off": "black"},
    "3 against 8: which pixels tell them apart?": {"off": "grey", "of_class": ["3", "8"]},
    "K = 5: short explanations. Which map suffers?": {"length": "5"},
    "Which posts should you read to know this classifier?": {"look_at": "posts"},
    "The toy zoo, where a class has no fixed place": {"crowd": "toy zoo"},
}


def ask_source() -> str:
    """The sidebar: which network, explained with which pictures."""
    with st.sidebar:
        return st.selectbox("Network and pictures", list(SOURCES), key="crowd", bind="query-params")


def ask(source: str, where: Crowd) -> tuple[Setting, list[int]]:
    """Pictures, N, K and classes in front; the rest folded away."""
    about, kind = SOURCES[source], SOURCES[source].network  # each network's controls have starts of their own
    first, second, third, fourth = st.columns(4, gap="medium")
    many = [n for n in MANY if n <= about.most]
    n = first.select_slider("Pictures to explain", many, about.start[0], key=f"many_{kind}", bind="query-params")
    N = second.select_slider("N: masked copies of each", SAMPLES, about.start[1], key=f"samples_{kind}",
                             bind="query-params")  # fmt: skip
    K = third.slider("K: features in an explanation", 1, 40, 20, key="length", bind="query-params")
    of_class = "of_class" if kind != "zoo" else "of_animal"
    names = fourth.multiselect("Classes", where.classes, about.classes, key=of_class, bind="query-params",
                               max_selections=4)  # fmt: skip
    with st.expander("All settings"):
        left, middle, right = st.columns(3, gap="medium")
        words = "  \n".join(f"**{fill}**: {what}." for fill, what in FILLS.items())
        fill = left.selectbox(f"What stands where a {about.what} is off", list(FILLS), key="off", bind="query-params",
                              help=words)  # fmt: skip
        sigma = middle.slider("σ: width of LIME's kernel", 0.05, 2.0, 0.25, 0.05, key="width", bind="query-params")
        seed = right.number_input("seed: of everything random", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    chosen = [where.classes.index(name) for name in (names or about.classes[:1])]
    return Setting(source, n, N, fill, int(seed), K, sigma), chosen


def show_figure_1(s: Setting, where: Crowd, found: dict[int, dict], judged: dict[int, dict[str, Judged]]) -> None:
    """One row a class, one column a method, and below each map its two numbers."""
    masks = max(s.N, 2 * (int(where.segments.max()) + 1) + 2)
    for y, maps in found.items():
        st.markdown(f"#### {where.classes[y]}")
        numbers = judged[y]
        panels = {
            name: (
                classes.darkened(importance, where.segments),
                f"kept **{numbers[name].kept:.2f}**  \nlikeness {numbers[name].likeness:.2f}",
            )
            for name, importance in maps.items()
        }
        show.pictures(panels, f"six_{y}", side=256)
    st.caption(
        "Dark is important; each map has its own scale, and only its positive part is drawn, as in the NormLIME paper's"
        f" Figure 1. KernelSHAP: ten pictures, {masks} masks each, “off” is {s.fill}, too."
        f" **Kept**: of {SOURCES[s.source].held_out} other pictures only"
        " the map's best 5 to 50 % of the features are left; ½ (share of the class still named so + share of the rest"
        " not named so), the mean over six steps: 1 is best, 0.5 a guess. **Likeness**: Pearson's r with the mean"
        " picture of the class. A map can look right and be of little use."
    )


def show_verdict(guess: str, name: str, numbers: dict[str, Judged]) -> None:
    """What the guess was worth."""
    best = max(numbers, key=lambda n: numbers[n].kept)
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
    st.subheader(f"One {name}, and all {len(mine)} of them")
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
            fig, f"Left the picture and its most important places, right the {used} weights of its explanation."
        )
    with right:
        S = class_normlime(local.weights, local.labels, y)
        fig = figures.map_grid(
            where.X[mine].mean(0), {"NormLIME, signed": S[where.segments][None]}, scale="value", theme=show.theme(),
            picture_title=f"the mean {name}",
        )  # fmt: skip
        show.figure(fig, f"The mean {name} and its class-specific NormLIME: red speaks for it, blue against it.")
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
    st.subheader("The whole network: global importance")
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


source = ask_source()
try:
    where = compute.crowd(source)
except FileNotFoundError as error:
    st.info(f"{sentence(error)} The other pictures come with the workbook.")
    frame.end()
first = SOURCES[source].classes[0]
st.markdown(f"### What does a class look like to the network: what is “{first}”?")
guess = frame.guess(
    "of other pictures only a map's best places are left. By whose map is the class still told from the rest?",
    METHODS, "best_map",
)  # fmt: skip
s, chosen = ask(source, where)
bar = st.progress(0.0, text="Asking the network …")
with measured() as cost:
    local = compute.weights(s, lambda done: bar.progress(done, text=f"{done:.0%} of {s.n} pictures explained"))
    found, judged = {}, {}
    for y in chosen:
        bar.progress(1.0, text=f"The other maps of {where.classes[y]} …")
        maps = compute.maps(s, local, y)
        if maps:
            found[y], judged[y] = maps, compute.judged(s, y, maps)
bar.empty()
for y in set(chosen) - set(found):
    st.warning(f"The network takes none of the {s.n} pictures for {where.classes[y]}. Explain more pictures.")
if not found:
    frame.end()
show_figure_1(s, where, found, judged)
frame.cost(cost, "K and the class ask the network nothing")
y = next(iter(found))
if guess is not None:
    show_verdict(guess, where.classes[y], judged[y])
show_one(s, where, local, y)
show_global(where, local)
pick.show_pick(where, local)
functions = {"NormLIME": class_normlime, "I_SP": conditioned_i_sp, "SP-LIME": submodular_pick, "kept": kept}
frame.code(functions, list(CLASSES.values()))
frame.scenes("classes", TRY)
files.offer(s, where, local, found)
