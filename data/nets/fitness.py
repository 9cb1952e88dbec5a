"""Whether a module is a classifier of pictures that can be explained, asked before anybody explains it.

    fit = fitting(network, "mynets:resnet20", (32,))        3 channels, 32 pixels, 10 outputs, and what is worth saying

What is not fit is refused in a sentence that says what to change. What to look at: `_ending` reads the last operation
from autograd's graph, so a softmax is found wherever it was written.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

ROWS = 3  # pictures that a network is asked about
NEAR = 1e-4  # of answers that ought to be the same


class Fit(NamedTuple):
    """What a network takes and gives."""

    channels: int
    size: int  # pixels
    outputs: int
    notes: tuple[str, ...]


def fitting(network: nn.Module, name: str, sides: Sequence[int]) -> Fit:
    """What a network takes: the first of these sides (pixels) that it can, in colour or grey.

    network: in evaluation mode. name: of it in a sentence.
    Raises ValueError where it takes none of them, gives no logits (N, classes), or changes itself.
    """
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    x, answers = _asked(network, name, sides)
    logits = _logits(answers, x, name)
    changed = [k for k, tensor in network.state_dict().items() if not torch.equal(tensor, before[k])]
    if changed:
        network.load_state_dict(before)
        raise ValueError(
            f"model {name!r} changes its own {changed[0]} when it is asked, although it is in evaluation mode; it must"
            " leave itself as it is (batch norm: training=self.training)"
        )
    notes = _ending(network, x, logits, name)
    return Fit(x.shape[1], x.shape[2], logits.shape[1], (*notes, *_habits(network, x, logits)))


def _asked(network: nn.Module, name: str, sides: Sequence[int]) -> tuple[Tensor, Any]:
    """Pictures that it takes, (ROWS, C, H, W), and what it returns for them."""
    first = next((m.in_channels for m in network.modules() if isinstance(m, nn.Conv2d)), 3)
    refused: Exception | None = None
    for side in sides:
        for channels in sorted((3, 1), key=lambda c: c != first):
            x = torch.rand(ROWS, channels, side, side, generator=torch.Generator().manual_seed(0))
            try:
                with torch.no_grad():
                    return x, network(x)
            except Exception as error:  # whatever somebody's own code may raise
                refused = refused or error
    many = " or ".join(f"{side} × {side}" for side in sides)
    raise ValueError(f"model {name!r} takes no pictures (N, 3 or 1, H, W) of {many}: {refused}") from refused


def _logits(answers: Any, x: Tensor, name: str) -> Tensor:
    """The answers, if they are what a classifier returns."""
    must = f"model {name!r} must return logits, a tensor (N, classes)"
    if not isinstance(answers, Tensor):
        parts = answers.items() if isinstance(answers, Mapping) else enumerate(answers if _is_row(answers) else ())
        good = [f"[{key!r}]" for key, part in parts if isinstance(part, Tensor) and part.dim() == 2]
        cure = f"; let forward return its {good[0]} alone" if good else ""
        raise ValueError(f"{must}; it returns a {type(answers).__name__}{cure}")
    if answers.dim() != 2 or len(answers) != len(x):
        raise ValueError(f"{must}; of {tuple(x.shape)} it makes {tuple(answers.shape)}")
    if answers.shape[1] < 2:
        raise ValueError(f"{must} of two classes or more; it has one output z: return torch.cat([-z, z], 1) / 2")
    if not answers.is_floating_point() or not bool(answers.isfinite().all()):
        raise ValueError(f"{must}, finite numbers; for pixels in [0, 1] it returns {answers.flatten()[0]}")
    return answers


def _is_row(answers: Any) -> bool:
    return isinstance(answers, Sequence) and not isinstance(answers, str)


def _ending(network: nn.Module, x: Tensor, logits: Tensor, name: str) -> list[str]:
    """Refuse what is no logit: a softmax would be taken twice."""
    with torch.enable_grad():
        again = network(x.clone().requires_grad_())
    last = type(again.grad_fn).__name__ if isinstance(again, Tensor) and again.grad_fn else ""
    sums = bool((logits >= 0).all()) and bool(((logits.sum(1) - 1).abs() < NEAR).all())
    for ending, found in (("softmax", sums or last.startswith("Softmax")), ("sigmoid", last.startswith("Sigmoid"))):
        if found:
            raise ValueError(f"model {name!r} ends in a {ending}, which would be taken twice; return what is before it")
    if last.startswith("LogSoftmax"):
        return ["It ends in a log-softmax: its probabilities are right, and what is called a logit here is log p."]
    if not last:
        return ["It has no gradient: methods that ask for answers alone, such as LIME, explain it; others cannot."]
    return []


def _habits(network: nn.Module, x: Tensor, logits: Tensor) -> list[str]:
    """What is unusual, and no reason to refuse."""
    with torch.no_grad():
        again, alone = network(x), network(x[:1])
    if not torch.allclose(again, logits, NEAR, NEAR):
        return ["Its answers differ from pass to pass: it draws random numbers. It is explained under one seed."]
    if not torch.allclose(alone, logits[:1], 10 * NEAR, 10 * NEAR):
        return ["Its answer depends on the other pictures of a batch, so every picture is asked alone."]
    return []
