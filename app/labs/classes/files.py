"""What a reader of the page Classes takes home: Figure 1, every map and weight, and a script that makes them again."""

from collections.abc import Mapping

from torch import Tensor

from app.labs.classes.compute import SOURCES, Crowd, Setting
from app.shared import take_away
from app.shared.script import call, quoted, script
from xai_core.classwide.local_weights import LocalWeights
from xai_core.figures import classes


def offer(s: Setting, where: Crowd, local: LocalWeights, found: Mapping[int, Mapping[str, Tensor]]) -> None:
    """The buttons. found: class → method → map."""
    maps = {where.classes[y]: row for y, row in found.items()}
    arrays = {f"{name}: {method}": A for name, row in maps.items() for method, A in row.items()}
    take_away.offer_files(
        python(s, where, list(found)),
        lambda: take_away.png(classes.class_grid(maps, where.segments)),
        lambda: take_away.npz({"W": local.weights, "labels": local.labels, **arrays}, vars(s)),
        stem="classes",
    )


def python(s: Setting, where: Crowd, chosen: list[int]) -> str:
    """What makes Figure 1 again."""
    about = SOURCES[s.source]
    given = {"N": s.N, "K": s.K, "sigma": s.sigma, "segments": "pixels" if about.what == "pixel" else "grid",
             "fill": s.fill, "seed": s.seed}  # fmt: skip
    asked = {name: given[name] for name in ("N", "fill", "seed")}
    lines = [
        f'model = networks.load("{about.network}")',
        f"X = {where.python}[:{s.n}]",
        'f = xai_core.make_score(model, X, "predicted")',
        "local = " + call("xai_core.local_weights", "f", "X", given=given),
        "maps = {",
        *(f"    {quoted(where.classes[y])}: " + call("class_maps", "f", "X", "local", str(y), given=asked) + ","
          for y in chosen),
        "}",
        "arrays = {f\"{name}: {method}\": A.numpy() for name, row in maps.items() for method, A in row.items()}",
    ]  # fmt: skip
    return script(
        lines,
        stem="classes",
        figure="classes.class_grid(maps, local.segments)",
        arrays=("W=local.weights.numpy()", "labels=local.labels.numpy()", "**arrays"),
        imports=["from xai_core.classwide.class_maps import class_maps", "from xai_core.figures import classes"],
    )
