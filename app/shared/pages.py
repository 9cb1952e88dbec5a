"""The pages of the workbook in the lecture's order, and links into them. A new page is a package and a line here.

A page's name is its folder and its address: the page of labs/lime is at /lime. Streamlit's first page has no address of
its own, so it is the short one from which all others are reached.
"""

import gc
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

Settings = Mapping[str, str | list[str]]  # of a link: parameter → value, as they stand in the address


@dataclass(frozen=True)
class Page:
    """A page, and how the navigation shows it."""

    name: str
    title: str
    icon: str  # of Material Symbols

    @property
    def file(self) -> str:
        """Below main.py, as Streamlit wants it."""
        return f"labs/{self.name}/page.py"


START = Page("start", "Start", "home")
GROUPS: dict[str, tuple[Page, ...]] = {
    "Start": (START, Page("explain", "Explain", "image_search")),
    "Why": (
        Page("why", "Why", "psychology_alt"),
        Page("attention", "Attention", "translate"),
        Page("prototypes", "Prototypes", "brush"),
    ),
    "Perturb": (Page("lime", "LIME", "grid_view"), Page("trust", "Trust", "pets")),
    "Activations": (Page("cam", "CAM", "filter_center_focus"),),
    "Paths": (
        Page("saturation", "Saturation", "trending_flat"),
        Page("paths", "Paths", "route"),
        Page("baselines", "Baselines", "format_color_fill"),
        Page("unlearning", "Unlearning", "history"),
    ),
    "Judge": (Page("scoreboard", "Scoreboard", "leaderboard"),),
    "Other papers": (
        Page("classes", "Classes", "category"),
        Page("study", "Study", "how_to_vote"),
        Page("distancing", "Distancing", "compare_arrows"),
    ),
    "Further": (Page("domains", "Domains", "public"),),
}
PAGES = {page.name: page for pages in GROUPS.values() for page in pages}
OWN_WEIGHTS = "the classifier's own"  # an option on the page LIME, to which the page Why links


def navigation() -> StreamlitPage:
    """The page that is open. Streamlit's own navigation folds its groups, so `show_all` draws another."""
    groups = {group: [_streamlit(page) for page in some] for group, some in GROUPS.items()}
    return st.navigation(groups, position="hidden")


def show_all() -> None:
    """All pages in one line, group beside group, and before them a link over all of that, for the keyboard."""
    group = '.st-key-group_{i}::before {{ content: "{name}"; }} .st-key-group_{i} {{ min-width: {wide:.2f}rem; }}'
    names = "".join(group.format(i=i, name=name, wide=0.44 * len(name)) for i, name in enumerate(GROUPS))
    st.html(f'<style>{names}</style><a class="skip" href="#stage">To the controls</a>')
    with st.container(key="pages", horizontal=True, vertical_alignment="center", gap=None):
        for number, some in enumerate(GROUPS.values()):
            with st.container(key=f"group_{number}", horizontal=True, gap=None, width="content"):
                for page in some:
                    st.page_link(page.file, label=page.title)


def foot(page: Page) -> None:
    """The page before and the page behind, in the lecture's order."""
    order = list(PAGES.values())
    here = order.index(page)
    with st.container(key="foot", horizontal=True, horizontal_alignment="distribute"):
        for other, icon in ((here - 1, "arrow_back"), (here + 1, "arrow_forward")):
            if 0 <= other < len(order):
                link(order[other].name, icon=icon)


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
    st.page_link(page.file, label=text, icon=symbol, query_params=settings, disabled=disabled)


def _icon(name: str) -> str:
    return f":material/{name}:"
