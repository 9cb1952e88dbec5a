"""Names in figures are drawn as they are: every public function, with names that could be taken for something else.

Which parameters are names follows from the signatures: text, and what is found by text. A new function has to say here
how it is called; a new parameter of names has to be given.
"""

import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

import matplotlib as mpl
import pytest
import torch
from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from xai_core import figures, straight
from xai_core.evaluate import Attacked, Randomisation, Robustness
from xai_core.evaluate.deletion import Curve, Exchange
from xai_core.evaluate.mufidelity import MuFidelity
from xai_core.figures.style import Drawing
from xai_core.figures.trees import Node
from xai_core.perturbation.k_lasso import LinearFit
from xai_core.plain import one_line

NAMES = ("_$\\frac{x}$_", "<b>*a*\x00\u202e`$</b>", "שלום $a$", "long " * 2000)


def each(value: Any) -> dict[str, Any]:
    return dict.fromkeys(NAMES, value)


MAP, PICTURE = torch.arange(-2.0, 2.0).view(1, 2, 2), torch.rand(3, 2, 2, generator=torch.Generator().manual_seed(0))
WEIGHTS = dict(zip(NAMES, (1.0, -0.5, 0.25, 0.125), strict=True))
LINES = each(([0.0, 1.0], [0.5, 1.0]))
MAPS = each(MAP)
FIT = LinearFit(torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.double), 0.0, 1.0, [0, 1, 2, 3])
EXCHANGE = Curve(Exchange(MAP[None], MAP[None], torch.arange(4)[None], 4), torch.linspace(0, 1, 5)[None])
MASKS = (torch.ones(4, 2, 2, dtype=torch.bool), torch.eye(2, dtype=torch.bool).repeat(4, 1, 1))
ATTACK = Robustness(Attacked(PICTURE[None], PICTURE[None], False), MAP[None], MAP[None], *torch.ones(2, 1))
TREE = Node(NAMES[0], tuple(Node(name, edge=name, colour="red") for name in NAMES))

CALLS: dict[str, dict[str, Any]] = {  # module.function → its arguments; every text among them is a name
    "bars.weight_bars": {"weights": WEIGHTS, "title": NAMES[0]},
    "bars.intervals": {"rows": {g: each((1.0, 0.0, 2.0)) for g in NAMES}, "x": NAMES[2], "title": NAMES[1]},
    "classes.class_grid": {
        "maps": {name: each(torch.arange(4.0)) for name in NAMES},
        "segments": torch.arange(4).view(2, 2),
    },
    "classes.for_and_against": {
        "x": PICTURE[None],
        "weights": torch.arange(4.0),
        "segments": torch.arange(4).view(2, 2),
        "title": NAMES[1],
    },
    "classes.weight_bars": {"panels": each(WEIGHTS), "x": NAMES[1]},
    "classes.picked": {"images": [PICTURE] * 4, "captions": NAMES},
    "curves.curves": {"lines": LINES, "x": NAMES[0], "y": NAMES[1], "title": NAMES[2], "marks": each((0, 1))},
    "curves.curve_grid": {"panels": each(LINES), "x": NAMES[0], "log": NAMES[:2]},
    "curves.paths_2d": {
        "F": lambda x: x.sum(1),
        "title": NAMES[1],
        "captions": WEIGHTS | each(NAMES[1]),
        "paths": {name: straight(torch.zeros(1, 2), torch.ones(1, 2)) for name in NAMES},
    },
    "curves.error_against_steps": {"errors": LINES, "bounds": dict.fromkeys(NAMES[:2], ([1.0, 2.0], [1.0, 2.0]))},
    "curves.riemann": {
        "curve": ([0.0, 1.0], [0.0, 1.0]),
        "points": [0.5],
        "heights": [1.0],
        "weights": [1.0],
        "title": NAMES[1],
    },
    "distancing.drifting": {
        "logits": {0.0: torch.eye(2), 2.0: torch.eye(2)},
        "labels": torch.arange(2),
        "names": NAMES[:2],
    },
    "distancing.surviving": {"image": PICTURE, "maps": each(MAPS), "kept": MAPS, "title": NAMES[0] + "2"},
    "distancing.original_and_gad": {
        "images": torch.stack([PICTURE] * 4),
        "captions": NAMES,
        "maps": each((MAP.repeat(4, 1, 1, 1),) * 2),
    },
    "distancing.hulls": {"images": torch.stack([PICTURE] * 4), "regions": each(MASKS), "captions": NAMES},
    "keep_and_retrain.kar_figure": {
        "panels": each(each(([0.1, 0.5], torch.rand(2, 2)))),
        "whole": each(torch.ones(2)),
        "least": 0.01,
    },
    "linear.bars": {
        "weights": WEIGHTS,
        "bands": each((0.0, 1.0)),
        "marks": dict.fromkeys(NAMES[:3], WEIGHTS),
        "unit": NAMES[0],
        "title": NAMES[1],
    },
    "linear.coefficient_paths": {"fits": [FIT, FIT], "names": NAMES, "unit": NAMES[1]},
    "linear.r2_curves": {"curves": each(([1.0, 2.0], [0.0, 1.0], 1.0))},
    "linear.scatter": {"answered": torch.rand(3), "fitted": torch.rand(3), "π": torch.ones(3), "unit": NAMES[1]},
    "maps.map_grid": {"image": PICTURE, "attributions": MAPS, "captions": each(NAMES[1]), "picture_title": NAMES[0]},
    "maps.picture_row": {"pictures": each(PICTURE)},
    "samples.contact_sheet": {"pictures": torch.stack([PICTURE] * 4), "titles": NAMES},
    "scores.agreement": {"found": each(MuFidelity(torch.ones(1), torch.rand(1, 5), torch.rand(1, 5)))},
    "scores.film": {"curves": each(EXCHANGE), "ks": [0, 4]},
    "scores.on_the_way": {"curves": each(EXCHANGE)},
    "scores.by_canvas": {
        "scores": {name: each(torch.rand(3)) for name in NAMES},
        "y": NAMES[1],
        "bare": each(torch.rand(3)),
    },
    "scores.turned": {"found": each(ATTACK)},
    "scores.ladder": {"found": each(Randomisation(NAMES, (MAP[None],) * 4, *torch.ones(2, 4, 1)))},
    "sequences.word_grid": {"words": NAMES, "maps": each(torch.arange(4.0)), "captions": each(NAMES[1])},
    "sequences.word_bars": {"words": NAMES, "heights": torch.arange(4.0), "y": NAMES[1], "title": NAMES[0]},
    "sequences.signal_rows": {
        "signal": torch.arange(4.0),
        "maps": each(torch.arange(4.0)),
        "unit": NAMES[1],
        "others": dict.fromkeys(NAMES[:3], torch.arange(4.0)),
        "title": NAMES[0],
        "captions": each(NAMES[1]),
    },
    "trees.tree": {"root": TREE, "legend": each(("red", "o")), "title": NAMES[1]},
    "verdicts.verdicts": {"found": {(name, NAMES[0]): (0.5, 1) for name in NAMES}, "names": NAMES[:3]},
    "words.matrices": {"maps": each(torch.rand(4, 4)), "inputs": NAMES, "outputs": NAMES},
    "words.word_bars": {"maps": each(torch.arange(4.0)), "inputs": NAMES, "title": NAMES[1]},
}
OF_US = {"theme", "scale"}  # words of which the workbook gives the choice
NO_NAMES = {"red", "o"}  # colours and marks
NAMELESS = {"maps.colour_key"}


def public() -> dict[str, Callable[..., Figure]]:
    """Every function of the room that returns a figure."""
    found = {}
    for module in pkgutil.iter_modules(figures.__path__, figures.__name__ + "."):
        for name, value in vars(importlib.import_module(module.name)).items():
            own = inspect.isfunction(value) and value.__module__ == module.name and not name.startswith("_")
            if own and inspect.signature(value).return_annotation is Figure:
                found[f"{module.name.rpartition('.')[2]}.{name}"] = value
    return found


def named(function: Callable[..., Figure]) -> set[str]:
    """Its parameters that are texts, or found by texts."""
    given = inspect.signature(function).parameters
    return {name for name, each in given.items() if "str" in re.findall(r"\w+", str(each.annotation))} - OF_US


def test_every_function_and_every_name_is_tried() -> None:
    asked = {name: named(function) for name, function in public().items()}
    assert {name for name, names in asked.items() if not names} == NAMELESS
    assert all(names <= CALLS[name].keys() for name, names in asked.items() if names)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_names_are_drawn_as_they_are(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a letter that no font has, axes without room
        fig = public()[name](**CALLS[name])
        fig.savefig(BytesIO())
    numbers = {text for tick in fig.findobj(Tick) for text in tick.findobj(Text) if text.get_parse_math()}
    words = [text for text in fig.findobj(Text) if text not in numbers]
    assert not any(text.get_parse_math() for text in words)
    assert not any(part in text.get_text() for text in numbers for part in ("frac", "*a", "שלום", "long"))
    for line in (line for text in words for line in text.get_text().split("\n")):
        assert line == one_line(line, 200)
    said = "\n".join(text.get_text() for text in words)
    for given in {text for value in CALLS[name].values() for text in texts_in(value)} - NO_NAMES:
        start, end = one_line(given.strip(), 10**6)[:3], one_line(given.strip(), 10**6)[-3:]
        assert re.search(f"{re.escape(start)}.*{re.escape(end)}", said), given[:20]


def texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Node):
        return [
            value.label,
            *([value.edge] if value.edge else []),
            *(t for child in value.children for t in texts_in(child)),
        ]
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts_in(each)]
    return [text for each in value for text in texts_in(each)] if isinstance(value, list | tuple) else []


def drawn(text: str, parse_math: bool) -> bytes:
    """The pixels of a title, by matplotlib itself or by the workbook."""
    fig = figures.figure(4, 1)
    if parse_math:
        fig = Figure((4, 1), dpi=110)
    fig.set_layout_engine("none")
    fig.patch.set_alpha(1)
    fig.text(0.1, 0.4, text, fontsize=12, color="black")
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


def test_a_dollar_is_a_dollar() -> None:
    """Pixel by pixel what matplotlib draws of a text that has none of its marks."""
    with mpl.rc_context({"text.parse_math": False}):
        expected = drawn(r"$x^2$ \$", parse_math=True)
    assert drawn(r"$x^2$ \$", parse_math=False) == expected != drawn("$x^2$", parse_math=True)


def test_a_text_keeps_its_lines_up_to_four_and_numbers_their_mathematics() -> None:
    fig = figures.curves({"a": ([1, 10], [1, 2])}, x="x", y="y", title="a\nb\nc\nd\ne\nf")
    fig.axes[0].set_xscale("log")
    fig.draw_without_rendering()
    assert fig.axes[0].get_title() == "a\nb\n…\nf"
    assert any("mathdefault" in label.get_text() for label in fig.axes[0].get_xticklabels())


def test_notebooks_show_a_plain_figure() -> None:
    assert repr(figures.figure(2, 1)) == "<Figure size 220x110 with 0 Axes>"
    assert isinstance(figures.figure(2, 1), Drawing)
