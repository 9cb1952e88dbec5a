"""Notebook sliders: ranges, letters and starts come from the signature."""

import ipywidgets
import pytest

from xai_core import integrated_gradients, uni
from xai_core.symbols import of
from xai_core.widgets import play, widget


def test_a_slider_for_each_kind_of_symbol():
    """Whole numbers, real numbers, powers and words."""
    B = widget(of(integrated_gradients)["B"])
    assert (type(B), B.value, B.min, B.max, B.description) == (ipywidgets.IntSlider, 15, 1, 300, "B")
    eta = widget(of(uni)["eta"])
    assert (type(eta), eta.value, eta.step, eta.description) == (ipywidgets.FloatSlider, 1.0, 0.05, "η")
    eps = widget(of(uni)["eps"], 2.0)
    assert (type(eps), eps.min, eps.description) == (ipywidgets.FloatLogSlider, -2.0, "ε")
    assert eps.value == pytest.approx(2.0)
    rule = widget(of(uni)["rule"], "midpoint")
    assert (rule.value, "gauss_legendre" in rule.options) == ("midpoint", True)


def test_a_start_beyond_the_range_widens_it():
    """A teacher who starts at B = 500 gets a slider that reaches it."""
    assert widget(of(uni)["B"], 500).max == 500


def test_what_cannot_start_is_named():
    """A rule is no place on a slider; an unknown symbol is a typing error."""
    with pytest.raises(ValueError, match="eps is chosen by a rule; give the number"):
        widget(of(uni)["eps"])
    with pytest.raises(TypeError, match=r"uni declares .*; got Bee"):
        play(uni, print, Bee=3)
