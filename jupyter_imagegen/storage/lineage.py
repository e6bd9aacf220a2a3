"""Which stored pictures an edit was made from, and what those were made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.storage import statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.history import HistoryEntry
    from jupyter_imagegen.storage.images import Pictures

#: Generations that are followed; a picture cannot be its own ancestor, but a damaged index could say so.
MOST_GENERATIONS = 12


@dataclass(frozen=True, kw_only=True)
class Ancestor:
    """A picture that went into an edit.

    Attributes
    ----------
    digest : str
        SHA-256 of its bytes as they were sent.
    key, prompt : str or None
        The request that it was drawn for; None for a picture from elsewhere.
    before : tuple of Ancestor
        What it was itself made from, in order; empty for words alone.
    """

    digest: str
    key: str | None = None
    prompt: str | None = None
    before: tuple[Ancestor, ...] = ()


def ancestors(pictures: Pictures, entry: HistoryEntry) -> tuple[Ancestor, ...]:
    """Return the pictures that went into a request, in order, each with what it was made from.

    Examples
    --------
    >>> [one.prompt for one in ancestors(storage.pictures, storage.pictures.entry("last"))]
    ['a lighthouse at dusk']
    """
    return _from(pictures.database, entry.inputs, {entry.key}, MOST_GENERATIONS)


def _from(
    database: Database, inputs: Mapping[str, Any], seen: set[str], generations: int
) -> tuple[Ancestor, ...]:
    digests = inputs.get("images")
    if not isinstance(digests, list) or not generations:
        return ()
    found = []
    for digest in digests:
        row = database.one(statements.DRAWN_FOR, digest=digest)
        if row is None or row["key"] in seen:
            found.append(Ancestor(digest=digest))
            continue
        before = _from(database, json.loads(row["inputs"]), seen | {row["key"]}, generations - 1)
        found.append(Ancestor(digest=digest, key=row["key"], prompt=row["prompt"], before=before))
    return tuple(found)
