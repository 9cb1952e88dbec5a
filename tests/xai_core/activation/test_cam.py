"""CAM, Grad-CAM, guided Grad-CAM: values by hand, captum, the choice of the layer, what is refused."""

import warnings
from collections import OrderedDict

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.toys import MLP, PlainCNN, Sequence1d, SmallCNN, images, seeded
from xai_core import (
    cam,
    cam_map,
    explain,
    find_layer,
    grad_cam,
    grad_cam_map,
    guided_backprop,
    guided_grad_cam,
    make_score,
)


class Ones(nn.Module):
    """The toy of METHODS: 3 × 3 ones to two channels, biases −50 and −75, ReLU, linear +1 (five) and −1 (three)."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.conv, self.relu, self.fc = nn.Conv2d(1, 2, 3), nn.ReLU(inplace), nn.Linear(8, 1)
        self.conv.weight.data.fill_(1)
        self.conv.bias.data = torch.tensor([-50.0, -75])
        self.fc.weight.data = torch.tensor([[1.0, 1, 1, 1, 1, -1, -1, -1]])
        self.fc.bias.data.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.relu(self.conv(x)).flatten(1))


SIXTEEN = torch.arange(16.0).view(1, 1, 4, 4)
UP = torch.tensor(
    [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
)  # bilinear 2 → 4: pixel centres, not corners, are aligned


@pytest.mark.parametrize("inplace", [False, True])
def test_sixteen(inplace):
    """conv: 45, 54, 81, 90; α = (1, −½); ReLU(A₁ − ½A₂)."""
    model = Ones(inplace)
    f = make_score(model, SIXTEEN, 0, "logit")
    assert find_layer(f, SIXTEEN) == "relu"
    assert grad_cam_map(f, SIXTEEN).tolist() == [[[0, 4], [28, 32.5]]]
    coarse = torch.tensor([[0, 4], [28, 32.5]])
    torch.testing.assert_close(grad_cam(f, SIXTEEN)[0, 0], UP @ coarse @ UP.T)
    torch.testing.assert_close(explain(model, SIXTEEN, 0, "grad_cam")[0, 0], UP @ coarse @ UP.T)


def test_sixteen_before_its_relu():
    """At the convolution itself: A = (−5, 4, 31, 40; −30, −21, 6, 15), ∂y = its gradient through the ReLU."""
    f = make_score(Ones(), SIXTEEN, 0, "logit")
    a, b = torch.tensor([[-5.0, 4], [31, 40]]), torch.tensor([[-30.0, -21], [6, 15]])
    expected = (0.75 * a + (0 + 0 - 1 - 1) / 4 * b).relu()
    torch.testing.assert_close(grad_cam_map(f, SIXTEEN, "conv")[0], expected)


@pytest.mark.parametrize("inplace", [False, True])
def test_a_map_later_changed_in_place_is_kept_as_it_was(inplace):
    """grad-cam reads the map after the in-place ReLU where it was asked for the convolution's."""
    maps = [grad_cam_map(make_score(Ones(i), SIXTEEN, 0, "logit"), SIXTEEN, "conv") for i in (False, inplace)]
    assert torch.equal(*maps)


def test_cam_by_hand_and_its_tie_to_grad_cam():
    """CAM = Σ_k w_k f_k; Grad-CAM = ReLU(CAM)/(hw); the mean of CAM and the bias are the logit."""
    model, x = seeded(PlainCNN).double().eval(), images(3).double()
    target = torch.tensor([4, 0, 2])
    f = make_score(model, x, target, "logit")
    features = model.features(x).detach()
    expected = torch.einsum("nk,nkij->nij", model.fc.weight.detach()[target], features)
    torch.testing.assert_close(cam_map(f, x), expected)
    torch.testing.assert_close(grad_cam_map(f, x), expected.relu() / 64)
    torch.testing.assert_close(expected.mean((1, 2)) + model.fc.bias.detach()[target], f(x).detach())
    assert (cam_map(f, x) < 0).any()  # the sign is kept
    torch.testing.assert_close(cam(f, x)[:, 0], F.interpolate(expected[None], (16, 16), mode="bilinear")[0])
    one = make_score(model, x, 3, "logit")  # one class for all
    torch.testing.assert_close(cam_map(one, x), torch.einsum("k,nkij->nij", model.fc.weight.detach()[3], features))


def test_a_map_over_the_channels_is_shared_out():
    """explain gives shapes like x: the sum over channels is the map."""
    model, x = seeded(PlainCNN).eval(), images(2)
    for name, method in {"cam": cam, "grad_cam": grad_cam}.items():
        A = explain(model, x, 1, name)
        assert A.shape == x.shape and torch.equal(A[:, 0], A[:, 2])
        torch.testing.assert_close(A.sum(1), method(make_score(model, x, 1, "logit"), x)[:, 0])


@pytest.mark.parametrize("layer", ["features.1", "features.3", "features.4"])
def test_agrees_with_captum(layer):
    model, x = seeded(PlainCNN).eval(), images(3)
    target = torch.tensor([1, 3, 0])
    oracle = captum.attr.LayerGradCam(model, model.get_submodule(layer))
    coarse = oracle.attribute(x, target=target, relu_attributions=True).detach()
    f = make_score(model, x, target, "logit")
    torch.testing.assert_close(grad_cam_map(f, x, layer), coarse[:, 0], rtol=1e-5, atol=1e-8)
    fine = captum.attr.LayerAttribution.interpolate(coarse, (16, 16), "bilinear")
    torch.testing.assert_close(grad_cam(f, x, layer), fine, rtol=1e-5, atol=1e-8)


def test_guided_grad_cam():
    """Guided backprop ⊙ Grad-CAM; captum's agrees (it interpolates by nearest unless told)."""
    model, x = seeded(PlainCNN).eval(), images(2)
    f = make_score(model, x, 1, "logit")
    A = guided_grad_cam(f, x)
    assert torch.equal(A, guided_backprop(f, x) * grad_cam(f, x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = captum.attr.GuidedGradCam(model, model.features[4])
        expected = oracle.attribute(x.clone(), target=1, interpolate_mode="bilinear")
    torch.testing.assert_close(A, expected, rtol=1e-5, atol=1e-9)
    assert explain(model, x, 1, "guided_grad_cam").shape == x.shape


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_the_score_is_the_one_asked_for(output):
    """Of the probability, the gradient is that of the softmax: other maps than the logit's."""
    model, x = seeded(SmallCNN).eval(), images(1)
    h = (
        model.relu(model.bn2(model.conv2(F.max_pool2d(model.relu(model.bn1(model.conv1(x))), 2))))
        .detach()
        .requires_grad_()
    )
    logits = model.fc(h.mean((2, 3)))
    (logits if output == "logit" else logits.softmax(1))[0, 2].backward()
    expected = (h.grad.mean((2, 3), keepdim=True) * h.detach()).sum(1).relu()
    torch.testing.assert_close(grad_cam_map(make_score(model, x, 2, output), x, "relu"), expected, rtol=1e-4, atol=1e-8)


# Which layer


class Block(nn.Module):
    """A residual block: the sum and its functional ReLU belong to the block, so its own output is the map."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(k, k, 3, padding=1), nn.BatchNorm2d(k)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.bn(self.conv(x)))


class ConvolutionalHead(nn.Module):
    """The classes come from a 1 × 1 convolution after the pooling: not a map, and not the layer to look at."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.pool = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        self.head = nn.Conv2d(8, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.relu(self.conv(x)))).flatten(1)


class Squeezed(nn.Module):
    """Squeeze-and-excitation last: its 1 × 1 convolutions see one place only, the block's sum is the map."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.gate = (
            nn.Conv2d(3, 8, 3),
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Sigmoid()),
        )
        self.act, self.fc = nn.ReLU(), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x)
        return self.fc(self.act(h * self.gate(h)).mean((2, 3)))


@pytest.mark.parametrize(
    ("build", "layer"),
    [
        (PlainCNN, "features"),
        (SmallCNN, "relu"),
        (
            lambda: nn.Sequential(nn.Conv2d(3, 8, 3), Block(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)),
            "1",
        ),
        (ConvolutionalHead, "relu"),
        (Squeezed, "act"),
    ],
    ids=["PlainCNN", "SmallCNN", "residual", "convolutional head", "squeeze and excitation"],
)
def test_the_last_convolutions_map_is_found(build, layer):
    model, x = seeded(build).eval(), images(2)
    f = make_score(model, x, 0, "logit")
    assert find_layer(f, x) == layer
    assert torch.equal(grad_cam(f, x), grad_cam(f, x, layer))


def test_residual_by_hand():
    model, x = seeded(nn.Sequential, *[seeded(nn.Conv2d, 3, 8, 3), seeded(Block, 8)]), images(1)
    whole = nn.Sequential(*model, nn.AdaptiveAvgPool2d(1), nn.Flatten(), seeded(nn.Linear, 8, 5)).eval()
    features = model(x).detach()
    expected = torch.einsum("k,nkij->nij", whole[4].weight.detach()[2], features)
    torch.testing.assert_close(cam_map(make_score(whole, x, 2), x), expected)


def test_series():
    model, x = seeded(Sequence1d), torch.rand(2, 2, 30, generator=torch.Generator().manual_seed(0))
    features = model.relu(model.conv(x)).detach()
    expected = torch.einsum("k,nkl->nl", model.fc.weight.detach()[1], features)
    f = make_score(model, x, 1, "logit")
    torch.testing.assert_close(cam(f, x)[:, 0], expected)
    torch.testing.assert_close(grad_cam(f, x)[:, 0], expected.relu() / 30)
    for name in ("cam", "grad_cam", "guided_grad_cam"):
        assert explain(model, x, 1, name).shape == x.shape


# Refusals


class Attentive(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cut, self.attention = nn.Conv2d(3, 8, 4, stride=4), nn.MultiheadAttention(8, 2, batch_first=True)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        h = self.cut(x).flatten(2).transpose(1, 2)
        h = h + self.attention(h, h, h)[0]
        return self.fc(h.mean(1))


def test_no_convolution():
    for name in ("cam", "grad_cam", "guided_grad_cam"):
        with pytest.raises(ValueError, match="need a network with a convolution"):
            explain(seeded(MLP), torch.rand(1, 5), 0, name)


def test_the_layer_that_cuts_the_patches_can_be_named():
    assert explain(seeded(Attentive), images(1), 0, "grad_cam", layer="cut").shape == (1, 3, 16, 16)


class Hidden(PlainCNN):
    """A hidden layer between pooling and head: no CAM."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(12, 12)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.hidden(self.flatten(self.pool(self.features(x)))).relu())


class Rescaled(PlainCNN):
    """GAP and one linear layer, but the logits are not what it returns: no CAM either."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).square()


@pytest.mark.parametrize("build", [Hidden, Rescaled, ConvolutionalHead, lambda: Ones()])
def test_cam_needs_gap_and_a_linear_head(build):
    model = seeded(build).eval()
    x = images(1, model.conv.in_channels if hasattr(model, "conv") else 3, 4 if isinstance(model, Ones) else 16)
    with pytest.raises(ValueError, match=r"global average pooling.*Use grad_cam"):
        explain(model, x, 0, "cam")


class Counting(PlainCNN):
    """A module that gives no tensor on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.count = Count()

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.count(x)


class Count(nn.Module):
    def forward(self, x: Tensor) -> int:
        return len(x)


class Aside(PlainCNN):
    """A convolution whose result goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.aside = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.aside(x)
        return super().forward(x)


@pytest.mark.parametrize(
    ("build", "layer", "words"),
    [
        (PlainCNN, "layer4", r"layer must be one of the network's modules, 'features', .*; got 'layer4'"),
        (PlainCNN, "fc", r"layer must give a feature map .*'fc' gives \(1, 5\)"),
        (PlainCNN, "pool", r"layer must give a feature map .*'pool' gives \(1, 12, 1, 1\)"),
        (Counting, "count", "layer 'count' gives no tensor"),
        (Aside, "aside", "layer.*'aside'"),
    ],
)
@pytest.mark.parametrize("name", ["grad_cam", "guided_grad_cam"])
def test_layers_that_cannot_be_explained(build, layer, words, name):
    with pytest.raises(ValueError, match=words), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Attentive has no ReLU
        explain(seeded(build).eval(), images(1), 0, name, layer=layer)


@pytest.mark.parametrize("layer", [["features"], 4, nn.ReLU(), True])
def test_a_layer_is_named_by_a_string(layer):
    with pytest.raises((TypeError, ValueError), match="layer must be"):
        explain(seeded(PlainCNN), images(1), 0, "grad_cam", layer=layer)


def test_all_against_the_class():
    """All weights of a class negative, all features positive: ReLU leaves nothing, and that is said."""
    model, x = seeded(PlainCNN).eval(), images(2)
    model.fc.weight.data[2].abs_().neg_()
    with pytest.warns(UserWarning, match="all zero"):
        assert (explain(model, x, 2, "grad_cam") == 0).all()
    assert (explain(model, x, 2, "cam") <= 0).all() and (explain(model, x, 2, "cam") < 0).any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fc.weight.data[2].abs_()
        explain(model, x, 2, "grad_cam")


def test_a_layer_whose_output_is_of_an_odd_type_and_written_to():
    """No beginning can be put into it, so that the graph begins at x; 2A has half the slope of A, and the same map."""

    class Named(OrderedDict):
        pass

    class Inner(nn.Module):
        def __init__(self, wrap) -> None:
            super().__init__()
            self.conv, self.wrap = nn.Conv2d(3, 4, 3), wrap

        def forward(self, x: torch.Tensor):
            return self.wrap(self.conv(x))

    class Outer(nn.Module):
        def __init__(self, odd: bool) -> None:
            super().__init__()
            self.odd, self.inner = odd, Inner((lambda h: Named(h=h)) if odd else (lambda h: h))
            self.fc = nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.inner(x)
            return self.fc((h["h"] if self.odd else h).mul_(2).relu().mean((2, 3)))

    x = images(2)
    odd, plain = (
        grad_cam_map(make_score(seeded(Outer, odd).eval(), x, 1, "logit"), x, "inner") for odd in (True, False)
    )
    torch.testing.assert_close(odd, plain)
    assert plain.any()
