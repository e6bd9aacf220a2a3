"""Which folder is a store's home: the marker that says so, and what is refused.

A home carries the file `imagegen-home.txt`, whose first line is `jupyter_imagegen home 1`; the number is the
form of the folder. It is written before anything else, and without it nothing in the folder is deleted, moved
or rebuilt. A store from before there was a marker is recognised by its index or its recipes, and marked when
it is opened. Any other folder becomes a home only if it holds nothing but what every folder may hold
(`.DS_Store`, `lost+found`, …); else it is refused, and left as it is.

The home itself may be a link, to a larger disk for example. Nothing within it may be one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import stat
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import HomeError, NewerSchemaError
from jupyter_imagegen.storage.database import another_programs, tables_of
from jupyter_imagegen.storage.files import (
    FOLDERS,
    INDEX,
    MARKER,
    OPENING_LOCK,
    RATES,
    is_digest,
    is_link,
    is_ours,
)
from jupyter_imagegen.storage.recipes import recipe_from_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = b"jupyter_imagegen home "
_FORM = 1
_TEXT = _LINE + str(_FORM).encode() + b"\n"

#: Bytes. A prompt has at most 32,000 characters.
_LARGEST_RECIPE = 10_000_000

#: The tables that every version of the index has.
_TABLES = {"schema_version", "pictures", "requests", "samples"}

#: What systems and Git leave in a folder that is empty to its owner; and settings: on macOS and Windows the
#: personal ones are in the same folder as the store.
_HARMLESS = (
    ".DS_Store",
    "._*",
    ".localized",
    "Thumbs.db",
    "desktop.ini",
    ".directory",
    "lost+found",
    ".Trash*",
    ".Spotlight-V100",
    ".fseventsd",
    ".TemporaryItems",
    ".snapshot",
    ".snapshots",
    ".nfs*",
    ".git",
    ".gitignore",
    ".gitattributes",
    ".gitkeep",
    ".keep",
    ".ipynb_checkpoints",
    "CACHEDIR.TAG",
    "*.toml",
)


def claim(home: Path) -> None:
    """Make sure that a folder is a store's home, and marked as one; made where there is none.

    Raises
    ------
    HomeError
        If it is somebody else's folder, or a link leads out of it; it is left as it is.
    NewerSchemaError
        If a newer version made it.
    OSError
        If it cannot be made, read or written.
    """
    if home.is_symlink() and not home.exists():
        raise HomeError(
            f"the store's folder {home} is a link to {home.readlink()}, and that is not there",
            hint="Mount what it leads to, or set IMAGEGEN_HOME to another folder.",
        )
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The umask may have taken away what its owner needs.
        home.chmod(0o700)
    refuse_links(home)
    if is_marked(home):
        return
    if not _is_recognised(home):
        _refuse_foreign(home)
    mark(home)


def is_home(home: Path) -> bool:
    """Whether a folder is a store's home, marked or from before there was a marker; changes nothing.

    Examples
    --------
    >>> is_home(Path("/etc"))
    False
    """
    try:
        return is_marked(home) or _is_recognised(home)
    except NewerSchemaError:
        return True
    except (HomeError, OSError):
        return False


def is_marked(home: Path) -> bool:
    """Whether a folder carries the marker.

    Raises
    ------
    NewerSchemaError
        If a newer version made it.
    OSError
        If it cannot be read.
    """
    path = home / MARKER
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            line = file.read(100).partition(b"\n")
    except FileNotFoundError:
        return False
    if _TEXT.startswith(b"".join(line[:2])):
        # Also where whoever writes it is not done, or died there.
        return True
    number = line[0].removeprefix(_LINE)
    if number != line[0] and number.isdigit() and int(number) > _FORM:
        raise NewerSchemaError(
            f"the store {home} was made by a newer version of jupyter_imagegen; it was left as it is",
            hint="Upgrade jupyter-imagegen, or set IMAGEGEN_HOME to another folder.",
        )
    return False


def mark(home: Path) -> None:
    """Write the marker.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    fd = os.open(home / MARKER, flags, 0o600)
    with open(fd, "wb") as file:  # noqa: PTH123  # of a descriptor
        file.write(_TEXT)
        file.truncate()
        file.flush()
        os.fsync(fd)


def refuse_links(home: Path) -> None:
    """Refuse a home one of whose own folders or files is a link.

    Raises
    ------
    HomeError
        If one is.
    """
    index = (f"{INDEX}{suffix}" for suffix in ("", "-wal", "-shm", "-journal", ".damaged"))
    for name in (MARKER, *FOLDERS, *index, OPENING_LOCK, RATES):
        refuse_link(home / name)


def refuse_link(path: Path) -> None:
    """Refuse a link where a folder or file of the store belongs.

    Raises
    ------
    HomeError
        If it is one.
    """
    if is_link(path):
        raise HomeError(
            f"{path} is a link (to {path.readlink()}), and a store neither writes nor deletes through one",
            hint="Put the folder or file itself there, or take the link away. "
            "To keep a store on another disk, let IMAGEGEN_HOME name a folder there.",
        )


def _is_recognised(home: Path) -> bool:
    """Whether it is a store from before there was a marker, or one whose marker was lost."""
    return tables_of(home / INDEX) >= _TABLES or any(_recipes(home / "pictures"))


def _recipes(pictures: Path) -> Iterator[Path]:
    """Recipes of ours, each named after the digest and the key that it tells."""
    for folder in _entries(pictures):
        if re.fullmatch(r"[0-9a-f]{2}", folder.name) and folder.is_dir(follow_symlinks=False):
            for entry in _entries(Path(folder.path)):
                digest, _, rest = entry.name.partition(".")
                if (
                    is_digest(digest)
                    and rest.endswith(".json")
                    and entry.is_file(follow_symlinks=False)
                    and entry.stat(follow_symlinks=False).st_size < _LARGEST_RECIPE
                ):
                    recipe = recipe_from_bytes(Path(entry.path).read_bytes())
                    if recipe is not None and recipe.digest == digest and rest.startswith(recipe.key[:16]):
                        yield Path(entry.path)


def _refuse_foreign(home: Path) -> None:
    """Refuse a folder that holds anything but what is ours or harmless."""
    if tables := tables_of(home / INDEX):
        raise another_programs(home / INDEX, tables)
    strange = next(_foreign(home), None)
    if strange is not None:
        held = str(strange.relative_to(home))
        why = f"it is not empty and no store of jupyter_imagegen (it holds {held!r})"
    elif home.resolve() in _never():
        why = "it is for all of a person's or a system's files"
    elif home.stat().st_mode & stat.S_ISVTX:
        why = "other people write into it too"
    else:
        return
    names = (home / name for name in ("imagegen", "imagegen-home", "imagegen-store"))
    free = next((path for path in names if not os.path.lexists(path)), home / "imagegen-pictures")
    raise HomeError(
        f"{home} cannot be the store's folder, because {why}; it was left as it is",
        hint=f"Set IMAGEGEN_HOME to a new or empty folder: IMAGEGEN_HOME={shlex.quote(str(free))}",
    )


def _never() -> set[Path]:
    """Folders that are no store's even while they are empty: others expect them to stay as they are."""
    never = {Path(Path().absolute().anchor)}
    with contextlib.suppress(RuntimeError, OSError):
        never.add(Path.home().resolve())
    return never


def _foreign(home: Path) -> Iterator[Path]:
    """What a folder holds that is neither ours nor harmless."""
    for entry in _entries(home):
        path = Path(entry.path)
        if _is_harmless(entry.name):
            continue
        if not is_ours(path, home) or entry.is_symlink():
            yield path
        elif entry.name in FOLDERS:
            yield from _foreign_within(path, home)


def _foreign_within(folder: Path, home: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        path = Path(entry.path)
        if _is_harmless(entry.name):
            continue
        if not is_ours(path, home) or entry.is_symlink():
            yield path
        elif entry.is_dir(follow_symlinks=False):
            yield from _foreign_within(path, home)


def _is_harmless(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _HARMLESS)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """A folder's entries; none of what is no folder, or may not be read."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return
