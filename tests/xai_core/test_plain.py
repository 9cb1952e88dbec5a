"""Names as they are: what is left of a name in each medium, by hand."""

import pytest

from xai_core import plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb\tc\x00d\r", r"a\nb\tc\x00d\r"),
        ("a\u2028b\u202ec\u2066d\ufeff", r"a\u2028b\u202ec\u2066d\ufeff"),  # breaks a line, turns the rest around
        ("\ud800", r"\ud800"),
        ("$x$ <b> *é* 日本 שלום अच्छी می‌خواهم", "$x$ <b> *é* 日本 שלום अच्छी می‌خواهم"),
        (3, "3"),
    ],
    ids=ascii,
)
def test_one_line_is_printable_and_hides_nothing(name: object, shown: str) -> None:
    assert plain.one_line(name) == shown


def test_a_long_name_keeps_its_ends() -> None:
    assert plain.one_line("0123456789", 5) == "01…89"
    assert plain.one_line("0123456789", 10) == "0123456789"
    assert plain.one_line("a" * 10**6 + "z").endswith("aaz") and len(plain.one_line("a" * 10**6)) == plain.LONGEST


def test_no_accent_is_torn_from_its_letter() -> None:
    assert plain.shortened("e\u0301" * 6, 6) == "e\u0301…e\u0301"  # 3 and 2 letters, of which an accent stood alone
    assert plain.shortened("\u0301" * 9, 4) == "…"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a*b* _c_ d_e", r"a\*b\* \_c\_ d_e"),
        ("`x` $y$ <b>", r"\`x\` \$y\$ \<b\>"),
        ("a|b &amp; ~~c~~", r"a\|b \&amp; \~\~c\~\~"),
        ("![x](y)", r"!\[x\](y)"),
        ("\\*", r"\\\*"),
        ("# a", r"\# a"),
        ("1. a", r"1\. a"),
        ("- a", r"\- a"),
        ("    a", "a"),
        ("http://e.org", "http:\u2060//e.org"),
        ("WWW.e.org a@b.org", "WWW\u2060.e.org a@\u2060b.org"),
        (":smile: :red[x]", ":\u2060smile: :\u2060red\\[x\\]"),
        ("a -> b -- c <- d", "a -\u2060\\> b -\u2060- c \\<\u2060- d"),
        ("K must be 1 to 3, not 0.5", "K must be 1 to 3, not 0.5"),
        ("שלום$", "\u2068שלום\\$\u2069"),
    ],
    ids=ascii,
)
def test_markdown_by_hand(name: str, written: str) -> None:
    assert plain.markdown(name) == written


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("B=<b>$x$", "`B=<b>$x$`"),
        ("a``b`c", "```a``b`c```"),
        ("`a`", "`` `a` ``"),
        ("", "` `"),
        ("a\n`", "`` a\\n` ``"),
        ("x=שלום", "\u2068`x=שלום`\u2069"),
    ],
    ids=ascii,
)
def test_code_by_hand(typed: str, written: str) -> None:
    assert plain.code(typed) == written


def test_an_error_may_be_longer_than_a_name() -> None:
    error = ValueError("x must be " + "long " * 40 + "\nnot *short*")
    assert plain.sentence(error).endswith("long \\\\nnot \\*short\\*") and "…" not in plain.sentence(error)
    assert len(plain.sentence(ValueError("y" * 10**6))) == plain.LONGEST_SENTENCE


def test_a_cell_of_a_spreadsheet_is_never_a_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"):
        assert plain.cell(text) == f"'{text}"
    for value in ("a=1", "'=1", "", -1, -0.5, None):
        assert plain.cell(value) is value
