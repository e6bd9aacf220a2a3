"""A store that is only read: somebody's home, a backup of one, or an export, in a folder or a zip file.

Nothing in it is opened but plain files under names that a store gives, no link is followed, nothing in it is
written, and SQLite sees only a copy.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import zipfile
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage import home as homes
from jupyter_imagegen.storage.files import CHARGES, INDEX, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The folders of a home that are copied. Locks are a process's, and mean nothing elsewhere.
_KEPT = ("pictures", "incoming", "quarantine", "unread")
#: The names in an export that are no home's.
_EXPORTED = re.compile(r"recipes/[0-9a-f]{64}-\d{1,9}\.json|pictures/[0-9a-f]{64}\.[a-z0-9]{1,5}")
_ORIGINAL = re.compile(r"pictures/(?:[0-9a-f]{2}/)?([0-9a-f]{64})\.[a-z0-9]{1,5}")


class Source(Protocol):
    """A store that is only read.

    Attributes
    ----------
    path : Path
        The folder or file.
    is_export : bool
        Whether it has pictures and recipes only.
    """

    path: Path
    is_export: bool

    def names(self) -> Iterator[str]:
        """Every file of its pictures and answers, by its place in the home."""

    def open(self, name: str) -> BinaryIO:
        """Open one of its files.

        Raises
        ------
        OSError, StoreError
            If it is not there, or no plain file.
        """


class Folder:
    """A home, or a copy of one."""

    is_export = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> Iterator[str]:
        """As `Source`."""
        for path in sorted(self.path.glob(f"{INDEX}.damaged-*")):
            if files.is_own_file(path, self.path):
                yield path.name
        for name in _KEPT:
            yield from self._names_in(self.path / name)

    def open(self, name: str) -> BinaryIO:
        """As `Source`."""
        path = self.path / name
        for folder in list(path.parents)[: name.count("/")]:
            files.refuse_link(folder)
        files.regular(path)
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        return open(os.open(path, flags | getattr(os, "O_NONBLOCK", 0)), "rb")  # noqa: PTH123  # of a descriptor

    def _names_in(self, folder: Path) -> Iterator[str]:
        if files.is_link(folder):
            return
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for name in sorted(os.listdir(folder)):  # noqa: PTH208  # a million names, not as many objects
                path = folder / name
                if files.is_own_file(path, self.path) and path.suffix != ".lock":
                    yield path.relative_to(self.path).as_posix()
                elif files.is_ours(path, self.path):
                    yield from self._names_in(path)


class Zip:
    """A backup or an export in a zip file; ours compress nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as exc:
            raise StoreError(f"{path} is not a store, a backup or an export ({exc})") from exc
        self._members = {
            member.filename: member
            for member in self._archive.infolist()
            if files.is_our_name(member.filename) or _EXPORTED.fullmatch(member.filename)
        }
        self.is_export = self._members.keys().isdisjoint((INDEX, CHARGES))
        held = sum(member.file_size for member in self._members.values())
        if not any(name.endswith(".json") for name in self._members) and self.is_export:
            self._refuse("is not a store, a backup and no export: it has no recipe")
        if held > path.stat().st_size:
            # What unpacks to more than it is could fill a disk.
            self._refuse("is compressed, and ours are not: unpack it, and give the folder")

    def names(self) -> Iterator[str]:
        """As `Source`."""
        kept = (*(f"{name}/" for name in _KEPT), "recipes/", f"{INDEX}.damaged-")
        yield from (name for name in self._members if name.startswith(kept))

    def open(self, name: str) -> BinaryIO:
        """As `Source`."""
        if name not in self._members:
            raise FileNotFoundError(2, "there is no such file", name)
        try:
            return cast("BinaryIO", self._archive.open(self._members[name]))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as exc:
            raise StoreError(f"{name} in {self.path} cannot be read ({exc})") from exc

    def _refuse(self, why: str) -> None:
        self._archive.close()
        raise StoreError(f"{self.path} {why}")


def source_of(path: Path) -> Source:
    """A store to be read.

    Raises
    ------
    StoreError
        If it is none, or an unfinished copy.
    NewerSchemaError
        If a newer version made it.
    """
    try:
        if path.is_file():
            return Zip(path)
        if (path / UNFINISHED).exists():
            raise StoreError(
                f"{path} is a copy that was not finished",
                hint="Run the same command again to go on.",
            )
        if not path.is_dir() or not homes.is_home(path):
            raise StoreError(f"{path} is not a store, a backup or an export")
        homes.is_marked(path)
        for name in os.listdir(path):  # noqa: PTH208  # what may not be listed is refused here
            if name in {INDEX, CHARGES, *_KEPT} and not os.access(path / name, os.R_OK):
                raise PermissionError(13, os.strerror(13), str(path / name))
    except OSError as exc:
        raise StoreError(
            f"{exc.filename or path} cannot be read ({exc.strerror or exc})", hint="Check its permissions."
        ) from exc
    return Folder(path)


def digest_in(name: str) -> str:
    """The digest that an original is named after; empty for any other file."""
    found = _ORIGINAL.fullmatch(name)
    return "" if found is None else found[1]


def copy_file(source: Source, name: str, home: Path) -> bool:
    """Copy a file to its place, whole or not at all; says whether it was there and is what its name says.

    Raises
    ------
    OSError
        If it cannot be read or written.
    """
    scratch = home / f"{UNFINISHED}.part"
    try:
        with source.open(name) as file:
            scratch.unlink(missing_ok=True)
            with files.create(scratch) as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
        digest = digest_in(name)
        if digest and files.digest_of(scratch) != digest:
            return False
        files.make_folder((home / name).parent)
        files.move(scratch, home / name)
    except (FileNotFoundError, StoreError, zipfile.BadZipFile):
        return False
    finally:
        scratch.unlink(missing_ok=True)
    return True


def copy_index(source: Source, folder: Path) -> bool:
    """Copy an index with its log, and say whether there is a sound one now.

    Raises
    ------
    OSError
        If it cannot be read or written.
    """
    for suffix in ("", "-wal", "-journal"):
        copy_file(source, f"{INDEX}{suffix}", folder)
    if (folder / INDEX).exists() and _is_plain(folder / INDEX):
        return True
    remove_index(folder)
    return False


def remove_index(folder: Path) -> None:
    """Take an index and what belongs to it away."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        (folder / f"{INDEX}{suffix}").unlink(missing_ok=True)


def _is_plain(index: Path) -> bool:
    """Whether a database is sound, and only tables and indexes: a view or a trigger would run."""
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(index)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            odd = database.execute(
                "SELECT COUNT(*) FROM sqlite_master WHERE type NOT IN ('table', 'index') "
                "OR sql LIKE 'CREATE VIRTUAL%' OR sql LIKE '%GENERATED%' OR sql LIKE '% AS (%'"
            ).fetchone()[0]
            return not odd and database.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    except sqlite3.Error:
        return False
