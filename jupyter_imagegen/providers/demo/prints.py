# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Printed pictures: woodcut, linocut, halftone, blueprint, deco poster, and old photographs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.texture import (
    curved,
    grained,
    noise,
    papered,
    saturated,
    unit_of,
    vignetted,
    wobbled,
)

if TYPE_CHECKING:
    import random

    from PIL.Image import Image


def _inked(picture: Image, colours: int) -> Image:
    """The picture in few flat inks."""
    from PIL import Image

    return picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")


def woodcut(picture: Image, rng: random.Random, detail: float) -> Image:
    """A colour woodcut: few inks graded by hand, the grain of the block, warm paper, a margin and a seal."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    u = unit_of(picture)
    muted = curved(saturated(picture, 1.5), ((0, 0.02), (0.35, 0.38), (0.7, 0.76), (1, 1)))
    flat = Image.blend(_inked(muted.filter(ImageFilter.SMOOTH), round(16 + 8 * detail)), muted, 0.42)
    grain = noise(rng, picture.size, max(1, 2.2 * u), stretch=26)
    rings = noise(rng, picture.size, max(2, 13 * u), stretch=16)
    wood = ImageChops.add(grain, rings, 2).point([round(min(255, 222 + v * 0.26)) for v in range(256)])
    printed = ImageChops.multiply(wobbled(flat, rng, 1.2, 30), Image.merge("RGB", [wood] * 3))
    printed = ImageChops.multiply(printed, Image.new("RGB", picture.size, (252, 240, 212)))
    w, h = picture.size
    margin = round(34 * u)
    page = Image.new("RGB", picture.size, (240, 228, 200))
    page.paste(printed.crop((margin, margin, w - margin, h - margin)), (margin, margin))
    pen = ImageDraw.Draw(page)
    pen.rectangle(
        (margin, margin, w - margin - 1, h - margin - 1), outline=(44, 40, 48), width=max(1, round(3 * u))
    )
    side, x, y = 44 * u, margin + 26 * u, h - margin - 112 * u
    stamp = ImageDraw.Draw(page)
    stamp.rounded_rectangle((x, y, x + side, y + side * 1.7), radius=5 * u, fill=(186, 52, 40))
    for i in range(3):
        cy = y + side * (0.3 + 0.53 * i)
        for k in range(3):
            dx = side * (0.2 + 0.2 * k)
            stamp.line(
                (
                    x + dx,
                    cy - side * rng.uniform(0.05, 0.2),
                    x + side - dx * rng.uniform(0.6, 1.4),
                    cy + side * rng.uniform(0, 0.18),
                ),
                fill=(248, 232, 214),
                width=max(1, round(4 * u)),
            )
    return papered(page, rng, 0.04, tooth=1.6)


def linocut(picture: Image, rng: random.Random, detail: float) -> Image:
    """One dark ink on cream: tones as carved lines that swell and thin."""
    from PIL import Image, ImageChops, ImageFilter, ImageOps

    u = unit_of(picture)
    tone = ImageOps.autocontrast(picture.convert("L"), cutoff=1).filter(
        ImageFilter.GaussianBlur(max(0.5, 1.2 * u))
    )
    pitch = max(4.0, (17 - 4 * min(1.6, detail)) * u)
    rows = bytes(round(128 + 116 * math.sin(2 * math.pi * y / pitch)) for y in range(picture.height))
    screen = Image.frombytes("L", (1, picture.height), rows).resize(picture.size, Image.Resampling.NEAREST)
    screen = wobbled(screen, rng, 9, 14)
    cut = ImageChops.add(curved(tone, ((0, 0.02), (0.25, 0.2), (0.75, 0.8), (1, 1))), screen, 2)
    cut = cut.filter(ImageFilter.GaussianBlur(max(0.5, 0.9 * u))).point(
        [max(0, min(255, (v - 122) * 14)) for v in range(256)]
    )
    flecks = noise(rng, picture.size, max(1, 3 * u)).point([255 if v > 236 else 0 for v in range(256)])
    cut = ImageChops.lighter(cut, flecks.point([round(v * 0.5) for v in range(256)]))
    return papered(ImageOps.colorize(cut, (26, 34, 52), (244, 234, 212)), rng, 0.1)


def comic(picture: Image, rng: random.Random, detail: float) -> Image:
    """Bright flat inks with rows of dots in the shade."""
    from PIL import Image, ImageChops

    u = unit_of(picture)
    bright = saturated(_inked(saturated(picture, 1.5), round(18 + 10 * detail)), 1.1)
    cell = max(5, round(11 * u))
    values = bytearray()
    for y in range(cell):
        for x in range(cell):
            a, b = (x + y) / cell * math.pi, (x - y) / cell * math.pi
            values.append(round(127.5 + 127.5 * math.cos(a) * math.cos(b) * math.sin(math.pi / 2)))
    tile = Image.frombytes("L", (cell, cell), bytes(values))
    screen = Image.new("L", picture.size)
    for y in range(0, picture.height, cell):
        for x in range(0, picture.width, cell):
            screen.paste(tile, (x, y))
    tone = picture.convert("L").point([min(255, v + 40) for v in range(256)])
    dots = ImageChops.subtract(screen, tone).point([min(255, v * 9) for v in range(256)])
    out = bright.copy()
    out.paste(ImageChops.multiply(bright, Image.new("RGB", picture.size, (176, 150, 190))), (0, 0), dots)
    return papered(ImageChops.multiply(out, Image.new("RGB", picture.size, (255, 250, 232))), rng, 0.06)


def blueprint(picture: Image, rng: random.Random, detail: float) -> Image:
    """White lines on blue paper, with its grid and a frame."""
    from PIL import Image, ImageChops, ImageDraw

    u = unit_of(picture)
    w, h = picture.size
    grid = Image.new("RGB", picture.size, (0, 0, 0))
    pen = ImageDraw.Draw(grid)
    step = 25 * u
    for along, count in ((0, round(w / step)), (1, round(h / step))):
        for i in range(count + 1):
            place = i * step
            fill = (34, 40, 46) if i % 4 == 0 else (14, 18, 22)
            line = (place, 0, place, h) if along == 0 else (0, place, w, place)
            pen.line(line, fill=fill, width=max(1, round(1.2 * u)))
    margin = 28 * u
    white = (206, 222, 244)
    pen.rectangle((margin, margin, w - margin, h - margin), outline=white, width=max(1, round(2.4 * u)))
    y = h - margin * 2.2
    pen.line((margin * 2, y, w * 0.5, y), fill=white, width=max(1, round(1.6 * u)))
    for i in range(11):
        x = margin * 2 + (w * 0.5 - margin * 2) * i / 10
        pen.line((x, y - (12 if i % 5 == 0 else 6) * u, x, y), fill=white, width=max(1, round(1.6 * u)))
    out = ImageChops.add(picture, grid)
    mottle = noise(rng, picture.size, max(2, 90 * u)).point([round(v * 0.09) for v in range(256)])
    return grained(ImageChops.add(out, Image.merge("RGB", [mottle] * 3)), rng, 3 + detail)


def art_deco(picture: Image, rng: random.Random, detail: float) -> Image:
    """Gold, ink and cream, rays, and a stepped gold frame."""
    from PIL import Image, ImageChops, ImageDraw, ImageOps

    u = unit_of(picture)
    w, h = picture.size
    inks = ImageOps.colorize(picture.convert("L"), (14, 24, 44), (246, 232, 196), mid=(178, 132, 62))
    out = Image.blend(_inked(saturated(picture, 1.15), round(14 + 8 * detail)), inks, 0.38)
    rays = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(rays)
    cx, cy, reach = w / 2, h * 0.6, math.hypot(w, h)
    for i in range(0, 48, 2):
        a, b = (math.tau * k / 48 for k in (i, i + 1))
        pen.polygon(
            [
                (cx, cy),
                (cx + reach * math.cos(a), cy + reach * math.sin(a)),
                (cx + reach * math.cos(b), cy + reach * math.sin(b)),
            ],
            fill=26,
        )
    rays.paste(0, (0, round(cy), w, h))
    out = ImageChops.screen(
        out, Image.merge("RGB", [rays.point([round(v * c) for v in range(256)]) for c in (1.0, 0.84, 0.5)])
    )
    frame = ImageDraw.Draw(out)
    frame.rectangle((0, 0, w - 1, h - 1), outline=(14, 22, 40), width=max(2, round(26 * u)))
    gold = (214, 172, 84)
    for inset, width in ((26, 5), (38, 2)):
        frame.rectangle(
            (inset * u, inset * u, w - inset * u, h - inset * u), outline=gold, width=max(1, round(width * u))
        )
    for fx, fy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        for k in range(4):
            side = (30 + 20 * k) * u
            x0, y0 = (26 * u if fx == 0 else w - 26 * u - side), (26 * u if fy == 0 else h - 26 * u - side)
            frame.rectangle((x0, y0, x0 + side, y0 + side), outline=gold, width=max(1, round(2.4 * u)))
    return grained(out, rng, 4)


def vintage(picture: Image, rng: random.Random, detail: float) -> Image:
    """A faded colour print with a white border."""
    from PIL import Image, ImageChops

    u = unit_of(picture)
    faded = curved(saturated(picture, 0.72), ((0, 0.13), (0.5, 0.54), (1, 0.94)))
    faded = ImageChops.multiply(faded, Image.new("RGB", picture.size, (255, 238, 206)))
    out = vignetted(grained(faded, rng, 12 + 2 * detail, max(1, 1.2 * u)), 0.34, (70, 44, 30))
    w, h = out.size
    page = Image.new("RGB", out.size, (244, 236, 218))
    margin = round(38 * u)
    page.paste(out.crop((margin, margin, w - margin, h - margin)), (margin, margin))
    return papered(page, rng, 0.08)


def sepia(picture: Image, rng: random.Random, detail: float) -> Image:
    """A brown print from an old plate, with dust and scratches."""
    from PIL import Image, ImageChops, ImageDraw, ImageOps

    u = unit_of(picture)
    tone = curved(picture.convert("L"), ((0, 0.06), (0.5, 0.52), (1, 0.95)))
    out = grained(
        ImageOps.colorize(tone, (36, 22, 14), (246, 228, 192), mid=(150, 110, 74)), rng, 13 + detail
    )
    scratches = Image.new("RGB", picture.size, (0, 0, 0))
    pen = ImageDraw.Draw(scratches)
    for _ in range(9):
        x, y = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
        pen.line(
            (x, y, x + rng.uniform(-6, 6) * u, y + rng.uniform(40, 240) * u),
            fill=(52, 46, 36),
            width=max(1, round(u)),
        )
    for _ in range(36):
        x, y, r = rng.uniform(0, picture.width), rng.uniform(0, picture.height), rng.uniform(0.6, 2.2) * u
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(64, 58, 48))
    return vignetted(ImageChops.add(out, scratches), 0.62, (28, 16, 10))


def noir(picture: Image, rng: random.Random, detail: float) -> Image:
    """Black and white, hard light."""
    from PIL import Image

    tone = curved(picture.convert("L"), ((0, 0), (0.3, 0.14), (0.66, 0.76), (1, 1)))
    return vignetted(grained(Image.merge("RGB", [tone] * 3), rng, 11 + 2 * detail), 0.6, (0, 0, 0))
