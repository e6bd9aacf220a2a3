# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""What moves on water, road, rail and in the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import oval, smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def _afloat(sheet: Sheet, spot: Spot, width: float) -> Pen:
    """A pen for something on water: it bobs, and its reflection and bow wave lie under it."""
    y = spot.y + sheet.wave(1, spot.x / 400) * spot.scale * 0.012
    if sheet.layer == "back":
        w = width * spot.scale
        sheet.shadow(oval(spot.x, y + w * 0.06, w * 0.52, w * 0.09), opacity=0.42, blur=w * 0.03)
    return Pen(sheet, spot.x, y, spot.scale, flip=spot.flip)


def _ripples(pen: Pen, width: float) -> None:
    rng, light = pen.sheet.rng, pen.sheet.light
    if pen.sheet.layer != "back":
        return
    foam = mix(light.haze, (246, 250, 252), 0.55)
    pen.sheet.dabs(
        (
            *pen.at(rng.uniform(-0.6, 0.6) * width, 0.012 + abs(rng.gauss(0, 0.012))),
            pen.size * width * rng.uniform(0.02, 0.1),
            pen.size * 0.005,
            mix(foam, light.haze, rng.random() * 0.6),
        )
        for _ in range(22)
    )


def sailboat(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A sloop with mainsail and jib, and their reflection."""
    pen = _afloat(sheet, spot, 0.62)
    light = sheet.light
    hull = subject.colour if subject.colour is not None and sum(subject.colour) < 560 else (150, 66, 48)
    sail = subject.colour or (246, 240, 228)
    if sheet.layer == "back":
        for y0, y1, half, tone in ((0.03, 0.1, 0.25, hull), (0.1, 0.42, 0.13, sail)):
            pen.sheet.fill(
                pen.all([(-half, y0), (half, y0), (half * 0.4, y1), (-half * 0.5, y1)]),
                light.on(tone),
                opacity=0.3,
                blur=spot.scale * 0.018,
                edge=False,
            )
    pen.line([(0, -0.05), (0.012, -1.0)], 0.014, light.on((120, 88, 62)))
    main = [
        (-0.012, -0.97),
        *smooth([(-0.015, -0.97), (-0.12, -0.55), (-0.3, -0.17)], closed=False),
        (-0.012, -0.145),
    ]
    jib = [(0.02, -0.86), *smooth([(0.02, -0.86), (0.17, -0.5), (0.31, -0.14)], closed=False), (0.035, -0.17)]
    pen.form(main, sail)
    pen.form(jib, scaled(sail, 0.95))
    for t in (0.3, 0.52, 0.74):
        y = -0.97 + 0.82 * t
        pen.line([(-0.012, y + 0.02), (-0.03 - 0.26 * t**1.25, y)], 0.005, light.shaded(sail))
    pen.line([(-0.32, -0.16), (0.01, -0.14)], 0.014, light.on((120, 88, 62)))
    pen.form(
        [
            (-0.33, -0.1),
            (0.36, -0.115),
            *smooth([(0.36, -0.115), (0.27, -0.01), (0.16, 0.03)], closed=False),
            (-0.22, 0.03),
            (-0.31, -0.02),
        ],
        hull,
    )
    pen.line([(-0.33, -0.1), (0.36, -0.115)], 0.016, light.lit((240, 232, 214)))
    pen.form([(-0.16, -0.1), (-0.14, -0.145), (0.1, -0.145), (0.14, -0.108)], (222, 206, 180))
    flutter = 0.012 * sheet.wave(3)
    pen.flat([(0.012, -1.0), (-0.09, -0.985 + flutter), (0.012, -0.965)], light.on((200, 60, 52)))
    _ripples(pen, 0.66)
