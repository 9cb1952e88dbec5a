"""What a choice of a symbol means, where its words alone do not say: symbol → choice → meaning."""

WORDS: dict[str, dict[str, str]] = {
    "weights": {"all": "every weight of the network moves", "last_layer": "only the classifier's: what it sees stays"},
    "goal": {
        "unlearned": "the answer after forgetting, F(x; θ̂)",
        "uniform": "1/classes for each class; nothing is unlearned, η and weights play no part",
    },
    "divergence": {
        "kl": "KL(q ‖ p), the paper's; q is the answer to match, p the one at x′",
        "reverse_kl": "KL(p ‖ q)",
        "l2": "Σ (p − q)²",
        "total_variation": "½ Σ |p − q|",
    },
    "subspace": {
        "pixels": "each pixel may change by itself, as in the paper",
        "mask_7": "7 × 7 numbers, made larger; ε by rule is then much larger, too",
        "scales": "masks of 7 × 7, 14 × 14, … and the pixels, together",
    },
}
