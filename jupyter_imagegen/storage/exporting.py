"""Copies of stored pictures, with their recipes, in one zip file."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.images import Pictures

#: Rows that are read at a time.
_ROWS = 1000


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """What `export` wrote.

    Attributes
    ----------
    path : Path
        The zip file.
    pictures : int
        Originals in it.
    recipes : int
        Recipes in it.
    skipped : tuple of str
        Digests that are damaged or missing and so are not in it.
    """

    path: Path
    pictures: int
    recipes: int
    skipped: tuple[str, ...]


def export(
    pictures: Pictures,
    dest: Path,
    keys: Iterable[str] | None,
    samples: Iterable[tuple[str, int]] | None = None,
    *,
    overwrite: bool,
    progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write originals and recipes into a zip file, in the order of their keys."""
    import zipfile

    if os.path.lexists(dest) and not overwrite:
        raise StoreError(f"{dest} exists", hint="Choose another name, or allow the file to be replaced.")
    scratch = dest.with_name(f".{dest.name}.{secrets.token_hex(4)}.part")
    skipped: set[str] = set()
    originals = recipes = 0
    try:
        # Pictures are compressed already.
        with zipfile.ZipFile(scratch, "x", zipfile.ZIP_STORED) as archive:
            total, rows = _rows(pictures, keys, samples)
            for done, row in enumerate(rows, 1):
                name = f"pictures/{pictures.shelf.original(row['digest'], row['mime']).name}"
                # The archive's own directory says what is in it.
                if name not in archive.NameToInfo and row["digest"] not in skipped:
                    if (data := _original(pictures, row)) is None:
                        skipped.add(row["digest"])
                    else:
                        archive.writestr(files.zip_member(name), data)
                        originals += 1
                if row["digest"] not in skipped and (recipe := _recipe(pictures, row)) is not None:
                    archive.writestr(files.zip_member(f"recipes/{row['key']}-{row['sample']}.json"), recipe)
                    recipes += 1
                if progress is not None:
                    progress(done, max(done, total))
        files.move(scratch, dest)
    except OSError as exc:
        raise StoreError(f"{dest} could not be written ({exc.strerror or exc})") from exc
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    return ExportReport(path=dest, pictures=originals, recipes=recipes, skipped=tuple(sorted(skipped)))


def _rows(
    pictures: Pictures, keys: Iterable[str] | None, samples: Iterable[tuple[str, int]] | None
) -> tuple[int, Iterable[Row]]:
    """How many samples there are to write, about, and their rows in the order of their keys."""
    database = pictures.database
    if samples is not None:
        shown = [
            database.one(statements.SHOWN, key=key, sample=sample) for key, sample in sorted(set(samples))
        ]
        chosen = [row for row in shown if row is not None]
        return len(chosen), chosen
    if keys is not None:
        found = [row for key in sorted(set(keys)) for row in database.all(statements.SAMPLES_OF_KEY, key=key)]
        return len(found), found
    counted = database.one(statements.COUNT_SAMPLES)
    return 0 if counted is None else counted["pictures"], _all_rows(pictures)


def _all_rows(pictures: Pictures) -> Iterator[Row]:
    key, sample = "", -1
    while rows := pictures.database.all(statements.SAMPLES_AFTER, key=key, sample=sample, limit=_ROWS):
        yield from rows
        key, sample = rows[-1]["key"], rows[-1]["sample"]


def _original(pictures: Pictures, row: Row) -> bytes | None:
    path = pictures.shelf.found(pictures.shelf.original(row["digest"], row["mime"]))
    try:
        data = files.read(path)
    except (OSError, StoreError):
        return None
    return data if files.sha256(data) == row["digest"] else None


def _recipe(pictures: Pictures, row: Row) -> bytes | None:
    try:
        path = pictures.shelf.recipe(row["digest"], row["key"], row["sample"])
        return files.read(pictures.shelf.found(path))
    except (OSError, StoreError):
        return None
