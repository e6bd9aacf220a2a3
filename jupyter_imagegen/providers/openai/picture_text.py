"""Pictures written as text: base64 in every spelling that loses nothing, and `data:` addresses.

OpenAI answers with plain base64. Servers that speak like it wrap lines, use the alphabet for addresses, drop
padding, write a `data:` address, or quote the text once more. What was paid for is in all of them; whether
the bytes are a picture is for the engine to decide.
"""

from __future__ import annotations

import binascii
import html
import re
import zlib
from contextlib import suppress
from itertools import islice
from urllib.parse import unquote, unquote_to_bytes

#: Largest single picture that is read, in bytes: twice the largest one uncompressed (8.3 megapixels, RGBA).
MAX_PICTURE_BYTES = 64 * 1024 * 1024
#: A text with fewer characters is no picture's.
SHORTEST = 32
#: So much of a text tells whether it is a picture: a `data:` address with parameters, and a signature.
_PEEK = 600
#: Pieces of base64, each with padding of its own, that one picture may be made of.
_MOST_PIECES = 10_000
#: Pictures in one longer text.
_MOST_IN_TEXT = 32
#: How often a text may be wrapped in another.
_MOST_WRAPPINGS = 3

_DATA_ADDRESS = re.compile(r"\s*data\s*:(?://)?([^,]{0,400}),", re.IGNORECASE)
# `base64,…` and `image/png;base64,…`: a data: address without its beginning.
_BARE_HEAD = re.compile(r"\s*(?:[\w.+-]{1,80}/[\w.+-]{1,80}\s*;)?\s*base64\s*[,:]", re.IGNORECASE)
_ADDRESS_IN_TEXT = re.compile(r"data:image/[^,\s\"'()<>]{1,200},[^\s\"'()<>]+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(?:u00([0-9a-fA-F]{2})|[nrt]|)")
_HEX = re.compile(r"\s*(?:0x|\\x)?([0-9a-fA-F\s]+)")
_SPACE = re.compile(r"[\s\ufeff\u200b]+")
_SPACE_BUT_BLANK = re.compile(r"[^\S ]")
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_PIECE = re.compile(r"([A-Za-z0-9+/]+)=*")
_URL_SAFE = str.maketrans("-_", "+/")

_SIGNATURES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*",
    b"\0\0\0\x0cJXL ", b"\xff\x0a", b"\0\0\0\x0cjP  ",
)  # fmt: skip
_ISO_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1"}
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE\s+svg[^>]*>\s*)*<svg\b", re.DOTALL
)


def looks_like_picture(data: bytes) -> bool:
    """Whether bytes begin as a picture file does.

    Examples
    --------
    >>> looks_like_picture(b"GIF89a..."), looks_like_picture(b"<html>")
    (True, False)
    """
    if data[:4] == b"RIFF":
        return data[8:12] == b"WEBP"
    if data[4:8] == b"ftyp":
        return data[8:12] in _ISO_BRANDS
    if data[:2] == b"BM":
        return len(data) > 26 and data[6:10] == b"\0\0\0\0"  # noqa: PLR2004 - the shortest header
    return data.startswith(_SIGNATURES) or _SVG.match(data[:4096]) is not None


def picture_from(text: str, *, _wrappings: int = 0) -> bytes | None:
    """The bytes that a text is known to hold as base64 or a `data:` address; None where it holds none.

    Examples
    --------
    >>> picture_from("data:image/gif;base64,R0lGODlh"), picture_from("R0lG ODlh"), picture_from("###")
    (b'GIF89a', b'GIF89a', None)
    """
    # Percent-encoding writes three characters for one.
    if not text or len(text) > 3 * MAX_PICTURE_BYTES or _wrappings > _MOST_WRAPPINGS:
        return None
    if address := _DATA_ADDRESS.match(text):
        rest = text[address.end() :]
        if "base64" in address[1].lower():
            return picture_from(rest, _wrappings=_wrappings + 1)
        # A server that forgot `;base64`, else text such as an SVG.
        data = picture_in(rest) or unquote_to_bytes(rest.encode("utf-8", "replace"))
    elif head := _BARE_HEAD.match(text):
        return picture_from(text[head.end() :], _wrappings=_wrappings + 1)
    else:
        data = _from_hex(text) or _unpacked(_decoded(text) or b"")
    if not data or len(data) > MAX_PICTURE_BYTES:
        return None
    if data.isascii() and (inner := picture_in(data.decode(), _wrappings=_wrappings + 1)):
        return inner
    return data


def picture_in(text: str, *, _wrappings: int = 0) -> bytes | None:
    """The picture that a text is, by its beginning; None for a text that only might be one."""
    if len(text) < SHORTEST:
        return None
    beginning = text[:_PEEK]
    if beginning.lstrip()[:5].lower() in {"<svg ", "<?xml"}:
        data = text.encode("utf-8", "replace")
        return data if looks_like_picture(data) and len(data) <= MAX_PICTURE_BYTES else None
    if not (address := _DATA_ADDRESS.match(beginning)) or not address[1].strip().lower().startswith("image/"):
        # Four letters are three bytes: what is left over belongs to the next.
        peeked = _begin(beginning)
        if peeked is None or not looks_like_picture(peeked):
            return None
    return picture_from(text, _wrappings=_wrappings)


def addressed_pictures(text: str) -> list[str]:
    """The `data:` addresses of pictures in a longer text, such as Markdown."""
    return [found[0] for found in islice(_ADDRESS_IN_TEXT.finditer(text), _MOST_IN_TEXT)]


def _begin(text: str) -> bytes | None:
    """What a text that may be base64 begins with, as bytes."""
    for pattern in (_DATA_ADDRESS, _BARE_HEAD):
        if found := pattern.match(text):
            text = text[found.end() :]
    if data := _from_hex(text):
        return data
    letters = _plain(text).split("=")[0]
    return _decoded(letters[: len(letters) // 4 * 4])


def _from_hex(text: str) -> bytes | None:
    """The picture that a text writes as two digits for each byte; None for any other text."""
    if _HEX.match(text[:_PEEK]) is None or not (digits := _HEX.fullmatch(text)):
        return None
    plain = _SPACE.sub("", digits[1])
    data = bytes.fromhex(plain[: len(plain) // 2 * 2])
    return data if looks_like_picture(data) else None


def _unpacked(data: bytes) -> bytes:
    """A picture that was packed by gzip, unpacked; anything else as it is."""
    if not data.startswith(b"\x1f\x8b\x08"):
        return data
    with suppress(zlib.error):
        picture = zlib.decompressobj(31).decompress(data, MAX_PICTURE_BYTES + 1)
        if looks_like_picture(picture) and len(picture) <= MAX_PICTURE_BYTES:
            return picture
    return data


def _decoded(text: str) -> bytes | None:
    """The bytes behind base64 in any spelling; None where a character is none of base64's."""
    from pybase64 import b64decode

    try:
        # What OpenAI sends: 2 MB in 0.1 ms, of which the standard library takes 3.
        return b64decode(text, validate=True)
    except ValueError:
        pass
    text = _plain(text)
    if _NO_BASE64.search(text):
        return None
    pieces: list[bytes] = []
    for piece in _PIECE.finditer(text):
        letters = piece[1]
        # One letter alone is less than a byte: something is missing.
        if len(letters) % 4 == 1 or len(pieces) >= _MOST_PIECES:
            return None
        pieces.append(binascii.a2b_base64(letters + "=" * (-len(letters) % 4)))
    return b"".join(pieces)


def _plain(text: str) -> str:
    """Base64 without what was put around and between its letters, in the usual alphabet."""
    text = text.strip(" \t\r\n\ufeff\u200b\0")
    if text[:2] in {"b'", 'b"'} or text[:1] in {"'", '"', "`"}:
        text = text.removeprefix("b").strip("'\"`")
    if "\\" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", text)
    if "&" in text:
        text = html.unescape(text)
    if "%" in text:
        text = unquote(text)
    if " " in text and not _SPACE_BUT_BLANK.search(text):
        # A plus that was read as a form's blank comes at no regular distance, a line's end does.
        lengths = [len(part) for part in text.split(" ")]
        if len(set(lengths[:-1])) > 1:
            text = text.replace(" ", "+")
    return _SPACE.sub("", text).translate(_URL_SAFE)
