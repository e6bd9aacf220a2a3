"""Waiting for a run at a terminal: a progress line, and what Ctrl-C means."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import time
from collections import deque
from concurrent.futures import wait
from typing import TYPE_CHECKING, TextIO

from jupyter_imagegen.core.events import Done, Joined, Kept, Noted, Planned, Sent, Waiting
from jupyter_imagegen.errors import AbandonedError
from jupyter_imagegen.render import Progress, progress_text
from jupyter_imagegen.render.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.runner import Job

#: Seconds between two looks at the clock.
_TICK = 0.25
#: Seconds that an abandoned run has to write down in the ledger what it may have cost.
_LAST_WORDS = 10.0


class InterruptedRunError(KeyboardInterrupt):
    """Ctrl-C ended the run.

    Attributes
    ----------
    message : str
        What that means for the picture and for the bill.
    result : Result or None
        The result, where the run was waited for and came to a good end.
    """

    def __init__(self, message: str, result: Result | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.result = result


class Watcher:
    """Reads a job's events, shows one line on a terminal, and answers Ctrl-C.

    Parameters
    ----------
    stream
        Where the line goes; nothing is shown where it is not a terminal.
    monotonic
        The clock behind the elapsed seconds.
    """

    def __init__(
        self, *, stream: TextIO | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._shows = self._stream.isatty()
        self._monotonic = monotonic
        self._started = monotonic()
        self._shown = ""
        self._plan: Planned | None = None
        self._kept = 0
        self._state = "looking in the store"
        self._sent = False
        self._notes: deque[str] = deque()
        #: What came, also where the run ended with an error after that.
        self.result: Result | None = None

    def watch(self, job: Job) -> Result:
        """Wait for a job's result.

        The first Ctrl-C waits on for what has been sent, because it is billed in any case; the second gives
        it up. What has not been sent is given up at once.

        Raises
        ------
        InterruptedRunError
            If Ctrl-C was pressed.
        ImagegenError
            What ended the run.
        """
        job.subscribe(self._note)
        interrupted = False
        with _interrupts_counted() as interrupts:
            while not job.done:
                wait((job.future,), timeout=_TICK)
                self._show()
                if not interrupts:
                    continue
                if not self._sent or len(interrupts) > 1:
                    raise self._give_up(job)
                if not interrupted:
                    interrupted = True
                    self._say(
                        "The call was sent and is billed anyway: waiting for its picture. "
                        "Ctrl-C again gives up."
                    )
        self._clear()
        result = job.result()
        if interrupted:
            raise InterruptedRunError(
                "interrupted; the call had been sent, so its picture was waited for", result
            )
        return result

    def _note(self, event: Event | None) -> None:
        """Take one event, on the runner's thread; what is to be said waits for the thread that draws."""
        if isinstance(event, Planned):
            self._plan = event
        elif isinstance(event, Joined):
            self._state = event.told
        elif isinstance(event, Sent):
            self._sent = True
            self._state = "painting" if event.attempt <= 1 else f"painting, attempt {event.attempt}"
        elif isinstance(event, Waiting):
            self._sent = False
            self._state = f"{event.reason}; trying again in {event.wait:.0f} s"
        elif isinstance(event, Kept):
            self._kept += 1
        elif isinstance(event, Done):
            self.result = event.result
        elif isinstance(event, Noted):
            self._notes.append(event.text)

    def _show(self) -> None:
        while self._notes:
            self._say(self._notes.popleft())
        if not self._shows or self._plan is None:
            return
        request = self._plan.request
        line = progress_text(
            Progress(
                model=request.model,
                size=request.size,
                quality=request.quality,
                pictures=self._plan.stored + self._plan.missing,
                state=self._state,
                elapsed=self._monotonic() - self._started,
                estimate=self._plan.estimate,
            )
        )
        # One column less than there are: a full line would wrap, and a carriage return cannot go back up.
        line = line[: shutil.get_terminal_size().columns - 1]
        if line != self._shown:
            self._stream.write("\r" + line.ljust(len(self._shown)))
            self._stream.flush()
            self._shown = line

    def _clear(self) -> None:
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""

    def _say(self, text: str) -> None:
        self._clear()
        self._stream.write(f"{one_line(text)}\n")
        self._stream.flush()

    def _give_up(self, job: Job) -> InterruptedRunError:
        self._clear()
        job.cancel()
        try:
            result = job.result(_LAST_WORDS)
        except AbandonedError:
            if self._sent:
                return InterruptedRunError(
                    "given up; the call had been sent, so the ledger counts it as possibly billed"
                )
            return InterruptedRunError("stopped before anything was sent; nothing was billed")
        except BaseException as exc:  # noqa: BLE001  # the run ended by itself just then: that is what is told
            return InterruptedRunError(f"stopped: {exc}")
        return InterruptedRunError("the picture came just before it was given up", result)


@contextlib.contextmanager
def _interrupts_counted() -> Iterator[list[int]]:
    """Collect Ctrl-C instead of raising it: raised, a second one could strike while the first is answered."""
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: seen.append(number))
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)
