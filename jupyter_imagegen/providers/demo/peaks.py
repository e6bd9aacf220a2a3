# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Skylines: rolling hills, and mountain ranges of broken peaks with air between them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.palette import Colour, mix

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.geometry import Point
    from jupyter_imagegen.providers.demo.sheet import Sheet


def broken(sheet: Sheet, a: Point, b: Point, rough: float) -> list[Point]:
    """A line from `a` to `b` broken up by midpoint displacement."""
    line = [a, b]
    spread = math.hypot(b[0] - a[0], b[1] - a[1]) * rough
    for _ in range(5 if sheet.detail > 0.6 else 4):
        denser: list[Point] = []
        for (x0, y0), (x1, y1) in pairwise(line):
            shift = sheet.rng.uniform(-spread, spread)
            denser += [(x0, y0), ((x0 + x1) / 2 + shift * 0.5, (y0 + y1) / 2 + shift)]
        line = [*denser, line[-1]]
        spread *= 0.52
    return line


def range_of(
    sheet: Sheet, y: float, height: float, colour: Colour, distance: float, *, snow: float = 0.0
) -> None:
    """One mountain range seen through `distance` of air; the upper `snow` part of the highest is white."""
    rng = sheet.rng
    count = max(4, round(sheet.width / (height * 1.15)) + 1)
    peaks = []
    for i in range(count):
        x = (i + 0.5 + rng.uniform(-0.3, 0.3)) / count * sheet.width * 1.1 - sheet.width * 0.05
        peaks.append((x, height * rng.choice((0.5, 0.66, 0.82, 1.0)) * rng.uniform(0.9, 1.08)))
    # The small ones stand in front of the great ones.
    for x, high in sorted(peaks, key=lambda p: -p[1]):
        _peak(
            sheet,
            x,
            y,
            high,
            high * rng.uniform(0.95, 1.3),
            colour,
            distance,
            y - height * (1 - snow) if snow else None,
        )


def _peak(
    sheet: Sheet,
    x: float,
    y: float,
    high: float,
    half: float,
    colour: Colour,
    distance: float,
    snowline: float | None,
) -> None:
    """One mountain: a lit and a shaded face that meet in a broken ridge, snow above a line."""
    light, rng = sheet.light, sheet.rng
    top = (x, y - high)
    left = broken(sheet, top, (x - half, y), 0.085)
    right = broken(sheet, top, (x + half, y), 0.085)
    spine = broken(sheet, top, (x + half * rng.uniform(-0.18, 0.2) - light.side * half * 0.08, y), 0.1)
    foot = mix(light.far(colour, distance), light.haze, 0.66)
    lit = mix(light.lit(colour), light.haze, distance)
    dark = mix(light.shaded(colour), light.haze, distance)
    sheet.fill([*reversed(left), *right], lit, foot, banded=False)
    shaded = right if light.side < 0 else left
    sheet.fill([*spine, *reversed(shaded)], dark, mix(dark, foot, 0.75), edge=False, banded=False)
    # Spurs: narrow faces that branch from the ridge and catch or lose the light.
    for _ in range(sheet.many(5)):
        i = rng.randrange(2, max(3, len(spine) * 2 // 3))
        px, py = spine[i]
        fall = (y - py) * rng.uniform(0.3, 0.6)
        run = fall * rng.uniform(0.4, 0.8)
        side = rng.choice((-1, 1))
        tone = dark if side == light.side else lit
        spur = [
            (px, py),
            *broken(sheet, (px + side * run * 0.3, py + fall * 0.2), (px + side * run, py + fall), 0.1),
            *broken(
                sheet,
                (px + side * run * 0.72, py + fall * 1.02),
                (px + side * run * 0.06, py + fall * 0.46),
                0.1,
            ),
        ]
        sheet.fill(spur, tone, mix(tone, foot, 0.5), opacity=0.55, edge=False, banded=False)
    if snowline is None or top[1] > snowline - 8:
        return
    white = mix(light.lit((250, 251, 254)), light.haze, distance * 0.75)
    blue = mix(light.shaded((206, 220, 242)), light.haze, distance * 0.75)
    for edge, near in ((left, light.side < 0), (right, light.side > 0)):
        high_edge = [p for p in edge if p[1] < snowline]
        high_spine = [p for p in spine if p[1] < snowline]
        if len(high_edge) < 3 or len(high_spine) < 2:
            continue
        (x0, y0), (x1, y1) = high_edge[-1], high_spine[-1]
        fringe = []
        teeth = 8
        for k in range(1, teeth):
            t = k / teeth
            drop = (snowline - top[1]) * (rng.uniform(0.1, 0.34) if k % 2 else -rng.uniform(0.12, 0.4))
            fringe.append((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + drop))
        tone = white if near else blue
        sheet.fill(
            [*high_edge, *fringe, *reversed(high_spine)],
            tone,
            mix(tone, blue, 0.35),
            edge=False,
            banded=False,
        )


def hill(sheet: Sheet, y: float, swell: float, *, offset: float) -> list[Point]:
    """A gently rolling skyline."""
    waves = [(sheet.rng.uniform(0.5, 1.4), sheet.rng.uniform(0, math.tau)) for _ in range(3)]
    line = []
    for i in range(49):
        u = i / 48
        h = sum(math.sin(u * math.tau * f + p + offset) / (k + 1) for k, (f, p) in enumerate(waves))
        line.append((sheet.width * (u * 1.04 - 0.02), y - swell * h * 0.5))
    return line


def down(sheet: Sheet, line: list[Point], bottom: float) -> list[Point]:
    """Close a skyline into the land below it."""
    return [*line, (sheet.width * 1.1, bottom), (-sheet.width * 0.1, bottom)]
