# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Cups, teapots, vases, bottles and jars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants
from jupyter_imagegen.providers.demo.geometry import arc, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.outdoors import BLOOMS
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet
from jupyter_imagegen.providers.demo.things import gleam

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def _smile(pen: Pen, y: float, r: float) -> None:
    """A friendly face."""
    for side in (-1, 1):
        pen.flat(oval(side * r * 0.62, y - r * 0.1, r * 0.17, r * 0.22), (46, 34, 38))
        pen.flat(oval(side * r * 0.62 - r * 0.05, y - r * 0.18, r * 0.065, steps=10), (255, 255, 255))
        pen.flat(
            oval(side * r * 0.95, y + r * 0.2, r * 0.2, r * 0.13),
            (236, 110, 110),
            opacity=0.55,
            blur=r * 0.05,
        )
    pen.flat([*arc(0, y + r * 0.12, r * 0.34, 0, 180, steps=14)], (120, 40, 46))
    pen.flat(
        smooth([(-r * 0.18, y + r * 0.4), (0, y + r * 0.3), (r * 0.18, y + r * 0.4), (0, y + r * 0.45)]),
        (232, 112, 112),
    )


def _steam(pen: Pen, x: float, y: float, reach: float) -> None:
    sheet = pen.sheet
    if sheet.layer == "subject":
        return
    for k in (-1, 0, 1):
        points = [
            (x + k * 0.07 + 0.035 * math.sin(t * 5 + k * 2 + sheet.phase * math.tau), y - t * reach)
            for t in (i / 8 for i in range(9))
        ]
        sheet.fill(
            pen.all(ribbon(points, (0.012, 0.04, 0.05, 0.01))),
            (255, 252, 246),
            opacity=0.3,
            blur=pen.size * 0.014,
            edge=False,
        )


def cup(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A cup on a saucer, steaming."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    china = subject.colour or (236, 228, 214)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.2, opacity=0.5)
    pen.ball(oval(0, -0.03, 0.62, 0.1), scaled(china, 0.96))
    pen.flat(oval(0, -0.05, 0.38, 0.055), light.shaded(china), opacity=0.5)
    ring = arc(0.38, -0.42, 0.19, -110, 110, steps=18)
    pen.form(ribbon(ring, (0.075, 0.07, 0.075)), china)
    pen.form(
        [
            (-0.4, -0.7),
            *smooth(
                [
                    (-0.4, -0.7),
                    (-0.36, -0.36),
                    (-0.2, -0.09),
                    (0, -0.06),
                    (0.2, -0.09),
                    (0.36, -0.36),
                    (0.4, -0.7),
                ],
                closed=False,
            ),
        ],
        china,
    )
    pen.form(oval(0, -0.7, 0.4, 0.1), mix(china, (255, 255, 255), 0.3))
    drink: Colour = (196, 122, 60) if subject.word == "tea" else (74, 44, 30)
    pen.ball(oval(0, -0.69, 0.36, 0.082), drink)
    pen.line(arc(0, -0.66, 0.22, 200, 300, steps=8), 0.012, light.lit(mix(drink, (240, 214, 170), 0.6)))
    if subject.colour is None:
        pen.line(
            [
                (x, -0.56 + 0.09 * math.cos(x / 0.4 * math.pi / 2))
                for x in (i / 8 * 0.385 for i in range(-8, 9))
            ],
            0.022,
            light.on((58, 98, 132)),
        )
    gleam(pen, 0.23, -0.4, 0.04, 0.13, 0.6)
    if "smiling" in scene.traits:
        _smile(pen, -0.42, 0.2)
    _steam(pen, 0, -0.78, 0.5)


def teapot(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A round teapot, with a face if it is to smile."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    china = subject.colour or (92, 152, 176)
    trim = mix(china, (250, 240, 214), 0.82)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.0, opacity=0.5 if sheet.layer == "back" else 0.0)
    pen.form(ribbon(arc(-0.42, -0.4, 0.25, 70, 290, steps=20), (0.06, 0.09, 0.06)), china)
    pen.form(
        smooth(
            [
                (0.36, -0.24),
                (0.5, -0.3),
                (0.6, -0.5),
                (0.72, -0.64),
                (0.82, -0.62),
                (0.74, -0.5),
                (0.66, -0.26),
                (0.5, -0.1),
                (0.36, -0.1),
            ]
        ),
        china,
    )
    pen.form(smooth([(0.7, -0.645), (0.84, -0.655), (0.83, -0.6), (0.74, -0.59)]), trim)
    pen.ball(
        smooth(
            [
                (0, -0.76),
                (-0.3, -0.72),
                (-0.47, -0.52),
                (-0.5, -0.32),
                (-0.38, -0.1),
                (-0.16, -0.01),
                (0.16, -0.01),
                (0.38, -0.1),
                (0.5, -0.32),
                (0.47, -0.52),
                (0.3, -0.72),
            ]
        ),
        china,
    )
    pen.form(rounded(-0.2, -0.03, 0.2, 0.02, 0.02), trim)
    pen.form(
        smooth([(-0.26, -0.72), (-0.2, -0.8), (0, -0.86), (0.2, -0.8), (0.26, -0.72), (0, -0.69)]),
        scaled(china, 0.95),
    )
    pen.line(
        [(x, -0.715 + 0.03 * math.cos(x / 0.27 * math.pi / 2)) for x in (i / 8 * 0.27 for i in range(-8, 9))],
        0.024,
        light.lit(trim),
    )
    pen.ball(oval(0, -0.91, 0.062), trim)
    if "smiling" in scene.traits:
        _smile(pen, -0.4, 0.25)
    else:
        for k in range(5):
            a = k * math.tau / 5
            pen.flat(oval(math.cos(a) * 0.075, -0.38 + math.sin(a) * 0.075, 0.046), light.lit(trim))
        pen.flat(oval(0, -0.38, 0.036), light.on((232, 176, 70)))
    gleam(pen, 0.27, -0.56, 0.05, 0.1, 0.7)
    _steam(pen, 0.82, -0.68, 0.3)


def vase(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A vase with flowers."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    clay = subject.colour or (178, 88, 62)
    light, rng = sheet.light, sheet.rng
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.45, opacity=0.5)
    wanted = scene.subject("flower")
    petals = plants.PETALS
    if wanted is not None:
        own = wanted.colour or BLOOMS.get(wanted.word.rstrip("s"))
        petals = (own,) if own is not None else petals
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
        plants.blossom(sheet, *pen.at(x, y), r * spot.scale, petals[i % len(petals)], petals=7)
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


def bottle(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A dark glass bottle with a label."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    glass = subject.colour or (38, 78, 56)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.32, opacity=0.5)
    pen.form(
        smooth(
            [
                (-0.05, -0.98),
                (-0.05, -0.72),
                (-0.13, -0.58),
                (-0.15, -0.46),
                (-0.15, -0.03),
                (-0.1, 0),
                (0.1, 0),
                (0.15, -0.03),
                (0.15, -0.46),
                (0.13, -0.58),
                (0.05, -0.72),
                (0.05, -0.98),
            ],
            steps=4,
        ),
        glass,
    )
    pen.form(rounded(-0.056, -1.0, 0.056, -0.84, 0.01), (132, 36, 44))
    pen.form(rounded(-0.145, -0.4, 0.145, -0.14, 0.01), (240, 230, 206))
    for k, w in enumerate((0.09, 0.06, 0.08)):
        pen.line([(-w, -0.34 + k * 0.06), (w, -0.34 + k * 0.06)], 0.014, sheet.light.shaded((120, 84, 60)))
    gleam(pen, 0.09, -0.52, 0.014, 0.1, 0.6)


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
