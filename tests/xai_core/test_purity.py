"""Nothing is touched: bytes, gradients, modes and hooks before and after each method, errors and threads too."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode_stack

from tests.toys import CLOSE, QUICK, PlainCNN, SmallCNN, fingerprint, images, seeded
from xai_core import catalogue, explain

METHODS = list(catalogue())
TARGET = torch.tensor([0, 3])


def run(model: nn.Module, x: Tensor, name: str, target=TARGET, **given) -> Tensor:
    return explain(model, x, target, name, **QUICK.get(name, {}) | given)


def reference(name: str) -> Tensor:
    return run(seeded(SmallCNN).eval(), images(2), name)


# The network and the input


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("inplace", [False, True])
def test_network_and_input_stay_byte_for_byte(name, training, inplace):
    """In training mode too: batch norm keeps its statistics and its count, and the answer is evaluation mode's."""
    model, x = seeded(SmallCNN, inplace).train(training), images(2)
    model.conv2.weight.requires_grad_(False)
    model.bn1.eval()  # modes may differ from layer to layer
    model.fc.weight.grad = torch.ones_like(model.fc.weight)
    before = fingerprint(model, x, TARGET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if training else "error")
        A = run(model, x, name)
    assert fingerprint(model, x, TARGET) == before
    assert torch.equal(A, reference(name))


class Counts(SmallCNN):
    """Counts its calls in a buffer, keeps a running mean in a plain tensor, both in place: neither may move."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.mean = torch.zeros(5)

    def forward(self, x: Tensor) -> Tensor:
        logits = super().forward(x)
        self.calls += 1
        self.mean.mul_(0.9).add_(logits.detach().mean(0), alpha=0.1)
        return logits


@pytest.mark.parametrize("name", METHODS)
def test_networks_that_write_down_what_they_see(name):
    model = seeded(Counts).eval()
    before = fingerprint(model, model.mean)
    assert torch.equal(run(model, images(2), name), reference(name))
    assert fingerprint(model, model.mean) == before and model.calls == 0


def test_training_mode_is_told():
    with pytest.warns(UserWarning, match="the model is in training mode; it is explained in evaluation mode"):
        run(seeded(SmallCNN).train(), images(2), "simple_gradient")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(seeded(PlainCNN).train(), images(2), "simple_gradient")  # where it makes no difference


@pytest.mark.parametrize("name", METHODS)
def test_requires_grad_and_grad_of_x(name):
    """captum leaves requires_grad=True behind; a gradient that the caller has collected stays the caller's."""
    x = images(2).requires_grad_()
    x.grad = torch.full_like(x, 7.0)
    before = fingerprint(x)
    A = run(seeded(SmallCNN).eval(), x, name)
    assert fingerprint(x) == before and not A.requires_grad
    torch.testing.assert_close(A, reference(name))
    history = images(2).requires_grad_() * 1  # no leaf: in the middle of the caller's graph
    before = fingerprint(history)
    torch.testing.assert_close(run(seeded(SmallCNN).eval(), history, name), A)
    assert fingerprint(history) == before
    history.sum().backward()  # the caller's graph is still whole


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("caller", [torch.no_grad, torch.inference_mode, torch.enable_grad], ids=lambda c: c.__name__)
@pytest.mark.parametrize("needs", [False, True])
def test_any_grad_mode_of_the_caller(name, caller, needs):
    model, x = seeded(SmallCNN).eval(), images(2).requires_grad_(needs)
    before = fingerprint(model, x)
    with caller():
        A = run(model, x, name, target="predicted" if needs else TARGET)
        modes = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    assert modes == (caller is torch.enable_grad, caller is torch.inference_mode)
    assert fingerprint(model, x) == before
    torch.testing.assert_close(A.clone(), run(model, x, name, target="predicted" if needs else TARGET))


@pytest.mark.parametrize("name", METHODS)
def test_tensors_made_in_inference_mode(name):
    """Input, target, baseline, even the network's own weights."""
    with torch.inference_mode():
        x, target, model = images(2), torch.tensor([0, 3]), seeded(SmallCNN).eval()
        baseline = images(1, seed=9)
    expected = reference(name)
    torch.testing.assert_close(run(seeded(SmallCNN).eval(), x, name, target=target), expected)
    torch.testing.assert_close(run(model, x, name, target=target), expected)
    if name == "integrated_gradients":
        start = images(1, seed=9)
        torch.testing.assert_close(run(model, x, name, baseline=baseline), run(model, images(2), name, baseline=start))


@pytest.mark.parametrize("name", METHODS)
def test_under_autocast(name):
    """The caller's choice of precision holds; nothing breaks, and the result has x's type."""
    with torch.autocast("cpu", torch.bfloat16), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        A = run(seeded(PlainCNN).eval(), images(2), name)
    assert A.dtype == torch.float32 and torch.isfinite(A).all()


# Hooks


@pytest.mark.parametrize("name", METHODS)
def test_the_users_own_hooks(name):
    """They stay where they are, and one that changes what the network computes is part of the network."""
    model, calls = seeded(SmallCNN).eval(), []
    model.bn1.register_forward_pre_hook(lambda module, inputs: calls.append("pre"))
    model.bn2.register_full_backward_hook(lambda module, gin, gout: calls.append("backward"))
    model.conv1.weight.register_hook(lambda g: calls.append("weight"))
    expected = reference(name)
    before = fingerprint(model)
    torch.testing.assert_close(run(model, images(2), name), expected)
    assert fingerprint(model) == before and "weight" not in calls
    model.fc.register_forward_hook(lambda module, inputs, output: output.flip(1))
    if name != "cam":  # the head is no longer all of it
        flipped = run(model, images(2), name, target=4 - TARGET)
        if name != "uni":  # whose weights are asked too
            torch.testing.assert_close(flipped, expected, **CLOSE.get(name, {}))


# Errors


class Breaks(SmallCNN):
    """Raises in the nth pass from now, counted over all copies."""

    passes = 0

    def forward(self, x: Tensor) -> Tensor:
        type(self).passes -= 1
        logits = super().forward(x)
        if type(self).passes < 0:
            raise KeyError("broken")
        return logits


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("nth", [0, 1])
def test_after_an_error_too(name, nth):
    """In the first pass, and in a later one: the error is the network's own, and nothing is left behind."""
    model, x = seeded(Breaks).eval(), images(70)
    before = fingerprint(model, x)
    Breaks.passes = nth
    with pytest.raises(KeyError, match="broken"):
        run(model, x, name, target=0)
    assert fingerprint(model, x) == before
    assert not _get_current_function_mode_stack() and torch.is_grad_enabled()
    Breaks.passes = 10**6
    torch.testing.assert_close(run(model, images(2), name), reference(name))


@pytest.mark.parametrize("name", METHODS)
def test_after_a_backward_pass_that_fails(name):
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor) -> Tensor:
            return x * 1

        @staticmethod
        def backward(ctx, g: Tensor) -> Tensor:
            raise KeyError("backward")

    class Fails(PlainCNN):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) + 0 * Bad.apply(x).sum()

    model, x = seeded(Fails).eval(), images(2)
    before = fingerprint(model, x)
    if name in ("cam", "grad_cam") or catalogue()[name].needs == "answers":  # no gradient at the input
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if name != "cam":
                run(model, x, name)
    else:
        with pytest.raises(KeyError, match="backward"):
            run(model, x, name)
    assert fingerprint(model, x) == before and not _get_current_function_mode_stack()


def test_a_rule_ends_with_its_method():
    """After guided backprop, and outside its thread while it runs, a ReLU is a ReLU."""
    inside, go = threading.Event(), threading.Event()

    class Waits(PlainCNN):
        def forward(self, x: Tensor) -> Tensor:
            inside.set()
            assert go.wait(30)
            return super().forward(x)

    model, x = seeded(Waits).eval(), images(1)
    a = torch.tensor([-1.0, 1.0], requires_grad=True)
    with ThreadPoolExecutor(1) as pool:
        guided = pool.submit(explain, model, x, 1, "guided_backprop")
        assert inside.wait(30)
        (slope,) = torch.autograd.grad((F.relu(a) * torch.tensor([1.0, -1.0])).sum(), a)
        go.set()
        torch.testing.assert_close(guided.result(), explain(seeded(PlainCNN), x, 1, "guided_backprop"))
    assert slope.tolist() == [0, -1]


# Threads


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("inplace", [False, True])
def test_eight_threads_on_one_network(name, inplace):
    """Thirty students share one cached network: the bits of one thread, each time."""
    model = seeded(SmallCNN, inplace).eval()
    jobs = [(images(2, seed=i), torch.tensor([i % 5, (i + 2) % 5])) for i in range(16)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all-zero Grad-CAM
        alone = [run(model, x, name, target=target) for x, target in jobs]
        before = fingerprint(model)
        with ThreadPoolExecutor(8, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            together = list(pool.map(lambda job: run(model, job[0], name, target=job[1]), jobs))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
    assert fingerprint(model) == before


def test_all_methods_at_once_on_one_network():
    """The changed rules of one student are not the rules of the next."""
    model, x = seeded(SmallCNN).eval(), images(2)
    jobs = METHODS * 4
    alone = {name: run(model, x, name) for name in METHODS}
    with ThreadPoolExecutor(8, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for name, A in zip(jobs, pool.map(lambda name: run(model, x, name), jobs), strict=True):
            assert torch.equal(A, alone[name]), name


def test_while_the_owner_uses_the_network():
    """The owner's forward and backward passes go on beside an explanation, and neither notices."""
    model, x = seeded(SmallCNN).eval(), images(2)
    expected, logits = run(model, x, "guided_backprop"), model(x).detach()
    with ThreadPoolExecutor(4, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        maps = [pool.submit(run, model, x, "guided_backprop") for _ in range(20)]
        while not all(m.done() for m in maps):
            model.zero_grad()
            answers = model(x)
            answers.sum().backward()
            assert torch.equal(answers.detach(), logits)
        assert all(torch.equal(m.result(), expected) for m in maps)
