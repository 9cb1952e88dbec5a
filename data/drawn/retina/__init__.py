"""Eyes as a fundus camera sees them: drawn from numbers, each with the masks of its lesions and of its anatomy."""

from data.drawn.retina.eyes import GRADES, LESIONS, RULE, Eye, batch, draw, eye_seed, grade

__all__ = ["GRADES", "LESIONS", "RULE", "Eye", "batch", "draw", "eye_seed", "grade"]
