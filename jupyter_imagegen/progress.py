"""How far something long is, on standard error: one line, from the first second on."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self, TextIO

#: Seconds before anything is said: what is done by then needs no line.
_FIRST = 1.0
#: Seconds between two updates of one line, and between two lines of a file or pipe.
_UPDATE, _LINE = 0.2, 10.0


class Progress:
    """Called with how many are done and how many there are; used in a `with` statement.

    In a terminal and in a cell the line is written over; elsewhere each is a line of its own. An interruption
    says how far it came.

    Parameters
    ----------
    what
        What is counted, such as `pictures read`.
    ended
        What an interruption leaves, as a sentence.
    stream
        Where to; standard error by default.
    clock
        Seconds that only grow.

    Examples
    --------
    >>> with Progress("pictures read") as progress:
    ...     progress(1, 2)
    """

    def __init__(
        self,
        what: str,
        *,
        ended: str = "",
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._ended = ended
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._over = _writes_over(self._stream)
        self._next = clock() + _FIRST
        self._counted = (0, 0)
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is, where it is time to."""
        self._counted = (done, total)
        now = self._clock()
        if now >= self._next:
            self._next = now + (_UPDATE if self._over else _LINE)
            self._write(self._text(), over=self._over)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _exc: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._width:
            self._write(self._text(), over=True, end="\n")
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            told = f"interrupted after {self._text()}" if self._counted[1] else "interrupted"
            self._write(f"{told}. {self._ended}".rstrip(), over=False)

    def _text(self) -> str:
        done, total = self._counted
        return f"{done:,} of {total:,} {self._what}"

    def _write(self, text: str, *, over: bool, end: str = "") -> None:
        # Standard error may be closed, or missing as under pythonw.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._stream.write(f"\r{text.ljust(self._width)}{end}" if over else f"{text}\n")
            self._stream.flush()
        self._width = len(text) if over and not end else 0


def _writes_over(stream: TextIO | None) -> bool:
    """Whether a carriage return leads back to the line's start: in a terminal, and in a cell's output."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return stream is not None and (stream.isatty() or type(stream).__module__.startswith("ipykernel."))
    return False
