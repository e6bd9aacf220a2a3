# ruff: noqa: PLR0915 - a drawing is its coordinates, in their order
"""What moves on rails and roads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, box, oval, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
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


def car(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A rounded small car with its lamps lit at night."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    paint = subject.colour or (190, 62, 48)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.0, opacity=0.5)
    body = smooth(
        [
            (-0.5, -0.1),
            (-0.5, -0.22),
            (-0.4, -0.29),
            (-0.28, -0.31),
            (-0.16, -0.46),
            (0.08, -0.47),
            (0.22, -0.32),
            (0.42, -0.27),
            (0.5, -0.2),
            (0.51, -0.1),
            (0.4, -0.06),
            (-0.42, -0.06),
        ]
    )
    pen.form(body, paint)
    glass = mix(light.sky[-1], light.shaded((56, 70, 90)), 0.5)
    pen.flat(smooth([(-0.235, -0.31), (-0.14, -0.43), (-0.035, -0.435), (-0.035, -0.31)], steps=4), glass)
    pen.flat(smooth([(-0.005, -0.31), (-0.005, -0.435), (0.065, -0.43), (0.16, -0.315)], steps=4), glass)
    pen.line([(-0.48, -0.2), (0.48, -0.19)], 0.01, light.lit(turned(paint, value=1.3)))
    pen.line([(-0.02, -0.3), (-0.02, -0.09)], 0.006, light.shaded(paint))
    pen.line([(-0.13, -0.25), (-0.07, -0.25)], 0.014, light.lit((220, 220, 220)))
    for x in (-0.29, 0.31):
        pen.flat(oval(x, -0.085, 0.115), light.shaded(scaled(paint, 0.4)))
        pen.ball(oval(x, -0.085, 0.095), (44, 44, 50))
        pen.ball(oval(x, -0.085, 0.05), (196, 200, 206))
        pen.flat(oval(x, -0.085, 0.015, steps=10), light.shaded((80, 80, 86)))
    pen.ball(oval(0.475, -0.195, 0.035, 0.04), (255, 240, 200))
    pen.flat(oval(-0.495, -0.2, 0.016, 0.03), (220, 60, 46))
    pen.line([(-0.53, -0.08), (0.53, -0.08)], 0.024, light.on((180, 184, 190)))
    if light.lamps:
        x, y = pen.at(0.5, -0.19)
        reach = pen.sign * spot.scale
        sheet.fill(
            [
                (x, y - 8),
                (x + reach * 0.9, y - spot.scale * 0.1),
                (x + reach * 0.9, y + spot.scale * 0.2),
                (x, y + 8),
            ],
            (255, 238, 190),
            opacity=0.3,
            blur=spot.scale * 0.03,
            edge=False,
        )
        sheet.glow(x, y, spot.scale * 0.25, (255, 230, 170), 0.9)
        sheet.glow(*pen.at(-0.5, -0.2), spot.scale * 0.14, (255, 60, 40), 0.8)


def bus(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A tram: long, with many windows."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    paint = subject.colour or (206, 76, 52)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.2, opacity=0.5)
    pen.form(rounded(-0.62, -0.52, 0.62, -0.06, 0.06), paint)
    pen.form(rounded(-0.62, -0.52, 0.62, -0.3, 0.06), (240, 228, 200))
    for i in range(7):
        x = -0.56 + i * 0.163
        glass = (255, 220, 140) if light.lamps else mix(light.sky[-1], light.shaded((52, 66, 90)), 0.5)
        pen.flat(rounded(x, -0.47, x + 0.135, -0.31, 0.02), glass)
    pen.form(box(-0.6, -0.545, 0.6, -0.51), (90, 90, 96))
    for x in (-0.4, -0.22, 0.22, 0.4):
        pen.ball(oval(x, -0.065, 0.065), (46, 46, 52))
    pen.ball(oval(0.6, -0.17, 0.03), (255, 240, 200))
    if light.lamps:
        pen.glow(0.62, -0.17, 0.3, (255, 230, 170), 0.9)


def bicycle(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A bicycle with thin spokes and a basket."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    paint = light.lit(subject.colour or (40, 122, 126))
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.9, opacity=0.3)
    dark = light.on((44, 42, 46))
    for x in (-0.31, 0.31):
        ring = oval(x, -0.21, 0.2, steps=48)
        pen.line([*ring, ring[0]], 0.022, dark)
        for k in range(14):
            a = k * math.tau / 14 + math.tau * sheet.phase / 14
            pen.line(
                [(x, -0.21), (x + math.cos(a) * 0.19, -0.21 + math.sin(a) * 0.19)],
                0.004,
                light.on((170, 172, 176)),
            )
    hub, crank, seat, head = (-0.31, -0.21), (-0.04, -0.2), (-0.12, -0.5), (0.22, -0.5)
    for start, end in (
        (hub, crank),
        (hub, seat),
        (crank, seat),
        (crank, head),
        (seat, head),
        (head, (0.31, -0.21)),
    ):
        pen.line([start, end], 0.026, paint)
    pen.line([seat, (-0.135, -0.57)], 0.02, light.on((180, 182, 186)))
    pen.form(smooth([(-0.23, -0.585), (-0.1, -0.6), (-0.03, -0.57), (-0.12, -0.56)]), (96, 60, 42))
    pen.line([head, (0.2, -0.6), (0.28, -0.64), (0.2, -0.66)], 0.02, light.on((180, 182, 186)))
    pen.form([(0.27, -0.6), (0.45, -0.6), (0.42, -0.46), (0.3, -0.46)], (190, 146, 92))
    pen.ball(oval(*crank, 0.045), (120, 120, 126))
    pen.line([crank, (0.03, -0.11)], 0.014, dark)
    pen.line([(0.0, -0.11), (0.06, -0.11)], 0.02, dark)
