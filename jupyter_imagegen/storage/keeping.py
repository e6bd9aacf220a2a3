"""How one picture gets on disk: recipe, bytes, then name and rows; no crash between them loses it."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.home import made_again, refuse_absent
from jupyter_imagegen.storage.recipes import recipe_from_bytes
from jupyter_imagegen.storage.writers import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.recipes import Recipe

#: How a disk, a quota or a limit says that a file has no room.
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def write_incoming(shelf: Shelf, recipe: Recipe, data: bytes) -> Writer:
    """Put a picture's bytes on disk before anything else is done with them.

    The recipe is on disk before the picture's first byte, so that no whole picture is ever without one.

    Returns
    -------
    Writer
        Whose `.json` is the recipe in `incoming/`, and `.part` the bytes. While it is open nobody else takes
        them; close it when they are in their place, or are to be found by others.

    Raises
    ------
    StoreError
        If the disk refuses; nothing is left then.
    """
    try:
        writer = Writer(shelf)
    except OSError as exc:
        raise refused(shelf, exc) from exc
    pending, draft, part = (writer.path(suffix) for suffix in (".json", ".draft", ".part"))
    try:
        files.write_synced(draft, recipe.to_bytes())
        files.move(draft, pending)
        files.sync_folder(shelf.incoming)
        files.write_synced(part, data)
    except BaseException as exc:
        for path in (pending, part, draft):
            with contextlib.suppress(OSError):
                path.unlink()
        writer.close()
        if not isinstance(exc, OSError):
            raise
        raise refused(shelf, exc) from exc
    return writer


def enter_incoming(database: Database, shelf: Shelf, recipe: Recipe, writer: Writer) -> int:
    """Give a picture in `incoming/`, which was decoded, its name and its rows; closes its writer.

    Returns
    -------
    int
        The sample's number.

    Raises
    ------
    StoreError
        If the disk or the index refuses. The picture is whole, and whoever looks next enters it.
    """
    pending = writer.path(".json")
    original = shelf.original(recipe.digest, recipe.mime)
    with writer:
        try:
            entering.rewrite_incoming(pending, recipe)
            if not original.parent.is_dir():
                refuse_absent(database, shelf)
                files.make_folder(original.parent)
                files.sync_folder(shelf.pictures)
            files.move(pending.with_suffix(".part"), original)
            files.sync_folder(original.parent)
            number = entering.enter(database, recipe)
        except OSError as exc:
            raise refused(shelf, exc) from exc
        with contextlib.suppress(OSError, StoreError):
            entering.finish_recipe(shelf, recipe, number, pending)
    return number


def try_to_keep(database: Database, shelf: Shelf, size_bytes: int) -> None:
    """Find out whether the store can take a picture, before one is paid for.

    Parameters
    ----------
    size_bytes
        What it may need; so much is reserved on the disk, where that can be done, and given back.

    Raises
    ------
    StoreError
        If it cannot; nothing is left then.
    """
    refuse_absent(database, shelf)
    why, full = "", False
    try:
        pictures = made_again(shelf, "pictures")
        with Writer(shelf) as writer:
            if pictures.stat().st_dev != shelf.incoming.stat().st_dev:
                why = "pictures/ is on another disk than incoming/; mount the whole home"
            elif not os.access(pictures, os.W_OK | os.X_OK):
                why = "pictures/ may not be written"
            else:
                _try_room(writer.path(".scratch"), size_bytes)
    except OSError as exc:
        why, full = exc.strerror or str(exc), exc.errno in _FULL
    if why:
        raise StoreError(
            f"no paid call is made, because the store {shelf.home} cannot take a picture now: {why}",
            hint=f"{'The disk is full: free some space' if full else 'Check the folder and its modes'}, "
            "or let IMAGEGEN_HOME name another.",
        )


def _try_room(scratch: Path, size_bytes: int) -> None:
    try:
        with files.create(scratch) as file:
            files.reserve(file, size_bytes)
    finally:
        scratch.unlink(missing_ok=True)


def refused(shelf: Shelf, exc: OSError) -> StoreError:
    """What to raise where the disk does not take a picture."""
    return StoreError(
        f"the picture could not be written to {shelf.home} ({exc.strerror or exc})",
        hint="Free some disk space, or check the folder's permissions.",
    )


def write_preview(database: Database, shelf: Shelf, digest: str, small: Preview) -> None:
    """Put a picture's small copy beside it.

    Raises
    ------
    OSError, StoreError
        If the disk or the index refuses; it can be made again at any time.
    """
    with Writer(shelf) as writer:
        files.write_atomically(shelf.preview(digest, small.mime), small.data, scratch=writer.path(".scratch"))
    with database.transaction(durable=False):
        database.all(
            statements.KEEP_PREVIEW,
            digest=digest,
            mime=small.mime,
            width=small.width,
            height=small.height,
            preview_digest=files.sha256(small.data),
        )


def change_recipe(shelf: Shelf, path: Path, **changes: Any) -> None:
    """Write what became known, or what its owner decided, into a picture's recipe.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    recipe = recipe_from_bytes(files.read(path))
    if recipe is not None:
        changed = replace(recipe, **changes)
        with Writer(shelf) as writer:
            files.write_atomically(path, changed.to_bytes(), scratch=writer.path(".scratch"))
