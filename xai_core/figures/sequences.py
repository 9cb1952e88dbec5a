"""Figures of data in a row: words under their scores, signals over their attributions.

As in figures.py, red speaks for the class, blue against it, on one scale for all rows; computing is done elsewhere.
What to look at: the frames and the shaded stretch. They mark what decides by construction, where that is known.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from xai_core.figures.maps import colour_bar
from xai_core.figures.style import AGAINST, COLOURS, FOR, LINES, figure, key, named, style

SHADE = "#e69f00"  # of the deciding stretch


def shares(scores: Tensor) -> np.ndarray:
    """Scores as shares of their own Σ|A|, with their signs: (P,) → (P,)."""
    A = scores.detach().cpu().double().numpy()
    return A / (np.abs(A).sum() or 1.0)


def word_grid(
    words: Sequence[str],
    maps: Mapping[str, Tensor],
    decides: Tensor | None = None,
    *,
    captions: Mapping[str, str] | None = None,
    theme: str = "light",
) -> Figure:
    """One row a method, one column a word, colours in shares of the row's Σ|A|. maps: name → (L,).

    decides: (L,) bool, words to be framed. captions: what is written to the right of a row, such as its score.
    """
    drawn = np.stack([shares(A) for A in maps.values()])  # (methods, L)
    top = float(np.abs(drawn).max()) or 1.0
    fig = figure(2.6 + 0.52 * len(words) + (1.6 if captions else 0), 1.5 + 0.42 * len(maps), theme)
    ax = style(fig.subplots())
    ax.imshow(drawn, cmap=COLOURS, vmin=-top, vmax=top, aspect="auto", interpolation="nearest")
    named(ax.xaxis, range(len(words)), words, rotation=50, ha="right", rotation_mode="anchor", fontsize=13)
    part = 0.3 if captions else 0.6  # of the width, on either side
    named(ax.yaxis, range(len(maps)), list(maps), part, fontsize=12)
    ax.set_xticks(np.arange(len(words)) - 0.5, minor=True)
    ax.tick_params(length=0, which="both")
    for i in [] if decides is None else decides.nonzero().flatten().tolist():
        ax.add_patch(Rectangle((i - 0.46, -0.46), 0.92, len(maps) - 0.08, fill=False, edgecolor=SHADE, linewidth=2.4))
        ax.get_xticklabels()[i].set_fontweight("bold")
    if captions:
        right = style(ax.twinx())
        right.set_ylim(ax.get_ylim())
        named(right.yaxis, range(len(maps)), [captions.get(name, "") for name in maps], part, fontsize=12)
        right.tick_params(length=0)
    colour_bar(fig, [ax], top, "share")
    return fig


def word_bars(
    words: Sequence[str],
    heights: Tensor,
    decides: Tensor | None = None,
    *,
    y: str,
    title: str = "",
    theme: str = "light",
) -> Figure:
    """One bar a word for numbers that have no sign, (L,). decides: (L,) bool, words in another colour and bold."""
    fig = figure(max(8.6, 2.2 + 0.52 * len(words)), 3.0, theme)
    ax = style(fig.subplots(), title, "", y)
    marked = [False] * len(words) if decides is None else decides.tolist()
    ax.bar(range(len(words)), heights.detach().cpu().numpy(), color=[SHADE if m else LINES[0] for m in marked])
    named(ax.xaxis, range(len(words)), words, rotation=50, ha="right", rotation_mode="anchor", fontsize=13)
    for label, mark in zip(ax.get_xticklabels(), marked, strict=True):
        label.set_fontweight("bold" if mark else "normal")
    return fig


def signal_rows(
    signal: Tensor,
    maps: Mapping[str, Tensor],
    mask: Tensor | None = None,
    *,
    others: Mapping[str, Tensor] | None = None,
    captions: Mapping[str, str] | None = None,
    rate: float = 1.0,
    unit: str = "",
    title: str = "",
    size: tuple[float, float] | None = None,
    theme: str = "light",
) -> Figure:
    """A signal (L,), below it one row of bars a method, in shares of the row's Σ|A|. maps: name → (L,).

    mask: (L,) bool, the stretch that is shaded. others: signals drawn beside the first, such as a baseline. rate:
    samples a second, for the axis of time; unit: of the signal. captions: behind a method's name. size: inches; as
    high as there are rows if not given.
    """
    drawn = {name: shares(A) for name, A in maps.items()}
    top = max((float(np.abs(a).max()) for a in drawn.values()), default=0.0) or 1.0
    fig = figure(*(size or (8.6, 2.6 + 1.05 * len(maps))), theme)
    axes = np.atleast_1d(fig.subplots(1 + len(maps), 1, sharex=True, height_ratios=[2.4] + [1] * len(maps)))
    t = np.arange(len(signal)) / rate
    head = style(axes[0], title, "", unit)
    head.plot(t, signal.cpu().numpy(), color=fig.ink, linewidth=1.8, label="x")
    for (name, other), colour, dash in zip((others or {}).items(), LINES, ("--", "-.", ":"), strict=False):
        head.plot(t, other.cpu().numpy(), dash, color=colour, linewidth=1.8, label=key(name))
    if others:
        head.legend(
            fontsize=11, frameon=False, labelcolor=fig.ink, loc="lower right", bbox_to_anchor=(1, 0.98), ncols=3
        )  # above the axes, where no beat is hidden
    for ax, (name, bars) in zip(axes[1:], drawn.items(), strict=True):
        style(ax)
        ax.bar(t, bars, width=1 / rate, color=[FOR if b > 0 else AGAINST for b in bars])
        ax.axhline(0, color=fig.ink, linewidth=0.6)
        ax.set_ylim(-1.05 * top, 1.05 * top)
        ax.set_yticks([-top, 0, top], [f"{-top:.2g}", "0", f"+{top:.2g}"])
        ax.set_title(
            f"{name}   {(captions or {}).get(name, '')}".rstrip(), fontsize=12, color=fig.ink, loc="left", pad=3
        )
    where = [] if mask is None else mask.cpu().nonzero().flatten().tolist()
    for ax in axes if where else []:
        ax.axvspan(where[0] / rate, (where[-1] + 1) / rate, color=SHADE, alpha=0.22, linewidth=0)
    axes[-1].set_xlabel("seconds" if rate != 1 else "sample", fontsize=12, color=fig.ink)
    if maps:
        fig.supylabel("share of Σ|A|: red for, blue against", fontsize=11, color=fig.ink)
    return fig
