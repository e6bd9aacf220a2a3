"""Looking after a store: verify, tidy up, export."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files, home, statements
from jupyter_imagegen.storage.locks import acquired, file_lock
from jupyter_imagegen.storage.recipes import recipe_from_bytes
from jupyter_imagegen.storage.unread import UnreadAnswers

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.images import Pictures

#: A file that nothing refers to may be a moment old and about to be; after a day it is not.
UNREFERENCED_AFTER = 86_400.0


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
    """

    checked: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[Path, ...]
    foreign: tuple[Path, ...] = ()
    unread: int = 0

    @property
    def sound(self) -> bool:
        """Whether every picture in the index is there and right."""
        return not self.damaged and not self.missing


@dataclass(frozen=True, kw_only=True)
class GcReport:
    """What `gc` removed.

    Attributes
    ----------
    adopted : int
        Pictures of dead writers that were whole and are now in the index.
    removed : int
        Files removed; a picture that the index knows is never among them.
    freed_bytes : int
        Their bytes.
    foreign : tuple of Path
        Files, folders and links in the store's folder that are not its own; they were left alone.
    """

    adopted: int
    removed: int
    freed_bytes: int
    foreign: tuple[Path, ...] = ()


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


def verify(pictures: Pictures, progress: Callable[[int, int], None] | None) -> VerifyReport:
    """Read every picture again and compare it with its digest."""
    rows = pictures.database.all(statements.PICTURES)
    damaged: list[str] = []
    missing: list[str] = []
    for done, row in enumerate(rows, 1):
        digest, mime = row["digest"], row["mime"]
        try:
            if files.sha256(files.read(pictures.shelf.original(digest, mime))) != digest:
                pictures.quarantine(digest, mime)
                damaged.append(digest)
        except (OSError, StoreError):
            (damaged if row["damaged_at"] else missing).append(digest)
        if progress is not None:
            progress(done, len(rows))
    known = {row["digest"] for row in rows}
    unknown = tuple(path for digest, path in pictures.shelf.originals() if digest not in known)
    return VerifyReport(
        checked=len(rows),
        damaged=tuple(damaged),
        missing=tuple(missing),
        unknown=unknown,
        foreign=tuple(home.foreign(pictures.shelf.home)),
        unread=len(UnreadAnswers(pictures.shelf, now=pictures.now).all()),
    )


def collect(pictures: Pictures, *, now: Callable[[], float] = time.time) -> GcReport:
    """Remove what nothing refers to; never a picture that the index knows."""
    shelf = pictures.shelf
    if not home.is_marked(shelf.home):
        if pictures.database.path is None:
            # Looked at before there was a store.
            return GcReport(adopted=0, removed=0, freed_bytes=0)
        raise StoreError(
            f"{shelf.home} no longer has the file {files.MARKER}, without which nothing is removed from it",
            hint="Run it again: if it is the store, it is marked anew.",
        )
    adopted = entering.adopt_abandoned(pictures.database, shelf)
    # A recipe whose picture is whole makes it known: a restored backup is not rubbish.
    adopted += _adopt_complete(pictures)
    known = {row["digest"] for row in pictures.database.all(statements.PICTURES)}
    samples = _samples(pictures)
    rubbish = [path for path in shelf.kept() if _is_rubbish(path, known, samples)]
    freed = [_remove(path) for path in rubbish if _is_older(path, now() - UNREFERENCED_AFTER)]
    locks = [path for path in sorted(shelf.locks.glob("*.lock")) if files.is_own_file(path, shelf.home)]
    freed += [_remove_lock(path) for path in locks]
    gone = [size for size in freed if size is not None]
    return GcReport(
        adopted=adopted, removed=len(gone), freed_bytes=sum(gone), foreign=tuple(home.foreign(shelf.home))
    )


def export(
    pictures: Pictures,
    dest: Path,
    keys: Iterable[str] | None,
    samples: Iterable[tuple[str, int]] | None = None,
    *,
    overwrite: bool,
) -> ExportReport:
    """Write originals and recipes into a zip file, in the order of their keys."""
    import zipfile

    if os.path.lexists(dest) and not overwrite:
        raise StoreError(f"{dest} exists", hint="Choose another name, or allow it to be replaced.")
    rows = _rows(pictures, keys, samples)
    scratch = dest.with_name(f".{dest.name}.{secrets.token_hex(4)}.part")
    written: set[str] = set()
    skipped: set[str] = set()
    recipes = 0
    try:
        # Pictures are compressed already.
        with zipfile.ZipFile(scratch, "x", zipfile.ZIP_STORED) as archive:
            for row in rows:
                if row["digest"] not in written | skipped:
                    _add_original(pictures, archive, row, written, skipped)
                if row["digest"] in written and (recipe := _recipe(pictures, row)) is not None:
                    archive.writestr(files.zip_member(f"recipes/{row['key']}-{row['sample']}.json"), recipe)
                    recipes += 1
        files.move(scratch, dest)
    except OSError as exc:
        raise StoreError(f"{dest} could not be written ({exc.strerror or exc})") from exc
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    return ExportReport(path=dest, pictures=len(written), recipes=recipes, skipped=tuple(sorted(skipped)))


def _rows(
    pictures: Pictures, keys: Iterable[str] | None, samples: Iterable[tuple[str, int]] | None
) -> list[Row]:
    database = pictures.database
    if samples is not None:
        found = [
            database.one(statements.SHOWN, key=key, sample=sample) for key, sample in sorted(set(samples))
        ]
        return [row for row in found if row is not None]
    wanted = None if keys is None else set(keys)
    return [row for row in database.all(statements.ALL_SAMPLES) if wanted is None or row["key"] in wanted]


def _adopt_complete(pictures: Pictures) -> int:
    shelf, database = pictures.shelf, pictures.database
    samples = _samples(pictures)
    adopted = 0
    for path in shelf.recipes():
        if _parsed(path) in samples:
            continue
        with contextlib.suppress(OSError):
            recipe = recipe_from_bytes(files.read(path))
            if recipe is None:
                continue
            original = shelf.original(recipe.digest, recipe.mime)
            if (
                files.is_own_file(original, shelf.home)
                and files.sha256(files.read(original)) == recipe.digest
            ):
                number = entering.enter(database, recipe)
                entering.finish_recipe(shelf, recipe, number, path)
                adopted += 1
    return adopted


def _samples(pictures: Pictures) -> set[tuple[str, str, int]]:
    rows = pictures.database.all(statements.ALL_SAMPLES)
    return {(row["digest"], row["key"][:16], row["sample"]) for row in rows}


def _parsed(path: Path) -> tuple[str, str, int] | None:
    """A recipe's digest, start of key, and sample, from its name."""
    match = re.fullmatch(r"([0-9a-f]{64})\.([0-9a-f]{16})-([0-9]+)\.json", path.name)
    return None if match is None else (match[1], match[2], int(match[3]))


def _is_rubbish(path: Path, known: set[str], samples: set[tuple[str, str, int]]) -> bool:
    digest = path.name.partition(".")[0]
    recipe = _parsed(path)
    return digest not in known if recipe is None else recipe not in samples


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


def _add_original(
    pictures: Pictures, archive: zipfile.ZipFile, row: Row, written: set[str], skipped: set[str]
) -> None:
    path = pictures.shelf.found(pictures.shelf.original(row["digest"], row["mime"]))
    try:
        data = files.read(path)
    except (OSError, StoreError):
        data = b""
    if files.sha256(data) != row["digest"]:
        skipped.add(row["digest"])
        return
    archive.writestr(files.zip_member(f"pictures/{path.name}"), data)
    written.add(row["digest"])


def _recipe(pictures: Pictures, row: Row) -> bytes | None:
    try:
        path = pictures.shelf.recipe(row["digest"], row["key"], row["sample"])
        return files.read(pictures.shelf.found(path))
    except (OSError, StoreError):
        return None
