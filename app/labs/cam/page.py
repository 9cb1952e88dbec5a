"""CAM: which places of a layer's map speak for the class? CAM, Grad-CAM and Guided Grad-CAM at any layer."""

from collections.abc import Mapping

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.labs.cam import compute, table, two_animals
from app.labs.cam.compute import Read, enlarged, spread
from app.shared import frame, show, subject, take_away
from app.shared.compare import tab as compare
from app.shared.equations import EQUATIONS
from app.shared.film import player
from app.shared.film.frames import Slider, Stop
from app.shared.film.maps import Maps, of_maps
from app.shared.frame import Tab
from app.shared.predict import veil
from app.shared.screen import COMPARE, TABS, Tabs, stage, tabs
from app.shared.subject import Subject
from app.shared.turns import Rank
from xai_core import Layer, figures

CODE = {
    "CAM": Tab((xai_core.cam_map,), EQUATIONS["cam"]),
    "Grad-CAM": Tab((xai_core.grad_cam_map,), EQUATIONS["grad_cam"]),
    "Guided Grad-CAM": Tab((xai_core.guided_grad_cam,), EQUATIONS["guided_grad_cam"]),
}
TWO, BACKBONES = "Two animals", "All backbones"
GUESSES = ("an early layer", "one in the middle", "the last one")


TITLES = ("CAM", "Before the ReLU", "Grad-CAM, coarse", "Grad-CAM, enlarged", "Guided Grad-CAM")


def slider_of(seen: Read) -> Slider:
    """The layer whose map is read; from early to late."""
    names = [layer.name for layer in seen.layers]
    stops = (Stop(name, name, f"{name}, no. {i} of {len(names)}") for i, name in enumerate(names, 1))
    return Slider("layer", "Layer, from early to late:", tuple(stops), names.index(seen.usual))


def shown_at(about: Subject, seen: Read, layer: Layer) -> Maps:
    """The maps of one layer, coarse and enlarged, with one number a pixel colour; CAM reads the last one always."""
    x, q = about.opened.x, about.question("logit")
    signed, cam = seen.signed[layer.name], compute.original(q)
    grid, fine = " × ".join(map(str, layer.grid.places)), enlarged(signed.relu(), x)
    maps = {
        "Before the ReLU": spread(enlarged(signed, x, "nearest"), x),
        "Grad-CAM, coarse": spread(enlarged(signed.relu(), x, "nearest"), x),
        "Grad-CAM, enlarged": spread(fine, x),
        "Guided Grad-CAM": compute.guided(q) * fine,
    }
    words = {
        "Before the ReLU": f"{grid} numbers, {float((signed < 0).double().mean()):.0%} of them against",
        "Grad-CAM, coarse": f"{grid} numbers, as they are",
        "Grad-CAM, enlarged": "the same numbers, smoothed",
        "Guided Grad-CAM": "× guided backprop",
    }
    failures = {"CAM": cam} if isinstance(cam, str) else {}
    if not failures:
        maps["CAM"] = spread(enlarged(cam, x), x)
        words["CAM"] = f"of the last map, {' × '.join(map(str, cam.shape[1:]))}"
    speaks = f"{float((signed > 0).double().mean()):.0%}"
    return Maps(maps, words, failures, speaks, says=f"{layer.kind}, {grid} places, {speaks} of them for the class")


def say_why_zero(about: Subject, layer: Layer, signed: Tensor) -> None:
    """A map of zeros has one of two reasons."""
    if not layer.used:
        st.warning(
            f"**All zero**: the score does not go through these places. Behind the last attention of a ViT the head"
            f" reads the class token alone, so ∂y/∂f is 0 at each of the patches of {layer.name}."
        )
    else:
        st.warning(
            f"**All zero**: every place of {layer.name} speaks against *{about.class_name}*, and Grad-CAM's ReLU leaves"
            f" nothing. The map before the ReLU shows it: from {float(signed.min()):.2g} to {float(signed.max()):.2g}."
        )


def show_judgement(about: Subject, seen: Read, layer: Layer, guess: str | None) -> None:
    """Grad-CAM against CAM, as a number; and each layer against the truth, where the picture was drawn."""
    cam = compute.original(about.question("logit"))
    row = st.container(horizontal=True)
    if not isinstance(cam, str):
        usual = seen.signed[seen.usual]
        row.metric("Largest |Grad-CAM − ReLU(CAM)/(hw)|, relative", f"{compute.difference(cam, usual):.0e}")
    if "zoo" in about.network.name.split("_")[:1]:
        with frame.asking("CAM and Grad-CAM of every class …", Rank.LATER):
            worst, n = compute.proof()
        row.metric(f"The same over {n} maps of the zoo network", f"{worst:.0e}")
    st.caption("Both are computed on their own: CAM from the weights of the head, Grad-CAM from gradients. A difference"
               " of 1e-06 is rounding.")  # fmt: skip
    if not about.opened.parts:
        return
    if guess is None:
        frame.veil("This picture was drawn, so the truth about it is known.")
        return
    show_truth(about, seen, layer)


def show_truth(about: Subject, seen: Read, layer: Layer) -> None:
    """The share of each layer's map that lies on the animal."""
    animal = animal_of(about)
    truth = compute.judged(seen, about.opened.x, animal)
    inside = [float(t.inside[0]) for t in truth.values()]  # NaN where a map is zero
    area, at = float(animal.double().mean()), list(truth).index(layer.name)
    places = list(range(1, len(inside) + 1))
    fig = figures.curves(
        {
            "share of Grad-CAM on the animal": (places, inside),
            "the animal's share of the pixels": (places, [area] * len(places)),
        },
        x="layer, from early to late",
        y="share",
        marks={} if torch.tensor(inside[at]).isnan() else {"chosen": (at + 1, inside[at])},
        size=(8, 3.2),
        theme=show.theme(),
    )
    show.figure(fig, f"The share of Grad-CAM on the animal, layer by layer: {inside[at]:.0%} at {layer.name}.")


def show_verdict(about: Subject, seen: Read, guess: str) -> None:
    """What the guess was worth: at which layer the map lies on the animal best."""
    animal = animal_of(about)
    shares = {name: float(t.inside[0]) for name, t in compute.judged(seen, about.opened.x, animal).items()}
    known = {name: share for name, share in shares.items() if share == share}
    if not known:
        st.success("Every layer's map is zero for this class: nothing here speaks for it.")
        return
    best = max(known, key=lambda name: known[name])
    at = list(shares).index(best)
    third = GUESSES[min(3 * at // len(shares), 2)]
    frame.verdict(
        guess, third,
        f"here it is layer {at + 1} of {len(shares)}, {best}: {known[best]:.0%} of its map lie on the animal, which"
        f" covers {float(animal.double().mean()):.0%} of the picture ({third}).",
    )  # fmt: skip


def animal_of(about: Subject) -> Tensor:
    """The mask of the animal: its deciding part and the rest."""
    return torch.stack([m for name, m in about.opened.parts.items() if name not in ("the background", "the snow")]).any(
        0
    )


def given_of(maps: Mapping[str, Tensor], layer: Layer) -> dict[str, dict[str, str]]:
    """The arguments of the methods of the catalogue that are shown."""
    read = {"grad_cam": {"layer": layer.name}, "guided_grad_cam": {"layer": layer.name}}
    return read | ({"cam": {}} if "CAM" in maps else {})


def offer_files(about: Subject, maps: dict[str, Tensor], layer: Layer, scale: str, pair: dict[str, str]) -> None:
    """The maps as picture and numbers, and a script that makes them again."""
    given, taken = given_of(maps, layer), compare.taken(about, given_of(maps, layer))
    settings = take_away.settings_of(about, {**given, "two animals": pair}, **taken.settings())
    take_away.offer_files(
        take_away.python(about, given, scale, also=(*compute.python(layer.name), *taken.lines)),
        lambda: take_away.png(take_away.panels(about, maps | taken.maps(), scale)),
        lambda: take_away.npz(take_away.arrays(about, maps | taken.maps()), settings),
        own_picture=about.picture.kind == "upload",
    )


def further() -> tuple[Tabs, dict[str, str]]:
    """The tabs, and in two of them what does not depend on the layer. Returns the settings of the two animals, too."""
    under = tabs((TABS[0], TWO, BACKBONES, COMPARE, *TABS[1:]))
    with under.tabs[TWO]:
        pair = two_animals.show_section(under.shows(TWO))
    with under.tabs[BACKBONES]:
        table.show_section()
    return under, pair


on = stage()
about = subject.choose(on.subject)
if about is None:
    further()
    frame.end()
on.question.markdown(f"### Which places make the network say *{about.class_name}*, {about.confidence:.0%}?")
guess = veil.ask(
    on, f"cam {about.question('')}", about.opened.x, "at which layer does Grad-CAM lie on the animal best?",
    GUESSES if about.opened.parts else (), "depth", paint=veil.PAINT,  # of a photograph nobody knows
)  # fmt: skip
with on.settings:
    scale = st.segmented_control(
        "Scale of the colours", list(figures.SCALES), default="own", required=True, key="colours", bind="query-params",
        help="; ".join(f"**{name}**: {meaning}" for name, meaning in figures.SCALES.items()),
    )  # fmt: skip
with frame.asking("Reading all layers …"):
    seen = compute.read(about.question("logit"))
    shown_at(about, seen, seen.layers[player.value(slider_of(seen))])  # the first of the film's frames


def below(stop: int) -> None:
    """All that is told of the layer at which the hand rests."""
    layer = seen.layers[stop]
    signed = seen.signed[layer.name]
    usual = ", the one that is read unless you say otherwise" if layer.name == seen.usual else ""
    places = " × ".join(map(str, layer.grid.places))
    under, pair = further()
    with under.judge:
        st.caption(f"{layer.name}: {layer.kind}, {places} places, no. {stop + 1} of {len(seen.layers)}{usual}.")
        if not signed.relu().any():
            say_why_zero(about, layer, signed)
        show_judgement(about, seen, layer, guess.choice)
    with under.code:
        frame.code(CODE)
    maps = dict(shown_at(about, seen, layer).maps)
    compare.show_tab(under, about, given_of(maps, layer))
    with under.take_away:
        offer_files(about, maps, layer, scale, pair)


slider = slider_of(seen)
if guess.choice is not None and about.opened.parts:
    with on.guess:
        show_verdict(about, seen, guess.choice)
veil.tell(on, guess, about.opened, dict(shown_at(about, seen, seen.layers[player.value(slider)]).maps))
film = of_maps(
    slider, ("cam", about.question("logit")), about.opened.x, about.said, TITLES,
    lambda stop: shown_at(about, seen, seen.layers[stop]), scale=scale, number="of the places speak for the class",
    still=guess.drawn_on(about.opened.x),
)  # fmt: skip
player.play(film, below)
