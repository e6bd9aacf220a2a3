# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Pixels to files: PNG, JPEG, WebP and GIF, the same bytes every time."""

from __future__ import annotations

import base64
import math
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

#: The formats that have no transparency; a cutout is laid on white for them.
_OPAQUE = ("jpeg",)
#: Pixels above which a PNG is compressed fast.
FAST_ABOVE = 2_500_000
#: How far the view of a moving picture goes, as a fraction of its sides.
_SWAY = 0.015


def encoded(picture: Image, output_format: str, compression: int | None = None) -> bytes:
    """The picture as a file.

    Parameters
    ----------
    picture
        RGB or RGBA.
    output_format
        `png`, `jpeg`, `webp` or `svg`; anything else is written as PNG.
    compression
        OpenAI's `output_compression`, 0 to 100: the quality of JPEG and WebP.
    """
    from PIL import Image

    if output_format == "svg":
        return svg(picture)
    if output_format in _OPAQUE and picture.mode == "RGBA":
        white = Image.new("RGB", picture.size, (255, 255, 255))
        white.paste(picture, mask=picture.getchannel("A"))
        picture = white
    out = BytesIO()
    quality = 92 if compression is None else max(1, min(100, compression))
    match output_format:
        case "jpeg":
            picture.save(out, "JPEG", quality=quality, subsampling=0 if quality > 80 else 2)
        case "webp" if compression is None or compression >= 100:
            # A hundred asks for everything: nothing less than lossless gives it.
            picture.save(
                out,
                "WEBP",
                lossless=compression is not None,
                quality=92 if compression is None else 60,
                method=2,
            )
        case "webp":
            picture.save(out, "WEBP", quality=quality, method=2)
        case _:
            # A large picture is packed fast rather than tight: seconds matter more than bytes in a demo.
            large = picture.width * picture.height > FAST_ABOVE
            picture.save(out, "PNG", compress_level=1 if large else 4)
    return out.getvalue()


def animated(picture: Image, count: int, duration_ms: int) -> bytes:
    """A GIF that repeats: the view goes slowly round over the picture."""
    from PIL import Image

    flat = picture.convert("RGB")
    w, h = flat.size
    palette = flat.quantize(255)
    frames = []
    wide, high = w * (1 - 2 * _SWAY), h * (1 - 2 * _SWAY)
    for i in range(count):
        x, y = (1 + f(math.tau * i / count) for f in (math.sin, math.cos))
        left, top = w * _SWAY * x, h * _SWAY * y
        view = flat.resize((w, h), Image.Resampling.BICUBIC, box=(left, top, left + wide, top + high))
        frames.append(view.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG))
    out = BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=duration_ms, loop=0, optimize=False
    )
    return out.getvalue()


def svg(picture: Image) -> bytes:
    """The picture within an SVG document, as pixels: nothing in it comes from outside."""
    w, h = picture.size
    pixels = base64.b64encode(encoded(picture, "webp")).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
        "<title>demo picture</title>"
        f'<image width="{w}" height="{h}" href="data:image/webp;base64,{pixels}"/></svg>'
    ).encode()
