"""A cassette: recorded pictures in one file beside a notebook, which replays with no key and no network.

::

    lesson.cassette              a zip file without compression; the same content is the same bytes
      cassette.json              what was asked and what it cost; see `manifest`
      pictures/<digest>.png      originals, exactly as received; not where it holds small copies only
      previews/<digest>.jpg      the small copy of each, so that a replay decodes nothing

It comes from somebody else. Nothing in it is run, unpacked to a name of its own, or believed without its
digest; a file that is not wholly what it says is refused whole.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from jupyter_imagegen.core.results import Image, Preview
from jupyter_imagegen.errors import CassetteError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage.checks import ManifestError
from jupyter_imagegen.storage.manifest import COMPOSITE, Manifest, manifest_from_bytes

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_imagegen.storage.manifest import Kept, Recording

SUFFIX = ".cassette"
CONTENTS = "cassette.json"
#: Bytes. Ten thousand recordings are 10 MB of contents; git hosts take files of 100 MB.
MOST_BYTES = 2**31
MOST_CONTENTS = 64 * 2**20
_MOST_PREVIEW = 4 * 2**20
_MOST_MEMBERS = 50_000
#: What a zip file's flags may say: nothing, or that names are UTF-8.
_PLAIN_FLAGS = {0, 0x800}


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
        self._blank = Manifest(preview_side=preview_side)
        self._seen: tuple[int, int] | None = None
        self._manifest = self._blank
        self._samples: dict[str, list[Recording]] = {}

    @property
    def manifest(self) -> Manifest:
        """What is recorded; nothing where there is no file.

        Raises
        ------
        CassetteError
            If the file cannot be read, is no cassette, or is not wholly what it says.
        """
        try:
            stat = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._take(self._blank, None)
            return self._manifest
        except OSError as exc:
            raise self.refused(f"cannot be read ({exc.strerror or exc})") from exc
        seen = (stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._take(self._read(), seen)
        return self._manifest

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
        manifest = self.manifest
        samples = [one for one in self._samples.get(key, []) if (one.namespace == COMPOSITE) == composites]
        return [self._image(one, manifest) for one in samples[:limit]]

    def next_sample(self, key: str) -> int:
        """The number that the next drawing of a request gets here."""
        _ = self.manifest
        return max((one.sample + 1 for one in self._samples.get(key, [])), default=0)

    def entry(self, prefix: str) -> list[Image]:
        """The pictures of the one request whose key begins so; none where there is none, or more than one."""
        _ = self.manifest
        keys = [key for key in self._samples if key.startswith(prefix)]
        return self.find(keys[0]) if len(keys) == 1 else []

    def read(self, name: str, digest: str) -> bytes:
        """The bytes of one picture file, which are what was recorded.

        Raises
        ------
        CassetteError
            If they are not, or cannot be read.
        """
        with self._opened() as archive:
            data = self._member(archive, name)
        if files.sha256(data) != digest:
            raise self.refused(f"is damaged: {name} is not what was recorded")
        return data

    def each(self) -> list[tuple[str, Callable[[], bytes]]]:
        """Every picture file's name in its order, and what reads it."""
        return [(name, partial(self.read, name, digest)) for name, digest in self.manifest.members().items()]

    def refused(self, words: str) -> CassetteError:
        """What to raise: the cassette's name, what is wrong, and what to do."""
        return CassetteError(
            f"the cassette {self.path.name} {words}",
            hint="Take it again from where it came, or `%imagegen cassette use none` to go on without.",
        )

    def _take(self, manifest: Manifest, seen: tuple[int, int] | None) -> None:
        samples: dict[str, list[Recording]] = {}
        for one in manifest.recordings.values():
            samples.setdefault(one.key, []).append(one)
        self._manifest, self._samples, self._seen = manifest, samples, seen

    def _image(self, one: Recording, manifest: Manifest) -> Image:
        kept = manifest.pictures[one.digest]
        whole = manifest.preview_side is None
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
            load=partial(self._original if whole else self._small_bytes, one.digest, kept),
            load_preview=partial(self._preview, kept),
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
            raise self.refused(f"holds no picture in {name}: {exc}") from exc
        if (header.mime, header.width, header.height) != told:
            raise self.refused(f"holds another picture in {name} than it says")

    def _read(self) -> Manifest:
        with self._opened() as archive:
            members = self._checked_members(archive)
            try:
                manifest = manifest_from_bytes(self._member(archive, CONTENTS))
            except ManifestError as exc:
                raise self.refused(f"cannot be used: {exc}") from exc
        strange = members - {CONTENTS} ^ set(manifest.members())
        if strange:
            name = min(strange)
            raise self.refused(
                f"{'holds' if name in members else 'lacks'} {name[:120]!r} against its contents"
            )
        return manifest

    def _opened(self) -> zipfile.ZipFile:
        import zipfile

        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise self.refused(f"is larger than {MOST_BYTES // 2**20:,} MB")
            return zipfile.ZipFile(self.path)
        except OSError as exc:
            raise self.refused(f"cannot be read ({exc.strerror or exc})") from exc
        except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as exc:
            raise self.refused("is not a cassette, or is cut") from exc

    def _checked_members(self, archive: zipfile.ZipFile) -> set[str]:
        """The names in the zip file, once it is sure that each takes as much as it says and no more."""
        import zipfile

        members = archive.infolist()
        names = {member.filename for member in members}
        if len(members) > _MOST_MEMBERS or len(names) != len(members):
            raise self.refused("holds too many files, or one name twice")
        total = 0
        for member in members:
            packed = member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size
            if packed or member.flag_bits not in _PLAIN_FLAGS:
                raise self.refused(
                    f"holds {member.filename[:120]!r} compressed or encrypted, as no cassette does"
                )
            total += member.file_size
        # Files that overlap in the zip would be more than the whole.
        if total > os.fstat(archive.fp.fileno()).st_size:  # type: ignore[union-attr]  # it is open
            raise self.refused("says that it holds more than it is long")
        if CONTENTS not in names:
            raise self.refused(f"is not a cassette: it has no {CONTENTS}")
        return names

    def _member(self, archive: zipfile.ZipFile, name: str) -> bytes:
        import zipfile

        from jupyter_imagegen.imaging import MAX_BYTES

        most = (
            MOST_CONTENTS
            if name == CONTENTS
            else _MOST_PREVIEW
            if name.startswith("previews/")
            else MAX_BYTES
        )
        try:
            member = archive.getinfo(name)
            if member.file_size > most or member.compress_type != zipfile.ZIP_STORED:
                raise self.refused(f"holds {name} of {member.file_size:,} bytes, and {most:,} is the limit")
            return archive.read(member)
        except KeyError as exc:
            raise self.refused(f"lacks {name}") from exc
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as exc:
            raise self.refused(f"is damaged: {name} cannot be read") from exc
