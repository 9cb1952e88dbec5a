"""Values that nobody should follow, for every key of every page: in links, and in the browser that opens them."""

import re
from pathlib import Path

from app.shared import controls

APP = Path(__file__).parents[2] / "app"
OF_STUDY = ("study", "taker", "teacher")  # of the page Study: not controls, so no bound key
# Every key that the app's source binds to the address or gives to the slider of a film, the controls of the methods,
# and some that nobody knows.
_BOUND = re.compile(r'(?:key=|Slider\(\s*)"([a-zA-Z]\w*)"')
KEYS = sorted(
    {key for file in APP.rglob("*.py") for key in _BOUND.findall(file.read_text(encoding="utf-8"))}
    | {control.key for control in controls.controls()}
    | {*OF_STUDY, "opacity", "pin", "guess", "slope", "lecture", "try", "hide", "nonsense", "_page", "_asked"}
)
FAR = "https://evil.example/"  # nothing may be fetched from there, and nothing may lead there
NUMBERS = ("1e999", "-1e999", "nan", "-0", "9" * 400, "-1", "1.5", "", "1_0", "0x10", "٣", "²", "true")
WORDS = (
    f"![a]({FAR}a.png)", f"`![b]({FAR}b.png)`", f"<img src={FAR}c.png>", f"[d]({FAR}d)", f"{FAR}e", "www.evil.example",
    "me@evil.example", "$x$", "$$\\frac{$$", "**b** _i_ ~~s~~", ":red[x] :smile: :material/home:", "| a | b |", "# h",
    "http://[", "\x00", "a\nb\n\n- c", "#zzzzzz", "../../etc/passwd", "x" * 3000, "\u202eabc", "שלום",
)  # fmt: skip
VALUES = NUMBERS + WORDS
MARKUP = WORDS[:11]


def links_of(text: str) -> list[str]:
    """What a Markdown text would fetch or lead to: outside of code, addresses that nothing keeps plain."""
    text = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", text)
    return re.findall(r"(?:https?://|www\.|@)evil|(?<!\\)<img", text)
