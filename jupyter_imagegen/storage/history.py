"""What was ever made: requests with their pictures, newest first."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import nano_to_dollars
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.entering import search_pattern
from jupyter_imagegen.storage.recipes import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.images import Pictures

#: Later than any time that the store writes.
_END_OF_TIME = "9999"


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One request and what was drawn for it.

    Attributes
    ----------
    key : str
        The request's key; `key[:12]` is enough for `%imagegen show`.
    parameters : dict
        Every set parameter except model and prompt, by OpenAI's names.
    inputs : dict
        Digests of the pictures that went in: `images` in order, `mask`, `markup`.
    first_made, last_made : datetime
        When its first and its newest picture came (UTC).
    images : tuple of Image
        Its pictures that are still there, in the order they were drawn.
    lost : int
        How many are damaged, missing, or cannot be read now.
    cost_usd : Decimal or None
        US dollars of all its pictures; None where one of them has no known cost.
    notebook, alt : str
        Of the newest picture.
    """

    key: str
    namespace: str | None
    provider: str
    operation: str
    model: str
    prompt: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    first_made: datetime
    last_made: datetime
    images: tuple[Image, ...]
    lost: int
    cost_usd: Decimal | None
    notebook: str | None
    alt: str

    @property
    def cursor(self) -> tuple[datetime, str]:
        """Where the page after this entry begins: `history(before=entry.cursor)`."""
        return self.last_made, self.key


def search(
    pictures: Pictures, text: str, limit: int, before: tuple[datetime, str] | None
) -> list[HistoryEntry]:
    """Return requests whose prompt has the text, newest first."""
    made, key = (_END_OF_TIME, "") if before is None else (utc_text(before[0]), before[1])
    rows = pictures.database.all(
        statements.HISTORY, pattern=search_pattern(text), made=made, key=key, limit=max(0, limit)
    )
    # A list is drawn without a single original: whether one is right is seen when it is asked for.
    return [_entry(pictures, row, pictures.listed(row["key"])) for row in rows]


def entry(pictures: Pictures, key: str) -> HistoryEntry:
    """Return one request by its key, by the first digits of it, or `last`.

    Raises
    ------
    StoreError
        If there is none, or more than one.
    """
    wanted = key.strip().lower()
    if wanted == "last":
        row = pictures.database.one(statements.LATEST)
        if row is None:
            raise StoreError("nothing was made yet", hint="Make a picture with %%imagegen first.")
        return _entry(pictures, row)
    if not wanted or set(wanted) - set("0123456789abcdef"):
        raise StoreError(
            f"{key!r} is not a key: keys are hexadecimal digits, or `last`",
            hint="`%imagegen history` lists them.",
        )
    # Any continuation of hexadecimal digits sorts before "g".
    rows = pictures.database.all(statements.BY_PREFIX, first=wanted, after=f"{wanted}g")
    if not rows:
        for layer in pictures.layers:
            with contextlib.suppress(StoreError):
                if (found := layer.entry(wanted)) is not None:
                    return found
        raise StoreError(f"no picture's key begins with {key!r}", hint="`%imagegen history` lists them.")
    if len(rows) > 1:
        named = " and ".join(repr(_distinct(row["key"], rows)) for row in rows[:2])
        more = ", and others" if len(rows) > 2 else ""  # noqa: PLR2004  # the query reads one more than are named
        raise StoreError(
            f"the key {key!r} is the beginning of {named}{more}", hint="Give more of its digits."
        )
    return _entry(pictures, rows[0])


def drawn_for(pictures: Pictures, digest: str) -> HistoryEntry | None:
    """Return the request that a picture was drawn for, the newest of several; None for a foreign picture."""
    row = pictures.database.one(statements.DRAWN_FOR, digest=digest)
    return None if row is None else _entry(pictures, row)


def _distinct(key: str, rows: list[Row]) -> str:
    """The fewest digits, twelve at least, that tell a key from the others."""
    others = [row["key"] for row in rows if row["key"] != key]
    width = 12
    while any(other.startswith(key[:width]) for other in others):
        width += 4
    return key[:width]


def _entry(pictures: Pictures, row: Row, listed: Sequence[Image] | None = None) -> HistoryEntry:
    samples = pictures.database.all(statements.SAMPLES, key=row["key"])
    costs = [sample["cost_nano"] for sample in samples]
    newest = max(samples, key=lambda sample: sample["made_at"], default=None)
    images = tuple(pictures.readable(row["key"]) if listed is None else listed)
    return HistoryEntry(
        **{name: row[name] for name in ("key", "namespace", "provider", "operation", "model", "prompt")},
        parameters=json.loads(row["parameters"]),
        inputs=json.loads(row["inputs"]),
        first_made=datetime.fromisoformat(row["first_made"]),
        last_made=datetime.fromisoformat(row["last_made"]),
        images=images,
        lost=len(samples) - len(images),
        cost_usd=None if None in costs else nano_to_dollars(sum(costs)),
        notebook=None if newest is None else newest["notebook"],
        alt="" if newest is None else newest["alt"],
    )
