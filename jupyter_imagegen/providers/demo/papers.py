# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""What is drawn or washed on paper: watercolour, pencil, ink, charcoal, crayon, and chalk on a board."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.texture import curved, noise, papered, saturated, unit_of, wobbled

if TYPE_CHECKING:
    import random

    from PIL.Image import Image

_PAPER = (250, 246, 236)


def watercolour(picture: Image, rng: random.Random, detail: float) -> Image:
    """Washes with darker wet edges and blooms, on rough paper with a ragged white margin."""
    from PIL import Image, ImageChops, ImageFilter, ImageOps

    u = unit_of(picture)
    half = picture.resize((max(8, picture.width // 2), max(8, picture.height // 2)), Image.Resampling.BOX)
    washed = half.filter(ImageFilter.MedianFilter(3 if detail > 0.6 else 5))
    washed = wobbled(washed.resize(picture.size, Image.Resampling.BICUBIC), rng, 3.4, 40)
    soft = washed.filter(ImageFilter.GaussianBlur(max(1.0, 5 * u)))
    rim = ImageOps.autocontrast(ImageChops.difference(washed, soft).convert("L"), cutoff=(0, 2))
    rim = rim.filter(ImageFilter.GaussianBlur(max(0.4, 0.7 * u)))
    # Water carries pigment to the edge of a wash, and there it dries darker.
    pigment = rim.point([round(255 - v * 0.42) for v in range(256)])
    out = ImageChops.multiply(washed, Image.merge("RGB", [pigment] * 3))
    out = curved(saturated(out, 1.24), ((0, 0.16), (0.35, 0.5), (0.7, 0.83), (1, 1)))
    blooms = noise(rng, picture.size, max(2, 120 * u)).filter(ImageFilter.GaussianBlur(max(1, 6 * u)))
    fine = noise(rng, picture.size, max(1, 34 * u))
    wet = ImageChops.add(blooms, fine, 2).point([round((v - 128) * 0.17 + 128) for v in range(256)])
    out = ImageChops.add(out, Image.merge("RGB", [wet] * 3), 1, -126)
    granules = noise(rng, picture.size, max(1, 1.6 * u)).point(
        [255 if v > 60 else round(232 + v * 0.3) for v in range(256)]
    )
    out = ImageChops.multiply(out, Image.merge("RGB", [granules] * 3))
    page = Image.new("RGB", picture.size, _PAPER)
    mask, edge = _ragged(picture.size, rng, u)
    page.paste(out, (0, 0), mask)
    page = ImageChops.multiply(page, Image.merge("RGB", [edge] * 3))
    return papered(page, rng, 0.07, tooth=1.6)


def gouache(picture: Image, rng: random.Random, _detail: float) -> Image:
    """Soft opaque colour with wobbly edges on paper, as in a picture book."""
    return papered(
        curved(wobbled(saturated(picture, 0.9), rng, 2.6, 34), ((0, 0.14), (0.5, 0.6), (1, 1))), rng, 0.2
    )


def _ragged(size: tuple[int, int], rng: random.Random, u: float) -> tuple[Image, Image]:
    """The painted part of a page with an uneven rim, and the darker line where the wash ended."""
    from PIL import Image, ImageChops, ImageFilter

    w, h = size
    margin = 30 * u
    inside = Image.new("L", size, 0)
    inside.paste(255, (round(margin), round(margin), round(w - margin), round(h - margin)))
    inside = inside.filter(ImageFilter.GaussianBlur(max(1, 13 * u)))
    rough = ImageChops.add(noise(rng, size, max(2, 46 * u)), noise(rng, size, max(1, 9 * u)), 2)
    level = ImageChops.add(inside, rough, 1, -128)
    mask = level.point([max(0, min(255, (v - 112) * 9)) for v in range(256)])
    line = level.point([round(255 - 66 * math.exp(-(((v - 134) / 15) ** 2))) for v in range(256)])
    return mask, line
