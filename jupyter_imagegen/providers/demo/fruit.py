"""Fruit, one by one and in a bowl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import oval, smooth
from jupyter_imagegen.providers.demo.palette import Colour, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet
from jupyter_imagegen.providers.demo.things import gleam

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


FRUITS: dict[str, Colour] = {
    "apple": (198, 52, 44),
    "pear": (196, 186, 76),
    "orange_fruit": (236, 142, 44),
    "cherry": (168, 28, 44),
    "fruit": (124, 74, 132),
}


def fruit(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """One apple, pear, orange, cherry pair or bunch of grapes."""
    one_fruit(sheet, subject.kind, subject.colour, spot.x, spot.y, spot.scale, flip=spot.flip)


def one_fruit(
    sheet: Sheet, kind: str, colour: Colour | None, x: float, y: float, size: float, *, flip: bool = False
) -> None:
    """A fruit standing at (x, y), `size` units high."""
    pen = Pen(sheet, x, y, size, flip=flip)
    light, rng = sheet.light, sheet.rng
    skin = turned(colour or FRUITS[kind], hue=rng.uniform(-0.012, 0.012), value=rng.uniform(0.94, 1.05))
    sheet.ground_shadow(x, y, size * (0.7 if kind != "pear" else 0.6), opacity=0.5)
    stem = light.shaded((96, 70, 46))
    if kind == "fruit":
        for row, count in enumerate((2, 3, 4, 3, 2)):
            for k in range(count):
                pen.ball(
                    oval((k - (count - 1) / 2) * 0.19 + rng.uniform(-0.02, 0.02), -0.1 - row * 0.15, 0.115),
                    skin,
                )
                gleam(
                    pen,
                    0.03 + (k - (count - 1) / 2) * 0.19 * light.side,
                    -0.14 - row * 0.15,
                    0.025,
                    0.03,
                    0.6,
                )
        pen.line(smooth([(0, -0.76), (0.02, -0.9), (0.09, -0.98)], closed=False), 0.03, stem)
        return
    if kind == "cherry":
        for cx, cy in ((-0.22, -0.2), (0.2, -0.24)):
            pen.line(
                smooth([(cx, cy - 0.16), (cx * 0.7, -0.66), (0.06, -0.95)], closed=False),
                0.026,
                light.on((98, 122, 58)),
            )
            pen.ball(oval(cx, cy, 0.215), skin)
            gleam(pen, cx * light.side + 0.08, cy - 0.09, 0.035, 0.05)
        pen.form(smooth([(0.06, -0.95), (0.24, -1.04), (0.42, -0.92), (0.22, -0.86)]), (88, 138, 64))
        return
    if kind == "pear":
        body = smooth(
            [
                (0.02, -0.86),
                (-0.13, -0.78),
                (-0.17, -0.6),
                (-0.3, -0.38),
                (-0.33, -0.18),
                (-0.2, -0.01),
                (0, 0.015),
                (0.2, -0.01),
                (0.33, -0.18),
                (0.3, -0.38),
                (0.19, -0.6),
                (0.16, -0.78),
            ]
        )
        pen.ball(body, skin)
        pen.flat(oval(0.12 * -light.side * pen.sign, -0.24, 0.16, 0.2), (206, 96, 54), opacity=0.4, blur=0.08)
        pen.line(smooth([(0.01, -0.84), (0.03, -0.95), (0.09, -1.0)], closed=False), 0.036, stem)
        gleam(pen, 0.11, -0.4, 0.045, 0.1, 0.5)
        gleam(pen, 0.05, -0.72, 0.025, 0.05, 0.4)
    else:
        dip = 0.06 if kind == "apple" else 0.0
        body = smooth(
            [
                (0, -0.8 + dip),
                (-0.2, -0.86),
                (-0.42, -0.68),
                (-0.46, -0.4),
                (-0.32, -0.08),
                (-0.1, 0.0),
                (0, -0.02),
                (0.1, 0.0),
                (0.32, -0.08),
                (0.46, -0.4),
                (0.42, -0.68),
                (0.2, -0.86),
            ]
        )
        pen.ball(body, skin)
        if kind == "apple":
            pen.flat(oval(0, -0.79, 0.13, 0.035), light.shaded(scaled(skin, 0.7)), opacity=0.6, blur=0.02)
            pen.flat(
                oval(0.16 * -light.side * pen.sign, -0.3, 0.2, 0.22), (232, 186, 80), opacity=0.3, blur=0.1
            )
            pen.line(smooth([(0, -0.78), (0.02, -0.92), (0.08, -1.0)], closed=False), 0.034, stem)
            pen.form(smooth([(0.04, -0.9), (0.16, -1.0), (0.32, -0.96), (0.18, -0.87)]), (94, 140, 66))
        else:
            pen.flat(oval(0, -0.82, 0.03, 0.015), light.shaded((90, 110, 50)))
        gleam(pen, 0.17, -0.62, 0.07, 0.11, 0.5)
    sheet.dabs(
        (
            *pen.at(rng.gauss(0, 0.12), -0.36 + rng.gauss(0, 0.13)),
            size * 0.007,
            size * 0.007,
            light.shaded(scaled(skin, 0.8)),
        )
        for _ in range(sheet.many(12))
    )
