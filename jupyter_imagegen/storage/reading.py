"""Reading pictures: found by key, never shown without their digest, previews made again where needed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import nano_to_dollars
from jupyter_imagegen.core.results import Image, Preview
from jupyter_imagegen.errors import DamagedPictureError, StoreError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.holding import InHand, OnDisk, Unchanging
from jupyter_imagegen.storage.home import made_again, refuse_absent
from jupyter_imagegen.storage.keeping import write_preview
from jupyter_imagegen.storage.recipes import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from jupyter_imagegen.storage.database import Database, Row
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.layers import Layer
    from jupyter_imagegen.storage.unusable import Unusable

_FROM_ROW = (
    "sample",
    "digest",
    "mime",
    "width",
    "height",
    "size_bytes",
    "made_at",
    "seconds",
    "revised_prompt",
)


class StoredPictures(StaysHere):
    """The pictures that are there.

    Parameters
    ----------
    database
        The index.
    shelf
        The folders.
    now
        The present moment, with a time zone.
    session
        This session's id; it goes into recipes, so that lost spending can be found again.
    read_only
        The home that can only be read; None where its pictures may be changed.
    """

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        *,
        now: Callable[[], datetime],
        session: str,
        read_only: Unusable | None = None,
    ) -> None:
        self.database = database
        self.shelf = shelf
        self.now = now
        self.session = session
        self.read_only = read_only
        #: Stores of others that are looked up after this one; see `layers`.
        self.layers: tuple[Layer, ...] = ()
        #: Files whose digest this process has seen to be right: (digest, time of change in ns, bytes).
        self._verified: set[tuple[str, int, int]] = set()

    def find(self, key: str, limit: int | None = None) -> list[Image]:
        """Pictures that are there for a request, in the order they were drawn; nothing is decoded.

        Damaged ones are put aside and left out, deleted ones left out.

        Parameters
        ----------
        key
            The request's key.
        limit
            How many at most; None for all.

        Raises
        ------
        StoreError
            If the index cannot be read, or one of the pictures cannot be read now and others are not enough:
            it is not missing, and not to be bought again.
        """
        found, unreadable = self.look(key, limit)
        if unreadable is not None and (limit is None or len(found) < limit):
            raise unreadable
        return found

    def layered(self, key: str, wanted: int | None, held: Iterable[Image]) -> list[Image]:
        """What others' stores have for a request, beside the pictures that are held."""
        if not self.layers or wanted == 0:
            return []
        from jupyter_imagegen.storage.layers import find_in

        return find_in(self.layers, key, wanted, {image.digest for image in held})

    def notes_on_layers(self, images: Iterable[Image], *, missing: int) -> list[str]:
        """What the user should know of others' stores: what is from them, and which cannot be read."""
        paths = [image.path for image in images if image.path is not None]
        notes = [
            f"from {layer.home}"
            for layer in self.layers
            if any(path.is_relative_to(layer.home) for path in paths)
        ]
        troubles = [layer.trouble() for layer in self.layers] if missing else []
        return notes + [f"It was not looked up everywhere: {trouble}." for trouble in troubles if trouble]

    def readable(self, key: str) -> list[Image]:
        """The pictures of a request that can be read now; for whoever buys nothing."""
        return self.look(key, None)[0]

    def look(self, key: str, limit: int | None) -> tuple[list[Image], StoreError | None]:
        """What `find` gives, and why the first that cannot be read now cannot; None where all can."""
        found, unreadable = self._look(key, limit)
        short = limit is None or len(found) < limit
        # A writer may have died a moment ago with the picture complete: look before anybody buys it again. An
        # index that cannot be written does not let anybody buy.
        with contextlib.suppress(StoreError):
            if short and entering.adopt_abandoned(self.database, self.shelf):
                found, unreadable = self._look(key, limit)
        return found, unreadable

    def listed(self, key: str) -> list[Image]:
        """The same for a list: what has a file of the right size; an original of another size is read."""
        rows = self.database.all(statements.FIND, key=key)
        if all(self._has_size(row) for row in rows):
            return [self.image(row) for row in rows]
        return self.readable(key)

    def count(self, key: str) -> int:
        """How many pictures are there for a request."""
        return len(self.find(key))

    def next_sample(self, key: str) -> int:
        """The number that the next drawing of a request gets."""
        number = entering.next_sample(self.database, key)
        for layer in self.layers:
            # No painter repeats a picture that is shown from there.
            with contextlib.suppress(StoreError):
                number = max(number, layer.next_sample(key))
        return number

    def read(self, digest: str) -> bytes:
        """A picture's bytes, exactly as they were received.

        Raises
        ------
        StoreError
            If there is no such picture, or its file is gone.
        DamagedPictureError
            If the file is not what was paid for; it is put aside.
        """
        row = self.database.one(statements.PICTURE, digest=digest)
        if row is None:
            raise StoreError(f"the store has no picture {digest[:16]}")
        path = self.shelf.found(self.shelf.original(digest, row["mime"]))
        try:
            data = files.read(path)
        except OSError as exc:
            raise StoreError(
                f"the picture {path} cannot be read ({exc.strerror or exc})",
                hint="Run the cell again, when the disk is back.",
            ) from exc
        if files.sha256(data) != digest:
            self.quarantine(digest, row["mime"])
            raise DamagedPictureError(
                f"the picture {path} is no longer what was received; it was put into quarantine/",
                hint="Run the cell again to make a new one.",
            )
        return data

    def preview(self, digest: str) -> Preview:
        """A picture's small copy; made again from the original where it is missing or not what it was.

        Raises
        ------
        StoreError
            As `read`, if it must be made again.
        """
        row = self.database.one(statements.PICTURE, digest=digest)
        if row is not None and row["preview_digest"] is not None:
            path = self.shelf.found(self.shelf.preview(digest, row["preview_mime"]))
            with contextlib.suppress(OSError, StoreError):
                data = files.read(path)
                if files.sha256(data) == row["preview_digest"]:
                    return Preview(
                        data=data,
                        mime=row["preview_mime"],
                        width=row["preview_width"],
                        height=row["preview_height"],
                    )
        from jupyter_imagegen import imaging

        small = imaging.preview(self.read(digest))
        with contextlib.suppress(OSError, StoreError):
            write_preview(self.database, self.shelf, digest, small)
        return small

    def quarantine(self, digest: str, mime: str) -> None:
        """Put a damaged picture aside, never to be shown; its file is not deleted."""
        original = self.shelf.original(digest, mime)
        with contextlib.suppress(OSError):
            name = f"{files.stamp(self.now())}-{original.name}"
            files.move(original, made_again(self.shelf, "quarantine") / name)
        for small in self.shelf.previews(digest):
            with contextlib.suppress(OSError):
                small.unlink()
        self.database.all(statements.MARK_DAMAGED, digest=digest, at=utc_text(self.now()))

    def is_intact(self, digest: str, mime: str) -> bool | None:
        """Whether a picture's bytes are right; None where its file was deleted. Read once a process.

        Raises
        ------
        StoreError
            If it cannot be read now, or a link or something that is no file is in its place: to call it
            missing would pay for it again.
        """
        path = self.shelf.original(digest, mime)
        try:
            path = self.shelf.found(path)
            stat = files.regular(path)
            seen = (digest, stat.st_mtime_ns, stat.st_size)
            if seen in self._verified:
                return True
            intact = files.sha256(files.read(path)) == digest
        except FileNotFoundError:
            refuse_absent(self.database, self.shelf)
            return None
        except OSError as exc:
            raise StoreError(
                f"the stored picture {path} cannot be read now ({exc.strerror or exc}), and no paid call is "
                "made for another",
                hint="Try again when it can be. `jupyter imagegen store verify` looks at all of them, and "
                "--fresh buys another.",
            ) from exc
        if intact:
            self._verified.add(seen)
        return intact

    def note_verified(self, digest: str, mime: str) -> None:
        """Remember that this process has just written the file itself."""
        with contextlib.suppress(OSError):
            stat = self.shelf.original(digest, mime).stat()
            self._verified.add((digest, stat.st_mtime_ns, stat.st_size))

    def image(self, row: Row) -> Image:
        """A stored picture from a row that has its sample and its file."""
        nano = row["cost_nano"]
        return self.built(
            origin="store",
            cost_usd=None if nano is None else nano_to_dollars(nano),
            **{name: row[name] for name in _FROM_ROW},
        )

    def built(self, *, made_at: str, **known: Any) -> Image:
        """A picture of this store from what is known of it."""
        digest, mime = known["digest"], known["mime"]
        held = Stored(self, digest, self.shelf.found(self.shelf.original(digest, mime)))
        return Image(
            **known,
            made_at=datetime.fromisoformat(made_at),
            path=held.path,
            load=held.original,
            load_preview=held.small,
        )

    def _has_size(self, row: Row) -> bool:
        with contextlib.suppress(OSError, StoreError):
            path = self.shelf.found(self.shelf.original(row["digest"], row["mime"]))
            return bool(files.regular(path).st_size == row["size_bytes"])
        return False

    def _look(self, key: str, limit: int | None) -> tuple[list[Image], StoreError | None]:
        found: list[Image] = []
        unreadable: StoreError | None = None
        for row in self.database.all(statements.FIND, key=key):
            if limit is not None and len(found) >= limit:
                break
            try:
                intact = self.is_intact(row["digest"], row["mime"])
            except StoreError as exc:
                unreadable = unreadable or exc
                continue
            if intact is False:
                self.quarantine(row["digest"], row["mime"])
            elif intact:
                found.append(self.image(row))
        return found, unreadable


@dataclass(frozen=True)
class Stored(Unchanging):
    """A picture of an open store."""

    pictures: StoredPictures = field(repr=False)
    digest: str
    path: Path

    def original(self) -> bytes:
        """The bytes as they were received; see `StoredPictures.read`."""
        return self.pictures.read(self.digest)

    def small(self) -> Preview:
        """The small copy; see `StoredPictures.preview`."""
        return self.pictures.preview(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.pictures.database.path is None:
            # The folder of a temporary store ends with this process.
            return InHand, (self.original(), self.small())
        return OnDisk, (self.path, self.digest)
