# ruff: noqa: C901, PLR0912, PLR2004, RUF001 - the marks that people type, and steps in their order
"""Sets words with the typeface that Pillow carries, so that they look the same on every machine.

Pillow's Aileron has the ASCII characters only (Pillow 13.0): accents are drawn over the letters here, and
what has no Latin form is spelt by its Unicode name, so that no empty box is ever shown.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

#: Letters that Unicode does not take apart.
_LATIN = {
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ł": "l",
    "Ł": "L",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
    "–": "-",
    "—": "-",
    "…": "...",
    "‘": "'",
    "’": "'",
    "‚": ",",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "·": "-",
    "•": "*",
    "×": "x",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "¡": "!",
    "¿": "?",
    "№": "No.",
}
_ABOVE = {
    "\u0300": "grave",
    "\u0301": "acute",
    "\u0302": "circumflex",
    "\u0303": "tilde",
    "\u0304": "macron",
    "\u0306": "breve",
    "\u0307": "dot",
    "\u0308": "diaeresis",
    "\u030a": "ring",
    "\u030b": "double",
    "\u030c": "caron",
}
_BELOW = {"\u0327": "cedilla", "\u0328": "cedilla", "\u0326": "cedilla", "\u0323": "under"}
_SPELT = ("LETTER", "SYLLABLE")


def typeface(size: float) -> FreeTypeFont | ImageFont:
    """Pillow's own typeface at this size in pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(max(6, round(size)))


@lru_cache(maxsize=1024)
def _has(character: str) -> bool:
    """Whether the typeface can draw the character itself."""
    if character == " ":
        return True
    font = typeface(24)
    return bytes(font.getmask(character)) != bytes(font.getmask("\ufffe"))


def glyphs(text: str) -> list[tuple[str, str]]:
    """The text as characters the typeface has, each with the marks that belong over or under it.

    Examples
    --------
    >>> glyphs("café")
    [('c', ''), ('a', ''), ('f', ''), ('e', '́')]
    """
    out: list[tuple[str, str]] = []
    for raw in unicodedata.normalize("NFC", text):
        if raw.isspace():
            out.append((" ", ""))
            continue
        for character in _LATIN.get(raw, raw):
            base, *marks = tuple(unicodedata.normalize("NFKD", character) or character)
            if unicodedata.combining(base) or unicodedata.category(base)[0] == "C":
                continue
            drawn = "".join(m for m in marks if m in _ABOVE or m in _BELOW)
            if _has(base):
                out.append((base, drawn))
            else:
                out += [(c, "") for c in _spelt(base) if _has(c)]
    return out


def _spelt(character: str) -> str:
    """A letter of another script in Latin ones, from its Unicode name; nothing where the name is no help."""
    name = unicodedata.name(character, "")
    words = name.split()
    for mark in _SPELT:
        if mark in words and len(words) > words.index(mark) + 1:
            letter = words[words.index(mark) + 1].split("-")[0]
            if "CAPITAL" in words:
                return letter[0] + letter[1:2].lower() if letter[0] in "BCDFGHJKLMNPQRSTVWXZ" else letter[0]
            spelt = letter.lower()
            return spelt if "SYLLABLE" in words or len(spelt) <= 2 else spelt[:1]
    return ""


def fits(text: str) -> bool:
    """Whether there is anything to set."""
    return any(c != " " for c, _ in glyphs(text))


def measured(text: str, size: float, spacing: float) -> float:
    """The line's width in pixels at this size."""
    font = typeface(size)
    return sum(font.getlength(c) + spacing * size for c, _ in glyphs(text)) - spacing * size


def set_line(
    text: str, x: float, y: float, width: float, height: float, *, spacing: float = 0.06, bold: bool = True
) -> tuple[Image, tuple[int, int]]:
    """One line as large as the box around (x, y) allows.

    Returns
    -------
    tuple
        The letters as a mask ("L"), and where its corner belongs on the canvas, in pixels.
    """
    from PIL import Image, ImageDraw

    line = glyphs(text)
    size = height
    wide = max(1.0, measured(text, size, spacing))
    size = max(6.0, min(size, size * width / wide))
    font = typeface(size)
    # Capitals reach about 0.72 of the size over the baseline; accents need the rest.
    weight = max(1, round(size * 0.022)) if bold else 0
    pad = round(size * 0.25) + weight
    length = sum(font.getlength(c) + spacing * size for c, _ in line) - spacing * size
    mask = Image.new("L", (max(1, round(length)) + 2 * pad, round(size * 1.5) + 2 * pad), 0)
    pen = ImageDraw.Draw(mask)
    pen_x, baseline = float(pad), pad + size * 1.05
    for character, marks in line:
        pen.text((pen_x, baseline), character, font=font, fill=255, anchor="ls", stroke_width=weight)
        advance = font.getlength(character)
        for mark in marks:
            _mark(pen, mark, character, pen_x + advance / 2, baseline, size, bold=bold)
        pen_x += advance + spacing * size
    used = mask.getbbox() or (0, 0, 1, 1)
    if used[2] - used[0] > width + 2:
        # Smaller than the typeface can be set: the letters are pressed together instead.
        pressed = mask.crop((used[0], 0, used[2], mask.height)).resize((max(1, round(width)), mask.height))
        return pressed, (round(x - width / 2), round(y - (baseline - size * 0.36)))
    left = round(x - (used[0] + used[2]) / 2)
    top = round(y - (baseline - size * 0.36))
    return mask, (left, top)


def _mark(
    pen: ImageDraw, mark: str, under: str, x: float, baseline: float, size: float, *, bold: bool
) -> None:
    """Draw one accent over (or under) a letter centred at x."""
    w = max(1, round(size * (0.075 if bold else 0.055)))
    tall = under.isupper() or under in "bdfhklt"
    y = baseline - size * (0.86 if tall else 0.66)
    s = size * 0.11
    kind = _ABOVE.get(mark) or _BELOW[mark]
    match kind:
        case "grave":
            pen.line([(x - s, y - s * 0.8), (x + s * 0.5, y + s * 0.4)], fill=255, width=w)
        case "acute":
            pen.line([(x + s, y - s * 0.8), (x - s * 0.5, y + s * 0.4)], fill=255, width=w)
        case "double":
            for dx in (-s * 0.8, s * 0.8):
                pen.line(
                    [(x + dx + s * 0.6, y - s * 0.8), (x + dx - s * 0.4, y + s * 0.4)], fill=255, width=w
                )
        case "circumflex":
            pen.line(
                [(x - s * 1.1, y + s * 0.4), (x, y - s * 0.8), (x + s * 1.1, y + s * 0.4)], fill=255, width=w
            )
        case "caron":
            pen.line(
                [(x - s * 1.1, y - s * 0.8), (x, y + s * 0.4), (x + s * 1.1, y - s * 0.8)], fill=255, width=w
            )
        case "macron":
            pen.line([(x - s * 1.2, y), (x + s * 1.2, y)], fill=255, width=w)
        case "tilde":
            pen.line(
                [
                    (x - s * 1.3, y + s * 0.3),
                    (x - s * 0.5, y - s * 0.4),
                    (x + s * 0.5, y + s * 0.3),
                    (x + s * 1.3, y - s * 0.4),
                ],
                fill=255,
                width=w,
                joint="curve",
            )
        case "breve":
            pen.arc((x - s * 1.1, y - s * 1.4, x + s * 1.1, y + s * 0.6), 10, 170, fill=255, width=w)
        case "ring":
            pen.ellipse(
                (x - s * 0.9, y - s, x + s * 0.9, y + s * 0.8), outline=255, width=max(1, round(w * 0.7))
            )
        case "dot":
            pen.ellipse((x - w * 0.7, y - w * 0.7, x + w * 0.7, y + w * 0.7), fill=255)
        case "diaeresis":
            for dx in (-s, s):
                pen.ellipse((x + dx - w * 0.7, y - w * 0.7, x + dx + w * 0.7, y + w * 0.7), fill=255)
        case "cedilla":
            low = baseline + size * 0.02
            pen.line([(x, low), (x + s * 0.2, low + s), (x - s * 0.8, low + s * 1.6)], fill=255, width=w)
        case _:
            low = baseline + size * 0.12
            pen.ellipse((x - w * 0.7, low - w * 0.7, x + w * 0.7, low + w * 0.7), fill=255)
