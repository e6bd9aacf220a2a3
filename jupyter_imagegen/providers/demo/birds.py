"""Birds in the air, on a branch, on water and on ice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, oval, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


_FEATHERS: dict[str, Colour] = {
    "robin": (126, 106, 88),
    "raven": (40, 42, 52),
    "crow": (36, 38, 46),
    "parrot": (44, 150, 84),
    "dove": (236, 234, 232),
    "seagull": (238, 240, 242),
    "gull": (238, 240, 242),
    "swallow": (44, 62, 104),
    "eagle": (92, 66, 48),
    "heron": (142, 156, 176),
    "swan": (246, 244, 240),
}


def bird(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A bird on the wing."""
    pen = Pen(sheet, spot.x, spot.y + sheet.wave(1, spot.x / 300) * 8, spot.scale, flip=spot.flip)
    light = sheet.light
    coat = subject.colour or _FEATHERS.get(subject.word, (74, 118, 176))
    breast: Colour = (214, 98, 58) if subject.word == "robin" else mix(coat, (250, 244, 232), 0.7)
    lift = 0.06 * sheet.wave(2, spot.x / 500)
    y = -0.4
    far_wing = smooth(
        [
            (0.02, y - 0.06),
            (0.16, y - 0.34 - lift),
            (0.3, y - 0.52 - lift),
            (0.12, y - 0.4 - lift),
            (-0.08, y - 0.04),
        ]
    )
    pen.form(far_wing, scaled(coat, 0.7))
    pen.form(
        smooth([(-0.3, y + 0.0), (-0.56, y + 0.05), (-0.6, y + 0.11), (-0.42, y + 0.12), (-0.24, y + 0.08)]),
        scaled(coat, 0.85),
    )
    pen.form(
        smooth(
            [
                (-0.34, y + 0.04),
                (-0.1, y - 0.1),
                (0.16, y - 0.13),
                (0.32, y - 0.1),
                (0.36, y - 0.02),
                (0.26, y + 0.08),
                (0.02, y + 0.14),
                (-0.2, y + 0.1),
            ]
        ),
        coat,
    )
    sheet.fill(
        pen.all(
            smooth([(0.3, y + 0.0), (0.22, y + 0.08), (0.02, y + 0.135), (-0.16, y + 0.1), (0.06, y + 0.03)])
        ),
        light.on(breast),
        opacity=0.95,
        edge=False,
    )
    pen.form([(0.345, y - 0.06), (0.46, y - 0.015), (0.345, y + 0.01)], (232, 168, 64))
    pen.eye(0.285, y - 0.055, 0.02)
    near = smooth(
        [
            (0.1, y - 0.05),
            (-0.02, y - 0.4 + lift),
            (-0.22, y - 0.58 + lift),
            (-0.34, y - 0.52 + lift),
            (-0.26, y - 0.24),
            (-0.14, y + 0.02),
        ]
    )
    pen.form(near, turned(coat, value=1.06))
    for k in range(5):
        t = k / 5
        pen.line(
            smooth(
                [
                    (-0.02 - 0.08 * t, y - 0.02),
                    (-0.1 - 0.1 * t, y - 0.24 + lift),
                    (-0.16 - 0.15 * t, y - 0.5 + 0.16 * t + lift),
                ],
                closed=False,
            ),
            0.007,
            light.shaded(coat),
        )


def owl(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """An owl on a branch, facing us."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    light = sheet.light
    coat = subject.colour or (138, 104, 74)
    pale = mix(coat, (248, 238, 218), 0.7)
    pen.form(
        ribbon(
            smooth([(-0.7, -0.02), (-0.2, -0.07), (0.3, -0.05), (0.75, -0.12)], closed=False),
            (0.06, 0.09, 0.07, 0.04),
        ),
        (96, 72, 56),
    )
    pen.form([(-0.1, -0.12), (0.1, -0.12), (0.07, 0.14), (-0.07, 0.14)], scaled(coat, 0.7))
    for side in (-1, 1):
        pen.form([(side * 0.1, -0.9), (side * 0.24, -1.02), (side * 0.26, -0.8)], coat)
    pen.ball(
        smooth(
            [
                (0, -0.95),
                (-0.24, -0.88),
                (-0.3, -0.62),
                (-0.29, -0.34),
                (-0.16, -0.1),
                (0, -0.06),
                (0.16, -0.1),
                (0.29, -0.34),
                (0.3, -0.62),
                (0.24, -0.88),
            ]
        ),
        coat,
    )
    pen.form(smooth([(0, -0.6), (-0.17, -0.5), (-0.16, -0.24), (0, -0.1), (0.16, -0.24), (0.17, -0.5)]), pale)
    for row in range(5):
        for k in range(-2 + row % 2, 3):
            x, y = k * 0.065 - (row % 2) * 0.0325, -0.5 + row * 0.075
            if abs(x) < 0.15 - abs(row - 2) * 0.012:
                pen.line(arc(x, y, 0.026, 20, 160, steps=6), 0.009, light.shaded(coat))
    for side in (-1, 1):
        pen.form(
            smooth(
                [
                    (side * 0.22, -0.66),
                    (side * 0.33, -0.5),
                    (side * 0.3, -0.22),
                    (side * 0.17, -0.12),
                    (side * 0.2, -0.4),
                ]
            ),
            scaled(coat, 0.8),
        )
        pen.flat(oval(side * 0.115, -0.74, 0.125), light.on(pale))
        pen.flat(oval(side * 0.115, -0.74, 0.078), (236, 176, 50))
        pen.flat(oval(side * 0.115, -0.74, 0.046), (20, 16, 18))
        pen.flat(oval(side * 0.115 - 0.02, -0.765, 0.016, steps=10), (255, 255, 255))
        for k in (-1, 0, 1):
            pen.form(oval(side * 0.09 + k * 0.028, -0.06, 0.017, 0.035), (226, 176, 76))
    pen.form([(-0.03, -0.69), (0.03, -0.69), (0, -0.6)], (222, 164, 66))


def duck(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A duck or swan on the water."""
    pen = Pen(sheet, spot.x, spot.y + sheet.wave(1, spot.x / 250) * 3, spot.scale, flip=spot.flip)
    light = sheet.light
    swan = subject.word in ("swan", "goose")
    coat = subject.colour or ((246, 244, 238) if swan else (150, 118, 84))
    sheet.shadow(
        oval(*pen.at(0, 0.03), spot.scale * 0.5, spot.scale * 0.06), opacity=0.4, blur=spot.scale * 0.02
    )
    top = -0.86 if swan else -0.6
    pen.form(
        ribbon(
            smooth([(0.22, -0.12), (0.36, -0.3), (0.26, top * 0.72), (0.34, top)], closed=False),
            (0.22, 0.14, 0.09, 0.11),
        ),
        coat if swan else (40, 104, 72),
    )
    pen.ball(oval(0.36, top, 0.1, 0.085), coat if swan else (40, 112, 76))
    pen.form(
        smooth([(0.43, top - 0.02), (0.58, top + 0.03), (0.56, top + 0.06), (0.42, top + 0.04)]),
        (236, 150, 50),
    )
    pen.eye(0.39, top - 0.02, 0.016)
    pen.form(
        smooth(
            [
                (-0.5, -0.24),
                (-0.3, -0.2),
                (0.0, -0.3),
                (0.28, -0.2),
                (0.34, -0.06),
                (0.2, 0.03),
                (-0.26, 0.03),
                (-0.42, -0.08),
            ]
        ),
        coat,
    )
    pen.form(
        smooth([(-0.42, -0.24), (-0.1, -0.32), (0.12, -0.2), (0.06, -0.08), (-0.2, -0.08)]),
        scaled(coat, 0.93),
    )
    for k in range(3):
        pen.line(
            smooth(
                [(-0.3 + 0.03 * k, -0.2 + 0.035 * k), (-0.1, -0.2 + 0.04 * k), (0.06, -0.16 + 0.03 * k)],
                closed=False,
            ),
            0.006,
            light.shaded(coat),
        )


def penguin(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A penguin."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    coat = subject.colour or (44, 50, 66)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.5)
    for side in (-1, 1):
        pen.form(oval(side * 0.12, -0.02, 0.1, 0.035), (236, 160, 60))
        pen.form(
            smooth([(side * 0.22, -0.66), (side * 0.36, -0.42), (side * 0.36, -0.26), (side * 0.24, -0.36)]),
            scaled(coat, 0.9),
        )
    pen.ball(
        smooth(
            [
                (0, -1.0),
                (-0.16, -0.94),
                (-0.2, -0.76),
                (-0.27, -0.5),
                (-0.24, -0.14),
                (0, -0.01),
                (0.24, -0.14),
                (0.27, -0.5),
                (0.2, -0.76),
                (0.16, -0.94),
            ]
        ),
        coat,
    )
    pen.form(
        smooth(
            [
                (0, -0.72),
                (-0.15, -0.66),
                (-0.19, -0.36),
                (-0.12, -0.07),
                (0.12, -0.07),
                (0.19, -0.36),
                (0.15, -0.66),
            ]
        ),
        (248, 246, 240),
    )
    for side in (-1, 1):
        pen.form(oval(side * 0.075, -0.82, 0.075, 0.085), (248, 246, 240))
        pen.eye(side * 0.06, -0.84, 0.022)
    pen.form([(-0.045, -0.8), (0.045, -0.8), (0, -0.72)], (240, 170, 60))
