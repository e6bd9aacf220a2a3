"""One charge in the ledger: its rows, its changes of state, and what each change carries over to the sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from jupyter_imagegen.core.pricing import dollars_to_nano, nano_to_dollars
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.failures import failure_from_json
from jupyter_imagegen.storage.spending import Counts, add_counts, counts

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_imagegen.storage.database import Database, Row
    from jupyter_imagegen.storage.recipes import Recipe

State = Literal["reserved", "sent", "settled", "released", "possibly_billed"]


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One call in the ledger, as it was reserved.

    Attributes
    ----------
    id : str
        What the other methods take.
    ceiling_usd : Decimal or None
        US dollars that are held for it.
    day : str
        The local date it counts on.
    """

    id: str
    key: str
    provider: str
    model: str
    endpoint: str
    session: str
    day: str
    n: int
    ceiling_usd: Decimal | None


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


def held_from(row: Row) -> Held:
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


_CHANGED = (
    "id",
    "state",
    "n",
    "cost_nano",
    "usage",
    "pictures",
    "request_id",
    "reason",
    "attempts",
    "sent_at",
    "closed_at",
)


def charge_row(database: Database, charge_id: str) -> dict[str, Any]:
    """One charge as it is now.

    Raises
    ------
    StoreError
        If there is none.
    """
    row = database.one(statements.CHARGE, id=charge_id)
    if row is None:
        raise StoreError(f"the ledger has no charge {charge_id!r}")
    return dict(row)


def change_charge(database: Database, charge_id: str, state: State, **changes: Any) -> None:
    """Write a charge's new state and carry the difference over to the sums; within a transaction.

    `attempts` is added to, everything else replaced.
    """
    before = charge_row(database, charge_id)
    changes["attempts"] = before["attempts"] + changes.get("attempts", 0)
    after = {**before, "state": state, **changes}
    database.all(statements.CHANGE_CHARGE, **{name: after[name] for name in _CHANGED})
    count_again(database, after, counts(before))


def count_again(database: Database, charge: dict[str, Any], before: Counts) -> None:
    """Carry what changed in a charge over to the sums."""
    place = {name: charge[name] for name in ("day", "session", "provider", "model")}
    add_counts(database, counts(charge) - before, **place)


def find_again(database: Database, recipe: Recipe) -> None:
    """Write down, in a ledger that was lost, what a picture's recipe says of its call."""
    if recipe.charge_id is None or recipe.day is None:
        return
    database.all(
        statements.FOUND_CHARGE,
        id=recipe.charge_id,
        key=recipe.key,
        provider=recipe.provider,
        model=recipe.model,
        endpoint="",
        session=recipe.session or "",
        notebook=recipe.notebook,
        day=recipe.day,
        reason="found again from its pictures",
        at=recipe.made_at,
    )
    before = charge_row(database, recipe.charge_id)
    # The first picture brings the call; each of them brings its part of the cost.
    counted = counts(before) if before["n"] else Counts()
    cost = None if recipe.cost is None else dollars_to_nano(recipe.cost)
    known = cost is not None and (before["cost_nano"] is not None or not before["n"])
    after = {
        **before,
        "n": before["n"] + 1,
        "pictures": before["pictures"] + 1,
        "cost_nano": (before["cost_nano"] or 0) + cost if known and cost is not None else None,
        "usage": recipe.usage,
        "request_id": recipe.request_id,
    }
    database.all(statements.CHANGE_CHARGE, **{name: after[name] for name in _CHANGED})
    count_again(database, after, counted)
