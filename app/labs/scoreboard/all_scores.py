"""All scores of the page Scoreboard in one table: who wins depends on which row you read."""

from collections.abc import Mapping

import streamlit as st

from app.labs.scoreboard import compute, robustness
from app.labs.scoreboard.compute import CANVASES, GAMES
from app.labs.scoreboard.curves import aucs, play
from app.labs.scoreboard.views import Entries, Numbers, listed, show_maps, stressed
from app.shared import frame
from app.shared.screen import Screen
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core.evaluate import SCORES
from xai_core.evaluate.mufidelity import read

SUBSETS = {"N": 200, "share": 0.2, "reference": "black"}  # as the tab MuFidelity begins


def all_scores(about: Subject, q: Question, entries: Entries, seed: int) -> dict[str, dict[str, float]]:
    """Score → candidate → number; NaN where it does not exist."""
    near = compute.points(q, **SUBSETS, seed=seed)
    found = {"mufidelity": {t: abs(float(read([near], e.A).correlation)) for t, e in entries.items()}}
    for game in GAMES:
        played = play(q, game, entries)
        found |= {f"{game}_{canvas}": aucs(played, canvas) for canvas in CANVASES}
    depth = robustness.half(q.network.name)
    ruins = {t: robustness.in_ruins(q, e.candidate, depth, seed, e).spearman for t, e in entries.items()}
    found["randomisation"] = {t: abs(rho) for t, rho in ruins.items()}
    truths = {t: list(compute.truths(about.opened, e.A).values())[:2] for t, e in entries.items()}
    if all(truths.values()):
        for i, what in enumerate(("animal", "part")):
            found[f"inside_{what}"] = {t: float(each[i].inside) for t, each in truths.items()}
            found[f"pointing_{what}"] = {t: float(each[i].pointing) for t, each in truths.items()}
    return found


def show_all(
    on: Screen, about: Subject, q: Question, entries: Entries, failures: Mapping[str, str], seed: int
) -> Numbers:
    """One row a score, one column a candidate, the best of each row in bold."""
    show_maps(on, about, entries, failures, {})
    with frame.asking("All scores …"):
        found = all_scores(about, q, entries, seed)
    wins = dict.fromkeys(entries, 0)
    lines = []
    for name, numbers in found.items():
        winners = compute.best(numbers, SCORES[name].best)
        for title in winners:
            wins[title] += 1
        title = "|ρ|, half in ruins" if name == "randomisation" else SCORES[name].title
        goal = "high" if SCORES[name].best else "low"
        lines.append([title, goal, *(stressed(x, t in winners) for t, x in numbers.items())])
    frame.table(["", "good is", *entries], lines, "all")
    said = ", ".join(f"**{title}** {n}" for title, n in wins.items())
    every = [title for title, n in wins.items() if n == len(found)]
    st.markdown(
        f"Best, or as good as the best, in so many of {len(found)} rows: {said}. {listed(every) or 'Nobody'} wins all."
        " The rows ask different questions, so do not add them up: choose the question first."
    )
    st.caption(
        "MuFidelity of 200 subsets of a fifth of the cells, which become black. Inside: share of the positive"
        " relevance, only where a scene was drawn. Half in ruins: the upper half of the layers, without the sign."
        " All numbers are of one picture."
    )
    return found
