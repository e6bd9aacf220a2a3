# Coordinates are read together, not one to a line.
# fmt: off
"""Outlines as lists of points: curves, ellipses, limbs and the like."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]


@cache
def pts(text: str) -> tuple[Point, ...]:
    """Points as SVG writes them.

    Examples
    --------
    >>> pts("0,-.5 .25,1")
    ((0.0, -0.5), (0.25, 1.0))
    """
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x), float(y)) for x, y in pairs)


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 6) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    out: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + j) % count] for j in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[max(0, min(count - 1, i + j))] for j in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            a, b = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
            c, d = -2 * t**3 + 3 * t**2, t**3 - t**2
            out.append((a * p1[0] + b * (p2[0] - p0[0]) / 2 + c * p2[0] + d * (p3[0] - p1[0]) / 2,
                a * p1[1] + b * (p2[1] - p0[1]) / 2 + c * p2[1] + d * (p3[1] - p1[1]) / 2))
    if not closed:
        out.append(points[-1])
    return out


def oval(x: float, y: float, rx: float, ry: float | None = None, *, turn: float = 0.0,
    steps: int = 40) -> list[Point]:
    """An ellipse's outline; `turn` in degrees."""
    ry = rx if ry is None else ry
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    out = []
    for i in range(steps):
        a = 2 * math.pi * i / steps
        px, py = rx * math.cos(a), ry * math.sin(a)
        out.append((x + px * c - py * s, y + px * s + py * c))
    return out


def box(x0: float, y0: float, x1: float, y1: float) -> list[Point]:
    """A rectangle's outline."""
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> list[Point]:
    """A rectangle with round corners."""
    r = min(radius, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    out: list[Point] = []
    for cx, cy, start in ((x1 - r, y0 + r, -90), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90),
        (x0 + r, y0 + r, 180)):
        out += arc(cx, cy, r, start, start + 90, steps=6)
    return out


def arc(x: float, y: float, r: float, start: float, end: float, *, steps: int = 16) -> list[Point]:
    """Points along a circle from `start` to `end` degrees (clockwise, 0 is right)."""
    return [(x + r * math.cos(math.radians(start + (end - start) * i / steps)),
        y + r * math.sin(math.radians(start + (end - start) * i / steps))) for i in range(steps + 1)]


def limb(a: Point, b: Point, ra: float, rb: float) -> list[Point]:
    """A tapering round-ended bar from `a` to `b`."""
    angle = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    return arc(*a, ra, angle + 90, angle + 270, steps=8) + arc(*b, rb, angle - 90, angle + 90, steps=8)


def ribbon(points: Sequence[Point], widths: Sequence[float]) -> list[Point]:
    """The outline of a band along the points, as wide at each as `widths` says (interpolated)."""
    left: list[Point] = []
    right: list[Point] = []
    last = len(points) - 1
    for i, (x, y) in enumerate(points):
        x0, y0 = points[max(0, i - 1)]
        x1, y1 = points[min(last, i + 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        place = i / last * (len(widths) - 1)
        j = min(int(place), len(widths) - 2) if len(widths) > 1 else 0
        w = widths[j] + (widths[min(j + 1, len(widths) - 1)] - widths[j]) * (place - j)
        nx, ny = -(y1 - y0) / length * w / 2, (x1 - x0) / length * w / 2
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return left + right[::-1]


def bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    xs = [p[0] for p in points]
    ys = [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)
