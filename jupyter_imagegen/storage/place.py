"""Where a home is: which file system, whether locks exclude there, and which journal its index keeps.

SQLite's write-ahead log shares memory between processes, which only works within one machine. On a network
the index keeps a rollback journal, which is exact as long as locks hold on every machine. Where they do not,
two machines would pass a budget together and wreck the index, so no call is paid from there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shlex
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files

if TYPE_CHECKING:
    from collections.abc import Iterator

Locks = Literal["exclude", "do not exclude", "none", "not tried"]

#: Seconds for another process to try a lock, its start included.
_TRIAL_SECONDS = 10.0
#: Seconds after which a trial's files are left over from a process that was killed.
_LEFT_OVER = 3600.0

#: File systems of one machine without a disk of their own.
_LOCAL = {"aufs", "bcachefs", "btrfs", "ecryptfs", "fuse.fuse-overlayfs", "overlay", "ramfs", "tmpfs", "zfs"}
#: Those of several machines whose locks hold on all of them, unless a mount option says otherwise. Of any
#: other (sshfs and most of FUSE, 9p, virtiofs, BeeGFS, AFS) one machine cannot tell: where the server is not
#: asked, its own kernel keeps the locks, and they seem to exclude.
_SHARED = {"ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "panfs", "smb3", "wekafs"}
_SHARED |= {"fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs", "fuse.juicefs", "fuse.mfs"}
#: Mount options that keep locks within a machine.
_KEPT_HERE = {"localflock", "localflocks", "nobrl", "nolock"}
_KEPT_HERE |= {"local_lock=all", "local_lock=flock", "local_lock=posix"}

#: How a system says that somebody else holds a lock.
_HELD = {errno.EACCES, errno.EAGAIN}
#: How it says that there are none.
_NONE = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}

#: The first of the bytes that SQLite locks: https://www.sqlite.org/fileformat.html#the_lock_byte_page
_LOCK_BYTE = 0x40000000

#: What another process tries while this one holds both locks: `flock`, and the bytes that SQLite locks.
_CHILD = f"""
import fcntl, os, sys
how = fcntl.LOCK_EX | fcntl.LOCK_NB
for path, lock in zip(sys.argv[1:], (fcntl.flock, lambda *asked: fcntl.lockf(*asked, 2, {_LOCK_BYTE}))):
    try:
        lock(os.open(path, os.O_RDWR), how)
    except OSError as exc:
        print(exc.errno)
    else:
        print(0)
"""

#: Where calls may be paid, by home and device; any other verdict may change, and is tried again.
_known: dict[tuple[Path, int], Place] = {}


@dataclass(frozen=True, kw_only=True)
class Place:
    """What was found out about where a home is, and what follows.

    Attributes
    ----------
    file_system : str
        Its type as the system says it: `ext4`, `nfs4`, `cifs`, `fuse.sshfs`; `unknown` where it says none.
    network : bool
        Whether other machines may use it too, or that cannot be seen.
    locks : {"exclude", "do not exclude", "none", "not tried"}
        Whether a lock keeps all others out, on every machine; `none` where no lock can be taken.
    journal : {"wal", "delete"}
        The journal that an index made there keeps; see SQLite's `PRAGMA journal_mode`.
    paid : bool
        Whether calls may be paid from there.
    reason : str
        Why not; empty where they may.
    """

    file_system: str
    network: bool
    locks: Locks
    journal: Literal["wal", "delete"]
    paid: bool
    reason: str = ""

    def told(self, journal: str = "") -> str:
        """The place in plain words.

        Parameters
        ----------
        journal
            The journal that the index keeps; the one that it would be made with where that is empty.
        """
        where = f"{self.file_system}, {'a network file system' if self.network else 'a local disk'}"
        if self.reason:
            return f"{where}; {self.reason}, so no call is paid from there"
        who = "other processes and machines" if self.network else "other processes"
        locks = f"locks keep {who} out" if self.locks == "exclude" else "locks are tried when a store is made"
        log = "write-ahead log" if (journal or self.journal) == "wal" else "rollback journal"
        return f"{where}; {locks}; the index keeps a {log}"


class PlaceError(StoreError):
    """The home is where locks do not keep two processes or machines apart.

    Attributes
    ----------
    place : str
        What was found out about it, as `Place.told`.
    """

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        super().__init__(message, hint=hint)
        self.place = place

    @classmethod
    def at(cls, home: Path, place: Place) -> PlaceError:
        """The error of a home at a place from which no call is paid."""
        message = f"locks do not protect the store {home}: {place.reason}"
        return cls(message, hint=_ways_on(), place=place.told())


def place_of(home: Path) -> Place:
    """Find out where a home is whose folder is there; on a local disk it takes no time to speak of.

    Parameters
    ----------
    home
        The folder. Locks are tried on files made in it, on a network also by a second process.

    Raises
    ------
    OSError, StoreError
        If the folder cannot be used for another reason.

    Examples
    --------
    >>> place_of(Path("/dev/shm")).journal
    'wal'
    """
    seen = home, home.stat().st_dev
    if seen not in _known:
        place = looked_up(home)
        if place.paid:
            place = _tried(home, place)
        if not place.paid:
            return place
        _known[seen] = place
    return _known[seen]


def looked_up(home: Path) -> Place:
    """What the system says about a place, whether the folder is there or not; nothing is tried or made."""
    kind, options, local = _mounted(home)
    if local:
        return Place(file_system=kind, network=False, locks="not tried", journal="wal", paid=True)
    reason = ""
    if kept := sorted(_KEPT_HERE & options):
        reason = f"on {kind} mounted with {kept[0]}, a lock does not hold on other machines"
    elif kind not in _SHARED and sys.platform != "win32":
        reason = f"on {kind}, whether a lock holds on other machines cannot be seen from this one"
    return Place(
        file_system=kind,
        network=True,
        locks="do not exclude" if reason else "not tried",
        journal="delete",
        paid=not reason,
        reason=reason,
    )


def require_locks(home: Path) -> Place:
    """Where a home is, if its locks exclude.

    Raises
    ------
    PlaceError
        If they do not.
    OSError, StoreError
        As `place_of`.
    """
    place = place_of(home)
    if not place.paid:
        raise PlaceError.at(home, place)
    return place


def why_no_lock(home: Path) -> str:
    """Why a lock that nobody holds cannot be taken in a home that is open; empty where one can be.

    What was found out about the place no longer counts then.
    """
    if sys.platform == "win32":
        return ""
    try:
        with _trial(home) as path:
            why = _tried_alone(path)[1]
    except OSError as exc:
        why = f"{exc.filename or home}: {exc.strerror or exc}"
    if why:
        for seen in [seen for seen in _known if seen[0] == home]:
            _known.pop(seen, None)
    return why


def _mounted(home: Path) -> tuple[str, set[str], bool]:
    """The type of the file system that a path is on, its mount options, and whether it is this machine's."""
    path = Path(os.path.realpath(home))
    if sys.platform == "win32":
        import ctypes

        # https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getdrivetypew
        remote = path.drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == 4  # noqa: PLR2004
        return "network drive" if remote else "local drive", set(), not remote
    if sys.platform != "linux":
        return "unknown", set(), True
    kind, options, device, length = "unknown", set[str](), "1:0", 0
    with contextlib.suppress(OSError):
        # Of two at one point the later is seen: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
        for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
            before, after = (part.split(" ") for part in line.split(" - ", 1))
            point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), before[4])
            if len(point) >= length and path.is_relative_to(point):
                kind, device, length = after[0], before[2], len(point)
                options = {*before[5].split(","), *after[2].split(",")}
    has_a_disk = not device.startswith("0:")
    return kind, options, kind in _LOCAL or (has_a_disk and kind not in _SHARED)


def _tried(home: Path, place: Place) -> Place:
    """The same place, with what came of trying its locks."""
    if sys.platform == "win32":
        # There a lock belongs to a handle, and a share refuses what another machine has locked.
        return replace(place, locks="exclude")
    with _trial(home) as path:
        locks, why = _tried_alone(path)
        if place.network and locks == "exclude":
            locks, why = _tried_by_two(path)
    reason = f"on {place.file_system}, {why}" if why else ""
    return replace(place, locks=locks, paid=locks == "exclude", reason=reason)


@contextlib.contextmanager
def _trial(home: Path) -> Iterator[Path]:
    """A new file to try locks on; it and those of a trial that was killed are gone afterwards."""
    path = home / f"{files.TRIAL}{secrets.token_hex(8)}"
    files.create(path).close()
    try:
        yield path
    finally:
        with os.scandir(home) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    own = entry.name.startswith(path.name)
                    if own or (
                        entry.name.startswith(files.TRIAL)
                        and files.is_own_file(home / entry.name, home)
                        and time.time() - entry.stat().st_mtime > _LEFT_OVER
                    ):
                        (home / entry.name).unlink()


def _tried_alone(path: Path) -> tuple[Locks, str]:
    """Whether a file's lock keeps a second one out, within this process; and what is wrong."""
    import fcntl

    exclusive = fcntl.LOCK_EX | fcntl.LOCK_NB
    with path.open("r+b") as first, path.open("r+b") as second:
        try:
            # One after the other: on NFS the two kinds exclude each other.
            fcntl.lockf(first, exclusive, 2, _LOCK_BYTE)
            fcntl.lockf(first, fcntl.LOCK_UN, 2, _LOCK_BYTE)
            fcntl.flock(first, exclusive)
        except OSError as exc:
            if exc.errno in _NONE | _HELD:
                return "none", f"no lock can be taken ({exc.strerror})"
            raise
        try:
            fcntl.flock(second, exclusive)
        except OSError as exc:
            if exc.errno in _HELD:
                return "exclude", ""
            raise
    return "do not exclude", "two can hold one lock"


def _tried_by_two(path: Path) -> tuple[Locks, str]:
    """Whether both kinds of locks keep another process out, and SQLite can write under them."""
    import fcntl
    import sqlite3

    database = path.with_name(f"{path.name}.sqlite3")
    try:
        with (
            path.open("r+b") as file,
            contextlib.closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection,
        ):
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("CREATE TABLE trial (one)")
            connection.execute("BEGIN EXCLUSIVE")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            answers = _asked_another(path, database)
    except sqlite3.Error as exc:
        code = getattr(exc, "sqlite_errorcode", 0)
        unlockable = {sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_RDLOCK, sqlite3.SQLITE_IOERR_UNLOCK}
        if code in unlockable or code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL}:
            return "none", f"SQLite cannot lock its file ({exc})"
        raise StoreError(f"the store's folder {path.parent} cannot be used ({exc})") from exc
    if answers is None:
        return "not tried", "no second process could try whether locks keep it out"
    if 0 in answers:
        return "do not exclude", "two processes can hold one lock"
    if strange := [number for number in answers if number not in _HELD]:
        return "none", f"another process can take no lock ({os.strerror(strange[0])})"
    return "exclude", ""


def _asked_another(*paths: Path) -> list[int] | None:
    """The numbers of errors that another process gets for two locks; None where it says nothing."""
    import subprocess

    command = [sys.executable, "-I", "-S", "-c", _CHILD, *map(str, paths)]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRIAL_SECONDS, check=True
        )
        answers = [int(line) for line in done.stdout.split()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answers if len(answers) == len(paths) else None


def _ways_on() -> str:
    """A folder on a local disk, as commands that can be pasted."""
    import getpass
    import tempfile

    try:
        name = f"imagegen-{getpass.getuser()}"
    except (KeyError, OSError):
        name = "imagegen-store"
    for folder in map(Path, ("/var/tmp", tempfile.gettempdir(), "/dev/shm")):  # noqa: S108  # if it is local
        path = folder / name
        with contextlib.suppress(OSError):
            free = not os.path.lexists(path) or path.stat().st_uid == os.getuid()
            if free and os.access(folder, os.W_OK) and not looked_up(path).network:
                return (
                    "Keep a store on a local disk, with pictures and budgets of its own: "
                    f"`%env IMAGEGEN_HOME={path}` in a cell, or "
                    f"`export IMAGEGEN_HOME={shlex.quote(str(path))}` in a shell."
                )
    return "Set IMAGEGEN_HOME to a folder on a local disk."
