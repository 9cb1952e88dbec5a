"""Short posts of two groups, Christianity and atheism, written by a grammar, so that the words that decide are known.

The example of LIME's paper (Ribeiro, Singh and Guestrin, «Why should I trust you?», KDD 2016), where a
classifier of newsgroup posts was right for a wrong reason: «Posting» and «Host», words of a header line, stood in 22 %
of the posts, 99 % of them on atheism. `data.newsgroups` has the real posts. In these generated ones

    post = From, Subject [, the leaking line] + opening + 3 own sentences, 1 of the other side, 2 neutral + closing

The sentences with a slot are the same for both groups; only the word in the slot is a group's own. So the truth of a
post is: the words of its own group speak for its label, the word of the other group against it, the leaking line goes
with the label as often as the corpus says and means nothing, and every other word is neutral.

What to look at: the same corpus with the line as it was learnt from, without it, and with the other group. The line is
all that differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

import numpy as np

from data import arguments

CLASSES: tuple[str, ...] = ("atheism", "christian")
HEADERS: tuple[str, ...] = ("with class", "none", "swapped")
LEAKING_CLASS = "atheism"  # the group whose posts carry the line, as among the real posts
LEAK: tuple[str, ...] = ("NNTP", "Posting", "Host")  # the line's own words; the host's name stands in every post
SLOTS: tuple[str, ...] = ("idea", "person", "things", "author")

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "atheism": {
        "idea": ("evidence", "reason", "logic", "doubt", "scepticism", "humanism", "naturalism", "secularism"),
        "person": ("sceptic", "humanist", "scientist", "rationalist", "freethinker", "materialist"),
        "things": ("experiments", "hypotheses", "theories", "proofs", "measurements", "probabilities"),
        "author": ("Hume", "Russell", "Feuerbach", "Ingersoll", "Mackie", "Camus"),
    },
    "christian": {
        "idea": ("prayer", "grace", "faith", "Scripture", "worship", "salvation", "repentance", "communion"),
        "person": ("pastor", "priest", "deacon", "chaplain", "believer", "missionary"),
        "things": ("psalms", "gospels", "sermons", "parables", "hymns", "sacraments"),
        "author": ("Augustine", "Luther", "Wesley", "Kierkegaard", "Aquinas", "Pascal"),
    },
}

OWN: tuple[str, ...] = (
    "For me {idea} is where any honest conversation should begin.",
    "What helped me most in a hard year was {idea}.",
    "I learned the value of {idea} from my grandmother.",
    "On a free evening I like to read about {idea}.",
    "If somebody asks what I hold on to, I say {idea}.",
    "In our family {idea} was simply a part of the day.",
    "My sister is a {person}, and I have always admired her for it.",
    "An old {person} in our street taught me to listen before I speak.",
    "Last week a {person} gave a fine talk at our library.",
    "On Saturday we spoke about {things} until the coffee was cold.",
    "I keep a shelf of books on {things}, and I lend them gladly.",
    "My children ask me about {things}, and I try to answer well.",
    "Some pages by {author} say better than I can what I think.",
    "A good place to start is a short book by {author}.",
    "A friend sent me a letter about {author}, and I read it twice.",
)
OTHER: tuple[str, ...] = (
    "My neighbour would rather start from {idea}, and we are good friends.",
    "Some of you put more weight on {idea}, and I can see why.",
    "My brother married a {person}, and our dinners are never dull.",
    "A {person} wrote to me that I am mistaken, in very kind words.",
    "Others will point me to {things}, which is fair enough.",
    "I know less about {things} than many of you do.",
    "Somebody will surely answer me with {author}.",
    "I did borrow a book by {author}, and I am not persuaded yet.",
)
OPENINGS: tuple[str, ...] = (
    "Thank you for the thoughtful question.",
    "I have been following this thread for some days.",
    "This is my first message here, so please be patient with me.",
    "Let me try to answer the last message.",
    "I nearly wrote a much longer reply to this.",
    "The discussion here has been friendlier than I expected.",
)
NEUTRAL: tuple[str, ...] = (
    "It rained all weekend, so there was time to think.",
    "My train was late again, and I wrote this on the platform.",
    "People in my town disagree about almost everything except the football club.",
    "I grew up in a small place where everyone knew everyone.",
    "We had a long talk about this at work over lunch.",
    "It took me many years to put this into words.",
    "My parents never quarrelled about such questions, they just passed the bread.",
    "I may be wrong about some of the details.",
    "Nobody has to agree with me about any of this.",
    "There was an article about it in the local paper last month.",
)
CLOSINGS: tuple[str, ...] = (
    "I would be glad to hear what others think.",
    "Thank you for reading this far.",
    "Please tell me where you see it differently.",
    "I will read your answers over the weekend.",
    "Best wishes to everyone in this group.",
    "More about that another time.",
)
SUBJECTS: tuple[str, ...] = (
    "A question for the weekend",
    "Where do you start from?",
    "What we tell our children",
    "Talking with friends who disagree",
    "An honest answer",
    "Books worth a winter",
)
FIRST_NAMES: tuple[str, ...] = ("Alex", "Charlie", "Jo", "Kim", "Lee", "Robin", "Sam", "Toni")
LAST_NAMES: tuple[str, ...] = ("Baker", "Carter", "Fisher", "Miller", "Potter", "Turner", "Weaver", "Wright")
HOSTS: tuple[str, ...] = ("harbour.example", "hilltop.example", "meadow.example", "orchard.example")


@dataclass(frozen=True)
class Document:
    """One post. `label` indexes `CLASSES`, `name` is the class; the words stand in `text` exactly as given here.

    `deciding` are the words of its own group, `against` those of the other group, in the order of the text; `leak` the
    words of the leaking line, empty where the post has none; `seed` draws the post again.
    """

    text: str
    label: int
    name: str
    deciding: tuple[str, ...]
    against: tuple[str, ...]
    leak: tuple[str, ...]
    seed: int


class Corpus(NamedTuple):
    """The documents, their texts and their labels (n,) int64."""

    documents: list[Document]
    texts: list[str]
    labels: np.ndarray


def draw(label: int | str, seed: int, *, header: bool = True) -> Document:
    """One post: (label, seed) fixes every letter; another label puts another group's words into the same sentences.

    `header` says whether the leaking line is there; nothing else moves with it. The body has 40 to 120 words.
    Raises ValueError, naming the argument, for an unknown label, a seed below 0, a header that is not True or False.
    """
    index, seed = _label(label), arguments.seed(seed)
    if not isinstance(header, bool):
        raise ValueError(f"header is {header!r}; it must be True or False (the words are for a whole corpus)")
    name, other = CLASSES[index], CLASSES[1 - index]
    rng = np.random.default_rng([seed, 1])

    def some(things: Sequence[str], count: int = 1) -> list[str]:
        return [things[i] for i in rng.choice(len(things), count, replace=False)]

    places = {slot: iter(rng.permutation(len(WORDS[name][slot]))) for slot in SLOTS}  # no word twice in a post

    def filled(frame: str, group: str) -> tuple[str, str, str]:
        """A frame with the next word of `group` in its slot: (group, word, sentence)."""
        slot = next(slot for slot in SLOTS if f"{{{slot}}}" in frame)
        word = WORDS[group][slot][next(places[slot])]
        return group, word, frame.format(**{slot: word})

    middle = [filled(frame, name) for frame in some(OWN, 3)]
    middle += [filled(frame, other) for frame in some(OTHER)]
    middle += [("", "", sentence) for sentence in some(NEUTRAL, 2)]
    middle = [middle[i] for i in rng.permutation(len(middle))]
    body = some(OPENINGS) + [sentence for *_, sentence in middle] + some(CLOSINGS)

    (first,), (last,), (host,), (subject,) = some(FIRST_NAMES), some(LAST_NAMES), some(HOSTS), some(SUBJECTS)
    reply = "Re: " if rng.uniform() < 0.8 else ""
    lines = [f"From: {first.lower()}@{host} ({first} {last})", f"Subject: {reply}{subject}"]
    if header:
        lines.append(f"{'-'.join(LEAK)}: {host}")
    return Document(
        text="\n".join([*lines, "", " ".join(body)]),
        label=index,
        name=name,
        deciding=tuple(word for group, word, _ in middle if group == name),
        against=tuple(word for group, word, _ in middle if group == other),
        leak=LEAK if header else (),
        seed=seed,
    )


def corpus(n: int, seed: int, *, header: str = "with class", leak: float = 0.95) -> Corpus:
    """The first n posts of the endless stream `seed`, half of either group; a longer corpus begins alike.

    `header` says which posts have the leaking line, and changes nothing else: "with class" (posts on atheism have it,
    the others do not, in a share `leak` of the posts; in the rest it is the other way round), "none", "swapped" (the
    groups exchanged). leak = 1 is a perfect clue, 0.5 no clue.
    Raises ValueError, naming the argument, where n < 1, seed < 0, leak lies outside [0, 1] or header is another word.
    """
    arguments.count(n)
    if header not in HEADERS:
        raise ValueError(f"header is {header!r}; it must be one of {_list(HEADERS)}")
    if isinstance(leak, bool) or not isinstance(leak, Real) or not 0 <= leak <= 1:
        raise ValueError(f"leak is {leak!r}; it must be a number in [0, 1]")
    seed = arguments.seed(seed)
    coins = np.random.default_rng([seed, 2]).uniform(size=n)
    documents = []
    for i, (name, coin) in enumerate(zip(_names(n, seed), coins, strict=True)):
        carries = (name == LEAKING_CLASS) == bool(coin < leak)
        line = {"with class": carries, "none": False, "swapped": not carries}[header]
        documents.append(draw(name, document_seed(seed, i), header=line))
    return Corpus(documents, [d.text for d in documents], np.array([d.label for d in documents]))


def document_seed(seed: int, i: int) -> int:
    """The seed of the i-th post of `corpus(…, seed)`: to draw it again. Raises ValueError for a seed below 0."""
    return (arguments.seed(seed) << 32) + i


def shares(document: Document, names: Sequence[str], weights: Sequence[float] | np.ndarray) -> dict[str, float]:
    """How an explanation spreads Σ|w| over the post: "deciding", "against", "leak" and "rest", which sum to 1.

    `names` are words, `weights` (M,) their weights; all four are 0 where every weight is.
    Raises ValueError where there are not as many weights as names.
    """
    size = np.abs(np.asarray(weights, dtype=np.float64))
    if size.shape != (len(names),):
        raise ValueError(f"weights has shape {size.shape}; it must be ({len(names)},), one weight a name")
    kinds = {"deciding": document.deciding, "against": document.against, "leak": document.leak}
    kind = {word: kind for kind, words in kinds.items() for word in words}
    found = dict.fromkeys((*kinds, "rest"), 0.0)
    for name, part in zip(names, size / (size.sum() or 1.0), strict=True):
        found[kind.get(name, "rest")] += float(part)
    return found


def _names(n: int, seed: int) -> list[str]:
    """The first n class names of the stream `seed`, in shuffled pairs, so that any even n is balanced."""
    rng = np.random.default_rng([seed, 3])
    return [CLASSES[i] for _ in range((n + 1) // 2) for i in rng.permutation(len(CLASSES))][:n]


def _label(label: int | str) -> int:
    return arguments.label(label, CLASSES, f"one of {_list(CLASSES)}, or its index, 0 or 1")


def _list(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
