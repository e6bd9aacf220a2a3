"""The ledger: every call is written down before it is sent, and closed with what it cost.

::

    reserve ──> reserved ──> sent ──> settled           its cost is known, or the answer said none
                   │           ├────> released          certainly not billed
                   └> released └────> possibly_billed   unknown; counted at its ceiling

A true cost replaces `released` and `possibly_billed`; nothing replaces `settled`.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.budgets import SCOPES, Budget, tightest
from jupyter_imagegen.core.dollars import dollars_to_nano, format_usd, nano_to_dollars
from jupyter_imagegen.core.money import SCOPE_WORDS
from jupyter_imagegen.core.usage import usage_to_json
from jupyter_imagegen.errors import (
    BudgetExceededError,
    ImagegenError,
    StoreError,
    UnknownPriceError,
)
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.charges import (
    NO_CHARGE,
    Charge,
    change_charge,
    charge_row,
    count_again,
)
from jupyter_imagegen.storage.failures import Failures
from jupyter_imagegen.storage.held import held_charges, settle_by_hand
from jupyter_imagegen.storage.locks import acquired
from jupyter_imagegen.storage.recipes import storable, utc_text
from jupyter_imagegen.storage.spending import (
    Counts,
    Spending,
    Spent,
    add_counts,
    counted_nano,
    spent,
    spent_by_day,
    spent_by_model,
)
from jupyter_imagegen.storage.unusable import budgets_lost, no_paid_call, refuse_change
from jupyter_imagegen.storage.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from filelock import BaseFileLock

    from jupyter_imagegen.core.budgets import Scope
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.storage.charges import State
    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.held import Held
    from jupyter_imagegen.storage.unusable import Unusable


class Ledger(StaysHere):
    """Reservations, costs and budgets, the same for all processes of one store.

    Parameters
    ----------
    database
        Where it is written.
    lock
        The lock of a key. Whoever reserves for a key holds its lock until the charge is closed; that is how a
        charge is known to have lost its process.
    now
        The present moment. The day that a budget means is its date in the ledger's own zone; see `zones`.
    session
        This session's id.
    stands_for
        The ledger that this one stands in for, because it cannot be used; None where it is the store's own.

    Attributes
    ----------
    zones : Zones
        The zone whose days count.
    failures : Failures
        How calls failed, for the processes that wait for the same picture.
    """

    def __init__(
        self,
        database: Database,
        *,
        lock: Callable[[str], BaseFileLock],
        now: Callable[[], datetime],
        session: str,
        stands_for: Unusable | None = None,
    ) -> None:
        self._database = database
        self._stands_for = stands_for
        self._lock = lock
        self._now = now
        self._session = session
        self.zones = Zones(database, now)
        self.failures = Failures(database)

    def reserve(
        self,
        *,
        key: str,
        provider: str,
        model: str,
        endpoint: str,
        n: int,
        ceiling: Decimal | None,
        budgets: Iterable[Budget] = (),
        paid: bool = True,
        notebook: str | None = None,
    ) -> Charge:
        """Hold a call's ceiling, if every budget has that much left; one transaction over all processes.

        Parameters
        ----------
        ceiling
            The most that the call can cost in US dollars; None where it is unknown. 0 always passes.
        budgets
            Those of the configuration. One that was set with `set_budget` stands in for the configured one of
            its scope.
        paid
            Whether whoever is called can bill at all; the demo painter cannot.

        Raises
        ------
        BudgetExceededError
            If a budget has less left than the ceiling.
        UnknownPriceError
            If there is a budget and no ceiling.
        BudgetsUnknownError
            If the budgets were lost with the index.
        StoreError
            If the ledger cannot be written, or it only stands in for one that cannot be used.
        """
        configured = tuple(budgets)
        now = self.zones.local_time()
        charge = Charge(
            id=secrets.token_hex(8),
            key=key,
            provider=provider,
            model=model,
            endpoint=endpoint,
            session=self._session,
            day=f"{now:%Y-%m-%d}",
            n=n,
            ceiling_usd=ceiling,
        )
        try:
            self._reserve(charge, configured, now, notebook, paid=paid)
        except BudgetExceededError:
            # What dead processes hold and never sent is free again.
            if not self.sweep():
                raise
            self._reserve(charge, configured, now, notebook, paid=paid)
        except StoreError:
            if paid:
                raise
            # What costs nothing is drawn although it cannot be written down.
            return replace(charge, id=NO_CHARGE)
        return charge

    @property
    def knows_costs(self) -> bool:
        """Whether its sums are true; not where it stands in for one that could not be read."""
        return self._stands_for is None or self._stands_for.known or not self._stands_for.held

    def refusal(self, configured: Iterable[Budget] = ()) -> ImagegenError | None:
        """Why no call is paid now, whatever it costs; None where nothing is in its way.

        Parameters
        ----------
        configured
            The budgets of the configuration.
        """
        if self._stands_for is not None and (found := no_paid_call(self._stands_for, configured)):
            return found
        lost = self._database.one(statements.BUDGETS_LOST, session=self._session)
        return None if lost is None else budgets_lost(lost["value"])

    def mark_sent(self, charge_id: str) -> None:
        """Write down that an attempt is about to leave; from here on it may be billed.

        Raises
        ------
        StoreError
            If the charge is not open, so that nothing holds its price, or the ledger cannot be written.
        """
        if charge_id == NO_CHARGE:
            return
        with self._database.transaction():
            state = charge_row(self._database, charge_id)["state"]
            if state not in {"reserved", "sent"}:
                raise StoreError(f"charge {charge_id} is {state} and cannot be sent", hint="Reserve again.")
            at = utc_text(self._now())
            change_charge(self._database, charge_id, "sent", sent_at=at, attempts=1)

    def settle(
        self,
        charge_id: str,
        *,
        cost: Decimal | None,
        usage: Usage | None = None,
        pictures: int = 0,
        request_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Close a charge with what it cost, also where that is more than its ceiling.

        Parameters
        ----------
        cost
            US dollars; None where it is unknown: then it stays counted at its ceiling.
        reason
            What is odd about it: no picture came, or the cost is not what the prices give.

        Raises
        ------
        StoreError
            If the ledger cannot be written, or has no such charge.
        """
        if charge_id == NO_CHARGE:
            return
        with self._database.transaction():
            if charge_row(self._database, charge_id)["state"] == "settled":
                return
            change_charge(
                self._database,
                charge_id,
                "settled",
                cost_nano=None if cost is None else dollars_to_nano(cost),
                usage=usage_to_json(usage),
                pictures=pictures,
                request_id=None if request_id is None else storable(request_id),
                reason=None if reason is None else storable(reason),
                closed_at=utc_text(self._now()),
            )

    def release(self, charge_id: str, reason: str) -> None:
        """Close a charge that was certainly not billed; a closed one stays as it is.

        Raises
        ------
        StoreError
            If the ledger cannot be written, or has no such charge.
        """
        self._close(charge_id, "released", reason)

    def possibly_billed(self, charge_id: str, reason: str) -> None:
        """Close a charge of which it is unknown whether it was billed: it is counted at its ceiling.

        Raises
        ------
        StoreError
            If the ledger cannot be written, or has no such charge.
        """
        self._close(charge_id, "possibly_billed", reason)

    def held(self) -> tuple[Held, ...]:
        """Every call whose cost is not known, the oldest first."""
        return held_charges(self._database)

    def settle_by_hand(self, charge_id: str, cost: Decimal, *, force: bool = False) -> Held:
        """Close a call of unknown cost with what somebody has found out that it cost.

        Parameters
        ----------
        charge_id
            The charge's id, or the first digits of it.
        cost
            US dollars; 0 for a call that was not billed.
        force
            Whether an amount is taken that is far above what the call can have cost.

        Returns
        -------
        Held
            The call as it was.

        Raises
        ------
        RequestError
            If the id names no call or several, the call is under way or its cost known, or the amount is far
            above what was held and `force` is not set.
        StoreError
            If the ledger cannot be written.
        """
        refuse_change(self._stands_for)
        self.sweep()
        return settle_by_hand(self._database, charge_id, cost, force=force)

    def remember_hit(self, *, model: str, provider: str, pictures: int, saved: Decimal) -> None:
        """Count pictures that were already there, and what they had cost in US dollars.

        Not waited for on disk: a hit is cheap, and losing its count with the power costs nobody anything.
        """
        with self._database.transaction(durable=False, patient=False):
            place = {
                "day": f"{self.zones.local_time():%Y-%m-%d}",
                "session": self._session,
                "provider": provider,
                "model": model,
            }
            add_counts(self._database, Counts(hits=pictures, saved_nano=dollars_to_nano(saved)), **place)
            if (so_far := self._database.one(statements.HITS, **place)) is not None:
                self._database.note("hits", dict(so_far))

    def spending(self) -> Spending:
        """What was spent in this session, today, this month and ever."""
        return Spending(**self.spent_within(SCOPES))

    def spent_within(self, scopes: Iterable[Scope]) -> dict[Scope, Spent]:
        """What was spent within some scopes' present periods."""
        now = self.zones.local_time()
        return {scope: spent(self._database, scope, now=now, session=self._session) for scope in scopes}

    def by_model(self, scope: Scope = "total") -> dict[str, Spent]:
        """What was spent on each model within a scope's present period."""
        return spent_by_model(self._database, scope, now=self.zones.local_time(), session=self._session)

    def by_day(self, days: int = 14) -> dict[date, Spent]:
        """What was spent on each of the last `days` local dates, at least 1, the oldest first."""
        return spent_by_day(self._database, days, last=self.zones.local_time().date())

    def set_budget(self, scope: Scope, usd: Decimal | None) -> None:
        """Set a budget for all processes of this store, a session's for this session; None takes it away.

        Either is a decision: budgets that were lost with the index are no longer waited for. A session's
        budget decides for this session only.

        Raises
        ------
        StoreError
            If the ledger cannot be written.
        """
        refuse_change(self._stands_for, budget=scope)
        whose = self._session if scope == "session" else ""
        with self._database.transaction():
            self._database.note("budgets")
            if scope != "session":
                self._database.all(statements.KNOW_BUDGETS)
            if usd is None:
                self._database.all(statements.DROP_BUDGET, scope=scope, session=whose)
            else:
                nano = dollars_to_nano(usd)
                self._database.all(statements.SET_BUDGET, scope=scope, session=whose, nano=nano)

    def budgets(self, configured: Iterable[Budget] = ()) -> list[Budget]:
        """The budgets in force: those set here and the configured ones; of two for a scope the tighter."""
        rows = self._database.all(statements.BUDGETS, session=self._session)
        here = [Budget(scope=row["scope"], usd=nano_to_dollars(row["nano"])) for row in rows]
        return list(tightest([*here, *configured]))

    def left(self, configured: Iterable[Budget] = ()) -> dict[Scope, Decimal]:
        """What each budget in force has left, in US dollars; never below 0."""
        now = self.zones.local_time()
        return {
            budget.scope: nano_to_dollars(
                max(0, dollars_to_nano(budget.usd) - self._counted(budget.scope, now))
            )
            for budget in self.budgets(configured)
        }

    def sweep(self) -> int:
        """Close the charges whose process is gone, that is, whose key nobody holds the lock of.

        Returns
        -------
        int
            How many were closed.
        """
        keys = sorted({row["key"] for row in self._database.all(statements.OPEN_CHARGES)})
        if not keys:
            return 0
        closed = 0
        for key in keys:
            lock = self._lock(key)
            try:
                if not acquired(lock):
                    continue
            except StoreError:
                # What cannot be looked into stays counted; only its own picture cannot be bought.
                continue
            try:
                closed += self.settle_orphans(key)
            finally:
                lock.release()
        return closed

    def settle_orphans(self, key: str) -> int:
        """Close a key's open charges; for whoever has just taken the key's lock.

        What was reserved was certainly not sent and is released; what was sent is possibly billed.

        Returns
        -------
        int
            How many were closed.
        """
        if not any(row["key"] == key for row in self._database.all(statements.OPEN_CHARGES)):
            return 0
        closed = 0
        with self._database.transaction():
            for row in self._database.all(statements.OPEN_CHARGES):
                if row["key"] != key:
                    continue
                closed += 1
                came = self._database.all(statements.SAMPLES_OF_CHARGE, key=key, charge_id=row["id"])
                if came or charge_row(self._database, row["id"])["state"] == "sent":
                    why = "its process ended while the provider was working"
                    self._close(row["id"], "possibly_billed", why, pictures=len(came))
                else:
                    self.release(row["id"], "its process ended before it was sent")
        return closed

    def _reserve(
        self,
        charge: Charge,
        configured: tuple[Budget, ...],
        now: datetime,
        notebook: str | None,
        *,
        paid: bool,
    ) -> None:
        ceiling = None if charge.ceiling_usd is None else dollars_to_nano(charge.ceiling_usd)
        # All processes see it at once. On disk it is when it counts: `mark_sent` waits for that, and what the
        # power takes before was not sent.
        with self._database.transaction(durable=False, patient=paid):
            if paid and (refusal := self.refusal(configured)) is not None:
                raise refusal
            if ceiling != 0:
                for budget in self.budgets(configured):
                    self._check(budget, ceiling, now, elsewhere=budget in configured)
            self._database.all(
                statements.NEW_CHARGE,
                id=charge.id,
                key=charge.key,
                provider=charge.provider,
                model=charge.model,
                endpoint=charge.endpoint,
                session=charge.session,
                notebook=None if notebook is None else storable(notebook),
                day=charge.day,
                n=charge.n,
                ceiling_nano=ceiling,
                at=utc_text(now),
            )
            count_again(self._database, charge_row(self._database, charge.id), Counts())

    def _check(self, budget: Budget, ceiling: int | None, now: datetime, *, elsewhere: bool) -> None:
        # The command sets the ledger's own budget, and all of them hold.
        set_by = "where it is set, which `%imagegen config` shows"
        whose = f"{SCOPE_WORDS[budget.scope].whose} {format_usd(budget.usd)}"
        if ceiling is None:
            raise UnknownPriceError(
                f"this call has no known maximum price, and the budget {budget} needs one",
                hint="Choose a model and size with a published price, or remove the budget "
                f"{set_by if elsewhere else f'with `%imagegen budget none --per {budget.scope}`'}.",
            )
        counted = self._counted(budget.scope, now)
        left = dollars_to_nano(budget.usd) - counted
        if ceiling <= left:
            return
        enough = nano_to_dollars(counted + ceiling).to_integral_value(ROUND_CEILING)
        raised = set_by if elsewhere else f"with `%imagegen budget {enough} --per {budget.scope}`"
        raise BudgetExceededError(
            f"This would cost up to {format_usd(nano_to_dollars(ceiling))} and "
            f"{format_usd(nano_to_dollars(max(0, left)))} of {whose} is left.",
            hint=f"Raise it {raised}, choose a lower quality, or use --provider demo.",
        )

    def _counted(self, scope: Scope, now: datetime) -> int:
        return counted_nano(self._database, scope, now=now, session=self._session)

    def _close(self, charge_id: str, state: State, reason: str, **more: Any) -> None:
        if charge_id == NO_CHARGE:
            return
        with self._database.transaction():
            if charge_row(self._database, charge_id)["state"] in {"reserved", "sent"}:
                at = utc_text(self._now())
                change_charge(self._database, charge_id, state, reason=storable(reason), closed_at=at, **more)
