"""Buildings: lighthouse, house, castle, church, tower, windmill and bridge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, box, oval, smooth
from jupyter_imagegen.providers.demo.land import rocks
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot

_LAMP: Colour = (255, 214, 128)


def _window(pen: Pen, x0: float, y0: float, x1: float, y1: float, *, arched: bool = False) -> None:
    """A window: lit where lamps are lit, else dark glass with a sky glint."""
    light = pen.sheet.light
    outline = [(x0, y1), (x0, y0), (x1, y0), (x1, y1)]
    if arched:
        outline = [(x0, y1), *arc((x0 + x1) / 2, y0, (x1 - x0) / 2, 180, 360, steps=8), (x1, y1)]
    if light.lamps:
        pen.flat(outline, _LAMP)
        pen.glow((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) * 3.4, (255, 180, 84), 0.5)
    else:
        pen.flat(outline, mix(light.shaded((52, 62, 84)), light.sky[0], 0.25))
        pen.flat([(x0, y1), (x0, y0), (x0 + (x1 - x0) * 0.6, y0)], light.sky[-1], opacity=0.25)


def lighthouse(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A tapering tower with bands, gallery and lantern, on its rock."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    s = spot.scale
    if sheet.layer == "back" or scene.place == "sea":
        rocks(sheet, spot.x + 0.05 * s, spot.y + 0.02 * s, s * 0.92, s * 0.17)
    white: Colour = (238, 232, 222)
    stripe = subject.colour or (186, 52, 44)
    # Keeper's cottage.
    pen.form(box(0.1, -0.17, 0.33, 0.01), scaled(white, 0.94))
    pen.form([(0.07, -0.165), (0.13, -0.25), (0.3, -0.25), (0.36, -0.165)], scaled(stripe, 0.9))
    _window(pen, 0.23, -0.12, 0.27, -0.06)
    pen.form(box(0.27, -0.29, 0.295, -0.23), (150, 120, 108))

    def half(t: float) -> float:
        return 0.105 - 0.046 * t

    pen.form([(-half(0), 0.02), (-half(1), -0.78), (half(1), -0.78), (half(0), 0.02)], white)
    for t0, t1 in ((0.1, 0.28), (0.46, 0.63), (0.81, 0.96)):
        curve = 0.012
        top = [(half(t1) * u, -0.78 * t1 + curve * (1 - u * u)) for u in (-1, -0.5, 0, 0.5, 1)]
        low = [(half(t0) * u, -0.78 * t0 + curve * (1 - u * u)) for u in (1, 0.5, 0, -0.5, -1)]
        pen.form([*top, *low], stripe)
    for t in (0.2, 0.54, 0.74):
        _window(pen, -0.014, -0.78 * t - 0.022, 0.014, -0.78 * t + 0.022, arched=True)
    pen.flat(
        [(-0.028, 0.015), (-0.028, -0.06), *arc(0, -0.06, 0.028, 180, 360, steps=8), (0.028, 0.015)],
        light.shaded((70, 48, 40)),
    )
    iron: Colour = (52, 54, 62)
    pen.form([(-0.07, -0.76), (-0.09, -0.795), (0.09, -0.795), (0.07, -0.76)], scaled(white, 0.8))
    for i in range(9):
        x = -0.086 + i * 0.0215
        pen.line([(x, -0.795), (x, -0.835)], 0.005, light.on(iron))
    pen.line([(-0.088, -0.835), (0.088, -0.835)], 0.007, light.on(iron))
    glass = mix((255, 226, 150), light.sky[-1], 0.0 if light.lamps else 0.55)
    pen.flat(box(-0.045, -0.9, 0.045, -0.797), glass)
    for x in (-0.045, -0.015, 0.015, 0.045):
        pen.line([(x, -0.9), (x, -0.797)], 0.006, light.on(iron))
    pen.form([(-0.058, -0.898), *arc(0, -0.9, 0.058, 180, 360, steps=12), (0.058, -0.898)], stripe)
    pen.line([(0, -0.955), (0, -1.0)], 0.008, light.on(iron))
    pen.ball(oval(0, -0.965, 0.012, steps=12), iron)
    if light.lamps:
        x, y = pen.at(0, -0.85)
        turn = sheet.wave(1) * 0.12
        for side in (-1, 1):
            reach = s * 2.6
            for spread, opacity in ((0.11, 0.2), (0.055, 0.24)):
                sheet.fill(
                    [
                        (x, y - s * 0.012),
                        (x + side * reach, y - reach * (0.1 + turn + spread)),
                        (x + side * reach, y - reach * (0.1 + turn - spread)),
                        (x, y + s * 0.012),
                    ],
                    mix((255, 232, 170), light.sky[-1], 0.15),
                    light.sky[1],
                    angle=0 if side > 0 else 180,
                    opacity=opacity,
                    blur=s * 0.012,
                    edge=False,
                )
        sheet.glow(x, y, s * 0.5, (255, 206, 120), 0.75)
        sheet.glow(x, y, s * 0.15, (255, 244, 210), 1.0)


def house(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A cottage with a porch light, chimney smoke and a path."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light, rng = sheet.light, sheet.rng
    wall = subject.colour or (226, 208, 178)
    roof: Colour = (148, 78, 60) if subject.colour is None else scaled(subject.colour, 0.55)
    snow = scene.season == "winter" or scene.weather == "snow"
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.9)
    smoke = [
        (0.2 + 0.05 * i + 0.02 * math.sin(i + sheet.phase * 6), -0.8 - 0.075 * i, 0.025 + 0.017 * i)
        for i in range(7)
    ]
    for i, (x, y, r) in enumerate(smoke):
        sheet.puffs(
            [(*pen.at(x, y), r * spot.scale)],
            mix(light.haze, (255, 255, 255), 0.3),
            blur=r * spot.scale * 0.4,
            opacity=0.5 - 0.05 * i,
        )
    pen.form(box(0.15, -0.8, 0.24, -0.5), (150, 96, 80))
    pen.form(box(-0.42, -0.42, 0.42, 0.0), wall)
    pen.form([(-0.16, -0.42), (-0.42, -0.42), (-0.29, -0.64)], wall)
    pen.form([(-0.5, -0.4), (-0.3, -0.72), (0.32, -0.72), (0.5, -0.4)], (236, 242, 250) if snow else roof)
    for i in range(5):
        y = -0.45 - i * 0.06
        inset = (0.4 + y) * -0.62
        pen.line(
            [(-0.47 + inset, y), (0.47 - inset * 0.9, y)],
            0.006,
            light.shaded((230, 236, 244) if snow else scaled(roof, 0.8)),
        )
    pen.flat(box(-0.5, -0.41, 0.5, -0.385), light.shaded(scaled(roof, 0.7)))
    pen.form(
        [(-0.06, 0), (-0.06, -0.26), *arc(0.01, -0.26, 0.07, 180, 360, steps=8), (0.08, 0)], (104, 66, 48)
    )
    pen.flat(oval(0.055, -0.13, 0.009, steps=10), (230, 190, 90))
    for x in (-0.31, 0.2):
        _window(pen, x, -0.3, x + 0.13, -0.13)
        pen.line([(x + 0.065, -0.3), (x + 0.065, -0.13)], 0.01, light.on((244, 240, 230)))
        pen.line([(x, -0.215), (x + 0.13, -0.215)], 0.01, light.on((244, 240, 230)))
        pen.form(box(x - 0.015, -0.13, x + 0.145, -0.112), (240, 232, 216))
        if not snow:
            for _ in range(sheet.many(9)):
                fx, fy = x + rng.uniform(0, 0.13), -0.112 - rng.uniform(0.0, 0.025)
                pen.flat(
                    oval(fx, fy, 0.011, steps=8),
                    light.on(rng.choice(((214, 70, 80), (240, 190, 80), (90, 140, 70)))),
                )
    for side in (-1, 1):
        for i in range(4):
            x = side * (0.46 + 0.06 * i)
            pen.ball(oval(x, -0.05, 0.06, 0.07), (92, 128, 74) if not snow else (232, 238, 246))


def bridge(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A stone viaduct from one edge of the picture to the other; its deck is at the spot's height."""
    light, rng = sheet.light, sheet.rng
    stone = subject.colour or (176, 150, 126)
    deck, s = spot.y, spot.scale
    foot = deck + s * 0.62
    span = sheet.width / 5
    depth = s * 0.1
    for i in range(-1, 7):
        x = i * span - span * 0.2
        pier = span * 0.13
        sheet.form(
            [
                (x - pier, deck),
                (x + pier, deck),
                (x + pier * 1.3, foot + depth),
                (x - pier * 1.3, foot + depth),
            ],
            stone,
        )
        for k in range(sheet.many(26)):
            y = deck + (foot - deck) * rng.random()
            w = pier * rng.uniform(0.3, 0.6)
            bx = x + rng.uniform(-pier, pier - w)
            tone = light.lit(stone) if k % 3 == 0 else light.shaded(stone)
            sheet.fill(box(bx, y, bx + w, y + s * 0.018), tone, opacity=0.35, edge=False)
    for i in range(-1, 6):
        x0, x1 = i * span - span * 0.2 + span * 0.13, (i + 1) * span - span * 0.2 - span * 0.13
        middle, r = (x0 + x1) / 2, (x1 - x0) / 2
        under = [
            (x1 + 1, deck),
            (x0 - 1, deck),
            (x0 - 1, deck + r * 0.98),
            *arc(middle, deck + r * 0.98 + s * 0.03, r, 180, 360, steps=24),
            (x1 + 1, deck + r * 0.98),
        ]
        sheet.form(under, scaled(stone, 1.04))
        rim = arc(middle, deck + r * 0.98 + s * 0.03, r + s * 0.014, 182, 358, steps=24)
        sheet.line(rim, s * 0.022, light.shaded(stone))
    sheet.form(box(-10, deck - s * 0.075, sheet.width + 10, deck + s * 0.015), scaled(stone, 1.08))
    sheet.fill(
        box(-10, deck + s * 0.015, sheet.width + 10, deck + s * 0.04), light.shaded(scaled(stone, 0.8))
    )
    for i in range(int(sheet.width / (s * 0.11)) + 2):
        x = i * s * 0.11
        sheet.fill(
            smooth(
                [(x, deck - s * 0.075), (x + s * 0.012, deck - s * 0.04), (x, deck + s * 0.012)], closed=False
            ),
            light.shaded(stone),
            opacity=0.4,
            edge=False,
        )
