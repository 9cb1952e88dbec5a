"""Why: black box against transparent, the four questions of the lecture, and the map of all methods."""

import inspect

import streamlit as st

from app.labs.why import black_box, compute, map, questions
from app.shared import take_away
from app.shared.subject import START
from data.drawn import zoo
from data.training import repairing
from xai_core import share
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


def show_code(about_what: str) -> None:
    """What a part or a question rests on."""
    st.subheader("Equation and code")
    equation, function = CODE[about_what]
    st.latex(equation)
    st.code(inspect.getsource(function), language="python")


def show_what_to_try() -> None:
    """Links into this page."""
    st.subheader("What to try")
    for label, setting in TRY.items():
        st.page_link("labs/why/page.py", label=label, query_params=setting, icon=":material/arrow_forward:")


st.markdown("### Why did it say that?")
first, second, third = st.columns([4, 2, 1], gap="medium", vertical_alignment="bottom")
part = first.segmented_control(
    "Part", [BOX, ASK, MAP], default=BOX, required=True, key="part", bind="query-params"
)  # fmt: skip
animal = second.selectbox("Animal", zoo.CLASSES, zoo.CLASSES.index(START.name), key="animal", bind="query-params")
number = int(third.number_input("Scene", 0, 10**6, START.number, key="number", bind="query-params"))
about = compute.subject(animal, number)
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
show_code(question if part == ASK else part)
show_what_to_try()
given = compute.usual(black_box.METHOD)
take_away.offer(about, {black_box.METHOD: black_box.evidence(about)}, {black_box.METHOD: given}, "share")
