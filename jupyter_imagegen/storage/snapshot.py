"""A copy in memory of an index that may not or cannot be written, however it can still be read."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage.place import looked_up

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

#: Seconds to wait for another process: by now it was waited for in vain.
_BUSY_SECONDS = 1.0


def copied(index: Path, scratch: Path, memory: sqlite3.Connection, *, locks: bool = True) -> bool:
    """Copy an index into a database in memory; its file and its folder stay as they are.

    Parameters
    ----------
    index
        The index. On a disk that is full or read-only it may have a write-ahead log that can be read only
        beside a file of shared memory, which cannot be made there.
    scratch
        A folder for a copy of both files in that case.
    memory
        An empty database.
    locks
        Whether a lock keeps others from writing meanwhile; without, its files are copied.

    Returns
    -------
    bool
        Whether there is a sound copy now.
    """
    import sqlite3

    try:
        files.regular(index)
    except (OSError, StoreError):
        return False
    for source in _sources(index, scratch, locks=locks):
        with contextlib.suppress(sqlite3.Error, OSError):
            with contextlib.closing(
                sqlite3.connect(source, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
            ) as connection:
                # Whoever has begun to read is not locked out any more; `backup` itself would wait for ever.
                connection.execute("BEGIN")
                connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()
                connection.backup(memory)
            if memory.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return True
    return False


def _sources(index: Path, scratch: Path, *, locks: bool) -> Iterator[str]:
    """Ways to read an index, the truest first."""
    logs = _logs(index)
    shares_memory = any(log.name.endswith("-wal") for log in logs) and looked_up(index).network
    if locks and not shares_memory:
        # To read a write-ahead log is to write into memory that another machine may be using.
        yield f"{index.as_uri()}?mode=ro"
    yield from untouched_ways(index, scratch)


def untouched_ways(index: Path, scratch: Path) -> Iterator[str]:
    """Ways to read an index that change and make nothing beside it.

    Raises
    ------
    OSError
        If what is beside it cannot be looked at.
    """
    logs = _logs(index)
    if not logs:
        # Without a lock: there is no log, so the file has everything.
        yield f"{index.as_uri()}?immutable=1"
        return
    copy = scratch / index.name
    try:
        for path, target in ((index, copy), *((log, scratch / log.name) for log in logs)):
            files.regular(path)
            with path.open("rb") as source, files.create(target) as file:
                shutil.copyfileobj(source, file)
        yield copy.as_uri()
    except (OSError, StoreError):
        return
    finally:
        for left in scratch.glob(f"{index.name}*"):
            with contextlib.suppress(OSError):
                left.unlink()


def _logs(index: Path) -> list[Path]:
    return [log for suffix in ("-wal", "-journal") if _is_there(log := index.with_name(index.name + suffix))]


def _is_there(log: Path) -> bool:
    """Whether a log holds anything, or may."""
    try:
        return log.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:
        return True
