"""Where the store's files are, and how one is written so that it is there whole or not at all.

::

    home/
      imagegen-home.txt         says that the folder is a store's; see `home.py`
      imagegen.sqlite3          the index and the ledger
      charges.jsonl             every charge and its changes; see `journal.py`
      budgets.json              the budgets and the ledger's time zone
      pictures/ab/<digest>.png  original bytes, exactly as received
      pictures/ab/<digest>.preview.jpg
      pictures/ab/<digest>.<key>-<sample>.json   the recipe: enough to build the index again
      incoming/                 what is being written: <id>.part and its recipe .json; see `writers.py`
      quarantine/               damaged files, never shown; deleted by `forget` only
      quarantine/<when>/pictures/ab/<digest>.png   without a readable recipe; see `quarantine.py`
      unread/                   answers that could not be read; see `unread.py`
      locks/<key>.lock          whoever holds it is the only one buying that key
      trial-<id>                for a moment: whether locks work here; see `place.py`

What has another name in such a folder is not ours, and stays as it is.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.core.media import ENDINGS
from jupyter_imagegen.errors import HomeError, StoreError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

MARKER = "imagegen-home.txt"
INDEX = "imagegen.sqlite3"
CHARGES = "charges.jsonl"
BUDGETS = "budgets.json"
OPENING_LOCK = "opening.lock"
UNFINISHED = "imagegen-copy-unfinished.txt"
TRIAL = "trial-"
FOLDERS = ("pictures", "incoming", "quarantine", "locks", "unread")

EXTENSIONS = {mime: endings[0].removeprefix(".") for mime, endings in ENDINGS.items()}

_EXTENSION = rf"(?:{'|'.join([*EXTENSIONS.values(), 'bin'])})"
#: The name of an original, a small copy or a recipe.
_KEPT = rf"[0-9a-f]{{64}}\.(?:(?:preview\.)?{_EXTENSION}|[0-9a-f]{{16}}-\d+\.json)"
_WHEN = r"\d{8}-\d{6}-[0-9a-f]{4}"
#: The names of everything that a store writes, from its home.
_OURS = re.compile(
    "|".join(
        (
            re.escape(MARKER),
            rf"{re.escape(INDEX)}(?:\.damaged-\d{{8}}-\d{{6}}-\d+)?(?:-wal|-shm|-journal)?",
            rf"{re.escape(INDEX)}\.damaged",
            re.escape(OPENING_LOCK),
            rf"{re.escape(UNFINISHED)}(?:\.part)?",
            rf"{TRIAL}[0-9a-f]{{16}}(?:\.sqlite3(?:-journal)?)?",
            rf"(?:{re.escape(CHARGES)}|{re.escape(BUDGETS)})(?:\.[0-9a-f]{{16}})?",
            r"rates\.toml(?:\.[0-9a-f]{16})?",  # a copy of prices, which earlier versions kept
            *FOLDERS,
            r"pictures/[0-9a-f]{2}",
            rf"(?:quarantine/{_WHEN}/)?pictures/[0-9a-f]{{2}}/{_KEPT}",
            rf"quarantine/{_WHEN}(?:/pictures(?:/[0-9a-f]{{2}})?)?",
            r"incoming/(?:(?:done|[A-Za-z0-9]{1,24}-\d+)-)?[0-9a-f]{16}\.(?:json|part|draft|scratch|deleted|lock)",
            rf"quarantine/{_WHEN}-[0-9a-f]{{64}}\.{_EXTENSION}",
            r"locks/[0-9a-f]{64}\.lock",
            r"unread/[0-9a-f]{16}-[0-9a-f]{8}\.(?:bin|json|scratch)",
        )
    )
)

#: Prompts, pictures and costs are their owner's alone.
FILE_MODE = 0o600
FOLDER_MODE = 0o700

#: How a file system says that it cannot wait for a folder.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP, errno.ENOTSUP}
#: How a file system says that it cannot reserve room.
_NOT_RESERVED = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP))

#: Windows refuses to replace a file that a virus scanner or an indexer holds open for a moment.
_REPLACE_TRIES = 20
_REPLACE_WAIT = 0.025


@dataclass(frozen=True)
class Shelf:
    """The folders of one store; a place behind a link is never given.

    Parameters
    ----------
    home
        The store's folder, where everything is written.
    beneath
        A store that may only be read: what `home` does not have is looked for there.
    """

    home: Path
    beneath: Path | None = None

    @property
    def pictures(self) -> Path:
        """Originals, previews and recipes."""
        return self._folder("pictures")

    @property
    def incoming(self) -> Path:
        """What is being written."""
        return self._folder("incoming")

    @property
    def quarantine(self) -> Path:
        """Damaged files."""
        return self._folder("quarantine")

    @property
    def unread(self) -> Path:
        """Answers that could not be read."""
        return self._folder("unread")

    @property
    def locks(self) -> Path:
        """One file for each key that was ever bought and not yet tidied away."""
        return self._folder("locks")

    def prepare(self) -> None:
        """Create the folders, for their owner only.

        Raises
        ------
        OSError
            If one cannot be created.
        """
        for folder in (self.pictures, self.incoming, self.quarantine, self.locks, self.unread):
            make_folder(folder)

    def original(self, digest: str, mime: str) -> Path:
        """Where a picture's bytes are."""
        return self._beside(digest) / f"{digest}.{EXTENSIONS.get(mime, 'bin')}"

    def preview(self, digest: str, mime: str) -> Path:
        """Where a picture's small copy is."""
        return self._beside(digest) / f"{digest}.preview.{EXTENSIONS.get(mime, 'bin')}"

    def recipe(self, digest: str, key: str, sample: int) -> Path:
        """Where a sample's recipe is."""
        return self._beside(digest) / f"{digest}.{key[:16]}-{sample}.json"

    def lock(self, key: str) -> Path:
        """The file whose lock the only buyer of a key holds."""
        path = self.locks / f"{key}.lock"
        refuse_link(path)
        return path

    def folders(self) -> Iterator[Path]:
        """The folders beside which pictures are, in order; one that cannot be looked at is among them."""
        for number in range(256):
            folder = self.pictures / f"{number:02x}"
            try:
                kept = stat.S_ISDIR(folder.lstat().st_mode) and not is_link(folder)
            except FileNotFoundError:
                continue
            except OSError:
                kept = True
            if kept:
                yield folder

    def kept(self, folder: Path) -> Iterator[Path]:
        """The files of ours in one of these folders, in no order; none behind a link.

        Raises
        ------
        OSError
            If it cannot be listed.
        """
        if is_link(folder):
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and is_ours(path := folder / entry.name, self.home):
                    yield path

    def recipes(self) -> Iterator[Path]:
        """Every recipe beside an original, in the order of their digests.

        Raises
        ------
        OSError
            If a folder cannot be listed.
        """
        for folder in self.folders():
            yield from sorted(path for path in self.kept(folder) if path.suffix == ".json")

    def found(self, path: Path) -> Path:
        """Where a file of this store is read: `path` itself, or its like in the store beneath."""
        if self.beneath is None or path.exists():
            return path
        beneath = self.beneath / path.relative_to(self.home)
        refuse_link(beneath.parent)
        return beneath

    def beside(self, digest: str) -> list[Path]:
        """Every file of ours that is named after a picture."""
        return [one for one in self._beside(digest).glob(f"{digest}.*") if is_own_file(one, self.home)]

    def previews(self, digest: str) -> list[Path]:
        """Every small copy of a picture."""
        return [path for path in self.beside(digest) if path.name.startswith(f"{digest}.preview.")]

    def _folder(self, name: str) -> Path:
        folder = self.home / name
        refuse_link(folder)
        return folder

    def _beside(self, digest: str) -> Path:
        folder = self.pictures / digest[:2]
        refuse_link(folder)
        return folder


def is_ours(path: Path, home: Path) -> bool:
    """Whether a store of this home gives such a name; looks at the name only.

    Examples
    --------
    >>> is_ours(Path("store/incoming/report.json"), Path("store"))
    False
    """
    return is_our_name(path.relative_to(home).as_posix())


def is_our_name(name: str) -> bool:
    """Whether a store gives a file or folder this name, from its home."""
    return _OURS.fullmatch(name) is not None


def is_own_file(path: Path, home: Path) -> bool:
    """Whether a store of this home wrote such a file: by its name, and it is no link, folder or pipe."""
    try:
        return is_ours(path, home) and stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def is_link(path: Path) -> bool:
    """Whether a name leads to another place: a link, or a junction on Windows."""
    try:
        found = path.lstat()
    except OSError:
        return False
    junction = getattr(found, "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003)
    return stat.S_ISLNK(found.st_mode) or junction


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
            hint="Put the folder or file itself there, or remove the link. "
            "To keep a store on another disk, let IMAGEGEN_HOME name a folder there.",
        )


def regular(path: Path) -> os.stat_result:
    """What the system says of a file of the store.

    Raises
    ------
    HomeError
        If it is a link.
    StoreError
        If it is a folder, a pipe or a device.
    OSError
        If it is not there or cannot be asked for.
    """
    refuse_link(path)
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(
            f"{path} is not a file, and the store keeps a file of this name",
            hint="Move away what is in its place.",
        )
    return found


def read(path: Path, *, at_most: int = -1) -> bytes:
    """The bytes of a file of the store; never through a link, and never waiting for a pipe.

    Parameters
    ----------
    at_most
        How many bytes; all where it is below 0.

    Raises
    ------
    HomeError, StoreError, OSError
        As `regular`.
    """
    regular(path)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags | getattr(os, "O_NONBLOCK", 0)), "rb") as file:  # noqa: PTH123  # of a descriptor
        return file.read(at_most)


def make_folder(folder: Path) -> None:
    """Create a folder for its owner only, whatever the umask; one that is there stays.

    Raises
    ------
    OSError
        If it cannot be created.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=FOLDER_MODE, parents=True)
        if stat.S_IMODE(folder.stat().st_mode) != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)
        return
    if not folder.is_dir():
        raise NotADirectoryError(20, "a file is in its place", str(folder))


def create(path: Path, *, anew: bool = True) -> BinaryIO:
    """Open a file for writing, for its owner only, whatever the umask; never through a link.

    Parameters
    ----------
    anew
        It must not be there yet.

    Raises
    ------
    OSError
        If it cannot be created.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    fd = os.open(path, flags | (os.O_EXCL if anew else 0), FILE_MODE)
    if hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):
            os.fchmod(fd, FILE_MODE)
    return open(fd, "wb")  # noqa: PTH123  # of a descriptor; whoever asked closes it


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-256 as we write it."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def sha256(data: bytes) -> str:
    """Return the digest that names a picture's bytes."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, which may be larger than memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it.

    Raises
    ------
    OSError
        If it cannot be written whole; nothing of it is left then.
    """
    try:
        with create(path) as file:
            file.write(data)
            file.flush()
            _sync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def reserve(file: BinaryIO, size_bytes: int) -> None:
    """Take so much room on the disk for a new file, and wait until the disk has it.

    Raises
    ------
    OSError
        If there is not so much, or a quota or limit refuses it.
    """
    try:
        os.posix_fallocate(file.fileno(), 0, size_bytes)
    except (AttributeError, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno not in _NOT_RESERVED:
            raise
        file.write(bytes(size_bytes))
        file.flush()
    _sync(file.fileno())


def _sync(fd: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # fsync on macOS stops at the drive's cache: https://developer.apple.com/library/archive/documentation/System/
        # Conceptual/ManPages_iPhoneOS/man2/fsync.2.html. Network volumes do not know F_FULLFSYNC.
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's names; Windows has no such call and needs none.

    Some file systems cannot do it, and say so; SQLite and PostgreSQL go on there, too.
    """
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as exc:
        if exc.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(fd)


def move(source: Path, target: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Give a file its final name in one step, replacing what had it.

    Raises
    ------
    OSError
        If it cannot be done; on Windows only after half a second of trying.
    """
    for left in range(_REPLACE_TRIES - 1, -1, -1):
        try:
            source.replace(target)
        except PermissionError:
            if sys.platform != "win32" or not left:
                raise
            sleep(_REPLACE_WAIT)
        else:
            return


def write_atomically(path: Path, data: bytes, *, scratch: Path) -> None:
    """Write a file that can be made again at any time: whole or not at all, without waiting for the disk."""
    try:
        with create(scratch) as file:
            file.write(data)
        move(scratch, path)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise


def zip_member(name: str) -> zipfile.ZipInfo:
    """A member of a zip file that says nothing of when and where: the same pictures give the same bytes."""
    import zipfile

    member = zipfile.ZipInfo(name)
    member.create_system = 3  # Unix, on every system
    member.external_attr = 0o644 << 16
    return member


def stamp(moment: datetime) -> str:
    """The start of a name in `quarantine/` that is like no other."""
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def is_of_older_version(stem: str) -> bool:
    """Whether a name in `incoming/` tells its writer's host and process, as earlier versions wrote it.

    `done-` in place of both means that its writer had given it up.

    Examples
    --------
    >>> is_of_older_version("lab1-4711-0123456789abcdef"), is_of_older_version("0123456789abcdef")
    (True, False)
    """
    return "-" in stem and not stem.startswith("done-")
