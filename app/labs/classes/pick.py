"""The page Classes, SP-LIME: which few inputs one should look at, among pictures, posts or rows of a table."""

import streamlit as st

from app.labs.classes import sp_lime
from app.labs.classes.compute import Crowd
from app.shared import frame, show
from app.shared.turns import Rank
from xai_core import class_normlime, conditioned_i_sp, figures, submodular_pick
from xai_core.classwide.local_weights import LocalWeights
from xai_core.figures import classes


def show_pick(where: Crowd, local: LocalWeights) -> None:
    """SP-LIME: which few to look at."""
    st.markdown("**SP-LIME**: which few should you look at, to know what all explanations say?")
    left, right = st.columns(2, gap="medium")
    kind = left.segmented_control("Look at", sp_lime.KINDS, default="pictures", key="look_at", bind="query-params")
    count = right.slider("How many you have time for", 1, 10, 5, key="pick", bind="query-params")
    with frame.asking("Explaining them all …", Rank.LATER):
        named = None if kind in (None, "pictures") else sp_lime.named(kind)
    W = local.weights if named is None else named.local.weights
    picked = submodular_pick(W, min(count, len(W)))
    curves = sp_lime.coverage_curves(W, picked)
    if named is None:
        captions = [f"no. {i}: {where.classes[local.labels[i]]}" for i in picked]
        fig = classes.picked(where.X[picked], captions, show.theme())
        show.figure(fig, "The picked pictures: " + ", ".join(captions), width=min(1200, 200 * len(picked)))
    else:
        st.markdown(f"{named.what} {len(W)} inputs, {W.shape[1]} features that they share.")
        show_named(named, picked)
    ours, random = (values[1][-1] for values in curves.values())
    fig = figures.curves(curves, x="inputs looked at", y="share of importance covered", size=(6.4, 3.2),
                         theme=show.theme())  # fmt: skip
    fig.axes[0].set_xticks(curves["SP-LIME"][0])
    show.figure(fig, f"Coverage after {len(picked)} inputs: SP-LIME {ours:.2f}, random {random:.2f}.", width=640)
    st.markdown(f"After {len(picked)}: **{ours:.0%}** covered, by picks at random {random:.0%}.")
    if len(picked) < count:
        st.caption("It ends early: nothing is left to cover.")


def show_named(named: sp_lime.Named, picked: list[int]) -> None:
    """Posts or rows: the picked ones, and what a class is to the classifier."""
    local, words = named.local, named.local.names
    for i in picked:
        strong = ", ".join(f"{word} {w:+.2f}" for word, w in sp_lime.strongest(local.weights[i], words, 6).items())
        with st.expander(f"{named.titles[i]}: taken for {named.classes[local.labels[i]]}; {strong}"):
            st.text(named.texts[i])
    seen = [y for y in range(len(named.classes)) if (local.labels == y).any()]
    for column, y in zip(st.columns(len(seen), gap="medium"), seen, strict=True):
        both = {"NormLIME": class_normlime, "I_SP": conditioned_i_sp}
        panels = {
            f"{named.classes[y]}: {title}": sp_lime.strongest(S(local.weights, local.labels, y), words)
            for title, S in both.items()
        }
        with column:
            fig = classes.weight_bars(panels, columns=1, theme=show.theme())
            show.figure(fig, "; ".join(f"{title}: {', '.join(bars)}" for title, bars in panels.items()))
    st.caption("Red speaks for the class, blue against it. I_SP takes positive weights alone and adds them up.")
