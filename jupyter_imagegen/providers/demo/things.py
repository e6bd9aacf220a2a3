"""Things on a table and simple solids."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def gleam(pen: Pen, x: float, y: float, rx: float, ry: float, strength: float = 0.75) -> None:
    """A highlight, on the side that the light comes from."""
    side = pen.sheet.light.side * pen.sign
    pen.flat(
        oval(x * side, y, rx, ry, turn=18 * side),
        mix(pen.sheet.light.sun, (255, 255, 255), 0.5),
        opacity=strength,
        blur=rx * 0.35,
    )


def book(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """An open book."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    cover = subject.colour or (140, 52, 46)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.3, opacity=0.5)
    pen.form([(-0.66, -0.12), (-0.56, -0.5), (0.56, -0.5), (0.66, -0.12), (0.6, 0.0), (-0.6, 0.0)], cover)
    for side in (-1, 1):
        page = [
            (0, -0.06),
            *[
                (side * u * 0.62, -0.05 - 0.1 * math.sin(u * math.pi) * (1 - u * 0.5) - 0.02 * u)
                for u in (i / 8 for i in range(9))
            ],
            *[
                (side * u * 0.53, -0.45 - 0.1 * math.sin(u * math.pi) * (1 - u * 0.5))
                for u in (i / 8 for i in range(8, -1, -1))
            ],
        ]
        tone: Colour = (250, 244, 228)
        lit, dark = light.lit(tone), mix(light.shaded(tone), light.lit(tone), 0.5)
        pen.sheet.fill(pen.all(page), dark, lit, angle=0 if side > 0 else 180)
        for k in range(8):
            y = -0.18 - k * 0.036
            line = [
                (side * u, y - 0.085 * math.sin(u / 0.56 * math.pi) * (1 - u))
                for u in (0.08 + 0.4 * i / 6 for i in range(7))
            ]
            pen.line(line, 0.008, light.shaded((150, 130, 110)))
    pen.line([(0, -0.06), (0, -0.46)], 0.012, light.shaded(cover))


def lamp(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A desk lamp with a glass shade, lit."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    shade = subject.colour or (44, 122, 84)
    brass: Colour = (200, 154, 74)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.5, opacity=0.5)
    sheet.glow(*pen.at(0, -0.3), spot.scale * 1.6, (255, 206, 122), 0.55)
    sheet.fill(
        pen.all([(-0.3, -0.62), (0.3, -0.62), (0.62, 0.02), (-0.62, 0.02)]),
        (255, 230, 170),
        light.sky[0],
        opacity=0.2,
        blur=spot.scale * 0.04,
        edge=False,
    )
    pen.ball(oval(0, -0.03, 0.24, 0.055), brass)
    pen.form(rounded(-0.05, -0.14, 0.05, -0.03, 0.02), brass)
    pen.form(ribbon([(0, -0.1), (0, -0.68)], (0.045, 0.03)), brass)
    for y in (-0.22, -0.46):
        pen.ball(oval(0, y, 0.04, 0.026), brass)
    lit = mix(shade, (255, 244, 190), 0.35)
    body = [
        *smooth(
            [
                (-0.44, -0.6),
                (-0.4, -0.76),
                (-0.24, -0.88),
                (0, -0.92),
                (0.24, -0.88),
                (0.4, -0.76),
                (0.44, -0.6),
            ],
            closed=False,
        )
    ]
    sheet.fill(pen.all(body), turned(shade, value=1.0), lit, angle=90)
    pen.flat(oval(0, -0.6, 0.44, 0.045), (255, 240, 190))
    pen.flat(
        smooth([(-0.3, -0.7), (-0.2, -0.82), (0.02, -0.87), (-0.14, -0.78)]),
        (255, 255, 240),
        opacity=0.45,
        blur=0.012,
    )
    pen.line([(0.14, -0.6), (0.14, -0.46)], 0.008, light.on(brass))
    pen.ball(oval(0.14, -0.45, 0.016, steps=10), brass)
    pen.ball(oval(0, -0.94, 0.034), brass)
    sheet.glow(*pen.at(0, -0.58), spot.scale * 0.6, (255, 220, 140), 0.75, squash=0.6)


def candle(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A candle in its holder."""
    one_candle(sheet, spot.x, spot.y, spot.scale, colour=subject.colour)


def one_candle(
    sheet: Sheet, x: float, y: float, size: float, *, colour: Colour | None = None, holder: bool = True
) -> None:
    """A burning candle whose foot is at (x, y)."""
    pen = Pen(sheet, x, y, size)
    wax = colour or (240, 226, 194)
    light = sheet.light
    if holder:
        sheet.ground_shadow(x, y, size * 0.34, opacity=0.5)
        pen.ball(oval(0, -0.03, 0.2, 0.04), (190, 146, 70))
        pen.form(ribbon([(0, -0.04), (0, -0.2)], (0.06, 0.05)), (190, 146, 70))
        pen.ball(oval(0, -0.21, 0.11, 0.03), (200, 156, 78))
    pen.sheet.fill(
        pen.all(rounded(-0.055, -0.72, 0.055, -0.2, 0.015)), (255, 236, 190), light.shaded(wax), angle=90
    )
    pen.flat(
        smooth([(-0.055, -0.7), (-0.07, -0.6), (-0.05, -0.52), (-0.045, -0.66)]),
        mix(wax, (255, 246, 220), 0.6),
    )
    pen.line([(0, -0.72), (0.006, -0.77)], 0.012, (50, 36, 30))
    flick = 0.012 * sheet.wave(3, x / 77)
    pen.glow(0, -0.84, 0.9, (255, 176, 84), 0.6)
    pen.glow(0, -0.84, 0.28, (255, 214, 130), 0.9)
    pen.flat(
        smooth([(flick, -1.0), (-0.035, -0.86), (-0.03, -0.78), (0, -0.75), (0.03, -0.78), (0.035, -0.86)]),
        (255, 186, 70),
    )
    pen.flat(smooth([(flick * 0.6, -0.94), (-0.018, -0.85), (0, -0.77), (0.018, -0.85)]), (255, 250, 220))


def cloth(sheet: Sheet, x: float, y: float, w: float, colour: Colour) -> None:
    """A folded cloth on a table, for still lifes."""
    light, rng = sheet.light, sheet.rng
    points = [
        (x - w, y),
        (x - w * 0.5, y - w * 0.12),
        (x + w * 0.1, y - w * 0.05),
        (x + w * 0.6, y - w * 0.1),
        (x + w, y + w * 0.1),
        (x + w * 0.7, y + w * 0.42),
        (x + w * 0.1, y + w * 0.3),
        (x - w * 0.5, y + w * 0.46),
        (x - w * 0.9, y + w * 0.2),
    ]
    sheet.form(smooth(points), colour)
    for _ in range(6):
        a, b = rng.uniform(-0.7, 0.7), rng.uniform(-0.5, 0.5)
        fold = smooth(
            [(x + a * w, y - w * 0.03), (x + (a + b) / 2 * w, y + w * 0.14), (x + b * w, y + w * 0.34)],
            closed=False,
        )
        sheet.fill(
            ribbon(fold, (w * 0.02, w * 0.09, w * 0.02)),
            light.shaded(colour),
            opacity=0.4,
            blur=w * 0.03,
            edge=False,
        )
        sheet.fill(
            ribbon([(px + light.side * w * 0.06, py) for px, py in fold], (w * 0.01, w * 0.05, w * 0.01)),
            light.lit(colour),
            opacity=0.45,
            blur=w * 0.02,
            edge=False,
        )
