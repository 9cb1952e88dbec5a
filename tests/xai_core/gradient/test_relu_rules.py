"""Deconvolution and guided backprop: a ReLU in each of its forms, against the rules written out by hand."""

import warnings

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.toys import PlainCNN, Sequence1d, SmallCNN, images, seeded
from xai_core import deconvolution, explain, guided_backprop, make_score, simple_gradient

METHODS = {"deconvolution": deconvolution, "guided_backprop": guided_backprop}

# Every way to write ReLU(h). Those that end in an underscore change h; the caller may use what they return, or h.
FORMS = {
    "nn.ReLU": lambda h: nn.ReLU()(h),
    "nn.ReLU(inplace)": lambda h: nn.ReLU(inplace=True)(h),
    "F.relu": F.relu,
    "F.relu(inplace=True)": lambda h: F.relu(h, inplace=True),
    "F.relu(h, True)": lambda h: F.relu(h, True),
    "F.relu(input=h)": lambda h: F.relu(input=h),
    "F.relu_": F.relu_,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "Tensor.relu": lambda h: h.relu(),
    "Tensor.relu_": lambda h: h.relu_(),
    "clamp(min=0)": lambda h: h.clamp(min=0),
    "clamp(0)": lambda h: h.clamp(0),
    "torch.clamp": lambda h: torch.clamp(h, min=0.0),
    "torch.clamp(min, max=None)": lambda h: torch.clamp(h, 0, None),
    "clamp_min": lambda h: h.clamp_min(0),
    "torch.clip": lambda h: torch.clip(h, min=0),
    "clamp_(min=0)": lambda h: h.clamp_(min=0),
    "clamp_min_": lambda h: h.clamp_min_(0),
    "torch.clamp_": lambda h: torch.clamp_(h, 0),
    "clip_": lambda h: h.clip_(0),
}
IGNORED = {  # in place, and the caller goes on with h
    "F.relu_(h)": F.relu_,
    "h.relu_()": lambda h: h.relu_(),
    "F.relu(h, inplace=True)": lambda h: F.relu(h, inplace=True),
    "torch.relu_(h)": torch.relu_,
    "h.clamp_(min=0)": lambda h: h.clamp_(min=0),
    "nn.ReLU(inplace)(h)": lambda h: nn.ReLU(inplace=True)(h),
}


class TwoReLUs(nn.Module):
    """linear → ReLU → linear → ReLU → linear, with the ReLU in a given form."""

    def __init__(self, form, ignored: bool = False) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 9), nn.Linear(9, 7), nn.Linear(7, 3)
        self.form, self.ignored = form, ignored

    def rectified(self, h: Tensor) -> Tensor:
        result = self.form(h)
        return h if self.ignored else result

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self.rectified(self.b(self.rectified(self.a(x)))))


def by_hand(model: TwoReLUs, x: Tensor, c: int, name: str) -> Tensor:
    """The backward pass of the logit, layer by layer, as in Springenberg et al., figure 1."""

    def back(g: Tensor, a: Tensor) -> Tensor:
        return g * (g > 0) * (1 if name == "deconvolution" else a > 0)

    A, B, C = (layer.weight.detach() for layer in (model.a, model.b, model.c))
    first = x @ A.T + model.a.bias.detach()
    second = first.clamp(min=0) @ B.T + model.b.bias.detach()
    g = C[c].expand(len(x), -1)
    return back(back(g, second) @ B, first) @ A


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("form", "ignored"), [(f, False) for f in FORMS] + [(f, True) for f in IGNORED])
def test_each_form(name, form, ignored):
    model = seeded(TwoReLUs, (IGNORED if ignored else FORMS)[form], ignored).double()
    x = torch.randn(4, 6, dtype=torch.double, generator=torch.Generator().manual_seed(2))
    expected = by_hand(model, x, 1, name)
    plain = simple_gradient(make_score(model, x, 1, "logit"), x)
    assert not torch.allclose(expected, plain)  # the rule matters here
    torch.testing.assert_close(explain(model, x, 1, name), expected, rtol=1e-12, atol=1e-14)


def test_the_three_rules_at_one_relu():
    """Weights +1 and −1 below, and gradients +2 and −3 above, ReLUs on and off: four cases, three rules."""
    f = lambda x: 2 * x[:, :2].relu().sum(1) - 3 * x[:, 2:].relu().sum(1)  # noqa: E731
    x = torch.tensor([[1.0, -1, 1, -1]])  # (g > 0, on), (g > 0, off), (g < 0, on), (g < 0, off)
    assert simple_gradient(f, x).tolist() == [[2, 0, -3, 0]]
    assert deconvolution(f, x).tolist() == [[2, 2, 0, 0]]
    assert guided_backprop(f, x).tolist() == [[2, 0, 0, 0]]
    zero = torch.zeros(1, 4)  # at 0 a ReLU is off, as for autograd
    assert guided_backprop(f, zero).tolist() == [[0, 0, 0, 0]] and deconvolution(f, zero).tolist() == [[2, 2, 0, 0]]


@pytest.mark.parametrize(
    ("name", "oracle"), [("deconvolution", "Deconvolution"), ("guided_backprop", "GuidedBackprop")]
)
def test_agrees_with_captum(name, oracle):
    model, x = seeded(PlainCNN).eval(), images(3)
    target = torch.tensor([0, 3, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = getattr(captum.attr, oracle)(model).attribute(x.clone(), target=target)
    torch.testing.assert_close(explain(model, x, target, name), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", METHODS)
def test_functional_where_captum_skips_it(name):
    """The functional twin of a network of modules: our map is the same, captum's falls back to the gradient."""

    class Functional(PlainCNN):
        def forward(self, x: Tensor) -> Tensor:
            h = F.max_pool2d(F.relu(self.features[0](x)), 2)
            return self.fc(F.relu(self.features[3](h), inplace=True).mean((2, 3)))

    modules, functional, x = seeded(PlainCNN), seeded(Functional), images(2)
    functional.load_state_dict(modules.state_dict())
    torch.testing.assert_close(explain(functional, x, 2, name), explain(modules, x, 2, name), rtol=1e-5, atol=1e-7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = captum.attr.GuidedBackprop(functional.eval()).attribute(x.clone(), target=2)
    torch.testing.assert_close(theirs, explain(functional, x, 2, "simple_gradient", output="logit"))


@pytest.mark.parametrize("name", METHODS)
def test_reused_and_in_place_modules(name):
    """One ReLU module used twice, in place or not: the same bits."""
    shared, in_place, x = seeded(SmallCNN), seeded(SmallCNN, inplace=True), images(2)
    A = explain(shared.eval(), x, 1, name)
    assert torch.equal(A, explain(in_place.eval(), x, 1, name))
    assert not torch.allclose(A, explain(shared, x, 1, "simple_gradient", output="logit"))


@pytest.mark.parametrize("form", ["F.relu_", "Tensor.relu_", "clamp_(min=0)", "nn.ReLU(inplace)"])
@pytest.mark.parametrize("name", METHODS)
def test_first_operation_in_place_on_x(name, form):
    """A network that begins by overwriting its input: the caller's x stays, the rule holds."""

    class Overwrites(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            FORMS[form](x)
            return self.fc(x)

    model, x = seeded(Overwrites), torch.tensor([[1.0, -1, 2, -2]])
    w = model.fc.weight.detach()[0]
    expected = w.clamp(min=0) * (1 if name == "deconvolution" else x > 0)
    torch.testing.assert_close(explain(model, x, 0, name)[0], expected.expand_as(x)[0])
    assert x.tolist() == [[1, -1, 2, -2]]


@pytest.mark.parametrize("name", METHODS)
def test_in_place_on_a_part(name):
    """h[:, :2].relu_() rectifies two columns of h and leaves the third."""

    class Part(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            h = x * 1
            h[:, :2].relu_()
            return h * torch.tensor([3.0, -3, -3])

    x = torch.tensor([[-1.0, 1, -1]])
    expected = {
        "deconvolution": [[3.0, 0, 0], [0, 0, 0], [0, 0, -3]],
        "guided_backprop": [[0.0, 0, 0], [0, 0, 0], [0, 0, -3]],
    }
    for c in range(3):
        assert explain(Part(), x, c, name).tolist() == [expected[name][c]]


@pytest.mark.parametrize(
    "other",
    [
        nn.ReLU6(),
        nn.LeakyReLU(),
        nn.GELU(),
        lambda h: h.clamp(0, 1),
        lambda h: h.clamp(max=0),
        lambda h: h.clamp(min=1),
    ],
    ids=["ReLU6", "LeakyReLU", "GELU", "clamp(0, 1)", "clamp(max=0)", "clamp(min=1)"],
)
@pytest.mark.parametrize("name", METHODS)
def test_what_is_no_relu_keeps_its_gradient(name, other):
    model, x = seeded(TwoReLUs, other), torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    with pytest.warns(UserWarning, match=f"{name}: this network calls no ReLU"):
        A = explain(model, x, 0, name)
    assert torch.equal(A, explain(model, x, 0, "simple_gradient", output="logit"))


@pytest.mark.parametrize("name", METHODS)
def test_later_in_place_changes_do_not_reach_the_rule(name):
    """relu(h), then h and the result are overwritten in place: the mask is that of the ReLU's own input."""

    class Overwritten(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            h = x * 1
            r = h.relu()
            h.mul_(-1)
            r.add_(1)
            return r * torch.tensor([2.0, 2, -2])

    A = torch.cat([explain(Overwritten(), torch.tensor([[1.0, -1, 1]]), c, name) for c in range(3)])
    assert A.diag().tolist() == [2, 2 if name == "deconvolution" else 0, 0]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("where", ["whole", "in place", "part"])
def test_compiled(name, where):
    """What torch.compile wrapped, before its first use or after it, is explained as if it were not wrapped."""
    model, x = seeded(PlainCNN).eval(), images(2)
    expected = explain(model, x, 1, name)
    compiled = seeded(PlainCNN).eval()
    if where == "whole":
        compiled = torch.compile(compiled, backend="eager")
    elif where == "in place":
        compiled.compile(backend="eager")
    else:
        compiled.features = torch.compile(compiled.features, backend="eager")
    torch.testing.assert_close(explain(compiled, x, 1, name), expected, rtol=1e-5, atol=1e-8)
    compiled(x.clone().requires_grad_())
    torch.testing.assert_close(explain(compiled, x, 1, name), expected, rtol=1e-5, atol=1e-8)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("part", [False, True])
def test_scripted_code_is_refused(name, part):
    """Python's rules cannot reach into TorchScript: a wrong map must not come out in silence."""
    model, x = seeded(PlainCNN).eval(), images(1)
    if part:
        model.features = torch.jit.script(model.features)
    else:
        model = torch.jit.script(model)
    with pytest.raises((TypeError, ValueError), match=r"model.*TorchScript"):
        explain(model, x, 1, name)
    assert explain(model, x, 1, "simple_gradient").shape == x.shape


def test_series():
    model, x = seeded(Sequence1d), torch.rand(2, 2, 30, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = captum.attr.GuidedBackprop(model.eval()).attribute(x.clone(), target=1)
    torch.testing.assert_close(explain(model, x, 1, "guided_backprop"), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", METHODS)
def test_transformer_layer(name):
    """nn.TransformerEncoderLayer has a fused path that no rule could see: it is not taken, and its ReLU is met."""

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.fc = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.layer(x).mean(1))

    model, x = seeded(Encoder).eval(), torch.rand(2, 4, 8, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        A = explain(model, x, 0, name)
    assert not torch.allclose(A, explain(model, x, 0, "simple_gradient", output="logit"))


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    "form",
    [nn.ReLU6, nn.Hardtanh, F.relu6, F.hardtanh],
    ids=["nn.ReLU6", "nn.Hardtanh(0, 6)", "F.relu6", "F.hardtanh(0, 6)"],
)
def test_a_relu6_is_ruled_where_that_is_asked_for(form, inplace):
    """min(ReLU(a), 6): the rule is the ReLU's, and above 6 nothing passes."""

    def relu6(h: Tensor) -> Tensor:
        if form in (nn.Hardtanh, F.hardtanh):
            given = (0.0, 6.0, inplace)
            return form(*given)(h) if form is nn.Hardtanh else form(h, *given)
        return form(inplace)(h) if form is nn.ReLU6 else form(h, inplace=inplace)

    def f(x: Tensor) -> Tensor:  # slopes −1, 2, 3, 4 at −1, 2, 7, 5
        return (relu6(x * 1) * torch.tensor([[1.0, -2.0, 3.0, 4.0]])).sum(1)

    x = torch.tensor([[-1.0, 2.0, 7.0, 5.0]])
    assert guided_backprop(f, x, relu6="ruled").tolist() == [[0, 0, 0, 4]]
    assert deconvolution(f, x, relu6="ruled").tolist() == [[1, 0, 0, 4]]
    with pytest.warns(UserWarning, match="calls no ReLU"):
        assert guided_backprop(f, x).tolist() == simple_gradient(f, x).tolist() == [[0, -2, 0, 4]]
    with pytest.raises(ValueError, match=r"relu6 .* must be one of left, ruled; got 'both'"):
        guided_backprop(f, x, relu6="both")


def test_hardtanh_between_other_bounds_is_no_relu6():
    with pytest.warns(UserWarning, match="calls no ReLU"):
        guided_backprop(lambda x: F.hardtanh(x * 1).sum(1), torch.tensor([[-0.5, 0.5]]), relu6="ruled")
