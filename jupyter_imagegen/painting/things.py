"""Things on a table and simple solids."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.painting import plants
from jupyter_imagegen.painting.geometry import arc, box, limb, oval, ribbon, rounded, smooth
from jupyter_imagegen.painting.palette import Colour, mix, scaled, turned
from jupyter_imagegen.painting.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.painting.scene import Scene, Subject
    from jupyter_imagegen.painting.stage import Spot

FRUITS: dict[str, Colour] = {
    "apple": (198, 52, 44), "pear": (196, 186, 76), "orange_fruit": (236, 142, 44), "cherry": (168, 28, 44), "fruit": (124, 74, 132),
}  # fmt: skip


def _gleam(pen: Pen, x: float, y: float, rx: float, ry: float, strength: float = 0.75) -> None:
    side = pen.sheet.light.side * pen.sign
    pen.flat(
        oval(x * side, y, rx, ry, turn=18 * side),
        mix(pen.sheet.light.sun, (255, 255, 255), 0.5),
        opacity=strength,
        blur=rx * 0.35,
    )


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


def fruit(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """One apple, pear, orange, cherry pair or bunch of grapes."""
    one_fruit(sheet, subject.kind, subject.colour, spot.x, spot.y, spot.scale, flip=spot.flip)


def one_fruit(
    sheet: Sheet, kind: str, colour: Colour | None, x: float, y: float, size: float, *, flip: bool = False
) -> None:
    """A fruit standing at (x, y), `size` units high."""
    pen = Pen(sheet, x, y, size, flip=flip)
    light, rng = sheet.light, sheet.rng
    skin = turned(colour or FRUITS[kind], hue=rng.uniform(-0.012, 0.012), value=rng.uniform(0.94, 1.05))
    sheet.ground_shadow(x, y, size * (0.7 if kind != "pear" else 0.6), opacity=0.5)
    stem = light.shaded((96, 70, 46))
    if kind == "fruit":
        for row, count in enumerate((2, 3, 4, 3, 2)):
            for k in range(count):
                pen.ball(
                    oval((k - (count - 1) / 2) * 0.19 + rng.uniform(-0.02, 0.02), -0.1 - row * 0.15, 0.115),
                    skin,
                )
                _gleam(
                    pen,
                    0.03 + (k - (count - 1) / 2) * 0.19 * light.side,
                    -0.14 - row * 0.15,
                    0.025,
                    0.03,
                    0.6,
                )
        pen.line(smooth([(0, -0.76), (0.02, -0.9), (0.09, -0.98)], closed=False), 0.03, stem)
        return
    if kind == "cherry":
        for cx, cy in ((-0.22, -0.2), (0.2, -0.24)):
            pen.line(
                smooth([(cx, cy - 0.16), (cx * 0.7, -0.66), (0.06, -0.95)], closed=False),
                0.026,
                light.on((98, 122, 58)),
            )
            pen.ball(oval(cx, cy, 0.215), skin)
            _gleam(pen, cx * light.side + 0.08, cy - 0.09, 0.035, 0.05)
        pen.form(smooth([(0.06, -0.95), (0.24, -1.04), (0.42, -0.92), (0.22, -0.86)]), (88, 138, 64))
        return
    if kind == "pear":
        body = smooth(
            [
                (0.02, -0.86),
                (-0.13, -0.78),
                (-0.17, -0.6),
                (-0.3, -0.38),
                (-0.33, -0.18),
                (-0.2, -0.01),
                (0, 0.015),
                (0.2, -0.01),
                (0.33, -0.18),
                (0.3, -0.38),
                (0.19, -0.6),
                (0.16, -0.78),
            ]
        )
        pen.ball(body, skin)
        pen.flat(oval(0.12 * -light.side * pen.sign, -0.24, 0.16, 0.2), (206, 96, 54), opacity=0.4, blur=0.08)
        pen.line(smooth([(0.01, -0.84), (0.03, -0.95), (0.09, -1.0)], closed=False), 0.036, stem)
        _gleam(pen, 0.11, -0.4, 0.045, 0.1, 0.5)
        _gleam(pen, 0.05, -0.72, 0.025, 0.05, 0.4)
    else:
        dip = 0.06 if kind == "apple" else 0.0
        body = smooth(
            [
                (0, -0.8 + dip),
                (-0.2, -0.86),
                (-0.42, -0.68),
                (-0.46, -0.4),
                (-0.32, -0.08),
                (-0.1, 0.0),
                (0, -0.02),
                (0.1, 0.0),
                (0.32, -0.08),
                (0.46, -0.4),
                (0.42, -0.68),
                (0.2, -0.86),
            ]
        )
        pen.ball(body, skin)
        if kind == "apple":
            pen.flat(oval(0, -0.79, 0.13, 0.035), light.shaded(scaled(skin, 0.7)), opacity=0.6, blur=0.02)
            pen.flat(
                oval(0.16 * -light.side * pen.sign, -0.3, 0.2, 0.22), (232, 186, 80), opacity=0.3, blur=0.1
            )
            pen.line(smooth([(0, -0.78), (0.02, -0.92), (0.08, -1.0)], closed=False), 0.034, stem)
            pen.form(smooth([(0.04, -0.9), (0.16, -1.0), (0.32, -0.96), (0.18, -0.87)]), (94, 140, 66))
        else:
            pen.flat(oval(0, -0.82, 0.03, 0.015), light.shaded((90, 110, 50)))
        _gleam(pen, 0.17, -0.62, 0.07, 0.11, 0.5)
    sheet.dabs(
        (
            *pen.at(rng.gauss(0, 0.12), -0.36 + rng.gauss(0, 0.13)),
            size * 0.007,
            size * 0.007,
            light.shaded(scaled(skin, 0.8)),
        )
        for _ in range(sheet.many(12))
    )


def bowl(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A bowl, filled with the fruit that the prompt names."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    clay = subject.colour or (74, 104, 128)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.15, opacity=0.55)
    named = [s for s in scene.subjects if s.kind in FRUITS]
    pen.form(
        smooth([(-0.56, -0.4), (-0.3, -0.47), (0.3, -0.47), (0.56, -0.4), (0.3, -0.33), (-0.3, -0.33)]),
        scaled(clay, 0.5),
    )
    kinds = [(s.kind, s.colour) for s in named] or [("apple", None), ("pear", None), ("orange_fruit", None)]
    pile = (
        (-0.24, -0.42, 0.46),
        (0.24, -0.44, 0.46),
        (0.0, -0.48, 0.5),
        (-0.36, -0.28, 0.42),
        (0.36, -0.28, 0.42),
        (-0.13, -0.25, 0.46),
        (0.14, -0.25, 0.46),
    )
    for i, (x, y, size) in enumerate(pile):
        kind, colour = kinds[i % len(kinds)]
        one_fruit(
            sheet,
            kind,
            colour,
            spot.x + x * spot.scale,
            spot.y + y * spot.scale,
            size * spot.scale * 1.05,
            flip=i % 2 == 1,
        )
    body = [(-0.58, -0.4), *smooth([(-0.58, -0.4), (-0.47, -0.16), (-0.22, -0.03), (0, -0.01), (0.22, -0.03), (0.47, -0.16), (0.58, -0.4)], closed=False),
            *reversed([(x, -0.4 + 0.075 * math.cos(x / 0.58 * math.pi / 2)) for x in (i / 10 * 0.58 for i in range(-10, 11))])]  # fmt: skip
    pen.form(body, clay)
    pen.line(
        [
            (x, -0.4 + 0.075 * math.cos(x / 0.58 * math.pi / 2))
            for x in (i / 10 * 0.58 for i in range(-10, 11))
        ],
        0.026,
        sheet.light.lit(turned(clay, value=1.2)),
    )
    pen.line(
        [(x, -0.27 + 0.08 * math.cos(x / 0.5 * math.pi / 2)) for x in (i / 10 * 0.5 for i in range(-10, 11))],
        0.016,
        sheet.light.lit(mix(clay, (240, 226, 190), 0.7)),
    )
    pen.form(rounded(-0.2, -0.035, 0.2, 0.02, 0.02), scaled(clay, 0.8))
    _gleam(pen, 0.3, -0.22, 0.035, 0.09, 0.5)


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
    _gleam(pen, 0.23, -0.4, 0.04, 0.13, 0.6)
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
    _gleam(pen, 0.27, -0.56, 0.05, 0.1, 0.7)
    _steam(pen, 0.82, -0.68, 0.3)


def vase(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A vase with flowers."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    clay = subject.colour or (178, 88, 62)
    light, rng = sheet.light, sheet.rng
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.45, opacity=0.5)
    wanted = scene.subject("flower")
    petals = (wanted.colour,) if wanted is not None and wanted.colour is not None else plants.PETALS
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
    _gleam(pen, 0.09, -0.22, 0.02, 0.07, 0.6)


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
    _gleam(pen, 0.09, -0.52, 0.014, 0.1, 0.6)


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
    pen.form(rounded(-0.31, -0.61, 0.31, -0.14, 0.03), (248, 240, 220))
    frame = rounded(-0.28, -0.58, 0.28, -0.17, 0.02)
    pen.line([*frame, frame[0]], 0.009, light.on((166, 104, 44)))
    text = scene.lettering[0] if scene.lettering else subject.word.title()
    x, y = pen.at(0, -0.4 if len(scene.lettering) < 2 else -0.45)
    sheet.words(text, x, y, spot.scale * 0.48, spot.scale * 0.19, light.on((92, 52, 26)), spacing=0.03)
    for k, more in enumerate(scene.lettering[1:3]):
        sheet.words(
            more,
            x,
            y + spot.scale * (0.13 + 0.08 * k),
            spot.scale * 0.44,
            spot.scale * 0.07,
            light.on((120, 76, 40)),
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


def book(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """An open book."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    cover = subject.colour or (140, 52, 46)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.3, opacity=0.5)
    pen.form([(-0.66, -0.12), (-0.56, -0.5), (0.56, -0.5), (0.66, -0.12), (0.6, 0.0), (-0.6, 0.0)], cover)
    for side in (-1, 1):
        page = [(0, -0.06), *[(side * u * 0.62, -0.05 - 0.1 * math.sin(u * math.pi) * (1 - u * 0.5) - 0.02 * u) for u in (i / 8 for i in range(9))],
                *[(side * u * 0.53, -0.45 - 0.1 * math.sin(u * math.pi) * (1 - u * 0.5)) for u in (i / 8 for i in range(8, -1, -1))]]  # fmt: skip
        tone: Colour = (250, 244, 228)
        lit, dark = light.lit(tone), mix(light.shaded(tone), light.lit(tone), 0.5)
        pen.sheet.fill(pen.all(page), dark, lit, angle=0 if side > 0 else 180)
        for k in range(8):
            y = -0.18 - k * 0.036
            line = [
                (side * u, y - 0.085 * math.sin(u / 0.56 * math.pi) * (1 - u))
                for u in (0.08 + 0.4 * i / 6 for i in range(7))
            ]
            pen.line(line, 0.008, light.shaded((150, 130, 110)))
    pen.line([(0, -0.06), (0, -0.46)], 0.012, light.shaded(cover))


def lamp(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A desk lamp with a glass shade, lit."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    shade = subject.colour or (44, 122, 84)
    brass: Colour = (200, 154, 74)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.5, opacity=0.5)
    sheet.glow(*pen.at(0, -0.3), spot.scale * 1.6, (255, 206, 122), 0.55)
    sheet.fill(
        pen.all([(-0.3, -0.62), (0.3, -0.62), (0.62, 0.02), (-0.62, 0.02)]),
        (255, 230, 170),
        light.sky[0],
        opacity=0.2,
        blur=spot.scale * 0.04,
        edge=False,
    )
    pen.ball(oval(0, -0.03, 0.24, 0.055), brass)
    pen.form(rounded(-0.05, -0.14, 0.05, -0.03, 0.02), brass)
    pen.form(ribbon([(0, -0.1), (0, -0.68)], (0.045, 0.03)), brass)
    for y in (-0.22, -0.46):
        pen.ball(oval(0, y, 0.04, 0.026), brass)
    lit = mix(shade, (255, 244, 190), 0.35)
    body = [
        *smooth(
            [
                (-0.44, -0.6),
                (-0.4, -0.76),
                (-0.24, -0.88),
                (0, -0.92),
                (0.24, -0.88),
                (0.4, -0.76),
                (0.44, -0.6),
            ],
            closed=False,
        )
    ]
    sheet.fill(pen.all(body), turned(shade, value=1.0), lit, angle=90)
    pen.flat(oval(0, -0.6, 0.44, 0.045), (255, 240, 190))
    pen.flat(
        smooth([(-0.3, -0.7), (-0.2, -0.82), (0.02, -0.87), (-0.14, -0.78)]),
        (255, 255, 240),
        opacity=0.45,
        blur=0.012,
    )
    pen.line([(0.14, -0.6), (0.14, -0.46)], 0.008, light.on(brass))
    pen.ball(oval(0.14, -0.45, 0.016, steps=10), brass)
    pen.ball(oval(0, -0.94, 0.034), brass)
    sheet.glow(*pen.at(0, -0.58), spot.scale * 0.6, (255, 220, 140), 0.75, squash=0.6)


def candle(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A candle in its holder."""
    one_candle(sheet, spot.x, spot.y, spot.scale, colour=subject.colour)


def one_candle(
    sheet: Sheet, x: float, y: float, size: float, *, colour: Colour | None = None, holder: bool = True
) -> None:
    """A burning candle whose foot is at (x, y)."""
    pen = Pen(sheet, x, y, size)
    wax = colour or (240, 226, 194)
    light = sheet.light
    if holder:
        sheet.ground_shadow(x, y, size * 0.34, opacity=0.5)
        pen.ball(oval(0, -0.03, 0.2, 0.04), (190, 146, 70))
        pen.form(ribbon([(0, -0.04), (0, -0.2)], (0.06, 0.05)), (190, 146, 70))
        pen.ball(oval(0, -0.21, 0.11, 0.03), (200, 156, 78))
    pen.sheet.fill(
        pen.all(rounded(-0.055, -0.72, 0.055, -0.2, 0.015)), (255, 236, 190), light.shaded(wax), angle=90
    )
    pen.flat(
        smooth([(-0.055, -0.7), (-0.07, -0.6), (-0.05, -0.52), (-0.045, -0.66)]),
        mix(wax, (255, 246, 220), 0.6),
    )
    pen.line([(0, -0.72), (0.006, -0.77)], 0.012, (50, 36, 30))
    flick = 0.012 * sheet.wave(3, x / 77)
    pen.glow(0, -0.84, 0.9, (255, 176, 84), 0.6)
    pen.glow(0, -0.84, 0.28, (255, 214, 130), 0.9)
    pen.flat(
        smooth([(flick, -1.0), (-0.035, -0.86), (-0.03, -0.78), (0, -0.75), (0.03, -0.78), (0.035, -0.86)]),
        (255, 186, 70),
    )
    pen.flat(smooth([(flick * 0.6, -0.94), (-0.018, -0.85), (0, -0.77), (0.018, -0.85)]), (255, 250, 220))


def chair(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """An armchair."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    cloth = subject.colour or (140, 62, 56)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.0, opacity=0.5)
    for x in (-0.36, 0.36):
        pen.form([(x - 0.04, -0.14), (x + 0.04, -0.14), (x + 0.025, 0), (x - 0.025, 0)], (84, 56, 42))
    pen.form(
        smooth(
            [(-0.4, -0.2), (-0.42, -0.8), (-0.3, -0.97), (0.3, -0.97), (0.42, -0.8), (0.4, -0.2)], steps=5
        ),
        cloth,
    )
    for x in (-0.18, 0, 0.18):
        for y in (-0.82, -0.62):
            pen.flat(oval(x, y, 0.018, steps=10), sheet.light.shaded(scaled(cloth, 0.7)))
    pen.form(rounded(-0.38, -0.42, 0.38, -0.24, 0.07), turned(cloth, value=1.08))
    pen.form(rounded(-0.42, -0.27, 0.42, -0.12, 0.04), scaled(cloth, 0.9))
    for side in (-1, 1):
        pen.form(
            smooth(
                [
                    (side * 0.34, -0.12),
                    (side * 0.33, -0.46),
                    (side * 0.42, -0.54),
                    (side * 0.52, -0.46),
                    (side * 0.5, -0.12),
                ],
                steps=5,
            ),
            scaled(cloth, 0.95),
        )


def cake(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A layered cake with candles."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    icing = subject.colour or (244, 194, 200)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.1, opacity=0.5)
    pen.ball(oval(0, -0.02, 0.62, 0.08), (240, 238, 232))
    for y, w, h in ((-0.03, 0.48, 0.28), (-0.31, 0.34, 0.24)):
        pen.form(
            [(-w, y), (-w, y - h), *arc(0, y - h, w, 180, 360, steps=2), (w, y - h), (w, y)][0:2]
            + [(w, y - h), (w, y)],
            (226, 184, 126),
        )
        pen.form(oval(0, y - h, w, 0.065), icing)
        drip = [(-w, y - h)]
        for i in range(13):
            drip.append((-w + w * 2 * i / 12, y - h + (0.12 if i % 2 else 0.05) + 0.03 * math.sin(i * 2.2)))
        pen.form(smooth([*drip, (w, y - h)], steps=4), icing)
    for i in range(5):
        one_candle(
            sheet,
            *pen.at(-0.2 + i * 0.1, -0.55),
            spot.scale * 0.24,
            holder=False,
            colour=((240, 120, 110), (120, 180, 220), (250, 214, 110))[i % 3],
        )


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
    _gleam(pen, 0.2, -0.72, 0.05, 0.09, 0.6)


def flower(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """One tall flower with leaves."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colours: dict[str, Colour] = {"sunflower": (242, 188, 52), "rose": (196, 44, 62), "tulip": (220, 74, 84), "daisy": (248, 246, 240),
                                  "poppy": (222, 60, 44), "lily": (246, 226, 214), "orchid": (206, 120, 190)}  # fmt: skip
    petal = subject.colour or colours.get(subject.word.rstrip("s"), (226, 96, 120))
    sway = 0.02 * sheet.wave(1, spot.x / 300)
    pen.form(
        ribbon(smooth([(0, 0), (0.02, -0.36), (sway, -0.74)], closed=False), (0.035, 0.028, 0.022)),
        (88, 130, 68),
    )
    for side, y in ((-1, -0.26), (1, -0.4)):
        pen.form(
            smooth(
                [(0, y + 0.04), (side * 0.14, y - 0.08), (side * 0.28, y - 0.07), (side * 0.14, y + 0.04)]
            ),
            (96, 140, 72),
        )
    x, y = pen.at(sway, -0.78)
    if subject.word.rstrip("s") == "tulip":
        for dx in (-0.09, 0.09, 0.0):
            pen.form(
                smooth([(dx * 0.3, -0.64), (dx - 0.085, -0.76), (dx * 1.3, -0.98), (dx + 0.085, -0.76)]),
                turned(petal, value=1.0 if dx else 1.08),
            )
        return
    plants.blossom(sheet, x, y, spot.scale * 0.22, petal, petals=14 if subject.word.startswith("sun") else 9)


def mushroom(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A toadstool."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    cap = subject.colour or (204, 54, 44)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.5, opacity=0.4)
    pen.form(
        smooth([(-0.1, 0), (-0.08, -0.3), (-0.09, -0.52), (0.09, -0.52), (0.08, -0.3), (0.13, 0)]),
        (242, 232, 212),
    )
    pen.form(oval(0, -0.5, 0.4, 0.07), (226, 206, 180))
    pen.ball(
        [
            *smooth(
                [
                    (-0.46, -0.5),
                    (-0.4, -0.74),
                    (-0.2, -0.94),
                    (0, -0.98),
                    (0.2, -0.94),
                    (0.4, -0.74),
                    (0.46, -0.5),
                ],
                closed=False,
            )
        ],
        cap,
    )
    for x, y, r in (
        (-0.22, -0.7, 0.055),
        (0.05, -0.84, 0.06),
        (0.26, -0.66, 0.05),
        (-0.04, -0.6, 0.04),
        (-0.34, -0.56, 0.03),
    ):
        pen.ball(oval(x, y, r, r * 0.85), (248, 244, 234))


def cactus(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A saguaro."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    green = subject.colour or (84, 132, 82)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.4, opacity=0.4)
    for points in (
        ((-0.02, -0.36), (-0.25, -0.38), (-0.27, -0.68)),
        ((0.02, -0.48), (0.24, -0.5), (0.26, -0.82)),
    ):
        pen.form(ribbon(smooth(points, closed=False), (0.11, 0.12, 0.1)), green)
        pen.ball(oval(*points[2], 0.052), green)
    pen.form(limb((0, 0), (0, -0.9), 0.1, 0.09), green)
    for x in (-0.05, 0, 0.05):
        pen.line([(x, -0.02), (x, -0.92)], 0.007, sheet.light.shaded(scaled(green, 0.8)))
    plants.blossom(sheet, *pen.at(0.03, -0.99), spot.scale * 0.06, (232, 110, 150), petals=6)


def snowman(sheet: Sheet, _subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A snowman with a scarf."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    snow: Colour = (244, 248, 254)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.6, opacity=0.35)
    for side in (-1, 1):
        pen.line(
            [(side * 0.18, -0.52), (side * 0.42, -0.66), (side * 0.5, -0.64)],
            0.018,
            sheet.light.shaded((92, 66, 50)),
        )
        pen.line([(side * 0.42, -0.66), (side * 0.46, -0.74)], 0.014, sheet.light.shaded((92, 66, 50)))
    for y, r in ((-0.22, 0.27), (-0.54, 0.2), (-0.8, 0.145)):
        pen.ball(oval(0, y, r), snow)
    pen.form(
        ribbon(smooth([(-0.14, -0.68), (0, -0.64), (0.14, -0.68)], closed=False), (0.06, 0.07, 0.06)),
        (196, 48, 52),
    )
    pen.form([(0.07, -0.66), (0.14, -0.66), (0.16, -0.46), (0.09, -0.46)], (186, 44, 48))
    for side in (-1, 1):
        pen.flat(oval(side * 0.05, -0.83, 0.015, steps=10), (30, 28, 32))
    pen.form([(0, -0.8), (0.17, -0.77), (0, -0.77)], (236, 132, 48))
    for y in (-0.6, -0.53, -0.46):
        pen.flat(oval(0.0, y, 0.016, steps=10), (30, 28, 32))
    pen.form(rounded(-0.16, -0.93, 0.16, -0.905, 0.01), (44, 42, 50))
    pen.form(rounded(-0.1, -1.06, 0.1, -0.92, 0.01), (44, 42, 50))


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
    _gleam(pen, 0.17, -0.68, 0.06, 0.08, 0.8)


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


def cloth(sheet: Sheet, x: float, y: float, w: float, colour: Colour) -> None:
    """A folded cloth on a table, for still lifes."""
    light, rng = sheet.light, sheet.rng
    points = [(x - w, y), (x - w * 0.5, y - w * 0.12), (x + w * 0.1, y - w * 0.05), (x + w * 0.6, y - w * 0.1), (x + w, y + w * 0.1),
              (x + w * 0.7, y + w * 0.42), (x + w * 0.1, y + w * 0.3), (x - w * 0.5, y + w * 0.46), (x - w * 0.9, y + w * 0.2)]  # fmt: skip
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
