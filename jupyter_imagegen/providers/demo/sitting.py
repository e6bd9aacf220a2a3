# ruff: noqa: C901, PLR0912 - a drawing is its coordinates, in their order
"""Animals that sit and look at us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.coats import coated
from jupyter_imagegen.providers.demo.geometry import limb, oval, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def sitting(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """An animal sitting, its face turned to the viewer."""
    b = coated(subject.kind, subject)
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.6)
    sway = 0.05 * sheet.wave(1)
    if b.tail == "brush":
        pen.form(
            smooth(
                [
                    (-0.2, -0.06),
                    (-0.42, -0.1),
                    (-0.56, -0.26 + sway),
                    (-0.6, -0.42 + sway),
                    (-0.46, -0.36 + sway),
                    (-0.36, -0.2),
                    (-0.12, -0.02),
                ]
            ),
            b.coat,
        )
        pen.form(smooth([(-0.53, -0.28 + sway), (-0.6, -0.42 + sway), (-0.47, -0.36 + sway)]), b.belly)
    else:
        pen.form(
            ribbon(
                smooth([(-0.16, -0.05), (-0.38, -0.04), (-0.44, -0.2), (-0.34, -0.32 + sway)], closed=False),
                (0.08, 0.07, 0.06, 0.035),
            ),
            b.coat,
        )
    pen.form(
        smooth(
            [
                (-0.25, 0.0),
                (-0.3, -0.16),
                (-0.23, -0.36),
                (-0.14, -0.58),
                (0.0, -0.64),
                (0.14, -0.58),
                (0.22, -0.36),
                (0.29, -0.16),
                (0.24, 0.0),
                (0.0, 0.012),
            ]
        ),
        b.coat,
    )
    pen.sheet.fill(
        pen.all(
            smooth([(-0.1, -0.5), (0.1, -0.5), (0.12, -0.3), (0.07, -0.1), (-0.07, -0.1), (-0.12, -0.3)])
        ),
        light.on(b.belly),
        opacity=0.92,
        blur=spot.scale * 0.014,
        edge=False,
    )
    for side in (-1, 1):
        pen.form(
            smooth(
                [
                    (side * 0.12, -0.03),
                    (side * 0.16, -0.19),
                    (side * 0.27, -0.2),
                    (side * 0.31, -0.07),
                    (side * 0.26, 0.0),
                ]
            ),
            b.coat,
        )
        pen.form(limb((side * 0.075, -0.34), (side * 0.085, -0.04), 0.05, 0.045), b.coat)
        pen.form(oval(side * 0.095, -0.02, 0.062, 0.036), mix(b.legs, b.belly, 0.45))
        for k in (-1, 1):
            pen.line(
                [(side * 0.095 + k * 0.02, -0.005), (side * 0.095 + k * 0.018, -0.032)],
                0.006,
                light.shaded(scaled(b.coat, 0.6)),
            )
    y, r = -0.73, 0.19
    for side in (-1, 1):
        if b.ears == "floppy":
            continue
        tall = {"tall": 0.2, "point": 0.15, "long": 0.4}.get(b.ears, 0.08)
        if b.ears == "long":
            pen.form(
                smooth(
                    [
                        (side * 0.04, y - r * 0.7),
                        (side * 0.05, y - r - 0.2),
                        (side * 0.1, y - r - tall + 0.08),
                        (side * 0.14, y - r - 0.18),
                        (side * 0.13, y - r * 0.6),
                    ]
                ),
                b.coat,
            )
            continue
        if b.ears == "round":
            pen.form(oval(side * 0.15, y - r * 0.74, 0.065), b.coat)
            continue
        pen.form(
            [(side * 0.055, y - r * 0.82), (side * 0.165, y - r - tall + 0.06), (side * 0.185, y - r * 0.2)],
            b.coat,
        )
        pen.flat(
            [(side * 0.085, y - r * 0.75), (side * 0.155, y - r - tall + 0.1), (side * 0.168, y - r * 0.38)],
            light.on(mix(b.coat, (232, 160, 150), 0.7)),
        )
    pen.ball(
        smooth(
            [
                (0, y - r * 0.86),
                (-0.13, y - r * 0.74),
                (-0.2, y - r * 0.1),
                (-0.17, y + r * 0.5),
                (0, y + r * 0.86),
                (0.17, y + r * 0.5),
                (0.2, y - r * 0.1),
                (0.13, y - r * 0.74),
            ]
        ),
        b.coat,
    )
    if b.extra in ("tabby", "stripes"):
        dark = light.shaded(scaled(b.coat, 0.6))
        for k in (-1, 0, 1):
            pen.line([(k * 0.045, y - r * 0.82), (k * 0.035, y - r * 0.44)], 0.018, dark)
        for side in (-1, 1):
            for k in range(3):
                pen.line(
                    smooth(
                        [
                            (side * 0.24, -0.33 + k * 0.075),
                            (side * 0.17, -0.31 + k * 0.07),
                            (side * 0.12, -0.3 + k * 0.07),
                        ],
                        closed=False,
                    ),
                    0.016,
                    dark,
                )
    for side in (-1, 1):
        pen.flat(oval(side * 0.055, y + 0.075, 0.068, 0.06), light.on(b.belly))
    if b.tail == "brush":
        for side in (-1, 1):
            pen.form(
                smooth(
                    [
                        (side * 0.06, y + 0.04),
                        (side * 0.21, y + 0.02),
                        (side * 0.16, y + 0.12),
                        (side * 0.04, y + 0.15),
                    ]
                ),
                b.belly,
            )
    if b.ears == "floppy":
        for side in (-1, 1):
            pen.form(
                smooth(
                    [
                        (side * 0.11, y - r * 0.7),
                        (side * 0.22, y - r * 0.5),
                        (side * 0.27, y + 0.06),
                        (side * 0.2, y + 0.13),
                        (side * 0.15, y - 0.02),
                    ]
                ),
                scaled(b.coat, 0.66),
            )
    iris: Colour = (92, 140, 70) if subject.kind == "cat" else (96, 62, 36)
    for side in (-1, 1):
        pen.flat(oval(side * 0.082, y - 0.01, 0.04, 0.042), (30, 24, 24))
        pen.flat(oval(side * 0.082, y - 0.01, 0.034, 0.036), iris)
        pen.flat(
            oval(
                side * 0.082,
                y - 0.01,
                0.013 if subject.kind == "cat" else 0.021,
                0.03 if subject.kind == "cat" else 0.022,
            ),
            (18, 14, 16),
        )
        pen.flat(oval(side * 0.082 - 0.013, y - 0.024, 0.009, steps=10), (255, 255, 255))
    pen.flat(
        smooth([(-0.028, y + 0.045), (0.028, y + 0.045), (0, y + 0.072)], steps=4),
        (206, 116, 112) if subject.kind in ("cat", "rabbit") else (36, 28, 30),
    )
    for side in (-1, 1):
        pen.line(
            smooth([(0, y + 0.072), (side * 0.014, y + 0.1), (side * 0.05, y + 0.1)], closed=False),
            0.008,
            light.shaded((96, 56, 50)),
        )
        if subject.kind in ("cat", "fox", "tiger", "rabbit"):
            for k in range(3):
                pen.line(
                    [(side * 0.07, y + 0.07 + k * 0.014), (side * 0.24, y + 0.045 + k * 0.035)],
                    0.004,
                    light.lit((248, 246, 240)),
                )
