"""What holds: verdicts by hand, from rows written by hand."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xai_core.benchmark import claims, claims_gad, claims_normlime, claims_uni
from xai_core.benchmark.claims import FAILS, HOLDS, UNDECIDED, Claim, Comparison, decide
from xai_core.benchmark.documents import Document, markdown
from xai_core.benchmark.gad import COLUMNS, SHARES, columns_of

NAN = float("nan")
UP = np.arange(1.0, 9.0)  # 8 differences above 0: p = 2/2⁸ = .0078


def claim(*asked: Comparison) -> claims.Decided:
    return decide(Claim("name", "A paper", "Table 1", "A is better.", lambda rows: asked, "pictures"), asked)


def test_a_claim_holds_if_every_comparison_does_and_one_against_it_refutes_it():
    assert claim(Comparison("a", "B", UP), Comparison("b", "B", UP)).verdict == HOLDS
    assert claim(Comparison("a", "B", UP), Comparison("b", "B", -UP)).verdict == FAILS
    mixed = np.array([1.0, -2, 3, -4, 5, -6, 7, -8])
    found = claim(Comparison("a", "B", UP), Comparison("b", "B", mixed))
    assert found.verdict == UNDECIDED
    assert [found.count(each) for each in (HOLDS, FAILS, UNDECIDED)] == [1, 0, 1]


def test_p_is_corrected_for_the_comparisons_of_the_claim_and_what_is_unknown_does_not_count():
    few = UP[:6]  # p = 2/2⁶ = .031
    assert claim(Comparison("a", "B", few)).verdict == HOLDS
    twice = claim(Comparison("a", "B", few), Comparison("b", "B", few))
    assert [part.p for part in twice.parts] == [pytest.approx(0.0625)] * 2 and twice.verdict == UNDECIDED
    unknown = claim(Comparison("a", "B", few), Comparison("b", "B", np.array([NAN, NAN])))
    assert len(unknown.parts) == 1 and unknown.verdict == HOLDS
    part = claim(Comparison("a", "B", np.array([2.0, NAN, 4.0]))).parts[0]
    assert (part.own.n, part.own.mean, part.verdict) == (2, 3.0, UNDECIDED)


def test_one_large_difference_does_not_turn_what_the_ranks_say() -> None:
    """Eleven small losses and one large win: the mean is above 0, Wilcoxon's test says below, so nothing is decided."""
    found = claim(Comparison("a", "B", np.array([*(-UP), -9.0, -10, -11, 99])))
    assert found.parts[0].own.mean > 0 and found.parts[0].p < 0.05
    assert found.verdict == UNDECIDED


def test_runs_are_few_and_alike_so_students_test_decides():
    """Of 1, 2, 3: mean 2, std 1, t = 2√3 with two degrees of freedom, p = .0742; of 2, 2.1, 1.9 it is .0008."""
    assert claim(Comparison("a", "B", np.array([1.0, 2, 3]), of_runs=True)).parts[0].p == pytest.approx(
        0.0742, abs=1e-4
    )
    assert claim(Comparison("a", "B", np.array([2.0, 2.1, 1.9]), of_runs=True)).verdict == HOLDS
    assert claim(Comparison("a", "B", np.array([2.0, 2.0]), of_runs=True)).verdict == UNDECIDED  # nothing to test


def uni_rows(values: dict[tuple[str, str], np.ndarray]) -> pd.DataFrame:
    """(method, score) → its number of each picture, of one network."""
    return pd.DataFrame(
        [
            {"network": "zoo", "source": "zoo", "picture": str(i), "method": method, "score": score, "value": value,
             "symbols": json.dumps({"B": 30})}
            for (method, score), each in values.items()
            for i, value in enumerate(each)
        ]
    )  # fmt: skip


def asked(name: str, found: pd.DataFrame, of: tuple[Claim, ...] = claims_uni.CLAIMS) -> list[Comparison]:
    known = {each.name: each for each in of}
    return list(known[name].asks(lambda plan: found))


def test_higher_is_better_of_mufidelity_and_lower_of_deletion_without_its_last_step():
    zero = np.zeros(3)
    found = uni_rows({
        ("uni", "mufidelity"): zero + 0.5, ("agi", "mufidelity"): zero + 0.25,
        ("uni", "deletion_own"): zero + 0.3, ("uni", "answer_own"): zero + 1.0,
        ("agi", "deletion_own"): zero + 0.5, ("agi", "answer_own"): zero,
    })  # fmt: skip
    (more,) = asked("uni_mufidelity", found)
    assert (more.row, more.column) == ("zoo, |MuFidelity|", "AGI") and more.differences == pytest.approx([0.25] * 3)
    (less,) = asked("uni_deletion", found)
    assert less.differences == pytest.approx([0.5 - (0.3 - 1.0 / 10)] * 3)  # a tenth of its AUC is F(x′)
    assert asked("uni_curvature", found) == []


def test_a_forgotten_picture_and_a_complete_map():
    found = uni_rows({
        ("uni", "answer_x"): np.array([0.9]), ("uni", "answer_own"): np.array([0.2]),
        ("uni", "answer_black"): np.array([0.1]), ("uni", "answer_blurred"): np.array([0.6]),
        ("integrated_gradients", "answer_x"): np.array([0.9]),
        ("integrated_gradients", "answer_own"): np.array([0.1]),
        ("integrated_gradients", "gap"): np.array([0.01]),
    })  # fmt: skip
    assert asked("uni_forgets", found)[0].differences == pytest.approx([0.7])
    static = {each.column: each.differences[0] for each in asked("uni_static", found)}
    assert static == pytest.approx({"black": -0.1, "blurred": 0.4})
    (complete,) = asked("ig_complete", found)
    assert complete.row == "zoo, B = 30" and complete.differences == pytest.approx([0.05 * 0.8 - 0.01])


def test_a_picture_without_a_hull_is_no_win_for_gad():
    columns = [*COLUMNS, *columns_of(SHARES)]
    values = {"RC": (0.4, 1.0, NAN), "RS GAD": (3.0, 1.0, 2.0), "RS Sup.": (1.0, 2.0, 2.0)}
    found = pd.DataFrame(
        [
            {"pair": "birds", "column": "zoo", "method": "simple_gradient", "class": 0, "picture": i, "score": score,
             "value": values.get(score, (0.0, 0.0, 0.0))[i]}
            for i, score in product(range(3), columns)
        ]
    )  # fmt: skip
    (hull,) = asked("gad_hull", found, claims_gad.CLAIMS)
    assert (hull.row, hull.column) == ("birds, zoo, class 1", "S") and hull.differences.tolist() == [1, -1, -1]
    assert asked("gad_change", found, claims_gad.CLAIMS)[0].differences.tolist() == [2, -1, 0]


def test_normlime_is_compared_over_the_shares_that_both_have():
    def row(method: str, share: float, run: int, value: float) -> dict:
        return {"network": "digits", "kind": "conv", "method": method, "share": share, "run": run, "value": value}

    found = pd.DataFrame(
        [row("random", 0.0, run, 0.02) for run in range(2)]
        + [row("NormLIME", share, run, 0.01) for share in (0.3, 0.9) for run in range(2)]
        + [row("LIME", share, run, 0.03 + 0.02 * run) for share in (0.3, 0.9) for run in range(2)]
        + [row("LIME", 0.5, run, 0.9) for run in range(2)]
    )
    (against_lime,) = asked("normlime_4", found, claims_normlime.CLAIMS)
    assert (against_lime.row, against_lime.column) == ("digits, NormLIME", "LIME")
    assert against_lime.differences == pytest.approx([2.0, 4.0])  # points: 3 − 1 and 5 − 1
    keeps = asked("normlime_keeps", found, claims_normlime.CLAIMS)
    assert [each.column for each in keeps] == ["30% dropped"]
    assert keeps[0].differences == pytest.approx([1.0, 1.0])


def test_the_page_says_how_many_comparisons_are_for_against_and_open():
    found = claim(Comparison("zoo", "A | B", UP), Comparison("birds", "B", -UP), Comparison("few", "B", UP[:2]))
    text = markdown(Document("What holds", list(claims.sections([found]))))
    assert "| A paper | Table 1 | A is better. | **does not hold** | 1 | 1 | 1 | 2 to 8 pictures |" in text
    assert "| few | B | 2 | +1.5 | −4.85 to +7.85 |" in text and r"| zoo | A \| B | 8 |" in text
    assert list(claims.sections([])) == []


def test_a_name_is_one_claims_and_nothing_measured_is_nothing_said(tmp_path: Path):
    names = [each.name for each in claims.every_claim()]
    assert len(set(names)) == len(names)
    assert claims.decided(tmp_path) == []
