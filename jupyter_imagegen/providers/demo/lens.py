# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Light as a lens gives it: depth, grain and glow; neon; and the dark rooms of the old masters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.strokes import brushed
from jupyter_imagegen.providers.demo.texture import (
    bloomed,
    curved,
    graded,
    grained,
    noise,
    saturated,
    unit_of,
    vignetted,
)

if TYPE_CHECKING:
    import random

    from PIL.Image import Image


def photo(picture: Image, rng: random.Random, detail: float) -> Image:
    """A shallow depth of field, a contrasty curve, grain and a vignette."""
    from PIL import Image, ImageFilter

    u = unit_of(picture)
    soft = picture.filter(ImageFilter.GaussianBlur(max(0.8, 4.2 * u)))
    w, h = picture.size
    column = bytes(
        round(255 * max(0.0, min(1.0, abs((y / h) - 0.62) * 2.6 - 0.62))) for y in range(h)
    )  # the plane of focus lies where subjects stand
    blur = Image.frombytes("L", (1, h), column).resize((w, h), Image.Resampling.BILINEAR)
    out = Image.composite(soft, picture, blur)
    out = bloomed(out, 0.4, 20, 176)
    out = curved(out, ((0, 0.0), (0.22, 0.17), (0.5, 0.51), (0.8, 0.86), (1, 1)))
    relief = noise(rng, picture.size, max(1, 5 * u)).point(
        [round(128 + (v - 128) * 0.035) for v in range(256)]
    )
    from PIL import ImageChops

    out = ImageChops.add(out, Image.merge("RGB", [relief] * 3), 1, -128)
    return vignetted(grained(out, rng, 5 + detail), 0.42)


def cinematic(picture: Image, rng: random.Random, detail: float) -> Image:
    """A photograph graded to teal and orange, between black bars."""
    out = graded(photo(picture, rng, detail), (8, 34, 46), (255, 214, 168), 0.3)
    w, h = out.size
    bar = round(h * (0.1 if w >= h else 0.06))
    out.paste((0, 0, 0), (0, 0, w, bar))
    out.paste((0, 0, 0), (0, h - bar, w, h))
    return out


def neon(picture: Image, rng: random.Random, detail: float) -> Image:
    """Glowing lights, violet darks, the lens's colour fringes."""
    from PIL import Image, ImageChops

    u = unit_of(picture)
    out = graded(saturated(picture, 1.35), (14, 6, 44), (255, 150, 236), 0.2)
    out = bloomed(bloomed(out, 0.75, 34, 120), 0.5, 9, 160)
    shift = max(1, round(1.6 * u))
    r, g, b = out.split()
    out = Image.merge("RGB", [ImageChops.offset(r, shift, 0), g, ImageChops.offset(b, -shift, 0)])
    return vignetted(grained(out, rng, 6 + detail), 0.5, (6, 2, 20))


def baroque(picture: Image, rng: random.Random, detail: float) -> Image:
    """A pool of warm light in the dark, oil paint, and the fine cracks of age."""
    from PIL import Image, ImageChops, ImageFilter

    u = unit_of(picture)
    w, h = picture.size
    warm = ImageChops.multiply(
        graded(picture, (16, 8, 6), (255, 220, 166), 0.34), Image.new("RGB", (w, h), (255, 236, 206))
    )
    dark = curved(warm, ((0, 0.0), (0.2, 0.2), (0.5, 0.62), (0.8, 0.92), (1, 1)))
    out = vignetted(dark, 0.86, (12, 7, 6), power=2.6)
    out = brushed(out, rng, detail + 0.3, size=0.8, lift=0.6, lively=5, keep=0.62)
    cracks = noise(rng, (w, h), max(2, 9 * u)).filter(ImageFilter.FIND_EDGES)
    fine = noise(rng, (w, h), max(1, 20 * u)).point([0 if abs(v - 128) > 3 else 40 for v in range(256)])
    aged = ImageChops.subtract(out, Image.merge("RGB", [ImageChops.darker(fine, cracks)] * 3), 1, 0)
    return bloomed(aged, 0.28, 22, 150)
