"""Tensors of other kinds: token ids, sparse, nested, quantised, without memory, complex, of 8 bits, empty."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import xai_core
from tests.toys import PlainCNN, images, seeded
from xai_core import evaluate, explain, make_score

MODEL, X = seeded(PlainCNN).eval(), images(2)
F_ONE = make_score(MODEL, X[:1], 1)
LABELS = torch.arange(256).view(16, 16) // 32
MAP = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))

KINDS: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "sparse": (
        lambda t: t.to_sparse(),
        "{} must be dense; got a tensor of the layout torch.sparse_coo: use {}.to_dense()",
    ),
    "nested": (
        lambda t: torch.nested.nested_tensor([t, t]),
        "{} must be dense; got a nested tensor: pad its rows to one",
    ),
    "meta": (lambda t: t.to("meta"), "{} must hold numbers; got a tensor on the device 'meta', which holds none"),
    "quantised": (
        lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.quint8),
        "{} must hold plain numbers; got torch.quint8: use {}.dequantize()",
    ),
    "8 bits": (
        lambda t: t.to(torch.float8_e4m3fn),
        "{} must have 16 bits a number or more; got torch.float8_e4m3fn: use {}.float()",
    ),
    "complex": (lambda t: t.to(torch.complex64), "got torch.complex64.*torch.view_as_real({})"),
}
ARGUMENTS: dict[str, tuple[str, Tensor, Callable[[Tensor], object]]] = {
    "x": ("x", X, lambda x: explain(MODEL, x, 1, "simple_gradient")),
    "x of LIME": ("x", X, lambda x: explain(MODEL, x, "predicted", "lime", N=10, K=2)),
    "baseline": ("baseline", X, lambda v: explain(MODEL, X, 1, "integrated_gradients", baseline=v, B=2)),
    "references": ("references", X, lambda v: explain(MODEL, X, 1, "expected_gradients", references=v, N=4)),
    "fill": ("fill", X[:1], lambda v: explain(MODEL, X[:1], 1, "lime", fill=v, N=10, K=2, segments=LABELS)),
    "segments": ("segments", LABELS.float(), lambda v: explain(MODEL, X[:1], 1, "lime", segments=v, N=10)),
    "masks": ("masks", torch.ones(9, 8), lambda v: xai_core.neighbourhood(F_ONE, X[:1], 9, LABELS, masks=v)),
    "A of deletion": ("A", MAP, lambda v: evaluate.deletion(make_score(MODEL, X, 1), X, v)),
    "A of important_pixels": ("A", MAP, xai_core.important_pixels),
    "importance": ("importance", MAP[0, 0, 0], lambda v: evaluate.kept_features(v, (0.5,))),
    "W": ("W", MAP[0, 0], xai_core.normlime),
    "labels": ("labels", torch.ones(16), lambda v: xai_core.class_normlime(MAP[0, 0], v, 1)),
}


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("argument", ARGUMENTS)
def test_tensors_of_other_kinds_are_refused(argument, kind):
    name, value, call = ARGUMENTS[argument]
    make, words = KINDS[kind]
    pattern = ".*".join(re.escape(part) for part in words.replace("{}", name).split(".*"))
    with pytest.raises(TypeError, match=rf"^{pattern}" if kind != "complex" else pattern):
        call(make(value))


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16])
def test_token_ids(dtype):
    """Dividing them by 255 would be nonsense: the sentence points to embeddings and words."""
    with pytest.raises(
        TypeError, match=r"^x must be floating point.*token ids.*embedding\(x\).*word_neighbourhood"
    ) as said:
        explain(MODEL, torch.ones(2, 5, dtype=dtype), 1, "simple_gradient")
    assert "255" not in str(said.value) and str(dtype) in str(said.value)
    with pytest.raises(TypeError, match=r"got torch\.uint8 \(for 0…255 use x\.float\(\) / 255\)"):
        explain(MODEL, torch.ones(2, 3, 16, 16, dtype=torch.uint8), 1, "simple_gradient")
    with pytest.raises(TypeError, match=r"got torch\.bool \(use x\.float\(\)\)"):
        explain(MODEL, torch.ones(2, 3, 16, 16, dtype=torch.bool), 1, "simple_gradient")


@pytest.mark.parametrize("shape", [(0, 3, 16, 16), (2, 0, 16, 16), (2, 3, 0, 16)])
@pytest.mark.parametrize("method", ["simple_gradient", "integrated_gradients", "lime", "uni"])
def test_nothing_to_explain(shape, method):
    said = rf"^x must be a batch \(N, …\) of numbers, with at least one row; got shape {re.escape(str(shape))}"
    with pytest.raises(ValueError, match=said):
        explain(MODEL, torch.zeros(shape), 1, method)
