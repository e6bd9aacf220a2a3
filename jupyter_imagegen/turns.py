"""One buyer for one key: among the tasks of this process by a turn, among processes by a file lock."""

from __future__ import annotations

import asyncio
import contextlib
from copy import copy
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Turns:
    """The turns of one event loop; a key's turn is forgotten when nobody asks for it any more.

    Another loop begins with none: in a forked child nobody would ever give back a turn taken in the parent.
    """

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextlib.asynccontextmanager
    async def asking(self, key: str) -> AsyncGenerator[Turn, None]:
        """Stand in line for a key's turn."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._turns = loop, {}
        turns = self._turns
        turn = turns.setdefault(key, Turn())
        turn.askers += 1
        try:
            yield turn
        finally:
            turn.askers -= 1
            if not turn.askers:
                del turns[key]


class Turn:
    """Whose turn it is to buy one key, and how the last one fared."""

    def __init__(self) -> None:
        self.askers = 0
        self._lock = asyncio.Lock()
        self._ended = 0
        self._failure: ProviderError | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody in this process is buying the key now."""
        return self._lock.locked()

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncGenerator[None, None]:
        """Wait for the turn.

        A run that fails while this one waits for it fails this one too: twenty cells that ask for one picture
        must not send one after the other a request that the provider refuses. Among processes the ledger
        says so; see `Failures.since`.
        """
        ended_before = self._ended
        async with self._lock:
            if self._failure is not None and self._ended > ended_before:
                # Each run's own copy: one exception raised in many threads would gather all their tracebacks.
                raise copy(self._failure)
            self._failure = None
            try:
                yield
            except ProviderError as exc:
                self._failure = exc
                raise
            finally:
                self._ended += 1
