"""Opening a store, whatever was left behind: by a crash, an older version, or a damaged disk."""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import entering, files
from jupyter_imagegen.storage import home as homes
from jupyter_imagegen.storage.database import DamagedIndexError, Database, damage_mark
from jupyter_imagegen.storage.files import INDEX, OPENING_LOCK, Shelf
from jupyter_imagegen.storage.images import Pictures
from jupyter_imagegen.storage.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from filelock import BaseFileLock

    from jupyter_imagegen.storage.browsing import Browsing

#: Seconds that another process may take to migrate, or to build a lost index again.
_OPENING_SECONDS = 300.0


class Storage:
    """Pictures and ledger of one home.

    Attributes
    ----------
    pictures : Pictures
        The pictures.
    ledger : Ledger
        The ledger.
    home : Path
        The folder.
    persistent : bool
        Whether it is still there after the process; False for `open_temporary_storage`.
    notes : tuple of str
        What the user should know about the opening, in whole sentences.
    """

    def __init__(
        self,
        database: Database,
        home: Path,
        *,
        now: Callable[[], datetime],
        session: str,
        persistent: bool,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.home = home
        self.persistent = persistent
        self.notes = notes
        self._database = database
        self._shelf = Shelf(home)
        self.pictures = Pictures(database, self._shelf, now=now, session=session)
        self.ledger = Ledger(database, lock=self.lock, now=now, session=session)

    @cached_property
    def browsing(self) -> Browsing:
        """The pictures as a person leafs through them."""
        from jupyter_imagegen.storage.browsing import Browsing

        return Browsing(self.pictures)

    def lock(self, key: str) -> BaseFileLock:
        """The lock of a key, not yet taken: whoever holds it is the only one buying that key.

        Each call gives a lock of its own, which excludes all others, in this process too. It may be taken in
        one thread and released in another. It ends with its process.
        """
        from filelock import FileLock

        # Not a singleton: a second asker in this process must wait, not enter. Not thread-local: the engine's
        # steps run in several threads.
        path = self._shelf.locks / f"{key}.lock"
        return FileLock(path, thread_local=False, is_singleton=False)

    def close(self) -> None:
        """Close the database; a temporary store is deleted."""
        self._database.close()
        if not self.persistent:
            import shutil

            shutil.rmtree(self.home, ignore_errors=True)


def open_storage(home: Path, *, now: Callable[[], datetime], session: str) -> Storage:
    """Open a home's store, create it where there is none, and put right what was left behind.

    Parameters
    ----------
    home
        The folder; created, readable by its owner only.
    now
        The present moment with the user's time zone.
    session
        This session's id.

    Raises
    ------
    HomeError
        If the folder is not empty and no store's, or a link leads out of it; it is left as it is.
    NewerSchemaError
        If a newer version wrote it; it is left as it is.
    StoreError
        If the folder cannot be created or written.
    """
    home = Path(home).absolute()
    shelf = Shelf(home)
    _prepare(shelf)
    database = Database(home / INDEX)
    try:
        notes = _open(database, shelf, now)
        entering.adopt_abandoned(database, shelf)
        storage = Storage(database, home, now=now, session=session, persistent=True, notes=notes)
        storage.ledger.sweep()
    except BaseException:
        database.close()
        raise
    return storage


def open_temporary_storage(*, now: Callable[[], datetime], session: str) -> Storage:
    """Open a store that lasts as long as the process: for a home that cannot be written.

    Raises
    ------
    StoreError
        If there is no temporary folder either.
    """
    import tempfile

    try:
        home = Path(tempfile.mkdtemp(prefix="imagegen-"))
        homes.mark(home)
        Shelf(home).prepare()
    except OSError as exc:
        raise StoreError(f"no temporary folder could be created ({exc.strerror or exc})") from exc
    database = Database(None)
    database.open()
    return Storage(database, home, now=now, session=session, persistent=False)


def _prepare(shelf: Shelf) -> None:
    hint = "Set IMAGEGEN_HOME to a folder you may write."
    try:
        homes.claim(shelf.home)
        shelf.prepare()
    except OSError as exc:
        raise StoreError(
            f"the store's folder {shelf.home} cannot be created ({exc.strerror or exc})", hint=hint
        ) from exc
    needed = (shelf.home, shelf.pictures, shelf.incoming, shelf.locks, shelf.home / INDEX)
    for path in needed:
        if path.exists() and not os.access(path, os.W_OK):
            raise StoreError(f"the store cannot be used: {path} may not be written", hint=hint)


def _open(database: Database, shelf: Shelf, now: Callable[[], datetime]) -> tuple[str, ...]:
    assert database.path is not None  # noqa: S101  # a file, by construction
    with contextlib.suppress(DamagedIndexError):
        if not damage_mark(database.path).exists() and database.is_current():
            return ()
    from filelock import FileLock, Timeout

    try:
        with FileLock(shelf.home / OPENING_LOCK, timeout=_OPENING_SECONDS, thread_local=False):
            return _open_alone(database, database.path, shelf, now)
    except Timeout as exc:
        raise StoreError(
            f"another process has been opening the store {shelf.home} for {_OPENING_SECONDS:.0f} seconds",
            hint="Try again, or set IMAGEGEN_HOME to another folder.",
        ) from exc


def _open_alone(database: Database, path: Path, shelf: Shelf, now: Callable[[], datetime]) -> tuple[str, ...]:
    mark = damage_mark(path)
    aside = None
    try:
        database.is_current()
        damaged = mark.exists() and not database.is_sound()
    except DamagedIndexError:
        damaged = True
    if damaged:
        database.close(forget=True)
        aside = _set_aside(path, now())
    with contextlib.suppress(OSError):
        mark.unlink()
    fresh = database.open()
    found = entering.rebuild(database, shelf) if fresh else 0
    if aside is not None:
        note = (
            f"The store's index was damaged. It was put aside as {aside.name} and built again from the "
            f"recipes of {found} pictures; budgets and calls without a picture are not in it."
        )
        return (note,)
    return ()


def _set_aside(path: Path, moment: datetime) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{moment:%Y%m%d-%H%M%S}-{os.getpid()}")
    try:
        files.move(path, aside)
        # Left behind, they would be taken for the new file's.
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                files.move(path.with_name(path.name + suffix), aside.with_name(aside.name + suffix))
    except OSError as exc:
        raise StoreError(
            f"the store's index {path} is damaged and cannot be put aside ({exc.strerror or exc})",
            hint="Close other notebooks, or set IMAGEGEN_HOME to another folder.",
        ) from exc
    return aside
