"""The façade behind the public Python API: one session for each process, sync and async from one way in."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import wait
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from jupyter_imagegen.accounts import Accounts
from jupyter_imagegen.cassettes import Cassettes
from jupyter_imagegen.core.events import Done, Sent
from jupyter_imagegen.core.results import SESSIONS
from jupyter_imagegen.core.sizes import parse_size, same_shape
from jupyter_imagegen.desk import Desk
from jupyter_imagegen.errors import DetachedError, ImagegenError, SourceError
from jupyter_imagegen.finishing import finished
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.runner import Runner
from jupyter_imagegen.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from PIL.Image import Image as PILImage

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Image, Result
    from jupyter_imagegen.desk import Preflight
    from jupyter_imagegen.orders import PictureOptions
    from jupyter_imagegen.runner import Job
    from jupyter_imagegen.storage import Storage


#: Seconds between two tries to open a store that cannot be used, where only prices are asked.
_LOOK_AGAIN_SECONDS = 5.0


def _local_time() -> datetime:
    return datetime.now().astimezone()


class Session(StaysHere):
    """Settings, store, ledger and engine of one process, behind one set of verbs.

    Parameters
    ----------
    environ
        The environment; read at each call, so that a key set in a cell counts at once. None for the
        process's own: as a default it would stand in the signature that Shift-Tab shows.
    demo_fallback
        Whether a picture that cannot be bought for want of a key is painted by the demo provider. For people
        at a kernel; anything unattended ends with the error instead.
    now
        The local time, with its zone: days and months of budgets are the user's own.

    Examples
    --------
    >>> session = Session(demo_fallback=True)
    >>> session.generate("a lighthouse at dusk").provider
    'demo'
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        demo_fallback: bool = False,
        now: Callable[[], datetime] = _local_time,
    ) -> None:
        self.workshop = Workshop(environ=environ, demo_fallback=demo_fallback, now=now)
        self.accounts = Accounts(self.workshop, last=lambda: self.last)
        SESSIONS[self.workshop.id] = self
        self.cassettes = Cassettes(self.workshop)
        #: Shows a job's progress and waits for its result; set by the display where there is one.
        self.watch: Callable[[Job], Result] = _wait
        self.last: Result | None = None
        self._desk = Desk(self.workshop, last=lambda: self.last)
        self._runner = Runner()
        self._jobs: list[Job] = []
        self._jobs_lock = threading.Lock()

    def configure(self, **values: object) -> Settings:
        """Change settings for this session; None goes back to what the files and the environment say.

        Parameters
        ----------
        **values
            `provider model size quality background output_format output_compression moderation timeout
            preview budget allowed_urls cassette record_mode cassette_preview home stores catalog`.

        Returns
        -------
        Settings
            What holds now.

        Raises
        ------
        ConfigError
            If a name is unknown or a value cannot be used; then nothing changes.

        Examples
        --------
        >>> imagegen.configure(quality="medium").quality
        'medium'
        """
        from jupyter_imagegen.orders import plain_value

        settings = self.workshop.configure({name: plain_value(value) for name, value in values.items()})
        # Another budget or another home may be in force.
        self.accounts.changed()
        return settings

    def generate(self, prompt: str, **options: Unpack[PictureOptions]) -> Result:
        """Make pictures from words; stored pictures cost nothing.

        Parameters
        ----------
        prompt
            What to draw, at most 32,000 characters.
        **options
            The cell's options by their long names: `model n size quality background complexity
            output_format output_compression moderation frame_count frame_duration_ms svg partial_images
            safety_identifier`, as in OpenAI's images API; `style` (a name or several), `provider`
            ("openai", "demo"), `fresh` (buy another sample), `max_cost` (US dollars), `timeout` (seconds),
            `alt` (text for a screen reader).

        Returns
        -------
        Result
            `.images`, `.cost`, `.usage`, `.cached`, `.key`, `.request`.

        Raises
        ------
        RequestError
            If a value cannot be sent.
        BudgetError
            If a budget or `max_cost` blocks it.
        ProviderError
            If the picture was not made.
        DetachedError
            If interrupted; the picture still lands in the store.

        Examples
        --------
        >>> import jupyter_imagegen as imagegen
        >>> r = imagegen.generate("a lighthouse at dusk", size="1024x1024", n=2, provider="demo")
        >>> len(r.images), r.cost.usd
        (2, Decimal('0'))
        """
        return self.watch(self.submit(prompt, **options))

    async def agenerate(self, prompt: str, **options: Unpack[PictureOptions]) -> Result:
        """Make pictures from words without blocking; takes and raises what `generate` does.

        Cancelling the awaiting task detaches: the picture still lands in the store.

        Examples
        --------
        >>> r = await imagegen.agenerate("a lighthouse at dusk", provider="demo")
        """
        return await _awaited(self.submit(prompt, **options))

    def edit(
        self,
        prompt: str,
        *,
        image: object,
        mask: object = None,
        markup: object = None,
        **options: Unpack[PictureOptions],
    ) -> Result:
        """Make pictures from pictures and words.

        Parameters
        ----------
        prompt
            What to change.
        image
            A picture, or a list of up to 16: paths, open files, results, PIL images, NumPy arrays, Matplotlib
            figures, bytes, `(name, contents)` as OpenAI's SDK takes it, "last", a key. Metadata such as the
            place is cut out of it; what else is changed is in the result's `notes`.
        mask
            Where to change the first picture: alpha 0, or white in a black-and-white picture, or 1 in an
            array. One that marks nothing is refused.
        markup
            Instructions drawn on a transparent picture; not together with a mask.
        **options
            As for `generate`, where without a `size` the first picture's shape is taken (the nearest size
            that the model makes), and `input_fidelity`, `keep_outside` (put the original back outside the
            mask), `feather` (pixels over which it then fades in, inside the mask).

        Returns
        -------
        Result
            As for `generate`.

        Raises
        ------
        SourceError
            If a picture cannot be found or used; besides all that `generate` raises.

        Examples
        --------
        >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
        >>> imagegen.edit("make it winter", image=r, provider="demo").images[0].width
        1024
        """
        return self.watch(self._submit_edit(prompt, image, mask=mask, markup=markup, **options))

    async def aedit(
        self,
        prompt: str,
        *,
        image: object,
        mask: object = None,
        markup: object = None,
        **options: Unpack[PictureOptions],
    ) -> Result:
        """Make pictures from pictures and words without blocking; takes and raises what `edit` does."""
        return await _awaited(self._submit_edit(prompt, image, mask=mask, markup=markup, **options))

    def _submit_edit(self, prompt: str, image: object, **options: Any) -> Job:
        if image is None:
            raise SourceError("there is no picture to change: image is None")
        return self.submit(prompt, image=image, **options)

    def submit(
        self,
        prompt: str,
        *,
        image: object = None,
        mask: object = None,
        markup: object = None,
        names: Mapping[str, Any] | None = None,
        **options: Unpack[PictureOptions],
    ) -> Job:
        """Begin a run and return at once; takes what `edit` does, and the names of the notebook."""
        settings = self.workshop.settings()
        if settings.record_mode != "replay":
            self.workshop.stores.look_again(settings.home.absolute())
        order = self._desk.order(settings, prompt, (image, mask, markup), names, options)
        # It ends in the store it began with, whatever is set meanwhile.
        storage = self.workshop.storage_for(settings)
        whole = finished(
            self.workshop.engine(settings).run(order),
            order,
            storage,
            keep_outside=bool(options.get("keep_outside")),
            feather=int(options.get("feather") or 0),
            record=partial(self.cassettes.record, storage),
        )
        with self._jobs_lock:
            job = self._runner.submit(self._told(self._shown(whole, storage)))
            self._jobs = [*(running for running in self._jobs if not running.done), job]
        return job

    def preflight(
        self,
        prompt: str,
        *,
        image: object = None,
        mask: object = None,
        markup: object = None,
        names: Mapping[str, Any] | None = None,
        **options: Unpack[PictureOptions],
    ) -> Preflight:
        """What a run would do and cost; spends nothing and calls no API. Takes what `submit` does."""
        self.workshop.look_again(every=_LOOK_AGAIN_SECONDS)
        return self._desk.preflight(prompt, (image, mask, markup), names, options)

    def estimate(self, prompt: str, **options: Any) -> Estimate:
        """The price of pictures, before: what they cost when none is stored; spends nothing.

        Parameters
        ----------
        prompt
            As for `generate`; its length is part of the price.
        **options
            As for `generate`, and `image`, `mask`, `markup` as for `edit`.

        Returns
        -------
        Estimate
            `.usd` the likely price, `.ceiling` the most it can be, both None where it is unknown. It is the
            price of a real picture, also where no key is set.

        Examples
        --------
        >>> imagegen.estimate("a lighthouse", quality="low").tokens.image_output
        196
        """
        found = self.preflight(prompt, **options)
        notes = [found.listed.note, *found.order.notes]
        return replace(found.listed, note="; ".join(filter(None, notes)))

    def wait(self, timeout: float | None = None) -> list[Result]:
        """Wait for every picture still being made.

        Parameters
        ----------
        timeout
            Seconds for each; None for as long as it takes.

        Raises
        ------
        ImagegenError
            The first error among them.
        TimeoutError
            If one is not there in time.
        """
        jobs = self._taken_jobs()
        try:
            return [job.result(timeout) for job in jobs]
        except BaseException:
            # The others go on, and can still be waited for and cancelled.
            with self._jobs_lock:
                self._jobs = [*(job for job in jobs if not job.done), *self._jobs]
            raise

    def cancel(self) -> int:
        """Give up every picture still being made, and say how many; what was sent may be billed."""
        jobs = [job for job in self._taken_jobs() if not job.done]
        for job in jobs:
            job.cancel()
        return len(jobs)

    def _taken_jobs(self) -> list[Job]:
        with self._jobs_lock:
            jobs, self._jobs = self._jobs, []
            return jobs

    def close(self) -> None:
        """Give up what is being made, end the thread and close the store; for sessions of one's own."""
        jobs = self._taken_jobs()
        for job in jobs:
            job.cancel()
        wait([job.future for job in jobs])
        if self.workshop.has_providers:
            self._runner.call(self.workshop.close_providers())
        self._runner.close()
        self.workshop.close()

    def edit_result(self, result: Result, prompt: str, **options: Any) -> Result:
        """Edit a result's first picture, with its model, size and quality unless others are given.

        A composite has the shape of what it was made from; where that is not the size that was asked for, the
        edit takes the composite's.
        """
        asked = result.request
        inherited = {"model": asked.model, "quality": asked.quality, "provider": result.provider}
        image, sides = result.images[0], parse_size(asked.size)
        if not result.composites or sides is None or same_shape(sides, (image.width, image.height)):
            inherited["size"] = asked.size
        given = {name: value for name, value in options.items() if value is not None}
        return self.edit(prompt, image=result, **{**inherited, **given})

    def mimebundle(self, result: Result) -> tuple[dict[str, Any], dict[str, Any]]:
        """A result's forms for a notebook, and their metadata."""
        from jupyter_imagegen.render import mimebundle

        return mimebundle(result, preview=result.preview_side or self.workshop.settings().preview)

    def image_bundle(self, image: Image) -> tuple[dict[str, Any], dict[str, Any]]:
        """A picture's forms for a notebook, and their metadata."""
        from jupyter_imagegen.render.pictures import image_bundle

        return image_bundle(image, preview=self.workshop.settings().preview)

    def opened(self, data: bytes) -> PILImage:
        """A picture with small damage, decoded as far as it is there."""
        from jupyter_imagegen import imaging

        return imaging.opened(data)

    def save(
        self, image: Image, path: str | Path, *, overwrite: bool = False, number: int | None = None
    ) -> Path:
        """Write a copy of a picture; see `exports.save_copy`."""
        from jupyter_imagegen.exports import save_copy

        return save_copy(image, path, folder=Path.cwd(), overwrite=overwrite, number=number)

    async def _shown(
        self, events: AsyncGenerator[Event, None], storage: Storage
    ) -> AsyncGenerator[Event, None]:
        """The same events, with a result that can show, save and edit itself."""
        from jupyter_imagegen.render.captions import alt_words

        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    result, note = event.result, self.workshop.stores.note(storage)
                    alt = alt_words(result)
                    result = replace(
                        result,
                        images=tuple(replace(image, alt=alt) for image in result.images),
                        session_id=self.workshop.id,
                        notes=(*result.notes, note) if note else result.notes,
                        ledger_line=self._ledger_line(storage),
                    )
                    self.last = result
                    yield Done(result=result)
                else:
                    yield event

    async def _told(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """The same events; whoever listens to the accounts hears when a run may have changed them."""
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Sent):
                        self.accounts.changed()
                    yield event
        finally:
            # However the run ended, its charge is closed by now.
            self.accounts.changed()

    def _ledger_line(self, storage: Storage) -> str:
        """The caption's words on money; nothing where they cannot be had, for the picture is paid for."""
        try:
            return self.accounts.line(storage)
        except ImagegenError:
            return ""


def _wait(job: Job) -> Result:
    """Wait without showing anything; an interrupt detaches."""
    try:
        for _ in job.events():
            pass
        return job.result()
    except KeyboardInterrupt:
        raise DetachedError from None


async def _awaited(job: Job) -> Result:
    # Cancelling the awaiting task leaves the run alone: a job's future has begun and cannot be cancelled.
    return await asyncio.wrap_future(job.future)
