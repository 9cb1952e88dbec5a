"""What a reader takes home: the picture, the numbers, a script that makes both again, and the page's link."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from matplotlib.figure import Figure
from torch import Tensor

from app.shared import links, own_method
from app.shared.compare import tab as compare
from app.shared.script import DPI, MAPS, call, quoted, script
from app.shared.stages import Explanation
from app.shared.subject import Subject
from xai_core import catalogue, figures

HERE = ("localhost", "127.0.0.1", "::1")  # addresses that lead to the computer on which one stands
LONGEST = 800  # letters of a link as a QR code: a longer one has squares too small for a camera in the last row


def offer(
    subject: Subject,
    maps: dict[str, Explanation],
    given: dict[str, dict[str, Any]],
    scale: str,
    methods: dict[str, str] | None = None,
) -> None:
    """Maps of a subject: the buttons and the script. maps, given: by the methods' names.

    methods: name → method, for a page that explains by one method several times and so gives its maps other names.
    """
    titled = {n if methods else catalogue()[n].title: e.A for n, e in maps.items()}
    kept = {name: e.A for name, e in maps.items()}
    also = compare.taken(subject, {name: given[name] for name in maps}, methods)
    offer_files(
        python(subject, given, scale, methods, also=also.lines),
        (lambda: png(panels(subject, titled | also.maps(), scale))) if maps else None,
        (lambda: npz(arrays(subject, kept | also.maps()), settings_of(subject, given, **also.settings())))
        if maps
        else None,
        own_picture=subject.picture.kind == "upload",
    )


def offer_files(
    text: str,
    png: Callable[[], bytes] | None,
    npz: Callable[[], bytes] | None,
    *,
    own_picture: bool = False,
    stem: str = "maps",
) -> None:
    """The buttons, each making its file when it is asked for, the script to read, and the page's link.

    text: of the script. stem: the files' name, without its ending.
    """
    row = st.container(horizontal=True)
    if png is not None:
        row.download_button(
            "Picture (PNG)", png, f"{stem}.png", "image/png", on_click="ignore", icon=":material/image:"
        )  # fmt: skip
    if npz is not None:
        row.download_button(
            "Numbers (npz)", npz, f"{stem}.npz", "application/octet-stream", on_click="ignore",
            icon=":material/table_chart:",
        )  # fmt: skip
    row.download_button(
        "This setting as Python", text, "this_setting.py", "text/x-python", on_click="ignore", icon=":material/code:"
    )
    with st.expander("This setting as Python"):
        st.code(text, language="python")
    with st.expander("This setting as a link"):
        if own_picture:
            st.caption("The link carries every setting, but not your own picture.")
        _link()


def offer_link() -> None:
    """The link alone, where files would tell what the reader is to find out."""
    _link()


def _link() -> None:
    address = links.link()
    left, right = st.columns([4, 1], gap="medium")
    left.code(address, language=None, wrap_lines=True)
    if urlsplit(address).hostname in HERE:
        left.caption("It leads to this computer alone. `make app HOST=0.0.0.0` opens the app to the network.")
    if len(address) <= LONGEST:
        right.image(qr(address), alt="The link as a QR code", output_format="PNG", width=200)


@st.cache_data(max_entries=64, show_spinner=False)
def qr(address: str) -> bytes:
    """A link for a telephone's camera, PNG, black on white in both themes."""
    import segno  # here, so that the first picture does not wait for it

    buffer = io.BytesIO()
    segno.make_qr(address, error="l").save(buffer, kind="png", scale=4)
    return buffer.getvalue()


def png(fig: Figure) -> bytes:
    """A figure on white, as the script saves it."""
    fig.patch.set_alpha(1)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def npz(arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> bytes:
    """Arrays, tensors among them, and `settings` as JSON."""
    buffer = io.BytesIO()
    kept = {name: A.numpy() if isinstance(A, Tensor) else A for name, A in arrays.items()}
    np.savez_compressed(buffer, settings=json.dumps(settings), **kept)
    return buffer.getvalue()


def panels(subject: Subject, maps: Mapping[str, Tensor], scale: str) -> Figure:
    """The picture and its maps, as the script draws them."""
    return figures.map_grid(subject.opened.x, maps, scale=scale, picture_title=subject.said)


def arrays(subject: Subject, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`x` and one map a method, each (C, H, W)."""
    return {"x": subject.opened.x[0], **{name: A[0] for name, A in maps.items()}}


def settings_of(subject: Subject, given: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The settings behind the maps of a subject."""
    picture = subject.picture
    return {
        "network": subject.network.name,
        "picture": {"kind": picture.kind, "name": picture.name, "number": picture.number, "snow": picture.snow,
                    "python": subject.opened.python},
        "target": subject.target,
        "class": subject.class_name,
        "probability": subject.confidence,
        "methods": given,
        **more,
    }  # fmt: skip


def python(
    subject: Subject,
    given: dict[str, dict[str, Any]],
    scale: str,
    methods: dict[str, str] | None = None,
    imports: Sequence[str] = (),
    also: Sequence[str] = (),
    after: Sequence[str] = (),
    stem: str = "maps",
) -> str:
    """A script that makes the maps again.

    imports, also, after: lines of a page that needs more: imports, behind the maps, and behind the files.
    """
    explained = [
        f'maps["{name}"] = '
        + call("xai_core.explain", "model", "x", "target", f'"{(methods or {}).get(name, name)}"', given=arguments)
        for name, arguments in given.items()
    ]
    mine = own_method.own()
    uses = mine.row is not None and any(f'"{mine.row.name}"' in line for line in [*explained, *also])
    lines = [
        *([f'xai_core.load("{mine.name}")'] if uses else []),
        f"model = {subject.network.python}",
        *subject.opened.python,
        f"target = {subject.target}  # {subject.class_name}",
        "",
        "maps = {}",
        *explained,
        *also,
    ]
    figure = f'figures.map_grid(x, maps, scale="{scale}", picture_title={quoted(subject.said)})'
    return script(lines, stem=stem, figure=figure, arrays=MAPS, imports=imports, after=after)
