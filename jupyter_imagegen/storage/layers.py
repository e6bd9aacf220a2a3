"""Stores of others as a second layer: looked up after one's own store, never written and never paid from.

Nothing in such a store is trusted: its index only says where to look, a recipe is read as strictly as one of
our own, and a picture is shown only after its bytes were compared with its digest and decoded.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.core.results import Image
from jupyter_imagegen.errors import ImagegenError, StoreError
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.database import migrations
from jupyter_imagegen.storage.files import INDEX, UNFINISHED, Shelf
from jupyter_imagegen.storage.holding import OnDisk
from jupyter_imagegen.storage.manifest import checked_inputs, checked_parameters
from jupyter_imagegen.storage.recipes import recipe_from_bytes
from jupyter_imagegen.storage.snapshot import untouched_ways

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.history import HistoryEntry
    from jupyter_imagegen.storage.recipes import Recipe

#: Bytes of a recipe, and of a picture.
_LARGEST_RECIPE, _LARGEST_PICTURE = 10_000_000, 200_000_000
#: Pictures of one request that are looked at.
_MOST = 1000
_VERSION = "SELECT MAX(version) AS version FROM schema_version"
_FIND = f"{statements.FIND} LIMIT {_MOST}"


@dataclass(frozen=True)
class _Found:
    recipe: Recipe
    image: Image


class Layer:
    """One store of somebody else.

    Parameters
    ----------
    home
        Its folder; it and everything in it stays as it is.

    Examples
    --------
    >>> Layer(Path("/srv/course/store")).trouble()
    'the store /srv/course/store cannot be read: there is none'
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._shelf = Shelf(home)

    def find(self, key: str, limit: int | None = None) -> list[Image]:
        """Pictures that it has for a request, whole and decoded, in the order they were drawn.

        Raises
        ------
        StoreError
            If it cannot be read now.
        """
        return [found.image for found in self._found(key, limit)]

    def next_sample(self, key: str) -> int:
        """The number after its last drawing of a request.

        Raises
        ------
        StoreError
            If it cannot be read now.
        """
        number = self._rows(statements.NEXT_SAMPLE, key=key)[0]["sample"]
        return number if isinstance(number, int) and 0 <= number < _MOST else 0

    def entry(self, prefix: str) -> HistoryEntry | None:
        """The one request whose key begins so, with its pictures; None where there is none, or more than one.

        Raises
        ------
        StoreError
            If it cannot be read now.
        """
        from jupyter_imagegen.storage.history import HistoryEntry

        rows = self._rows(statements.BY_PREFIX, first=prefix, after=f"{prefix}g")
        if len(rows) != 1 or not files.is_digest(key := str(rows[0]["key"])):
            return None
        found = list(self._found(key, None))
        if not found:
            return None
        one, moments = found[0].recipe, [each.image.made_at for each in found]
        try:
            parameters, inputs = checked_parameters(one.parameters, key), checked_inputs(one.inputs, key)
        except ValueError:
            return None
        return HistoryEntry(
            **{name: getattr(one, name) for name in ("key", "namespace", "provider", "operation", "model")},
            prompt=one.prompt,
            parameters=parameters,
            inputs=inputs,
            first_made=min(moments),
            last_made=max(moments),
            images=tuple(each.image for each in found),
            lost=0,
            cost_usd=None,
            notebook=None,
            alt=one.alt,
        )

    def count(self) -> int:
        """How many pictures its index has.

        Raises
        ------
        StoreError
            If it cannot be read now.
        """
        return int(self._rows(statements.COUNT_SAMPLES)[0]["pictures"])

    def trouble(self) -> str:
        """Why it cannot be read now; empty where it can."""
        try:
            self._rows(_VERSION)
        except StoreError as exc:
            return exc.message
        return ""

    def _found(self, key: str, limit: int | None) -> Iterator[_Found]:
        left = _MOST if limit is None else limit
        for row in self._rows(_FIND, key=key):
            if left <= 0:
                return
            with contextlib.suppress(OSError, ImagegenError, ValueError):
                yield self._checked(key, row)
                left -= 1

    def _checked(self, key: str, row: Row) -> _Found:
        """A picture of the index, if it is what the index, the recipe and its own bytes say."""
        from jupyter_imagegen import imaging

        digest, sample = row["digest"], row["sample"]
        if not (isinstance(digest, str) and files.is_digest(digest) and isinstance(sample, int)):
            raise ValueError(digest)
        recipe = recipe_from_bytes(_read(self._shelf.recipe(digest, key, sample), _LARGEST_RECIPE))
        if recipe is None or (recipe.key, recipe.digest) != (key, digest):
            raise ValueError(recipe)
        path = self._shelf.original(digest, recipe.mime)
        data = _read(path, _LARGEST_PICTURE)
        if files.sha256(data) != digest:
            raise ValueError(path)
        inspected = imaging.inspect(data, allow_svg=recipe.wants_svg)
        held = OnDisk(path, digest)
        image = Image(
            sample=sample,
            digest=digest,
            mime=inspected.mime,
            width=inspected.width,
            height=inspected.height,
            size_bytes=len(data),
            origin="store",
            # What it cost somebody else is nothing that was saved here.
            cost_usd=None,
            made_at=datetime.fromisoformat(recipe.made_at),
            seconds=recipe.seconds,
            path=path,
            revised_prompt=recipe.revised_prompt,
            load=held.original,
            load_preview=held.small,
        )
        return _Found(recipe, image)

    def _rows(self, sql: str, **values: object) -> list[Row]:
        """What its index answers; each time anew, so that nothing of it is held open."""
        import sqlite3

        index, why = self.home / INDEX, "there is none"
        if os.path.lexists(self.home / UNFINISHED):
            raise StoreError(f"the store {self.home} cannot be read: it is a copy that was not finished")
        try:
            files.regular(index)
            with tempfile.TemporaryDirectory(prefix="imagegen-layer-") as scratch:
                for way in untouched_ways(index, Path(scratch)):
                    try:
                        return _asked(way, sql, values)
                    except sqlite3.Error as exc:
                        why = str(exc)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as exc:
            why = getattr(exc, "strerror", None) or str(exc)
        except StoreError as exc:
            why = exc.message
        raise StoreError(f"the store {self.home} cannot be read: {why}")


def _read(path: Path, most: int) -> bytes:
    if files.regular(path).st_size > most:
        raise ValueError(path)
    return files.read(path)


def _asked(address: str, sql: str, values: dict[str, object]) -> list[Row]:
    import sqlite3

    connection = sqlite3.connect(address, uri=True, timeout=1.0, isolation_level=None)
    with contextlib.closing(connection):
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only = ON")
        # What its schema calls is somebody else's.
        connection.execute("PRAGMA trusted_schema = OFF")
        version, ours = connection.execute(_VERSION).fetchone()["version"], migrations()[-1][0]
        if not isinstance(version, int):
            raise StoreError("it is not a store's index")
        if version > ours:
            raise StoreError(
                f"a newer version of jupyter_imagegen wrote it (its schema is {version}, this version knows "
                f"{ours})"
            )
        return connection.execute(sql, values).fetchall()


def find_in(layers: Sequence[Layer], key: str, wanted: int | None, held: set[str]) -> list[Image]:
    """Up to `wanted` pictures that the layers have for a request, beside those whose digests are held."""
    found: dict[str, Image] = {}
    for layer in layers:
        if wanted is not None and len(found) >= wanted:
            break
        with contextlib.suppress(StoreError):
            found |= {
                image.digest: image for image in layer.find(key) if image.digest not in held | set(found)
            }
    return list(found.values())[:wanted]
