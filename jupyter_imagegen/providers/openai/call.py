"""One call to OpenAI's images API: what is sent, and how its answer is read, once for each attempt."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.errors import BadAnswerError, PossiblyBilledError, RefusedRequestError
from jupyter_imagegen.providers.base import Drawn
from jupyter_imagegen.providers.openai.answers import Reading
from jupyter_imagegen.providers.openai.errors import Circumstances, Failure, explain, explain_answer
from jupyter_imagegen.providers.openai.transport import Trail, following, packed_answer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
    from datetime import datetime

    from openai import AsyncOpenAI

    from jupyter_imagegen.core.request import CallOptions, GenerateRequest, InputImage
    from jupyter_imagegen.hidden import Hidden
    from jupyter_imagegen.providers.base import Partial, ProviderEvent
    from jupyter_imagegen.providers.openai.connection import Connection

#: Seconds that the end of an answer is waited for when all its pictures are there.
PATIENCE = 0.5
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: its attempts share a deadline."""

    client: Hidden[AsyncOpenAI]
    connection: Connection
    request: GenerateRequest
    options: CallOptions
    cap: int
    deadline: float
    monotonic: Callable[[], float]
    now: Callable[[], datetime]
    response_format: str | None = None

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(self.deadline - self.monotonic(), 0.0)

    async def attempt(self) -> AsyncGenerator[ProviderEvent | Failure]:
        """Send once; a `Failure` is the last event where it went wrong."""
        trail = Trail()
        started = self.monotonic()
        failure: Failure | None = None
        refusal = b""
        response: Any = None
        async with AsyncExitStack() as stack:
            try:
                manager = self._open()
                with following(trail, self.cap, self.connection.sign, self.connection.redactor):
                    async with asyncio.timeout(self.left()):
                        response = await stack.enter_async_context(manager)
            except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
                failure = self._explain(exc, started, sent=not trail.never_sent)
                refusal = _body_of(exc)
            if failure is not None:
                for event in self._despite(failure, refusal, trail):
                    yield event
                return
            async with aclosing(self._read(response, trail, started)) as events:
                async for event in events:
                    yield event

    def _despite(self, failure: Failure, body: bytes, trail: Trail) -> Iterator[ProviderEvent | Failure]:
        """A failure, and the usage told with it; or the pictures, where a server sent them all the same."""
        reading = self._reading()
        if body and not trail.refused:
            drawn = [each for each in (*reading.feed(body), *reading.finish()) if isinstance(each, Drawn)]
            yield from drawn
        answered = reading.answered(trouble=f"the answer also says: {failure.error.message}")
        if answered is not None:
            yield answered
        if not reading.pictures:
            # What a server says it used is billed, so that is not sent again.
            yield failure if answered is None else replace(failure, repeat=False, refuses_format=False)

    def _reading(self) -> Reading:
        sent = [image.data for image in self.request.images] if isinstance(self.request, EditRequest) else []
        return Reading(n=self.options.n, redactor=self.connection.redactor, sent=sent)

    def _open(self) -> Any:
        """The SDK's context manager that sends the request and gives the answer unread."""
        # The SDK's overloads cannot type arguments that are collected first.
        images: Any = self.client().images
        name = self.request.operation
        known = inspect.signature(getattr(images, name)).parameters
        arguments = _arguments(self.request, self.options, known, self.response_format)
        return getattr(images.with_streaming_response, name)(**arguments)

    async def _read(
        self, response: Any, trail: Trail, started: float
    ) -> AsyncGenerator[ProviderEvent | Failure]:
        reading = self._reading()
        trouble: Failure | None = None
        if trail.packed:
            reading.only_collect()
        chunks = response.iter_bytes()
        try:
            while trouble is None and not reading.done:
                events: list[Partial | Drawn] = []
                try:
                    async with asyncio.timeout(self.left()):
                        chunk = await anext(chunks)
                    events.extend(reading.feed(chunk))
                except StopAsyncIteration:
                    break
                except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
                    trouble = self._explain(exc, started)
                for event in events:
                    yield event
            if reading.done:
                trouble = await self._end_of(chunks, reading, started)
        finally:
            await response.close()
            # The SDK's and the transport's generators, one in the other, wait for bytes. They end now that
            # the connection is closed; left alone, each would be closed by a task of the loop's own.
            with suppress(Exception):
                async for _ in chunks:
                    pass
        for last in self._conclusion(reading, response, trail, started, trouble):
            yield last

    async def _end_of(self, chunks: Any, reading: Reading, started: float) -> Failure | None:
        """See a moment whether the answer ends here, so that its usage and its connection are not lost."""
        try:
            async with asyncio.timeout(min(self.left(), PATIENCE)):
                async for chunk in chunks:
                    reading.feed_rest(chunk)
        except TimeoutError:
            return None
        except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
            return None if reading.streams else self._explain(exc, started)
        return None

    def _conclusion(
        self, reading: Reading, response: Any, trail: Trail, started: float, trouble: Failure | None
    ) -> Iterator[ProviderEvent | Failure]:
        """What is left to say when the answer has ended, or `trouble` ended it."""
        if trail.packed:
            trouble = Failure(error=packed_answer(trail.packed))
        elif len(reading.pictures) < self.options.n and not trail.refused:
            yield from reading.finish(broken=trouble is not None)
        media_type = response.headers.get("content-type", "") + (trail.packed and f"; packed={trail.packed}")
        request_id = self.connection.redactor.clean_id(response.headers.get("x-request-id"))
        refused = None
        if reading.refusal is not None:
            refused = explain_answer(
                reading.refusal,
                self._about(started),
                status=None if reading.streams else response.status_code,
                headers=response.headers,
            )
        failure = None
        if not reading.pictures:
            failure = refused or self._without_pictures(reading, trouble, media_type)
        lost = reading.incomplete if failure is None else failure.error.billed != "no"
        if lost and not trail.refused:
            reason = failure.error.message if failure else "not all of it could be read"
            unread = reading.unread(reason, media_type)
            if unread is not None:
                yield unread
        warning = self._warning(reading, trail, refused or trouble) if reading.pictures else "no picture came"
        answered = reading.answered(request_id=request_id, trouble=warning)
        if answered is not None:
            yield answered
        if failure is not None:
            yield failure

    def _warning(self, reading: Reading, trail: Trail, failure: Failure | None) -> str:
        """How an answer that brought pictures was not as it should be."""
        missing = len(reading.pictures) < self.options.n
        if failure is not None and reading.refusal is not None:
            return f"the answer also holds an error: {failure.error.message}"
        if failure is not None and (missing or trail.refused):
            return failure.error.message
        if failure is not None and not reading.streams:
            return "the connection broke when the whole answer had come"
        if missing and reading.streams:
            return "the stream ended early; the rest may have been billed"
        return ""

    def _without_pictures(self, reading: Reading, trouble: Failure | None, media_type: str) -> Failure:
        if trouble is not None and not reading.understood:
            return trouble
        streams = reading.streams or media_type.lower().startswith("text/event-stream")
        if not streams or reading.understood:
            return Failure(
                error=BadAnswerError(
                    reading.problem(), hint="It may have been billed. The address may live for an hour only."
                )
                if reading.addresses
                else BadAnswerError(reading.problem())
            )
        return Failure(
            error=PossiblyBilledError(
                "possibly billed: the stream ended before a finished picture came",
                hint="A picture shown on the way was unfinished, and is not kept.",
            )
        )

    def _explain(self, exc: BaseException, started: float, *, sent: bool = True) -> Failure:
        return explain(exc, self._about(started, sent=sent))

    def _about(self, started: float, *, sent: bool = True) -> Circumstances:
        return Circumstances(
            endpoint=self.connection.base_url,
            model=self.request.model,
            redactor=self.connection.redactor,
            sent=sent,
            seconds=self.monotonic() - started,
            timeout=self.options.timeout,
            now=self.now(),
        )


def _body_of(exc: Exception) -> bytes:
    """The body of an answer that the SDK made an exception of."""
    response: Any = getattr(exc, "response", None)
    return bytes(response.content) if getattr(response, "is_stream_consumed", False) else b""


def first_format(connection: Connection, model: str) -> str | None:
    """The `response_format` to ask for, as most servers answer with an address otherwise.

    OpenAI's own models answer with base64 only, and refuse the parameter; so do Azure's, which go by the
    names of their deployments.
    """
    host = urlsplit(connection.base_url).hostname or ""
    own = model.rpartition("/")[2].startswith(("gpt-image-", "chatgpt-image-"))
    return None if own or connection.official or connection.azure or ".azure." in host else "b64_json"


def _arguments(
    request: GenerateRequest, options: CallOptions, known: Mapping[str, object], response_format: str | None
) -> dict[str, object]:
    """What the SDK's method is called with; what the installed SDK does not know goes into `extra_body`."""
    wanted: dict[str, object] = {**request.parameters(), "n": options.n}
    if response_format is not None:
        wanted["response_format"] = response_format
    if options.safety_identifier:
        wanted["safety_identifier"] = options.safety_identifier
    if options.partial_images > 0:
        wanted |= {"stream": True, "partial_images": options.partial_images}
    arguments = {name: value for name, value in wanted.items() if name in known}
    extra = {name: value for name, value in wanted.items() if name not in known}
    if extra:
        arguments["extra_body"] = extra
    if isinstance(request, EditRequest):
        uploads = [_upload(image, f"image-{i}") for i, image in enumerate(request.images, 1)]
        # The SDK names the field `image` for one and `image[]` for several.
        arguments["image"] = uploads[0] if len(uploads) == 1 else uploads
        if request.mask is not None:
            arguments["mask"] = _upload(request.mask, "mask")
        if request.markup is not None:
            if "markup" not in known:
                raise RefusedRequestError(
                    "markup needs the openai package 3.42 or newer",
                    hint="pip install --upgrade openai, and restart the kernel.",
                )
            arguments["markup"] = _upload(request.markup, "markup")
    return arguments


def _upload(image: InputImage, stem: str) -> tuple[str, bytes, str]:
    """A file part under a name of ours: the user's own file names are nobody's business."""
    return (f"{stem}.{_SUFFIXES.get(image.mime, 'png')}", image.data, image.mime)
