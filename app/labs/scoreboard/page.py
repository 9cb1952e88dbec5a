"""Scoreboard: which explanation should we believe? Maps, two of which explain nothing, before five kinds of judges."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.labs.scoreboard import attack, compute, curves, files, points, ruins, truth
from app.labs.scoreboard.all_scores import all_scores, show_all
from app.labs.scoreboard.compute import EDGES, NO_EXPLANATIONS, Candidate, Entry
from app.labs.scoreboard.views import Numbers, show_maps
from app.labs.scoreboard.views import row as show_row
from app.shared import controls, frame, networks, own_method, shipped, subject
from app.shared.equations import SCOREBOARD
from app.shared.links import coming
from app.shared.predict import veil
from app.shared.screen import Screen, Tabs, screen, stage
from app.shared.subject import Subject
from xai_core import catalogue, evaluate
from xai_core.evaluate.deletion import exchange
from xai_core.evaluate.mufidelity import read

MOST = 5
TITLES = {method.title: name for name, method in catalogue().items()} | NO_EXPLANATIONS
FIRST = ("Integrated Gradients", "UNI", "Guided backprop", EDGES)
GAME, POINTS, TRUTH, RUINS, ATTACK = SCOREBOARD
ALL = "All scores"


@dataclass(frozen=True)
class Judge:
    """One way to judge a map: the code that has just run, and the widths of the candidates and of its controls."""

    code: tuple[Callable, ...]
    columns: tuple[int, ...]


JUDGES = {
    GAME: Judge((exchange, evaluate.insertion, evaluate.deletion), (7, 2, 3)),
    POINTS: Judge((evaluate.without_subsets, read), (6, 4, 3, 4)),
    TRUTH: Judge((evaluate.ground_truth,), (1,)),
    RUINS: Judge((evaluate.ruined, evaluate.randomisation), (4, 2)),
    ATTACK: Judge((evaluate.attack_maps, evaluate.robustness), (6, 4, 3)),
    ALL: Judge((all_scores,), (1,)),
}
BEST = {  # judges whose first numbers have a best one, and its name
    POINTS: "the best correlation r of MuFidelity",
    TRUTH: "the largest share of a map inside what decides",
    ATTACK: "the largest rank correlation ρ that is left after the attack",
}
SHIPPED = {  # judge → game, if there is one → how the title of the benchmark's table begins
    GAME: {"deletion": "UNI, Table 3", "insertion": "UNI, Table 4"},
    POINTS: {"": "UNI, Table 2"}, TRUTH: {"": "Ground truth"}, RUINS: {"": "Sanity"}, ATTACK: {"": "UNI, Table 5"},
}  # fmt: skip


def ask_candidates() -> list[str]:
    """Up to five titles, in the reader's order."""
    own = own_method.own().row
    first = (FIRST[0], own.title, FIRST[1], FIRST[-1]) if own else FIRST
    return st.multiselect(
        "Candidates", list(TITLES), first, label_visibility="collapsed", key="candidate", bind="query-params",
        max_selections=MOST, wrap=True,
        help="The last two in the list explain nothing: the edges of the picture, and numbers drawn by lot.",
    )  # fmt: skip


def ask_settings(chosen: list[str], about: Subject) -> tuple[dict[str, dict[str, Any]], int]:
    """All symbols: each candidate's arguments by its title, and the seed."""
    methods = [TITLES[title] for title in chosen if title not in NO_EXPLANATIONS]
    front, others = controls.controls_of(methods)
    columns, values = st.columns(3, gap="medium"), {}
    for i, control in enumerate([*front, *others]):
        with columns[i % 3]:
            values[control.key] = controls.ask(control, methods)
    rest = controls.ask_rest(methods, networks.load(about.network.name))
    given = {t: controls.values_for(TITLES[t], values, rest) for t in chosen if t not in NO_EXPLANATIONS}
    return given | {t: {"seed": rest["seed"]} for t in chosen if t in NO_EXPLANATIONS}, rest["seed"]


def enter(about: Subject, given: dict[str, dict[str, Any]]) -> tuple[dict[str, Entry], dict[str, str]]:
    """Every candidate's map, or the sentence that says why there is none."""
    return frame.answers(given, lambda title, asked: compute.enter(about, Candidate(TITLES[title], title, asked)))


judge = coming("judge", list(JUDGES))
on = stage() if judge in (GAME, RUINS) else screen()
about = subject.choose(on.subject)
if about is None:
    frame.end()
with on.question:
    words, choice = st.columns([2, 3], vertical_alignment="center")
words.markdown(f"### Which map of *{about.class_name}* should we believe?")
choice.segmented_control("Judge", list(JUDGES), default=GAME, required=True, key="judge", bind="query-params",
                                 label_visibility="collapsed")  # fmt: skip
first, *row = on.controls.columns(JUDGES[judge].columns, gap="medium", vertical_alignment="bottom")
with first:
    chosen = ask_candidates()
if not chosen:
    st.info("Choose a candidate above.")
    frame.end()
guess = veil.ask(
    on, f"scoreboard {about.question('')}", about.opened.x,
    "the best pixels are put back, step by step. Whose picture is known first?", chosen, "believed",
).choice  # fmt: skip
with on.settings:
    given, seed = ask_settings(chosen, about)
q = about.question("probability")
with frame.asking() as cost:
    entries, failures = enter(about, given)

how: dict[str, Any] = {}
numbers: Numbers = {}
if isinstance(on, Screen):
    under: Tabs = on
    if not entries:
        show_maps(on, about, entries, failures, {})
        frame.end()
    with on.judge, frame.asking("Judging …") as judging:
        if judge == POINTS:
            how = points.ask_subsets(*row)
            numbers = points.show_points(
                on, about, entries, failures, compute.points(q, **how, seed=seed), **how
            )  # fmt: skip
        elif judge == TRUTH:
            numbers = truth.show_truth(on, about, entries, failures)
        elif judge == ATTACK:
            how = attack.ask_attack(*row)
            numbers = attack.show_attack(on, about, q, entries, failures, **how, seed=seed)
        else:
            numbers = show_all(on, about, q, entries, failures, seed)
else:
    if not entries:
        show_row(about, entries, failures, {})
        frame.end()
    if judge == RUINS:
        how = ruins.ask_ruins(about, *row)
        with frame.asking("A network for every depth …") as judging:
            known = ruins.everywhere(q, entries, seed) if how["everywhere"] else {}
        numbers, under = ruins.show_ruins(about, q, entries, failures, seed, known)
    else:
        how = curves.ask_game(*row)
        with frame.asking("Judging …") as judging:
            played = curves.play(q, how["game"], entries)
        if guess in played:
            with on.guess:
                curves.show_verdict(played, how["game"], guess)
        numbers, under = curves.show_game(about, entries, failures, played, **how)
        with under.judge:
            curves.show_budgets(q, entries)
cost += judging
if isinstance(on, Screen) and judge in BEST and numbers:
    each = next(iter(numbers.values()))
    winner = max((t for t in each if each[t] == each[t]), key=lambda t: each[t], default=None)
    if winner:
        on.number.metric(f"is {BEST[judge]}: {winner}", f"{each[winner]:.2f}")
with under.judge:
    if judge in (RUINS, ATTACK):
        st.caption(f"Just now: {cost.seconds:.2f} s; passes through ruins and second derivatives are not counted.")
    else:
        frame.cost(cost)
    if judge in SHIPPED:
        shipped.show(SHIPPED[judge][how.get("game", "")])
equations = SCOREBOARD.values() if judge == ALL else [SCOREBOARD[judge]]
with under.code:
    frame.code({function.__name__: function for function in JUDGES[judge].code}, list(equations))
with under.take_away:
    files.offer(about, entries, judge, how, numbers, seed)
