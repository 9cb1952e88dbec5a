"""Scenes of the page Explain: each is a setting that shows one thing."""

TRY = {
    "A husky on snow, and the network says wolf. Which map points at the snow?": {
        "network": "husky_wolf", "picture": "husky or wolf", "canine": "husky", "snow": "true",
        "method": ["Integrated Gradients", "UNI", "LIME"],
    },
    "Integrated Gradients from black and with B = 3 steps: how large does the completeness gap get?": {"B": "3"},
    "LIME with K = 1, then drag K up: R² rises, and the network is not asked again.": {"method": "LIME", "K": "1"},
    "A digit of 8 × 8 pixels, where you can count the pixels.": {
        "network": "digits", "picture": "digit", "method": ["Gradient × input", "Integrated Gradients"],
    },
}  # fmt: skip
