"""Sets words, spelt exactly as they were asked for.

A line is set in the first typeface that has all its letters: Pillow's own (plain Latin letters only), DejaVu
Sans beside this module (Latin, Greek, Cyrillic, Hebrew, Arabic and more), then what the system has. A letter
that no typeface has is left as an empty box, and `unset` names it: nothing is replaced or dropped.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from jupyter_imagegen.providers.demo.palette import Colour

_PLAIN = ""
_DEJAVU = str(Path(__file__).with_name("DejaVuSans.ttf"))
#: Typefaces of other scripts that Linux, macOS and Windows have under these names.
SYSTEM_FACES = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "DroidSansFallbackFull.ttf", "wqy-zenhei.ttc",
    "Hiragino Sans GB.ttc", "PingFang.ttc", "AppleSDGothicNeo.ttc", "Arial Unicode.ttf",
    "msyh.ttc", "msgothic.ttc", "YuGothM.ttc", "malgun.ttf", "Nirmala.ttf", "Nirmala.ttc", "LeelawUI.ttf",
    "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf", "unifont.otf",
)  # fmt: skip
#: Drawn by nothing: joiners, direction marks and variation selectors.
_SILENT = {"\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufe0e", "\ufe0f", "\ufeff"}
#: Scripts whose letters change beside each other, from Devanagari to Myanmar, and Khmer.
_JOINED = (range(0x900, 0x1100), range(0x1780, 0x1800))


@dataclass(frozen=True)
class Run:
    """Neighbouring letters of one typeface; `face` is None for letters that no typeface has."""

    face: str | None
    text: str


@lru_cache(maxsize=256)
def _font(face: str, size: int) -> FreeTypeFont | None:
    from PIL import ImageFont

    try:
        if face == _PLAIN:
            found = ImageFont.load_default(size)
            return found if isinstance(found, ImageFont.FreeTypeFont) else None
        return ImageFont.truetype(face, size)
    except OSError:
        return None


@lru_cache(maxsize=1)
def _shapes() -> bool:
    """Whether Pillow can join letters and set them from right to left here."""
    from PIL import features

    return bool(features.check("raqm"))


def _faces() -> Iterator[str]:
    yield from (_PLAIN, _DEJAVU, *SYSTEM_FACES)


@lru_cache(maxsize=8192)
def _has(face: str, letter: str) -> bool:
    font = _font(face, 24)
    if font is None:
        return False
    if letter in _SILENT or letter.isspace():
        return True
    if not _shapes() and _needs_shaping(letter):
        return False
    return bytes(font.getmask(letter)) != bytes(font.getmask("\ufffe"))


def _needs_shaping(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL") or any(
        ord(letter) in script for script in _JOINED
    )


@lru_cache(maxsize=4096)
def runs(text: str, like: str = "") -> tuple[Run, ...]:
    """The text in runs of one typeface each; a text that one typeface has whole is one run.

    `like` is a longer text, such as the paragraph of a line: the same typeface is taken for both.

    Examples
    --------
    >>> [len(run.text) for run in runs("Þórdís")]
    [6]
    """
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    found: list[Run] = []
    for face in _faces():
        if all(_has(face, letter) for letter in (*text, *like)):
            return (Run(face, text),)
    for letter in text:
        face_of = next((face for face in _faces() if _has(face, letter)), None)
        mark = unicodedata.category(letter)[0] == "M" or letter in _SILENT
        if found and (mark or found[-1].face == face_of or (letter == " " and found[-1].face is not None)):
            found[-1] = Run(found[-1].face, found[-1].text + letter)
        else:
            found.append(Run(face_of, letter))
    return tuple(reversed(found) if right_to_left(text) else found)


def right_to_left(text: str) -> bool:
    """Whether the text begins in a script that is read from right to left."""
    ways = map(unicodedata.bidirectional, text)
    return next((way for way in ways if way in ("L", "R", "AL")), "L") != "L"


def unset(text: str) -> str:
    """The letters of a text that no typeface here has, each once; empty where all of it can be set."""
    return "".join(dict.fromkeys("".join(run.text for run in runs(text) if run.face is None)))


def _spaced(run: Run) -> bool:
    """Whether the letters of a run stand apart, so that space between them does no harm."""
    return not any(unicodedata.combining(c) or c in _SILENT or _needs_shaping(c) for c in run.text)


def _length(run: Run, size: int, spacing: float) -> float:
    font = _font(run.face or _PLAIN, size)
    if run.face is None or font is None:
        return len(run.text) * size * 0.8
    if spacing and _spaced(run):
        return sum(font.getlength(letter) + spacing * size for letter in run.text)
    return font.getlength(run.text)


@lru_cache(maxsize=8192)
def measured(text: str, size: float, spacing: float = 0.0, like: str = "") -> float:
    """The width of a line in pixels."""
    pixels = max(1, round(size))
    return sum(_length(run, pixels, spacing) for run in runs(text, like)) - spacing * pixels


def draw(
    pen: ImageDraw,
    x: float,
    baseline: float,
    text: str,
    size: float,
    *,
    fill: Colour | int = 255,
    spacing: float = 0.0,
    weight: int = 0,
    like: str = "",
) -> None:
    """Draw a line from `x` on, standing on `baseline`; `weight` is added to each stroke, in pixels."""
    pixels = max(1, round(size))
    for run in runs(text, like):
        font = _font(run.face or _PLAIN, pixels)
        if run.face is None or font is None:
            for i in range(len(run.text)):
                left = x + (i * 0.8 + 0.08) * size
                box = (left, baseline - 0.74 * size, left + 0.62 * size, baseline)
                pen.rectangle(box, outline=fill, width=max(1, round(size * 0.05)))
        else:
            at = x
            for part in run.text if spacing and _spaced(run) else (run.text,):
                pen.text((at, baseline), part, font=font, fill=fill, anchor="ls", stroke_width=weight)
                at += font.getlength(part) + spacing * pixels
        x += _length(run, pixels, spacing)


def set_line(
    text: str, x: float, y: float, width: float, height: float, *, spacing: float = 0.06, bold: bool = True
) -> tuple[Image, tuple[int, int]]:
    """One line as large as the box around (x, y) allows: its mask, and where that belongs in pixels."""
    from PIL import Image, ImageDraw

    size = max(6, round(min(height, height * width / max(1.0, measured(text, height, spacing)))))
    # Capitals reach about 0.72 of the size over the baseline; accents and descenders need the rest.
    weight = max(1, round(size * 0.022)) if bold else 0
    pad = round(size * 0.3) + weight
    mask = Image.new("L", (max(1, round(measured(text, size, spacing))) + 2 * pad, size * 2 + 2 * pad), 0)
    baseline = pad + size * 1.3
    draw(ImageDraw.Draw(mask), pad, baseline, text, size, spacing=spacing, weight=weight)
    top = round(y - (baseline - size * 0.36))
    used = mask.getbbox() or (0, 0, 1, 1)
    if used[2] - used[0] > width + 2:
        # Smaller than the typeface can be set: the letters are pressed together instead.
        pressed = mask.crop((used[0], 0, used[2], mask.height)).resize((max(1, round(width)), mask.height))
        return pressed, (round(x - width / 2), top)
    return mask, (round(x - (used[0] + used[2]) / 2), top)
