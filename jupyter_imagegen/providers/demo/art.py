# ruff: noqa: C901 - one case for each kind of shape
"""Things drawn once, as SVG in `art/`, and put on a sheet in the scene's light.

A drawing has its foot at (0, 0) and is 1000 units high. `class` says how a shape is painted, `data-c` its
colour: a hex, `tint` (what a prompt may change; else the `data-tint` of the drawing), a colour of the light
(`sun haze shadow sky0` to `sky3`), or an operation before its operands, such as `dim tint 0.9` or
`mix haze #ffffff 0.3`. `data-when` names what must hold: `lamps` or `unlit`, `snow` or `bare`, and so on.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # the package's own files

from jupyter_imagegen.providers.demo.geometry import Point, oval, pts
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_imagegen.providers.demo.palette import Light
    from jupyter_imagegen.providers.demo.sheet import Sheet, Spot

_SUBPIXEL = 0.001


def paint(
    sheet: Sheet, name: str, spot: Spot, tint: Colour | None = None, *flags: str, stretch: float = 1.0
) -> None:
    """Put a drawing on the sheet.

    `name` is a file in `art/`, `spot` where its foot is, `tint` the colour that a prompt gives it, `flags`
    what holds besides the light. With `stretch` it becomes wider than high: a room is drawn square.
    """
    root = _drawing(name)
    light = sheet.light
    tint = tint or _hex(root.get("data-tint", "#808080"))
    holds = {"lamps" if light.lamps else "unlit", "afloat" if sheet.layer == "back" else "cut", *flags}
    size = spot.scale * _SUBPIXEL
    across = (-size if spot.flip else size) * stretch

    def at(x: float, y: float) -> Point:
        return spot.x + x * across, spot.y + y * size

    for shape in root:
        if not holds.issuperset(shape.get("data-when", "").split()):
            continue

        def number(key: str, otherwise: float = 0.0, shape: ET.Element = shape) -> float:
            return float(shape.get(key, otherwise))

        points = [at(x, y) for x, y in pts(shape.get("points", ""))]
        colour = _colour(iter(shape.get("data-c", "#000000").split()), light, tint)
        second = shape.get("data-d")
        other = _colour(iter(second.split()), light, tint) if second else None
        x, y = at(number("cx"), number("cy"))
        rx, ry, blur, opacity = (
            number("rx") * size, number("ry") * size, number("data-blur") * size, number("opacity", 1.0),
        )  # fmt: skip
        match shape.get("class"):
            case "form":
                sheet.form(points, colour)
            case "ball":
                sheet.ball(points, colour)
            case "fill":
                edge, angle = shape.get("data-edge") != "0" and opacity > 0.9, number("data-angle", 90.0)  # noqa: PLR2004 - a veil has no contour
                banded = shape.get("data-banded") != "0"
                sheet.fill(
                    points, colour, other, angle=angle, opacity=opacity, blur=blur, edge=edge, banded=banded
                )
            case "line":
                sheet.line(points, number("stroke-width") * size, colour)
            case "dab":
                sheet.dabs([(x, y, rx, ry, colour)])
            case "puffs":
                circles = (circle.split(",") for circle in shape.get("data-circles", "").split())
                placed = [(*at(float(a), float(b)), float(r) * size) for a, b, r in circles]
                sheet.puffs(placed, colour, other, blur=blur, opacity=opacity)
            case "glow":
                sheet.glow(x, y, rx, colour, opacity, squash=ry / rx)
            case "shadow":
                sheet.shadow(points or oval(x, y, rx, ry), opacity=opacity, blur=blur)
            case "ground":
                sheet.ground_shadow(x, y, rx, opacity=opacity)


def _colour(words: Iterator[str], light: Light, tint: Colour) -> Colour:
    """The colour that the words say; takes as many of them as it needs."""
    word = next(words)
    match word:
        case "tint":
            return tint
        case "sun" | "haze" | "shadow":
            found: Colour = getattr(light, word)
            return found
        case "sky0" | "sky1" | "sky2" | "sky3":
            return light.sky[int(word[-1])]
        case "lit":
            return light.lit(_colour(words, light, tint))
        case "on":
            return light.on(_colour(words, light, tint))
        case "shaded":
            return light.shaded(_colour(words, light, tint))
        case "dim":
            return scaled(_colour(words, light, tint), float(next(words)))
        case "mix":
            return mix(_colour(words, light, tint), _colour(words, light, tint), float(next(words)))
        case "turn":
            base = _colour(words, light, tint)
            hue, saturation, value = (float(next(words)) for _ in range(3))
            return turned(base, hue=hue, saturation=saturation, value=value)
        case _:
            return _hex(word)


def _hex(text: str) -> Colour:
    r, g, b = bytes.fromhex(text.removeprefix("#"))
    return r, g, b


@cache
def _drawing(name: str) -> ET.Element:
    return ET.parse(Path(__file__).parent / "art" / f"{name}.svg").getroot()  # noqa: S314 - the package's own file
