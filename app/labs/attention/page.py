"""Attention: a network that says where it looked. Is that why it wrote what it wrote?"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.labs.attention import compute as reading
from app.labs.attention import files, rollout, study, views
from app.labs.attention.compute import BASELINES, DRAWN, METHODS, TYPED, How
from app.shared import controls, frame
from app.shared.frame import Tab
from data.nets.translation import LONGEST, Translation, Translator
from data.text.phrases import DECK, Pair
from xai_core import erasure, word_scores

TRANSLATION, TRANSFORMER = "translation", "vision transformer"
CODE = {
    "Attention": Tab(
        (Translator.attend,),
        r"a_{ij} = \mathrm{softmax}_j \; v \cdot \tanh(W s_{i-1} + U h_j), \qquad c_i = \sum_j a_{ij} h_j",
    ),
    "Attribution of a word": Tab((word_scores,), r"A_j = \sum_{d=1}^{D} A_{jd}, \qquad \sum_j A_j = F(x) - F(x')"),
    "Erasure": Tab((erasure,), r"d_j = F(x) - F(x \text{ without word } j)"),
}
TRY = {
    "The lecture's phrase: who decides “Guten”, good or morning?": {"phrase": DECK, "phrase_from": TYPED},
    "“at night”: two English words, one German word. Hide either.": {
        "phrase": "at night the old man hears a cat", "phrase_from": TYPED,
    },
    "A verb at the end and a verb that splits: the matrix leaves the diagonal.": {
        "phrase": "I want to call the boy today", "phrase_from": TYPED,
    },
    "UNI: which words are near the baseline that it finds?": {"beside": "UNI"},
    "Integrated Gradients from the zero embedding, a word that nobody can say": {"word_start": "zero"},
    "B = 1: one gradient at the phrase itself, where the network is sure": {"B": "1"},
    "A word the network never learned": {"phrase": "I see the zebra", "phrase_from": TYPED},
}  # fmt: skip


def ask_phrase(left: DeltaGenerator, right: DeltaGenerator) -> tuple[str, Pair | None]:
    """A phrase that is typed, or one of the generated ones, of which the deciders are known."""
    way = left.segmented_control(
        "English phrase", (TYPED, DRAWN), default=TYPED, key="phrase_from", bind="query-params"
    )
    if way == DRAWN:
        number = right.number_input("No. of a fresh phrase", 0, 10**5, 0, key="phrase_no", bind="query-params")
        pair = reading.drawn(int(number))
        return " ".join(pair.english), pair
    text = right.text_input(
        f"At most {LONGEST} words", DECK, max_chars=2000, key="phrase", bind="query-params",
        help="154 words of greetings and short sentences: people, animals, things; can, must, should, want to; today,"
        " tomorrow, every day, in the evening.",
    )  # fmt: skip
    return text or "", None


def ask_how() -> How:
    """The map beside the attention."""
    left, middle, right = st.columns(3, gap="medium")
    title = left.selectbox("Beside the attention", tuple(METHODS), key="beside", bind="query-params")
    baseline = middle.selectbox(
        "Baseline: every word becomes", tuple(BASELINES), key="word_start", bind="query-params",
        disabled=title != "Integrated Gradients", help="UNI finds its own; Gradient × input has none.",
    )  # fmt: skip
    with right:
        B = controls.ask(next(c for c in controls.controls() if c.key == "B"))
    return How(title, baseline, B)


def show_phrase(said: Translation, pair: Pair | None) -> None:
    """All of one phrase."""
    if pair:
        st.markdown(f"**English:** {' '.join(pair.english)}")
    views.show_translation(said)
    if not said.words:
        st.info("The network writes nothing for this phrase, so there is no word to explain.")
        return
    how = ask_how()
    decides = reading.truth(said.source, said.words, pair)
    with st.spinner("Explaining each word …", show_time=True):
        r = reading.read(said.source, said.words, how, decides)
    views.show_matrices(said, r, how, decides is not None)
    st.subheader("One word: who was right?")
    options = [f"{t + 1} {word}" for t, word in enumerate(said.words)]
    chosen = st.selectbox("German word", options, key="german", bind="query-params")
    views.show_word(said, r, how, options.index(chosen))
    st.subheader("Take words away")
    views.show_without(said)
    st.subheader("Over many phrases")
    study.show(how, guess)
    frame.code(CODE)
    frame.scenes("attention", TRY)
    files.offer(said, r, how)


st.markdown("### The network shows where it looked. Is that why it wrote the word?")
first, second, third = st.columns([4, 3, 6], gap="medium")
network = first.segmented_control(
    "Network", (TRANSLATION, TRANSFORMER), default=TRANSLATION, key="attending", bind="query-params"
)
if network == TRANSFORMER:
    rollout.show()
    frame.end()
text, pair = ask_phrase(second, third)
guess = frame.guess(
    "where attention and Integrated Gradients name different words, whose word is missed more when it is hidden?",
    ["attention", "the gradients", "neither, measurably"], "missed",
)  # fmt: skip
try:
    said = reading.translated(text)
except ValueError as error:
    frame.tell(error, "This phrase cannot be translated: ", ".")
    frame.scenes("attention", TRY)
    frame.end()
show_phrase(said, pair)
