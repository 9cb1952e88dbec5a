"""How far a LIME explanation is to be trusted, and what the same copies say of other classes."""

import streamlit as st

from app.labs.lime import compute
from app.labs.lime.compute import Input, Reading
from app.labs.lime.inputs import Given, Pictured
from app.labs.lime.samples import Copies
from app.shared import frame, show
from app.shared.encoded import png
from app.shared.show import Sheet
from app.shared.turns import Rank
from xai_core import figures
from xai_core.figures import linear

TOP = 3


def show_fit(this: Input, how: Reading) -> None:
    """How good the fit is, and how much of it is the settings."""
    copies = Copies.of(this, how)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        fig = linear.scatter(copies.F, copies.g, copies.π, unit=this.unit, theme=show.theme())
        show.figure(fig, f"Linear model against network over {how.N} copies, local R² {show.r2(copies.fit.r2)}.")
        st.caption("A dot is a copy, as large as its π; the star is x. Off the dashed line the linear model is wrong.")
    with right:
        by_K, by_rest = st.tabs(["K", "N and σ"], key="against", on_change="rerun", bind="query-params")
        if by_rest.open:  # only the open one is computed
            with by_rest:
                show_curves(this, how)
        else:
            with by_K:
                show_path(this, how)


def show_path(this: Input, how: Reading) -> None:
    """The weights as K grows. Drawn once for all K."""
    theme = show.theme()
    sheet = _path_sheet(this.place, how.N, how.sigma, how.distance, how.seed, this.target, theme, this, how)
    st.image(
        png(sheet.marked(how.K, figures.INK[theme])), width="stretch", output_format="PNG",
        alt=f"Each weight against K, from 1 to {min(compute.LONGEST, this.features)}; K = {how.K} is read.",
    )  # fmt: skip
    st.caption(
        "A weight that changes much when others come in shares its credit with them. No other K, N, σ or class asks"
        " the network again."
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _path_sheet(
    place: tuple, N: int, sigma: float, distance: str, seed: int, target: int, theme: str, _this: Input, _how: Reading
) -> Sheet:
    fits = compute.path(_this, _how)
    fig = linear.coefficient_paths(fits, _this.names, unit=f"weight ({_this.unit})", theme=theme)
    return show.sheet(fig)


def show_curves(this: Input, how: Reading) -> None:
    """Local R² against N and σ."""
    with frame.asking("Fitting for every N and σ …", Rank.LATER):
        by = compute.r2_by_setting(this, how)
    curves = {"N: copies": (*by["N"], how.N), "σ: width of the kernel": (*by["σ"], how.sigma)}
    ends = "; ".join(
        f"{name} {xs[0]:g} to {xs[-1]:g}: {r2[0]:.2f} to {r2[-1]:.2f}" for name, (xs, r2, _) in curves.items()
    )
    show.figure(linear.r2_curves(curves, theme=show.theme()), f"Local R². {ends}.")
    st.caption(
        "With N near K a line passes through all copies, and R² says nothing. A narrow kernel listens only to copies"
        " that are nearly x. The copies are those that are there already: nothing was asked for these curves."
    )


def show_classes(given: Given, how: Reading) -> None:
    """The most probable classes side by side; they share all copies."""
    this = given.this
    if len(this.classes) < 2:
        return
    st.subheader(f"The first {min(TOP, len(this.classes))} classes, from the same copies")
    if len(this.classes) == 2:
        st.caption("The two probabilities add up to 1, so the second explanation is the first with all signs changed.")
    top = this.answers.argsort(descending=True)[:TOP].tolist()
    with frame.asking("Fitting every class …", Rank.LATER):
        fits = {c: compute.fit(this, how, c) for c in top}
    said = {c: f"{this.classes[c]}, {this.say(float(this.answers[c]))}" for c in top}
    if isinstance(given, Pictured):
        x = given.about.opened.x
        show.pictures(
            {said[c]: (linear.kept(x, given.labels, f.weights), f"local R² {show.r2(f.r2)}") for c, f in fits.items()},
            "top",
        )
        return
    reach = max(float(f.weights.abs().max()) for f in fits.values())
    for column, (c, f) in zip(st.columns(len(top), gap="medium"), fits.items(), strict=True):
        bars = {this.names[j]: float(f.weights[j]) for j in linear.strongest(f.weights, how.K)}
        fig = linear.bars(
            bars,
            title=said[c],
            unit="weight",
            reach=reach or None,
            size=(12 / len(top), 1.4 + 0.36 * len(bars)),
            theme=show.theme(),
        )
        with column:
            show.figure(fig, f"{said[c]}: " + ", ".join(f"{n} {w:+.3f}" for n, w in bars.items()))
            st.caption(f"local R² {show.r2(f.r2)}")
