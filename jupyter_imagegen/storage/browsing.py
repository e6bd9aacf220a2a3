"""Leafing through the store: every picture, newest first, a page at a time, however many there are.

A page begins where the one before ended (`StoredPicture.cursor`), not at a number: the tenth thousand opens
as fast as the first, and nothing is shown twice or left out when pictures come meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import dollars_to_nano
from jupyter_imagegen.core.usage import usage_from_json
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.entering import search_pattern
from jupyter_imagegen.storage.recipes import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.images import Pictures

#: A place in the order of pages: when a picture was made, as the store writes it, and its id.
Cursor = tuple[str, str]

#: Later than any time that the store writes.
_END_OF_TIME: Cursor = ("9999", "")
_BEGINNING: Cursor = ("", "")
#: How many names a choice of models or notebooks may have.
_MOST_NAMES = 200


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """Which pictures are wanted; every one of them by default.

    Attributes
    ----------
    text : str
        The prompt contains it, in any case.
    maker : str or None
        The model's name; `demo` for pictures of the demo provider, which are no model's.
    notebook : str or None
        The name of the notebook that made it.
    favourite : bool
        Only favourites.
    since, until : datetime or None
        Made at that moment or after it; made before that moment.
    min_cost : Decimal or None
        It cost so many US dollars or more; pictures of unknown cost are left out then.
    """

    text: str = ""
    maker: str | None = None
    notebook: str | None = None
    favourite: bool = False
    since: datetime | None = None
    until: datetime | None = None
    min_cost: Decimal | None = None

    def values(self) -> dict[str, object]:
        """What the statements need for that, and nothing for what is not asked."""
        asked: dict[str, object] = {
            "maker": self.maker,
            "notebook": self.notebook,
            "favourite": 1 if self.favourite else None,
            "since": None if self.since is None else utc_text(self.since),
            "until": None if self.until is None else utc_text(self.until),
            "cost_nano": None if self.min_cost is None else dollars_to_nano(self.min_cost),
            "pattern": search_pattern(self.text) if self.text else None,
        }
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """One picture and everything the store knows of it.

    Attributes
    ----------
    key : str
        Its request's key; with `image.sample` it names the picture.
    image : Image
        The picture.
    parameters : dict
        Every set parameter except model and prompt, by OpenAI's names.
    inputs : dict
        Digests of the pictures that went in: `images` in order, `mask`, `markup`.
    usage : Usage or None
        Tokens of the whole call that drew it.
    cursor : tuple of str
        Where the page after it begins.
    """

    key: str
    image: Image
    provider: str
    operation: str
    model: str
    prompt: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    usage: Usage | None
    notebook: str | None
    alt: str
    favourite: bool
    cursor: Cursor


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some pictures, newest first.

    Attributes
    ----------
    pictures : tuple of StoredPicture
        The pictures.
    more : bool
        Whether older ones follow.
    """

    pictures: tuple[StoredPicture, ...]
    more: bool


class Browsing:
    """The pictures of one store as a person leafs through them.

    Parameters
    ----------
    pictures
        The pictures.

    Examples
    --------
    >>> page = storage.browsing.page(Narrowed(text="lighthouse"))
    >>> older = storage.browsing.page(Narrowed(text="lighthouse"), before=page.pictures[-1].cursor)
    """

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._database = pictures.database

    def page(self, narrowed: Narrowed, *, limit: int = 24, before: Cursor | None = None) -> Page:
        """Pictures newest first; damaged ones are left out, files are not read.

        Parameters
        ----------
        narrowed
            Which ones.
        limit
            How many at most.
        before
            The `cursor` of the last picture of the page before.

        Raises
        ------
        StoreError
            If the index cannot be read.
        """
        values, limit = narrowed.values(), max(0, limit)
        made, last = before or _END_OF_TIME
        rows = self._database.all(statements.page(values), **values, made=made, id=last, limit=limit + 1)
        return Page(pictures=tuple(map(self._stored, rows[:limit])), more=len(rows) > limit)

    def count(self) -> int:
        """How many pictures there are, damaged ones too.

        Raises
        ------
        StoreError
            If the index cannot be read.
        """
        row = self._database.one(statements.COUNT_SAMPLES)
        return 0 if row is None else int(row["pictures"])

    def newer(self, narrowed: Narrowed, *, after: Cursor | None, limit: int = 100) -> int:
        """How many pictures came after one, counted up to `limit`; all of them for None."""
        values = narrowed.values()
        made, last = after or _BEGINNING
        row = self._database.one(statements.count_newer(values), **values, made=made, id=last, limit=limit)
        return 0 if row is None else int(row["pictures"])

    def one(self, key: str, sample: int) -> StoredPicture:
        """One picture.

        Raises
        ------
        StoreError
            If there is none, or it is damaged.
        """
        row = self._database.one(statements.SHOWN, key=key, sample=sample)
        if row is None:
            raise StoreError(
                (f"the store has no picture {sample} of {key[:12]}"), hint="It may have been deleted."
            )
        return self._stored(row)

    def makers(self) -> list[str]:
        """Every model that has pictures, and `demo` where there are demo pictures."""
        return self._names(statements.MAKERS)

    def notebooks(self) -> list[str]:
        """Every notebook that made pictures."""
        return [name for name in self._names(statements.NOTEBOOKS) if name]

    def _names(self, statement: str) -> list[str]:
        return [row["name"] for row in self._database.all(statement, limit=_MOST_NAMES)]

    def _stored(self, row: Row) -> StoredPicture:
        return StoredPicture(
            **{name: row[name] for name in ("key", "provider", "operation", "model", "prompt")},
            image=self._pictures.image(row),
            parameters=json.loads(row["parameters"]),
            inputs=json.loads(row["inputs"]),
            usage=usage_from_json(row["usage"]),
            notebook=row["notebook"],
            alt=row["alt"],
            favourite=bool(row["favourite"]),
            cursor=(row["made_at"], row["id"]),
        )
