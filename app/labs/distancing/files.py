"""What a reader of the page Distancing takes home: Figure 3, every map and mask, and a script that makes them again."""

from torch import Tensor

from app.labs.distancing import pairs
from app.labs.distancing.compute import Reading
from app.labs.distancing.pairs import DRAWN, RATE, STREAM, Pair
from app.labs.distancing.views import surviving
from app.shared import networks, take_away
from app.shared.pictures import Picture, open_picture
from app.shared.script import script
from xai_core.distancing.gad import GADMap


def offer(pair: Pair, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> None:
    """The buttons."""
    take_away.offer_files(
        python(pair, picture, how), lambda: png(pair, x, found, how), lambda: npz(pair, picture, x, found, how),
        stem="gad",
    )  # fmt: skip


def png(pair: Pair, x: Tensor, found: GADMap, how: Reading) -> bytes:
    """Figure 3 on white."""
    return take_away.png(surviving(pair, x, found, how, "light"))


def npz(pair: Pair, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> bytes:
    """x (C, H, W), gad (2, C, H, W), maps (networks, 2, C, H, W), masks of what is important, settings as JSON."""
    settings = {"network": pair.network, "classes": pair.names, "picture": vars(picture), **vars(how)}
    arrays = {"x": x[0], "gad": found.A, "maps": found.maps, "masks": found.masks, "alphas": how.alphas}
    return take_away.npz(arrays, settings)


def python(pair: Pair, picture: Picture, how: Reading) -> str:
    """A script that makes Figure 3 again."""
    a, b = pair.names
    alphas, n, epochs = how.alphas[1:], pairs.SCENES, pairs.EPOCHS
    B = "" if how.B is None else f", B={how.B}"
    own = networks.describe(pair.network)
    if pair.is_shipped:
        supports = [
            "supports = [",
            "    xai_core.as_support(model, held_apart.load(α), X, labels, classes, α)",
            f"    for α in {list(alphas)}",
            "]",
        ]
    else:
        supports = [
            "supports = xai_core.support_networks(",
            f"    model, X, labels, classes, {list(alphas)}, epochs={epochs}, rate={RATE:g}, seed=0, keep=\"supports\"",
            ")",
        ]  # fmt: skip
    lines = [
        f"model = {own.python}",
        f'names, classes = ("{a}", "{b}"), {pair.classes}',
        f"drawn = zoo.batch_labels({n}, {STREAM}, names)  # what the support networks learned from",
        f"seeds = [zoo.scene_seed({STREAM}, i) for i in range({n})]",
        f"X = torch.stack([{DRAWN[pair.kind]}.image for name, seed in zip(drawn, seeds)])",
        "labels = torch.tensor([classes[names.index(name)] for name in drawn])",
        *supports,
        "for support in supports:",
        "    print(support.alpha, support.report)",
        "",
        *open_picture(picture, own).python,
        f'found = xai_core.gad(model, supports, x.repeat(2, 1, 1, 1), torch.tensor(classes), "{how.method}",',
        f'                     join="{how.join}", important="{how.important}", share={how.share:g}{B})',
        "for name, left in zip(names, found.left[-1]):",
        '    print(f"for {name} {left:.1%} of the pixels are important in all networks")',
        "",
        f"titles = [f\"α = {{α}}\" for α in {list(how.alphas)}]",
        "maps = {name: dict(zip(titles, found.maps[:, i])) for i, name in enumerate(names)}",
    ]  # fmt: skip
    return script(
        lines,
        stem="gad",
        figure='distancing.surviving(x, maps, dict(zip(names, found.A)), "GAD")',
        arrays=("x=x[0].numpy()", "gad=found.A.numpy()", "maps=found.maps.numpy()", "masks=found.masks.numpy()"),
        imports=["from xai_core.figures import distancing"],
    )
