"""torchvision, importable next to any build of torch: `from data.vision import torchvision`.

torchvision's wheel may be built for another backend than the installed torch (a CUDA build beside a CPU torch). Its
compiled operators do not load then, and `import torchvision` stops with "operator torchvision::nms does not exist",
because the package attaches shape rules to two operators of object detection that nobody has declared. No classifier
calls either of them, so declaring their signatures is enough. Import torchvision from here and nowhere else; it takes
about a second, so do it inside the function that needs it. It is below the rooms, for pictures and nets need it.

The body of a module runs once, under Python's import lock: the first import is safe from several threads.
"""

import sys

import torch

_MISSING = "operator torchvision::nms does not exist"
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

try:
    import torchvision
except RuntimeError as error:
    if _MISSING not in str(error):
        raise
    # The declarations live as long as this object does.
    _OPERATORS = torch.library.Library("torchvision", "DEF")
    _OPERATORS.define(f"nms{_SIGNATURE}")
    _OPERATORS.define(f"qnms{_SIGNATURE}")
    # The failed import left some of the package's modules behind, half made: start again from none.
    for _name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
        del sys.modules[_name]
    import torchvision

__all__ = ["torchvision"]
