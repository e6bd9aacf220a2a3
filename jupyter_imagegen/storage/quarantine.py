"""What may be a paid picture and has no recipe that can be read: put aside as it was, and taken back.

::

    quarantine/<when>/pictures/ab/<digest>.png     one tidying's finds, in the places that they had
    quarantine/<when>-<digest>.png                 a file whose bytes were not what its digest says

Nothing here is overwritten or deleted. What can be read later (its recipe was put back, or the disk gives the
right bytes again) goes back to its place and enters the index.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.files import Shelf
from jupyter_imagegen.storage.recipes import Recipe, read_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from jupyter_imagegen.storage.images import Pictures

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Quarantine:
    """The files of one store that were put aside.

    Parameters
    ----------
    shelf
        The folders.
    moment
        Now; what is put aside gets a folder named after it.
    """

    def __init__(self, shelf: Shelf, moment: datetime) -> None:
        self._shelf = shelf
        self._put = shelf.quarantine / files.stamp(moment)
        self._originals: dict[str, list[Path]] | None = None

    def put(self, path: Path) -> Path:
        """Move a file of `pictures/` here; returns its new place.

        Raises
        ------
        OSError
            If the disk refuses; it is where it was then.
        """
        target = self._put / path.relative_to(self._shelf.home)
        files.make_folder(target.parent)
        files.move(path, target)
        return target

    def locate(self, recipe: Recipe) -> bool:
        """Whether the bytes of a recipe are in their place; brought back from here where they are not.

        Raises
        ------
        OSError, StoreError
            If it cannot be seen whether they are there: that is not to be taken for their absence.
        """
        original = self._shelf.original(recipe.digest, recipe.mime)
        if _is_whole(original, recipe.digest):
            return True
        for path in self._found(recipe.digest):
            if path.suffix == original.suffix and _is_whole(path, recipe.digest):
                if original.exists():
                    # Something else has its place.
                    self.put(original)
                files.make_folder(original.parent)
                files.move(path, original)
                self._leave(path)
                return True
        return False

    def take_back(self, pictures: Pictures) -> int:
        """Take into the store what can be read by now; returns how many pictures came back.

        Raises
        ------
        StoreError
            If the index cannot be written.
        """
        back, charges = 0, dict[str, bool]()
        for path in [path for path in self.files() if path.suffix == ".json"]:
            with contextlib.suppress(OSError):
                recipe = read_recipe(path)
                if isinstance(recipe, Recipe) and self.locate(recipe):
                    back += entering.adopt(pictures.database, self._shelf, [(recipe, path)], charges)
                    self._leave(path)
        for digest in list(self._finds()):
            row = pictures.database.one(statements.PICTURE, digest=digest)
            if row is not None and row["damaged_at"] is not None:
                back += self._mend(pictures, digest, row["mime"])
        return back

    def count(self) -> int:
        """How many files are here."""
        return sum(1 for _ in self.files())

    def _mend(self, pictures: Pictures, digest: str, mime: str) -> bool:
        """Put a damaged picture's bytes back, where those that were put aside are right after all."""
        original = self._shelf.original(digest, mime)
        with contextlib.suppress(OSError, StoreError):
            for path in self._found(digest):
                if not original.exists() and _is_whole(path, digest):
                    files.move(path, original)
                    pictures.database.all(statements.MARK_SOUND, digest=digest)
                    return True
        return False

    def _found(self, digest: str) -> list[Path]:
        return self._finds().get(digest, [])

    def _finds(self) -> dict[str, list[Path]]:
        """The originals here, by digest."""
        if self._originals is None:
            self._originals = {}
            for path in self.files():
                digest = _DIGEST.search(path.name)
                if digest and path.suffix != ".json":
                    self._originals.setdefault(digest[0], []).append(path)
        return self._originals

    def files(self) -> Iterator[Path]:
        """Every file here."""
        home = self._shelf.home
        with contextlib.suppress(OSError):
            for path in sorted(self._shelf.quarantine.iterdir()):
                if files.is_own_file(path, home):
                    yield path
                elif files.is_ours(path, home) and not files.is_link(path):
                    yield from self._files_in(Shelf(path))

    def _files_in(self, kept: Shelf) -> Iterator[Path]:
        with contextlib.suppress(OSError, StoreError):
            for folder in kept.folders():
                with contextlib.suppress(OSError):
                    yield from sorted(kept.kept(folder))

    def _leave(self, path: Path) -> None:
        """Take away the folders that are empty after a file of theirs went back."""
        for folder in path.parents:
            if folder == self._shelf.quarantine:
                return
            try:
                folder.rmdir()
            except OSError:
                return


def _is_whole(path: Path, digest: str) -> bool:
    """Whether a file has the bytes of a digest; an error where that cannot be seen."""
    try:
        return files.sha256(files.read(path)) == digest
    except FileNotFoundError:
        return False
