"""The script that a reader takes home: every one is put together here, so that all import and save alike.

A page gives the lines that compute, an expression for the figure, and the arrays to keep. Imports follow from the names
that the lines use.
"""

import json
import re
from collections.abc import Mapping, Sequence

_IMPORTS = {
    "np": "import numpy as np",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "xai_core": "import xai_core",
    "evaluate": "from xai_core import evaluate",
    "figures": "from xai_core import figures",
}
_DATA = (
    "corruptions", "digits", "documents", "held_apart", "networks", "newsgroups", "photographs", "pretrained", "retina",
    "satellite", "signals", "tables", "texts", "translation", "yours", "zoo",
)  # fmt: skip
DPI = 160  # of every picture taken home
MAPS = ("x=x[0].numpy()", "**{name: A[0].numpy() for name, A in maps.items()}")  # arrays of a script with maps of x


def script(
    lines: Sequence[str],
    *,
    stem: str,
    figure: str,
    arrays: Sequence[str],
    imports: Sequence[str] = (),
    after: Sequence[str] = (),
) -> str:
    """A program that writes `stem`.png and `stem`.npz into the current folder; it runs wherever the workbook does.

    figure: an expression, or "fig" where the lines have made it. arrays: arguments of `np.savez`.
    imports: what the lines need besides the usual names. after: lines behind the files.
    """
    body = [
        *lines,
        "",
        *([] if figure == "fig" else [f"fig = {figure}"]),
        "fig.patch.set_alpha(1)  # on white",
        f'fig.savefig("{stem}.png", dpi={DPI})',
        "np.savez(",
        *(f"    {argument}," for argument in (f'"{stem}.npz"', *arrays)),
        ")",
        *after,
    ]
    ours, others = _imports(body, imports)
    says = f'"""Made by the workbook. It writes {stem}.png and {stem}.npz into the current folder."""'
    return "\n".join([says, "", *others, "", *ours, "", *body, ""])


def _imports(body: Sequence[str], more: Sequence[str]) -> tuple[list[str], list[str]]:
    """The workbook's own modules, and others, each in the usual order."""
    text = "\n".join(body)
    found = {line for name, line in _IMPORTS.items() if _uses(text, name)} | set(more)
    data = [name for name in _DATA if _uses(text, name)]
    if data:
        found.add(f"from data import {', '.join(data)}")
    ordered = sorted(found, key=lambda line: (line.startswith("from"), line))
    own = [line for line in ordered if line.split()[1].split(".")[0] in ("data", "xai_core")]
    return own, [line for line in ordered if line not in own]


def _uses(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){name}\.", text) is not None


def call(function: str, *positional: str, given: Mapping[str, object]) -> str:
    """A call as one writes it: words in double quotes, everything else as Python prints it."""
    words = [f"{name}={quoted(value)}" for name, value in given.items()]
    return f"{function}({', '.join([*positional, *words])})"


def quoted(value: object) -> str:
    """A value as a line of Python has it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
