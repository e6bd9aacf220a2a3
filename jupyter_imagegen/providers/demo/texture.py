# Coordinates are read together, not one to a line.
# fmt: off
"""Grain, paper and light that lie over a whole picture; all chance comes from the given generator."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from PIL.Image import Image

    from jupyter_imagegen.providers.demo.palette import Colour


def noise(rng: random.Random, size: tuple[int, int], cell: float = 1.0, *, stretch: float = 1.0) -> Image:
    """Grey noise with spots of `cell` pixels, drawn out sideways by `stretch`.

    Pillow's own `effect_noise` cannot be seeded, and the same request must paint the same bytes.
    """
    from PIL import Image

    w, h = max(2, round(size[0] / (cell * stretch))), max(2, round(size[1] / cell))
    small = Image.frombytes("L", (w, h), rng.randbytes(w * h))
    return small if small.size == size else small.resize(size, Image.Resampling.BICUBIC)


def pixels_of(picture: Image) -> Any:
    """Pillow's fast access to single pixels; loosely typed, since a pixel's type depends on the mode."""
    return picture.load()


def unit_of(picture: Image) -> float:
    """Pixels for one unit of the sheet."""
    return min(picture.size) / 1000


def grained(picture: Image, rng: random.Random, amount: float, cell: float = 1.0) -> Image:
    """The picture with film grain; `amount` is how many levels up or down at most."""
    from PIL import Image, ImageChops

    grain = noise(rng, picture.size, cell).point([round(128 + (v - 128) * amount / 64) for v in range(256)])
    return ImageChops.add(picture, Image.merge("RGB", [grain] * 3), 1, -128)


def papered(picture: Image, rng: random.Random, amount: float = 0.16, *, tooth: float = 2.2) -> Image:
    """The picture on rough paper whose tooth shows through."""
    from PIL import Image, ImageChops, ImageFilter

    u = unit_of(picture)
    relief = noise(rng, picture.size, max(1.0, tooth * u)).filter(ImageFilter.Kernel((3, 3),
        (-1, -1, 0, -1, 0, 1, 0, 1, 1), 2, 128))
    relief = relief.point([round(255 - max(0.0, (150 - v) / 150) * 255 * amount * 2) for v in range(256)])
    return ImageChops.multiply(picture, Image.merge("RGB", [relief] * 3))


@lru_cache(maxsize=8)
def _round_shade(power: float) -> Image:
    from PIL import Image

    side = 64
    values = bytearray()
    for y in range(side):
        for x in range(side):
            d = math.hypot((x + 0.5) / side - 0.5, (y + 0.5) / side - 0.5) / 0.7072
            values.append(round(255 * d**power))
    return Image.frombytes("L", (side, side), bytes(values))


def vignetted(picture: Image, amount: float, colour: Colour = (10, 8, 14), *, power: float = 2.6) -> Image:
    """The picture with darkened corners."""
    from PIL import Image

    mask = _round_shade(power).resize(picture.size, Image.Resampling.BICUBIC)
    out = picture.copy()
    out.paste(colour, (0, 0), mask.point([round(v * amount) for v in range(256)]))
    return out


def bloomed(picture: Image, amount: float, reach: float = 16.0, floor: int = 150) -> Image:
    """The picture with its lights glowing over their edges."""
    from PIL import Image, ImageChops, ImageFilter

    u = unit_of(picture)
    small = picture.resize((max(1, picture.width // 4), max(1, picture.height // 4)), Image.Resampling.BOX)
    lights = small.point([round(max(0, v - floor) * 255 / (255 - floor) * amount) for v in range(256)] * 3)
    lights = lights.filter(ImageFilter.GaussianBlur(max(0.5, reach * u / 4)))
    return ImageChops.screen(picture, lights.resize(picture.size, Image.Resampling.BICUBIC))


def graded(picture: Image, shadows: Colour, lights: Colour, amount: float) -> Image:
    """The picture with its darks leaning to one colour and its lights to another."""
    from PIL import Image, ImageOps

    tone = ImageOps.colorize(picture.convert("L"), shadows, lights)
    return Image.blend(picture, tone, amount)


def curved(picture: Image, points: Sequence[tuple[float, float]]) -> Image:
    """The picture with its tones bent through the points (0 to 1)."""
    table = []
    for v in range(256):
        x = v / 255
        for (x0, y0), (x1, y1) in pairwise(points):
            if x <= x1:
                t = (x - x0) / (x1 - x0 or 1)
                table.append(round(255 * (y0 + (y1 - y0) * t)))
                break
        else:
            table.append(255)
    return picture.point(table * len(picture.getbands()))


def saturated(picture: Image, factor: float) -> Image:
    """The picture with stronger (or weaker) colours."""
    from PIL import ImageEnhance

    return ImageEnhance.Color(picture).enhance(factor)


def wobbled(picture: Image, rng: random.Random, amount: float, cells: int = 26) -> Image:
    """The picture with its outlines shaken by up to `amount` units, as a hand would."""
    from PIL import Image

    w, h = picture.size
    shift = amount * unit_of(picture)
    columns, rows = cells, max(2, round(cells * h / w))
    grid = [[(rng.uniform(-shift, shift), rng.uniform(-shift, shift)) for _ in range(columns + 1)]
        for _ in range(rows + 1)]
    for row in (0, rows):
        grid[row] = [(0.0, 0.0)] * (columns + 1)
    for line in grid:
        line[0] = line[-1] = (0.0, 0.0)
    mesh = []
    for j in range(rows):
        for i in range(columns):
            x0, y0, x1, y1 = (round(v) for v in (i * w / columns, j * h / rows, (i + 1) * w / columns,
                (j + 1) * h / rows))
            corners = ((x0, y0, grid[j][i]), (x0, y1, grid[j + 1][i]), (x1, y1, grid[j + 1][i + 1]),
                (x1, y0, grid[j][i + 1]))
            quad = tuple(c for x, y, (dx, dy) in corners for c in (x + dx, y + dy))
            mesh.append(((x0, y0, x1, y1), quad))
    return picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
