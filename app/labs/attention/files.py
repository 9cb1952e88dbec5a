"""What a reader of the page Attention takes home: the matrices as a picture, as numbers, and a script."""

import numpy as np

from app.labs.attention.compute import ATTENTION, BASELINES, METHODS, How
from app.labs.attention.views import rows_of
from app.shared import take_away
from app.shared.script import script
from data.nets.translation import Translation
from xai_core.evaluate.words import Reading
from xai_core.figures import words


def offer(said: Translation, r: Reading, how: How) -> None:
    """The buttons."""
    take_away.offer_files(python(said, how), lambda: png(said, r, how), lambda: npz(said, r, how), stem="attention")


def png(said: Translation, r: Reading, how: How) -> bytes:
    """Both matrices on white."""
    maps = {ATTENTION: r.maps[ATTENTION], how.words: r.maps[how.title]}
    return take_away.png(words.matrices(maps, said.source, said.words, top=1.0))


def npz(said: Translation, r: Reading, how: How) -> bytes:
    """Every matrix (German words, English words), the words, the probabilities, settings as JSON."""
    settings = {"method": METHODS[how.title], "baseline": how.baseline, "B": how.B}
    texts = {"english": np.array(said.source), "german": np.array(said.words), "probabilities": said.probabilities}
    return take_away.npz(texts | {name.replace(" ", "_"): A for name, A in rows_of(r).items()}, settings)


def python(said: Translation, how: How) -> str:
    """A script that makes both matrices again."""
    name = BASELINES[how.baseline]
    word = ', "word", 0' if name == "word" else f', "{name}"'
    settings = {"UNI": f", B={how.B}", "Gradient × input": ""}.get(how.title, f", B={how.B}, baseline=start")
    lines = [
        'network = networks.load("translation")',
        f"said = translation.translate(network, {' '.join(said.source)!r})",
        "print(said.text)",
        "case = translation.opened(network, said.source, said.words)",
        *([f"start = xai_core.word_baseline(network.english.weight{word})"] if "start" in settings else []),
        f'A = xai_core.output_matrix(case.steps, case.x, case.classes, "{METHODS[how.title]}"{settings})',
        "",
        f'maps = {{"attention": case.attention, "{how.words}": A}}',
    ]
    figure = "words.matrices(maps, said.source, said.words, top=1.0)"
    arrays = ("attention=case.attention.numpy()", "A=A.numpy()")
    return script(
        lines, stem="attention", figure=figure, arrays=arrays, imports=["from xai_core.figures import words"]
    )  # fmt: skip
