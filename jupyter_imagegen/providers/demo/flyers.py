"""What hangs or flies in the air."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import Point, arc, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, from_hue, mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def balloon(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A toy balloon on a string; the spot is the end of the string."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colour = subject.colour or (206, 48, 44)
    sway = 0.03 * sheet.wave(1, spot.x / 300)
    pen.line(
        smooth([(sway, -0.5), (0.03, -0.34), (-0.03, -0.18), (0.01, 0)], closed=False),
        0.008,
        sheet.light.on((236, 232, 224)),
    )
    pen.form([(sway, -0.52), (sway - 0.03, -0.485), (sway + 0.03, -0.485)], scaled(colour, 0.85))
    skin = smooth(
        [
            (sway, -0.51),
            (sway - 0.15, -0.64),
            (sway - 0.2, -0.8),
            (sway - 0.14, -0.95),
            (sway, -1.0),
            (sway + 0.14, -0.95),
            (sway + 0.2, -0.8),
            (sway + 0.15, -0.64),
        ]
    )
    pen.ball(skin, colour)
    side = sheet.light.side * pen.sign
    pen.flat(
        oval(sway + side * 0.085, -0.88, 0.03, 0.055, turn=24 * side), (255, 255, 255), opacity=0.6, blur=0.01
    )


def hot_air_balloon(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A striped hot-air balloon with its basket."""
    pen = Pen(sheet, spot.x, spot.y + sheet.wave(1, spot.x / 200) * 6, spot.scale)
    light = sheet.light
    base = subject.colour or from_hue(sheet.rng.random(), 0.7, 0.85)
    other: Colour = (244, 226, 188)
    for x in (-0.05, 0.05):
        pen.line([(x * 1.8, -0.27), (x, -0.1)], 0.006, light.on((90, 70, 60)))
    pen.form(rounded(-0.06, -0.1, 0.06, 0, 0.02), (150, 104, 64))
    stripes = 7

    def across(u: float) -> list[Point]:
        out = []
        for i in range(17):
            a = math.pi * (0.02 + 0.86 * i / 16)
            out.append((u * 0.36 * math.sin(a) ** 0.9, -0.64 - 0.36 * math.cos(a)))
        return out

    outline = [*across(-1), *reversed(across(1))]
    pen.ball(outline, base)
    for i in range(stripes):
        if i % 2 == 0:
            continue
        u0, u1 = (math.sin((j / stripes - 0.5) * math.pi) for j in (i, i + 1))
        t = (u0 + u1) / 2 * light.side
        tone = mix(light.shaded(other), light.lit(other), 0.5 + t * 0.5)
        pen.flat([*across(u0), *reversed(across(u1))], tone)
    pen.flat(
        oval(0.12 * light.side, -0.78, 0.09, 0.14, turn=20 * light.side),
        (255, 255, 255),
        opacity=0.18,
        blur=0.03,
    )
    pen.flat(
        oval(-0.2 * light.side, -0.6, 0.12, 0.3, turn=-10 * light.side), light.shadow, opacity=0.3, blur=0.06
    )
    if light.lamps:
        pen.glow(0, -0.34, 0.3, (255, 190, 90), 0.9)


def rocket(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A rocket on its flame."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    light = sheet.light
    colour = subject.colour or (206, 60, 48)
    white: Colour = (238, 236, 230)
    flare = 1 + 0.18 * sheet.wave(3)
    pen.glow(0, -0.05, 0.42, (255, 160, 60), 0.9)
    for w, h, tone in (
        (0.1, 0.34, (255, 128, 40)),
        (0.065, 0.24, (255, 200, 80)),
        (0.035, 0.14, (255, 250, 220)),
    ):
        pen.flat(
            smooth(
                [
                    (-w, -0.16),
                    (0, -0.18),
                    (w, -0.16),
                    (w * 0.6, -0.16 + h * 0.5),
                    (0, -0.16 + h * flare),
                    (-w * 0.6, -0.16 + h * 0.5),
                ]
            ),
            tone,
        )
    for side in (-1, 1):
        pen.form(
            smooth(
                [(side * 0.11, -0.42), (side * 0.25, -0.24), (side * 0.24, -0.1), (side * 0.1, -0.2)], steps=4
            ),
            colour,
        )
    hull = smooth(
        [
            (0, -1.0),
            (-0.1, -0.84),
            (-0.15, -0.6),
            (-0.14, -0.36),
            (-0.09, -0.18),
            (0.09, -0.18),
            (0.14, -0.36),
            (0.15, -0.6),
            (0.1, -0.84),
        ]
    )
    pen.form(hull, white)
    pen.form(
        smooth(
            [(0, -1.0), (-0.06, -0.92), (-0.105, -0.83), (0, -0.81), (0.105, -0.83), (0.06, -0.92)], steps=4
        ),
        colour,
    )
    pen.form([(-0.1, -0.19), (-0.07, -0.14), (0.07, -0.14), (0.1, -0.19)], (90, 92, 100))
    pen.ball(oval(0, -0.62, 0.075), (180, 150, 90))
    pen.ball(oval(0, -0.62, 0.056), (70, 150, 200))
    pen.ball(oval(0, -0.42, 0.034), (70, 150, 200))
    pen.form(ribbon([(0, -0.36), (0, -0.12)], (0.035, 0.03)), colour)
    pen.flat(oval(-0.02, -0.64, 0.018, steps=12), (255, 255, 255), opacity=0.8)
    pen.line([(-0.14, -0.33), (0.14, -0.33)], 0.018, light.on(colour))


def umbrella(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """An open umbrella."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (196, 54, 62)
    pen.line(
        [(0, -0.95), (0, -0.12), *arc(0.06, -0.1, 0.06, 180, 20, steps=8)],
        0.022,
        sheet.light.on((110, 76, 52)),
    )
    pen.ball(
        [
            *arc(0, -0.5, 0.46, 180, 360, steps=30),
            *[(0.46 - 0.0115 * i, -0.5 - 0.06 * abs(math.sin(i / 80 * math.pi * 5))) for i in range(81)],
        ],
        colour,
    )
    for u in (-0.5, 0.0, 0.5):
        pen.line([(0, -0.96), (u * 0.3, -0.82), (u * 0.75, -0.52)], 0.006, sheet.light.shaded(colour))
    pen.line([(0, -0.95), (0, -1.0)], 0.014, sheet.light.on((110, 76, 52)))


def kite(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A diamond kite with a bowed tail."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colour = subject.colour or (226, 84, 60)
    tilt = 0.03 * sheet.wave(1)
    pen.line(
        smooth([(0, -0.4), (-0.08, -0.24), (0.06, -0.12), (-0.02, 0.06)], closed=False),
        0.008,
        sheet.light.on((230, 226, 216)),
    )
    pen.form([(tilt, -1.0), (-0.26, -0.74), (0, -0.4)], colour)
    pen.form([(tilt, -1.0), (0.26, -0.74), (0, -0.4)], turned(colour, hue=0.1, value=1.1))
    pen.line([(-0.26, -0.74), (0.26, -0.74)], 0.01, sheet.light.on((120, 90, 64)))
    for x, y in ((-0.045, -0.28), (0.015, -0.17), (0.03, -0.08)):
        pen.flat([(x, y), (x - 0.05, y - 0.03), (x - 0.05, y + 0.03)], sheet.light.on(colour))
        pen.flat([(x, y), (x + 0.05, y - 0.03), (x + 0.05, y + 0.03)], sheet.light.on(colour))
