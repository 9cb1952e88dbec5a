"""The page Why, first part: a black box that says one word, its evidence, and beside it a model that can be read."""

import streamlit as st

from app.labs.why import compute
from app.labs.why.compute import DEPTHS, TABLES
from app.shared import frame, show, stages
from app.shared.screen import Screen
from app.shared.shares import percent, share_on
from app.shared.stages import Explanation
from app.shared.subject import Subject
from app.shared.turns import Rank
from data.drawn import outlines
from xai_core import catalogue, figures
from xai_core.figures import trees
from xai_core.taxonomy import decision_trees

READABLE = "A model that can be read"
METHOD = "integrated_gradients"
MODEL = "the zoo's outlines"
DEEPEST = 8  # a deeper tree is too large to be read, which is the point of one


def evidence(about: Subject) -> Explanation:
    """The map that opens the box: Integrated Gradients with its usual settings."""
    given = catalogue()[METHOD].defaults
    return stages.explanation(about.question(given["output"]), METHOD, given)


def show_box(about: Subject, on: Screen) -> None:
    """The picture, the one word, and a guess; then the evidence."""
    parts = about.opened.parts
    with on.guess:
        guess = frame.guess("what decides?", list(parts), "decides")
    if guess is None:
        with on.pictures:
            show.pictures({"Black box": (figures.pixels(about.opened.x), "One word, and a number.")}, "box")
        on.number.metric(f"sure that it is “{about.class_name}”. That is all it says", f"{about.confidence:.0%}")
        on.judge.info("A black box gives an answer and a number. Guess, and you see its evidence.")
        return
    with frame.asking():
        e, title = evidence(about), catalogue()[METHOD].title
    part, mask = next(iter(parts.items()))
    with on.pictures:
        show.maps(
            about.opened.x, {title: e.A}, {title: f"gap {e.gap:.3f} of {e.change:+.3f}"}, {}, title="Black box",
            key="opened", legend=on.legend,
        )  # fmt: skip
    with on.guess:
        frame.verdict(guess, part, compute.TAUGHT.format(part))
    area = f"{float(mask.float().mean()):.0%}"
    on.number.metric(f"of Σ|A| lie on {part}, {area} of the pixels", percent(share_on(e.A, mask)))
    with on.judge:
        told = [f"{p}: {m.float().mean():.0%} of the pixels, **{percent(share_on(e.A, m))}** of Σ|A|"
                for p, m in parts.items()]  # fmt: skip
        st.markdown("- " + "\n- ".join(told))
        st.caption("Transparent is not yet right: a map is evidence about the box, and is itself to be judged.")


def show_model(about: Subject) -> None:
    """A decision tree: its way for this very animal, or for a row of a table, and what it costs."""
    st.markdown("**A model that needs no explanation**")
    left, middle, right = st.columns([3, 3, 2], gap="medium")
    name = left.selectbox("Learned from", list(TABLES), key="readable", bind="query-params")
    depth = middle.select_slider("Most questions in a row", DEPTHS[:DEEPEST], 4, key="depth", bind="query-params")
    with frame.asking("Growing the tree …"):
        rows, model = compute.table(name), compute.tree(name, depth)
    if name == MODEL:
        row = outlines.row_of(about.picture.name, about.picture.number)
        what = f"This animal, {about.opened.title}"
    else:
        i = int(
            right.number_input(f"Row, 1 to {len(rows.test)}", 1, len(rows.test), 1, key="tree_row", bind="query-params")
        )
        row, what = rows.test[i - 1], f"Row {i}, in truth {rows.classes[rows.test_labels[i - 1]]}"
    asked = decision_trees.way(model, row, rows.columns)
    answer = rows.classes[int(model.predict([row])[0])]
    drawn = trees.tree(
        decision_trees.as_nodes(model, rows.columns, rows.classes, row),
        theme=show.theme(),
        title=f"The whole model: {rows.name}",
    )
    with st.container(key="scrolls_readable"):
        show.figure(drawn, f"A decision tree. {'; '.join(map(str, asked))}: {answer}.")
    spread = dict(zip(rows.columns, rows.train.std(0), strict=True))  # columns have units of their own
    near = min(asked, key=lambda q: q.margin / spread[q.column])
    st.markdown(
        f"{what}: " + "; ".join(map(str, asked)) + f". So: **{answer}**. That is all there is to know. The nearest call"
        f" was *{near.column}*: {near.margin:.2g} {'more' if near.yes else 'less'}, and the way had led elsewhere."
    )
    if name == MODEL:
        st.caption(
            "The tree sees a silhouette that was cut out for it, measured in nine numbers: no colour, no eye. Measuring"
            " is the hard part of a model that can be read."
        )
    show_price(name, depth)


def show_price(name: str, depth: int) -> None:
    """Accuracy against the number of questions, beside models that nobody reads."""
    with frame.asking("Growing trees and a forest …", Rank.LATER):
        cost = compute.price(name)
    flat = {"linear model": cost.linear, "forest of 100 trees": cost.forest}
    if name == MODEL:
        flat["network, from pixels"] = compute.network_accuracy()
    lines = {"one tree": (list(DEPTHS), cost.trees)} | {n: ([DEPTHS[0], DEPTHS[-1]], [a, a]) for n, a in flat.items()}
    here = cost.trees[DEPTHS.index(depth)]
    left, right = st.columns([3, 2], gap="large")
    with left:
        fig = figures.curves(
            lines, x="most questions in a row", y="right, held-out rows", title="The price of being readable",
            marks={"": (depth, here)}, zero=False, size=(6.4, 3.4), theme=show.theme(),
        )  # fmt: skip
        others = ", ".join(f"{n} {a:.0%}" for n, a in flat.items())
        show.figure(fig, f"Right answers of a tree by its depth: {here:.0%} at {depth}. For comparison: {others}.")
    with right:
        rows = [[f"this tree, {depth} questions", f"{here:.1%}"], *([n, f"{a:.1%}"] for n, a in flat.items())]
        frame.table(["held-out rows", "right"], rows, "price")
        short = max(flat.values()) - max(cost.trees)
        where = "below" if short > 0 else "above"
        st.markdown(
            f"The best of these trees is {abs(100 * short):.0f} points {where} the best of the others: that is the"
            " price here, measured. On a table of well chosen columns it is often small (Rudin 2019); from pixels"
            " nobody knows which columns to choose."
        )
