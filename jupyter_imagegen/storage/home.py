"""Which folder is a store's home: the marker that says so, and what is refused.

A home carries the file `imagegen-home.txt`, whose first line is `jupyter_imagegen home 1`; the number is the
form of the folder. It is written before anything else, and without it nothing in the folder is deleted, moved
or rebuilt. A store from before there was a marker is recognised by its index or its recipes, and marked when
it is opened. Any other folder becomes a home only if it holds nothing but what every folder may hold
(`.DS_Store`, `lost+found`, …), or pictures of a person's own, and says so; else it is refused, and left as it
is.

The home itself may be a link, to a larger disk for example. Nothing within it may be one.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shlex
import stat
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import HomeError, NewerSchemaError, StoreError
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.database import another_programs, damage_mark, is_full, tables_of
from jupyter_imagegen.storage.files import (
    BUDGETS,
    CHARGES,
    FOLDERS,
    INDEX,
    MARKER,
    OPENING_LOCK,
    UNFINISHED,
)
from jupyter_imagegen.storage.recipes import LARGEST_RECIPE, recipe_from_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf

#: The store's files that are in the home itself.
_FILES = (
    *(MARKER, INDEX, f"{INDEX}-wal", f"{INDEX}-shm", f"{INDEX}-journal"),
    *(CHARGES, BUDGETS, OPENING_LOCK),
)

#: The bits of a mode that let anybody but the owner in.
_OTHERS = 0o077

_LINE = b"jupyter_imagegen home "
_FORM = 1
#: What the marker says.
MARK = _LINE + str(_FORM).encode() + b"\n"

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
    "config.toml",
)

_PICTURES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".avif", ".heic", ".heif", ".tif", ".tiff", ".bmp")
)


def claim(home: Path) -> str:
    """Make sure that a folder is a store's home, and marked as one; made where there is none.

    Returns
    -------
    str
        What the user should know: that the folder, new as a home, holds their own pictures. Empty otherwise.

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
            f"the store's folder {home} is a link to {home.readlink()}, which does not exist",
            hint="Mount what it leads to, or set IMAGEGEN_HOME to another folder.",
        )
    files.make_folder(home)
    _check_own(home)
    if (home / UNFINISHED).exists():
        raise HomeError(
            f"{home} is a copy of a store that was not finished",
            hint="Run the same command again to go on, or delete the folder.",
        )
    _refuse_another_users(home)
    if is_marked(home):
        return ""
    told = "" if _is_recognised(home) else _refuse_foreign(home)
    mark(home)
    return told


@contextlib.contextmanager
def errors_told(home: Path) -> Iterator[None]:
    """Make an error of ours of whatever the system answers while a home is used.

    Raises
    ------
    StoreError
        Which names the file and what was answered.
    """
    try:
        yield
    except OSError as exc:
        raise StoreError(
            f"the store's folder {exc.filename or home} cannot be created or used ({exc.strerror or exc})",
            hint="The disk is full, or your part of it: free some space."
            if exc.errno in {errno.ENOSPC, errno.EDQUOT} or is_full(home)
            else "Set IMAGEGEN_HOME to a folder you may write.",
        ) from exc


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
    except (StoreError, OSError):
        return False


def is_unmade(home: Path) -> bool:
    """Whether no store was made in a folder yet, and one could be; changes nothing.

    Raises
    ------
    HomeError
        As `claim`.

    Examples
    --------
    >>> is_unmade(Path.home() / "imagegen-store-to-be")
    True
    """
    try:
        if not os.path.lexists(home):
            above = next(folder for folder in home.parents if os.path.lexists(folder))
            return above.is_dir() and os.access(above, os.W_OK | os.X_OK)
        if (
            not home.is_dir()
            or is_home(home)
            or any((home / name).exists() for name in (INDEX, CHARGES, BUDGETS, *FOLDERS))
        ):
            return False
        _refuse_foreign(home)
        return os.access(home, os.W_OK | os.X_OK)
    except OSError:
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
        line = files.read(path).partition(b"\n")
    except FileNotFoundError:
        return False
    if MARK.startswith(b"".join(line[:2])):
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
    with files.create(home / MARKER, anew=False) as file:
        file.write(MARK)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def made_again(shelf: Shelf, name: str) -> Path:
    """One of a store's folders; made where somebody has taken it away from a running process.

    Raises
    ------
    HomeError
        If it is a link.
    StoreError
        If the home is no store's any more.
    OSError
        If it cannot be made.
    """
    folder: Path = getattr(shelf, name)
    if not folder.is_dir():
        if not is_marked(shelf.home):
            raise StoreError(
                f"{shelf.home} is no longer a store's folder: its {MARKER} is gone",
                hint="Run the cell again: if this is the store, its folders are created again.",
            )
        files.make_folder(folder)
    return folder


def layer_hint(home: Path) -> str:
    """How the pictures of a store that is somebody else's are shown all the same."""
    return (
        f"Its pictures are shown at no cost with `stores = [{json.dumps(str(home))}]` in your config.toml, "
        "where you may read them."
    )


def refuse_absent(database: Database, shelf: Shelf, *, sought: str = statements.ANY_PICTURE) -> None:
    """Refuse a `pictures/` in which nothing is, where the index has pictures: it is not mounted.

    Parameters
    ----------
    sought
        A statement that finds something where there must be pictures.

    Raises
    ------
    StoreError
        If it is so, or the folder cannot be read.
    """
    for home in filter(None, (shelf.home, shelf.beneath)):
        folder = home / "pictures"
        try:
            if any(re.fullmatch(r"[0-9a-f]{2}", entry.name) for entry in _entries(folder)):
                return
        except OSError as exc:
            raise StoreError(
                f"{folder} cannot be read now ({exc.strerror or exc})",
                hint="Try again when the disk is back.",
            ) from exc
    if database.one(sought) is not None:
        raise StoreError(
            f"{folder} has no pictures and the index has some; it may not be mounted",
            hint=f"Mount it, or put the pictures back. If they are gone for good: "
            f"mkdir -p {shlex.quote(str(folder / '00'))}",
        )


def foreign(home: Path, hidden: list[Path] | None = None) -> Iterator[Path]:
    """What a folder and those of our names in it hold that is neither ours nor harmless.

    Parameters
    ----------
    hidden
        Gets the folders that cannot be listed; without it they are an error.

    Raises
    ------
    OSError
        If a folder cannot be listed.
    """
    yield from _foreign_in(home, home, hidden)


def close_to_others(home: Path) -> str:
    """Give the folders and files of a store the modes that keep them to their owner.

    Returns
    -------
    str
        What the user should know: which folder is another user's and was left as it is. Empty otherwise.
    """
    if sys.platform == "win32":
        return ""
    home = home.resolve()
    # The modes of a person's or a system's own folders are not ours to choose.
    folders = [*([] if is_common(home) else [home]), *(home / name for name in FOLDERS)]
    wide = [folder for folder in folders if stat.S_IMODE(folder.stat().st_mode) != files.FOLDER_MODE]
    closed = [folder for folder in wide if _set_mode(folder, files.FOLDER_MODE)]
    if closed:
        # A store from before, or one that was copied: what is within was as wide.
        for folder in folders:
            _make_private(folder, home)
    for name in _FILES:
        with contextlib.suppress(FileNotFoundError):
            _set_mode(home / name, files.FILE_MODE)
    for folder in wide:
        found = folder.stat()
        if found.st_mode & _OTHERS and found.st_uid != os.geteuid():
            return f"{folder} belongs to another user, so who may read it was left as it is."
    return ""


def _check_own(home: Path) -> None:
    """Refuse a home in which a link, or another kind of thing, has the name of a file or folder of ours."""
    for name in _FILES:
        with contextlib.suppress(FileNotFoundError):
            files.regular(home / name)
    files.refuse_link(damage_mark(home / INDEX))
    for name in FOLDERS:
        files.refuse_link(home / name)
    for entry in _entries(home / "pictures"):
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False) and files.is_ours(path, home):
            # Found now, before a picture that was paid for has no place.
            files.refuse_link(path)
            raise StoreError(
                f"{path} is not a folder, and the store keeps a folder of this name",
                hint="Move away what is in its place.",
            )


def _refuse_another_users(home: Path) -> None:
    """Refuse a store whose files are another user's, whatever its folder's modes let us do.

    Files of a store are for their owner alone, so neither of two users could use what the other adds.
    """
    if sys.platform == "win32":
        return
    for name in (MARKER, INDEX):
        try:
            owner = (home / name).lstat().st_uid
            # On some disks what we make is not ours either: a network that maps users, or one without owners.
            if owner == os.geteuid() or owner == _owner_of_new_files(home):
                continue
        except OSError:
            # It is not there, or we may not write: then it can only be read.
            continue
        raise HomeError(
            f"{home} is the store of another user ({_user_name(owner)}), and was left as it is; "
            "a store has one user",
            hint=f"Use a store of your own: unset IMAGEGEN_HOME, or name another folder. {layer_hint(home)}",
        )


def _owner_of_new_files(home: Path) -> int:
    trial = home / f"{files.TRIAL}{secrets.token_hex(8)}"
    with files.create(trial) as file:
        trial.unlink()
        return os.fstat(file.fileno()).st_uid


def _user_name(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


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
                    files.is_digest(digest)
                    and rest.endswith(".json")
                    and entry.is_file(follow_symlinks=False)
                    and entry.stat(follow_symlinks=False).st_size < LARGEST_RECIPE
                ):
                    recipe = recipe_from_bytes(files.read(Path(entry.path)))
                    if recipe is not None and recipe.digest == digest and rest.startswith(recipe.key[:16]):
                        yield Path(entry.path)


def _refuse_foreign(home: Path) -> str:
    """Refuse a folder that holds anything but what is ours or harmless; say where it holds own pictures."""
    tables = tables_of(home / INDEX)
    # Another process may have made an index of ours since it was looked for.
    if tables and not tables >= _TABLES:
        raise another_programs(home / INDEX, tables)
    pictures, strange = 0, None
    for path in foreign(home):
        if not _is_own_picture(path, home):
            strange = path
            break
        pictures += 1
    if strange is not None:
        held = str(strange.relative_to(home))
        why = f"it is not empty, and it is not a store of jupyter_imagegen (it contains {held!r})"
    elif is_common(home):
        why = "it is a folder for all files of a person or a system"
    elif pictures:
        what = (
            "a picture of yours in it stays" if pictures == 1 else f"{pictures} pictures of yours in it stay"
        )
        return f"{home} is the store's folder now; {what} as before."
    else:
        return ""
    names = (home / name for name in ("imagegen", "imagegen-home", "imagegen-store"))
    free = next((path for path in names if not os.path.lexists(path)), home / "imagegen-pictures")
    raise HomeError(
        f"{home} cannot be the store's folder, because {why}; it was left as it is",
        hint=f"Set IMAGEGEN_HOME to a new or empty folder: IMAGEGEN_HOME={shlex.quote(str(free))}",
    )


def _is_own_picture(path: Path, home: Path) -> bool:
    """Whether it is a picture that lies in the home itself, where the store keeps none."""
    named = path.parent == home and path.suffix.lower() in _PICTURES
    return named and stat.S_ISREG(path.lstat().st_mode)


def is_common(home: Path) -> bool:
    """Whether a folder is no store's even while it is empty: others expect it to stay as it is."""
    resolved = home.resolve()
    with contextlib.suppress(RuntimeError, OSError):
        if resolved == Path.home().resolve():
            return True
    return resolved == Path(resolved.anchor) or bool(resolved.stat().st_mode & stat.S_ISVTX)


def _foreign_in(folder: Path, home: Path, hidden: list[Path] | None) -> Iterator[Path]:
    try:
        for entry in _entries(folder):
            path = Path(entry.path)
            if is_harmless(entry.name):
                continue
            # No folder of ours has a dot in its name: one that is called as a picture is is not ours.
            is_folder = entry.is_dir(follow_symlinks=False) and "." not in entry.name
            if not files.is_ours(path, home) or not (is_folder or entry.is_file(follow_symlinks=False)):
                yield path
            elif is_folder:
                yield from _foreign_in(path, home, hidden)
    except OSError:
        if hidden is None:
            raise
        hidden.append(folder)


def _make_private(folder: Path, home: Path) -> None:
    """Put the modes right of everything in a folder that is ours."""
    for entry in _entries(folder):
        path = Path(entry.path)
        if not files.is_ours(path, home):
            continue
        if entry.is_dir(follow_symlinks=False):
            _set_mode(path, files.FOLDER_MODE)
            if folder != home:
                _make_private(path, home)
        elif entry.is_file(follow_symlinks=False):
            _set_mode(path, files.FILE_MODE)


def _set_mode(path: Path, mode: int) -> bool:
    """Set a mode, and say whether it is right now; what is another user's stays as it is."""
    found = path.lstat()
    if stat.S_IMODE(found.st_mode) != mode and found.st_uid == os.geteuid():
        with contextlib.suppress(OSError):
            path.chmod(mode)
    # Some disks have no modes.
    return stat.S_IMODE(path.lstat().st_mode) == mode


def is_harmless(name: str) -> bool:
    """Whether any folder may hold something of this name."""
    return any(fnmatchcase(name, pattern) for pattern in _HARMLESS)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """A folder's entries; none of what is no folder, or may not be read."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return
