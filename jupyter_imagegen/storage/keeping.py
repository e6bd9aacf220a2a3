"""How one picture gets on disk: recipe, bytes, then name and rows; no crash between them loses it."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.recipes import recipe_from_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.recipes import Recipe


def write_incoming(shelf: Shelf, recipe: Recipe, data: bytes) -> Path:
    """Put a picture's bytes on disk before anything else is done with them.

    The recipe is on disk before the picture's first byte, so that no whole picture is ever without one.

    Returns
    -------
    Path
        The recipe in `incoming/`; the bytes are beside it, as `.part`.

    Raises
    ------
    StoreError
        If the disk refuses; nothing is left then.
    """
    pending = shelf.incoming / f"{files.writer()}-{recipe.id}.json"
    draft, part = pending.with_suffix(".draft"), pending.with_suffix(".part")
    try:
        files.write_synced(draft, recipe.to_bytes())
        files.move(draft, pending)
        files.sync_folder(shelf.incoming)
        files.write_synced(part, data)
    except OSError as exc:
        for path in (pending, part, draft):
            with contextlib.suppress(OSError):
                path.unlink()
        raise refused(shelf, exc) from exc
    return pending


def enter_incoming(database: Database, shelf: Shelf, recipe: Recipe, pending: Path) -> int:
    """Give a picture in `incoming/`, which was decoded, its name and its rows.

    Returns
    -------
    int
        The sample's number.

    Raises
    ------
    StoreError
        If the disk or the index refuses. The picture is whole, and whoever looks next enters it.
    """
    original = shelf.original(recipe.digest, recipe.mime)
    try:
        entering.rewrite_incoming(pending, recipe)
        if not original.parent.is_dir():
            files.make_folder(original.parent)
            files.sync_folder(shelf.pictures)
        files.move(pending.with_suffix(".part"), original)
        files.sync_folder(original.parent)
        number = entering.enter(database, recipe)
    except Exception as exc:
        # Paid for: this name tells whoever looks next that its writer has given it up.
        given_up = pending.with_name(f"done-{recipe.id}.json")
        with contextlib.suppress(OSError):
            files.move(pending, given_up)
            with contextlib.suppress(FileNotFoundError):
                files.move(pending.with_suffix(".part"), given_up.with_suffix(".part"))
        if not isinstance(exc, OSError):
            raise
        raise refused(shelf, exc) from exc
    with contextlib.suppress(OSError):
        entering.finish_recipe(shelf, recipe, number, pending)
    return number


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
    files.write_atomically(shelf.preview(digest, small.mime), small.data, scratch=_scratch(shelf))
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
        files.write_atomically(path, changed.to_bytes(), scratch=_scratch(shelf))


def shares(nano: int | None, pictures: int) -> list[int | None]:
    """Share a cost out so that the parts are the whole; the first ones take the rest."""
    if nano is None:
        return [None] * pictures
    part, rest = divmod(nano, pictures)
    return [part + (1 if i < rest else 0) for i in range(pictures)]


def _scratch(shelf: Shelf) -> Path:
    return shelf.incoming / f"{files.writer()}-{secrets.token_hex(8)}.scratch"
