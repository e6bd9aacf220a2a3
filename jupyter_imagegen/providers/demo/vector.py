# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Writes a sheet's shapes as SVG: paths and gradients, no script, nothing from outside."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import Point, bounds
from jupyter_imagegen.providers.demo.lettering import glyphs
from jupyter_imagegen.providers.demo.palette import hex_of
from jupyter_imagegen.providers.demo.sheet import Dabs, Glow, Lines, Mirror, Op, Paint, Puffs, Shape, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_imagegen.providers.demo.sheet import Sheet


class _Writer:
    """Collects elements, and each gradient and blur once."""

    def __init__(self) -> None:
        self.body: list[str] = []
        self.shared: dict[str, str] = {}

    def named(self, prefix: str, content: str) -> str:
        """The id of a shared definition."""
        if content not in self.shared:
            self.shared[content] = f"{prefix}{len(self.shared)}"
        return self.shared[content]

    def fill(self, paint: Paint) -> str:
        """The `fill` value of a paint."""
        if paint.b is None or paint.a == paint.b:
            return hex_of(paint.a)
        stops = (
            f'<stop offset="0" stop-color="{hex_of(paint.a)}"/>'
            f'<stop offset="1" stop-color="{hex_of(paint.b)}"/>'
        )
        if paint.kind == "radial":
            cx, cy = paint.centre
            content = f'<radialGradient id="@" cx="{cx:.2f}" cy="{cy:.2f}" r="0.82">{stops}</radialGradient>'
        else:
            c, s = math.cos(math.radians(paint.angle)) / 2, math.sin(math.radians(paint.angle)) / 2
            content = (
                f'<linearGradient id="@" x1="{0.5 - c:.2f}" y1="{0.5 - s:.2f}" '
                f'x2="{0.5 + c:.2f}" y2="{0.5 + s:.2f}">'
                f"{stops}</linearGradient>"
            )
        return f"url(#{self.named('g', content)})"

    def blur(self, amount: float) -> str:
        """The attribute of a blur; empty where there is hardly any."""
        if amount < 0.8:
            return ""
        content = (
            '<filter id="@" x="-50%" y="-50%" width="200%" height="200%">'
            f'<feGaussianBlur stdDeviation="{amount:.0f}"/></filter>'
        )
        return f' filter="url(#{self.named("b", content)})"'

    def definitions(self) -> str:
        """All shared definitions."""
        return "".join(content.replace("@", name, 1) for content, name in self.shared.items())


def _path(points: Sequence[Point], *, closed: bool) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")


def svg(sheet: Sheet, size: tuple[int, int], *, cutout: bool = False) -> str:
    """The sheet as an SVG document with a demo mark in its corner."""
    writer = _Writer()
    for op in sheet.ops:
        _write(writer, op)
    w, h = sheet.width, sheet.height
    paper = "" if cutout else f'<rect width="{w:.0f}" height="{h:.0f}" fill="{hex_of(sheet.light.sky[-1])}"/>'
    mark = (
        f'<g><rect x="{w - 116:.0f}" y="{h - 50:.0f}" width="100" height="34" rx="17" '
        'fill="#18161e" fill-opacity="0.66"/>'
        f'<text x="{w - 66:.0f}" y="{h - 26:.0f}" font-family="sans-serif" font-size="22" '
        'text-anchor="middle" '
        'fill="#ffffff">demo</text></g>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {w:.0f} {h:.0f}">'
        f"<defs>{writer.definitions()}</defs>{paper}{''.join(writer.body)}{mark}</svg>"
    )


def _write(writer: _Writer, op: Op) -> None:
    add = writer.body.append
    match op:
        case Shape():
            see = "" if op.opacity >= 1 else f' fill-opacity="{op.opacity:.2f}"'
            add(
                f'<path d="{_path(op.points, closed=True)}" fill="{writer.fill(op.paint)}"'
                f"{see}{writer.blur(op.blur)}/>"
            )
        case Dabs():
            for x, y, rx, ry, colour in op.items:
                add(
                    f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" '
                    f'fill="{hex_of(colour)}"/>'
                )
        case Lines():
            for points, width, colour in op.items:
                add(
                    f'<path d="{_path(points, closed=False)}" fill="none" stroke="{hex_of(colour)}" '
                    f'stroke-width="{width:.1f}" stroke-linecap="round" stroke-linejoin="round"/>'
                )
        case Puffs():
            circles = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>' for x, y, r in op.circles)
            add(
                f'<g fill="{hex_of(op.paint.a)}" fill-opacity="{op.opacity:.2f}"'
                f"{writer.blur(op.blur)}>{circles}</g>"
            )
        case Glow():
            stops = (
                f'<stop offset="0" stop-color="{hex_of(op.colour)}" '
                f'stop-opacity="{min(1, op.strength):.2f}"/>'
                f'<stop offset="1" stop-color="{hex_of(op.colour)}" stop-opacity="0"/>'
            )
            name = writer.named("g", f'<radialGradient id="@">{stops}</radialGradient>')
            add(
                f'<ellipse cx="{op.x:.1f}" cy="{op.y:.1f}" rx="{op.rx:.1f}" ry="{op.ry:.1f}" '
                f'fill="url(#{name})"/>'
            )
        case Words():
            text = "".join(c for c, _ in glyphs(op.text))
            height = min(op.height, op.width / max(1, len(text)) * 1.6)
            add(
                f'<text x="{op.x:.1f}" y="{op.y + height * 0.36:.1f}" font-family="sans-serif" '
                'font-weight="bold" '
                f'font-size="{height:.1f}" text-anchor="middle" '
                f'textLength="{min(op.width, len(text) * height * 0.66):.0f}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{hex_of(op.colour)}">{escape(text)}</text>'
            )
        case Mirror():
            # A reflection needs pixels; a sheen of its tint stands for it.
            x0, y0, x1, y1 = bounds([(0, op.axis), (4000, op.bottom)])
            add(
                f'<rect x="{x0:.0f}" y="{y0:.0f}" width="{x1 - x0:.0f}" height="{y1 - y0:.0f}" '
                f'fill="{hex_of(op.tint)}" '
                f'fill-opacity="{op.opacity * 0.2:.2f}"/>'
            )
