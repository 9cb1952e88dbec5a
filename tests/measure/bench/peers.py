"""The field's packages, asked the same question on equal terms.

The same picture and class, the same superpixels, as many samples or steps, and as many rows in a pass where a package
lets one choose. A peer is made and called anew each time, as `explain` is. What explains a probability gets a network
that ends in softmax. A package that cannot answer says why, and its cell stays empty.
"""

from tests.measure.bench import of_captum, of_others
from tests.measure.bench.given import CannotAnswerError, Maker
from tests.measure.bench.questions import Question
from tests.measure.bench.turns import Run

PEERS: dict[str, dict[str, Maker]] = {
    "captum": of_captum.ANSWERS,
    "pytorch-grad-cam": of_others.GRAD_CAM,
    "lime": of_others.LIME,
    "shap": of_others.SHAP,
    "saliency": of_others.SALIENCY,
}


def answers(method: str, q: Question) -> tuple[dict[str, Run], dict[str, str]]:
    """The peers that can answer, and why the others cannot."""
    able, unable = {}, {}
    for peer, makers in PEERS.items():
        try:
            if method in makers:
                able[peer] = makers[method](q)
        except CannotAnswerError as error:
            unable[peer] = str(error)
    return able, unable
