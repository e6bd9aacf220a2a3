"""Finds in the JSON of an answer what belongs to pictures, wherever a server put it.

Servers that speak like OpenAI's write a picture into `data[].b64_json`, `images[]`, `artifacts[].base64`,
`output[].result`, `message.images[].image_url.url`, `inlineData.data` and many other places. One walk over
the whole answer finds them by how they begin, so that no list of shapes is needed. What was sent by us and
comes back (inputs, masks, the request) and what is unfinished is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from jupyter_imagegen.providers.openai.picture_text import (
    SHORTEST,
    addressed_pictures,
    looks_like_picture,
    picture_from,
    picture_in,
)

#: How deep and how far an answer is looked through.
_DEEPEST = 16
_MOST_VALUES = 100_000
#: Steps in depth that JSON within a text of JSON counts for.
_WRAPPED = 4
_MOST_ADDRESSES = 8
_MOST_PICTURES = 100
#: Longest text that is looked through for an address or for JSON, in characters, if it is no picture.
_LONGEST_ADDRESS = 4000

#: Names (lower case, without signs) of what is not a result: what we sent, and what is shown meanwhile.
_PASSED_OVER = {
    "input", "inputs", "prompt", "request", "messages", "params", "parameters", "error", "errors", "usage",
    "toolusage", "svgusage", "sourceimage", "sourceimages", "originalimage", "originalimages", "references",
    "negativeprompt", "revisedprompt",
}  # fmt: skip
_PASSED_OVER_BEGINNINGS = (
    "inputimage", "initimage", "mask", "referenceimage", "partial", "preview", "control",
)  # fmt: skip
#: OpenAI's own name for a picture.
_OWN_NAME = "b64json"
#: Parts of the names under which any text counts as a picture's base64.
_BASE64_NAMES = ("b64", "base64", "imagebytes")
_ADDRESS_NAMES = ("url", "uri", "href", "src", "link", "image", "output", "result", "path", "file", "sample")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,11}:)?//[^\s<>\"]+", re.IGNORECASE)
_RELATIVE = re.compile(r"[./~\w-][^\s<>\"{}|\\^`]*")
_PICTURE_FILE = re.compile(r"\.(?:png|jpe?g|webp|gif|svg|avif|bmp|tiff?|heic)(?:[?#]|$)", re.IGNORECASE)
_LINKED = re.compile(r"\]\(\s*((?:https?:)?//[^\s)]+)", re.IGNORECASE)
#: Where Gemini and chat models say why they made none, and how a safety system's reason reads.
_REASONS = {"finishreason", "blockreason", "raifilteredreason", "nativefinishreason"}
_SAFETY = re.compile(r"safety|prohibited|content.?filter|blocklist|blocked|recitation", re.IGNORECASE)
#: Words in an event's or a part's type that say that its picture is not finished.
UNFINISHED = (
    "partial",
    "preview",
    "progress",
    "thinking",
    "draft",
    "intermediate",
    "generating",
    "queued",
    "input",
)


@dataclass(frozen=True, kw_only=True)
class FoundPicture:
    """A picture, and the JSON object and the list that it was found in."""

    data: bytes = field(repr=False)
    beside: Mapping[str, object] = field(repr=False)
    within: int
    #: Whether it is where OpenAI's own answers have theirs, and under its very name there.
    own: bool
    named: bool


@dataclass(kw_only=True)
class Found:
    """What one JSON document holds.

    Attributes
    ----------
    pictures : list of FoundPicture
        In the document's order, those that are where OpenAI's own answers have theirs first; each once.
    spoilt : int
        Texts that should be pictures and cannot be decoded.
    lost : bool
        Whether one of them is long enough to be a picture.
    addresses : list of str
        Where pictures may be, as the server wrote it.
    errors : list
        What the server gave as its error, wherever it is.
    usages : list of Mapping
        What the server gave as its usage.
    """

    pictures: list[FoundPicture] = field(default_factory=list)
    spoilt: int = 0
    lost: bool = False
    addresses: list[str] = field(default_factory=list)
    errors: list[object] = field(default_factory=list)
    usages: list[Mapping[str, object]] = field(default_factory=list)


def says_unfinished(kind: str) -> bool:
    """Whether an event's name says that its picture is not the result.

    Examples
    --------
    >>> says_unfinished("image_generation.partial_image")
    True
    >>> says_unfinished("image_generation.partial_succeeded")
    False
    """
    kind = kind.lower()
    # Seedream's servers: part of the pictures, each of them finished or given up.
    return not kind.endswith(("partial_succeeded", "partial_failed")) and any(
        word in kind for word in UNFINISHED
    )


def is_unfinished(event: Mapping[str, object]) -> bool:
    """Whether an object says of itself that its picture is not the result."""
    kind = event.get("type")
    if isinstance(kind, str) and says_unfinished(kind):
        return True
    if any(name in event for name in ("partial_image_index", "partial_image_b64", "partial_index")):
        return True
    if any(event.get(name) is False for name in ("done", "final", "is_final", "finished")):
        return True
    return event.get("thought") is True or event.get("role") in ("user", "system")


def find(document: object) -> Found:
    """Look a JSON document through.

    Examples
    --------
    >>> find({"images": ["data:image/gif;base64,R0lGODlhAQABAAAAACw="]}).pictures[0].data[:6]
    b'GIF89a'
    >>> find({"data": [{"url": "https://pictures.example/a.png"}]}).addresses
    ['https://pictures.example/a.png']
    """
    walk = _Walk()
    walk.look(document, _Place())
    walk.found.pictures = _in_order(walk.found.pictures)
    return walk.found


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a value is: under which name, in which object and which list, and how deep."""

    name: str = ""
    own: bool = False
    beside: Mapping[str, object] = field(default_factory=dict)
    within: int = 0
    depth: int = 0


@dataclass(kw_only=True)
class _Walk:
    """One walk over a document, bounded in depth and in values."""

    found: Found = field(default_factory=Found)
    _places: list[tuple[bytes, set[tuple[int, int]]]] = field(default_factory=list)
    _values: int = 0

    def look(self, value: object, place: _Place) -> None:
        self._values += 1
        if place.depth > _DEEPEST or self._values > _MOST_VALUES:
            return
        if isinstance(value, str):
            self._text(value, place)
        elif isinstance(value, Mapping):
            if not is_unfinished(value):
                self._object(value, place)
        elif isinstance(value, list) and value:
            if _is_bytes(value):
                self._add(bytes(value), place)
                return
            below = replace(place, within=id(value), depth=place.depth + 1)
            for item in value:
                self.look(item, below)

    def _object(self, value: Mapping[str, object], place: _Place) -> None:
        for key, item in value.items():
            plain = key.lower().replace("_", "").replace("-", "")
            self._aside(plain, item)
            if plain in _PASSED_OVER or plain.startswith(_PASSED_OVER_BEGINNINGS) or "thumb" in plain:
                continue
            own = place.own or (plain == "data" and isinstance(item, list)) or plain == _OWN_NAME
            # `image_url: {"url": …}` and `inlineData: {"data": …}`: the outer name says more.
            name = f"{place.name}.{plain}" if plain in {"data", "url", "value"} else plain
            self.look(item, replace(place, name=name, own=own, beside=value, depth=place.depth + 1))

    def _aside(self, name: str, item: object) -> None:
        """Note what is said beside the pictures: an error, a usage."""
        if name in {"error", "errors"} and item:
            self.found.errors.append(item)
            if isinstance(item, Mapping) and isinstance(item.get("usage"), Mapping):
                self.found.usages.append(item["usage"])
        elif name == "usage" and isinstance(item, Mapping):
            self.found.usages.append(item)
        elif name == "toolusage" and isinstance(item, Mapping):
            # Of the Responses API: the picture's own tokens, beside those of the model that asked for it.
            drawing = item.get("image_gen")
            self.found.usages[:0] = [drawing] if isinstance(drawing, Mapping) else []
        elif name in _REASONS and isinstance(item, str) and _SAFETY.search(item):
            self.found.errors.append({"code": "content_filter", "message": item})

    def _text(self, text: str, place: _Place) -> None:
        data = picture_in(text)
        if data is not None:
            self._add(data, place)
            return
        texts = addressed_pictures(text)
        if not texts and any(part in place.name for part in _BASE64_NAMES) and not _ADDRESS.match(text):
            texts = [text] if text.strip() else []
        for each in texts:
            data = picture_from(each)
            if data is not None:
                self._add(data, place)
            else:
                self.found.spoilt += 1
                self.found.lost = self.found.lost or len(each) >= SHORTEST
        if texts:
            return
        if text.lstrip()[:1] in {"{", "["}:
            with suppress(ValueError, RecursionError):
                self.look(json.loads(text), replace(place, depth=place.depth + _WRAPPED))
        elif len(text) <= _LONGEST_ADDRESS and len(self.found.addresses) < _MOST_ADDRESSES:
            known = self.found.addresses
            known += [each for each in _addresses(text, place.name) if each not in known]

    def _add(self, data: bytes, place: _Place) -> None:
        """Add a picture; not again where the same one is beside it or in another list of the answer."""
        if len(self.found.pictures) >= _MOST_PICTURES:
            return
        where = (place.within, id(place.beside))
        places = next((places for known, places in self._places if known == data), None)
        if places is None:
            places = set()
            self._places.append((data, places))
        elif not place.within or where in places or all(place.within != within for within, _ in places):
            return
        named = place.name.startswith(_OWN_NAME)
        self.found.pictures.append(
            FoundPicture(data=data, beside=place.beside, within=place.within, own=place.own, named=named)
        )
        places.add(where)


def _in_order(pictures: list[FoundPicture]) -> list[FoundPicture]:
    """What is beside a picture in the same object is a smaller copy of it; what is elsewhere comes last.

    Servers send back what they were sent under any name, and small copies under any other.
    """
    named = {id(picture.beside) for picture in pictures if picture.named}
    kept = [picture for picture in pictures if picture.named or id(picture.beside) not in named]
    lists = {picture.within for picture in kept if picture.own}
    return sorted(kept, key=lambda picture: not picture.own and picture.within not in lists - {0})


def _is_bytes(value: list[Any]) -> bool:
    """Whether a list of numbers is a picture's bytes, as Node writes a Buffer."""
    beginning = value[:32]
    if not all(type(item) is int and 0 <= item <= 255 for item in beginning):  # noqa: PLR2004 - a byte's
        return False
    if not looks_like_picture(bytes(beginning)):
        return False
    return all(type(item) is int and 0 <= item <= 255 for item in value)  # noqa: PLR2004 - a byte's


def _addresses(text: str, name: str) -> list[str]:
    text = text.strip()
    named = any(part in name for part in _ADDRESS_NAMES)
    if _ADDRESS.fullmatch(text):
        return [text] if named or _PICTURE_FILE.search(text) else []
    if named and _RELATIVE.fullmatch(text) and (text.startswith(("/", "./")) or _PICTURE_FILE.search(text)):
        return [text]
    return _LINKED.findall(text)
