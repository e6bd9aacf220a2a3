# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Printed matter: posters, labels, stickers, logos and diagrams, with the prompt's quoted words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import abstract
from jupyter_imagegen.providers.demo.geometry import arc, box, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.lettering import fits
from jupyter_imagegen.providers.demo.palette import Colour, luminance, mix, scaled
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


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
    return [line for line in out if fits(line)][:8]


def _lettered(
    sheet: Sheet, scene: Scene, x: float, y0: float, y1: float, width: float, colour: Colour
) -> None:
    """The quoted words as lines of equal height between y0 and y1."""
    lines = wrapped(scene.lettering)
    if not lines:
        return
    high = min((y1 - y0) / len(lines), width * 0.34)
    middle = (y0 + y1) / 2
    for i, line in enumerate(lines):
        y = middle + (i - (len(lines) - 1) / 2) * high
        sheet.words(line, x, y, width, high * 0.92, colour, spacing=0.05)


def page(sheet: Sheet, scene: Scene) -> Stage:
    """A poster, a label or an emblem, as the prompt says."""
    if scene.has("logo", "icon", "badge", "emblem", "stamp"):
        return emblem(sheet, scene)
    if scene.has("sticker"):
        return sticker(sheet, scene)
    if scene.has("label", "placard", "sign") and not scene.subjects:
        return label(sheet, scene)
    return poster(sheet, scene)


def poster(sheet: Sheet, scene: Scene) -> Stage:
    """A poster: rays or waves behind, the words large below."""
    w, h = sheet.width, sheet.height
    paper, ink, *accents = abstract.harmony(sheet, scene)
    dark = scene.seed % 2 == 0 if not scene.has("white", "light") else False
    ground = mix(ink, accents[0], 0.25) if dark else paper
    pale = mix(paper, (255, 252, 244), 0.5)
    sheet.fill(box(-5, -5, w + 5, h + 5), mix(ground, accents[0], 0.12), ground, edge=False, banded=False)
    inset = 34
    cy, r = h * 0.38, min(w, h * 0.8) * 0.3
    accent = accents[1] if abs(luminance(accents[1]) - luminance(ground)) > 0.2 else accents[3]
    for i in range(0, 36, 2):
        a, b = (math.tau * k / 36 + 0.08 for k in (i, i + 1))
        reach = math.hypot(w, h)
        sheet.fill(
            [
                (w / 2, cy),
                (w / 2 + reach * math.cos(a), cy + reach * math.sin(a)),
                (w / 2 + reach * math.cos(b), cy + reach * math.sin(b)),
            ],
            mix(ground, accent, 0.22),
            edge=False,
        )
    split = h * (0.62 if scene.lettering else 0.72)
    sheet.shadow(oval(w / 2 + 8, cy + 14, r, r), opacity=0.3, blur=22)
    sheet.orb(oval(w / 2, cy, r, steps=90), mix(accent, (255, 250, 230), 0.35), accent)
    if not scene.subjects:
        _studio_tools(sheet, w / 2, cy, r, ink, pale, accents)
    for k, tone in enumerate((accents[2], accents[0], ink)):
        y = split + k * h * 0.03
        wave = [
            (w * u / 30, y + math.sin(u / 30 * math.tau * 1.2 + k * 1.3) * h * 0.018) for u in range(-1, 32)
        ]
        sheet.fill([*wave, (w + 10, h + 10), (-10, h + 10)], tone, mix(tone, ink, 0.2))
    _lettered(sheet, scene, w / 2, split + h * 0.09, h * 0.93, w * 0.8, pale)
    rim = box(inset, inset, w - inset, h - inset)
    sheet.line([*rim, rim[0]], 5, pale if dark else ink)
    return Stage(
        x0=w * 0.24, x1=w * 0.76, ground=cy + r * 0.82, horizon=split, scale=r * 1.7, water=cy + r * 0.8
    )


def _studio_tools(
    sheet: Sheet, x: float, y: float, r: float, ink: Colour, pale: Colour, accents: list[Colour]
) -> None:
    """A brush, a ruler and shapes: something to look at where the prompt names only words."""
    sheet.fill(oval(x - r * 0.34, y + r * 0.18, r * 0.34, r * 0.34), accents[2], scaled(accents[2], 0.8))
    sheet.fill(
        [(x + r * 0.02, y + r * 0.5), (x + r * 0.34, y - r * 0.1), (x + r * 0.66, y + r * 0.5)],
        accents[0],
        scaled(accents[0], 0.8),
    )
    sheet.fill(rounded(x - r * 0.06, y - r * 0.6, x + r * 0.46, y - r * 0.2, 10), pale, scaled(pale, 0.86))
    handle = ribbon(
        [(x - r * 0.66, y - r * 0.5), (x - r * 0.06, y + r * 0.02), (x + r * 0.3, y + r * 0.36)],
        (r * 0.03, r * 0.08, r * 0.05),
    )
    sheet.fill(handle, mix(ink, (150, 90, 50), 0.5), ink, angle=30)
    sheet.fill(
        smooth(
            [
                (x + r * 0.28, y + r * 0.3),
                (x + r * 0.5, y + r * 0.46),
                (x + r * 0.66, y + r * 0.74),
                (x + r * 0.36, y + r * 0.62),
                (x + r * 0.22, y + r * 0.4),
            ]
        ),
        ink,
        mix(ink, accents[1], 0.3),
    )


def label(sheet: Sheet, scene: Scene) -> Stage:
    """A label with a double rule, ornaments and the words in its middle."""
    w, h = sheet.width, sheet.height
    paper, ink, *accents = abstract.harmony(sheet, scene)
    sheet.fill(
        box(-5, -5, w + 5, h + 5),
        mix(accents[2], ink, 0.3),
        scaled(accents[2], 0.5),
        angle=60,
        edge=False,
        banded=False,
    )
    x0, x1, y0, y1 = w * 0.09, w * 0.91, h * 0.2, h * 0.8
    sheet.shadow(rounded(x0 + 8, y0 + 16, x1 + 8, y1 + 16, 40), opacity=0.5, blur=24)
    sheet.fill(rounded(x0, y0, x1, y1, 40), mix(paper, (255, 255, 250), 0.5), scaled(paper, 0.93), angle=50)
    for inset, width in ((18, 6), (32, 2)):
        rim = rounded(x0 + inset, y0 + inset, x1 - inset, y1 - inset, 40 - inset)
        sheet.line([*rim, rim[0]], width, accents[0])
    for y, side in ((y0 + 74, -1), (y1 - 74, 1)):
        for s in (-1, 1):
            sheet.line(
                smooth(
                    [(w / 2 + s * 34, y), (w / 2 + s * 120, y + side * 16), (w / 2 + s * 230, y)],
                    closed=False,
                ),
                4,
                accents[0],
            )
            sheet.fill(oval(w / 2 + s * 244, y, 7), accents[0])
        points = [
            (
                w / 2 + 20 * math.cos(k * math.pi / 4) * (1 if k % 2 == 0 else 0.45),
                y + 20 * math.sin(k * math.pi / 4) * (1 if k % 2 == 0 else 0.45),
            )
            for k in range(8)
        ]
        sheet.fill(points, accents[1])
    _lettered(sheet, scene, w / 2, y0 + 110, y1 - 110, (x1 - x0) * 0.8, ink)
    return Stage(x0=w * 0.3, x1=w * 0.7, ground=h * 0.7, horizon=h * 0.5, scale=h * 0.3)


def emblem(sheet: Sheet, scene: Scene) -> Stage:
    """A round emblem: a disc, a ring, the subject inside and the words under it."""
    w, h = sheet.width, sheet.height
    paper, ink, *accents = abstract.harmony(sheet, scene)
    sheet.fill(box(-5, -5, w + 5, h + 5), mix(paper, (255, 255, 255), 0.6), paper, edge=False, banded=False)
    words = bool(scene.lettering)
    cy, r = h * (0.43 if words else 0.5), 330 if words else 400
    sheet.shadow(oval(w / 2, cy + 20, r, r), opacity=0.3, blur=26)
    sheet.fill(oval(w / 2, cy, r, r, steps=100), ink)
    sheet.fill(oval(w / 2, cy, r * 0.94, r * 0.94, steps=100), mix(paper, (255, 255, 255), 0.5))
    sheet.fill(oval(w / 2, cy, r * 0.88, r * 0.88, steps=100), accents[0], scaled(accents[0], 0.8), angle=60)
    if not scene.subjects:
        for k in range(3):
            sheet.fill(
                arc(w / 2, cy + r * 0.18, r * (0.7 - 0.2 * k), 180, 360, steps=40), accents[(k + 1) % 4]
            )
        sheet.fill(oval(w / 2, cy - r * 0.38, r * 0.13), mix(paper, (255, 255, 255), 0.5))
    _lettered(sheet, scene, w / 2, cy + r * 1.06, h * 0.97, w * 0.78, ink)
    return Stage(
        x0=w * 0.28, x1=w * 0.72, ground=cy + r * 0.62, horizon=cy, scale=r * 1.3, water=cy + r * 0.5
    )


def sticker(sheet: Sheet, scene: Scene) -> Stage:
    """The subject on a die-cut white blob with a soft shadow."""
    w, h = sheet.width, sheet.height
    _paper, _ink, *accents = abstract.harmony(sheet, scene)
    ground = mix(accents[3], (255, 250, 244), 0.45)
    sheet.fill(box(-5, -5, w + 5, h + 5), mix(ground, (255, 255, 255), 0.3), ground, edge=False, banded=False)
    for i in range(9):
        for j in range(9):
            sheet.fill(
                oval(w * (i + 0.5 * (j % 2)) / 8, h * j / 8, 9), mix(ground, (255, 255, 255), 0.5), edge=False
            )
    blob = smooth(
        [
            (w / 2 + 430 * math.cos(a) * (1 + 0.04 * math.sin(a * 3)), h * 0.5 + 400 * math.sin(a))
            for a in (k * math.tau / 12 for k in range(12))
        ]
    )
    sheet.shadow([(x + 6, y + 16) for x, y in blob], opacity=0.4, blur=20)
    sheet.fill(blob, (255, 255, 255), (240, 240, 244), angle=70)
    if scene.lettering:
        _lettered(sheet, scene, w / 2, h * 0.7, h * 0.84, w * 0.56, (60, 46, 60))
    return Stage(
        x0=w * 0.24,
        x1=w * 0.76,
        ground=h * (0.68 if scene.lettering else 0.76),
        horizon=h * 0.5,
        scale=h * (0.44 if scene.lettering else 0.56),
        water=h * 0.7,
    )


def chart(sheet: Sheet, scene: Scene) -> Stage:
    """A diagram: boxes, arrows and a small graph; quoted words become its labels."""
    w, h = sheet.width, sheet.height
    paper, ink, *accents = abstract.harmony(sheet, scene)
    sheet.fill(box(-5, -5, w + 5, h + 5), mix(paper, (255, 255, 255), 0.7), edge=False, banded=False)
    grid = [([(w * i / 20, 0), (w * i / 20, h)], 1.0, mix(paper, ink, 0.1)) for i in range(21)]
    grid += [([(0, h * i / 20), (w, h * i / 20)], 1.0, mix(paper, ink, 0.1)) for i in range(21)]
    sheet.lines(grid)
    names = [*wrapped(scene.lettering, 18), "A", "B", "C", "D"][: max(4, len(scene.lettering))]
    spots = ((0.22, 0.26), (0.76, 0.26), (0.76, 0.56), (0.22, 0.56))
    for (ax, ay), (bx, by) in zip(spots, (*spots[1:], spots[0]), strict=True):
        start, end = (w * ax, h * ay), (w * bx, h * by)
        sheet.line([start, end], 5, ink)
        mx, my = start[0] * 0.42 + end[0] * 0.58, start[1] * 0.42 + end[1] * 0.58
        a = math.atan2(end[1] - start[1], end[0] - start[0])
        sheet.fill(
            [
                (mx + 20 * math.cos(a), my + 20 * math.sin(a)),
                (mx + 15 * math.cos(a + 2.3), my + 15 * math.sin(a + 2.3)),
                (mx + 15 * math.cos(a - 2.3), my + 15 * math.sin(a - 2.3)),
            ],
            ink,
        )
    for i, (x, y) in enumerate(spots):
        tone = accents[i % 4]
        cx, cy = w * x, h * y
        sheet.shadow(rounded(cx - 124, cy - 56, cx + 134, cy + 78, 18), opacity=0.25, blur=12)
        sheet.fill(rounded(cx - 130, cy - 66, cx + 130, cy + 66, 18), mix(tone, (255, 255, 255), 0.2), tone)
        sheet.words(names[i], cx, cy, 216, 60, (255, 255, 255) if luminance(tone) < 0.62 else ink)
    base = h * 0.93
    for i in range(12):
        v = 0.25 + 0.6 * abs(math.sin(i * 0.7 + scene.seed % 7))
        x = w * (0.12 + 0.065 * i)
        sheet.fill(
            rounded(x, base - h * 0.2 * v, x + w * 0.044, base, 5),
            accents[i % 2],
            scaled(accents[i % 2], 0.85),
        )
    sheet.line([(w * 0.08, base), (w * 0.92, base)], 4, ink)
    return Stage(x0=w * 0.4, x1=w * 0.6, ground=h * 0.48, horizon=h * 0.3, scale=h * 0.2)


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
    foot = [
        (x0 + (x1 - x0) * t, y1 + sag * math.sin(t * math.pi)) for t in (i / 16 for i in range(16, -1, -1))
    ]
    sheet.shadow([(x + 6, y + 14) for x, y in (*top, *foot)], opacity=0.35, blur=14)
    for x, side in ((x0, -1), (x1, 1)):
        tail = [(x, y0 + 18), (x + side * 62, y0 + 30), (x + side * 40, (y0 + y1) / 2 + 14)]
        sheet.fill([*tail, (x + side * 62, y1 + 16), (x, y1 + 4)], (176, 160, 130), (150, 132, 104))
    sheet.fill([*top, *foot], (252, 246, 230), (238, 226, 200), angle=70)
    _lettered(sheet, scene, w / 2, y0 + 20, y1 - 2, (x1 - x0) * 0.88, (58, 40, 38))
