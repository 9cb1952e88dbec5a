"""The page Domains, text: which words decide a review, and what UNI's baseline is where there are no pixels."""

import html
from collections.abc import Mapping, Sequence

import streamlit as st
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

import xai_core
from app.labs.domains import text_compute
from app.labs.domains.text_compute import METHODS
from app.shared import controls, frame, screen, take_away
from app.shared import show as shown
from app.shared.equations import EQUATIONS
from app.shared.frame import Tab
from app.shared.predict import veil
from app.shared.screen import Screen
from app.shared.subject import Line
from app.shared.turns import Rank
from data.nets import networks
from data.text import reviews
from xai_core.evaluate.sequence_truth import mean_interval
from xai_core.figures import COLOURS
from xai_core.figures.sequences import shares, word_bars, word_grid
from xai_core.plain import LONGEST_SENTENCE
from xai_core.plain import markdown as plain

QUESTION = "A review is not a picture. Which words made the verdict?"
STARTS, MANY = "UNI's baseline", "Many reviews"
TABS = (screen.JUDGE, STARTS, MANY, *screen.TABS[1:])
OWN = "your own words"
START = "the plot was not dull, but the music felt weak to me."
DEFAULT = ["Gradient × input", "Integrated Gradients", "UNI", "LIME"]
FRESH = 24  # reviews for the measurement on the page


def ask_words(line: Line, place: DeltaGenerator) -> tuple[str, ...] | None:
    """The review, generated or typed; None where there is nothing to read."""
    form = line.popover("Review").selectbox("Review", [OWN, *reviews.FORMS], key="review", bind="query-params")
    if form != OWN:
        number = int(place.number_input("Review no.", 0, 10**6, 3, key="review_no", bind="query-params"))
        return reviews.draw(number % 2, number, form=form).words
    text = place.text_input("Your own words", START, max_chars=400, key="own_review", bind="query-params")
    try:
        return reviews.words_of(text or "")
    except ValueError:
        return None


def ask_symbols(columns: Sequence[DeltaGenerator]) -> tuple[int, float | None, int]:
    """B, ε (None: by rule) and K, one in each of three columns."""
    asked = {c.key: c for c in controls.controls()}
    values = []
    for column, key in zip(columns, ("B", "eps", "K"), strict=True):
        with column:
            values.append(controls.ask(asked[key]))
    return tuple(values)


def coloured_words(words: tuple[str, ...], A: Tensor, framed: Tensor | None) -> str:
    """One line of HTML: each word on its colour, its share of Σ|A| in per cent below; the deciding ones framed."""
    part = shares(A)
    colour = ScalarMappable(Normalize(-0.6, 0.6), COLOURS)
    cells = []
    for i, (word, share) in enumerate(zip(words, part, strict=True)):
        edge = "#e69f00" if framed is not None and bool(framed[i]) else "transparent"
        ink = "#ffffff" if abs(share) > 0.35 else "#1a1a1a"
        cells.append(
            f'<span style="display:inline-block;text-align:center;margin:1px;padding:1px 6px;border:3px solid {edge};'
            f"border-radius:6px;background:{to_hex(colour.to_rgba(share))};color:{ink};font-size:1.05rem;"
            f'line-height:1.25">{html.escape(word)}<br><span style="font-size:.8rem">{_percent(share)}</span></span>'
        )
    return f'<div style="line-height:1.2">{"".join(cells)}</div>'


def _percent(share: float) -> str:
    """A signed whole number, and a plain 0 for less than half a per cent."""
    return f"{100 * share:+.0f}" if abs(share) >= 0.005 else "0"


def show_words(words: tuple[str, ...], methods: list[str], B: int, eps: float | None, K: int) -> dict[str, Tensor]:
    """The sentence once a method, and the numbers that judge each. Returns the scores."""
    with frame.asking("Explaining the review …"):
        this = text_compute.read(words)
        scored, failures = frame.answers(dict.fromkeys(methods), lambda m, _: text_compute.scores(words, m, B, eps, K))
    for method, (A, gap) in scored.items():
        found = this.judge(A)
        left, right = st.columns([4, 8], gap="small", vertical_alignment="center")
        said = [] if found is None else [f"{found.share:.0%} of Σ|A| on the deciding words (chance {found.chance:.0%})"]
        said += [] if gap is None else [f"gap {gap:.3f}"]
        left.markdown(f"**{method}**, {METHODS[method]}  \n:small[{' · '.join(said)}]")
        right.html(coloured_words(words, A, this.decides))
    for method, sentence in failures.items():
        st.warning(f"{method}: {sentence}")
    return {method: A for method, (A, _) in scored.items()}


def show_unknown(this: text_compute.Read) -> None:
    """Which words the network has never met."""
    if this.unknown:
        st.info(
            f"The network never met: {', '.join(map(plain, this.unknown))}. Such words all get one and the same vector."
            f" It knows {len(reviews.VOCABULARY)} words of a small grammar, not English."
        )


def show_rule(this: text_compute.Read) -> None:
    """What the rule says of the review."""
    by_rule = "no opinion" if this.value == 0 else reviews.CLASSES[this.value > 0]
    st.metric("The grammar's rule says", by_rule, f"V = {this.value:+d}", "off", delta_arrow="off")
    if this.value and reviews.CLASSES[this.target] != by_rule:
        st.warning("Network and rule disagree here. The explanations are of the network.")
    st.caption("It gives a review its verdict by construction. Gap: completeness gap |Σ A − (F(x) − F(x′))|.")


def show_guess(B: int, K: int, on: Screen) -> None:
    """In "not dull", which way does "dull" pull? Asked before, answered by the methods."""
    depends = "it depends on whom you ask"
    guess = veil.ask(
        on, "domains text", None, "“the plot was not dull” is positive. Which way does the word “dull” pull?",
        ["for positive", "against", depends], "dull",
    ).choice  # fmt: skip
    if guess is None:
        return
    words = reviews.words_of("the plot was not dull.")
    with frame.asking("Asking every method …"):
        found = {m: float(text_compute.scores(words, m, B, None, K)[0][words.index("dull")]) for m in METHODS}
    low, high = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    told = f"from {found[low]:+.2f} by {low} to {found[high]:+.2f} by {high}. By the rule no sign of it is true."
    with on.guess:
        frame.verdict(guess, depends, told)
    said = ", ".join(f"{name} {value:+.2f}" for name, value in found.items())
    on.judge.markdown(
        f"The methods give “dull” {said}. By the rule, “dull” alone is blame, and behind “not” it makes the praise:"
        " its Shapley value is 0. “not” pulls to positive with its whole weight."
    )


def show_baseline(words: tuple[str, ...], eps: float | None) -> None:
    """x′ in the space of embeddings: how far each word went, and whether it became another."""
    with frame.asking("Unlearning the review …", Rank.LATER):
        this, there = text_compute.read(words), text_compute.moved(words, eps)
    farthest = words[int(there.distance.argmax())]
    others = [
        f"{plain(a)} → {plain(b)}"
        for a, b in zip(words, there.nearest, strict=True)
        if a != b and a not in this.unknown
    ]
    row = st.container(horizontal=True)
    row.metric("F(x)", f"{float(this.probabilities.max()):.2f}")
    row.metric("F(x′)", f"{there.confidence:.2f}")
    row.metric("ε, in units of embeddings", f"{there.eps:.2f}")
    row.metric("Moved farthest", plain(farthest))
    row.metric("Nearest another word now", f"{len(others)} of {len(words)}")
    fig = word_bars(words, there.distance, this.decides, y="‖x − x′‖ of the word", theme=shown.theme())
    with st.container(key="scrolls_words"):
        shown.figure(fig, f"How far UNI's baseline moved each word, in units of embeddings. Farthest: {farthest}.")
    words_apart = f" Here these did become others: {', '.join(others)}." if others else ""
    st.markdown(
        "x′ is a list of vectors, and **no sentence**: its vectors lie between the words. A black pixel means darkness;"
        " the zero vector means padding, a word that is not there. UNI leaves nearly every word nearest to itself, and"
        f" moves most what the verdict rests on (bold and orange: the words that decide).{words_apart}"
    )


def show_measured(B: int, K: int) -> None:
    """Share, pointing game and signs over fresh reviews, on request: it takes some seconds."""
    if not st.toggle(f"Measure all methods on {FRESH} fresh reviews", key="measure_text", bind="query-params"):
        return
    with frame.asking("Explaining reviews that the network never saw …"):
        found = text_compute.measured(FRESH, B, K)
    rows = []
    for method, each in found.items():
        means = [mean_interval([getattr(f, what) for f in each]) for what in ("share", "pointing", "signs")]
        rows.append([method, *(f"{m:.2f} ({low:.2f} to {high:.2f})" for m, low, high in means)])
    chance = f"{mean_interval([f.chance for f in found['UNI']])[0]:.2f}"
    head = ["Method", "share on deciding words", "points at one", "right signs"]
    frame.table(head, [*rows, ["by chance", chance, chance, "0.50"]], "text")
    st.caption(
        f"Mean over {FRESH} reviews and Student's t interval (95 %) of the mean. Signs: of the deciding words that the"
        " rule gives a sign. The network is right on every one of 2000 fresh reviews, so this judges the methods."
    )


def show_code() -> None:
    """Equations and the functions that ran."""
    scores = r"s_i = \sum_{d=1}^{D} A_{i,d}, \qquad A \text{ of } F_c(\text{head}(x)), \quad x = \text{embed(tokens)}"
    lime = {"LIME": Tab((xai_core.word_neighbourhood,), EQUATIONS["lime"])}
    card = f"The network's card: {networks.card('reviews')['data']}."
    frame.code(frame.of_methods(["uni", "integrated_gradients"]) | lime, [scores], card)


def offer(words: tuple[str, ...], maps: Mapping[str, Tensor], B: int, eps: float | None) -> None:
    """PNG, npz, Python, link."""
    this, settings = text_compute.read(words), {"words": list(words), "B": B, "eps": eps}
    take_away.offer_files(
        text_compute.python(words, B, eps),
        (lambda: take_away.png(word_grid(words, maps, this.decides))) if maps else None,
        (lambda: take_away.npz({"x": this.x[0], **maps}, settings)) if maps else None,
        stem="words",
    )


def show(on: Screen) -> None:
    """The whole page."""
    line = Line(on.subject)
    first, *others = on.controls.columns([4, 3, 3, 3], gap="medium")
    words = ask_words(line, first)
    B, eps, K = ask_symbols(others)
    some = [*text_compute.METHODS]
    methods = on.settings.multiselect("Methods", some, DEFAULT, key="text_methods", bind="query-params")
    with on.code:
        show_code()
    if words is None:
        line.say(None, "the network *reviews*")
        on.pictures.info("There is no word to read. Type a short review, such as: the ending was lovely.")
        return
    this = text_compute.read(words)
    sure, says = f"{float(this.probabilities.max()):.1%}", reviews.CLASSES[this.target]
    line.say(None, f"{plain(reviews.joined(words), LONGEST_SENTENCE)} · the network *reviews* says **{says}**, {sure}")
    show_guess(B, K, on)
    with on.pictures:
        show_unknown(this)
        maps = show_words(words, methods, B, eps, K)
    on.legend.caption(
        "Red speaks for the verdict, blue against it. Below each word: its share of Σ|A| in per cent, with the sign."
        " Frames: the words that decide by the grammar's rule."
    )
    with on.number:
        st.metric(f"sure is the network that this review is {says}", sure)
    with on.judge:
        show_rule(this)
    with on.tabs[STARTS]:
        if on.shows(STARTS):
            show_baseline(words, eps)
    with on.tabs[MANY]:
        if on.shows(MANY):
            show_measured(B, K)
    with on.take_away:
        offer(words, maps, B, eps)
