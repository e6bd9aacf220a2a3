"""Adding to a cassette at its end, so that recording a picture does not write all the others again.

::

    1. `.lesson.cassette.length` says how long the file is
    2. new pictures, new contents and a new directory are written after its end
    3. `.lesson.cassette.length` is deleted

Until the last step whoever reads takes the file for as long as the note says, where the old directory is. A
writer that died is undone by the next one. The old contents stay inside as bytes that no directory lists,
until the cassette is written whole again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from jupyter_imagegen.storage import files, plainzip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: Digits of a length.
_MOST_DIGITS = 16


def note_path(path: Path) -> Path:
    """Where the length of a cassette is noted while it is added to."""
    return path.with_name(f".{path.name}.length")


def noted_length(path: Path) -> int | None:
    """How much of a cassette counts while it is added to; None for all of it.

    Raises
    ------
    OSError
        If the note cannot be read.
    """
    try:
        # A link would lead elsewhere, a pipe be waited for.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(note_path(path), flags)
    except OSError as exc:
        if exc.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            return None
        raise
    with open(descriptor, "rb") as file:  # noqa: PTH123  # of a descriptor
        text = file.read(_MOST_DIGITS + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    # One that was not written whole: its writer had not begun.
    return int(text) if text.endswith(b"\n") and text[:-1].isdigit() else None


def undo(path: Path, most_members: int) -> None:
    """Cut off what a dead writer left at the end; for whoever holds the cassette's lock.

    Raises
    ------
    OSError
        If the file cannot be changed.
    """
    if not os.path.lexists(note_path(path)):
        return
    length = noted_length(path)
    if length is not None:
        with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
            if file.seek(0, os.SEEK_END) > length and _is_whole(file, most_members, length):
                file.truncate(length)
                os.fsync(file.fileno())
    note_path(path).unlink()


def _is_whole(file: BinaryIO, most_members: int, length: int) -> bool:
    """Whether the file was once so long: a note that came with a lesson must not cut it anywhere else."""
    try:
        plainzip.directory(file, most_members=most_members, length=length)
    except plainzip.PlainZipError:
        return False
    return True


def append(path: Path, contents: str, data: bytes, members: Mapping[str, Callable[[], bytes]]) -> None:
    """Add files to a cassette, and give it new contents.

    Parameters
    ----------
    path
        The cassette; its lock is held, and `undo` was called.
    contents, data
        The name of the file with its contents, and the new ones.
    members
        What reads each new file, by its name.

    Raises
    ------
    OSError
        If the disk does not take it; the cassette is then as it was.
    """
    import zipfile

    length = path.stat().st_size
    files.write_synced(note_path(path), b"%d\n" % length)
    _sync_folder(path)
    try:
        with path.open("r+b") as file:
            with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
                archive.filelist.remove(archive.NameToInfo.pop(contents))
                # It would be written over the old directory, which counts until this one is whole.
                archive.start_dir = length
                for name, read in members.items():
                    archive.writestr(files.zip_member(name), read())
                archive.writestr(files.zip_member(contents), data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.truncate(path, length)
            note_path(path).unlink()
        raise
    note_path(path).unlink()
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    # Some network shares have no such call.
    with contextlib.suppress(OSError):
        files.sync_folder(path.parent)
