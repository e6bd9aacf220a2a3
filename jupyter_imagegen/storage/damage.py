"""A damaged index is put aside and built again, but not for ever: the disk may be what is broken."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage.database import DamagedIndexError, damage_mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

#: What the mark says where an index was built again in vain.
_IN_VAIN = b"built again, and damaged again\n"


def set_aside(path: Path, moment: datetime) -> Path:
    """Give a damaged index, or the logs of a lost one, another name, so that one can be built anew.

    Returns
    -------
    Path
        The index's new name.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    aside = path.with_name(f"{path.name}.damaged-{moment:%Y%m%d-%H%M%S}-{os.getpid()}")
    try:
        with contextlib.suppress(FileNotFoundError):
            files.move(path, aside)
        # Left behind, they would be taken for the new file's.
        for suffix in ("-wal", "-shm", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                files.move(path.with_name(path.name + suffix), aside.with_name(aside.name + suffix))
    except OSError as exc:
        raise StoreError(
            f"the store's index {path} is damaged and cannot be put aside ({exc.strerror or exc})",
            hint="Close other notebooks, or set IMAGEGEN_HOME to another folder.",
        ) from exc
    return aside


def refuse_twice(path: Path) -> None:
    """Refuse to build an index again that was damaged as soon as it had been built again.

    Raises
    ------
    StoreError
        If it is so.
    """
    try:
        in_vain = files.read(damage_mark(path)) == _IN_VAIN
    except (OSError, StoreError):
        return
    if in_vain:
        raise _twice(path)


@contextlib.contextmanager
def refused_twice(path: Path, *, damaged: bool) -> Iterator[None]:
    """Write down that an index, which was damaged and is built again within, is damaged again.

    Raises
    ------
    StoreError
        If it is so.
    """
    try:
        yield
    except DamagedIndexError as exc:
        if not damaged:
            raise
        with contextlib.suppress(OSError), files.create(damage_mark(path), anew=False) as mark:
            mark.write(_IN_VAIN)
        raise _twice(path) from exc


def _twice(path: Path) -> StoreError:
    return StoreError(
        f"the store's index {path} was damaged, was built again, and is damaged again: the disk or the "
        "memory may be failing; pictures and recipes were left as they are",
        hint=f"Copy {path.parent} to another disk and set IMAGEGEN_HOME to the copy, or check this one; then "
        f"delete {damage_mark(path)} and run the cell again.",
    )
