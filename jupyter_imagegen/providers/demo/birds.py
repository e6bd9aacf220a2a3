"""Birds in the air, on a branch, on water and on ice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, oval, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


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
