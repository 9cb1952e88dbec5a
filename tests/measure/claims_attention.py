"""Attention against attributions on many fresh phrases: `python -m tests.measure.claims_attention --phrases 200`.

What notebook 19 quotes. A row a map: how often its strongest word is one that decides, and which share of all deciders
it finds. A row a duel: where attention and the other map name different words, how often erasure sides with attention.
Means over phrases and 95 % intervals. With UNI a phrase takes about two seconds, without it a third of one.
"""

import argparse

import torch

from data.nets import networks, translation
from data.text import phrases
from data.training.fitting import FRESH
from xai_core import duel, word_baseline
from xai_core.evaluate import words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phrases", type=int, default=200)
    parser.add_argument("--uni", action="store_true", help="also UNI, which takes longest")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = networks.load("translation")
    table = network.english.weight
    methods = {
        "IG from <unk>": ("integrated_gradients", {"B": 30, "baseline": word_baseline(table, "word", 0)}),
        "IG from zero": ("integrated_gradients", {"B": 30, "baseline": word_baseline(table)}),
        "Gradient × input": ("gradient_x_input", {}),
    }
    if options.uni:
        methods["UNI"] = ("uni", {})
    readings = []
    for pair in phrases.corpus(options.phrases, FRESH, held=True):
        right = translation.translate(network, " ".join(pair.english)).words == pair.german
        if right and len(pair.english) > 1:
            case = translation.opened(network, pair.english, pair.german)
            known = {"attention": case.attention}
            readings.append(words.reading(*case[:4], pair.decides, table[0], methods, known))
    print(f"{len(readings)} phrases, {sum(len(r.decides) for r in readings)} words, "
          f"chance {words.chance(readings).mean:.3f}")  # fmt: skip
    for name in ("attention", *methods, words.HIDDEN, words.LEFT_OUT):
        top, found = words.pointing(readings, name), words.best(readings, name)
        print(f"{name:18} strongest decides {top.mean:.3f} ({top.low:.3f} to {top.high:.3f})"
              f"   deciders found {found.mean:.3f} ({found.low:.3f} to {found.high:.3f})")  # fmt: skip
    for way in (words.HIDDEN, words.LEFT_OUT):
        for name in methods:
            d = duel(
                [r.drops[way] for r in readings],
                [r.maps["attention"] for r in readings],
                [r.maps[name] for r in readings],
            )
            print(
                f"{way:9} attention against {name:18} {d.apart:4d} apart, {d.share:.3f} ({d.low:.3f} to {d.high:.3f})"
            )


if __name__ == "__main__":
    main()
