# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""A living room and a great hall, and the shelves and floors of other rooms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import art
from jupyter_imagegen.providers.demo.geometry import arc, box, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.sheet import Spot, Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


_SPINES: tuple[Colour, ...] = ((122, 44, 40), (46, 74, 68), (52, 58, 92), (148, 104, 52), (96, 60, 44),
    (70, 84, 60), (160, 132, 92), (88, 40, 60))


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
            lit, shaded = (mix(c, dark, shade + 0.25 * (1 - near)) for c in (light.lit(tone),
                light.shaded(tone)))
            a, b = (lit, shaded) if light.side < 0 else (shaded, lit)
            sheet.fill(box(x, foot - h, x + w * 0.94, foot - 2), a, b, angle=0, edge=w > 8)
            if sheet.detail > 0.45 and w > 6:
                gold = mix(light.lit((220, 176, 88)), dark, shade + 0.2)
                for t in (0.16, 0.22, 0.8):
                    sheet.fill(box(x + 1, foot - h * (1 - t), x + w * 0.94 - 1,
                        foot - h * (1 - t) + max(1.2, h * 0.025)), gold, edge=False)
            x += w
        sheet.shadow(box(x0, top, x1, top + high * 0.16), opacity=0.5, blur=high * 0.05)
        sheet.form(box(x0 - 3, foot - 5, x1 + 3, foot + 5), scaled(wood, 1.1))
    for x in (x0, x1):
        sheet.form(box(x - 9, y0 - 10, x + 9, y1), wood)


def floor(sheet: Sheet, y: float, colour: Colour) -> None:
    """A floor in perspective, reflecting a little."""
    light = sheet.light
    sheet.fill(box(-5, y, sheet.width + 5, sheet.height + 5), mix(light.shaded(colour), light.haze, 0.3),
        light.lit(colour), edge=False)
    centre = sheet.width / 2
    sheet.lines((((centre + i * sheet.width * 0.045, y), (centre + i * sheet.width * 0.14, sheet.height)),
        2.0, light.shaded(scaled(colour, 0.8))) for i in range(-14, 15))


def room(sheet: Sheet, scene: Scene) -> Stage:
    """A living room: window, lamp, shelf, picture, rug."""
    w, h = sheet.width, sheet.height
    walls: tuple[Colour, ...] = ((108, 134, 128), (176, 146, 112), (126, 124, 150), (150, 112, 100))
    hour = "night" if scene.time in ("night", "dusk", "candle") else "day"
    wall = scene.place_colour or sheet.rng.choice(walls)
    art.paint(sheet, "room", Spot(0, 0, h), wall, hour, stretch=w / h)
    shelf(sheet, w * 0.7, h * 0.12, w * 0.95, h * 0.7 - 4, 4)
    return Stage(x0=w * 0.22, x1=w * 0.8, ground=h * 0.92, horizon=h * 0.7, scale=h * 0.54)


#: Who stands where at court: across, down, how tall, who, in which colour.
_COURT: tuple[tuple[float, float, float, str, Colour], ...] = ((0.27, 0.735, 0.34, "lady", (92, 50, 60)),
    (0.345, 0.73, 0.34, "courtier", (46, 58, 74)), (0.655, 0.73, 0.34, "courtier", (60, 46, 40)),
    (0.73, 0.735, 0.34, "lady2", (54, 74, 84)), (0.21, 0.9, 0.5, "lady2", (196, 148, 62)),
    (0.795, 0.91, 0.5, "courtier2", (38, 52, 86)), (0.435, 0.86, 0.46, "queen", (166, 36, 48)),
    (0.57, 0.865, 0.47, "king", (40, 84, 92)))


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
            sheet.fill([(w * (0.5 + u0 * s0), y0), (w * (0.5 + u1 * s0), y0), (w * (0.5 + u1 * s1), y1),
                (w * (0.5 + u0 * s1), y1)], tone, edge=False)
    sheet.mirror(ground, h, opacity=0.3, ripple=1.0, tint=light.on((120, 84, 54)))


def table(sheet: Sheet, scene: Scene) -> Stage:
    """A table edge before a quiet wall; a cloth and a candle where the light is old."""
    light = sheet.light
    w, h = sheet.width, sheet.height
    ground = h * 0.6
    dark = scene.time == "candle" or "baroque" in scene.styles
    wall: Colour = scene.place_colour or ((74, 54, 42) if dark else sheet.rng.choice(((176, 168, 140),
        (206, 168, 130), (140, 164, 164))))
    lit, deep = light.lit(wall), light.shaded(wall)
    sheet.fill(box(-5, -5, w + 5, ground + 40), lit, deep, angle=25 if light.side < 0 else 155, edge=False,
        banded=False)
    sheet.glow(w * (0.5 + 0.26 * light.side), h * 0.22, h * 0.7, light.sun, 0.26 if not dark else 0.3)
    wood: Colour = (118, 76, 48)
    sheet.fill(box(-5, ground, w + 5, h + 5), light.on(wood), light.lit(turned(wood, value=1.15)), edge=False)
    rng = sheet.rng
    sheet.lines(([(x := rng.uniform(-100, w), y := ground + (h - ground) * rng.random()),
        (x + rng.uniform(60, 260), y + rng.uniform(-2, 2))], rng.uniform(0.8, 2.0),
        light.shaded(scaled(wood, rng.uniform(0.8, 1.1)))) for _ in range(sheet.many(60)))
    sheet.fill(box(-5, ground - 2, w + 5, ground + 3), light.lit((190, 140, 96)), opacity=0.5, edge=False)
    if dark:
        _cloth(sheet, w * 0.5 - light.side * -w * 0.06, h * 0.74, w * 0.36, (226, 214, 190))
    if dark:
        art.paint(sheet, "candle", Spot(w * (0.5 + 0.3 * light.side), h * 0.72, h * 0.34), None, "holder")
        sheet.glow(w * (0.5 + 0.2 * light.side), h * 0.52, h * 0.6, (255, 176, 90), 0.34)
    return Stage(x0=w * 0.16, x1=w * 0.84, ground=h * 0.84, horizon=ground, scale=h * 0.58)


def _cloth(sheet: Sheet, x: float, y: float, w: float, colour: Colour) -> None:
    """A folded cloth on a table, for still lifes."""
    light, rng = sheet.light, sheet.rng
    points = [(x - w, y), (x - w * 0.5, y - w * 0.12), (x + w * 0.1, y - w * 0.05),
        (x + w * 0.6, y - w * 0.1), (x + w, y + w * 0.1), (x + w * 0.7, y + w * 0.42),
        (x + w * 0.1, y + w * 0.3), (x - w * 0.5, y + w * 0.46), (x - w * 0.9, y + w * 0.2)]
    sheet.form(smooth(points), colour)
    for _ in range(6):
        a, b = rng.uniform(-0.7, 0.7), rng.uniform(-0.5, 0.5)
        fold = smooth([(x + a * w, y - w * 0.03), (x + (a + b) / 2 * w, y + w * 0.14),
            (x + b * w, y + w * 0.34)], closed=False)
        sheet.fill(ribbon(fold, (w * 0.02, w * 0.09, w * 0.02)), light.shaded(colour), opacity=0.4,
            blur=w * 0.03, edge=False)
        sheet.fill(ribbon([(px + light.side * w * 0.06, py) for px, py in fold],
            (w * 0.01, w * 0.05, w * 0.01)), light.lit(colour), opacity=0.45, blur=w * 0.02, edge=False)


@dataclass(frozen=True, kw_only=True)
class Hour:
    """What an hour does to the room: the sky in the window, the light that falls in, how warm the lamp is."""

    sky: tuple[Colour, Colour]
    beam: Colour | None = None
    sun: Colour | None = None
    shadow: Colour | None = None
    exposure: float | None = None
    moon: bool = False
    warmth: float = 0.26


_DAY = Hour(sky=((124, 160, 190), (236, 214, 170)))
_EVENING = Hour(sky=((26, 38, 76), (86, 84, 120)))
_HOURS = {
    "dawn": Hour(
        sky=((150, 158, 200), (255, 206, 184)), beam=(255, 176, 150), sun=(255, 220, 206),
        shadow=(52, 44, 66), exposure=0.8, warmth=0.12
    ),
    "golden": Hour(
        sky=((232, 176, 112), (255, 222, 140)), beam=(255, 176, 70), sun=(255, 208, 130),
        shadow=(58, 26, 20), exposure=0.98, warmth=0.34
    ),
    "dusk": _EVENING,
    "night": Hour(
        sky=((12, 18, 48), (58, 78, 130)), beam=(92, 124, 200), sun=(176, 196, 240),
        shadow=(10, 12, 34), exposure=0.46, moon=True, warmth=0.1
    ),
    "candle": Hour(sky=((10, 12, 26), (34, 34, 56)), exposure=0.6, warmth=0.3)
}  # fmt: skip
_NEON = Hour(sky=((26, 10, 62), (206, 56, 150)), warmth=0.1)


def library(sheet: Sheet, scene: Scene) -> Stage:
    """Bookcases on three sides, a tall window, a table with a lamp or candles, a carpet."""
    neon = "cyberpunk" in scene.styles
    hour = _NEON if neon else _HOURS.get(scene.time, _DAY)
    if not neon and "baroque" not in scene.styles:
        _shine(sheet, hour)
    light = sheet.light
    w, h = sheet.width, sheet.height
    ground = h * 0.7
    sheet.fill(box(-5, -5, w + 5, h + 5), scaled(light.on((92, 66, 48)), 0.8), light.shaded((70, 48, 36)),
        edge=False, banded=False)
    floor(sheet, ground, (112, 70, 44))
    shelf(sheet, w * 0.18, h * 0.06, w * 0.36 - 20, ground, 6, shade=0.2)
    shelf(sheet, w * 0.64 + 20, h * 0.06, w * 0.82, ground, 6, shade=0.2)
    _window(sheet, hour, scene.colours[0] if scene.colours else (118, 36, 40), neon=neon)
    shelf(sheet, -20, -10, w * 0.155, ground + h * 0.12, 6)
    shelf(sheet, w * 0.845, -10, w + 20, ground + h * 0.12, 6)
    _carpet(sheet, scene.colours[-1] if scene.colours else (132, 44, 42))
    if hour.beam is not None:
        _beam(sheet, hour.beam)
    _table(sheet, scene)
    sheet.glow(w * 0.5, h * 0.6, h * 0.6, (255, 190, 100), hour.warmth)
    if neon:
        sheet.glow(w * 0.02, h * 0.42, h * 0.5, (255, 40, 170), 0.55)
        sheet.glow(w * 0.98, h * 0.42, h * 0.5, (0, 210, 255), 0.55)
    return Stage(x0=w * 0.3, x1=w * 0.7, ground=h * 0.95, horizon=ground, scale=h * 0.4)


def _shine(sheet: Sheet, hour: Hour) -> None:
    light = sheet.light
    sheet.light = replace(light, sun=hour.sun or light.sun, shadow=hour.shadow or light.shadow,
        exposure=hour.exposure or light.exposure)


def _window(sheet: Sheet, hour: Hour, cloth: Colour, *, neon: bool) -> None:
    """An arched window between curtains, the hour's sky in it."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    frame: Colour = (120, 82, 54)
    x0, x1, top, sill, ground = w * 0.36, w * 0.64, h * 0.16, h * 0.56, h * 0.7
    middle, half = (x0 + x1) / 2, (x1 - x0) / 2
    arch = [(x0, sill), (x0, top + half), *arc(middle, top + half, half, 180, 360, steps=24), (x1, sill)]
    sheet.fill(arch, *hour.sky, banded=False)
    if hour.moon:
        moon = oval(middle + half * 0.36, top + half, 24)
        sheet.orb(moon, (252, 248, 232), (226, 226, 220))
    if neon:
        _skyline(sheet, x0, x1, sill)
    else:
        for _ in range(9):
            bush = (x0 + (x1 - x0) * rng.random(), sill - h * 0.01 - rng.random() * h * 0.06)
            sheet.puffs([(*bush, rng.uniform(18, 40))], mix(hour.sky[1], (40, 60, 50), 0.6), blur=5)
    bars = [([(middle, top), (middle, sill)], 8.0, light.on(frame))]
    for t in (0.3, 0.5, 0.7, 0.88):
        y = top + (sill - top) * t
        bars.append(([(x0, y), (x1, y)], 6.0, light.on(frame)))
    bars.append(([*arch, arch[0]], 12.0, light.on(frame)))
    sheet.lines(bars)
    for x, side in ((x0, -1), (x1, 1)):
        curtain = smooth([(x + side * 22, top - 10), (x - side * 34, top), (x - side * 20, h * 0.36),
            (x + side * 6, h * 0.5), (x - side * 8, ground), (x + side * 40, ground),
            (x + side * 34, h * 0.4)])
        sheet.form(curtain, cloth)


def _skyline(sheet: Sheet, x0: float, x1: float, foot: float) -> None:
    """Towers with lit windows, small and far."""
    rng = sheet.rng
    wide = (x1 - x0) / 6
    for k in range(6):
        left, right = x0 + wide * k, x0 + wide * (k + 1)
        top = foot - sheet.height * rng.uniform(0.1, 0.26)
        sheet.fill(box(left + 2, top, right - 2, foot), (30, 16, 60), (58, 22, 84), edge=False)
        lit = rng.choice(((255, 84, 190), (70, 226, 255), (255, 190, 90)))
        panes = [(rng.uniform(left + 7, right - 7), rng.uniform(top + 8, foot - 6)) for _ in range(9)]
        sheet.dabs((x, y, 2.6, 3.4, lit) for x, y in panes)


def _carpet(sheet: Sheet, cloth: Colour) -> None:
    light, w, h = sheet.light, sheet.width, sheet.height
    rug = oval(w / 2, h * 0.86, w * 0.36, h * 0.085)
    sheet.fill(rug, light.lit(cloth), light.shaded(scaled(cloth, 0.85)), angle=60)
    for k, tone in ((0.9, (206, 160, 92)), (0.82, (60, 62, 88)), (0.45, (206, 160, 92))):
        ring = oval(w / 2, h * 0.86, w * 0.36 * k, h * 0.085 * k, steps=50)
        sheet.line([*ring, ring[0]], 3.5, light.on(tone))


def _beam(sheet: Sheet, tone: Colour) -> None:
    """Light that falls from the window across the room to the floor."""
    w, h = sheet.width, sheet.height
    lean = -sheet.light.side * w * 0.2
    foot = h * 0.95
    fall = [(w * 0.36, h * 0.26), (w * 0.64, h * 0.26), (w * 0.64 + lean, foot), (w * 0.36 + lean, foot)]
    sheet.fill(fall, tone, opacity=0.16, blur=26, edge=False)
    pool = oval(w / 2 + lean * 0.9, h * 0.9, w * 0.17, h * 0.05)
    sheet.fill(pool, tone, opacity=0.3, blur=18, edge=False)
    sheet.glow(w / 2, h * 0.36, h * 0.42, tone, 0.5)


def _table(sheet: Sheet, scene: Scene) -> None:
    """The reading table, with a lamp or candles, an open book and a pile of others."""
    w, h = sheet.width, sheet.height
    ty = h * 0.74
    sheet.shadow(oval(w / 2, h * 0.87, w * 0.2, h * 0.022), opacity=0.6, blur=10)
    for x in (w * 0.35, w * 0.65):
        sheet.form([(x - 12, ty), (x + 12, ty), (x + 7, h * 0.87), (x - 7, h * 0.87)], (92, 56, 36))
    sheet.form([(w * 0.31, ty), (w * 0.34, ty - h * 0.035), (w * 0.66, ty - h * 0.035), (w * 0.69, ty)],
        (142, 90, 54))
    sheet.form(box(w * 0.31, ty, w * 0.69, ty + h * 0.022), (108, 66, 40))
    if scene.time == "candle":
        for x, size in ((0.37, 0.17), (0.42, 0.21), (0.46, 0.15)):
            art.paint(sheet, "candle", Spot(w * x, ty - h * 0.008, h * size), None, "holder")
    else:
        art.paint(sheet, "lamp", Spot(w * 0.4, ty - h * 0.014, h * 0.21))
    for i, tone in enumerate(((120, 44, 44), (56, 74, 92), (150, 112, 60))):
        foot = ty - h * (0.014 + 0.02 * i)
        sheet.form(rounded(w * 0.575 - i * 4, foot - h * 0.02, w * 0.65 - i * 7, foot, 3), tone)
    art.paint(sheet, "book", Spot(w * 0.51, ty - h * 0.008, h * 0.07))
