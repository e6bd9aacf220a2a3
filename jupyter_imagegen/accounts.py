"""What was made, what it cost, and what may still be spent: the verbs of the ledger."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from jupyter_imagegen.core import money
from jupyter_imagegen.core.budgets import parse_budget, parse_scope
from jupyter_imagegen.core.zones import zone_of
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.hidden import StaysHere

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from jupyter_imagegen.core.budgets import Budget
    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.storage import Held, HistoryEntry, Spending, Spent, Storage
    from jupyter_imagegen.storage.forgetting import Forgotten
    from jupyter_imagegen.storage.lineage import Ancestor
    from jupyter_imagegen.storage.zones import LedgerZone
    from jupyter_imagegen.workshop import Workshop

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What was spent, and what may still be.

    Attributes
    ----------
    spending : Spending
        Sums of this session, today, this month and all time.
    by_model : mapping of str to Spent
        All time, by model.
    budgets : tuple of Budget
        Every budget in force.
    stopped : str
        Why no call is paid now, whatever it costs; empty where nothing is in its way.
    known : bool
        Whether the sums are true beyond this session; not where the ledger cannot be read.
    """

    spending: Spending
    by_model: Mapping[str, Spent]
    budgets: tuple[Budget, ...]
    stopped: str = ""
    known: bool = True
    load_held: Callable[[], tuple[Held, ...]] = field(default=tuple, repr=False, compare=False)

    @property
    def held(self) -> tuple[Held, ...]:
        """The calls whose cost is not known, the oldest first."""
        return self.load_held()

    def __getstate__(self) -> dict[str, object]:
        # A copy in another process says what was so when it was made; the ledger stays here.
        return {**self.__dict__, "load_held": partial(tuple, self.held)}


class Accounts(StaysHere):
    """The ledger and the history of one session.

    Examples
    --------
    >>> session.accounts.costs().spending.session.usd
    Decimal('0')
    """

    def __init__(
        self,
        workshop: Workshop,
        *,
        last: Callable[[], Result | None] = lambda: None,
    ) -> None:
        self._workshop = workshop
        self._last = last
        self._listeners: dict[object, Callable[[], None]] = {}
        self._listeners_lock = threading.Lock()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever this process may have changed its sums or budgets.

        It is called on the thread where that happened, often the runner's: it must be short. What it raises
        is logged, and nobody else suffers.

        Returns
        -------
        callable
            Ends it.

        Examples
        --------
        >>> stop = session.accounts.listen(lambda: print(session.accounts.line()))
        """
        entry = object()
        with self._listeners_lock:
            self._listeners[entry] = listener

        def stop() -> None:
            with self._listeners_lock:
                self._listeners.pop(entry, None)

        return stop

    def changed(self) -> None:
        """Tell the listeners that sums or budgets may be others now; from any thread."""
        with self._listeners_lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            try:
                listener()
            except Exception:  # noqa: BLE001 - logged with its traceback; the paid picture goes on
                _log.exception("a listener of the accounts failed")

    def history(self, text: str = "", *, limit: int = 20) -> list[HistoryEntry]:
        """What was made, newest first; in replay, what the cassette holds.

        Parameters
        ----------
        text
            Only prompts that contain it.
        limit
            At most so many.

        Examples
        --------
        >>> [entry.prompt for entry in imagegen.history("lighthouse")]
        ['a lighthouse at dusk']
        """
        deck = self._workshop.deck(self._workshop.settings())
        if deck.replays and deck.cassette is not None:
            from jupyter_imagegen.storage.playback import recorded_history

            entries = recorded_history(deck.cassette, text, limit=limit)
        else:
            entries = self._workshop.storage_to_read.pictures.history(text, limit=limit)
        return entries

    def entry(self, key: str) -> HistoryEntry:
        """One request with its pictures, out of the store or the cassette in use.

        Parameters
        ----------
        key
            Its key, the first digits of it, or `last`.

        Raises
        ------
        StoreError
            If there is none, or more than one.

        Examples
        --------
        >>> session.accounts.entry("last").prompt
        'a lighthouse at dusk'
        """
        deck, wanted = self._workshop.deck(self._workshop.settings()), key.strip().lower()
        last = self._last()
        if wanted == "last" and last is not None:
            wanted = last.key
        if deck.cassette is not None:
            from jupyter_imagegen.storage.playback import recorded_entry

            if (found := recorded_entry(deck.cassette, wanted)) is not None:
                return found
        return self._workshop.storage_to_read.pictures.entry(key)

    def forget(
        self,
        key: str | None = None,
        *,
        prompt: str | None = None,
        before: str | date | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Forgotten:
        """Delete pictures and every word of them in the store; what they cost stays in the costs.

        Recorded cassettes, saved notebooks and copies, exports, backups, and what other kernels hold are not
        reached. The same request asks and pays anew.

        Parameters
        ----------
        key
            The first digits of a request's key, or `last`.
        prompt
            All whose prompt, alt text or revised prompt contains it, without regard to case.
        before
            All that were made before that day began in the ledger's zone, such as `2026-01-31`.
        dry_run
            Only say what would go.
        progress
            Is told how many pictures are done, of how many.

        Returns
        -------
        Forgotten
            What went: `.pictures`, `.freed_bytes`, `.cost_usd`, and in `.left` what could not go.

        Raises
        ------
        RequestError
            If not one of the three ways is given, or it cannot be read.
        StoreError
            If there is nothing of the kind, several keys begin so, or the store cannot be written.

        Examples
        --------
        >>> imagegen.forget(prompt="lighthouse", dry_run=True).pictures
        1
        """
        last = self._last()
        if key is not None and key.strip().lower() == "last" and last is not None:
            key = last.key
        found = self._workshop.storage_to_read.pictures.forget(
            key=key,
            text=prompt,
            before=None if before is None else str(before),
            dry_run=dry_run,
            progress=progress,
        )
        self.changed()
        return found

    def origins(self, entry: HistoryEntry) -> tuple[Ancestor, ...]:
        """The pictures that an edit was made from, in order, each with what it was itself made from.

        Examples
        --------
        >>> newest = imagegen.history(limit=1)[0]
        >>> [one.prompt for one in imagegen.default_session().accounts.origins(newest)]
        ['a lighthouse at dusk']
        """
        from jupyter_imagegen.storage.lineage import ancestors

        if any(image.origin == "cassette" for image in entry.images):
            from jupyter_imagegen.storage.playback import recorded_ancestors

            deck = self._workshop.deck(self._workshop.settings())
            if deck.cassette is not None:
                return recorded_ancestors(deck.cassette, entry)
        return ancestors(self._workshop.storage_to_read.pictures, entry)

    def costs(self) -> Costs:
        """What was spent in this session, today, this month and ever, and what budgets leave.

        Examples
        --------
        >>> imagegen.costs().spending.session.usd
        Decimal('0')
        """
        ledger = self._workshop.storage_to_read.ledger
        return Costs(
            spending=ledger.spending(),
            by_model=ledger.by_model("total"),
            budgets=self._workshop.budgets_in_force(),
            load_held=ledger.held,
            stopped=self._workshop.paid_calls_stopped(),
            known=ledger.knows_costs,
        )

    def settle(self, charge: str, usd: Decimal | float | str, *, force: bool = False) -> tuple[Held, Decimal]:
        """Close a call of unknown cost by hand; its pictures then show what they cost.

        Parameters
        ----------
        charge
            The first digits of its id; `costs().held` has them.
        usd
            What it cost in US dollars; "unbilled" for nothing.
        force
            Whether an amount is taken that is far above what was held.

        Returns
        -------
        Held, Decimal
            The call as it was, and what it is settled at.

        Raises
        ------
        RequestError
            If there is no such call, its cost is known or still to come, or the amount is not one.

        Examples
        --------
        >>> for one in session.accounts.costs().held:
        ...     session.accounts.settle(one.id, "unbilled")
        """
        from jupyter_imagegen.options.costs import settled_amount

        storage, cost = self._workshop.storage_to_read, settled_amount(usd)
        held = storage.ledger.settle_by_hand(charge, cost, force=force)
        storage.pictures.price_charge(held.key, held.id, cost=cost)
        self.changed()
        return held, cost

    def budget(self, usd: Decimal | float | str | None = None, *, per: str = "day") -> tuple[Budget, ...]:
        """Set a budget that no call can pass, in any process; without an amount, say which there are.

        Parameters
        ----------
        usd
            US dollars; "none" or "off" removes the budget.
        per
            "session", "day", "month" or "total".

        Returns
        -------
        tuple of Budget
            Every budget in force, those from the settings too.

        Raises
        ------
        ConfigError
            If the amount or the scope is not one.
        StoreError
            If the ledger cannot be written.

        Examples
        --------
        >>> imagegen.budget(5, per="day")
        (Budget(scope='day', usd=Decimal('5')),)
        """
        if usd is not None:
            self._workshop.look_again()
        if isinstance(usd, str) and usd.strip().lower() in {"none", "off"}:
            self._workshop.storage.ledger.set_budget(parse_scope(per), None)
        elif usd is not None:
            wanted = parse_budget(usd, scope=per)
            self._workshop.storage.ledger.set_budget(wanted.scope, wanted.usd)
        if usd is not None:
            self.changed()
        return self._workshop.budgets_in_force()

    def zone(self) -> LedgerZone:
        """The time zone whose days the ledger counts, in every process; the setting `timezone` changes it.

        Examples
        --------
        >>> session.accounts.zone().name
        'Europe/Berlin'
        """
        return self._workshop.storage_to_read.ledger.zones.present()

    def zone_words(self) -> str:
        """The same in words; empty where the store cannot be read, which settings can be shown without."""
        try:
            return str(self.zone())
        except ImagegenError:
            return ""

    def other_zone(self) -> str:
        """The same, where its days are not those of this process's own zone; else empty."""
        zone = self.zone()
        return "" if str(zone) == zone_of(self._workshop.now()) else str(zone)

    def line(self, storage: Storage | None = None) -> str:
        """What a caption says of the money: the session's sum, and what budgets leave.

        Parameters
        ----------
        storage
            The store of a run, which may have begun before another home was set; else that of now.

        Examples
        --------
        >>> session.accounts.line()
        'session $0.21 of $5.00'
        """
        ledger = (storage or self._workshop.storage_to_read).ledger
        limits = {
            budget.scope: budget.usd
            for budget in ledger.budgets(self._workshop.settings().budgets)
            if ledger.knows_costs or budget.scope == "session"
        }
        # Only what is said is summed: under a stored picture the sum of all time would be most of the work.
        spent = ledger.spent_within({"session", *limits})
        return money.line(spent, limits)
