"""What a taker sees: the start, one question a screen, and at the end what they chose.

The taker's token stands in the address: a reload, or the copied address on another device, goes on where they stopped.
The method's names stand nowhere before the end, not in a text for blind readers and not in a picture's address.
"""

import streamlit as st

from app.labs.study import questions
from app.labs.study.explanations import AVERAGED, EXPLAINED, METHODS
from app.labs.study.questions import NEEDED, QUESTIONS, TITLES, VOTES, Question
from app.labs.study.store import LONGEST_TITLE, Store, StoreError, Study, Taker, name_of
from app.labs.study.tally import Tally, tally
from app.shared import frame
from xai_core.evaluate.votes import PAPER_VOTES
from xai_core.plain import markdown

TROUBLE = "_study_trouble"
WHAT = {
    "normlime": f"the pixels' LIME weights of {EXPLAINED} pictures, each times its share of its own explanation,"
    " averaged over the explanations that use the pixel",
    "lime": "the same LIME weights, put together by the square root of the sum of their squares",
    "smoothgrad_squared": f"the squared gradient, averaged over noisy copies of {AVERAGED} pictures",
    "vargrad": "the variance of the gradient over the same noisy copies",
}


def run(store: Store, study: Study, token: str) -> None:
    """The page of the class's link."""
    if message := st.session_state.pop(TROUBLE, ""):
        frame.tell(message)
    if not token:
        welcome(store, study)
        return
    taker = store.taker(study.code, token)
    left = [q for q in questions.order(taker.name) if q.number not in taker.answers]
    if not left:
        thank(tally(taker))
    elif study.open:
        ask(store, study, token, taker, len(QUESTIONS) - len(left))
    else:
        st.warning(f"Your teacher has closed this study. Your {len(taker.answers)} answers are kept.")


def welcome(store: Store, study: Study) -> None:
    """What will happen, and the button that begins."""
    st.markdown(f"### {markdown(study.title, LONGEST_TITLE)}")
    if not study.open:
        st.warning("Your teacher has closed this study. It takes no new answers.")
        return
    st.markdown(
        "A network has learnt to read handwritten digits. Four methods try to show **which pixels make a digit that"
        " digit to the network**: the redder, the more important. You say which picture does it best.\n\n"
        f"{len(QUESTIONS)} short questions. There is no right answer, except in five questions that check"
        " whether you look: there one picture clearly shows the digit and the others do not.\n\n"
        "**Nobody is asked who you are.** Kept are your choices and a random number, on the computer that runs this"
        " page; no name, no time, no address. Your teacher sees them all together and in a list without names."
    )
    if st.button("Begin", type="primary"):
        _begin(store, study.code)
        st.rerun()


def ask(store: Store, study: Study, token: str, taker: Taker, done: int) -> None:
    """One question: four pictures, one choice, one button."""
    question = next(q for q in questions.order(taker.name) if q.number not in taker.answers)
    st.progress(
        done / len(QUESTIONS), text=f"{markdown(study.title, LONGEST_TITLE)} · question {done + 1} of {len(QUESTIONS)}"
    )
    st.markdown(f"### Which picture shows best what makes a **{question.digit}**?")
    show_options(question, taker.name)
    key = f"_study_choice_{question.number}"
    with (
        st.form(f"_study_form_{question.number}", border=False, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.radio("Your choice", tuple(questions.PLACES), index=None, horizontal=True, key=key)
        # The question is in the key: a second click on a page that is about to change answers nothing else. And no
        # callback: a session that has just come back, from a server that began anew, would not hear its first click.
        pressed = st.form_submit_button("Keep my answer", type="primary", key=f"_study_keep_{question.number}")
    if pressed:
        _answer(store, study.code, token, question.number)
        st.rerun()
    st.caption("Each answer is kept at once. To go on later, keep this page's address: it is yours alone.")


def show_options(question: Question, taker: str) -> None:
    """The four pictures of a question in this taker's order, called A to D."""
    with st.container(key="pictures_study"):
        for place, option in questions.options(taker, question).items():
            with st.container(gap="xxsmall"):
                st.image(
                    questions.picture(question.number, option), width="stretch", output_format="PNG",
                    alt=f"Picture {place} for the digit {question.digit}: red pixels on white.",
                )  # fmt: skip
                st.markdown(f"**{place}**")


def thank(mine: Tally) -> None:
    """The end: own votes, and which method was which."""
    st.success("Thank you. All 25 answers are kept.")
    st.markdown("#### What you chose")
    total = sum(PAPER_VOTES.values())
    rows = [
        [f"**{TITLES[method]}**", str(count), f"{20 * PAPER_VOTES[method] / total:.1f}"]
        for method, count in sorted(zip(METHODS, mine.votes, strict=True), key=lambda pair: -pair[1])
    ]
    frame.table(["method", "your votes", "the paper's takers, of 20"], rows, "mine")
    checks = f"You found {mine.right} of the 5 pictures with a right answer"
    st.markdown(
        f"{checks}, so your votes count."
        if mine.passed
        else f"{checks}. Fewer than {NEEDED} is taken as not looking, so your votes are kept but not counted."
    )
    st.markdown("#### Which was which: an 8")
    example = next(q for q in VOTES if q.digit == 8)
    with st.container(key="pictures_key"):
        for method in METHODS:
            with st.container(gap="xxsmall"):
                st.image(
                    questions.picture(example.number, method), width="stretch", output_format="PNG",
                    alt=f"{TITLES[method]} for the digit 8.",
                )  # fmt: skip
                st.markdown(f"**{TITLES[method]}**: {WHAT[method]}.")
    st.caption(
        "Liked best is not the same as true to the network. Keep to yourself which was which until the others have"
        " finished. Ahern et al., «NormLIME», arXiv:1909.04200, §4."
    )


def _begin(store: Store, code: str) -> None:
    try:
        st.query_params["taker"] = store.begin(code)
    except StoreError as error:
        st.session_state[TROUBLE] = str(error)


def _answer(store: Store, code: str, token: str, number: int) -> None:
    place = st.session_state.get(f"_study_choice_{number}")
    try:
        if place is not None:
            store.answer(code, token, number, questions.options(name_of(token), QUESTIONS[number])[place])
        elif number not in store.taker(code, token).answers:  # not a second click, whose first one was kept
            st.session_state[TROUBLE] = "Choose A, B, C or D first."
    except StoreError as error:
        st.session_state[TROUBLE] = f"{error} Your answer is not kept. Press the button again, or tell your teacher."
