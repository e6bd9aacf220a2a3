"""Cities: a skyline over water, a street in perspective, wet and neon where the prompt wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import peaks, plants, skies
from jupyter_imagegen.providers.demo.geometry import smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def valley(sheet: Sheet, scene: Scene) -> Stage:
    """A wooded valley with a stone viaduct across it."""
    from jupyter_imagegen.providers.demo import buildings
    from jupyter_imagegen.providers.demo.scene import Subject
    from jupyter_imagegen.providers.demo.stage import Spot

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
    bridged = scene.subject("bridge")
    buildings.bridge(
        sheet, bridged or Subject(kind="bridge", word="bridge"), scene, Spot(w / 2, deck, h * 0.5)
    )
    for _ in range(sheet.many(26)):
        x = rng.choice((rng.uniform(0, 0.34), rng.uniform(0.66, 1))) * w
        plants.pine(sheet, x, h * rng.uniform(0.84, 0.98), h * rng.uniform(0.12, 0.26), snow=winter)
    plants.grass(sheet, h * 0.88, h * 1.03, green, 160, tall=30)
    return Stage(x0=w * 0.36, x1=w * 0.86, ground=deck - h * 0.036, horizon=horizon, scale=h * 0.36)
