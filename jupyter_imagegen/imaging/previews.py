"""Small copies for the notebook. No metadata is copied; colours are sRGB."""

from __future__ import annotations

import math
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.core.results import Preview
from jupyter_imagegen.imaging.headers import ImageRejected
from jupyter_imagegen.imaging.inspection import (
    Inspected,
    checked_header,
    decoded,
    inspected_from,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from jupyter_imagegen.imaging.headers import Header

#: Two forms of each preview stand in a cell's output, so this is half of what a picture weighs there.
PREVIEW_BYTES = 40_000
PREVIEW_SIDE = 512
_QUALITIES = (80, 72, 64, 55)
#: How far over the bytes to aim for a small copy may be before it loses pixels, and how few it keeps.
_SLACK = 1.25
_SMALLEST_SIDE = 64
#: Pixels between the pictures of a contact sheet; white, as paper is.
_GAP = 8


def preview(
    data: bytes,
    *,
    max_side: int = PREVIEW_SIDE,
    max_bytes: int = PREVIEW_BYTES,
    inspected: Inspected | None = None,
) -> Preview:
    """Make the small copy that the notebook shows.

    JPEG, or PNG where something is transparent. An animation gives its first frame, an SVG a placeholder that
    says its size (nothing here draws SVG). Small pictures are not enlarged.

    Parameters
    ----------
    data
        The picture's bytes.
    max_side
        Pixels of the long side, at most.
    max_bytes
        Bytes to aim for: JPEG quality goes down to 55 and PNG to a palette before this is passed, and what is
        a quarter over it even then, as noise is, gets fewer pixels.
    inspected
        What `inspect` said of the same bytes, where that was asked already. Frames after the first are then
        not decoded again.

    Raises
    ------
    ImageRejected
        If the bytes are not a picture.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> small = preview(r.images[0].bytes, max_side=256)
    >>> small.mime, small.width
    ('image/jpeg', 256)
    """
    header = checked_header(data, allow_svg=True)
    if inspected is not None and header.frames > 1:
        header = still(header)
    return _small_copy(data, header, [], max_side=max_side, max_bytes=max_bytes)


def examine(data: bytes, *, allow_svg: bool = False) -> tuple[Inspected, Preview]:
    """Inspect and preview with one decoding; takes what `inspect` takes.

    Raises
    ------
    ImageRejected
        If the bytes are not a picture, are cut, damaged or too large.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> inspected, small = examine(r.images[0].bytes)
    >>> inspected.width, small.width
    (1024, 512)
    """
    header = checked_header(data, allow_svg=allow_svg)
    flaws: list[str] = []
    small = _small_copy(data, header, flaws, max_side=PREVIEW_SIDE, max_bytes=PREVIEW_BYTES)
    return inspected_from(header, flaws), small


def _small_copy(data: bytes, header: Header, flaws: list[str], *, max_side: int, max_bytes: int) -> Preview:
    """Decode a picture whose header was checked, and make its small copy on the way.

    Raises
    ------
    ImageRejected
        If it cannot be decoded, or Pillow cannot convert its colours.
    """
    if header.mime == "image/svg+xml":
        return _placeholder(header, max_side=max_side)
    with decoded(data, header, at_least=max_side, flaws=flaws) as picture:
        try:
            return encode_preview(
                picture, full=(header.width, header.height), max_side=max_side, max_bytes=max_bytes
            )
        except Exception as exc:  # such colours raise anything: a palette that is not there, a strange mode
            raise ImageRejected("the picture cannot be shown: its colours cannot be read") from exc


def contact_sheet(previews: Sequence[bytes], *, max_side: int = PREVIEW_SIDE) -> Preview:
    """Put pictures side by side in one, for front ends that show a single picture; one comes back as it is.

    Parameters
    ----------
    previews
        Pictures' bytes, in reading order.
    max_side
        Pixels of the sheet's long side, at most.

    Raises
    ------
    ValueError
        If there are no pictures.
    ImageRejected
        If one of them is not a picture.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo", n=4)
    >>> contact_sheet([image.preview.data for image in r.images]).width
    512
    """
    from PIL import Image

    if not previews:
        raise ValueError("a contact sheet needs at least one picture")
    headers = [checked_header(data) for data in previews]
    if len(previews) == 1:
        only = headers[0]
        return Preview(data=previews[0], mime=only.mime, width=only.width, height=only.height)
    columns = math.ceil(math.sqrt(len(previews)))
    rows = math.ceil(len(previews) / columns)
    wide, high = max(h.width for h in headers), max(h.height for h in headers)
    room_x, room_y = max_side - _GAP * (columns - 1), max_side - _GAP * (rows - 1)
    scale = min(1.0, room_x / (columns * wide), room_y / (rows * high))
    cell = (max(1, math.floor(wide * scale)), max(1, math.floor(high * scale)))
    size = (columns * cell[0] + _GAP * (columns - 1), rows * cell[1] + _GAP * (rows - 1))
    sheet = Image.new("RGB", size, "white")
    for index, (data, header) in enumerate(zip(previews, headers, strict=True)):
        with decoded(data, still(header), flaws=[]) as picture:
            fitted = (max(1, math.floor(header.width * scale)), max(1, math.floor(header.height * scale)))
            small = plain(picture).resize(fitted, Image.Resampling.LANCZOS)
        row, column = divmod(index, columns)
        left = column * (cell[0] + _GAP) + (cell[0] - fitted[0]) // 2
        top = row * (cell[1] + _GAP) + (cell[1] - fitted[1]) // 2
        sheet.paste(small, (left, top), small if small.mode == "RGBA" else None)
    return Preview(data=_jpeg(sheet, 10**9), mime="image/jpeg", width=size[0], height=size[1])


def encode_preview(picture: Image, *, full: tuple[int, int], max_side: int, max_bytes: int) -> Preview:
    """Shrink a decoded picture and encode it; `full` is its own size, before a JPEG was decoded smaller."""
    size = _fitted(full, max_side)
    while True:
        small = _shrunk(picture, size)
        if small.mode == "RGBA":
            data, mime = _png(small, max_bytes), "image/png"
        else:
            data, mime = _jpeg(small, max_bytes), "image/jpeg"
        over = len(data) / max(max_bytes * _SLACK, PREVIEW_BYTES)
        if over <= 1 or max(size) <= _SMALLEST_SIDE:
            return Preview(data=data, mime=mime, width=small.width, height=small.height)
        # Noise, which nothing packs: only fewer pixels make it smaller.
        size = _fitted(size, max(_SMALLEST_SIDE, math.floor(max(size) * min(0.9, over**-0.5))))


def plain(picture: Image) -> Image:
    """The same picture as 8-bit sRGB: mode RGB, or RGBA where something is transparent."""
    from PIL import Image

    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:
        # 16 bits: Pillow's own conversion to 8 clips (everything over 255 is white) instead of scaling.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode == "LA" and (grey_profile := picture.info.get("icc_profile")):
        # A profile of greys knows nothing of three colours: it is applied before they are made.
        grey, alpha = picture.split()
        picture = Image.merge("RGBA", (*_to_srgb(grey, grey_profile).convert("RGB").split(), alpha))
    if picture.has_transparency_data:
        clear = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        if clear.getchannel("A").histogram()[255] < clear.width * clear.height:
            return _to_srgb(clear, picture.info.get("icc_profile"))
        picture = clear
    profile = picture.info.get("icc_profile")
    if picture.mode == "1" or picture.mode in {"P", "PA", "LA", "La", "RGBa", "RGBX", "RGBA"}:
        picture = picture.convert("RGB")
    picture = _to_srgb(picture, profile)
    return picture if picture.mode == "RGB" else Image.Image.convert(picture, "RGB")


def _to_srgb(picture: Image, profile: bytes | None) -> Image:
    """Colours as sRGB; a profile that cannot be used is passed over, as browsers do."""
    if not profile:
        return picture
    from PIL import ImageCms

    target = picture.mode if picture.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        changed = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode=target
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return picture if changed is None else changed


def _fitted(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    scale = max_side / max(size)
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(picture: Image, size: tuple[int, int]) -> Image:
    """Shrink first and convert colours after: there are fewer pixels then."""
    from PIL import Image

    if picture.size == size:
        return plain(picture)
    if picture.mode not in {"RGB", "L", "CMYK"} or picture.has_transparency_data:
        picture = plain(picture)
        picture.info.pop("icc_profile", None)  # applied by now
    # A box filter down to under twice the size and LANCZOS from there: half the time of LANCZOS alone.
    factor = max(1, min(picture.width // size[0], picture.height // size[1]))
    if factor > 1:
        picture = picture.reduce(factor)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return plain(picture)


def _jpeg(picture: Image, max_bytes: int) -> bytes:
    encoded = b""
    picture.info.clear()  # Pillow writes EXIF, XMP and comments that it finds there
    for quality in _QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality)
        encoded = out.getvalue()
        if len(encoded) <= max_bytes:
            break
    return encoded


def _png(picture: Image, max_bytes: int) -> bytes:
    from PIL import Image

    # Level 3: level 6 takes three times as long for a tenth, and the palette below saves far more.
    encoded = png_bytes(picture, compress_level=3)
    for colours in (256, 128, 64):
        if len(encoded) <= max_bytes:
            break
        # The only method of Pillow's own that keeps alpha.
        encoded = png_bytes(picture.quantize(colours, method=Image.Quantize.FASTOCTREE), compress_level=9)
    return encoded


def png_bytes(picture: Image, *, compress_level: int = 6, icc_profile: bytes | None = None) -> bytes:
    """The picture as a PNG without metadata."""
    out = BytesIO()
    picture.info.clear()
    picture.save(out, "PNG", compress_level=compress_level, icc_profile=icc_profile)
    return out.getvalue()


def still(header: Header) -> Header:
    """The header of a picture of which only the first frame is wanted."""
    return replace(header, frames=1)


def _placeholder(header: Header, *, max_side: int) -> Preview:
    """A grey card that names the format: an SVG has no pixels of its own, so it is as large as allowed."""
    from PIL import Image, ImageDraw, ImageFont

    scale = max_side / max(header.width, header.height)
    size = (max(1, round(header.width * scale)), max(1, round(header.height * scale)))
    card = Image.new("RGB", size, (236, 238, 241))
    font = ImageFont.load_default(max(8, min(size) // 10))
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=(176, 182, 190))
    text = f"SVG, {header.width}\N{MULTIPLICATION SIGN}{header.height}"
    draw.text((size[0] / 2, size[1] / 2), text, fill=(84, 91, 102), font=font, anchor="mm")
    return Preview(data=_jpeg(card, PREVIEW_BYTES), mime="image/jpeg", width=size[0], height=size[1])
