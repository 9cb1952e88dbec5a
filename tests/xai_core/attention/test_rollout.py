"""Attention maps and rollout: by hand, against nn.MultiheadAttention's own weights, however it is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from data.nets import networks
from data.vision import torchvision
from xai_core.attention.rollout import attention_maps, attention_rollout, gradient_rollout, on_pixels, patches, rollout
from xai_core.score import make_score


class Tiny(nn.Module):
    """One picture of 2 × 2 pixels, a token a pixel and a class token of zero; `attend` mixes them in every layer."""

    def __init__(self, attend: nn.Module, layers: int = 1) -> None:
        super().__init__()
        self.layers = nn.ModuleList([attend] * layers)

    def forward(self, x: Tensor) -> Tensor:
        z = torch.cat([torch.zeros(len(x), 1, 1), x.flatten(2).transpose(1, 2)], 1)  # (N, 5, 1)
        for layer in self.layers:
            z = layer(z)
        return torch.cat([z[:, 0], -z[:, 0]], 1)  # (N, 2)


class Even(nn.Module):
    """Every token gets the mean of all: q = k = 0."""

    def forward(self, z: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(0 * z, 0 * z, z)


class ByHand(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return (z @ z.transpose(1, 2)).softmax(-1) @ z


class Fused(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(z, z, z)


class Module(nn.Module):
    """nn.MultiheadAttention over tokens of width 4."""

    def __init__(self, ask: bool) -> None:
        super().__init__()
        self.attention, self.ask = nn.MultiheadAttention(4, 2, batch_first=True), ask

    def forward(self, z: Tensor) -> Tensor:
        wide = z * torch.tensor([1.0, -1.0, 0.5, 2.0])
        return self.attention(wide, wide, wide, need_weights=self.ask)[0].sum(-1, keepdim=True)


@pytest.fixture(scope="module")
def zoo_vit() -> nn.Module:
    return networks.load("zoo_vit")


def a_small_vit() -> nn.Module:
    torch.manual_seed(1)
    vit = torchvision.models.VisionTransformer(32, 8, 2, 2, 16, 16, num_classes=3).eval()
    nn.init.normal_(vit.heads.head.weight)
    return vit


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_two_tokens_and_two_layers_by_hand() -> None:
    first, second = torch.tensor([[0.5, 0.5], [0, 1]]), torch.tensor([[0.0, 1], [1, 0]])
    A = torch.stack([first, second])[None, :, None]  # (1, 2 layers, 1 head, 2, 2)
    # Â₁ = [[¾, ¼], [0, 1]], Â₂ = [[½, ½], [½, ½]]
    assert torch.equal(rollout(A, 1), torch.tensor([[[0.75, 0.25], [0, 1]]]))
    assert torch.equal(rollout(A), torch.tensor([[[0.375, 0.625], [0.375, 0.625]]]))
    assert torch.equal(rollout(A, 0), torch.eye(2)[None])


def test_heads_are_averaged_before_the_layers_are_multiplied() -> None:
    heads = torch.stack([torch.eye(2), torch.eye(2).flip(0)])  # their mean is ½ everywhere
    assert torch.equal(rollout(heads[None, None]), torch.tensor([[[0.75, 0.25], [0.25, 0.75]]]))


@pytest.mark.parametrize("layers", [1, 3])
def test_even_attention_rolls_out_to_even_patches(layers: int) -> None:
    x = torch.rand(2, 1, 2, 2)
    f = make_score(Tiny(Even(), layers), x, 0, "logit")
    assert torch.allclose(attention_maps(f, x), torch.full((2, layers, 1, 5, 5), 0.2))
    left = 0.5**layers  # of the token itself
    assert torch.allclose(attention_rollout(f, x), torch.full_like(x, (1 - left) / 5))
    assert torch.allclose(rollout(attention_maps(f, x))[:, 0, 0], torch.full((2,), left + (1 - left) / 5))


def test_gradient_weighted_attention_by_hand() -> None:
    """F_0 = Σ_j A_0j x_j with A = 1/5, so ∂F/∂A_0j ⊙ A_0j = x_j / 5; for the other class all signs turn."""
    x = torch.tensor([[[[1.0, 2.0], [-3.0, 0.0]]]])
    found = [gradient_rollout(make_score(Tiny(Even()), x, c, "logit"), x) for c in (0, 1)]
    assert torch.allclose(found[0], torch.tensor([[[[0.2, 0.4], [0, 0]]]]))
    assert torch.allclose(found[1], torch.tensor([[[[0.0, 0.0], [0.6, 0]]]]))


# --- three ways to write attention ------------------------------------------------------------------------------------


def test_attention_written_by_hand_is_met_as_the_fused_one() -> None:
    x = torch.randn(3, 1, 2, 2)
    maps = [attention_maps(make_score(Tiny(kind(), 2), x, 0), x) for kind in (ByHand, Fused)]
    assert maps[0].shape == (3, 2, 1, 5, 5)
    torch.testing.assert_close(*maps)


@pytest.mark.parametrize("ask", [False, True])
def test_the_weights_are_those_that_multihead_attention_tells(ask: bool) -> None:
    torch.manual_seed(0)
    network, x = Tiny(Module(ask)).eval(), torch.randn(3, 1, 2, 2)
    wide = torch.cat([torch.zeros(3, 1, 1), x.flatten(2).transpose(1, 2)], 1) * torch.tensor([1.0, -1.0, 0.5, 2.0])
    told = network.layers[0].attention(wide, wide, wide, average_attn_weights=False)[1]  # (3, 2, 5, 5)
    found = attention_maps(make_score(network, x, 0), x)
    assert found.shape == (3, 1, 2, 5, 5), "met once, and not twice"
    torch.testing.assert_close(found[:, 0], told)


def test_a_torchvision_vit_against_its_own_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    vit, x, told = a_small_vit(), torch.rand(2, 3, 32, 32), []
    found = attention_maps(make_score(vit, x, 0), x)
    inside = nn.MultiheadAttention.forward

    def telling(self: nn.MultiheadAttention, *args, **kwargs):
        answer = inside(self, *args, **kwargs | {"need_weights": True, "average_attn_weights": False})
        told.append(answer[1])
        return answer

    monkeypatch.setattr(nn.MultiheadAttention, "forward", telling)
    with torch.no_grad():
        vit(x)
    torch.testing.assert_close(found, torch.stack(told, 1))


def test_the_fast_path_of_a_transformer_encoder_is_met_too() -> None:
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)

    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

        def forward(self, z: Tensor) -> Tensor:
            return self.encoder(z.expand(-1, -1, 4)).mean(-1, keepdim=True)

    x = torch.rand(2, 1, 2, 2)
    assert attention_maps(make_score(Tiny(Wide()).eval(), x, 0), x).shape == (2, 2, 2, 5, 5)


# --- properties -------------------------------------------------------------------------------------------------------


def test_rows_sum_to_one_and_a_batch_is_its_rows(zoo_vit: nn.Module) -> None:
    x = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    f = make_score(zoo_vit, x, "predicted")
    A = attention_maps(f, x)
    assert A.shape == (3, 4, 4, 65, 65) and (A >= 0).all()
    torch.testing.assert_close(A.sum(-1), torch.ones(3, 4, 4, 65))
    R = rollout(A)
    torch.testing.assert_close(R.sum(-1), torch.ones(3, 65))
    for method in (attention_rollout, gradient_rollout):
        alone = torch.cat([method(f.rows(i), x[i]) for i in torch.arange(3).split(1)])
        torch.testing.assert_close(method(f, x), alone, rtol=1e-4, atol=1e-6)
    whole = attention_rollout(f, x)
    torch.testing.assert_close(whole[:, 0, ::8, ::8].flatten(1), R[:, 0, 1:])
    assert torch.equal(whole[:, :, :8, :8], whole[:, :, :1, :1].expand(-1, -1, 8, 8)), "one number a patch"


def test_rollout_knows_no_class_and_the_gradient_weighted_map_does(zoo_vit: nn.Module) -> None:
    x = torch.rand(1, 3, 64, 64)
    cat, fish = (make_score(zoo_vit, x, c, "logit") for c in (0, 8))
    assert torch.equal(attention_rollout(cat, x), attention_rollout(fish, x))
    assert not torch.allclose(gradient_rollout(cat, x), gradient_rollout(fish, x))


def test_the_network_is_left_alone_by_eight_threads_at_once() -> None:
    network = a_small_vit()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    x = torch.rand(8, 3, 32, 32)
    f = make_score(network, x, "predicted")
    alone = [attention_rollout(f.rows(torch.tensor([i])), x[i : i + 1]) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda i: attention_rollout(f.rows(torch.tensor([i])), x[i : i + 1]), range(8)))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    assert all(p.grad is None and p.requires_grad for p in network.parameters())


# --- the grid ---------------------------------------------------------------------------------------------------------


def test_patches_lie_row_by_row_in_the_shape_of_the_picture() -> None:
    row = torch.arange(9.0)[None]  # the class token and 8 patches
    assert torch.equal(patches(row, torch.zeros(1, 3, 32, 64)), torch.tensor([[[1.0, 2, 3, 4], [5, 6, 7, 8]]]))
    grid = on_pixels(torch.tensor([[[1.0, 2.0]]]), torch.zeros(1, 3, 2, 4))
    assert torch.equal(grid, torch.tensor([[[[1.0, 1, 2, 2], [1, 1, 2, 2]]]]))
    with pytest.raises(ValueError, match=r"one class token and a grid of patches .* 32 × 32; it has 18 tokens, and 17"):
        patches(torch.zeros(1, 18), torch.zeros(1, 3, 32, 32))


# --- what has no map --------------------------------------------------------------------------------------------------


def test_windows_have_no_attention_of_the_whole_picture() -> None:
    swin = torchvision.models.SwinTransformer([4, 4], 8, [1, 1], [1, 2], [4, 4], num_classes=3).eval()
    x = torch.rand(2, 3, 32, 32)
    with pytest.raises(ValueError, match=r"all tokens .* shapes \(2, 2, 16, 16\), \(8, 1, 16, 16\) for 2 .*\(Swin\)"):
        attention_rollout(make_score(swin, x, 0), x)


def test_a_network_without_attention_says_so() -> None:
    x = torch.rand(1, 3, 64, 64)
    with pytest.raises(ValueError, match="must have attention for its map; this one calls none"):
        attention_rollout(make_score(networks.load("zoo"), x, 0), x)
    flat = torch.rand(2, 5)
    with pytest.raises(ValueError, match=r"x must be images \(N, C, H, W\); got shape \(2, 5\)"):
        attention_maps(make_score(nn.Linear(5, 2), flat, 0), flat)
