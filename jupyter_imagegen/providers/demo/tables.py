"""A table for still lifes, and a studio for portraits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import things
from jupyter_imagegen.providers.demo.geometry import box, oval
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
    if dark or scene.has("cloth", "linen"):
        things.cloth(sheet, w * 0.5 - light.side * -w * 0.06, h * 0.74, w * 0.36, (226, 214, 190))
    if dark and scene.subject("candle") is None:
        things.one_candle(sheet, w * (0.5 + 0.3 * light.side), h * 0.72, h * 0.34)
        sheet.glow(w * (0.5 + 0.2 * light.side), h * 0.52, h * 0.6, (255, 176, 90), 0.34)
    return Stage(x0=w * 0.16, x1=w * 0.84, ground=h * 0.84, horizon=ground, scale=h * 0.58)


def studio(sheet: Sheet, scene: Scene) -> Stage:
    """A backdrop that curves into the floor, lit from one side."""
    light = sheet.light
    w, h = sheet.width, sheet.height
    tone = scene.place_colour or (
        scene.colours[0]
        if scene.colours
        else sheet.rng.choice(((196, 186, 172), (150, 170, 178), (196, 164, 146), (164, 172, 148)))
    )
    if scene.time == "candle" or "baroque" in scene.styles:
        tone = (66, 50, 42)
    sheet.fill(
        box(-5, -5, w + 5, h * 0.74),
        light.lit(tone),
        light.shaded(tone),
        angle=35 if light.side < 0 else 145,
        edge=False,
        banded=False,
    )
    sheet.fill(
        box(-5, h * 0.66, w + 5, h + 5),
        light.on(tone),
        light.lit(turned(tone, value=1.06)),
        edge=False,
        banded=False,
        blur=26,
    )
    sheet.glow(w * (0.5 + 0.16 * light.side), h * 0.42, h * 0.62, light.sun, 0.3)
    motes = [
        (sheet.rng.uniform(0, w), sheet.rng.uniform(0, h * 0.7), sheet.rng.uniform(20, 90)) for _ in range(12)
    ]
    for x, y, r in motes:
        sheet.fill(
            oval(x, y, r, r * math.tau / 8),
            light.lit(turned(tone, value=1.1)),
            opacity=0.1,
            blur=r * 0.5,
            edge=False,
        )
    return Stage(x0=w * 0.14, x1=w * 0.86, ground=h * 0.9, horizon=h * 0.66, scale=h * 0.66)
