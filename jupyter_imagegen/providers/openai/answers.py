"""What OpenAI's API and servers like it answer: pictures, usage, and what the user should be told.

A paid answer is read in every form that servers give it. Nothing here decides that a picture is one (the
engine decodes it), and no address in an answer is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_imagegen.core.usage import usage_from_api
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Unread
from jupyter_imagegen.providers.openai.answer_walk import Found, find, is_unfinished, says_unfinished
from jupyter_imagegen.providers.openai.documents import Document, Splitter
from jupyter_imagegen.providers.openai.picture_text import MAX_PICTURE_BYTES, SHORTEST, picture_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.providers.untrusted import Redactor

#: Largest answer that is read, in bytes.
MAX_ANSWER_BYTES = 512 * 1024 * 1024
_MAX_REVISED_PROMPT = 32_000
_MAX_ADDRESS = 300
#: The last word of an event's name where it has finished, and where its name says nothing about that.
_FINISHED = {
    "completed", "complete", "done", "final", "finished", "succeeded", "success", "result", "generated",
}  # fmt: skip
#: The last word of its name where it has failed.
_ENDS_BADLY = {"error", "failed"}
_SAYS_NOTHING = {"", "message", "image", "images", "data", "output", "chunk", "response"}
#: The names of OpenAI's own events, which tell the usage of one picture each.
_ONE_PICTURE = ("image_generation.", "image_edit.")
_PAGE = re.compile(rb"[\s\xef\xbb\xbf]*<(?:!doctype|html|head|body|\?xml|h1|center|title)", re.IGNORECASE)
_LAST_WORD = re.compile(r"[._\-/ ]")


def answer_cap(n: int, partial_images: int) -> int:
    """How many bytes an answer with so many pictures may have: base64 takes 4 bytes for 3."""
    pictures = n * (1 + partial_images)
    return min(pictures * MAX_PICTURE_BYTES * 4 // 3 + 1024 * 1024, MAX_ANSWER_BYTES)


@dataclass(kw_only=True)
class Reading:
    """Reads one answer while it comes: a JSON document, a stream of events, or a picture as it is.

    Attributes
    ----------
    n : int
        Pictures that were asked for.
    sent : collection of bytes
        Pictures that we sent: some servers send them back beside the result.
    pictures : list of Drawn
        Those that came, at most `n`.
    refusal : object
        The JSON that holds the server's error; None where there is none.
    """

    n: int
    redactor: Redactor
    sent: Collection[bytes] = ()
    pictures: list[Drawn] = field(default_factory=list)
    refusal: object = None
    _splitter: Splitter = field(default_factory=Splitter)
    _candidates: list[Drawn] = field(default_factory=list)
    _addresses: list[str] = field(default_factory=list)
    _objects: int = 0
    _came: int = 0
    _spoilt: int = 0
    _lost: bool = False
    _over: bool = False
    _text: list[str] = field(default_factory=list)
    _usage: Usage | None = None
    _unpriced: int = 0
    _priced_whole: bool = False
    _finished: int = 0
    _said: dict[str, object] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing more needs to be waited for."""
        enough = len(self.pictures) + (len(self._candidates) if self._over else 0) >= self.n
        return enough or self._splitter.ended

    @property
    def streams(self) -> bool:
        """Whether the answer is a stream of events."""
        return self._splitter.kind == "events"

    @property
    def received(self) -> bytes:
        """All that came."""
        return bytes(self._splitter.received)

    def feed(self, chunk: bytes) -> Iterator[Partial | Drawn]:
        """Take the next bytes of the answer."""
        for document in self._splitter.feed(chunk):
            yield from self._take(document)

    def only_collect(self) -> None:
        """Read nothing of what comes: it is compressed."""
        self._splitter.kind = "packed"

    def feed_rest(self, chunk: bytes) -> None:
        """Take what still comes when all pictures are there, for what it says about the call."""
        for document in self._splitter.feed(chunk):
            for _ in self._take(document):
                pass

    def finish(self, *, broken: bool = False) -> Iterator[Partial | Drawn]:
        """Take the answer's end; `broken` where it came too early."""
        for document in self._splitter.finish():
            yield from self._take(document)
        self._read_text()
        if self._candidates and len(self.pictures) < self.n and (self._over or not broken):
            # Nothing said that a picture was finished, and nothing better followed.
            yield from self._keep(self._candidates[-(self.n - len(self.pictures)) :])

    def problem(self) -> str:
        """What is wrong with an answer that has no picture."""
        if self._addresses:
            named = ", ".join(self.addresses)
            return (
                "the server's answer contains only an address of the picture, and addresses in "
                "answers are not "
                f"fetched: {named}"
            )
        if self._spoilt:
            what = "a picture that is not valid base64, or larger than a picture can be"
            return f"the server's answer contains {what}"
        if self._objects:
            return "the server's answer contains no picture"
        received = self._splitter.received
        if not received.strip():
            return "the server answered with an empty answer"
        if _PAGE.match(received):
            return "the server answered with a web page; is the base URL right?"
        return "the server answered with something that is not JSON"

    @property
    def understood(self) -> bool:
        """Whether the answer itself says what became of the picture, however its connection ended."""
        return bool(self._addresses or self._spoilt or (self._objects and not self.streams))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the pictures may be, without user names and queries."""
        return tuple(self._clean_address(address) for address in self._addresses)

    def unread(self, reason: str, media_type: str = "") -> Unread | None:
        """The whole answer, to be kept; None where nothing came."""
        if not self._splitter.received:
            return None
        return Unread(
            data=self.redactor.without_secrets(self.received),
            media_type=self.redactor.clean(media_type, limit=100),
            reason=reason,
            addresses=self.addresses,
        )

    @property
    def incomplete(self) -> bool:
        """Whether something came that may be a picture, beside those that could be read."""
        missing = len(self.pictures) < self.n
        return self._lost or (missing and bool(self._addresses or self._splitter.unread >= SHORTEST))

    @property
    def _asked(self) -> str:
        return "1 picture was requested" if self.n == 1 else f"{self.n} pictures were requested"

    def answered(self, *, request_id: str | None = None, trouble: str = "") -> Answered | None:
        """What was said about the call as a whole; None where there is neither a picture nor a usage.

        `trouble` is how the answer broke off before all pictures were there.
        """
        # Of a stream that broke off, what the rest cost is not known.
        partly = trouble and self.streams and self._finished < self.n and not self._priced_whole
        usage = None if self._unpriced or partly else self._usage
        if not self.pictures and usage is None:
            return None
        warnings = []
        if self.pictures and len(self.pictures) < self.n:
            warnings.append(f"{self._asked} and {len(self.pictures)} arrived")
        elif self._came > self.n:
            kept = "the first is kept" if self.n == 1 else f"the first {self.n} are kept"
            warnings.append(f"{self._asked} and {self._came} arrived; {kept}")
        svg_usage = self._said.get("svg_usage")
        return Answered(
            usage=usage,
            request_id=request_id,
            size=self.redactor.clean(self._said.get("size"), limit=40) or None,
            quality=self.redactor.clean(self._said.get("quality"), limit=40) or None,
            svg_usage=dict(svg_usage) if isinstance(svg_usage, Mapping) else None,
            warning="; ".join([*warnings, trouble] if trouble else warnings),
        )

    def _take(self, document: Document) -> Iterator[Partial | Drawn]:
        value = document.value
        if isinstance(value, bytes):
            yield from self._keep([Drawn(data=value)] if len(value) <= MAX_PICTURE_BYTES else [])
            return
        name = document.event
        if isinstance(value, Mapping):
            self._objects += document.whole
            name = next(
                (kind for kind in (value.get("type"), value.get("event")) if isinstance(kind, str)), name
            )
            if is_unfinished(value) or says_unfinished(name):
                if "partial" in name.lower() or "partial_image_index" in value:
                    yield from self._partial(value)
                return
        written = _written_on(value)
        self._text += written
        found = find(value if not written else None)
        last_word = _LAST_WORD.split(name.lower())[-1]
        self._note_errors(last_word, value, found)
        self._addresses += [each for each in found.addresses if each not in self._addresses]
        self._spoilt += found.spoilt
        self._lost = self._lost or found.lost
        if _says_it_ends(value):
            self._over = True
            self._read_text()
        certain = not self.streams or last_word in _FINISHED or _is_answer(value)
        # What all cost may be told after the last picture; what is told with a picture too many is its own.
        later = self._unpriced and (name.startswith("response.") or not found.pictures)
        if (certain or last_word in _ENDS_BADLY) and (later or len(self.pictures) < self.n):
            self._note(name, value, found, whole=document.whole)
        pictures = [each for each in found.pictures if each.data not in self.sent] or found.pictures
        drawn = [self._drawn(picture.data, picture.beside) for picture in pictures]
        if name.startswith("response."):
            # The Responses API sends a picture with its item, and once more with the whole response.
            drawn = [each for each in drawn if each not in self.pictures]
        if certain:
            yield from self._keep(drawn)
        elif last_word in _SAYS_NOTHING:
            self._candidates += drawn

    def _read_text(self) -> None:
        """Look through what a chat API wrote piece by piece: a picture's address comes in many pieces."""
        found, self._text = find("".join(self._text)), []
        self._candidates += [self._drawn(picture.data, picture.beside) for picture in found.pictures]
        self._addresses += [each for each in found.addresses if each not in self._addresses]

    def _keep(self, drawn: list[Drawn]) -> Iterator[Drawn]:
        self._came += len(drawn)
        for picture in drawn[: self.n - len(self.pictures)]:
            self.pictures.append(picture)
            yield picture

    def _partial(self, event: Mapping[str, object]) -> Iterator[Partial]:
        for name in ("b64_json", "partial_image_b64"):
            text = event.get(name)
            data = picture_from(text) if isinstance(text, str) else None
            if data is not None:
                index = event.get("partial_image_index")
                yield Partial(index=index if isinstance(index, int) else 0, data=data)
                return

    def _note(self, name: str, value: object, found: Found, *, whole: bool) -> None:
        """Take the usage, and what the server says it really used."""
        usages = (usage_from_api(usage) for usage in found.usages) if whole else iter(())
        usage = next((usage for usage in usages if usage is not None), None)
        own = name.startswith(_ONE_PICTURE)
        self._finished += max(len(found.pictures), int(own))
        if usage is not None:
            self._usage = usage if self._usage is None else self._usage + usage
            # An event that is about no picture in particular tells the usage of all.
            has_picture = (
                found.pictures or found.spoilt or (isinstance(value, Mapping) and "b64_json" in value)
            )
            self._unpriced = self._unpriced if own and has_picture else 0
            self._priced_whole = not own
        elif found.pictures or own:
            self._unpriced += 1
        beside = [picture.beside for picture in found.pictures[:1]]
        for part in [*beside, value]:
            if isinstance(part, Mapping):
                self._said |= {key: part[key] for key in ("size", "quality", "svg_usage") if part.get(key)}

    def _note_errors(self, last_word: str, value: object, found: Found) -> None:
        if self.refusal is not None:
            return
        if found.errors:
            at_top = isinstance(value, Mapping) and (value.get("error") or value.get("errors"))
            self.refusal = value if at_top else {"error": found.errors[0]}
        elif not isinstance(value, Mapping) or found.pictures:
            return
        elif last_word in _ENDS_BADLY or _says_it_failed(value):
            self.refusal = value

    def _drawn(self, data: bytes, beside: Mapping[str, object]) -> Drawn:
        revised = self.redactor.clean_lines(beside.get("revised_prompt"), limit=_MAX_REVISED_PROMPT)
        return Drawn(data=data, revised_prompt=revised or None)

    def _clean_address(self, address: str) -> str:
        """An address that can be shown: its query may be a key to the picture, its user name a password."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return "an address that cannot be read"
        host = parts.netloc.rpartition("@")[2]
        start = f"{parts.scheme}:" if parts.scheme else ""
        shown = f"{start}//{host}{parts.path}" if host else f"{start}{parts.path}"
        left_out = " (its query is left out)" if parts.query else ""
        return self.redactor.clean(shown, limit=_MAX_ADDRESS) + left_out


def _is_answer(value: object) -> bool:
    """Whether an event without a name has the form of a whole answer."""
    return isinstance(value, Mapping) and bool(value.get("usage") or value.get("data"))


def _written_on(value: object) -> list[str]:
    """What an event of a chat API adds to its text."""
    choices = value.get("choices") if isinstance(value, Mapping) else None
    deltas = [each.get("delta") for each in choices or () if isinstance(each, Mapping)]
    texts = [
        delta.get("content") for delta in deltas if isinstance(delta, Mapping) and not delta.get("images")
    ]
    return [text for text in texts if isinstance(text, str) and text]


def _says_it_ends(value: object) -> bool:
    """Whether an event of a chat API says that its answer ends with it."""
    choices = value.get("choices") if isinstance(value, Mapping) else None
    return isinstance(choices, list) and any(
        isinstance(each, Mapping) and each.get("finish_reason") for each in choices
    )


def _says_it_failed(value: Mapping[str, object]) -> bool:
    """Whether an answer without an `error` is one all the same, as some gateways write it."""
    for name in ("code", "status", "status_code", "statusCode"):
        said = value.get(name)
        if isinstance(said, int) and not isinstance(said, bool) and said >= 400:  # noqa: PLR2004 - Bad Request
            return True
    return value.get("success") is False or value.get("status") in ("failed", "error")
