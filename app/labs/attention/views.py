"""The page Attention: the two matrices, one word's bars with a verdict, and a phrase with words taken away."""

import streamlit as st
import torch

from app.labs.attention import compute as reading
from app.labs.attention.compute import ATTENTION, How
from app.shared import frame, show
from app.shared.turns import Rank
from data.nets.translation import Translation
from data.text.phrases import sentence
from xai_core.evaluate.words import HIDDEN, LEFT_OUT, Reading
from xai_core.figures import words as word_figures
from xai_core.plain import LONGEST_SENTENCE, code
from xai_core.plain import markdown as plain

LEAVE, HIDE = "left out", "hidden behind <unk>"
WIDEST = 9  # words: matrices of longer phrases stand below each other, so that their words stay legible
MATRICES = 826  # pixels that they are wide on a projector, beside the verdict
SMALL = 0.02  # a change of a probability that is not worth a sentence


def show_what_is_wrong(said: Translation) -> None:
    """Words that the network does not know, and a translation that does not end."""
    if said.unknown:
        words = ", ".join(f"“{plain(word, 20)}”" for word in said.unknown[:5])
        st.info(
            f"The network has not learned {words}. It reads `<unk>` in that place, a word that in training stood for"
            " any other, and answers what the rest suggests."
        )
    if not said.finished:
        st.warning(f"The network did not come to an end; the translation is cut off at {len(said.words)} words.")


def disagreements(said: Translation, r: Reading, how: How) -> list[str]:
    """The German words for which attention and the other map name different words."""
    maps = (r.maps[ATTENTION], r.maps[how.title])
    return [word for t, word in enumerate(said.words) if len({reading.top(A[t]) for A in maps}) > 1]


def show_matrices(said: Translation, r: Reading, how: How, known: bool) -> None:
    """Attention beside the other map, on one scale."""
    maps = {ATTENTION: r.maps[ATTENTION], how.words: r.maps[how.title]}
    named = ", ".join(disagreements(said, r, how)) or "none"
    with st.container(key="scrolls_matrices"):
        show.kept_figure(
            ("matrices", said.source, said.words, how, known),
            lambda theme: word_figures.matrices(
                maps, said.source, said.words, decides=r.decides if known else None, top=1.0,
                columns=2 if len(said.source) <= WIDEST else 1, theme=theme,
            ),
            f"Two matrices of German × English words: attention and {how.words}. They disagree for: {named}.",
            MATRICES,
        )  # fmt: skip


def show_sums(said: Translation, r: Reading, how: How) -> None:
    """What each row sums to, and how sure the network is of each word."""
    sums = r.maps[how.title].sum(1)
    row = st.container(horizontal=True)
    row.metric("Row sums of attention", "1 by definition")
    row.metric(f"Row sums of {how.title}", f"{float(sums.min()):+.2f} to {float(sums.max()):+.2f}")
    sure = " · ".join(f"{word} {p:.0%}" for word, p in zip(said.words, said.probabilities.tolist(), strict=True))
    named = ", ".join(disagreements(said, r, how)) or "none"
    st.caption(
        f"They disagree for: {named}. A row of attributions sums to F(x) − F(x′): little where the German words already"
        " written make the next one likely, whatever the English. Probability of each word, given those before it:"
        f" {sure}."
    )


def verdict_of(said: Translation, r: Reading, how: How, t: int) -> str:
    """Whose most important word for the t-th German one is missed more, in Markdown."""
    return verdict(plain(said.words[t]), [*map(plain, _numbered(said.source))], r, how, t)


def show_word(said: Translation, r: Reading, how: How, t: int) -> None:
    """One German word: what each map says, what erasing says, and who is missed more."""
    word, source = said.words[t], said.source
    bars = {
        "attention": r.maps[ATTENTION][t],
        how.title: r.maps[how.title][t],
        **{f"erasure: {name}": drop[t] for name, drop in r.drops.items()},
    }
    names = _numbered(source)
    with st.container(key="scrolls_bars"):
        show.kept_figure(
            ("word", source, said.words, how, t),
            lambda theme: word_figures.word_bars(bars, names, columns=4, theme=theme),
            f"For {word}: " + "; ".join(f"{n} is largest at {source[reading.top(a)]}" for n, a in bars.items()),
        )
    if how.title == "UNI":
        with frame.asking("Unlearning the word …", Rank.LATER):
            near = reading.unlearned_words(source, said.words, t)
        st.markdown("**What UNI's baseline is in words**, the three nearest embeddings and their distance:")
        rows = [
            [plain(word), ", ".join(f"{plain(name)} ({far:.1f})" for name, far in best)]
            for word, best in zip(source, near, strict=True)
        ]
        frame.table(["in place of", "nearest"], rows, "nearest")


def _numbered(words: tuple[str, ...]) -> list[str]:
    """The words; one that occurs twice gets its place."""
    return [f"{word} ({j + 1})" if words.count(word) > 1 else word for j, word in enumerate(words)]


def verdict(word: str, names: list[str], r: Reading, how: How, t: int) -> str:
    """Whose most important word is missed more."""
    a, b = reading.top(r.maps[ATTENTION][t]), reading.top(r.maps[how.title][t])
    drops = {name: drop[t] for name, drop in r.drops.items()}
    if a == b:
        lost = ", ".join(f"{float(drop[a]):+.2f} with it {name}" for name, drop in drops.items())
        return f"Both name **{names[a]}** for “{word}”. The word's probability loses {lost}."
    lines = [f"For “{word}” attention names **{names[a]}**, {how.title} names **{names[b]}**."]
    for name, drop in drops.items():
        lost_a, lost_b = float(drop[a]), float(drop[b])
        side = "attention" if lost_a > lost_b else how.title
        close = abs(lost_a - lost_b) < SMALL
        lines.append(
            f"{name.capitalize()}, {names[a]} costs {lost_a:+.2f} and {names[b]} {lost_b:+.2f}: "
            + ("no side is taken." if close else f"**{side}** was right.")
        )
    return " ".join(lines)


def missed(guess: str, r: Reading, how: How) -> str:
    """What a guess is worth in one phrase: where two maps name different words, whose word is missed more."""
    lost = [
        (float(drop[reading.top(a)]), float(drop[reading.top(b)]))
        for a, b, drop in zip(r.maps[ATTENTION], r.maps[how.title], r.drops[HIDDEN], strict=True)
        if reading.top(a) != reading.top(b)
    ]
    side = sum(a > b for a, b in lost)
    return frame.judged(
        guess, None, f"here they name different words {len(lost)} times, and attention's is missed more in {side}."
    )


def show_without(said: Translation) -> None:
    """Words taken away, and what is written then."""
    left, right = st.columns([3, 2], gap="medium")
    options = [f"{j + 1} {word}" for j, word in enumerate(said.source)]
    gone = left.multiselect("Words to take away", options, key="gone", bind="query-params")
    way = right.segmented_control("They are", (LEAVE, HIDE), default=HIDE, key="way", bind="query-params") or HIDE
    if not gone:
        st.caption("Choose a word: which German words change?")
        return
    text = reading.without(said.source, [options.index(each) for each in gone], way == HIDE)
    try:
        new = reading.translated(text)
    except ValueError:
        st.info("Nothing would be left to translate. Leave a word, or hide the words one by one.")
        return
    st.markdown(f"{code(text, LONGEST_SENTENCE)}  →  {marked(said.words, new.words)}")
    st.caption("Bold: words that were not in the translation before.")


def marked(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """The new translation, its new words in bold."""
    if not after:
        return "nothing"
    written = sentence(after).split(" ")
    return " ".join(f"**{shown}**" if word not in before else shown for word, shown in zip(after, written, strict=True))


def rows_of(r: Reading) -> dict[str, torch.Tensor]:
    """All matrices, for the files."""
    return {**r.maps, f"erasure {HIDDEN}": r.drops[HIDDEN]} | (
        {f"erasure {LEFT_OUT}": r.drops[LEFT_OUT]} if LEFT_OUT in r.drops else {}
    )
