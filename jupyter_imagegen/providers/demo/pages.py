# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Printed matter: posters, labels, stickers, logos and diagrams, with the prompt's quoted words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.cards import HUES
from jupyter_imagegen.providers.demo.geometry import box, oval
from jupyter_imagegen.providers.demo.palette import Colour, from_hue, luminance, mix
from jupyter_imagegen.providers.demo.sheet import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def harmony(sheet: Sheet, scene: Scene) -> tuple[Colour, ...]:
    """Paper, ink and four accents around one hue, or around the prompt's own colours."""
    import colorsys

    rng = sheet.rng
    if scene.colours:
        hue = colorsys.rgb_to_hsv(*(c / 255 for c in scene.colours[0]))[0]
    else:
        hue = HUES[scene.seed % len(HUES)]
    accents = [from_hue(hue + turn, s, v) for turn, s, v in ((0, 0.72, 0.66), (0.07, 0.66, 0.86),
        (0.52, 0.5, 0.56), (0.12, 0.5, 0.94))]
    accents[: len(scene.colours[:3])] = list(scene.colours[:3])
    paper, ink = from_hue(hue + 0.1, 0.09, 0.95), from_hue(hue + 0.55, 0.5, 0.2)
    rng.shuffle(accents)
    return (paper, ink, *accents)


def wrapped(lines: tuple[str, ...], most: int = 13) -> list[str]:
    """Long texts broken at their spaces, so that letters stay large.

    Examples
    --------
    >>> wrapped(("THE QUICK BROWN FOX",))
    ['THE QUICK', 'BROWN FOX']
    """
    out: list[str] = []
    for text in lines:
        words, line = text.split(), ""
        most_here = max(most, math.ceil(len(text) / 6))
        for word in words:
            if line and len(line) + 1 + len(word) > most_here:
                out.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        if line:
            out.append(line)
    return out


def _lettered(sheet: Sheet, scene: Scene, x: float, y0: float, y1: float, width: float,
    colour: Colour) -> None:
    """The quoted words as lines of equal height between y0 and y1."""
    lines = wrapped(scene.lettering)
    if not lines:
        return
    high = min((y1 - y0) / len(lines), width * 0.34)
    middle = (y0 + y1) / 2
    for i, line in enumerate(lines):
        y = middle + (i - (len(lines) - 1) / 2) * high
        sheet.words(line, x, y, width, high * 0.92, colour, gap=0.05)


def poster(sheet: Sheet, scene: Scene) -> Stage:
    """A poster: rays or waves behind, the words large below."""
    w, h = sheet.width, sheet.height
    paper, ink, *accents = harmony(sheet, scene)
    dark = scene.seed % 2 == 0
    ground = mix(ink, accents[0], 0.25) if dark else paper
    pale = mix(paper, (255, 252, 244), 0.5)
    sheet.fill(box(-5, -5, w + 5, h + 5), mix(ground, accents[0], 0.12), ground, edge=False, banded=False)
    inset = 34
    cy, r = h * 0.38, min(w, h * 0.8) * 0.3
    accent = accents[1] if abs(luminance(accents[1]) - luminance(ground)) > 0.2 else accents[3]
    for i in range(0, 36, 2):
        a, b = (math.tau * k / 36 + 0.08 for k in (i, i + 1))
        reach = math.hypot(w, h)
        sheet.fill([(w / 2, cy), (w / 2 + reach * math.cos(a), cy + reach * math.sin(a)),
            (w / 2 + reach * math.cos(b), cy + reach * math.sin(b))], mix(ground, accent, 0.22), edge=False)
    split = h * (0.62 if scene.lettering else 0.72)
    sheet.shadow(oval(w / 2 + 8, cy + 14, r, r), opacity=0.3, blur=22)
    sheet.orb(oval(w / 2, cy, r, steps=90), mix(accent, (255, 250, 230), 0.35), accent)
    for k, tone in enumerate((accents[2], accents[0], ink)):
        y = split + k * h * 0.03
        wave = [(w * u / 30, y + math.sin(u / 30 * math.tau * 1.2 + k * 1.3) * h * 0.018)
            for u in range(-1, 32)]
        sheet.fill([*wave, (w + 10, h + 10), (-10, h + 10)], tone, mix(tone, ink, 0.2))
    _lettered(sheet, scene, w / 2, split + h * 0.09, h * 0.93, w * 0.8, pale)
    rim = box(inset, inset, w - inset, h - inset)
    sheet.line([*rim, rim[0]], 5, pale if dark else ink)
    return Stage(x0=w * 0.24, x1=w * 0.76, ground=cy + r * 0.82, horizon=split, scale=r * 1.7,
        water=cy + r * 0.8)


def banner(sheet: Sheet, scene: Scene) -> None:
    """A cloth banner across the top, for quoted words in a scene that has no sign of its own."""
    lines = wrapped(scene.lettering, 22)
    if not lines:
        return
    w, h = sheet.width, sheet.height
    x0, x1, y0 = w * 0.14, w * 0.86, h * 0.07
    y1 = y0 + min(h * 0.34, h * 0.12 * len(lines) + h * 0.04)
    for x in (x0 + 40, x1 - 40):
        sheet.line([(x, -5), (x, y0 + 4)], 4, (70, 58, 50))
    sag = 10.0
    top = [(x0 + (x1 - x0) * t, y0 + sag * math.sin(t * math.pi)) for t in (i / 16 for i in range(17))]
    foot = [(x0 + (x1 - x0) * t, y1 + sag * math.sin(t * math.pi)) for t in (i / 16
        for i in range(16, -1, -1))]
    sheet.shadow([(x + 6, y + 14) for x, y in (*top, *foot)], opacity=0.35, blur=14)
    for x, side in ((x0, -1), (x1, 1)):
        tail = [(x, y0 + 18), (x + side * 62, y0 + 30), (x + side * 40, (y0 + y1) / 2 + 14)]
        sheet.fill([*tail, (x + side * 62, y1 + 16), (x, y1 + 4)], (176, 160, 130), (150, 132, 104))
    sheet.fill([*top, *foot], (252, 246, 230), (238, 226, 200), angle=70)
    _lettered(sheet, scene, w / 2, y0 + 20, y1 - 2, (x1 - x0) * 0.88, (58, 40, 38))
