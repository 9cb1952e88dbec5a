"""Every shipped network takes every kind of picture."""

import pytest
import torch

from app.shared import networks, pictures, stages
from app.shared.pictures import Picture, open_picture
from data.nets import networks as shipped
from data.pictures.photographs import PhotographError

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.mark.parametrize("name", [n for n in networks.names() if n in shipped.SHIPPED])
@pytest.mark.parametrize("picture", [
    Picture("toy zoo", "cat", 3), Picture("husky or wolf", "wolf", 3, True), Picture("digit", number=5),
    Picture("photograph", "coffee"), Picture("warbler or sparrow", "sparrow", 3),
], ids=lambda p: p.kind)  # fmt: skip
def test_every_shipped_network_takes_every_picture(name: str, picture: Picture) -> None:
    network = networks.describe(name)
    shown = open_picture(picture, network)
    assert shown.x.shape == (1, network.channels, network.size, network.size)
    assert shown.x.min() >= 0 and shown.x.max() <= 1
    probabilities = stages.predictions(network, picture, shown.x)
    assert len(probabilities) == len(networks.classes(name))
    torch.testing.assert_close(probabilities.sum(), torch.tensor(1.0))
    assert all(mask.shape == shown.x.shape[2:] for mask in shown.parts.values())


def test_a_refusal_is_kept_like_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the content's fingerprint: what was refused once is not decoded at the next move."""
    asked, network, real = [], networks.describe("zoo"), pictures.photographs.open_photograph
    monkeypatch.setattr(
        pictures.photographs, "open_photograph", lambda content, **how: asked.append(1) or real(content)
    )
    for content, times in ((b"no picture", 1), (b"no picture", 1), (b"nor this", 2)):
        with pytest.raises(PhotographError, match="no picture in a known format"):
            open_picture(Picture("upload", "a.png", fingerprint=pictures.fingerprint(content)), network, content)
        assert len(asked) == times
