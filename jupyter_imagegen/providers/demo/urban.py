"""Cities: a skyline over water, a street in perspective, wet and neon where the prompt wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import peaks, plants, skies
from jupyter_imagegen.providers.demo.geometry import arc, box, smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def valley(sheet: Sheet, scene: Scene) -> Stage:
    """A wooded valley with a stone viaduct across it."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    horizon = h * 0.58
    skies.paint(sheet, scene, horizon)
    winter = scene.season == "winter" or scene.weather == "snow"
    green = plants.GRASS["winter" if winter else scene.season]
    peaks.range_of(sheet, horizon + 10, h * 0.34, (98, 108, 132), 0.62, snow=0.5)
    skies.veil(sheet, horizon - 20, h * 0.12, 0.5)
    for i, y in enumerate((0.56, 0.63)):
        line = peaks.hill(sheet, h * y, h * 0.07, offset=i * 2.2)
        sheet.fill(
            peaks.down(sheet, line, h + 5),
            light.far(turned(green, value=0.8), 0.5 - 0.2 * i),
            light.far(green, 0.3 - 0.2 * i),
        )
        for _ in range(sheet.many(34)):
            x = rng.uniform(0, w)
            y0 = line[min(48, int(x / w * 48))][1] + rng.uniform(4, 40)
            plants.pine(sheet, x, y0, h * rng.uniform(0.045, 0.08), distance=0.46 - 0.2 * i, snow=winter)
    river = mix(light.on((72, 116, 132)), light.sky[-1], 0.35)
    bend = smooth(
        [
            (w * 0.52, h * 0.7),
            (w * 0.56, h * 0.7),
            (w * 0.5, h * 0.78),
            (w * 0.66, h * 0.88),
            (w * 0.74, h * 1.02),
            (w * 0.3, h * 1.02),
            (w * 0.4, h * 0.88),
            (w * 0.42, h * 0.78),
        ]
    )
    front = peaks.hill(sheet, h * 0.72, h * 0.05, offset=3.0)
    sheet.fill(
        peaks.down(sheet, front, h + 5),
        light.lit(turned(green, value=0.9)),
        light.shaded(scaled(green, 0.75)),
    )
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
