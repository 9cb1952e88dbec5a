"""How a network is prepared before it is judged: as it is, or faster and almost the same. A label says so in every row.

    fold_batchnorm   y = BN(Wx + b) becomes one convolution, y = W′x + b′                  torch.fx's `fuse`
    layout           "channels_last": the channels of a pixel lie side by side

Both compute the same function, rounded otherwise: folded, float32 maps move by 2e-3 to 2e-2 of their maximum where a
ReLU sits on its kink. So neither is ever a default.
"""

import copy
from typing import Any

import torch
from torch import nn

LAYOUTS = ("channels_last",)


def label(made: dict[str, Any]) -> str:
    """What a report says behind a network's name."""
    folded = ["batch norm folded"] if made.get("fold_batchnorm") else []
    return ", ".join([*folded, *([made["layout"].replace("_", " ")] if made.get("layout") else [])])


def prepared(model: nn.Module, fold_batchnorm: bool = False, layout: str = "") -> nn.Module:
    """The network as it is to be judged, in evaluation mode.

    Raises ValueError where batch norm cannot be folded: torch.fx has to be able to read the network's forward.
    """
    if fold_batchnorm:
        from torch.fx.experimental.optimization import fuse

        try:
            model = fuse(model.eval())
        except Exception as error:  # whatever tracing a network may raise
            raise ValueError(
                f"fold_batchnorm needs a network that torch.fx can trace; this one it cannot ({error})"
            ) from error
    if layout:
        model = copy.deepcopy(model)
        for parameter in model.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model
