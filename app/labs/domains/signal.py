"""The page Domains, signal: which stretch of a trace decides, and what UNI's baseline looks like in millivolts."""

import streamlit as st
from matplotlib.figure import Figure
from torch import Tensor

from app.labs.domains import signal_compute, text
from app.shared import frame, screen, take_away
from app.shared import show as shown
from app.shared.predict import veil
from app.shared.screen import Screen
from app.shared.subject import Line
from app.shared.turns import Rank
from data.drawn import signals
from data.nets import networks
from xai_core.evaluate.sequence_truth import mean_interval
from xai_core.figures.sequences import signal_rows

QUESTION = "A line over time. Which stretch of it decides?"
STARTS, MANY = "UNI's baseline", "Many traces"
TABS = (screen.JUDGE, STARTS, MANY, *screen.TABS[1:])
SIZE = (13.0, 3.4)  # inches, of the trace over its attributions
DEFAULT = ["Integrated Gradients", "UNI"]
FRESH = 30  # traces for the measurement on the page, ten of each class that is out of order


def show_guess(name: str, number: int, on: Screen) -> None:
    """What can a path from the zero line give to a stretch where nothing is? Until it is answered, the trace alone."""
    scene = "domains signal"
    if not veil.is_open(scene):
        with on.pictures, st.container(key="scrolls_alone"):
            trace = signal_compute.drawn(name, number).signal[0]
            shown.figure(signal_rows(trace, {}, rate=signals.RATE, unit="mV", theme=shown.theme()), "The trace alone.")
    guess = veil.ask(
        on, scene, None,
        "a beat is missing, so the line is flat there. How much of Integrated Gradients from the zero line lies on that"
        " flat stretch?", ["nearly all", "about half", "nearly nothing"], "flat",
    ).choice  # fmt: skip
    if guess is None:
        return
    with frame.asking("Explaining the missing beat …"):
        A = signal_compute.attribution("missing beat", 0, "Integrated Gradients", (("B", 30),))
    found = signal_compute.judged("missing beat", 0, A)
    with on.guess:
        frame.verdict(
            guess, "nearly nothing",
            f"{found.share:.0%} of Σ|A| in the first trace. The stretch, {found.chance:.0%} of it, decides alone; but"
            " on a flat line x is x′, and A = (x − x′) ⊙ ….",
        )  # fmt: skip


def show_maps(name: str, number: int, methods: list[str], B: int, eps: float | None, K: int) -> dict[str, Tensor]:
    """The trace over its attributions, and what judges each. Returns the attributions."""
    trace = signal_compute.drawn(name, number)
    asked = {method: tuple(signal_compute.arguments(method, B, eps, K).items()) for method in methods}
    with frame.asking("Explaining the trace …"):
        maps, failures = frame.answers(
            asked, lambda method, given: signal_compute.attribution(name, number, method, given)
        )
    for method, sentence in failures.items():
        st.warning(f"{method}: {sentence}")
    captions = {}
    for method, A in maps.items():
        found = signal_compute.judged(name, number, A)
        captions[method] = f"({signal_compute.METHODS[method][2]})"
        if found is not None:
            captions[method] += f"   {found.share:.0%} on the stretch, {said_of(found.pointing)}"
    fig = signal_rows(
        trace.signal[0], maps, trace.mask, captions=captions, rate=signals.RATE, unit="mV",
        size=SIZE, theme=shown.theme(),
    )  # fmt: skip
    words = "; ".join(f"{method} {caption}" for method, caption in captions.items())
    with st.container(key="scrolls_trace"):
        shown.figure(fig, f"A trace with its deciding stretch shaded, and below it one row of bars a method: {words}.")
    return maps


def show_baseline(name: str, number: int, eps: float | None, B: int) -> None:
    """x and x′ in one figure, and the numbers."""
    with frame.asking("Unlearning the trace …", Rank.LATER):
        there = signal_compute.unlearned(name, number, eps, B)
    trace, p = signal_compute.drawn(name, number), signal_compute.answers(name, number)
    c = int(p.argmax())
    fig = signal_rows(
        trace.signal[0], {}, trace.mask, others={"x′, UNI's baseline": there.start}, rate=signals.RATE, unit="mV",
        theme=shown.theme(),
    )  # fmt: skip
    with st.container(key="scrolls_baseline"):
        shown.figure(fig, "The trace and UNI's baseline of it, dashed, with the deciding stretch shaded.")
    now = int(there.probabilities.argmax())
    row = st.container(horizontal=True)
    row.metric("F(x)", f"{float(p.max()):.2f}")
    row.metric("F(x′)", f"{float(there.probabilities[c]):.2f}")
    row.metric("At x′ the network says", signals.CLASSES[now])
    row.metric("ε, in millivolts (ℓ2)", f"{there.eps:.2f}")
    row.metric("Completeness gap", f"{there.gap:.3f}")
    if trace.mask.any():
        chance = f"chance {float(trace.mask.double().mean()):.0%}"
        row.metric("Σ|x − x′| on the stretch", f"{there.share:.0%}", chance, "off", delta_arrow="off")
        was, is_ = there.spread
        st.markdown(
            f"Within the stretch the trace has a standard deviation of {was:.2f} mV, and x′ one of {is_:.2f} mV. UNI"
            " does not flatten what decides, and x′ need not be the normal trace either: it is a nearby trace, found by"
            " the network's own slopes, for which this class is no longer said. Much of the change lies outside the"
            " stretch, as ripples of a few tenths of a millivolt."
        )


def show_measured(B: int, K: int) -> None:
    """Share and pointing game over fresh traces, on request: it takes some seconds."""
    if not st.toggle(f"Measure all methods on {FRESH} fresh traces", key="measure_signal", bind="query-params"):
        return
    with frame.asking("Explaining traces that the network never saw …"):
        found, labels = signal_compute.measured(FRESH, B, K)
    kinds = signals.CLASSES[1:]

    def of_each_kind(values: list[float]) -> list[str]:
        """The mean over the traces of each kind."""
        of = [[v for v, y in zip(values, labels, strict=True) if y == c] for c in range(1, len(signals.CLASSES))]
        return [f"{mean_interval(some)[0]:.2f}" for some in of]

    rows = []
    for method, each in found.items():
        means = [mean_interval([getattr(f, what) for f in each]) for what in ("share", "pointing")]
        said = [f"{m:.2f} ({low:.2f} to {high:.2f})" for m, low, high in means]
        rows.append([method, *said, *of_each_kind([f.share for f in each])])
    chance = [f.chance for f in found["UNI"]]
    rows.append(["by chance", *[f"{mean_interval(chance)[0]:.2f}"] * 2, *of_each_kind(chance)])
    head = ["Method", "share on the stretch", "points at it", *(f"share, {kind}" for kind in kinds)]
    frame.table(head, rows, "signal")
    st.caption(f"Means over {FRESH} traces, in brackets Student's t interval (95 %) of the mean.")


def show_code() -> None:
    """Equations and the functions that ran."""
    card = networks.card("signals")
    frame.code(
        frame.of_methods(["uni", "integrated_gradients", "cam"]), note=f"{card['warning']} Its card: {card['data']}."
    )


def offer(name: str, number: int, maps: dict[str, Tensor], B: int, eps: float | None, K: int) -> None:
    """PNG, npz, Python, link."""
    trace = signal_compute.drawn(name, number)

    def figure() -> Figure:
        return signal_rows(trace.signal[0], maps, trace.mask, rate=signals.RATE, unit="mV", title=name)

    settings = {"trace": name, "number": number, "B": B, "eps": eps, "K": K}
    take_away.offer_files(
        signal_compute.python(name, number, list(maps), B, eps, K),
        (lambda: take_away.png(figure())) if maps else None,
        (lambda: take_away.npz({"x": trace.signal, **maps}, settings)) if maps else None,
        stem="trace",
    )


def show(on: Screen) -> None:
    """The whole page."""
    line = Line(on.subject)
    first, *others = on.controls.columns(4, gap="medium")
    name = first.selectbox("Trace", signals.CLASSES, 2, key="rhythm", bind="query-params")
    with line.popover("Trace"):
        number = int(st.number_input("Trace no.", 0, 10**6, 0, key="trace_no", bind="query-params"))
    B, eps, K = text.ask_symbols(others)
    methods = on.settings.multiselect(
        "Methods", list(signal_compute.METHODS), DEFAULT, key="signal_methods", bind="query-params"
    )
    p = signal_compute.answers(name, number)
    says = signals.CLASSES[int(p.argmax())]
    line.say(None, f"**{name}, no. {number}** · the network *signals* says **{says}**, {float(p.max()):.1%}")
    show_guess(name, number, on)
    with on.pictures:
        maps = show_maps(name, number, methods, B, eps, K)
    on.legend.caption("Shaded: the stretch that decides. Drawn by a formula to look a little like heartbeats. A toy for"
                      " methods, and no medical advice.")  # fmt: skip
    with on.number:
        show_number(name, number, maps)
    with on.judge:
        show_judgement(name, number, maps)
    with on.tabs[STARTS]:
        if on.shows(STARTS):
            show_baseline(name, number, eps, B)
    with on.tabs[MANY]:
        if on.shows(MANY):
            show_measured(B, K)
    with on.code:
        show_code()
    with on.take_away:
        offer(name, number, maps, B, eps, K)


def show_number(name: str, number: int, maps: dict[str, Tensor]) -> None:
    """The best map's share on the stretch that decides; of a trace without one, that there is none."""
    judged = {method: signal_compute.judged(name, number, A) for method, A in maps.items()}
    found = {method: each for method, each in judged.items() if each is not None}
    if not found:
        st.metric("stretches decide: the trace is normal, or no method is chosen", "0")
        return
    best = max(found, key=lambda method: found[method].share)
    st.metric(f"of Σ|A| lie on the stretch that decides, by {best}, the best here; by chance {found[best].chance:.0%}",
              f"{found[best].share:.0%}")  # fmt: skip


def show_judgement(name: str, number: int, maps: dict[str, Tensor]) -> None:
    """A row a method: its share on the stretch, and where its largest value stands."""
    rows = []
    for method, A in maps.items():
        found = signal_compute.judged(name, number, A)
        words = ["", ""] if found is None else [f"{found.share:.0%}", said_of(found.pointing)]
        rows.append([method, signal_compute.METHODS[method][2], *words])
    frame.table(["", "how", "of Σ|A| on the stretch", "its largest value"], rows, "traced")


def said_of(pointing: float) -> str:
    """Where the largest value stands, in words."""
    return "points at it" if pointing == 1 else "points elsewhere" if pointing == 0 else "a tie"
