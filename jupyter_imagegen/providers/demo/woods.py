# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Forest and desert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants, skies
from jupyter_imagegen.providers.demo.geometry import box, oval, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, turned
from jupyter_imagegen.providers.demo.peaks import down, hill, range_of
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def forest(sheet: Sheet, scene: Scene) -> Stage:
    """Trunks fading into light, and a path."""
    light, rng = sheet.light, sheet.rng
    high = sheet.height
    skies.gradient(sheet, high * 0.72)
    winter = scene.season == "winter" or scene.weather == "snow"
    floor: Colour = (228, 234, 242) if winter else (scene.place_colour or (98, 108, 56))
    glow_x = sheet.width * (0.5 + 0.16 * light.side)
    sheet.glow(glow_x, high * 0.4, 640, mix(light.sun, light.haze, 0.3), 0.75)
    sheet.fill(
        box(-5, high * 0.62, sheet.width + 5, high + 5),
        mix(light.lit(floor), light.haze, 0.5),
        light.shaded(floor),
        edge=False,
    )
    for depth, (count, thick, reach) in enumerate(((16, 13, 0.63), (10, 24, 0.68), (6, 44, 0.78))):
        distance = (0.68, 0.42, 0.1)[depth]
        leaf = mix(plants.LEAVES[scene.season][depth % 3], (40, 70, 50), 0.3)
        for i in range(count):
            x = (i + 0.5 + rng.uniform(-0.4, 0.4)) / count * sheet.width
            if depth == 2 and abs(x - sheet.width / 2) < sheet.width * 0.24:
                continue
            w = thick * rng.uniform(0.7, 1.3)
            foot = high * (reach + rng.uniform(-0.015, 0.03))
            bark = mix((84, 66, 56), (60, 54, 58), rng.random())
            lit, dark = (mix(c, light.haze, distance) for c in (light.lit(bark), light.shaded(bark)))
            a, b = (lit, dark) if light.side < 0 else (dark, lit)
            lean = rng.uniform(-18, 18)
            sheet.fill(
                [
                    (x - w * 0.36 + lean, -5),
                    (x + w * 0.36 + lean, -5),
                    (x + w * 0.5, foot - 30),
                    (x + w * 0.8, foot),
                    (x - w * 0.8, foot),
                    (x - w * 0.5, foot - 30),
                ],
                a,
                b,
                angle=0,
            )
            if depth == 2:
                sheet.ground_shadow(x, foot, w * 2.2)
        canopy = []
        for _ in range(sheet.many(330)):
            t = rng.random()
            y = high * (0.02 + (0.34 - 0.08 * depth) * t * t) + rng.gauss(0, 14)
            x = rng.uniform(0, sheet.width)
            near = max(0.0, 1 - abs(x - glow_x) / 420)
            colour = mix(
                light.shaded(leaf), light.lit(turned(leaf, value=1.2)), near * 0.8 + 0.2 * rng.random()
            )
            size = rng.uniform(5, 12) * (1 + depth * 0.25)
            canopy.append((x, y, size, size * 0.7, mix(colour, light.haze, distance)))
        if not winter:
            sheet.dabs(canopy)
        skies.veil(sheet, high * (0.6 + 0.05 * depth), high * 0.12, 0.4 - 0.1 * depth)
    if light.exposure > 0.5:
        for i in range(sheet.many(5)):
            x = glow_x + (i - 2) * 70 + rng.uniform(-20, 20)
            lean = -light.side * rng.uniform(150, 260)
            sheet.fill(
                [(x, -5), (x + 40, -5), (x + lean + 110, high * 0.8), (x + lean, high * 0.8)],
                light.sun,
                opacity=0.13,
                blur=14,
                edge=False,
            )
    path = [
        (0.46, 0.64),
        (0.53, 0.64),
        (0.58, 0.72),
        (0.66, 0.84),
        (0.78, 1.02),
        (0.24, 1.02),
        (0.38, 0.84),
        (0.44, 0.72),
    ]
    sheet.fill(
        smooth([(sheet.width * x, high * y) for x, y in path]),
        mix(light.lit((176, 148, 110)), light.haze, 0.3),
        light.on((132, 104, 76)),
        opacity=0.55,
        blur=7,
        edge=False,
    )
    if winter:
        drifts(sheet, high * 0.7, high, floor)
    else:
        plants.grass(sheet, high * 0.68, high * 1.02, floor, 330)
        plants.flowers(sheet, high * 0.72, high, 46)
    return Stage(
        x0=0.26 * sheet.width, x1=0.76 * sheet.width, ground=high * 0.87, horizon=high * 0.62, scale=420
    )


def desert(sheet: Sheet, scene: Scene) -> Stage:
    """Dunes with sharp crests."""
    light, rng = sheet.light, sheet.rng
    high = sheet.height
    horizon = high * 0.55
    skies.paint(sheet, scene, horizon)
    sand: Colour = scene.place_colour or (222, 172, 112)
    range_of(sheet, horizon + 4, high * 0.08, mix(sand, (150, 100, 90), 0.5), 0.55)
    for i in range(4):
        y = high * (0.56 + 0.1 * i)
        line = hill(sheet, y, high * (0.05 + 0.03 * i), offset=i * 2.3 + rng.random())
        distance = 0.5 - 0.14 * i
        sheet.fill(
            down(sheet, line, high + 5),
            mix(light.lit(sand), light.haze, distance),
            mix(light.shaded(sand), light.haze, distance * 0.6),
            banded=False,
        )
        crest = max(range(8, 41), key=lambda k: -line[k][1])
        px, py = line[crest]
        step = 1 if light.side < 0 else -1
        lee = smooth(
            [
                (px, py),
                (px + step * 90, py + 56),
                (px + step * 60, py + 140),
                (px + step * 230, py + 210),
                (px + step * 330, py + 190),
                (px + step * 250, py + 60),
            ],
            steps=5,
        )
        sheet.fill(lee, mix(light.shaded(sand), light.haze, distance * 0.7), opacity=0.6, blur=5, edge=False)
    ripples = []
    for _ in range(sheet.many(120)):
        t = rng.random()
        y, x = high * (0.78 + 0.22 * t), rng.uniform(0, sheet.width)
        w = 20 + 60 * t
        ripples.append(
            (
                smooth(
                    [(x - w, y), (x - w / 3, y - 5 * t - 1), (x + w / 3, y + 2), (x + w, y - 3)], closed=False
                ),
                1.4 + t,
                mix(light.shaded(sand), light.on(sand), rng.uniform(0.4, 0.9)),
            )
        )
    sheet.lines(ripples)
    return Stage(x0=0.22 * sheet.width, x1=0.8 * sheet.width, ground=high * 0.86, horizon=horizon, scale=390)


def drifts(sheet: Sheet, top: float, bottom: float, white: Colour) -> None:
    """Blue hollows and bright crests in snow."""
    rng, light = sheet.rng, sheet.light
    for _ in range(sheet.many(16)):
        t = rng.random()
        y = top + (bottom - top) * (0.1 + 0.9 * t)
        x, w = rng.uniform(0, sheet.width), rng.uniform(90, 260) * (0.5 + t)
        sheet.fill(
            oval(x, y, w, 5 + 13 * t),
            mix(light.shaded(white), light.haze, 0.55),
            blur=9,
            opacity=0.42,
            edge=False,
        )
        sheet.fill(
            oval(x + light.side * w * 0.2, y - 6 - 9 * t, w * 0.8, 3 + 5 * t),
            light.lit((250, 252, 255)),
            blur=6,
            opacity=0.6,
            edge=False,
        )
