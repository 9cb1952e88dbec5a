"""The benchmark's numbers by hand: means, intervals, tests, Holm; the tables and files that show them."""

import csv
import html.parser
import math
import re
import unicodedata

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import scipy.stats

from xai_core import plain
from xai_core.benchmark import documents, estimate, exports, report, uni_paper, uni_tables, watching
from xai_core.benchmark.cells import Cell, Result
from xai_core.benchmark.documents import Document, Section, Table, markdown
from xai_core.benchmark.store import Store
from xai_core.benchmark.uni_methods import CHANGED
from xai_core.evaluate.scores import SCORES
from xai_core.statistics import compare, differ, holm, least_pairs, summary

NAN = float("nan")


# --- statistics -------------------------------------------------------------------------------------------------------


def test_mean_spread_and_interval_by_hand():
    found = summary([1, 2, NAN, 3, 4])
    assert (found.n, found.missing, found.mean) == (4, 1, 2.5)
    assert found.std == pytest.approx(math.sqrt(5 / 3))
    half = 3.182446305 * math.sqrt(5 / 3) / 2  # t of 3 degrees of freedom, 97.5 %
    assert (found.low, found.high) == pytest.approx((2.5 - half, 2.5 + half))
    one, none = summary([5.0]), summary([NAN, NAN])
    assert (one.n, one.mean) == (1, 5.0) and math.isnan(one.std) and math.isnan(one.low)
    assert (none.n, none.missing) == (0, 2) and math.isnan(none.mean)


def test_the_interval_holds_the_mean_as_often_as_it_says():
    samples = scipy.stats.norm.rvs(3, 2, size=(2000, 8), random_state=0)
    inside = sum(found.low <= 3 <= found.high for found in map(summary, samples))
    assert 0.94 < inside / 2000 < 0.96


def test_pairs_by_hand():
    found = compare([3, 5, NAN, 9, 1, 8], [1, 1, 4, 3, 0, NAN])  # + 2, 4, 6, 1: the lowest of 2⁴ signs, two-sided
    assert (found.pairs, found.difference, found.p) == (4, 3.25, 2 / 16)
    assert compare([1, 2], [1, 2]).p == 1 and compare([1, 2], [1, 2]).difference == 0
    nothing = compare([NAN, 1], [1, NAN])
    assert nothing.pairs == 0 and math.isnan(nothing.p)


def test_several_methods_at_once_by_hand():
    """Friedman's χ² of n = 8 pictures and k = 3 methods in one order: 12/(nk(k+1)) Σ R² − 3n(k+1) = 16; e⁻⁸."""
    order = np.arange(8) + np.array([[0], [10], [20]])
    assert differ(order) == pytest.approx(math.exp(-8))
    assert differ(order[:2]) == compare(order[0], order[1]).p == 2 / 2**8
    assert math.isnan(differ(order[:1])) and math.isnan(differ(np.empty((3, 0))))
    assert differ(np.ones((3, 5))) == 1


def test_a_row_whose_chance_nobody_knows_is_bold_where_methods_differ():
    title = "UNI, Table 6: robustness, intersection of the strongest pixels, in percent"
    up = [0.5 + 0.01 * i for i in range(8)]
    frame = rows("attack_intersection", uni=up, integrated_gradients=[v - 0.3 for v in up], smoothgrad=[0.1] * 8)
    assert table_of(frame, title)[1].rows[-1][3].startswith("**53.5")
    frame = rows("attack_intersection", uni=up, integrated_gradients=up[::-1], smoothgrad=up[4:] + up[:4])
    _, table, *verdicts, _ = table_of(frame, title)
    assert "**" not in "".join(table.rows[-1]) and verdicts[0].startswith("In 1 of 1 rows, one step, no method")


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    corrected = holm([0.5, NAN, 0.9])
    assert corrected[0] == 1 and math.isnan(corrected[1]) and corrected[2] == 1  # a test that was none does not count
    assert holm([]) == []


# --- UNI's tables -----------------------------------------------------------------------------------------------------


def rows(score: str, network: str = "zoo", **values: list[float]) -> pd.DataFrame:
    """method → one value a picture."""
    return pd.DataFrame([
        {"network": network, "source": "zoo", "picture": f"{i:05d}", "method": method, "score": score, "value": value}
        for method, column in values.items() for i, value in enumerate(column)
    ])  # fmt: skip


def table_of(frame: pd.DataFrame, title: str) -> list[list[str]]:
    def of_scores(scores: list[str]) -> pd.DataFrame:
        return frame[frame["score"].isin(scores)]

    found = {section.title: section for section in uni_tables.sections(of_scores, str.title)}
    return found[title].parts


def test_a_row_of_table_2_by_hand():
    ig = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    frame = rows("mufidelity", uni=[v + 0.2 for v in ig], integrated_gradients=ig, smoothgrad=[NAN] * 6 + [0.5])
    says, table, *verdicts, details = table_of(frame, "UNI, Table 2: |MuFidelity|")
    assert table.head == ["Network", "", "n", "UNI", "IG", "BlurIG", "GIG", "AGI", "GBP", "DeepLIFT", "SG"]
    assert table.rows[0][:5] == ["ResNet-18", "paper", "", ".12 ± .124", ".06 ± .068"] and table.rows[0][-1] == ""
    # std of 0.1 … 0.7 is 0.216; p = 2/2⁷ = 0.016, of two tests the smaller: 0.031
    assert table.rows[-1] == ["Zoo", "here, black", "7", "**.600 ± .216** ▲", ".400 ± .216", *["–"] * 5, ".500 ± ?"]
    assert verdicts == [
        "Best mean here, black: UNI 1 of 1. In the paper no method is ahead of UNI for 5 of 6 networks.",
        "Rows won on black: UNI (1). The canvas alone changes who is best for 0 of 1 network.",
        "A difference needs at least 7 pictures to tell: 1 of 2 tests here have fewer.",  # 2 · 2⁻⁶ < .05 < 2 · 2⁻⁵
    ]
    lines = {line[3]: line for line in details.rows}
    assert lines["UNI"] == [
        "Zoo",
        "zoo",
        "|MuFidelity|",
        "UNI",
        "7",
        "0",
        ".600",
        ".400 to .800",
        ".200",
        "7",
        ".031",
        "yes",
    ]
    assert lines["SG"][4:] == ["1", "6", ".500", "?", "−.200", "1", "1", "yes"]
    assert details.folded and says.startswith("Higher is better. ")


def test_lower_is_better_where_the_score_says_so_and_the_canvas_may_decide():
    low, high = [0.1 + 0.01 * i for i in range(8)], [0.5 + 0.02 * i for i in range(8)]
    frame = pd.concat([
        rows("deletion_black", uni=high, integrated_gradients=low),
        rows("deletion_own", uni=low, integrated_gradients=high),
    ])  # fmt: skip
    _, table, *verdicts, _ = table_of(frame, "UNI, Table 3: deletion AUC")
    ours = {line[1]: line[3:5] for line in table.rows if line[0] == "Zoo"}
    assert ours == {
        "here, black": [".570 ± .049 ▼", "**.135 ± .024**"],
        "here, own": ["**.135 ± .024** ▲", ".570 ± .049"],
    }
    told = "Rows won on black: IG (1); on own: UNI (1). The canvas alone changes who is best for 1 of 1 network"
    assert f"{told}: Zoo (IG on black, UNI on own)." in verdicts


def test_a_missing_method_a_missing_score_and_percent():
    frame = rows("attack_intersection", uni=[0.25, 0.75], guided_backprop=[0.5, 0.5])  # no IG: nothing to compare with
    _, table, *_, details = table_of(
        frame, "UNI, Table 6: robustness, intersection of the strongest pixels, in percent"
    )
    assert table.head[3:] == ["UNI", "IG", "BlurIG", "SG", "DeepLIFT", "GBP"]
    ours = [line for line in table.rows if line[1] == "here, one step"]
    assert ours == [["Zoo", "here, one step", "2", "50 ± 35.4", "–", "–", "–", "–", "50 ± .000"]]  # a tie of two
    assert {line[3]: line[6] for line in details.rows} == {"UNI": "50", "GBP": "50"}
    frame = rows("monotonicity", uni=[1.0, 0.9], guided_backprop=[NAN, NAN])
    _, table, *_, details = table_of(frame, "The path")
    assert table.rows[0][2:] == ["2", ".950 ± .071", "–"]  # one method alone is not the best of several
    assert [line[4:6] for line in details.rows] == [["2", "0"], ["0", "2"]]


def test_nothing_is_bold_where_no_method_is_better_than_chance():
    lots, up = [0.1, -0.2, 0.05, -0.1, 0.2, -0.05, 0.12, -0.07], [0.5, 0.4, 0.6, 0.5, 0.45, 0.55, 0.5, 0.6]
    near = [0.11, -0.21, 0.06, -0.11, 0.21, -0.06, 0.13, -0.08]
    _, table, *verdicts, details = table_of(
        rows("mufidelity", uni=near, integrated_gradients=lots[::-1], random=lots), "UNI, Table 2: |MuFidelity|"
    )
    assert "**" not in "".join(table.rows[-1]) and verdicts[0].startswith(
        "In 1 of 1 rows, black, no method is better than"
    )
    assert {line[3]: line[-1] for line in details.rows} == {"UNI": "no", "IG": "no", "random": "no"}
    _, table, *verdicts, details = table_of(
        rows("mufidelity", uni=up, integrated_gradients=near, random=lots), "UNI, Table 2: |MuFidelity|"
    )
    assert table.rows[-1][3].startswith("**.512") and verdicts[0].startswith("Best mean here, black: UNI 1 of 1.")
    assert {line[3]: line[-1] for line in details.rows} == {"UNI": "yes", "IG": "no", "random": "no"}
    # without random numbers, against the number that the score has by chance: 0 for Spearman's ρ
    title = "UNI, Table 5: robustness, Spearman"
    _, table, *_ = table_of(rows("attack_spearman", uni=near, integrated_gradients=lots), title)
    assert "**" not in "".join(table.rows[-1])
    _, table, *_ = table_of(rows("attack_spearman", uni=up, integrated_gradients=lots), title)
    assert table.rows[-1][3].startswith("**.512")


def test_what_every_map_gets_is_taken_out_of_a_comparison():
    """UNI's own canvas still has F(x′) = .8: of its AUC, .08 are no fault of the map."""
    ig, uni = [0.30 + 0.01 * i for i in range(8)], [0.35 + 0.01 * i for i in range(8)]
    frame = pd.concat([
        rows("deletion_own", uni=uni, integrated_gradients=ig),
        rows("answer_own", uni=[0.8] * 8, integrated_gradients=[0.0] * 8),
    ])  # fmt: skip
    _, table, *_, details = table_of(frame, "UNI, Table 3: deletion AUC")
    assert table.rows[-1][3:5] == ["**.385 ± .024** ▲", ".335 ± .024"]  # printed as in the paper, judged without
    assert {line[3]: line[8] for line in details.rows} == {"UNI": "−.030", "IG": ""}


def test_what_the_reviewers_asked_stands_beside_uni_as_it_is():
    """Eight pictures of which all say the same take p = 2 · 2⁻⁸; of five tests, .04."""
    title = "What the reviewers asked of UNI: another goal, divergence, place for δ, or fewer weights"
    usual = [0.2, 0.3, 0.25, 0.4, 0.1, 0.35, 0.15, 0.3]
    lots = [0.1, -0.2, 0.05, -0.1, 0.2, -0.05, 0.12, -0.07]
    near, low = [v + d for v, d in zip(usual, lots, strict=True)], [v - 0.3 for v in usual]
    frame = pd.concat([
        rows("mufidelity_5", uni=usual, random=low, **{"uni:goal=uniform": [v + 0.1 for v in usual]}),
        rows("mufidelity_50", uni=usual, random=low, **{"uni:goal=uniform": near}),
        rows("deletion_black", uni=usual, random=usual[::-1], **{"uni:goal=uniform": [v + 0.1 for v in usual]}),
        rows("mufidelity_5", uni=usual, integrated_gradients=lots),
        rows("mufidelity_5", "birds", uni=usual, **{"uni:goal=uniform": [NAN] * 8}),
    ])  # fmt: skip
    says, changes, means, *few, details = table_of(frame, title)
    assert all(method.partition("=")[2] in says for method in CHANGED) and few == []
    assert changes.head == ["Score", "n", "uniform", "random"]
    assert changes.rows == [
        ["|MuFidelity|, |S| = 5 % ↑", "8", ".100 (▲ 1)", "−.300 (▼ 1)"],  # birds has no number of the change
        ["|MuFidelity|, |S| = 50 % ↑", "8", ".006", "−.300 (▼ 1)"],
        ["Deletion, black ↓", "8", ".100 (▼ 1)", ".000"],
    ]
    assert means.folded and means.head[3:] == ["UNI", "UNI, goal=uniform", "random"]  # IG is in the tables above
    assert means.rows[0][1:3] == ["here, |MuFidelity|, |S| = 5 % ↑", "8"] and means.rows[0][3].startswith(".256 ± ")
    assert details.head[8] == "− UNI"
    assert [line[8] for line in details.rows if line[2:4] == ["Deletion, black", "UNI, goal=uniform"]] == [".100"]


def test_the_reviewers_changes_stand_in_no_other_table():
    frame = rows("mufidelity", uni=[0.1, 0.2], integrated_gradients=[0.1, 0.1], **{"uni:goal=uniform": [0.3, 0.4]})
    assert "UNI, goal=uniform" not in table_of(frame, "UNI, Table 2: |MuFidelity|")[1].head
    frame = rows("mufidelity", uni=[0.1, 0.2], integrated_gradients=[0.1, 0.1])
    found = uni_tables.sections(lambda scores: frame[frame["score"].isin(scores)], str.title)
    assert [section.title for section in found] == ["UNI, Table 2: |MuFidelity|"]  # and nobody asked for the changes


def test_a_rule_without_a_relu_and_a_gap_are_told_beside_the_numbers():
    frame = rows("mufidelity", integrated_gradients=[0.1, 0.2], guided_backprop=[0.9, 0.9])
    frame["note"] = frame["method"].map({"guided_backprop": "plain gradient here"})
    frame = pd.concat([frame, rows("gap", integrated_gradients=[0.02, 0.04])])
    _, table, *_ = table_of(frame, "UNI, Table 2: |MuFidelity|")
    ours = {line[1]: line for line in table.rows if line[0] == "Zoo"}
    column = table.head.index("GBP")
    assert ours["here, black"][column] == "plain gradient here" and "**" not in "".join(ours["here, black"])
    assert ours["gap of the map"][table.head.index("IG")] == ".030" and ours["gap of the map"][column] == ""


def test_a_network_that_was_prepared_otherwise_has_a_row_of_its_own():
    frame = pd.concat([rows("mufidelity", uni=[0.1, 0.2]), rows("mufidelity", uni=[0.3, 0.4])], ignore_index=True)
    frame["made"] = [None, None, *['{"fold_batchnorm":true,"layout":"channels_last"}'] * 2]
    _, table, *_ = table_of(frame, "UNI, Table 2: |MuFidelity|")
    ours = {line[0]: line[3] for line in table.rows if line[1] == "here, black"}
    assert ours == {"Zoo": ".150 ± .071", "Zoo, batch norm folded, channels last": ".350 ± .071"}


@pytest.mark.parametrize(("tests", "least"), [(1, 6), (2, 7), (70, 12)])
def test_how_many_pictures_it_takes(tests, least):
    assert least_pairs(tests) == least
    assert tests * 2.0 ** (1 - least) < 0.05 <= tests * 2.0 ** (2 - least)
    assert compare([0.1 * i + 1 for i in range(least)], [0.0] * least).p * tests < 0.05


def test_the_papers_numbers():
    """Spot checks, and every table's layout: six networks, seven or five methods."""
    assert uni_paper.MUFIDELITY["convnext_tiny"]["guided_ig"] == ".18 ± .149"
    assert uni_paper.DELETION["vit_b_16"]["blur_ig"] == ".60 ± .166"
    assert uni_paper.INSERTION["swin_t"]["deeplift"] == ".26 ± .152"
    assert uni_paper.SPEARMAN["vgg16_bn"]["integrated_gradients"] == ".143"
    assert uni_paper.INTERSECTION["vit_b_16"]["smoothgrad"] == "19.6"
    for table in (uni_paper.SPEARMAN, uni_paper.INTERSECTION):
        assert table["swin_t"] == table["resnet18"]
    for table, columns in ((uni_paper.DELETION, 7), (uni_paper.INTERSECTION, 5)):
        assert len(table) == 6 and {len(row) for row in table.values()} == {columns}


def test_every_score_has_a_table():
    shown = [score for layout in uni_tables.LAYOUTS for score in layout.kinds]
    assert sorted(shown) == sorted(SCORES)


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results.sqlite")
    known = {"network": "zoo", "source": "zoo", "picture": "00000", "seed": 3, "symbols": {"B": 15}}
    of_uni = [Cell("m:f", {**known, "method": method}) for method in ("uni", "integrated_gradients")]
    other = Cell("m:g", {"pair": "a", "n": 1})
    store.plan("uni", of_uni)
    store.plan("other", [other])
    store.keep(Result(of_uni[1].key, [{"score": "gap", "value": 0.1 + 0.2}], 30.0, 3.0))
    store.keep(
        Result(of_uni[0].key, [{"score": "gap", "value": NAN}, {"score": "curvature", "value": 1e-300}], 10.0, 1.0)
    )
    store.keep(Result(other.key, [], error="ValueError: no"))
    yield store
    store.close()


def test_every_number_is_exported_whole(store, tmp_path):
    assert exports.export(store, tmp_path) == 3
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["method"], line["score"], line["value"]) for line in lines] == [
        ("uni", "gap", "nan"), ("uni", "curvature", "1e-300"), ("integrated_gradients", "gap", "0.30000000000000004"),
    ]  # fmt: skip
    assert lines[0]["symbols"] == '{"B":15}' and lines[0]["seed"] == "3" and lines[0]["table"] == "uni"
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table["value"].to_pylist()[1:] == [1e-300, 0.1 + 0.2] and math.isnan(table["value"].to_pylist()[0])
    assert table["seed"].to_pylist() == [3, 3, 3] and not list(tmp_path.glob("*.part"))


def test_a_report_of_half_a_run(store, tmp_path):
    report.write(store, tmp_path, str.title)
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| uni | 2 | 2 | 0 |" in said and "| other | 1 | 0 | 1 |" in said
    assert "| a, 1 | ValueError: no |" in said
    assert "| Zoo | here, Completeness gap | 1 | – | .300 ± ? |" in said
    (tables, *_) = [each for each in report.kept(tmp_path) if each.title.startswith("The path")]
    assert markdown(Document("", [tables])).split("\n", 2)[2] in said  # what pages show is what the report says
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<table>") == page.count('<div class="box"') >= 4
    assert "http" not in page and "<script" not in page and "prefers-color-scheme: dark" in page


def test_markdown_and_page_say_the_same_and_escape():
    document = Document("<T>", [Section("S & s", ["**b** < c", Table(["a|b", "n"], [["x", "**1** ▲"]], "cap")])])
    assert documents.markdown(document).splitlines() == [
        "# <T>", "", "## S & s", "", "**b** < c", "", "cap", "", "| a\\|b | n |", "|---|---|", "| x | **1** ▲ |",
    ]  # fmt: skip
    page = documents.page(document)
    assert "<title>&lt;T&gt;</title>" in page and "<p><b>b</b> &lt; c</p>" in page
    assert '<td class="words">x</td><td><b>1</b> ▲</td>' in page
    opened: list[str] = []

    class Balanced(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta",):
                opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag

    Balanced().feed(page)
    assert opened == []


HOSTILE = ["a*b* **c** _d_ a_b", "<b>x</b> &amp; `y`", "x|y$z$ [l](http://e.org/i)", "a\nb\x00", "\\*\\|", "שלום (1)"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_are_shown_as_they_are(name):
    """In the page, letter by letter; in Markdown, in one cell, with a backslash before every mark."""
    document = Document("T", [Section("S", [Table(["n"], [[plain.markdown(name)]], "cap"), plain.markdown(name)])])
    texts: list[str] = []

    class Cells(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag not in ("b", "code", "em") and ("href", "http://e.org/i") not in attrs

        def handle_data(self, data):
            texts.append(data)

    Cells().feed(documents.page(document))
    shown = ["".join(c for c in text if unicodedata.category(c) != "Cf") for text in texts]
    assert shown.count(plain.one_line(name)) == 2
    (line,) = [
        line for line in documents.markdown(document).splitlines() if line.startswith("| ") and "n |" not in line
    ]
    assert not re.search(r"(?<!\\)(\\\\)*[|`*<\[$]", line[2:-2])


def test_a_report_with_hostile_names(tmp_path):
    """From a folder's name to an error's words, nothing is markup."""
    store, name = Store(tmp_path / "results.sqlite"), "<img src=x>**|`$"
    known = {"network": name, "source": name, "picture": name, "method": "no_such|<i>"}
    done, failed = Cell("m:f", known), Cell("m:f", {**known, "seed": 1})
    store.plan("uni", [done, failed])
    store.plan(name, [failed])
    store.keep(Result(done.key, [{"score": "gap", "value": 0.5}]))
    store.keep(Result(failed.key, [], error=f"ValueError: {name}\n# no"))
    report.write(store, tmp_path, str)
    page, said = ((tmp_path / f"report.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))
    assert "<img" not in page and "<i>" not in page and page.count("&lt;img src=x&gt;**|`$") >= 5
    assert "<img" not in said.replace("\\<img", "") and "\n# no" not in said
    store.close()


def test_an_estimate_by_hand(store):
    section, seconds = estimate.section(store, "uni", 1800, 2, str.title)
    table, sentence = section.parts
    assert seconds == 3600
    assert table.head == ["Network", "uni", "integrated_gradients", "all", "cells measured", "1,800 pictures"]
    assert table.rows == [["Zoo", "1", "3", "4", "2", "60 min"]]  # 1800 · 4 s / 2
    assert "1,800 pictures × 2 methods × 1 networks = 3,600 cells: 60 min with 2 workers" in sentence
    on_a_gpu = estimate.section(store, "uni", 1800, 2, str.title, "cuda")[0].parts[0].rows
    assert on_a_gpu == [["Zoo", "10", "30", "40", "2", "10 h"]]  # by the clock
    with pytest.raises(ValueError, match="estimate needs finished cells of 'other'"):
        estimate.section(store, "other", 10, 1, str.title)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(5, "5 s"), (600, "10 min"), (7200, "2 h"), (864000, "10 days"), (3.15576e8, "10 years"), (99.9, "99.9 s")],
)
def test_times_as_a_person_says_them(seconds, told):
    assert watching.told(seconds) == told
