"""A library, in the light of the hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import art
from jupyter_imagegen.providers.demo.geometry import arc, box, oval, rounded, smooth
from jupyter_imagegen.providers.demo.interiors import floor, shelf
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
from jupyter_imagegen.providers.demo.stage import Spot, Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


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
    sheet.fill(
        box(-5, -5, w + 5, h + 5),
        scaled(light.on((92, 66, 48)), 0.8),
        light.shaded((70, 48, 36)),
        edge=False,
        banded=False,
    )
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
    sheet.light = replace(
        light,
        sun=hour.sun or light.sun,
        shadow=hour.shadow or light.shadow,
        exposure=hour.exposure or light.exposure,
    )


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
        sheet.orb(moon, (252, 248, 232), (226, 226, 220), edge=False)
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
    sheet.form(
        [(w * 0.31, ty), (w * 0.34, ty - h * 0.035), (w * 0.66, ty - h * 0.035), (w * 0.69, ty)],
        (142, 90, 54),
    )
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
