"""A picture made worse: one of ImageNet-C's corruptions of any picture, which is then a picture of its own.

Network answers, baselines, walks and maps are kept for it under its own name. So a severity that was seen before costs
nothing.
"""

from dataclasses import dataclass, replace

import streamlit as st
from torch import Tensor

from app.shared import stages
from app.shared.pictures import Picture
from app.shared.subject import Subject
from data.pictures.corruptions import corrupt


@dataclass(frozen=True)
class Corrupted(Picture):
    """A picture after one of ImageNet-C's corruptions."""

    corruption: str = ""  # of data.pictures.corruptions
    severity: int = 0
    seed: int = 0


def corrupted(about: Subject, corruption: str, severity: int, seed: int) -> Subject:
    """The subject with its picture made worse; the class that is explained stays. Severity 0: as it is.

    Raises ValueError with a sentence where the corruption makes no sense, such as more saturation for grey.
    """
    if severity == 0:
        return about
    picture = Corrupted(**vars(about.picture), corruption=corruption, severity=severity, seed=seed)
    x = worse(about.network, picture, about.opened.x)
    line = f'x = corruptions.corrupt(x, "{corruption}", {severity}, seed={seed})'
    opened = replace(about.opened, x=x, python=(*about.opened.python, line))
    return replace(about, picture=picture, opened=opened, probabilities=stages.predictions(about.network, picture, x))


@st.cache_resource(max_entries=128, show_spinner=False)
def worse(network: object, picture: Corrupted, _x: Tensor) -> Tensor:
    """The picture's pixels, made worse: (1, C, H, W)."""
    return corrupt(_x, picture.corruption, picture.severity, picture.seed)
