"""Is everything here that the notebooks need? Said in sentences; imports nothing that could be missing."""

import importlib.metadata
import importlib.util
import json
import re
import sys
from pathlib import Path

# distribution → (what is imported, what for)
NEEDED = {
    "torch": ("torch", "networks and gradients"),
    "torchvision": ("torchvision", "pretrained networks"),
    "numpy": ("numpy", "arrays"),
    "scipy": ("scipy", "rank correlation"),
    "scikit-image": ("skimage", "superpixels and photographs"),
    "scikit-learn": ("sklearn", "LIME's regression and the digits"),
    "matplotlib": ("matplotlib", "figures"),
    "safetensors": ("safetensors", "the weights of our networks"),
    "ipywidgets": ("ipywidgets", "sliders"),
}
OURS = ("xai_core", "data")


def report() -> None:
    """Print the versions, and one sentence for each thing that is missing."""
    problems = []
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"{'Python':13} {python:12} the language")
    if sys.version_info < (3, 11):  # noqa: UP036  (the reader's Python may be older than ours)
        problems.append(
            f"Python is {python}, and the workbook needs 3.11 or newer: make the environment with a newer one."
        )
    for name, (module, purpose) in NEEDED.items():
        if importlib.util.find_spec(module):
            print(f"{name:13} {importlib.metadata.version(name):12} {purpose}")
        else:
            problems.append(
                f"{name} ({purpose}) is missing: run `pip install -r requirements.txt` in the workbook's folder."
            )
    for module in OURS:
        if not importlib.util.find_spec(module):
            problems.append(f"{module} is not found: run `pip install --no-deps -e .` in the workbook's folder.")
    if problems:
        print(
            f"\nThis notebook runs on {sys.executable}. If that is not the environment you made, choose another kernel."
        )
    print("\n" + ("\n".join(problems) or "Nothing is missing."))


def show_figures() -> None:
    """Let a cell that ends in a figure show it, on white ground so that it is legible on a dark page too."""
    from IPython import get_ipython
    from IPython.core.pylabtools import print_figure
    from matplotlib.figure import Figure

    def png(figure: Figure) -> bytes:
        figure.patch.set(facecolor="white", alpha=1)
        return print_figure(figure)

    get_ipython().display_formatter.formatters["image/png"].for_type(Figure, png)


def notebooks() -> str:
    """A table, in Markdown, of the notebooks in this folder: the deck's part, minutes and the app's page of each."""
    lines, minutes = ["| part of the deck | notebook | minutes | app |", "|---|---|---|---|"], {"core": 0, "more": 0}
    for path in sorted(Path(__file__).parent.parent.glob("[0-9]*.ipynb")):
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        deck, time, core, app = (
            found[1] if (found := re.search(pattern, first)) else ""
            for pattern in (r"\*\*Deck:\*\* (.*)", r"\*\*Time:\*\* (\d+)", r"minutes, (core)", r"\*\*App:\*\* (.*\))\.")
        )
        minutes[core or "more"] += int(time or 0)
        title = first.splitlines()[0].lstrip("# ")
        lines.append(f"| {deck} | [{title}]({path.name}) | {time}{', core' if core else ''} | {app} |")
    hours = "The core takes {core:.1f} hours, all else {more:.1f}.".format(**{k: m / 60 for k, m in minutes.items()})
    return "\n".join([*lines, "", hours])
