"""Why: black box against transparent, the four questions of the lecture, and the map of all methods."""

import streamlit as st

from app.labs.why import black_box, compute, map, questions
from app.shared import frame, take_away
from app.shared.subject import START
from data.drawn import zoo
from data.training import repairing
from xai_core import catalogue, share
from xai_core.contrast import contrast
from xai_core.taxonomy import decision_trees
from xai_core.taxonomy.black_boxes import needs

BOX, ASK, MAP = "Black box", "Four questions", "Map of methods"
WHY, WHY_NOT, WHEN, CORRECT = questions.QUESTIONS
TRY = {
    "A tree of two questions: read it aloud. What can it not know?": {"part": BOX, "depth": "2"},
    "Iris: two questions are enough. What is the price of being readable here?": {
        "part": BOX, "readable": "iris", "depth": "2",
    },
    "Why not a hippo? Watch the trunk in the third map": {"part": ASK, "question": WHY_NOT},
    "A network that is always right, and then never": {"part": ASK, "question": WHEN},
    "You have a network's answers alone, as from a web service. Which methods are left?": {
        "part": MAP, "have": "its answers alone",
    },
}  # fmt: skip


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

st.markdown("### Why did it say that?")
first, second, third = st.columns([4, 2, 1], gap="medium", vertical_alignment="bottom")
part = first.segmented_control(
    "Part", [BOX, ASK, MAP], default=BOX, required=True, key="part", bind="query-params"
)  # fmt: skip
animal = second.selectbox("Animal", zoo.CLASSES, zoo.CLASSES.index(START.name), key="animal", bind="query-params")
number = int(third.number_input("Scene", 0, 10**6, START.number, key="number", bind="query-params"))
about = compute.scene(animal, number)
if part == BOX:
    black_box.show_box(about)
    black_box.show_model(about)
elif part == ASK:
    question = st.segmented_control(
        "Ask it", list(questions.QUESTIONS), default=next(iter(questions.QUESTIONS)), required=True,
        key="question", bind="query-params",
    )  # fmt: skip
    questions.QUESTIONS[question](about)
else:
    map.show(about)
equation, function = CODE[question if part == ASK else part]
frame.code({function.__name__: function}, [equation])
frame.scenes("why", TRY)
given = catalogue()[black_box.METHOD].defaults
take_away.offer(about, {black_box.METHOD: black_box.evidence(about)}, {black_box.METHOD: given}, "share")
