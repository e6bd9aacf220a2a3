# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Open country: sea, mountains, meadow, forest, desert and a valley with a river."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants, skies
from jupyter_imagegen.providers.demo.geometry import arc, box, oval, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.geometry import Point
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def mountains(sheet: Sheet, scene: Scene) -> Stage:
    """Ranges behind ranges, and a lake or a wooded foot in front."""
    light, rng = sheet.light, sheet.rng
    horizon = sheet.height * 0.66
    sun = skies.paint(sheet, scene, horizon)
    winter = scene.season == "winter" or scene.weather == "snow"
    rock: Colour = scene.place_colour or (96, 104, 124)
    high = sheet.height
    range_of(sheet, horizon, high * 0.4, mix(rock, light.haze, 0.2), 0.72, snow=0.72)
    skies.veil(sheet, horizon - high * 0.07, high * 0.14, 0.5)
    range_of(sheet, horizon + high * 0.02, high * 0.3, rock, 0.46, snow=0.5 if not winter else 0.1)
    skies.veil(sheet, horizon - high * 0.01, high * 0.12, 0.55)
    near: Colour = (226, 234, 242) if winter else turned(plants.GRASS[scene.season], value=0.72)
    line = hill(sheet, horizon + high * 0.01, high * 0.05, offset=rng.random() * 6)
    sheet.fill(down(sheet, line, high), light.far(near, 0.36), light.far(near, 0.2), banded=False)
    # A wood along the hill, denser in its hollows.
    for i in range(sheet.many(44)):
        x = (i + rng.random()) / sheet.many(44) * sheet.width
        y = line[min(48, int(x / sheet.width * 48))][1] + rng.uniform(2, 18)
        plants.pine(sheet, x, y, high * rng.uniform(0.03, 0.055), distance=0.42, snow=False)
    shore = horizon + high * 0.1
    water = mix(mix(light.sky[-1], light.sky[0], 0.5), light.on((70, 110, 126)), 0.4)
    sheet.fill(box(-5, shore, sheet.width + 5, high + 5), mix(water, light.haze, 0.4),
        light.on(scaled(water, 0.7)), edge=False, banded=False)
    sheet.mirror(shore, high, opacity=0.72, ripple=3.0, tint=water)
    glitter(sheet, sun[0], shore, high * 0.92, 60)
    bank = [(p[0], p[1]) for p in hill(sheet, high * 0.93, high * 0.06, offset=2.0)]
    sheet.fill(down(sheet, bank, high + 5), light.on(near), light.shaded(scaled(near, 0.8)), banded=False)
    plants.grass(sheet, high * 0.93, high * 1.01, near, 170, tall=24)
    for x, h in ((0.06, 0.34), (0.13, 0.25), (0.9, 0.4), (0.97, 0.3)):
        plants.pine(sheet, sheet.width * x, high * 0.965, high * h * rng.uniform(0.85, 1.1), snow=winter)
    return Stage(x0=0.2 * sheet.width, x1=0.84 * sheet.width, ground=high * 0.93, horizon=shore, scale=330,
        water=high * 0.84)


def glitter(sheet: Sheet, x: float, top: float, bottom: float, count: int, *, strength: float = 1.0) -> None:
    """The sun's or moon's path on water."""
    rng, light = sheet.rng, sheet.light
    items = []
    for _ in range(sheet.many(count)):
        t = rng.random() ** 1.3
        y = top + (bottom - top) * t
        spread = 14 + 90 * t
        w = (5 + 24 * t) * rng.uniform(0.4, 1.3)
        bright = mix(light.haze, mix(light.sun, (255, 252, 240), 0.5), rng.uniform(0.4, 1.0) * strength)
        items.append((x + rng.gauss(0, spread * 0.5), y, w, 0.8 + 1.7 * t, bright))
    sheet.dabs(items)


def sea(sheet: Sheet, scene: Scene) -> Stage:
    """Open water under a sky, with a rocky point where something has to stand on it."""
    light, rng = sheet.light, sheet.rng
    horizon = sheet.height * 0.56
    sun = skies.paint(sheet, scene, horizon)
    blue: Colour = scene.place_colour or (34, 96, 128)
    tide = mix(light.on(blue), light.sky[-1], 0.12)
    far = mix(tide, light.haze, 0.46 if scene.place_colour is None else 0.25)
    deep = mix(light.on(scaled(blue, 0.62)), light.shadow, 0.2)
    bands = 5
    for i in range(bands):
        y0, y1 = (horizon + (sheet.height - horizon) * (j / bands) ** 1.2 for j in (i, i + 1))
        a, b = (mix(far, deep, (j / bands) ** 0.7) for j in (i, i + 1))
        sheet.fill(box(-5, y0 - 0.6, sheet.width + 5, y1 + 2), a, b, edge=False, banded=False)
    distant_coast(sheet, horizon)
    sheet.mirror(horizon, sheet.height, opacity=0.3, ripple=7, tint=tide)
    waves(sheet, horizon, sheet.height, far, deep)
    if scene.weather in ("", "clouds"):
        glitter(sheet, sun[0], horizon + 3, sheet.height * 0.97, 190)
        sheet.glow(sun[0], horizon, 240, light.sun, 0.35, squash=0.22)
    if scene.weather == "" and scene.time != "night":
        skies.birds(sheet, sheet.width * rng.uniform(0.4, 0.6), horizon * rng.uniform(0.35, 0.6),
            sheet.many(6))
    return Stage(x0=0.12 * sheet.width, x1=0.9 * sheet.width, ground=sheet.height * 0.9, horizon=horizon,
        scale=380, water=horizon + (sheet.height - horizon) * 0.44)


def distant_coast(sheet: Sheet, horizon: float) -> None:
    """A headland far out, to give the horizon a scale."""
    rng, light = sheet.rng, sheet.light
    side = rng.choice((0, 1))
    line = [(sheet.width * side + (1 - 2 * side) * sheet.width * t * 0.46,
        horizon - 34 * (1 - t) ** 0.8 * (0.7 + 0.3 * math.sin(t * 17 + side)))
        for t in (i / 20 for i in range(21))]
    points = [*line, (line[-1][0], horizon + 1), (sheet.width * side, horizon + 1)]
    sheet.fill(points, light.far((72, 88, 104), 0.5), light.far((72, 88, 104), 0.66))


def waves(sheet: Sheet, top: float, bottom: float, far: Colour, deep: Colour) -> None:
    """Swell as strokes that grow towards the viewer: dark troughs, light backs, a little foam."""
    rng, light = sheet.rng, sheet.light
    items = []
    crest = mix(light.sky[-1], (236, 244, 246), 0.25)
    for _ in range(sheet.many(520 * sheet.width / 1000)):
        t = rng.random() ** 1.15
        y = top + 2 + (bottom - top) * t
        w = (7 + 62 * t) * rng.uniform(0.4, 1.2)
        base = mix(far, deep, t**0.7)
        roll = rng.random()
        colour = mix(base, crest, 0.3 * rng.random() + 0.05) if roll < 0.5 else scaled(base, 0.82)
        if roll > 0.965:
            colour = mix(base, crest, 0.75)
        items.append((rng.uniform(-20, sheet.width + 20), y, w, 0.7 + 3.0 * t, colour))
    sheet.dabs(sorted(items, key=lambda item: item[1]))


def rocks(sheet: Sheet, x: float, y: float, width: float, height: float,
    colour: Colour = (92, 84, 82)) -> None:
    """A rocky point rising from water, with facets, and foam at its foot."""
    rng, light = sheet.rng, sheet.light
    for layer, (w, h, dy) in enumerate(((1.0, 1.0, 0.0), (0.8, 0.7, 0.06), (1.1, 0.34, 0.12))):
        n = 9
        tops = []
        for i in range(n + 1):
            u = i / n * 2 - 1
            lift = (1 - abs(u) ** 2.2) * h * height * rng.uniform(0.82, 1.0)
            tops.append((x + u * width * w * 0.5, y + dy * height - lift))
        tone = scaled(colour, 1.0 - 0.12 * layer)
        sheet.form([*tops, (x + width * w * 0.54, y + dy * height + height * 0.12),
            (x - width * w * 0.54, y + dy * height + height * 0.12)], tone)
        for i in range(1, n):
            px, py = tops[i]
            drop = (y + height * 0.12 - py) * rng.uniform(0.3, 0.9)
            lean = -light.side * rng.uniform(4, 16) * width / 300
            face = [(px, py), (px + lean + rng.uniform(6, 18) * width / 300, py + drop * 0.4),
                (px + lean * 2, py + drop), (px - rng.uniform(2, 12) * width / 300, py + drop * 0.6)]
            sheet.fill(face, light.lit(tone) if rng.random() < 0.4 else light.shaded(scaled(tone, 0.8)),
                opacity=0.6, edge=False)
    foam = mix(light.lit((240, 246, 250)), light.haze, 0.25)
    sheet.dabs((x + rng.uniform(-0.62, 0.62) * width, y + height * 0.16 + rng.gauss(0, 3),
        rng.uniform(6, 26), rng.uniform(1.2, 3.6), mix(foam, light.haze, rng.random() * 0.5))
        for _ in range(sheet.many(46)))


def meadow(sheet: Sheet, scene: Scene) -> Stage:
    """Rolling fields with trees and flowers; under snow in winter."""
    light, rng = sheet.light, sheet.rng
    high = sheet.height
    horizon = high * 0.52
    skies.paint(sheet, scene, horizon + high * 0.04)
    winter = scene.season == "winter" or scene.weather == "snow"
    green = scene.place_colour or plants.GRASS["winter" if winter else scene.season]
    range_of(sheet, horizon + 4, high * 0.1, mix(green, (92, 110, 140), 0.7), 0.62)
    for i, (y, swell, distance) in enumerate(((0.53, 0.035, 0.5), (0.575, 0.05, 0.3), (0.64, 0.05, 0.12))):
        line = hill(sheet, high * y, high * swell, offset=i * 1.7)
        tone = turned(green, hue=0.015 * (1 - i), value=0.95 - 0.05 * (i % 2))
        a = mix(light.lit(tone), light.haze, distance)
        b = mix(light.shaded(tone) if winter else light.on(scaled(tone, 0.8)), light.haze, distance * 0.7)
        sheet.fill(down(sheet, line, high + 5), a, b, banded=False)
        for _ in range(sheet.many(7 - i)):
            x = rng.choice((rng.uniform(0, 0.36), rng.uniform(0.64, 1.0))) * sheet.width
            y0 = line[min(48, int(x / sheet.width * 48))][1] + rng.uniform(2, 12)
            size = high * (0.05, 0.085, 0.13)[i] * rng.uniform(0.8, 1.25)
            if winter and rng.random() < 0.5:
                plants.bare_tree(sheet, x, y0, size, distance=distance, snow=True)
            elif winter or rng.random() < 0.2:
                plants.pine(sheet, x, y0, size, distance=distance, snow=winter)
            else:
                plants.tree(sheet, x, y0, size, scene, distance=distance)
    front = hill(sheet, high * 0.74, high * 0.05, offset=4.1)
    sheet.fill(down(sheet, front, high + 5), light.lit(green), light.shaded(scaled(green, 0.8))
        if not winter else mix(light.on(green), light.shadow, 0.2), banded=False)
    if winter:
        drifts(sheet, high * 0.72, high, green)
    else:
        plants.grass(sheet, high * 0.73, high * 1.02, green, 620)
        if scene.season != "autumn":
            plants.flowers(sheet, high * 0.74, high, 190)
        plants.grass(sheet, high * 0.93, high * 1.06, turned(green, value=0.8), 130, tall=52)
    if scene.season == "autumn":
        sheet.dabs((rng.uniform(0, sheet.width), high * rng.uniform(0.74, 1.0), rng.uniform(3, 6),
            rng.uniform(1.5, 3), light.lit(rng.choice(plants.LEAVES["autumn"])))
            for _ in range(sheet.many(110)))
    return Stage(x0=0.2 * sheet.width, x1=0.8 * sheet.width, ground=high * 0.86, horizon=horizon, scale=400)


def broken(sheet: Sheet, a: Point, b: Point, rough: float) -> list[Point]:
    """A line from `a` to `b` broken up by midpoint displacement."""
    line = [a, b]
    spread = math.hypot(b[0] - a[0], b[1] - a[1]) * rough
    for _ in range(5 if sheet.detail > 0.6 else 4):
        denser: list[Point] = []
        for (x0, y0), (x1, y1) in pairwise(line):
            shift = sheet.rng.uniform(-spread, spread)
            denser += [(x0, y0), ((x0 + x1) / 2 + shift * 0.5, (y0 + y1) / 2 + shift)]
        line = [*denser, line[-1]]
        spread *= 0.52
    return line


def range_of(sheet: Sheet, y: float, height: float, colour: Colour, distance: float, *,
    snow: float = 0.0) -> None:
    """One mountain range seen through `distance` of air; the upper `snow` part of the highest is white."""
    rng = sheet.rng
    count = max(4, round(sheet.width / (height * 1.15)) + 1)
    peaks = []
    for i in range(count):
        x = (i + 0.5 + rng.uniform(-0.3, 0.3)) / count * sheet.width * 1.1 - sheet.width * 0.05
        peaks.append((x, height * rng.choice((0.5, 0.66, 0.82, 1.0)) * rng.uniform(0.9, 1.08)))
    # The small ones stand in front of the great ones.
    for x, high in sorted(peaks, key=lambda p: -p[1]):
        _peak(sheet, x, y, high, high * rng.uniform(0.95, 1.3), colour, distance, y - height * (1 - snow)
            if snow else None)


def _peak(sheet: Sheet, x: float, y: float, high: float, half: float, colour: Colour, distance: float,
    snowline: float | None) -> None:
    """One mountain: a lit and a shaded face that meet in a broken ridge, snow above a line."""
    light, rng = sheet.light, sheet.rng
    top = (x, y - high)
    left = broken(sheet, top, (x - half, y), 0.085)
    right = broken(sheet, top, (x + half, y), 0.085)
    spine = broken(sheet, top, (x + half * rng.uniform(-0.18, 0.2) - light.side * half * 0.08, y), 0.1)
    foot = mix(light.far(colour, distance), light.haze, 0.66)
    lit = mix(light.lit(colour), light.haze, distance)
    dark = mix(light.shaded(colour), light.haze, distance)
    sheet.fill([*reversed(left), *right], lit, foot, banded=False)
    shaded = right if light.side < 0 else left
    sheet.fill([*spine, *reversed(shaded)], dark, mix(dark, foot, 0.75), edge=False, banded=False)
    # Spurs: narrow faces that branch from the ridge and catch or lose the light.
    for _ in range(sheet.many(5)):
        i = rng.randrange(2, max(3, len(spine) * 2 // 3))
        px, py = spine[i]
        fall = (y - py) * rng.uniform(0.3, 0.6)
        run = fall * rng.uniform(0.4, 0.8)
        side = rng.choice((-1, 1))
        tone = dark if side == light.side else lit
        spur = [(px, py), *broken(sheet, (px + side * run * 0.3, py + fall * 0.2),
            (px + side * run, py + fall), 0.1), *broken(sheet, (px + side * run * 0.72, py + fall * 1.02),
            (px + side * run * 0.06, py + fall * 0.46), 0.1)]
        sheet.fill(spur, tone, mix(tone, foot, 0.5), opacity=0.55, edge=False, banded=False)
    if snowline is None or top[1] > snowline - 8:
        return
    white = mix(light.lit((250, 251, 254)), light.haze, distance * 0.75)
    blue = mix(light.shaded((206, 220, 242)), light.haze, distance * 0.75)
    for edge, near in ((left, light.side < 0), (right, light.side > 0)):
        high_edge = [p for p in edge if p[1] < snowline]
        high_spine = [p for p in spine if p[1] < snowline]
        if len(high_edge) < 3 or len(high_spine) < 2:
            continue
        (x0, y0), (x1, y1) = high_edge[-1], high_spine[-1]
        fringe = []
        teeth = 8
        for k in range(1, teeth):
            t = k / teeth
            drop = (snowline - top[1]) * (rng.uniform(0.1, 0.34) if k % 2 else -rng.uniform(0.12, 0.4))
            fringe.append((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + drop))
        tone = white if near else blue
        sheet.fill([*high_edge, *fringe, *reversed(high_spine)], tone, mix(tone, blue, 0.35), edge=False,
            banded=False)


def hill(sheet: Sheet, y: float, swell: float, *, offset: float) -> list[Point]:
    """A gently rolling skyline."""
    waves = [(sheet.rng.uniform(0.5, 1.4), sheet.rng.uniform(0, math.tau)) for _ in range(3)]
    line = []
    for i in range(49):
        u = i / 48
        h = sum(math.sin(u * math.tau * f + p + offset) / (k + 1) for k, (f, p) in enumerate(waves))
        line.append((sheet.width * (u * 1.04 - 0.02), y - swell * h * 0.5))
    return line


def down(sheet: Sheet, line: list[Point], bottom: float) -> list[Point]:
    """Close a skyline into the land below it."""
    return [*line, (sheet.width * 1.1, bottom), (-sheet.width * 0.1, bottom)]


def drifts(sheet: Sheet, top: float, bottom: float, white: Colour) -> None:
    """Blue hollows and bright crests in snow."""
    rng, light = sheet.rng, sheet.light
    for _ in range(sheet.many(16)):
        t = rng.random()
        y = top + (bottom - top) * (0.1 + 0.9 * t)
        x, w = rng.uniform(0, sheet.width), rng.uniform(90, 260) * (0.5 + t)
        sheet.fill(oval(x, y, w, 5 + 13 * t), mix(light.shaded(white), light.haze, 0.55), blur=9,
            opacity=0.42, edge=False)
        sheet.fill(oval(x + light.side * w * 0.2, y - 6 - 9 * t, w * 0.8, 3 + 5 * t),
            light.lit((250, 252, 255)), blur=6, opacity=0.6, edge=False)


def valley(sheet: Sheet, scene: Scene) -> Stage:
    """A wooded valley with a stone viaduct across it."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    horizon = h * 0.58
    skies.paint(sheet, scene, horizon)
    winter = scene.season == "winter" or scene.weather == "snow"
    green = plants.GRASS["winter" if winter else scene.season]
    range_of(sheet, horizon + 10, h * 0.34, (98, 108, 132), 0.62, snow=0.5)
    skies.veil(sheet, horizon - 20, h * 0.12, 0.5)
    for i, y in enumerate((0.56, 0.63)):
        line = hill(sheet, h * y, h * 0.07, offset=i * 2.2)
        sheet.fill(down(sheet, line, h + 5), light.far(turned(green, value=0.8), 0.5 - 0.2 * i),
            light.far(green, 0.3 - 0.2 * i))
        for _ in range(sheet.many(34)):
            x = rng.uniform(0, w)
            y0 = line[min(48, int(x / w * 48))][1] + rng.uniform(4, 40)
            plants.pine(sheet, x, y0, h * rng.uniform(0.045, 0.08), distance=0.46 - 0.2 * i, snow=winter)
    river = mix(light.on((72, 116, 132)), light.sky[-1], 0.35)
    bend = smooth([(w * 0.52, h * 0.7), (w * 0.56, h * 0.7), (w * 0.5, h * 0.78), (w * 0.66, h * 0.88),
        (w * 0.74, h * 1.02), (w * 0.3, h * 1.02), (w * 0.4, h * 0.88), (w * 0.42, h * 0.78)])
    front = hill(sheet, h * 0.72, h * 0.05, offset=3.0)
    sheet.fill(down(sheet, front, h + 5), light.lit(turned(green, value=0.9)),
        light.shaded(scaled(green, 0.75)))
    sheet.fill(bend, mix(river, light.haze, 0.3), scaled(river, 0.7), edge=False)
    deck = h * 0.55
    _viaduct(sheet, deck, h * 0.5)
    for _ in range(sheet.many(26)):
        x = rng.choice((rng.uniform(0, 0.34), rng.uniform(0.66, 1))) * w
        plants.pine(sheet, x, h * rng.uniform(0.84, 0.98), h * rng.uniform(0.12, 0.26), snow=winter)
    plants.grass(sheet, h * 0.88, h * 1.03, green, 160, tall=30)
    return Stage(x0=w * 0.36, x1=w * 0.86, ground=deck - h * 0.036, horizon=horizon, scale=h * 0.36)


def _viaduct(sheet: Sheet, deck: float, s: float) -> None:
    """A stone viaduct from one edge of the picture to the other; its deck at the height `deck`."""
    light, rng = sheet.light, sheet.rng
    stone = (176, 150, 126)
    foot = deck + s * 0.62
    span = sheet.width / 5
    depth = s * 0.1
    for i in range(-1, 7):
        x = i * span - span * 0.2
        pier = span * 0.13
        sheet.form([(x - pier, deck), (x + pier, deck), (x + pier * 1.3, foot + depth),
            (x - pier * 1.3, foot + depth)], stone)
        for k in range(sheet.many(26)):
            y = deck + (foot - deck) * rng.random()
            w = pier * rng.uniform(0.3, 0.6)
            bx = x + rng.uniform(-pier, pier - w)
            tone = light.lit(stone) if k % 3 == 0 else light.shaded(stone)
            sheet.fill(box(bx, y, bx + w, y + s * 0.018), tone, opacity=0.35, edge=False)
    for i in range(-1, 6):
        x0, x1 = i * span - span * 0.2 + span * 0.13, (i + 1) * span - span * 0.2 - span * 0.13
        middle, r = (x0 + x1) / 2, (x1 - x0) / 2
        under = [(x1 + 1, deck), (x0 - 1, deck), (x0 - 1, deck + r * 0.98),
            *arc(middle, deck + r * 0.98 + s * 0.03, r, 180, 360, steps=24), (x1 + 1, deck + r * 0.98)]
        sheet.form(under, scaled(stone, 1.04))
        rim = arc(middle, deck + r * 0.98 + s * 0.03, r + s * 0.014, 182, 358, steps=24)
        sheet.line(rim, s * 0.022, light.shaded(stone))
    sheet.form(box(-10, deck - s * 0.075, sheet.width + 10, deck + s * 0.015), scaled(stone, 1.08))
    sheet.fill(box(-10, deck + s * 0.015, sheet.width + 10, deck + s * 0.04),
        light.shaded(scaled(stone, 0.8)))
    for i in range(int(sheet.width / (s * 0.11)) + 2):
        x = i * s * 0.11
        sheet.fill(smooth([(x, deck - s * 0.075), (x + s * 0.012, deck - s * 0.04), (x, deck + s * 0.012)],
            closed=False), light.shaded(stone), opacity=0.4, edge=False)
