"""The one SQLite connection of a process: opening, migrating, transactions, and errors as ours.

Everything that only SQLite knows is here; the statements themselves are in `statements.py`.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import HomeError, NewerSchemaError, StoreError
from jupyter_imagegen.storage import statements

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

#: Seconds to wait for another process's transaction; each takes milliseconds.
BUSY_SECONDS = 30.0

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"

#: Connections that a forked child must neither use nor close: closing them could drop the parent's locks.
#: https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_across_a_fork_
_INHERITED: list[sqlite3.Connection] = []


class DamagedIndexError(StoreError):
    """The file is not a database, or no longer one."""


class Database:
    """Statements and transactions on one file, or in memory.

    Parameters
    ----------
    path
        The database file; None for one in memory.
    steps
        The migrations to bring it up to, as `(number, name, SQL)`; those of the package by default.

    Notes
    -----
    One connection for each process, guarded by a lock: SQLite would serialise the threads anyway. A forked
    child opens its own.
    """

    def __init__(self, path: Path | None, *, steps: Sequence[tuple[int, str, str]] | None = None) -> None:
        self._connection: sqlite3.Connection | None = None
        self.path = path
        self._steps = migrations() if steps is None else steps
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._depth = 0
        self._closed = False

    def __del__(self) -> None:
        # A session that nobody closed: from 3.13 on Python warns of a connection that is collected open. One
        # that a fork inherited is its parent's to close.
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()

    def open(self) -> bool:
        """Connect, and migrate where needed.

        Returns
        -------
        bool
            Whether the database was empty before, so that what is on disk has to be entered again.

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
            version = self._version()
            self._refuse_newer(version)
            if version == self._steps[-1][0]:
                return False
            if self.path is not None:
                # It stays in the file's header. Of two processes that ask for it at once SQLite refuses one
                # without waiting; whoever opens a store holds its opening lock here.
                self._run("PRAGMA journal_mode = WAL")
            for number, name, text in self._steps:
                if number > version:
                    self._migrate(number, name, text)
            return version == 0

    def is_current(self) -> bool:
        """Whether there is nothing to migrate; connects, but changes nothing.

        Raises
        ------
        NewerSchemaError
            If a newer version wrote it.
        DamagedIndexError
            If the file is not a database.
        """
        with self._guard():
            version = self._version()
            self._refuse_newer(version)
            return version == self._steps[-1][0]

    def is_sound(self) -> bool:
        """Whether SQLite's own check finds nothing wrong."""
        try:
            row = self.one("PRAGMA quick_check(1)")
        except StoreError:
            return False
        return row is not None and row["quick_check"] == "ok"

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
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All statements within, or none; an inner transaction is part of the outer.

        Parameters
        ----------
        durable
            Wait until the disk has it. False only for what may be lost when the power fails.

        Raises
        ------
        StoreError
            If it cannot be begun or kept; nothing of it happened then.
        """
        with self._guard():
            if self._depth:
                yield
                return
            if not durable:
                self._run("PRAGMA synchronous = NORMAL")
            try:
                # IMMEDIATE: what is read within is still true when it is written, in all processes.
                self._run("BEGIN IMMEDIATE")
                self._depth = 1
                try:
                    yield
                    self._run("COMMIT")
                except BaseException:
                    # A full disk may have rolled back already.
                    with contextlib.suppress(StoreError):
                        self._run("ROLLBACK")
                    raise
                finally:
                    self._depth = 0
            finally:
                if not durable:
                    with contextlib.suppress(StoreError):
                        self._run("PRAGMA synchronous = FULL")

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
        connection = sqlite3.connect(
            ":memory:" if self.path is None else self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            # On macOS a plain fsync stops at the drive's cache; elsewhere this does nothing.
            connection.execute("PRAGMA fullfsync = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _translated(self, exc: sqlite3.DatabaseError) -> StoreError:
        import sqlite3

        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            if self.path is not None:
                with contextlib.suppress(OSError):
                    damage_mark(self.path).touch()
            return DamagedIndexError(
                f"the store's index {self.path} is damaged ({exc})",
                hint="Restart the kernel: it is put aside and built again from the pictures' recipes.",
            )
        where = "in memory" if self.path is None else str(self.path)
        hints = {
            sqlite3.SQLITE_FULL: "The disk is full: free some space.",
            sqlite3.SQLITE_READONLY: "It may not be written: check its permissions, or set IMAGEGEN_HOME.",
            sqlite3.SQLITE_CANTOPEN: "Check the folder and its permissions, or set IMAGEGEN_HOME to another.",
            sqlite3.SQLITE_BUSY: "Another process has kept it busy: try again.",
        }
        return StoreError(f"the store's index {where} answered: {exc}", hint=hints.get(code, ""))

    def _version(self) -> int:
        tables = {row["name"] for row in self._run(_TABLES)}
        if "schema_version" in tables:
            rows = self._run(statements.SCHEMA_VERSION)
            return int(rows[0]["version"] or 0)
        if tables:
            raise another_programs(self.path, tables)
        return 0

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


def damage_mark(path: Path) -> Path:
    """The file that says: SQLite found the index damaged while it was in use."""
    return path.with_name(f"{path.name}.damaged")


def migrations() -> list[tuple[int, str, str]]:
    """The package's migrations as `(number, name, SQL)`, in order."""
    # Not importlib.resources: it imports zipfile and tempfile, and a hit should not wait for them.
    files = sorted((Path(__file__).parent / "migrations").glob("*.sql"))
    return [(int(f.name.partition("_")[0]), f.stem, f.read_text(encoding="utf-8")) for f in files]


def _split(text: str) -> Iterator[str]:
    """One statement at a time: `executescript` would commit the transaction it runs in."""
    import sqlite3

    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
