"""Splits the bytes of an answer into JSON documents while they arrive, whatever the server calls them.

What an answer is shows in its bytes and not in its media type: a gateway sends events as `application/json`,
JSON as `text/event-stream`, a stream that nobody asked for, JSON line by line, or the picture itself.

Events are read as https://html.spec.whatwg.org/multipage/server-sent-events.html says, and beyond it: a last
event without its blank line, events without blank lines between them, JSON without its `data:`.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Literal

import jiter

from jupyter_imagegen.providers.openai.picture_text import looks_like_picture, picture_in

if TYPE_CHECKING:
    from collections.abc import Iterator

#: JSON documents in one text, and attempts at finding where one ends: each is linear in the answer's size.
_MOST_ATTEMPTS = 50
#: Lines of one event.
_MOST_LINES = 100_000
#: How many characters of something else may come before the JSON.
_LONGEST_JUNK = 1000
_JSON_BEGINS = re.compile(r"[{\[]")
# Text in quotes that is long enough for a picture.
_QUOTED = re.compile(
    r"""["']((?:data:image/[^"',\s]{1,100},)?[A-Za-z0-9+/_-]{32}[^"']*)["']""", re.IGNORECASE
)
_SAYS_PARTIAL = re.compile(r"partial|preview|in_progress", re.IGNORECASE)
_DATA_ADDRESS = re.compile(rb"data:\s*image/", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)
_FIELD = re.compile(rb"(?:(?:data|event|id|retry)[ \t]*:|:)")
_BLANK = b" \t\r\n\0\xef\xbb\xbf"
_OPENING = (b"{", b"[", b'"')
_CLOSING = (b"}", b"]", b'"')


@dataclass(frozen=True, kw_only=True)
class Document:
    """One JSON value of an answer.

    Attributes
    ----------
    value : object
        The value; bytes where the answer was a picture itself.
    event : str
        The name in its `event:` line.
    whole : bool
        False where its end is missing, and only what came of it is there.
    """

    value: object = field(repr=False)
    event: str = ""
    whole: bool = True


@dataclass(kw_only=True)
class Splitter:
    """Takes an answer's bytes as they come and gives its documents as soon as they are whole.

    Attributes
    ----------
    received : bytearray
        All that came.
    kind : {"", "events", "lines", "text", "packed"}
        What it is: not known yet, an event stream, one JSON document or one in each line, anything else; or
        compressed in a way that is not unpacked here, and only collected.
    ended : bool
        Whether the stream said that it is done.
    unread : int
        Bytes that belong to no document: junk, and what came of one that was cut.
    """

    received: bytearray = field(default_factory=bytearray, repr=False)
    kind: Literal["", "events", "lines", "text", "packed"] = ""
    ended: bool = False
    unread: int = 0
    _from: int = 0
    _begun: int = 0
    _searched: int = 0
    _after_return: bool = False
    _attempts: int = 0
    _event: str = ""
    _data: list[bytes] = field(default_factory=list, repr=False)

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Take the next bytes."""
        self.received += chunk
        if not self.kind and chunk.strip(_BLANK):
            self._recognise()
        while self.kind in {"events", "lines"} and (line := self._next_line()) is not None:
            yield from self._line(line)
        if self._from < len(self.received):
            if self.kind == "events":
                yield from self._event_if_whole()
            elif self.kind in {"lines", "text"}:
                yield from self._if_whole()

    def finish(self) -> Iterator[Document]:
        """Take the end of the answer, also one that came too early."""
        rest = bytes(self.received[self._from :])
        self._from = len(self.received)
        if self.kind == "events":
            if rest:
                yield from self._line(rest)
            yield from self._dispatch(last=True)
        elif self.kind != "packed" and rest.strip(_BLANK):
            if looks_like_picture(rest):
                yield Document(value=rest)
                return
            for document in _documents(_text(rest)):
                self.unread += 0 if document.whole else len(rest)
                yield document

    def _recognise(self) -> None:
        start = self.received.lstrip(_BLANK)
        self._from = self._searched = len(self.received) - len(start)
        if start.startswith(_OPENING):
            self.kind = "lines"
        elif _FIELD.match(start) and not _DATA_ADDRESS.match(start):
            self.kind = "events"
        elif len(start) >= len(b"event :"):
            self.kind = "text"

    def _next_line(self) -> bytes | None:
        """The next line without its end: a line feed, a carriage return, or both."""
        if self._after_return and self.received[self._from : self._from + 1] == b"\n":
            # The second half of a line end of two, which came in the next piece.
            self._from += 1
        feed = self.received.find(b"\n", max(self._from, self._searched))
        end = self.received.find(
            b"\r", max(self._from, self._searched), len(self.received) if feed < 0 else feed
        )
        end = feed if end < 0 else end
        if end < 0:
            self._searched = len(self.received)
            return None
        line = bytes(self.received[self._from : end])
        self._begun = self._from
        self._from = end + (2 if self.received[end : end + 2] == b"\r\n" else 1)
        self._after_return = self.received[end] == ord("\r") and self._from == end + 1
        return line

    def _line(self, line: bytes) -> Iterator[Document]:
        if self.kind == "lines":
            yield from self._json_line(line)
            return
        if not self._data and not self._event:
            line = line.lstrip(b"\0\xef\xbb\xbf")
        if not line.strip():
            yield from self._dispatch()
            return
        name, colon, value = line.partition(b":")
        name, value = name.strip() if colon else b"", value.removeprefix(b" ")
        if name == b"event":
            if self._data:
                yield from self._dispatch()
            self._event = value.decode("utf-8", "replace").strip()
        elif name == b"data":
            yield from self._data_line(value)
        elif name in {b"id", b"retry"} or line.startswith(b":"):
            return
        elif len(self._data) < _MOST_LINES and (self._data or line.startswith(_OPENING)):
            # JSON that goes on in the next line, or that has no `data:`.
            self._data.append(line)
        else:
            self.unread += len(line)

    def _data_line(self, value: bytes) -> Iterator[Document]:
        if self._data and (whole := self._whole_event()) is not None:
            yield self._document(whole)
        if len(self._data) >= _MOST_LINES:
            self.unread += len(value)
            return
        self._data.append(value)
        # One that does not say its type may get its name in the next line.
        if _says_its_type(value) and (whole := self._whole_event()) is not None:
            yield self._document(whole)

    def _whole_event(self) -> object:
        """The value of an event's lines so far; None where more are missing."""
        first, last = self._data[0][:100].lstrip(_BLANK), self._data[-1][-100:].rstrip()
        if not (first.startswith(_OPENING) and last.endswith(_CLOSING)) or self._attempts > _MOST_ATTEMPTS:
            return None
        self._attempts += 1
        return _loaded(b"\n".join(self._data).strip(_BLANK))

    def _document(self, value: object) -> Document:
        event, self._event, self._data, self._attempts = self._event, "", [], 0
        return Document(value=value, event=event)

    def _dispatch(self, *, last: bool = False) -> Iterator[Document]:
        text = b"\n".join(self._data).strip(_BLANK)
        value = _loaded(text) if text.startswith(_OPENING) else None
        if value is None and picture_in(shown := _text(text)) is not None:
            # A picture's base64 as it is, or a `data:` address, whose beginning reads like a field's name.
            value = shown
        document = self._document(value)
        if value is not None:
            yield document
        elif text.startswith(b"[DONE]"):
            self.ended = True
        else:
            self.unread += len(text)
            if last and text:
                yield from _cut_document(_text(text), document.event)

    def _json_line(self, line: bytes) -> Iterator[Document]:
        text = line.strip(_BLANK)
        if not text:
            return
        value = _loaded(text)
        if value is None:
            # JSON over several lines, or something else: read at the end.
            self.kind = "events" if _FIELD.match(text) else "text"
            self._from = self._searched = self._begun
            return
        yield Document(value=value)

    def _event_if_whole(self) -> Iterator[Document]:
        """An event whose last byte has come, before the end of its line."""
        if self._data or not self.received.endswith(b"}") or self._attempts > _MOST_ATTEMPTS:
            return
        self._attempts += 1
        name, _, text = bytes(self.received[self._from :]).partition(b":")
        if name.strip().lower() != b"data" or not (self._event or _says_its_type(text)):
            return
        value = _loaded(text.strip(_BLANK))
        if value is not None:
            self._from = self._searched = len(self.received)
            event, self._event = self._event, ""
            yield Document(value=value, event=event)

    def _if_whole(self) -> Iterator[Document]:
        """A document whose last byte has come: nothing that follows is waited for."""
        if not self.received[-64:].rstrip().endswith(_CLOSING[:2]) or self._attempts > _MOST_ATTEMPTS:
            return
        self._attempts += 1
        rest: bytearray = self.received[self._from :] if self._from else self.received
        value = _loaded(rest) if rest[:1] in _OPENING else None
        if value is not None:
            self._from = self._searched = len(self.received)
            yield Document(value=value)


def _says_its_type(text: bytes) -> bool:
    return b'"type"' in text[:200] or b'"type"' in text[-2000:]


def _loaded(text: bytes | bytearray | str) -> object:
    """A JSON value; None for what is none, and for null."""
    with contextlib.suppress(ValueError):
        # Four times as fast, and strict; it comes with the SDK.
        return jiter.from_json(text.encode() if isinstance(text, str) else bytes(text))
    try:
        # Not strict: a line end in base64 that is not escaped loses nothing.
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError):
        return None


def _text(data: bytes) -> str:
    return data.decode(json.detect_encoding(data), "replace").strip("\ufeff\0 \t\r\n")


def _documents(text: str) -> Iterator[Document]:
    """Every JSON document in a text that may have other things before, between and after them."""
    whole = _loaded(text)
    if whole is not None:
        yield Document(value=whole)
        return
    at, found = 0, False
    for _ in range(_MOST_ATTEMPTS):
        opening = _JSON_BEGINS.search(text, at)
        if opening is None or (not found and opening.start() > _LONGEST_JUNK):
            break
        start = opening.start()
        try:
            value, at = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            if found:
                break
            at = start + 1
        else:
            found = True
            yield Document(value=value)
    if found:
        return
    cut = list(_cut_document(text, "")) if text.startswith(("{", "[")) else []
    if cut:
        yield from cut
    elif text[:1] != "<" and not _SAYS_PARTIAL.search(text):
        # A dict of Python, a comma too many, base64 alone: pictures in it are found by how they begin.
        quoted = [found[1] for found in islice(_QUOTED.finditer(text), _MOST_ATTEMPTS)]
        yield Document(value=[*quoted] or text, whole=False)


def _cut_document(text: str, event: str) -> Iterator[Document]:
    """What can be read of JSON without its end: every value in it that is whole."""
    # The SDK reads JSON with it; imported only where something went wrong.
    try:
        value = jiter.from_json(text.encode(), partial_mode=True)
    except (ValueError, RecursionError):
        return
    yield Document(value=value, event=event, whole=False)
