"""Which tables there are: those of the UNI paper, and the same for scores that it does not have.

Deletion and insertion stand on three canvases, and the attacks at one step and at ten, beside the paper's one number.
What the reviewers asked of UNI itself is a table of its own: UNI as it is beside UNI with one thing changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xai_core.benchmark import uni_paper
from xai_core.benchmark.uni_methods import CHANGED, GROUPS
from xai_core.evaluate.scores import CANVASES, SCORES


@dataclass(frozen=True)
class Layout:
    """What a table shows. kinds: score → what the row is called; scale: 100 for percent; ranked: whether one wins.

    against: the method that the others are compared with. of: the methods that it is about, all but CHANGED if none.
    """

    title: str
    kinds: Mapping[str, str]
    says: str
    paper: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    columns: Sequence[str] = uni_paper.FAITHFULNESS
    scale: float = 1.0
    ranked: bool = True
    against: str = "integrated_gradients"
    of: Sequence[str] = ()

    def shows(self, method: str) -> bool:
        """Whether a method stands in the table."""
        return method in self.of if self.of else method not in CHANGED


def _canvases(score: str) -> dict[str, str]:
    return {f"{score}_{canvas}": canvas for canvas in CANVASES}


THREE = (
    "The paper does not state its canvas; here are three: black, blurred, and each method's own baseline. The last step"
    " of a curve is the same for every map, F(x) or F of the canvas. It is taken out before methods are compared."
)
REPEATED = " The paper's rows of Swin-T repeat those of ResNet-18."
LAYOUTS = (
    Layout(
        "UNI, Table 2: |MuFidelity|",
        {"mufidelity": "black", "mufidelity_blurred": "blurred"},
        "Higher is better. The paper does not state what stands where a subset was; here are two canvases.",
        uni_paper.MUFIDELITY,
    ),
    Layout(
        "UNI, Table 3: deletion AUC",
        _canvases("deletion"),
        "Lower is better. " + THREE,
        uni_paper.DELETION,
    ),
    Layout(
        "UNI, Table 4: insertion AUC",
        _canvases("insertion"),
        "Higher is better. " + THREE,
        uni_paper.INSERTION,
    ),
    Layout(
        "UNI, Table 5: robustness, Spearman",
        {"attack_spearman": "one step", "iterated_spearman": "ten steps"},
        "Ranks before and after an attack within 8/255 that keeps the answer. Higher is better; by chance 0."
        + REPEATED,
        uni_paper.SPEARMAN,
        uni_paper.ROBUSTNESS,
    ),
    Layout(
        "UNI, Table 6: robustness, intersection of the strongest pixels, in percent",
        {"attack_intersection": "one step", "iterated_intersection": "ten steps"},
        "The 1000 strongest pixels, at most a quarter of a small picture's. By chance it is their share of the picture:"
        " 2 % of 224 × 224, 24 % of 64 × 64. Higher is better." + REPEATED,
        uni_paper.INTERSECTION,
        uni_paper.ROBUSTNESS,
        100,
    ),
    Layout(
        "Sanity: half of the network in ruins",
        {"randomisation": ""},
        "A map of edges may win Tables 2 to 4 and know nothing of the network. Here: ranks of the map against that of"
        " the same network with the weights of its upper half shuffled [Adebayo2018]. A map that shows what was learned"
        " must change: 0 is best.",
    ),
    Layout(
        "Ground truth, where the picture was drawn",
        {score: SCORES[score].title for score in ("inside_part", "inside_animal", "pointing_part", "pointing_animal")},
        "Share of the positive relevance inside, and how often the best pixel hits. Higher is better.",
    ),
    Layout(
        "MuFidelity: how large a subset is",
        {"mufidelity_5": "|S| = 5 %", "mufidelity_50": "|S| = 50 %"},
        "Table 2 has 20 % of the features. The paper does not state the size, and a reviewer asked for it. Higher is"
        " better.",
    ),
    Layout(
        "MuFidelity with its sign", {"mufidelity_signed": ""}, "A wrong map can be faithful in reverse. By chance 0."
    ),
    Layout(
        "Stability: ranks at B steps against 300",
        {f"stability_{B}": f"B = {B}" for B in (1, 15, 30)},
        "Only methods with a path have it. Higher is better.",
    ),
    Layout(
        "The path",
        {score: SCORES[score].title for score in ("gap", "monotonicity", "curvature")},
        "Gap and curvature: lower is better. Monotonicity: higher is better.",
    ),
    Layout(
        "The ends of the curves",
        {"answer_x": "F(x)", **{f"answer_{canvas}": f"F({canvas})" for canvas in CANVASES}},
        "Insertion ends at F(x) and deletion at F of the canvas, whatever the map. A canvas should hold nothing of the"
        " class: lower is better. Of a path, F(own) is F(x′).",
        ranked=False,
    ),
)
ASKED = Layout(
    "What the reviewers asked of UNI: another goal, divergence, place for δ, or fewer weights",
    {
        score: f"{SCORES[score].title} {'↑' if SCORES[score].best else '↓'}"
        for score in (
            *("mufidelity", "mufidelity_blurred", "mufidelity_5", "mufidelity_50"),
            *(f"{curve}_{canvas}" for curve in ("deletion", "insertion") for canvas in CANVASES),
            *("answer_own", "attack_spearman", "gap", "monotonicity", "randomisation", "inside_part"),
        )
    },
    "UNI as the paper has it, and with one thing changed at a time: the goal (uniform), the divergence (reverse_kl, l2,"
    " total_variation), where δ may lie (mask_7, scales), which weights unlearn (last_layer). ↑ higher is better,"
    " ↓ lower is better. ▲ better, ▼ worse than the paper's UNI on the same pictures (Wilcoxon's test, p < .05 after"
    " Holm's correction for this table). F of the canvas, own, is F(x′).",
    columns=GROUPS["reviewers"],
    against="uni",
    of=GROUPS["reviewers"],
)
