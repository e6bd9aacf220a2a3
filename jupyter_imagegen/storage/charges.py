"""One charge in the ledger: its rows, its changes of state, and what each change carries over to the sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from jupyter_imagegen.core.dollars import dollars_to_nano
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.spending import Counts, add_counts, counts

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.recipes import Recipe

State = Literal["reserved", "sent", "settled", "released", "possibly_billed"]
CHARGE_STATES: tuple[State, ...] = get_args(State)


#: What a charge says of which only pictures tell, and one whose process died before it could settle.
FOUND_AGAIN = "found again from its pictures"
_FOUND_AFTER = "its process ended, and its pictures tell what it cost"

#: The id of a free call that could not be written down; there is nothing to mark, settle or release.
NO_CHARGE = ""


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
    """Carry what changed in a charge over to the sums and to the journal."""
    database.note("charge", charge)
    if (added := counts(charge) - before) != Counts():
        place = {name: charge[name] for name in ("day", "session", "provider", "model")}
        add_counts(database, added, **place)


def has_charge(database: Database, charge_id: str) -> bool:
    """Whether the ledger has a charge."""
    return database.one(statements.CHARGE, id=charge_id) is not None


def meet(database: Database, recipe: Recipe) -> bool:
    """Let a picture whose process died, and its call, know each other; once its rows are there.

    Returns
    -------
    bool
        Whether the ledger had the call.
    """
    if recipe.charge_id is None:
        return True
    row = database.one(statements.CHARGE, id=recipe.charge_id)
    samples = database.all(statements.SAMPLES_OF_CHARGE, key=recipe.key, charge_id=recipe.charge_id)
    came = len(samples)
    if row is None or (row["reason"] == FOUND_AGAIN and row["pictures"] < came):
        find_again(database, recipe)
        return False
    costs = [sample["cost_nano"] for sample in samples]
    if row["cost_nano"] is not None:
        if came > row["pictures"]:
            change_charge(database, row["id"], row["state"], pictures=came)
        if costs == [None] * max(came, row["pictures"]):
            parts = shares(row["cost_nano"], came)
            for sample, part in zip(samples, parts, strict=True):
                named = {"key": recipe.key, "sample": sample["sample"], "request_id": row["request_id"]}
                database.all(statements.PRICE_SAMPLE, cost_nano=part, usage=row["usage"], **named)
    elif row["ceiling_nano"] == 0 or (came >= row["n"] and None not in costs):
        cost = sum(cost or 0 for cost in costs)
        closed = row["closed_at"] or recipe.made_at
        facts = {"usage": recipe.usage, "request_id": recipe.request_id, "closed_at": closed}
        change_charge(
            database, row["id"], "settled", cost_nano=cost, pictures=came, reason=_FOUND_AFTER, **facts
        )
    elif came > row["pictures"] or row["state"] in {"reserved", "released"}:
        # What came was sent, whatever was written down of it.
        state: State = row["state"]
        if state in {"reserved", "released"}:
            state = "sent" if state == "reserved" else "possibly_billed"
        change_charge(database, row["id"], state, pictures=came)
    return True


def shares(nano: int | None, pictures: int) -> list[int | None]:
    """Share a cost out so that the parts are the whole; the first ones take the rest."""
    if nano is None:
        return [None] * pictures
    part, rest = divmod(nano, pictures)
    return [part + (1 if i < rest else 0) for i in range(pictures)]


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
        reason=FOUND_AGAIN,
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
