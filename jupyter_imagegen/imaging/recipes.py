"""A copy of a picture with its recipe written into it; pixels and everything else stay byte for byte.

Nothing is decoded or encoded again: the recipe is put in as a block of the container's own.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from xml.sax.saxutils import escape

from jupyter_imagegen.imaging.headers import (
    PNG_SIGNATURE,
    ImageRejected,
    gif_colour_table,
    jpeg_segments,
    png_chunks,
    webp_chunks,
)
from jupyter_imagegen.imaging.inspection import MAX_BYTES, checked_header

#: The keyword of the PNG text block.
RECIPE_KEYWORD = "recipe"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\x00"
#: A JPEG segment holds 65,533 bytes behind its length, the name of what it is included.
_XMP_ROOM = 65_533 - len(_XMP)
#: The piece length that XMP's specification (part 3, 1.1.3.1) recommends.
_PIECE = 65_400
_APP1 = 0xE1


def with_recipe(data: bytes, recipe: str) -> bytes:
    """Return a copy of a picture that carries its recipe.

    PNG: an iTXt block "recipe". JPEG and WebP: `dc:description` in XMP, beside what XMP was there. GIF: a
    comment. SVG: `<metadata>`. A Content Credential in the file counts this as a change, which it is: give
    such copies away, and keep the original.

    Parameters
    ----------
    data
        The picture's bytes; they are not changed.
    recipe
        Any text, usually the request as JSON.

    Raises
    ------
    ImageRejected
        If the bytes are not a whole picture.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> from PIL import Image
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> copy = with_recipe(r.images[0].bytes, "a lighthouse at dusk")
    >>> len(copy) > len(r.images[0].bytes)
    True
    """
    header = checked_header(data, max_pixels=2**62, max_bytes=MAX_BYTES, allow_svg=True)
    # Lone surrogates and control characters can stand in a prompt, and in neither UTF-8 nor XML.
    text = recipe.encode("utf-8", "replace").decode("utf-8")
    writers = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/svg+xml": _svg}
    if header.mime == "image/webp":
        return _webp(data, text, (header.width, header.height))
    return writers[header.mime](data, text)


def _png(data: bytes, recipe: str) -> bytes:
    start = next(start for kind, start, _ in png_chunks(data) if kind == b"IHDR")
    body = RECIPE_KEYWORD.encode() + b"\x00\x01\x00\x00\x00" + zlib.compress(recipe.encode())
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
    at = start + 13 + 4
    return data[: len(PNG_SIGNATURE)] + data[len(PNG_SIGNATURE) : at] + chunk + data[at:]


def _jpeg(data: bytes, recipe: str) -> bytes:
    at = 2
    existing = b""
    cut = None
    for marker, start, payload, end in jpeg_segments(data):
        if marker == 0xE0 or (marker == _APP1 and data.startswith(b"Exif\x00", payload)):  # noqa: PLR2004 - APP0
            at = end
        elif marker == _APP1 and data.startswith(_XMP, payload) and cut is None:
            existing = data[payload + len(_XMP) : end]
            cut = (start, end)
    packet = _xmp(recipe, existing)
    more = b""
    if len(packet) > _XMP_ROOM:
        extension = _xmp(recipe)
        guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
        note = f'<rdf:Description xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{guid}"/>'
        packet = _packet(note, existing)
        for offset in range(0, len(extension), _PIECE):
            numbers = guid.encode() + struct.pack(">II", len(extension), offset)
            more += _segment(_XMP_MORE + numbers + extension[offset : offset + _PIECE])
    if len(packet) > _XMP_ROOM:
        packet = _packet(note, b"")
    new = _segment(_XMP + packet) + more
    if cut is not None:
        return data[: cut[0]] + new + data[cut[1] :]
    return data[:at] + new + data[at:]


def _segment(payload: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload


def _webp(data: bytes, recipe: str, size: tuple[int, int]) -> bytes:
    flags = 0x04
    existing = b""
    chunks = []
    for kind, start, end in webp_chunks(data):
        body = data[start:end]
        if kind == b"VP8X":
            flags |= body[0]
        elif kind == b"XMP ":
            existing = body
        else:
            if kind == b"VP8L" and struct.unpack_from("<I", body, 1)[0] & 1 << 28:
                flags |= 0x10
            chunks.append((kind, body))
    extent = b"".join((side - 1).to_bytes(3, "little") for side in size)
    chunks.insert(0, (b"VP8X", bytes((flags, 0, 0, 0)) + extent))
    chunks.append((b"XMP ", _xmp(recipe, existing)))
    riff = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) & 1) for kind, body in chunks
    )
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def _gif(data: bytes, recipe: str) -> bytes:
    text = recipe.encode()
    blocks = b"".join(
        bytes((len(part),)) + part for part in (text[at : at + 255] for at in range(0, len(text), 255))
    )
    # Before the first frame, where every reader looks; only version 89a has comments.
    at = 13 + gif_colour_table(data[10])
    return b"GIF89a" + data[6:at] + b"\x21\xfe" + blocks + b"\x00" + data[at:]


def _svg(data: bytes, recipe: str) -> bytes:
    at = data.rfind(b"</svg")
    if at < 0:
        raise ImageRejected("the SVG has no closing </svg>, so nothing can be written into it")
    return data[:at] + b"<metadata>" + _xml_text(recipe).encode() + b"</metadata>" + data[at:]


def _xml_text(text: str) -> str:
    return escape(
        "".join(
            c if (c >= " " and c not in "\ufffe\uffff") or c in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
            for c in text
        )
    )


def _xmp(recipe: str, existing: bytes = b"") -> bytes:
    words = (
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{_xml_text(recipe)}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description>"
    )
    return _packet(words, existing)


def _packet(description: str, existing: bytes) -> bytes:
    """An XMP packet with this description, beside those of an existing packet."""
    closing = b"</rdf:RDF>"
    if closing in existing:
        before, _, after = existing.rpartition(closing)
        return before + description.encode() + closing + after
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'{description}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()
