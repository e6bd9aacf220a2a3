"""Robots and astronauts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, scaled
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
    reading = "reading" in scene.words or scene.subject("book") is not None
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
