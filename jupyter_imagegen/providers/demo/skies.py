# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Skies: their gradient, sun and moon, stars, clouds, and what falls from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import Point, box, oval, smooth
from jupyter_imagegen.providers.demo.palette import luminance, mix

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.palette import Colour
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def gradient(sheet: Sheet, bottom: float) -> None:
    """The sky's colours from the top down to `bottom`, without kinks."""
    stops = sheet.light.sky
    steps = 12
    height = bottom / steps
    colours = [_along(stops, i / steps) for i in range(steps + 1)]
    for i in range(steps):
        sheet.fill(box(-5, i * height - (5 if i == 0 else 0.6), sheet.width + 5, (i + 1) * height + 0.6),
            colours[i], colours[i + 1], edge=False, banded=False)


def _along(stops: tuple[Colour, ...], t: float) -> Colour:
    place = min(t, 0.9999) * (len(stops) - 1)
    i = int(place)
    f = place - i
    return mix(stops[i], stops[i + 1], f * f * (3 - 2 * f))


def paint(sheet: Sheet, scene: Scene, bottom: float) -> Point:
    """The whole sky; returns where the sun or moon stands."""
    light, rng = sheet.light, sheet.rng
    gradient(sheet, bottom)
    side = 0.28 if light.side < 0 else 0.72
    place = (sheet.width * (side + rng.uniform(-0.05, 0.05)), bottom * (1 - light.height) * 0.92)
    if scene.time in ("night", "dusk"):
        stars(sheet, bottom, 160 if scene.time == "night" else 40)
    clear = scene.weather in ("", "clouds")
    if clear:
        luminary(sheet, scene, place)
    match scene.weather:
        case "" | "clouds":
            warm = scene.time in ("dawn", "golden", "dusk")
            if warm:
                streaks(sheet, place, bottom)
            if scene.time != "night" and (not warm or scene.weather == "clouds"):
                cumuli(sheet, bottom, 7 if scene.weather == "clouds" or scene.season == "summer" else 4)
        case "overcast" | "rain" | "storm" | "snow":
            blanket(sheet, bottom)
        case _:
            pass
    return place


def luminary(sheet: Sheet, scene: Scene, place: Point) -> None:
    """The sun with its glow, or the moon with its seas."""
    x, y = place
    light = sheet.light
    if scene.time == "night":
        y = max(y, 150.0)
        sheet.glow(x, y, 330, (120, 150, 210), 0.5)
        sheet.glow(x, y, 110, (200, 216, 244), 0.6)
        sheet.orb(oval(x, y, 40, steps=60), (252, 250, 238), (222, 226, 230))
        for dx, dy, r in ((-12, -8, 10), (8, 6, 12), (14, -14, 6), (-6, 18, 7)):
            sheet.fill(oval(x + dx, y + dy, r), (208, 212, 214), opacity=0.55, blur=2, edge=False)
        return
    low = light.height < 0.3
    sheet.glow(x, y, 620, light.sun, 0.55 if low else 0.28, squash=0.8)
    sheet.glow(x, y, 260, light.sun, 0.7 if low else 0.5)
    sheet.orb(oval(x, y, 42 if low else 34, steps=60), (255, 252, 236),
        mix(light.sun, (255, 250, 225), 0.4), centre=(0.5, 0.5))
    sheet.glow(x, y, 90, (255, 246, 214), 0.7)


def stars(sheet: Sheet, bottom: float, count: int) -> None:
    """Stars, a few of them bright, fewer towards the horizon."""
    rng = sheet.rng
    tiny = []
    for _ in range(sheet.many(count * sheet.width / 1000)):
        y = rng.random() ** 1.5 * bottom * 0.9
        r = rng.choice((0.8, 0.9, 1.1, 1.5))
        bright = mix(sheet.light.sky[1], (248, 248, 255), rng.uniform(0.35, 1.0) * (1 - 0.6 * y / bottom))
        tiny.append((rng.uniform(0, sheet.width), y, r, r, bright))
    sheet.dabs(tiny)
    for _ in range(sheet.many(7)):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0, bottom * 0.6)
        sheet.glow(x, y, rng.uniform(9, 16), (214, 226, 255), 0.9)
        sheet.dabs([(x, y, 1.7, 1.7, (255, 255, 255))])


def cumuli(sheet: Sheet, bottom: float, count: int) -> None:
    """Fair-weather clouds, small and pale near the horizon, large above."""
    rng = sheet.rng
    places = sorted(rng.uniform(0.12, 0.86) for _ in range(count))
    for i, depth in enumerate(places):
        y = bottom * depth
        near = 1 - depth
        width = (130 + 430 * near) * rng.uniform(0.75, 1.2)
        x = ((i * 0.618 + rng.random() * 0.2) % 1.0) * (sheet.width + width) - width / 2
        cloud(sheet, x, y, width, 0.9 * (0.55 + 0.45 * near))


def cloud(sheet: Sheet, x: float, y: float, width: float, opacity: float = 0.95) -> None:
    """One cloud with a flat foot, lit from the sun's side."""
    rng, light = sheet.rng, sheet.light
    lit = mix((255, 255, 255), light.sun, 0.35)
    lit = mix(lit, light.haze, max(0.0, 0.8 - light.exposure))
    shade = mix(light.haze, light.shadow, 0.3)
    body: list[tuple[float, float, float]] = []
    for _ in range(sheet.many(16)):
        t = rng.uniform(-1, 1)
        r = width * (0.06 + 0.11 * (1 - t * t)) * rng.uniform(0.75, 1.15)
        lift = rng.random() * (1 - abs(t)) * width * 0.17
        body.append((x + t * width * 0.42, y - r * 0.72 - lift, r))
    foot = [(x + t * width * 0.46, y - width * 0.03, width * 0.045) for t in (-1, -0.6, -0.2, 0.2, 0.6, 1)]
    soft = max(2.0, width * 0.016)
    sheet.puffs([*body, *foot], mix(lit, shade, 0.2), shade, blur=soft, opacity=opacity)
    crowns = [(cx + light.side * r * 0.2, cy - r * 0.2, r * 0.76) for cx, cy, r in body]
    sheet.puffs(crowns, lit, mix(lit, shade, 0.28), blur=soft * 1.3, opacity=opacity)
    tops = sorted(body, key=lambda c: c[1])[: max(3, len(body) // 3)]
    sheet.puffs([(cx + light.side * r * 0.3, cy - r * 0.36, r * 0.5) for cx, cy, r in tops],
        mix(lit, (255, 255, 255), 0.5), blur=soft * 1.6, opacity=opacity * 0.9)


def streaks(sheet: Sheet, sun: Point, bottom: float) -> None:
    """Long evening clouds, lit from below near the sun."""
    rng, light = sheet.rng, sheet.light
    for _ in range(sheet.many(13)):
        y = bottom * rng.uniform(0.16, 0.9)
        x = rng.uniform(-0.1, 1.1) * sheet.width
        w = rng.uniform(120, 420) * (0.6 + y / bottom * 0.5)
        h = rng.uniform(5, 15) * (1.5 - y / bottom)
        near = max(0.0, 1 - math.hypot(x - sun[0], (y - sun[1]) * 1.6) / 700)
        dark = mix(light.sky[1], light.shadow, 0.24)
        colour = mix(dark, mix(light.sun, light.sky[-1], 0.3), near * 0.85)
        points = [(x + math.cos(a) * w * rng.uniform(0.8, 1.0), y + math.sin(a) * h * rng.uniform(0.6,
            1.1)) for a in (i * math.tau / 12 for i in range(12))]
        sheet.fill(smooth(points), mix(colour, dark, 0.35), colour, blur=5 + h * 0.3, opacity=0.6, edge=False)
        sheet.fill(smooth([(px, y + abs(py - y) * 0.5 + h * 0.25) for px, py in points]),
            mix(colour, light.sun, 0.5), blur=4, opacity=0.45 * (0.3 + near), edge=False)


def blanket(sheet: Sheet, bottom: float) -> None:
    """A closed cover of cloud."""
    rng, light = sheet.rng, sheet.light
    for _ in range(sheet.many(11)):
        y = bottom * rng.uniform(-0.05, 0.72)
        x = rng.uniform(0, sheet.width)
        w = rng.uniform(150, 340)
        tone = mix(light.sky[0], light.sky[-1], rng.uniform(0.0, 0.75))
        circles = [(x + rng.uniform(-w, w), y + rng.uniform(-26, 26), rng.uniform(38, 90)) for _ in range(9)]
        sheet.puffs(circles, mix(tone, light.haze, 0.25), mix(tone, light.shadow, 0.2), blur=26, opacity=0.5)


def birds(sheet: Sheet, x: float, y: float, count: int) -> None:
    """Distant birds as two strokes each."""
    rng = sheet.rng
    dark = mix(sheet.light.shadow, sheet.light.haze, 0.25)
    items = []
    for _ in range(count):
        bx, by, w = x + rng.gauss(0, 70), y + rng.gauss(0, 28), rng.uniform(8, 15)
        flap = w * rng.uniform(0.24, 0.48)
        items.append((smooth([(bx - w, by - flap), (bx - w * 0.4, by - flap * 0.9), (bx, by),
            (bx + w * 0.4, by - flap), (bx + w, by - flap * 0.7)], closed=False), 2.2, dark))
    sheet.lines(items)


def falling(sheet: Sheet, scene: Scene) -> None:
    """Rain or snow in front of everything."""
    rng, light = sheet.rng, sheet.light
    if scene.weather in ("rain", "storm"):
        pale = mix(light.haze, (236, 242, 252), 0.45 if luminance(light.haze) > 0.4 else 0.3)
        items = []
        for _ in range(sheet.many(150 * sheet.width / 1000)):
            x, y, length = rng.uniform(-40, sheet.width), rng.uniform(-60, sheet.height), rng.uniform(26, 64)
            items.append((((x, y), (x - length * 0.16, y + length)), rng.choice((0.7, 0.9, 1.2)), pale))
        sheet.lines(items)
    elif scene.weather == "snow":
        for size, count, blur in ((2.2, 150, 0.0), (4.4, 60, 1.2), (9.0, 12, 4.0)):
            flakes = []
            for _ in range(sheet.many(count * sheet.width / 1000)):
                x = rng.uniform(0, sheet.width)
                y = rng.uniform(0, sheet.height)
                flakes.append((x, y, size * rng.uniform(0.6, 1.1)))
            sheet.puffs(flakes, (250, 252, 255), blur=max(0.7, blur), opacity=0.86 if size < 8 else 0.5)


def veil(sheet: Sheet, y: float, height: float, opacity: float = 0.6) -> None:
    """A bank of mist lying at `y`."""
    rng = sheet.rng
    circles = [(rng.uniform(0, sheet.width), y + rng.gauss(0, height * 0.16),
        rng.uniform(0.4, 1.0) * height * 0.6) for _ in range(14)]
    sheet.puffs(circles, mix(sheet.light.haze, (255, 255, 255), 0.2), blur=height * 0.34, opacity=opacity)
