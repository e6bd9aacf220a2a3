"""Deleting a picture on its owner's word: whole or not at all, and never what somebody else refers to."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files, statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf


def delete(database: Database, shelf: Shelf, key: str, sample: int) -> None:
    """Delete a picture's row and recipe, and its files where no other sample has the same bytes.

    Raises
    ------
    StoreError
        If there is no such picture, another one of its request is being made, or the disk or the index
        refuses; then it is still there.
    """
    from filelock import FileLock, Timeout

    try:
        # Whoever is just drawing the same bytes again must not find its file gone when it enters them.
        with FileLock(shelf.lock(key), mode=files.FILE_MODE, blocking=False, thread_local=False):
            unused = _forget(database, shelf, key, sample)
    except Timeout as exc:
        raise StoreError(
            "the picture cannot be deleted while another one of its request is being made",
            hint="Try again when that one is there.",
        ) from exc
    except OSError as exc:
        raise StoreError(f"the picture could not be deleted ({exc.strerror or exc})") from exc
    for path in unused:
        # What stays here nobody refers to: `gc` tries again.
        with contextlib.suppress(OSError):
            path.unlink()


def _forget(database: Database, shelf: Shelf, key: str, sample: int) -> list[Path]:
    """Delete the rows and the recipe; gives the files that nothing refers to any more."""
    with contextlib.ExitStack() as on_success, database.transaction():
        row = database.one(statements.FORGET_SAMPLE, key=key, sample=sample)
        if row is None:
            raise StoreError(f"the store has no picture {sample} of {key[:12]}")
        database.all(statements.FORGET_REQUEST, key=key)
        picture = database.one(statements.FORGET_PICTURE, digest=row["digest"])
        on_success.enter_context(_put_aside(shelf, shelf.recipe(row["digest"], key, sample)))
    if picture is None:
        return []
    original = shelf.original(row["digest"], picture["mime"])
    return [original, *shelf.previews(row["digest"])]


@contextlib.contextmanager
def _put_aside(shelf: Shelf, recipe: Path) -> Iterator[None]:
    """Take a recipe away, for a rebuilt index would have it again; put it back where what follows fails."""
    # Not `.json`: that would be taken for a picture whose writer died.
    aside = shelf.incoming / f"{files.writer()}-{secrets.token_hex(8)}.deleted"
    try:
        files.move(recipe, aside)
    except FileNotFoundError:
        yield
        return
    try:
        yield
    except BaseException:
        files.move(aside, recipe)
        raise
    with contextlib.suppress(OSError):
        aside.unlink()
