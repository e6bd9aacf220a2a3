"""One private thread with its own event loop: the work goes on there, whoever watches.

A magic cannot await, and a cell's own loop is busy running the cell. So every run of the engine is a task on
this loop, and the caller reads its events from a `Job` on its own thread. Interrupting the reader does not
touch the task: that is what "interrupt means detach" rests on.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.events import Done, PartialShown
from jupyter_imagegen.errors import AbandonedError
from jupyter_imagegen.hidden import StaysHere

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
    from concurrent.futures import Executor

    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Result

    Listener = Callable[[Event | None], None]

_log = logging.getLogger(__name__)


class Job(StaysHere):
    """A run that goes on by itself; any number of readers, on any thread, late ones included.

    Attributes
    ----------
    future : concurrent.futures.Future
        The run's `Result`, or its exception.
    """

    def __init__(self) -> None:
        self.future: Future[Result] = Future()
        # Begun: whoever holds the future can wait for it, and cannot cancel it in place of the run.
        self.future.set_running_or_notify_cancel()
        # An unfinished picture gives its place up to None when a newer one comes: only the newest is worth
        # its memory, and readers count places.
        self._events: list[Event | None] = []
        self._partial_at: int | None = None
        self._changed = threading.Condition()
        self._subscriptions: list[_Subscription] = []
        self._task: asyncio.Task[None] | None = None
        self._abandoned = False

    @property
    def done(self) -> bool:
        """Whether the run has ended, well or not."""
        return self.future.done()

    def events(self, tick: float = 0.25) -> Iterator[Event | None]:
        """Read the events from the first one on; None every `tick` seconds without one.

        Raises
        ------
        ImagegenError
            What ended the run, after its last event.
        """
        seen = 0
        while True:
            with self._changed:
                if seen == len(self._events) and not self.done:
                    self._changed.wait(tick)
                fresh, ended = self._events[seen:], self.done
            seen += len(fresh)
            yield from (event for event in fresh if event is not None)
            if not fresh and ended:
                self.future.result()
                return
            if not fresh:
                yield None

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every event, those already past first; then once with None at the end.

        Calls come one after the other, in order: the past ones from here, later ones from the runner's
        thread, all in the context of the subscriber; on ipykernel 7 that is what makes output go to the cell
        that asked.
        """
        subscription = _Subscription(self, listener)
        with self._changed:
            if not self.done:
                self._subscriptions.append(subscription)
        subscription.deliver()

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result.

        Raises
        ------
        ImagegenError
            What ended the run.
        TimeoutError
            If it is not there after `timeout` seconds.
        """
        return self.future.result(timeout)

    def cancel(self) -> None:
        """Abandon the run. A call that has left is possibly billed, and the ledger says so."""
        with self._changed:
            self._abandoned = True
            task = self._task
        if task is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)

    def _publish(self, event: Event) -> None:
        with self._changed:
            if isinstance(event, PartialShown):
                if self._partial_at is not None:
                    self._events[self._partial_at] = None
                self._partial_at = len(self._events)
            self._events.append(event)
            self._changed.notify_all()
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.deliver()

    def _end(self, *, result: Result | None = None, error: BaseException | None = None) -> None:
        # Outside the lock: setting it runs the callbacks of whoever waits for it.
        if result is not None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error or RuntimeError("the run ended without a result"))
        with self._changed:
            self._changed.notify_all()
            subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.deliver()

    async def _run(self, events: AsyncGenerator[Event, None]) -> None:
        result = None
        try:
            with self._changed:
                self._task = asyncio.current_task()
                abandoned = self._abandoned
            if abandoned:
                raise asyncio.CancelledError  # noqa: TRY301 - cancelled before it began: one way out for both
            async with contextlib.aclosing(events):
                async for event in events:
                    if isinstance(event, Done):
                        result = event.result
                    self._publish(event)
        except asyncio.CancelledError:
            self._end(error=AbandonedError("abandoned: this run was given up"))
        except BaseException as exc:  # noqa: BLE001 - whatever it is, it belongs to the reader
            self._end(error=exc)
        else:
            self._end(result=result)


class _Subscription:
    """One listener's place in a job's events."""

    def __init__(self, job: Job, listener: Listener) -> None:
        self._job = job
        self._listener = listener
        self._context = contextvars.copy_context()
        self._seen = 0
        self._delivering = False
        self._ended = False

    def deliver(self) -> None:
        """Tell the listener what is new; where a thread is at it already, that one goes on with it.

        Nobody waits for anybody here, so a listener that waits for the run cannot stop it.
        """
        job = self._job
        with job._changed:  # noqa: SLF001 - a job and its subscriptions are one thing in two classes
            if self._delivering or self._ended:
                return
            self._delivering = True
        while True:
            with job._changed:  # noqa: SLF001
                fresh: list[Event | None] = [*job._events[self._seen :]]  # noqa: SLF001
                self._seen += len(fresh)
                fresh = [event for event in fresh if event is not None]
                if not fresh:
                    self._delivering = False
                    self._ended = job.done
                    if not self._ended:
                        return
            for event in fresh or [None]:
                self._tell(event)
            if self._ended:
                return

    def _tell(self, event: Event | None) -> None:
        """A reader that fails must not take the paid picture with it."""
        try:
            self._context.run(self._listener, event)
        except Exception:  # noqa: BLE001 - logged with its traceback; the run goes on
            _log.exception("a listener of an image run failed")


class Runner(StaysHere):
    """A daemon thread with an event loop of its own, started at the first job, again after a fork.

    Examples
    --------
    >>> runner = Runner()
    >>> job = runner.submit(engine.run(request, options, provider=demo))
    >>> job.result().images[0].digest
    'b1946a…'
    """

    def __init__(self, name: str = "imagegen-loop") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    def submit(self, events: AsyncGenerator[Event, None]) -> Job:
        """Run an engine's events to their end and return at once.

        The task runs in a copy of the caller's context.
        """
        job = Job()
        self._start(job._run(events))  # noqa: SLF001 - a job and its runner are one thing in two classes
        return job

    def call(self, coroutine: Coroutine[Any, Any, Any], timeout: float | None = None) -> Any:
        """Run a coroutine on the loop and wait for its value.

        Raises
        ------
        TimeoutError
            If it has not ended after `timeout` seconds; it is cancelled then.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._running_loop())
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the thread; every job must have ended. A later job starts another."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None and self._pid == os.getpid():
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        context, loop = contextvars.copy_context(), self._running_loop()

        def start() -> None:
            # The loop itself holds tasks weakly.
            task = loop.create_task(coroutine, context=context)
            _running.add(task)
            task.add_done_callback(_running.discard)

        loop.call_soon_threadsafe(start)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._loop.is_closed() or self._pid != os.getpid():
                self._pid, self._loop = os.getpid(), asyncio.new_event_loop()
                self._loop.set_default_executor(_workers())
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name=self._name, daemon=True
                )
                self._thread.start()
            return self._loop


_running: set[asyncio.Task[None]] = set()


def _workers() -> Executor:
    """One thread for each core: what they do is computing, and each holds a decoded picture."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(max(os.cpu_count() or 1, 2), thread_name_prefix="imagegen-work")


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
