"""The contract that users, notebooks and the app share: every method of the catalogue through one door."""

import inspect
import re
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import xai_core
from tests.toys import CLOSE, MLP, QUICK, PlainCNN, Sequence1d, SmallCNN, fingerprint, images, seeded
from xai_core import catalogue, explain, make_score

METHODS = list(catalogue())
GRADIENTS = ["simple_gradient", "gradient_x_input", "smoothgrad", "smoothgrad_squared", "vargrad"]
RULES = ["deconvolution", "guided_backprop", "deeplift"]
MAPS = ["cam", "grad_cam", "guided_grad_cam"]
PATHS, PERTURBATIONS = ([n for n, row in catalogue().items() if row.family == f] for f in ("path", "perturbation"))
PROMISED = {
    *GRADIENTS,
    *RULES,
    *MAPS,
    "integrated_gradients",
    "blur_ig",
    "guided_ig",
    "agi",
    "path_integrated_gradients",
}
PROMISED |= {"uni", "lime", "kernel_shap", "rise", "occlusion"}  # names in people's scripts: they stay


# The catalogue


def test_names_of_the_catalogue():
    assert set(METHODS) >= PROMISED


@pytest.mark.parametrize("name", METHODS)
def test_rows_of_the_catalogue(name):
    """Each method is a plain function of its own, and its symbols' keywords are the agreed ones."""
    method = catalogue()[name]
    assert method.name == name and method.title and re.search(r"(19|20)\d\d", method.paper)
    assert method.family in ("gradient", "path", "activation", "perturbation")
    assert getattr(xai_core, name) is method.function and name in xai_core.__all__
    letters = {"eps": "ε", "alpha": "α", "eta": "η", "mu": "μ", "sigma": "σ", "fraction": "p", "max_dist": "d"}
    letters |= {"cells": "s", "p1": "p₁", "window": "w", "stride": "s"}
    for keyword, symbol in method.symbols.items():
        assert symbol.letter == letters.get(keyword, keyword) and symbol.name == keyword
        assert symbol.default == inspect.signature(method.function).parameters[keyword].default
        assert symbol.low < symbol.high and symbol.step > 0 and symbol.meaning and symbol.unit
        if symbol.default is not None:
            symbol.check(symbol.default)
            assert symbol.low <= symbol.default <= symbol.high
        symbol.check(int(symbol.low) if symbol.whole else symbol.low)
    for choice in method.options.values():
        assert choice.default in choice.values
    of_logits = ("deconvolution", "guided_backprop", "cam", "grad_cam", "guided_grad_cam")
    assert method.output == ("logit" if name in of_logits else "probability")
    assert "output" in method.defaults and method.equation and method.cost
    assert ("seed" in method.defaults) == ("seed" in inspect.signature(method.function).parameters)


@pytest.mark.parametrize("name", METHODS)
def test_defaults_said_aloud_change_nothing(name):
    """explain(…) is explain(…, **its defaults)."""
    model, x = seeded(PlainCNN).eval(), images(1, side=24)
    given = QUICK.get(name, {})
    said = catalogue()[name].defaults | given
    assert torch.equal(explain(model, x, 2, name, **given), explain(model, x, 2, name, **said))


@pytest.mark.parametrize("name", METHODS)
def test_it_is_the_plain_function(name):
    model, x = seeded(SmallCNN).eval(), images(2)
    method = catalogue()[name]
    A = method.function(make_score(model, x, "predicted", method.output), x, **QUICK.get(name, {}))
    explained = explain(model, x, "predicted", name, **QUICK.get(name, {}))
    if A.shape == x.shape:
        assert torch.equal(A, explained)
    else:
        assert A.shape == (2, 1, 16, 16)
        torch.testing.assert_close(explained.sum(1, keepdim=True), A)


# Every method: shapes, types, the batch, the seed


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("n", [1, 3])
def test_shaped_like_x(name, n):
    A = explain(seeded(PlainCNN), images(n, side=20), 1, name, **QUICK.get(name, {}))
    assert A.shape == (n, 3, 20, 20) and A.dtype == torch.float32 and not A.requires_grad
    assert torch.isfinite(A).all() and A.any() and A.is_contiguous()
    A += 1  # it is the caller's to write to


@pytest.mark.parametrize("name", METHODS)
def test_a_row_does_not_depend_on_its_neighbours(name):
    model, x = seeded(SmallCNN).double().eval(), images(5).double()
    x[3] = x[3] * 0.01 + 5  # a neighbour of quite another kind
    target = torch.tensor([1, 4, 0, 2, 1])
    A = explain(model, x, target, name, **QUICK.get(name, {}))
    order = torch.tensor([4, 2, 0, 3, 1])
    shuffled = explain(model, x[order], target[order], name, **QUICK.get(name, {}))
    torch.testing.assert_close(shuffled, A[order], rtol=1e-8, atol=1e-12)
    for i in (0, 3, 4):
        alone = explain(model, x[i : i + 1], int(target[i]), name, **QUICK.get(name, {}))
        torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_more_rows_than_one_pass(name):
    given = QUICK.get(name, {}) | ({"N": 5} if name == "lime" else {}) | ({"B": 2, "T": 1} if name == "uni" else {})
    model, x, target = seeded(PlainCNN).double().eval(), images(130, side=8).double(), torch.arange(130) % 5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all-zero Grad-CAM
        A = explain(model, x, target, name, **given)
        for i in (0, 63, 64, 129):
            alone = explain(model, x[i : i + 1], int(target[i]), name, **given)
            torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_same_seed_same_bits(name):
    """And the global generators are neither read nor moved."""
    model, x = seeded(SmallCNN).eval(), images(2)
    torch.manual_seed(1), np.random.seed(1)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    A = explain(model, x, "predicted", name, seed=3, **QUICK.get(name, {}))
    assert torch.equal(torch.get_rng_state(), before[0]) and (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
    torch.manual_seed(2), np.random.seed(2)  # noqa: NPY002
    assert torch.equal(A, explain(model, x, "predicted", name, seed=3, **QUICK.get(name, {})))
    assert torch.equal(A, explain(model, x, "predicted", name, seed=np.int64(3), **QUICK.get(name, {})))
    other = explain(model, x, "predicted", name, seed=4, **QUICK.get(name, {}))
    defaults = catalogue()[name].defaults  # the seed of a baseline is of no use for the usual one, black
    assert torch.equal(A, other) == ("seed" not in defaults or "baseline" in defaults)


@pytest.mark.parametrize("name", METHODS)
def test_layout_of_x(name):
    """channels_last, transposed, a slice with strides, expanded: the same numbers, the same explanation."""
    model, x = seeded(PlainCNN).eval(), images(2)
    wide = torch.zeros(2, 3, 32, 32)
    wide[:, :, ::2, ::2] = x
    A = explain(model, x, 1, name, **QUICK.get(name, {}))
    for same in (
        x.to(memory_format=torch.channels_last),
        x.transpose(2, 3).contiguous().transpose(2, 3),
        wide[:, :, ::2, ::2],
    ):
        before = fingerprint(same)
        close = {"rtol": 1e-4, "atol": 1e-7} | CLOSE.get(name, {})
        torch.testing.assert_close(explain(model, same, 1, name, **QUICK.get(name, {})), A, **close)
        assert fingerprint(same) == before
    expanded = explain(model, x[:1].expand(3, -1, -1, -1), 1, name, **QUICK.get(name, {}))
    torch.testing.assert_close(expanded, A[:1].expand(3, -1, -1, -1), **close)
    last = seeded(PlainCNN).eval().to(memory_format=torch.channels_last)
    torch.testing.assert_close(explain(last, x, 1, name, **QUICK.get(name, {})), A, **close)


@pytest.mark.parametrize("name", METHODS)
def test_precision(name):
    """float64 is float32 with more digits; bfloat16 points the same way."""
    x, target = images(2), torch.tensor([1, 3])
    models = {dtype: seeded(SmallCNN).to(dtype).eval() for dtype in (torch.float32, torch.float64, torch.bfloat16)}
    given = QUICK.get(name, {}) | {"uni": {"eps": 0.5}, "lime": {"N": 200}, "kernel_shap": {"N": 400}}.get(name, {})
    if name in ("smoothgrad", "smoothgrad_squared", "vargrad"):
        given = {"N": 30, "sigma": 1e-4 if name != "vargrad" else 0.5}  # the draws themselves depend on the type
    A = {dtype: explain(model, x.to(dtype), target, name, **given) for dtype, model in models.items()}
    for dtype in models:
        assert A[dtype].dtype == dtype
    if name not in ("smoothgrad", "smoothgrad_squared", "vargrad"):
        torch.testing.assert_close(A[torch.float32].double(), A[torch.float64], rtol=1e-2, atol=1e-5)
    rough, exact = A[torch.bfloat16].double().flatten(), A[torch.float64].flatten()
    assert torch.cosine_similarity(rough, exact, dim=0) > (
        0.9 if name not in ("vargrad", *PERTURBATIONS) else 0.3
    )  # small differences of bfloat16


@pytest.mark.parametrize("name", METHODS)
def test_frozen_parameters(name):
    x = images(2)
    A = explain(seeded(PlainCNN), x, 1, name, **QUICK.get(name, {}))
    model = seeded(PlainCNN).requires_grad_(False)
    assert torch.equal(explain(model, x, 1, name, **QUICK.get(name, {})), A)
    assert not any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("name", METHODS)
def test_compiled(name):
    model, x = seeded(PlainCNN).eval(), images(2)
    A = explain(model, x, 1, name, **QUICK.get(name, {}))
    compiled = torch.compile(model, backend="eager")
    compiled(x), compiled(x.clone().requires_grad_())
    assert torch.equal(explain(compiled, x, 1, name, **QUICK.get(name, {})), A)


@pytest.mark.parametrize("name", [m for m in METHODS if "cam" not in m and m != "blur_ig"])
@pytest.mark.parametrize("kind", ["rows", "series"])
def test_other_data(name, kind):
    """Tables (N, D) and series (N, C, L) wherever the method makes sense."""
    if kind == "rows":
        model, x = seeded(MLP, smooth=False), seeded(torch.rand, 3, 5)
    else:
        model, x = seeded(Sequence1d), seeded(torch.rand, 3, 2, 12)
    given = {k: v for k, v in QUICK.get(name, {}).items() if k != "segments"}
    A = explain(model, x, torch.tensor([0, 2, 1]), name, **given)
    assert A.shape == x.shape and torch.isfinite(A).all() and A.any()
    assert torch.equal(A, explain(model, x, torch.tensor([0, 2, 1]), name, **given))


@pytest.mark.parametrize("name", [m for m in METHODS if "cam" not in m and m not in ("uni", "agi", "blur_ig")])
def test_one_output(name):
    """A regression network: no probability, but a logit."""
    model, x = seeded(MLP, classes=1, smooth=False), seeded(torch.rand, 2, 5)
    given = {k: v for k, v in QUICK.get(name, {}).items() if k != "segments"}
    assert explain(model, x, 0, name, output="logit", **given).shape == x.shape
    with pytest.raises(ValueError, match="output='logit'"):
        explain(model, x, 0, name, output="probability", **given)


@pytest.mark.parametrize("name", [m for m in METHODS if m != "cam"])
def test_the_output_matters(name):
    """Grad-CAM too: the probability's gradient is another one. (CAM reads weights, and has no choice.)"""
    model, x = seeded(SmallCNN).eval(), images(2)
    p, logit = (explain(model, x, "predicted", name, output=o, **QUICK.get(name, {})) for o in ("probability", "logit"))
    assert not torch.allclose(p, logit, rtol=0.01, atol=0)


# Refusals


def said(error, *args, **kwargs) -> str:
    with pytest.raises(error) as caught:
        explain(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def bad_values():
    """Every symbol of every method with values that it cannot be."""
    for name, method in catalogue().items():
        for keyword, symbol in method.symbols.items():
            bad = [True, "7", [3], 1j, np.array([1, 2]), float("nan"), float("inf"), -1, symbol.least - 1]
            bad += [symbol.least] if symbol.above else []
            bad += [None] if not symbol.optional else []
            bad += [2.5, 3.0, torch.tensor(2.5)] if symbol.whole else []
            for value in bad:
                yield name, keyword, value


@pytest.mark.parametrize(("name", "keyword", "value"), list(bad_values()))
def test_symbols_refused(name, keyword, value):
    """The sentence names the keyword, what was given and the least that is allowed."""
    model, x = seeded(PlainCNN), images(1)
    before = fingerprint(model, x)
    words = said((TypeError, ValueError), model, x, 1, name, **QUICK.get(name, {}) | {keyword: value})
    assert re.match(rf"{keyword} \(.*\) must be a (whole )?number, (at least|greater than) \d", words)
    assert words.endswith(f"got {value!r}")
    assert fingerprint(model, x) == before


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("value", ["nonsense", "", None, 3, True])
def test_choices_refused(name, value):
    for keyword, choice in catalogue()[name].options.items():
        given = QUICK.get(name, {}) | {keyword: value}
        words = said((TypeError, ValueError), seeded(PlainCNN), images(1), 1, name, **given)
        assert words.startswith(keyword) and ("got" in words)
        if isinstance(value, str):
            assert all(word in words for word in choice.values) and words.endswith(f"got {value!r}")


@pytest.mark.parametrize("value", [1, 2, 150, np.int64(7), np.int32(7)])
def test_whole_numbers_of_any_library(value):
    x = images(1)
    A = explain(seeded(PlainCNN), x, 1, "integrated_gradients", B=value)
    assert torch.equal(A, explain(seeded(PlainCNN), x, 1, "integrated_gradients", B=int(value)))


@pytest.mark.parametrize("value", [1, np.float32(0.5), np.float64(0.5), np.int64(1)])
def test_numbers_of_any_library(value):
    """captum's NoiseTunnel takes neither 1 nor np.float32."""
    x = images(1)
    A = explain(seeded(PlainCNN), x, 1, "smoothgrad", N=3, sigma=value)
    torch.testing.assert_close(A, explain(seeded(PlainCNN), x, 1, "smoothgrad", N=3, sigma=float(value)))


BASELINES = [
    ("dark", ValueError, "baseline .* must be one of black, white, .*; got 'dark'"),
    (None, TypeError, "baseline must be .*NoneType"),
    (0.5, TypeError, "baseline must be .*float"),
    (np.zeros((3, 16, 16)), TypeError, "baseline must be .*ndarray"),
    (["a", "b", "c"], TypeError, r"baseline must be .*got \['a', 'b', 'c'\]"),
    ([[0.0], [0.0, 1.0]], TypeError, "baseline must be"),
    ([0.0, 1.0], ValueError, r"baseline must broadcast to x of shape \(2, 3, 16, 16\); got shape \(2,\)"),
    (torch.zeros(3, 8, 8), ValueError, r"baseline must broadcast .*got shape \(3, 8, 8\)"),
    (torch.zeros(4, 3, 16, 16), ValueError, r"baseline must broadcast .*got shape \(4, 3, 16, 16\)"),
    (torch.full((3, 1, 1), float("nan")), ValueError, r"baseline must be finite; the given .*\(3, 1, 1\)"),
    ([0.0, float("inf"), 1.0], ValueError, "baseline must be finite"),
]


@pytest.mark.parametrize(("baseline", "error", "words"), BASELINES)
def test_baselines_refused(baseline, error, words):
    assert re.search(words, said(error, seeded(PlainCNN), images(2), 1, "integrated_gradients", baseline=baseline))


def test_a_blurred_baseline_needs_images_or_signals():
    x = torch.rand(1, 5)
    assert "needs images" in said(ValueError, seeded(MLP), x, 1, "integrated_gradients", baseline="blurred")


def test_baselines_are_only_read():
    model, x, baseline = seeded(PlainCNN), images(2), images(2, seed=1).requires_grad_()
    before = fingerprint(model, x, baseline)
    A = explain(model, x, 1, "integrated_gradients", baseline=baseline)
    assert fingerprint(model, x, baseline) == before and not A.requires_grad


@pytest.mark.parametrize("method", ["saliency", "Simple gradient", "", None, 3, ["lime"], xai_core.lime])
def test_methods_refused(method):
    words = said((TypeError, ValueError), seeded(PlainCNN), images(1), 1, method)
    assert words.startswith("method must be one of simple_gradient, ") and words.endswith(f"got {method!r}")


@pytest.mark.parametrize("name", METHODS)
def test_keywords_refused(name):
    """A misspelt keyword, and a symbol that belongs to other methods."""
    words = said(TypeError, seeded(PlainCNN), images(1), 1, name, stepz=3, epsilon=1)
    assert words.startswith(f"{name} takes output, seed") and words.endswith("got stepz, epsilon")


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, True, "1", None])
def test_seeds_refused(seed):
    words = said((TypeError, ValueError), seeded(PlainCNN), images(1), 1, "smoothgrad", seed=seed)
    assert words.startswith("seed must be a whole number") and words.endswith(f"got {seed!r}")


def test_the_largest_seed():
    for name in ("smoothgrad", "lime"):
        assert explain(seeded(PlainCNN), images(1), 1, name, seed=2**63 - 1, **QUICK[name]).shape == (1, 3, 16, 16)


def test_more_features_asked_for_than_there_are():
    words = said(ValueError, seeded(PlainCNN), images(1), 1, "lime", N=20, K=65, segments="grid")
    assert words == "K must be at most the number of features, 64; got 65"


def test_trapezoid_needs_both_ends():
    for name in ("integrated_gradients", "uni"):
        words = said(ValueError, seeded(PlainCNN), images(1), 1, name, B=1, rule="trapezoid")
        assert words.startswith("B must be at least 2 for the trapezoid")


@pytest.mark.parametrize("name", METHODS)
def test_a_network_that_is_constant(name):
    """Nothing to explain is an explanation of zeros, not NaN; RISE's mean score is the constant, about."""
    model = seeded(PlainCNN)
    nn.init.zeros_(model.fc.weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        A = explain(model, images(2), 1, name, **QUICK.get(name, {}))
    if name == "rise":
        constant = model(images(1)).softmax(1)[0, 1].item()
        assert torch.equal(A[0], A[1]) and A[0].sum(0).mean().item() == pytest.approx(constant, rel=0.1)
    else:
        assert (A == 0).all()


@pytest.mark.parametrize("name", METHODS)
def test_a_plain_picture(name):
    """Black everywhere: no edges, no range, x = its baseline."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        A = explain(seeded(PlainCNN), torch.zeros(1, 3, 16, 16), 1, name, **QUICK.get(name, {}))
    assert torch.isfinite(A).all()


@pytest.mark.parametrize("name", METHODS)
def test_pixels_beyond_the_unit_interval(name):
    """A user who normalises outside the network: nothing is cut, nothing breaks."""
    x = (images(1) - 0.45) / 0.22
    assert torch.isfinite(explain(seeded(PlainCNN), x, 1, name, **QUICK.get(name, {}))).all()
