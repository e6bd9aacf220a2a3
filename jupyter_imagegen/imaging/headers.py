"""What a picture's bytes say about themselves, read without decoding a pixel.

The four formats that the API draws are walked here: a stored picture is shown without importing Pillow, and
what would keep a decoder busy for minutes (frames, chunks, scans) is counted before it sees a byte. Small
damage is no reason to refuse: it is said in `Header.flaw`, and the decoder has the last word. A file that
ends within its header raises IndexError or struct.error.
"""

from __future__ import annotations

import re
import struct
import threading
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: A picture of one pixel and a million frames is small and keeps a decoder busy for minutes.
MAX_FRAMES = 1000
#: Pillow takes 10 microseconds for each chunk; a PNG of 128 MB in libpng's chunks of 8 kB has 16,000.
MAX_PNG_CHUNKS = 50_000
#: libjpeg-turbo's own advice against progressive files that are all scans:
#: https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf
MAX_JPEG_SCANS = 500
#: Each scan goes over all pixels: a second for 500 million. An ordinary progressive JPEG has ten scans.
MAX_JPEG_SCANNED = 1_000_000_000


class ImageRejected(ValueError):  # noqa: N818 - an answer about bytes, not a fault of ours
    """These bytes are not a picture that can be shown; the message is one sentence that says why."""


def told(exc: Exception) -> str:
    """What a decoder says is wrong; Pillow's first answer names an object in memory and nothing else."""
    text = str(exc)
    return "its header is damaged" if not text or " object at 0x" in text else text


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
    progressive : bool
        Whether a JPEG refines the whole picture scan by scan.
    flaw : str
        What is wrong with the container, in a few words; empty where nothing is.
    """

    mime: str
    width: int
    height: int
    frames: int = 1
    bits: int = 8
    has_alpha: bool = False
    progressive: bool = False
    flaw: str = ""


#: What a cut file is said to have.
CUT = "its data ends early"

_opening = threading.RLock()


@contextmanager
def quietly() -> Iterator[None]:
    """Silence Pillow while it opens a file: it warns about odd EXIF and large sizes, which are answered here.

    The filters belong to the whole process, so they change only for a moment and by one thread at a time.
    """
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each PNG chunk's type and where its data starts and ends; checksums are checked on the way."""
    for kind, start, end, sound in loose_png_chunks(data):
        if not sound:
            raise ImageRejected(f"the PNG is damaged: the checksum of its {kind!r} chunk is wrong")
        yield kind, start, end


def loose_png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int, bool]]:
    """Yield each PNG chunk's type, where its data starts and ends, and whether it is whole and right.

    A cut file's last chunk ends where the data does.
    """
    view = memoryview(data)
    position = len(PNG_SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        start, end = position + 8, position + 8 + length
        if end + 4 > len(data):
            yield kind, start, min(end, len(data)), False
            return
        (checksum,) = struct.unpack_from(">I", data, end)
        yield kind, start, end, zlib.crc32(view[start:end], zlib.crc32(kind)) == checksum
        if kind == b"IEND":
            return
        position = end + 4


def read_png(data: bytes) -> Header:
    """What a PNG says of itself."""
    header = None
    frames = drawn = chunks = 0
    transparent = False
    kind, flaw = b"", ""
    for kind, start, end, sound in loose_png_chunks(data):
        chunks += 1
        if chunks > MAX_PNG_CHUNKS:
            raise ImageRejected(f"the PNG has more than {MAX_PNG_CHUNKS:,} chunks, which no encoder writes")
        if header is None:
            if kind != b"IHDR" or end - start != 13 or not sound:  # noqa: PLR2004 - PNG fixes that length
                raise ImageRejected("the PNG is damaged: it does not start with a sound header")
            header = struct.unpack_from(">IIBB", data, start)
            continue
        if not sound:
            flaw = flaw or _unsound(kind, cut=end + 4 > len(data))
        if kind == b"acTL" and sound and not frames:
            (frames,) = struct.unpack_from(">I", data, start)
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
        flaw=flaw or ("" if kind == b"IEND" else "its end marker is missing"),
    )


def _unsound(kind: bytes, *, cut: bool) -> str:
    return CUT if cut else f"the checksum of its {kind.decode('ascii', 'replace')} chunk is wrong"


#: The bit of a PNG's colour type that says: there is an alpha channel.
_PNG_ALPHA = 4


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield each JPEG segment: its marker, where it starts (at 0xFF), where its payload does, where it ends.

    Pixel data belongs to the segment before it. The end marker is the last; it does not come where the file
    is damaged or cut. What is after it is not looked at: phones put a film or a second picture there.

    Raises
    ------
    struct.error
        If the file ends within a segment's length.
    """
    position = 2
    while found := _MARKER.match(data, position):
        start, marker = position, data[found.end() - 1]
        if marker == JPEG_END:
            yield marker, start, found.end(), found.end()
            return
        position = found.end() + struct.unpack_from(">H", data, found.end())[0]
        if marker == _SOS:
            following = _AFTER_PIXELS.search(data, position)
            position = following.start() if following else len(data)
        yield marker, start, found.end() + 2, position


#: The marker of a JPEG's end.
JPEG_END = 0xD9
_SOS = 0xDA
#: Start of frame, of every kind: C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_MARKER = re.compile(rb"\xff+[^\x00\xff]", re.DOTALL)
#: In pixel data 0xFF is followed by 0, or by a restart marker.
_AFTER_PIXELS = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)


def read_jpeg(data: bytes) -> Header:
    """What a JPEG says of itself."""
    size = None
    marker = scans = frames = 0
    progressive = False
    try:
        for marker, _, payload, _ in jpeg_segments(data):
            if marker in _SOF:
                frames += 1
                size = struct.unpack_from(">BHH", data, payload)
                progressive = marker in _PROGRESSIVE
            elif marker == _SOS:
                scans += 1
                if scans > MAX_JPEG_SCANS:
                    break
    except struct.error:
        marker = 0
    if frames > 1:
        raise ImageRejected("the JPEG is damaged: it has two frame headers")
    if size is None or not scans:
        raise ImageRejected("the JPEG is cut off or holds no pixels")
    bits, height, width = size
    if scans > MAX_JPEG_SCANS or scans * width * height > MAX_JPEG_SCANNED:
        raise ImageRejected(
            f"the JPEG has {scans if scans <= MAX_JPEG_SCANS else f'more than {MAX_JPEG_SCANS}'} scans over"
            f" {width}x{height} pixels, which only an attack needs"
        )
    return Header(
        mime="image/jpeg",
        width=width,
        height=height,
        bits=bits,
        progressive=progressive,
        flaw="" if marker == JPEG_END else CUT,
    )


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each WebP chunk's type and where its data starts and ends; a cut one ends where the data does."""
    (size,) = struct.unpack_from("<I", data, 4)
    position, stop = 12, min(size + 8, len(data))
    while position + 8 <= stop:
        kind, length = struct.unpack_from("<4sI", data, position)
        start, end = position + 8, position + 8 + length
        yield kind, start, min(end, stop)
        position = end + (length & 1)


def read_webp(data: bytes) -> Header:
    """What a WebP says of itself."""
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
    (size,) = struct.unpack_from("<I", data, 4)
    return Header(
        mime="image/webp",
        width=canvas[0],
        height=canvas[1],
        frames=max(frames, 1),
        has_alpha=has_alpha,
        flaw=CUT if size + 8 > len(data) else "",
    )


def read_gif(data: bytes) -> Header:
    """What a GIF says of itself."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _gif_colour_table(flags)
    frames = 0
    has_alpha = False
    flaw = ""
    try:
        while (kind := data[position]) != 0x3B:  # noqa: PLR2004 - the trailer
            if kind == 0x21:  # noqa: PLR2004 - an extension
                # Whether one of the next frame's colours is transparent.
                has_alpha = has_alpha or (data[position + 1] == _GIF_CONTROL and bool(data[position + 3] & 1))
                position = _past_sub_blocks(data, position + 2)
            elif kind == 0x2C:  # noqa: PLR2004 - a frame
                left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, position + 1)
                # Pillow grows the canvas for a frame that sticks out of it, so the cap must see that size.
                width, height = max(width, left + wide), max(height, top + high)
                frames += 1
                position = _past_sub_blocks(data, position + 11 + _gif_colour_table(flags))
            else:
                flaw = "there is something unknown between its frames"
                break
    except (IndexError, struct.error):
        flaw = CUT
    if not frames:
        raise ImageRejected("the GIF is cut off or holds no pixels")
    return Header(mime="image/gif", width=width, height=height, frames=frames, has_alpha=has_alpha, flaw=flaw)


#: An extension that says how the next frame is drawn.
_GIF_CONTROL = 0xF9


def _gif_colour_table(flags: int) -> int:
    """Length in bytes of the colour table that a GIF's flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _past_sub_blocks(data: bytes, position: int) -> int:
    while length := data[position]:
        position += 1 + length
    return position + 1
