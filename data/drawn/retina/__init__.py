"""Eyes as a fundus camera sees them: drawn from numbers, each with the masks of its lesions and of its anatomy.

A grade is decided by the lesions alone. The rule is a toy, loosely after the international clinical scale of diabetic
retinopathy (Wilkinson et al., Ophthalmology 110, 2003), which counts 20 haemorrhages a quadrant where we count 2, and
knows signs that are not drawn here. **It is no medical advice, and no network of ours may look at a patient.**

    none       no lesion
    mild       microaneurysms only
    moderate   haemorrhages or hard exudates, but less than severe
    severe     two haemorrhages or more in each of the four quadrants about the fovea

(grade, seed) fixes the bits; a seed's eye is the same at every grade, and a worse grade keeps the lesions of the milder
ones. What looks like a lesion but decides nothing is in every eye alike: the bright optic disc, vessels and their
crossings, pale reflexes, the dark fovea, grey dust on the lens.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is painted.

Files: fundus (the eye behind its lesions), lesions (and the rule), eyes (both together).
"""

from data.drawn.retina.eyes import Eye, batch, draw, eye_seed
from data.drawn.retina.lesions import EACH_QUADRANT, GRADES, LESIONS, RULE, grade

__all__ = ["EACH_QUADRANT", "GRADES", "LESIONS", "RULE", "Eye", "batch", "draw", "eye_seed", "grade"]
