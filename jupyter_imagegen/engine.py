"""The one way from a request to its pictures: store → in-flight → budget → provider → disk → ledger.

The engine yields events and shows nothing; cell, panel, command line and tests read the same stream. Its
order is the promise: what is stored is never bought, what is bought is reserved first, and a picture's bytes
are on disk before anyone hears of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.events import Done, Joined, Kept, Noted, PartialShown, Planned, Sent, Waiting
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.results import Cost, Image, Result
from jupyter_imagegen.errors import (
    BadAnswerError,
    BudgetExceededError,
    PossiblyBilledError,
    ProviderError,
    StoreError,
    UnknownPriceError,
)
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Retrying, Sending

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine

    from filelock import BaseFileLock

    from jupyter_imagegen.core.budgets import Budget
    from jupyter_imagegen.core.catalog import Catalog
    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.pricing import Estimate
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.storage import Storage

#: Seconds between two looks at a lock that another process holds.
_LOCK_POLL = 0.05


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request and everything about this run of it that does not change the picture.

    Attributes
    ----------
    request, options, provider
        What is asked, how it is sent, and who makes it.
    fresh : bool
        Buy new samples although stored ones are there.
    budgets : tuple of Budget
        Budgets from the configuration, besides those in the ledger.
    max_cost : Decimal or None
        US dollars that this one run may cost at most.
    alt, notebook : str
        Alt text, and the notebook's name for the history.
    """

    request: GenerateRequest
    options: CallOptions
    provider: Provider
    fresh: bool = False
    budgets: tuple[Budget, ...] = ()
    max_cost: Decimal | None = None
    alt: str = ""
    notebook: str = ""


class Engine:
    """Runs orders against one store and one ledger, on one event loop.

    Parameters
    ----------
    storage
        Where pictures and charges are kept.
    catalog
        What models accept and cost.
    monotonic, now, sleep
        Clocks and waiting, passed in so that tests never wait.

    Examples
    --------
    >>> async for event in engine.run(Order(request=request, options=CallOptions(), provider=DemoProvider())):
    ...     print(type(event).__name__)
    Planned
    Sent
    Kept
    Done
    """

    def __init__(
        self,
        *,
        storage: Storage,
        catalog: Catalog,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._storage = storage
        self._catalog = catalog
        self._monotonic = monotonic
        self._now = now
        self._sleep = sleep
        self._turns: dict[str, _Turn] = {}

    async def run(self, order: Order) -> AsyncGenerator[Event, None]:
        """Bring an order's pictures: from the store where they are there, from the provider where not.

        Yields
        ------
        Event
            `Planned` first, `Done` last.

        Raises
        ------
        RequestError
            If the request cannot be sent; nothing was called.
        BudgetError
            If a budget or `max_cost` stands against it; nothing was called.
        ProviderError
            If the provider did not make the picture.
        """
        run = _Run(
            order=order,
            key=request_key(order.request, namespace=order.provider.namespace),
            started=self._monotonic(),
        )
        self._look(run)
        if not run.missing:
            yield run.planned(None)
            yield self._done(run)
            return

        run.notes += self._validated(order)
        yield run.planned(self.estimate(order, run.missing))
        for note in run.notes:
            yield Noted(text=note)

        asked_at = self._now()
        turn = self._turns.setdefault(run.key, _Turn())
        async with turn.asking(forget=partial(self._turns.pop, run.key, None)):
            if turn.busy:
                yield Joined()
            async with turn.taken(share_failure=not order.fresh):
                lock = self._storage.lock(run.key)
                if not _acquired(lock):
                    yield Joined()
                    while not _acquired(lock):
                        await self._sleep(_LOCK_POLL)
                    self._refuse_second_bill(run.key, asked_at)
                try:
                    # Whoever holds the lock is the only buyer, so a charge still open here lost its process.
                    self._storage.ledger.settle_orphans(run.key)
                    self._look(run)
                    if run.missing:
                        async with contextlib.aclosing(self._buy(run)) as bought:
                            async for event in bought:
                                yield event
                finally:
                    lock.release()
        yield self._done(run)

    def estimate(self, order: Order, n: int) -> Estimate:
        """What `n` pictures of an order would cost; spends nothing."""
        from jupyter_imagegen.core.pricing import estimate

        priced = estimate(order.request, replace(order.options, n=n), catalog=self._catalog)
        return priced if order.provider.paid else replace(priced, usd=Decimal(0), ceiling=Decimal(0))

    def _look(self, run: _Run) -> None:
        """What the store already has; a fresh run wants none of it."""
        if not run.order.fresh:
            run.stored = self._storage.pictures.find(run.key, run.order.options.n)
            run.missing = run.order.options.n - len(run.stored)

    def _validated(self, order: Order) -> list[str]:
        from jupyter_imagegen.core.validation import validate

        return validate(
            order.request,
            order.options,
            catalog=self._catalog,
            today=self._now().date(),
            official=order.provider.official,
        )

    def _refuse_second_bill(self, key: str, asked_at: datetime) -> None:
        """Fifty waiters must not repeat, one after the other, a call that may have been billed."""
        if self._storage.ledger.possibly_billed_since(key, asked_at):
            raise PossiblyBilledError(
                "another run sent this request while this one waited, and its answer never came",
                hint="It may have been billed. Run the cell again to try once more.",
            )

    async def _buy(self, run: _Run) -> AsyncGenerator[Event, None]:
        """Reserve, call, keep, settle."""
        order, ledger = run.order, self._storage.ledger
        priced = self.estimate(order, run.missing)
        _check_max_cost(order.max_cost, priced)
        first = self._storage.pictures.next_sample(run.key)
        charge = ledger.reserve(
            key=run.key,
            provider=order.provider.name,
            model=order.request.model,
            endpoint=order.provider.endpoint,
            n=run.missing,
            ceiling=priced.ceiling,
            budgets=order.budgets if order.provider.paid else (),
            notebook=order.notebook,
        )
        run.charge_id, run.ceiling = charge.id, priced.ceiling
        options = replace(order.options, n=run.missing, first_sample=first)
        sent_at: float | None = None
        answer = Answered()
        try:
            async with contextlib.aclosing(order.provider.make(order.request, options)) as events:  # type: ignore[type-var]
                async for event in events:
                    if isinstance(event, Sending):
                        ledger.mark_sent(charge.id)
                        sent_at = sent_at or self._monotonic()
                    if isinstance(event, Sending | Retrying | Partial):
                        yield _progress(event)
                    elif isinstance(event, Drawn):
                        seconds = self._monotonic() - (sent_at or run.started)
                        sample = first + len(run.bought) + len(run.rejected)
                        image = await _finish(self._keep(run, event, sample=sample, seconds=seconds))
                        if image is not None:
                            yield Kept(image=image)
                    else:
                        answer = event
        except ProviderError as exc:
            self._settle_failure(run, exc)
            if not run.bought:
                raise
            run.notes.append(str(exc))
        except BaseException:
            # Abandoned: what had not left is certainly not billed, what had left may be.
            if sent_at is None:
                ledger.release(charge.id, "abandoned before it was sent")
            else:
                ledger.possibly_billed(charge.id, "abandoned while the provider was working")
            raise
        else:
            self._settle(run, answer)

    async def _keep(self, run: _Run, drawn: Drawn, *, sample: int, seconds: float) -> Image | None:
        """Believe a picture, then put it on disk; a full disk still leaves the picture in hand."""
        from jupyter_imagegen.imaging import ImageRejected, examine

        svg = run.order.request.output_format == "svg"
        try:
            inspected, preview = await asyncio.to_thread(examine, drawn.data, allow_svg=svg)
        except ImageRejected as exc:
            run.rejected.append(str(exc))
            return None
        facts: dict[str, Any] = {
            "sample": sample,
            "seconds": seconds,
            "revised_prompt": drawn.revised_prompt,
        }
        try:
            image = await asyncio.to_thread(
                self._storage.pictures.keep,
                key=run.key,
                namespace=run.order.provider.namespace,
                request=run.order.request,
                provider=run.order.provider.name,
                data=drawn.data,
                inspected=inspected,
                preview=preview,
                charge_id=run.charge_id,
                notebook=run.order.notebook,
                alt=run.order.alt,
                **facts,
            )
        except StoreError as exc:
            run.notes.append(f"{exc} The picture is shown but not stored: keep it with r.save(…).")
            image = self._storage.pictures.unkept(
                data=drawn.data, inspected=inspected, preview=preview, **facts
            )
        run.bought.append(image)
        return image

    def _settle(self, run: _Run, answer: Answered) -> None:
        """Write down what the call cost, by its usage; without usage it stays at its ceiling."""
        order = run.order
        run.usage = answer.usage
        run.spent = self._cost(order, answer)
        if answer.warning:
            run.notes.append(answer.warning)
        if order.request.size == "auto" and answer.size:
            run.notes.append(f"size auto became {answer.size}.")
        if order.request.quality == "auto" and answer.quality:
            run.notes.append(f"quality auto became {answer.quality}.")
        if run.bought and len(run.bought) < run.missing:
            run.notes.append(f"{len(run.bought)} of {run.missing} pictures came; run again for the rest.")
        try:
            self._storage.ledger.settle(
                run.charge_id,
                cost=run.spent,
                usage=answer.usage,
                pictures=len(run.bought),
                request_id=answer.request_id,
            )
            run.bought = self._storage.pictures.price(
                run.key, run.bought, cost=run.spent, usage=answer.usage, request_id=answer.request_id
            )
        except StoreError as exc:
            run.notes.append(f"{exc} The charge stays in the ledger at its ceiling.")
        if not run.bought:
            reasons = "; ".join(run.rejected) or "there was none in it"
            raise BadAnswerError(
                f"the answer of {order.provider.name} held no picture that can be believed: {reasons}",
                hint="It may have been billed. Run the cell again to try once more.",
            )
        run.notes += [f"a picture was put aside: {reason}" for reason in run.rejected]

    def _settle_failure(self, run: _Run, exc: ProviderError) -> None:
        ledger = self._storage.ledger
        if exc.billed == "no" and not run.bought:
            ledger.release(run.charge_id, type(exc).__name__)
        else:
            ledger.possibly_billed(run.charge_id, type(exc).__name__)

    def _cost(self, order: Order, answer: Answered) -> Decimal | None:
        """US dollars of a call, exact where the usage is there and its rates are known."""
        from jupyter_imagegen.core.pricing import cost, rates

        if not order.provider.paid:
            return Decimal(0)
        known = rates(order.request.model, self._catalog)
        # An SVG's author model bills tokens of its own, for which no rate is published with the answer.
        if answer.usage is None or known is None or answer.svg_usage:
            return None
        return cost(answer.usage, known)

    def _done(self, run: _Run) -> Done:
        order = run.order
        saved = sum((image.cost_usd or Decimal(0) for image in run.stored), Decimal(0))
        if run.stored:
            self._storage.ledger.remember_hit(
                model=order.request.model, provider=order.provider.name, pictures=len(run.stored), saved=saved
            )
        spent = run.spent if run.bought else Decimal(0)
        return Done(
            result=Result(
                request=order.request,
                key=run.key,
                provider=order.provider.name,
                images=(*run.stored, *run.bought),
                cost=Cost(usd=spent, saved_usd=saved, ceiling_usd=run.ceiling),
                usage=run.usage,
                seconds=self._monotonic() - run.started,
                alt=order.alt,
                notes=tuple(run.notes),
            )
        )


@dataclass(kw_only=True)
class _Run:
    """What one run of an order has gathered so far."""

    order: Order
    key: str
    started: float
    missing: int = field(init=False)
    stored: list[Image] = field(default_factory=list)
    bought: list[Image] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charge_id: str = ""
    ceiling: Decimal | None = None
    spent: Decimal | None = None
    usage: Usage | None = None

    def __post_init__(self) -> None:
        self.missing = self.order.options.n

    def planned(self, estimate: Estimate | None) -> Planned:
        return Planned(
            request=self.order.request,
            key=self.key,
            provider=self.order.provider.name,
            stored=len(self.stored),
            missing=self.missing,
            estimate=estimate,
        )


class _Turn:
    """Who in this process may buy a key now, and how the last one fared."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._askers = 0
        self._ended = 0
        self._failure: ProviderError | None = None

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    @contextlib.asynccontextmanager
    async def asking(self, *, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
        self._askers += 1
        try:
            yield
        finally:
            self._askers -= 1
            if not self._askers:
                forget()

    @contextlib.asynccontextmanager
    async def taken(self, *, share_failure: bool) -> AsyncGenerator[None, None]:
        """Wait for the turn; whoever waited for a run that failed shares its error and does not call again."""
        ended_before = self._ended
        async with self._lock:
            if share_failure and self._failure is not None and self._ended > ended_before:
                raise self._failure
            self._failure = None
            try:
                yield
            except ProviderError as exc:
                self._failure = exc
                raise
            finally:
                self._ended += 1


def _progress(event: Sending | Retrying | Partial) -> Event:
    if isinstance(event, Sending):
        return Sent(attempt=event.attempt)
    if isinstance(event, Retrying):
        return Waiting(wait=event.wait, reason=event.reason, attempt=event.attempt)
    return PartialShown(index=event.index, data=event.data)


def _acquired(lock: BaseFileLock) -> bool:
    from filelock import Timeout

    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


async def _finish(coroutine: Coroutine[Any, Any, Image | None]) -> Image | None:
    """Let a picture reach the disk even when the run is cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(coroutine)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _check_max_cost(max_cost: Decimal | None, estimate: Estimate) -> None:
    from jupyter_imagegen.core.pricing import format_usd

    if max_cost is None:
        return
    if estimate.ceiling is None:
        raise UnknownPriceError(
            f"nobody can say what this would cost at most, and --max-cost is {format_usd(max_cost)}",
            hint="Choose a model and size with a published price, or leave --max-cost out.",
        )
    if estimate.ceiling > max_cost:
        raise BudgetExceededError(
            f"this could cost up to {format_usd(estimate.ceiling)}, "
            f"more than --max-cost {format_usd(max_cost)}",
            hint="Raise --max-cost, or choose a lower quality, a smaller size or fewer pictures.",
        )
