"""The one SQLite connection of a process: opening, migrating, transactions, and errors as ours.

Everything that only SQLite knows is here; the statements themselves are in `statements.py`.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import HomeError, NewerSchemaError, StoreError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.place import why_no_lock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]
    #: A kind, and a row's columns.
    Note = tuple[str, Mapping[str, Any]]

#: Seconds to wait for another process's transaction; each takes milliseconds.
BUSY_SECONDS = 30.0
#: Seconds to wait where that was in vain before, or where what is written may be lost.
SHORT_BUSY_SECONDS = 1.0
#: Seconds to wait for an index that only one process may have open for a moment.
_ALONE_SECONDS = 5.0

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"

#: Connections that a forked child must neither use nor close: closing them could drop the parent's locks.
#: https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_across_a_fork_
_INHERITED: list[sqlite3.Connection] = []


#: Since when each file has been locked by others, and when that was last met, in monotonic seconds.
_locked: dict[Path | None, tuple[float, float]] = {}

#: How SQLite says that a table is gone.
_MISSING = re.compile(r"no such table: (?:main\.)?(\w+)")

#: Free bytes below which a disk is full: SQLite's smallest file beside an index takes 32 KiB.
_FULL = 65_536


class DamagedIndexError(StoreError):
    """The file is not a database, or no longer one."""


class Database(StaysHere):
    """Statements and transactions on one file, or in memory.

    Parameters
    ----------
    path
        The database file; None for one in memory.
    steps
        The migrations to bring it up to, as `(number, name, SQL)`; those of the package by default.
    busy_seconds
        How long another process may keep it locked before the first transaction; `BUSY_SECONDS` for None.

    Attributes
    ----------
    shared : bool
        Whether other machines may use the file: then it keeps a rollback journal. SQLite's write-ahead log
        needs memory that all processes share.
    failed : bool
        Whether it has to be opened again before more can be expected of it: it was found damaged, taken away
        or replaced, or the disk refused it.
    before_commit : callable or None
        Gets the notes that a transaction made, before its commit, and whether the disk is waited for.

    Notes
    -----
    One connection for each process, guarded by a lock: SQLite would serialise the threads anyway. A forked
    child opens its own.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        steps: Sequence[tuple[int, str, str]] | None = None,
        busy_seconds: float | None = None,
    ) -> None:
        self._connection: sqlite3.Connection | None = None
        self.path = path
        self.shared = False
        self.failed = False
        self._torn: tuple[int, int] | None = None
        self.before_commit: Callable[[Sequence[Note], bool], None] | None = None
        self._notes: list[Note] = []
        self._whole = False
        self._opened = False
        self._file: tuple[int, int] | None = None
        self._wal: tuple[int, int] | None = None
        self._wait = BUSY_SECONDS if busy_seconds is None else busy_seconds
        self._steps = migrations() if steps is None else steps
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._depth = 0
        self._closed = False

    def __del__(self) -> None:
        # A session that nobody closed: from 3.13 on Python warns of a connection that is collected open. One
        # that a fork inherited is its parent's to close.
        # One whose making failed has no connection.
        connection = getattr(self, "_connection", None)
        if connection is not None and self._pid == os.getpid():
            connection.close()

    def open(self, fill: Callable[[], None] | None = None) -> bool:
        """Connect, and migrate where needed: all steps, or none.

        Parameters
        ----------
        fill
            What writes the first rows of a database that was empty; in the same transaction, so that no other
            process ever sees it without them.

        Returns
        -------
        bool
            Whether the database was empty before.

        Raises
        ------
        NewerSchemaError
            If a newer version wrote it; the file is left as it is.
        DamagedIndexError
            If the file is not a database.
        HomeError
            If it is another program's.
        StoreError
            If it cannot be opened.
        """
        with self._guard():
            self._opened = False
            version = self._version()
            self._refuse_newer(version)
            if version < self._steps[-1][0]:
                if self.path is not None and version == 0 and not self.shared:
                    # It stays in the file's header. A store that was on a network keeps its rollback journal:
                    # this machine may be the one that gives it to others. Of two processes that ask for it at
                    # once SQLite refuses one without waiting; who opens a store holds its opening lock here.
                    self._run("PRAGMA journal_mode = WAL")
                with self.transaction():
                    for number, name, text in self._steps:
                        if number > version:
                            self._migrate(number, name, text)
                    if version == 0 and fill is not None:
                        fill()
            self._opened, self.failed = True, False
            return version == 0

    def load(self, copy: Callable[[sqlite3.Connection], bool]) -> bool:
        """Let `copy` fill a database in memory from another one; returns what it says."""
        with self._guard():
            self._connection = self._connect()
            return copy(self._connection)

    def is_current(self) -> bool:
        """Whether there is nothing to migrate; changes nothing, and creates nothing.

        Raises
        ------
        NewerSchemaError
            If a newer version wrote it.
        DamagedIndexError
            If the file is not a database.
        """
        with self._guard():
            self._opened = False
            if self.path is not None and self._is_empty(self.path):
                # Connecting would create it.
                return False
            version = self._version()
            self._refuse_newer(version)
            current = version == self._steps[-1][0]
            if current:
                self._opened, self.failed = True, False
            return current

    @property
    def is_torn(self) -> bool:
        """Whether the file has only some of what was written: its log was taken away while it was in use."""
        return self._torn is not None and self.path is not None and self._torn == _identity(self.path)

    def is_sound(self) -> bool:
        """Whether SQLite's own check finds nothing wrong; `quick_check` misses an entry that an index lacks.

        Raises
        ------
        StoreError
            If it cannot be checked now: an index that is locked, or on a disk that fails, is not damaged.
        """
        try:
            row = self.one("PRAGMA integrity_check(1)")
        except DamagedIndexError:
            return False
        return row is not None and row["integrity_check"] == "ok"

    def all(self, sql: str, /, **values: object) -> list[Row]:
        """Every row of a statement.

        Raises
        ------
        StoreError
            If the database cannot do it.
        """
        with self._guard():
            return self._run(sql, values)

    def one(self, sql: str, /, **values: object) -> Row | None:
        """The first row of a statement, None where there is none.

        Raises
        ------
        StoreError
            If the database cannot do it.
        """
        rows = self.all(sql, **values)
        return rows[0] if rows else None

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True, patient: bool = True) -> Iterator[None]:
        """All statements within, or none; an inner transaction is part of the outer.

        Parameters
        ----------
        durable
            Wait until the disk has it. False only for what may be lost when the power fails.
        patient
            Wait for other processes for `BUSY_SECONDS`. False only for what need not be written at all.

        Raises
        ------
        StoreError
            If it cannot be begun or kept; nothing of it happened then.
        """
        with self._guard():
            if self._depth:
                yield
                return
            self._refuse_another_file()
            # Only a write-ahead log stays whole without it.
            durable = durable or self.shared
            if not durable:
                self._run("PRAGMA synchronous = NORMAL")
            try:
                # IMMEDIATE: what is read within is still true when it is written, in all processes.
                with self._waiting(patient=patient):
                    self._run("BEGIN IMMEDIATE")
                self._depth = 1
                try:
                    yield
                    if self._notes and self.before_commit is not None:
                        self.before_commit(self._notes, durable)
                    # Whoever builds a lost index again reads what was noted before it was lost.
                    self._refuse_another_file()
                    self._commit()
                except BaseException:
                    # A full disk may have rolled back already.
                    with contextlib.suppress(StoreError):
                        self._run("ROLLBACK")
                    raise
                finally:
                    self._depth, self._notes, self._whole = 0, [], False
            finally:
                if not durable:
                    with contextlib.suppress(StoreError):
                        self._run("PRAGMA synchronous = FULL")

    def _commit(self) -> None:
        """Keep what was written.

        With a rollback journal it is kept once the journal is gone: every page was written and synced before.
        NFS 4.2 was seen to answer that there is no journal to delete: it is gone then, and all is kept.
        SQLite calls that an error, and its connection cannot be relied on afterwards.
        """
        import sqlite3

        before = self.failed
        try:
            self._run("COMMIT")
        except StoreError as exc:
            code = getattr(exc.__cause__, "sqlite_errorcode", None)
            if not self.shared or code != sqlite3.SQLITE_IOERR_DELETE_NOENT:
                raise
            if self._connection is not None:
                self._connection.close()
            self._connection, self.failed = None, before

    def note(self, kind: str, row: Mapping[str, Any] | None = None) -> None:
        """Note for `before_commit` what this transaction changed.

        After "whole" no row is held: all of them are written from the index, however many there are.
        """
        if self.before_commit is None or (self._whole and row is not None):
            return
        self._whole = self._whole or kind == "whole"
        self._notes.append((kind, row or {}))

    @contextlib.contextmanager
    def _waiting(self, *, patient: bool) -> Iterator[None]:
        """Wait for other processes while a transaction begins, and no longer than it is worth."""
        before = self._wait
        if not patient:
            self._wait_at_most(SHORT_BUSY_SECONDS)
        try:
            yield
        except StoreError:
            if not patient:
                self._wait_at_most(before)
            raise
        _locked.pop(self.path, None)
        self._wait_at_most(BUSY_SECONDS)

    def _wait_at_most(self, seconds: float) -> None:
        import sqlite3

        if seconds != self._wait and self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
            self._wait = seconds

    def erase(self, *, at_most: int | None = None, later: str = "") -> str:
        """Write the file anew without what was deleted from it, and empty its log.

        `secure_delete` alone is not enough: it leaves copies of rows that were moved within a page.

        Parameters
        ----------
        at_most
            Bytes of a file that is written anew; only its log is emptied where it has more. None for any.
        later
            The command that writes a larger one anew.

        Returns
        -------
        str
            What may still be there, and what to do; empty for nothing.

        Raises
        ------
        StoreError
            If it cannot be written, for lack of space for example.
        """
        with self._guard():
            self._refuse_another_file()
            still = []
            if at_most is None or self.path is None or self.path.stat().st_size <= at_most:
                self._run("VACUUM")
            else:
                still.append(f"copies of its words in a large index's free space, until `{later}` runs")
            if self._run("PRAGMA wal_checkpoint(TRUNCATE)")[0]["busy"]:
                still.append("the index's log, which another process is reading; run it again to empty it")
            return " and ".join(still)

    def close(self, *, forget: bool = False) -> None:
        """Close the connection; with `forget` it may be opened again."""
        with self._guard():
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._closed = not forget

    def _guard(self) -> threading.RLock:
        if self._pid != os.getpid():
            # Another thread of the parent may have held the lock at the fork; nobody would release it here.
            self._lock, self._depth, self._pid = threading.RLock(), 0, os.getpid()
            if self._connection is not None and self.path is not None:
                _INHERITED.append(self._connection)
                self._connection = None
        return self._lock

    def _run(self, sql: str, values: Mapping[str, object] | None = None) -> list[Row]:
        import sqlite3

        try:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection.execute(sql, values or {}).fetchall()
        except sqlite3.DatabaseError as exc:
            raise self._translated(exc) from exc
        except UnicodeEncodeError as exc:
            raise StoreError("text with a lone surrogate cannot be stored") from exc

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        if self._closed:
            raise StoreError("the store is closed")
        if self._opened and self.path is not None and self._is_empty(self.path):
            # SQLite would make a new one, without budgets.
            raise self._taken_away()
        connection = sqlite3.connect(
            ":memory:" if self.path is None else self.path,
            timeout=self._wait,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        try:
            self._file = None if self.path is None else _identity(self.path)
            self._wal = None
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            # What is deleted is a person's words: they are written over.
            connection.execute("PRAGMA secure_delete = ON")
            # On macOS a plain fsync stops at the drive's cache; elsewhere this does nothing.
            connection.execute("PRAGMA fullfsync = ON")
            if self.shared:
                self._leave_write_ahead_log(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _leave_write_ahead_log(self, connection: sqlite3.Connection) -> None:
        """Give an index that was made on one machine a rollback journal, while nobody else has it open."""
        import sqlite3

        logged = self._log().exists()
        if logged:
            connection.execute(f"PRAGMA busy_timeout = {_ALONE_SECONDS * 1000:.0f}")
        try:
            # So the log is read without memory that others would have to share.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            connection.execute("PRAGMA locking_mode = NORMAL")
            # The lock is given back by the next statement.
            connection.execute(_TABLES).fetchall()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY and (logged or self._log().exists()):
                raise StoreError(
                    f"the store's index {self.path} keeps a journal for one machine only, and another "
                    f"process or machine has it open ({exc})",
                    hint="Close every notebook and program that uses this store, on every machine, and run "
                    "the cell again: it is given a journal for several machines then.",
                ) from exc
            raise
        connection.execute(f"PRAGMA busy_timeout = {self._wait * 1000:.0f}")

    def _log(self) -> Path:
        assert self.path is not None  # noqa: S101  # only a file is shared
        return self.path.with_name(f"{self.path.name}-wal")

    def _translated(self, exc: sqlite3.DatabaseError) -> StoreError:
        import sqlite3

        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        damaged = code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        if damaged or (self._opened and self._is_ours(_MISSING.match(str(exc)))):
            return self._damaged(str(exc))
        if (
            code == sqlite3.SQLITE_IOERR
            and self.path is not None
            and self._file not in {None, _identity(self.path)}
        ):
            # On a network what another machine deletes is gone for those who have it open, too (ESTALE).
            return self._taken_away()
        refusals = {
            sqlite3.SQLITE_READONLY: "It may not be written: check its permissions, or set IMAGEGEN_HOME.",
            sqlite3.SQLITE_CANTOPEN: "Check the folder and its permissions, or set IMAGEGEN_HOME to another.",
            sqlite3.SQLITE_IOERR: "Check the disk, or set IMAGEGEN_HOME to a folder on another one.",
        }
        hint = refusals.get(code, "")
        self.failed = self.failed or code in refusals
        where = "in memory" if self.path is None else str(self.path)
        if code == sqlite3.SQLITE_FULL or (hint and self.path is not None and is_full(self.path.parent)):
            hint = "The disk is full: free some space."
        elif code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL}:
            now = time.monotonic()
            began = now - self._wait
            since, last = _locked.get(self.path, (began, began))
            # Who met it long ago does not know of the time between.
            since = since if began - last < BUSY_SECONDS else began
            _locked[self.path] = since, now
            waited = now - since
            # Whoever has waited in vain does not wait as long again.
            self._wait_at_most(SHORT_BUSY_SECONDS)
            if self.path is not None and (why := why_no_lock(self.path.parent)):
                # SQLite takes that for somebody else's lock.
                self.failed = True
                return StoreError(
                    f"the store's index {where} cannot be locked: {why}", hint=refusals[sqlite3.SQLITE_IOERR]
                )
            return StoreError(
                f"the store's index {where} has been locked by another process for {waited:.0f} s ({exc})",
                hint="Try again when that is done, or close the notebook or program that has it open.",
            )
        return StoreError(f"the store's index {where} answered: {exc}", hint=hint)

    def _damaged(self, why: str) -> DamagedIndexError:
        self.failed = True
        if self.path is not None:
            with contextlib.suppress(OSError):
                files.create(damage_mark(self.path), anew=False).close()
        return DamagedIndexError(
            f"the store's index {self.path} is damaged ({why})",
            hint="Restart the kernel or run the cell again: the index is put aside and built again from the "
            "files beside it.",
        )

    def _taken_away(self) -> StoreError:
        self.failed = True
        return StoreError(
            f"the store's index {self.path} was deleted, moved or replaced while it was in use",
            hint="Put it back, or run the cell again: it is built again from the files beside it.",
        )

    def _refuse_another_file(self) -> None:
        """What is written into a file without a name is lost, and other processes do not see it."""
        if self._file is None or self.path is None:
            return
        # A log that is there stays while a connection is open. A rollback journal comes and goes.
        log = _identity(self._log())
        now = _identity(self.path)
        if self._file == now and self._wal not in {None, log}:
            self._torn = now
        if self._file != now or self.is_torn:
            raise self._taken_away()
        self._wal = log

    def _is_empty(self, path: Path) -> bool:
        try:
            return path.stat().st_size == 0
        except FileNotFoundError:
            return True
        except OSError:
            # SQLite says why.
            return False

    def _version(self) -> int:
        tables = {row["name"] for row in self._run(_TABLES)}
        if "schema_version" in tables:
            version = int(self._run(statements.SCHEMA_VERSION)[0]["version"] or 0)
            if lost := self._tables(version) - tables:
                raise self._damaged(f"no such table: {min(lost)}")
            if early := self._tables(self._steps[-1][0]) - self._tables(version) & tables:
                raise self._damaged(f"the table {min(early)} and no version that has it")
            return version
        if tables:
            raise another_programs(self.path, tables)
        return 0

    def _tables(self, version: int) -> set[str]:
        """The tables that a version of the schema has."""
        made = "".join(text for number, _, text in self._steps if number <= version)
        return set(re.findall(r"CREATE TABLE (\w+)", made))

    def _is_ours(self, missing: re.Match[str] | None) -> bool:
        return missing is not None and missing[1] in self._tables(self._steps[-1][0])

    def _refuse_newer(self, version: int) -> None:
        latest = self._steps[-1][0]
        if version > latest:
            raise NewerSchemaError(
                f"the store {self.path} was written by a newer version of jupyter_imagegen "
                f"(its schema is {version}, this version knows {latest}); it was left as it is",
                hint="Upgrade jupyter-imagegen, or set IMAGEGEN_HOME to another folder.",
            )

    def _migrate(self, number: int, name: str, text: str) -> None:
        with self.transaction():
            self._run(statements.CREATE_SCHEMA_VERSION)
            done = self._run(statements.SCHEMA_VERSION)[0]["version"] or 0
            if done >= number:
                return
            for statement in _split(text):
                self._run(statement)
            self._run(statements.RECORD_SCHEMA_VERSION, {"version": number, "name": name})


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has a name now; None where there is none that can be asked for."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def tables_of(path: Path) -> set[str]:
    """The names of a database's tables; none where it is no database that can be read. Changes nothing."""
    import sqlite3

    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return set()
    except OSError:
        return set()
    address = path.absolute().as_uri()
    # The second way reads what a killed process did not write back; it may make a -shm file.
    ways = ["immutable=1", *(["mode=ro"] if path.with_name(f"{path.name}-wal").exists() else [])]
    for way in ways:
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"{address}?{way}", uri=True)) as database,
        ):
            if found := {name for (name,) in database.execute(_TABLES)}:
                return found
    return set()


def another_programs(path: Path | None, tables: Iterable[str]) -> HomeError:
    """The error for a database that has our file's name and others' tables."""
    return HomeError(
        f"{path} is another program's database (it has the table {min(tables)!r})",
        hint="Set IMAGEGEN_HOME to a folder of its own.",
    )


def is_full(folder: Path) -> bool:
    """Whether a folder's disk has no room for anything."""
    import shutil

    try:
        return shutil.disk_usage(folder).free < _FULL
    except OSError:
        return False


def damage_mark(path: Path) -> Path:
    """The file that says: SQLite found the index damaged while it was in use."""
    return path.with_name(f"{path.name}.damaged")


def migrations() -> list[tuple[int, str, str]]:
    """The package's migrations as `(number, name, SQL)`, in order."""
    # Not importlib.resources: it imports zipfile and tempfile, and a hit should not wait for them.
    found = sorted((Path(__file__).parent / "migrations").glob("*.sql"))
    return [(int(f.name.partition("_")[0]), f.stem, f.read_text(encoding="utf-8")) for f in found]


def _split(text: str) -> Iterator[str]:
    """One statement at a time: `executescript` would commit the transaction it runs in."""
    import sqlite3

    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
