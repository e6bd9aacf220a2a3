# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Open country: sea, mountains, meadow, forest, desert and a valley with a river."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants, skies
from jupyter_imagegen.providers.demo.geometry import box
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.peaks import down, hill, range_of
from jupyter_imagegen.providers.demo.stage import Stage
from jupyter_imagegen.providers.demo.woods import drifts

if TYPE_CHECKING:
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
    sheet.fill(
        box(-5, shore, sheet.width + 5, high + 5),
        mix(water, light.haze, 0.4),
        light.on(scaled(water, 0.7)),
        edge=False,
        banded=False,
    )
    sheet.mirror(shore, high, opacity=0.72, ripple=3.0, tint=water)
    glitter(sheet, sun[0], shore, high * 0.92, 60)
    bank = [(p[0], p[1]) for p in hill(sheet, high * 0.93, high * 0.06, offset=2.0)]
    sheet.fill(down(sheet, bank, high + 5), light.on(near), light.shaded(scaled(near, 0.8)), banded=False)
    plants.grass(sheet, high * 0.93, high * 1.01, near, 170, tall=24)
    for x, h in ((0.06, 0.34), (0.13, 0.25), (0.9, 0.4), (0.97, 0.3)):
        plants.pine(sheet, sheet.width * x, high * 0.965, high * h * rng.uniform(0.85, 1.1), snow=winter)
    return Stage(
        x0=0.2 * sheet.width,
        x1=0.84 * sheet.width,
        ground=high * 0.93,
        horizon=shore,
        scale=330,
        water=high * 0.84,
    )


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
        skies.birds(
            sheet, sheet.width * rng.uniform(0.4, 0.6), horizon * rng.uniform(0.35, 0.6), sheet.many(6)
        )
    return Stage(
        x0=0.12 * sheet.width,
        x1=0.9 * sheet.width,
        ground=sheet.height * 0.9,
        horizon=horizon,
        scale=380,
        water=horizon + (sheet.height - horizon) * 0.44,
    )


def distant_coast(sheet: Sheet, horizon: float) -> None:
    """A headland far out, to give the horizon a scale."""
    rng, light = sheet.rng, sheet.light
    side = rng.choice((0, 1))
    line = [
        (
            sheet.width * side + (1 - 2 * side) * sheet.width * t * 0.46,
            horizon - 34 * (1 - t) ** 0.8 * (0.7 + 0.3 * math.sin(t * 17 + side)),
        )
        for t in (i / 20 for i in range(21))
    ]
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


def rocks(
    sheet: Sheet, x: float, y: float, width: float, height: float, colour: Colour = (92, 84, 82)
) -> None:
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
        sheet.form(
            [
                *tops,
                (x + width * w * 0.54, y + dy * height + height * 0.12),
                (x - width * w * 0.54, y + dy * height + height * 0.12),
            ],
            tone,
        )
        for i in range(1, n):
            px, py = tops[i]
            drop = (y + height * 0.12 - py) * rng.uniform(0.3, 0.9)
            lean = -light.side * rng.uniform(4, 16) * width / 300
            face = [
                (px, py),
                (px + lean + rng.uniform(6, 18) * width / 300, py + drop * 0.4),
                (px + lean * 2, py + drop),
                (px - rng.uniform(2, 12) * width / 300, py + drop * 0.6),
            ]
            sheet.fill(
                face,
                light.lit(tone) if rng.random() < 0.4 else light.shaded(scaled(tone, 0.8)),
                opacity=0.6,
                edge=False,
            )
    foam = mix(light.lit((240, 246, 250)), light.haze, 0.25)
    sheet.dabs(
        (
            x + rng.uniform(-0.62, 0.62) * width,
            y + height * 0.16 + rng.gauss(0, 3),
            rng.uniform(6, 26),
            rng.uniform(1.2, 3.6),
            mix(foam, light.haze, rng.random() * 0.5),
        )
        for _ in range(sheet.many(46))
    )


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
    sheet.fill(
        down(sheet, front, high + 5),
        light.lit(green),
        light.shaded(scaled(green, 0.8)) if not winter else mix(light.on(green), light.shadow, 0.2),
        banded=False,
    )
    if winter:
        drifts(sheet, high * 0.72, high, green)
    else:
        plants.grass(sheet, high * 0.73, high * 1.02, green, 620)
        if scene.season != "autumn":
            plants.flowers(sheet, high * 0.74, high, 190)
        plants.grass(sheet, high * 0.93, high * 1.06, turned(green, value=0.8), 130, tall=52)
    if scene.season == "autumn":
        sheet.dabs(
            (
                rng.uniform(0, sheet.width),
                high * rng.uniform(0.74, 1.0),
                rng.uniform(3, 6),
                rng.uniform(1.5, 3),
                light.lit(rng.choice(plants.LEAVES["autumn"])),
            )
            for _ in range(sheet.many(110))
        )
    return Stage(x0=0.2 * sheet.width, x1=0.8 * sheet.width, ground=high * 0.86, horizon=horizon, scale=400)
