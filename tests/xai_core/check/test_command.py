"""`python -m xai_core.check`, what it says of a method that claims nothing, and of its maps of drawn scenes."""

import pytest
import torch

from tests.xai_core.benchmark import small_collection
from tests.xai_core.check.written import RIGHT, formed, gradient_times_input, slope
from xai_core import check, methods
from xai_core.check import zoo
from xai_core.check.__main__ import main
from xai_core.check.examination import examine

HERE = "tests.xai_core.check.test_command:"


def my_ig(f, x, B=20, baseline="black"):
    return RIGHT["right rule"](f, x, B, baseline)


def my_way(α, start, x):
    return start + α * (x - start) / 2


def absolute(f, x):
    return slope(f, x).abs()


def noisy(f, x, N=50, sigma=0.15, seed=0):
    draw = torch.Generator().manual_seed(seed + 5)
    noise = [sigma * torch.randn(x.shape[1:], generator=draw) for _ in range(N)]
    return sum(slope(f, x + n) for n in noise) / N


def test_the_command_says_whether_all_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([HERE + "my_ig", "--no-zoo", "--claims", "integrated_gradients"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("my_ig, which claims to be Integrated Gradients\n✓ shape") and out.endswith(
        "Nothing fails.\n"
    )
    assert main([HERE + "absolute", "--no-zoo", "--claims", "simple_gradient", "--output", "logit"]) == 1
    assert "✗ agreement      Not the map of Simple gradient. It takes absolute values" in capsys.readouterr().out
    assert main([HERE + "nothing"]) == 2
    assert "cannot be imported" in capsys.readouterr().err
    assert not methods.registered


def test_who_claims_nothing_is_told_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    said = {function: examine(function, zoo=False)["agreement"] for function in (my_ig, absolute, gradient_times_input)}
    assert said[my_ig].says == "it is the map of Integrated Gradients"
    assert said[absolute].says.startswith("it is the map of Simple gradient, but: It takes absolute values")
    assert said[gradient_times_input].says == "it is the map of Gradient × input"
    assert all(line.holds is None for line in said.values())
    check(formed(lambda A: A.cumsum(3)), zoo=False)
    assert "nearest to" in capsys.readouterr().out


def test_numbers_drawn_by_lot_need_not_be_the_same() -> None:
    found = examine(noisy, zoo=False, claims="smoothgrad", output="logit")
    assert found.holds, str(found)
    assert "as near to SmoothGrad as two of its own seeds" in found["agreement"].says


def test_a_path_that_does_not_arrive() -> None:
    found = examine(my_ig, zoo=False, path=my_way)
    assert found["path"].holds is False and "γ(1) is not x" in found["path"].says
    assert examine(my_ig, zoo=False, path=lambda α, start, x: start + α**2 * (x - start))["path"].holds


def test_its_place_among_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("simple_gradient", "gradient_x_input", "grad_cam", "integrated_gradients")
    some = {name: methods.shipped()[name] for name in names}
    monkeypatch.setattr(zoo, "NETWORK", "small")
    monkeypatch.setattr(zoo.methods, "shipped", lambda: some)
    data = small_collection.__name__
    found = examine(methods.Method(my_ig, "Mine", "path", ""), collection=data)
    lines = [line.says for line in found.lines if line.name == "zoo"]
    mean = zoo.scores_of(some["integrated_gradients"], data)
    assert any(f"Insertion, black: {mean[1]:.2f} over 2 scenes, place " in line for line in lines)
    assert all(" of 5; the best is " in line for line in lines)
    zoo._exams.cache_clear(), zoo._others.cache_clear()
    (line,) = zoo.judged(some["grad_cam"], "no.such.module")
    assert line.holds is None and "not judged" in line.says
