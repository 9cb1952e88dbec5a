"""One's own folder: look through it by class, a sheet of thumbnails at a time, pick, and see how often one is right.

No file is opened before it is looked at: a sheet makes its own thumbnails, and a picture is read when it is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from app.shared import frame, networks, own
from app.shared.networks import Network
from app.shared.pictures import Picture, draw_picture, of_folder
from data.nets.normalisation import better, interval
from data.pictures import folders
from data.pictures.photographs import PhotographError, open_photograph
from xai_core.plain import markdown as plain
from xai_core.plain import one_line, sentence

EVERY = "every class"
SHEET, SIDE = 12, 72  # thumbnails at a time, and their side in pixels
MANY = {"no": 0, "50": 50, "200": 200, "1000": 1000}  # labelled pictures that are asked about
PIXELS = 64 * 64 * 64  # of all pictures on which a normalisation is tried, at least FEW of them
FEW = 12


@dataclass(frozen=True)
class Accuracy:
    """How often a network is right about labelled pictures of the folder."""

    right: int
    asked: int
    broken: tuple[str, ...]  # why files could not be opened

    @property
    def words(self) -> str:
        low, high = interval(self.right, self.asked)
        return f"right on {self.right} of {self.asked}, {self.right / max(1, self.asked):.0%} ({low:.0%} to {high:.0%})"


def ask(network: Network, is_open: bool) -> Picture:
    """The controls that choose a picture of the folder.

    is_open: whether the reader looks; thumbnails are made only then. Raises ValueError with a sentence for a folder, or
    a file in the address, that is none.
    """
    files = own.pictures()
    words = _words(own.folder(), network.name)
    classes = [EVERY, *sorted(set(words.values()))]
    among = st.selectbox("Class", classes, key="among", bind="query-params", on_change=_turn, args=(0,))
    name = st.text_input("File", files[0], key="file", bind="query-params", help="Its path in the folder.")
    if is_open:
        shown = files if among == EVERY else sorted(name for name in files if words.get(name) == among)
        _sheet(shown, name)
        _ask_accuracy(network)
    return of_folder(name)


@st.cache_resource(max_entries=4, show_spinner=False)
def _words(folder: str, network: str) -> dict[str, str]:
    """File → its class in the folder's own words; the numbers of a labels.csv in the network's."""
    return folders.words(folder, networks.classes(network))


def _turn(sheet: int) -> None:
    st.session_state["_sheet"] = sheet


def _pick(name: str) -> None:
    st.session_state["file"] = name


def _sheet(shown: Sequence[str], chosen: str) -> None:
    """Twelve of the pictures, each with a button; what cannot be opened says why."""
    sheets = -(-len(shown) // SHEET)
    at = min(st.session_state.get("_sheet", 0), sheets - 1)
    with st.container(horizontal=True, key="thumbnails", gap="small"):
        for i, name in enumerate(shown[at * SHEET : (at + 1) * SHEET]):
            with st.container(width=SIDE + 24, gap=None):
                try:
                    found = _thumbnail(name, own.version(name))
                except PhotographError as error:
                    st.caption(f"{plain(name)} is left out", help=sentence(error))
                    continue
                st.image(found, width=SIDE, alt=name, output_format="PNG")
                label = one_line(name.rpartition("/")[2].rpartition(".")[0], 9)
                kind = "primary" if name == chosen else "secondary"
                st.button(label, key=f"_pick_{i}", on_click=_pick, args=(name,), type=kind, help=plain(name))
    if sheets > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Before", key="_before", on_click=_turn, args=((at - 1) % sheets,), icon=":material/arrow_back:")
            st.button("More", key="_more", on_click=_turn, args=((at + 1) % sheets,), icon=":material/arrow_forward:")
            st.caption(f"Sheet {at + 1} of {sheets}, {len(shown)} pictures")


@st.cache_data(max_entries=4096, show_spinner=False)
def _thumbnail(name: str, version: str) -> np.ndarray:
    """(SIDE, SIDE, 3) bytes. Raises PhotographError."""
    x = open_photograph(own.read(name), SIDE, resize=SIDE)
    return (x * 255).round().byte().permute(1, 2, 0).numpy()


# --- how often it is right --------------------------------------------------------------------------------------------


def _ask_accuracy(network: Network) -> None:
    """How many labelled pictures to ask about, and what came of it."""
    try:
        labelled = _labelled(network)
    except ValueError as error:  # numbers of classes that this network does not have
        st.caption(sentence(error))
        return
    if not labelled:
        st.caption("No class of the folder is one of this network, so nobody knows how often it is right.")
        return
    many = st.segmented_control(
        f"How often is it right? {len(labelled)} pictures have a class of this network. Ask about", list(MANY),
        default="no", required=True, key="accuracy", bind="query-params",
    )  # fmt: skip
    if MANY[many]:
        with frame.asking("Asking about your labelled pictures …"):
            found = accuracy(network, own.folder(), MANY[many])
        st.markdown(f"*{plain(network.name)}* is **{found.words}**; in brackets the 95 % interval.")
        if found.broken:
            st.caption(f"{len(found.broken)} left out: {sentence(found.broken[0])}")


def _labelled(network: Network) -> dict[str, int]:
    return folders.labels(own.folder(), networks.classes(network.name))


@st.cache_resource(max_entries=16, show_spinner=False)
def accuracy(network: Network, folder: str, most: int) -> Accuracy:
    """Of the first so many labelled pictures, which are spread over all classes."""
    pictures, labels, broken = _read(network, most)
    model, right = networks.load(network.name), 0
    with torch.no_grad():
        for x, label in zip(pictures, labels, strict=True):
            right += int(model(x).argmax()) == label
    return Accuracy(right, len(labels), tuple(broken))


def normalised_otherwise(network: Network) -> str:
    """That a network of one's own is clearly better with another normalisation, in a sentence; "" if it is not."""
    with frame.asking("Asking about some of your labelled pictures …"):
        return _normalised_otherwise(network, own.folder())


@st.cache_data(max_entries=8, show_spinner=False)
def _normalised_otherwise(network: Network, folder: str) -> str:
    try:
        pictures, labels, _ = _read(network, max(FEW, min(64, PIXELS // network.size**2)))
    except ValueError:  # of its labels.csv, told where one looks through the folder
        return ""
    return better(own.network(), torch.cat(pictures), torch.tensor(labels)) if pictures else ""


def _read(network: Network, most: int) -> tuple[list[torch.Tensor], list[int], list[str]]:
    """Labelled pictures (1, C, H, W), their classes, and why others could not be opened."""
    known, pictures, labels, broken = _labelled(network), [], [], []
    for name in [name for name in own.pictures() if name in known][:most]:
        try:
            pictures.append(draw_picture(of_folder(name), network).x)
            labels.append(known[name])
        except PhotographError as error:
            broken.append(f"{name}: {error}")
    return pictures, labels, broken
