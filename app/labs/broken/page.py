"""Broken: four students explain one picture. One of them made a mistake that raises no error. Who, and which?"""

import streamlit as st

from app.labs.broken import compute
from app.labs.broken.compute import CHECKS, STUDENTS
from app.shared import frame, show, take_away
from app.shared.frame import Tab
from app.shared.screen import screen
from app.shared.subject import Line
from data.broken import MISTAKES, Mistake, right

CASES = 20
EQUATION = r"A_i = (x_i - x'_i)\,\frac1B \sum_{k=1}^{B} \frac{\partial F_c(x' + \frac kB (x - x'))}{\partial x_i}"
REASONS = {mistake.says: name for name, mistake in MISTAKES.items()}


def marked(mistake: Mistake) -> str:
    """Its code, the wrong line between comments."""
    lines = mistake.lines
    indent = " " * (len(lines[mistake.wrong]) - len(lines[mistake.wrong].lstrip()))
    told = [f"{indent}# wrong:", lines[mistake.wrong], f"{indent}# right: {mistake.mended.strip()}"]
    return "\n".join([*lines[: mistake.wrong], *told, *lines[mistake.wrong + 1 :]])


def said(c: compute.Case, who: str, why: str) -> str:
    """What the two answers were worth."""
    mistake = MISTAKES[c.mistake]
    if who != c.student:
        return f"It was {c.student}. {mistake.says}."
    return f"Right, it is {c.student}{'' if why == mistake.says else ', for another reason'}. {mistake.says}."


on = screen()
on.question.markdown("### One of these four maps is wrong. Which?")
line = Line(on.subject)
with on.controls:
    left, right_side = st.columns([1, 3], gap="medium")
c = compute.case(left.slider("Case", 1, CASES, 1, key="case", bind="query-params"))
check = right_side.segmented_control(
    "Check", list(CHECKS), default="look only", required=True, key="check", bind="query-params"
)
with frame.asking():
    maps = compute.maps(c)
    captions = {student: CHECKS[check](c, student) for student in STUDENTS}
line.say(compute.picture(c), f"**{c.animal}**, its logit in the network *zoo*, by Integrated Gradients from noise")
with on.pictures:
    show.maps(compute.picture(c), maps, captions, {}, title=c.animal, key="students", legend=on.legend)
with on.guess:
    first, second = st.columns([2, 5], gap="medium")
    with first:
        who = frame.guess("who is wrong?", STUDENTS, f"who_{c.number}")
    with second:
        why = frame.guess("and why?", list(REASONS), f"why_{c.number}")
done = who is not None and why is not None
if done:
    with on.guess:
        frame.verdict(who, c.student, said(c, who, why))
with on.number:
    found = (who == c.student) + (why is not None and REASONS[why] == c.mistake)
    st.metric(
        "answers are right" if done else "answers given",
        f"{found if done else (who is not None) + (why is not None)} of 2",
    )
with on.judge:
    if not done:
        frame.veil("Who it is, and the line that is wrong.")
    else:
        st.markdown(f"What gives it away: {MISTAKES[c.mistake].check}")
        st.code(marked(MISTAKES[c.mistake]), language="python")
with on.code:
    frame.code({"Right": Tab((right,), EQUATION), "The checks": Tab(tuple(CHECKS.values())[1:])})
PYTHON = f'''"""Case {c.number}: the four maps. Start it in the workbook's folder."""

import torch

from data import networks, zoo
from data.broken import MISTAKES, right

x, target = zoo.draw("{c.animal}", {c.number}).image[None], zoo.CLASSES.index("{c.animal}")
hands = {{student: right for student in {STUDENTS}}}
# One of them is MISTAKES[…].function, where … is one of {", ".join(MISTAKES)}.
maps = {{s: f(networks.load("zoo"), x, target, {compute.B}, i) for i, (s, f) in enumerate(hands.items())}}
print({{student: float(A.sum()) for student, A in maps.items()}})
'''
with on.take_away:
    take_away.offer_files(PYTHON, None, None, stem="broken")
