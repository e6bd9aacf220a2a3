"""Tables and short texts, once as HTML and once as aligned plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import combining, east_asian_width

from jupyter_imagegen.render import style
from jupyter_imagegen.render.escaping import escaped, inline, one_line, plain
from jupyter_imagegen.render.pictures import img

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.render.pictures import MimeBundle

#: How wide a column of plain text gets before its words are cut; the last one is as wide as it is.
_TEXT_COLUMN = 56


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A word that stands out: good, or worth a look."""

    text: str
    kind: Literal["ok", "warn"]


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A small picture in a table, with what a screen reader says for it."""

    preview: Preview
    alt: str


Cell = str | Mark | Thumbnail


@dataclass(frozen=True, kw_only=True)
class View:
    """Something to look at that is not a picture: a cell's last value of this kind shows itself.

    Attributes
    ----------
    html, text : str
        The same, for a notebook and for a terminal.
    markdown : str
        In place of HTML, where there is any.
    """

    html: str
    text: str
    markdown: str = ""

    def mimebundle(self) -> MimeBundle:
        """Return both forms, and their metadata."""
        rich = {"text/markdown": self.markdown} if self.markdown else {"text/html": self.html}
        return {**rich, "text/plain": self.text}, {}

    def __str__(self) -> str:
        """Return the plain form."""
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> MimeBundle:
        return self.mimebundle()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001 -- IPython's protocol
        printer.text(self.text)


def table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    numbers: Collection[int] = (),
    loose: int | None = None,
    foot: Sequence[str] = (),
) -> View:
    """Return a table; the first cell of each row is the row's heading.

    Parameters
    ----------
    caption
        What it shows.
    head
        The columns' headings.
    rows
        Text, marked words and thumbnails. Everything is escaped here.
    numbers
        Columns, from 0, that stand to the right.
    loose
        The column whose text goes on in further lines where the page is narrow, while all others stay on one;
        without it all do as they find room, but for the first.
    foot
        Lines under the table.

    Examples
    --------
    >>> print(table("Costs", ["", "spent"], [["Session", "$0.21"], ["Today", "$12.62"]], numbers={1}))
    Costs
    <BLANKLINE>
             spent
    Session  $0.21
    Today   $12.62
    """
    return View(
        html=_html(caption, head, rows, numbers, loose, foot),
        text=_text(caption, head, rows, numbers, foot),
    )


def paragraphs(caption: str, lines: Sequence[str], *, code: str = "") -> View:
    """Return lines of text under a heading, and under them a block of code."""
    shown = "<br>".join(inline(line) for line in lines)
    block = f"<pre>{escaped(code)}</pre>" if code else ""
    html = f"{style.TABLES}{style.OPEN}<b>{inline(caption)}</b><p>{shown}</p>{block}</div>"
    return View(
        html=html,
        text="\n".join((one_line(caption), *map(one_line, lines), *([plain(code)] if code else []))),
    )


def _html(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    numbers: Collection[int],
    loose: int | None,
    foot: Sequence[str],
) -> str:
    def attributes(column: int) -> str:
        return ' class="num"' if column in numbers else ' class="loose"' if column == loose else ""

    heads = "".join(
        f'<th scope="col"{attributes(i)}>{inline(text)}</th>' if text else "<td></td>"
        for i, text in enumerate(head)
    )
    body = "".join(
        "<tr>{}</tr>".format(
            "".join(
                f'<th scope="row"{attributes(i)}>{_cell_html(cell)}</th>'
                if i == 0
                else f"<td{attributes(i)}>{_cell_html(cell)}</td>"
                for i, cell in enumerate(row)
            )
        )
        for row in rows
    )
    firm = "" if loose is None else ' class="firm"'
    under = "".join(f'<div class="foot soft">{inline(line)}</div>' for line in foot)
    return (
        f"{style.TABLES}{style.OPEN}<table{firm}><caption>{inline(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{under}</div>"
    )


def _cell_html(cell: Cell) -> str:
    if isinstance(cell, Mark):
        return f'<span class="{cell.kind}">{inline(cell.text)}</span>'
    if isinstance(cell, Thumbnail):
        return img(cell.preview, cell.alt)
    return inline(cell)


def _text(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    numbers: Collection[int],
    foot: Sequence[str],
) -> str:
    pictures = {i for row in rows for i, cell in enumerate(row) if isinstance(cell, Thumbnail)}
    columns = [i for i in range(len(head)) if i not in pictures]
    lines = [
        [one_line(text) for text in head],
        *([_cell_text(cell, last=cell is row[-1]) for cell in row] for row in rows),
    ]
    if not any(head):
        del lines[0]
    widths = {i: max((_width(line[i]) for line in lines), default=0) for i in columns}
    shown = [
        "  ".join(_padded(line[i], widths[i], right=i in numbers) for i in columns).rstrip() for line in lines
    ]
    under = ["", *map(one_line, foot)] if foot else []
    return "\n".join((one_line(caption), "", *shown, *under))


def _cell_text(cell: Cell, *, last: bool) -> str:
    if isinstance(cell, Thumbnail):
        return ""
    return one_line(cell.text if isinstance(cell, Mark) else cell, 0 if last else _TEXT_COLUMN)


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
