"""Attention: a network that says where it looked. Is that why it wrote what it wrote?"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.labs.attention import compute as reading
from app.labs.attention import files, rollout, study, views
from app.labs.attention.compute import BASELINES, DRAWN, METHODS, TYPED, How
from app.shared import controls, frame, links
from app.shared.frame import Tab
from app.shared.predict import veil
from app.shared.screen import TABS, Screen, screen
from app.shared.subject import Line
from data.nets.translation import LONGEST, Translation, Translator
from data.text.phrases import DECK, Pair
from xai_core import erasure, word_scores
from xai_core.plain import LONGEST_SENTENCE
from xai_core.plain import markdown as plain

WITHOUT, MANY = "Take words away", "Over many phrases"
TRANSLATION, TRANSFORMER = "translation", "vision transformer"
CODE = {
    "Attention": Tab(
        (Translator.attend,),
        r"a_{ij} = \mathrm{softmax}_j \; v \cdot \tanh(W s_{i-1} + U h_j), \qquad c_i = \sum_j a_{ij} h_j",
    ),
    "Attribution of a word": Tab((word_scores,), r"A_j = \sum_{d=1}^{D} A_{jd}, \qquad \sum_j A_j = F(x) - F(x')"),
    "Erasure": Tab((erasure,), r"d_j = F(x) - F(x \text{ without word } j)"),
}


def ask_phrase(line: Line, place: DeltaGenerator) -> tuple[str, Pair | None]:
    """A phrase that is typed, or one of the generated ones, of which the deciders are known."""
    way = line.popover("Phrase").segmented_control(
        "English phrase", (TYPED, DRAWN), default=TYPED, key="phrase_from", bind="query-params"
    )
    if way == DRAWN:
        number = place.number_input("No. of a fresh phrase", 0, 10**5, 0, key="phrase_no", bind="query-params")
        pair = reading.drawn(int(number))
        return " ".join(pair.english), pair
    text = place.text_input(
        f"English phrase, at most {LONGEST} words", DECK, max_chars=2000, key="phrase", bind="query-params",
        help="154 words of greetings and short sentences: people, animals, things; can, must, should, want to; today,"
        " tomorrow, every day, in the evening.",
    )  # fmt: skip
    return text or "", None


def ask_how(places: list[DeltaGenerator], on: Screen) -> How:
    """The map beside the attention."""
    title = places[0].selectbox("Beside the attention", tuple(METHODS), key="beside", bind="query-params")
    with places[1]:
        B = controls.ask(next(c for c in controls.controls() if c.key == "B"))
    baseline = on.settings.selectbox(
        "Baseline: every word becomes", tuple(BASELINES), key="word_start", bind="query-params",
        disabled=title != "Integrated Gradients", help="UNI finds its own; Gradient × input has none.",
    )  # fmt: skip
    return How(title, baseline, B)


def show_translation(on: Screen) -> None:
    """The recurrent network, from English into German."""
    line = Line(on.subject)
    first, second, third, fourth = on.controls.columns([4, 2, 3, 3], gap="medium")
    text, pair = ask_phrase(line, first)
    try:
        said = reading.translated(text)
    except ValueError as error:
        with on.pictures:
            frame.tell(error, "This phrase cannot be translated: ", ".")
        return
    line.say(None, f"{plain(text, LONGEST_SENTENCE)} → **{said.text}** · the network *translation*")
    if not said.words:
        on.pictures.info("The network writes nothing for this phrase, so there is no word to explain.")
        return
    guess = veil.ask(
        on, "attention translation", None,
        "where attention and the gradients name different words, whose word is missed more when it is hidden?",
        ["attention", "the gradients", "neither, measurably"], "missed",
    ).choice  # fmt: skip
    options = [f"{t + 1} {word}" for t, word in enumerate(said.words)]
    t = options.index(second.selectbox("German word", options, key="german", bind="query-params"))
    show_phrase(on, said, pair, t, ask_how([third, fourth], on), guess)


def show_phrase(on: Screen, said: Translation, pair: Pair | None, t: int, how: How, guess: str | None) -> None:
    """All of one phrase."""
    decides = reading.truth(said.source, said.words, pair)
    with frame.asking("Explaining each word …"):
        r = reading.read(said.source, said.words, how, decides)
    if guess is not None:
        on.guess.success(f"{views.missed(guess, r, how)} One phrase proves little: see the tab *{MANY}*.")
    with on.pictures:
        views.show_what_is_wrong(said)
        left, right = st.columns([7, 3], gap="medium", vertical_alignment="center")
        with left:
            views.show_matrices(said, r, how, decides is not None)
        right.markdown(views.verdict_of(said, r, how, t))
    framed = " A frame is what decides by construction." if decides is not None else ""
    on.legend.caption(f"Rows: German words; columns: English words. Red speaks for the word, blue against it.{framed}")
    with on.number:
        apart = len(views.disagreements(said, r, how))
        st.metric(f"words for which attention and {how.title} name different words", f"{apart} of {len(said.words)}")
    with on.judge:
        views.show_word(said, r, how, t)
        views.show_sums(said, r, how)
    if on.shows(WITHOUT):
        with on.tabs[WITHOUT]:
            views.show_without(said)
    if on.shows(MANY):
        with on.tabs[MANY]:
            study.show(how, guess)
    with on.code:
        frame.code(CODE)
    with on.take_away:
        files.offer(said, r, how)


chosen = links.coming("attending", (TRANSLATION, TRANSFORMER))
on = screen((TABS[0], WITHOUT, MANY, *TABS[1:]) if chosen == TRANSLATION else TABS)
words, choice = on.question.columns([5, 2], vertical_alignment="center")
words.markdown("### The network shows where it looked. Is that why it wrote the word?" if chosen == TRANSLATION else
               "### The network shows where it looked. Is that why it said so?")  # fmt: skip
network = choice.segmented_control(
    "Network", (TRANSLATION, TRANSFORMER), default=TRANSLATION, required=True, key="attending", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
if network == TRANSFORMER:
    rollout.show(on)
else:
    show_translation(on)
