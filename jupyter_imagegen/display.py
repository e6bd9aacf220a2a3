"""A run, live under its cell: progress while it lasts, the picture when it is there.

IPython is imported where it is used: the session asks for `watch` only where a shell is running.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.events import Done, Joined, Kept, PartialShown, Planned, Sent, Waiting
from jupyter_imagegen.errors import DetachedError, ImagegenError
from jupyter_imagegen.render.pictures import PREVIEW_SIDE, mimebundle, small_preview
from jupyter_imagegen.render.progress import Progress, ended_bundle, progress_html, progress_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Preview, Result
    from jupyter_imagegen.render.pictures import MimeBundle
    from jupyter_imagegen.runner import Job

#: Seconds before anything is shown: a stored picture is there by then, and shows at once and alone.
PATIENCE = 0.15
#: Seconds between two updates, at least, and at most while only the time goes on.
_SHORTEST, _LONGEST = 0.25, 1.0
#: Bytes of an unfinished picture: it is sent again with every update.
_PARTIAL_BYTES = 20_000


class LiveDisplay:
    """One run's place under a cell.

    Parameters
    ----------
    job
        The run.
    preview
        The long side of the finished picture in pixels.
    shows_result
        Whether the finished picture takes the place of the progress. If not, the place is left empty: the
        result is then a value, and IPython shows it where it is the cell's last.
    monotonic
        The clock, passed in so that tests never wait.
    """

    def __init__(
        self,
        job: Job,
        *,
        preview: int = PREVIEW_SIDE,
        shows_result: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job = job
        self._preview = preview
        self._shows_result = shows_result
        self._monotonic = monotonic
        self._started = monotonic()
        self._updated = self._started
        self._changed = True
        self._progress = Progress(side=preview)
        self._place: Any = None
        #: What came before the run ended with an error.
        self._result: Result | None = None

    def wait(self) -> Result:
        """Show the run until its end.

        Raises
        ------
        DetachedError
            If interrupted. The run goes on, and its picture comes here when it is there.
        ImagegenError
            What ended the run.
        """
        live = _has_live_outputs()
        try:
            for event in self._job.events(PATIENCE):
                self._take(event)
                if live:
                    self._tick()
            result = self._job.result()
        except KeyboardInterrupt:
            self.follow("detached; the picture will appear here when it is ready")
            # The interrupt is not the cause of anything the user should read about.
            raise DetachedError from None
        except BaseException:
            if self._result is None:
                self._clear()
            else:
                # Some of the pictures are there; the error says what is missing.
                self._show(mimebundle(self._result, preview=self._preview))
            raise
        if self._shows_result:
            self._show(mimebundle(result, preview=self._preview))
        else:
            self._clear()
        return result

    def follow(self, state: str = "being made; the picture will appear here") -> None:
        """Leave the run to itself: say so, return at once, and show what comes of it when it comes."""
        self._progress = replace(self._progress, state=state, elapsed=None)
        if _has_live_outputs():
            self._show(_moment(self._progress))
            self._job.subscribe(self._finish_later)

    def _finish_later(self, event: Event | None) -> None:
        """Called on the runner's thread."""
        if isinstance(event, Done):
            self._result = event.result
        if event is not None:
            return
        error = self._job.future.exception()
        if error is not None and self._result is not None:
            result = replace(self._result, notes=(*self._result.notes, str(error)))
            self._show(mimebundle(result, preview=self._preview))
            return
        if error is None:
            self._show(mimebundle(self._job.result(), preview=self._preview))
        else:
            said = str(error) if isinstance(error, ImagegenError) else f"{type(error).__name__}: {error}"
            self._show(ended_bundle(f"not made: {said}"))

    def _take(self, event: Event | None) -> None:
        progress = self._progress
        match event:
            case Planned():
                request = event.request
                progress = replace(
                    progress,
                    model=request.model,
                    size=request.size,
                    quality=request.quality,
                    pictures=event.stored + event.missing,
                    stored=event.stored,
                    estimate=event.estimate,
                )
            case Joined():
                progress = replace(progress, state=event.told)
            case Sent():
                again = f", attempt {event.attempt}" if event.attempt > 1 else ""
                progress = replace(progress, state=f"sent{again}")
            case Waiting():
                progress = replace(progress, state=f"again in {event.wait:.0f} s: {event.reason}")
            case PartialShown():
                state = f"unfinished picture {event.index + 1}"
                progress = replace(progress, state=state, partial=_partial(event.data, self._preview))
            case Done():
                self._result = event.result
            case Kept() if progress.pictures > 1:
                progress = replace(progress, kept=(*progress.kept, small_preview(event.image)), partial=None)
        self._changed = self._changed or progress is not self._progress
        self._progress = progress

    def _tick(self) -> None:
        """Show the moment, if it is time to and there is more to come."""
        now = self._monotonic()
        since = now - self._updated
        if self._job.done or now - self._started < PATIENCE:
            return
        if self._place is None or since >= _LONGEST or (self._changed and since >= _SHORTEST):
            self._progress = replace(self._progress, elapsed=now - self._started)
            self._changed, self._updated = False, now
            self._show(_moment(self._progress))

    def _show(self, bundle: MimeBundle) -> None:
        from IPython.display import DisplayHandle

        data, metadata = bundle
        if self._place is None:
            handle: Any = DisplayHandle  # ships without types
            # Ours before it is seen: an interrupt that comes with the output must not begin a second one.
            self._place = handle()
            self._place.display(data, metadata=metadata, raw=True)
        else:
            self._place.update(data, metadata=metadata, raw=True)

    def _clear(self) -> None:
        if self._place is not None:
            self._show(({"text/html": "", "text/plain": ""}, {}))


def watch(job: Job) -> Result:
    """Show a run's progress while it lasts, and give back its result.

    Raises
    ------
    DetachedError
        If interrupted.
    ImagegenError
        What ended the run.
    """
    return LiveDisplay(job, shows_result=False).wait()


def _moment(progress: Progress) -> MimeBundle:
    return {"text/html": progress_html(progress), "text/plain": progress_text(progress)}, {}


def _partial(data: bytes, side: int) -> Preview | None:
    """A small copy of an unfinished picture; it is only for looking at, so None where it cannot be read."""
    from jupyter_imagegen import imaging

    try:
        return imaging.preview(data, max_side=side, max_bytes=_PARTIAL_BYTES)
    except imaging.ImageRejected:
        return None


def _has_live_outputs() -> bool:
    """Whether outputs can change after they were shown: in a kernel, but not in a terminal."""
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")
