"""A report as plain values, written once as Markdown and once as one HTML file that needs nothing else.

    Document(title, [Section("Table 2", ["a paragraph", Table(head, rows, caption)])])

A text is Markdown of two marks: **two stars** make it bold in both forms, and a backslash stands before what is meant
as it is. Names of pictures, folders and networks, and errors, come through `xai_core.plain.markdown`, which sets it.
The page is for projectors and telephones: large letters, light or dark as the reader's system has it, and every table
scrolls in a box of its own.
"""

import base64
import html
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Table:
    """Rows under a head. A folded table is opened by a click."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure: a file of its own beside the Markdown, and within the page."""

    file: str  # its name, ending in .png
    png: bytes
    alt: str  # what one sees


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, tables and pictures."""

    title: str
    parts: Sequence[str | Table | Picture]


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    sections: Sequence[Section] = field(default_factory=list)


STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --faint: #5b5b5b; --line: #c9c9c9; --stripe: #f2f5f8; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171a; --ink: #f0f0f0; --faint: #b4b4b4; --line: #4a4f55; --stripe: #1f242a; }
}
body { background: var(--paper); color: var(--ink); font: 1.125rem/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 76rem; padding: 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.8rem; line-height: 1.2; } h2 { font-size: 1.4rem; margin-top: 2.5rem; }
p { max-width: 46rem; } .box img { min-width: 44rem; width: 100%; display: block; }
nav a, a { color: inherit; } nav li { margin: .3rem 0; }
.box { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; }
.box:focus-visible { outline: 3px solid #4a90d9; }
table { border-collapse: collapse; font-size: 1rem;
  font-variant-numeric: tabular-nums; white-space: nowrap; width: 100%; }
caption { caption-side: top; text-align: left; padding: .6rem .8rem; color: var(--faint); white-space: normal; }
th, td { padding: .35rem .45rem; text-align: right; border-top: 1px solid var(--line); }
th:first-child, td:first-child, .words { text-align: left; }
th:first-child, td:first-child { position: sticky; left: 0; background: inherit; padding-left: .8rem; }
tr { background: var(--paper); } thead th { border-top: 0; } tbody tr:nth-child(even) { background: var(--stripe); }
@media (max-width: 40rem) { table { font-size: .9rem; } td:first-child { max-width: 7rem; white-space: normal; } }
summary { cursor: pointer; padding: .3rem 0; }
"""


def as_json(sections: Sequence[Section]) -> str:
    """Sections for `from_json`, without their pictures, which are files of their own. A line a part."""
    kept = [
        {"title": each.title, "parts": [_plain(part) for part in each.parts if not isinstance(part, Picture)]}
        for each in sections
    ]
    return json.dumps(kept, ensure_ascii=False, indent=0)


def from_json(text: str) -> list[Section]:
    """What `as_json` wrote."""
    return [
        Section(each["title"], [part if isinstance(part, str) else Table(**part) for part in each["parts"]])
        for each in json.loads(text)
    ]


def _plain(part: str | Table) -> Any:
    return part if isinstance(part, str) else asdict(part)


def markdown(document: Document) -> str:
    """The report as Markdown."""
    lines = [f"# {document.title}", ""]
    for section in document.sections:
        lines += [f"## {section.title}", ""]
        for part in section.parts:
            lines += [*_markdown_part(part), ""]
    return "\n".join(lines)


def _markdown_part(part: str | Table | Picture) -> list[str]:
    if isinstance(part, Picture):
        return [f"![{part.alt}]({part.file})"]
    return _markdown_table(part) if isinstance(part, Table) else [part]


def _markdown_table(table: Table) -> list[str]:
    rows = [[re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in row] for row in (table.head, *table.rows)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(table.head))
    return [table.caption, "", *lines] if table.caption else lines


def page(document: Document) -> str:
    """The report as one HTML file."""
    links = [f'<li><a href="#s{i}">{_inline(s.title)}</a></li>' for i, s in enumerate(document.sections)]
    body = [f"<h1>{_inline(document.title)}</h1>", "<nav><ul>", *links, "</ul></nav>"]
    for i, section in enumerate(document.sections):
        body.append(f'<h2 id="s{i}">{_inline(section.title)}</h2>')
        for part in section.parts:
            body.append(_html_part(part))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _html_part(part: str | Table | Picture) -> str:
    if isinstance(part, Picture):
        data = base64.b64encode(part.png).decode()
        alt = html.escape(part.alt, quote=True)
        return f'<div class="box" tabindex="0"><img alt="{alt}" src="data:image/png;base64,{data}"></div>'
    return _html_table(part) if isinstance(part, Table) else f"<p>{_inline(part)}</p>"


def _html_table(table: Table) -> str:
    words = [j for j in range(len(table.head)) if not any(_is_number(row[j]) for row in table.rows)]
    label = html.escape(table.caption or " ".join(table.head), quote=True)
    rows = [_html_row("th", table.head, words), "</thead><tbody>", *(_html_row("td", r, words) for r in table.rows)]
    caption = f"<caption>{_inline(table.caption)}</caption>" if table.caption and not table.folded else ""
    box = (
        f'<div class="box" tabindex="0" role="region" aria-label="{label}"><table>{caption}<thead>'
        + "".join(rows)
        + "</tbody></table></div>"
    )
    return f"<details><summary>{_inline(table.caption)}</summary>{box}</details>" if table.folded else box


def _html_row(tag: str, cells: Sequence[str], words: Sequence[int]) -> str:
    kinds = [' class="words"' if j in words else "" for j in range(len(cells))]
    return (
        "<tr>" + "".join(f"<{tag}{kind}>{_inline(c)}</{tag}>" for kind, c in zip(kinds, cells, strict=True)) + "</tr>"
    )


def _is_number(cell: str) -> bool:
    return bool(re.match(r"[*−-]*[.\d]", cell))


def _inline(text: str) -> str:
    marked = re.sub(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*", r"<b>\1</b>", html.escape(text))
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", marked)
