"""The table of methods × backbones: its CAM family, and other methods on two networks, are measured again."""

import json

import pytest

from data.nets import pretrained
from tests.measure import backbones
from xai_core import catalogue

FAMILY = ("cam", "grad_cam", "guided_grad_cam")
ALSO = {"squeezenet1_1": ("deconvolution", "deeplift", "kernel_shap"), "resnet18": ("guided_backprop", "lime")}
TABLE = json.loads(backbones.TABLE.read_text(encoding="utf-8"))["rows"]


def compared(rows: list[dict]) -> None:
    """Verdict and reason as in the table; a gap is rounding, and only its size is."""
    known = {(r["network"], r["weights"], r["method"]): r for r in TABLE}
    for r in rows:
        old = known[r["network"], r["weights"], r["method"]]
        assert (r["verdict"], r["why"]) == (old["verdict"], old["why"]), r


def test_the_table_is_whole() -> None:
    random = {(r["network"], r["method"]) for r in TABLE if r["weights"] == "random"}
    assert random == {(name, method) for name in pretrained.NAMES for method in catalogue()}
    assert {r["verdict"] for r in TABLE} <= {"works", "in part", "empty", "refuses", "fails"}
    assert all(bool(r["why"]) == (r["verdict"] != "works") for r in TABLE)
    assert all(r["gap"] < 0.01 for r in TABLE if r["method"] in backbones.EXACT and r["verdict"] == "works")


def test_what_has_a_cam() -> None:
    """A mean and one linear layer end three of the eight; Grad-CAM gives a map on each."""
    found = {(r["network"], r["method"]): r["verdict"] for r in TABLE if r["weights"] == "random"}
    assert {n for n in pretrained.NAMES if found[n, "cam"] == "works"} == {"resnet18", "efficientnet_v2_s", "swin_t"}
    assert {found[n, "grad_cam"] for n in pretrained.NAMES} == {"works"}
    relus = {n for n in pretrained.NAMES if found[n, "guided_backprop"] == "works"}
    assert relus == {"resnet18", "vgg16_bn", "squeezenet1_1"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "resnet18" else pytest.mark.slow) for name in pretrained.NAMES]
)
def test_measured_again(name: str) -> None:
    compared(backbones.table((name,), FAMILY + ALSO.get(name, ()), real=False))


@pytest.mark.slow
@pytest.mark.parametrize("name", pretrained.NAMES)
def test_published_weights(name: str) -> None:
    if not pretrained.is_available(name):
        pytest.skip(f"no published weights of {name}: {pretrained.weights_file(name)} (see TORCH_HOME)")
    if not any(r["network"] == name and r["weights"] == "published" for r in TABLE):
        rows = [r for r in backbones.table((name,), FAMILY) if r["weights"] == "published"]
        assert {r["method"]: r["verdict"] for r in rows}["grad_cam"] == "works"
        return
    compared([r for r in backbones.table((name,), FAMILY) if r["weights"] == "published"])
