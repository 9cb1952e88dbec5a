"""Study: a class votes on four explanations, as the NormLIME paper's takers did; the teacher sees the votes and tests.

One page, three readers, told apart by the address: ?study=CODE is a taker, &teacher=SECRET their teacher, and without a
code one sees the paper's result beside a made-up class, and can start a study.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from app.labs.study import explanations, guesses, questions, results, taking, teaching
from app.labs.study.store import LONGEST_TITLE, Store, StoreError, default_path
from app.shared import frame, take_away
from app.shared.screen import TABS, Screen, screen
from app.shared.script import call, script
from app.shared.subject import Line
from xai_core.evaluate import votes
from xai_core.evaluate.votes import PAPER_TAKERS, PAPER_VOTES

CLASS = "With your class"
PLACE = "_study_place"  # code and token or secret, for who comes back from another page
EXAMPLE = 3  # the digit of the question on the first page
GUESSES = ("a quarter, as by chance", "a third", "more than a half", "nearly all")
EQUATION = (
    r"F = \frac{n \sum_j (\bar s_j - \bar s)^2 / (k - 1)}{\sum_{uj} (s_{uj} - \bar s_j)^2 / (k (n - 1))}, \qquad"
    r" s_{uj} = \frac{\text{votes of taker } u \text{ for method } j}{\text{votes of taker } u}"
)
FUNCTIONS = {
    "shares": votes.shares, "ANOVA": votes.anova, "takers as blocks": votes.blocked, "Tukey": votes.tukey,
    "Friedman": votes.friedman, "the made-up class": votes.simulated,
}  # fmt: skip


def place() -> dict[str, str]:
    """Code, token and secret from the address; who comes back from another page finds theirs again."""
    here = {name: st.query_params[name] for name in ("study", "taker", "teacher") if name in st.query_params}
    if not st.query_params and PLACE in st.session_state:
        here = st.session_state[PLACE]
        st.query_params.update(here)
    if "study" in here:
        st.session_state[PLACE] = here
        if "_study_secret" in st.session_state:  # taken out of the address
            here = {"teacher": st.session_state["_study_secret"], **here}
    return here


def show_study(store: Store, here: dict[str, str]) -> None:
    """The taker's or the teacher's page."""
    try:
        study = store.study(here["study"])
        if study.maps != explanations.load().checksum:
            st.error(
                "This study was started with other explanations than this version of the workbook has. Mixing both"
                " would make its votes worthless; start the version it was made with."
            )
        elif "teacher" in here:
            store.check_teacher(study.code, here["teacher"])
            teaching.run(store, study, here["teacher"])
        else:
            taking.run(store, study, here.get("taker", ""))
    except StoreError as error:
        frame.tell(error)
    if "taker" not in here:
        st.button("Leave this study", type="tertiary", on_click=_leave)


def start_or_join(store: Store) -> None:
    """A teacher's title, or a taker's code."""
    left, right = st.columns(2, gap="large")
    with left, st.form("_study_new", border=False):
        st.markdown("**Teachers: start a study with your class**")
        title = st.text_input("Its title, which the class will see", max_chars=LONGEST_TITLE, key="_study_title")
        if st.form_submit_button("Start", type="primary", key="_study_start"):
            try:
                study, secret = store.create(title, explanations.load().checksum)
            except StoreError as error:
                frame.tell(error)
            else:
                st.query_params.from_dict({"study": study.code, "teacher": secret})
                st.rerun()
    with right, st.form("_study_join", border=False):
        st.markdown("**Takers: take part**")
        word = st.text_input("The code from your teacher, or the link", key="_study_code")
        if st.form_submit_button("Take part", key="_study_take_part"):
            st.query_params.from_dict({"study": code_in(word)})
            st.rerun()


def code_in(word: str) -> str:
    """A code as somebody types it, or the code in a pasted link."""
    word = word.strip()
    try:
        query = urlsplit(word).query
    except ValueError:  # "http://[" begins an address of numbers that never ends
        query = ""
    return parse_qs(query).get("study", [word])[0].lower()


def ask_class(on: Screen) -> dict[str, Any]:
    """A made-up class: how many, with which taste."""
    columns = on.controls.columns(3, gap="medium")
    takers = columns[0].slider("Takers", 0, 120, 30, key="takers", bind="query-params")
    preference = columns[1].slider(
        "Taste, in % of the paper's: 0 chooses by chance", 0, 100, 50, 5, key="preference", bind="query-params"
    )
    seed = columns[2].number_input("seed: another class", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    return {"takers": takers, "preference": preference / 100, "seed": int(seed)}


def show_class(on: Screen, made: np.ndarray, paper: bool) -> None:
    """The votes of the made-up class (n, 4), and how sure they are. paper: whether the paper's stand beside them."""
    left, right = on.pictures.columns([1, 1], gap="medium")
    with left:
        taking.show_options(next(q for q in questions.VOTES if q.digit == EXAMPLE), "example")
        st.caption(f"Which picture shows best what makes a {EXAMPLE}? Red pixels are important ones.")
    if not len(made):
        right.info("No votes to show yet.")
        return
    with right:
        results.show_chart(made, "made-up class", paper)
    shares = votes.shares(made)
    with on.number:
        if votes.why_untested(shares):
            st.metric("F of the one-way ANOVA: no test", "none")
        else:
            test = votes.anova(shares)
            st.metric(f"F of the one-way ANOVA, with p: {results.p_value(test.p)}", f"{test.F:.1f}")
    with on.judge:
        left, right = st.columns(2, gap="medium")
        with left:
            results.show_tests(made, paper)
        with right:
            results.show_pairs(made)


def offer_files(settings: dict[str, Any]) -> None:
    """Chart, votes, and a script that makes and tests the same class."""
    made = votes.simulated(**settings)

    def figure() -> Figure:
        means, half = votes.interval(votes.shares(made))
        return results.bars(means, half, f"made-up class, {len(made)} takers", "light")

    take_away.offer_files(
        python(settings),
        (lambda: take_away.png(figure())) if len(made) else None,
        lambda: take_away.npz({"votes": made, "methods": list(PAPER_VOTES)}, settings),
        stem="votes",
    )


def python(settings: dict[str, Any]) -> str:
    """A script that makes and tests the same class."""
    lines = [
        "made = " + call("votes.simulated", given=settings),
        "s = votes.shares(made)",
        "means = dict(zip(votes.PAPER_VOTES, s.mean(0).round(3).tolist(), strict=True))",
        "print(means)",
        "print(votes.why_untested(s) or (votes.anova(s), votes.blocked(s), votes.friedman(s), votes.tukey(s)))",
        "",
        "fig = figures.figure(6.4, 4.0)",
        'figures.style(fig.subplots(), "", "", "share of the votes (%)").bar(list(means), 100 * s.mean(0))',
    ]
    return script(
        lines,
        stem="votes",
        figure="fig",
        arrays=("votes=made", "methods=list(votes.PAPER_VOTES)"),
        imports=["from xai_core.evaluate import votes"],
    )


def _leave() -> None:
    st.query_params.clear()
    for name in (PLACE, guesses.CLASS, "_study_secret"):
        st.session_state.pop(name, None)


store = Store(default_path())
here = place()
if "study" in here:
    show_study(store, here)
    frame.end()
on = screen((CLASS, *TABS))
on.question.markdown("### Which explanation do people like best, and is that more than chance?")
with on.guess:
    guess = frame.guess(
        "in the NormLIME paper, what share of the votes did NormLIME get, one of four?", GUESSES, "votes"
    )
    if guess is not None:
        share = PAPER_VOTES["normlime"] / sum(PAPER_VOTES.values())
        frame.verdict(
            guess, GUESSES[2],
            f"NormLIME got {PAPER_VOTES['normlime']} of {sum(PAPER_VOTES.values())} votes, {share:.0%}, from"
            f" {PAPER_TAKERS} takers; LIME {PAPER_VOTES['lime']}, VarGrad {PAPER_VOTES['vargrad']}, SmoothGrad²"
            f" {PAPER_VOTES['smoothgrad_squared']}.",
        )  # fmt: skip
Line(on.subject).say(None, f"**one of {len(questions.VOTES)} questions**, and a made-up class to try the tests on")
settings = ask_class(on)
with on.tabs[CLASS]:
    start_or_join(store)
show_class(on, votes.simulated(**settings), paper=guess is not None)
with on.judge:
    if guess is None:
        frame.veil("The paper's result can stand beside this one.")
    st.markdown(results.CAUTION)
with on.code:
    frame.code(FUNCTIONS, [EQUATION])
with on.take_away:
    offer_files(settings)
