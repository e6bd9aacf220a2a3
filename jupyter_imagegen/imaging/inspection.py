"""Whether bytes are the picture they say they are: decided before they are stored or shown."""

from __future__ import annotations

import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.imaging.headers import MAX_FRAMES, Header, ImageRejected, read_header
from jupyter_imagegen.imaging.svg import looks_like_svg, read_svg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

#: Pixels of all frames together. The largest size any model makes is 3840x2160, 8.3 million.
MAX_PIXELS = 64_000_000
#: A 3840x2160 PNG with alpha that does not compress at all is 33 MB.
MAX_BYTES = 128 * 1024 * 1024

_PILLOW_NAMES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_opening = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """What a picture is, according to its bytes.

    Attributes
    ----------
    mime : str
        `image/png`, `image/jpeg`, `image/webp`, `image/gif` or `image/svg+xml`.
    width, height : int
        Pixels, as stored: an EXIF orientation is not applied.
    has_alpha : bool
        Whether the file can be transparent somewhere; not whether it is.
    frames : int
        1 for a still picture.
    """

    mime: str
    width: int
    height: int
    has_alpha: bool
    frames: int = 1


def inspect(
    data: bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, allow_svg: bool = False
) -> Inspected:
    """Decode a picture once and say what it is; the name it came under counts for nothing.

    Parameters
    ----------
    data
        A whole PNG, JPEG, WebP or GIF file, or an SVG where `allow_svg` is set.
    max_pixels
        The most pixels, of all frames together; checked before anything is decoded.
    max_bytes
        The longest file, in bytes.
    allow_svg
        Accept an SVG that neither runs nor loads anything.

    Raises
    ------
    ImageRejected
        If the bytes are something else, cut, damaged or too large.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> inspect(r.images[0].bytes)
    Inspected(mime='image/png', width=1024, height=1024, has_alpha=False, frames=1)
    """
    header = checked_header(data, max_pixels=max_pixels, max_bytes=max_bytes, allow_svg=allow_svg)
    if header.mime != "image/svg+xml":
        decoded(data, header).close()
    return inspected_from(header)


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
    if looks_like_svg(data):
        if not allow_svg:
            raise ImageRejected("this is an SVG, which is text that can run script, and none was asked for")
        header = read_svg(data)
    else:
        header = read_header(data)
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
    return header


def decoded(data: bytes, header: Header, *, at_least: int = 0) -> ImageFile:
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

    Raises
    ------
    ImageRejected
        If the decoder fails or finds another size than the header says.
    """
    from PIL import Image

    if header.mime == "image/webp":
        from PIL import WebPImagePlugin  # noqa: F401 - else Image.open loads every plugin to find it
    try:
        with quietly():
            picture = Image.open(BytesIO(data), formats=[_PILLOW_NAMES[header.mime]])
        if at_least and header.mime == "image/jpeg":
            picture.draft(None, _drafted(header, at_least))
        picture.load()
        for frame in range(1, header.frames):
            picture.seek(frame)
            picture.load()
        if header.frames > 1:
            picture.seek(0)
            picture.load()
    except Exception as exc:  # a decoder given hostile bytes raises anything, from SyntaxError to MemoryError
        raise ImageRejected(f"the picture cannot be decoded: {_reason(exc)}") from exc
    if picture.size != (header.width, header.height) and not at_least:
        raise ImageRejected("the picture is damaged: it states two different sizes")
    return picture


@contextmanager
def quietly() -> Iterator[None]:
    """Silence Pillow while it opens a file: it warns about odd EXIF and large sizes, which are answered here.

    The filters belong to the whole process, so they change only for a moment and by one thread at a time.
    """
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _drafted(header: Header, at_least: int) -> tuple[int, int]:
    long = max(header.width, header.height)
    return (
        max(1, header.width * at_least // long),
        max(1, header.height * at_least // long),
    )


def _reason(exc: Exception) -> str:
    return str(exc) or type(exc).__name__


def inspected_from(header: Header) -> Inspected:
    """What a picture is by its checked header; whether it can be believed only decoding tells."""
    return Inspected(
        mime=header.mime,
        width=header.width,
        height=header.height,
        has_alpha=header.has_alpha,
        frames=header.frames,
    )
