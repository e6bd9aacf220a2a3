"""How one picture gets on disk: bytes, recipe, name, rows; no crash between them loses it."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import ImagegenError, StoreError
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.recipes import recipe_from_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.imaging import Inspected
    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.recipes import Recipe


def write_picture(database: Database, shelf: Shelf, recipe: Recipe, data: bytes) -> int:
    """Put a picture and its recipe on disk and into the index.

    The recipe is on disk before the picture's first byte, so that no whole picture is ever without one.

    Returns
    -------
    int
        The sample's number.

    Raises
    ------
    StoreError
        If the disk or the index refuses: then nothing is left, or the picture is whole and the next opening
        of the store enters it.
    """
    pending = shelf.incoming / f"{files.writer()}-{recipe.id}.json"
    part, draft = pending.with_suffix(".part"), pending.with_suffix(".draft")
    original = shelf.original(recipe.digest, recipe.mime)
    named = False
    try:
        files.write_synced(draft, recipe.to_bytes())
        files.move(draft, pending)
        files.sync_folder(shelf.incoming)
        files.write_synced(part, data)
        if not original.parent.is_dir():
            original.parent.mkdir(exist_ok=True)
            files.sync_folder(shelf.pictures)
        files.move(part, original)
        named = True
        files.sync_folder(original.parent)
        number = entering.enter(database, recipe)
    except (OSError, StoreError) as exc:
        if named:
            # Whole, and paid for: this name tells whoever looks next that its writer has given it up.
            with contextlib.suppress(OSError):
                files.move(pending, pending.with_name(f"done-{recipe.id}.json"))
        else:
            for path in (pending, draft, part):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
        if isinstance(exc, StoreError):
            raise
        raise StoreError(
            f"the picture could not be written to {shelf.home} ({exc.strerror or exc})",
            hint="Free some disk space, or check the folder's permissions.",
        ) from exc
    with contextlib.suppress(OSError, StoreError):
        entering.finish_recipe(shelf, recipe, number, pending)
    return number


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
    recipe = recipe_from_bytes(path.read_bytes())
    if recipe is not None:
        changed = replace(recipe, **changes)
        files.write_atomically(path, changed.to_bytes(), scratch=_scratch(shelf))


def shares(nano: int | None, pictures: int) -> list[int | None]:
    """Share a cost out so that the parts are the whole; the first ones take the rest."""
    if nano is None:
        return [None] * pictures
    part, rest = divmod(nano, pictures)
    return [part + (1 if i < rest else 0) for i in range(pictures)]


class PreviewMaker:
    """Makes a small copy in a thread of its own, while the disk is busy with the original.

    Parameters
    ----------
    data
        The picture's bytes.
    inspected
        What they are.
    """

    def __init__(self, data: bytes, inspected: Inspected) -> None:
        self._data = data
        self._inspected = inspected
        self._made: Preview | None = None
        self._thread = Thread(target=self._make, name="imagegen-preview")
        self._thread.start()

    def result(self) -> Preview | None:
        """The small copy; None where it could not be made."""
        self._thread.join()
        return self._made

    def _make(self) -> None:
        from jupyter_imagegen import imaging

        with contextlib.suppress(ValueError, OSError, ImagegenError):
            self._made = imaging.preview(self._data, inspected=self._inspected)


def _scratch(shelf: Shelf) -> Path:
    return shelf.incoming / f"{files.writer()}-{secrets.token_hex(8)}.scratch"
