"""The manual: a Markdown page for each topic, shown in notebooks and terminals, and readable on GitHub.

A page begins with its title and one paragraph that says what it is about. It has headings, paragraphs, lists,
tables and fenced blocks, and links to other pages by their file name. `tests/test_manual.py` runs the blocks.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import clean
from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Every topic, in the order in which they are best read.
TOPICS = (
    "start", "cells", "edits", "panels", "costs", "budgets", "cassettes", "stores", "settings", "models",
    "providers", "python", "shell", "elsewhere", "troubleshooting",
)  # fmt: skip

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_PAGE = re.compile(r"(\w+)\.md(?:#[\w-]*)?")
_FENCE = "```"
_ITEM = re.compile(r"(?:[-*]|\d+\.) ")
#: Columns of a terminal below which lines are not made shorter, and above which they are not made longer.
_NARROWEST, _WIDEST = 40, 100


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the manual.

    Attributes
    ----------
    topic : str
        Its name; empty for the list of topics.
    source : str
        Its Markdown, with links to the files of other pages.
    """

    topic: str
    source: str

    @property
    def title(self) -> str:
        """Its heading."""
        return self.source.partition("\n")[0].removeprefix("# ")

    @property
    def summary(self) -> str:
        """Its first paragraph, in one line."""
        return " ".join(self.source.split("\n\n", 2)[1].split())

    def markdown(self, command: str) -> str:
        """Return it for a place that does not have the other pages' files.

        Parameters
        ----------
        command
            What shows another page, such as `%imagegen help`.
        """

        def named(match: re.Match[str]) -> str:
            page = _PAGE.fullmatch(match[2])
            return f"{match[1]} (`{command} {page[1]}`)" if page else match[0]

        return _LINK.sub(named, self.source)

    def text(self, command: str, *, width: int = 96) -> str:
        """Return it as plain text.

        Parameters
        ----------
        command
            What shows another page.
        width
            Columns; lines of code and tables are not broken.
        """
        width = min(max(width, _NARROWEST), _WIDEST)
        return "\n\n".join(_plain(part, width) for part in _parts(self.markdown(command))) + "\n"


def find(topic: str) -> str | None:
    """Return the topic that a word names, also in the singular; None where there is no such page.

    Examples
    --------
    >>> find("budget"), find("Stores"), find("weather")
    ('budgets', 'stores', None)
    """
    word = topic.lower()
    return next((name for name in TOPICS if word in {name, name.removesuffix("s")}), None)


def page(topic: str, others: Iterable[str] = ()) -> Page:
    """Return a page.

    Parameters
    ----------
    topic
        What it is about; empty for the list of topics.
    others
        Words besides topics that may have been meant, for the error.

    Raises
    ------
    RequestError
        If there is no such page.

    Examples
    --------
    >>> page("budgets").title
    'Budgets'
    """
    if not topic:
        return _contents()
    name = find(topic)
    if name is None:
        near = get_close_matches(topic.lower(), [*TOPICS, *others], n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise RequestError(
            f"the manual has no page {clean(topic)!r}.{meant}", hint=f"Its topics are: {', '.join(TOPICS)}."
        )
    return Page(topic=name, source=(files(__name__) / f"{name}.md").read_text(encoding="utf-8"))


def _contents() -> Page:
    rows = "\n".join(f"| `{each.topic}` | {_without_links(each.summary)} |" for each in map(page, TOPICS))
    source = (
        "# Help\n\nName a topic after `help` to read its page.\n\n"
        f"| topic | what it is about |\n|---|---|\n{rows}\n\n"
        "`--help` after a command shows its options, and `%%imagegen?` every option of a cell.\n"
    )
    return Page(topic="", source=source)


def _without_links(text: str) -> str:
    return _LINK.sub(r"\1", text)


def _parts(markdown: str) -> list[str]:
    """Paragraphs, headings, tables, lists and fenced blocks; the blank lines of a fenced block stay."""
    parts: list[list[str]] = [[]]
    fenced = False
    for line in markdown.splitlines():
        if line.startswith(_FENCE):
            if not fenced:
                parts.append([])
            parts[-1].append(line)
            if fenced:
                parts.append([])
            fenced = not fenced
        elif line or fenced:
            parts[-1].append(line)
        else:
            parts.append([])
    return ["\n".join(part) for part in parts if part]


def _plain(part: str, width: int) -> str:
    lines = part.splitlines()
    if part.startswith(_FENCE):
        return "\n".join(f"    {line}".rstrip() for line in lines[1:-1])
    if part.startswith("#"):
        title = _inline(part.lstrip("# "))
        return f"{title}\n{('=' if part.startswith('# ') else '-') * len(title)}"
    if part.startswith("|"):
        return _table([[_inline(cell.strip()) for cell in _cells(line)] for line in lines], width)
    if _ITEM.match(part):
        return "\n".join(_item(item, width) for item in _items(lines))
    return textwrap.fill(_inline(" ".join(lines)), width, break_long_words=False, break_on_hyphens=False)


def _items(lines: Sequence[str]) -> list[str]:
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(line)
        else:
            items[-1] += f" {line.strip()}"
    return items


def _item(item: str, width: int) -> str:
    mark = _ITEM.match(item)
    return textwrap.fill(
        _inline(item),
        width,
        subsequent_indent=" " * (mark.end() if mark else 0),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cells(row: str) -> list[str]:
    return re.split(r"(?<!\\)\|", row.strip().strip("|"))


def _table(rows: list[list[str]], width: int) -> str:
    """Columns side by side, the last one wrapped; under the others where that would leave it too narrow."""
    told = [row for row in rows[1:] if not set("".join(row)) <= set("-: ")]
    widths = [max(len(row[i]) for row in told) for i in range(len(rows[0]) - 1)]
    indent = sum(widths) + 2 * len(widths)
    room = width - indent
    lines = []
    for row in told:
        beside = room >= _NARROWEST
        head = "".join(cell.ljust(size + 2) for cell, size in zip(row, widths, strict=False))
        text = textwrap.wrap(row[-1], room if beside else width - 4, break_long_words=False) or [""]
        if not beside:
            lines += [head.rstrip(), *(f"    {line}" for line in text)]
            continue
        lines += [f"{head}{text[0]}".rstrip(), *(" " * indent + line for line in text[1:])]
    return "\n".join(lines)


def _inline(text: str) -> str:
    """A line's text without the marks of Markdown; code keeps its backticks and what is within them."""
    pieces = []
    for is_code, piece in groupby(re.split(r"(`[^`]*`)", text), key=lambda each: each.startswith("`")):
        joined = "".join(piece)
        pieces.append(joined if is_code else _LINK.sub(r"\1 <\2>", joined.replace("**", "")))
    return "".join(pieces).replace("\\|", "|")
