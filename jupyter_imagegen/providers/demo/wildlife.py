# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Birds, fish, whales, butterflies and dragons."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, limb, oval, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def fish(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A fish with scales and veiled fins."""
    pen = Pen(sheet, spot.x, spot.y + sheet.wave(1, spot.x / 300) * 10, spot.scale, flip=spot.flip)
    light = sheet.light
    coat = subject.colour or (236, 132, 48)
    y = -0.4
    sway = 0.05 * sheet.wave(2, spot.x / 200)
    fin = turned(coat, value=1.1, saturation=0.85)
    pen.form(
        smooth(
            [
                (-0.3, y),
                (-0.5, y - 0.12),
                (-0.68, y - 0.22 + sway),
                (-0.6, y + sway),
                (-0.7, y + 0.22 + sway),
                (-0.48, y + 0.12),
            ]
        ),
        fin,
    )
    pen.form(smooth([(-0.16, y - 0.16), (-0.08, y - 0.38), (0.12, y - 0.36), (0.2, y - 0.16)]), fin)
    pen.form(smooth([(-0.06, y + 0.16), (-0.16, y + 0.34), (0.06, y + 0.26), (0.12, y + 0.14)]), fin)
    pen.ball(
        smooth(
            [
                (-0.36, y),
                (-0.2, y - 0.17),
                (0.08, y - 0.22),
                (0.34, y - 0.14),
                (0.46, y + 0.01),
                (0.34, y + 0.14),
                (0.06, y + 0.2),
                (-0.2, y + 0.14),
            ]
        ),
        coat,
    )
    for i in range(5):
        for j in range(-2, 3):
            x, sy = -0.2 + i * 0.085 + (j % 2) * 0.04, y + j * 0.062
            if (x + 0.0) ** 2 / 0.09 + (sy - y) ** 2 / 0.03 < 0.9:
                pen.line(
                    arc(x, sy, 0.036, 280, 440, steps=6), 0.006, mix(light.lit(coat), (255, 255, 255), 0.25)
                )
    pen.line(arc(0.14, y, 0.17, -50, 50, steps=8), 0.012, light.shaded(coat))
    pen.form(smooth([(0.08, y + 0.03), (-0.08, y + 0.14), (0.0, y + 0.16), (0.14, y + 0.08)]), fin)
    pen.flat(oval(0.31, y - 0.045, 0.048), (252, 248, 236))
    pen.flat(oval(0.318, y - 0.045, 0.029), (22, 20, 26))
    pen.flat(oval(0.308, y - 0.057, 0.01, steps=8), (255, 255, 255))
    pen.line(arc(0.43, y + 0.07, 0.05, 130, 210, steps=5), 0.01, light.shaded(scaled(coat, 0.6)))


def whale(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A whale breaking the surface, with its spout."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    coat = subject.colour or (66, 92, 128)
    under = scene.place == "underwater"
    pen.form(
        smooth(
            [
                (-0.62, -0.16),
                (-0.76, -0.36),
                (-0.96, -0.42),
                (-0.86, -0.28),
                (-0.98, -0.12),
                (-0.76, -0.16),
                (-0.58, -0.02),
            ]
        ),
        coat,
    )
    pen.ball(
        smooth(
            [
                (-0.66, -0.1),
                (-0.4, -0.3),
                (0.0, -0.46),
                (0.4, -0.42),
                (0.6, -0.22),
                (0.58, -0.04),
                (0.3, 0.04),
                (-0.3, 0.02),
            ]
        ),
        coat,
    )
    pen.form(
        smooth([(0.6, -0.14), (0.5, -0.08), (0.2, -0.07), (0.0, 0.03), (0.3, 0.045), (0.55, 0.0)]),
        mix(coat, (240, 242, 240), 0.75),
    )
    for k in range(5):
        pen.line(
            smooth(
                [(0.54 - 0.05 * k, -0.06 + 0.012 * k), (0.36 - 0.04 * k, 0.02), (0.2 - 0.03 * k, 0.03)],
                closed=False,
            ),
            0.007,
            light.shaded(mix(coat, (240, 242, 240), 0.5)),
        )
    pen.form(smooth([(0.12, -0.06), (0.0, 0.1), (-0.12, 0.12), (-0.02, -0.02)]), scaled(coat, 0.8))
    pen.eye(0.4, -0.16, 0.022)
    if under:
        return
    white = mix(light.lit((250, 252, 254)), light.haze, 0.1)
    spray = [
        (
            *pen.at(0.26 + s * t * t * 0.24, -0.48 - 0.42 * t + 0.3 * t * t * t),
            spot.scale * (0.014 + 0.03 * t),
        )
        for s in (-1, 1)
        for t in (i / 9 for i in range(10))
    ]
    sheet.puffs(spray, white, blur=spot.scale * 0.012, opacity=0.85)
    rng = sheet.rng
    sheet.dabs(
        (
            *pen.at(rng.uniform(-0.7, 0.66), 0.03 + rng.gauss(0, 0.014)),
            spot.scale * rng.uniform(0.02, 0.08),
            spot.scale * 0.008,
            mix(white, light.haze, rng.random() * 0.5),
        )
        for _ in range(34)
    )


def butterfly(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A butterfly with open wings."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    light = sheet.light
    coat = subject.colour or (232, 134, 48)
    fold = 0.88 + 0.12 * sheet.wave(2, spot.x / 100)
    for side in (-1, 1):
        s = side * fold
        upper = smooth([(0, -0.52), (s * 0.2, -0.86), (s * 0.5, -0.96), (s * 0.52, -0.66), (s * 0.26, -0.46)])
        lower = smooth(
            [(0, -0.46), (s * 0.26, -0.44), (s * 0.42, -0.22), (s * 0.26, -0.06), (s * 0.08, -0.24)]
        )
        for wing, tone in ((upper, coat), (lower, turned(coat, hue=0.03, value=0.95))):
            pen.form(wing, (46, 34, 36))
            cx, cy = sum(p[0] for p in wing) / len(wing), sum(p[1] for p in wing) / len(wing)
            pen.form([(cx + (x - cx) * 0.8, cy + (y - cy) * 0.8) for x, y in wing], tone)
        for x, y, r in ((0.4, -0.84, 0.03), (0.46, -0.72, 0.024), (0.32, -0.18, 0.026)):
            pen.flat(oval(s * x, y, r, steps=14), light.lit((250, 244, 226)))
        for end in ((0.42, -0.8), (0.4, -0.66), (0.3, -0.24)):
            pen.line([(0, -0.5), (s * end[0], end[1])], 0.008, light.shaded((60, 40, 36)))
        pen.line(
            smooth([(0, -0.62), (side * 0.05, -0.8), (side * 0.12, -0.88)], closed=False),
            0.008,
            light.on((46, 36, 36)),
        )
    pen.form(limb((0, -0.64), (0, -0.24), 0.028, 0.016), (54, 42, 40))


def dragon(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A dragon in flight, breathing a little fire."""
    pen = Pen(sheet, spot.x, spot.y + sheet.wave(1) * 8, spot.scale, flip=spot.flip)
    light = sheet.light
    coat = subject.colour or (150, 52, 50)
    belly = mix(coat, (240, 210, 140), 0.6)
    lift = 0.06 * sheet.wave(2)

    def wing(x: float, tone: Colour, reach: float) -> None:
        root, wrist = (x, -0.5), (x - 0.06, -0.92 - lift)
        tips = [
            (x - 0.3 * reach, -1.02 - lift),
            (x - 0.52 * reach, -0.84 - lift),
            (x - 0.58 * reach, -0.6 - lift),
            (x - 0.46 * reach, -0.42),
        ]
        edge = [root, wrist, tips[0]]
        for a, c in pairwise(tips):
            edge += [((a[0] + c[0]) / 2 + 0.07, (a[1] + c[1]) / 2 + 0.03), c]
        pen.form(edge, tone)
        for tip in tips:
            pen.line([wrist, tip], 0.014, light.shaded(scaled(tone, 0.7)))
        pen.line([root, wrist], 0.03, light.shaded(scaled(tone, 0.8)))

    wing(0.2, scaled(coat, 0.66), 0.86)
    spine = smooth(
        [
            (-0.78, -0.2),
            (-0.56, -0.12),
            (-0.34, -0.26),
            (-0.1, -0.42),
            (0.18, -0.42),
            (0.36, -0.56),
            (0.46, -0.74),
        ],
        closed=False,
    )
    pen.form([(-0.9, -0.24), (-0.74, -0.29), (-0.72, -0.14)], scaled(coat, 0.8))
    pen.form(ribbon(spine, (0.02, 0.06, 0.12, 0.25, 0.27, 0.15, 0.11)), coat)
    for t in range(4, len(spine) - 3, 2):
        x, y = spine[t]
        h = 0.05 + 0.05 * math.sin(t / len(spine) * math.pi)
        w = 0.05 + 0.14 * math.sin(min(1.0, t / len(spine) * 1.3) * math.pi)
        pen.form(
            [(x - 0.03, y - w * 0.75), (x + 0.0, y - w * 0.75 - h), (x + 0.035, y - w * 0.75)],
            scaled(coat, 0.62),
        )
    pen.form(
        ribbon(
            smooth([(-0.16, -0.31), (0.1, -0.31), (0.3, -0.44), (0.4, -0.6)], closed=False),
            (0.03, 0.08, 0.07, 0.03),
        ),
        belly,
    )
    for x, y in ((-0.08, -0.34), (0.2, -0.34)):
        pen.form(
            ribbon([(x, y), (x - 0.06, y + 0.12), (x + 0.03, y + 0.2)], (0.11, 0.07, 0.04)),
            scaled(coat, 0.85),
        )
        for k in (-1, 0, 1):
            pen.line(
                [(x + 0.02, y + 0.19), (x + 0.06 + k * 0.012, y + 0.225 + k * 0.012)],
                0.012,
                light.on((240, 226, 190)),
            )
    pen.form([(0.4, -0.78), (0.26, -0.95), (0.46, -0.84)], (226, 206, 160))
    pen.form(
        smooth(
            [
                (0.36, -0.74),
                (0.44, -0.85),
                (0.56, -0.82),
                (0.74, -0.74),
                (0.75, -0.7),
                (0.6, -0.68),
                (0.7, -0.64),
                (0.52, -0.63),
                (0.4, -0.66),
            ]
        ),
        coat,
    )
    pen.flat(oval(0.535, -0.775, 0.022), (250, 214, 80))
    pen.flat(oval(0.538, -0.775, 0.007, 0.019), (20, 12, 12))
    pen.flat(oval(0.715, -0.73, 0.009, steps=8), (30, 16, 16))
    wing(0.06, coat, 1.0)
    if "sleeping" not in scene.traits:
        for along, r, tone in (
            (0.06, 0.03, (255, 244, 200)),
            (0.13, 0.045, (255, 214, 110)),
            (0.22, 0.06, (255, 150, 60)),
            (0.32, 0.07, (220, 84, 40)),
        ):
            sheet.puffs(
                [
                    (
                        *pen.at(
                            0.7 + along, -0.68 + along * 0.2 + 0.02 * math.sin(along * 30 + sheet.phase * 6)
                        ),
                        spot.scale * r,
                    )
                ],
                tone,
                blur=spot.scale * 0.02,
                opacity=0.85,
            )
        pen.glow(0.86, -0.66, 0.36, (255, 150, 60), 0.7)
