# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Pictures made of pieces: stained glass, mosaic, low polygons and pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import Point
from jupyter_imagegen.providers.demo.palette import Colour, scaled
from jupyter_imagegen.providers.demo.texture import (
    bloomed,
    noise,
    papered,
    pixels_of,
    saturated,
    unit_of,
    vignetted,
)

if TYPE_CHECKING:
    import random

    from PIL.Image import Image

Seeds = dict[tuple[int, int], Point]


def _seeds(picture: Image, rng: random.Random, columns: int, *, snap: int) -> tuple[Seeds, float, int, int]:
    """One point in each cell of a grid, drawn to the strongest edge among `snap` tries."""
    from PIL import Image, ImageFilter

    w, h = picture.size
    cell = w / columns
    rows = max(2, round(h / cell))
    small = (
        picture.resize((max(4, w // 3), max(4, h // 3)), Image.Resampling.BOX)
        .convert("L")
        .filter(ImageFilter.FIND_EDGES)
    )
    edge = pixels_of(small)
    seeds: Seeds = {}
    for j in range(rows):
        for i in range(columns):
            best, place = -1.0, (0.0, 0.0)
            for _ in range(snap):
                x, y = (i + rng.uniform(0.12, 0.88)) * cell, (j + rng.uniform(0.12, 0.88)) * h / rows
                px, py = min(small.width - 2, max(1, int(x / 3))), min(small.height - 2, max(1, int(y / 3)))
                strength = float(edge[px, py]) + rng.random()
                if strength > best:
                    best, place = strength, (x, y)
            seeds[i, j] = place
    return seeds, cell, columns, rows


def _voronoi(seed: Point, others: list[Point], reach: float) -> list[Point]:
    """The part of a square around `seed` that is nearer to it than to any other point."""
    x, y = seed
    cell: list[Point] = [
        (x - reach, y - reach),
        (x + reach, y - reach),
        (x + reach, y + reach),
        (x - reach, y + reach),
    ]
    for ox, oy in others:
        nx, ny = ox - x, oy - y
        limit = (ox * ox + oy * oy - x * x - y * y) / 2
        out: list[Point] = []
        for k, (ax, ay) in enumerate(cell):
            bx, by = cell[(k + 1) % len(cell)]
            da, db = ax * nx + ay * ny - limit, bx * nx + by * ny - limit
            if da <= 0:
                out.append((ax, ay))
            if (da < 0 < db) or (db < 0 < da):
                t = da / (da - db)
                out.append((ax + (bx - ax) * t, ay + (by - ay) * t))
        cell = out
        if len(cell) < 3:
            return []
    return cell


def stained_glass(picture: Image, rng: random.Random, detail: float) -> Image:
    """Panes of glowing glass in lead."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    u = unit_of(picture)
    over = 1.5
    vivid = saturated(picture, 1.9)
    seeds, cell, columns, rows = _seeds(vivid, rng, round(17 + 8 * detail), snap=4)
    mean = vivid.resize((max(4, columns * 3), max(4, rows * 3)), Image.Resampling.BOX)
    pixels = pixels_of(mean)
    w, h = round(picture.width * over), round(picture.height * over)
    canvas = Image.new("RGB", (w, h), (20, 18, 24))
    pen = ImageDraw.Draw(canvas)
    panes = []
    for (i, j), seed in seeds.items():
        near = [
            seeds[a, b]
            for a in range(i - 2, i + 3)
            for b in range(j - 2, j + 3)
            if (a, b) != (i, j) and (a, b) in seeds
        ]
        outline = _voronoi(seed, near, cell * 2.2)
        if not outline:
            continue
        px = min(mean.width - 1, int(seed[0] / picture.width * mean.width))
        py = min(mean.height - 1, int(seed[1] / picture.height * mean.height))
        r, g, b = pixels[px, py][:3]
        big = [(x * over, y * over) for x, y in outline]
        pen.polygon(big, fill=scaled((r, g, b), rng.uniform(0.8, 1.2)))
        panes.append(big)
    seeds_glass = noise(rng, (w, h), max(2, 26 * u)).point([round(150 + v * 0.5) for v in range(256)])
    canvas = ImageChops.overlay(canvas, Image.merge("RGB", [seeds_glass] * 3))
    canvas = Image.blend(canvas, vivid.resize((w, h), Image.Resampling.BICUBIC), 0.58)
    lead = Image.new("L", (w, h), 0)
    lines = ImageDraw.Draw(lead)
    for outline in panes:
        lines.line(
            [*outline, outline[0], outline[1]], fill=255, width=max(2, round(6.5 * u * over)), joint="curve"
        )
    soft = lead.filter(ImageFilter.GaussianBlur(5 * u * over))
    canvas.paste((10, 8, 14), (0, 0), soft.point([round(v * 0.6) for v in range(256)]))
    shine = lead.filter(ImageFilter.Kernel((3, 3), (-1, -1, 0, -1, 0, 1, 0, 1, 1), 6, 0))
    canvas.paste((24, 24, 30), (0, 0), lead)
    canvas.paste((120, 118, 126), (0, 0), ImageChops.multiply(shine, lead))
    return bloomed(canvas.resize(picture.size, Image.Resampling.BOX), 0.3, 22, 150)


def mosaic(picture: Image, rng: random.Random, detail: float) -> Image:
    """Small uneven stones in mortar."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    u = unit_of(picture)
    side = (20 - 5 * min(1.5, detail)) * u
    columns, rows = max(4, round(picture.width / side)), max(4, round(picture.height / side))
    colours = pixels_of(saturated(picture, 1.25).resize((columns, rows), Image.Resampling.BOX))
    over = 2
    canvas = Image.new("RGB", (picture.width * over, picture.height * over), (206, 198, 184))
    relief = Image.new("L", canvas.size, 90)
    pen, high = ImageDraw.Draw(canvas), ImageDraw.Draw(relief)
    w, h = canvas.width / columns, canvas.height / rows
    for j in range(rows):
        for i in range(columns):
            x, y = (i + 0.5) * w + rng.gauss(0, w * 0.04), (j + 0.5) * h + rng.gauss(0, h * 0.04)
            turn = rng.gauss(0, 0.09)
            points = []
            for k in range(4):
                a = math.pi / 4 + k * math.pi / 2 + turn
                r = w * 0.61 * rng.uniform(0.9, 1.05)
                points.append((x + r * math.cos(a), y + r * math.sin(a)))
            r, g, b = colours[i, j][:3]
            shade: Colour = scaled((r, g, b), rng.uniform(0.86, 1.16))
            pen.polygon(points, fill=shade)
            high.polygon(points, fill=rng.randint(150, 210))
    emboss = relief.filter(ImageFilter.Kernel((3, 3), (-1, -1, 0, -1, 0, 1, 0, 1, 1), 4, 128))
    out = ImageChops.overlay(canvas, Image.merge("RGB", [emboss] * 3)).resize(
        picture.size, Image.Resampling.BOX
    )
    return papered(out, rng, 0.1)


def low_poly(picture: Image, rng: random.Random, detail: float) -> Image:
    """Flat triangles whose corners sit on the picture's edges."""
    from PIL import Image, ImageDraw, ImageFilter

    over = 1.5
    soft = saturated(picture, 1.15).filter(ImageFilter.GaussianBlur(max(0.6, 2 * unit_of(picture))))
    seeds, _, columns, rows = _seeds(picture, rng, round(26 + 16 * detail), snap=7)
    w, h = picture.size
    small = soft.resize((max(4, w // 3), max(4, h // 3)), Image.Resampling.BOX)
    pixels = pixels_of(small)
    corner: dict[tuple[int, int], Point] = {}
    for i in range(-1, columns + 1):
        for j in range(-1, rows + 1):
            inside = (max(0, min(columns - 1, i)), max(0, min(rows - 1, j)))
            x, y = seeds[inside]
            corner[i, j] = (
                -9 if i < 0 else w + 9 if i == columns else x,
                -9 if j < 0 else h + 9 if j == rows else y,
            )
    canvas = Image.new("RGB", (round(w * over), round(h * over)))
    pen = ImageDraw.Draw(canvas)
    for i in range(-1, columns):
        for j in range(-1, rows):
            a, b, c, d = corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]
            pieces = ((a, b, c), (a, c, d)) if (i + j) % 2 else ((a, b, d), (b, c, d))
            for piece in pieces:
                cx, cy = sum(p[0] for p in piece) / 3, sum(p[1] for p in piece) / 3
                px, py = max(0, min(small.width - 1, int(cx / 3))), max(0, min(small.height - 1, int(cy / 3)))
                r, g, bl = pixels[px, py][:3]
                # A facet's tilt towards the upper left catches more light.
                tilt = ((piece[1][0] - piece[0][0]) - (piece[2][1] - piece[0][1])) / 400
                pen.polygon(
                    [(x * over, y * over) for x, y in piece],
                    fill=scaled((r, g, bl), 1 + max(-0.1, min(0.1, tilt)) + rng.uniform(-0.05, 0.05)),
                )
    return canvas.resize(picture.size, Image.Resampling.BOX)


def pixel(picture: Image, _rng: random.Random, detail: float) -> Image:
    """Square pixels and few colours."""
    from PIL import Image

    short = round(84 + 44 * min(1.6, detail))
    scale = short / min(picture.size)
    small = saturated(picture, 1.35).resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.BOX
    )
    few = small.quantize(
        round(24 + 12 * detail), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    ).convert("RGB")
    return few.resize(picture.size, Image.Resampling.NEAREST)


def paper_cut(picture: Image, rng: random.Random, _detail: float) -> Image:
    """The fibre of coloured paper over cut sheets."""
    return vignetted(papered(saturated(picture, 1.15), rng, 0.07), 0.2, (40, 28, 40))
