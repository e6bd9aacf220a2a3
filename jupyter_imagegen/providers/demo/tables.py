"""A table for still lifes, and a studio for portraits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import art
from jupyter_imagegen.providers.demo.geometry import box, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import Colour, scaled, turned
from jupyter_imagegen.providers.demo.stage import Spot, Stage

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
        _cloth(sheet, w * 0.5 - light.side * -w * 0.06, h * 0.74, w * 0.36, (226, 214, 190))
    if dark:
        art.paint(sheet, "candle", Spot(w * (0.5 + 0.3 * light.side), h * 0.72, h * 0.34), None, "holder")
        sheet.glow(w * (0.5 + 0.2 * light.side), h * 0.52, h * 0.6, (255, 176, 90), 0.34)
    return Stage(x0=w * 0.16, x1=w * 0.84, ground=h * 0.84, horizon=ground, scale=h * 0.58)


def _cloth(sheet: Sheet, x: float, y: float, w: float, colour: Colour) -> None:
    """A folded cloth on a table, for still lifes."""
    light, rng = sheet.light, sheet.rng
    points = [
        (x - w, y),
        (x - w * 0.5, y - w * 0.12),
        (x + w * 0.1, y - w * 0.05),
        (x + w * 0.6, y - w * 0.1),
        (x + w, y + w * 0.1),
        (x + w * 0.7, y + w * 0.42),
        (x + w * 0.1, y + w * 0.3),
        (x - w * 0.5, y + w * 0.46),
        (x - w * 0.9, y + w * 0.2),
    ]
    sheet.form(smooth(points), colour)
    for _ in range(6):
        a, b = rng.uniform(-0.7, 0.7), rng.uniform(-0.5, 0.5)
        fold = smooth(
            [(x + a * w, y - w * 0.03), (x + (a + b) / 2 * w, y + w * 0.14), (x + b * w, y + w * 0.34)],
            closed=False,
        )
        sheet.fill(
            ribbon(fold, (w * 0.02, w * 0.09, w * 0.02)),
            light.shaded(colour),
            opacity=0.4,
            blur=w * 0.03,
            edge=False,
        )
        sheet.fill(
            ribbon([(px + light.side * w * 0.06, py) for px, py in fold], (w * 0.01, w * 0.05, w * 0.01)),
            light.lit(colour),
            opacity=0.45,
            blur=w * 0.02,
            edge=False,
        )
