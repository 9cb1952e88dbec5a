"""What somebody brought along when the app was started: a network of theirs, and a folder of their pictures.

    make app MODEL=mynets:resnet20 CLASSES=classes.txt SIZE=32 PICTURES=photos

The Makefile hands it over in the environment, as XAI_MODEL and so on. A link names neither a module nor a folder: it
can only choose what was brought. In class mode no module is imported, since it could do anything to the server.
"""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import streamlit as st

from app import guard
from app.shared import pages, turns
from data.nets import yours
from data.nets.yours import Yours
from data.pictures import folders
from data.pictures.photographs import MAX_BYTES, PhotographError
from xai_core.plain import markdown as plain

TYPED = ("MODEL", "CLASSES", "WEIGHTS", "SIZE", "MEAN", "STD", "PICTURES")
NOT_HERE = {  # page → why a network of one's own is not on it
    "why": "it compares a network with models that explain themselves, on the toy zoo",
    "attention": "it needs a transformer whose attention is read, and ships with two",
    "prototypes": "a prototype is judged by other networks of the same classes, and there are none of yours",
    "trust": "it is about one network that learned snow for wolves",
    "saturation": "it cuts the trunk of drawn elephants short, and only the zoo's network knows them",
    "broken": "its maps are of the toy zoo, whose right maps are known",
    "holds": "it shows what was measured on the networks that ship",
    "classes": "it explains hundreds of drawn scenes, texts or rows, of which the parts are known",
    "study": "its maps of digits were made once, for everybody who takes part",
    "distancing": "it needs support networks, which train for minutes, as in"
    " `python -m xai_core.benchmark --tables gad --photographs FOLDER`",
    "domains": "its networks take eyes, satellite scenes, texts and signals",
}


def _typed(name: str) -> str:
    return os.environ.get(f"XAI_{name}", "").strip()


# --- a network --------------------------------------------------------------------------------------------------------


def name() -> str:
    """What the network is called in the list and in links; "" where nobody brought one, and in class mode."""
    model, weights = _typed("MODEL"), _typed("WEIGHTS")
    if not model or guard.class_mode():
        return ""
    return model if yours.is_yours(model) else f"{model} ({Path(weights).name or 'no weights'})"


def network() -> Yours:
    """The network. Raises ValueError or TypeError with a sentence where it cannot be opened."""
    like = ""
    with suppress(ValueError):  # a folder that is none is told where a picture is chosen
        like = folder() if pictures() else ""
    return _opened((*map(_typed, TYPED[:-1]), like))


@st.cache_resource(max_entries=1, show_spinner="Opening your network …")
def _opened(typed: tuple[str, ...]) -> Yours:
    with turns.turn(("own", *typed)):
        return _loaded(typed)


def _loaded(typed: tuple[str, ...]) -> Yours:
    word, *options = typed[0].split(",")
    beside = {name.lower(): text for name, text in zip(TYPED[1:-1], typed[1:-1], strict=True) if text}
    return yours.load(word, **yours.arguments(**yours.options(options) | beside), like=typed[-1] or None)


def say(page: str) -> None:
    """The first page leads to what was brought along; one that cannot show the network says why, as in class mode."""
    if page in ("", "explain") and _typed("MODEL") and guard.class_mode():
        st.caption("MODEL is not opened: others can reach this server, and a module of one's own could do anything to"
                   " it. `make app MODEL=…` without HOST opens it.")  # fmt: skip
    elif name() and page in NOT_HERE:
        st.caption(f"Your network *{plain(name())}* is not on this page: {NOT_HERE[page]}.")
    if not page and (brought := list(filter(None, [name(), Path(folder()).name]))):
        pages.link(
            "explain", f"Explain with what you brought: {' and '.join(map(plain, brought))}", icon="arrow_forward"
        )


# --- a folder of pictures ---------------------------------------------------------------------------------------------


def folder() -> str:
    """As it was typed; "" where nobody brought one."""
    return _typed("PICTURES")


def pictures() -> tuple[str, ...]:
    """Their paths in the folder, spread over all classes. Raises ValueError with a sentence where there are none."""
    try:
        return folders.files(folder())
    except (ValueError, OSError) as error:
        raise ValueError(str(error).replace("images is", "PICTURES is", 1)) from error


def file(name: str) -> Path:
    """A picture of the folder by its relative path. Raises PhotographError for what is none of them, as ../secret."""
    if name not in _known(folder()):
        raise PhotographError(f"file is {name!r}; it must be a picture of the folder {folder()!r}")
    return Path(folder()) / name


def written(name: str) -> str:
    """How a script opens it; a visitor's does not tell where the server keeps it."""
    return name if guard.class_mode() else str(file(name).resolve())


def read(name: str) -> bytes:
    """Its content, as of an upload: a message about it does not tell where the folder is. Raises as `version`."""
    try:
        with file(name).open("rb") as opened:
            return opened.read(MAX_BYTES + 1)  # open_photograph refuses more
    except OSError as error:
        raise PhotographError(f"file is {name!r}, which cannot be read ({error.strerror})") from error


def version(name: str) -> str:
    """Another text when the file has changed. Raises as `file`, and for one that has gone."""
    try:
        now = file(name).stat()
    except OSError as error:
        raise PhotographError(f"file is {name!r}, which cannot be read ({error.strerror})") from error
    return f"{now.st_mtime_ns:x}-{now.st_size:x}"


@lru_cache(maxsize=2)
def _known(folder: str) -> frozenset[str]:
    return frozenset(pictures())
