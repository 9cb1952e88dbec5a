"""`xai_core.check`: what is right passes, and every typical mistake is called by its name."""

import pytest

from tests.xai_core.check.written import RIGHT, WRONG
from xai_core import catalogue
from xai_core.check.examination import examine

SOFT = ("right rule", "trapezoid from grey", "from white")  # and right of the probability, too


@pytest.mark.parametrize(
    ("name", "output"), [*((name, "logit") for name in RIGHT), *((name, "probability") for name in SOFT)]
)
def test_what_is_right_passes(name: str, output: str) -> None:
    found = examine(RIGHT[name], zoo=False, claims="integrated_gradients", output=output)
    assert found.holds, str(found)
    assert "the map of Integrated Gradients" in found["agreement"].says


AGAIN = ("one too few", "one too many", "broken: difference", "softmax", "sign")  # of the probability, too


@pytest.mark.parametrize(
    ("name", "output"),
    [
        *(pytest.param(name, "logit", marks=pytest.mark.slow if i % 3 else []) for i, name in enumerate(WRONG)),
        *((name, "probability") for name in AGAIN),
    ],
)
def test_a_mistake_is_called_by_its_name(name: str, output: str) -> None:
    function, line, words = WRONG[name]
    found = examine(function, zoo=False, claims="integrated_gradients", output=output)
    assert found[line].holds is False and words in found[line].says, str(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in catalogue() if name not in ("lime", "sobol")])  # which take seconds
def test_every_method_of_the_catalogue_is_what_it_claims_to_be(name: str) -> None:
    """Whatever is asked of a copy, the method itself has it: no line is about Integrated Gradients alone."""
    found = examine(catalogue()[name].function, zoo=False, claims=name)
    assert found.holds, str(found)
