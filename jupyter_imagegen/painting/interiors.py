# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Rooms: a library, a court hall by candlelight, a living room, a table for still lifes, a studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.painting import things
from jupyter_imagegen.painting.geometry import arc, box, oval, rounded, smooth
from jupyter_imagegen.painting.palette import Colour, mix, scaled, turned
from jupyter_imagegen.painting.scene import Subject
from jupyter_imagegen.painting.stage import Spot, Stage

if TYPE_CHECKING:
    from jupyter_imagegen.painting.scene import Scene
    from jupyter_imagegen.painting.sheet import Sheet

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


def library(sheet: Sheet, scene: Scene) -> Stage:
    """Bookcases on three sides, a tall window, a table with a lamp, a carpet."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    ground = h * 0.7
    sheet.fill(
        box(-5, -5, w + 5, h + 5),
        scaled(light.on((92, 66, 48)), 0.8),
        light.shaded((70, 48, 36)),
        edge=False,
        banded=False,
    )
    floor(sheet, ground, (112, 70, 44))
    x0, x1 = w * 0.36, w * 0.64
    shelf(sheet, w * 0.18, h * 0.06, x0 - 20, ground, 6, shade=0.2)
    shelf(sheet, x1 + 20, h * 0.06, w * 0.82, ground, 6, shade=0.2)
    # The window between them, evening in it.
    frame: Colour = (120, 82, 54)
    top = h * 0.16
    arch = [
        (x0, ground - h * 0.14),
        (x0, top + (x1 - x0) / 2),
        *arc((x0 + x1) / 2, top + (x1 - x0) / 2, (x1 - x0) / 2, 180, 360, steps=24),
        (x1, ground - h * 0.14),
    ]
    night = scene.time in ("night", "dusk", "candle")
    sky: tuple[Colour, Colour] = (
        ((26, 38, 76), (86, 84, 120)) if night else ((124, 160, 190), (236, 214, 170))
    )
    sheet.fill(arch, *sky, banded=False)
    for _ in range(9):
        sheet.puffs(
            [
                (
                    x0 + (x1 - x0) * rng.random(),
                    ground - h * 0.15 - rng.random() * h * 0.06,
                    rng.uniform(18, 40),
                )
            ],
            mix(sky[1], (40, 60, 50), 0.6),
            blur=5,
        )
    middle = (x0 + x1) / 2
    bars = [([(middle, top), (middle, ground - h * 0.14)], 8.0, light.on(frame))]
    for t in (0.3, 0.5, 0.7, 0.88):
        y = top + (ground - h * 0.14 - top) * t
        bars.append(([(x0, y), (x1, y)], 6.0, light.on(frame)))
    bars.append(([*arch, arch[0]], 12.0, light.on(frame)))
    sheet.lines(bars)
    for x in (x0, x1):
        side = -1 if x == x0 else 1
        curtain = smooth(
            [
                (x + side * 22, top - 10),
                (x - side * 34, top),
                (x - side * 20, h * 0.36),
                (x + side * 6, h * 0.5),
                (x - side * 8, ground),
                (x + side * 40, ground),
                (x + side * 34, h * 0.4),
            ]
        )
        sheet.form(curtain, (118, 36, 40))
    shelf(sheet, -20, -10, w * 0.155, ground + h * 0.12, 6)
    shelf(sheet, w * 0.845, -10, w + 20, ground + h * 0.12, 6)
    rug = oval(w / 2, h * 0.86, w * 0.36, h * 0.085)
    sheet.fill(rug, light.lit((132, 44, 42)), light.shaded((112, 34, 40)), angle=60)
    for k, tone in ((0.9, (206, 160, 92)), (0.82, (60, 62, 88)), (0.45, (206, 160, 92))):
        ring = oval(w / 2, h * 0.86, w * 0.36 * k, h * 0.085 * k, steps=50)
        sheet.line([*ring, ring[0]], 3.5, light.on(tone))
    # The reading table.
    ty = h * 0.74
    sheet.shadow(oval(w / 2, h * 0.87, w * 0.2, h * 0.022), opacity=0.6, blur=10)
    for x in (-0.15, 0.15):
        sheet.form(
            [
                (w * (0.5 + x) - 12, ty),
                (w * (0.5 + x) + 12, ty),
                (w * (0.5 + x) + 7, h * 0.87),
                (w * (0.5 + x) - 7, h * 0.87),
            ],
            (92, 56, 36),
        )
    sheet.form(
        [(w * 0.31, ty), (w * 0.34, ty - h * 0.035), (w * 0.66, ty - h * 0.035), (w * 0.69, ty)],
        (142, 90, 54),
    )
    sheet.form(box(w * 0.31, ty, w * 0.69, ty + h * 0.022), (108, 66, 40))
    wanted = scene.subject("lamp") or Subject(kind="lamp", word="lamp")
    things.lamp(sheet, wanted, scene, Spot(w * 0.4, ty - h * 0.014, h * 0.21))
    for i, tone in enumerate(((120, 44, 44), (56, 74, 92), (150, 112, 60))):
        sheet.form(
            rounded(
                w * 0.575 - i * 4,
                ty - h * (0.034 + 0.02 * i),
                w * 0.65 - i * 7,
                ty - h * (0.014 + 0.02 * i),
                3,
            ),
            tone,
        )
    things.book(sheet, Subject(kind="book", word="book"), scene, Spot(w * 0.51, ty - h * 0.008, h * 0.07))
    sheet.glow(w * 0.5, h * 0.6, h * 0.6, (255, 190, 100), 0.26)
    return Stage(x0=w * 0.3, x1=w * 0.7, ground=h * 0.95, horizon=ground, scale=h * 0.4)


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
    if scene.subject("lamp") is None:
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
