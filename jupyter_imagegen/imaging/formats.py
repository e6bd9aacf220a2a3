"""The formats that no one asks for and some servers send: AVIF, BMP, TIFF, JPEG 2000, HEIC, JPEG XL.

Pillow opens them, where it can. What its readers take long over by the header alone is refused first.
"""

from __future__ import annotations

import struct
from io import BytesIO

from jupyter_imagegen.imaging.headers import Header, ImageRejected, quietly, told

#: Pillow's name, our media type.
MIME = {
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "JPEG2000": "image/jp2",
    "HEIF": "image/heic",
    "JXL": "image/jxl",
}
#: Media type, Pillow's name.
PILLOW_NAMES = {mime: name for name, mime in MIME.items()}
#: Parts (strips or tiles) that a TIFF or JPEG 2000 may have; Pillow takes microseconds for each.
MAX_PARTS = 50_000
#: Bytes of a BMP packed by run length, which Pillow unpacks in Python.
_MAX_RUNS = 2 * 1024 * 1024
#: The lengths of BMP headers that Pillow knows, as they are written.
_BMP_HEADERS = tuple(struct.pack("<I", length) for length in (12, 40, 52, 56, 64, 108, 124))
_FTYP = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
)


def sniffed(data: bytes) -> str:
    """Pillow's name of the format that the first bytes tell; empty for none of these."""
    if data[:2] == b"BM" and data[14:18] in _BMP_HEADERS:
        return "BMP"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if data[:4] == b"\xff\x4f\xff\x51" or data[:12] == b"\0\0\0\x0cjP  \r\n\x87\n":
        return "JPEG2000"
    if data[:2] == b"\xff\x0a" or data[:12] == b"\0\0\0\x0cJXL \r\n\x87\n":
        return "JXL"
    if data[4:8] == b"ftyp":
        length = min(struct.unpack_from(">I", data)[0], 256)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))]
        # A still of `mif1` names what it is packed with among the brands after the first.
        names = [_FTYP[brand] for brand in brands if brand in _FTYP]
        return "AVIF" if "AVIF" in names else (names[0] if names else "")
    return ""


def read(data: bytes) -> Header:
    """What Pillow says of the picture after reading its header.

    Raises
    ------
    ImageRejected
        If this Pillow cannot read the format, or the header is damaged or announces too much work.
    IndexError, struct.error
        If the data ends within the header.
    """
    from PIL import Image

    name = sniffed(data)
    Image.init()
    if name not in Image.OPEN:
        package = {"HEIF": "pillow-heif", "JXL": "pillow-jxl-plugin"}.get(name)
        how = f"; a plugin such as {package} reads it" if package else ""
        raise ImageRejected(f"this is a {MIME[name]} picture, which this Pillow cannot read{how}")
    _refuse_work(data, name)
    try:
        with quietly(), Image.open(BytesIO(data), formats=[name]) as picture:
            return Header(
                mime=MIME[name],
                width=picture.width,
                height=picture.height,
                # Pages of a TIFF are not frames: the first one is the picture.
                frames=getattr(picture, "n_frames", 1) if name == "AVIF" else 1,
                bits=16 if picture.mode.startswith("I;16") else 8,
                has_alpha=picture.has_transparency_data,
            )
    except Exception as exc:  # a reader given hostile bytes raises anything
        raise ImageRejected(f"the picture cannot be read: {told(exc)}") from exc


def _refuse_work(data: bytes, name: str) -> None:
    if name == "BMP" and data[14] > 12 and data[30] in (1, 2) and len(data) > _MAX_RUNS:  # noqa: PLR2004 - the old header has no such field
        raise ImageRejected(f"the BMP is packed by run length and over {_MAX_RUNS:,} bytes")
    parts = _tiff_parts(data) if name == "TIFF" else _tiles(data) if name == "JPEG2000" else 0
    if parts > MAX_PARTS:
        raise ImageRejected(f"the picture is cut into {parts:,} parts; at most {MAX_PARTS:,} are accepted")


def _tiff_parts(data: bytes) -> int:
    """Strips or tiles of the first page, and whatever else its directory lists at such length."""
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, at)
    counts: list[int] = [
        struct.unpack_from(f"{order}I", data, at + 2 + 12 * i + 4)[0] for i in range(entries)
    ]
    tags = [struct.unpack_from(f"{order}H", data, at + 2 + 12 * i)[0] for i in range(entries)]
    return max((n for tag, n in zip(tags, counts, strict=True) if tag in _TIFF_LISTS), default=0)


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
