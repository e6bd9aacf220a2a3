# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Draws a sheet's shapes as pixels, at a higher resolution that is then reduced, so that edges are smooth."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.providers.demo import lettering
from jupyter_imagegen.providers.demo.geometry import bounds
from jupyter_imagegen.providers.demo.palette import luminance, mix, scaled
from jupyter_imagegen.providers.demo.sheet import Dabs, Glow, Lines, Mirror, Op, Paint, Puffs, Shape, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from jupyter_imagegen.providers.demo.geometry import Point
    from jupyter_imagegen.providers.demo.palette import Colour
    from jupyter_imagegen.providers.demo.sheet import Sheet


#: How shapes are drawn: modelled in light, in two hard tones with contours, or in one tone.
Manner = Literal["soft", "cel", "flat"]
Box = tuple[int, int, int, int]
Part = tuple[float, float, float, float]


class Raster:
    """A canvas of `oversample` pixels for one of the picture's, along a side.

    `ink` is the colour of contours, a dark tone of each shape where it is None. A `cutout` keeps where
    something was drawn, for transparent pictures.
    """

    def __init__(self, sheet: Sheet, size: tuple[int, int], *, oversample: float = 2.0,
        manner: Manner = "soft", ink: Colour | None = None, cutout: bool = False) -> None:
        from PIL import Image, ImageDraw

        self.size = size
        self.pixels = (round(size[0] * oversample), round(size[1] * oversample))
        self.unit = self.pixels[0] / sheet.width
        self.manner = manner
        self.ink = ink
        self.canvas = Image.new("RGB", self.pixels, (255, 255, 255))
        self.draw = ImageDraw.Draw(self.canvas)
        self.cover = Image.new("L", self.pixels, 0) if cutout else None
        self.contour = 3.2 * self.unit

    def paint(self, ops: Sequence[Op]) -> None:
        """Draw these in order."""
        for op in ops:
            match op:
                case Shape():
                    self._shape(op)
                case Dabs():
                    self._dabs(op)
                case Lines():
                    self._lines(op)
                case Puffs():
                    self._puffs(op)
                case Glow():
                    self._glow(op)
                case Mirror():
                    self._mirror(op)
                case Words():
                    self._words(op)

    def finished(self) -> Image:
        """The canvas at its finished size: RGB, or RGBA for a cutout."""
        from PIL import Image

        picture = self.canvas
        if self.cover is not None:
            picture = self.canvas.copy()
            picture.putalpha(self.cover)
        return picture if self.pixels == self.size else picture.resize(self.size, Image.Resampling.BOX)

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        u = self.unit
        return [(x * u, y * u) for x, y in points]

    def _box(self, points: Sequence[Point], pad: float = 0.0) -> Box | None:
        """The pixels that the outline can touch, or None where it is off the canvas."""
        x0, y0, x1, y1 = bounds(points)
        left, top = max(0, math.floor(x0 - pad)), max(0, math.floor(y0 - pad))
        right = min(self.pixels[0], math.ceil(x1 + pad) + 1)
        bottom = min(self.pixels[1], math.ceil(y1 + pad) + 1)
        if right <= left or bottom <= top:
            return None
        return left, top, right, bottom

    def _cover(self, box: Box, mask: Image) -> None:
        if self.cover is None:
            return
        from PIL import ImageChops

        self.cover.paste(ImageChops.lighter(self.cover.crop(box), mask), box)

    def _filling(self, paint: Paint, whole: Part, box: Box) -> Image:
        """The gradient over the part of the shape's box that is on the canvas."""
        from PIL import Image, ImageOps

        second = paint.b if paint.b is not None else paint.a
        ramp = ramp_of(paint.kind, round(paint.angle, 1), *(round(c, 2) for c in paint.centre))
        part = _part(box, whole, ramp.width)
        target = (box[2] - box[0], box[3] - box[1])
        if part is None:
            return Image.new("RGB", target, paint.a)
        t = ramp.resize(target, Image.Resampling.BICUBIC, box=part)
        if self.manner == "cel" and paint.banded:
            two = t.point([0] * 150 + [255] * 106)
            return ImageOps.colorize(two, mix(paint.a, second, 0.2), mix(paint.a, second, 0.8))
        return ImageOps.colorize(t, paint.a, second)

    def _shape(self, op: Shape) -> None:
        from PIL import Image, ImageDraw, ImageFilter

        points = self._scaled(op.points)
        if len(points) < 3:
            return
        blur = op.blur * self.unit
        box = self._box(points, blur * 2.5)
        if box is None:
            return
        paint = op.paint
        plain = paint.b is None or (self.manner == "flat" and paint.banded)
        colour = mix(paint.a, paint.b, 0.42) if paint.b is not None and plain else paint.a
        if plain and blur < 1 and op.opacity >= 1 and self.cover is None:
            self.draw.polygon(points, fill=colour)
        else:
            # A blurred mask has no detail to lose: it is made small and enlarged.
            step = max(1, min(24, int(blur / 2.5)))
            size = ((box[2] - box[0]) // step + 1, (box[3] - box[1]) // step + 1)
            mask = Image.new("L", size, 0)
            local = [((x - box[0]) / step, (y - box[1]) / step) for x, y in points]
            ImageDraw.Draw(mask).polygon(local, fill=round(255 * min(1, op.opacity)))
            if blur >= 1:
                mask = mask.filter(ImageFilter.GaussianBlur(blur / step))
            target = (box[2] - box[0], box[3] - box[1])
            if mask.size != target:
                mask = mask.resize(target, Image.Resampling.BICUBIC)
            if plain:
                self.canvas.paste(colour, box, mask)
            else:
                self.canvas.paste(self._filling(paint, bounds(points), box), box, mask)
            self._cover(box, mask)
        if self.manner == "cel" and op.edge and op.opacity > 0.9:
            self._contour(points, paint)

    def _contour(self, points: list[Point], paint: Paint) -> None:
        x0, y0, x1, y1 = bounds(points)
        # Tiny shapes and whole-canvas ones have no contour worth drawing.
        if max(x1 - x0, y1 - y0) < 5 * self.unit:
            return
        width = self.contour * (1.0 if max(x1 - x0, y1 - y0) > 60 * self.unit else 0.6)
        base = paint.b if paint.b is not None else paint.a
        ink = self.ink if self.ink is not None else scaled(base, 0.38)
        self.draw.line([*points, points[0], points[1]], fill=ink, width=max(1, round(width)), joint="curve")
        if self.cover is not None:
            from PIL import ImageDraw

            ImageDraw.Draw(self.cover).line([*points, points[0]], fill=255, width=max(1, round(width)),
                joint="curve")

    def _dabs(self, op: Dabs) -> None:
        u = self.unit
        covering = self._cover_draw()
        for x, y, rx, ry, colour in op.items:
            spot = ((x - rx) * u, (y - ry) * u, (x + rx) * u, (y + ry) * u)
            self.draw.ellipse(spot, fill=colour)
            if covering is not None:
                covering.ellipse(spot, fill=255)

    def _cover_draw(self) -> ImageDraw | None:
        if self.cover is None:
            return None
        from PIL import ImageDraw

        return ImageDraw.Draw(self.cover)

    def _lines(self, op: Lines) -> None:
        covering = self._cover_draw()
        for points, width, colour in op.items:
            scaled_points = self._scaled(points)
            pixels = max(1, round(width * self.unit))
            self.draw.line(scaled_points, fill=colour, width=pixels, joint="curve" if pixels > 3 else None)
            if covering is not None:
                covering.line(scaled_points, fill=255, width=pixels)

    def _puffs(self, op: Puffs) -> None:
        from PIL import Image, ImageDraw, ImageFilter

        if not op.circles:
            return
        u, blur = self.unit, op.blur * self.unit
        whole = (min(x - r for x, _, r in op.circles) * u, min(y - r for _, y, r in op.circles) * u,
            max(x + r for x, _, r in op.circles) * u, max(y + r for _, y, r in op.circles) * u)
        if self.manner in ("cel", "flat"):
            blur = min(blur, 0.5 * u)
        box = self._box([(whole[0], whole[1]), (whole[2], whole[3])], blur * 2.5)
        if box is None:
            return
        step = max(1, min(24, int(blur / 2.5)))
        mask = Image.new("L", ((box[2] - box[0]) // step + 1, (box[3] - box[1]) // step + 1), 0)
        pen = ImageDraw.Draw(mask)
        for x, y, r in op.circles:
            px, py, pr = (x * u - box[0]) / step, (y * u - box[1]) / step, r * u / step
            pen.ellipse((px - pr, py - pr, px + pr, py + pr), fill=round(255 * op.opacity))
        if blur >= 1:
            mask = mask.filter(ImageFilter.GaussianBlur(blur / step))
        target = (box[2] - box[0], box[3] - box[1])
        if mask.size != target:
            mask = mask.resize(target, Image.Resampling.BICUBIC)
        if op.paint.b is None:
            self.canvas.paste(op.paint.a, box, mask)
        else:
            self.canvas.paste(self._filling(op.paint, whole, box), box, mask)
        self._cover(box, mask)

    def _glow(self, op: Glow) -> None:
        from PIL import Image, ImageChops

        u = self.unit
        x0, y0, x1, y1 = (op.x - op.rx) * u, (op.y - op.ry) * u, (op.x + op.rx) * u, (op.y + op.ry) * u
        box = self._box([(x0, y0), (x1, y1)])
        if box is None:
            return
        part = _part(box, (x0, y0, x1, y1), 128)
        if part is None:
            return
        spot = falloff().resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR, box=part)
        strength = op.strength * (0.5 if self.manner == "flat" else 1.0)
        light = Image.merge("RGB", [spot.point([min(255, round(v * c / 255 * strength))
            for v in range(256)]) for c in op.colour])
        self.canvas.paste(ImageChops.screen(self.canvas.crop(box), light), box)
        if self.cover is not None and luminance(op.colour) * op.strength > 0.3:
            self._cover(box, spot.point([round(v * 0.5 * min(1, strength)) for v in range(256)]))

    def _mirror(self, op: Mirror) -> None:
        from PIL import Image, ImageFilter

        u = self.unit
        axis, bottom = round(op.axis * u), min(self.pixels[1], round(op.bottom * u))
        height = min(bottom - axis, axis)
        if height < 4:
            return
        width = self.pixels[0]
        source = self.canvas.crop((0, axis - height, width, axis)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        # Water smears a reflection along the line of sight.
        source = source.resize((width // 2, max(2, height // 6)), Image.Resampling.BOX)
        source = source.filter(ImageFilter.GaussianBlur(1.2)).resize((width, height),
            Image.Resampling.BICUBIC)
        rippled = source.copy()
        rows = max(2, round(2.2 * u))
        for top in range(0, height, rows):
            depth = top / height
            shift = round(
                op.ripple * u * (0.3 + depth) * math.sin(top / u * (0.42 - 0.24 * depth) + 7 * depth * depth)
            )
            strip = source.crop((0, top, width, min(height, top + rows)))
            rippled.paste(strip, (shift, top))
        rippled = Image.blend(rippled, Image.new("RGB", rippled.size, op.tint), 0.22)
        fade = (Image.linear_gradient("L") .resize((width,
            height)) .point([round(255 * op.opacity * (1 - 0.75 * v / 255)) for v in range(256)]))
        self.canvas.paste(rippled, (0, axis), fade)

    def _words(self, op: Words) -> None:
        u = self.unit
        mask, corner = lettering.set_line(op.text, op.x * u, op.y * u, op.width * u, op.height * u,
            spacing=op.gap)
        self.canvas.paste(op.colour, corner, mask)
        if self.cover is not None:
            self.cover.paste(255, corner, mask)


def _part(box: Box, whole: Part, side: int) -> Part | None:
    """Which part of a small picture, `side` wide, lies in `box` when it covers `whole`; None for none."""
    low, size = whole[:2] * 2, (max(1e-6, whole[2] - whole[0]), max(1e-6, whole[3] - whole[1])) * 2
    a, b, c, d = (max(0.0, min(side, (v - at) / s * side)) for v, at, s in zip(box, low, size, strict=True))
    return (a, b, c, d) if c - a > 1e-3 and d - b > 1e-3 else None


@lru_cache(maxsize=2)
def falloff() -> Image:
    """A round light's brightness, 128 x 128: bright in the middle, 0 at the rim."""
    from PIL import Image

    far = (min(1.0, math.hypot(x - 63.5, y - 63.5) / 63.5) for y in range(128) for x in range(128))
    return Image.frombytes("L", (128, 128), bytes(round(255 * (1 - d) ** 2 * (1 - 0.35 * d)) for d in far))


@lru_cache(maxsize=256)
def ramp_of(kind: str, angle: float, cx: float, cy: float) -> Image:
    """Where a gradient stands (0 to 255) over its box, small: it is enlarged to the shape."""
    from PIL import Image

    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    places = [((x + 0.5) / 24, (y + 0.5) / 24) for y in range(24) for x in range(24)]
    if kind == "radial":
        values = [math.hypot(u - cx, v - cy) / 0.82 for u, v in places]
    else:
        values = [((u - 0.5) * c + (v - 0.5) * s) / (abs(c) + abs(s)) + 0.5 for u, v in places]
    return Image.frombytes("L", (24, 24), bytes(round(255 * max(0.0, min(1.0, t))) for t in values))
