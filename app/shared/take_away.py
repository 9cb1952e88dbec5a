"""What a reader takes home: the picture, the numbers, and a script that makes both again."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from torch import Tensor

from app.shared import links
from app.shared.stages import Explanation
from app.shared.subject import Subject
from xai_core import catalogue, figures


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
    offer_files(
        python(subject, given, scale, methods),
        (lambda: png(subject.opened.x, titled, scale, _title(subject))) if maps else None,
        (lambda: npz(subject, maps, given)) if maps else None,
        own_picture=subject.picture.kind == "upload",
    )


def offer_files(
    script: str,
    png: Callable[[], bytes] | None,
    npz: Callable[[], bytes] | None,
    *,
    own_picture: bool = False,
    stem: str = "maps",
) -> None:
    """The buttons, each making its file when it is asked for, the script to read, and the page's link.

    stem: the files' name, without its ending.
    """
    st.subheader("Take it away")
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
        "This setting as Python", script, "this_setting.py", "text/x-python", on_click="ignore", icon=":material/code:"
    )
    with st.expander("This setting as Python"):
        st.code(script, language="python")
    with st.expander("This setting as a link"):
        if own_picture:
            st.caption("The link carries every setting, but not your own picture.")
        st.code(links.link(), language=None, wrap_lines=True)


def png(x: Tensor, maps: dict[str, Tensor], scale: str, title: str) -> bytes:
    """The maps in one figure on white, as the script draws them."""
    fig = figures.map_grid(x, maps, scale=scale, picture_title=title)
    fig.patch.set_alpha(1)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=160)
    return buffer.getvalue()


def npz(subject: Subject, maps: dict[str, Explanation], given: dict[str, dict[str, Any]]) -> bytes:
    """`x` and one map a method, each (C, H, W), and `settings` as JSON."""
    settings = {
        "network": subject.network.name,
        "picture": {"kind": subject.picture.kind, "name": subject.picture.name, "number": subject.picture.number,
                    "snow": subject.picture.snow, "python": subject.opened.python},
        "target": subject.target,
        "class": subject.class_name,
        "probability": subject.confidence,
        "methods": given,
    }  # fmt: skip
    return packed(subject.opened.x[0], {name: e.A[0] for name, e in maps.items()}, settings)


def packed(x: Tensor, maps: dict[str, Tensor], settings: dict[str, Any]) -> bytes:
    """An npz file of `x`, the maps, each (C, H, W), and `settings` as JSON."""
    buffer = io.BytesIO()
    arrays = {name: A.numpy() for name, A in maps.items()}
    np.savez_compressed(buffer, x=x.numpy(), settings=json.dumps(settings), **arrays)
    return buffer.getvalue()


def python(
    subject: Subject,
    given: dict[str, dict[str, Any]],
    scale: str,
    methods: dict[str, str] | None = None,
    imports: Sequence[str] = (),
    also: Sequence[str] = (),
) -> str:
    """A script that makes the maps again; it runs wherever the workbook is installed.

    imports, also: lines of a page that needs more: behind the other imports, and behind the maps of the methods.
    """
    lines = subject.opened.python
    module = subject.network.python.split(".")[0]
    data = ("zoo", "retina", "satellite", "digits", "photographs", "corruptions")
    modules = sorted({module, *(m for m in data if any(f"{m}." in line for line in lines))})
    calls = []
    for name, arguments in given.items():
        words = ", ".join(f"{k}={json.dumps(v) if isinstance(v, str) else repr(v)}" for k, v in arguments.items())
        method = (methods or {}).get(name, name)
        calls.append(f'maps["{name}"] = xai_core.explain(model, x, target, "{method}", {words})')
    needs_f = any("F." in line for line in lines)
    return "\n".join(
        [
            '"""Made by the workbook. It writes maps.png and maps.npz into the current folder."""',
            "",
            "import numpy as np",
            *(["import torch.nn.functional as F"] if needs_f else []),
            "",
            "import xai_core",
            f"from data import {', '.join(modules)}",
            "from xai_core import figures",
            *imports,
            "",
            f"model = {subject.network.python}",
            *lines,
            f"target = {subject.target}  # {subject.class_name}",
            "",
            "maps = {}",
            *calls,
            *also,
            "",
            f'figures.map_grid(x, maps, scale="{scale}").savefig("maps.png")',
            'np.savez("maps.npz", x=x[0].numpy(), **{name: A[0].numpy() for name, A in maps.items()})',
            "",
        ]
    )


def _title(subject: Subject) -> str:
    return f"{subject.class_name} {subject.confidence:.0%}"
