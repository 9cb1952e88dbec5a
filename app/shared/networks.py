"""The networks one can choose: your own, those of the workbook, then torchvision's, downloaded if asked."""

from dataclasses import dataclass
from types import ModuleType

import streamlit as st
from torch import nn

from app import guard
from app.shared import own
from data.nets import networks, pretrained
from xai_core.plain import sentence


@dataclass(frozen=True)
class Network:
    """A network that is ready to use, and what pictures it takes."""

    name: str
    channels: int
    size: int  # side of the picture, pixels
    resize: int  # a photograph's short side before its centre is cut out, pixels
    interpolation: str
    natural: str  # the kind of picture it was made for, see pictures.KINDS

    @property
    def python(self) -> str:
        """How a script loads it."""
        if self.name == own.name():
            return f"{own.network().python}.network"
        module = _theirs(self.name).__name__.rpartition(".")[2]
        return f'{module}.load("{self.name}")'


_SHIPPED = {  # name → channels, size, what it was made for; a new network is a picture of the toy zoo's kind
    "digits": (1, 8, "digit"),
    "mnist": (1, 28, "digit"),
    "husky_wolf": (3, 64, "husky or wolf"),
    "birds": (3, 64, "warbler or sparrow"),
    "birds_vgg": (3, 64, "warbler or sparrow"),
    "retina": (3, 64, "retina"),
    "satellite": (3, 64, "satellite"),
}


def names() -> list[str]:
    """Your own, the shipped networks whose weights are here, then all pretrained ones."""
    shipped = [name for name in networks.SHIPPED if (networks.CHECKPOINTS / f"{name}.safetensors").is_file()]
    return [*filter(None, [own.name()]), *shipped, *pretrained.NAMES]


def missing() -> dict[str, int]:
    """Pretrained networks that have to be downloaded first: name → bytes."""
    return {name: pretrained.download_size(name) for name in pretrained.NAMES if not pretrained.is_available(name)}


@st.cache_data(show_spinner=False)
def describe(name: str) -> Network:
    """What a network takes. Raises ValueError or TypeError with a sentence for one of yours that cannot be opened."""
    if name == own.name():
        mine = own.network()
        return Network(name, mine.channels, **mine.geometry, natural="photograph")
    if name in pretrained.NAMES:
        return Network(name, 3, **pretrained.geometry(name), natural="photograph")
    channels, size, natural = _SHIPPED.get(name, (3, 64, "toy zoo"))
    return Network(name, channels, size, max(size * 8 // 7, size), "bilinear", natural)


@st.cache_resource(max_entries=6, show_spinner="Opening the network …")
def load(name: str) -> nn.Module:
    """The network itself, one for all readers: nothing that explains it changes it."""
    if name == own.name():
        return own.network().network
    return _theirs(name).load(name)


@st.cache_data(show_spinner=False)
def classes(name: str) -> tuple[str, ...]:
    """The names of its classes; where two share one (ImageNet has two kinds of crane), numbers tell them apart."""
    found = own.network().classes if name == own.name() else _theirs(name).class_names(name)
    return tuple(f"{c} ({i})" if found.count(c) > 1 else c for i, c in enumerate(found))


def _theirs(name: str) -> ModuleType:
    return pretrained if name in pretrained.NAMES else networks


def offer_download(name: str) -> None:
    """The panel for weights that are not here: their size, a button, progress, and what to do when offline."""
    st.info(
        f"**{name}** is not on this computer yet: {pretrained.download_size(name) / 1e6:.0f} MB. The networks that come"
        " with the workbook need no download."
    )
    if guard.start_button(f"Download {name}", "download"):
        bar = st.progress(0.0, text=f"Downloading {name} …")
        try:
            pretrained.load(
                name, download=True, progress=lambda done, total: bar.progress(min(done / total, 1.0) if total else 0.0)
            )
        except pretrained.WeightsNotFound as error:
            bar.empty()
            st.error(sentence(error))
        else:
            st.rerun()
