"""Pictures for words that name nothing we can draw: shapes and planes in a palette that follows from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, box, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, from_hue, mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

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
        hue = (scene.seed % 997) / 997
    accents = [
        from_hue(hue + turn, s, v)
        for turn, s, v in ((0, 0.72, 0.66), (0.07, 0.66, 0.86), (0.52, 0.5, 0.56), (0.12, 0.5, 0.94))
    ]
    accents[: len(scene.colours[:3])] = list(scene.colours[:3])
    paper, ink = from_hue(hue + 0.1, 0.09, 0.95), from_hue(hue + 0.55, 0.5, 0.2)
    rng.shuffle(accents)
    return (paper, ink, *accents)


def abstract(sheet: Sheet, scene: Scene) -> Stage:
    """One of three compositions: orbits, strata or sails."""
    (orbits, strata, sails)[scene.seed % 3](sheet, scene)
    w, h = sheet.width, sheet.height
    return Stage(x0=w * 0.2, x1=w * 0.8, ground=h * 0.88, horizon=h * 0.6, scale=h * 0.5)


def _paper(sheet: Sheet, paper: Colour) -> None:
    sheet.fill(
        box(-5, -5, sheet.width + 5, sheet.height + 5),
        mix(paper, (255, 255, 255), 0.35),
        scaled(paper, 0.92),
        angle=65,
        edge=False,
        banded=False,
    )


def orbits(sheet: Sheet, scene: Scene) -> None:
    """Discs, rings and lines in balance around one great circle."""
    rng = sheet.rng
    w, h = sheet.width, sheet.height
    paper, ink, *accents = harmony(sheet, scene)
    _paper(sheet, paper)
    cx, cy, r = w * rng.uniform(0.4, 0.6), h * rng.uniform(0.42, 0.54), 270 * rng.uniform(0.9, 1.12)
    sheet.fill(
        oval(cx - r * 0.1, cy + r * 0.16, r * 1.02, r * 1.02, steps=90), ink, opacity=0.2, blur=34, edge=False
    )
    sheet.orb(oval(cx, cy, r, steps=100), mix(accents[0], (255, 244, 226), 0.28), scaled(accents[0], 0.74))
    half = arc(cx, cy, r * 0.72, 200, 380, steps=50)
    sheet.fill(half, accents[1], turned(accents[1], value=0.82), angle=40)
    for k in range(sheet.many(5)):
        ring = oval(cx, cy, r * (1.14 + 0.16 * k), r * (1.14 + 0.16 * k), steps=110)
        start = rng.randrange(110)
        piece = [ring[(start + i) % 110] for i in range(rng.randint(26, 88))]
        sheet.line(piece, rng.choice((2.0, 3.0, 7.0)), rng.choice((ink, *accents)))
        x, y = piece[-1]
        size = rng.uniform(9, 36)
        tone = rng.choice(accents)
        sheet.shadow(oval(x + 5, y + 9, size, size), opacity=0.3, blur=9, colour=ink)
        sheet.orb(oval(x, y, size, size), mix(tone, (255, 250, 240), 0.3), scaled(tone, 0.8))
    a = rng.uniform(-0.5, 0.5)
    for k in range(sheet.many(9)):
        t = (k - 4) * 22
        sheet.line(
            [
                (cx - math.cos(a) * 520 - t * math.sin(a), cy - math.sin(a) * 520 + t * math.cos(a) + 190),
                (cx + math.cos(a) * 520 - t * math.sin(a), cy + math.sin(a) * 520 + t * math.cos(a) + 190),
            ],
            1.6,
            mix(ink, paper, 0.45),
        )
    for _ in range(3):
        x, y, s = rng.uniform(0.1, 0.9) * w, rng.uniform(0.1, 0.9) * h, rng.uniform(40, 110)
        turn = rng.uniform(0, math.tau)
        corners = [
            (x + s * math.cos(turn + k * math.tau / 3), y + s * math.sin(turn + k * math.tau / 3))
            for k in range(3)
        ]
        tone = rng.choice(accents)
        sheet.fill(corners, tone, scaled(tone, 0.8), opacity=0.86)
    sheet.line([(w * 0.08, h * 0.9), (w * 0.92, h * 0.9)], 5, ink)


def strata(sheet: Sheet, scene: Scene) -> None:
    """Waves of colour over each other, a sun between them."""
    rng = sheet.rng
    w, h = sheet.width, sheet.height
    paper, ink, *accents = harmony(sheet, scene)
    _paper(sheet, paper)
    sx, sy, sr = w * rng.uniform(0.3, 0.7), h * 0.33, 150 * rng.uniform(0.8, 1.2)
    sheet.glow(sx, sy, sr * 2.6, accents[3], 0.4)
    sheet.orb(oval(sx, sy, sr, steps=80), mix(accents[1], (255, 240, 210), 0.45), accents[1])
    layers = sheet.many(8) + 2
    for i in range(layers):
        t = i / layers
        y = h * (0.34 + 0.62 * t)
        f, p = rng.uniform(0.6, 1.7), rng.uniform(0, math.tau)
        swell = 78 * (1 - t * 0.5)
        line = [
            (
                w * u / 40,
                y
                + math.sin(u / 40 * math.tau * f + p) * swell
                + math.sin(u / 40 * math.tau * f * 2.3 + p * 2) * swell * 0.3
                + 8 * sheet.wave(1, t),
            )
            for u in range(-1, 42)
        ]
        tone = mix(mix(accents[i % 4], paper, 0.5 * (1 - t)), ink, 0.5 * t * t)
        sheet.shadow(
            [*[(px, py - 9) for px, py in line], (w + 20, h + 10), (-20, h + 10)],
            opacity=0.22,
            blur=12,
            colour=ink,
        )
        sheet.fill(
            [*line, (w + 20, h + 10), (-20, h + 10)], mix(tone, (255, 248, 234), 0.2), scaled(tone, 0.72)
        )
        if i % 2:
            sheet.line([(px, py + 16) for px, py in line], 2, mix(tone, paper, 0.5))
    for _ in range(sheet.many(26)):
        x, y, r = rng.uniform(0, w), rng.uniform(0.05, 0.4) * h, rng.uniform(1.5, 5)
        sheet.fill(oval(x, y, r), rng.choice((ink, *accents)), opacity=0.8, edge=False)


def sails(sheet: Sheet, scene: Scene) -> None:
    """Leaning planes and arcs that overlap like sheets of glass."""
    rng = sheet.rng
    w, h = sheet.width, sheet.height
    paper, ink, *accents = harmony(sheet, scene)
    _paper(sheet, paper)
    for i in range(sheet.many(6) + 3):
        x = w * (0.5 + rng.gauss(0, 0.2))
        y = h * (0.82 - rng.random() * 0.1)
        tall, lean = h * rng.uniform(0.3, 0.66), rng.uniform(-0.34, 0.34)
        wide = rng.uniform(70, 240)
        tip = (x + lean * tall, y - tall)
        outline = [
            (x - wide / 2, y),
            *smooth(
                [(x - wide / 2, y), (x - wide * 0.62 + lean * tall * 0.4, y - tall * 0.5), tip], closed=False
            ),
            tip,
            *smooth(
                [tip, (x + wide * 0.1 + lean * tall * 0.7, y - tall * 0.5), (x + wide / 2, y)], closed=False
            ),
            (x + wide / 2, y),
        ]
        tone = accents[i % 4]
        sheet.shadow([(px + 14, py + 8) for px, py in outline], opacity=0.2, blur=20, colour=ink)
        sheet.fill(
            outline,
            mix(tone, (255, 250, 238), 0.25),
            scaled(tone, 0.74),
            angle=rng.choice((30, 60, 120)),
            opacity=0.82,
        )
    sheet.fill(rounded(w * 0.12, h * 0.8, w * 0.88, h * 0.832, 8), ink, mix(ink, accents[2], 0.3), angle=0)
    for _ in range(4):
        cx, cy, r = rng.uniform(0.15, 0.85) * w, rng.uniform(0.12, 0.5) * h, rng.uniform(34, 130)
        start = rng.uniform(0, 360)
        sheet.fill(
            ribbon(
                arc(cx, cy, r, start, start + rng.uniform(120, 300), steps=40), (r * 0.1, r * 0.22, r * 0.04)
            ),
            rng.choice(accents),
            opacity=0.88,
        )
    sheet.orb(
        oval(w * rng.uniform(0.25, 0.75), h * 0.2, 54), mix(accents[0], (255, 250, 236), 0.4), accents[0]
    )
    sheet.lines(
        (
            [(w * (0.2 + 0.6 * k / 11), h * 0.86), (w * (0.2 + 0.6 * k / 11), h * rng.uniform(0.875, 0.93))],
            3.4,
            ink,
        )
        for k in range(12)
    )
