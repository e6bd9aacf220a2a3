"""The locks of a home: taken or not, with errors of ours, and who holds one.

A lock ends with its process, however that ends. What its holder writes into the file is for people who wait;
nothing is decided by it.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import clean
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

#: Bytes that are read of what a holder wrote, and seconds beyond which its clock is another one.
_LONGEST = 300
_DAY = 86_400.0


def file_lock(path: Path, *, timeout: float = -1) -> BaseFileLock:
    """The lock of a file, not yet taken; it excludes all others, in this process too.

    Parameters
    ----------
    timeout
        Seconds that `acquire` waits; below 0 without end.
    """
    from filelock import FileLock

    # Not a singleton: a second asker in this process must wait, not enter. Not thread-local: the engine's
    # steps run in several threads. No marker file in place of a lock: a killed process leaves it for ever.
    return FileLock(
        path,
        timeout,
        mode=files.FILE_MODE,
        thread_local=False,
        is_singleton=False,
        fallback_to_soft=False,
    )


def acquired(lock: BaseFileLock) -> bool:
    """Take a lock if it is free, and write down who has it.

    Raises
    ------
    StoreError
        If its file cannot be made or locked: nobody may buy without it.
    """
    from filelock import Timeout

    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    except OSError as exc:
        raise StoreError(
            f"the lock {lock.lock_file} cannot be taken ({exc.strerror or exc})",
            hint="Free some disk space, check the folder's permissions, or set IMAGEGEN_HOME to another.",
        ) from exc
    sign(lock)
    return True


def holder(path: Path, waited: float, doing: str = "making this picture") -> str:
    """Who holds a lock and for how long, as far as it said so; for whoever waits.

    Parameters
    ----------
    waited
        Seconds that were waited: it has been held for at least so long.
    doing
        What its holder does.
    """
    try:
        pid, since, host = files.read(path, at_most=_LONGEST).decode().split(" ", 2)
        age, who = time.time() - float(since), f"pid {int(pid)} on host {clean(host, 100)}"
    except (OSError, StoreError, ValueError):
        return f"another process, which has had it for at least {waited:.0f} s"
    return f"{who}, which has been {doing} for {age if waited <= age < _DAY else waited:.0f} s"


def sign(lock: BaseFileLock) -> None:
    """Write down who holds a lock, and since when; where that cannot be written, nobody is named."""
    # Windows lets nobody else write into a file that is locked, not even its holder.
    with contextlib.suppress(OSError):
        fd = os.open(lock.lock_file, os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0))
        with open(fd, "wb") as file:  # noqa: PTH123  # of a descriptor
            file.write(f"{os.getpid()} {time.time():.0f} {platform.node()}".encode())
