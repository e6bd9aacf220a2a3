"""What a picture's bytes say about themselves, read without decoding a pixel.

Pillow decides by itself how strict to be: it skips the checksums of PNG pixel data and takes files that end
early for whole ones. So the containers are walked here, and a decoder only sees what is whole and
small enough.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: A picture of one pixel and a million frames is small and keeps a decoder busy for minutes.
MAX_FRAMES = 1000
#: libjpeg-turbo's own advice against progressive files that are all scans:
#: https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf
MAX_JPEG_SCANS = 500


class ImageRejected(ValueError):  # noqa: N818 - an answer about bytes, not a fault of ours
    """These bytes are not a picture that can be believed; the message is one sentence that says why."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the container says.

    Attributes
    ----------
    mime : str
        Media type, from the signature.
    width, height : int
        Pixels, of the canvas.
    frames : int
        1 for a still picture.
    bits : int
        Bits for each sample (8; 1, 2, 4 or 16 in a PNG).
    has_alpha : bool
        Whether the picture can be transparent somewhere; not whether it is.
    """

    mime: str
    width: int
    height: int
    frames: int = 1
    bits: int = 8
    has_alpha: bool = False


def read_header(data: bytes) -> Header:
    """Walk the container and return what it says.

    Raises
    ------
    ImageRejected
        If the signature is none of PNG, JPEG, WebP and GIF, or the container is cut or damaged.
    """
    walk = _walk_for(data)
    try:
        return walk(data)
    except (IndexError, struct.error) as exc:
        raise ImageRejected("the picture is cut off: its data ends before it is complete") from exc


def _walk_for(data: bytes) -> Callable[[bytes], Header]:
    if data.startswith(PNG_SIGNATURE):
        return _png
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _gif
    if not data:
        raise ImageRejected("there is no picture: the data is empty")
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    what = "HTML or XML text" if start.startswith(b"<") else f"data that starts with {data[:8]!r}"
    raise ImageRejected(f"this is {what}, not a PNG, JPEG, WebP or GIF picture")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each PNG chunk's type and where its data starts and ends; checksums are checked on the way."""
    view = memoryview(data)
    position = len(PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        start, end = position + 8, position + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(view[start:end], zlib.crc32(kind)) != checksum:
            raise ImageRejected(f"the PNG is damaged: the checksum of its {kind!r} chunk is wrong")
        yield kind, start, end
        if kind == b"IEND":
            return
        position = end + 4


def _png(data: bytes) -> Header:
    header = None
    frames = 0
    drawn = 0
    transparent = False
    for kind, start, end in png_chunks(data):
        if header is None:
            if kind != b"IHDR" or end - start != 13:  # noqa: PLR2004 - the length PNG fixes for IHDR
                raise ImageRejected("the PNG is damaged: it does not start with its header")
            header = struct.unpack_from(">IIBB", data, start)
        elif kind == b"acTL":
            if frames:
                raise ImageRejected("the PNG is damaged: it says twice how many frames it has")
            (frames,) = struct.unpack_from(">I", data, start)
            if not frames:
                raise ImageRejected("the PNG is damaged: it is an animation of no frames")
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"IDAT":
            drawn += end - start
    if header is None or not drawn:
        raise ImageRejected("the PNG holds no pixels")
    width, height, bits, colours = header
    return Header(
        mime="image/png",
        width=width,
        height=height,
        frames=max(frames, 1),
        bits=bits,
        has_alpha=transparent or bool(colours & _PNG_ALPHA),
    )


#: The bit of a PNG's colour type that says: there is an alpha channel.
_PNG_ALPHA = 4


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield each JPEG segment up to the end marker: marker, start (at 0xFF), start of its payload, end.

    What comes after the end marker is not looked at: phones put a film or a second picture there.
    """
    position = 2
    while True:
        start = position
        found = _MARKER.match(data, position)
        if found is None:
            raise ImageRejected("the JPEG is damaged or cut off: a marker is missing between its segments")
        marker = data[found.end() - 1]
        if marker == _EOI:
            return
        payload = found.end() + 2
        (length,) = struct.unpack_from(">H", data, found.end())
        position = found.end() + length
        yield marker, start, payload, position
        if marker == _SOS:
            following = _AFTER_PIXELS.search(data, position)
            if following is None:
                raise ImageRejected("the JPEG is cut off: its end marker is missing")
            position = following.start()


_SOS = 0xDA
_EOI = 0xD9
#: Start of frame, of every kind: C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER = re.compile(rb"\xff+[^\x00\xff]", re.DOTALL)
#: In pixel data 0xFF is followed by 0, or by a restart marker.
_AFTER_PIXELS = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)


def _jpeg(data: bytes) -> Header:
    size = None
    scans = 0
    for marker, _, payload, _ in jpeg_segments(data):
        if marker in _SOF:
            if size is not None:
                raise ImageRejected("the JPEG is damaged: it has two frame headers")
            size = struct.unpack_from(">BHH", data, payload)
        elif marker == _SOS:
            scans += 1
            if scans > MAX_JPEG_SCANS:
                raise ImageRejected(
                    f"the JPEG has more than {MAX_JPEG_SCANS} scans, which only an attack needs"
                )
    if size is None or not scans:
        raise ImageRejected("the JPEG holds no pixels")
    bits, height, width = size
    return Header(mime="image/jpeg", width=width, height=height, bits=bits)


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each WebP chunk's type and where its data starts and ends."""
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise ImageRejected("the WebP is cut off: it is shorter than its header says")
    position, stop = 12, size + 8
    while position + 8 <= stop:
        kind, length = struct.unpack_from("<4sI", data, position)
        start, end = position + 8, position + 8 + length
        if end > stop:
            raise ImageRejected("the WebP is damaged: a chunk is longer than the file")
        yield kind, start, end
        position = end + (length & 1)


def _webp(data: bytes) -> Header:
    canvas = None
    frames = 0
    has_alpha = False
    for kind, start, _ in webp_chunks(data):
        if kind == b"VP8X" and canvas is None:
            canvas = tuple(1 + int.from_bytes(data[start + at : start + at + 3], "little") for at in (4, 7))
            has_alpha = bool(data[start] & 0x10)
        elif kind == b"VP8 " and canvas is None:
            width, height = struct.unpack_from("<HH", data, start + 6)
            canvas = (width & 0x3FFF, height & 0x3FFF)
        elif kind == b"VP8L" and canvas is None:
            (packed,) = struct.unpack_from("<I", data, start + 1)
            canvas = ((packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1)
            has_alpha = bool(packed >> 28 & 1)
        elif kind == b"ANMF":
            frames += 1
    if canvas is None:
        raise ImageRejected("the WebP holds no pixels")
    return Header(
        mime="image/webp", width=canvas[0], height=canvas[1], frames=max(frames, 1), has_alpha=has_alpha
    )


def _gif(data: bytes) -> Header:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + gif_colour_table(flags)
    frames = 0
    has_alpha = False
    while (kind := data[position]) != 0x3B:  # noqa: PLR2004 - the trailer
        if kind == 0x21:  # noqa: PLR2004 - an extension
            # Whether one of the next frame's colours is transparent.
            has_alpha = has_alpha or (data[position + 1] == _GIF_CONTROL and bool(data[position + 3] & 1))
            position = _past_sub_blocks(data, position + 2)
        elif kind == 0x2C:  # noqa: PLR2004 - a frame
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, position + 1)
            # Pillow grows the canvas for a frame that sticks out of it, so the cap must see that size.
            width, height = max(width, left + wide), max(height, top + high)
            position = _past_sub_blocks(data, position + 11 + gif_colour_table(flags))
            frames += 1
        else:
            raise ImageRejected("the GIF is damaged: there is something unknown between its frames")
    if not frames:
        raise ImageRejected("the GIF holds no pixels")
    return Header(mime="image/gif", width=width, height=height, frames=frames, has_alpha=has_alpha)


#: An extension that says how the next frame is drawn.
_GIF_CONTROL = 0xF9


def gif_colour_table(flags: int) -> int:
    """Length in bytes of the colour table that a GIF's flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _past_sub_blocks(data: bytes, position: int) -> int:
    while length := data[position]:
        position += 1 + length
    return position + 1
