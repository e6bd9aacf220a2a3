# ruff: noqa: PLR2004 - a layout is its proportions
"""What is shown for words that the painter does not know: the prompt, well set, in its colours and light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import lettering, skies
from jupyter_imagegen.providers.demo.palette import Colour, from_hue, luminance, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet

#: The line above the prompt: nobody shall take a card for an answer.
KICKER = "DEMO CARD"
_LEADING = 1.28
#: Hues of pigments that look well in large areas, as fractions of the wheel.
HUES = (0.02, 0.07, 0.11, 0.42, 0.5, 0.56, 0.61, 0.66)


def accents(scene: Scene) -> tuple[Colour, Colour, Colour]:
    """Three colours that go together: the prompt's own, or around a hue that follows from it."""
    import colorsys

    hue = HUES[scene.seed % len(HUES)]
    named = [*scene.colours, *([scene.place_colour] if scene.place_colour else [])]
    if named:
        hue = colorsys.rgb_to_hsv(*(c / 255 for c in named[0]))[0]
    around = [from_hue(hue, 0.58, 0.72), from_hue(hue + 0.07, 0.5, 0.88), from_hue(hue + 0.52, 0.42, 0.6)]
    a, b, c = (named + around[len(named) :])[:3]
    return a, b, c


def ground(sheet: Sheet, scene: Scene) -> Stage:
    """A sky in the prompt's light over hills in its colours; another sample lays them otherwise."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    skies.paint(sheet, scene, h * 0.72)
    tones = accents(scene)
    distant = h * rng.uniform(0.44, 0.52)
    count = max(3, min(7, sheet.many(5)))
    for i in range(count):
        t = i / (count - 1)
        base, swell = distant + (h - distant) * t * 0.82, h * (0.05 + 0.05 * rng.random())
        turns, shift = rng.uniform(0.6, 1.5) * w / 1000, rng.random() * math.tau
        ridge = [
            (w * u / 40, base + swell * math.sin(math.tau * turns * u / 40 + shift)) for u in range(-1, 42)
        ]
        tone = light.far(mix(tones[i % 3], tones[0], 0.4), 0.62 * (1 - t))
        sheet.fill([*ridge, (w + 20, h + 20), (-20, h + 20)], mix(tone, light.sun, 0.1), scaled(tone, 0.82))
    if scene.weather == "fog":
        skies.veil(sheet, distant + 60, 320)
    return Stage(x0=w * 0.2, x1=w * 0.8, ground=h * 0.9, horizon=distant, scale=h * 0.4)


def wrapped(text: str, size: float, width: float) -> list[str]:
    """The text in lines of this width in pixels, as even as they can be; long words are broken.

    Examples
    --------
    >>> wrapped("the quick brown fox", 20, 120)
    ['the quick', 'brown fox']
    """
    lines = _greedy(text, size, width)
    words = (lettering.measured(word, size, like=text) for word in text.split())
    low, high = max((word for word in words if word <= width), default=0.0), width
    while len(lines) > 1 and high - low > size * 0.2:
        middle = (low + high) / 2
        narrower = _greedy(text, size, middle)
        if len(narrower) > len(lines):
            low = middle
        else:
            high, lines = middle, narrower
    return lines


def _greedy(text: str, size: float, width: float) -> list[str]:
    space = size * 0.27
    lines: list[str] = []
    line, used = "", 0.0
    for word in text.split():
        for piece in _pieces(word, size, width, text):
            wide = lettering.measured(piece, size, like=text)
            if line and used + space + wide > width:
                lines.append(line)
                line, used = "", 0.0
            line, used = (f"{line} {piece}", used + space + wide) if line else (piece, wide)
    return [*lines, line] if line else lines


def _pieces(word: str, size: float, width: float, like: str) -> list[str]:
    """The word, or as much of it at a time as fits a line: Chinese and Japanese have no spaces."""
    if lettering.measured(word, size, like=like) <= width or len(word) < 2:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and lettering.measured(pieces[-1] + letter, size, like=like) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where everything on a card is, in pixels."""

    panel: tuple[int, int, int, int]
    top: float
    pad: float
    size: float
    small: float
    lines: Sequence[str]
    foot: Sequence[str]


def _laid_out(said: str, facts: str, size: tuple[int, int], *, whole: bool) -> _Layout:
    """The largest type with which the prompt fits; a prompt that is too long ends with an ellipsis."""
    w, h = size
    short = min(w, h)
    gap = 0 if whole else short * (0.06 if short >= 200 else 0.03)
    width = min(w - 2 * gap, max(0.62 * w, 1.15 * h))
    pad = max(3.0, short * 0.06)
    inner = width - 2 * pad
    small = max(
        8.0, min(short * 0.026, inner / max(1.0, lettering.measured(facts, 1000) / 1000)), 0.017 * short
    )
    foot = wrapped(facts, small, inner) if short >= 160 else []
    room = h - 2 * gap - 2 * pad - (small * (1.5 * len(foot) + 3.4) if foot else 0)
    room = max(short * 0.2, min(room, h * 0.62)) if not whole else room
    text, least = said or "(no words)", float(int(max(7.0, short * 0.021)))
    # Long prompts are cut before they are measured: nothing that cannot be seen is laid out.
    most = round(inner * room / (least * least * 0.6))
    cut = len(text) > most
    text = text[:most]
    # A long word makes the type smaller before it is broken.
    longest = max((lettering.measured(word, 100, like=text) for word in text.split()), default=1.0) / 100
    type_size = float(int(min(short * 0.105, 0.98 * inner / min(max(longest, 6.0), 14.0))))
    lines = wrapped(text, type_size, inner)
    while type_size > least and len(lines) * type_size * _LEADING > room:
        type_size = max(least, float(int(type_size * 0.94)))
        lines = wrapped(text, type_size, inner)
    fitting = max(1, int(room / (type_size * _LEADING)))
    if len(lines) > fitting or cut:
        lines = lines[:fitting]
        lines[-1] = lines[-1].rstrip(" ,.;:") + "…"
    high = 2 * pad + len(lines) * type_size * _LEADING + (small * (1.5 * len(foot) + 3.4) if foot else 0)
    top = h - gap - high if not whole else (h - high) / 2
    top = max(gap, top)
    panel = (round(gap), round(top), round(gap + width), round(min(h - gap, top + high)))
    if whole:
        panel = (0, 0, w, h)
    return _Layout(panel=panel, top=top, pad=pad, size=type_size, small=small, lines=lines, foot=foot)


def lettered(picture: Image, scene: Scene, request: GenerateRequest, *, sample: int, dark: bool) -> Image:
    """The picture with the card's panel on it: kicker, prompt, rule, and model, size and quality."""
    from PIL import Image, ImageDraw, ImageFilter

    facts = " · ".join((
        request.model, f"{picture.width} × {picture.height}", request.quality,  # noqa: RUF001 - as sizes are set
        *([", ".join(scene.styles)] if scene.styles else []), *([f"drawing {sample + 1}"] if sample else [])
    ))  # fmt: skip
    clear = picture.mode == "RGBA"
    plan = _laid_out(scene.said, facts, picture.size, whole=clear)
    tone = accents(scene)[0]
    paper = mix((22, 22, 30), tone, 0.1) if dark else mix((252, 249, 242), tone, 0.05)
    ink = mix((246, 242, 232), tone, 0.06) if dark else mix((34, 32, 40), tone, 0.12)
    muted = mix(paper, ink, 0.66)
    accent = tone
    while abs(luminance(accent) - luminance(paper)) < 0.36:
        accent = mix(accent, ink, 0.25)
    left, top, right, bottom = plan.panel
    said = " ".join(plan.lines)
    short = min(picture.size)
    over = 2 if short < 1500 else 1
    shape = Image.new("L", (picture.width * over, picture.height * over), 0)
    ImageDraw.Draw(shape).rounded_rectangle(
        tuple(v * over for v in (left, top, right - 1, bottom - 1)), radius=short * 0.022 * over, fill=255
    )
    shape = shape.resize(picture.size, Image.Resampling.BOX)
    out = Image.new("RGB", picture.size, paper) if clear else picture.copy()
    if not clear:
        shade = shape.filter(ImageFilter.GaussianBlur(max(1, short * 0.012))).point(
            [v // 3 for v in range(256)]
        )
        out.paste((10, 10, 16), (0, round(short * 0.006)), shade)
        out.paste(paper, (0, 0), shape.point([round(v * 0.95) for v in range(256)]))
    pen = ImageDraw.Draw(out)
    x, y = left + plan.pad, plan.top + plan.pad
    small = plan.small
    if plan.foot:
        lettering.draw(
            pen, x, y + small * 0.76, KICKER, small, fill=accent, spacing=0.16, weight=round(small / 40)
        )
        y += small * 2.2
    for line in plan.lines:
        shift = right - plan.pad - lettering.measured(line, plan.size, like=said) - x
        at = x + max(0.0, shift) if lettering.right_to_left(said) else x
        lettering.draw(pen, at, y + plan.size * 0.9, line, plan.size, fill=ink, like=said)
        y += plan.size * _LEADING
    if plan.foot:
        y += small * 0.3
        thick = max(1, round(short / 500))
        pen.rectangle((x, y, x + min(right - plan.pad - x, short * 0.12), y + thick), fill=accent)
        for line in plan.foot:
            y += small * 1.5
            lettering.draw(pen, x, y + small * 0.5, line, small, fill=muted)
    if clear:
        out.putalpha(shape)
    return out
