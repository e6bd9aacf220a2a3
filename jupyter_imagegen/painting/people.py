"""People, robots and astronauts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.painting.geometry import arc, box, limb, oval, ribbon, rounded, smooth
from jupyter_imagegen.painting.palette import Colour, mix, scaled, turned
from jupyter_imagegen.painting.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.painting.scene import Scene, Subject
    from jupyter_imagegen.painting.stage import Spot

SKINS: tuple[Colour, ...] = ((238, 198, 166), (214, 164, 124), (164, 112, 80), (112, 74, 56), (226, 184, 148))
HAIRS: tuple[Colour, ...] = ((52, 38, 34), (104, 68, 42), (168, 116, 62), (36, 32, 36), (132, 66, 40))
CLOTHES: tuple[Colour, ...] = (
    (40, 92, 116),
    (164, 56, 52),
    (72, 104, 72),
    (196, 142, 60),
    (92, 68, 116),
    (52, 62, 92),
)
_LONG = {"woman", "girl", "lady", "queen", "princess", "dancer", "witch"}
_SMALL = {"child", "girl", "boy"}


def book_in_hand(pen: Pen, x: float, y: float, size: float, colour: Colour = (150, 52, 46)) -> None:
    """An open book held up: its cover to us, its pages above."""
    pen.form(
        [
            (x - size, y - size * 0.72),
            (x, y - size * 0.6),
            (x, y + size * 0.62),
            (x - size * 0.92, y + size * 0.5),
        ],
        colour,
    )
    pen.form(
        [
            (x + size, y - size * 0.72),
            (x, y - size * 0.6),
            (x, y + size * 0.62),
            (x + size * 0.92, y + size * 0.5),
        ],
        scaled(colour, 0.86),
    )
    pen.form([(x - size * 0.94, y - size * 0.78), (x, y - size * 0.66), (x + size * 0.94, y - size * 0.78), (x + size * 0.95, y - size * 0.7), (x, y - size * 0.56), (x - size * 0.95, y - size * 0.7)],
             (248, 242, 226))  # fmt: skip
    gold = pen.sheet.light.lit((220, 180, 90))
    pen.line([(x - size * 0.66, y - size * 0.2), (x - size * 0.24, y - size * 0.15)], size * 0.07, gold)
    pen.line([(x - size * 0.6, y - size * 0.02), (x - size * 0.3, y + size * 0.02)], size * 0.05, gold)


def _face(pen: Pen, y: float, r: float, *, smiling: bool, down: bool) -> None:
    light = pen.sheet.light
    shift = r * 0.16 if down else 0.0
    for side in (-1, 1):
        x = side * r * 0.38
        if down:
            pen.line(arc(x, y + shift - r * 0.05, r * 0.14, 20, 160, steps=6), r * 0.07, (52, 36, 32))
        else:
            pen.flat(oval(x, y, r * 0.13, r * 0.1), (250, 246, 240))
            pen.eye(x, y, r * 0.085, iris=(52, 40, 36))
            pen.line(arc(x, y + r * 0.04, r * 0.16, 205, 335, steps=6), r * 0.045, (52, 36, 32))
        pen.line(arc(x, y + r * 0.12 + shift * 0.4, r * 0.32, 240, 300, steps=5), r * 0.06, (60, 42, 36))
        pen.flat(
            oval(side * r * 0.55, y + r * 0.36 + shift, r * 0.16, r * 0.1),
            (222, 110, 96),
            opacity=0.3,
            blur=r * 0.05,
        )
    pen.line(
        [(0, y + r * 0.06 + shift), (r * 0.1, y + r * 0.32 + shift), (-r * 0.03, y + r * 0.35 + shift)],
        r * 0.05,
        light.shaded((190, 130, 100)),
    )
    mouth = arc(
        0, y + r * (0.36 if smiling else 0.52) + shift, r * (0.28 if smiling else 0.2), 30, 150, steps=8
    )
    pen.line(mouth if smiling else [(m[0], y + r * 0.6 + shift) for m in mouth], r * 0.08, (168, 72, 68))


def person(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A standing figure: coat or gown, face, hair, and what the word says it wears."""
    rng, light = sheet.rng, sheet.light
    word = subject.word.rstrip("s")
    small = word in _SMALL
    pen = Pen(sheet, spot.x, spot.y, spot.scale * (0.72 if small else 1.0), flip=spot.flip)
    skin, hair = rng.choice(SKINS), rng.choice(HAIRS)
    cloth = subject.colour or rng.choice(CLOTHES)
    long = word in _LONG or (
        word in ("person", "people", "figure", "portrait", "reader", "courtier", "noble")
        and rng.random() < 0.5
    )
    gown = (
        word in ("queen", "princess", "lady", "king", "monk", "wizard", "witch", "courtier", "noble", "woman")
        or scene.place == "hall"
    )
    reading = "reading" in scene.traits or word == "reader"
    sheet.ground_shadow(spot.x, spot.y, pen.size * 0.42)
    sway = 0.012 * sheet.wave(1, spot.x / 400)
    court = scene.place == "hall" or "baroque" in scene.styles
    if long:
        pen.form(
            smooth(
                [
                    (-0.085, -0.93),
                    (-0.115, -0.8),
                    (-0.12, -0.66),
                    (-0.05, -0.62),
                    (0.05, -0.62),
                    (0.12, -0.66),
                    (0.115, -0.8),
                    (0.085, -0.93),
                ]
            ),
            hair,
        )
    if gown and (long or word in ("king", "monk", "wizard")):
        skirt = smooth(
            [
                (-0.07, -0.52),
                (-0.16, -0.3),
                (-0.25 + sway, -0.04),
                (-0.2, 0.0),
                (0, 0.012),
                (0.2, 0.0),
                (0.25 + sway, -0.04),
                (0.16, -0.3),
                (0.07, -0.52),
            ]
        )
        pen.form(skirt, cloth)
        for k in (-2, -1, 0, 1, 2):
            pen.line(
                smooth([(k * 0.022, -0.5), (k * 0.05, -0.26), (k * 0.09 + sway, -0.015)], closed=False),
                0.008,
                light.shaded(scaled(cloth, 0.8)),
            )
            pen.line(
                smooth(
                    [(k * 0.022 + 0.012, -0.5), (k * 0.05 + 0.02, -0.26), (k * 0.09 + 0.03 + sway, -0.015)],
                    closed=False,
                ),
                0.006,
                light.lit(cloth),
            )
        pen.line(
            smooth([(-0.235 + sway, -0.04), (0, -0.005), (0.235 + sway, -0.04)], closed=False),
            0.016,
            light.lit(mix(cloth, (240, 210, 130), 0.7)),
        )
    else:
        trousers = scaled(mix(cloth, (60, 58, 70), 0.7), 0.8)
        for side in (-1, 1):
            pen.form(
                ribbon(
                    [(side * 0.045, -0.5), (side * 0.055, -0.25), (side * 0.06, -0.03)], (0.105, 0.085, 0.07)
                ),
                trousers,
            )
            pen.form(
                smooth(
                    [
                        (side * 0.06 - 0.035, 0.0),
                        (side * 0.06 - 0.035, -0.04),
                        (side * 0.06 + 0.035, -0.04),
                        (side * 0.06 + 0.05, 0.0),
                    ],
                    steps=3,
                ),
                (62, 46, 40),
            )
    pen.form(
        smooth(
            [
                (-0.045, -0.79),
                (-0.125, -0.76),
                (-0.12, -0.62),
                (-0.09, -0.5),
                (-0.105, -0.4),
                (0.105, -0.4),
                (0.09, -0.5),
                (0.12, -0.62),
                (0.125, -0.76),
                (0.045, -0.79),
            ]
        ),
        cloth,
    )
    pen.form(rounded(-0.033, -0.83, 0.033, -0.75, 0.02), scaled(skin, 0.9))
    if court:
        pen.form(
            smooth(
                [
                    (-0.1, -0.775),
                    (-0.05, -0.81),
                    (0.05, -0.81),
                    (0.1, -0.775),
                    (0.06, -0.735),
                    (0, -0.72),
                    (-0.06, -0.735),
                ]
            ),
            (246, 240, 226),
        )
    else:
        pen.form(
            [(-0.045, -0.79), (0, -0.73), (0.045, -0.79), (0.06, -0.76), (0, -0.7), (-0.06, -0.76)],
            scaled(cloth, 1.25),
        )
    for k in range(4):
        pen.flat(oval(0, -0.66 + k * 0.055, 0.007, steps=8), light.lit((232, 204, 130)))
    for side in (-1, 1):
        hand = (side * 0.055, -0.56) if reading else (side * 0.165, -0.44 + sway * side)
        elbow = (side * 0.165, -0.58)
        pen.form(
            ribbon(smooth([(side * 0.105, -0.735), elbow, hand], closed=False), (0.075, 0.06, 0.05)),
            scaled(cloth, 0.92),
        )
        pen.ball(oval(*hand, 0.03), skin)
    if reading:
        book_in_hand(pen, 0, -0.57, 0.1)
    pen.ball(
        smooth(
            [
                (0, -1.0),
                (-0.07, -0.975),
                (-0.082, -0.9),
                (-0.065, -0.84),
                (0, -0.805),
                (0.065, -0.84),
                (0.082, -0.9),
                (0.07, -0.975),
            ]
        ),
        skin,
    )
    _face(pen, -0.9, 0.082, smiling="smiling" in scene.traits or rng.random() < 0.5, down=reading)
    if long:
        pen.form(
            smooth(
                [
                    (-0.088, -0.86),
                    (-0.095, -0.96),
                    (-0.04, -1.02),
                    (0.04, -1.02),
                    (0.095, -0.96),
                    (0.088, -0.86),
                    (0.065, -0.945),
                    (0.01, -0.965),
                    (-0.06, -0.94),
                ]
            ),
            hair,
        )
    else:
        pen.form(
            smooth(
                [
                    (-0.083, -0.89),
                    (-0.09, -0.97),
                    (-0.03, -1.025),
                    (0.05, -1.02),
                    (0.092, -0.96),
                    (0.083, -0.89),
                    (0.065, -0.955),
                    (-0.02, -0.975),
                    (-0.07, -0.94),
                ]
            ),
            hair,
        )
    _headwear(pen, word, cloth)


def _headwear(pen: Pen, word: str, cloth: Colour) -> None:
    gold: Colour = (226, 180, 76)
    if word in ("king", "queen", "prince", "princess"):
        pen.form(
            [
                (-0.075, -0.99),
                (-0.085, -1.07),
                (-0.042, -1.03),
                (0, -1.09),
                (0.042, -1.03),
                (0.085, -1.07),
                (0.075, -0.99),
            ],
            gold,
        )
        for x in (-0.085, 0, 0.085):
            pen.ball(oval(x, -1.075 if x else -1.095, 0.012, steps=12), (200, 60, 70))
    elif word in ("wizard", "witch"):
        pen.form(smooth([(-0.15, -0.97), (0, -0.945), (0.15, -0.97), (0, -1.0)]), scaled(cloth, 0.7))
        pen.form([(-0.085, -0.985), (0.03, -1.26), (0.085, -0.985)], scaled(cloth, 0.75))
    elif word == "chef":
        pen.form(
            smooth([(-0.07, -0.98), (-0.1, -1.09), (0, -1.13), (0.1, -1.09), (0.07, -0.98)]), (246, 246, 244)
        )
    elif word == "knight":
        pen.form(
            smooth(
                [
                    (-0.09, -0.83),
                    (-0.1, -0.96),
                    (0, -1.04),
                    (0.1, -0.96),
                    (0.09, -0.83),
                    (0.04, -0.86),
                    (0.06, -0.92),
                    (-0.06, -0.92),
                    (-0.04, -0.86),
                ]
            ),
            (176, 182, 192),
        )
        pen.form(smooth([(0, -1.03), (-0.05, -1.12), (-0.16, -1.1), (-0.08, -1.04)]), (190, 50, 50))


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
