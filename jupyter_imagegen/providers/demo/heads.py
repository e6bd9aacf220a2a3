# ruff: noqa: C901, PLR0912 - a drawing is its coordinates, in their order
"""Animals' heads, from the side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import Point, oval, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.coats import Build
    from jupyter_imagegen.providers.demo.sheet import Pen


def head_of(pen: Pen, b: Build, head: Point) -> None:
    """Draw the head in profile: ears, skull, muzzle, eye, and what the kind wears on it."""
    light = pen.sheet.light
    x, y = head
    r = b.head
    if b.extra == "lion":
        for ring, tone in ((1.75, (122, 70, 38)), (1.42, (158, 96, 48))):
            points = [
                (
                    x - 0.02 + math.cos(a) * r * ring * (1 + 0.07 * math.sin(k * 2.4)),
                    y + 0.02 + math.sin(a) * r * ring * (1 + 0.07 * math.cos(k * 3.1)),
                )
                for k, a in enumerate(i * math.tau / 26 for i in range(26))
            ]
            pen.form(smooth(points, steps=3), tone)
    if b.extra in ("mane", "horn"):
        hair = scaled(b.coat, 0.42) if b.extra == "mane" else (206, 170, 214)
        chest = b.length / 2
        pen.form(
            smooth(
                [
                    (x - r * 0.2, y - r * 0.9),
                    (x - r * 0.9, y - r * 0.2),
                    (chest - 0.1, -b.back - b.deep * 0.95),
                    (chest - 0.02, -b.back - b.deep * 0.5),
                    (x - r * 0.5, y + r * 0.4),
                    (x, y - r * 0.4),
                ]
            ),
            hair,
        )
    ear_of(pen, b, x - r * 0.1, y - r * 0.7, far=True)
    slant = 0.26 if b.extra in ("mane", "horn", "antlers", "patches", "wool") else 0.1
    mx, my = x + b.muzzle + r * 0.35, y + r * 0.3 + b.muzzle * slant * 2
    coat = (62, 54, 52) if b.extra == "wool" else b.coat
    skull = smooth(
        [
            (x - r * 0.82, y + r * 0.1),
            (x - r * 0.55, y - r * 0.72),
            (x + r * 0.15, y - r * 0.85),
            (x + r * 0.72, y - r * 0.3),
            (mx, my - b.snout * 0.8),
            (mx + b.snout * 0.5, my),
            (mx - b.snout * 0.1, my + b.snout * 0.75),
            (x + r * 0.45, y + r * 0.76),
            (x - r * 0.3, y + r * 0.8),
        ]
    )
    if b.extra == "trunk":
        sway = 0.03 * pen.sheet.wave(1)
        pen.form(
            ribbon(
                smooth(
                    [
                        (x + r * 0.5, y),
                        (x + r * 1.2, y + r * 0.8),
                        (x + r * 1.25, y + r * 2.2),
                        (x + r * 1.5 + sway, y + r * 3.2),
                    ],
                    closed=False,
                ),
                (r * 0.9, r * 0.6, r * 0.4, r * 0.25),
            ),
            coat,
        )
        pen.form(
            smooth(
                [
                    (x + r * 0.5, y + r * 0.6),
                    (x + r * 1.1, y + r * 1.2),
                    (x + r * 1.9, y + r * 1.1),
                    (x + r * 1.1, y + r * 1.0),
                ]
            ),
            (246, 238, 220),
        )
    pen.form(skull, coat)
    if b.belly != b.coat and b.extra not in ("wool", "patches"):
        # The pale cheek and jaw.
        pen.flat(
            smooth(
                [
                    (x + r * 0.35, y + r * 0.2),
                    (mx - b.snout * 0.3, my + b.snout * 0.05),
                    (mx - b.snout * 0.2, my + b.snout * 0.6),
                    (x + r * 0.4, y + r * 0.72),
                    (x - r * 0.25, y + r * 0.74),
                    (x - r * 0.1, y + r * 0.3),
                ]
            ),
            light.on(b.belly),
        )
    if b.extra == "patches":
        pen.form(oval(mx - 0.015, my + 0.005, b.snout * 0.75, b.snout * 0.7), (236, 180, 170))
    if b.extra == "stripes":
        for k in range(3):
            pen.line(
                [(x - r * 0.3 + k * r * 0.25, y - r * 0.78), (x - r * 0.25 + k * r * 0.25, y - r * 0.45)],
                0.014,
                light.shaded((44, 30, 26)),
            )
    nose = (mx + b.snout * 0.28, my - b.snout * 0.28)
    pen.flat(oval(*nose, b.snout * 0.36, b.snout * 0.3), (34, 26, 28))
    pen.flat(oval(nose[0] - 0.004, nose[1] - 0.006, b.snout * 0.1, steps=8), (150, 140, 140))
    pen.line(
        smooth(
            [
                (nose[0] - b.snout * 0.1, my + b.snout * 0.25),
                (mx - b.snout * 0.6, my + b.snout * 0.4),
                (mx - b.muzzle * 0.6, my + b.snout * 0.2),
            ],
            closed=False,
        ),
        0.008,
        light.shaded(scaled(coat, 0.4)),
    )
    pen.eye(x + r * 0.36, y - r * 0.16, r * 0.125)
    ear_of(pen, b, x - r * 0.22, y - r * 0.62, far=False)
    if b.extra == "antlers":
        bone = light.on((196, 166, 124))
        for side in (-0.05, 0.02):
            main = smooth(
                [(x + side, y - r * 0.8), (x - 0.06 + side, y - 0.2), (x - 0.02 + side * 2, y - 0.36)],
                closed=False,
            )
            pen.line(main, 0.02, bone)
            for px, py, dx in ((-0.045, -0.18, 0.08), (-0.05, -0.25, 0.1), (-0.035, -0.3, -0.07)):
                pen.line([(x + px + side, y + py), (x + px + dx + side, y + py - 0.07)], 0.014, bone)
    if b.extra == "horn":
        pen.form(
            [(x + r * 0.1, y - r * 0.75), (x + r * 0.5, y - r * 0.62), (x + r * 0.9, y - r * 2.7)],
            (236, 204, 120),
        )


def ear_of(pen: Pen, b: Build, x: float, y: float, *, far: bool) -> None:
    """Draw one ear; the far one is darker."""
    coat = scaled(b.coat, 0.78) if far else b.coat
    if b.extra == "wool":
        coat = (62, 54, 52)
    inner = mix(b.coat, (232, 170, 160), 0.6)
    r = b.head
    shift = 0.07 if far else 0.0
    x += shift
    match b.ears:
        case "tall" | "point":
            high = r * (1.15 if b.ears == "tall" else 0.9)
            pen.form(
                [(x - r * 0.42, y + r * 0.2), (x - r * 0.22, y - high), (x + r * 0.34, y + r * 0.02)], coat
            )
            if not far:
                pen.flat(
                    [
                        (x - r * 0.26, y + r * 0.06),
                        (x - r * 0.18, y - high * 0.7),
                        (x + r * 0.14, y + r * 0.0),
                    ],
                    pen.sheet.light.shaded(scaled(inner, 0.7)),
                )
                if b.ears == "tall":
                    pen.flat(
                        [
                            (x - r * 0.295, y - high * 0.62),
                            (x - r * 0.22, y - high),
                            (x - r * 0.03, y - high * 0.6),
                        ],
                        pen.sheet.light.shaded((44, 32, 30)),
                    )
        case "floppy":
            if not far:
                pen.form(
                    smooth(
                        [
                            (x - r * 0.1, y + r * 0.05),
                            (x - r * 0.6, y + r * 0.3),
                            (x - r * 0.62, y + r * 1.1),
                            (x - r * 0.2, y + r * 1.2),
                            (x + r * 0.1, y + r * 0.5),
                        ]
                    ),
                    scaled(b.coat, 0.66),
                )
        case "long":
            pen.form(
                smooth(
                    [
                        (x - r * 0.25, y + r * 0.3),
                        (x - r * 0.62, y - r * 0.9),
                        (x - r * 0.5, y - r * 2.0),
                        (x - r * 0.16, y - r * 1.1),
                        (x + r * 0.1, y + r * 0.2),
                    ]
                ),
                coat,
            )
            if not far:
                pen.flat(
                    smooth(
                        [
                            (x - r * 0.24, y),
                            (x - r * 0.46, y - r * 0.9),
                            (x - r * 0.42, y - r * 1.6),
                            (x - r * 0.22, y - r * 0.9),
                        ]
                    ),
                    pen.sheet.light.on(inner),
                    opacity=0.95,
                )
        case "leaf":
            pen.form(
                smooth(
                    [
                        (x, y + r * 0.2),
                        (x - r * 0.7, y - r * 0.25),
                        (x - r * 1.1, y - r * 0.05),
                        (x - r * 0.6, y + r * 0.32),
                    ]
                ),
                coat,
            )
        case "sail":
            if not far:
                pen.form(
                    smooth(
                        [
                            (x + r * 0.3, y + r * 0.3),
                            (x - r * 0.5, y - r * 0.4),
                            (x - r * 1.5, y),
                            (x - r * 1.6, y + r * 1.1),
                            (x - r * 0.8, y + r * 1.9),
                            (x, y + r * 1.4),
                        ]
                    ),
                    scaled(b.coat, 0.9),
                )
        case _:
            pen.form(oval(x, y - r * 0.05, r * 0.3, r * 0.34), coat)
            if not far:
                pen.flat(oval(x + r * 0.02, y - r * 0.02, r * 0.16, r * 0.2), pen.sheet.light.shaded(inner))
