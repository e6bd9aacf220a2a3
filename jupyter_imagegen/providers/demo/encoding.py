# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Pixels to files: PNG, JPEG, WebP and GIF, the same bytes every time."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

#: The formats that have no transparency; a cutout is laid on white for them.
_OPAQUE = ("jpeg",)
#: Pixels above which a PNG is compressed fast.
FAST_ABOVE = 2_500_000


def encoded(picture: Image, output_format: str, compression: int | None = None) -> bytes:
    """The picture as a file.

    Parameters
    ----------
    picture
        RGB or RGBA.
    output_format
        `png`, `jpeg` or `webp`; anything else is written as PNG.
    compression
        OpenAI's `output_compression`, 0 to 100: the quality of JPEG and WebP.
    """
    from PIL import Image

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


def animated(frames: Sequence[Image], duration_ms: int) -> bytes:
    """The frames as a GIF that repeats, all with the colours of the first and middle ones."""
    from PIL import Image

    flat = [f.convert("RGB") for f in frames]
    both = Image.new("RGB", (flat[0].width, flat[0].height * 2))
    both.paste(flat[0], (0, 0))
    both.paste(flat[len(flat) // 2], (0, flat[0].height))
    palette = both.resize((both.width // 2 or 1, both.height // 2 or 1)).quantize(255)
    indexed = [f.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for f in flat]
    out = BytesIO()
    indexed[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=duration_ms,
        loop=0,
        optimize=False,
        disposal=1,
    )
    return out.getvalue()
