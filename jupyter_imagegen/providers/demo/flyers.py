"""What hangs or flies in the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import oval, smooth
from jupyter_imagegen.providers.demo.palette import scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def balloon(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A toy balloon on a string; the spot is the end of the string."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colour = subject.colour or (206, 48, 44)
    sway = 0.03 * sheet.wave(1, spot.x / 300)
    pen.line(
        smooth([(sway, -0.5), (0.03, -0.34), (-0.03, -0.18), (0.01, 0)], closed=False),
        0.008,
        sheet.light.on((236, 232, 224)),
    )
    pen.form([(sway, -0.52), (sway - 0.03, -0.485), (sway + 0.03, -0.485)], scaled(colour, 0.85))
    skin = smooth(
        [
            (sway, -0.51),
            (sway - 0.15, -0.64),
            (sway - 0.2, -0.8),
            (sway - 0.14, -0.95),
            (sway, -1.0),
            (sway + 0.14, -0.95),
            (sway + 0.2, -0.8),
            (sway + 0.15, -0.64),
        ]
    )
    pen.ball(skin, colour)
    side = sheet.light.side * pen.sign
    pen.flat(
        oval(sway + side * 0.085, -0.88, 0.03, 0.055, turn=24 * side), (255, 255, 255), opacity=0.6, blur=0.01
    )


def kite(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A diamond kite with a bowed tail."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colour = subject.colour or (226, 84, 60)
    tilt = 0.03 * sheet.wave(1)
    pen.line(
        smooth([(0, -0.4), (-0.08, -0.24), (0.06, -0.12), (-0.02, 0.06)], closed=False),
        0.008,
        sheet.light.on((230, 226, 216)),
    )
    pen.form([(tilt, -1.0), (-0.26, -0.74), (0, -0.4)], colour)
    pen.form([(tilt, -1.0), (0.26, -0.74), (0, -0.4)], turned(colour, hue=0.1, value=1.1))
    pen.line([(-0.26, -0.74), (0.26, -0.74)], 0.01, sheet.light.on((120, 90, 64)))
    for x, y in ((-0.045, -0.28), (0.015, -0.17), (0.03, -0.08)):
        pen.flat([(x, y), (x - 0.05, y - 0.03), (x - 0.05, y + 0.03)], sheet.light.on(colour))
        pen.flat([(x, y), (x + 0.05, y - 0.03), (x + 0.05, y + 0.03)], sheet.light.on(colour))
