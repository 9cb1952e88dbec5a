"""What LIME says on its page: the regions, words or columns of the fit, their weights, and what stands beside."""

import math
from dataclasses import replace

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.labs.lime import compute
from app.labs.lime.compute import SEEDS, Input, Reading
from app.labs.lime.inputs import Given, Pictured, Rowed, Worded
from app.labs.lime.samples import WHO, highlighted
from app.shared import frame, show
from app.shared.film.frames import Film, Slider
from app.shared.film.maps import Maps, of_maps
from app.shared.pages import OWN_WEIGHTS as OWN
from app.shared.turns import Rank
from xai_core.figures import linear
from xai_core.perturbation.k_lasso import LinearFit

BAND, SHAP = f"band over {SEEDS} seeds", "KernelSHAP"
OWN_SAYS = "its own, scaled"


def show_explanation(given: Given, how: Reading, beside: list[str]) -> LinearFit:
    """What speaks for the class and what against it: a text or a row beside bars; of a picture the bars below its
    film."""
    this, fit = given.this, compute.fit(given.this, how)
    if isinstance(given, Pictured):
        with st.columns([3, 2])[0]:
            _bars(given, how, fit, beside)
        return fit
    left, right = st.columns(2, gap="medium")
    with left:
        if isinstance(given, Worded):
            st.html(highlighted(given.text, this.names, fit.weights))
            st.caption("Red: leaving the word out lowers F. Blue: it raises F. The fuller, the more.")
        else:
            _row(given, fit)
    with right:
        _bars(given, how, fit, beside)
    return fit


SUPERPIXELS, SPEAKS, SIGNED = "superpixels", "what speaks for it", "for and against"


def film_of(given: Pictured, how: Reading, slider: Slider, lengths: list[int], still: np.ndarray | None = None) -> Film:
    """The superpixels, those that are kept against grey, and the signed map, at every K. still: as of `of_maps`."""
    x, M = given.about.opened.x, given.this.features

    def shown_at(stop: int) -> Maps:
        fit = compute.fit(given.this, replace(how, K=min(lengths[stop], M)))
        chosen = linear.strongest(fit.weights, len(fit.chosen))
        words = ", ".join(f"{given.this.names[j]} {float(fit.weights[j]):+.3f}" for j in chosen[:3])
        r2 = show.r2(fit.r2)
        return Maps(
            {SIGNED: fit.weights[given.labels][None, None]},
            {SUPERPIXELS: f"{M}; numbers: those of the fit", SPEAKS: "the rest is grey, as in the paper's figure 4",
             SIGNED: f"largest: {words}" if words else "every weight is 0"},
            number=r2, says=f"local R² {r2}; largest weights: {words}",
            pictures={SUPERPIXELS: _picture(linear.numbered(x, given.labels, chosen)),
                      SPEAKS: _picture(linear.kept(x, given.labels, fit.weights))},
        )  # fmt: skip

    about = ("lime", given.this.place, given.this.target, replace(how, K=0))
    return of_maps(slider, about, x, given.about.said, [SIGNED], shown_at, scale="value",
                   pictured=(SUPERPIXELS, SPEAKS), number="local R²", still=still)  # fmt: skip


def _picture(rgb: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None]


def _row(given: Rowed, fit: LinearFit) -> None:
    """The row, column by column, with where its value lies among the others, and what the fit says to it."""
    lines = []
    for j in sorted(range(given.this.features), key=lambda j: -abs(float(fit.weights[j])))[:12]:
        below = float((given.table.train[:, j] <= given.row[j]).mean())
        weight = f"{float(fit.weights[j]):+.3g}" if fit.weights[j] else ""
        lines.append([given.table.columns[j], f"{given.row[j]:.4g} {given.table.units[j]}", f"{below:.0%}", weight])
    frame.table(["column", "value", "rows at or below it", "weight"], lines, "row")
    hidden = given.this.features - len(lines)
    if hidden > 0:
        st.caption(f"{hidden} columns more, whose weight is 0 or small.")


def _bars(given: Given, how: Reading, fit: LinearFit, beside: list[str]) -> None:
    this = given.this
    features = linear.strongest(fit.weights, len(fit.chosen))
    if not features:
        st.info("Every weight is 0: nothing that was switched off moved the answer.")
        return
    bars = {this.names[j]: float(fit.weights[j]) for j in features}
    marks, bands, said = {}, None, []
    if BAND in beside:
        with frame.asking(f"LIME with {SEEDS} seeds …", Rank.LATER):
            spread = compute.spread(this, how)
        bands = linear.banded(this.names, spread, features)
        stays = [this.names[j] for j in features if spread.low[j] * spread.high[j] > 0]
        said.append(
            f"**Band**: where 90 % of {SEEDS} seeds lie. {len(stays)} of {len(features)} weights keep their sign;"
            " a feature that a seed did not choose counts as 0."
        )
    if SHAP in beside:
        with frame.asking("KernelSHAP …", Rank.LATER):
            φ = compute.shapley(this, max(how.N, 4), how.seed)
        marks["KernelSHAP"] = {this.names[j]: float(φ[j]) for j in features}
        few = " N is too small to tell all features apart." if this.features >= how.N else ""
        said.append(
            f"**KernelSHAP**: Σφ over all {this.features} is {float(φ.sum()):+.3g} = F(x) − F(everything off)."
            f" Correlation with these weights: {_number(compute.correlation(φ[features], fit.weights[features]))}."
            f"{few}"
        )
    if OWN in beside:
        own = own_weights(given)
        if own is None:
            said.append("Only the linear text classifier has one weight a word to compare with.")
        else:
            scale = max(map(abs, bars.values())) / (max(abs(own[n]) for n in bars) or 1.0)
            marks[OWN_SAYS] = {n: own[n] * scale for n in bars}
            r = compute.correlation(fit.weights[features], torch.tensor([own[n] for n in bars]))
            largest = max(bars, key=lambda n: abs(own[n]))
            said.append(
                f"**Its own weights** are in log-odds, here scaled to the longest bar ({largest}: {own[largest]:+.2f}"
                f" in log-odds). Correlation: {_number(r)}."
            )
    size = (6.4, 1.1 + 0.3 * len(bars) + (0.3 if marks else 0))  # on a projector above the tabs
    fig = linear.bars(bars, bands=bands, marks=marks, unit=f"weight ({this.unit})", size=size, theme=show.theme())
    words = ", ".join(f"{n} {w:+.3f}" for n, w in bars.items())
    show.figure(fig, f"LIME's weights for {this.class_name}: {words}.")
    for each in said:
        st.caption(each)


def own_weights(given: Given) -> dict[str, float] | None:
    """What the linear classifier itself gives to each word, as log-odds of the class that is explained."""
    if not isinstance(given, Worded) or given.classifier.kind != "linear":
        return None
    sign = 1 if given.this.target == 1 else -1
    known = given.classifier.weights()
    return {name: sign * known.get(name, 0.0) for name in given.this.names}


def _number(value: float) -> str:
    return "none, one of them does not vary" if math.isnan(value) else f"{value:.2f}"


def show_numbers(this: Input, how: Reading, fit: LinearFit, cost: str) -> None:
    """The numbers that judge the explanation."""
    total = fit.intercept + float(fit.weights.sum())
    r2 = "not defined: answers too few, or all equal" if math.isnan(fit.r2) else f"**{fit.r2:.2f}**"
    st.markdown(
        f"Local R² {r2} · {WHO[this.kind]} F(x) = **{this.say(this.answer)}** · linear model w₀ + Σw ="
        f" {this.say(fit.intercept)} {float(fit.weights.sum()):+.3f} = **{this.say(total)}** · {cost}"
    )
