"""The taxonomy: which kinds of explanation there are, where each method stands, and what it asks of the model.

    intrinsic           a model that is its own explanation
    post-hoc, global    what does an elephant look like, to this network?
    post-hoc, local     why is this picture an elephant?      perturbation | back-propagation | path

Du, Liu & Hu 2019, «Techniques for interpretable machine learning», CACM 63(1), figure 1; the three local families are
the lecture's. Local methods come from the catalogue, by their family, so that a new one stands in the tree by itself.
Units: a cost is in passes through the network, for one picture; a gradient is one pass too.
What to look at: `needs`. Whoever has a network's answers alone, as from a web service, has but one branch to choose
from. The tests hold `needs` and `cost` to what black_boxes.py measures.
"""

from dataclasses import dataclass

from xai_core.figures import LINES
from xai_core.figures.trees import Node
from xai_core.methods import catalogue
from xai_core.stages import Method

NEEDS = {  # what a method asks of the model, from the least to the most
    "answers": "the answers alone: any function will do, also one behind a web service",
    "gradients": "answers and their gradients: anything differentiable",
    "inside": "the network itself: its layers, its ReLUs or its weights",
    "itself": "the model is its own explanation: read it",
}
COLOURS = dict(zip(NEEDS, (LINES[2], LINES[0], LINES[1], LINES[3]), strict=True))
MARKS = dict(zip(NEEDS, "osD^", strict=True))


@dataclass(frozen=True)
class Branch:
    """A fork of the tree: its name, the branch it grows from ("" for the root), and the question that it answers."""

    title: str
    parent: str
    question: str


BRANCHES = {
    "all": Branch("Explanations", "", "Why?"),
    "intrinsic": Branch("Intrinsic", "all", "A model that can be read as it stands."),
    "post-hoc": Branch("Post-hoc", "all", "A black box stays as it is, and is examined."),
    "global": Branch("Global", "post-hoc", "What does an elephant look like, to this network?"),
    "local": Branch("Local", "post-hoc", "Why is this picture an elephant?"),
    "perturbation": Branch("Perturbation", "local", "Change the picture and ask again."),
    "back-propagation": Branch("Back-propagation", "local", "Send the score back through the network, once or often."),
    "path": Branch("Path", "local", "Share out the score's rise on the way from a baseline."),
}
FAMILIES = {  # of the catalogue → branch
    "perturbation": "perturbation",
    "gradient": "back-propagation",
    "activation": "back-propagation",
    "path": "path",
}


@dataclass(frozen=True)
class Leaf:
    """One way to explain."""

    title: str
    branch: str  # of BRANCHES
    needs: str  # of NEEDS
    cost: str  # in words
    paper: str
    method: str = ""  # as in explain(…, method=…); "" for what is no method of the catalogue


_OTHERS = (
    Leaf("Decision tree", "intrinsic", "itself", "0 passes", "Breiman et al. 1984"),
    Leaf("Linear model", "intrinsic", "itself", "0 passes", "Hastie, Tibshirani & Friedman 2009"),
    Leaf("Attention", "intrinsic", "itself", "1 pass", "Bahdanau, Cho & Bengio 2015"),
    Leaf("Attention rollout", "intrinsic", "itself", "1 pass", "Abnar & Zuidema 2020"),
    Leaf("Activation maximisation", "global", "gradients", "1 gradient a step", "Erhan et al. 2009"),
    Leaf("NormLIME", "global", "answers", "N passes a picture", "Ahern et al. 2019"),
    Leaf("SP-LIME", "global", "answers", "N passes a picture", "Ribeiro, Singh & Guestrin 2016"),
    Leaf("LIME of words", "perturbation", "answers", "N passes", "Ribeiro, Singh & Guestrin 2016"),
    Leaf("LIME of a table's row", "perturbation", "answers", "N passes", "Ribeiro, Singh & Guestrin 2016"),
    Leaf("GAD", "back-propagation", "inside", "4 networks trained", "Rodrigues, Boutry & Najman 2024"),
)


def leaves() -> list[Leaf]:
    """Every leaf of the tree: the catalogue's methods, and what is no method of `explain`."""
    return [*(_leaf(method) for method in catalogue().values()), *_OTHERS]


def _leaf(method: Method) -> Leaf:
    cost = "1 pass" if method.cost == "1" else f"{method.cost} passes" if method.cost else "not counted yet"
    return Leaf(method.title, FAMILIES.get(method.family, "local"), method.needs, cost, method.paper, method.name)


def on(branch: str, among: list[Leaf] | None = None) -> list[Leaf]:
    """The leaves that grow on this branch itself. Raises ValueError for an unknown branch."""
    if branch not in BRANCHES:
        raise ValueError(f"branch must be one of {', '.join(BRANCHES)}; got {branch!r}")
    return [leaf for leaf in (leaves() if among is None else among) if leaf.branch == branch]


def possible(has: str) -> list[Leaf]:
    """The leaves open to whoever has this much of a network: "answers", "gradients" (and answers) or "inside" (all).

    Intrinsic ones are in no such list: they are other models. Raises ValueError for another word.
    """
    order = [name for name in NEEDS if name != "itself"]
    if has not in order:
        raise ValueError(f"has must be one of {', '.join(order)}; got {has!r}")
    return [leaf for leaf in leaves() if leaf.needs in order[: order.index(has) + 1]]


def legend() -> dict[str, tuple[str, str]]:
    """What the colours and marks of the leaves say, for `tree_figures.tree`."""
    words = ("needs answers alone", "needs gradients", "needs the inside", "is read, not asked")
    return {word: (COLOURS[name], MARKS[name]) for word, name in zip(words, NEEDS, strict=True)}


def as_tree(branch: str = "all") -> Node:
    """The tree from a branch on, to be drawn by `tree_figures.tree`; a leaf's colour and mark say what it needs."""
    below = [as_tree(name) for name, each in BRANCHES.items() if each.parent == branch]
    grown = [Node(leaf.title, colour=COLOURS[leaf.needs], mark=MARKS[leaf.needs]) for leaf in on(branch)]
    return Node(BRANCHES[branch].title, (*below, *grown))
