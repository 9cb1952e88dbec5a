"""The pages of the workbook in the lecture's order, and links into them. A new page is a package and a line here.

A page's name is its folder and its address: the page of labs/lime is at /lime. Streamlit's first page has no address of
its own, so it is the short one from which all others are reached.
"""

import gc
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app.shared.screen import HERE

Settings = Mapping[str, str | list[str]]  # of a link: parameter → value, as they stand in the address


@dataclass(frozen=True)
class Page:
    """A page, and how the navigation shows it."""

    name: str
    title: str
    icon: str  # of Material Symbols
    question: str = ""  # that the page answers, for the first page

    @property
    def file(self) -> str:
        """Below main.py, as Streamlit wants it."""
        return f"labs/{self.name}/page.py"


START = Page("start", "Start", "home")
GROUPS: dict[str, tuple[Page, ...]] = {
    "Start": (START, Page("explain", "Explain", "image_search", "Which pixels made the network say that?")),
    "Why": (
        Page("why", "Why", "psychology_alt", "What is an explanation, and who needs one?"),
        Page("attention", "Attention", "translate", "The network shows where it looked. Is that why?"),
        Page("prototypes", "Prototypes", "brush", "What does a class look like to the network?"),
    ),
    "Perturb": (
        Page("lime", "LIME", "grid_view", "Which regions, words or columns decide nearby?"),
        Page("trust", "Trust", "pets", "Always right: would you trust it?"),
    ),
    "Activations": (Page("cam", "CAM", "filter_center_focus", "Which places of a layer speak for the class?"),),
    "Paths": (
        Page("saturation", "Saturation", "trending_flat", "The network is sure. Why is its gradient 0?"),
        Page("paths", "Paths", "route", "α: on the way from nothing, where does the score come from?"),
        Page("baselines", "Baselines", "format_color_fill", "What does a map owe to its baseline?"),
        Page("unlearning", "Unlearning", "history", "ε: what does the network see when it has forgotten?"),
    ),
    "Judge": (
        Page("scoreboard", "Scoreboard", "leaderboard", "Which map should we believe?"),
        Page("broken", "Broken", "bug_report", "One of four maps is wrong. Which, and why?"),
        Page("holds", "What holds", "fact_check", "Which claims of the papers hold here?"),
    ),
    "Other papers": (
        Page("classes", "Classes", "category", "From many explanations to one"),
        Page("study", "Study", "how_to_vote", "Which explanation do people like best?"),
        Page("distancing", "Distancing", "compare_arrows", "α: what tells two classes apart, however far apart?"),
    ),
    "Further": (Page("domains", "Domains", "public", "Eyes, satellites, texts, signals: the same questions"),),
}
PAGES = {page.name: page for pages in GROUPS.values() for page in pages}
AT_LENGTH = {  # page → the notebook that tells it, and the section with which to begin
    "explain": ("00_start_here", "1. A first explanation"),
    "why": ("01_why", "1. A black box, and a model that can be read"),
    "attention": ("02_attention", "1. A network that shows where it looks"),
    "prototypes": ("03_prototypes", "1. Uphill, without help"),
    "lime": ("04_lime", "1. Cover parts, and ask again"),
    "trust": ("06_trust", "1. Judge it by its answers"),
    "cam": ("07_cam", "3. Which layer?"),
    "saturation": ("08_saturation", "1. One neuron"),
    "paths": ("10_paths", "2. The same on a picture"),
    "baselines": ("11_baselines", "2. Ten maps of one picture"),
    "unlearning": ("13_uni", "5. Turn each knob"),
    "scoreboard": ("14_evaluation", "2. Deletion and insertion"),
    "broken": ("09_integrated_gradients", "1. Completeness"),
    "holds": ("14_evaluation", "7. What holds over many pictures"),
    "classes": ("15_normlime", "3. From I_SP to NormLIME"),
    "distancing": ("16_distancing", "3. What survives"),
    "domains": ("17_domains", "1. Eyes whose grade we know"),
}
OWN_WEIGHTS = "the classifier's own"  # an option on the page LIME, to which the page Why links


def navigation() -> StreamlitPage:
    """The page that is open. Streamlit's own navigation folds its groups, so `show_all` draws another."""
    groups = {group: [_streamlit(page) for page in some] for group, some in GROUPS.items()}
    return st.navigation(groups, position="hidden")


def show_all() -> None:
    """All pages in one line, group beside group, and before them a link over all of that, for the keyboard."""
    group = '.st-key-group_{i}::before {{ content: "{name}"; }} .st-key-group_{i} {{ min-width: {wide:.2f}rem; }}'
    names = "".join(group.format(i=i, name=name, wide=0.44 * len(name)) for i, name in enumerate(GROUPS))
    st.html(f'<style>{names}</style><a class="skip" href="#{HERE}">To the controls</a>')
    with st.container(key="pages", horizontal=True, vertical_alignment="center", gap=None):
        for number, some in enumerate(GROUPS.values()):
            with st.container(key=f"group_{number}", horizontal=True, gap=None, width="content"):
                for page in some:
                    st.page_link(page.file, label=page.title)


def foot(page: Page) -> None:
    """The page before and the page behind, in the lecture's order; between them, where the notebook tells it."""
    if page == START:  # it leads everywhere
        return
    order = list(PAGES.values())
    here = order.index(page)
    with st.container(key="foot", horizontal=True, horizontal_alignment="distribute"):
        link(order[here - 1].name, icon="arrow_back")
        if page.name in AT_LENGTH:
            notebook, section = AT_LENGTH[page.name]
            st.caption(f"At length: `notebooks/{notebook}.ipynb`, section *{section}*", width="content")
        if here + 1 < len(order):
            link(order[here + 1].name, icon="arrow_forward")


_kept: set[Page] = set()


def keep(page: Page) -> None:
    """After a page's first run: Streamlit looks for garbage after every move, and need not look in what pages keep."""
    if page not in _kept:
        _kept.add(page)
        gc.collect()
        gc.freeze()


def of(page: StreamlitPage) -> Page:
    """The page of the workbook that is open."""
    return PAGES[page.url_path or START.name]


def _streamlit(page: Page) -> StreamlitPage:
    return st.Page(page.file, title=page.title, icon=_icon(page.icon), url_path=page.name, default=page == START)


def link(
    name: str,
    label: str | None = None,
    settings: Settings | None = None,
    icon: str | None = None,
    disabled: bool = False,
) -> None:
    """A link to a page, with its title and icon unless others are given. settings: what the page is opened with."""
    page = PAGES[name]
    text, symbol = label or page.title, _icon(icon or page.icon)
    asked = {**carried(), **(settings or {})}
    st.page_link(page.file, label=text, icon=symbol, query_params=asked or None, disabled=disabled)


def carried() -> Settings:
    """What every link of a lecture carries on."""
    return {name: st.query_params.get_all(name) for name in ("lecture", "hide") if name in st.query_params}


def _icon(name: str) -> str:
    return f":material/{name}:"
