"""A cassette: recorded pictures in one file beside a notebook, which replays with no key and no network.

::

    lesson.cassette              a zip file without compression; written whole, the same content is the same
                                 bytes; recording adds at its end, see `appending`
      cassette.json              what was asked and what it cost; see `manifest`
      pictures/<digest>.png      originals, exactly as received; not where it holds small copies only
      previews/<digest>.jpg      the small copy of each, so that a replay decodes nothing

It comes from somebody else. Nothing in it is run, unpacked to a name of its own, or used without its
digest; a file that is not wholly what it says is refused whole.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from jupyter_imagegen.core.results import Image, Preview
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import CassetteError
from jupyter_imagegen.storage import files, plainzip
from jupyter_imagegen.storage.appending import noted_length
from jupyter_imagegen.storage.checks import ManifestError
from jupyter_imagegen.storage.holding import Recorded
from jupyter_imagegen.storage.manifest import COMPOSITE, Manifest, manifest_from_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jupyter_imagegen.storage.manifest import Kept, Recording

SUFFIX = ".cassette"
CONTENTS = "cassette.json"
#: Bytes. Git hosts take files of 100 MB.
MOST_BYTES = 2**31
#: Bytes; twenty thousand recordings. JSON can become twenty times its length in memory.
MOST_CONTENTS = 16 * 2**20
_MOST_PREVIEW = 4 * 2**20
MOST_MEMBERS = 50_000
#: Characters of somebody else's text that a message repeats.
_LONGEST_SAID = 300
#: How often a file is read anew that changed while it was read.
_TRIES = 10


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """What one state of the file holds; replaced in one piece, because threads share a cassette.

    Attributes
    ----------
    stamp : tuple of int or None
        Tells this state of the file from others; None where there is no file, or it is being added to.
    length : int
        How many bytes of the file count.
    manifest, samples, members
        What it holds, its recordings by key, where its files begin.
    """

    stamp: tuple[int, int, int] | None
    length: int
    manifest: Manifest
    samples: Mapping[str, list[Recording]]
    members: Mapping[str, plainzip.Member]


class Cassette:
    """The recordings in one file; read anew when the file has changed.

    Parameters
    ----------
    path
        The file; it need not exist, and is then empty.
    preview_side
        Pixels of the small copies that a new file is to hold; None for originals.

    Examples
    --------
    >>> cassette = Cassette(Path("lesson.cassette"))
    >>> [image.origin for image in cassette.find(key)]
    ['cassette']
    """

    def __init__(self, path: Path, *, preview_side: int | None = None) -> None:
        self.path = path
        blank = Manifest(preview_side=preview_side)
        self._blank = _Taken(stamp=None, length=0, manifest=blank, samples={}, members={})
        self._last = self._blank

    @property
    def manifest(self) -> Manifest:
        """What is recorded; nothing where there is no file.

        Raises
        ------
        CassetteError
            If the file cannot be read, is no cassette, or is not wholly what it says.
        """
        return self._now().manifest

    def find(self, key: str, limit: int | None = None, *, composites: bool = False) -> list[Image]:
        """Recorded pictures of a request, in the order they were drawn; nothing is decoded.

        Parameters
        ----------
        limit
            How many at most; None for all.
        composites
            Whether `key` is that of pictures made here from a model's.

        Raises
        ------
        CassetteError
            As `manifest`.
        """
        now = self._now()
        samples = [one for one in now.samples.get(key, []) if (one.namespace == COMPOSITE) == composites]
        return [self._image(one, now.manifest) for one in samples[:limit]]

    def next_sample(self, key: str) -> int:
        """The number that the next drawing of a request gets here."""
        return max((one.sample + 1 for one in self._now().samples.get(key, [])), default=0)

    def entry(self, prefix: str) -> list[Image]:
        """The pictures of the one request or composite whose key begins so; none where that is not one."""
        keys = [key for key in self._now().samples if key.startswith(prefix)]
        if len(keys) != 1:
            return []
        return self.find(keys[0]) or self.find(keys[0], composites=True)

    def read(self, name: str, digest: str) -> bytes:
        """The bytes of one picture file, which are what was recorded.

        Raises
        ------
        CassetteError
            If they are not, or cannot be read.
        """
        with self._opened() as file:
            member = self._taken_from(file).members.get(name)
            if member is None:
                raise self.refused(f"lacks {name}")
            data = self._member(file, name, member)
        if files.sha256(data) != digest:
            raise self.refused(f"is damaged: {name} is not what was recorded")
        return data

    def each(self) -> list[tuple[str, Callable[[], bytes]]]:
        """Every picture file's name in its order, and what reads it."""
        return [(name, partial(self.read, name, digest)) for name, digest in self.manifest.members().items()]

    def validated(self) -> list[tuple[str, Callable[[], bytes]]]:
        """Every picture file's name, and what reads it; each must be what the contents say."""
        loads: list[tuple[str, Callable[[], bytes]]] = []
        manifest = self.manifest
        for digest, kept in manifest.pictures.items():
            if manifest.preview_side is None:
                loads.append((kept.member(digest), partial(self._original, digest, kept)))
            loads.append((kept.preview.member, partial(self._small_bytes, digest, kept)))
        return sorted(loads, key=lambda one: one[0])

    def begin(self, preview_side: int | None) -> None:
        """What a file that is still to be made will hold: small copies of so many pixels, or originals."""
        self._blank = replace(self._blank, manifest=Manifest(preview_side=preview_side))

    @property
    def unlisted_bytes(self) -> int:
        """Bytes of the file that nothing lists any more, because recording added at its end.

        Raises
        ------
        CassetteError
            As `manifest`.
        """
        now = self._now()
        return max(0, now.length - plainzip.length_of(now.members)) if now.members else 0

    def refused(self, words: str) -> CassetteError:
        """What to raise: the cassette's name, what is wrong, and what to do."""
        return CassetteError(
            f"the cassette {self.path.name} {words}",
            hint="Download or copy it again, or go on without it: `%imagegen cassette use none`.",
        )

    def _image(self, one: Recording, manifest: Manifest) -> Image:
        kept = manifest.pictures[one.digest]
        whole = manifest.preview_side is None
        read = partial(self._original if whole else self._small_bytes, one.digest, kept)
        held = Recorded(read, partial(self._preview, kept))
        return Image(
            sample=one.sample,
            digest=one.digest,
            mime=kept.mime if whole else kept.preview.mime,
            width=kept.width,
            height=kept.height,
            size_bytes=kept.size_bytes,
            origin="cassette",
            cost_usd=one.cost,
            made_at=datetime.fromisoformat(one.made_at),
            seconds=one.seconds,
            path=None,
            revised_prompt=one.revised_prompt,
            reduced=not whole,
            load=held.original,
            load_preview=held.small,
        )

    def _original(self, digest: str, kept: Kept) -> bytes:
        data = self.read(kept.member(digest), digest)
        self._check(data, kept.member(digest), (kept.mime, kept.width, kept.height))
        return data

    def _small_bytes(self, _digest: str, kept: Kept) -> bytes:
        return self._preview(kept).data

    def _preview(self, kept: Kept) -> Preview:
        small = kept.preview
        data = self.read(small.member, small.digest)
        self._check(data, small.member, (small.mime, small.width, small.height))
        return Preview(data=data, mime=small.mime, width=small.width, height=small.height)

    def _check(self, data: bytes, name: str, told: tuple[str, int, int]) -> None:
        """A picture is what the contents say, by its own first bytes; nothing is decoded."""
        from jupyter_imagegen.imaging import ImageRejected, checked_header

        try:
            header = checked_header(data, allow_svg=True)
        except ImageRejected as exc:
            raise self.refused(f"has no picture in {name}: {exc}") from exc
        if (header.mime, header.width, header.height) != told:
            raise self.refused(f"has a different picture in {name} than its index says")

    def _now(self) -> _Taken:
        """What the file holds now; read where it is another than last time."""
        try:
            there = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._last = self._blank
            return self._blank
        except OSError as exc:
            raise self.refused(f"cannot be read ({exc.strerror or exc})") from exc
        last = self._last
        if _stamp(there) == last.stamp:
            return last
        with self._opened() as file:
            return self._taken_from(file)

    def _taken_from(self, file: BinaryIO) -> _Taken:
        for _ in range(_TRIES):
            # Before the note is looked for: what is added after this leaves so many bytes as they are.
            there = os.fstat(file.fileno())
            last, stamp = self._last, _stamp(there)
            if stamp == last.stamp:
                return last
            noted = noted_length(self.path)
            if noted is not None:
                # A note that does not fit is not about this file.
                with contextlib.suppress(plainzip.PlainZipError, ManifestError, CassetteError):
                    self._last = self._read(file, noted, None)
                    return self._last
            try:
                self._last = self._read(file, there.st_size, stamp)
            except (plainzip.PlainZipError, ManifestError, CassetteError):
                # An addition may have begun or ended meanwhile.
                if _stamp(os.fstat(file.fileno())) == stamp and noted_length(self.path) is None:
                    raise
            else:
                return self._last
        raise self.refused("changed while it was read")

    def _read(self, file: BinaryIO, length: int, stamp: tuple[int, int, int] | None) -> _Taken:
        members = plainzip.directory(file, most_members=MOST_MEMBERS, length=length)
        if CONTENTS not in members:
            raise self.refused(f"is not a cassette: it has no {CONTENTS}")
        manifest = manifest_from_bytes(self._member(file, CONTENTS, members[CONTENTS]))
        self._compare(manifest, members)
        samples: dict[str, list[Recording]] = {}
        for one in manifest.recordings.values():
            samples.setdefault(one.key, []).append(one)
        return _Taken(stamp=stamp, length=length, manifest=manifest, samples=samples, members=members)

    def _compare(self, manifest: Manifest, members: Mapping[str, plainzip.Member]) -> None:
        """The files are those that the contents name, and as long."""
        if strange := members.keys() - {CONTENTS} ^ manifest.members().keys():
            name = min(strange)
            raise self.refused(
                f"contains {name[:120]!a}, which its index does not list"
                if name in members
                else f"lacks {name[:120]!a}, which its index lists"
            )
        if manifest.preview_side is not None:
            return
        for digest, kept in manifest.pictures.items():
            name = kept.member(digest)
            if members[name].size != kept.size_bytes:
                raise self.refused(f"holds {name} of a different length than its index says")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        """The file, open; whatever is wrong with it is said with its name."""
        try:
            there = self.path.stat()
            # A pipe would be waited for, a device never end.
            if not stat.S_ISREG(there.st_mode):
                raise self.refused("is not a regular file")
            if there.st_size > MOST_BYTES:
                raise self.refused(f"is larger than {MOST_BYTES // 2**20:,} MB")
            with self.path.open("rb") as file:
                yield file
        except plainzip.PlainZipError as exc:
            raise self.refused(str(exc)) from exc
        except ManifestError as exc:
            raise self.refused(f"cannot be used: {_short(str(exc))}") from exc
        except OSError as exc:
            raise self.refused(f"cannot be read ({exc.strerror or exc})") from exc

    def _member(self, file: BinaryIO, name: str, member: plainzip.Member) -> bytes:
        from jupyter_imagegen.imaging import MAX_BYTES

        small = name.startswith("previews/")
        most = MOST_CONTENTS if name == CONTENTS else _MOST_PREVIEW if small else MAX_BYTES
        if member.size > most:
            raise self.refused(f"holds {name} of {member.size:,} bytes, and {most:,} is the limit")
        return plainzip.read(file, name, member)


def check_limits(cassette: Cassette, manifest: Manifest, contents: bytes) -> None:
    """A cassette that is to be written is within the limits of what is read.

    Raises
    ------
    CassetteError
        If it is not.
    """
    members = manifest.members()
    total = len(contents)
    if manifest.preview_side is None:
        total += sum(kept.size_bytes for kept in manifest.pictures.values())
    if len(members) >= MOST_MEMBERS or len(contents) > MOST_CONTENTS or total > MOST_BYTES:
        held = f"{count_of(len(manifest.recordings), 'picture')} of {total // 2**20:,} MB"
        raise CassetteError(
            f"{cassette.path.name} would have {held}, more than a cassette may have",
            hint="Start another one, or record small copies: `%imagegen cassette use FILE --previews 512`.",
        )


def _stamp(there: os.stat_result) -> tuple[int, int, int]:
    """Tells one state of a file from another; Windows gives a file two numbers, by how it is asked."""
    return (there.st_mtime_ns, there.st_size, 0 if sys.platform == "win32" else there.st_ino)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}…"
