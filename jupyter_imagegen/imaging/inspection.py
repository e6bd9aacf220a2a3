"""Whether bytes are the picture they say they are: decided before they are stored or shown."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jupyter_imagegen.imaging import formats
from jupyter_imagegen.imaging.headers import (
    MAX_FRAMES,
    PNG_SIGNATURE,
    Header,
    ImageRejected,
    read_gif,
    read_jpeg,
    read_png,
    read_webp,
    told,
)
from jupyter_imagegen.imaging.svg import looks_like_svg, read_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL.ImageFile import ImageFile

#: Pixels of one side: JPEG's own limit. What is longer is one pixel wide, and no one asked for it.
MAX_SIDE = 65_500
#: Pixels of all frames together. The largest size any model makes is 3840x2160, 8.3 million.
MAX_PIXELS = 64_000_000
#: A 3840x2160 PNG with alpha that does not compress at all is 33 MB.
MAX_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """What a picture is, according to its bytes.

    Attributes
    ----------
    mime : str
        `image/png`, `image/jpeg`, `image/webp`, `image/gif` or `image/svg+xml`, or one of `formats.FORMATS`
        where Pillow reads it.
    width, height : int
        Pixels, as stored: an EXIF orientation is not applied.
    has_alpha : bool
        Whether the file can be transparent somewhere; not whether it is.
    frames : int
        1 for a still picture.
    flaws : tuple of str
        Small damage that decoding found, in whole sentences: `The picture is cut off: …`.
    """

    mime: str
    width: int
    height: int
    has_alpha: bool
    frames: int = 1
    flaws: tuple[str, ...] = ()


def inspect(
    data: bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, allow_svg: bool = False
) -> Inspected:
    """Decode a picture once and say what it is; the name it came under counts for nothing.

    Parameters
    ----------
    data
        A picture file (AVIF, BMP, GIF, JPEG, PNG, TIFF, WebP …), or an SVG where `allow_svg` is set.
    max_pixels
        The most pixels, of all frames together; checked before anything is decoded.
    max_bytes
        The longest file, in bytes.
    allow_svg
        Accept an SVG that neither runs nor loads anything.

    Raises
    ------
    ImageRejected
        If the bytes are something else, too large, or too much of the picture is missing.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> inspect(r.images[0].bytes)
    Inspected(mime='image/png', width=1024, height=1024, has_alpha=False, frames=1, flaws=())
    """
    header = checked_header(data, max_pixels=max_pixels, max_bytes=max_bytes, allow_svg=allow_svg)
    flaws: list[str] = []
    if header.mime != "image/svg+xml":
        decoded(data, header, flaws=flaws).close()
    return inspected_from(header, flaws)


def checked_header(
    data: bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, allow_svg: bool = False
) -> Header:
    """Read a picture's header and hold it against the caps; nothing is decoded yet.

    Raises
    ------
    ImageRejected
        If the container is damaged, of another kind or over a cap.
    """
    if len(data) > max_bytes:
        raise ImageRejected(f"the picture is {len(data):,} bytes; at most {max_bytes:,} are accepted")
    svg = looks_like_svg(data)
    if svg and not allow_svg:
        raise ImageRejected("this is an SVG, which is text that can run script, and no SVG was requested")
    try:
        header = read_svg(data) if svg else _reader_of(data)(data)
    except ImageRejected:
        raise
    except (IndexError, struct.error) as exc:
        raise ImageRejected("the picture is cut off: its data ends before its pixels begin") from exc
    except Exception as exc:  # hostile bytes: whatever a reader raises is said of the picture
        raise ImageRejected(f"the picture cannot be read: {told(exc)}") from exc
    if not header.width or not header.height:
        raise ImageRejected(f"the picture is {header.width}x{header.height} pixels: it has no area")
    if header.frames > MAX_FRAMES:
        raise ImageRejected(f"the picture has {header.frames:,} frames; at most {MAX_FRAMES:,} are accepted")
    pixels = header.width * header.height * header.frames
    if pixels > max_pixels:
        times = f" times {header.frames} frames" if header.frames > 1 else ""
        raise ImageRejected(
            f"the picture is {header.width}x{header.height}{times}, {pixels:,} pixels;"
            f" at most {max_pixels:,} are accepted"
        )
    if max(header.width, header.height) > MAX_SIDE:
        raise ImageRejected(
            f"the picture is {header.width}x{header.height}; sides of at most {MAX_SIDE:,} are accepted"
        )
    return header


def _reader_of(data: bytes) -> Callable[[bytes], Header]:
    """What reads the header of a file that begins so."""
    if data.startswith(PNG_SIGNATURE):
        return read_png
    if data.startswith(b"\xff\xd8\xff"):
        return read_jpeg
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return read_webp
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return read_gif
    if formats.sniffed(data):
        return formats.read
    if not data:
        raise ImageRejected("there is no picture: the data is empty")
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    what = "HTML or XML text" if start.startswith(b"<") else f"data that starts with {data[:8]!r}"
    raise ImageRejected(f"this is {what}, not a PNG, JPEG, WebP, GIF, AVIF, TIFF or BMP picture")


def decoded(data: bytes, header: Header, *, at_least: int = 0, flaws: list[str] | None = None) -> ImageFile:
    """Decode every frame and return the picture, standing at its first frame.

    Parameters
    ----------
    data
        The picture's bytes, whose header was checked.
    header
        What `checked_header` said.
    at_least
        A JPEG may be decoded smaller as long as its long side keeps this many pixels; 0 for full size. All
        its data is read either way, so a cut file is found either way.
    flaws
        Where small damage is to be borne (a checksum, the last rows), a list to which it is added, in whole
        sentences; None to refuse it.

    Raises
    ------
    ImageRejected
        If the decoder fails or finds another size than the header says.
    """
    from jupyter_imagegen.imaging import salvage

    if flaws is None and header.flaw:
        raise ImageRejected(f"the picture is damaged or cut off: {header.flaw}")
    size = _drafted(header, at_least) if at_least and header.mime == "image/jpeg" else None
    try:
        picture = salvage.whole(data, header, draft=size)
        found = header.flaw and f"The file is damaged: {header.flaw}. Its pixels can be read."
    except Exception as exc:  # a decoder given hostile bytes raises anything, from SyntaxError to MemoryError
        if flaws is None:
            raise ImageRejected(f"the picture cannot be decoded: {told(exc)}") from exc
        size = None
        picture, found = salvage.damaged(data, header, exc)
    if size is None and picture.size != (header.width, header.height):
        raise ImageRejected("the picture is damaged: it states two different sizes")
    if flaws is not None and found:
        flaws.append(found)
    return picture


def _drafted(header: Header, at_least: int) -> tuple[int, int]:
    long = max(header.width, header.height)
    return (
        max(1, header.width * at_least // long),
        max(1, header.height * at_least // long),
    )


def opened(data: bytes) -> ImageFile:
    """Decode a picture, small damage or not.

    Raises
    ------
    ImageRejected
        If it is none that can be shown.
    """
    header = checked_header(data)
    return decoded(data, replace(header, frames=1), flaws=[])


def inspected_from(header: Header, flaws: Sequence[str] = ()) -> Inspected:
    """What a picture is by its checked header, and what decoding found."""
    return Inspected(
        mime=header.mime,
        width=header.width,
        height=header.height,
        has_alpha=header.has_alpha,
        frames=header.frames,
        flaws=tuple(flaws),
    )
