"""Decoding: whole pictures, and those with small damage, of which as much is taken as is there.

Pillow has a switch for cut files, but it belongs to the whole process. What it does is done here for one
picture: after Pillow has given up, the pixels that it wrote before are in the picture's memory. Which ones
it wrote is seen by decoding twice, over black and over white.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.imaging.formats import PILLOW_NAMES
from jupyter_imagegen.imaging.headers import (
    CUT,
    PNG_SIGNATURE,
    Header,
    ImageRejected,
    jpeg_segments,
    loose_png_chunks,
    quietly,
    told,
    webp_chunks,
)

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_NAMES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    **PILLOW_NAMES,
}
#: The share of a picture that may be missing; with more it is no longer what was paid for.
MOST_MISSING = 0.25
#: What PNG's pixels need; a picture is read from these alone where something among the others is wrong.
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"})
#: Rows that libjpeg has read and not yet given out when its data ends: two rows of the largest blocks.
_JPEG_HELD_BACK = 32

_SOS, _END = 0xDA, b"\xff\xd9"
#: Of each block of a JPEG.
_COEFFICIENTS = 64
#: Pixels that are compared at a time.
_AT_A_TIME = 4_000_000
#: Bytes that libwebp may want after the last that came; an even number.
_READ_ON = 65_536


def whole(data: bytes, header: Header, *, draft: tuple[int, int] | None = None) -> ImageFile:
    """Decode every frame; the picture stands at its first frame.

    Raises
    ------
    Exception
        Whatever the decoder raises.
    """
    picture = _opened(data, header)
    if draft:
        picture.draft(None, draft)
    picture.load()
    for frame in range(1, header.frames):
        picture.seek(frame)
        picture.load()
    if header.frames > 1:
        picture.seek(0)
        picture.load()
    elif header.mime == "image/png" and not any(_last_row(picture)):
        # Pillow says nothing where the packed pixels end before the picture does.
        over_white, _ = _over(data, header, 255)
        if any(_last_row(over_white)):
            raise OSError(CUT)
    return picture


def damaged(data: bytes, header: Header, why: Exception) -> tuple[ImageFile, str]:
    """Take what is there of a picture that cannot be decoded as it stands, and say what is not.

    Parameters
    ----------
    why
        What the decoder said of it.

    Raises
    ------
    ImageRejected
        If too little of it is there.
    """
    refused = ImageRejected(f"the picture cannot be decoded: {told(why)}")
    # It holds on to what was decoded, which may be a quarter of a gigabyte.
    why.__traceback__ = None
    try:
        if header.mime == "image/png":
            data = _bare_png(data)
        elif header.mime == "image/jpeg" and header.flaw:
            return _cut_jpeg(data, header)
        elif header.mime == "image/webp" and header.flaw:
            return _cut_webp(data, header)
        over_black, error = _over(data, header, 0)
        if error is None and str(why) != CUT:
            return _rest(over_black, data, header)
        if header.mime == "image/png":
            # The checksum at the end of the pixels, when wrong, takes the last row with it.
            unsummed, error = _over(_bare_png(data, unsummed=True), header, 0)
            if error is None and str(why) != CUT:
                return unsummed, "The file is damaged: its pixels have a wrong checksum, some may be wrong."
        over_white, _ = _over(data, header, 255)
        missing = _share_that_differs(over_black, over_white)
    except ImageRejected:
        raise
    except Exception:  # noqa: BLE001 - as above: a decoder raises anything
        raise refused from why
    _refuse_much(missing)
    return over_white, _said(missing)


def _opened(data: bytes, header: Header) -> ImageFile:
    from PIL import Image

    if header.mime == "image/webp":
        from PIL import WebPImagePlugin  # noqa: F401 - else Image.open loads every plugin to find it
    with quietly():
        return Image.open(BytesIO(data), formats=[_NAMES[header.mime]])


def _over(data: bytes, header: Header, grey: int) -> tuple[ImageFile, Exception | None]:
    """Decode the first frame over a grey; the picture has what was written, and the error what stopped it."""
    from PIL import Image

    picture = _opened(data, header)
    bands = len(picture.getbands())
    ground = Image.new(picture.mode, picture.size, (grey,) * bands if bands > 1 else grey).im
    picture.im = ground
    try:
        picture.load()
    except OSError as exc:
        if picture.im is not ground:
            raise  # what Pillow wrote is not in it
        picture.tile = []
        picture.load()
        return picture, exc
    return picture, None


def _last_row(picture: ImageFile) -> bytes:
    return picture.crop((0, picture.height - 1, picture.width, picture.height)).tobytes()


def _share_that_differs(one: ImageFile, other: ImageFile) -> float:
    """Which part of two decodings differs; a few rows at a time, for large pictures fill memory twice."""
    from PIL import Image, ImageChops

    rows = max(1, _AT_A_TIME // one.width)
    same = total = 0
    for top in range(0, one.height, rows):
        box = (0, top, one.width, min(top + rows, one.height))
        planes = [picture.crop(box).tobytes() for picture in (one, other)]
        size = (len(planes[0]) // (box[3] - top), box[3] - top)
        same += ImageChops.difference(*(Image.frombytes("L", size, plane) for plane in planes)).histogram()[0]
        total += size[0] * size[1]
    return 1 - same / total


def _rest(picture: ImageFile, data: bytes, header: Header) -> tuple[ImageFile, str]:
    """Say what is wrong with a picture whose first frame is whole."""
    if header.frames > 1:
        try:
            return whole(data, header), f"The file is damaged: {header.flaw or 'a checksum is wrong'}."
        except Exception:  # noqa: BLE001 - as above
            return picture, "The animation is damaged: not all of its frames can be shown."
    return picture, f"The file is damaged: {header.flaw or 'its metadata is wrong'}."


def _said(missing: float) -> str:
    return f"The picture is cut off: {max(missing, 0.001):.1%} of it is missing, and left white."


def _refuse_much(missing: float) -> None:
    if missing > MOST_MISSING:
        raise ImageRejected(f"the picture is cut off: {missing:.0%} of it is missing")


def _bare_png(data: bytes, *, unsummed: bool = False) -> bytes:
    """The same PNG with nothing but its pixels, each chunk with a right checksum.

    `unsummed` leaves out the four bytes at the end of the packed pixels, which are a checksum of their own.
    """
    chunks = [
        (kind, data[start:end])
        for kind, start, end, sound in loose_png_chunks(data)
        if kind in _NEEDED and kind != b"IEND" and (sound or kind[:1].isupper())
    ]
    if unsummed:
        last = max(i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT")
        chunks[last] = (b"IDAT", chunks[last][1][:-4])
    parts = [PNG_SIGNATURE]
    for kind, body in (*chunks, (b"IEND", b"")):
        parts += [struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(kind + body))]
    return b"".join(parts)


def _cut_jpeg(data: bytes, header: Header) -> tuple[ImageFile, str]:
    """A JPEG without its end: libjpeg fills in the rest when it is given an end marker."""
    complete = data + _END
    if header.progressive:
        # Each scan is over the whole picture: without the last ones, which only refine, it is less fine.
        if not _has_every_detail(data):
            raise ImageRejected("the picture is cut off: its data ends before the finer details begin")
        said = "The picture is cut off: its finest detail is missing."
        with suppress(Exception):
            return whole(complete, header), said
        # Cut within what comes before a scan: its tables.
        return whole(data[: data.rfind(b"\xff\xc4")] + _END, header), said
    missing = _share_that_differs(_over(data, header, 0)[0], _over(data, header, 255)[0])
    missing = max(0.0, missing - _JPEG_HELD_BACK / header.height)
    _refuse_much(missing)
    words = f"up to {missing:.1%} of it is missing" if missing else "its last rows may be wrong"
    return whole(complete, header), f"The picture is cut off: {words}."


def _has_every_detail(data: bytes) -> bool:
    """Whether a cut progressive JPEG has every coefficient at least roughly, the cut scan left out.

    Notes
    -----
    A scan names its components, and the first and last coefficient of a block that it brings, of 64
    (ITU-T T.81, B.2.3 and G.1.1.1).
    """
    scans: list[tuple[bytes, int, int]] = []
    components = 0
    with suppress(ImageRejected, struct.error, IndexError):
        for marker, _, payload, _ in jpeg_segments(data):
            if marker == _SOS:
                end = payload + 1 + 2 * data[payload]
                scans.append((data[payload + 1 : end : 2], data[end], data[end + 1]))
            elif marker in (0xC2, 0xC6, 0xCA, 0xCE):  # the frames of progressive files
                components = data[payload + 5]
    brought: dict[int, set[int]] = {}
    for ids, first, last in scans[:-1]:
        for each in ids:
            brought.setdefault(each, set()).update(range(first, last + 1))
    return len(brought) == components > 0 and all(len(each) == _COEFFICIENTS for each in brought.values())


def _cut_webp(data: bytes, header: Header) -> tuple[ImageFile, str]:
    """A WebP that is shorter than it says; libwebp takes it at full length only, and reads past its end."""
    (size,) = struct.unpack_from("<I", data, 4)
    missing = (size + 8 - len(data)) / (size + 8)
    _refuse_much(missing)
    *_, (_, last, _) = webp_chunks(data)
    filled = bytearray(data + bytes(size + 8 - len(data) + _READ_ON))
    struct.pack_into("<I", filled, 4, len(filled) - 8)
    struct.pack_into("<I", filled, last - 4, len(filled) - last)
    return whole(
        bytes(filled), header
    ), f"The picture is cut off: {max(missing, 0.001):.1%} of it is missing."
