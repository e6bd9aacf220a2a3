"""The formats that no one asks for and some servers and people have: AVIF, BMP, TIFF, HEIC and more.

One table for what comes and what goes in. Pillow opens them, where it can. What its readers take long over by
the header alone is refused first.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from jupyter_imagegen.imaging.headers import PNG_SIGNATURE, Header, ImageRejected, quietly, told

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile


class Format(NamedTuple):
    """What Pillow calls a format, its media type, what people call it, and how its files begin."""

    pillow: str
    mime: str
    called: str
    begins: bytes
    #: Whether Pillow reads it in Python, a microsecond for each pixel.
    slow: bool = False


FORMATS = (
    Format("TIFF", "image/tiff", "TIFF", rb"II\*\0|MM\0\*|II\+\0|MM\0\+"),
    Format("BMP", "image/bmp", "BMP", rb"BM.{12}(?:\x0c|\x28|\x34|\x38|\x40|\x6c|\x7c)\0\0\0"),
    Format("JPEG2000", "image/jp2", "JPEG 2000", rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    Format("JXL", "image/jxl", "JPEG XL", rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),
    Format("PPM", "image/x-portable-anymap", "PNM", rb"P[1-6]\s"),
    Format("QOI", "image/qoi", "QOI", rb"qoif", slow=True),
    Format("ICO", "image/x-icon", "ICO", rb"\0\0\x01\0[\x01-\xff]\0"),
    Format("DDS", "image/x-dds", "DDS", rb"DDS \x7c\0\0\0", slow=True),
    Format("SGI", "image/x-sgi", "SGI", rb"\x01\xda[\0\x01][\x01\x02]\0[\x01-\x03]"),
    Format("PCX", "image/x-pcx", "PCX", rb"\x0a[\0\x02\x03\x05][\0\x01][\x01\x02\x04\x08].{60}\0"),
    # Told by its last bytes.
    Format("TGA", "image/x-tga", "TGA", rb"(?!)"),
    # Told by their brands.
    Format("AVIF", "image/avif", "AVIF", rb"(?!)"),
    Format("HEIF", "image/heic", "HEIC", rb"(?!)"),
)
_BEGINNINGS = tuple((re.compile(each.begins, re.DOTALL), each) for each in FORMATS)
BY_NAME = {each.pillow: each for each in FORMATS}
#: Media type, Pillow's name.
PILLOW_NAMES = {each.mime: each.pillow for each in FORMATS}
#: Parts (strips or tiles) that a TIFF or JPEG 2000 may have; Pillow takes microseconds for each.
MAX_PARTS = 50_000
#: Pixels of a picture that Pillow reads in Python.
MAX_SLOW_PIXELS = 2_000_000
#: Bytes of a PNM written in digits, which Pillow reads in Python.
_MAX_DIGITS = 8_000_000
#: Pixels of what an icon holds: Pillow decodes it while it opens the file.
_MAX_ICON = 4_000_000
#: Bytes of a BMP packed by run length, which Pillow unpacks in Python.
_MAX_RUNS = 2 * 1024 * 1024
_FTYP = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
)
_TGA_END = b"TRUEVISION-XFILE.\0"
_PLUGINS = {"HEIF": "pillow-heif", "JXL": "pillow-jxl-plugin"}


def sniffed(data: bytes) -> Format | None:
    """The format that a file's bytes tell; None for none of these."""
    if data[4:8] == b"ftyp":
        length = min(struct.unpack_from(">I", data)[0], 256)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))]
        # A still of `mif1` names what it is packed with among the brands after the first.
        names = [_FTYP[brand] for brand in brands if brand in _FTYP]
        return BY_NAME["AVIF" if "AVIF" in names else names[0]] if names else None
    found = next((each for begins, each in _BEGINNINGS if begins.match(data)), None)
    if found is None and data.endswith(_TGA_END):
        return BY_NAME["TGA"]
    return found


def read(data: bytes) -> Header:
    """What Pillow says of the picture after reading its header.

    Raises
    ------
    ImageRejected
        If this Pillow cannot read the format, or the header is damaged or announces too much work.
    IndexError, struct.error
        If the data ends within the header.
    """
    kind = sniffed(data)
    if kind is None:
        raise ImageRejected("this is in no format that is known")
    try:
        with opened(data, kind) as picture:
            return Header(
                mime=kind.mime,
                width=picture.width,
                height=picture.height,
                # Pages of a TIFF are not frames: the first one is the picture.
                frames=getattr(picture, "n_frames", 1) if kind.pillow == "AVIF" else 1,
                bits=16 if picture.mode.startswith("I;16") else 8,
                has_alpha=picture.has_transparency_data,
            )
    except (ImageRejected, IndexError, struct.error):
        raise
    except Exception as exc:  # a reader given hostile bytes raises anything
        raise ImageRejected(f"the picture cannot be read: {told(exc)}") from exc


def opened(data: bytes, kind: Format) -> ImageFile:
    """Open a file of this format with Pillow; nothing is decoded yet.

    Raises
    ------
    ImageRejected
        If this Pillow cannot read the format, or the header announces too much work.
    Exception
        Whatever Pillow raises.
    """
    from PIL import Image

    Image.init()
    if kind.pillow not in Image.OPEN:
        package = _PLUGINS.get(kind.pillow, "")
        how = f"; a plugin such as {package} reads it" if package else ""
        raise ImageRejected(f"this is a {kind.mime} picture, which this Pillow cannot read{how}")
    _refuse_work(data, kind.pillow)
    with quietly():
        picture = Image.open(BytesIO(data), formats=[kind.pillow])
    # Of a PNM, Pillow's own decoders are for what is not plain bytes.
    slow = kind.slow or any(tile.codec_name in {"ppm", "ppm_plain"} for tile in picture.tile)
    if slow and picture.width * picture.height > MAX_SLOW_PIXELS:
        raise ImageRejected(
            f"the picture is {picture.width}x{picture.height}; as {kind.called}, "
            f"{MAX_SLOW_PIXELS:,} pixels are accepted"
        )
    return picture


def _refuse_work(data: bytes, name: str) -> None:
    if name == "BMP" and data[14] > 12 and data[30] in (1, 2) and len(data) > _MAX_RUNS:  # noqa: PLR2004 - the old header has no such field
        raise ImageRejected(f"the BMP is packed by run length and over {_MAX_RUNS:,} bytes")
    if name == "PPM" and data[1:2] in b"123" and len(data) > _MAX_DIGITS:
        raise ImageRejected(f"the PNM is written in digits and over {_MAX_DIGITS:,} bytes")
    if name == "ICO" and (pixels := _icon_pixels(data)) > _MAX_ICON:
        raise ImageRejected(f"the icon is {pixels:,} pixels; at most {_MAX_ICON:,} are accepted")
    parts = _tiff_parts(data) if name == "TIFF" else _tiles(data) if name == "JPEG2000" else 0
    if parts > MAX_PARTS:
        raise ImageRejected(f"the picture is cut into {parts:,} parts; at most {MAX_PARTS:,} are accepted")


def _icon_pixels(data: bytes) -> int:
    """Pixels of the largest picture in an icon, by that picture's own header."""
    (count,) = struct.unpack_from("<H", data, 4)
    most = 0
    for at in range(6, 6 + 16 * count, 16):
        (start,) = struct.unpack_from("<I", data, at + 12)
        if data[start : start + 8] == PNG_SIGNATURE:
            width, height = struct.unpack_from(">II", data, start + 16)
        else:
            # A BMP's rows and those of its mask, one after the other.
            width, height = (abs(side) for side in struct.unpack_from("<ii", data, start + 4))
        most = max(most, width * height)
    return most


def _tiff_parts(data: bytes) -> int:
    """Strips or tiles of the first page, and whatever else its directory lists at such length."""
    order = "<" if data[:2] == b"II" else ">"
    if b"+" in data[2:4]:
        return _big_tiff_parts(data, order)
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, at)
    counts: list[int] = [
        struct.unpack_from(f"{order}I", data, at + 2 + 12 * i + 4)[0] for i in range(entries)
    ]
    tags = [struct.unpack_from(f"{order}H", data, at + 2 + 12 * i)[0] for i in range(entries)]
    return max((n for tag, n in zip(tags, counts, strict=True) if tag in _TIFF_LISTS), default=0)


def _big_tiff_parts(data: bytes, order: str) -> int:
    (at,) = struct.unpack_from(f"{order}Q", data, 8)
    (entries,) = struct.unpack_from(f"{order}Q", data, at)
    places = range(at + 8, min(at + 8 + 20 * entries, len(data)), 20)
    found = (struct.unpack_from(f"{order}HHQ", data, place) for place in places)
    return max((count for tag, _, count in found if tag in _TIFF_LISTS), default=0)


#: StripOffsets, StripByteCounts, TileOffsets, TileByteCounts.
_TIFF_LISTS = frozenset({273, 279, 324, 325})


def _tiles(data: bytes) -> int:
    """Tiles of a JPEG 2000, by its SIZ marker."""
    at = data.find(b"\xff\x4f\xff\x51")
    if at < 0:
        raise ImageRejected("the JPEG 2000 holds no pixels")
    right, bottom, _, _, wide, high, left, top = struct.unpack_from(">8I", data, at + 8)
    if not wide or not high:
        raise ImageRejected("the JPEG 2000 is damaged: its tiles have no area")
    across: int = -(-max(right - left, 0) // wide)
    down: int = -(-max(bottom - top, 0) // high)
    return across * down
