# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Cups, teapots, vases, bottles and jars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants
from jupyter_imagegen.providers.demo.geometry import oval, rounded, smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet
from jupyter_imagegen.providers.demo.things import gleam

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def vase(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A vase with flowers."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    clay = subject.colour or (178, 88, 62)
    light, rng = sheet.light, sheet.rng
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.45, opacity=0.5)
    heads = [
        (rng.uniform(-0.3, 0.3), -0.62 - rng.random() * 0.36, rng.uniform(0.075, 0.11)) for _ in range(9)
    ]
    for x, y, _ in heads:
        pen.line(
            smooth([(x * 0.15, -0.44), (x * 0.5, (y - 0.5) / 2), (x, y)], closed=False),
            0.012,
            light.on((84, 120, 62)),
        )
    for _ in range(10):
        x, y = rng.uniform(-0.28, 0.28), -0.5 - rng.random() * 0.22
        pen.form(
            smooth([(x * 0.4, -0.46), (x - 0.05, y), (x * 1.3, y - 0.06), (x + 0.03, y + 0.05)]),
            (92, 128, 70),
        )
    for i, (x, y, r) in enumerate(sorted(heads, key=lambda p: p[1])):
        plants.blossom(sheet, *pen.at(x, y), r * spot.scale, plants.PETALS[i % len(plants.PETALS)], petals=7)
    pen.ball(
        smooth(
            [
                (-0.09, -0.47),
                (-0.08, -0.4),
                (-0.2, -0.26),
                (-0.19, -0.1),
                (-0.1, 0),
                (0.1, 0),
                (0.19, -0.1),
                (0.2, -0.26),
                (0.08, -0.4),
                (0.09, -0.47),
            ]
        ),
        clay,
    )
    pen.form(oval(0, -0.47, 0.095, 0.022), scaled(clay, 0.6))
    pen.line(
        [(x, -0.26 + 0.03 * math.cos(x / 0.2 * math.pi / 2)) for x in (i / 6 * 0.195 for i in range(-6, 7))],
        0.016,
        light.lit(mix(clay, (244, 224, 180), 0.7)),
    )
    gleam(pen, 0.09, -0.22, 0.02, 0.07, 0.6)


def jar(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A jar of honey or jam with a paper label that carries the prompt's quoted words."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    light = sheet.light
    jam = subject.colour or ((178, 40, 56) if subject.word in ("jam", "marmalade") else (228, 152, 40))
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.8, opacity=0.5)
    pen.glow(-0.3 * light.side, -0.02, 0.5, jam, 0.35)
    body = rounded(-0.38, -0.8, 0.38, 0.0, 0.11)
    pen.flat(body, light.lit((226, 232, 230)), opacity=0.55)
    pen.sheet.fill(
        pen.all(rounded(-0.36, -0.71, 0.36, -0.02, 0.1)),
        light.lit(turned(jam, value=1.1)),
        light.shaded(scaled(jam, 0.9)),
        angle=20 if light.side < 0 else 160,
    )
    pen.flat(
        smooth([(-0.3, -0.66), (0.3, -0.66), (0.2, -0.62), (-0.2, -0.62)]),
        (255, 240, 190),
        opacity=0.5,
        blur=0.02,
    )
    for x, w in ((-0.3, 0.03), (0.27, 0.018)):
        pen.flat(rounded(x, -0.7, x + w, -0.1, w / 2), (255, 255, 255), opacity=0.4, blur=0.008)
    pen.form(rounded(-0.35, -0.97, 0.35, -0.8, 0.035), (196, 156, 84))
    for i in range(15):
        x = -0.33 + i * 0.047
        pen.line([(x, -0.95), (x, -0.83)], 0.007, light.shaded((170, 130, 66)))
    paper = mix(light.lit((248, 240, 220)), (252, 246, 230), 0.5)
    pen.flat(rounded(-0.31, -0.61, 0.31, -0.14, 0.03), paper)
    frame = rounded(-0.28, -0.58, 0.28, -0.17, 0.02)
    pen.line([*frame, frame[0]], 0.009, light.on((166, 104, 44)))
    text = scene.lettering[0] if scene.lettering else subject.word.title()
    x, y = pen.at(0, -0.4 if len(scene.lettering) < 2 else -0.45)
    sheet.words(text, x, y, spot.scale * 0.48, spot.scale * 0.19, (74, 40, 22), spacing=0.03)
    for k, more in enumerate(scene.lettering[1:3]):
        sheet.words(
            more,
            x,
            y + spot.scale * (0.13 + 0.08 * k),
            spot.scale * 0.44,
            spot.scale * 0.07,
            (96, 58, 30),
            spacing=0.08,
        )
    if len(scene.lettering) < 2:
        for side in (-1, 1):
            pen.line(
                smooth([(side * 0.03, -0.235), (side * 0.12, -0.255), (side * 0.22, -0.235)], closed=False),
                0.009,
                light.on((166, 104, 44)),
            )
        hexagon = [
            (0.035 * math.cos(a), -0.235 + 0.035 * math.sin(a)) for a in (k * math.tau / 6 for k in range(6))
        ]
        pen.flat(hexagon, light.on((228, 152, 40)))
        pen.line(
            smooth([(-0.2, -0.525), (0, -0.545), (0.2, -0.525)], closed=False),
            0.009,
            light.on((166, 104, 44)),
        )
