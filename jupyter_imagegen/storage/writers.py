"""Who is writing in `incoming/`: known by a lock that the writer holds, and the system frees when it ends.

Whoever writes there takes the lock of a file of its own first, `incoming/<id>.lock`, and names everything
else after it. Whoever can take that lock later knows that the writer is gone, on any machine and in any
container: host names, process numbers and clocks say nothing about that.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
import sys
import time
from typing import TYPE_CHECKING, Self

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage.home import made_again
from jupyter_imagegen.storage.locks import file_lock
from jupyter_imagegen.storage.recipes import recipe_from_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from filelock import BaseFileLock

    from jupyter_imagegen.storage.files import Shelf

#: Seconds for which somebody else may look at a lock that was made this moment.
_LOOKED_AT = 10.0
#: Versions before this one named their files after host and process, and held no lock on them: what they left
#: is swept after a day without a change, in seconds.
_OLD_AFTER = 86_400.0


class Writer:
    """The right to write files of one name in `incoming/`, until it is closed or its process ends.

    Parameters
    ----------
    shelf
        The folders; `incoming/` is made again where it is gone.

    Raises
    ------
    StoreError
        If the home is no store's any more.
    OSError
        If the lock cannot be taken: what would be written could be swept.
    """

    def __init__(self, shelf: Shelf) -> None:
        folder = made_again(shelf, "incoming")
        for left in (2, 1, 0):
            self._stem = folder / secrets.token_hex(8)
            try:
                self._lock = file_lock(self.path(".lock"))
                self._lock.acquire(timeout=_LOOKED_AT)
            except OSError as exc:
                # On NFS, where another machine looked at it, and took it away, at this very moment.
                if exc.errno != errno.ESTALE or not left:
                    raise
            else:
                return

    def path(self, suffix: str) -> Path:
        """One of its files, such as the `.part`."""
        return self._stem.with_suffix(suffix)

    def close(self) -> None:
        """Give the right up: what is left is for whoever looks next."""
        _give_back(self._lock, self.path(".lock"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def abandoned(shelf: Shelf, stem: str) -> Iterator[bool]:
    """Whether the writer of the files of one name is gone; while it is held, nobody else takes them.

    Parameters
    ----------
    stem
        A name in `incoming/` without its ending.
    """
    path = shelf.incoming / f"{stem}.lock"
    lock = file_lock(path)
    try:
        lock.acquire(blocking=False)
    except OSError:
        # Held, or there are no locks here: then nothing is known to be anybody's rubbish.
        yield False
        return
    try:
        with _by_an_older_version(shelf, stem) as gone:
            yield gone
    finally:
        _give_back(lock, path)


@contextlib.contextmanager
def _by_an_older_version(shelf: Shelf, stem: str) -> Iterator[bool]:
    """The same of files that are named after host and process.

    Their writer held its key's lock. What has no recipe is worth nothing, and is left for a day.
    """
    if not files.is_of_older_version(stem):
        yield True
        return
    left = [path for path in shelf.incoming.glob(f"{stem}.*") if path.suffix != ".lock"]
    recipe = None
    with contextlib.suppress(OSError, StoreError):
        recipe = recipe_from_bytes(files.read(shelf.incoming / f"{stem}.json"))
    if recipe is None:
        yield all(_unchanged_since(path, time.time() - _OLD_AFTER) for path in left)
        return
    lock = file_lock(shelf.lock(recipe.key))
    try:
        lock.acquire(blocking=False)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _unchanged_since(path: Path, moment: float) -> bool:
    try:
        return path.lstat().st_mtime < moment
    except OSError:
        return False


def _give_back(lock: BaseFileLock, path: Path) -> None:
    """Remove a lock's file while it is held, so that nobody holds one without a name, and release it."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        lock.release()
    if sys.platform == "win32":
        # What is open cannot be deleted there; and what is held by another neither.
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
