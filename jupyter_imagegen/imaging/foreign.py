"""Formats that no images API takes: read where Pillow can, else named, with what to do."""

from __future__ import annotations

import re
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.imaging import formats
from jupyter_imagegen.imaging.arrays import shades
from jupyter_imagegen.imaging.headers import Header, quietly
from jupyter_imagegen.imaging.inspection import MAX_PIXELS
from jupyter_imagegen.imaging.svg import looks_like_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

#: What a format is called, by its media type.
FORMAT_NAMES: Mapping[str, str] = MappingProxyType(
    {"image/gif": "GIF", **{each.mime: each.called for each in formats.FORMATS}}
)
#: What cannot be read, by how it begins: what it is, and what to do.
_NAMED = (
    (rb"%PDF-", "a PDF", "Export the page as PNG, or take a screenshot of it."),
    (rb"8BPS", "a Photoshop file (PSD)", "Export it as PNG."),
    (rb"gimp xcf", "a GIMP file (XCF)", "Export it as PNG."),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "PostScript (EPS)", "Export it as PNG."),
    (rb"(?s)\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", "Export it as PNG or JPEG."),
    (rb"\x76\x2f\x31\x01|#\?RADIANCE|#\?RGBE", "a picture of high dynamic range", "Export it as PNG."),
    (rb"(?s)IIU\0|IIRO|IIRS|MMOR|FUJIFILMCCD-RAW|II\*\0.{4}CR", "a camera's RAW file", "Export it as JPEG."),
    (rb"(?s)\x1a\x45\xdf\xa3|RIFF....AVI |\0\0\x01\xba|FLV\x01", "a film", "Save one picture of it as PNG."),
    (rb"PK\x03\x04", "a zip archive, or a document that is one", "Give the picture that is in it."),
    (rb"(?s).{128}DICM", "a DICOM file", "Export it as PNG."),
    (rb"SIMPLE  =", "a FITS file", "Read it, scale it to 0 to 1, and give the array."),
    (rb"\x93NUMPY", "a NumPy file", "Give the array: `numpy.load(path)`."),
    (rb"version https://git-lfs", "the pointer that Git LFS leaves for a file", "Fetch it: `git lfs pull`."),
)
_BRANDS = (
    (frozenset((b"avif", b"avis")), "AVIF"),
    (frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1")), "HEIC"),
    (frozenset((b"crx ",)), "RAW"),
)
#: Tags of a TIFF. The others say: this is a camera's RAW file, of which only a small preview can be read.
ORIENTATION = 0x0112
_DNG_VERSION, _SUBFILE_TYPE, _REDUCED = 0xC612, 0xFE, 1


class Opened(NamedTuple):
    """A decoded picture, what its file says, and whether the decoder turned it upright."""

    header: Header
    picture: Image
    turned: bool = False


def foreign(data: bytes, called: str) -> Opened | None:
    """The first picture of a file in one of these formats, decoded; None where it is in none of them.

    Parameters
    ----------
    data
        A whole file.
    called
        What messages call it.

    Raises
    ------
    SourceError
        If it cannot be read here, is damaged or too large.
    """
    if data[4:8] == b"ftyp":
        return _boxed(data, called)
    if looks_like_svg(data):
        raise _shut(called, "an SVG, which is a drawing and has no pixels", "Export it as PNG.")
    for signature, what, hint in _NAMED:
        if re.match(signature, data):
            raise _shut(called, what, hint)
    kind = formats.sniffed(data)
    return None if kind is None else _read(data, kind, called)


def _boxed(data: bytes, called: str) -> Opened:
    """Files of boxes: pictures and films, told apart by their brands."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    kind = next((kind for known, kind in _BRANDS if brands & known), "film")
    if kind == "AVIF":
        return _avif(data, called)
    if kind == "RAW":
        raise _shut(called, "a camera's RAW file", "Export it as JPEG.")
    if kind == "film":
        raise _shut(called, "a film", "Save one picture of it as PNG.")
    try:
        import pillow_heif
    except ImportError:
        raise _shut(
            called, "HEIC, as iPhones save it", "Export it as JPEG, or `pip install pillow-heif`."
        ) from None

    def opened(file: BytesIO) -> Image:
        # By itself and not through Pillow: to register it would change Pillow for the whole kernel.
        heif = pillow_heif.open_heif(file)
        _refuse_large(heif.size, called)
        picture: Image = heif.to_pillow()
        return picture

    return _decoded(data, "image/heic", called, opened)


def _avif(data: bytes, called: str) -> Opened:
    from PIL import features

    if not features.check("avif"):
        raise _shut(called, "AVIF, which this Pillow does not read", "Export it as PNG, or update Pillow.")
    return _read(data, formats.BY_NAME["AVIF"], called)


def _read(data: bytes, kind: formats.Format, called: str) -> Opened:
    return _decoded(data, kind.mime, called, lambda file: formats.opened(file.getvalue(), kind))


def _decoded(data: bytes, mime: str, called: str, opened: Any) -> Opened:
    try:
        with quietly():
            picture: Image = opened(BytesIO(data))
            # A TIFF is turned upright as it is decoded, so its sides are those of after.
            _refuse_preview(picture, called)
            turned = _tags(picture).get(ORIENTATION, 1) != 1
            _refuse_large(picture.size, called)
            frames = int(getattr(picture, "n_frames", 1))
            picture.load()
    except SourceError:
        raise
    except Exception as exc:  # a decoder given hostile bytes raises anything
        why = str(exc) or type(exc).__name__
        raise SourceError(
            f"{called} cannot be used: this {FORMAT_NAMES[mime]} cannot be decoded: {why}",
            hint="Export it as PNG or JPEG.",
        ) from exc
    header = Header(mime=mime, width=picture.width, height=picture.height, frames=frames)
    return Opened(header, shades(picture, called), turned=turned)


def _refuse_preview(picture: Image, called: str) -> None:
    """A camera's RAW file is a TIFF that begins with a small preview of the picture."""
    tags = _tags(picture)
    if _DNG_VERSION in tags or int(tags.get(_SUBFILE_TYPE, 0)) & _REDUCED:
        raise _shut(called, "a camera's RAW file", "Export it as JPEG.")


def _refuse_large(size: tuple[int, int], called: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{called} is {width}x{height}, {width * height:,} pixels; at most {MAX_PIXELS:,} are accepted",
            hint="Save a smaller copy and use that.",
        )


def _tags(picture: Image) -> Any:
    return getattr(picture, "tag_v2", {})


def _shut(called: str, what: str, hint: str) -> SourceError:
    return SourceError(f"{called} cannot be used: this is {what}", hint=hint)
