"""The tab Compare on a page: pin, move, and hold B against A; a link opens the same numbers."""

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import xai_core
from app.shared.compare import tab
from app.shared.compare.two import Compared
from data.nets import networks as shipped
from tests.app.running import hand, metrics, opened, ran, the_script_makes_the_same

pytestmark = pytest.mark.usefixtures("fresh")
IG = {"method": "Integrated Gradients", "tab": "Compare"}
RHO = "Spearman's rank correlation of A and B"


def pin_of(at: AppTest) -> str:
    (words,) = [at.query_params["pin"]] if isinstance(at.query_params["pin"], str) else at.query_params["pin"]
    return words


def shown(at: AppTest) -> list[str]:
    return [m.value for m in at.markdown]


def test_pin_move_compare_and_the_link_opens_the_same(seen: SimpleNamespace) -> None:
    at = opened(**IG)
    assert RHO not in metrics(at) and any("Pin a map as **A**" in words for words in shown(at))
    at.button(key="_pin_it").click()
    ran(at)
    assert parse_qs(pin_of(at))["method"] == ["integrated_gradients"]
    assert metrics(at)[RHO] == "1.00" and any("Nothing differs" in words for words in shown(at))
    hand(at, B="3")
    about = seen.offered[0]
    A, B = (
        xai_core.explain(shipped.load("zoo"), about.opened.x, about.target, "integrated_gradients", B=B)
        for B in (15, 3)
    )
    there = metrics(at)
    assert there[RHO] == f"{float(xai_core.rank_correlation(A, B)):.2f}" != "1.00"
    assert there["Largest |B − A|, attribution"] == f"{float((B - A).sum(1).abs().max()):.3g}"
    (table,) = [words for words in shown(at) if "What differs" in words]
    assert table.splitlines()[2:] == ["| B: Riemann steps along the path | 15 | 3 |"]
    again = opened(**IG, B="3", pin=pin_of(at))
    assert metrics(again) == there
    at.button(key="_unpin").click()
    ran(at)
    assert "pin" not in at.query_params and RHO not in metrics(at)


def test_closed_it_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "network=zoo&picture=toy zoo&name=frog&target=frog&method=simple_gradient"
    monkeypatch.setattr(tab, "show_comparison", lambda *_: pytest.fail("computed"))
    opened(method="Simple gradient", pin=words)


def test_the_locked_scale_is_one_and_own_scales_say_what_they_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    tops: list[float] = []
    real = tab.figures.coloured
    monkeypatch.setattr(tab.figures, "coloured", lambda map_, top, *more: tops.append(top) or real(map_, top, *more))
    words = "network=zoo&picture=toy zoo&name=elephant&number=27&target=elephant&method=integrated_gradients"
    at = opened(**IG, B="3", pin=words)
    assert len(set(tops)) == 1 and len(tops) == 3
    assert any("on one scale for all three" in c.value for c in at.caption)
    tops.clear()
    at.toggle(key="own_scales").set_value(True)
    ran(at)
    assert len(set(tops)) == 3
    assert any("times A's, and look as large" in c.value for c in at.caption)


def test_what_own_scales_hide_by_hand() -> None:
    a, b = np.ones((2, 2)), np.full((2, 2), 0.5)
    told = tab.hidden(Compared(a, b, "value", 1.0), {"A": 1.0, "B": 0.5, "B − A": 0.5})
    assert "A is darkest from 1 on, B from 0.5: B's numbers are 0.5 times A's" in told
    assert "B − A is darkest from 0.5 on" in told
    assert "B − A" not in tab.hidden(Compared(a, a, "value", 1.0), {"A": 1.0, "B": 1.0, "B − A": 1.0})
    assert "white on any" in tab.hidden(Compared(a, 0 * a, "share", float("nan")), {"A": 1.0, "B": 1.0, "B − A": 1.0})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("nonsense", "the network of pin must be one of"),
        ("network=digits&picture=digit&target=3&method=simple_gradient", "A is a map of 8 × 8 pixels and B one of 64"),
        ("network=digits&picture=digit&target=3&method=cam", "A is a map of 8 × 8"),
        ("network=zoo&picture=toy zoo&name=frog&target=frog&method=grad_cam&layer=no", "layer"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(words: str, says: str, seen: SimpleNamespace) -> None:
    at = opened(**IG, pin=words)
    assert [error.value for error in at.error if says in error.value] and RHO not in metrics(at)
    assert seen.files is not None  # all else of the page is there


def test_a_pin_comes_along_to_another_page() -> None:
    at = opened(method="UNI", tab="Compare", output="logit")
    at.button(key="_pin_it").click()
    words = pin_of(ran(at))
    at.switch_page("labs/unlearning/page.py")
    ran(at)
    assert pin_of(at) == words and at.selectbox(key="compared").value == "UNI" and metrics(at)[RHO] == "1.00"


def test_the_files_hold_both_and_the_script_prints_the_page(seen: SimpleNamespace, tmp_path: Path) -> None:
    words = "network=zoo&picture=toy+zoo&name=elephant&number=27&target=frog&method=simple_gradient&output=logit"
    at = opened(**IG, B="3", pin=words)
    settings = the_script_makes_the_same(seen, tmp_path)
    assert settings["pinned"] == words
    made = np.load(tmp_path / "maps.npz")
    assert set(made) == {"x", "integrated_gradients", "pinned"}
    printed = (tmp_path / "this_setting.stderr").read_text(encoding="utf-8").splitlines()  # of that run
    said = {line.split(":")[0]: float(line.split(":")[1]) for line in printed if "B" in line}
    assert said[RHO] == pytest.approx(float(metrics(at)[RHO]), abs=0.006)
    assert said["largest |B - A|"] == pytest.approx(float(metrics(at)["Largest |B − A|, share of Σ|A|"]), rel=0.006)
    A = torch.from_numpy(made["pinned"])[None]
    assert float(xai_core.rank_correlation(A, torch.from_numpy(made["integrated_gradients"])[None])) == pytest.approx(
        said[RHO], abs=1e-4
    )


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("paths", {"B": "4", "hand": "B", "way": "straight from black"}),
        ("lime", {"N_lime": "30", "K": "2"}),
        ("cam", {"layer": "blocks.0"}),
        ("baselines", {"start": "black", "B": "3", "severity": "2", "corruption": "Gaussian noise"}),
    ],
)
def test_every_page_reads_its_own_pin(page: str, query: dict[str, str]) -> None:
    """What was pinned is what stands there: nothing differs, on any page and in its link."""
    at = opened(f"labs/{page}/page.py", tab="Compare", **query)
    at.button(key="_pin_it").click()
    ran(at)
    assert metrics(at)[RHO] == "1.00" and any("Nothing differs" in words for words in shown(at))
    assert pin_of(at) == tab.read(pin_of(at)).words
