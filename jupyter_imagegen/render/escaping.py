"""What comes from outside, made harmless: prompts, file names and servers' messages."""

from __future__ import annotations

import html
import re
import unicodedata

from jupyter_imagegen.core.text import TERMINAL_SEQUENCE

_PRINTABLE = re.compile(r"[\n\t\x20-\x7e]*")
# Characters that turn the direction of what stands around them (https://trojansource.codes).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    r"""Return text without terminal sequences, control characters and direction marks; lines stay lines.

    Examples
    --------
    >>> plain("\x1b[31ma red\x00 fox\x1b[0m\u202e")
    'a red fox'
    """
    if _PRINTABLE.fullmatch(text):
        return text
    text = TERMINAL_SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(
        char
        for char in text
        if char in "\n\t"
        or (char not in _BIDI and unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"})
    )


def one_line(text: str, limit: int = 0) -> str:
    r"""Return plain text on one line, cut between words where it is longer than `limit` characters.

    Examples
    --------
    >>> one_line("a lighthouse\nat dusk, oil painting", limit=20)
    'a lighthouse at…'
    """
    text = " ".join(plain(text).split())
    if not limit or len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,;:.") + "…"


def escaped(text: str) -> str:
    """Return plain text for a quoted HTML attribute, and for text that nothing reads as mathematics.

    Examples
    --------
    >>> escaped('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(plain(text), quote=True)


def inline(text: str) -> str:
    """Return plain text for the inside of an HTML element.

    JupyterLab, nbviewer and GitHub read what stands between two dollar signs as mathematics, and prices come
    in pairs. No typesetter looks for a formula across elements, so each sign gets one of its own.

    Examples
    --------
    >>> inline("$0.21 of $5.00")
    '<span>$</span>0.21 of <span>$</span>5.00'
    """
    return escaped(text).replace("$", "<span>$</span>")
