"""The cells of the GAD paper's tables: what they measure, by other means; stopped and started again; what is told."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.toys import SmallCNN, images, seeded
from tests.xai_core.benchmark import small_collection
from xai_core import complexity, hull, important_pixels, make_score, simple_gradient, support_network, support_networks
from xai_core.benchmark import gad, gad_cases, gad_tables
from xai_core.benchmark.documents import Document, markdown
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store
from xai_core.distancing.gad import gad as gad_map

NAN = float("nan")


@pytest.fixture
def short(monkeypatch):
    """Trainings of three steps, blocks of two pictures, a count of what is measured."""
    asked, real = [], gad.measure

    def counted(model, supports, method, c, X, important, shares=()):
        asked.append((method, c))
        return real(model, supports, method, c, X, important, shares)

    def quick(*given, **settings):
        return support_network(*given, epochs=3, rate=1e-3, **settings)

    monkeypatch.setattr(gad, "BLOCK", 2)
    monkeypatch.setattr(gad, "measure", counted)
    monkeypatch.setattr(gad, "support_network", quick)
    monkeypatch.setattr(gad_cases, "support_networks", lambda *g, **s: support_networks(*g, epochs=3, rate=1e-3, **s))
    for cached in (gad_cases._case, gad_cases._supports):
        cached.cache_clear()
    yield asked
    for cached in (gad_cases._case, gad_cases._supports):
        cached.cache_clear()


def measured(folder: Path, methods=("simple_gradient", "gradient_x_input"), **given) -> pd.DataFrame:
    store = Store(folder / "results.sqlite")
    for name, cells in gad.stages(small_collection.__name__, folder / "supports", images=6, methods=methods, **given):
        outcome = run(cells, store, name=name, progress=False)
        assert not outcome.failures, outcome.failures
        if outcome.interrupted:
            raise KeyboardInterrupt
    frames = [pd.DataFrame(store.rows(name)) for name in ("gad", "gad_networks", "gad_supports")]
    store.close()
    return frames


def test_what_a_row_holds():
    model, X, labels = seeded(SmallCNN).eval(), images(6), torch.arange(6) % 2
    supports = support_networks(model, X, labels, (0, 1), (1, 3), epochs=3, rate=1e-3)
    rows = gad.measure(model, supports, "simple_gradient", 1, X)
    maps, masks = [], []
    for network in (model, *(s.model for s in supports)):
        maps.append(simple_gradient(make_score(network, X, 1, output="logit"), X))
        masks.append(important_pixels(maps[-1])[:, 0])
    left = (masks[0] & masks[1] & masks[2]).flatten(1).sum(1)
    assert rows[:, 0].tolist() == left.tolist()
    assert ((rows[:, 1] > 0) & (rows[:, 1] <= 1)).all() and ((rows[:, 4] > 0) & (rows[:, 4] <= 1)).all()
    own = hull(masks[0][0])
    assert rows[0, 6] + rows[0, 7] == own.mask.sum()  # GAD's hull and what the original's has more
    f = make_score(model, X[:1], 1, output="logit")
    covered = hull(masks[0][0] & masks[1][0] & masks[2][0]).mask
    change = (f(X[:1]) - f(X[:1] * ~covered)).abs().item() / int(covered.sum())
    assert rows[0, 2].item() == pytest.approx(change, rel=1e-5)
    rival = gad.strongest(maps[0][0], int(left[0]))
    assert rival.sum() == left[0] and not (rival & ~masks[0][0]).any()
    assert rows[0, 4].item() == hull(rival).area / own.area


def test_the_strongest_pixels_by_hand():
    A = torch.tensor([[[4.0, -3, 0], [1, -2, 0]], [[0, -3, 0], [1, 2, 0.2]]])  # Σ: 4 −6 0 / 2 0 0.2
    assert gad.strongest(A, 2).int().tolist() == [[1, 1, 0], [0, 0, 0]]
    assert gad.strongest(A, 3).int().tolist() == [[1, 1, 0], [1, 0, 0]]
    assert not gad.strongest(A, 0).any()


def test_stopped_and_started_again(short, tmp_path, monkeypatch):
    """Nothing is measured or trained twice, and the rows are those of a run that nobody stopped."""
    counted = gad.measure

    def until_the_third(*given):
        if len(short) == 2:
            short.append("stopped")
            raise KeyboardInterrupt
        return counted(*given)

    monkeypatch.setattr(gad, "measure", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        measured(tmp_path / "one")
    trained = {file: file.stat().st_mtime_ns for file in (tmp_path / "one" / "supports").iterdir()}
    resumed, networks, supports = measured(tmp_path / "one")
    assert len(short) == 3 + 12 - 2  # of 2 methods × 2 classes × 3 blocks two were kept
    assert len(trained) == 4 == len(supports["alpha"].unique())
    assert trained == {file: file.stat().st_mtime_ns for file in (tmp_path / "one" / "supports").iterdir()}
    whole = measured(tmp_path / "other")
    for one, other in zip((resumed, networks, supports), whole, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    again = len(short)
    measured(tmp_path / "one")
    assert len(short) == again
    measured(tmp_path / "one", important="above")  # another rule is another measurement
    assert len(short) == again + 12
    # and the numbers are those of the function, in their places: method, class 1, second block
    case = gad_cases._case(
        "Cat x Dog",
        "small",
        "seed 0",
        small_collection.__name__,
        6,
        "",
        str(tmp_path / "one/supports"),
        "cpu",
    )
    direct = counted(
        case.model,
        gad_cases._supports(case, str(tmp_path / "one/supports")),
        "gradient_x_input",
        1,
        images(6)[2:4],
        "top",
        gad.SHARES,
    )
    part = resumed[(resumed["method"] == "gradient_x_input") & (resumed["class"] == 1) & (resumed["block"] == 1)]
    np.testing.assert_array_equal(part["value"].to_numpy().reshape(2, 14), direct.numpy())
    assert part["picture"].unique().tolist() == ["00002", "00003"] and part["label"].tolist()[::14] == [0, 1]
    f = small_collection.network("small")(images(6)).argmax(1)
    assert networks["value"].tolist() == [(f == torch.arange(6) % 2).double().mean().item()]


def test_a_folder_of_photographs(short, tmp_path, monkeypatch):
    """The network is fine-tuned once, kept, and read from its file."""
    taught = []
    real = small_collection.finetune
    monkeypatch.setattr(small_collection, "finetune", lambda *given: taught.append(given[0]) or real(*given))
    (tmp_path / "birds" / "gull").mkdir(parents=True)
    given = {"methods": ("simple_gradient",), "photographs": tmp_path / "birds", "pretrained": "other"}
    rows, *_ = measured(tmp_path / "one", **given)
    assert rows["pair"].unique().tolist() == ["birds"] and rows["column"].unique().tolist() == ["Other"]
    assert taught == ["other"]
    gad_cases._case.cache_clear()
    case = gad_cases._case("birds", "other", "seed 1", small_collection.__name__, 6, str(tmp_path / "birds"),
                     str(tmp_path / "one/supports"), "cpu")  # fmt: skip
    assert taught == ["other"]
    assert torch.equal(case.model.fc.weight, small_collection.network("other").fc.weight)


def table(name: str, rows: list[list[float]], **columns) -> pd.DataFrame:
    return pd.DataFrame([
        {"pair": "Cat x Dog", "column": "VGG", "method": "simple_gradient", "important": "top", **columns,
         "picture": f"{i:05d}", "score": score, "value": value}
        for i, row in enumerate(rows) for score, value in zip(gad.COLUMNS, row, strict=True)
    ])  # fmt: skip


def test_counts_and_verdicts_by_hand():
    rows = [[9, 0.5, 2.0, 1, 0.4, 3, 5, 9], [4, 1.0, 4, NAN, 0.9, 1, 7, 0], [0, NAN, NAN, 1, NAN, NAN, 0, 3]]
    found = pd.concat([table("gad", rows, **{"class": 0}), table("gad", rows[::-1], **{"class": 1})])
    of = {"pair": "Cat x Dog", "column": "VGG"}
    networks = pd.DataFrame([{**of, "score": "accuracy", "value": 0.875}])
    supports = pd.DataFrame(
        [{**of, "alpha": a, "score": f"reached {c}", "value": v} for a, c, v in ((2, 1, 0.9), (2, 2, 0.8), (4, 1, 0.7))]
    )
    said = markdown(Document("", list(gad_tables.sections(found, networks, supports))))
    assert "Cat x Dog, VGG: accuracy 87.5% of 3 pictures. α = 2: reached 80% of α; α = 4: reached 70% of α." in said
    assert "| Cat x Dog | VGG | Orig. 1 | 2 (357) |" in said and "| Cat x Dog | VGG | GAD 2 | 1 (348) |" in said
    assert "| Cat x Dog | VGG | Sup. 1 | 100 (0.08) |" in said and "| Cat x Dog | VGG | GAD 1 | 300 (0.13) |" in said
    assert "| Cat x Dog | VGG | GAD 1 | 0.75 |" in said and "| Cat x Dog | VGG | Rival 2 | 0.65 |" in said
    assert "| Cat x Dog | VGG | Rival 1 | 200 |" in said and "| Cat x Dog | VGG | GAD 1 | 4 |" in said
    assert "smaller hull for most pictures in 0 of 2 columns (paper: 5 of 8)" in said
    assert "larger mean RS than the supplementary region in 2 of 2 (paper: 3 of 8)" in said
    assert "the smaller mean RC in 0 of 2, the larger mean RS in 2 of 2" in said
    assert "In 100% of 2 maps the region of fewer pixels" in said and "Nothing is left of 33.3% of 6 maps" in said
    assert "where the strongest" not in said


def test_fewer_important_pixels_have_tables_of_their_own():
    rows = [[9, 0.5, 2.0, 1, 0.4, 3, 5, 9]] * 2
    fewer = table("gad", rows, **{"class": 0})
    more = [
        {**fewer.iloc[0].to_dict(), "picture": f"{i:05d}", "score": score, "value": value}
        for i in (0, 1)
        for score, value in zip(gad.columns_of(gad.SHARES), (0.9, 0.8, 0.7 + i / 10, 0.6, 0.5, 0.4), strict=True)
    ]  # fmt: skip
    found = pd.concat([fewer, pd.DataFrame(more)])
    empty = pd.DataFrame(columns=["pair", "column", "score", "value", "alpha"])
    said = markdown(Document("", list(gad_tables.sections(found, empty, empty))))
    at = said.index("Mean RC where the strongest 10% of the pixels are important")
    assert "| Cat x Dog | VGG | GAD 1 | 0.75 |" in said[at:] and "| Cat x Dog | VGG | Rival 1 | 0.60 |" in said[at:]
    assert said.count("Mean RC where the strongest") == 3


def test_a_threshold_of_fewer_pixels_by_hand():
    """RC at 20 % is that of gad with share=.2; the rival has as many pixels as are left there."""
    model, X, labels = seeded(SmallCNN).eval(), images(4), torch.arange(4) % 2
    supports = support_networks(model, X, labels, (0, 1), (1,), epochs=3, rate=1e-3)
    rows = gad.measure(model, supports, "simple_gradient", 1, X, "top", (0.2,))
    found = gad_map(model, supports, X, 1, "simple_gradient", share=0.2)
    left, own = found.masks.all(0)[:, 0], found.masks[0][:, 0]
    assert rows[:, 8].tolist() == [complexity(a, b) for a, b in zip(left, own, strict=True)]
    rival = gad.strongest(found.maps[0][0], int(left[0].sum()))
    assert rows[0, 9].item() == complexity(rival, own[0])
    assert torch.equal(rows[:, :8], gad.measure(model, supports, "simple_gradient", 1, X))


def test_a_learning_set_is_bounded_and_a_class_without_pictures_is_refused(monkeypatch):
    shown = gad_cases.pictures(small_collection.__name__, "Cat x Dog", "small", 3, "")
    assert shown.seen_labels.tolist() == [0, 1, 0, 1] and len(shown.images) == 3
    assert torch.equal(shown.seen, images(6, seed=1)[:4])
    one_class = small_collection.Apart(images(2), torch.zeros(2), images(2), torch.zeros(2))
    monkeypatch.setattr(small_collection, "apart", lambda pair, n: one_class)
    with pytest.raises(ValueError, match="Cat x Dog must have two pictures or more of each class; it has 2 to explain"):
        gad_cases.pictures(small_collection.__name__, "Cat x Dog", "small", 2, "")


def test_the_papers_counts():
    """No column has more than its 512 pictures; of the paper's 40 columns GAD wins 37, and 35 by RS."""
    for both in gad_tables.WINS.values():
        for orig, found in both:
            assert all(o + g <= 512 for o, g in zip(orig, found, strict=True))
    columns = [
        (g, o) for both in gad_tables.WINS.values() for orig, gad in both for o, g in zip(orig, gad, strict=True)
    ]
    assert gad_tables.better(columns) == "37 of 40"
    columns = [(g, s) for both in gad_tables.RS.values() for sup, gad in both for s, g in zip(sup, gad, strict=True)]
    assert gad_tables.better(columns) == "35 of 40"
