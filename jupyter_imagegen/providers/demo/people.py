# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""People, robots and astronauts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import arc, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot

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
    pen.form(
        [
            (x - size * 0.94, y - size * 0.78),
            (x, y - size * 0.66),
            (x + size * 0.94, y - size * 0.78),
            (x + size * 0.95, y - size * 0.7),
            (x, y - size * 0.56),
            (x - size * 0.95, y - size * 0.7),
        ],
        (248, 242, 226),
    )
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
    reading = False
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
    _face(pen, -0.9, 0.082, smiling=rng.random() < 0.5, down=reading)
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
