"""Why: black box against transparent, the four questions of the lecture, and the map of all methods."""

import streamlit as st

from app.labs.why import black_box, compute, map, questions
from app.shared import frame, links, screen, take_away
from app.shared.subject import START, Line
from app.shared.turns import Rank
from data.drawn import zoo
from data.training import repairing
from xai_core import catalogue, share
from xai_core.contrast import contrast
from xai_core.taxonomy import decision_trees
from xai_core.taxonomy.black_boxes import needs

BOX, ASK, MAP = "Black box", "Four questions", map.TITLE
WHY, WHY_NOT, WHEN, CORRECT = questions.QUESTIONS


CODE = {  # of a part, or of a question: equation, and what has just run
    BOX: (r"\text{answer}(x) = \text{the leaf where } x \text{ arrives}", decision_trees.way),
    MAP: (r"\text{a method needs the least with which its map stays the same}", needs),
    WHY: (r"S = \frac{\sum_{\text{part}} |A_i|}{\sum |A_i|} \Big/ \frac{|\text{part}|}{|\text{picture}|}", share),
    WHY_NOT: (r"F_{ab}(x) = z_a(x) - z_b(x) = \log \frac{p_a(x)}{p_b(x)}", contrast),
    WHEN: (r"\text{the same animals, the snow elsewhere}", zoo.husky_wolf),
    CORRECT: (
        r"\min_{W, b} \; \sum_i \text{cross-entropy}\big(W h(x_i) + b, \, y_i\big) + \frac{\|W\|^2}{2C}",
        repairing.with_new_head,
    ),
}

TABS_OF = {
    BOX: (screen.JUDGE, black_box.READABLE, *screen.TABS[1:]),
    ASK: screen.TABS,
    MAP: (MAP, *screen.TABS[1:]),
}

part = links.coming("part", tuple(TABS_OF))
on = screen.screen(TABS_OF[part])
words, choice = on.question.columns([1, 1], vertical_alignment="center")
words.markdown("### Why did it say that?")
choice.segmented_control("Part", list(TABS_OF), default=BOX, required=True, key="part", bind="query-params",
                         label_visibility="collapsed")  # fmt: skip
line = Line(on.subject)
with line.popover("Picture"):
    animal = st.selectbox("Animal", zoo.CLASSES, zoo.CLASSES.index(START.name), key="animal", bind="query-params")
    number = int(st.number_input("Scene", 0, 10**6, START.number, key="number", bind="query-params"))
about = compute.scene(animal, number)
said = f"says “{about.class_name}”, {about.confidence:.0%}"
line.say(about.opened.x, f"**{about.opened.title}** · the network *{compute.NETWORK}* {said}")
shown = part
if part == BOX:
    black_box.show_box(about, on)
    with on.tabs[black_box.READABLE]:
        if on.shows(black_box.READABLE):
            black_box.show_model(about)
elif part == ASK:
    shown = on.controls.segmented_control(
        "Ask it", list(questions.QUESTIONS), default=WHY, required=True, key="question", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    questions.QUESTIONS[shown](about, on)
else:
    map.show(about, on)
equation, function = CODE[shown]
with on.code:
    frame.code({function.__name__: function}, [equation])
given = catalogue()[black_box.METHOD].defaults
with on.take_away:
    with frame.asking("Opening the box …", Rank.LATER):
        found = black_box.evidence(about)
    take_away.offer(about, {black_box.METHOD: found}, {black_box.METHOD: given}, "share")
