"""What OpenAI's API answers, read with suspicion: pictures, usage, and what the user should be told.

Nothing here believes that a picture is one (the engine decodes it), and no address in an answer is fetched.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from jupyter_imagegen.core.usage import usage_from_api
from jupyter_imagegen.errors import BadAnswerError
from jupyter_imagegen.providers.base import Answered, Drawn, Partial

if TYPE_CHECKING:
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.providers.untrusted import Redactor

#: Largest single picture that is read, in bytes: twice the largest one uncompressed (8.3 megapixels, RGBA).
MAX_PICTURE_BYTES = 64 * 1024 * 1024
#: Largest answer that is read, in bytes.
MAX_ANSWER_BYTES = 512 * 1024 * 1024
_MAX_REVISED_PROMPT = 32_000
#: Where a picture's base64 stands in an answer, and from how many bytes on it is worth another way.
_PICTURE_NAME = b'"b64_json"'
_PICTURE_VALUE = re.compile(_PICTURE_NAME + rb'[ \t\r\n]*:[ \t\r\n]*"')
_WORTH_LIFTING = 10_000


def answer_cap(n: int, partial_images: int) -> int:
    """How many bytes an answer with so many pictures may have: base64 takes 4 bytes for 3."""
    pictures = n * (1 + partial_images)
    return min(pictures * MAX_PICTURE_BYTES * 4 // 3 + 1024 * 1024, MAX_ANSWER_BYTES)


def picture_bytes(value: object) -> bytes | None:
    """The bytes behind strict base64; None for anything else, a `data:` address among them."""
    if not isinstance(value, str | memoryview) or not value or len(value) * 3 // 4 > MAX_PICTURE_BYTES:
        return None
    # 2 MB in 0.2 ms; the standard library's takes 6, and lets padding follow where none is due.
    from pybase64 import b64decode

    try:
        return b64decode(value, validate=True) or None
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A good answer: at least one picture, and what was said about all of them."""

    pictures: tuple[Drawn, ...]
    last: Answered


def read_json(text: bytes) -> Mapping[str, object]:
    """An answer's JSON object; pictures in it, still base64, may be views of the text instead of words.

    Raises
    ------
    BadAnswerError
        If it is anything else: nothing, HTML, a list.
    """
    rest, pictures = _lifted(text)
    try:
        value = json.loads(rest)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, Mapping):
        return _put_back(value, pictures) if pictures else value
    start = text[:200].lstrip().lower()
    if not start:
        what = "an empty answer"
    elif start.startswith((b"<!doctype", b"<html", b"<?xml")):
        what = "a web page; is the base URL right?"
    else:
        what = "something that is not JSON"
    raise BadAnswerError(f"the server answered with {what}")


def _lifted(text: bytes) -> tuple[bytes, dict[str, memoryview]]:
    """An answer without its pictures, each replaced by a word that nobody can guess.

    Read as JSON, base64 becomes text of its own, and bytes again to be decoded: with a picture of 2 MB that
    is an eighth of all that is done with it. What has a backslash in it is left to JSON.
    """
    view, pictures = memoryview(text), dict[str, memoryview]()
    kept: list[bytes | memoryview] = []
    taken = 0
    found = text.find(_PICTURE_NAME)
    while found >= 0:
        opened = _PICTURE_VALUE.match(text, found)
        start = found + len(_PICTURE_NAME) if opened is None else opened.end()
        end = -1 if opened is None else text.find(b'"', start)
        if end - start >= _WORTH_LIFTING and text.find(b"\\", start, end) < 0:
            word = secrets.token_hex(16)
            pictures[word] = view[start:end]
            kept += [view[taken:start], word.encode()]
            taken = start = end
        found = text.find(_PICTURE_NAME, start)
    return (b"".join([*kept, view[taken:]]) if pictures else text), pictures


def _put_back(body: Mapping[str, object], pictures: Mapping[str, memoryview]) -> Mapping[str, object]:
    data = body.get("data")
    if not isinstance(data, list):
        return body
    rows = [
        {**row, "b64_json": pictures[word]}
        if isinstance(row, Mapping) and isinstance(word := row.get("b64_json"), str) and word in pictures
        else row
        for row in data
    ]
    return {**body, "data": rows}


def read_answer(body: Mapping[str, object], n: int, *, redactor: Redactor, request_id: str | None) -> Answer:
    """The pictures of an `ImagesResponse`.

    Raises
    ------
    BadAnswerError
        If there is no picture in it.
    """
    data = body.get("data")
    rows = [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
    pictures = []
    for row in rows[:n]:
        picture = picture_bytes(row.get("b64_json"))
        if picture is not None:
            revised = redactor.clean_lines(row.get("revised_prompt"), limit=_MAX_REVISED_PROMPT)
            pictures.append(Drawn(data=picture, revised_prompt=revised or None))
    if not pictures:
        if any(row.get("url") for row in rows):
            what = "only an address of the picture, and addresses in answers are not fetched"
        elif any(row.get("b64_json") for row in rows):
            what = "a picture that is not valid base64, or larger than a picture can be"
        else:
            what = "no picture"
        raise BadAnswerError(f"the server's answer holds {what}", request_id=request_id)
    svg_usage = body.get("svg_usage")
    return Answer(
        pictures=tuple(pictures),
        last=Answered(
            usage=usage_from_api(body.get("usage")),
            request_id=request_id,
            size=redactor.clean(body.get("size"), limit=40) or None,
            quality=redactor.clean(body.get("quality"), limit=40) or None,
            svg_usage=dict(svg_usage) if isinstance(svg_usage, Mapping) else None,
            warning=_fewer(len(pictures), n) or _more(len(rows), n),
        ),
    )


@dataclass(kw_only=True)
class StreamReader:
    """Reads the events of one stream: what to show, what to keep, and what it all used.

    Unknown events are made by the SDK into whatever class comes first, so only `type` is believed. One event
    `image_generation.completed` or `image_edit.completed` carries one picture and its usage; with n > 1 the
    API does not say what `usage` counts, and the sum is the answer on the safe side.
    """

    redactor: Redactor
    n: int
    pictures: list[Drawn] = field(default_factory=list)
    _usages: list[Usage | None] = field(default_factory=list)
    _spoilt: int = 0
    _size: str | None = None
    _quality: str | None = None

    def take(self, event: object) -> Partial | Drawn | None:
        """What one event brings; None for what nobody needs to know."""
        kind = getattr(event, "type", None)
        if not isinstance(kind, str):
            return None
        if kind.endswith(".partial_image"):
            data = picture_bytes(getattr(event, "b64_json", None))
            index = getattr(event, "partial_image_index", None)
            return Partial(index=index if isinstance(index, int) else 0, data=data) if data else None
        if not kind.endswith(".completed"):
            return None
        return self._completed(event)

    def answered(self, *, request_id: str | None, trouble: str = "") -> Answered:
        """The last word on a stream that brought at least one picture; `trouble` is how it broke off."""
        warning = _fewer(len(self.pictures), self.n)
        if trouble:
            warning = f"{warning}; {trouble}" if warning else trouble
        usages = [usage for usage in self._usages if usage is not None]
        known = len(usages) == len(self.pictures) + self._spoilt
        return Answered(
            usage=reduce(add, usages) if known and not trouble else None,
            request_id=request_id,
            size=self._size,
            quality=self._quality,
            warning=warning,
        )

    def _completed(self, event: object) -> Drawn | None:
        if len(self.pictures) >= self.n:
            return None
        self._usages.append(usage_from_api(getattr(event, "usage", None)))
        data = picture_bytes(getattr(event, "b64_json", None))
        if data is None:
            self._spoilt += 1
            return None
        self._size = self.redactor.clean(getattr(event, "size", None), limit=40) or self._size
        self._quality = self.redactor.clean(getattr(event, "quality", None), limit=40) or self._quality
        picture = Drawn(data=data)
        self.pictures.append(picture)
        return picture


def _fewer(got: int, n: int) -> str:
    return f"{n} pictures were asked for and {got} came" if got < n else ""


def _more(got: int, n: int) -> str:
    return f"{n} pictures were asked for and {got} came; the first {n} are kept" if got > n else ""
