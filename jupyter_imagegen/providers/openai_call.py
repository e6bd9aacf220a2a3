"""One call to OpenAI's images API: what is sent, and how its answer is read, once for each attempt."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.errors import PossiblyBilledError, RefusedRequestError
from jupyter_imagegen.providers.base import Unread
from jupyter_imagegen.providers.openai_answers import StreamReader, read_answer, read_json
from jupyter_imagegen.providers.openai_errors import Circumstances, Failure, explain, explain_answer
from jupyter_imagegen.providers.openai_transport import Trail, following

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from datetime import datetime

    from openai import AsyncOpenAI

    from jupyter_imagegen.core.request import CallOptions, GenerateRequest, InputImage
    from jupyter_imagegen.hidden import Hidden
    from jupyter_imagegen.providers.base import ProviderEvent
    from jupyter_imagegen.providers.openai_connection import Connection

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

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(self.deadline - self.monotonic(), 0.0)

    async def attempt(self) -> AsyncGenerator[ProviderEvent | Failure]:
        """Send once; a `Failure` is the last event where it went wrong."""
        trail = Trail()
        started = self.monotonic()
        failure: Failure | None = None
        response: Any = None
        async with AsyncExitStack() as stack:
            try:
                manager = self._open()
                with following(trail, self.cap, self.connection.sign):
                    async with asyncio.timeout(self.left()):
                        response = await stack.enter_async_context(manager)
            except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
                failure = self._explain(exc, started, sent=not trail.never_sent)
            if failure is not None:
                yield failure
                return
            kind = response.headers.get("content-type", "").lower()
            streams = self.options.partial_images > 0 and kind.startswith("text/event-stream")
            read = self._read_events if streams else self._read_body
            async with aclosing(read(response, started)) as events:
                async for event in events:
                    if isinstance(event, Failure) and event.error.billed != "no" and trail.received:
                        yield Unread(
                            data=b"".join(trail.received),
                            media_type=self.connection.redactor.clean(kind, limit=100),
                            reason=event.error.message,
                        )
                    yield event

    def _open(self) -> Any:
        """The SDK's context manager that sends the request and gives the answer unread."""
        # The SDK's overloads cannot type arguments that are collected first.
        images: Any = self.client().images
        name = self.request.operation
        known = inspect.signature(getattr(images, name)).parameters
        return getattr(images.with_streaming_response, name)(**_arguments(self.request, self.options, known))

    async def _read_body(self, response: Any, started: float) -> AsyncGenerator[ProviderEvent | Failure]:
        redactor = self.connection.redactor
        request_id = redactor.clean_id(response.headers.get("x-request-id"))
        failure: Failure | None = None
        answer = None
        try:
            async with asyncio.timeout(self.left()):
                text = await response.read()
            body = read_json(text)
            if body.get("error"):
                failure = explain_answer(
                    body, self._about(started), status=response.status_code, headers=response.headers
                )
            else:
                answer = read_answer(body, self.options.n, redactor=redactor, request_id=request_id)
        except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
            failure = self._explain(exc, started)
        if answer is None:
            yield failure or self._without_pictures("")
            return
        for picture in answer.pictures:
            yield picture
        yield answer.last

    async def _read_events(self, response: Any, started: float) -> AsyncGenerator[ProviderEvent | Failure]:
        redactor = self.connection.redactor
        request_id = redactor.clean_id(response.headers.get("x-request-id"))
        reader = StreamReader(redactor=redactor, n=self.options.n)
        failure: Failure | None = None
        stream = await response.parse()
        while failure is None:
            shown = None
            try:
                async with asyncio.timeout(self.left()):
                    event = await anext(stream)
                if getattr(event, "type", None) == "error":
                    failure = explain_answer(event.to_dict(), self._about(started))
                else:
                    shown = reader.take(event)
            except StopAsyncIteration:
                break
            except Exception as exc:  # noqa: BLE001 - every failure of the SDK has a name of ours
                failure = self._explain(exc, started)
            if shown is not None:
                yield shown
        if len(reader.pictures) >= self.options.n:
            # What came after the last picture does not matter.
            yield reader.answered(request_id=request_id)
        elif reader.pictures:
            trouble = (
                failure.error.message if failure else "the stream ended early; the rest may have been billed"
            )
            yield reader.answered(request_id=request_id, trouble=trouble)
        else:
            yield failure or self._without_pictures("the stream ended before a finished picture came")

    def _without_pictures(self, what: str) -> Failure:
        return Failure(
            error=PossiblyBilledError(
                f"possibly billed: {what or 'the answer ended early'}",
                hint="A picture shown on the way was unfinished, and is not kept.",
            )
        )

    def _explain(self, exc: BaseException, started: float, *, sent: bool = True) -> Failure:
        return explain(exc, self._about(started, sent=sent))

    def _about(self, started: float, *, sent: bool = True) -> Circumstances:
        return Circumstances(
            endpoint=self.connection.endpoint,
            model=self.request.model,
            redactor=self.connection.redactor,
            sent=sent,
            seconds=self.monotonic() - started,
            timeout=self.options.timeout,
            now=self.now(),
        )


def _arguments(
    request: GenerateRequest, options: CallOptions, known: Mapping[str, object]
) -> dict[str, object]:
    """What the SDK's method is called with; what the installed SDK does not know goes into `extra_body`."""
    wanted: dict[str, object] = {**request.parameters(), "n": options.n}
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
