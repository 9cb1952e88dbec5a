"""What a word is to the classifiers of texts: as xai_core cuts a text, so that what is left out is one of their words.

A test holds the two to one pattern. The rooms do not know each other, so each has the line.
"""

import regex

# Unicode's word boundaries (UAX 29), but for full stops and colons between letters; see xai_core/perturbation/words.py.
WORD = regex.compile(
    r"(?:\b|(?<=[.:])) (?:[a-zA-Z0-9_]+ | (?=\p{L})\p{Line_Break=SA}+ | [\p{L}\p{N}_]) (?:(?!\b)(?![.:]\p{L}).)*",
    regex.WORD | regex.DOTALL | regex.VERBOSE,
)
