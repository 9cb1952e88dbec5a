"""Is everything here that the notebooks need? Said in sentences; imports nothing that could be missing."""

import importlib.metadata
import importlib.util
import json
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
    """A table, in Markdown, of the notebooks in this folder: their titles and the deck's part that each opens with."""
    lines = ["| notebook | title | part of the deck |", "|---|---|---|"]
    for path in sorted(Path(__file__).parent.parent.glob("[0-9]*.ipynb")):
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]).splitlines()
        deck = next((line.split(":**", 1)[1].strip() for line in first if line.startswith("**Deck:**")), "")
        lines.append(f"| [{path.stem}]({path.name}) | {first[0].lstrip('# ')} | {deck} |")
    return "\n".join(lines)
