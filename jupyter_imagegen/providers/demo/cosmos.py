# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Places out of this world: space, the moon, and under the sea."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import skies
from jupyter_imagegen.providers.demo.geometry import oval, ribbon, smooth
from jupyter_imagegen.providers.demo.land import rocks
from jupyter_imagegen.providers.demo.palette import Colour, from_hue, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet
from jupyter_imagegen.providers.demo.stage import Spot, Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject


def nebula(sheet: Sheet, hues: tuple[float, ...], strength: float) -> None:
    """Coloured gas in drifting clouds."""
    rng = sheet.rng
    w, h = sheet.width, sheet.height
    a = rng.uniform(-0.5, 0.5)
    for i in range(sheet.many(26)):
        t = rng.gauss(0, 0.32)
        x, y = w * (0.5 + t), h * (0.42 + t * a + rng.gauss(0, 0.1))
        colour = from_hue(hues[i % len(hues)] + rng.gauss(0, 0.02), 0.7, 0.62)
        sheet.glow(
            x, y, rng.uniform(90, 330), colour, strength * rng.uniform(0.3, 0.7), squash=rng.uniform(0.4, 0.9)
        )


def space(sheet: Sheet, scene: Scene) -> Stage:
    """Stars, a nebula and a ringed planet."""
    w, h = sheet.width, sheet.height
    skies.gradient(sheet, h)
    hue = sheet.rng.random()
    nebula(sheet, (hue, hue + 0.12, hue + 0.5), 0.55)
    skies.stars(sheet, h * 1.1, 330)
    if scene.subject("planet", "moonball") is None:
        ball(
            sheet,
            w * (0.5 - 0.3 * sheet.light.side),
            h * 0.76,
            h * 0.3,
            from_hue(hue + 0.45, 0.5, 0.7),
            rings=True,
        )
    return Stage(x0=w * 0.2, x1=w * 0.8, ground=h * 0.8, horizon=h * 0.84, scale=h * 0.5)


def ball(sheet: Sheet, x: float, y: float, r: float, colour: Colour, *, rings: bool = False) -> None:
    """A planet with bands, a dark side and air."""
    light, rng = sheet.light, sheet.rng
    side = light.side
    sheet.glow(x + side * r * 0.2, y - r * 0.1, r * 1.5, mix(colour, (255, 255, 255), 0.3), 0.3)
    tilt = -16.0

    def ring(*, front: bool) -> None:
        for k, tone in (
            (2.05, (214, 190, 150)),
            (1.86, (160, 132, 104)),
            (1.7, (232, 212, 176)),
            (1.52, (120, 100, 88)),
        ):
            points = oval(0, 0, r * k, r * k * 0.24, steps=90)
            half = [p for p in points if (p[1] >= 0) == front]
            half.sort(key=lambda p: p[0])
            c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
            sheet.line(
                [(x + px * c - py * s, y + px * s + py * c) for px, py in half], r * 0.075, light.on(tone)
            )

    if rings:
        ring(front=False)
    sheet.orb(
        oval(x, y, r, steps=90),
        mix(colour, (255, 250, 236), 0.45),
        scaled(colour, 0.12),
        centre=(0.5 + side * 0.24, 0.3),
    )
    for _ in range(7):
        dy = rng.uniform(-0.75, 0.75)
        half = math.sqrt(1 - dy * dy) * r * 0.97
        c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
        band = [
            (px, dy * r + math.sin(px / half * 3 + dy * 9) * r * 0.02)
            for px in (half * i / 8 for i in range(-8, 9))
        ]
        points = [(x + px * c - py * s, y + px * s + py * c) for px, py in band]
        sheet.fill(
            ribbon(points, (1, r * 0.07, r * 0.08, 1)),
            mix(colour, (255, 246, 226), rng.random() * 0.6),
            opacity=0.26,
            blur=r * 0.02,
            edge=False,
        )
    sheet.shadow(
        smooth(
            [
                (x - side * r * 1.0, y - r * 0.3),
                (x - side * r * 0.3, y - r * 0.98),
                (x - side * r * 0.15, y),
                (x - side * r * 0.3, y + r * 0.98),
                (x - side * r * 0.95, y + r * 0.4),
            ]
        ),
        opacity=0.6,
        blur=r * 0.16,
        colour=(2, 3, 10),
    )
    if rings:
        ring(front=True)


def planet(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A planet; Saturn has its rings."""
    tones: dict[str, Colour] = {"mars": (190, 92, 58), "jupiter": (206, 164, 124), "saturn": (218, 188, 132)}
    word = subject.word.rstrip("s")
    ball(
        sheet,
        spot.x,
        spot.y - spot.scale * 0.5,
        spot.scale * (0.3 if word != "mar" else 0.42),
        subject.colour or tones.get(subject.word, (92, 132, 186)),
        rings=word not in ("mar", "jupiter"),
    )


def moonball(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """The moon with craters, or its crescent."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (236, 228, 200)
    sheet.glow(*pen.at(0, -0.5), spot.scale * 0.8, colour, 0.5)
    if subject.word == "crescent":
        outer = [
            (0.42 * math.cos(a), -0.5 + 0.42 * math.sin(a))
            for a in (math.radians(50 + i * 260 / 40) for i in range(41))
        ]
        inner = [
            (0.16 + 0.33 * math.cos(a), -0.5 + 0.34 * math.sin(a))
            for a in (math.radians(294 - i * 228 / 40) for i in range(41))
        ]
        pen.ball(outer + inner, colour)
        return
    pen.ball(oval(0, -0.5, 0.42, steps=70), colour)
    for x, y, r in ((-0.15, -0.6, 0.09), (0.12, -0.4, 0.12), (0.16, -0.68, 0.06), (-0.08, -0.28, 0.07)):
        pen.flat(oval(x, y, r), sheet.light.shaded(colour), opacity=0.4, blur=0.01)


def star(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A five-pointed star."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (250, 206, 84)
    points = []
    for i in range(10):
        r = 0.46 if i % 2 == 0 else 0.2
        a = -math.pi / 2 + i * math.pi / 5
        points.append((r * math.cos(a), -0.48 + r * math.sin(a)))
    sheet.glow(*pen.at(0, -0.48), spot.scale * 0.8, colour, 0.4)
    pen.ball(points, colour)


def moon(sheet: Sheet, scene: Scene) -> Stage:
    """Grey dust with craters under a black sky, the Earth above."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    skies.gradient(sheet, h * 0.7)
    skies.stars(sheet, h * 0.7, 220)
    ex, ey, er = w * (0.5 - 0.3 * light.side), h * 0.2, h * 0.1
    sheet.glow(ex, ey, er * 2.1, (90, 150, 230), 0.5)
    sheet.orb(
        oval(ex, ey, er, steps=70), (120, 178, 232), (10, 24, 66), centre=(0.5 + 0.22 * light.side, 0.32)
    )
    for _ in range(8):
        x, y = ex + rng.uniform(-0.55, 0.55) * er, ey + rng.uniform(-0.6, 0.6) * er
        size = er * rng.uniform(0.1, 0.26)
        land_or_cloud: Colour = rng.choice(((96, 140, 84), (240, 246, 250), (236, 242, 248), (150, 132, 92)))
        sheet.fill(
            oval(x, y, size, size * 0.5, turn=rng.uniform(-30, 30)),
            land_or_cloud,
            opacity=0.75,
            blur=2.5,
            edge=False,
        )
    sheet.shadow(
        smooth(
            [
                (ex - light.side * er * 1.02, ey - er * 0.5),
                (ex - light.side * er * 0.4, ey - er),
                (ex - light.side * er * 0.1, ey),
                (ex - light.side * er * 0.4, ey + er),
                (ex - light.side * er * 1.02, ey + er * 0.5),
            ]
        ),
        opacity=0.7,
        blur=er * 0.14,
        colour=(2, 3, 12),
    )
    grey: Colour = scene.place_colour or (158, 156, 154)
    for i, (y, rise) in enumerate(((0.62, 0.06), (0.67, 0.04))):
        points = [
            (w * t / 20, h * y - h * rise * (0.5 + 0.5 * math.sin(t * 0.9 + i * 2) * math.cos(t * 0.37)))
            for t in range(21)
        ]
        tone = scaled(grey, 0.6 + 0.16 * i)
        sheet.fill(
            [*smooth(points, closed=False), (w + 10, h), (-10, h)],
            light.lit(tone),
            light.shaded(tone),
            banded=False,
        )
    sheet.fill(
        [(-10, h * 0.69), (w * 0.4, h * 0.675), (w + 10, h * 0.7), (w + 10, h + 5), (-10, h + 5)],
        light.on(scaled(grey, 0.84)),
        light.lit(scaled(grey, 0.9)),
        edge=False,
        banded=False,
    )
    for _ in range(sheet.many(15)):
        t = rng.random() ** 1.1
        y = h * (0.71 + 0.27 * t)
        crater(sheet, rng.uniform(0, w), y, (12 + 74 * t) * rng.uniform(0.5, 1.1), grey)
    pebbles = []
    for _ in range(sheet.many(130)):
        t = rng.random()
        x, y, r = rng.uniform(0, w), h * (0.7 + 0.3 * t), 1 + 4 * t * rng.random()
        pebbles += [
            (x - light.side * r * 1.4, y + r * 0.4, r * 1.5, r * 0.5, light.shaded(scaled(grey, 0.5))),
            (x, y, r, r * 0.8, light.lit(scaled(grey, rng.uniform(0.8, 1.1)))),
        ]
    sheet.dabs(pebbles)
    sheet.light = replace(light, height=0.3)
    return Stage(x0=w * 0.24, x1=w * 0.76, ground=h * 0.89, horizon=h * 0.66, scale=h * 0.56)


def crater(sheet: Sheet, x: float, y: float, r: float, grey: Colour) -> None:
    """A crater: its far wall lit, its near wall dark, a bright rim."""
    light = sheet.light
    sheet.fill(oval(x, y, r * 1.12, r * 0.34), light.lit(grey), opacity=0.6, blur=r * 0.05, edge=False)
    a, b = (light.shaded(scaled(grey, 0.42)), light.on(scaled(grey, 0.92)))
    if light.side > 0:
        a, b = b, a
    sheet.fill(oval(x, y, r, r * 0.28), a, b, angle=12, edge=False)


def underwater(sheet: Sheet, scene: Scene) -> Stage:
    """Shafts of light, coral, weeds and small fish."""
    rng = sheet.rng
    w, h = sheet.width, sheet.height
    blue: Colour = scene.place_colour or (18, 104, 142)
    sheet.light = replace(
        sheet.light,
        sky=(mix(blue, (170, 236, 236), 0.6), mix(blue, (90, 190, 210), 0.5), blue, scaled(blue, 0.55)),
        haze=mix(blue, (60, 150, 180), 0.4),
        shadow=scaled(blue, 0.24),
        sun=(206, 246, 244),
        exposure=0.82,
    )
    light = sheet.light
    skies.gradient(sheet, h)
    for _ in range(sheet.many(9)):
        x = rng.uniform(0, w)
        lean = rng.uniform(-60, 130)
        sheet.fill(
            [(x, -5), (x + rng.uniform(24, 70), -5), (x + lean + 120, h), (x + lean, h)],
            (206, 250, 246),
            light.haze,
            opacity=0.13,
            blur=12,
            edge=False,
        )
    for depth in range(3):
        y = h * (0.8 + 0.06 * depth)
        points = [(w * t / 12, y - h * 0.05 * math.sin(t * 1.3 + depth * 2.1)) for t in range(13)]
        sand = mix((214, 196, 150), blue, 0.62 - 0.22 * depth)
        sheet.fill(
            [*smooth(points, closed=False), (w + 5, h + 5), (-5, h + 5)],
            sand,
            mix(sand, light.shadow, 0.5),
            edge=False,
        )
        for _ in range(sheet.many(8)):
            x, foot = rng.uniform(0, w), y + rng.uniform(0, h * 0.07)
            tone = mix(
                rng.choice(((70, 140, 86), (206, 96, 110), (232, 150, 84), (150, 96, 170))),
                blue,
                0.5 - 0.2 * depth,
            )
            if rng.random() < 0.5:
                for k in range(4):
                    top = h * rng.uniform(0.08, 0.2) * (0.6 + 0.3 * depth)
                    sway = 16 * sheet.wave(1, k * 0.2)
                    sheet.fill(
                        ribbon(
                            smooth(
                                [
                                    (x + k * 9, foot),
                                    (x + k * 9 + 14, foot - top * 0.4),
                                    (x + k * 9 - 8 + sway, foot - top),
                                ],
                                closed=False,
                            ),
                            (9, 11, 2),
                        ),
                        tone,
                        mix(tone, light.shadow, 0.3),
                    )
            else:
                sheet.puffs(
                    [(x + rng.gauss(0, 20), foot - rng.uniform(0, 26), rng.uniform(9, 22)) for _ in range(7)],
                    mix(tone, (255, 240, 230), 0.25),
                    mix(tone, light.shadow, 0.3),
                    blur=1.5,
                )
    rocks(sheet, w * rng.choice((0.12, 0.9)), h * 0.92, w * 0.3, h * 0.14, (84, 96, 110))
    sheet.dabs(
        (
            rng.uniform(0, w),
            rng.uniform(0, h * 0.8),
            r := rng.uniform(1.5, 5),
            r,
            mix(light.haze, (230, 252, 250), 0.55),
        )
        for _ in range(sheet.many(50))
    )
    return Stage(x0=w * 0.16, x1=w * 0.84, ground=h * 0.74, horizon=h * 0.74, scale=h * 0.5, water=h * 0.5)
