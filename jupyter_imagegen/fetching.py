"""Fetching one address within a time that counts from asking to the last byte.

A timeout of a socket counts from byte to byte: a server that sends one a second would never reach it.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, build_opener

if TYPE_CHECKING:
    from urllib.request import Request


class FetchError(Exception):
    """What came of an address that could not be fetched; the message is half a sentence."""


def fetched(url: str, *, most: int, seconds: float) -> bytes:
    """What an address holds; redirects are not followed, for they could lead anywhere.

    Parameters
    ----------
    url
        An http or https address.
    most
        Bytes; what is longer is cut there.
    seconds
        For all of it: looking the host up, connecting, waiting, reading.

    Raises
    ------
    FetchError
        If it was not there within the time, or not at all.
    """
    attempt = _Attempt(url, most, seconds)
    # A thread, because looking a host up cannot be given a time, nor can a handshake.
    thread = threading.Thread(target=attempt.run, name="imagegen-fetch", daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    finally:
        attempt.stop()
    # What the thread says once its connection was closed under it is no answer, though it may look like one.
    if attempt.late or attempt.data is None:
        if attempt.error is None or attempt.late:
            raise FetchError(f"it was not there after {seconds:g} second{'' if seconds == 1 else 's'}")
        raise FetchError(str(attempt.error)) from attempt.error
    return attempt.data


class _Attempt:
    """One address being fetched on a thread of its own."""

    def __init__(self, url: str, most: int, seconds: float) -> None:
        self.data: bytes | None = None
        self.error: Exception | None = None
        self.late = False
        self._url = url
        self._most = most
        self._seconds = seconds
        self._sockets: list[socket.socket] = []

    def run(self) -> None:
        try:
            opener = build_opener(_NoRedirect, _NotingSockets(self._sockets))
            with opener.open(self._url, timeout=self._seconds) as answer:
                self.data = answer.read(self._most)
        except HTTPError as exc:
            exc.close()
            self.error = exc
        except (OSError, HTTPException, ValueError) as exc:
            self.error = exc

    def stop(self) -> None:
        """Let the thread end: whatever it still reads from is closed under it."""
        self.late = self.data is None and self.error is None
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _NoRedirect(HTTPRedirectHandler):
    """An allowed address must not lead on to one that is not."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Http(HTTPConnection):
    """Adds the socket that it opens to a list."""

    def __init__(self, *args: Any, sockets: list[socket.socket], **options: Any) -> None:
        super().__init__(*args, **options)
        self._sockets = sockets

    def connect(self) -> None:
        super().connect()
        self._sockets.append(self.sock)


class _Https(_Http, HTTPSConnection):
    """The same over TLS."""


class _NotingSockets(HTTPHandler, HTTPSHandler):
    """Opens connections whose sockets are in a list."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        super().__init__()
        self._sockets = sockets

    def http_open(self, request: Request) -> Any:
        return self.do_open(partial(_Http, sockets=self._sockets), request)

    def https_open(self, request: Request) -> Any:
        return self.do_open(partial(_Https, sockets=self._sockets), request)
