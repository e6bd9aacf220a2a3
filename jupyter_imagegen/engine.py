"""The one way from a request to its pictures: cassette → store → in-flight → budget → provider → ledger.

The engine yields events and shows nothing; cell, panel, command line and tests read the same stream. Its
order is the promise: what is stored is never bought, what is bought is reserved first, and a picture's bytes
are on disk before anyone hears of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_imagegen.core.events import Done, Joined, Noted, Planned
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.results import Cost, Image, Result
from jupyter_imagegen.core.text import missing_words
from jupyter_imagegen.errors import (
    ImagegenError,
    NotRecordedError,
    PossiblyBilledError,
    ProviderError,
    RequestError,
    StoreError,
)
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.purchase import Order, Purchase, estimated, to_the_end
from jupyter_imagegen.storage import cost_to_author
from jupyter_imagegen.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from filelock import BaseFileLock

    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.storage import Storage

#: Seconds between two looks at a lock that another process holds, between two words about it, and until a run
#: no longer waits: whatever it waits for has hung.
_LOCK_POLL = 0.05
_LOCK_TOLD = 5.0
_LOCK_LONGEST = 3600.0


@dataclass(kw_only=True)
class _Run:
    """What a run has so far."""

    stored: list[Image] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    purchase: Purchase | None = None
    planned: bool = False


class Engine(StaysHere):
    """Runs orders against one store and one ledger, on one event loop.

    Parameters
    ----------
    storage
        Where pictures and charges are kept.
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
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._storage = storage
        self._monotonic = monotonic
        self._now = now
        self._sleep = sleep
        self._turns = Turns()
        #: By key, how many samples were replayed: `--fresh` goes on to the next, as it did for the author.
        self._replayed: dict[str, int] = {}

    async def run(self, order: Order) -> AsyncGenerator[Event, None]:
        """Bring an order's pictures: from cassette and store where they are, from the provider where not.

        Yields
        ------
        Event
            `Planned` first, `Done` last.

        Raises
        ------
        RequestError
            If the request cannot be sent, or replay has no picture for it; nothing was called.
        BudgetError
            If a budget or `max_cost` blocks it; nothing was called.
        ProviderError
            If the provider did not make the picture.

        Where some of the pictures are there, they are the result, and its notes say why the others are not;
        in replay the error follows the result.
        """
        started = self._monotonic()
        key = request_key(order.request, namespace=order.provider.namespace)
        run = _Run()
        try:
            await self._look(order, key, run)
            if len(run.stored) == order.options.n:
                yield _planned(order, key, run.stored, None)
            else:
                async with contextlib.aclosing(self._completed(order, key, run)) as events:
                    async for event in events:
                        yield event
        except ImagegenError as exc:
            # Whatever keeps the others back, those that are there are shown.
            if not run.stored:
                raise
            if not run.planned:
                yield _planned(order, key, run.stored, None)
            if isinstance(exc, NotRecordedError):
                # A lesson that lacks a picture must stop; what it has is shown before.
                yield await to_the_end(self._done, order, key, run, started)
                raise
            run.notes.append(missing_words(order.options.n, len(run.stored), exc))
        yield await to_the_end(self._done, order, key, run, started)

    async def _completed(self, order: Order, key: str, run: _Run) -> AsyncGenerator[Event, None]:
        """Bring what is missing: from whoever makes it now, else by a call."""
        self._refuse_replay(order, key)
        failed = await to_the_end(self._storage.ledger.failures.of, key)
        run.notes += order.provider.validate(order.request, order.options, moment=self._now())
        if order.provider.paid:
            # It may look into files of others, and the loop is everybody's.
            run.notes += await to_the_end(order.before_paying)
        missing = order.options.n - len(run.stored)
        run.planned = True
        yield _planned(order, key, run.stored, estimated(order, missing, self._now()))
        for note in (*order.notes, *run.notes):
            yield Noted(text=note)

        async with self._turns.asking(key) as turn:
            if turn.busy:
                yield Joined()
            async with turn.taken():
                lock = self._storage.lock(key)
                async with contextlib.aclosing(self._locked(key, lock)) as events:
                    async for event in events:
                        yield event
                try:
                    await self._look(order, key, run)
                    missing = order.options.n - len(run.stored)
                    if missing:
                        await to_the_end(self._share_failure, order, key, failed)
                    # Whoever holds the lock is the only buyer: a charge still open has lost its process.
                    await to_the_end(self._storage.ledger.settle_orphans, key)
                    if missing:
                        run.purchase = Purchase(
                            order=order,
                            key=key,
                            n=missing,
                            storage=self._storage,
                            moment=self._now(),
                            monotonic=self._monotonic,
                        )
                        async with contextlib.aclosing(self._bought(run.purchase)) as events:
                            async for event in events:
                                yield event
                finally:
                    lock.release()

    async def _locked(self, key: str, lock: BaseFileLock) -> AsyncGenerator[Event, None]:
        """Take a key's lock, and say who has it while it is waited for."""
        began, told = self._monotonic(), float("-inf")
        while not self._storage.take(lock):
            now = self._monotonic()
            if now - told >= _LOCK_TOLD:
                told, who = now, self._storage.holder(key, waited=now - began)
                if now - began >= _LOCK_LONGEST:
                    raise StoreError(
                        f"this run has waited for {now - began:.0f} s for {who}",
                        hint="If that process hangs, end it: its lock ends with it. Then run the cell again.",
                    )
                yield Joined(holder=who)
            await self._sleep(_LOCK_POLL)

    async def _look(self, order: Order, key: str, run: _Run) -> None:
        if order.deck.replays:
            # The file is open, and samples are counted in the order in which cells ask.
            self._find_stored(order, key, run)
        else:
            await to_the_end(self._find_stored, order, key, run)

    def _find_stored(self, order: Order, key: str, run: _Run) -> None:
        """Find what is there already; a fresh run wants none of it, except in replay, which has nothing else.

        Raises
        ------
        StoreError
            If others are there and cannot be read now; those that can are found all the same.
        """
        n, pictures, deck = order.options.n, self._storage.pictures, order.deck
        if not deck.replays:
            run.stored, unreadable = ([], None) if order.fresh else deck.look(pictures, key, n)
            if unreadable is not None:
                raise unreadable
            return
        seen = self._replayed.get(key, 0)
        found = deck.find(pictures, key, seen + n if order.fresh else n)
        self._replayed[key] = max(seen, len(found))
        run.stored = found[-n:]

    def _refuse_replay(self, order: Order, key: str) -> None:
        """Nobody is called in replay, and nobody is sent a small copy in place of a picture."""
        deck, request = order.deck, order.request
        if deck.replays and deck.cassette is not None:
            from jupyter_imagegen.storage.misses import not_recorded

            raise not_recorded(deck.cassette, request, key, order.options.n)
        if any(image.reduced for image in getattr(request, "images", ())):
            raise RequestError(
                "the cassette holds only a small copy of the picture to change, and that is not sent",
                hint="Make the picture again without the cassette: `%imagegen cassette use none`.",
            )

    async def _bought(self, purchase: Purchase) -> AsyncGenerator[Event, None]:
        """A purchase's events; how it failed is written down while the key's lock is still held."""
        try:
            async with contextlib.aclosing(purchase.run()) as events:
                async for event in events:
                    yield event
        finally:
            if purchase.failure is not None and purchase.charge_id:
                # A ledger that cannot be written must not hide what went wrong.
                with contextlib.suppress(StoreError):
                    await to_the_end(
                        self._storage.ledger.failures.remember, purchase.charge_id, purchase.failure
                    )

    def _share_failure(self, order: Order, key: str, failed: frozenset[str]) -> None:
        """Fifty waiters must not repeat, one after the other, what was refused or may have been billed.

        Whoever asks after the failure tries anew. A process that was killed has not failed: whoever waited
        for it takes over.
        """
        failure = self._storage.ledger.failures.since(key, failed)
        if isinstance(failure, ProviderError):
            raise failure
        if failure is not None and not order.fresh:
            raise PossiblyBilledError(
                "another run sent this request while this one waited, and its answer never came",
                hint="It may have been billed. Run the cell again for another try.",
            )

    def _done(self, order: Order, key: str, run: _Run, started: float) -> Done:
        purchase = run.purchase
        stored = run.stored
        from_store = [image for image in stored if image.origin == "store"]
        saved = sum((image.cost_usd or Decimal(0) for image in from_store), Decimal(0))
        if from_store:
            # The count of hits is worth less than the pictures: a full disk must not keep them back.
            with contextlib.suppress(StoreError):
                self._storage.ledger.remember_hit(
                    model=order.request.model,
                    provider=order.provider.name,
                    pictures=len(from_store),
                    saved=saved,
                )
        bought = purchase.images if purchase else []
        layers = self._storage.pictures.notes_on_layers(stored, missing=len(bought))
        notes = [*run.notes, *(purchase.notes if purchase else ())]
        if not order.provider.paid:
            # What a free provider drew in place of the prompt is said under its pictures, stored ones too.
            drawn = (image.revised_prompt for image in (*stored, *bought))
            notes += dict.fromkeys(text for text in drawn if text)
        return Done(
            result=Result(
                request=order.request,
                key=key,
                provider=order.provider.name,
                images=(*stored, *bought),
                cost=Cost(
                    usd=purchase.usd if purchase else Decimal(0),
                    saved_usd=saved,
                    ceiling_usd=purchase.ceiling if purchase else None,
                    author_usd=cost_to_author(stored),
                ),
                usage=purchase.usage if purchase else None,
                seconds=self._monotonic() - started,
                alt=order.alt,
                notes=(*order.notes, *layers, *notes),
            )
        )


def _planned(order: Order, key: str, stored: list[Image], estimate: Estimate | None) -> Planned:
    return Planned(
        request=order.request,
        key=key,
        provider=order.provider.name,
        stored=len(stored),
        missing=order.options.n - len(stored),
        estimate=estimate,
    )
