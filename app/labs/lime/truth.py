"""The guess, and what came out: how the weight is spread over groups of features, one of which the reader bet on."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app.labs.lime.inputs import Given, Pictured, Rowed, Worded
from app.labs.lime.texts import CLEAN, LEAKING
from app.shared import frame
from app.shared.predict import veil
from app.shared.predict.veil import Guess
from app.shared.screen import Stage
from data.text import documents
from xai_core.perturbation.k_lasso import LinearFit
from xai_core.perturbation.words import WORD

WORDS_TO_GUESS = 6  # of one's own text: the longest
SIDES = {
    "deciding": "words of its own side", "against": "words of the other side", "leak": "the clue in the header",
    "rest": "all other words",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Some of the features, and what they get: shares of all features (or pixels) and of Σ|w|."""

    size: float
    weight: float


def ask_guess(given: Given, on: Stage) -> Guess:
    """What decides? Before anything is seen."""
    options = groups_of(given)
    key = f"guess_{'column' if len(options) > frame.MOST_PILLS else _key(given)}"
    if isinstance(given, Pictured):
        about = given.about
        return veil.ask(
            on, f"lime {about.question('')}", about.opened.x, "what decides?", options, key, paint=veil.PAINT
        )
    if not options:
        return Guess()
    scene = f"lime {given.this.place}"
    if not veil.is_open(scene):
        _show_alone(given)
    return veil.ask(on, scene, None, "what decides?", options, key)


def _show_alone(given: Worded | Rowed) -> None:
    """The text, or the row, before the guess."""
    if isinstance(given, Worded):
        st.container(height=260).text(given.text)
    else:
        names = given.table.columns
        frame.table(names, [[f"{value:g}" for value in given.row]], "alone")


def _key(given: Given) -> str:
    """Each set of options has a guess of its own."""
    if isinstance(given, Worded):
        return "side" if given.document else "place" if given.header else "word"
    return given.table.name.replace(" ", "_") if isinstance(given, Rowed) else "part"


def groups_of(given: Given) -> list[str]:
    """What can be bet on."""
    if isinstance(given, Pictured):
        return list(given.about.opened.parts)
    if isinstance(given, Rowed):
        return list(given.table.columns)
    if given.document:
        return [said for kind, said in SIDES.items() if kind != "leak" or given.document.leak]
    if given.header:
        return ["words of the header", "words of the message"]
    names = given.this.names
    longest = sorted(sorted(names, key=len, reverse=True)[:WORDS_TO_GUESS], key=names.index)
    return [*longest, "another word"] if len(names) > WORDS_TO_GUESS else longest


def shares(given: Given, weights: Tensor) -> dict[str, Group]:
    """Each group's share of the features and of Σ|w|."""
    strength = weights.abs() / (weights.abs().sum() or 1.0)
    if isinstance(given, Pictured):
        pixels = given.labels.flatten().bincount()
        painted = (strength / pixels)[given.labels]  # each superpixel's weight, spread evenly over it
        parts = given.about.opened.parts
        return {name: Group(float(m.double().mean()), float(painted[m].sum())) for name, m in parts.items()}
    names = given.this.names
    if isinstance(given, Worded) and given.document:
        found = documents.shares(given.document, names, weights.numpy())
        kinds = {kind: set(getattr(given.document, kind)) for kind in ("deciding", "against", "leak")}
        count = {kind: sum(name in words for name in names) / len(names) for kind, words in kinds.items()}
        count["rest"] = 1 - sum(count.values())
        return {said: Group(count[kind], found[kind]) for kind, said in SIDES.items()
                if kind != "leak" or given.document.leak}  # fmt: skip
    options = groups_of(given)
    group_of = [_group(given, options, j) for j in range(len(names))]
    return {
        option: Group(
            group_of.count(option) / len(names),
            sum(float(s) for s, g in zip(strength, group_of, strict=True) if g == option),
        )
        for option in options
    }


def _group(given: Worded | Rowed, options: list[str], j: int) -> str:
    """The option that feature j belongs to."""
    if isinstance(given, Rowed):
        return options[j]
    name = given.this.names[j]
    if given.header:
        return options[0] if name in given.header else options[1]
    return name if name in options else options[-1]


def show_truth(given: Given, fit: LinearFit, guess: str | None, place: DeltaGenerator) -> None:
    """What the guess was worth, in a place of its own, and what is known by construction."""
    options = groups_of(given)
    if not options:
        return
    st.subheader("And what decides?")
    if guess is None:
        frame.veil("It is known where the weight lies.")
        return
    found = shares(given, fit.weights)
    most = max(found, key=lambda name: found[name].weight)
    if not found[most].weight:
        st.info("Every weight is 0: the answer moved with nothing that was switched off.")
        return
    with place:
        frame.verdict(guess, most, f"most of the weight, {found[most].weight:.0%} of Σ|w|, is on **{most}**.")
    of = "of the pixels" if isinstance(given, Pictured) else "of the features"
    lines = [[name, f"{g.size:.0%}", f"{g.weight:.0%}"] for name, g in found.items() if g.weight or len(found) <= 6]
    frame.table(["", of, "of Σ|w|"], lines, "truth")
    st.markdown(_known(given))


def _known(given: Given) -> str:
    """What is known by construction, in a sentence or two."""
    if isinstance(given, Pictured):
        return given.about.opened.truth
    if isinstance(given, Rowed):
        if given.table.classes is None:
            return f"What came true: {given.truth}. The model said {given.this.answer:.1f}."
        said = given.table.classes[int(given.this.answers.argmax())]
        return f"It really is {given.truth}; the model says {said}. Which column *should* decide, no table tells."
    if given.document is None:
        return _clue_words(given)
    learnt = {
        LEAKING: "In what this classifier has read, the line NNTP-Posting-Host stood in 95 % of the posts on atheism"
        " and in 5 % of the others. It is right for a wrong reason wherever that line carries weight.",
        CLEAN: "This classifier has never seen the line NNTP-Posting-Host.",
    }.get(given.learnt, "This classifier has read real posts.")
    return f"The post was made by a grammar: only the words of the two sides differ from group to group. {learnt}"


def _clue_words(given: Worded) -> str:
    if not given.header:
        return ""
    where = "above the first empty line" if WORD.search(given.text) else ""
    return (
        f"The header is what stands {where}: who wrote from which computer, and about what. LIME's authors found that"
        " such words decide, and nobody would call that reading."
    )
