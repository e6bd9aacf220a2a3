# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""A picture as a list of shapes, before anyone has drawn it.

Painters put shapes on a `Sheet`; `raster` draws them as pixels. Units: the
picture's shorter side is 1000, x runs right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.providers.demo.geometry import Point, oval
from jupyter_imagegen.providers.demo.palette import Colour, Light, mix

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence


Layer = Literal["back", "subject"]
Circle = tuple[float, float, float]


@dataclass(frozen=True)
class Paint:
    """How a shape is filled: flat, along a line (`angle` degrees, 90 is downwards) or around a centre.

    `centre` is in fractions of the shape's box. `banded` allows a flat style to show the two colours as two
    hard bands; a sky is never banded.
    """

    a: Colour
    b: Colour | None = None
    kind: Literal["linear", "radial"] = "linear"
    angle: float = 90.0
    centre: tuple[float, float] = (0.36, 0.3)
    banded: bool = True


@dataclass(frozen=True)
class Shape:
    """A filled outline. `edge` allows line styles to draw its contour; `blur` is in units."""

    points: tuple[Point, ...]
    paint: Paint
    opacity: float = 1.0
    blur: float = 0.0
    edge: bool = True


@dataclass(frozen=True)
class Dabs:
    """Many small opaque ellipses: (x, y, rx, ry, colour)."""

    items: tuple[tuple[float, float, float, float, Colour], ...]


@dataclass(frozen=True)
class Lines:
    """Many opaque lines: (points, width, colour)."""

    items: tuple[tuple[tuple[Point, ...], float, Colour], ...]


@dataclass(frozen=True)
class Puffs:
    """A soft union of circles (clouds, smoke, foliage): (x, y, r)."""

    circles: tuple[Circle, ...]
    paint: Paint
    blur: float
    opacity: float = 1.0


@dataclass(frozen=True)
class Glow:
    """Light that is added around a place."""

    x: float
    y: float
    rx: float
    ry: float
    colour: Colour
    strength: float


@dataclass(frozen=True)
class Mirror:
    """A rippled reflection of what stands above `axis`, down to `bottom`."""

    axis: float
    bottom: float
    opacity: float
    ripple: float
    tint: Colour


@dataclass(frozen=True)
class Words:
    """A line of lettering, fitted into a box of width x height around its centre."""

    text: str
    x: float
    y: float
    width: float
    height: float
    colour: Colour
    gap: float = 0.06


Op = Shape | Dabs | Lines | Puffs | Glow | Mirror | Words


def extent(ops: Iterable[Op]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is drawn, light and reflections left out; all 0 for nothing."""
    xs, ys = [], []
    for op in ops:
        match op:
            case Shape(points=points):
                reach = [(x, y, 0.0) for x, y in points]
            case Lines(items=lines):
                reach = [(x, y, width / 2) for points, width, _ in lines for x, y in points]
            case Dabs(items=dabs):
                reach = [(x, y, max(rx, ry)) for x, y, rx, ry, _ in dabs]
            case Puffs(circles=circles):
                reach = list(circles)
            case _:
                reach = []
        xs += [x + side * r for x, _, r in reach for side in (-1, 1)]
        ys += [y + side * r for _, y, r in reach for side in (-1, 1)]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)


class Sheet:
    """What has been put on the picture so far, and the means to put more on it.

    `detail` says how much to draw, about 0.4 (sparse) to 1.6 (rich); `rng` is the only source of chance.
    """

    def __init__(
        self, *, width: float, height: float, light: Light, rng: random.Random, detail: float
    ) -> None:
        self.width = width
        self.height = height
        self.light = light
        self.rng = rng
        self.detail = detail
        self.layer: Layer = "back"
        self.ops: list[Op] = []

    def many(self, count: float) -> int:
        """How many of something to draw at this detail; at least one."""
        return max(1, round(count * self.detail))

    def fill(
        self,
        points: Iterable[Point],
        a: Colour,
        b: Colour | None = None,
        *,
        angle: float = 90.0,
        opacity: float = 1.0,
        blur: float = 0.0,
        edge: bool = True,
        banded: bool = True,
    ) -> None:
        """A shape in exactly these colours."""
        paint = Paint(a, b, angle=angle, banded=banded)
        self.ops.append(Shape(tuple(points), paint, opacity, blur, edge))

    def orb(
        self,
        points: Iterable[Point],
        a: Colour,
        b: Colour,
        *,
        centre: Point = (0.36, 0.3),
        edge: bool = False,
    ) -> None:
        """A shape shaded around a centre, from `a` inside to `b` outside."""
        self.ops.append(Shape(tuple(points), Paint(a, b, kind="radial", centre=centre), edge=edge))

    def form(self, points: Iterable[Point], colour: Colour) -> None:
        """A solid of this colour in the scene's light: lit on one side, shaded on the other."""
        angle = 28.0 if self.light.side < 0 else 152.0
        self.fill(points, self.light.lit(colour), self.light.shaded(colour), angle=angle)

    def ball(self, points: Iterable[Point], colour: Colour) -> None:
        """A round solid of this colour in the scene's light."""
        x = 0.34 if self.light.side < 0 else 0.66
        lit = mix(self.light.lit(colour), self.light.sun, 0.16)
        self.orb(points, lit, self.light.shaded(colour), centre=(x, 0.28), edge=True)

    def shadow(self, points: Iterable[Point], *, opacity: float = 0.35, blur: float = 12.0) -> None:
        """A soft shadow; what is cut out of its ground throws none."""
        if self.layer != "subject":
            dark = Paint(mix(self.light.shadow, (0, 0, 0), 0.4))
            self.ops.append(Shape(tuple(points), dark, opacity, blur, False))

    def ground_shadow(self, x: float, y: float, width: float, *, opacity: float = 0.4) -> None:
        """The shadow of something that stands at (x, y), falling away from the light."""
        if self.light.height <= 0.02:
            return
        reach = width * (0.25 + 0.5 * (1 - self.light.height))
        shift = -self.light.side * reach
        self.shadow(
            oval(x + shift, y, width * 0.55 + abs(shift), width * 0.11), opacity=opacity, blur=width * 0.045
        )
        self.shadow(oval(x, y, width * 0.5, width * 0.06), opacity=opacity * 0.8, blur=width * 0.02)

    def glow(
        self, x: float, y: float, r: float, colour: Colour, strength: float = 0.8, *, squash: float = 1.0
    ) -> None:
        """Light around a place."""
        self.ops.append(Glow(x, y, r, r * squash, colour, strength))

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """One line."""
        self.ops.append(Lines(((tuple(points), width, colour),)))

    def lines(self, items: Iterable[tuple[Sequence[Point], float, Colour]]) -> None:
        """Many lines."""
        self.ops.append(Lines(tuple((tuple(p), w, c) for p, w, c in items)))

    def dabs(self, items: Iterable[tuple[float, float, float, float, Colour]]) -> None:
        """Many small ellipses."""
        self.ops.append(Dabs(tuple(items)))

    def puffs(
        self,
        circles: Iterable[Circle],
        a: Colour,
        b: Colour | None = None,
        *,
        blur: float = 8.0,
        opacity: float = 1.0,
    ) -> None:
        """A soft union of circles."""
        self.ops.append(Puffs(tuple(circles), Paint(a, b), blur, opacity))

    def mirror(self, axis: float, bottom: float, *, opacity: float, ripple: float, tint: Colour) -> None:
        """A reflection in water or wet ground."""
        self.ops.append(Mirror(axis, bottom, opacity, ripple, tint))

    def words(
        self, text: str, x: float, y: float, width: float, height: float, ink: Colour, *, gap: float = 0.06
    ) -> None:
        """A line of lettering in a box around its centre."""
        self.ops.append(Words(text, x, y, width, height, ink, gap))


@dataclass(frozen=True)
class Spot:
    """A place for one thing: its foot at (x, y), and how large a thing of size 1 is there, in units."""

    x: float
    y: float
    scale: float
    flip: bool = False


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A place that has been painted, ready for what is to be seen in it."""

    x0: float  # the part of the width that things share
    x1: float
    ground: float  # where the feet of the nearest things are
    horizon: float  # where the sky ends
    scale: float  # how large a thing of size 1 is at the ground
    water: float | None = None  # where boats float, if there is water
