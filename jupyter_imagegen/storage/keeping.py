"""How one picture gets on disk: bytes, recipe, name, rows; no crash between them loses it."""

from __future__ import annotations

import contextlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.recipes import recipe_from_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.recipes import Recipe


def write_picture(
    database: Database,
    shelf: Shelf,
    recipe: Recipe,
    data: bytes,
    believe: Callable[[], Preview | None],
) -> tuple[int, Preview | None]:
    """Put a picture and its recipe on disk and into the index.

    The recipe is on disk before the picture's first byte, so that no whole picture is ever without one. The
    picture gets its name and its rows after it is believed.

    Parameters
    ----------
    believe
        Called while the disk takes the bytes; raises what stands against the picture.

    Returns
    -------
    tuple of int and Preview
        The sample's number, and what `believe` returned.

    Raises
    ------
    StoreError
        If the disk or the index refuses: then nothing is left, or the picture is whole and the next opening
        of the store enters it.
    """
    pending = shelf.incoming / f"{files.writer()}-{recipe.id}.json"
    part = pending.with_suffix(".part")
    original = shelf.original(recipe.digest, recipe.mime)
    named = False
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="imagegen-disk") as disk:
            written = disk.submit(_write_incoming, shelf, pending, recipe, data)
            preview = believe()
        written.result()
        if not original.parent.is_dir():
            files.make_folder(original.parent)
            files.sync_folder(shelf.pictures)
        files.move(part, original)
        named = True
        files.sync_folder(original.parent)
        number = entering.enter(database, recipe)
    except Exception as exc:
        if named:
            # Whole, and paid for: this name tells whoever looks next that its writer has given it up.
            with contextlib.suppress(OSError):
                files.move(pending, pending.with_name(f"done-{recipe.id}.json"))
        else:
            for path in (pending, part, pending.with_suffix(".draft")):
                with contextlib.suppress(OSError):
                    path.unlink()
        if not isinstance(exc, OSError):
            raise
        raise StoreError(
            f"the picture could not be written to {shelf.home} ({exc.strerror or exc})",
            hint="Free some disk space, or check the folder's permissions.",
        ) from exc
    with contextlib.suppress(OSError):
        entering.finish_recipe(shelf, recipe, number, pending)
    return number, preview


def _write_incoming(shelf: Shelf, pending: Path, recipe: Recipe, data: bytes) -> None:
    draft = pending.with_suffix(".draft")
    files.write_synced(draft, recipe.to_bytes())
    files.move(draft, pending)
    files.sync_folder(shelf.incoming)
    files.write_synced(pending.with_suffix(".part"), data)


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
