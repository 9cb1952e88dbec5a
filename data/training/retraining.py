"""The digit network trained again on a part of its features: pixels, or what its last convolutions return.

    pixels   x ↦ N(k ⊙ x)          the whole network learns anew                     k ∈ {0, 1}^M: what is kept
    conv     x ↦ head(k ⊙ φ(x))    the convolutions φ stay as they were shipped, the fully connected part learns anew

A dropped pixel is black and a dropped output of φ is 0, in every digit, learned from or held out: a constant tells
nothing. φ(x) is what the fully connected part sees, behind the second block's ReLU and max-pooling: one feature a
channel and place, 256 of scikit-learn's digits and 3136 of MNIST.

Many networks learn at once, one for each k, as one network with a leading dimension (`torch.vmap`). What is random
depends on the run alone: networks of one run start from the same weights and meet the same digits, in the same order,
under the same dropout. So two of them differ by what was kept, and by nothing else.
Units: as data.digits. What to look at: `train`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state
from torch.nn.functional import cross_entropy

from data.nets import networks
from data.pictures import digits
from data.training.fitting import SMOOTHING

KINDS = ("pixels", "conv")
SCHOOLING = {"digits": (10, 64), "mnist": (4, 128)}  # epochs and batch: 180 and 1872 steps
RATE, DECAY = 3e-3, 0.02  # AdamW, one cycle of the rate: as the shipped networks learned
AT_ONCE = 500  # digits in one pass where nothing is learned

Weights = dict[str, Tensor]  # name → (E, …), of E networks
Progress = Callable[[Iterable], Iterable]  # wraps a loop, such as `tqdm`


@dataclass(frozen=True, eq=False)
class Retraining:
    """A classifier of digits by M features, and what it takes to train it again on some of them."""

    network: nn.Module  # features (n, …) → (n, 10) logits, as shipped, which saw them all; eval mode
    fresh: Callable[[], nn.Module]  # the same architecture with weights that have learned nothing
    split: digits.Split
    φ: nn.Module | None  # from pixels to features; None where the features are the pixels
    epochs: int
    batch: int
    digest: str  # SHA-256 of the shipped weights, of all digits, and of how long it learns
    together: bool = True  # whether E networks learn as one; on a CPU, those of MNIST's pixels are faster one by one

    @cached_property
    def features(self) -> digits.Split:
        """Pixels (n, 1, size, size) or outputs of φ (n, M), in place of the images. Nobody needs them to plan."""
        if self.φ is None:
            return self.split
        with torch.no_grad():
            seen, held_out = (
                torch.cat([self.φ(x) for x in images.split(AT_ONCE)])
                for images in (self.split.train_images, self.split.test_images)
            )
        return self.split._replace(train_images=seen, test_images=held_out)

    def errors(self, kept: Tensor, runs: Sequence[int], progress: Progress = iter) -> Tensor:
        """Train E networks and return the share of the held-out digits that each gets wrong: (E,) float64.

        kept: (E, M) bool, the features that each may use. runs: E whole numbers, 0 or more: the seed of each.
        The same arguments give the same bits on one machine; a network in other company gives the same up to how sums
        are rounded. Raises ValueError for masks or runs that do not fit.
        """
        x = self.features.train_images
        M = x[0].numel()
        if kept.dtype != torch.bool or kept.dim() != 2 or kept.shape[1] != M or not len(kept):
            raise ValueError(f"kept is {kept.dtype}, {tuple(kept.shape)}; it must be bool, (networks, {M})")
        if len(runs) != len(kept) or not all(isinstance(run, int) and run >= 0 for run in runs):
            raise ValueError(f"runs is {runs!r}; it must be {len(kept)} whole numbers, 0 or more, one a row of kept")
        k = kept.to(x.device).view(-1, 1, *x.shape[1:])  # one mask for all digits of a batch
        parts = [slice(None)] if self.together else [slice(i, i + 1) for i in range(len(k))]
        return torch.cat([judge(train(self, k[i], runs[i], progress), self, k[i]) for i in parts])


def retraining(
    data: str = "digits", kind: str = "pixels", device: str = "cpu", learned: int | None = None
) -> Retraining:
    """What `errors` needs. data: "digits" (scikit-learn's) or "mnist"; kind: "pixels" or "conv".

    learned: how many digits are learned from, the first ones; None for all.
    Raises ValueError for another word, or a number that is not from a batch to all; FileNotFoundError where MNIST is
    not on this computer.
    """
    if data not in SCHOOLING:
        raise ValueError(f"data is {data!r}; it must be one of {', '.join(SCHOOLING)}")
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    split = digits.train_test() if data == "digits" else digits.mnist()
    if learned is not None:
        least, most = SCHOOLING[data][1], len(split.train_images)
        if not least <= learned <= most:
            raise ValueError(f"learned is {learned}; of {data} it must be from {least}, a batch, to {most}")
        split = split._replace(train_images=split.train_images[:learned], train_labels=split.train_labels[:learned])
    split = digits.Split(*(part.to(device) for part in split))
    network = networks.load(data).to(device)
    digest = _digest(*network.state_dict().values(), *split, torch.tensor(SCHOOLING[data]))
    if kind == "pixels":
        together = data == "digits" or device != "cpu"
        return Retraining(network, lambda: networks.build(data), split, None, *SCHOOLING[data], digest, together)
    φ = nn.Sequential(network.standardise, network.block1, network.block2, network.flatten)
    return Retraining(network.head, lambda: networks.build(data).head, split, φ, *SCHOOLING[data], digest)


def _digest(*tensors: Tensor) -> str:
    found = hashlib.sha256()
    for tensor in tensors:
        found.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.cpu().contiguous().numpy())
    return found.hexdigest()


def train(task: Retraining, k: Tensor, runs: Sequence[int], progress: Progress = iter) -> Weights:
    """The weights of E networks that have learned from k ⊙ x alone. k: (E, 1, …) of 0 and 1; runs: their E seeds."""
    seeds = sorted(set(runs))
    run = torch.tensor([seeds.index(each) for each in runs], device=k.device)  # (E,)
    θ, learner = untrained(task, runs, k.device)
    predict = torch.vmap(lambda θ, noise, x: functional_call(learner, (θ, noise), (x,)))
    optimiser = torch.optim.AdamW(θ.values(), RATE, weight_decay=DECAY)
    steps = task.epochs * (len(task.features.train_images) // task.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.2)
    for rows, noise in progress(lessons(task, learner, seeds)):
        x, y = task.features.train_images[rows][run] * k, task.features.train_labels[rows][run]  # (E, b, …), (E, b)
        logits = predict(θ, {name: each[run] for name, each in noise.items()}, x)  # (E, b, 10)
        losses = cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum", label_smoothing=SMOOTHING)
        # The sum over networks: each has weights of its own, so each gets the gradient of its own loss.
        slopes = torch.autograd.grad(losses / task.batch, list(θ.values()))
        for weight, slope in zip(θ.values(), slopes, strict=True):
            weight.grad = slope
        optimiser.step()
        schedule.step()
    return θ


def untrained(task: Retraining, runs: Sequence[int], device: torch.device) -> tuple[Weights, nn.Module]:
    """Weights to start from, each network's by the seed of its run; and what they are the weights of, in train mode."""
    members = []
    with torch.random.fork_rng(devices=[]):
        for run in runs:
            torch.manual_seed(run)
            members.append(with_given_noise(task.fresh()))
    θ, _ = stack_module_state(members)
    return {name: each.detach().to(device).requires_grad_() for name, each in θ.items()}, members[0].to(device)


def lessons(task: Retraining, learner: nn.Module, seeds: Sequence[int]) -> Iterator[tuple[Tensor, Weights]]:
    """Step by step: which digits each run meets, (runs, b), and its dropout, name → (runs, b, units)."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    thinned = {f"{name}.noise": each for name, each in learner.named_modules() if isinstance(each, GivenNoise)}
    n, device = len(task.features.train_images), task.features.train_images.device
    for _ in range(task.epochs):
        order = torch.stack([torch.randperm(n, generator=each) for each in generators])
        for rows in order[:, : n // task.batch * task.batch].split(task.batch, 1):
            noise = {
                name: torch.stack([layer.draw(task.batch, each) for each in generators]).to(device)
                for name, layer in thinned.items()
            }
            yield rows.to(device), noise


@torch.no_grad()
def judge(θ: Weights, task: Retraining, k: Tensor) -> Tensor:
    """The share of the held-out digits that each network gets wrong, seen through its own k: (E,) float64, CPU."""
    network = task.fresh().to(k.device).eval()  # without dropout
    predict = torch.vmap(lambda θ, x: functional_call(network, θ, (x,)))
    wrong = torch.zeros(len(k), dtype=torch.double)
    _, _, images, labels = task.features
    for x, y in zip(images.split(AT_ONCE), labels.split(AT_ONCE), strict=True):
        wrong += (predict(θ, x * k).argmax(2) != y).sum(1).cpu()
    return wrong / len(images)


class GivenNoise(nn.Module):
    """Dropout whose coins are tossed outside, x ⊙ noise: under `vmap` each network has to get those of its own run."""

    def __init__(self, p: float, units: int) -> None:
        super().__init__()
        self.p = p
        self.register_buffer("noise", torch.ones(1, units))

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, units): 0 with probability p, else 1 / (1 − p), so that the mean stays."""
        coins = torch.empty(n, self.noise.shape[1]).bernoulli_(1 - self.p, generator=generator)
        return coins / (1 - self.p)

    def forward(self, x: Tensor) -> Tensor:
        """x ⊙ noise, (n, units)."""
        return x * self.noise


def with_given_noise(network: nn.Module) -> nn.Module:
    """The network itself, with `GivenNoise` in place of its dropout."""
    units = 0
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Linear):
            units = module.out_features
        elif isinstance(module, nn.Dropout):
            network.set_submodule(name, GivenNoise(module.p, units))
    return network
