"""What is handed over as a score, and what a network answers: the same sentence from every method and every score."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import xai_core
from tests.toys import LITTLE, images
from xai_core import evaluate as judges
from xai_core import simple_gradient
from xai_core.path.traces import Trace
from xai_core.score import forward


class Network(nn.Module):
    """Five of the input's numbers are its logits."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :5]


NETWORK = Network()
WRONG = {  # what is no score → what the sentence says was given
    "network": (NETWORK, "a network, Network"),
    "(R, C)": (lambda x: NETWORK(x), "a function that returns (1, 5) for (1, 3, 16, 16)"),
    "(R, 1)": (lambda x: x.flatten(1).sum(1, keepdim=True), "a function that returns (1, 1) for (1, 3, 16, 16)"),
    "scalar": (lambda x: x.sum(), "a function that returns () for (1, 3, 16, 16)"),
    "array": (lambda x: x.detach().flatten(1).sum(1).numpy(), "a function that returns ndarray"),
    "complex": (lambda x: x.flatten(1).sum(1) * 1j, "a function that returns torch.complex64"),
    "None": (None, "NoneType"),
    "name": ("score", "str"),
    "tensor": (torch.zeros(1), "Tensor"),
    "array itself": (np.zeros(1), "ndarray"),
}
SENTENCE = "f must be a score, as make_score(model, x, target) gives, or a function (R, …) → (R,) where no more"
ARGUMENTS = {
    "x": images(1), "X": images(1, channels=1), "pictures": images(1), "A": images(1, seed=1), "layers": [],
    "masks": torch.ones(1, 16, 16, dtype=torch.bool), "unlearned": torch.full((1, 5), 0.2),
    "method": "integrated_gradients", "against": 1,
}  # fmt: skip


def takers() -> dict[str, Callable]:
    """Every public function that takes a score, the scores of maps too."""
    offered = {name: getattr(room, name) for room in (xai_core, judges) for name in room.__all__}
    functions = {name: o for name, o in offered.items() if inspect.isfunction(o)}
    return {name: o for name, o in functions.items() if "f" in inspect.signature(o).parameters}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", takers())
def test_one_sentence_about_what_is_no_score(name, kind):
    function, (f, given) = takers()[name], WRONG[kind]
    parameters = inspect.signature(function).parameters
    needed = {p.name: ARGUMENTS[p.name] for p in parameters.values() if p.default is p.empty and p.name in ARGUMENTS}
    little = {k: v for k, v in LITTLE.items() if k in parameters and k not in needed}
    if name == "global_importance":
        needed["method"] = "VarGrad"
    with pytest.raises((TypeError, ValueError)) as caught:
        found = function(f, **needed, **little)
        if isinstance(found, Trace):  # it asks when it is read
            found.change()
    said = str(caught.value)
    channels = said.replace("(1, 1, 16, 16)", "(1, 3, 16, 16)")
    assert said.startswith(SENTENCE) and "\n" not in said
    copies = channels.split("; got ")[1]
    assert copies == given or copies.startswith("a function that returns (") or copies == "function"
    assert isinstance(caught.value, ValueError) == copies.startswith("a function that returns (")


def test_there_are_takers():
    assert set(xai_core.catalogue()) <= set(takers())
    assert {"deletion", "mufidelity", "attack_maps", "sensitivity", "walk", "unlearn", "maximise"} <= set(takers())


def test_a_module_that_is_a_score():
    """A network of one number a row serves as well as a function; NaN is no score."""

    class Sum(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * x.sum(1)

    assert simple_gradient(Sum(), torch.rand(3, 2)).tolist() == [[2, 2]] * 3
    with pytest.raises(ValueError, match="f must return numbers; it returns NaN"):
        forward(lambda x: (x.sum(1) - 9).log(), torch.rand(3, 2))
