"""What a reader of the page Scoreboard takes home: the maps, the numbers of the open tab, and a script for both."""

from collections.abc import Mapping
from typing import Any

from app.labs.scoreboard import compute, robustness
from app.labs.scoreboard.compute import STEPS
from app.labs.scoreboard.robustness import DEPTHS
from app.labs.scoreboard.views import Entries, Numbers
from app.shared import take_away
from app.shared.subject import Subject


def offer(about: Subject, entries: Entries, tab: str, how: Mapping[str, Any], numbers: Numbers, seed: int) -> None:
    """The buttons. how: the settings of the open tab."""
    maps = {entry.candidate.name: entry.A for entry in entries.values()}
    given = {entry.candidate.name: entry.candidate.given for entry in entries.values()}
    settings = take_away.settings_of(about, given, score=tab, seed=seed, **how, numbers=numbers)
    titled = {title: entry.A for title, entry in entries.items()}
    take_away.offer_files(
        python(about, entries, tab, how, seed),
        (lambda: take_away.png(take_away.panels(about, titled, "share"))) if maps else None,
        (lambda: take_away.npz(take_away.arrays(about, maps), settings)) if maps else None,
        own_picture=about.picture.kind == "upload",
        stem="scoreboard",
    )


def python(about: Subject, entries: Entries, tab: str, how: Mapping[str, Any], seed: int) -> str:
    """A script that makes the maps again, and prints the numbers of the open tab."""
    candidates = [entry.candidate for entry in entries.values()]
    given = {c.name: c.given for c in candidates if c.explains}
    drawn = {
        "edges": ["edges = torch.from_numpy(sobel(x[0].double().mean(0).numpy()))",
                  'maps["edges"] = (edges / x.shape[1]).to(x).expand_as(x).contiguous()'],
        "random": [f"noise = np.random.default_rng({seed}).standard_normal(x.shape[2:])",
                   'maps["random"] = (torch.from_numpy(noise) / x.shape[1]).to(x).expand_as(x).contiguous()'],
    }  # fmt: skip
    also = [line for c in candidates if not c.explains for line in drawn[c.name]]
    imports = ["from skimage.filters import sobel"] if "edges" in (c.name for c in candidates) else []
    after = []
    if tab in _TAILS:
        after = [
            "",
            'f = xai_core.make_score(model, x, target, "probability")  # what is judged',
            f"given = {given!r}",
            *_TAILS[tab](about, how, seed),
        ]
    return take_away.python(about, given, "share", imports=imports, also=also, after=after, stem="scoreboard")


_OWN = [
    "def own_of(name):  # x′, of a method that has one",
    "    asked = dict(given.get(name, {}))",
    '    score = xai_core.make_score(model, x, target, asked.pop("output", "probability"))',
    "    return evaluate.own_baseline(score, x, name, **asked)",
    "",
]


def _curves(about: Subject, how: Mapping[str, Any], seed: int) -> list[str]:
    return [
        *_OWN,
        "for name, A in maps.items():",
        '    for canvas, there in {"black": "black", "blurred": "blurred", "own": own_of(name)}.items():',
        "        if there is not None:",
        f"            curve = evaluate.{how['game']}(f, x, A, there, {STEPS})",
        f'            print(f"{how["game"]}, {{canvas}}: {{name}} {{float(curve.auc):.4f}}")',
    ]


def _points(about: Subject, how: Mapping[str, Any], seed: int) -> list[str]:
    asked = f'N={how["N"]}, share={how["share"]:g}, reference="{how["reference"]}", seed={seed}'
    return [
        "for name, A in maps.items():",
        f"    found = evaluate.mufidelity(f, x, A, {asked})",
        '    print(f"MuFidelity: {name} {float(found.correlation):.4f}")',
    ]


def _truth(about: Subject, how: Mapping[str, Any], seed: int) -> list[str]:
    if not compute.masks(about.opened):
        return []
    scene = about.opened.python[0].removeprefix("x = ").removesuffix(".image[None]")
    return [
        f"scene = {scene}",
        'for what, mask in {"animal": scene.animal, "part": scene.part}.items():',
        "    for name, A in maps.items():",
        "        found = evaluate.ground_truth(A, mask)",
        '        print(f"inside {what}: {name} {float(found.inside):.4f}, points {float(found.pointing):.4f}, "',
        '              f"chance {float(found.chance):.4f}")',
    ]


def _ruins(about: Subject, how: Mapping[str, Any], seed: int) -> list[str]:
    layers = max(robustness.depths(about.network.name))
    return [
        "for name, asked in given.items():  # edges and random numbers do not look at the network",
        "    found = evaluate.randomisation(",
        "        model, lambda network: xai_core.explain(network, x, target, name, **asked),",
        f"        depths={min(DEPTHS, layers)}, seed={seed},",
        "    )",
        '    print(f"ruins: {name}", [round(float(rho), 4) for rho in found.spearman[:, 0]])',
    ]


def _attack(about: Subject, how: Mapping[str, Any], seed: int) -> list[str]:
    k = robustness.strongest(about.opened.x)
    return [
        *_OWN,
        "for name, asked in given.items():",
        f"    attacked = evaluate.attack_maps(f, x, {how['eps']!r}, {how['steps']}, {k}, own_of(name), seed={seed})",
        "    found = evaluate.robustness(",
        f"        lambda z: xai_core.explain(model, z, target, name, **asked), attacked, {k}",
        "    )",
        '    print(f"attack: {name} {float(found.spearman):.4f}, {float(found.intersection):.4f} stay")',
    ]


_TAILS = {
    "Deletion and insertion": _curves,
    "MuFidelity": _points,
    "Ground truth": _truth,
    "Network in ruins": _ruins,
    "Attack": _attack,
}
