"""The page Why, second part: the lecture's four questions, each with an answer that is computed now."""

from collections.abc import Callable

import streamlit as st

from app.labs.why import compute
from app.labs.why.compute import LENGTHS, MANY
from app.shared import frame, huskies, pages, show, stages
from app.shared.screen import Screen
from app.shared.shares import percent, share_on
from app.shared.subject import Subject
from data.drawn import zoo
from xai_core import catalogue, figures

METHODS = ("integrated_gradients", "simple_gradient", "grad_cam", "guided_backprop", "deeplift")
FAIR_SCENES = (25, 50, 100, 200)
SIZE = (5.6, 3.3)
LEFT = "Its maps have left the scenery."
STAYED = (
    "Its maps have **not** clearly left the scenery: the features seem to see little else, and a last layer cannot read"
    " what they do not hold."
)


def show_why(about: Subject, on: Screen) -> None:
    """An attribution of the predicted class, its share on what decides, and the same share over many scenes."""
    titles = {catalogue()[name].title: name for name in METHODS}
    method = titles[on.controls.segmented_control(
        "Answered by", list(titles), default=next(iter(titles)), required=True, key="answered_by", bind="query-params"
    )]  # fmt: skip
    given = catalogue()[method].defaults
    with frame.asking("Asking the network …"):
        e = stages.explanation(about.question(given["output"]), method, given)
        many = compute.many_shares(about.picture.name, method)
    part, mask = next(iter(about.opened.parts.items()))
    title, here = catalogue()[method].title, share_on(e.A, mask)
    area = float(mask.float().mean())
    mean, low, high = many.interval
    fair = f"{here / area:.1f}" if area else "–"
    with on.pictures:
        show.maps(about.opened.x, {title: e.A}, {title: f"{here:.0%} of Σ|A| on {part}"}, {},
                  title=about.said, key="why", legend=on.legend)  # fmt: skip
    on.number.metric(f"times its fair share of {title} lies on {part}", fair)
    with on.judge:
        row = st.container(horizontal=True)
        row.metric(f"{part}: of the pixels", f"{area:.0%}")
        row.metric("of Σ|A|", f"{here:.0%}")
        row.metric("relative", fair)
        st.markdown(
            f"“Because of {part}”, as far as {title} is right: {fair} times its fair share. One picture may"
            f" flatter: over the first {MANY} fresh scenes of this animal it is {mean:.1f} times ({low:.1f} to"
            f" {high:.1f}, 95 %). {compute.TAUGHT.format(part)} Still {1 - here:.0%} of this map lie elsewhere."
        )


def show_why_not(about: Subject, on: Screen) -> None:
    """Contrast with another class, and what would have to change for it."""
    order = about.probabilities.argsort(descending=True).tolist()
    a = order[0]
    others = [zoo.CLASSES[c] for c in order[1:]]
    with frame.asking("Growing the deciding part …"):
        growth = compute.grown(about.picture.name, about.picture.number)
    usual = zoo.CLASSES[int(growth.p[0].argmax())]
    start = others.index(usual) if usual in others else 0
    other = on.controls.selectbox("Why not …?", others, start, key=f"why_not_{about.class_name}", bind="query-params")
    b = zoo.CLASSES.index(other)
    with frame.asking("Asking the network …"):
        seen = compute.contrasted(about.picture.name, about.picture.number, a, b)
    part, mask = next(iter(about.opened.parts.items()))
    captions = {
        name: f"logit {seen.values[name]:+.1f}; {percent(share_on(A, mask))} of Σ|A| on {part}"
        for name, A in seen.maps.items()
    }
    with on.pictures:
        show.maps(about.opened.x, seen.maps, captions, {}, title=about.said, scale="value", key="contrast",
                  legend=on.legend)  # fmt: skip
    flip = growth.flip()
    if flip is None:
        on.number.metric(f"lengths of {part} make it another class", "0")
    else:
        on.number.metric(f"of the longest {part.removeprefix('the ')}: so short, it is no {about.class_name} any more",
                         f"{flip:g}")  # fmt: skip
    with on.judge:
        left, right = st.columns([3, 2], gap="large")
        with left:
            lines = {zoo.CLASSES[c]: (LENGTHS, growth.p[:, c].tolist()) for c in (a, b)}
            fig = figures.curves(lines, x=f"size of {part}, all else the same", y="probability",
                                 title="What would have to change?", size=SIZE, theme=show.theme())  # fmt: skip
            show.figure(fig, f"Probability of {about.class_name} and {other} while {part} grows from 0 to 1.")
        with right:
            show_what_changes(about, growth, part, flip, a)
            st.markdown(
                f"The third map explains the difference of two logits,"
                f" {seen.values[f'{about.class_name} − {other}']:+.1f}. What speaks for both classes alike falls out of"
                " it."
            )
            if about.picture.name == "elephant":
                st.caption("The network was taught so: in training, an elephant with hardly any trunk was called a"
                           " hippo.")  # fmt: skip


def show_what_changes(about: Subject, growth: compute.Growth, part: str, flip: float | None, a: int) -> None:
    """The answer in words that a person would use."""
    if flip is None:
        none = float(growth.p[0, a])
        st.markdown(f"No size of {part} makes the network change its mind; without it, p falls to {none:.2f}.")
        return
    i = LENGTHS.index(flip)
    winner = zoo.CLASSES[int(growth.p[i].argmax())]
    st.markdown(
        f"At {flip:g} of the longest, the network says **{winner}** ({float(growth.p[i].max()):.0%}); at"
        f" {LENGTHS[i + 1]:g} it says {about.class_name} again. That is the answer in words that a person would"
        f" use: *were it shorter, I had called it a {winner}.*"
    )


def show_when(about: Subject, on: Screen) -> None:
    """Right and wrong of another network, by a condition that can be named."""
    with on.guess:
        guess = frame.guess(
            f"of {huskies.ANIMALS} animals, with snow under the huskies instead of the wolves, how many answers are"
            " right?", ["all", "half", "none"], "swapped",
        )  # fmt: skip
    on.judge.markdown(
        "Another network tells huskies from wolves. On pictures like those it learned from it is always right."
    )
    with on.pictures:
        show.pictures(compute.husky_and_wolf(swapped=guess is not None), "when")
    if guess is None:
        with frame.asking(f"Judging {huskies.ANIMALS} answers …"):
            as_trained = f"{huskies.accuracy_as_trained():.0%}"
        on.number.metric("of another network's answers are right, on pictures like those it learned from", as_trained)
        return
    with frame.asking("Drawing each animal on snow and off it …"):
        t = huskies.twins(False)
    sure = compute.sureness(t)
    on.number.metric(f"right with the snow swapped; on average it is {sure['swapped'][1]:.0%} sure of its answer",
                     f"{sure['swapped'][0]:.0%}")  # fmt: skip
    with on.guess:
        rights = sure["swapped"][0]
        answer = "all" if rights > 0.9 else "none" if rights < 0.1 else "half" if 0.4 < rights < 0.6 else None
        frame.verdict(guess, answer, f"{rights:.0%} of its answers are right with the snow swapped.")
    rows = [[words, f"{t.accuracy(where(t.wolf)):.0%}"] for words, where in huskies.CONDITIONS.items()]
    with on.judge:
        left, right = st.columns(2, gap="large")
        with left:
            frame.table(["where the snow lies", "right"], rows, "swapped")
        right.markdown(
            f"It succeeds where wolves stand on snow and huskies do not, and fails elsewhere:"
            f" {sure['swapped'][0]:.0%} right. It does not know: on average it is {sure['as in training'][1]:.0%} sure"
            f" where it is right, and {sure['swapped'][1]:.0%} sure where it is wrong. Confidence is no warning."
        )
        with right:
            pages.link("trust", "Judge it yourself, on the page Trust")


def show_correct(about: Subject, on: Screen) -> None:
    """A new head on frozen features, in a second; is that enough?"""
    on.judge.markdown(
        "The network that tells wolves by their snow keeps its features; only the last layer learns anew, from scenes"
        " where snow says nothing. Some networks need no more (Kirichenko, Izmailov & Wilson 2023)."
    )
    left, right = on.controls.columns([3, 2], gap="medium", vertical_alignment="center")
    n = left.select_slider("Fair scenes to learn the last layer from", FAIR_SCENES, 100, key="fair_scenes",
                           bind="query-params")  # fmt: skip
    with right:
        anew = st.toggle("All layers anew (a minute, once)", key="anew",
                         bind="query-params")  # fmt: skip
    with frame.asking("Drawing, learning and judging …"):
        found = {"as it was": compute.repair(0), f"new last layer, {n} scenes": compute.repair(n)}
        if anew:
            found["all layers anew"] = compute.trained_anew()
    with on.pictures:
        show.maps(
            huskies.scenes(MANY).x[compute.SEEN], {name: r.map for name, r in found.items()}, dict.fromkeys(found, ""),
            {}, title="a wolf on snow", key="repaired", legend=on.legend,
        )  # fmt: skip
    rows = []
    for name, r in found.items():
        mean, low, high = r.background.interval
        rows.append([name, *(f"{right:.0%}" for right in r.accuracy.values()), f"{mean:.2f} ({low:.2f} to {high:.2f})"])
    head = ["", "snow with the wolf", "with the husky", "background's share of Σ|A|, relative to its area"]
    before, after = list(found.values())[:2]
    worst, was = (f"{min(r.accuracy.values()):.0%}" for r in (after, before))
    left = after.background.interval[2] < before.background.interval[1]
    on.number.metric(f"right in the worse of two conditions with the new last layer; before {was}", worst)
    with on.judge:
        frame.table(head, rows, "repairs")
        st.markdown(
            f"In the worse of the two conditions the new last layer is right {worst} of the time, the old one"
            f" {was}. {LEFT if left else STAYED}"
            + ("" if anew else " What if all layers learn again? Turn it on above.")
        )
        st.caption(
            f"Accuracy: {huskies.ANIMALS} fresh animals, drawn twice. Maps: Integrated Gradients of {MANY} scenes, half"
            " of each animal on snow; 1 is a fair share, 95 % intervals."
        )


QUESTIONS: dict[str, Callable[[Subject, Screen], None]] = {
    "Why did you do that?": show_why,
    "Why not something else?": show_why_not,
    "When do you succeed or fail?": show_when,
    "How to correct an error?": show_correct,
}
