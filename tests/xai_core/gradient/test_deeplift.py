"""DeepLIFT: values by hand, completeness of every kind of step, captum where it is right and where it is not."""

import inspect
import warnings
from concurrent.futures import ThreadPoolExecutor

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.toys import Between, PlainCNN, SmallCNN, fingerprint, images, linear, numbers, seeded
from xai_core import deeplift, explain, gradient_x_input, make_baseline, make_score
from xai_core.gradient.rescale_rules import ELEMENTWISE
from xai_core.score import forward


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    """A gap of completeness is told by a warning, so none may come unasked."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "deeplift")
        yield


def complete(f, x: Tensor, baseline="black", rtol: float = 1e-9) -> Tensor:
    """A, after Σ_i A_i = F(x) − F(x′) has been seen; and not because nothing happens."""
    A = deeplift(f, x, baseline)
    change = forward(f, x) - forward(f, make_baseline(x, baseline))
    assert change.abs().min() > 1e-9
    torch.testing.assert_close(A.flatten(1).sum(1), change, rtol=rtol, atol=1e-12)
    return A


def untouched(model: nn.Module) -> list:
    """Bytes of all tensors and hooks of all modules."""
    state = [(k, v.numpy().tobytes(), v._version) for k, v in model.state_dict().items()]
    return [state, [(len(m._forward_hooks), len(m._backward_hooks), sorted(vars(m))) for m in model.modules()]]


# Values by hand


def test_two_relus():
    f = lambda x: 2 * x[:, 0].relu() + 2 * (x[:, 1] - 1.5).relu()  # noqa: E731
    assert deeplift(f, torch.tensor([[1.0, 2]])).tolist() == [[2, 1]]


def test_saturation():
    """The deck's 1 − ReLU(1 − x): all gradients beyond 1 are 0, but F rose by 1 from the baseline."""
    f = lambda x: 1 - (1 - x[:, 0]).relu()  # noqa: E731
    assert [deeplift(f, torch.tensor([[v]])).item() for v in (0.5, 1.0, 2.0, 4.0)] == [0.5, 1, 1, 1]
    assert gradient_x_input(f, torch.tensor([[2.0]])).item() == 0


def test_it_depends_on_the_way_a_function_is_written():
    """Not implementation invariant: one function, IG [1.5, −0.5] either way (Sundararajan et al. 2017, Figure 7)."""
    one = lambda x: (x[:, 0].relu() - 1 - x[:, 1].relu()).relu()  # noqa: E731
    two = lambda x: ((x[:, 0] - 1).relu() - x[:, 1].relu()).relu()  # noqa: E731
    x = torch.tensor([[3.0, 1]])
    torch.testing.assert_close(deeplift(one, x), torch.tensor([[1.5, -0.5]]))
    torch.testing.assert_close(deeplift(two, x), torch.tensor([[2.0, -1]]))


def test_a_product_is_shared_by_halves():
    """Δ(ab) = ½(b + b′)Δa + ½(a + a′)Δb, from (1, 3) to (2, 7): 5·1 + 1.5·4 = 11 = 14 − 3."""
    f, x, start = (lambda x: x[:, 0] * x[:, 1]), torch.tensor([[2.0, 7]]), torch.tensor([[1.0, 3]])
    assert deeplift(f, x, start).tolist() == [[5, 6]]


def test_a_quotient():
    """a/b from (1, 2) to (3, 4): 1/b has the mean 3/8 and falls by ¼ while a is 2 on average."""
    f, x, start = (lambda x: x[:, 0] / x[:, 1]), torch.tensor([[3.0, 4]]), torch.tensor([[1.0, 2]])
    torch.testing.assert_close(deeplift(f, x, start), torch.tensor([[0.75, -0.5]]))


def test_max_pooling_pays_the_larger_maximum():
    """x = (1, 3), x′ = (2, 0): the second input rose to the maximum, 0 → 3, of which 2 → 3 counts; and back."""
    f = lambda x: F.max_pool1d(x[:, None], 2).flatten()  # noqa: E731
    x, start = torch.tensor([[1.0, 3]]), torch.tensor([[2.0, 0]])
    assert deeplift(f, x, start).tolist() == [[0, 1]]
    assert deeplift(f, start, x).tolist() == [[0, -1]]


def test_softmax_is_shared_by_logarithmic_means():
    """Two classes are a sigmoid of z₀ − z₁: ½Δp to each logit that moved as far, with the sign of its pull."""
    f = lambda x: x.softmax(1)[:, 0]  # noqa: E731
    x = torch.tensor([[2.0, -2.0]], dtype=torch.double)
    p = torch.sigmoid(torch.tensor(4.0, dtype=torch.double))
    torch.testing.assert_close(deeplift(f, x), (p - 0.5).expand(1, 2) / 2)
    z, start = numbers(1, 5, scale=3), numbers(1, 5, seed=1, scale=3)
    p, p_then = z.softmax(1)[0], start.softmax(1)[0]
    L = (p - p_then) / (p.log() - p_then.log())
    Δ = (z - start)[0]
    by_hand = L[0] * (torch.eye(5, dtype=torch.double)[0] - L / L.sum()) * Δ
    torch.testing.assert_close(complete(f, z, start)[0], by_hand)


def test_where_nothing_moved_it_is_the_gradient():
    """A zero step has no chord; neighbours of x′ then get their gradient × difference, and x = x′ zeros."""
    f = make_score(seeded(PlainCNN).double(), x := images(2).double(), 1)
    assert (deeplift(f, x, x) == 0).all()
    near = x + 1e-9
    expected = explain(f.model, x, 1, "simple_gradient") * (near - x)
    torch.testing.assert_close(deeplift(f, near, x), expected, rtol=1e-5, atol=1e-16)


# Every kind of step is complete


def _positive(h: Tensor) -> Tensor:
    return h.abs() + 0.5


OF_POSITIVE = {"log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal", "acosh"}
OF_UNIT = {"asin", "acos", "atanh"}
WITH = {"prelu": (torch.tensor([0.3]).double(),), "threshold": (0.1, -2.0), "clamp": (-0.3, 0.4), "clip": (-0.3, 0.4)}
WITH |= {"clamp_min": (0.1,), "clamp_max": (0.1,), "pow": (3,), "float_power": (2,)}


@pytest.mark.parametrize("name", ELEMENTWISE.split())
def test_functions_of_one_number(name):
    """Torch's function, its method, its in-place form: m = Δφ/Δa, written out."""
    forms = [getattr(where, name) for where in (torch, F, torch.special, Tensor) if hasattr(where, name)]
    forms += [getattr(where, f"{name}_") for where in (torch, F, Tensor) if hasattr(where, f"{name}_")]
    forms = forms or [F.logsigmoid]
    given = WITH.get(name, ())
    into = (lambda h: h.abs() + 1.5) if name == "acosh" else _positive if name in OF_POSITIVE else lambda h: h * 1.5
    into = torch.tanh if name in OF_UNIT else torch.sigmoid if name == "logit" else into
    x, start = numbers(3, 10), numbers(3, 10, seed=1)
    with torch.no_grad():
        a, a_then = (into(h) * (0.9 if name in OF_UNIT else 1) for h in (x, start))
        φ = lambda h: forms[0](h.clone(), *given)  # noqa: E731
        m = (φ(a) - φ(a_then)) / (a - a_then) * (a - a_then)
    for form in forms:
        f = lambda x: form((into(x) * (0.9 if name in OF_UNIT else 1)).clone(), *given).sum(1)  # noqa: B023, E731
        torch.testing.assert_close(deeplift(f, x, start), m.to(x.dtype), rtol=1e-9, atol=1e-12, msg=str(form))


STEPS = {
    "GELU": nn.GELU(),
    "GELU(tanh)": nn.GELU("tanh"),
    "SiLU": nn.SiLU(),
    "SiLU in place": nn.SiLU(True),
    "ReLU6": nn.ReLU6(),
    "Hardswish": nn.Hardswish(),
    "Hardswish in place": nn.Hardswish(True),
    "Hardtanh": nn.Hardtanh(-0.5, 0.2),
    "Hardsigmoid": nn.Hardsigmoid(),
    "Softplus": nn.Softplus(2),
    "Softsign": nn.Softsign(),
    "Tanhshrink": nn.Tanhshrink(),
    "Threshold": nn.Threshold(0.1, -1),
    "RReLU": nn.RReLU(),
    "LogSigmoid": nn.LogSigmoid(),
    "relu after relu, tanh after relu": lambda h: (h.relu().relu() - 0.1).tanh(),
    "max, min": lambda h: torch.maximum(h, h.flip(1) ** 2) + torch.minimum(h.sin(), h),
    "amax": lambda h: (
        h - h.amax(1, keepdim=True) + h.view(-1, 2, 6).amax((1, 2), keepdim=True)[:, 0] + h.amax(1)[:, None]
    ),
    "softmax": lambda h: F.softmax(3 * h, dim=1),
    "softmax along groups": lambda h: (4 * h).view(-1, 3, 4).softmax(-1).flatten(1),
    "softmax over the wrong dimension": lambda h: h.view(-1, 3, 4).transpose(1, 2).softmax(dim=1).flatten(1),
    "softmin": lambda h: F.softmin(h, dim=1),
    "log_softmax": lambda h: torch.log_softmax(h, 1),
    "masked softmax": lambda h: h.masked_fill(torch.arange(12) > 8, -torch.inf).softmax(1),
    "LayerNorm": nn.LayerNorm(12),
    "LayerNorm, plain": nn.LayerNorm(12, elementwise_affine=False),
    "LayerNorm of two dimensions": lambda h: F.layer_norm(h.view(-1, 3, 4), (3, 4)).flatten(1),
    "RMSNorm": nn.RMSNorm(12),
    "GroupNorm": nn.GroupNorm(3, 12),
    "normalize": lambda h: h / (h.square().sum(1, keepdim=True) + 0.1).sqrt(),
    "standardised": lambda h: (h - h.mean(1, keepdim=True)) / h.std(1, keepdim=True),
    "variance": lambda h: h * h.var(1, keepdim=True),
    "squeeze and excitation": lambda h: h * torch.sigmoid(h.flip(1)),
    "in-place product": lambda h: h.clone().mul_(h.sigmoid()).div_(h.exp()).pow_(2),
    "rational": lambda h: (1 / (1 + h**2) - 2**h + h / 3) @ torch.eye(12).double(),
    "bilinear": lambda h: torch.einsum("ni,nj->nij", h, h.tanh()).sum(2),
    "matmul": lambda h: (h.view(-1, 3, 4) @ h.view(-1, 4, 3)).flatten(1).repeat(1, 2)[:, :12],
    "attention": lambda h: F.scaled_dot_product_attention(*3 * [h.view(-1, 1, 4, 3)]).flatten(1),
    "causal attention": lambda h: F.scaled_dot_product_attention(*3 * [h.view(-1, 1, 4, 3)], is_causal=True).flatten(1),
    "local response": nn.Sequential(nn.Unflatten(1, (3, 4)), nn.LocalResponseNorm(3, alpha=1.0), nn.Flatten()),
    "sign and floor": lambda h: h.sign() + (2 * h).floor(),
    "relu on a part": lambda h: _part(h),
    "relu in place, h used on": lambda h: F.relu(h * 2, inplace=True).sin_().mul(2),
    "relu, written to": lambda h: F.relu(h).sub_(1).add_(h),
    "clamp(max=0)": lambda h: h.clamp(max=0),
    "keywords": lambda h: torch.clamp(input=h, min=-0.1) + F.relu(input=h),
}


def _part(h: Tensor) -> Tensor:
    h = h * 1
    h[:, :5].relu_()
    return h


@pytest.mark.parametrize("output", ["logit", "probability"])
@pytest.mark.parametrize("name", STEPS)
def test_complete(name, output):
    model, x = seeded(Between, STEPS[name]), numbers(4, 10, scale=2)
    f = make_score(model.eval(), x, torch.tensor([0, 2, 1, 0]), output)
    A = complete(f, x, numbers(1, 10, seed=3))
    for i in range(4):  # a row does not depend on its neighbours
        torch.testing.assert_close(deeplift(f.rows(torch.tensor([i])), x[i : i + 1], numbers(1, 10, seed=3))[0], A[i])


def test_a_view_that_is_written_to():
    """What inner gives is a view; of Σ_i x_i tanh x_i each number has its own share."""
    x = torch.tensor([[1.0, 2.0]]).double()
    A = deeplift(lambda x: torch.inner(x, x.tanh()).add_(1)[:, 0], x)
    torch.testing.assert_close(A, x * x.tanh())


@pytest.mark.parametrize("name", ["GLU", "halves"])
def test_glu(name):
    step = nn.GLU() if name == "GLU" else lambda h: h.chunk(2, 1)[0] * h.chunk(2, 1)[1].sigmoid()
    f = make_score(seeded(Between, step, 6), x := numbers(4, 10), 1)
    glu = seeded(Between, nn.GLU(), 6)
    torch.testing.assert_close(complete(f, x), explain(glu, x, 1, "deeplift"))


POOLINGS = {
    "2": nn.MaxPool2d(2),
    "overlapping": nn.MaxPool2d(3, 2, 1),
    "overlapping by all but one": nn.MaxPool2d(3, 1),
    "dilated": nn.MaxPool2d(2, dilation=2),
    "ceil": nn.MaxPool2d(3, ceil_mode=True),
    "adaptive": nn.AdaptiveMaxPool2d(3),
    "global": nn.AdaptiveMaxPool2d(1),
    "function": lambda h: F.max_pool2d(h, 3, stride=2),
    "torch": lambda h: torch.max_pool2d(h, 3, 2),
    "indices": lambda h: F.max_pool2d(h, 2, return_indices=True)[0],
    "adaptive, indices": lambda h: nn.AdaptiveMaxPool2d(4, return_indices=True)(h)[0],
    "rows": lambda h: nn.MaxPool1d(3, 2)(h.flatten(2)),
    "adaptive rows": lambda h: torch.adaptive_max_pool1d(h.flatten(2), 7)[0],
    "three": lambda h: nn.MaxPool3d(2, 1)(h[:, None]),
    "adaptive, three": lambda h: F.adaptive_max_pool3d(h[:, None], 3),
    "amax": lambda h: h.amax((2, 3)),
    "amax, kept": lambda h: torch.amax(h, dim=(-1, 1), keepdim=True),
}


class Pooled(nn.Module):
    """convolution → ReLU → pooling → ReLU → sums with fixed weights: no clone between neighbouring steps."""

    def __init__(self, pool, inplace: bool = False, before: bool = True, after: bool = True) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(2, 4, 3, padding=1).double(), pool
        self.before = nn.ReLU(inplace) if before else nn.Identity()
        self.after = nn.ReLU(inplace) if after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.after(self.pool(self.before(self.conv(x))) - 0.05).flatten(1)
        return h @ torch.linspace(-1, 1, 2 * h.shape[1]).to(h).sin().view(-1, 2)


@pytest.mark.parametrize("baseline", ["black", "shot_noise"])
@pytest.mark.parametrize("name", POOLINGS)
def test_poolings(name, baseline):
    x = images(3, channels=2, side=9).double()
    models = [seeded(Pooled, POOLINGS[name], inplace) for inplace in (False, True)]
    f, in_place = (make_score(model, x, torch.tensor([0, 1, 1]), "logit") for model in models)
    A = complete(f, x, baseline)
    assert torch.equal(deeplift(in_place, x, baseline), A)


def test_pooling_of_a_tie():
    """A baseline that is flat has its maximum everywhere: nothing is lost, no division by 0."""
    f = make_score(seeded(Pooled, nn.MaxPool2d(3, 1), before=False), x := images(2, channels=2, side=9).double(), 1)
    complete(f, x, "grey")


# captum


@pytest.mark.parametrize("baseline", ["black", "white", "blurred", "shot_noise"])
@pytest.mark.parametrize("kind", [nn.ReLU, nn.Tanh, nn.ELU, nn.Softplus, nn.Sigmoid, nn.LeakyReLU])
def test_agrees_with_captum(kind, baseline):
    """Modules, each used once, no two non-linear ones in a row: there captum is right."""

    def build():
        convolutions = [nn.Conv2d(3, 8, 3, padding=1), kind(), nn.AvgPool2d(2), nn.Conv2d(8, 12, 3), nn.MaxPool2d(2)]
        return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(108, 5)).double()

    model, x = seeded(build), images(3).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = captum.attr.DeepLift(model)
        expected = oracle.attribute(x.clone(), make_baseline(x, baseline), target=2)
    A = complete(make_score(model, x, 2, "logit"), x, baseline)
    torch.testing.assert_close(A, expected, rtol=1e-9, atol=1e-13)


CAPTUM_IS_WRONG = {
    "ReLU, then pooling": lambda: Pooled(nn.MaxPool2d(2), after=False),
    "overlapping pooling": lambda: Pooled(nn.MaxPool2d(3, 1), before=False, after=False),
    "functional ReLU": lambda: Pooled(lambda h: F.relu(h) * 1, before=False, after=False),
    "GELU": lambda: Pooled(nn.GELU(), before=False, after=False),
    "SiLU": lambda: Pooled(nn.SiLU(), before=False, after=False),
    "ReLU6": lambda: Pooled(nn.ReLU6(), before=False, after=False),
    "Hardswish": lambda: Pooled(nn.Hardswish(), before=False, after=False),
    "softmax": lambda: nn.Sequential(Pooled(nn.Identity(), before=False, after=False), nn.Softmax(1)),
}


@pytest.mark.parametrize("name", CAPTUM_IS_WRONG)
def test_complete_where_captum_is_not(name):
    model, x = seeded(CAPTUM_IS_WRONG[name]), images(3, channels=2, side=8).double()
    start = make_baseline(x, "shot_noise")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = captum.attr.DeepLift(model).attribute(x.clone(), start, target=1).flatten(1).sum(1)
    change = (model(x) - model(start))[:, 1].detach()
    assert ((theirs - change) / change).abs().max() > 0.005
    complete(make_score(model, x, 1, "logit"), x, "shot_noise")


def test_reused_modules_and_in_place():
    """One ReLU module for the whole network (captum raises), in place or not: the same bits, complete."""
    x = images(3).double()
    shared, in_place = (seeded(SmallCNN, inplace=i).double().eval() for i in (False, True))
    with pytest.raises(RuntimeError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captum.attr.DeepLift(seeded(SmallCNN).double().eval()).attribute(x.clone(), target=1)
    A = complete(make_score(shared, x, 1), x, "white")
    assert torch.equal(A, explain(in_place, x, 1, "deeplift", baseline="white"))


def test_a_users_hooks_change_nothing():
    """captum skips a module that carries a backward hook."""
    x = images(2)
    A = explain(seeded(PlainCNN), x, 1, "deeplift")
    model, calls = seeded(PlainCNN), []
    model.features[1].register_full_backward_hook(lambda *_: None)
    model.features[1].register_forward_hook(lambda *_: calls.append(1))
    before = fingerprint(model, x)
    torch.testing.assert_close(explain(model, x, 1, "deeplift"), A)
    assert fingerprint(model, x) == before


# Whole networks


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "squeezenet1_1", "swin_t"])
def test_torchvision_as_it_is(name):
    """One in-place ReLU a block; Hardswish and gates; overlapping pooling; attention in windows, LayerNorm, GELU."""
    from data.nets import pretrained

    model = pretrained.load(name, weights=False).double().eval()
    x = torch.rand(2, 3, 64, 64, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    before = untouched(model)
    f = make_score(model, x, "predicted", "logit")
    A = deeplift(f, x)
    change = forward(f, x) - forward(f, torch.zeros_like(x))
    torch.testing.assert_close(A.flatten(1).sum(1), change, rtol=1e-5, atol=0)
    assert untouched(model) == before and not A.requires_grad


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("weights", [True, False])
def test_attention(batch_first, weights):
    """nn.MultiheadAttention, whichever dimension holds the batch, and the layers built on it."""

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attend = nn.MultiheadAttention(8, 2, batch_first=batch_first)
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first, activation="gelu")
            self.fc = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            h = x if batch_first else x.transpose(0, 1)
            h = self.layer(h + self.attend(h, h, h, need_weights=weights)[0])
            return self.fc(h.mean(1 if batch_first else 0))

    model, x = seeded(Attention).double().eval(), numbers(3, 4, 8)
    A = complete(make_score(model, x, 1), x)
    torch.testing.assert_close(explain(model, x[1:2], 1, "deeplift"), A[1:2])


def test_a_smooth_network_is_near_integrated_gradients_for_small_steps():
    f = make_score(seeded(Between, nn.Tanh()), x := numbers(3, 10), 1)
    start = x + 0.01 * numbers(3, 10, seed=4)
    expected = explain(f.model, x, 1, "integrated_gradients", baseline=start, B=50, rule="midpoint")
    torch.testing.assert_close(deeplift(f, x, start), expected, rtol=0.02, atol=1e-6)


@pytest.mark.parametrize("where", ["whole", "in place", "part"])
def test_compiled(where):
    """What torch.compile wrapped, before its first use or after it, is explained as if it were not wrapped."""
    model, x = seeded(PlainCNN).eval(), images(2)
    expected = explain(model, x, 1, "deeplift", baseline="white")
    if where == "whole":
        model = torch.compile(model, backend="eager")
    elif where == "in place":
        model.compile(backend="eager")
    else:
        model.features = torch.compile(model.features, backend="eager")
    for _ in range(2):
        A = explain(model, x, 1, "deeplift", baseline="white")
        torch.testing.assert_close(A, expected, rtol=1e-5, atol=1e-8)
        model(x.clone().requires_grad_())


def test_eight_threads_have_the_bits_of_one():
    model, x = seeded(SmallCNN).eval(), [images(2, seed=s) for s in range(16)]
    before = untouched(model)
    expected = [explain(model, i, "predicted", "deeplift", baseline="grey") for i in x]
    plain = [explain(model, i, 1, "simple_gradient") for i in x]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: explain(model, i, "predicted", "deeplift", baseline="grey"), x))
        both = pool.map(lambda i: explain(model, x[i // 2], 1, ("simple_gradient", "deeplift")[i % 2]), range(32))
        assert all(torch.equal(a, b) for a, b in zip(list(both)[::2], plain, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert untouched(model) == before


def test_linear_network():
    """Every step straight: DeepLIFT, gradient × difference and the weights are one."""
    w = torch.tensor([[2.0, -1, 3], [0, 1, 1]])
    A = explain(linear(w), torch.tensor([[1.0, 2, 3]]), 0, "deeplift", output="logit", baseline=torch.ones(3))
    assert A.tolist() == [[0, -1, 6]]


def test_inference_mode_and_caches():
    """Called in inference mode; a network that keeps what it computed the first time."""

    class Caches(Between):
        table = None

        def forward(self, x: Tensor) -> Tensor:
            if self.table is None:
                self.table = torch.arange(10.0).double().sin().exp() * 0.1
            return super().forward(x * self.table)

    model, x = seeded(Caches, nn.ReLU()), numbers(2, 10)
    A = complete(make_score(model, x, 1), x)
    with torch.inference_mode():
        torch.testing.assert_close(explain(model, x, 1, "deeplift"), A)


def test_signature():
    parameters = inspect.signature(deeplift).parameters
    assert list(parameters) == ["f", "x", "baseline", "seed"] and parameters["baseline"].default == "black"
