# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Brushwork: oil, impressionist strokes and points, painted over the picture they take their colours from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.texture import pixels_of, saturated, unit_of, vignetted

if TYPE_CHECKING:
    import random

    from PIL.Image import Image


class _Field:
    """A picture's colours, edges and directions at a quarter of its size, read by pixel."""

    def __init__(self, picture: Image) -> None:
        from PIL import Image, ImageFilter

        self.size = picture.size
        small = picture.resize((max(8, picture.width // 3), max(8, picture.height // 3)),
            Image.Resampling.BOX)
        self.scale = small.width / picture.width
        self.width, self.height = small.size
        soft = small.convert("L").filter(ImageFilter.GaussianBlur(2.0))
        self.colour = pixels_of(small)
        self.tone = pixels_of(soft)
        self.edge = pixels_of(
            small.convert("L").filter(ImageFilter.FIND_EDGES).filter(ImageFilter.MaxFilter(3))
        )

    def place(self, x: float, y: float) -> tuple[int, int]:
        return (max(1, min(self.width - 2, int(x * self.scale))), max(1,
            min(self.height - 2, int(y * self.scale))))

    def direction(self, x: float, y: float) -> tuple[float, float]:
        """Along the picture's edges where it has any (strength > 0), else along slow waves."""
        i, j = self.place(x, y)
        gx = self.tone[i + 1, j] - self.tone[i - 1, j]
        gy = self.tone[i, j + 1] - self.tone[i, j - 1]
        strength = abs(gx) + abs(gy)
        if strength < 5:
            u, v = x / self.size[0], y / self.size[1]
            return 0.5 * math.sin(5.1 * u + 2.3 * math.sin(3.7 * v)) + 0.32 * math.sin(6.3 * v + 1.3), 0.0
        return math.atan2(gy, gx) + math.pi / 2, float(strength)


def brushed(picture: Image, rng: random.Random, detail: float, *, size: float = 1.0, lift: float = 1.0,
    lively: float = 9.0, keep: float = 0.3) -> Image:
    """The picture in oil: large strokes first, finer ones along the edges, with the ridges of the bristles.

    `size` 1 is a usual brush; `lift` is how thick the paint lies, `lively` how far a stroke's colour may
    stray in levels, `keep` how much of the finest edges stays.
    """
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    # A low quality is painted coarser: fewer pixels under the brush, and no single bristles.
    over = 1.0 if detail < 0.6 else 1.3 if detail < 1.0 else 1.5
    u = unit_of(picture) * over
    w, h = round(picture.width * over), round(picture.height * over)
    field = _Field(picture)
    canvas = picture.filter(ImageFilter.GaussianBlur(5 * unit_of(picture))).resize((w, h),
        Image.Resampling.BICUBIC)
    relief = Image.new("L", (w, h), 128)
    pen, ridge = ImageDraw.Draw(canvas), ImageDraw.Draw(relief)
    area = (w / u) * (h / u)
    # (length, width, share of the picture covered, lowest edge strength)
    layers = ((46.0, 15.0, 1.5, 0), (24.0, 8.0, 1.15, 6), (12.0, 3.6, 0.55 * detail, 22),
        (8.0, 2.2, 0.26 * detail, 44))
    for length, width, share, least in layers:
        count = round(area / (length * width * size * size) * share * min(1.0, 0.4 + size * 0.6))
        for _ in range(count):
            x, y = rng.random() * w, rng.random() * h
            i, j = field.place(x / over, y / over)
            if least and field.edge[i, j] < least:
                continue
            angle, strength = field.direction(x / over, y / over)
            angle += rng.gauss(0, 0.16)
            reach = length * size * u * rng.uniform(0.6, 1.2) * (0.6 if strength > 30 else 1.0) / 2
            dx, dy = math.cos(angle) * reach, math.sin(angle) * reach
            bend = rng.uniform(-0.14, 0.14)
            points = ((x - dx, y - dy), (x - dy * bend, y + dx * bend), (x + dx, y + dy))
            stray = rng.gauss(0, lively)
            r, g, b = field.colour[i, j][:3]
            base = (round(r + stray + rng.gauss(0, lively * 0.3)), round(g + stray),
                round(b + stray + rng.gauss(0, lively * 0.3)))
            thick = max(1, round(width * size * u * rng.uniform(0.7, 1.15)))
            pen.line(points, fill=_clamped(base), width=thick, joint="curve")
            level = rng.randint(96, 160)
            ridge.line(points, fill=level, width=thick)
            if thick >= 4 and detail > 0.6:
                nx, ny = -math.sin(angle), math.cos(angle)
                for k in range(3 if thick > 9 else 2):
                    offset = rng.uniform(-0.42, 0.42) * thick
                    shade = rng.choice((-12, -7, 7, 12)) * lift
                    track = [(px + nx * offset, py + ny * offset) for px, py in points]
                    pen.line(track, fill=_clamped((base[0] + shade, base[1] + shade, base[2] + shade)),
                        width=max(1, thick // 6))
                    ridge.line(track, fill=max(0, min(255, level + (60 if k % 2 else -60))),
                        width=max(1, thick // 6))
    emboss = relief.filter(ImageFilter.Kernel((3, 3), (-1, -1, 0, -1, 0, 1, 0, 1, 1), 4, 128))
    emboss = emboss.resize(picture.size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.4))
    out = canvas.resize(picture.size, Image.Resampling.BOX)
    thick_paint = emboss.point([max(0, min(255, round(128 + (v - 128) * 0.8 * lift))) for v in range(256)])
    out = ImageChops.overlay(out, Image.merge("RGB", [thick_paint] * 3))
    # The last touches of a fine brush: where the picture has fine edges, some of them come back.
    fine = picture.convert("L").filter(ImageFilter.FIND_EDGES).filter(ImageFilter.MaxFilter(3))
    fine = fine.filter(ImageFilter.GaussianBlur(1.2)).point([min(round(255 * keep), v * 2)
        for v in range(256)])
    return Image.composite(picture, out, fine)


def _clamped(colour: tuple[float, float, float]) -> tuple[int, int, int]:
    r, g, b = colour
    return (0 if r < 0 else 255 if r > 255 else int(r), 0 if g < 0 else 255 if g > 255 else int(g), 0
        if b < 0 else 255 if b > 255 else int(b))


def oil(picture: Image, rng: random.Random, detail: float) -> Image:
    """An oil painting."""
    return vignetted(saturated(brushed(picture, rng, detail), 1.1), 0.22)
