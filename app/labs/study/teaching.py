"""What the teacher sees: the class's link, how far everybody is, the votes and their tests, and the file to take away.

The teacher's link carries a secret. It shows the methods' names and closes the study, no more; whoever projects the
page can take the secret out of the address first.
"""

from urllib.parse import urlencode, urlsplit

import streamlit as st

from app import guard
from app.labs.study import guesses
from app.labs.study.explanations import METHODS
from app.labs.study.questions import QUESTIONS, TITLES
from app.labs.study.results import CAUTION, show_votes
from app.labs.study.store import LONGEST_TITLE, Store, StoreError, Study
from app.labs.study.taking import TROUBLE
from app.labs.study.tally import COUNTED, as_csv, tally, votes
from app.shared import frame
from xai_core.plain import markdown, sentence

EVERY = 5  # seconds between two looks at the file


def run(store: Store, study: Study, secret: str) -> None:
    """The page of the teacher's link."""
    st.markdown(f"### {markdown(study.title, LONGEST_TITLE)}")
    if message := st.session_state.pop(TROUBLE, ""):
        frame.tell(message)
    links(study, secret)
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button("Look again", icon=":material/refresh:")
    if study.open:
        pressed = row.button("Close the study")
    else:
        pressed = row.button("Open it again", type="primary")
        row.markdown("**Closed**: nothing more is kept.")
    if pressed:
        _set_open(store, study.code, secret, not study.open)
        st.rerun()
    live = row.toggle(f"Look again every {EVERY} seconds", key="_study_live", disabled=not study.open)
    st.fragment(results, run_every=EVERY if live and study.open else None)(store, study)
    st.caption(
        f"Kept in {sentence(store.path)}. Nobody is asked for a name, so nobody is kept from taking part twice, in a"
        " private window for example. To delete a study's answers, delete this file; it holds all studies of this"
        " computer."
    )


def links(study: Study, secret: str) -> None:
    """Both links, and whether others can open them."""
    page = (st.context.url or "").split("?")[0]
    host = urlsplit(page).hostname or ""
    here_only = host == "0.0.0.0" or guard.is_loopback(host)
    st.markdown("**For the class**")
    st.code(f"{page}?{urlencode({'study': study.code})}", language=None, wrap_lines=True)
    if page.startswith("http:") and not here_only:
        st.warning(
            "This page comes over plain HTTP: whoever listens in this network can read your secret and the class's"
            " answers on their way. Use it in a network that you trust, or put a proxy with HTTPS before the app."
        )
    if here_only:
        st.warning(
            "This address works on this computer only. For a class on your network, start with"
            " `make app HOST=0.0.0.0` and open this page by the computer's name or number there, as in"
            " `http://192.168.1.20:8501`; the links then begin with it."
        )
    with st.expander("For you: the teacher's link, keep it"):
        st.code(f"{page}?{urlencode({'study': study.code, 'teacher': secret})}", language=None, wrap_lines=True)
        st.markdown(
            "It is shown here and stored nowhere; the file knows only its hash. Without it nobody can see the votes."
        )
        if "teacher" in st.query_params:
            st.button("Take the secret out of the address, to project this page", on_click=_hide_secret)


def results(store: Store, study: Study) -> None:
    """Numbers, chart, tests, table and file, all from one look at the answers."""
    try:
        takers, guessed = store.everyone(study.code), guesses.counts(store, study.code)
    except StoreError as error:  # between two looks, the file may be gone
        frame.tell(error)
        return
    tallies = [tally(t) for t in takers]
    columns = st.columns(4)
    for column, (name, many) in zip(
        columns,
        {
            "Begun": tallies,
            "Finished": [t for t in tallies if t.finished],
            "Passed": [t for t in tallies if t.passed],
        }.items(),
        strict=False,
    ):
        column.metric(name, len(many))
    columns[3].metric("Answers kept", sum(t.answered for t in tallies))
    counted = st.segmented_control("Count the votes of", list(COUNTED), default="who passed", key="_study_counted")
    chosen = [t for t in tallies if COUNTED[counted or "who passed"](t)]
    show_votes(votes(chosen), "this class")
    if guessed:
        guesses.show(guessed)
    with st.expander("How far to trust this"):
        st.markdown(CAUTION)
    with st.expander(f"The takers one by one ({len(chosen)})"):
        st.dataframe(
            [
                {"taker": t.name, "answered": t.answered, "checks right": t.right, "passed": t.passed,
                 **{TITLES[m]: v for m, v in zip(METHODS, t.votes, strict=True)}}
                for t in chosen
            ],
            hide_index=True, alt=f"{len(chosen)} takers with their votes",
        )  # fmt: skip
    st.download_button(
        "Answers (CSV)", as_csv(study.code, takers), f"study_{study.code}.csv", "text/csv", on_click="ignore",
        icon=":material/table_chart:", help=f"One row an answer, up to {len(QUESTIONS)} a taker; all takers.",
    )  # fmt: skip


def _set_open(store: Store, code: str, secret: str, open_: bool) -> None:
    try:
        store.set_open(code, secret, open_)
    except StoreError as error:
        st.session_state[TROUBLE] = str(error)


def _hide_secret() -> None:
    """From the address into the session. A reload then needs the link again."""
    st.session_state["_study_secret"] = st.query_params.pop("teacher")
