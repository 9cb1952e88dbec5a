"""Rows that depend on each other, networks that draw random numbers: a batch and its rows alone agree all the same."""

import random
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.toys import MLP, QUICK, OneOutput, SmallCNN, images, seeded
from xai_core import catalogue, explain, make_score, simple_gradient, trace
from xai_core.attention.rollout import attention_rollout
from xai_core.score import forward, gradient

METHODS = list(catalogue())
TARGET = torch.tensor([0, 3])


class After(SmallCNN):
    """What comes behind the logits of a batch, (R, 5) → (R, 5)."""

    def __init__(self, step) -> None:
        super().__init__()
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        return self.step(super().forward(x))


class BatchStatistics(SmallCNN):
    """Batch normalisation that kept no running statistics: in evaluation mode, too, it takes those of the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(8, track_running_stats=False)
        self.bn2 = nn.BatchNorm2d(12, track_running_stats=False)


class Tokens(nn.Module):
    """Attention over 16 patches, and then over the rows of the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.fc = nn.Linear(48, 8), nn.Linear(8, 5)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.embed(F.unfold(x, 4, stride=4).transpose(1, 2))
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], 1)
        z = self.attention(tokens, tokens, tokens)[0][:, 0]
        return self.fc(z - z.mean(0))


def across(z: Tensor) -> Tensor:
    return z + (z @ z.T / 3).softmax(1) @ z


def drops(z: Tensor) -> Tensor:
    return F.dropout(z, 0.5, training=True)


def noise_of_numpy(z: Tensor) -> Tensor:
    return z * torch.from_numpy(np.random.rand(5))  # noqa: NPY002


class NumPys(SmallCNN):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * float(1 + np.random.rand()) * (1 + random.random())  # noqa: NPY002


NETWORKS = {
    "batch statistics": BatchStatistics,
    "attention across rows": lambda: After(across),
    "contrast in the batch": lambda: After(lambda z: z - z.mean(0) / 2),
    "earlier rows": lambda: After(lambda z: z.cumsum(0)),
    "later rows": lambda: After(lambda z: z.flip(0).cumsum(0).flip(0)),
    "dropout that is always on": lambda: After(drops),
    "noise": lambda: After(lambda z: z + torch.randn_like(z)),
    "noise of NumPy": NumPys,
}
DRAWS = ("dropout that is always on", "noise", "noise of NumPy")


def built(kind: str) -> nn.Module:
    return seeded(NETWORKS[kind]).double().eval()


def run(model: nn.Module, x: Tensor, name: str, target, **given) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all-zero Grad-CAM
        return explain(model, x, target, name, **QUICK[name], **given)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("name", METHODS)
def test_a_batch_and_its_rows_alone_agree(name, kind):
    model, x = built(kind), images(2).double()
    if name == "cam" and (kind in DRAWS or kind.endswith(("rows", "batch"))):
        pytest.skip("what follows the linear layer is nothing that CAM reads")
    A = run(model, x, name, TARGET)
    for i in range(2):
        alone = run(model, x[i : i + 1], name, int(TARGET[i]))
        torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-7, atol=1e-11)


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_sum_of_a_path_is_the_change(kind):
    """Row by row the network is one smooth function, and completeness holds for it."""
    model, x = built(kind), images(1).double()
    start = images(1, seed=9).double() if kind == "batch statistics" else "black"  # black has no variance
    path = trace(make_score(model, x, 1, "logit"), x, start)
    A = path.attribution(300, "midpoint")
    torch.testing.assert_close(A.sum()[None], path.change(), rtol=0.02, atol=1e-4)
    assert path.change().abs() > 0.01 or kind in DRAWS


def test_batch_statistics_by_hand():
    """One row of two numbers, normalised over them: (1, −1)/√(1 + ε) wherever it lies; the batch has no part in it."""
    norm = nn.BatchNorm1d(1, track_running_stats=False, affine=False, eps=1e-9).double()
    model = OneOutput(lambda x: norm(x[:, None])[:, 0, 0] * x[:, 0])
    x = torch.tensor([[3.0, 1.0], [2.0, 8.0]]).double()
    f = make_score(model.eval(), x, 0, "logit")
    torch.testing.assert_close(forward(f, x), torch.tensor([3.0, -2.0]).double())
    torch.testing.assert_close(simple_gradient(f, x), torch.tensor([[1.0, 0.0], [-1.0, 0.0]]).double())


def test_a_network_that_takes_no_row_alone():
    """Batch statistics of single numbers: a row alone has none."""
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 3)).eval()
    for name in ("simple_gradient", "integrated_gradients", "lime"):
        for n in (1, 3):
            with pytest.raises(ValueError, match=r"model (must take one row alone|cannot take x).*more than 1 value"):
                explain(model, torch.rand(n, 5), 0, name, **({"K": 2} if name == "lime" else {}))


@pytest.mark.parametrize("alike", [True, False])
def test_rows_that_are_all_alike_hide_nothing(alike):
    """Their answers agree, but not the slopes, where they are explained for different classes."""
    model = built("batch statistics")
    x = images(1).double().expand(3, -1, -1, -1).clone()
    x[2] += 0 if alike else 0.1
    target = torch.tensor([0, 1, 2])
    slopes = gradient(make_score(model, x, target), x)[1]
    for i in range(3):
        alone = gradient(make_score(model, x[i : i + 1], i), x[i : i + 1])[1]
        torch.testing.assert_close(slopes[i : i + 1], alone, rtol=1e-8, atol=1e-12)


def test_attention_is_watched_row_by_row():
    model, x = seeded(Tokens).double().eval(), images(3).double()
    R = attention_rollout(make_score(model, x, 0), x)
    for i in range(3):
        alone = x[i : i + 1]
        torch.testing.assert_close(R[i : i + 1], attention_rollout(make_score(model, alone, 0), alone))


def test_the_check_costs_one_row_that_no_hook_sees():
    """Sixteen rows: one pass of them all, and one of a single row beside it, the first time."""
    seen, hooked = [], []
    model = OneOutput(lambda x: seen.append(len(x)) or x.square().sum(1))
    x = torch.rand(16, 5)
    f = make_score(model, x, 0, "logit")
    f.model.register_forward_hook(lambda module, inputs, output: hooked.append(len(output)))
    for _ in range(3):
        forward(f, x)
    forward(f, x[:1])
    assert seen == [16, 1, 16, 16, 1] and hooked == [16, 16, 16, 1]


def test_a_few_photographs_are_asked_one_by_one():
    """Which is right for every network. Five of them are one pass, and a row beside it that tells for later ones."""
    seen = []
    model = OneOutput(lambda x: seen.append(len(x)) or x.square().sum(1))
    x = torch.rand(5, 3 * 160 * 160)
    f = make_score(model, x, 0, "logit")
    forward(f, x[:3])
    forward(f, x)
    forward(f, x[:3])
    assert seen == [1, 1, 1, 5, 1, 3]


@pytest.mark.parametrize("rows", [2, 4, 5, 9])
@pytest.mark.parametrize("alike", [True, False])
def test_photographs_that_depend_on_each_other(rows, alike):
    model = OneOutput(lambda x: (x - x.mean(0) / 2 + x.new_tensor(range(len(x)))[:, None]).square().mean(1))
    x = torch.rand(1, 3 * 160 * 160).expand(rows, -1) if alike else torch.rand(rows, 3 * 160 * 160)
    f = make_score(model, x, 0, "logit")
    torch.testing.assert_close(forward(f, x), (x / 2).square().mean(1))


@pytest.mark.parametrize("rows", [2, 3, 64])
def test_rounding_is_no_dependence(rows):
    """Another order of summation, and rows of very different size: still one pass."""
    model, x = seeded(SmallCNN).eval(), images(rows)
    x[rows // 2] *= 1e-3
    f = make_score(model, x, 0, "logit")
    forward(f, x)
    assert f.manner.apart == {x.shape[1:]: False} and f.manner.draws is False


def test_a_hook_that_changes_the_answers_is_no_dependence():
    model, x = seeded(SmallCNN).eval(), images(3)
    model.register_forward_hook(lambda module, inputs, output: output.flip(1) + 1)
    f = make_score(model, x, 0, "logit")
    torch.testing.assert_close(forward(f, x), model(x)[:, 0].detach())
    assert f.manner.apart == {x.shape[1:]: False}


# Random numbers


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("name", METHODS)
def test_same_seed_same_bits_and_the_callers_generators_stay(name, kind):
    if name == "cam":
        pytest.skip("what follows the linear layer is nothing that CAM reads")
    model, x = built(kind), images(1).double()
    maps = []
    for state in (1, 2):
        torch.manual_seed(state), np.random.seed(state), random.seed(state)  # noqa: NPY002
        before = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()  # noqa: NPY002
        maps.append(run(model, x, name, "predicted", seed=5))
        assert torch.equal(torch.get_rng_state(), before[0])
        assert (np.random.get_state()[1].tobytes(), random.getstate()) == before[1:]  # noqa: NPY002
    assert torch.equal(*maps)


def test_another_seed_is_another_draw():
    model, x = built("dropout that is always on"), images(1).double()
    maps = {s: explain(model, x, 1, "simple_gradient", seed=s, output="logit") for s in range(8)}
    assert any((A == 0).all() for A in maps.values()) and any(A.any() for A in maps.values())  # the logit kept or not


def test_each_point_of_a_path_meets_the_same_draw():
    """Dropout of a linear network: a slope of 0 or 2w in each number, the same all along the path."""
    model = OneOutput(lambda x: F.dropout(x, 0.5, training=True).sum(1))
    A = explain(model, torch.ones(3, 8), 0, "integrated_gradients", output="logit", seed=1)
    assert (
        set(A[0].round(decimals=4).unique().tolist()) == {0.0, 2.0}
        and torch.equal(A[0], A[1])
        and torch.equal(A[0], A[2])
    )


def test_plain_functions_that_draw():
    f = lambda x: (x * torch.randn(x.shape)).sum(1)  # noqa: E731
    x = torch.rand(2, 6)
    before = torch.get_rng_state()
    assert torch.equal(simple_gradient(f, x), simple_gradient(f, x)) and torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("how", ["remembers", "draws from its own generator"])
def test_what_changes_from_pass_to_pass_is_refused(how):
    generator, seen = torch.Generator().manual_seed(0), []

    def step(z: Tensor) -> Tensor:
        seen.append(1)
        return z * torch.rand(1, generator=generator) if how.startswith("draws") else z + len(seen)

    with pytest.raises(ValueError, match="the model must give the same answer to the same x"):
        explain(seeded(After, step).eval(), images(2), 0, "simple_gradient")


def test_networks_that_draw_in_eight_threads():
    """Torch's generator is one for all threads: each draw is made alone, and a network that draws nothing waits not."""
    models = [built("dropout that is always on"), seeded(SmallCNN).double().eval()]
    jobs = [(models[i % 2], images(2, seed=i).double(), i) for i in range(24)]
    before = torch.get_rng_state()

    def explained(job) -> Tensor:
        model, x, seed = job
        return explain(model, x, TARGET, "integrated_gradients", B=3, seed=seed % 5)

    def run_all(pool=None) -> list[Tensor]:
        return list(map(explained, jobs) if pool is None else pool.map(explained, jobs))

    alone = run_all()
    with ThreadPoolExecutor(8, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        together = run_all(pool)
    assert all(map(torch.equal, alone, together))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_plain_network_is_left_alone():
    """No seed, no single rows: the answers are those of one pass, to the bit."""
    model, x = seeded(MLP), torch.rand(5, 5)
    f = make_score(model, x, 0, "logit")
    assert torch.equal(forward(f, x), model(x)[:, 0].detach())
    assert torch.equal(gradient(f, x)[0], model(x)[:, 0].detach())
