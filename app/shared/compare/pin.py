"""A pin: one map's whole setting in words, as it stands in the address, so that another can be held against it.

    network=zoo&picture=toy zoo&name=elephant&number=27&target=elephant&method=uni&B=30

Arguments that are the method's defaults are left out. A pin is read as strictly as a control: what no control of the
page Explain can be set to is refused in a sentence.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from app.shared import networks, stages, subject
from app.shared.controls import BY_RULE
from app.shared.pictures import FOLDER, Picture, fingerprint, kinds, of_folder
from app.shared.stages import Explanation
from app.shared.subject import Subject
from app.shared.worse import Corrupted, corrupted
from data.drawn import retina, satellite, zoo
from data.pictures import photographs
from data.pictures.corruptions import CORRUPTIONS
from xai_core import catalogue
from xai_core.score import OUTPUTS
from xai_core.symbols import Choice, Symbol

LONGEST = 1000  # letters of a pin
NAMES = {  # what a picture of a kind may be called
    "toy zoo": zoo.CLASSES,
    "husky or wolf": zoo.HUSKY_WOLF,
    "warbler or sparrow": zoo.BIRDS,
    "retina": retina.GRADES,
    "satellite": satellite.PLACES,
    "digit": ("",),
    "photograph": photographs.BUNDLED,
}
OF_SUBJECT = (
    "network", "picture", "name", "number", "snow", "fingerprint", "target", "corruption", "severity", "noise",
)  # fmt: skip


@dataclass(frozen=True)
class Pin:
    """One map: what is explained, by which method, with which arguments."""

    about: Subject
    method: str
    given: Mapping[str, Any]  # every argument, `output` too

    @classmethod
    def of(cls, about: Subject, method: str, given: Mapping[str, Any]) -> "Pin":
        """given: as `xai_core.explain` takes them; those left out have the method's defaults."""
        return cls(about, method, catalogue()[method].defaults | dict(given))

    @property
    def title(self) -> str:
        return catalogue()[self.method].title

    @property
    def words(self) -> str:
        """As `read` takes it."""
        about, picture = self.about, self.about.picture
        named = {"network": about.network.name, "picture": picture.kind, "name": picture.name}
        named |= {"number": str(picture.number)} if picture.number else {}
        named |= {"snow": "true"} if picture.snow else {}
        named |= {"fingerprint": picture.fingerprint} if picture.fingerprint else {}
        if isinstance(picture, Corrupted):
            named |= {"corruption": picture.corruption, "severity": str(picture.severity), "noise": str(picture.seed)}
        named |= {"target": about.class_name, "method": self.method}
        defaults = catalogue()[self.method].defaults
        moved = {name: word(value) for name, value in self.given.items() if value != defaults[name]}
        return urlencode({name: words for name, words in named.items() if words} | moved)

    def explained(self) -> Explanation:
        """The map, and its number. Raises what the method raises."""
        return stages.explanation(self.about.question(self.given["output"]), self.method, dict(self.given))


def word(value: Any) -> str:
    """An argument in the address, and in a table."""
    if value is None:
        return BY_RULE
    if isinstance(value, tuple):
        return ",".join(map(word, value))
    return f"{value:.12g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def read(words: str) -> Pin:
    """The setting that a pin names.

    Raises ValueError with a sentence for what is no setting, and where the picture or the network is not here.
    """
    if len(words) > LONGEST:
        raise ValueError(f"pin must be at most {LONGEST} letters long; got {len(words)}")
    said = dict(parse_qsl(words, keep_blank_values=True))
    network = _one_of("network", said.get("network", ""), networks.names())
    if network in networks.missing():
        raise ValueError(f"pin needs the network {network}, which has to be downloaded first")
    method = _one_of("method", said.get("method", ""), list(catalogue()))
    picture, content = _picture(said)
    about = subject.of(network, picture, content)
    if "corruption" in said:
        name = _one_of("corruption", said["corruption"], list(CORRUPTIONS))
        severity = _whole("severity", said.get("severity", ""), 5)
        about = corrupted(about, name, severity, _whole("noise", said.get("noise", "0"), 2**31 - 1))
    target = _one_of("target", said.get("target", ""), list(about.classes))
    about = replace(about, target=about.classes.index(target))
    given = {n: _argument(method, n, w) for n, w in said.items() if n not in (*OF_SUBJECT, "method")}
    return Pin.of(about, method, given)


def _one_of(what: str, word: str, allowed: list[str]) -> str:
    if word not in allowed:
        some = ", ".join(allowed[:12]) + (f" and {len(allowed) - 12} more" if len(allowed) > 12 else "")
        raise ValueError(f"the {what} of pin must be one of {some}; got {word!r}")
    return word


def _whole(what: str, word: str, high: int) -> int:
    number = int(word) if word.isdecimal() and word.isascii() and len(word) < 12 else -1
    if not 0 <= number <= high:
        raise ValueError(f"the {what} of pin must be a whole number from 0 to {high}; got {word!r}")
    return number


def _picture(said: Mapping[str, str]) -> tuple[Picture, bytes]:
    """The picture, and the file's content if it is one of the reader's own."""
    kind, name = _one_of("picture", said.get("picture", ""), list(kinds())), said.get("name", "")
    if kind == "upload":
        _, content = st.session_state.get("_upload", ("", b""))
        if not content or fingerprint(content) != said.get("fingerprint"):
            raise ValueError("pin is of a picture of the reader's own, which a link cannot carry")
        return Picture(kind, name, fingerprint=fingerprint(content)), content
    if kind == FOLDER:
        return of_folder(name), b""
    name = _one_of("name", name, list(NAMES[kind]))
    return Picture(kind, name, _whole("number", said.get("number", "0"), 10**6), said.get("snow") == "true"), b""


def _argument(method: str, name: str, word: str) -> Any:
    """A value that the argument's control could have been set to."""
    row = catalogue()[method]
    declared: Symbol | Choice | None = {**row.symbols, **row.options}.get(name)
    if isinstance(declared, Symbol):
        return _number(declared, word)
    if isinstance(declared, Choice):
        if word not in declared.values and name == "baseline":
            return _colour(word)
        return _one_of(name, word, list(declared.values))
    if name == "output":
        return _one_of(name, word, list(OUTPUTS))
    if name == "seed" and name in row.defaults:
        return _whole(name, word, 2**31 - 1)
    if name == "layer" and name in row.defaults:
        return word
    raise ValueError(f"{method} in pin takes {', '.join(row.defaults)}; got {name!r}")


def _number(declared: Symbol, word: str) -> float | None:
    """As the slider has it: not beyond its ends, because a link must not ask for hours."""
    if word == BY_RULE and declared.optional:
        return None
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not declared.low <= value <= declared.high and value != declared.default:
        raise ValueError(
            f"{declared.name} ({declared.meaning}) in pin must be a number from {declared.low:g} to {declared.high:g};"
            f" got {word!r}"
        )
    number = int(value) if declared.whole and value.is_integer() else value
    declared.check(number)
    return number


def _colour(word: str) -> tuple[float, ...]:
    """A baseline of the reader's own colour, one number in [0, 1] a channel."""
    try:
        colour = tuple(float(part) for part in word.split(","))
    except ValueError:
        colour = ()
    if not colour or not all(0 <= part <= 1 for part in colour):
        raise ValueError(f"baseline in pin must be a word or a colour such as 0.5,0.5,0.5; got {word!r}")
    return colour
