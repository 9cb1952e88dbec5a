"""The benchmark's command line: what may be asked for, and what of it is refused before anything is measured."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch

from xai_core.benchmark import gad, uni
from xai_core.benchmark.preparing import LAYOUTS
from xai_core.benchmark.uni_methods import USUAL, expanded, symbols_of
from xai_core.evaluate.scores import SCORES
from xai_core.registry import load

SMALL = ("zoo", "zoo_vgg", "husky_wolf", "birds", "birds_vgg")  # of --networks, unless others are named
TABLES = ("uni", "alike", "cost", "gad", "normlime")


def parser(says: str) -> argparse.ArgumentParser:
    """The command line. says: what stands at the top of its help."""
    made = argparse.ArgumentParser(
        prog="python -m xai_core.benchmark", description=says, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument_group("what is measured").add_argument
    add("--tables", nargs="+", choices=TABLES,
        help="of which papers; «alike»: maps of two networks, and of two pictures, beside each other; «cost»: UNI's "
        "and IG's passes and seconds (default: all; of --model and --method, UNI's)")  # fmt: skip
    add("--networks", nargs="+", metavar="NAME", help=f"for UNI's tables (default: {' '.join(SMALL)})")
    add("--model", nargs="+", default=[], metavar="MODULE:FUNCTION",
        help="for UNI's tables, networks of your own: what the function returns; or torchvision's layers with your "
        "weights, as resnet18,weights=FILE. More options with commas: classes=FILE, size=32, mean=.5 and std=.25"
    )  # fmt: skip
    add("--methods", nargs="+", metavar="NAME", default=["usual"],
        help="for UNI's tables; with other symbols as uni:goal=uniform,B=50; «reviewers»: UNI with one thing changed "
        f"at a time, as its reviewers asked (default: «usual», which are {' '.join(USUAL)})")  # fmt: skip
    add("--method", nargs="+", default=[], metavar="MODULE:FUNCTION",
        help="for UNI's tables, methods of your own beside the others: functions (f, x, …symbols…) → map"
    )  # fmt: skip
    add("--scores", nargs="+", metavar="SCORE", default=list(SCORES),
        help="for UNI's tables, of all networks, or NETWORK=SCORE,SCORE of one; one that is added later is measured "
        f"alone (default: all: {' '.join(SCORES)})")  # fmt: skip
    add("--images", nargs="+", metavar="SOURCE", default=["20"],
        help="for UNI's tables: a number (of each network's own kind), zoo:N, husky_wolf:N, birds:N, digits:N, "
        "mnist:N, bundled:N (scikit-image's photographs), FOLDER or FOLDER:N (default: 20)")  # fmt: skip
    add("--target", choices=uni.TARGETS, default="predicted", help="which class is explained (default: %(default)s)")
    add("--seed", type=int, default=0, help="of everything random (default: 0)")
    add = made.add_argument_group("GAD's tables").add_argument
    add("--pair-images", type=int, default=gad.IMAGES, metavar="N",
        help="pictures a pair of classes, and at most so many to learn from (default: 512)")  # fmt: skip
    add("--photographs", type=Path, metavar="FOLDER",
        help="photographs instead of drawings: a folder a class, or labels.csv; of more than two classes the first two"
    )  # fmt: skip
    add("--pretrained", default="squeezenet1_1", metavar="NAME", help="what is fine-tuned to them (%(default)s)")
    add("--important", choices=("top", "above"), default="top",
        help="half of the pixels, as in the paper's tables (top), or those above a tenth of the maximum, as in its "
        "figure 4 (above)")  # fmt: skip
    add = made.add_argument_group("NormLIME's figure").add_argument
    add("--digits", choices=("digits", "mnist"), default="digits", help="scikit-learn's 8 × 8, or MNIST (%(default)s)")
    add("--runs", type=int, default=5, metavar="N", help="networks for each point of the figure (default: %(default)s)")
    add("--train", type=int, metavar="N", help="digits to learn from (default: all; of MNIST, 60000)")
    add = made.add_argument_group("how").add_argument
    add("--out", type=Path, default=Path("results/benchmark"), help="folder of the results (default: %(default)s)")
    add("--hours", type=float, metavar="H", help="stop then, with as many pictures in every row; go on any time")
    add("--workers", type=int, default=0, metavar="N", help="processes (default: 0, in this one)")
    add("--scheduler", metavar="ADDRESS", help="a Dask scheduler, tcp://host:port")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="(default: %(default)s)")
    add("--collection", default="data.collection", metavar="MODULE", help="networks and pictures (%(default)s)")
    add("--fold-batchnorm", action="store_true", help="UNI's networks with batch norm folded; every row says so")
    add("--layout", choices=LAYOUTS, help="of UNI's networks in memory; every row says so")
    add("--batch", type=int, default=1, metavar="N",
        help="pictures that go through UNI's matching and Guided IG together, for a GPU (%(default)s)")  # fmt: skip
    add("--no-maps", action="store_true", help="keep no maps: a score that is added later computes them again")
    add("--report-only", action="store_true", help="measure nothing, write the report of what is kept")
    add("--estimate", type=int, metavar="N", help="measure nothing, say what N pictures would take")
    return made


def read(made: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, with defaults that depend on each other. Ends the program with a sentence where one is bad."""
    given = made.parse_args(arguments)
    try:
        given.methods = [*given.methods, *(load(each).name for each in given.method)]
    except (TypeError, ValueError) as error:
        made.error(f"--method: {error}")
    for refused in _refusals(given):
        made.error(refused)
    given.tables = given.tables or (["uni"] if given.model or given.method else list(TABLES))
    given.networks = [*(given.networks or ([] if given.model else SMALL)), *given.model]
    given.methods = expanded(given.methods)
    given.scores = scores_by_network(given.scores, given.networks)
    given.made = {"fold_batchnorm": True} if given.fold_batchnorm else {}
    given.made |= {"layout": given.layout} if given.layout else {}
    return given


def scores_by_network(said: Sequence[str], networks: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Network → scores, in the order of SCORES: those of NETWORK=SCORE,… alone, or those that no network is said of."""
    of_all = [each for each in said if "=" not in each]
    named = dict(each.split("=", 1) for each in said if "=" in each)
    asked = {n: named[n].split(",") if n in named else of_all or list(SCORES) for n in networks}
    return {network: [score for score in SCORES if score in scores] for network, scores in asked.items()}


def _refusals(given: argparse.Namespace) -> Iterator[str]:
    least = {"pair_images": 2, "workers": 0, "estimate": 1, "runs": 1, "train": 1, "batch": 1}
    for name, low in least.items():
        value = getattr(given, name)
        if value is not None and value < low:
            yield f"--{name.replace('_', '-')} must be {low} or more; got {value}"
    if not 0 <= given.seed < 2**63:
        yield f"--seed must be a whole number from 0 to 2⁶³ − 1; got {given.seed}"
    if given.hours is not None and not 0 < given.hours < 1e5:
        yield f"--hours must be a number above 0; got {given.hours}"
    for method in expanded(given.methods):
        try:
            symbols_of(method)
        except (TypeError, ValueError) as error:
            yield f"--methods: {error}"
    for each in given.scores:
        network, equals, scores = each.rpartition("=")
        unknown = [score for score in scores.split(",") if score not in SCORES]
        if unknown:
            yield f"--scores must be of {', '.join(SCORES)}; got {unknown[0]!r}"
        if equals and network not in (*(given.networks or SMALL), *given.model):
            yield f"--scores names {network!r}, which is none of the networks that are measured"
    for each in given.model:
        if ":" not in each and "," not in each:
            yield f"--model must be MODULE:FUNCTION, such as mine:network, or resnet18,weights=FILE; got {each!r}"
    if given.model and given.tables and not {"uni", "alike"} & set(given.tables):
        yield f"--model is for the tables uni and alike; got --tables {' '.join(given.tables)}"
    if given.batch > 1 and given.no_maps:
        yield "--batch needs the maps that are kept: leave --no-maps out"
    if given.device == "cuda" and not torch.cuda.is_available():
        yield "--device cuda needs a GPU that PyTorch can use, and there is none; use --device cpu"
