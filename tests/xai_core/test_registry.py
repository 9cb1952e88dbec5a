"""Methods of your own: what a plain function declares, what it may not do, and that it is a row like any other."""

from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
import torch
from torch import Tensor

import xai_core
from tests.toys import PlainCNN, SmallCNN, fingerprint, images, seeded
from xai_core import methods, registry
from xai_core.benchmark.uni_methods import scores_of, symbols_of
from xai_core.stages import Method, Stages
from xai_core.symbols import Symbol
from xai_core.taxonomy import taxonomy


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    methods.registered.clear()


def slope(f, x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def my_ig(f, x, B=15, baseline="black", seed=0):
    start = xai_core.make_baseline(x, baseline, seed)
    return (x - start) * sum(slope(f, start + k / B * (x - start)) for k in range(1, B + 1)) / B


def my_way(α, start, x):
    return start + α**2 * (x - start)


# --- a row like any other ---------------------------------------------------------------------------------------------


def test_a_function_is_a_method() -> None:
    assert xai_core.register(my_ig) is my_ig
    model, x = seeded(SmallCNN).eval(), images(2)
    target, before = torch.tensor([1, 3]), fingerprint(model)
    expected = xai_core.explain(model, x, target, "integrated_gradients", B=7)
    torch.testing.assert_close(xai_core.explain(model, x, target, "my_ig", B=7), expected)
    assert fingerprint(model) == before
    row = xai_core.catalogue()["my_ig"]
    assert (row.title, row.family, row.paper, row.output) == ("my_ig", "own", "yours", "probability")
    assert row.defaults == {"output": "probability", "B": 15, "baseline": "black", "seed": 0}
    shipped = xai_core.catalogue()["integrated_gradients"]
    assert row.symbols == {"B": shipped.symbols["B"]} and row.options == {"baseline": shipped.options["baseline"]}
    assert taxonomy.on("local")[-1].title == "my_ig"
    assert symbols_of("my_ig:B=3") == {"B": 3, "baseline": "black"}
    with pytest.raises(ValueError, match=r"B \(.*\) must be a whole number, at least 1; got 0"):
        xai_core.explain(model, x, 0, "my_ig", B=0)
    with pytest.raises(TypeError, match="my_ig takes output, seed, B, baseline; got T"):
        xai_core.explain(model, x, 0, "my_ig", T=3)


def test_a_claim_brings_the_references_path() -> None:
    row = registry.row_of(my_ig, claims="integrated_gradients", title="Mine")
    assert list(row.stages) == ["start", "trace", "nodes", "attribution"]
    assert (row.family, row.equation) == ("path", xai_core.catalogue()["integrated_gradients"].equation)
    f, x = xai_core.make_score(seeded(SmallCNN).eval(), images(1), 2), images(1)
    run = Stages(row, f, x, {"baseline": "white", "B": 30})
    assert run["nodes"] == (30, "right") and torch.equal(run["start"], torch.ones_like(x))
    torch.testing.assert_close(run.map, run["trace"].attribution(30))
    xai_core.register(row)
    assert "gap" in scores_of("my_ig", ["gap", "inside_part"])


def test_a_path_of_ones_own() -> None:
    """∫ along α² (x − x′) is Integrated Gradients in other steps: the trace is that of the path, the map yours."""
    xai_core.register(my_ig, path=my_way)
    x, f = images(1), xai_core.make_score(seeded(SmallCNN).eval(), images(1), 2)
    run = Stages(xai_core.catalogue()["my_ig"], f, x, {})
    torch.testing.assert_close(run["trace"].points([0.5])[0], x / 4)
    assert run["trace"].gap(run["trace"].attribution(200)) < 0.01
    assert torch.equal(run.map, xai_core.explain(f.model, x, 2, "my_ig"))
    xai_core.register(my_ig, path=lambda α, start, x: {}["no"])
    with pytest.raises(RuntimeError, match="the path of my_ig stopped with KeyError: 'no'"):
        Stages(xai_core.catalogue()["my_ig"], f, x, {})["trace"].points([0.5])
    with pytest.raises(ValueError, match="so it must take B"):
        registry.row_of(slope, path=my_way)


def test_a_cell_that_is_run_again_replaces_it() -> None:
    def define(c: float):
        def again(f, x):
            return c * slope(f, x)

        return again

    model, x = seeded(SmallCNN).eval(), images(1)
    maps = []
    for c in (1.0, 3.0):
        xai_core.register(define(c))
        maps.append(xai_core.explain(model, x, 0, "again"))
    torch.testing.assert_close(3 * maps[0], maps[1])


def test_a_decorator_with_and_without_words() -> None:
    @xai_core.register
    def one(f, x):
        return slope(f, x)

    @xai_core.register(claims="simple_gradient", title="Two")
    def two(f, x):
        return slope(f, x)

    rows = xai_core.catalogue()
    assert rows["two"].claims == "simple_gradient" and rows["two"].title == "Two" and one is not two
    assert list(rows)[-2:] == ["one", "two"]


def test_a_method_by_its_modules_name() -> None:
    row = registry.load("tests.xai_core.test_registry:my_ig")
    assert registry.written(row) is my_ig and registry.load("tests.xai_core.test_registry:my_ig") is row
    for name, words in {
        "my_ig": "must be MODULE:FUNCTION",
        "nowhere:at_all": "No module named 'nowhere'",
        "tests.toys:nothing": "has no attribute 'nothing'",
    }.items():
        with pytest.raises(ValueError, match=words):
            registry.load(name)


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("lime", "", "lime is a name of the catalogue already; call your function otherwise, such as my_lime"),
        ("random", "", "random is a name of the catalogue already"),
        ("mine", "LIME", "title 'LIME' is that of another method"),
    ],
)
def test_a_name_that_is_taken_is_refused(name: str, title: str, words: str) -> None:
    def function(f, x):
        return x

    function.__name__ = name
    with pytest.raises(ValueError, match=words):
        xai_core.register(function, title=title)


def test_one_name_from_two_modules_is_refused() -> None:
    xai_core.register(my_ig)
    other = registry.row_of(my_ig)
    other.function.__module__ = "elsewhere"
    with pytest.raises(ValueError, match=r"my_ig is registered already, from tests\.xai_core\.test_registry"):
        xai_core.register(other)


# --- what it declares -------------------------------------------------------------------------------------------------


def test_known_names_are_known_symbols_and_other_numbers_have_a_range() -> None:
    def mine(f, x, N=50, eps=0.5, sigma=0.1, width=0.5, steps: int = 20, skip=0, flag=True,
             mode: Literal["a", "b"] = "b",
             own: Annotated[float, Symbol("own", "ω", "mine", "pixels", low=1, high=9, step=1)] = 5):  # fmt: skip
        return x

    row = registry.row_of(mine)
    ranges = {name: (s.letter, s.low, s.high, s.default, s.whole) for name, s in row.symbols.items()}
    assert ranges == {
        "N": ("N", 10, 2000, 50, True),
        "eps": ("ε", 0.01, 30, 0.5, False),
        "sigma": ("σ", 0.01, 0.5, 0.1, False),
        "width": ("width", 0, 2, 0.5, False),
        "steps": ("steps", 1, 80, 20, True),
        "skip": ("skip", 0, 10, 0, True),
        "own": ("ω", 1, 9, 5, False),
    }
    assert not row.symbols["eps"].optional  # no None on its slider
    assert row.defaults["flag"] is True
    assert row.options["mode"].values == ("a", "b")


def declares(text: str):
    names: dict = {"Annotated": Annotated, "Literal": Literal, "Symbol": Symbol}
    exec(f"def mine({text}): return x", names)
    return names["mine"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", r"mine must take \(f, x, …\)"),
        ("model, x, target", r"mine must take \(f, x, …\): f is the score, which knows network and class"),
        ("f, x, B", r"every other parameter has a name and a default; it takes \(f, x, B\)"),
        ("f, x, *more", "every other parameter has a name"),
        ("f, x, **more", "every other parameter has a name"),
        (
            "f, x, flag=None",
            r"flag=None is no number from 0 on.* as flag: Annotated\[float, Symbol\(\"flag\"",
        ),
        ("f, x, shift=-1.0", "declare it as shift: Annotated"),
        ("f, x, mode='fast'", r"declare it as mode: Literal\[\"one\", \"another\"\]"),
        ("f, x, mode: Literal['a', 'b'] = 'c'", r"mine: the default of mode \(mode\) must be one of a, b; got 'c'"),
        ("f, x, B=0", r"mine: the default of B \(Riemann steps along the path\) must be a whole number, at least 1"),
        ("f, x, B=1.5", "must be a whole number"),
        ("f, x, baseline=None", "mine: the default of baseline .* must be one of black"),
        ("f, x, seed=None", "seed must have a whole number as default"),
        ("f, x, w: Annotated[float, Symbol('w', 'w', 'm', 'u', low=2, high=1, step=1)] = 1", "low < high"),
        ("f, x, B: 'unknown' = 3", "mine has an annotation that cannot be read"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_way_out(text: str, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        registry.row_of(declares(text))


@pytest.mark.parametrize("value", [3, "name", lambda f, x: x, slope.__call__])
def test_only_functions_with_a_name(value: object) -> None:
    with pytest.raises(TypeError, match="must be a function with a name"):
        registry.row_of(value)  # type: ignore[arg-type]


# --- what it may do ---------------------------------------------------------------------------------------------------


def harmful(f, x, harm=0):
    what = {
        0: lambda: f.model.fc.weight.data.zero_(),
        1: lambda: x.zero_(),
        2: lambda: torch.set_default_dtype(torch.float64),
        3: lambda: torch.manual_seed(3),
        4: lambda: f.model.register_forward_hook(lambda *a: None),
    }
    what[harm]()
    return torch.ones_like(x)


@pytest.mark.parametrize("harm", range(5))
def test_it_harms_nobody(harm: int) -> None:
    xai_core.register(harmful)
    model, x = seeded(SmallCNN).eval(), images(2)
    before, state = fingerprint(model, x), torch.get_rng_state()
    f = xai_core.make_score(model, x, 0)
    answers = f(x)
    assert torch.equal(xai_core.catalogue()["harmful"].function(f, x, harm=harm), torch.ones_like(x))
    assert fingerprint(model, x) == before and torch.equal(f(x), answers)  # nor the score that others ask
    assert torch.equal(torch.get_rng_state(), state) and torch.get_default_dtype() == torch.float32


def broken(f, x, how=0):
    return [
        lambda: x[9],
        lambda: None,
        lambda: x[0],
        lambda: x / 0,
        lambda: x + 1j,
        lambda: x.double(),
        lambda: x[:, :1],
    ][how]()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (0, r"broken stopped with IndexError: index 9 is out of bounds .*at «lambda: x\[9\],» in line \d+"),
        (1, r"broken must return a tensor shaped like x, \(2, 3, 16, 16\); got NoneType"),
        (2, r"or one value a pixel, \(2, 1, 16, 16\); got \(3, 16, 16\)"),
        (3, "broken must return finite numbers; 1536 of 1536 are not"),
        (4, "got complex numbers"),
        (5, ""),
        (6, ""),
    ],
)
def test_what_goes_wrong_is_one_sentence(how: int, words: str) -> None:
    xai_core.register(broken)
    model, x = seeded(PlainCNN), images(2)
    if words:
        with pytest.raises((RuntimeError, TypeError, ValueError), match=words):
            xai_core.explain(model, x, 0, "broken", how=how)
        return
    A = xai_core.explain(model, x, 0, "broken", how=how)
    assert A.dtype == x.dtype and A.shape == x.shape
    torch.testing.assert_close(A.sum(1), x.sum(1) if how == 5 else x[:, 0])


@pytest.mark.parametrize("caller", [torch.no_grad, torch.inference_mode])
def test_any_grad_mode_of_the_caller(caller) -> None:
    xai_core.register(my_ig)
    with caller():
        assert xai_core.explain(seeded(PlainCNN), images(1), 0, "my_ig").any()


def test_a_row_of_ones_own_making() -> None:
    """A whole `Method` is taken as it is."""
    xai_core.register(Method(slope, "Slope", "gradient", "Nobody 2030"))
    assert xai_core.explain(seeded(PlainCNN), images(1), 0, "slope").any()
    assert "Slope" in [leaf.title for leaf in taxonomy.on("back-propagation")]
