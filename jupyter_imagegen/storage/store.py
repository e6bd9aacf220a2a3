"""Opening a store, whatever was left behind: by a crash, an older version, or a damaged disk."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.progress import Progress
from jupyter_imagegen.storage import damage, entering, statements
from jupyter_imagegen.storage import home as homes
from jupyter_imagegen.storage.database import (
    DamagedIndexError,
    Database,
    damage_mark,
)
from jupyter_imagegen.storage.files import BUDGETS, CHARGES, FOLDERS, INDEX, OPENING_LOCK, Shelf
from jupyter_imagegen.storage.images import Pictures
from jupyter_imagegen.storage.journal import Journal, OlderIndexError
from jupyter_imagegen.storage.keeping import try_to_keep
from jupyter_imagegen.storage.ledger import Ledger
from jupyter_imagegen.storage.locks import acquired, file_lock, holder, sign
from jupyter_imagegen.storage.place import PlaceError, looked_up, place_of, require_locks, why_no_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from filelock import BaseFileLock

    from jupyter_imagegen.storage.browsing import Browsing
    from jupyter_imagegen.storage.entering import Rebuilt
    from jupyter_imagegen.storage.unread import UnreadAnswers
    from jupyter_imagegen.storage.unusable import Unusable

#: Seconds that another process may take to migrate, or to build a lost index again.
_OPENING_SECONDS = 300.0

_WRITABLE = "Set IMAGEGEN_HOME to a folder you may write."
_AWAY = "Move it away and put back what was there, or set IMAGEGEN_HOME to another folder."
_LIVE = "Leave replay with `%imagegen cassette use none`: the next picture repairs it."

#: Seconds that whoever replays a lesson waits for another process's transaction.
_AT_ONCE_SECONDS = 0.05


class _NoLock:
    """What excludes nobody: within a process the engine lets one run at a time draw a key."""

    lock_file = ""

    def acquire(self, *, blocking: bool) -> None:
        """Take it."""

    def release(self) -> None:
        """Give it back."""


class Storage(StaysHere):
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
    stands_for : Unusable or None
        The home that cannot be used and that this one stands in for.
    made : bool
        Whether the folder is there; False for `open_unmade_storage`.
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
        stands_for: Unusable | None = None,
        made: bool = True,
    ) -> None:
        self.home = home
        self.made = made
        self.persistent = persistent
        self.stands_for = stands_for
        self.notes = notes
        self._database = database
        self._now = now
        read_only = stands_for if stands_for is not None and stands_for.held else None
        self._shelf = Shelf(home, beneath=None if read_only is None else read_only.home)
        self.pictures = Pictures(database, self._shelf, now=now, session=session, read_only=read_only)
        self.ledger = Ledger(database, lock=self.lock, now=now, session=session, stands_for=stands_for)

    @property
    def failed(self) -> bool:
        """Whether the index failed while it was in use, so that it must be opened again."""
        return self._database.failed

    def reopen(self) -> None:
        """Open an index that failed; a lost one is built again from what is beside it.

        Raises
        ------
        StoreError
            As `open_storage`.
        """
        self._database.close(forget=True)
        self.notes = _opened(self._database, self._shelf, self._now, held=True)

    @property
    def place(self) -> str:
        """Where the home is, how its index is kept there, and whether that will do, in plain words."""
        why = None if self.stands_for is None else self.stands_for.why
        if isinstance(why, PlaceError):
            return why.place
        if not self.made or self.stands_for is not None:
            return looked_up(self.home if self.stands_for is None else self.stands_for.home).told()
        row = self._database.one("PRAGMA journal_mode")
        return place_of(self.home).told("" if row is None else row["journal_mode"])

    @cached_property
    def browsing(self) -> Browsing:
        """The pictures as a person leafs through them."""
        from jupyter_imagegen.storage.browsing import Browsing

        return Browsing(self.pictures)

    @cached_property
    def unread(self) -> UnreadAnswers:
        """Answers that were paid for and could not be read."""
        from jupyter_imagegen.storage.unread import UnreadAnswers

        return UnreadAnswers(self._shelf, now=self.pictures.now)

    def lock(self, key: str) -> BaseFileLock:
        """The lock of a key, not yet taken: whoever holds it is the only one buying that key.

        Each call gives a lock of its own, which may be taken in one thread and released in another.
        """
        if self.stands_for is not None and self.stands_for.held:
            # Nothing is bought, so other processes need not be kept out, and there may be no disk for a file.
            return cast("BaseFileLock", _NoLock())
        with homes.errors_told(self.home):
            homes.made_again(self._shelf, "locks")
        return file_lock(self._shelf.lock(key))

    def take(self, lock: BaseFileLock) -> bool:
        """Take a lock of this store if it is free.

        Raises
        ------
        StoreError
            If it cannot be taken; the store is opened again then, before the next picture.
        """
        try:
            if acquired(lock):
                return True
            why = why_no_lock(self.home)
        except StoreError:
            why_no_lock(self.home)
            self._database.failed = True
            raise
        if why:
            # Some file systems say that somebody else has it when they mean that they have no locks.
            self._database.failed = True
            raise StoreError(f"the lock {lock.lock_file} cannot be taken: {why}", hint=_WRITABLE)
        return False

    def holder(self, key: str, *, waited: float) -> str:
        """Who holds a key's lock and for how long, in plain words; `waited` is in seconds."""
        return holder(self._shelf.lock(key), waited)

    def try_to_keep(self, size_bytes: int) -> None:
        """Find out whether pictures of so many bytes can be kept, before they are paid for.

        Raises
        ------
        StoreError
            If they cannot.
        """
        # Where the ledger can only be read, it refuses to pay itself, and says why.
        if self.stands_for is None or not self.stands_for.held:
            try_to_keep(self._database, self._shelf, size_bytes)

    def close(self) -> None:
        """Close the database; a temporary store is deleted."""
        self._database.close()
        with contextlib.suppress(OSError):
            if not self.persistent and homes.is_marked(self.home):
                import shutil

                shutil.rmtree(self.home, ignore_errors=True)


def open_storage(
    home: Path, *, now: Callable[[], datetime], session: str, busy_seconds: float | None = None
) -> Storage:
    """Open a home's store, create it where there is none, and put right what was left behind.

    Parameters
    ----------
    home
        The folder; created, readable by its owner only.
    now
        The present moment with the user's time zone.
    session
        This session's id.
    busy_seconds
        How long another process may keep the index locked; None for `database.BUSY_SECONDS`.

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
    database = Database(home / INDEX, busy_seconds=busy_seconds)
    try:
        notes = _opened(database, shelf, now, held=False)
        storage = Storage(database, home, now=now, session=session, persistent=True, notes=notes)
        storage.ledger.zones.keep()
        storage.ledger.sweep()
    except BaseException:
        database.close()
        raise
    return storage


def open_temporary_storage(
    *, now: Callable[[], datetime], session: str, stands_for: Unusable | None = None
) -> Storage:
    """Open a store that lasts as long as the process: for a home that cannot be used.

    Parameters
    ----------
    stands_for
        That home. Where it may be a store's, what can be read of it is here too, budgets, costs and pictures,
        and no call is paid.

    Raises
    ------
    StoreError
        If there is no temporary folder either, and no home to read.
    """
    import tempfile

    held = stands_for is not None and stands_for.held
    try:
        home = Path(tempfile.mkdtemp(prefix="imagegen-"))
        homes.mark(home)
        Shelf(home).prepare()
    except OSError as exc:
        if not held:
            raise StoreError(f"no temporary folder could be created ({exc.strerror or exc})") from exc
        # Nothing can be written there: what is drawn is shown and not kept.
        home = Path(os.devnull) / "imagegen"
    database = Database(None)
    if stands_for is not None and stands_for.held:
        # What never was a store's has no budgets, and that is known.
        locks = not isinstance(stands_for.why, PlaceError)
        read = _read_from(stands_for.home, home, database, locks=locks)
        stands_for.known = read or not may_hold_a_ledger(stands_for.home)
    else:
        database.open()
    return Storage(database, home, now=now, session=session, persistent=False, stands_for=stands_for)


def open_at_once(home: Path, *, now: Callable[[], datetime], session: str) -> Storage:
    """Open a store in which nothing has to be put right, without waiting for anybody.

    Raises
    ------
    StoreError, OSError
        If that is not possible now.
    """
    home = Path(home).absolute()
    database = Database(home / INDEX, busy_seconds=_AT_ONCE_SECONDS)
    journal = Journal(database, home)
    database.before_commit = journal.keep
    try:
        _refuse_a_file(home)
        _refuse_read_only(Shelf(home))
        # On a network to open can mean to wait for other machines.
        right = (
            not looked_up(home).network and homes.is_marked(home) and not damage_mark(home / INDEX).exists()
        )
        right = right and database.is_current() and journal.is_current()
    except BaseException:
        database.close()
        raise
    if not right:
        database.close()
        raise StoreError(f"the store {home} has to be opened first, and may have to be put right", hint=_LIVE)
    return Storage(database, home, now=now, session=session, persistent=True)


def open_unopened_storage(missing: Unusable, *, now: Callable[[], datetime], session: str) -> Storage:
    """An empty store in memory in place of a home's, of which nothing is read."""
    database = Database(None)
    database.open()
    nowhere = Path(os.devnull) / "imagegen"
    return Storage(database, nowhere, now=now, session=session, persistent=False, stands_for=missing)


def open_unmade_storage(home: Path, *, now: Callable[[], datetime], session: str) -> Storage:
    """An empty store in memory, for whoever looks into a home in which none was made yet."""
    database = Database(None)
    database.open()
    return Storage(database, home, now=now, session=session, persistent=True, made=False)


def may_hold_a_ledger(home: Path, *, index_counts: bool = True) -> bool:
    """Whether a folder has, or may have, what only a store's ledger leaves; True where that cannot be seen.

    The folders of a store are made after its index, so where one is there, an index was.

    Parameters
    ----------
    index_counts
        Whether an index is such a thing; not for whoever has seen that it is a database without a table,
        which a process leaves that is killed while it makes a home.

    Examples
    --------
    >>> may_hold_a_ledger(Path("/nowhere/at/all"))
    False
    """
    try:
        if not stat.S_ISDIR(home.stat().st_mode):
            return True
        with os.scandir(home) as entries:
            return any(
                entry.name in {*FOLDERS, CHARGES, BUDGETS}
                or entry.name.startswith(f"{INDEX}.damaged")
                or (index_counts and entry.name == INDEX and entry.stat(follow_symlinks=False).st_size > 0)
                for entry in entries
            )
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _opened(database: Database, shelf: Shelf, now: Callable[[], datetime], *, held: bool) -> tuple[str, ...]:
    """Open a home's index and everything around it; returns what the user should know."""
    _refuse_a_file(shelf.home)
    with homes.errors_told(shelf.home):
        claimed = homes.claim(shelf.home)
        for name in FOLDERS:
            _refuse_a_file(shelf.home / name)
        _refuse_read_only(shelf)
        database.shared = require_locks(shelf.home).network
        notes = _open(database, shelf, now, held=held)
        homes.refuse_absent(database, shelf)
        # After the index: where a folder is there, so was an index.
        shelf.prepare()
        told = homes.close_to_others(shelf.home)
        entering.adopt_abandoned(database, shelf)
    return (*notes, *filter(None, (claimed, told)))


def _refuse_a_file(folder: Path) -> None:
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise StoreError(f"{folder} is a file, and a folder of the store belongs there", hint=_AWAY)


def _refuse_read_only(shelf: Shelf) -> None:
    beside = (shelf.home / name for name in (INDEX, CHARGES, BUDGETS))
    for path in (shelf.home, shelf.pictures, shelf.incoming, shelf.locks, *beside):
        if path.exists() and not os.access(path, os.W_OK):
            theirs = sys.platform != "win32" and shelf.home.stat().st_uid != os.geteuid()
            hint = f"{_WRITABLE} {homes.layer_hint(shelf.home)}" if theirs else _WRITABLE
            raise StoreError(f"the store cannot be used: {path} may not be written", hint=hint)


def _open(database: Database, shelf: Shelf, now: Callable[[], datetime], *, held: bool) -> tuple[str, ...]:
    assert database.path is not None  # noqa: S101  # a file, by construction
    damage.refuse_twice(database.path)
    journal = Journal(database, shelf.home)
    database.before_commit = journal.keep
    if not held:
        with contextlib.suppress(DamagedIndexError):
            if not damage_mark(database.path).exists() and database.is_current() and journal.is_current():
                return ()
    from filelock import Timeout

    try:
        with (lock := file_lock(shelf.home / OPENING_LOCK, timeout=_OPENING_SECONDS)):
            sign(lock)
            return _open_alone(database, journal, shelf, now, held=held)
    except Timeout as exc:
        raise StoreError(
            f"the store {shelf.home} stayed locked: it is held by "
            f"{holder(shelf.home / OPENING_LOCK, _OPENING_SECONDS, 'opening it')}",
            hint="Try again, end that process if it hangs, or set IMAGEGEN_HOME to another folder.",
        ) from exc


def _open_alone(
    database: Database, journal: Journal, shelf: Shelf, now: Callable[[], datetime], *, held: bool
) -> tuple[str, ...]:
    path = shelf.home / INDEX
    mark = damage_mark(path)
    was = "was missing. It was"
    suspect = held or mark.exists()
    try:
        database.is_current()
        damaged = path.exists() and (database.is_torn or (suspect and not database.is_sound()))
    except DamagedIndexError:
        damaged = True
    if damaged:
        database.close(forget=True)
        was = f"was damaged. It was put aside as {damage.set_aside(path, now()).name} and"
    held = held or may_hold_a_ledger(shelf.home, index_counts=False)
    lost = not path.exists() or not path.stat().st_size
    if (
        held
        and lost
        and any(path.with_name(f"{INDEX}{end}").exists() for end in ("-wal", "-shm", "-journal"))
    ):
        # The log of a lost index, which other processes may have open, is not that of the new one.
        database.close(forget=True)
        damage.set_aside(path, now())
    with contextlib.suppress(OSError):
        mark.unlink()
    found: list[tuple[Rebuilt, str]] = []

    def fill() -> None:
        found.append(_rebuild(database, journal, shelf, held=held))
        # An index that was built while they were away would go on without them.
        homes.refuse_absent(database, shelf, sought=statements.ANY_DRAWN)

    with damage.refused_twice(path, damaged=damaged):
        database.open(fill)
        if damaged and not database.is_sound():
            raise DamagedIndexError(str(path))
    try:
        journal.catch_up()
    except OlderIndexError:
        database.close(forget=True)
        aside = damage.set_aside(path, now())
        was = f"was older than {CHARGES} beside it. It was put aside as {aside.name} and"
        held = True
        database.open(fill)
        journal.catch_up()
    if not found or not held:
        return ()
    built, unknown = found[-1]
    note = f"The store's index {was} built again from the recipes of {count_of(built.samples, 'picture')}"
    if not unknown:
        return (f"{note}, {CHARGES} and {BUDGETS}; costs and budgets are as before.", *built.passed_over)
    return (
        note + f"; budgets and calls without a picture are not all in it ({unknown}). No call is paid until "
        "you set a budget again with `%imagegen budget 5 --per day`, or remove it with `%imagegen "
        "budget none`.",
        *built.passed_over,
    )


def _rebuild(
    database: Database, journal: Journal, shelf: Shelf, *, held: bool, mend: bool = True
) -> tuple[Rebuilt, str]:
    """Fill an empty index from the files beside it.

    Returns
    -------
    Rebuilt, str
        What was entered, and what of costs and budgets is unknown; empty for nothing.
    """
    missing = journal.load()
    if not missing:
        # Written from the index at the end: the notes of a million charges would not fit into memory.
        database.note("whole")
    with Progress("recipes read into the index", ended="The next opening builds it again.") as progress:
        built = entering.rebuild(database, shelf, mend=mend, progress=progress)
    if built.calls and f"{CHARGES} does not exist" not in missing:
        missing.append(f"{CHARGES} lacks {count_of(built.calls, 'call')} that pictures mention")
    unknown = "; ".join(missing) if held else ""
    if unknown:
        # What is built again without its budgets must not say that there are none.
        database.all(statements.LOSE_BUDGETS, why=unknown)
        # The next one to build it again finds what could be read, and that this was not all.
        database.note("budgets")
        database.note("whole")
    return built, unknown


def _read_from(home: Path, scratch: Path, database: Database, *, locks: bool) -> bool:
    """Fill a database with a home's index, or else from what is beside it; says whether costs are known."""
    from jupyter_imagegen.storage.snapshot import copied

    try:
        # What is empty was a store's once, and its sums are not zero.
        if (
            database.load(lambda memory: copied(home / INDEX, scratch, memory, locks=locks))
            and not database.open()
        ):
            return True
    except StoreError:
        pass
    database.close(forget=True)
    unknown: list[str] = ["nothing could be read"]

    def fill() -> None:
        # What may not even be listed has no pictures to show.
        with contextlib.suppress(OSError):
            unknown[0] = _rebuild(database, Journal(database, home), Shelf(home), held=True, mend=False)[1]

    database.open(fill)
    return not unknown[0]
