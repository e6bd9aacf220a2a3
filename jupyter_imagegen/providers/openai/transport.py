"""The HTTP client that carries the SDK's requests, and the guards on it.

The SDK alone follows redirects (and so would send prompt and pictures to another host), reads an answer of
any size, and unpacks any compression. The client made here follows none, asks for no compression, and counts
every answer's bytes while they arrive, before and after unpacking.
"""

from __future__ import annotations

import logging
import os
import sys
import zlib
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import BadAnswerError, ConfigError
from jupyter_imagegen.providers.untrusted import Redactor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping

    #: Puts the credentials into a request's headers.
    Sign = Callable[[MutableMapping[str, str]], None]

#: Seconds to wait for a connection; the answer itself has the call's own deadline.
CONNECT_TIMEOUT = 10.0
_UNPACKED_AT_ONCE = 1024 * 1024
#: The environment variables that can name a proxy, in either case.
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")

#: The parts of `httpcore` that log, and the SDK's own loggers.
_LOGGING = ("connection", "http11", "http2", "proxy", "socks")
_SDK_LOGGERS = ("openai._base_client", "openai._response", "openai._legacy_response")


class Trail:
    """How far one attempt came, so that an attempt that never left is known for certain.

    Notes
    -----
    Filled by httpcore's trace extension (https://www.encode.io/httpcore/extensions/#trace). Where nothing was
    heard, the request counts as sent: the mistake on the safe side.
    """

    def __init__(self) -> None:
        self.connecting = False
        self.sent = False
        #: Whether the answer was refused for its size: then nothing of it is kept.
        self.refused = False
        #: The compression of an answer that is not unpacked here.
        self.packed = ""

    @property
    def never_sent(self) -> bool:
        """Whether it is certain that no byte of the request left."""
        return self.connecting and not self.sent

    async def note(self, name: str, _info: object) -> None:
        """Take one event of the transport."""
        if name.startswith("connection."):
            self.connecting = True
        elif "send_request" in name:
            self.sent = True


_current: ContextVar[tuple[Trail, int, Sign, Redactor] | None] = ContextVar(
    "imagegen_openai_call", default=None
)


@contextmanager
def following(trail: Trail, cap: int, sign: Sign, redactor: Redactor) -> Iterator[None]:
    """Give the requests made inside a trail, a cap in bytes on their answers, and their credentials.

    The redactor takes the credentials out of what the SDK and its transport log meanwhile.
    """
    token = _current.set((trail, cap, sign, redactor))
    try:
        yield
    finally:
        _current.reset(token)


def open_http_client(*, direct: bool = False) -> Any:
    """The SDK's own kind of `httpx` client, with the guards of this module; imports the SDK.

    Parameters
    ----------
    direct
        Whether to go around proxies that are on another machine.

    Raises
    ------
    ConfigError
        If the environment names certificates or a proxy that cannot be used.
    """
    import openai

    transport = _transport()
    trouble: ConfigError | None = None
    try:
        certificates = transport.create_ssl_context()
    except OSError as exc:
        trouble = _unreadable_certificates(exc)
    if trouble is not None:
        raise trouble
    # At DEBUG it writes a SOCKS proxy's name and password: encode/httpcore `_async/socks_proxy.py`, `kwargs`.
    core = transport.__name__.replace("httpx", "httpcore")
    logging.getLogger(f"{core}.socks").addFilter(_without_password)
    # And an answer's headers, in which a server may repeat the key; the SDK writes its request id.
    for name in (*(f"{core}.{part}" for part in _LOGGING), transport.__name__, *_SDK_LOGGERS):
        logging.getLogger(name).addFilter(_without_key)
    try:
        return openai.DefaultAsyncHttpxClient(
            verify=certificates,
            # Reading has no timeout of its own: the call's deadline counts; minutes of silence are normal.
            timeout=openai.Timeout(None, connect=CONNECT_TIMEOUT),
            follow_redirects=False,
            trust_env=not (direct and _proxy_elsewhere()),
            event_hooks={"request": [_attach_trail_and_sign], "response": [_attach_cap]},
        )
    except Exception as exc:
        # Which kind it is depends on the transport; all it has read is which proxies the environment names.
        named = [name for name in PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
        if not named:
            raise
        trouble = _unusable_proxy(exc, " or ".join(named))
    # Outside the handler: the transport's frames hold the proxy's password.
    raise trouble


def _transport() -> Any:
    """The package that carries the SDK's requests: httpx up to openai 2, httpx2 from 3."""
    try:
        import httpx2
    except ImportError:
        import httpx

        return httpx
    return httpx2


def _unreadable_certificates(exc: OSError) -> ConfigError:
    named = os.environ.get("SSL_CERT_FILE", "")
    reason = exc.strerror or str(exc)
    if not named:
        return ConfigError(f"this system's certificates cannot be read: {reason}")
    return ConfigError(
        f"SSL_CERT_FILE is {named!r}, and no certificates can be read there: {reason}",
        hint="Name a PEM file of certificates, or unset it for the system's own.",
    )


def _unusable_proxy(exc: Exception, named: str) -> ConfigError:
    """What is wrong with the proxy's address; not the address, which can hold a password."""
    if isinstance(exc, ImportError):
        return ConfigError(
            f"{named} names a SOCKS proxy, and the package for those is not installed",
            hint="`pip install socksio`, then restart the kernel; or name an HTTP proxy.",
        )
    return ConfigError(
        f"the proxy in {named} has an address that cannot be used",
        hint="It must look like http://host:8080.",
    )


def _without_password(record: logging.LogRecord) -> bool:
    return "auth=" not in record.getMessage()


def _without_key(record: logging.LogRecord) -> bool:
    if (call := _current.get()) is not None:
        record.msg, record.args = call[3].redact(record.getMessage()), None
    return True


def _proxy_elsewhere() -> bool:
    from urllib.request import getproxies

    from jupyter_imagegen.providers.openai.address import is_loopback

    named = [url.rpartition("@")[2].rpartition("//")[2] for url in getproxies().values()]
    return any(not is_loopback(f"http://{host}") for host in named)


async def _attach_trail_and_sign(request: Any) -> None:
    if (call := _current.get()) is not None:
        request.extensions["trace"] = call[0].note
        # Last of all: nothing before this has held the key.
        call[2](request.headers)


async def _attach_cap(response: Any) -> None:
    if (call := _current.get()) is None:
        return
    trail, cap, *_ = call
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        trail.packed = Redactor().clean(encoding, limit=40)
        if not response.is_success:
            raise packed_answer(trail.packed)
        # A good answer comes as it is: it cannot be read, and is kept.
        encoding = "identity"
    # The SDK's transport is httpx up to openai 2 and httpx2 from 3; a stream must be of its own kind.
    transport: Any = sys.modules[type(response).__module__.partition(".")[0]]
    response.stream = _capped_stream_class(transport.AsyncByteStream)(
        response.stream,
        trail,
        cap,
        packed=encoding if encoding not in {"", "identity"} else "",
        refusal=response.is_error,
    )
    if "content-encoding" in response.headers:
        # Unpacked here, in small steps: the transport's own decoder would unpack a bomb whole.
        del response.headers["content-encoding"]


def packed_answer(encoding: str) -> BadAnswerError:
    """The error for an answer in a compression that is not unpacked here."""
    return BadAnswerError(
        f"the answer is compressed ({encoding!r}) though none was asked for",
        hint="Turn compression off in the proxy or gateway between.",
    )


_capped_classes: dict[type, type] = {}


def _capped_stream_class(base: type) -> type:
    if base not in _capped_classes:
        _capped_classes[base] = type("CappedStream", (_CappedStream, base), {})
    return _capped_classes[base]


class _CappedStream:
    """An answer's bytes, counted before and after unpacking, and cut off at the cap."""

    def __init__(self, inner: Any, trail: Trail, cap: int, *, packed: str, refusal: bool) -> None:
        self._inner = inner
        self._trail = trail
        self._cap = cap
        self._packed = packed
        self._refusal = refusal
        # 47 takes gzip and zlib by their headers.
        self._unpacker = zlib.decompressobj(47) if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = unpacked = 0
        try:
            async for chunk in self._inner:
                received += len(chunk)
                self._check(received)
                for part in self._unpack(chunk, first=received == len(chunk)):
                    unpacked += len(part)
                    self._check(unpacked)
                    yield part
        except BadAnswerError:
            raise
        except Exception:
            # What came of a refusal says why; that its frame was broken says nothing more.
            if not (self._refusal and received):
                raise

    def _unpack(self, chunk: bytes, *, first: bool) -> Iterator[bytes]:
        if first and self._unpacker is not None:
            self._unpacker = self._unpacker_for(chunk)
        if self._unpacker is None:
            yield chunk
            return
        try:
            while chunk:
                yield self._unpacker.decompress(chunk, _UNPACKED_AT_ONCE)
                chunk = self._unpacker.unconsumed_tail
        except zlib.error as exc:
            raise BadAnswerError("the answer's compression is damaged") from exc

    def _unpacker_for(self, beginning: bytes) -> Any:
        """What unpacks an answer that begins so: some servers only say that they compress."""
        if beginning[:2] == b"\x1f\x8b"[: len(beginning)]:
            return self._unpacker
        if self._packed == "deflate":
            for header in (15, -15):
                with suppress(zlib.error):
                    zlib.decompressobj(header).decompress(beginning, 1)
                    return zlib.decompressobj(header)
        return None

    def _check(self, count: int) -> None:
        if count > self._cap:
            self._trail.refused = True
            raise BadAnswerError(
                f"the answer is larger than {self._cap / 1e6:,.0f} MB, more than these pictures can be"
            )

    async def aclose(self) -> None:
        """Close the connection's stream."""
        await self._inner.aclose()
