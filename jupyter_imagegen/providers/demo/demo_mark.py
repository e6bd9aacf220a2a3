# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""The small "demo" in a corner: nobody shall take a painted picture for a model's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import lettering

if TYPE_CHECKING:
    from PIL.Image import Image

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
