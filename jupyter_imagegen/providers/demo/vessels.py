# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""What moves on water, road, rail and in the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import box, oval, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
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


def ship(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A three-masted ship under full sail."""
    pen = _afloat(sheet, spot, 0.95)
    light = sheet.light
    hull = subject.colour or (110, 70, 48)
    sail: Colour = (240, 230, 208)
    wood = light.on((92, 64, 46))
    pen.line([(0.4, -0.17), (0.64, -0.3)], 0.016, wood)
    for x, top, width in ((-0.26, 0.72, 0.24), (0.02, 0.92, 0.3), (0.28, 0.76, 0.25)):
        pen.line([(x, -0.1), (x, -top)], 0.016, wood)
        rows = 3
        for row in range(rows):
            y1 = -0.2 - (top - 0.24) * row / rows
            y0 = y1 - (top - 0.24) / rows * 0.86
            w0, w1 = width * (0.42 - 0.07 * (row + 1)), width * (0.48 - 0.07 * row)
            belly = smooth(
                [
                    (x - w0, y0),
                    (x + w0, y0),
                    (x + w0 + 0.02, (y0 + y1) / 2),
                    (x + w1 + 0.015, y1),
                    (x, y1 - 0.03),
                    (x - w1 + 0.015, y1),
                    (x - w0 + 0.035, (y0 + y1) / 2),
                ],
                steps=4,
            )
            pen.form(belly, scaled(sail, 1 - 0.03 * row))
            pen.line([(x - w0 - 0.02, y0), (x + w0 + 0.02, y0)], 0.01, wood)
        pen.flat(
            [(x, -top - 0.035), (x - 0.1, -top - 0.02 + 0.01 * sheet.wave(3)), (x, -top)],
            light.on((190, 50, 46)),
        )
    pen.form([(0.32, -0.2), (0.6, -0.285), (0.33, -0.62)], scaled(sail, 0.94))
    for a, b in (
        ((0.28, -0.76), (0.62, -0.29)),
        ((0.02, -0.92), (0.28, -0.2)),
        ((-0.26, -0.72), (-0.46, -0.26)),
    ):
        pen.line([a, b], 0.004, wood)
    body = [
        (-0.5, -0.26),
        (-0.36, -0.22),
        (-0.32, -0.15),
        (0.3, -0.14),
        (0.44, -0.2),
        *smooth([(0.44, -0.2), (0.38, -0.05), (0.28, 0.03)], closed=False),
        (-0.36, 0.03),
        (-0.45, -0.04),
    ]
    pen.form(body, hull)
    pen.line([(-0.46, -0.11), (-0.2, -0.085), (0.2, -0.08), (0.39, -0.11)], 0.02, light.lit((214, 164, 80)))
    for i in range(9):
        pen.flat(box(-0.36 + i * 0.08, -0.065, -0.33 + i * 0.08, -0.035), light.shaded((40, 28, 24)))
    for i in range(3):
        pen.flat(
            box(-0.475 + i * 0.035, -0.22, -0.455 + i * 0.035, -0.17),
            (255, 210, 120) if light.lamps else light.on((60, 70, 90)),
        )
    _ripples(pen, 1.0)


def steamer(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A steamship with two funnels and rows of portholes."""
    pen = _afloat(sheet, spot, 1.1)
    light = sheet.light
    hull = subject.colour or (42, 52, 72)
    for i in range(9):
        x, y = -0.06 - 0.09 * i, -0.52 - 0.025 * i - 0.01 * sheet.wave(1, i * 0.3)
        sheet.puffs(
            [(*pen.at(x, y), spot.scale * (0.03 + 0.012 * i))],
            light.shaded((150, 146, 150)),
            blur=spot.scale * 0.02,
            opacity=0.5 - 0.04 * i,
        )
    for x in (-0.08, 0.12):
        pen.form([(x - 0.045, -0.26), (x - 0.06, -0.5), (x + 0.03, -0.5), (x + 0.045, -0.26)], (190, 66, 48))
        pen.flat(
            [(x - 0.056, -0.44), (x - 0.06, -0.5), (x + 0.03, -0.5), (x + 0.033, -0.44)],
            light.shaded((40, 38, 42)),
        )
    pen.form(box(-0.36, -0.2, 0.34, -0.12), (240, 236, 226))
    pen.form(box(-0.28, -0.28, 0.26, -0.2), (236, 230, 218))
    lit: Colour = (255, 214, 130) if light.lamps else light.shaded((70, 90, 116))
    for i in range(14):
        pen.flat(oval(-0.33 + i * 0.05, -0.16, 0.011, steps=10), lit)
    for i in range(10):
        pen.flat(oval(-0.25 + i * 0.053, -0.24, 0.011, steps=10), lit)
    pen.form(
        [
            (-0.52, -0.14),
            (0.56, -0.17),
            *smooth([(0.56, -0.17), (0.48, -0.03), (0.42, 0.03)], closed=False),
            (-0.44, 0.03),
        ],
        hull,
    )
    pen.line([(-0.47, -0.01), (0.44, -0.01)], 0.024, light.on((170, 48, 44)))
    for x in (-0.42, 0.44):
        pen.line([(x, -0.14), (x, -0.46)], 0.01, light.on((110, 90, 70)))
    _ripples(pen, 1.2)
