"""Whole stores: copied while kernels use them, and brought back.

A copy is of the moment when it began: the index and the ledger's files are read under the index's write lock,
then the files of pictures. Until it is whole it carries a file that says that it is not, so that no process
takes it for a store; the same command goes on with it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import HomeError, StoreError
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage import home as homes
from jupyter_imagegen.storage.database import Database
from jupyter_imagegen.storage.files import BUDGETS, CHARGES, INDEX, OPENING_LOCK, UNFINISHED, Shelf
from jupyter_imagegen.storage.locks import file_lock
from jupyter_imagegen.storage.snapshot import copied
from jupyter_imagegen.storage.sources import (
    Folder,
    copy_file,
    copy_index,
    digest_in,
    remove_index,
    source_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_imagegen.storage.sources import Source

    Progress = Callable[[int, int], None]


_AGAIN = "What was copied is kept: correct this, and run the same command again to go on."


@dataclass(frozen=True, kw_only=True)
class CopyReport:
    """What a copy of a store holds.

    Attributes
    ----------
    path : Path
        The folder or zip file.
    pictures : int
        Originals in it.
    size_bytes : int
        The bytes of its files.
    damaged : tuple of str
        Originals that are not what was paid for any more; they were left out.
    missing : tuple of str
        Originals that the index has and the store has not; their recipes and costs are in the copy.
    index_read : bool
        Whether its index is in it. Where not, it is built again when the copy is opened.
    """

    path: Path
    pictures: int
    size_bytes: int
    damaged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    index_read: bool = True


def copy(
    home: Path, target: Path, *, database: Database | None = None, progress: Progress | None = None
) -> CopyReport:
    """Copy a home into a new or empty folder; into a zip file where the name ends so.

    Parameters
    ----------
    database
        The home's index, which other processes may write; None where nobody can.

    Raises
    ------
    StoreError
        If the target is not empty, lies within the home, or cannot be written.
    """
    target = Path(os.path.abspath(target))  # noqa: PTH100  # a link to a folder stays one
    packed = target.suffix.lower() == ".zip"
    if packed and os.path.lexists(target):
        raise StoreError(f"{target} exists", hint="Choose another name; a backup is never overwritten.")
    folder = target.with_name(f"{target.name}.unfinished") if packed else target
    with _written(folder), _begun(folder, home) as goes_on:
        shelf, source = Shelf(folder), Folder(home)
        lock = contextlib.nullcontext() if database is None else database.transaction()
        with lock, contextlib.closing(sqlite3.connect(folder / INDEX, isolation_level=None)) as index:
            sound = copied(home / INDEX, shelf.incoming, index)
            for name in (CHARGES, BUDGETS):
                copy_file(source, name, folder)
        if not sound and database is not None:
            raise StoreError(f"the store's index could not be copied to {folder}", hint=_AGAIN)
        if sound:
            _refuse_absent(folder / INDEX, Shelf(home))
        report = _fill(source, folder, sound=sound, goes_on=goes_on, progress=progress)
        if database is not None:
            _leave_out_forgotten(shelf, database)
        report = replace(report, missing=_missing(shelf, report) if sound else ())
        if packed:
            _pack(folder, target)
        else:
            _finish(folder)
    return replace(report, path=target)


def restore(path: Path, home: Path, *, progress: Progress | None = None) -> CopyReport:
    """Bring a backup back into a home that is new or empty.

    Raises
    ------
    StoreError
        If the home is not empty, or the path is no backup.
    """
    source = source_of(path)
    if source.is_export:
        raise StoreError(
            f"{path} is an export, which has pictures and recipes only",
            hint="`jupyter imagegen store merge FROM` adds them to a store.",
        )
    with _written(home), _begun(home, path) as goes_on:
        sound = copy_index(source, home)
        for name in (CHARGES, BUDGETS):
            copy_file(source, name, home)
        report = _fill(source, home, sound=sound, goes_on=goes_on, progress=progress)
        _finish(home)
        return replace(report, missing=_missing(Shelf(home), report) if sound else ())


@contextlib.contextmanager
def _written(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StoreError(
            f"{exc.filename} could not be read or written ({exc.strerror})"
            if exc.filename
            else f"{target} could not be written ({exc.strerror or exc})",
            hint=_AGAIN,
        ) from exc


@contextlib.contextmanager
def _begun(target: Path, source: Path) -> Iterator[bool]:
    """A folder for a copy, which no other process fills; returns whether an earlier try is continued."""
    from filelock import Timeout

    goes_on = _claimed(target, source)
    lock = file_lock(target / OPENING_LOCK, timeout=0)
    try:
        with contextlib.suppress(NotImplementedError):
            lock.acquire()
    except Timeout as exc:
        raise StoreError(f"another process is copying into {target}", hint="Wait until it is done.") from exc
    except OSError:
        # A disk without locks takes a backup as well.
        pass
    try:
        Shelf(target).prepare()
        remove_index(target)
        for name in (CHARGES, BUDGETS, files.MARKER):
            (target / name).unlink(missing_ok=True)
        yield goes_on
    finally:
        lock.release()


def _claimed(target: Path, source: Path) -> bool:
    """Make sure that a folder may take a copy, and say in it that it is unfinished.

    Returns
    -------
    bool
        Whether an earlier try began it.

    Raises
    ------
    HomeError
        If it is not empty, a person's or system's own folder, or one of both lies within the other.
    """
    inner, outer = target.resolve(), source.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise HomeError(f"{target} and {source} are one within the other", hint="Choose another folder.")
    files.make_folder(target)
    said = f"A copy of this store is being made, and is not whole yet:\n{source}\n".encode(
        errors="surrogateescape"
    )
    mark = target / UNFINISHED
    try:
        # One that was killed while it wrote this has copied nothing.
        goes_on = said.startswith(files.read(mark))
    except FileNotFoundError:
        goes_on = False
    held = sorted(path.name for path in target.iterdir() if not homes.is_harmless(path.name))
    if (held and not goes_on) or homes.is_common(target):
        what = f"it holds {held[0]!r}" if held else "it is a folder for all files of a person or a system"
        raise HomeError(
            f"{target} is not empty ({what})" if held else f"{target} cannot be a store's folder ({what})",
            hint="Give a new folder. `jupyter imagegen store merge FROM` takes pictures into a store that is "
            "in use; IMAGEGEN_HOME names another home.",
        )
    with files.create(mark, anew=False) as file:
        file.write(said)
    with contextlib.suppress(OSError):
        target.chmod(files.FOLDER_MODE)
    return goes_on


def _fill(
    source: Source, target: Path, *, sound: bool, goes_on: bool, progress: Progress | None
) -> CopyReport:
    """Copy everything but the ledger; what an earlier try copied is not copied again."""
    total = _count(target / INDEX) if sound else 0
    pictures, size, damaged = 0, 0, []
    for name in source.names():
        place, digest = target / name, digest_in(name)
        is_there = bool(digest) and place.exists() and files.digest_of(place) == digest
        if not is_there and not copy_file(source, name, target):
            # What is gone was forgotten meanwhile.
            damaged += [name] if digest and _is_there(source, name) else []
            continue
        pictures += bool(digest)
        size += place.stat().st_size
        if digest and progress is not None:
            progress(pictures, max(pictures, total))
    for name in list(Folder(target).names()) if goes_on else ():
        # An earlier try copied what its owner has forgotten since.
        if not _is_there(source, name):
            (target / name).unlink()
    return CopyReport(
        path=target, pictures=pictures, size_bytes=size, damaged=tuple(damaged), index_read=sound
    )


def _leave_out_forgotten(shelf: Shelf, live: Database) -> None:
    """Take out of a copied index the pictures that were deleted since it was read."""
    index = Database(shelf.home / INDEX)
    gone = False
    try:
        digest = ""
        while rows := index.all(statements.PICTURES_AFTER, digest=digest):
            for row in rows:
                digest = row["digest"]
                if (
                    not shelf.original(digest, row["mime"]).exists()
                    and live.one(statements.PICTURE, digest=digest) is None
                ):
                    for sample in index.all(statements.SAMPLES_OF_PICTURE, digest=digest):
                        place = {"key": sample["key"], "sample": sample["sample"]}
                        index.all(statements.FORGET_SAMPLE, **place)
                        index.all(statements.FORGET_REQUEST, key=sample["key"])
                    index.all(statements.FORGET_PICTURE, digest=digest)
                    gone = True
        if gone:
            index.erase()
    finally:
        index.close()


def _refuse_absent(index: Path, shelf: Shelf) -> None:
    """Refuse a store whose pictures are not mounted: a copy of it would have none."""
    database = Database(index)
    try:
        homes.refuse_absent(database, shelf)
    finally:
        database.close()


def _missing(shelf: Shelf, report: CopyReport) -> tuple[str, ...]:
    """Originals that a copied index has and its folder has not."""
    index, digest, found = Database(shelf.home / INDEX), "", []
    try:
        while rows := index.all(statements.PICTURES_AFTER, digest=digest):
            digest = rows[-1]["digest"]
            places = (shelf.original(row["digest"], row["mime"]) for row in rows)
            found += [place.relative_to(shelf.home).as_posix() for place in places if not place.exists()]
    finally:
        index.close()
    return tuple(name for name in found if name not in report.damaged)


def _count(index: Path) -> int:
    database = Database(index)
    try:
        return int(database.all(statements.COUNT_PICTURES)[0]["pictures"])
    finally:
        database.close()


def _is_there(source: Source, name: str) -> bool:
    try:
        source.open(name).close()
    except FileNotFoundError:
        return False
    except (OSError, StoreError):
        return True
    return True


def _finish(target: Path) -> None:
    """Say that a copy is whole, once the disk has it."""
    if hasattr(os, "sync"):
        os.sync()
    homes.mark(target)
    homes.close_to_others(target)
    (target / UNFINISHED).unlink()
    files.sync_folder(target)


def _pack(folder: Path, target: Path) -> None:
    """Put a whole copy into a zip file, and take its folder away."""
    import shutil

    part = target.with_name(f".{target.name}.part")
    with files.create(part, anew=False) as file:
        file.truncate()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(files.zip_member(files.MARKER), homes.MARK)
            for name in itertools.chain((INDEX, CHARGES, BUDGETS), Folder(folder).names()):
                with (
                    contextlib.suppress(FileNotFoundError),
                    Folder(folder).open(name) as held,
                    archive.open(files.zip_member(name), "w", force_zip64=True) as member,
                ):
                    shutil.copyfileobj(held, member, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    files.move(part, target)
    shutil.rmtree(folder)
