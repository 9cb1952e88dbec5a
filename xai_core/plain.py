"""Names as they are: class names, file names, words and errors are shown, never read as mathematics, Markdown or HTML.

    one_line     printable and short: a line break as Python writes it, a long middle as "…"; every medium begins so
    markdown     that for Markdown, on a page or in a report: a backslash before what would be a mark
    code         the same as code
    sentence     the same of an error's words
    cell         a value for a spreadsheet, which takes a text that begins with = for a formula

Figures draw every text without mathematics (figures/style.py), reports escape for HTML (benchmark/documents.py).
"""

import re
import unicodedata

LONGEST = 60  # letters of a name
LONGEST_SENTENCE = 600  # of an error
_JOINERS = "\u200c\u200d"  # they shape Persian words and emoji, and hide nothing
_ISOLATED = "\u2068{}\u2069"  # a right-to-left name orders its own letters, and nothing around it
_MARKUP = re.compile(r"[\\`*\[\]<>~$&|{}]|(?<![^\W_])_|_(?![^\W_])")  # a_b is a name, _a_ would be emphasis
_FORMULA = tuple("=+-@\t\r\n")  # what a spreadsheet's formula may begin with, whatever quotes stand around it
_AT_START = re.compile(r"^(\d*)([#+=.)-])")  # headings, lists, rules
# What Streamlit's Markdown makes of letters behind backslashes, too: links, icons, colours, arrows. A word joiner has
# no width and parts them.
_APART = re.compile(r"(:(?=\S)|@(?=\w)|www(?=\.)|[<>~-](?=\\?[-=>]))", re.IGNORECASE)


def one_line(text: object, longest: int = LONGEST) -> str:
    """A text in one line of at most `longest` letters: control characters as Python writes them, a long middle as "…".

    Of these are line breaks, and the marks that turn the direction of what follows.
    """
    shown = "".join(c if _visible(c) else c.encode("unicode_escape").decode() for c in str(text))
    return shortened(shown, longest)


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, or its beginning and its end with "…" between; no accent is torn from its letter."""
    if len(text) <= longest:
        return text
    head, tail = longest // 2, len(text) - (longest - 1) // 2
    while head and _clings(text[head]):
        head -= 1
    while tail < len(text) and _clings(text[tail]):
        tail += 1
    return f"{text[:head]}…{text[tail:]}"


def markdown(text: object, longest: int = LONGEST) -> str:
    """A text as Markdown that shows it letter by letter, also in a table's cell and in Streamlit's dialect."""
    shown = _MARKUP.sub(r"\\\g<0>", one_line(text, longest).strip())
    return _isolated(_APART.sub("\\1\u2060", _AT_START.sub(r"\1\\\2", shown)))


def code(text: object, longest: int = LONGEST) -> str:
    """A text as Markdown that shows it like code: what somebody typed, such as a value in a link."""
    shown = one_line(text, longest).strip() or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if "`" in (shown[0], shown[-1]) else ""
    return _isolated(f"{fence}{space}{shown}{space}{fence}")


def sentence(error: object) -> str:
    """What an exception says, as Markdown: it may quote anything that was given."""
    return markdown(error, LONGEST_SENTENCE)


def cell(value: object) -> object:
    """A value for a CSV file: a text that a spreadsheet would run gets an apostrophe in front; a number stays one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _isolated(text: str) -> str:
    return _ISOLATED.format(text) if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text) else text


def _visible(c: str) -> bool:
    return c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _clings(c: str) -> bool:
    return c in _JOINERS or unicodedata.category(c).startswith("M")
