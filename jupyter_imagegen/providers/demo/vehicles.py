# ruff: noqa: PLR0915 - a drawing is its coordinates, in their order
"""What moves on rails and roads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, box, oval, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def train(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A steam locomotive with coaches; its wheels stand at the spot's height."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light, rng = sheet.light, sheet.rng
    paint = subject.colour or (38, 74, 62)
    brass = light.lit((212, 164, 80))
    iron: Colour = (48, 48, 54)
    white = mix(light.lit((244, 242, 240)), light.haze, 0.12)
    # Steam streams back from the chimney, over the coaches.
    for i in range(13):
        t = i / 13 + sheet.phase / 13
        x = 0.36 - 1.7 * t
        y = -0.54 - 0.34 * t**0.7
        r = 0.035 + 0.15 * t
        circles = [
            (
                *pen.at(x + rng.gauss(0, r * 0.5), y + rng.gauss(0, r * 0.4)),
                r * spot.scale * rng.uniform(0.5, 0.9),
            )
            for _ in range(5)
        ]
        sheet.puffs(
            circles,
            white,
            mix(white, light.shaded((150, 148, 160)), 0.75),
            blur=spot.scale * (0.012 + 0.03 * t),
            opacity=0.8 - 0.6 * t,
        )
    coach: Colour = (132, 44, 44) if subject.colour is None else scaled(subject.colour, 0.85)
    for k in range(4):
        x1 = -0.62 - k * 0.84
        x0 = x1 - 0.78
        pen.form(rounded(x0, -0.4, x1, -0.07, 0.02), coach)
        pen.flat(box(x0 + 0.01, -0.32, x1 - 0.01, -0.175), light.lit((236, 218, 184)))
        pen.form(
            [(x0 - 0.01, -0.39), *arc((x0 + x1) / 2, 0.62, 1.1, 250, 290, steps=10), (x1 + 0.01, -0.39)],
            (70, 68, 74),
        )
        for i in range(6):
            wx = x0 + 0.06 + i * 0.118
            glass = (255, 216, 132) if light.lamps else mix(light.sky[-1], light.shaded((52, 62, 84)), 0.55)
            pen.flat(rounded(wx, -0.305, wx + 0.082, -0.195, 0.015), glass)
        for wx in (x0 + 0.12, x0 + 0.24, x1 - 0.24, x1 - 0.12):
            pen.ball(oval(wx, -0.045, 0.05), iron)
            pen.flat(oval(wx, -0.045, 0.02, steps=12), light.on((140, 134, 128)))
        pen.line([(x0, -0.065), (x1 + 0.08, -0.065)], 0.018, light.shaded(iron))
    # Tender and cab.
    pen.form(box(-0.58, -0.29, -0.3, -0.07), paint)
    pen.form(
        smooth([(-0.57, -0.28), (-0.5, -0.34), (-0.44, -0.33), (-0.36, -0.35), (-0.31, -0.28)], steps=4),
        (40, 38, 42),
    )
    pen.form(box(-0.27, -0.44, -0.03, -0.07), paint)
    pen.form([(-0.3, -0.43), (-0.28, -0.47), (-0.02, -0.47), (0.0, -0.43)], scaled(iron, 0.9))
    pen.flat(
        rounded(-0.22, -0.39, -0.1, -0.27, 0.02),
        (255, 190, 96) if light.lamps else light.shaded((60, 66, 80)),
    )
    # Boiler: a cylinder has its light along its top.
    b0, b1 = pen.at(-0.04, -0.37), pen.at(0.45, -0.13)
    tube = box(min(b0[0], b1[0]), b0[1], max(b0[0], b1[0]), b1[1])
    sheet.fill(tube, light.lit(paint), light.shaded(scaled(paint, 0.75)), angle=90)
    gleam = box(min(b0[0], b1[0]), b0[1] + spot.scale * 0.03, max(b0[0], b1[0]), b0[1] + spot.scale * 0.05)
    sheet.fill(gleam, mix(light.lit(paint), light.sun, 0.6), opacity=0.6, blur=spot.scale * 0.01, edge=False)
    for x in (0.06, 0.19, 0.32):
        pen.line([(x, -0.37), (x, -0.13)], 0.012, brass)
    pen.form(rounded(0.43, -0.385, 0.52, -0.12, 0.02), iron)
    pen.ball(oval(0.505, -0.25, 0.05, 0.09), scaled(iron, 0.9))
    pen.form(
        [(0.34, -0.37), (0.345, -0.47), (0.325, -0.53), (0.435, -0.53), (0.415, -0.47), (0.42, -0.37)], iron
    )
    pen.line([(0.32, -0.53), (0.44, -0.53)], 0.018, brass)
    pen.form([(0.12, -0.365), *arc(0.17, -0.4, 0.045, 180, 360, steps=10), (0.22, -0.365)], (200, 150, 70))
    pen.form([(-0.01, -0.365), *arc(0.03, -0.385, 0.03, 180, 360, steps=10), (0.07, -0.365)], (200, 150, 70))
    pen.form(box(-0.3, -0.14, 0.55, -0.085), (150, 44, 40))
    pen.form([(0.52, -0.1), (0.64, -0.005), (0.5, -0.005)], iron)
    turn = math.tau * sheet.phase
    for x, r in ((-0.16, 0.1), (0.06, 0.1), (0.27, 0.1), (0.44, 0.06)):
        pen.ball(oval(x, -r, r), (124, 36, 34))
        pen.flat(oval(x, -r, r * 0.74), light.shaded((70, 30, 30)))
        for k in range(8):
            a = turn + k * math.tau / 8
            pen.line(
                [(x, -r), (x + math.cos(a) * r * 0.86, -r + math.sin(a) * r * 0.86)],
                0.009,
                light.on((160, 60, 54)),
            )
        pen.ball(oval(x, -r, r * 0.22), (190, 180, 170))
    lift = 0.05 * math.sin(turn)
    pen.line([(-0.16, -0.1 + lift), (0.27, -0.1 + lift)], 0.022, light.lit((190, 192, 198)))
    pen.ball(oval(0.535, -0.4, 0.03), (236, 214, 150))
    if light.lamps or scene.weather in ("fog", "rain"):
        pen.glow(0.55, -0.4, 0.4, (255, 226, 160), 0.8)
    puffs = [
        (
            *pen.at(0.5 + rng.uniform(-0.1, 0.2), -0.02 - rng.random() * 0.05),
            spot.scale * rng.uniform(0.02, 0.05),
        )
        for _ in range(7)
    ]
    sheet.puffs(puffs, white, blur=spot.scale * 0.02, opacity=0.5)
