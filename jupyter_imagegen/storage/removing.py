"""Deleting a picture on its owner's word: whole or not at all, and never what somebody else refers to."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.locks import file_lock
from jupyter_imagegen.storage.recipes import recipe_from_bytes
from jupyter_imagegen.storage.writers import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_imagegen.storage.database import Database, Row
    from jupyter_imagegen.storage.files import Shelf


def delete(database: Database, shelf: Shelf, key: str, sample: int) -> int:
    """Delete a picture's row and recipe, and its files where no other sample has the same bytes.

    Returns
    -------
    int
        The bytes that were freed.

    Raises
    ------
    StoreError
        If there is no such picture, another one of its request is being made, or the disk or the index
        refuses; then it is still there.
    """
    from filelock import Timeout

    try:
        # Whoever is just drawing the same bytes again must not find its file gone when it enters them.
        with (
            file_lock(shelf.lock(key), timeout=0),
            Writer(shelf) as writer,
        ):
            # A rebuilt index would have the recipe again. Not `.json`: that would be taken for a picture
            # whose writer died.
            aside = writer.path(".deleted")
            unused = _taken_out(database, shelf, key, sample, aside)
            # What stays here nobody refers to: `gc` tries again. The recipe goes last: until then what was
            # begun can be told from it.
            return remove(unused) + remove([aside])
    except Timeout as exc:
        raise StoreError(
            "the picture cannot be deleted while another one of its request is being made",
            hint="Try again when it is finished.",
        ) from exc
    except OSError as exc:
        raise StoreError(f"the picture could not be deleted ({exc.strerror or exc})") from exc


def remove(paths: Iterable[Path]) -> int:
    """Delete files, and say how many bytes that freed; what the disk does not let go stays."""
    freed = 0
    for path in paths:
        with contextlib.suppress(OSError):
            found = path.lstat().st_size
            path.unlink()
            freed += found
    return freed


def finish(database: Database, shelf: Shelf, aside: Path) -> int:
    """Go on with a deletion whose process died after it had put the recipe aside.

    Raises
    ------
    StoreError
        If the index cannot be read.
    """
    with contextlib.suppress(OSError):
        recipe = recipe_from_bytes(files.read(aside))
        if recipe is not None and database.one(statements.PICTURE, digest=recipe.digest) is None:
            unused = [shelf.original(recipe.digest, recipe.mime), *shelf.previews(recipe.digest)]
            return remove(unused) + remove([aside])
    return remove([aside])


def _taken_out(database: Database, shelf: Shelf, key: str, sample: int, aside: Path) -> list[Path]:
    """Delete the rows and put the recipe aside; returns the files that nothing refers to any more."""
    recipe = None
    try:
        with database.transaction():
            row = _row_taken_out(database, key, sample)
            database.all(statements.FORGET_REQUEST, key=key)
            picture = database.one(statements.FORGET_PICTURE, digest=row["digest"])
            with contextlib.suppress(FileNotFoundError):
                files.move(shelf.recipe(row["digest"], key, sample), aside)
                recipe = shelf.recipe(row["digest"], key, sample)
    except BaseException:
        if recipe is not None:
            files.move(aside, recipe)
        raise
    unused = []
    if picture is not None:
        unused = [shelf.original(row["digest"], picture["mime"]), *shelf.previews(row["digest"])]
    return unused


def _row_taken_out(database: Database, key: str, sample: int) -> Row:
    row = database.one(statements.FORGET_SAMPLE, key=key, sample=sample)
    if row is None:
        raise StoreError(f"the store has no picture {sample} of {key[:12]}")
    return row
