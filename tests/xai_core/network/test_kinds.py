"""Networks of many kinds × every method: the map of the plain network, or one sentence that names the model."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.utils.checkpoint import checkpoint

from tests.toys import QUICK, PlainCNN, images, seeded
from xai_core import catalogue, explain, make_score
from xai_core.evaluate import attack_maps, layers_of, ruined

METHODS = list(catalogue())
ANSWERS = {name for name, row in catalogue().items() if row.needs == "answers"}
SIDE = 8


class Checkpointed(PlainCNN):
    """Computes its features a second time on the way back, to save memory."""

    reentrant = False

    def forward(self, x: Tensor) -> Tensor:
        h = checkpoint(self.features, x, use_reentrant=self.reentrant)
        return self.fc(self.flatten(self.pool(h)))


class OldCheckpointed(Checkpointed):
    reentrant = True


class OwnLeaf(PlainCNN):
    """Makes a leaf of its own from what it is given, as some tutorials do."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.detach().requires_grad_(torch.is_grad_enabled()))


class RowByRow(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.network(row) for row in x.split(1)])


def plain() -> nn.Module:
    return seeded(PlainCNN).eval()


def like_plain(kind: type[nn.Module]) -> nn.Module:
    model = kind().eval()
    model.load_state_dict(plain().state_dict())
    return model


def part_compiled() -> nn.Module:
    model = plain()
    model.features[3] = torch.compile(model.features[3], backend="eager")
    return model


def compiled_in_place() -> nn.Module:
    model = plain()
    model.compile(backend="eager")
    return model


def compiled_step() -> nn.Module:
    model = plain()
    model.pool = Step(torch.compile(lambda x: F.adaptive_avg_pool2d(x, 1), backend="eager"))
    return model


class Step(nn.Module):
    def __init__(self, step) -> None:
        super().__init__()
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        return self.step(x)


def quantised() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(plain(), {nn.Linear}, dtype=torch.qint8)


def scripted() -> nn.Module:
    return torch.jit.script(plain())


def traced() -> nn.Module:
    return torch.jit.trace(plain(), images(2, side=SIDE))


def part_scripted() -> nn.Module:
    model = plain()
    model.features[3] = torch.jit.script(model.features[3])
    return model


def reparametrised(how) -> nn.Module:
    model = plain()
    for layer in (model.features[0], model.features[3], model.fc):
        how(layer)
    return model


def pruned() -> nn.Module:
    model = reparametrised(lambda layer: prune.identity(layer, "weight"))
    model(images(1, side=SIDE))
    return model


KINDS = {
    "traced": traced,
    "scripted": scripted,
    "frozen": lambda: torch.jit.freeze(scripted()),
    "scripted in part": part_scripted,
    "dynamically quantised": quantised,
    "compiled": lambda: torch.compile(plain(), backend="eager"),
    "compiled in part": part_compiled,
    "compiled in place": compiled_in_place,
    "compiled step": compiled_step,
    "checkpointed": lambda: like_plain(Checkpointed),
    "checkpointed, reentrant": lambda: like_plain(OldCheckpointed),
    "own leaf": lambda: like_plain(OwnLeaf),
    "weight norm": lambda: reparametrised(nn.utils.parametrizations.weight_norm),
    "old weight norm": lambda: reparametrised(nn.utils.weight_norm),
    "pruned": pruned,
}
RULED = {"deeplift", "deconvolution", "guided_backprop", "guided_grad_cam"}  # whose rules hold inside the network
SEES_INSIDE = {*RULED, "cam", "grad_cam"}
REFUSED = {  # kind → the methods that explain it all the same
    "traced": set(METHODS) - SEES_INSIDE,
    "scripted": set(METHODS) - SEES_INSIDE,
    "scripted in part": set(METHODS) - SEES_INSIDE,
    "frozen": set(METHODS) - SEES_INSIDE - {"uni"},  # no weights to unlearn with
    "dynamically quantised": ANSWERS,
    "own leaf": ANSWERS | {"cam", "grad_cam"},
    "checkpointed": set(METHODS) - RULED,
    "checkpointed, reentrant": set(METHODS) - RULED - {"grad_cam"},  # nor does a gradient stop at a layer
}


_maps: dict[tuple, Tensor] = {}


def plain_map(name: str, row_by_row: bool, given: dict) -> Tensor:
    """The map of the plain network; of the quantised one row by row, for its steps depend on the batch."""
    key = name, row_by_row, "goal" in given
    if key not in _maps:
        _maps[key] = explain(RowByRow(quantised()) if row_by_row else plain(), images(2, side=SIDE), 1, name, **given)
    return _maps[key]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", METHODS)
def test_the_map_of_the_plain_network_or_a_sentence(name, kind):
    model, x = KINDS[kind](), images(2, side=SIDE)
    given = QUICK[name] | ({"goal": "uniform"} if name == "uni" and "norm" in kind else {})  # another space of weights
    try:
        A = explain(model, x, 1, name, **given)
    except (TypeError, ValueError) as error:
        assert "model" in str(error) and "\n" not in str(error)
        assert kind in REFUSED and name not in REFUSED[kind]
        return
    assert kind not in REFUSED or name in REFUSED[kind]
    expected = plain_map(name, kind == "dynamically quantised", given)
    torch.testing.assert_close(A, expected, rtol=0, atol=1e-3 * float(expected.abs().max()))


# Series, words and other rows of vectors


class Encoder(nn.Module):
    """A transformer that leaves out the last two places of every text: its encoder makes nested tensors of it."""

    def __init__(self, nested: bool) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder, self.fc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=nested), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        left_out = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        left_out[:, -2:] = True
        return self.fc(self.encoder(x, src_key_padding_mask=left_out).mean(1))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.fc = nn.LSTM(8, 6, num_layers=2, dropout=0.5, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.lstm(x)[0][:, -1])


OF_SERIES = [name for name in METHODS if "cam" not in name and name != "blur_ig"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OF_SERIES)
def test_an_encoder_that_makes_nested_tensors(name):
    x = torch.rand(2, 6, 8, generator=torch.Generator().manual_seed(0))
    given = {k: v for k, v in QUICK[name].items() if k != "segments"}
    A, expected = (explain(seeded(Encoder, nested).eval(), x, 1, name, **given) for nested in (True, False))
    torch.testing.assert_close(A, expected, rtol=0, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="cuDNN alone wants training mode to go back")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OF_SERIES)
def test_an_lstm_on_a_gpu(name):
    x = torch.rand(2, 6, 8, generator=torch.Generator().manual_seed(0))
    given = {k: v for k, v in QUICK[name].items() if k != "segments"}
    model = seeded(Recurrent).eval()
    expected = explain(model, x, 1, name, **given)
    A = explain(model.cuda(), x.cuda(), 1, name, **given).cpu()
    torch.testing.assert_close(A, expected, rtol=0, atol=1e-2 * float(expected.abs().max()))


@pytest.mark.parametrize("name", METHODS)
def test_a_lazy_network_is_told_to_run_once(name):
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(4), nn.ReLU(), nn.Linear(4, 5)).eval()
    x = images(1, side=SIDE)
    with pytest.raises(ValueError, match=r"model must have its weights; .* call model\(x\) once"):
        explain(model, x, 1, name, **QUICK[name])
    assert model[1].has_uninitialized_params()
    model(x)
    if "cam" not in name:
        assert explain(model, x, 1, name, **QUICK[name]).shape == x.shape


def test_ruins_and_attacks():
    """What looks inside: a compiled part is named and ruined like any other; no twin reaches into TorchScript."""
    x = images(1)
    ruins = [ruined(model, layers_of(model)[:2], seed=1) for model in (plain(), part_compiled())]
    named = explain(part_compiled(), x, 1, "grad_cam", layer="features.3._orig_mod")
    assert torch.equal(named, explain(plain(), x, 1, "grad_cam", layer="features.3"))
    assert torch.equal(ruins[0](x), ruins[1](x)) and not torch.equal(ruins[0](x), plain()(x))
    with pytest.raises(TypeError, match="model must not be scripted for attack_maps with surrogate='softplus'"):
        attack_maps(make_score(scripted(), x, 1), x)
    assert attack_maps(make_score(scripted(), x, 1), x, surrogate="score").size.item() > 0


@pytest.mark.parametrize("kind", ["compiled in part", "scripted", "dynamically quantised", "old weight norm", "pruned"])
def test_they_stay_as_they_were(kind):
    model, x = KINDS[kind](), images(1, side=SIDE)
    before, names = model(x), [name for name, _ in model.named_modules()]
    flags = [p.requires_grad for p in model.parameters()]
    explain(model, x, 1, "lime", **QUICK["lime"])
    if kind != "dynamically quantised":
        explain(model, x, 1, "uni", **QUICK["uni"])
    assert torch.equal(model(x), before) and [p.requires_grad for p in model.parameters()] == flags
    assert [name for name, _ in model.named_modules()] == names
