"""Retina: do the maps point at the lesions that decide a drawn eye's grade? After the deck's figure 3."""

import streamlit as st
import torch
from torch import Tensor

from app.labs.domains import compute as pictures
from app.labs.domains import views
from app.shared import frame, methods, networks, screen, stages, subject, take_away
from app.shared.pictures import Picture
from app.shared.predict import veil
from app.shared.screen import Screen
from app.shared.subject import Line, Subject
from app.shared.turns import Rank
from data.drawn import retina
from data.nets import networks as shipped
from data.pictures import photographs
from data.training.fitting import FRESH
from xai_core import catalogue

NAME = "retina"
QUESTION = "Which lesions made the network say so?"
STARTS, REMOVAL, MANY, REAL = "UNI's baseline", "Remove the lesions", "Many eyes", "A real eye"
TABS = (screen.JUDGE, STARTS, REMOVAL, MANY, REAL, *screen.TABS[1:])


INTRODUCTION = (
    "Drawn eyes, graded by their lesions alone: **none** (no lesion), **mild** (microaneurysms only: dark red"
    " dots), **moderate** (haemorrhages: larger blots, or hard exudates: yellow specks), **severe** (two"
    " haemorrhages or more in each quadrant). Left an eye is drawn sharply; the network sees 64 × 64 pixels. A toy"
    " after the international scale of diabetic retinopathy (Wilkinson et al. 2003). *No medical advice.*"
)


def show(on: Screen) -> None:
    """The whole page."""
    eye, chosen, outline = _ask(on)
    about = subject.of(NAME, Picture(NAME, eye.name, eye.seed))
    counted = f": {_counted(eye)}" if eye.label else ""
    Line(on.subject).say(
        about.opened.x, f"**eye no. {eye.seed}**, by the rule **{eye.name}**{counted} · the network says {about.said}"
    )
    parts = {"the lesions": eye.lesion, **_anatomy(eye)}
    guess = veil.ask(
        on, f"domains {about.question('')}", about.opened.x, "where will most of the relevance lie?", list(parts),
        "guess_eye", paint=veil.PAINT,
    )  # fmt: skip
    given = {name: catalogue()[name].defaults for name in chosen}
    with frame.asking("Asking the network …"):
        found, failures = methods.explain(about, given)
    sharp = retina.draw(eye.label, eye.seed, size=views.SIDE)
    with on.pictures:
        views.show_maps(about, sharp.image, sharp.lesions if outline else {}, found, failures, guess, on)
        if not eye.label:
            st.info("A healthy eye has no lesion to point at: what decides is that there are none. No map of pixels can"
                    " show that. Choose another grade.")  # fmt: skip
    views.tell(on, guess, about, parts, found)
    with on.number:
        views.show_number(found, eye.lesion, "the lesions", guess.made)
    with on.judge:
        st.markdown(INTRODUCTION)
        if eye.label:
            _show_where(eye, found, guess.made)
    with on.tabs[STARTS]:
        if eye.label and on.shows(STARTS):
            _show_starts(about, eye)
    with on.tabs[REMOVAL]:
        if eye.label and on.shows(REMOVAL):
            _show_removal(about, eye)
    with on.tabs[MANY]:
        if on.shows(MANY):
            views.show_means(NAME, fresh, "eye", "the lesions")
    with on.tabs[REAL]:
        if on.shows(REAL):
            _show_real()
    with on.code:
        views.show_code(chosen)
    with on.take_away:
        take_away.offer(about, found, given, "share")


def fresh(i: int) -> tuple[Tensor, Tensor]:
    """The i-th eye that no network learned from, the three grades with lesions in turn, and its lesions."""
    eye = retina.draw(1 + i % 3, retina.eye_seed(FRESH, i))
    return eye.image, eye.lesion


def _ask(on: Screen) -> tuple[retina.Eye, list[str], bool]:
    left, middle, right = on.controls.columns([4, 1, 6], gap="medium", vertical_alignment="bottom")
    grade = left.segmented_control(
        "Grade", retina.GRADES, default="moderate", required=True, key="grade", bind="query-params", help=retina.RULE
    )  # fmt: skip
    number = middle.number_input("Eye", 0, 10**6, 1, key="eye", bind="query-params")
    with right:
        chosen = methods.ask(views.START)
    outline = on.settings.toggle("Outline the lesions", True, key="outline", bind="query-params")
    return retina.draw(grade, int(number)), chosen, outline


def _counted(eye: retina.Eye) -> str:
    return ", ".join(f"{kind.replace('hard', 'clusters of hard')} {n}" for kind, n in eye.counts.items())


def _anatomy(eye: retina.Eye) -> dict[str, Tensor]:
    """What an eye has besides lesions."""
    return {
        "the optic disc": eye.disc & ~eye.lesion,
        "the vessels": eye.vessels & ~eye.disc & ~eye.lesion,
        "the rest of the eye": eye.field & ~(eye.disc | eye.vessels) & ~eye.lesion,
    }


def _show_where(eye: retina.Eye, found: dict, told: bool) -> None:
    """Shares of this eye's maps; told after a guess."""
    if not told:
        frame.veil("This eye was drawn, so the truth about it is known.")
        return
    parts = {kind: mask for kind, mask in eye.lesions.items() if mask.any()}
    parts = {"all lesions": eye.lesion, **(parts if len(parts) > 1 else {})}
    parts |= {**_anatomy(eye), "the black around it": ~eye.field}
    st.markdown("By construction the lesions decide, and nothing else.")
    views.show_numbers(found, parts, eye.lesion)


def _show_starts(about: Subject, eye: retina.Eye) -> None:
    """UNI's baseline beside others."""
    healthy = retina.draw("none", eye.seed).image[None]
    with frame.asking("Unlearning the eye …", Rank.LATER):
        starts = pictures.starts(about.question("probability"), eye.lesion, healthy)
    area = float(eye.lesion.float().mean())
    views.show_starts(about, starts, "the eye without lesions", "the lesions", area)
    uni = starts["UNI"]
    times = uni.taken / area
    st.markdown(
        f"An ideal baseline would be this eye without its lesions. UNI's x′ is not that: **{uni.taken:.0%}** of what it"
        f" changes lies on the lesions, {times:.1f} times their share of the pixels, and the change is small"
        f" ({uni.away:.1f}/255 a number). It is an eye that the network calls *{uni.says}*, with the lesions"
        " still in the picture: unlearned for this network, not healed."
    )


def _show_removal(about: Subject, eye: retina.Eye) -> None:
    """Remove lesions and ask again: who was right?"""
    kinds = [kind for kind, n in eye.counts.items() if n]
    removed = {f"without {kind}": (kind,) for kind in kinds if len(kinds) > 1} | {"without any lesion": tuple(kinds)}
    score = stages.score(about.question("probability"))
    rows = [["as it is", eye.name, about.class_name, f"{about.confidence:.0%}"]]
    broken = []
    for words, without in removed.items():
        other = retina.draw(eye.label, eye.seed, without=without)
        with torch.no_grad():
            p = score.logits(other.image[None]).softmax(1)[0]
        says = retina.GRADES[int(p.argmax())]
        rows.append([words, other.name, says, f"{float(p[about.target]):.0%}"])
        broken += [f"{words} it should say {other.name} and says {says}"] if says != other.name else []
    frame.table(["the same eye", "by the rule", "the network says", f"p({about.class_name})"], rows, "removal")
    if broken:
        st.markdown(f"The network does not keep to the rule: {'; '.join(broken)}.")
    st.caption("Only what is named was left out, everything else is the same to the last bit. This is proof; a map is"
               " a claim.")  # fmt: skip


def _show_real() -> None:
    """A photograph, on which nothing that the network says is to be believed."""
    left, right = st.columns([1, 2], gap="medium")
    described = networks.describe(NAME)
    sharp = photographs.bundled("retina", views.SIDE, resize=views.SIDE * described.resize // described.size)
    small = photographs.bundled("retina", described.size, resize=described.resize)
    with torch.no_grad():
        p = networks.load(NAME)(small[None]).softmax(1)[0]
    left.image(
        sharp.permute(1, 2, 0).numpy(), alt="A photograph of a retina: a pale disc, vessels, a dark macula.",
        width="stretch",
    )  # fmt: skip
    best = int(p.argmax())
    card = shipped.card(NAME)
    right.markdown(
        f"scikit-image's photograph of a retina (Häggström 2014). The network says **{retina.GRADES[best]},"
        f" {float(p[best]):.0%}**.\n\n**Do not believe it.** On {card['accuracy_on'].split(',')[0]} the network is"
        f" right on {card['accuracy']:.1%}, but it has never seen a photograph: other colours, finer vessels,"
        " no lesion as we draw them. Softmax has no answer for *I do not know this kind of picture*, so"
        " it sounds sure of something, and is right or"
        " wrong by luck. A map of it explains the network, not the eye."
    )
