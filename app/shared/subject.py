"""What is explained: network, picture, class. One line on the pages that explain a picture."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app import uploads
from app.shared import browse, networks, own, stages
from app.shared.networks import Network
from app.shared.pictures import FOLDER, OWN, Opened, Picture, fingerprint, kinds, open_picture
from app.shared.stages import Question
from data.drawn import retina, satellite, zoo
from data.pictures import photographs
from xai_core import figures
from xai_core.plain import LONGEST_SENTENCE, sentence
from xai_core.plain import markdown as plain

PREDICTED = "the predicted one"
START = Picture("toy zoo", "elephant", 27)  # what a reader sees first
BARS = 3  # predictions shown


@dataclass(frozen=True)
class Subject:
    """What is explained: everything above the methods."""

    network: Network
    picture: Picture
    opened: Opened
    classes: tuple[str, ...]
    probabilities: Tensor  # (classes,)
    target: int

    @property
    def class_name(self) -> str:
        return self.classes[self.target]

    @property
    def confidence(self) -> float:
        return float(self.probabilities[self.target])

    @property
    def said(self) -> str:
        """What the network says, such as "elephant, 98%"; of the class that is explained."""
        return f"{self.class_name}, {self.confidence:.0%}"

    def question(self, output: str) -> Question:
        return Question(self.network, self.picture, self.target, output, self.opened.x)


def of(name: str, picture: Picture, content: bytes = b"") -> Subject:
    """A picture, and what a network says of it; the class that it says is explained. content: of an upload."""
    network = networks.describe(name)
    opened = open_picture(picture, network, content)
    probabilities = stages.predictions(network, picture, opened.x)
    return Subject(network, picture, opened, networks.classes(name), probabilities, int(probabilities.argmax()))


def choose(place: DeltaGenerator) -> Subject | None:
    """The subject in one line of the place: what it is, and where to change it.

    None where there is nothing to explain yet: the network has to be downloaded first, or the reader to choose a file.
    The place then shows how, and a file that is no photograph is refused there.
    """
    line = Line(place)
    where = line.popover("Network")
    with where:
        away = networks.missing()
        sizes = ", ".join(f"{name} ({size / 1e6:.0f} MB)" for name, size in away.items())
        name = st.selectbox(
            "Network",
            networks.names(),
            key="network",
            bind="query-params",
            on_change=_follow_network,
            help=f"Downloaded only when you ask for it: {sizes}." if away else None,
        )
    if name in away:
        networks.offer_download(name)
        return None
    try:
        network = networks.describe(name)
    except (ValueError, TypeError) as error:  # of one's own
        place.error(sentence(error))
        return None
    for note in own.network().notes if name == own.name() else ():
        where.caption(plain(note, LONGEST_SENTENCE))
    popover = line.popover("Picture", watched=bool(own.folder()))
    try:
        with popover:
            picture = _ask_picture(network, bool(popover.open))
    except ValueError as error:  # of one's own folder
        place.error(sentence(error))
        return None
    content = b""
    if picture is None:
        with place:
            uploaded = _ask_upload()
        if uploaded is None:
            return None
        picture, content = uploaded
    try:
        opened = open_picture(picture, network, content)
    except photographs.PhotographError as error:
        place.error(f"{plain(picture.name)}: {sentence(error)}")
        return None
    probabilities = stages.predictions(network, picture, opened.x)
    classes = networks.classes(name)
    with line.popover("Class"):
        wanted = st.selectbox("Class to explain", [PREDICTED, *classes], key="target", bind="query-params")
    best = probabilities.argsort(descending=True)[:BARS].tolist()
    says = ", ".join(f"{plain(classes[c])} {float(probabilities[c]):.1%}" for c in best)
    line.say(opened.x, f"**{plain(opened.title)}** · the network *{plain(name)}* says {says}")
    if name == own.name() and own.folder() and (noticed := browse.normalised_otherwise(network)):
        place.markdown(f":small[:orange[:material/warning: {plain(noticed, LONGEST_SENTENCE)}]]")
    return Subject(network, picture, opened, classes, probabilities, best[0] if wanted == PREDICTED else
                   classes.index(wanted))  # fmt: skip


class Line:
    """What is explained, in one line: a thumbnail, words, and popovers with the controls that change it."""

    def __init__(self, place: DeltaGenerator) -> None:
        self.row = place.container(key="at_line", horizontal=True, vertical_alignment="center", gap="small")
        self.thumbnail, self.words = self.row.empty(), self.row.container(width="stretch")

    def popover(self, label: str, watched: bool = False) -> DeltaGenerator:
        """A place for controls, which are always there: one that is not drawn would forget its value.

        watched: whether the page runs when it is opened, so that what is costly is drawn only then.
        """
        return self.row.popover(label, key=f"choose_{label}", on_change="rerun" if watched else "ignore")

    def say(self, x: Tensor | None, words: str) -> None:
        """x: a picture (1, C, H, W) or (C, H, W). words: Markdown."""
        if x is not None:
            self.thumbnail.image(crisp(figures.pixels(x), 64), width=40, alt="What is explained", output_format="PNG")
        self.words.markdown(words)


def _follow_network() -> None:
    """Another network: its own kind of picture, and its own classes. A picture of the reader's own stays."""
    st.session_state.pop("among", None)  # a labels.csv has numbers, which every network calls otherwise
    if st.session_state.get("picture") not in OWN:
        st.session_state["picture"] = networks.describe(st.session_state["network"]).natural
    st.session_state["target"] = PREDICTED


def _ask_picture(network: Network, is_open: bool) -> Picture | None:
    """The kind of picture and the controls that name one; None for an upload."""
    start = kinds().index(FOLDER if own.folder() else network.natural)
    kind = st.selectbox("Picture", kinds(), index=start, key="picture", bind="query-params")
    return browse.ask(network, is_open) if kind == FOLDER else _ask_drawn(kind)


def _ask_drawn(kind: str) -> Picture | None:
    """The controls that name a picture which comes with the workbook."""
    if kind == "toy zoo":
        left, right = st.columns([3, 2])
        index = zoo.CLASSES.index(START.name)
        animal = left.selectbox("Animal", zoo.CLASSES, index=index, key="animal", bind="query-params")
        return Picture(kind, animal, _number(right, "Scene"))
    if kind == "husky or wolf":
        left, right = st.columns([3, 2])
        animal = left.selectbox("Animal", zoo.HUSKY_WOLF, key="canine", bind="query-params")
        number = _number(right, "Scene")
        snow = st.toggle("on snow", key="snow", bind="query-params")
        return Picture(kind, animal, number, snow)
    if kind == "warbler or sparrow":
        left, right = st.columns([3, 2])
        animal = left.selectbox("Bird", zoo.BIRDS, key="bird", bind="query-params")
        return Picture(kind, animal, _number(right, "Scene"))
    if kind == "retina":
        left, right = st.columns([3, 2])
        grade = left.selectbox("Grade", retina.GRADES, index=2, key="grade", bind="query-params", help=retina.RULE)
        return Picture(kind, grade, _number(right, "Eye"))
    if kind == "satellite":
        left, right = st.columns([3, 2])
        place = left.selectbox("Place", satellite.PLACES, key="place", bind="query-params")
        return Picture(kind, place, _number(right, "Scene"))
    if kind == "digit":
        return Picture(kind, number=_number(st, "Digit no."))
    if kind == "photograph":
        return Picture(kind, st.selectbox("Photograph", photographs.BUNDLED, key="photo", bind="query-params"))
    return None


def _number(where: object, label: str) -> int:
    return int(where.number_input(label, 0, 10**6, START.number, key="number", bind="query-params"))


def _ask_upload() -> tuple[Picture, bytes] | None:
    """A file of the reader's, once there is one. It is kept for the session, so that other pages explain it too."""
    uploads.ask_for_file()
    file = st.file_uploader(
        "A PNG, JPEG or WebP file", type=["png", "jpg", "jpeg", "webp"], max_upload_size=photographs.MAX_BYTES >> 20
    )
    if file is not None and st.session_state.get("_upload", [""])[0] != file.file_id:  # a new one
        content = file.getvalue()
        st.session_state["_upload"] = (file.file_id, file.name, content, fingerprint(content))
    if "_upload" not in st.session_state:
        return None
    st.caption("It stays on this computer. A link cannot carry it: whoever opens yours chooses a file of their own.")
    _, name, content, known = st.session_state["_upload"]
    return Picture("upload", name, fingerprint=known), content


@st.cache_resource(show_spinner=False)
def icon() -> Image.Image:
    """The elephant, for the browser's tab."""
    scene = zoo.draw(START.name, START.number, size=64)
    return Image.fromarray((figures.pixels(scene.image) * 255).astype(np.uint8))


def crisp(rgb: np.ndarray, side: int = 448) -> np.ndarray:
    """(H, W, 3) in [0, 1] as bytes, each pixel a whole block, so that a browser does not blur a small picture."""
    k = max(1, side // max(rgb.shape[:2]))
    return (rgb.clip(0, 1) * 255).round().astype(np.uint8).repeat(k, 0).repeat(k, 1)
