"""Attention of a vision transformer, for the page Attention: rolled out over its layers, beside the gradients."""

import streamlit as st
import torch
from torch import Tensor

from app.shared import frame, networks, take_away
from app.shared import show as panels
from app.shared.frame import Tab
from app.shared.predict import veil
from app.shared.screen import Screen
from app.shared.subject import Line
from app.shared.turns import Rank
from data.drawn import zoo
from data.training.fitting import FRESH
from xai_core import Score, attention_rollout, gradient_rollout, integrated_gradients, make_score, rollout
from xai_core.evaluate.ground_truth import ground_truth

NETWORK, SCENES, LAYERS = "zoo_vit", 24, 4
MAPS = {  # title → the function of (f, x, layers), with what it knows
    "Attention rollout": (lambda f, x, layers: attention_rollout(f, x, layers), "the same for every class"),
    "Weighted by its gradient": (lambda f, x, layers: gradient_rollout(f, x), "for this class, all layers"),
    "Integrated Gradients": (lambda f, x, layers: integrated_gradients(f, x, "blurred", 30), "for this class"),
}
EQUATION = r"R = \hat A_L\cdots\hat A_1,\qquad \hat A_l = \tfrac12\,\overline{A_l} + \tfrac12 I"


def show_rollout(animal: str, seed: int, wanted: str, layers: int, on: Screen) -> str:
    """The three maps of one scene, with shares on the animal and the deciding part. Returns rollout's on the animal."""
    scene = zoo.draw(animal, seed)
    x = scene.image[None]
    f = score(x, zoo.CLASSES.index(wanted))
    with frame.asking("Rolling out …"), torch.no_grad():
        sure = float(f(x)[0])
        found = {name: of(f, x, layers) for name, (of, _) in MAPS.items()}
    words = {name: lies(A, scene) for name, A in found.items()}
    panels.maps(x, {n: A.expand_as(x) / (3 if A.shape[1] == 1 else 1) for n, A in found.items()}, words, {},
              title=f"{wanted}, {sure:.0%}", scale="own", key="rolled", legend=on.legend)  # fmt: skip
    return share(found["Attention rollout"], scene.animal)


def lies(A: Tensor, scene: zoo.Scene) -> str:
    """How much of a map is on what it should point at, the animal and the part that decides, where that is in sight."""
    words = f"{share(A, scene.animal)} on the animal"
    return words + (f", {share(A, scene.part)} {scene.part_name}" if scene.part.any() else "")


def share(A: Tensor, mask: Tensor) -> str:
    """The part of what speaks for the class that lies on a mask."""
    return f"{float(ground_truth(A, mask).inside[0]):.0%}"


def score(x: Tensor, target: int | Tensor) -> Score:
    """The vision transformer's probability of a class."""
    return make_score(networks.load(NETWORK), x, target)


@st.cache_data(show_spinner=False)
def measured() -> dict[str, tuple[float, float, float]]:
    """By map: the mean share on the animal, on the deciding part, and how often its best pixel is on the animal."""
    x, y, animals, parts = zoo.batch(SCENES, FRESH)
    seen = parts.flatten(1).any(1)
    f, shares = score(x, y), {}
    for name, (of, _) in MAPS.items():
        A = of(f, x, None)
        whole, part = ground_truth(A, animals), ground_truth(A[seen], parts[seen])
        shares[name] = (float(whole.inside.mean()), float(part.inside.mean()), float(whole.pointing.mean()))
    shares["chance: the area"] = (float(whole.chance.mean()), float(part.chance.mean()), float(whole.chance.mean()))
    return shares


def show(on: Screen) -> None:
    """The whole page."""
    line = Line(on.subject)
    with line.popover("Picture"):
        animal = st.selectbox("Animal", zoo.CLASSES, zoo.CLASSES.index("elephant"), key="rolled", bind="query-params")
        seed = int(st.number_input("Scene", 0, 10**6, 27, key="rolled_scene", bind="query-params"))
    with line.popover("Class"):
        wanted = st.selectbox("Class to explain", zoo.CLASSES, zoo.CLASSES.index(animal), key="rolled_for",
                              bind="query-params")  # fmt: skip
    layers = on.controls.slider("Layers rolled out", 1, LAYERS, LAYERS, key="layers", bind="query-params")
    x = zoo.draw(animal, seed).image[None]
    with torch.no_grad():
        p = score(x, 0).outputs(x)[0]
    best = int(p.argmax())
    line.say(x, f"**{animal} no. {seed}** · the network *{NETWORK}* says {zoo.CLASSES[best]} {float(p[best]):.1%}")
    guess = veil.ask(
        on, f"attention {animal} {seed}", x, "which map lies most on the animal?", list(MAPS), "rolled_guess",
    ).choice  # fmt: skip
    with on.pictures:
        on_animal = show_rollout(animal, seed, wanted, layers, on)
    with on.number:
        st.metric(f"of the attention, rolled out over {layers} of {LAYERS} layers, lie on the animal", on_animal)
    with on.judge:
        known = "; ".join(f"**{name}**: {knows}" for name, (_, knows) in MAPS.items())
        st.caption(f"{known}. A patch is 8 × 8 pixels. Rollout is never negative and asks for no class; IG keeps its"
                   " signs.")  # fmt: skip
        if guess is None:
            frame.veil(f"Which map lies most on the animal is measured over {SCENES} fresh scenes.")
        else:
            with frame.asking(f"{SCENES} fresh scenes …", Rank.LATER):
                shares = measured()
            most = max(MAPS, key=lambda name: shares[name][0])
            with on.guess:
                frame.verdict(guess, most, f"over {SCENES} fresh scenes **{most}** has most on the animal.")
            rows = [[name, *(f"{s:.0%}" for s in row)] for name, row in shares.items()]
            frame.table(["", "on the animal", "on the part that decides", "best pixel on the animal"], rows, "rolled")
            st.caption("Shares of the positive part of a map; of a map that follows nothing, the share is the area.")
    with on.code:
        frame.code({"Attention rollout": Tab((rollout,), EQUATION)})
    with on.take_away:
        take_away.offer_link()
    on.settings.caption("All settings of this network are above.")
