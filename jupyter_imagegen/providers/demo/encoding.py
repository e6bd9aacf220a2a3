# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Pixels to files: PNG, JPEG, WebP and GIF, the same bytes every time."""

from __future__ import annotations

import base64
import math
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import lettering

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pixels above which a PNG is compressed fast.
FAST_ABOVE = 2_500_000
#: How far the view of a moving picture goes, as a fraction of its sides.
_SWAY = 0.015


def encoded(picture: Image, output_format: str, compression: int | None = None) -> bytes:
    """The picture as a file.

    Anything but `png`, `jpeg`, `webp` and `svg` is written as PNG; `compression` is `output_compression`.
    """
    from PIL import Image

    if output_format == "svg":
        return svg(picture)
    if output_format == "jpeg" and picture.mode == "RGBA":
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
            whole = compression is not None
            picture.save(out, "WEBP", lossless=whole, quality=60 if whole else 92, method=2)
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


WORD = "demo"


def mark_box(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the mark stands on a picture of this size: left, top, right, bottom, in pixels."""
    short = min(size)
    height = max(13, round(short * 0.034))
    width = round(height * 2.9)
    gap = max(2, round(short * 0.016))
    right, bottom = size[0] - gap, size[1] - gap
    return max(0, right - width), max(0, bottom - height), right, bottom


def marked(picture: Image, box: tuple[int, int, int, int] | None = None) -> Image:
    """A copy with the mark: light letters on a dark, half-transparent pill, legible on any ground."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = mark_box(picture.size) if box is None else box
    width, height = right - left, bottom - top
    if width < 8 or height < 5:
        return picture
    out = picture.copy()
    pill = Image.new("L", (width * 4, height * 4), 0)
    ImageDraw.Draw(pill).rounded_rectangle((0, 0, width * 4 - 1, height * 4 - 1), radius=height * 2, fill=168)
    pill = pill.resize((width, height), Image.Resampling.BOX)
    opaque = out.mode == "RGBA"
    dark: tuple[int, ...] = (24, 22, 30)
    out.paste((*dark, 255) if opaque else dark, (left, top), pill)
    if opaque:
        # Pasting blends alpha too: where the picture was clear the pill itself must still be seen.
        alpha = out.getchannel("A")
        from PIL import ImageChops

        alpha.paste(ImageChops.lighter(alpha.crop((left, top, right, bottom)), pill), (left, top))
        out.putalpha(alpha)
    letters, corner = lettering.set_line(
        WORD,
        left + width / 2,
        top + height / 2 + height * 0.02,
        width * 0.74,
        height * 0.86,
        spacing=0.1,
        bold=False,
    )
    light: tuple[int, ...] = (255, 255, 255)
    out.paste((*light, 255) if opaque else light, corner, letters)
    return out
