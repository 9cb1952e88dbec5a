"""Satellite: from above nothing is up, and one object names the scene. Do the maps point at it?"""

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.labs.domains import compute as pictures
from app.labs.domains import views
from app.shared import frame, methods, networks, screen, stages, subject, take_away
from app.shared.pictures import Picture
from app.shared.predict import veil
from app.shared.screen import Screen
from app.shared.subject import Line, Subject
from app.shared.turns import Rank
from data.drawn import satellite
from data.training.fitting import FRESH
from xai_core import catalogue, figures

NAME = "satellite"
QUESTION = "What made the network name the scene?"
STARTS, TURNED, MANY = "UNI's baseline", "Turn the scene", "Many scenes"
TABS = (screen.JUDGE, STARTS, TURNED, MANY, *screen.TABS[1:])
TURNS = (0, 90, 180, 270)


def show(on: Screen) -> None:
    """The whole page."""
    place, number, chosen, outline = _ask(on)
    scene = satellite.draw(place, number)
    about = subject.of(NAME, Picture(NAME, place, number))
    Line(on.subject).say(about.opened.x, f"**{place} no. {number}** · the network *{NAME}* says {about.said}")
    parts = {"the object": scene.thing, "the ground around it": ~scene.thing}
    guess = veil.ask(
        on, f"domains {about.question('')}", about.opened.x, "where will most of the relevance lie?", list(parts),
        "guess_scene", paint=veil.PAINT,
    )  # fmt: skip
    given = {name: catalogue()[name].defaults for name in chosen}
    with frame.asking("Asking the network …"):
        found, failures = methods.explain(about, given)
    sharp = satellite.draw(place, number, size=views.SIDE)
    lines = {f"the {place}": sharp.thing} if outline else {}
    with on.pictures:
        views.show_maps(about, sharp.image, lines, found, failures, guess, on)
    views.tell(on, guess, about, parts, found)
    with on.number:
        views.show_number(found, scene.thing, f"the {place}", guess.made)
    with on.judge:
        st.markdown(
            "Drawn scenes as a satellite sees them. The ground, fields, woods, water, roads, houses, is drawn alike for"
            " all six classes; then one object is put on it, and by construction only the object decides."
        )
        if not guess.made:
            frame.veil("This scene was drawn, so the truth about it is known.")
        else:
            st.markdown(about.opened.truth)
            views.show_numbers(found, about.opened.parts, scene.thing)
    with on.tabs[STARTS]:
        if on.shows(STARTS):
            _show_starts(about, scene)
    with on.tabs[TURNED]:
        if on.shows(TURNED):
            _show_turned(about, scene, chosen)
    with on.tabs[MANY]:
        if on.shows(MANY):
            views.show_means(NAME, fresh, "scene", "the object")
    with on.code:
        views.show_code(chosen)
    with on.take_away:
        take_away.offer(about, found, given, "share")


def fresh(i: int) -> tuple[Tensor, Tensor]:
    """The i-th scene that no network learned from, the classes in turn, and its object."""
    scene = satellite.draw(i % len(satellite.PLACES), satellite.scene_seed(FRESH, i))
    return scene.image, scene.thing


def _ask(on: Screen) -> tuple[str, int, list[str], bool]:
    left, middle, right = on.controls.columns([3, 1, 6], gap="medium", vertical_alignment="bottom")
    place = left.selectbox("Place", satellite.PLACES, key="place", bind="query-params")
    number = middle.number_input("Scene", 0, 10**6, 3, key="scene", bind="query-params")
    with right:
        chosen = methods.ask(views.START)
    outline = on.settings.toggle("Outline the object", True, key="outline", bind="query-params")
    return place, int(number), chosen, outline


def _show_starts(about: Subject, scene: satellite.Scene) -> None:
    """UNI's baseline beside others."""
    bare = satellite.empty(scene.seed)[None]
    with frame.asking("Unlearning the scene …", Rank.LATER):
        starts = pictures.starts(about.question("probability"), scene.thing, bare)
    area = float(scene.thing.float().mean())
    views.show_starts(about, starts, "the bare ground", "the object", area)
    uni, black = starts["UNI"], starts["black"]
    st.markdown(
        f"From above, black is night: it takes away everything, and {black.taken:.0%} of that lies on the object. The"
        f" ideal is the bare ground. UNI's x′ keeps the object in sight and changes {uni.away:.1f}/255 a number,"
        f" **{uni.taken:.0%}** of it on the object, {uni.taken / area:.1f} times its share of the pixels: what this"
        f" network needs to read *{about.class_name}*, not the {scene.name} itself."
    )


def _show_turned(about: Subject, scene: satellite.Scene, chosen: list[str]) -> None:
    """The same scene turned by quarters: the answer and the maps should turn with it."""
    turned = [satellite.draw(scene.label, scene.seed, turn=turn).image for turn in TURNS]
    with frame.asking("Turning the scene …", Rank.LATER), torch.no_grad():
        p = networks.load(NAME)(torch.stack(turned)).softmax(1)[:, about.target]
    st.markdown(
        f"Turned by 0, 90, 180 and 270 degrees the network says {about.class_name} with"
        f" {', '.join(f'{float(each):.0%}' for each in p)}. The picture is the same to the last bit, only turned. A"
        " network of convolutions was not built to know that; it was shown turned scenes. Does the explanation turn"
        " too?"
    )
    if not chosen:
        return
    name = chosen[0]
    with frame.asking("Explaining the turned scenes …", Rank.LATER):
        kept = _turned_maps(about.question("probability"), name, tuple(turned), scene.seed, scene.name)
    drawn, top = figures.scaled({str(t): figures.pixel_map(A) for t, A in zip(TURNS, kept, strict=True)})
    base = kept[0].sum(1)
    panels = {}
    for t, A in zip(TURNS, kept, strict=True):
        back = torch.rot90(A, t // 90, (2, 3)).sum(1)
        ρ = float(xai_core.rank_correlation(back[:, None], base[:, None]))
        panels[f"turned by {t}°"] = (figures.coloured(drawn[str(t)], top[str(t)]), f"turned back: ρ = {ρ:.2f}")
    with st.container(key="turned_maps"):
        views.show.pictures(panels, "turned", side=320)
    st.caption(f"{catalogue()[name].title}. ρ: Spearman's rank correlation with the map of the scene as it was"
               " drawn, after turning back; 1 if the map turns with the scene.")  # fmt: skip


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=stages.KEY)
def _turned_maps(q: stages.Question, method: str, _pictures: tuple[Tensor, ...], seed: int, place: str) -> list[Tensor]:
    x = torch.stack(_pictures)
    A = xai_core.explain(networks.load(NAME), x, q.target, method, **catalogue()[method].defaults)
    return [each[None] for each in A]
