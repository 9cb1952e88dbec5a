"""What the network was asked about, as pictures: masked copies by hand, and the sheet that shows them."""

import numpy as np
import pytest
import torch

from xai_core import Neighbourhood
from xai_core.figures.samples import contact_sheet, masked_pictures


def tiny(masks: list[list[int]], fill: torch.Tensor) -> Neighbourhood:
    """A picture of 2 × 2 pixels, its left half feature 0 and its right half feature 1."""
    z = torch.tensor(masks, dtype=torch.bool)
    return Neighbourhood(torch.tensor([[0, 1], [0, 1]]), z, torch.zeros(len(z), 1), 0, fill)


def test_a_copy_keeps_what_is_on_and_fills_the_rest():
    x = torch.tensor([[[[0.1, 0.2], [0.3, 0.4]]]])
    near = tiny([[1, 1], [1, 0], [0, 0]], torch.full((1, 1, 2, 2), 0.5))
    copies = masked_pictures(near, x, [2, 1, 0])
    expected = torch.tensor([[[[0.5, 0.5], [0.5, 0.5]]], [[[0.1, 0.5], [0.3, 0.5]]], [[[0.1, 0.2], [0.3, 0.4]]]])
    assert torch.equal(copies, expected)


def test_words_and_backgrounds_have_no_single_picture():
    x = torch.zeros(1, 1, 2, 2)
    words = Neighbourhood(None, torch.ones(1, 2, dtype=torch.bool), torch.zeros(1, 1), 0)
    with pytest.raises(ValueError, match="near must be the neighbourhood of an image"):
        masked_pictures(words, x, [0])
    with pytest.raises(ValueError, match="its background has 3 rows"):
        masked_pictures(tiny([[1, 1]], torch.zeros(3, 1, 2, 2)), x, [0])


def test_the_sheet_shows_every_picture_under_its_title():
    pictures = torch.linspace(0, 1, 5)[:, None, None, None].expand(5, 3, 2, 2)
    fig = contact_sheet(pictures, [f"p = {i}" for i in range(5)], columns=3)
    shown = [ax for ax in fig.axes if ax.images]
    assert [ax.get_title() for ax in shown] == ["p = 0", "p = 1", "p = 2", "p = 3", "p = 4"]
    for ax, picture in zip(shown, pictures, strict=True):
        np.testing.assert_allclose(ax.images[0].get_array(), picture.permute(1, 2, 0), atol=1e-6)
    assert len(fig.axes) == 6  # two lines of three; the last place stays empty
    with pytest.raises(ValueError, match="titles must be 5"):
        contact_sheet(pictures, ["one"])
