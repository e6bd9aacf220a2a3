"""Small things that stand in the open: flowers, mushrooms, a cactus, a snowman."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants
from jupyter_imagegen.providers.demo.geometry import limb, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


#: The colours of flowers that have one of their own.
BLOOMS: dict[str, Colour] = {
    "sunflower": (242, 188, 52),
    "rose": (196, 44, 62),
    "tulip": (220, 74, 84),
    "daisy": (248, 246, 240),
    "poppy": (222, 60, 44),
    "lily": (246, 226, 214),
    "orchid": (206, 120, 190),
}


def flower(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """One tall flower with leaves."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    petal = subject.colour or BLOOMS.get(subject.word.rstrip("s"), (226, 96, 120))
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
