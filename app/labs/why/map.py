"""The page Why, third part: the map of methods. Every leaf is a link that opens the method on a picture."""

import streamlit as st

from app.labs.why.black_box import READABLE
from app.shared import pages
from app.shared.pages import OWN_WEIGHTS
from app.shared.screen import Screen
from app.shared.subject import Subject
from xai_core.taxonomy import taxonomy
from xai_core.taxonomy.taxonomy import BRANCHES, Leaf

TITLE = "Map of methods"
HAVE = {
    "the network itself": "inside",
    "its answers and their gradients": "gradients",
    "its answers alone": "answers",
}
SIGNS = {"answers": ":green[●]", "gradients": ":blue[■]", "inside": ":orange[◆]", "itself": ":violet[▲]"}
# What is no method of `explain` has a page of its own: leaf → (page, its settings).
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "Decision tree": ("why", {"part": "Black box", "readable": "the zoo's outlines", "tab": READABLE}),
    "Linear model": ("lime", {"input": "text", "classifier": "linear", "beside": OWN_WEIGHTS}),
    "Attention": ("attention", {}),
    "Attention rollout": ("attention", {"attending": "vision transformer"}),
    "Activation maximisation": ("prototypes", {}),
    "NormLIME": ("classes", {}),
    "SP-LIME": ("classes", {"look_at": "pictures", "tab": "SP-LIME"}),
    "LIME of words": ("lime", {"input": "text"}),
    "LIME of a table's row": ("lime", {"input": "table"}),
    "GAD": ("distancing", {}),
}
MORE = {  # branch → pages that go deeper
    "perturbation": {"lime": "LIME, step by step"},
    "back-propagation": {"saturation": "Where gradients vanish", "cam": "From CAM to Guided Grad-CAM"},
    "path": {
        "paths": "The lecture's three paths",
        "baselines": "Where a path should start",
        "unlearning": "UNI's baseline",
    },
}


def target(leaf: Leaf, about: Subject) -> tuple[str, dict[str, str]] | None:
    """Where a leaf leads: a page and its settings; None where there is no page for it."""
    if leaf.method:
        scene = {"animal": about.picture.name, "number": str(about.picture.number)}
        return "explain", {"method": leaf.title, "network": "zoo", "picture": "toy zoo", **scene}
    return PAGES.get(leaf.title)


def show(about: Subject, on: Screen) -> None:
    """The branches as boxes within boxes, each leaf with what it needs, what it costs, and who wrote it."""
    has = HAVE[on.controls.segmented_control(
        "What do you have of the network?", list(HAVE), default=next(iter(HAVE)), required=True, key="have",
        bind="query-params",
    )]  # fmt: skip
    open_ = {leaf.title for leaf in taxonomy.possible(has)}
    methods = [leaf for leaf in taxonomy.leaves() if leaf.method]
    on.number.metric("methods that explain a single answer are open to you",
                     f"{sum(leaf.title in open_ for leaf in methods)} of {len(methods)}")  # fmt: skip
    with on.tabs[TITLE]:
        said = "  ·  ".join(f"{SIGNS[name]} {name}" for name in taxonomy.NEEDS)
        st.caption(f"What a method needs: {said}. Passes are for one picture; a gradient is one pass.")
        st.html(
            """<style>[class*="st-key-leaves_"] { display: grid; gap: .5rem 1rem;
            grid-template-columns: repeat(auto-fill, minmax(min(200px, 100%), 1fr)); }
            [class*="st-key-leaves_"] > div { width: auto !important; min-width: 0; }</style>"""
        )
        _box("intrinsic", about, {leaf.title for leaf in taxonomy.on("intrinsic")})
        _box("global", about, open_, "Post-hoc, global")
        with st.container(border=True, key="branch_local"):
            st.markdown(f"**Post-hoc, local** · {BRANCHES['local'].question}")
            for name in (name for name, branch in BRANCHES.items() if branch.parent == "local"):
                _box(name, about, open_)
            _leaves("local", about, open_)


def _box(branch: str, about: Subject, open_: set[str], title: str = "") -> None:
    """A branch: its question, its leaves, and the pages that go deeper."""
    with st.container(border=True, key=f"branch_{branch}"):
        st.markdown(f"**{title or BRANCHES[branch].title}** · {BRANCHES[branch].question}")
        _leaves(branch, about, open_)
        if branch in MORE:
            with st.container(horizontal=True):
                for page, label in MORE[branch].items():
                    pages.link(page, label, icon="menu_book")


def _leaves(branch: str, about: Subject, open_: set[str]) -> None:
    with st.container(key=f"leaves_{branch}"):
        for leaf in taxonomy.on(branch):
            if target(leaf, about) is not None:
                with st.container(gap=None):
                    _leaf(leaf, about, open_)


def _leaf(leaf: Leaf, about: Subject, open_: set[str]) -> None:
    """A link, and a line below it; a method that one cannot use is named, and its link is off."""
    page, settings = target(leaf, about)
    usable = leaf.title in open_
    pages.link(page, leaf.title, settings, icon="arrow_forward", disabled=not usable)
    needs = f"{SIGNS[leaf.needs]} {leaf.needs}" if usable else f"needs {leaf.needs}: not open to you"
    st.caption(f"{needs} · {leaf.cost}  \n{leaf.paper}")
