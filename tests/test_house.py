"""Who may import whom, and how long a file may be: read from the files, and tried on made-up ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import House, is_table

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def house() -> House:
    return House(ROOT)


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[..., House]:
    """A house of a few files: made_up({"data/zoo.py": "import xai_core"}); packages get their `__init__`."""

    def build(files: dict[str, str]) -> House:
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            for folder in file.relative_to(tmp_path).parents[:-1]:
                (tmp_path / folder / "__init__.py").touch()
        return House(tmp_path)

    return build


# --- the house as it is -----------------------------------------------------------------------------------------------


def test_everything_is_read(house: House) -> None:
    assert {"data", "xai_core.score", "xai_core.path.uni", "app.main"} <= set(house.modules)
    assert len(house.imports) > len(house.modules)


@pytest.mark.parametrize("rule", [House.arrows_back, House.rooms_above, House.labs_that_know_labs, House.circles])
def test_imports_lead_one_way(house: House, rule: Callable[[House], list[str]]) -> None:
    found = rule(house)
    assert not found, "\n" + "\n".join(found)


def test_no_file_is_too_long_to_read(house: House) -> None:
    found = house.long_files()
    assert not found, "\n" + "\n".join(found)


# --- every rule catches what breaks it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("data/drawn/zoo.py", "import xai_core"),
        ("data/drawn/zoo.py", "from xai_core.score import make_score"),
        ("data/drawn/zoo.py", "from app.shared import show"),
        ("data/drawn/zoo.py", "from tests import toys"),
        ("xai_core/path/uni.py", "from data import networks"),
        ("xai_core/path/uni.py", "import data.nets.networks as nets"),
        ("xai_core/path/uni.py", "import app.shared.show"),
        ("xai_core/path/uni.py", "from notebooks.checks import uni"),
        ("app/main.py", "from tests.toys import QUICK"),
        ("app/shared/show.py", "from notebooks import checks"),
    ],
)
@pytest.mark.parametrize("wrapped", ["{}", "def f():\n    {}", "if True:\n    {}"])
def test_an_arrow_back_is_found(made_up: Callable[..., House], importer: str, line: str, wrapped: str) -> None:
    (found,) = made_up({importer: wrapped.format(line)}).arrows_back()
    assert found.startswith(importer) and "stands below" in found


def test_the_way_down_is_free(made_up: Callable[..., House]) -> None:
    house = made_up(
        {
            "data/drawn/zoo.py": "import numpy\nfrom data.nets import x",
            "data/nets/x.py": "import torch",
            "xai_core/path/uni.py": "from xai_core.score import f\nfrom . import paths\nfrom .paths import straight",
            "xai_core/path/paths.py": "import math",
            "xai_core/score.py": "import torch",
            "app/labs/lime/page.py": "import xai_core, data\nfrom app.shared import show\nfrom . import own",
            "app/labs/lime/own.py": "",
            "app/shared/show.py": "import streamlit\nfrom xai_core.figures import maps",
            "xai_core/figures/maps.py": "",
        }
    )
    assert not [*house.arrows_back(), *house.rooms_above(), *house.labs_that_know_labs(), *house.circles()]
    assert len(house.imports) == 9


def test_nobody_comes_in_through_the_door_of_the_own_folder(made_up: Callable[..., House]) -> None:
    house = made_up({"xai_core/path/uni.py": "from xai_core import explain", "xai_core/score.py": ""})
    assert "its own door" in house.arrows_back()[0]
    assert not made_up({"xai_core/path/uni.py": "from xai_core import score"}).arrows_back()


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("xai_core/path/uni.py", "from xai_core.figures import curves"),
        ("xai_core/path/uni.py", "from xai_core import figures"),
        ("xai_core/path/uni.py", "from ..figures import maps"),
        ("xai_core/score.py", "import xai_core.figures.maps"),
        ("xai_core/evaluate/walks.py", "from xai_core.figures import curves"),
        ("xai_core/classwide/class_maps.py", "from xai_core.evaluate.stability import stability"),
        ("xai_core/methods.py", "from xai_core.evaluate import walks"),
        ("xai_core/evaluate/walks.py", "from xai_core.benchmark import cells"),
        ("xai_core/figures/maps.py", "from xai_core.benchmark import cells"),
        ("xai_core/new_room/new.py", "from xai_core.benchmark.cells import Cell"),
    ],
)
def test_a_method_that_draws_or_judges_is_found(made_up: Callable[..., House], importer: str, line: str) -> None:
    rooms = {"xai_core/figures/maps.py": "", "xai_core/benchmark/cells.py": "", "xai_core/evaluate/stability.py": ""}
    (found,) = made_up({**rooms, importer: line}).rooms_above()
    assert found.startswith(importer) and "stands above" in found


def test_the_upper_rooms_may_know_the_lower(made_up: Callable[..., House]) -> None:
    house = made_up(
        {
            "xai_core/benchmark/cells.py": "from xai_core.figures import maps\nfrom xai_core.evaluate import walks",
            "xai_core/taxonomy/trees.py": "from xai_core.figures import maps",
            "xai_core/figures/maps.py": "from xai_core.evaluate import walks\nfrom xai_core.figures import style",
            "xai_core/figures/style.py": "",
            "xai_core/evaluate/walks.py": "",
            "xai_core/evaluate/__main__.py": "import xai_core.benchmark",
            "xai_core/path/uni.py": "",
        }
    )
    (house.root / "xai_core" / "__init__.py").write_text(
        "from xai_core.evaluate import walks\nfrom xai_core import path"
    )
    assert not [*house.rooms_above(), *house.circles()]


@pytest.mark.parametrize(
    "line", ["from app.labs.lime import weights", "from ..lime.weights import w", "import app.labs.lime"]
)
def test_a_lab_that_imports_another_is_found(made_up: Callable[..., House], line: str) -> None:
    house = made_up({"app/labs/lime/weights.py": "", "app/labs/why/page.py": line})
    (found,) = house.labs_that_know_labs()
    assert found.startswith("app/labs/why/page.py:1 imports app.labs.lime")


def test_a_circle_is_found_however_long(made_up: Callable[..., House]) -> None:
    two = {
        "data/nets/a.py": "from data.drawn import b",
        "data/drawn/b.py": "def f():\n    import data.nets.c",
        "data/nets/c.py": "",
    }
    (found,) = made_up(two).circles()
    assert found == "data/drawn/b.py:2 imports data.nets.c; data/nets/a.py:1 imports data.drawn.b"
    long = {
        "xai_core/a.py": "from xai_core.b import x",
        "xai_core/b/__init__.py": "import xai_core.c.d",
        "xai_core/c/d.py": "import xai_core.a",
    }
    (_, found) = made_up(long).circles()
    assert all(part in found for part in ("xai_core/a.py", "xai_core/b/__init__.py", "xai_core/c/d.py"))


def test_a_long_file_is_found(made_up: Callable[..., House]) -> None:
    code = "def f():\n" + "    g()\n" * 249
    house = made_up({"xai_core/a.py": code, "app/b.py": code + "    g()\n", "notebooks/c.py": code * 2})
    assert house.long_files() == ["app/b.py: 251 lines, more than 250", "notebooks/c.py: 500 lines, more than 250"]
    house = made_up({"app/b.py": "", "notebooks/c.py": "", "tests/d.py": code * 2, "tests/e.py": code * 2 + "x = 1\n"})
    assert house.long_files() == ["tests/e.py: 501 lines, more than 500"]


def test_a_table_of_values_may_be_long_and_a_table_with_code_not(made_up: Callable[..., House]) -> None:
    table = '"""Words."""\n\nWORDS = {\n' + '    "word": (1, -2.5),\n' * 300 + "}\n"
    function = "\n\ndef f():\n" + "    g()\n" * 40
    assert is_table(table) and not is_table(table + function)
    assert not is_table('"""' + "Only prose.\n" * 300 + '"""\n') and not is_table(
        "WORDS = {\n" + "    g(),\n" * 300 + "}\n"
    )
    house = made_up({"data/text/words.py": table, "data/text/code.py": table + function, "tests/words.py": table * 2})
    assert [line.split(":")[0] for line in house.long_files()] == ["data/text/code.py", "tests/words.py"]
