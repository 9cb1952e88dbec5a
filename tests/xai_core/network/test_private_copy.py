"""A private copy against copy.deepcopy, which it replaces where that only searches."""

import copy
from collections import OrderedDict, defaultdict

import pytest
import torch
from torch import Tensor, nn

from tests.toys import MLP, SmallCNN, images, seeded
from xai_core.network.private_copy import private_copy


class Odd(MLP):
    """Attributes of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list = []
        self.also_log = self.log
        self.names = {"a": [1, (2, "b")], 3: {4}}
        self.table = torch.arange(3.0)
        self.parts = (self.first, self.second)
        self.whole = [self]
        self.loose = [self.first.weight]
        self.counts = defaultdict(int, a=1)
        self.nothing = None


def test_what_names_one_thing_twice_still_does():
    model = seeded(Odd)
    copied = private_copy(model)
    assert copied.log is copied.also_log and copied.log is not model.log
    assert copied.parts == (copied.first, copied.second) and copied.first is not model.first
    assert copied.whole[0] is copied and copied.loose[0] is copied.first.weight
    assert copied.names == model.names and copied.names["a"] is not model.names["a"]
    assert copied.counts == {"a": 1} and copied.counts is not model.counts and copied.counts.default_factory is int
    assert torch.equal(copied.table, model.table) and copied.table.data_ptr() != model.table.data_ptr()


@pytest.mark.parametrize("build", [SmallCNN, MLP, lambda: nn.LSTM(3, 4, 2), lambda: nn.MultiheadAttention(4, 2)])
def test_every_attribute_is_deepcopys(build):
    model = seeded(build).eval()
    ours, theirs = private_copy(model), copy.deepcopy(model)
    for (name, a), (also, b) in zip(ours.named_modules(), theirs.named_modules(), strict=True):
        assert name == also and type(a) is type(b) and list(vars(a)) == list(vars(b))
        for key, value in vars(a).items():
            assert type(value) is type(vars(b)[key])
            assert not isinstance(value, OrderedDict | list) or len(value) == len(vars(b)[key])
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]


def test_hooks_go_along_and_new_ones_stay():
    model, heard = seeded(SmallCNN).eval(), []
    model.register_forward_hook(lambda *_: heard.append("first"))
    copied = private_copy(model)
    copied.register_forward_hook(lambda *_: heard.append("second"))
    x = images(1)
    copied(x)
    assert heard == ["first", "second"]
    model(x)
    assert heard == ["first", "second", "first"]


def test_a_module_that_says_what_evaluation_is_is_asked():
    class Frozen(MLP):
        def train(self, mode: bool = True) -> nn.Module:
            self.scale = 1.0 if mode else 2.0
            return super().train(mode)

        def forward(self, x: Tensor) -> Tensor:
            return self.scale * super().forward(x)

    model, x = seeded(Frozen).train(), torch.rand(2, 5)
    before = model(x)
    torch.testing.assert_close(private_copy(model)(x), 2 * before)
    assert model.scale == 1.0 and model.training


def test_what_a_forward_pass_left_in_an_odd_place():
    """deepcopy refuses tensors with a history; a defaultdict is not looked into by anybody else."""

    class Keeps(MLP):
        def forward(self, x: Tensor) -> Tensor:
            self.kept = defaultdict(list, h=[self.first(x)])
            return super().forward(x)

    model = seeded(Keeps)
    model(torch.rand(2, 5))
    kept = private_copy(model).kept["h"][0]
    assert torch.equal(kept, model.kept["h"][0]) and kept.grad_fn is None and model.kept["h"][0].grad_fn is not None


def test_scripted_parts_beside_plain_ones_share_their_weights():
    shared = seeded(MLP)

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scripted = torch.jit.script(seeded(MLP))
            self.plain = shared

        def forward(self, x: Tensor) -> Tensor:
            return self.scripted(x) + self.plain(x)

    model, x = Both().train(), torch.rand(2, 5)
    copied = private_copy(model)
    assert torch.equal(copied(x), model.eval()(x))
    assert not any(p.requires_grad for p in copied.plain.parameters()) and not copied.scripted.training


def test_what_cannot_be_copied_is_named():
    model = MLP()
    model.opened = (n for n in range(3))  # deepcopy cannot take a generator
    with pytest.raises(TypeError, match=r"model cannot be copied \(copy.deepcopy\).*generator"):
        private_copy(model)
