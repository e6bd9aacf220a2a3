"""Robots and astronauts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, box, limb, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, scaled, turned
from jupyter_imagegen.providers.demo.people import book_in_hand
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def robot(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A friendly robot with glowing eyes."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    metal = subject.colour or (150, 176, 186)
    dark: Colour = (62, 72, 84)
    accent: Colour = (238, 148, 62)
    glow: Colour = (110, 232, 240)
    reading = "reading" in scene.traits or scene.subject("book") is not None
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.6, opacity=0.5)
    for side in (-1, 1):
        pen.form(rounded(side * 0.11 - 0.045, -0.26, side * 0.11 + 0.045, -0.06, 0.02), dark)
        for k in range(3):
            pen.line(
                [(side * 0.11 - 0.045, -0.2 + k * 0.05), (side * 0.11 + 0.045, -0.2 + k * 0.05)],
                0.01,
                light.lit(metal),
            )
        pen.form(
            smooth(
                [
                    (side * 0.11 - 0.08, 0),
                    (side * 0.11 - 0.075, -0.06),
                    (side * 0.11, -0.09),
                    (side * 0.11 + 0.075, -0.06),
                    (side * 0.11 + 0.08, 0),
                ],
                steps=4,
            ),
            metal,
        )
    pen.form(rounded(-0.05, -0.66, 0.05, -0.56, 0.02), dark)
    pen.form(rounded(-0.22, -0.6, 0.22, -0.22, 0.07), metal)
    pen.form(rounded(-0.15, -0.52, 0.15, -0.31, 0.03), scaled(metal, 0.72))
    for k, tone in enumerate(((236, 92, 80), (240, 196, 84), (112, 206, 120))):
        pen.flat(oval(-0.09 + 0.065 * k, -0.35, 0.018, steps=14), tone)
        if light.lamps:
            pen.glow(-0.09 + 0.065 * k, -0.35, 0.06, tone, 0.7)
    pen.line(arc(0, -0.43, 0.07, 180, 360, steps=10), 0.012, light.lit(accent))
    pen.line([(0, -0.43), (0.045, -0.475)], 0.01, light.lit(accent))
    for x, y in ((-0.19, -0.57), (0.19, -0.57), (-0.19, -0.25), (0.19, -0.25)):
        pen.flat(oval(x, y, 0.011, steps=8), light.shaded(dark))
    lift = 0.02 * sheet.wave(1)
    for side in (-1, 1):
        shoulder = (side * 0.25, -0.53)
        hand = (side * 0.1, -0.4 + lift) if reading else (side * 0.36, -0.3 + lift * side)
        elbow = (side * 0.34, -0.38)
        pen.form(ribbon(smooth([shoulder, elbow, hand], closed=False), (0.07, 0.06, 0.055)), dark)
        pen.ball(oval(*shoulder, 0.062), metal)
        pen.ball(oval(*elbow, 0.04), accent)
        pen.ball(oval(*hand, 0.048), metal)
    if reading:
        book_in_hand(pen, 0, -0.42 + lift, 0.15)
    pen.line([(0, -0.92), (0, -1.0)], 0.014, light.on(dark))
    pen.ball(oval(0, -1.01, 0.026), accent)
    pen.glow(0, -1.01, 0.1, accent, 0.5 + 0.3 * sheet.wave(2))
    for side in (-1, 1):
        pen.form(rounded(side * 0.235 - 0.03, -0.83, side * 0.235 + 0.03, -0.72, 0.02), accent)
    pen.form(rounded(-0.22, -0.93, 0.22, -0.63, 0.1), metal)
    pen.form(rounded(-0.17, -0.88, 0.17, -0.69, 0.07), (34, 42, 54))
    y = -0.79 + (0.02 if reading else 0)
    for side in (-1, 1):
        pen.flat(oval(side * 0.08, y, 0.036, 0.042), glow)
        pen.glow(side * 0.08, y, 0.12, glow, 0.7)
        pen.flat(oval(side * 0.08 - 0.01, y - 0.014, 0.011, steps=10), (255, 255, 255))
    pen.line(arc(0, y + 0.03, 0.05, 30, 150, steps=8), 0.011, glow)
    pen.flat(
        smooth([(-0.15, -0.87), (-0.04, -0.88), (-0.12, -0.78), (-0.16, -0.76)]),
        (255, 255, 255),
        opacity=0.12,
    )


def astronaut(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """An astronaut in a white suit with a golden visor."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    suit = subject.colour or (232, 232, 236)
    band: Colour = (206, 92, 52)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.55, opacity=0.7)
    pen.form(rounded(-0.24, -0.78, 0.24, -0.36, 0.05), scaled(suit, 0.8))
    for side in (-1, 1):
        pen.form(
            ribbon(
                smooth([(side * 0.085, -0.42), (side * 0.11, -0.22), (side * 0.115, -0.05)], closed=False),
                (0.17, 0.15, 0.135),
            ),
            suit,
        )
        pen.form(
            smooth(
                [
                    (side * 0.115 - 0.085, 0),
                    (side * 0.115 - 0.085, -0.07),
                    (side * 0.115 + 0.07, -0.075),
                    (side * 0.115 + 0.1, 0),
                ],
                steps=4,
            ),
            (96, 100, 112),
        )
        for k in (0.28, 0.14):
            pen.line(arc(side * 0.105, -k - 0.03, 0.08, 30, 150, steps=6), 0.008, light.shaded(suit))
    pen.form(
        smooth(
            [
                (-0.12, -0.76),
                (-0.21, -0.7),
                (-0.18, -0.5),
                (-0.17, -0.36),
                (0, -0.33),
                (0.17, -0.36),
                (0.18, -0.5),
                (0.21, -0.7),
                (0.12, -0.76),
            ]
        ),
        suit,
    )
    pen.form(rounded(-0.1, -0.6, 0.1, -0.48, 0.015), (186, 190, 200))
    for k, tone in enumerate(((206, 60, 54), (70, 130, 196), (236, 190, 80))):
        pen.flat(rounded(-0.075 + 0.052 * k, -0.575, -0.04 + 0.052 * k, -0.545, 0.006), light.on(tone))
    pen.line([(-0.075, -0.51), (0.06, -0.51)], 0.01, light.shaded((60, 60, 70)))
    wave = 0.05 * sheet.wave(1)
    arms = (
        ((-0.185, -0.69), (-0.29, -0.54), (-0.25, -0.37)),
        ((0.185, -0.69), (0.32, -0.72), (0.37 + wave, -0.9)),
    )
    for shoulder, elbow, hand in arms:
        pen.form(ribbon(smooth([shoulder, elbow, hand], closed=False), (0.13, 0.115, 0.095)), suit)
        pen.ball(oval(*hand, 0.056), (96, 100, 112))
        mx, my = (elbow[0] + hand[0]) / 2, (elbow[1] + hand[1]) / 2
        pen.line([(mx - 0.045, my - 0.012), (mx + 0.045, my + 0.012)], 0.018, light.on(band))
    pen.ball(oval(0, -0.865, 0.155), suit)
    visor = smooth(
        [
            (-0.115, -0.87),
            (-0.08, -0.95),
            (0.02, -0.965),
            (0.1, -0.92),
            (0.12, -0.85),
            (0.07, -0.785),
            (-0.05, -0.78),
        ]
    )
    pen.sheet.fill(pen.all(visor), (250, 212, 120), (120, 62, 34), angle=60)
    pen.flat(
        smooth([(-0.08, -0.9), (-0.04, -0.945), (0.02, -0.95), (-0.05, -0.88)]),
        (255, 250, 230),
        opacity=0.85,
        blur=0.006,
    )
    pen.flat(
        smooth([(-0.1, -0.84), (0.09, -0.84), (0.06, -0.795), (-0.05, -0.79)]),
        (60, 44, 50),
        opacity=0.55,
        blur=0.006,
    )
    if scene.place in ("moon", "space"):
        pen.flat(oval(0.055, -0.91, 0.018, steps=16), turned((80, 140, 214), value=1.1))
    pen.line([(-0.13, -0.75), (0, -0.715), (0.13, -0.75)], 0.024, light.lit((196, 200, 208)))
    if "reading" in scene.traits:
        book_in_hand(pen, -0.12, -0.42, 0.1)
    pen.form(box(-0.008, -1.08, 0.008, -1.01), (120, 124, 134))
    pen.form(limb((-0.14, -0.72), (-0.15, -0.74), 0.02, 0.02), band)
    if math.isclose(sheet.detail, 0):
        return
    pen.line(
        smooth([(0.1, -0.52), (0.2, -0.46), (0.19, -0.66)], closed=False),
        0.014,
        light.shaded((150, 154, 164)),
    )
