"""Pictures made of pieces: stained glass, mosaic, low polygons and pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.texture import papered, saturated, vignetted

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


def paper_cut(picture: Image, rng: random.Random, _detail: float) -> Image:
    """The fibre of coloured paper over cut sheets."""
    return vignetted(papered(saturated(picture, 1.15), rng, 0.07), 0.2, (40, 28, 40))
