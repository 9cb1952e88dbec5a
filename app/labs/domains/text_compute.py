"""What the text half of the page Domains computes: scores of words, UNI's baseline, and how often they are right."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared.meter import watched
from app.shared.script import call, quoted, script
from data.nets import networks
from data.nets.text_network import TextNet, tokens
from data.text import reviews
from xai_core import Score, Trace
from xai_core.evaluate.sequence_truth import Found, sequence_truth
from xai_core.path.matching import budget
from xai_core.score import forward

COPIES = 300  # of a sentence, for LIME and KernelSHAP
METHODS: dict[str, str] = {
    "Simple gradient": "∇F",
    "Gradient × input": "x ⊙ ∇F",
    "Integrated Gradients": "from the zero vector for every word",
    "IG from the mean word": "from the mean vector of the words of reviews",
    "UNI": "from the unlearned sentence",
    "LIME": "words left out, K weights",
    "KernelSHAP": "words left out, Shapley values",
}


@dataclass(frozen=True, eq=False)
class Read:
    """A sentence as the network reads it, and the truth about it where there is one."""

    words: tuple[str, ...]
    x: Tensor  # (1, L, D)
    probabilities: Tensor  # (2,)
    value: int  # V by the grammar's rule
    decides: Tensor | None  # (L,) bool; None where the rule finds nothing, or all
    pull: Tensor | None  # (L,), towards `target`
    unknown: tuple[str, ...]

    @property
    def target(self) -> int:
        return int(self.probabilities.argmax())

    def judge(self, scores: Tensor) -> Found | None:
        """How the scores compare with the truth."""
        return None if self.decides is None else sequence_truth(scores, self.decides, self.pull)


@st.cache_resource(max_entries=1, show_spinner=False)
def network() -> TextNet:
    """The network of reviews."""
    return networks.load("reviews")


@st.cache_resource(max_entries=1, show_spinner=False)
def mean_word() -> Tensor:
    """The mean vector of the words of 200 reviews, (D,)."""
    drawn = reviews.batch(200, 7).reviews
    return torch.cat([network().embed(tokens(r.words)) for r in drawn]).mean(0)


@st.cache_resource(max_entries=512, show_spinner=False)
def read(words: tuple[str, ...]) -> Read:
    """Let the network read a sentence."""
    x = network().embed(tokens(words))[None]
    with torch.no_grad():
        p = network().head(x)[0].softmax(0)
    V, decides, pull = reviews.value(words), None, None
    if sum(w in reviews.READ for w in words) <= 12:
        decides, pull = reviews.truth(words)
        pull = pull if (V >= 0) == (int(p.argmax()) == 1) else -pull
        decides = decides if decides.any() and not decides.all() else None
    known = {*reviews.VOCABULARY}
    return Read(words, x, p, V, decides, pull, tuple(dict.fromkeys(w for w in words if w not in known)))


def score(words: tuple[str, ...]) -> Score:
    """F_c of embedded words, c the class that they get, with its passes counted."""
    this = read(words)
    return watched(xai_core.make_score(network().head, this.x, this.target))


@st.cache_resource(max_entries=512, show_spinner=False)
def scores(words: tuple[str, ...], method: str, B: int, eps: float | None, K: int) -> tuple[Tensor, float | None]:
    """(score of each word (L,), completeness gap or None) by one of METHODS. Raises ValueError with a sentence."""
    f, x = score(words), read(words).x
    if method in ("LIME", "KernelSHAP"):
        return _left_out(words, method, K), None
    if method == "Simple gradient":
        return xai_core.simple_gradient(f, x)[0].sum(1), None
    if method == "Gradient × input":
        return xai_core.gradient_x_input(f, x)[0].sum(1), None
    if method == "UNI":
        start, _ = unlearned(words, eps)
    else:
        start = torch.zeros_like(x) if method == "Integrated Gradients" else mean_word().expand_as(x)
    path = Trace(f, xai_core.straight(start, x), x)
    A = path.attribution(B)
    return A[0].sum(1), float(path.gap(A))


def _left_out(words: tuple[str, ...], method: str, K: int) -> Tensor:
    text, target = reviews.joined(words), read(words).target
    names = xai_core.words_of(text)

    if method == "LIME":
        near = xai_core.word_neighbourhood(network().predict, text, COPIES, target=target)
        weights = xai_core.k_lasso(near, min(K, near.features)).weights
    else:
        masks, kernel = xai_core.coalitions(len(names), COPIES)
        near = xai_core.word_neighbourhood(network().predict, text, masks=masks, target=target)
        weights = xai_core.shapley_values(near, kernel)
    weight = dict(zip(names, weights.tolist(), strict=True))
    return torch.tensor([weight.get(word, 0.0) for word in words])


@st.cache_resource(max_entries=512, show_spinner=False)
def unlearned(words: tuple[str, ...], eps: float | None) -> tuple[Tensor, float]:
    """UNI's baseline x′ of a sentence, (1, L, D), and its ε."""
    f, x = score(words), read(words).x
    answer = xai_core.answer_to_match(f, x)
    eps = float(budget(f, x, answer)) if eps is None else eps
    return xai_core.match_baseline(f, x, answer, eps=eps), eps


@dataclass(frozen=True)
class Moved:
    """What UNI's baseline did to the words."""

    eps: float
    confidence: float  # F(x′)
    distance: Tensor  # ‖x_i − x′_i‖₂ of each word, (L,)
    nearest: tuple[str, ...]  # the word of the vocabulary that lies nearest to x′_i


@st.cache_resource(max_entries=512, show_spinner=False)
def moved(words: tuple[str, ...], eps: float | None) -> Moved:
    """Compare x′ with the words it came from."""
    this, (start, eps) = read(words), unlearned(words, eps)
    table = network().embedding.weight.detach()[1:]
    names = (reviews.UNKNOWN, *reviews.VOCABULARY)
    nearest = torch.cdist(start[0], table).argmin(1).tolist()
    confidence = float(forward(score(words), start))
    return Moved(eps, confidence, (this.x - start)[0].norm(dim=1), tuple(names[i] for i in nearest))


@st.cache_resource(max_entries=16, show_spinner=False)
def measured(n: int, B: int, K: int) -> dict[str, list[Found]]:
    """Every method on the first n reviews of a stream that the network never saw."""
    drawn = [r.words for r in reviews.batch(n, 1_000_001).reviews]
    return {method: [read(w).judge(scores(w, method, B, None, K)[0]) for w in drawn] for method in METHODS}


def python(words: tuple[str, ...], B: int, eps: float | None) -> str:
    """A script that makes the scores of the path methods again."""
    given = {
        "gradient_x_input": ("Gradient × input", {}),
        "integrated_gradients": ("Integrated Gradients", {"B": B}),
        "uni": ("UNI", {"B": B, "eps": eps}),
    }
    explain = [
        f'    "{title}": '
        + call("xai_core.explain", "network.head", "x", "target", quoted(method), given=asked)
        + "[0].sum(1),"
        for method, (title, asked) in given.items()
    ]
    lines = [
        f"words = {list(words)!r}",
        'network = networks.load("reviews")',
        "x = network.embed(tokens(words))[None]  # (1, L, D)",
        "target = int(network.head(x).argmax())",
        "",
        "maps = {",
        *explain,
        "}",
        "for name, A in maps.items():",
        "    print(name, [(word, round(float(a), 3)) for word, a in zip(words, A)])",
    ]
    imports = ["from data.text_network import tokens", "from xai_core.figures.sequences import word_grid"]
    arrays = ("x=x[0].numpy()", "**{name: A.numpy() for name, A in maps.items()}")
    return script(lines, stem="words", figure="word_grid(words, maps)", arrays=arrays, imports=imports)
