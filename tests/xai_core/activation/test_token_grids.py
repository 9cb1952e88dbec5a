"""Grad-CAM and CAM on tokens: values by hand, naive hooks, foreign transformers, what cannot be told."""

import warnings
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from data.vision import torchvision
from tests.toys import PlainCNN, images, seeded
from tests.xai_core.activation.test_cam import Attentive
from xai_core import (
    cam,
    cam_layers,
    cam_map,
    explain,
    find_layer,
    grad_cam,
    grad_cam_map,
    grad_cam_maps,
    guided_backprop,
    guided_grad_cam,
    make_score,
)

# --- by hand ----------------------------------------------------------------------------------------------------------

PATCHES = torch.tensor([1.0, 2, 3, 4])  # the sums of the four patches of FOUR
FOUR = (PATCHES / 4).view(1, 1, 2, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)  # (1, 1, 4, 4)
WEIGHTS = torch.tensor([[1.0, 5], [1, -5], [-1, 5], [-1, -5]])  # (classes, channels)


class Norm(nn.Identity):
    """Called a normalisation, and leaves everything as it is."""


class MeanOfSquares(nn.Module):
    """Attention of a kind: every token looks at all tokens alike, and sees their squares."""

    def forward(self, h: Tensor) -> Tensor:
        return h.square().mean(1, keepdim=True).expand_as(h)


class EvenAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.attention = Norm(), MeanOfSquares()

    def forward(self, h: Tensor) -> Tensor:
        return h + self.attention(self.norm(h))


class ByHand(nn.Module):
    """Patches of 2 × 2 with channels (s, 1 − s), s the patch's sum; tokens of zeros; y_c = w_c · the first such token.

    ∂y_c/∂h_tk = 2 w_ck h_tk / L at the norm, so with the patches (1, 2, 3, 4) and one class token (L = 5) α = (w_c1,
    −0.6 w_c2), and the map is w_c1 s − 0.6 w_c2 (1 − s).
    """

    def __init__(self, front: int = 1, behind: int = 0) -> None:
        super().__init__()
        self.cut, self.front, self.behind = nn.Conv2d(1, 2, 2, stride=2), front, behind
        self.cut.weight.data = torch.stack([torch.ones(1, 2, 2), -torch.ones(1, 2, 2)])
        self.cut.bias.data = torch.tensor([0.0, 1])
        self.block, self.head = EvenAttention(), nn.Linear(2, 4, bias=False)
        self.head.weight.data = WEIGHTS.clone()

    def forward(self, x: Tensor) -> Tensor:
        patches = self.cut(x).flatten(2).transpose(1, 2)  # (N, h·w, 2)
        h = torch.cat([patches.new_zeros(len(x), self.front, 2), patches, patches.new_zeros(len(x), self.behind, 2)], 1)
        return self.head(self.block(h)[:, 0 if self.front else -1])


BY_HAND = {0: [1.0, 5, 9, 13], 1: [1.0, -1, -3, -5], 2: [-1.0, 1, 3, 5], 3: [-1.0, -5, -9, -13]}  # class → signed map


@pytest.mark.parametrize("target", list(BY_HAND))
def test_a_class_token_by_hand(target):
    f = make_score(ByHand(), FOUR, target, "logit")
    signed = torch.tensor(BY_HAND[target]).view(1, 2, 2)
    assert find_layer(f, FOUR) == "block.norm"
    torch.testing.assert_close(grad_cam_map(f, FOUR, signed=True), signed)
    torch.testing.assert_close(grad_cam_map(f, FOUR), signed.relu())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        up = F.interpolate(signed.relu()[None], (4, 4), mode="bilinear")
        torch.testing.assert_close(grad_cam(f, FOUR), up)
        torch.testing.assert_close(guided_grad_cam(f, FOUR), guided_backprop(f, FOUR) * up)


def test_zeros_are_explained_by_what_the_relu_cut_off():
    """Everything speaks against class 3, and nothing of the score is lost: the signed map is negative everywhere."""
    with pytest.warns(UserWarning, match="all zero"):
        assert not explain(ByHand(), FOUR, 3, "grad_cam").any()
    f = make_score(ByHand(), FOUR, 3, "logit")
    assert (grad_cam_map(f, FOUR, signed=True) < 0).all()


def test_behind_the_last_attention_only_the_class_token_counts():
    f = make_score(ByHand(), FOUR, 0, "logit")
    assert not grad_cam_map(f, FOUR, "block").any()
    assert not grad_cam_map(f, FOUR, "block", signed=True).any()
    found = {
        layer.name: (layer.kind, layer.grid.layout, layer.grid.places, layer.used) for layer in cam_layers(f, FOUR)
    }
    assert found == {
        "cut": ("Conv2d", "channels first", (2, 2), True),
        "block.norm": ("Norm", "tokens", (2, 2), True),
        "block.attention": ("MeanOfSquares", "tokens", (2, 2), False),
        "block": ("EvenAttention", "tokens", (2, 2), False),
    }


@pytest.mark.parametrize(("front", "behind"), [(1, 0), (0, 1), (5, 0), (2, 3)])
def test_tokens_without_a_place_are_found_wherever_they_stand(front, behind):
    """α is divided by the number of tokens, and nothing else changes."""
    f = make_score(ByHand(front, behind), FOUR, 0, "logit")
    expected = torch.tensor(BY_HAND[0]).view(1, 2, 2) * 5 / (4 + front + behind)
    torch.testing.assert_close(grad_cam_map(f, FOUR), expected)
    assert cam_layers(f, FOUR)[1].grid.first == front


# --- torchvision's, against hooks as anybody would write them ---------------------------------------------------------


def small_vit() -> nn.Module:
    model = torchvision.models.VisionTransformer(
        64, 16, num_layers=3, num_heads=2, hidden_dim=24, mlp_dim=32, num_classes=5
    )
    nn.init.normal_(model.heads.head.weight)  # torchvision begins with zeros there
    return model.eval()


def small_swin() -> nn.Module:
    return torchvision.models.SwinTransformer(
        [4, 4], 12, depths=[2, 2], num_heads=[2, 2], window_size=[4, 4], num_classes=5, stochastic_depth_prob=0.0
    ).eval()


def naive(model: nn.Module, x: Tensor, target: int, layer: str) -> tuple[Tensor, Tensor]:
    """What a layer gave and the logit's slope there, with hooks left on the model."""
    kept = []
    module = model.get_submodule(layer)
    handle = module.register_forward_hook(lambda module, inputs, output: kept.append(tensor_of(output)))
    logit = model(x)[:, target].sum()
    handle.remove()
    return kept[0].detach(), torch.autograd.grad(logit, kept[0])[0]


def tensor_of(output: object) -> Tensor:
    """Of a tensor, a tuple or a dict."""
    if isinstance(output, Tensor):
        return output
    return output["last_hidden_state"] if isinstance(output, dict) else output[0]


def by_einsum(features: Tensor, slope: Tensor) -> Tensor:
    """(N, h, w, K) → (N, h, w)."""
    return torch.einsum("nhwk,nk->nhw", features, slope.mean((1, 2)))


@pytest.mark.parametrize("layer", [None, "encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_1.mlp"])
def test_vit(layer):
    model, x = seeded(small_vit), images(2, side=64)
    usual = "encoder.layers.encoder_layer_2.ln_1"
    features, slope = (t[:, 1:].reshape(2, 4, 4, 24) for t in naive(model, x, 3, layer or usual))
    f = make_score(model, x, 3, "logit")
    assert find_layer(f, x) == usual
    torch.testing.assert_close(grad_cam_map(f, x, layer, signed=True), by_einsum(features, slope), rtol=1e-4, atol=1e-7)


def test_vit_behind_its_last_attention():
    model, x = seeded(small_vit), images(1, side=64)
    f = make_score(model, x, 0, "logit")
    used = {layer.name: layer.used for layer in cam_layers(f, x)}
    assert used["encoder.layers.encoder_layer_2.ln_1"] and used["encoder.layers.encoder_layer_1"]
    assert not used["encoder.layers.encoder_layer_2.mlp"] and not used["encoder"]
    assert not used["encoder.layers"]  # one with its last block
    assert "encoder.layers.encoder_layer_2" not in used
    with pytest.raises(ValueError, match=r"ends in global average pooling.*Use grad_cam"):
        cam(f, x)


@pytest.mark.parametrize("layer", [None, "features.1", "features.2.norm", "features.3.0.attn"])
def test_swin(layer):
    """Channels last: read as channels first, its 8 × 8 places of 24 channels would be 8 × 24 places of 8."""
    model, x = seeded(small_swin), images(2, side=64)
    features, slope = naive(model, x, 3, layer or "norm")
    assert features.shape[3] in (12, 24, 48) and features.shape[1] == features.shape[2]
    f = make_score(model, x, 3, "logit")
    assert find_layer(f, x) == "norm"
    torch.testing.assert_close(grad_cam_map(f, x, layer, signed=True), by_einsum(features, slope), rtol=1e-4, atol=1e-7)


def test_swin_has_a_cam():
    """Its head is the mean over the tokens and one linear layer: CAM exists, and Grad-CAM = ReLU(CAM)/(hw)."""
    model, x = seeded(small_swin), images(2, side=64)
    target = torch.tensor([4, 1])
    f = make_score(model, x, target, "logit")
    features, _ = naive(model, x, 0, "norm")
    expected = torch.einsum("nhwk,nk->nhw", features, model.head.weight.detach()[target])
    torch.testing.assert_close(cam_map(f, x), expected, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(grad_cam_map(f, x), expected.relu() / 64, rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(cam_map(f, x).mean((1, 2)) + model.head.bias.detach()[target], f(x).detach())


def test_an_untrained_vit_says_that_nothing_counts():
    """torchvision's head begins with zeros: no layer has a slope, and no layer can be chosen by it."""
    model, x = seeded(torchvision.models.VisionTransformer, 64, 16, 1, 2, 24, 32), images(1, side=64)
    with pytest.raises(ValueError, match=r"layer=.*the score's slope is zero in all of them"):
        explain(model, x, 0, "grad_cam")


# --- foreign transformers ---------------------------------------------------------------------------------------------


class SelfAttention(nn.Module):
    """As in many packages: one layer for queries, keys and values; the answer in a tuple with the weights."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv, self.drop, self.proj = nn.Linear(width, 3 * width), nn.Dropout(0.1), nn.Linear(width, width)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        q, k, v = self.qkv(h).chunk(3, 2)
        weights = self.drop((q @ k.transpose(1, 2) / q.shape[2] ** 0.5).softmax(2)[:, None])  # (N, 1, L, L)
        return self.proj(weights[:, 0] @ v), weights


class Block(nn.Module):
    def __init__(self, width: int, how: str) -> None:
        super().__init__()
        self.how = how
        self.norm1, self.attn = nn.LayerNorm(width), SelfAttention(width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, h: Tensor) -> object:
        h = h + self.attn(self.norm1(h))[0]
        h = h + self.mlp(self.norm2(h))
        return {"tensor": h, "tuple": (h,), "dict": {"last_hidden_state": h}}[self.how]


class Foreign(nn.Module):
    """A ViT: registers tokens in front, cut by a convolution or by a linear layer; blocks that give tuples or dicts."""

    def __init__(self, registers: int = 1, how: str = "tensor", linear: bool = False, pool: str = "token") -> None:
        super().__init__()
        self.pool, self.linear = pool, linear
        self.proj = nn.Linear(3 * 8 * 8, 12) if linear else nn.Conv2d(3, 12, 8, stride=8)
        self.registers = nn.Parameter(torch.randn(1, registers, 12))
        self.position = nn.Parameter(torch.randn(1, 1000, 12))
        self.blocks = nn.ModuleList(Block(12, how) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(12), nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        h = self.proj(F.unfold(x, 8, stride=8).transpose(1, 2)) if self.linear else self.proj(x).flatten(2).mT
        h = torch.cat([self.registers.expand(len(x), -1, -1), h], 1)
        h = h + self.position[:, : h.shape[1]]
        for block in self.blocks:
            h = tensor_of(block(h))
        h = self.norm(h)
        return self.head(h[:, 0] if self.pool == "token" else h[:, self.registers.shape[1] :].mean(1))


@pytest.mark.parametrize(
    ("registers", "shape", "linear", "how"),
    [
        (1, (48, 48), False, "tensor"),
        (1, (48, 48), True, "tuple"),
        (5, (24, 64), False, "dict"),
        (5, (24, 64), True, "tensor"),
        (0, (32, 64), False, "tuple"),
        (0, (32, 64), True, "dict"),
    ],
)
def test_foreign_transformers(registers, shape, linear, how):
    """Another picture's shape, registers, a linear cut: the same map as by hand."""
    pool = "token" if registers else "mean"
    model, x = seeded(Foreign, registers, how, linear, pool).eval(), torch.rand(2, 3, *shape)
    h, w = shape[0] // 8, shape[1] // 8
    f = make_score(model, x, 2, "logit")
    usual = "blocks.1.norm1" if pool == "token" else "norm"
    assert find_layer(f, x) == usual
    features, slope = (t[:, registers:].reshape(2, h, w, 12) for t in naive(model, x, 2, usual))
    torch.testing.assert_close(grad_cam_map(f, x, signed=True), by_einsum(features, slope), rtol=1e-4, atol=1e-7)
    early = {layer.name: layer.grid.places for layer in cam_layers(f, x)}
    assert early["blocks.0"] == (h, w) and "blocks.0.attn.drop" not in early
    features, slope = (t[:, registers:].reshape(2, h, w, 12) for t in naive(model, x, 2, "blocks.0"))
    expected = by_einsum(features, slope)
    torch.testing.assert_close(grad_cam_map(f, x, "blocks.0", signed=True), expected, rtol=1e-4, atol=1e-7)


def test_mean_pooling_of_tokens_has_a_cam():
    model, x = seeded(Foreign, 0, "tuple", False, "mean").eval(), images(2, side=32)
    f = make_score(model, x, 4, "logit")
    features, _ = naive(model, x, 4, "norm")
    expected = (features @ model.head.weight.detach()[4]).view(2, 4, 4)
    torch.testing.assert_close(cam_map(f, x), expected, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(grad_cam_map(f, x), expected.relu() / 16, rtol=1e-4, atol=1e-7)


class Compared(Foreign):
    """Its rows depend on each other: half of what they have in common is taken off."""

    def forward(self, x: Tensor) -> Tensor:
        logits = super().forward(x)
        return logits - logits.mean(0) / 2


@pytest.mark.parametrize("layer", [None, "blocks.0"])
def test_tokens_of_rows_that_depend_on_each_other(layer):
    model, x = seeded(Compared).eval(), images(2, side=32)
    together = grad_cam_map(make_score(model, x, 2, "logit"), x, layer, signed=True)
    features, slope = naive(seeded(Foreign).eval(), x, 2, layer or "blocks.1.norm1")
    features, slope = (t[:, 1:].reshape(2, 4, 4, 12) for t in (features, slope / 2))  # alone, it is half its logits
    torch.testing.assert_close(together, by_einsum(features, slope), rtol=1e-4, atol=1e-7)


def test_a_named_layer_of_tokens_costs_one_pass_to_the_top():
    """Where the tokens lie, the pass itself tells, and passes that end where the tokens begin."""
    model, x, begun, ended = seeded(Foreign).eval(), images(1, side=32), [], []
    model.proj.register_forward_pre_hook(lambda module, inputs: begun.append(len(inputs[0])))
    model.blocks[0].norm1.register_forward_hook(lambda module, inputs, output: ended.append(len(output)))
    explain(model, x, 0, "grad_cam", layer="blocks.1.norm1")
    assert begun == [1] * 6 and ended == [1]


class Merging(nn.Module):
    """Swin in tokens, (N, L, K), as other packages write it: 2 × 2 patches become one, without any other token."""

    def __init__(self, side: int = 8) -> None:
        super().__init__()
        self.cut, self.side = nn.Conv2d(3, 8, 4, stride=4), side
        self.first, self.merge, self.second = Block(8, "tensor"), nn.Linear(32, 16), Block(16, "tensor")
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(self.cut(x).flatten(2).mT).unflatten(1, (self.side, self.side))
        h = torch.cat([h[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], -1).flatten(1, 2)
        return self.head(self.norm(self.second(self.merge(h))).mean(1))


def test_merged_patches():
    model, x = seeded(Merging).eval(), images(2, side=32)
    f = make_score(model, x, 1, "logit")
    places = {layer.name: layer.grid.places for layer in cam_layers(f, x)}
    assert places["first"] == (8, 8) and places["merge"] == places["norm"] == (4, 4)
    features, _ = naive(model, x, 1, "norm")
    torch.testing.assert_close(cam_map(f, x), (features @ model.head.weight.detach()[1]).view(2, 4, 4))


# --- what cannot be told ----------------------------------------------------------------------------------------------


class Cube(nn.Module):
    """4 × 4 places of 4 channels, channels last: the shape does not say so."""

    def __init__(self) -> None:
        super().__init__()
        self.cut, self.norm, self.act = nn.Conv2d(3, 4, 4, stride=4), nn.LayerNorm(4), nn.GELU()
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.act(self.norm(self.cut(x).permute(0, 2, 3, 1))).mean((1, 2)))


def test_a_layout_that_cannot_be_told():
    model, x = seeded(Cube), images(1)
    f = make_score(model, x, 0, "logit")
    with pytest.raises(ValueError, match=r"layer.*'act' gives \(1, 4, 4, 4\).*\(N, K, h, w\) as well as"):
        grad_cam_map(f, x, "act")
    features, slope = naive(model, x, 0, "norm")
    torch.testing.assert_close(grad_cam_map(f, x, "norm", signed=True), by_einsum(features, slope))
    assert [layer.name for layer in cam_layers(f, x)] == ["cut", "norm"]


class MixedChannels(nn.Module):
    """A linear layer of a map, channels last for it alone, and no layer normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.cut, self.mix, self.act, self.head = (
            nn.Conv2d(3, 6, 4, stride=4),
            nn.Linear(6, 6),
            nn.GELU(),
            nn.Linear(6, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        h = self.mix(self.cut(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.head(self.act(h).mean((2, 3)))


@pytest.mark.parametrize("layer", ["cut", "mix", "act"])
def test_a_linear_layer_of_a_map(layer):
    model, x = seeded(MixedChannels), images(2)
    features, slope = (t if layer == "mix" else t.permute(0, 2, 3, 1) for t in naive(model, x, 0, layer))
    found = grad_cam_map(make_score(model, x, 0, "logit"), x, layer, signed=True)
    torch.testing.assert_close(found, by_einsum(features, slope))


class Latents(Foreign):
    """The tokens that the head reads are 20 others, which looked at the patches."""

    def forward(self, x: Tensor) -> Tensor:
        h = self.proj(x).flatten(2).mT
        latents = self.registers.expand(len(x), -1, -1)
        latents = (latents @ h.mT).softmax(2) @ h
        return self.head(self.norm(self.blocks[0](latents)).mean(1))


@pytest.mark.parametrize(
    ("build", "layer", "words"),
    [
        (lambda: Latents(20), "blocks.0", r"layer.*'blocks.0' gives \(1, 20, 12\).*20 tokens"),
        (lambda: Latents(16), "norm", r"layer.*'norm' gives \(1, 16, 12\).*16 tokens"),  # as many as patches
        (lambda: Foreign(1), "blocks.0.attn.drop", r"layer must.*'blocks.0.attn.drop' gives \(1, 1, 17, 17\)"),
        (lambda: Foreign(1), "head", r"layer must.*'head' gives \(1, 5\)"),
        (lambda: Foreign(1), "blocks.7", r"layer must be one of the network's modules.*got 'blocks.7'"),
        (lambda: Foreign(1), "blocks", "layer 'blocks' gives no tensor"),
    ],
)
def test_layers_without_a_map(build, layer, words):
    model, x = seeded(build).eval(), images(1, side=32)
    with pytest.raises(ValueError, match=words):
        explain(model, x, 0, "grad_cam", layer=layer)


def test_no_layer_to_read():
    with pytest.raises(ValueError, match=r"layer=.*attention.*name one"):
        explain(seeded(Latents, 20).eval(), images(1, side=32), 0, "grad_cam")


# --- convolutional networks -------------------------------------------------------------------------------------------


def test_the_layers_of_a_convolutional_network():
    model, x = seeded(PlainCNN).eval(), images(2)
    layers = cam_layers(make_score(model, x, 0), x)
    assert [(layer.name, layer.kind, layer.grid.places, layer.used) for layer in layers] == [
        ("features.0", "Conv2d", (16, 16), True),
        ("features.1", "ReLU", (16, 16), True),
        ("features.2", "MaxPool2d", (8, 8), True),
        ("features.3", "Conv2d", (8, 8), True),
        ("features", "Sequential", (8, 8), True),  # one with the ReLU at its end
    ]


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6), target=st.integers(0, 4))
def test_the_signed_map_is_what_the_relu_is_applied_to(seed, target):
    model, x = seeded(PlainCNN).eval(), images(1, seed=seed)
    f = make_score(model, x, target, "logit")
    signed = grad_cam_map(f, x, signed=True)
    assert torch.equal(signed.relu(), grad_cam_map(f, x))
    torch.testing.assert_close(signed, cam_map(f, x) / 64)


def test_all_layers_in_one_pass():
    model, x = seeded(small_vit), images(2, side=64)
    f = make_score(model, x, torch.tensor([0, 2]), "logit")
    layers = cam_layers(f, x)
    for name, map_ in grad_cam_maps(f, x, layers, signed=True).items():
        alone = grad_cam_map(f, x, name, signed=True)  # attention has a faster way where no gradient is asked for
        torch.testing.assert_close(map_, alone, rtol=1e-4, atol=1e-5 * float(alone.abs().max()))
    unused = grad_cam_maps(f, x, [layer for layer in layers if not layer.used])
    assert len(unused) > 5 and not any(map_.any() for map_ in unused.values())


def test_the_model_is_left_alone():
    model, x = seeded(small_swin), images(1, side=64)
    before = SimpleNamespace(**{n: p.clone() for n, p in model.state_dict().items()}).__dict__
    grad_cam_map(make_score(model, x, 0), x)
    assert all(torch.equal(before[n], p) for n, p in model.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_attention_behind_the_only_convolution():
    """Nothing but patches, and their mean: the attention's own output is the last map."""
    model, x = seeded(Attentive), images(1)
    f = make_score(model, x, 0, "logit")
    assert find_layer(f, x) == "attention"
    h = model.cut(x).flatten(2).mT
    out = model.attention(h, h, h)[0].detach()
    expected = (out @ model.fc.weight.detach()[0]).view(1, 4, 4) / 16
    torch.testing.assert_close(grad_cam_map(f, x, signed=True), expected)
