"""A table for still lifes, and a studio for portraits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import things
from jupyter_imagegen.providers.demo.geometry import box
from jupyter_imagegen.providers.demo.palette import Colour, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def table(sheet: Sheet, scene: Scene) -> Stage:
    """A table edge before a quiet wall; a cloth and a candle where the light is old."""
    light = sheet.light
    w, h = sheet.width, sheet.height
    ground = h * 0.6
    dark = scene.time == "candle" or "baroque" in scene.styles
    wall: Colour = scene.place_colour or (
        (74, 54, 42) if dark else sheet.rng.choice(((176, 168, 140), (206, 168, 130), (140, 164, 164)))
    )
    lit, deep = light.lit(wall), light.shaded(wall)
    sheet.fill(
        box(-5, -5, w + 5, ground + 40),
        lit,
        deep,
        angle=25 if light.side < 0 else 155,
        edge=False,
        banded=False,
    )
    sheet.glow(w * (0.5 + 0.26 * light.side), h * 0.22, h * 0.7, light.sun, 0.26 if not dark else 0.3)
    wood: Colour = (118, 76, 48)
    sheet.fill(box(-5, ground, w + 5, h + 5), light.on(wood), light.lit(turned(wood, value=1.15)), edge=False)
    rng = sheet.rng
    sheet.lines(
        (
            [
                (x := rng.uniform(-100, w), y := ground + (h - ground) * rng.random()),
                (x + rng.uniform(60, 260), y + rng.uniform(-2, 2)),
            ],
            rng.uniform(0.8, 2.0),
            light.shaded(scaled(wood, rng.uniform(0.8, 1.1))),
        )
        for _ in range(sheet.many(60))
    )
    sheet.fill(box(-5, ground - 2, w + 5, ground + 3), light.lit((190, 140, 96)), opacity=0.5, edge=False)
    if dark:
        things.cloth(sheet, w * 0.5 - light.side * -w * 0.06, h * 0.74, w * 0.36, (226, 214, 190))
    if dark:
        things.one_candle(sheet, w * (0.5 + 0.3 * light.side), h * 0.72, h * 0.34)
        sheet.glow(w * (0.5 + 0.2 * light.side), h * 0.52, h * 0.6, (255, 176, 90), 0.34)
    return Stage(x0=w * 0.16, x1=w * 0.84, ground=h * 0.84, horizon=ground, scale=h * 0.58)
