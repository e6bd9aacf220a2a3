"""Pictures made of pieces: stained glass, mosaic, low polygons and pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.texture import saturated

if TYPE_CHECKING:
    import random

    from PIL.Image import Image


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
