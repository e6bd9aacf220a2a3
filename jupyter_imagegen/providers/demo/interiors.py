# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""A living room, and the shelves and floors of other rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import box, oval, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet

_SPINES: tuple[Colour, ...] = (
    (122, 44, 40),
    (46, 74, 68),
    (52, 58, 92),
    (148, 104, 52),
    (96, 60, 44),
    (70, 84, 60),
    (160, 132, 92),
    (88, 40, 60),
)


def shelf(sheet: Sheet, x0: float, y0: float, x1: float, y1: float, rows: int, *, shade: float = 0.0) -> None:
    """A bookcase full of books; `shade` darkens it towards the room's depth."""
    light, rng = sheet.light, sheet.rng
    wood: Colour = (104, 66, 42)
    dark = mix(light.shaded(scaled(wood, 0.5)), light.shadow, 0.4)
    sheet.fill(box(x0, y0, x1, y1), dark, edge=True)
    high = (y1 - y0) / rows
    for r in range(rows):
        top, foot = y0 + r * high, y0 + (r + 1) * high
        x = x0 + 5
        near = 1 - abs((top + foot) / 2 - sheet.height * 0.5) / sheet.height
        while x < x1 - 6:
            w = high * rng.uniform(0.09, 0.2)
            if x + w > x1 - 4:
                break
            if rng.random() < 0.06:
                x += w * rng.uniform(0.6, 1.6)
                continue
            h = high * rng.uniform(0.58, 0.84)
            tone = turned(rng.choice(_SPINES), value=rng.uniform(0.8, 1.15))
            lit, shaded = (
                mix(c, dark, shade + 0.25 * (1 - near)) for c in (light.lit(tone), light.shaded(tone))
            )
            a, b = (lit, shaded) if light.side < 0 else (shaded, lit)
            sheet.fill(box(x, foot - h, x + w * 0.94, foot - 2), a, b, angle=0, edge=w > 8)
            if sheet.detail > 0.45 and w > 6:
                gold = mix(light.lit((220, 176, 88)), dark, shade + 0.2)
                for t in (0.16, 0.22, 0.8):
                    sheet.fill(
                        box(
                            x + 1,
                            foot - h * (1 - t),
                            x + w * 0.94 - 1,
                            foot - h * (1 - t) + max(1.2, h * 0.025),
                        ),
                        gold,
                        edge=False,
                    )
            x += w
        sheet.shadow(box(x0, top, x1, top + high * 0.16), opacity=0.5, blur=high * 0.05)
        sheet.form(box(x0 - 3, foot - 5, x1 + 3, foot + 5), scaled(wood, 1.1))
    for x in (x0, x1):
        sheet.form(box(x - 9, y0 - 10, x + 9, y1), wood)


def floor(sheet: Sheet, y: float, colour: Colour, *, boards: bool = True) -> None:
    """A floor in perspective, reflecting a little."""
    light = sheet.light
    sheet.fill(
        box(-5, y, sheet.width + 5, sheet.height + 5),
        mix(light.shaded(colour), light.haze, 0.3),
        light.lit(colour),
        edge=False,
    )
    if not boards:
        return
    centre = sheet.width / 2
    sheet.lines(
        (
            ((centre + i * sheet.width * 0.045, y), (centre + i * sheet.width * 0.14, sheet.height)),
            2.0,
            light.shaded(scaled(colour, 0.8)),
        )
        for i in range(-14, 15)
    )


def room(sheet: Sheet, scene: Scene) -> Stage:
    """A living room: window, lamp, shelf, picture, rug."""
    light = sheet.light
    w, h = sheet.width, sheet.height
    ground = h * 0.7
    wall = scene.place_colour or (
        sheet.rng.choice(((108, 134, 128), (176, 146, 112), (126, 124, 150), (150, 112, 100)))
    )
    sheet.fill(
        box(-5, -5, w + 5, ground + 5),
        light.lit(wall),
        light.shaded(wall),
        angle=20 if light.side < 0 else 160,
        edge=False,
        banded=False,
    )
    for i in range(22):
        x = w * i / 21
        sheet.fill(
            box(x - 5, -5, x + 5, ground), light.lit(turned(wall, value=1.08)), opacity=0.1, edge=False
        )
    floor(sheet, ground, (156, 108, 70))
    sheet.form(box(-5, ground - h * 0.025, w + 5, ground + 2), (232, 222, 204))
    x0, x1, y0, y1 = w * 0.09, w * 0.34, h * 0.14, h * 0.5
    sheet.form(box(x0 - 14, y0 - 14, x1 + 14, y1 + 14), (240, 232, 216))
    night = scene.time in ("night", "dusk", "candle")
    sky: tuple[Colour, Colour] = (
        ((20, 30, 66), (92, 80, 124)) if night else ((120, 178, 220), (236, 232, 208))
    )
    sheet.fill(box(x0, y0, x1, y1), *sky, banded=False)
    sheet.fill(
        [
            *smooth(
                [(x0, y1 - h * 0.07), (x0 + (x1 - x0) * 0.4, y1 - h * 0.11), (x1, y1 - h * 0.05)],
                closed=False,
            ),
            (x1, y1),
            (x0, y1),
        ],
        mix(sky[1], (64, 96, 72), 0.65),
    )
    if night:
        sheet.orb(oval(x0 + (x1 - x0) * 0.7, y0 + 50, 20), (252, 248, 232), (226, 226, 220), edge=False)
    sheet.lines(
        [
            ([((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1)], 8, light.on((240, 232, 216))),
            ([(x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2)], 8, light.on((240, 232, 216))),
        ]
    )
    for side, x in ((-1, x0 - 14), (1, x1 + 14)):
        sheet.form(
            smooth(
                [
                    (x - side * 34, y0 - 26),
                    (x + side * 34, y0 - 26),
                    (x + side * 26, h * 0.36),
                    (x + side * 38, y1 + h * 0.1),
                    (x - side * 12, y1 + h * 0.1),
                    (x - side * 6, h * 0.34),
                ]
            ),
            (184, 92, 70),
        )
    shelf(sheet, w * 0.68, h * 0.12, w * 0.94, ground - 4, 4)
    px0, px1, py0, py1 = w * 0.45, w * 0.59, h * 0.16, h * 0.34
    sheet.form(box(px0 - 9, py0 - 9, px1 + 9, py1 + 9), (120, 82, 50))
    sheet.fill(box(px0, py0, px1, py1), light.on((236, 206, 160)), light.on((206, 130, 92)))
    sheet.fill(
        [
            (px0, py1),
            (px0 + (px1 - px0) * 0.35, py0 + (py1 - py0) * 0.4),
            (px0 + (px1 - px0) * 0.6, py0 + (py1 - py0) * 0.7),
            (px0 + (px1 - px0) * 0.8, py0 + (py1 - py0) * 0.5),
            (px1, py1),
        ],
        light.on((84, 110, 124)),
    )
    rug = oval(w / 2, h * 0.87, w * 0.38, h * 0.085)
    sheet.fill(rug, light.lit((64, 98, 112)), light.shaded((52, 78, 98)), angle=60)
    for k in (0.9, 0.6):
        ring = oval(w / 2, h * 0.87, w * 0.38 * k, h * 0.085 * k, steps=50)
        sheet.line([*ring, ring[0]], 4, light.on((232, 200, 140)))
    lx = w * 0.63
    sheet.line([(lx, ground + h * 0.03), (lx, h * 0.36)], 6, light.on((90, 70, 54)))
    sheet.ball(oval(lx, ground + h * 0.03, 34, 8), (90, 70, 54))
    sheet.fill(
        [(lx - 54, h * 0.4), (lx - 34, h * 0.3), (lx + 34, h * 0.3), (lx + 54, h * 0.4)],
        (255, 232, 180),
        (250, 206, 130),
    )
    sheet.glow(lx, h * 0.37, h * 0.42, (255, 206, 130), 0.5)
    return Stage(x0=w * 0.22, x1=w * 0.8, ground=h * 0.92, horizon=ground, scale=h * 0.54)
