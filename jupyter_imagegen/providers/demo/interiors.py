# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""A living room and a great hall, and the shelves and floors of other rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import art
from jupyter_imagegen.providers.demo.geometry import box
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Spot, Stage

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
    w, h = sheet.width, sheet.height
    walls: tuple[Colour, ...] = ((108, 134, 128), (176, 146, 112), (126, 124, 150), (150, 112, 100))
    hour = "night" if scene.time in ("night", "dusk", "candle") else "day"
    wall = scene.place_colour or sheet.rng.choice(walls)
    art.paint(sheet, "room", Spot(0, 0, h), wall, hour, stretch=w / h)
    shelf(sheet, w * 0.68, h * 0.12, w * 0.94, h * 0.7 - 4, 4)
    return Stage(x0=w * 0.22, x1=w * 0.8, ground=h * 0.92, horizon=h * 0.7, scale=h * 0.54)


#: Who stands where at court: across, down, how tall, who, in which colour.
_COURT: tuple[tuple[float, float, float, str, Colour], ...] = (
    (0.27, 0.735, 0.34, "lady", (92, 50, 60)),
    (0.345, 0.73, 0.34, "courtier", (46, 58, 74)),
    (0.655, 0.73, 0.34, "courtier2", (60, 46, 40)),
    (0.73, 0.735, 0.34, "lady2", (54, 74, 84)),
    (0.21, 0.9, 0.5, "lady2", (196, 148, 62)),
    (0.795, 0.91, 0.5, "courtier", (38, 52, 86)),
    (0.435, 0.86, 0.46, "queen", (166, 36, 48)),
    (0.57, 0.865, 0.47, "king", (40, 84, 92)),
)


def hall(sheet: Sheet, scene: Scene) -> Stage:
    """A great hall: columns, drapery, a painting, a chandelier, courtiers in their finery, candles."""
    w, h = sheet.width, sheet.height
    ground = h * 0.66
    art.paint(sheet, "hall-wall", Spot(0, 0, h), stretch=w / h)
    _tiles(sheet, ground)
    art.paint(sheet, "hall-front", Spot(0, 0, h), next(iter(scene.colours), None), stretch=w / h)
    art.paint(sheet, "chandelier", Spot(w / 2, h * 0.1, w * 0.15))
    for x, y, size, who, colour in _COURT:
        art.paint(sheet, who, Spot(w * x, h * y, h * size, x > 0.5), colour)
    for x in (0.075, 0.925):
        art.paint(sheet, "stand", Spot(w * x, h * 0.93, h * 0.44))
    sheet.glow(w / 2, h * 0.52, h * 0.52, (255, 180, 96), 0.42)
    return Stage(x0=w * 0.32, x1=w * 0.68, ground=h * 0.93, horizon=ground, scale=h * 0.48)


def _tiles(sheet: Sheet, ground: float) -> None:
    """A chequered marble floor in perspective."""
    light, w, h = sheet.light, sheet.width, sheet.height
    sheet.fill(box(-5, ground, w + 5, h + 5), light.on((96, 72, 52)), light.lit((150, 112, 76)), edge=False)
    rows, columns = 7, 16
    for r in range(rows):
        y0, y1 = (ground + (h - ground) * (k / rows) ** 1.7 for k in (r, r + 1))
        for c in range(columns):
            if (r + c) % 2:
                continue
            u0, u1 = ((k / columns - 0.5) for k in (c, c + 1))
            s0, s1 = (1.05 + 2.1 * ((y - ground) / (h - ground)) for y in (y0, y1))
            tone = mix(light.shaded((70, 46, 38)), light.on((84, 54, 40)), r / rows)
            sheet.fill(
                [
                    (w * (0.5 + u0 * s0), y0),
                    (w * (0.5 + u1 * s0), y0),
                    (w * (0.5 + u1 * s1), y1),
                    (w * (0.5 + u0 * s1), y1),
                ],
                tone,
                edge=False,
            )
    sheet.mirror(ground, h, opacity=0.3, ripple=1.0, tint=light.on((120, 84, 54)))
