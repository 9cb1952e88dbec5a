"""Start: the question of the workbook and its doors: the lecture in order, one picture at once, scenes, the notebooks.

Streamlit's first page has no address of its own, so this one has no settings. It fits one screen of a projector.
"""

from pathlib import Path

import streamlit as st

from app.shared import pages, screen, subject
from app.shared.pages import GROUPS, PAGES, START
from app.shared.scenes.of_file import scenes_of
from app.shared.scenes.strip import KEY
from app.shared.subject import crisp
from xai_core import figures

FIRST = ("explain", "saturation", "broken")  # whose first scenes are offered at the door
NOTEBOOKS = len(list((Path(__file__).parents[3] / "notebooks").glob("[0-9]*.ipynb")))


def show_lecture() -> None:
    """Every page and its question, in the order of the lecture."""
    st.markdown("## The lecture in order")
    left, right = st.columns(2, gap="medium")
    every = [page for some in GROUPS.values() for page in some if page != START]
    for place, some in ((left, every[: len(every) // 2]), (right, every[len(every) // 2 :])):
        with place.container(gap=None):
            for page in some:
                pages.link(page.name)
                st.caption(page.question)


def show_picture() -> None:
    """One picture, and the way to its explanation."""
    about = subject.of("zoo", subject.START)
    st.markdown("## Try it now")
    words = f"The network says {about.said}."
    st.image(crisp(figures.pixels(about.opened.x), 256), alt=f"An elephant. {words}", output_format="PNG", width=200)
    st.markdown(f"{words} Which pixels made it say that?")
    pages.link("explain", "Explain this picture")


def show_scenes() -> None:
    """Where a page shows one thing at once."""
    st.markdown("## Scenes")
    st.markdown("Each changes one setting. Begin with one:")
    with st.container(gap=None):
        for name in FIRST:
            scene = next(iter(scenes_of(name).parts.values()))[0]
            pages.link(name, f"{PAGES[name].title} {scene.number}", {**scene.after, KEY: str(scene.number)})
            st.caption(scene.asks)


def show_notebooks() -> None:
    """Where the long form is."""
    st.markdown("## Notebooks")
    st.markdown(f"{NOTEBOOKS} notebooks tell the lecture at length, from `00_start_here` on:")
    st.code("make lab", language="bash")


st.markdown("# Why did the network say that, and can you trust it?")
screen.here()
left, middle, right = st.columns([6, 3, 3], gap="medium")
with left.container(border=True, height="stretch"):
    show_lecture()
with right.container(border=True, height="stretch"):
    show_scenes()
    show_notebooks()
with middle.container(border=True, height="stretch"):  # the network is opened for it, so it comes last
    show_picture()
