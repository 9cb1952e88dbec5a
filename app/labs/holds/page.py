"""What holds: each claim of the papers, a guess, and then what was measured here."""

import streamlit as st

from app.labs.holds import compute
from app.shared import frame, show, take_away
from app.shared.frame import Tab
from app.shared.screen import TABS, screen
from app.shared.subject import Line
from xai_core.benchmark import claims
from xai_core.figures.verdicts import verdicts
from xai_core.statistics import compare, holm

EVERY = "All claims"
CODE = {
    "The rule": Tab((claims.decide,), r"p_{(k)} \cdot (m - k + 1) < 0.05 \quad \text{[Holm 1979]}"),
    "The tests": Tab((compare, holm), note="Wilcoxon's signed-rank test, and Holm's correction."),
}


def words_of(claim: claims.Claim) -> str:
    """A claim in the list, and in links."""
    return f"{claim.place}: {claim.says}"


def show_everything(known: dict[str, claims.Decided]) -> None:
    """A line a claim."""
    head = ["Paper", "Where", "Claim", "Here", "For", "Against", "Open", "n"]
    rows = [
        [each.claim.paper, each.claim.place, each.claim.says, each.verdict,
         *(str(each.count(verdict)) for verdict in compute.SIGNS), f"{each.n} {each.claim.unit}"]
        for each in known.values()
    ]  # fmt: skip
    frame.table(head, rows, "claims")


on = screen((TABS[0], EVERY, *TABS[1:]))
on.question.markdown("### Which claims of the papers hold here?")
line = Line(on.subject)
known = compute.decided()
if not known:
    st.info("No numbers are shipped yet. Measure them: `python -m xai_core.benchmark` writes `results/benchmark`.")
    frame.end()
papers = list(dict.fromkeys(each.claim.paper for each in known.values()))
with on.controls:
    left, right = st.columns([1, 3], gap="medium")
paper = left.segmented_control("Paper", papers, default=papers[0], required=True, key="paper", bind="query-params")
of_paper = {words_of(each.claim): each for each in known.values() if each.claim.paper == paper}
found = of_paper[right.selectbox("Claim", list(of_paper), key="claim", bind="query-params")]
line.say(None, f"**{found.claim.paper}**, {words_of(found.claim)}")
with on.guess:
    guess = frame.guess("does it hold here?", list(compute.WORDS.values()), "holds_guess")
if guess is None:
    with on.pictures:
        frame.veil(f"It was asked {len(found.parts)} times, of {found.n} {found.claim.unit} each.")
else:
    with on.pictures, st.container(key="scrolls_verdicts"):
        fig = verdicts(compute.squares(found), theme=show.theme())
        show.figure(fig, f"{found.claim.says} {compute.in_words(found)}")
    on.legend.caption(
        "A square is one comparison: mean difference, above 0 as the paper says. ▲ ▼: p < .05 after Holm."
    )
    with on.number:
        st.metric(f"comparisons are for it: **{found.verdict}**", f"{found.count(claims.HOLDS)} of {len(found.parts)}")
    with on.guess:
        answer = compute.WORDS[found.verdict]
        frame.verdict(guess, answer, f"{answer}. {compute.in_words(found)}")
    with on.judge:
        st.markdown(claims.RULE)
        st.caption(claims.OTHERS)
        head = ["Asked of", "Rival", "n", "Mean difference", "95 % interval", ""]
        rows = [
            [part.row, part.column, str(part.own.n), claims.number(part.own.mean), claims.interval(part.own),
             part.verdict]
            for part in found.parts
        ]  # fmt: skip
        frame.table(head, rows, "parts")
with on.tabs[EVERY]:
    if guess is None:
        frame.veil("All verdicts stand here.")
    elif on.shows(EVERY):
        show_everything(known)
with on.code:
    frame.code(CODE)
with on.take_away:
    take_away.offer_files(compute.PYTHON, None, None, stem="claims")
