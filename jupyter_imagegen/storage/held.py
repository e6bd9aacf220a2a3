"""Calls whose cost is not known: which there are, why, and how one is settled by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import dollars_to_nano, format_usd, nano_to_dollars
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.charges import change_charge
from jupyter_imagegen.storage.failures import failure_from_json
from jupyter_imagegen.storage.recipes import storable

if TYPE_CHECKING:
    from jupyter_imagegen.storage.database import Database, Row

_HINT = "`%imagegen costs held` lists the calls of unknown cost, with their ids."
#: An amount settled by hand is at most so many times what was held, or so many dollars where nothing was.
_MOST_TIMES = 100
_MOST_UNBOUNDED = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A call whose cost is not known.

    Attributes
    ----------
    id : str
        The charge's; the first digits of it are enough to settle it.
    at : datetime
        When it was sent, or reserved where it has not been sent.
    day : str
        The local date it counts on.
    key, provider, model, endpoint, n, notebook
        What was asked, of whom, and from where.
    ceiling_usd : Decimal or None
        US dollars that are held for it; None where not even the most is known.
    under_way : bool
        Whether a process is still waiting for its answer.
    reason : str
        Why its cost is not known.
    request_id : str or None
        The API's, for its usage page or a support ticket.
    """

    id: str
    at: datetime
    day: str
    key: str
    provider: str
    model: str
    endpoint: str
    n: int
    notebook: str | None
    ceiling_usd: Decimal | None
    under_way: bool
    reason: str
    request_id: str | None


def _held(row: Row) -> Held:
    """A charge of unknown cost, and why it is."""
    failure = failure_from_json(row["failure"]) if row["failure"] else None
    under_way = row["state"] in {"reserved", "sent"}
    if under_way:
        reason = "under way"
    elif failure is not None:
        reason = failure.message
    else:
        reason = row["reason"] or "the answer did not say what it cost, or the model's price is not known"
    ceiling = row["ceiling_nano"]
    return Held(
        id=row["id"],
        at=datetime.fromisoformat(row["sent_at"] or row["reserved_at"]),
        day=row["day"],
        key=row["key"],
        provider=row["provider"],
        model=row["model"],
        endpoint=row["endpoint"],
        n=row["n"],
        notebook=row["notebook"],
        ceiling_usd=None if ceiling is None else nano_to_dollars(ceiling),
        under_way=under_way,
        reason=reason,
        request_id=row["request_id"] or getattr(failure, "request_id", None),
    )


def held_charges(database: Database) -> tuple[Held, ...]:
    """Every call whose cost is not known, the oldest first."""
    return tuple(_held(row) for row in database.all(statements.UNSETTLED_CHARGES))


def settle_by_hand(database: Database, charge_id: str, cost: Decimal, *, force: bool) -> Held:
    """Close a call of unknown cost; see `Ledger.settle_by_hand`."""
    with database.transaction():
        row = _named(database, charge_id)
        held = _held(row)
        if row["state"] == "released" or row["cost_nano"] is not None:
            known = "was not billed"
            if row["cost_nano"] is not None:
                known = f"is settled at {format_usd(nano_to_dollars(row['cost_nano']))}"
            raise RequestError(f"call {held.id} {known}", hint=_HINT)
        if held.under_way:
            raise RequestError(
                f"call {held.id} is under way, and its cost is still to come",
                hint="Wait for it with `%imagegen wait`, or until its process ends.",
            )
        most = _MOST_UNBOUNDED if held.ceiling_usd is None else held.ceiling_usd * _MOST_TIMES
        if cost > most and not force:
            raise RequestError(
                f"{format_usd(cost)} is far above what call {held.id} can have cost",
                hint=f"Check the decimal point; up to {format_usd(most)} is accepted, more with --force.",
            )
        reason = storable(f"settled by hand: {held.reason}")
        change_charge(database, held.id, "settled", cost_nano=dollars_to_nano(cost), reason=reason)
    return held


def _named(database: Database, prefix: str) -> Row:
    """The one charge whose id begins so; those of unknown cost come before all others."""
    wanted = prefix.strip().lower()
    rows: list[Row] = []
    if wanted.isascii() and wanted.isalnum():
        unsettled = database.all(statements.UNSETTLED_CHARGES)
        rows = [row for row in unsettled if row["id"].startswith(wanted)]
        rows = rows or database.all(statements.CHARGES_BY_PREFIX, first=wanted, after=f"{wanted}~")
    if not rows:
        raise RequestError(f"no call has the id {prefix[:40]!r}", hint=_HINT)
    if len(rows) > 1:
        raise RequestError(f"more than one call has an id that begins with {wanted!r}", hint=_HINT)
    return rows[0]
