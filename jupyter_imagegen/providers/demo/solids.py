"""Simple solids and shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import oval
from jupyter_imagegen.providers.demo.palette import mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet
from jupyter_imagegen.providers.demo.things import gleam

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def heart(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A heart."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    points = []
    for i in range(60):
        t = i / 60 * math.tau
        points.append(
            (
                0.03 * 16 * math.sin(t) ** 3,
                -0.52
                - 0.03 * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)),
            )
        )
    pen.ball(points, subject.colour or (206, 46, 62))
    gleam(pen, 0.2, -0.72, 0.05, 0.09, 0.6)


def sphere(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A sphere with reflected light."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (206, 84, 60)
    sheet.ground_shadow(spot.x, spot.y - spot.scale * 0.02, spot.scale * 0.9, opacity=0.55)
    pen.ball(oval(0, -0.48, 0.48, steps=70), colour)
    side = sheet.light.side * pen.sign
    pen.flat(
        oval(-0.2 * side, -0.14, 0.2, 0.07, turn=-20 * side),
        sheet.light.lit(mix(colour, sheet.light.haze, 0.4)),
        opacity=0.3,
        blur=0.05,
    )
    gleam(pen, 0.17, -0.68, 0.06, 0.08, 0.8)


def cube(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A cube seen from above its corner."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (62, 120, 168)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y - spot.scale * 0.14, spot.scale * 1.0, opacity=0.5)
    left, right = (
        (light.lit(colour), light.shaded(colour))
        if light.side < 0
        else (light.shaded(colour), light.lit(colour))
    )
    top, bottom = -0.98, 0.0
    pen.sheet.fill(
        pen.all([(-0.46, -0.76), (0, -0.53), (0, bottom), (-0.46, -0.23)]),
        left,
        mix(left, light.shaded(colour), 0.4),
    )
    pen.sheet.fill(
        pen.all([(0.46, -0.76), (0, -0.53), (0, bottom), (0.46, -0.23)]),
        right,
        mix(right, light.shaded(scaled(colour, 0.8)), 0.5),
    )
    pen.sheet.fill(
        pen.all([(-0.46, -0.76), (0, top), (0.46, -0.76), (0, -0.53)]),
        light.lit(turned(colour, value=1.25)),
        light.lit(colour),
        angle=20,
    )


def triangle(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A pyramid."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (226, 172, 64)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y - spot.scale * 0.06, spot.scale * 0.95, opacity=0.5)
    a, b = (
        (light.lit(colour), light.shaded(colour))
        if light.side < 0
        else (light.shaded(colour), light.lit(colour))
    )
    pen.sheet.fill(pen.all([(0, -0.98), (-0.52, -0.12), (0.1, 0)]), a, mix(a, light.on(colour), 0.6))
    pen.sheet.fill(pen.all([(0, -0.98), (0.1, 0), (0.5, -0.18)]), b, mix(b, light.shaded(colour), 0.5))
