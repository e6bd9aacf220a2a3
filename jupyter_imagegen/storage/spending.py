"""What was spent, from sums kept together with the charges: a million of them cost no more than ten."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_imagegen.core.budgets import periods
from jupyter_imagegen.core.dollars import nano_to_dollars
from jupyter_imagegen.storage import statements

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_imagegen.core.budgets import Scope
    from jupyter_imagegen.storage.database import Database, Row


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What was spent within one period.

    Attributes
    ----------
    usd : Decimal
        US dollars that calls are known to have cost.
    held_usd : Decimal
        The ceilings of calls that are under way or whose cost is unknown; a budget counts them as spent.
    held_calls : int
        How many calls `held_usd` is for.
    unpriced : int
        Ended calls whose cost is not known: possibly billed, or answered without usage.
    unbounded : int
        Calls, under way or ended, of which not even the most that they can cost is known.
    calls : int
        Calls that were sent.
    pictures : int
        Pictures they brought.
    hits : int
        Pictures that were already there.
    saved_usd : Decimal
        What those had cost when they were made.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> imagegen.costs().day.calls
    0
    """

    usd: Decimal
    held_usd: Decimal
    held_calls: int = 0
    unpriced: int
    unbounded: int = 0
    calls: int
    pictures: int
    hits: int
    saved_usd: Decimal

    @property
    def counted_usd(self) -> Decimal:
        """What a budget counts, in US dollars."""
        return self.usd + self.held_usd


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What was spent in this session, today, this month (local dates) and ever."""

    session: Spent
    day: Spent
    month: Spent
    total: Spent


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What one charge adds to the sums; money in nano-dollars."""

    cost_nano: int = 0
    held_nano: int = 0
    held_calls: int = 0
    unpriced: int = 0
    unbounded: int = 0
    calls: int = 0
    pictures: int = 0
    hits: int = 0
    saved_nano: int = 0

    def __sub__(self, other: Counts) -> Counts:
        """What changes between two states of a charge."""
        return Counts(**{f.name: getattr(self, f.name) - getattr(other, f.name) for f in fields(Counts)})


def counts(charge: Row) -> Counts:
    """What a charge adds to the sums in its present state.

    Open charges are held at their ceiling; so are those whose cost is unknown.
    """
    state, ceiling, cost = charge["state"], charge["ceiling_nano"], charge["cost_nano"]
    if state == "released":
        return Counts()
    if cost is not None:
        return Counts(cost_nano=cost, calls=1, pictures=charge["pictures"])
    return Counts(
        held_nano=ceiling or 0,
        held_calls=int(bool(ceiling)),
        unpriced=int(state not in {"reserved", "sent"}),
        unbounded=int(ceiling is None),
        calls=int(state != "reserved"),
        pictures=charge["pictures"],
    )


def add_counts(
    database: Database, added: Counts, *, day: str, session: str, provider: str, model: str
) -> None:
    """Add to the sums; within the transaction that changes the charge."""
    named = {f.name: getattr(added, f.name) for f in fields(Counts)}
    database.all(statements.COUNT, day=day, session=session, provider=provider, model=model, **named)


def spent(database: Database, scope: Scope, *, now: datetime, session: str) -> Spent:
    """What was spent within a scope's present period."""
    row = database.all(statements.SPENT[scope], **_period(scope, now, session))[0]
    return _spent(row)


def spent_by_model(database: Database, scope: Scope, *, now: datetime, session: str) -> dict[str, Spent]:
    """The same for each model, by its name; demo pictures stand under "demo"."""
    rows = database.all(statements.SPENT_BY_MODEL[scope], **_period(scope, now, session))
    return {row["model"]: _spent(row) for row in rows}


def spent_by_day(database: Database, days: int, *, last: date) -> dict[date, Spent]:
    """The same for each of so many local dates, the oldest first; one without a call has zeros."""
    dates = [last - timedelta(days=ago) for ago in reversed(range(days))]
    rows = database.all(statements.SPENT_BY_DAY, first=dates[0].isoformat(), last=last.isoformat())
    found = {row["day"]: _spent(row) for row in rows}
    return {day: found.get(day.isoformat(), _NOTHING) for day in dates}


def counted_nano(database: Database, scope: Scope, *, now: datetime, session: str) -> int:
    """What a budget counts within a scope's present period, in nano-dollars."""
    row = database.all(statements.SPENT[scope], **_period(scope, now, session))[0]
    return int(row["cost_nano"]) + int(row["held_nano"])


def _period(scope: Scope, now: datetime, session: str) -> dict[str, str]:
    name = periods(now, session)[scope]
    if scope == "month":
        return {"month_first": f"{name}-01", "month_last": f"{name}-31"}
    return {} if scope == "total" else {scope: name}


def _spent(row: Row) -> Spent:
    return Spent(
        usd=nano_to_dollars(int(row["cost_nano"])),
        held_usd=nano_to_dollars(int(row["held_nano"])),
        held_calls=int(row["held_calls"]),
        unpriced=int(row["unpriced"]),
        unbounded=int(row["unbounded"]),
        calls=int(row["calls"]),
        pictures=int(row["pictures"]),
        hits=int(row["hits"]),
        saved_usd=nano_to_dollars(int(row["saved_nano"])),
    )


_NOTHING = Spent(
    usd=Decimal(0), held_usd=Decimal(0), unpriced=0, calls=0, pictures=0, hits=0, saved_usd=Decimal(0)
)
