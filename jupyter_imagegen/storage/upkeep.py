"""Looking after a store: verify and tidy up, folder by folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files, home, statements
from jupyter_imagegen.storage.inventory import Survey, count, digest_of, folders, is_original
from jupyter_imagegen.storage.locks import acquired, file_lock
from jupyter_imagegen.storage.quarantine import Quarantine
from jupyter_imagegen.storage.recipes import Recipe, read_recipe
from jupyter_imagegen.storage.unread import UnreadAnswers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.images import Pictures
    from jupyter_imagegen.storage.inventory import Folder

    Progress = Callable[[int, int], None]

#: A file that nothing refers to may be a moment old and about to be; after a day it is not.
UNREFERENCED_AFTER = 86_400.0

#: How many are done at a time: one transaction for all of them, and no other process waits for long.
_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """What `verify` found.

    Attributes
    ----------
    checked : int
        Pictures in the index.
    damaged : tuple of str
        Digests whose bytes are not right, now or before; their files are in quarantine/.
    missing : tuple of str
        Digests whose file is gone.
    unknown : tuple of Path
        Originals that the index does not know.
    foreign : tuple of Path
        Files, folders and links in the store's folder that are not its own; they were left alone.
    unread : int
        Answers that were paid for, perhaps, and wait to be read.
    hidden : tuple of Path
        Originals, recipes and folders that are there and cannot be read at this moment.
    garbled : tuple of Path
        Recipes that are none any more; a lost index would be built again without them.
    newer : tuple of Path
        Recipes that only a newer version can read.
    without_recipe : int
        Pictures in the index that have no recipe, from which a lost index would be built again.
    quarantined : int
        Files in quarantine/.
    """

    checked: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[Path, ...]
    foreign: tuple[Path, ...] = ()
    unread: int = 0
    hidden: tuple[Path, ...] = ()
    garbled: tuple[Path, ...] = ()
    newer: tuple[Path, ...] = ()
    without_recipe: int = 0
    quarantined: int = 0

    @property
    def sound(self) -> bool:
        """Whether every picture in the index is there and right, as far as all could be read."""
        return not self.damaged and not self.missing and not self.hidden


@dataclass(frozen=True, kw_only=True)
class GcReport:
    """What `gc` removed.

    Attributes
    ----------
    adopted : int
        Pictures that were whole and are now in the index: of dead writers, of a restored copy, or out of
        quarantine/ because their recipe can be read by now.
    removed : int
        Files removed; an original or a recipe is never among them.
    freed_bytes : int
        Their bytes.
    foreign : tuple of Path
        Files, folders and links in the store's folder that are not its own; they were left alone.
    quarantined : tuple of Path
        Originals without a recipe that can be read, and such recipes, at their new place in quarantine/.
    newer : tuple of Path
        Recipes that only a newer version can read; they and their pictures were left where they are.
    hidden : tuple of Path
        What could not be read at this moment; it and what belongs to it was left where it is.
    """

    adopted: int
    removed: int
    freed_bytes: int
    foreign: tuple[Path, ...] = ()
    quarantined: tuple[Path, ...] = ()
    newer: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


def verify(pictures: Pictures, progress: Progress | None = None) -> VerifyReport:
    """Read every picture and every recipe again, and compare each picture with its digest."""
    shelf = pictures.shelf
    home.refuse_absent(pictures.database, shelf)
    wrong: dict[str, list[str]] = {"damaged": [], "missing": []}
    found, checked = Survey(), 0
    total = count(pictures.database)
    for folder in folders(pictures.database, shelf):
        for row in folder.pictures.values():
            checked += 1
            try:
                state = _state(pictures, row)
            except OSError:
                found.hidden.append(shelf.original(row["digest"], row["mime"]))
            else:
                # What another process deleted meanwhile is not missing.
                if state != "right" and folder.is_picture(row["digest"]):
                    wrong[state].append(row["digest"])
            if progress is not None:
                progress(checked, max(checked, total))
        found.look(folder)
    return VerifyReport(
        checked=checked,
        damaged=tuple(wrong["damaged"]),
        missing=tuple(wrong["missing"]),
        unknown=tuple(found.unknown),
        foreign=tuple(home.foreign(shelf.home, found.hidden)),
        unread=len(UnreadAnswers(shelf, now=pictures.now).all()),
        hidden=tuple(dict.fromkeys(found.hidden)),
        garbled=tuple(found.garbled),
        newer=tuple(found.newer),
        without_recipe=found.without_recipe,
        quarantined=Quarantine(shelf, pictures.now()).count(),
    )


def _state(pictures: Pictures, row: Row) -> str:
    """Whether a picture is right, damaged or missing; a damaged one is put aside.

    Raises
    ------
    OSError
        If that cannot be seen.
    """
    digest, mime = row["digest"], row["mime"]
    try:
        right = files.sha256(files.read(pictures.shelf.original(digest, mime))) == digest
    except (FileNotFoundError, StoreError):
        # Something that is no file of ours may have its place.
        return "damaged" if row["damaged_at"] else "missing"
    if not right:
        pictures.quarantine(digest, mime)
        return "damaged"
    if row["damaged_at"]:
        # Its owner has put it back.
        pictures.database.all(statements.MARK_SOUND, digest=digest)
    return "right"


def collect(
    pictures: Pictures, progress: Progress | None = None, *, now: Callable[[], float] = time.time
) -> GcReport:
    """Remove what nothing refers to and can be made again; never an original, never a recipe."""
    shelf, database = pictures.shelf, pictures.database
    if not home.is_marked(shelf.home):
        if database.path is None:
            # Looked at before there was a store.
            return GcReport(adopted=0, removed=0, freed_bytes=0)
        raise StoreError(
            f"{shelf.home} no longer has the file {files.MARKER}, without which nothing is removed from it",
            hint="Run it again: if this is the store, the file is made again.",
        )
    home.refuse_absent(database, shelf)
    tidying = _Tidying(pictures, before=now() - UNREFERENCED_AFTER)
    tidying.adopted += entering.adopt_abandoned(database, shelf)
    tidying.adopted += tidying.quarantine.take_back(pictures)
    done, total = 0, count(database)
    for folder in folders(database, shelf):
        tidying.tidy(folder)
        done += len(folder.pictures)
        if progress is not None:
            progress(done, max(done, total))
    tidying.remove_locks()
    return GcReport(
        adopted=tidying.adopted,
        removed=len(tidying.freed),
        freed_bytes=sum(tidying.freed),
        foreign=tuple(home.foreign(shelf.home, tidying.hidden)),
        quarantined=tuple(tidying.quarantined),
        newer=tuple(tidying.newer),
        hidden=tuple(dict.fromkeys(tidying.hidden)),
    )


@dataclass
class _Stray:
    """The files of one digest that the index does not know."""

    digest: str
    paths: list[Path]
    whole: list[tuple[Recipe, Path]] = field(default_factory=list)
    garbled: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    left: bool = False


class _Tidying:
    """One run over the folders."""

    def __init__(self, pictures: Pictures, *, before: float) -> None:
        self._pictures = pictures
        self._shelf = pictures.shelf
        self._before = before
        self.quarantine = Quarantine(pictures.shelf, pictures.now())
        self.adopted = 0
        self._charges: dict[str, bool] = {}
        self.freed: list[int] = []
        self.quarantined: list[Path] = []
        self.newer: list[Path] = []
        self.hidden: list[Path] = []

    def tidy(self, folder: Folder) -> None:
        """Take in what is whole, put aside what may be an original, remove what can be made again."""
        try:
            unknown = [path for path in folder.files() if not folder.knows(path)]
        except OSError:
            self.hidden.append(folder.path)
            return
        strays = (_Stray(digest, list(paths)) for digest, paths in itertools.groupby(unknown, key=digest_of))
        while some := list(itertools.islice(strays, _AT_ONCE)):
            for stray in some:
                self._read(stray)
            ready = [found for stray in some for found in stray.whole]
            # A recipe whose picture is whole makes it known: a restored backup is not rubbish.
            self.adopted += entering.adopt(self._pictures.database, self._shelf, ready, self._charges)
            for stray in some:
                if not stray.left:
                    self._clear(stray, known=folder.is_picture(stray.digest))

    def _read(self, stray: _Stray) -> None:
        """Look at the recipes of a digest: what cannot be judged now is left, and all that belongs to it."""
        for path in stray.paths:
            if path.suffix != ".json":
                stray.others.append(path)
                continue
            try:
                recipe = read_recipe(path)
                if isinstance(recipe, Recipe) and self.quarantine.locate(recipe):
                    stray.whole.append((recipe, path))
            except FileNotFoundError:
                # Another process has put it elsewhere.
                stray.left = True
                continue
            except (OSError, StoreError):
                recipe = "hidden"
            if recipe == "garbled":
                stray.garbled.append(path)
            elif not isinstance(recipe, Recipe):
                stray.left = True
                (self.newer if recipe == "newer" else self.hidden).append(path)

    def _clear(self, stray: _Stray, *, known: bool) -> None:
        """Put aside or remove what is a day old and has no recipe that can be read."""
        originals = [] if known else [path for path in stray.others if is_original(path)]
        if any(not _is_older(path, self._before) for path in originals):
            return
        aside = [path for path in stray.paths if path.suffix == ".json"] if originals else stray.garbled
        # The original first: what is without its recipe for a moment must not be without its picture.
        for path in [*originals, *aside]:
            if _is_older(path, self._before) or originals:
                try:
                    self.quarantined.append(self.quarantine.put(path))
                except FileNotFoundError:
                    continue
                except OSError:
                    self.hidden.append(path)
        if not known:
            self._remove(path for path in stray.others if not is_original(path))

    def remove_locks(self) -> None:
        """Remove the lock files that nobody holds."""
        with contextlib.suppress(OSError), os.scandir(self._shelf.locks) as entries:
            names = (self._shelf.locks / entry.name for entry in entries)
            locks = (path for path in names if files.is_own_file(path, self._shelf.home))
            while some := list(itertools.islice(locks, _AT_ONCE)):
                self.freed += [size for path in some if (size := _remove_lock(path)) is not None]

    def _remove(self, paths: Iterable[Path]) -> None:
        for path in paths:
            if _is_older(path, self._before) and (size := _remove(path)) is not None:
                self.freed.append(size)


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.lstat().st_mtime < moment
    except OSError:
        return False


def _remove(path: Path) -> int | None:
    """Bytes that were freed; None where the file stayed."""
    try:
        size = path.lstat().st_size
        path.unlink()
    except OSError:
        return None
    return size


def _remove_lock(path: Path) -> int | None:
    lock = file_lock(path)
    try:
        if not acquired(lock):
            return None
    except StoreError:
        return None
    try:
        # While it is held: filelock (3.25 and later) looks, after taking a lock, whether its file still has a
        # name, so whoever waited for this one takes a new one. Windows refuses, and keeps an empty file.
        return _remove(path)
    finally:
        lock.release()
