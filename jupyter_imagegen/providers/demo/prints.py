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
