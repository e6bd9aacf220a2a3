"""What a picture file says besides its pixels (place, time, camera, comments) is cut out; no pixel changes.

Kept is what the colours need: profiles, gamma, the transform of an Adobe JPEG. What comes after the picture's
end goes too: phones put a film or a second picture there, with a place of its own.
"""

from __future__ import annotations

import struct

from jupyter_imagegen.imaging.headers import PNG_SIGNATURE, jpeg_segments, png_chunks, webp_chunks

_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs".split()
    + b"acTL fcTL fdAT".split()
)
#: What the payload of a kept JPEG application segment begins with, by its marker.
_JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_JPEG_NAMES = {0xE1: "EXIF", 0xED: "IPTC", 0xEB: "Content Credentials", 0xFE: "a comment"}
_PNG_NAMES = {b"eXIf": "EXIF", b"tIME": "the time", b"caBX": "Content Credentials"}
_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"))
_WEBP_NAMES = {b"EXIF": "EXIF", b"XMP ": "XMP", b"C2PA": "Content Credentials"}
_OTHER = "other data"
#: Bits of a WebP's flags that announce EXIF and XMP.
_WEBP_ANNOUNCED = 0x0C
_COMMENT = 0xFE
#: Bytes of a JFIF segment's payload that has no thumbnail.
_JFIF_LENGTH = 14
#: Bytes of an Adobe segment's payload: its last says how the colours are written.
_ADOBE_LENGTH = 12


def without_metadata(data: bytes) -> tuple[bytes, list[str]]:
    r"""A PNG, JPEG or WebP without what is not its picture, and the names of what went.

    The same object comes back where there is nothing to cut out.

    Parameters
    ----------
    data
        A file whose header was checked.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> out = BytesIO()
    >>> Image.new("RGB", (64, 64)).save(out, "JPEG", comment=b"taken at home")
    >>> without_metadata(out.getvalue())[1]
    ['a comment']
    """
    if data.startswith(PNG_SIGNATURE):
        pieces, names = _png(data)
    elif data.startswith(b"\xff\xd8"):
        pieces, names = _jpeg(data)
    elif data[:4] == b"RIFF":
        pieces, names = _webp(data)
    else:
        return data, []
    kept = b"".join(pieces)
    return (data, []) if kept == data else (kept, list(dict.fromkeys(names)))


def _png(data: bytes) -> tuple[list[bytes], list[str]]:
    pieces, names, end = [PNG_SIGNATURE], [], 0
    for kind, start, stop in png_chunks(data):
        end = stop + 4
        if kind in _PNG_KEPT:
            pieces.append(data[start - 8 : end])
        elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
            names += _text_name(data[start:stop])
        else:
            names.append(_PNG_NAMES.get(kind, _OTHER))
    return pieces, names + _after(data, end)


def _text_name(body: bytes) -> list[str]:
    keyword = body.partition(b"\0")[0]
    if keyword == b"Software":
        # Every figure of Matplotlib has it; it tells nothing of anybody.
        return []
    return ["XMP" if keyword == b"XML:com.adobe.xmp" else "text"]


def _webp(data: bytes) -> tuple[list[bytes], list[str]]:
    pieces, names = [], []
    for kind, start, stop in webp_chunks(data):
        if kind not in _WEBP_KEPT:
            names.append(_WEBP_NAMES.get(kind, _OTHER))
            continue
        body = data[start:stop]
        if kind == b"VP8X":
            body = bytes((body[0] & ~_WEBP_ANNOUNCED & 0xFF,)) + body[1:]
        pieces.append(struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) & 1))
    size = 4 + sum(len(piece) for piece in pieces)
    (told,) = struct.unpack_from("<I", data, 4)
    return [struct.pack("<4sI4s", b"RIFF", size, b"WEBP"), *pieces], names + _after(data, told + 8)


def _jpeg(data: bytes) -> tuple[list[bytes], list[str]]:
    pieces, names, end = [data[:2]], [], 2
    for marker, start, payload, end in jpeg_segments(data):
        piece, body = data[start:end], data[payload:end]
        kept = _JPEG_KEPT.get(marker)
        if not (0xE0 <= marker <= 0xEF or marker == _COMMENT):  # noqa: PLR2004 - the application segments
            pieces.append(piece)
        elif kept is None or not body.startswith(kept):
            names.append(_jpeg_name(marker, body))
        elif marker == 0xE0 and len(body) > _JFIF_LENGTH:  # noqa: PLR2004 - JFIF
            pieces.append(b"\xff\xe0" + struct.pack(">H", 2 + _JFIF_LENGTH) + body[:12] + b"\0\0")
            names.append("a thumbnail")
        elif marker == 0xEE and len(body) > _ADOBE_LENGTH:  # noqa: PLR2004 - Adobe
            pieces.append(b"\xff\xee" + struct.pack(">H", 2 + _ADOBE_LENGTH) + body[:_ADOBE_LENGTH])
            names.append(_OTHER)
        else:
            pieces.append(piece)
    return pieces, names + _after(data, end)


def _jpeg_name(marker: int, body: bytes) -> str:
    if body.startswith(b"http://ns.adobe.com/x"):
        return "XMP"
    return "a thumbnail" if body.startswith(b"JFXX") else _JPEG_NAMES.get(marker, _OTHER)


def _after(data: bytes, end: int) -> list[str]:
    """What to call bytes after the end; zeros are only padding."""
    return ["what comes after its end"] if data[end:].strip(b"\0") else []
