"""Pictures by digest: bytes exactly as received, a preview beside each, and nothing believed without its digest."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.pricing import dollars_to_nano, nano_to_dollars
from jupyter_imagegen.core.results import Image, Preview
from jupyter_imagegen.core.usage import usage_to_json
from jupyter_imagegen.errors import DamagedPictureError, StoreError
from jupyter_imagegen.storage import entering, files, statements
from jupyter_imagegen.storage.keeping import (
    PreviewMaker,
    price_recipe,
    shares,
    write_picture,
    write_preview,
)
from jupyter_imagegen.storage.recipes import (
    Recipe,
    request_inputs,
    request_parameters,
    storable,
    utc_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal
    from pathlib import Path

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.imaging import Inspected
    from jupyter_imagegen.storage.database import Database, Row
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.history import HistoryEntry
    from jupyter_imagegen.storage.upkeep import ExportReport, GcReport, VerifyReport


class Pictures:
    """The pictures of one store.

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
    """

    def __init__(
        self, database: Database, shelf: Shelf, *, now: Callable[[], datetime], session: str
    ) -> None:
        self.database = database
        self.shelf = shelf
        self.now = now
        self._session = session
        #: Files whose digest this process has seen to be right: (digest, time of change in ns, bytes).
        self._verified: set[tuple[str, int, int]] = set()

    def find(self, key: str, limit: int | None = None) -> list[Image]:
        """Pictures that are there for a request, in the order they were drawn; nothing is decoded.

        Damaged ones are put aside and left out, missing ones left out.

        Parameters
        ----------
        key
            The request's key.
        limit
            How many at most; None for all.

        Raises
        ------
        StoreError
            If the index cannot be read.
        """
        found = self._find(key, limit)
        short = limit is None or len(found) < limit
        # A writer may have died a moment ago with the picture complete: look before anybody buys it again.
        if short and entering.adopt_abandoned(self.database, self.shelf):
            found = self._find(key, limit)
        return found

    def count(self, key: str) -> int:
        """How many pictures are there for a request."""
        return len(self.find(key))

    def next_sample(self, key: str) -> int:
        """The number that the next drawing of a request gets."""
        return entering.next_sample(self.database, key)

    def keep(
        self,
        *,
        key: str,
        namespace: str | None,
        request: GenerateRequest,
        provider: str,
        data: bytes,
        inspected: Inspected,
        preview: Preview | None = None,
        sample: int | None = None,
        cost_usd: Decimal | None = None,
        usage: Usage | None = None,
        seconds: float = 0.0,
        charge_id: str | None = None,
        revised_prompt: str | None = None,
        request_id: str | None = None,
        notebook: str | None = None,
        alt: str = "",
    ) -> Image:
        """Put a picture on disk; when this returns, no crash loses it.

        Parameters
        ----------
        data
            The bytes, exactly as received, already inspected.
        preview
            Its small copy; made here, while the bytes are being synced, where it is None.
        sample
            The number of the drawing; the next free one for None, or where another picture has it.
        usage
            Tokens of the whole call.

        Raises
        ------
        StoreError
            If the disk or the index refuses. Then nothing is left, or the whole picture, which the next
            opening of the store enters.
        """
        now = self.now()
        recipe = Recipe(
            id=secrets.token_hex(8),
            key=key,
            sample=self.next_sample(key) if sample is None else sample,
            digest=files.sha256(data),
            mime=inspected.mime,
            width=inspected.width,
            height=inspected.height,
            size_bytes=len(data),
            has_alpha=inspected.has_alpha,
            frames=inspected.frames,
            namespace=namespace,
            provider=provider,
            operation=request.operation,
            model=request.model,
            prompt=storable(request.prompt),
            parameters=request_parameters(request),
            inputs=request_inputs(request),
            made_at=utc_text(now),
            seconds=seconds,
            cost_usd=None if cost_usd is None else str(cost_usd),
            usage=usage_to_json(usage),
            revised_prompt=None if revised_prompt is None else storable(revised_prompt),
            request_id=None if request_id is None else storable(request_id),
            notebook=None if notebook is None else storable(notebook),
            alt=storable(alt),
            charge_id=charge_id,
            session=self._session,
            day=f"{now:%Y-%m-%d}",
        )
        maker = PreviewMaker(data, inspected) if preview is None else None
        try:
            number = write_picture(self.database, self.shelf, recipe, data)
        finally:
            small = preview if maker is None else maker.result()
        self._note_verified(recipe.digest, recipe.mime)
        if small is not None:
            # A preview can be made again at any time, so its failure is nobody's failure.
            with contextlib.suppress(OSError, StoreError):
                write_preview(self.database, self.shelf, recipe.digest, small)
        return self._image(
            origin="provider",
            sample=number,
            digest=recipe.digest,
            mime=recipe.mime,
            width=recipe.width,
            height=recipe.height,
            size_bytes=recipe.size_bytes,
            cost_usd=cost_usd,
            made_at=recipe.made_at,
            seconds=seconds,
            revised_prompt=recipe.revised_prompt,
        )

    def unkept(
        self,
        *,
        data: bytes,
        inspected: Inspected,
        preview: Preview | None = None,
        sample: int = 0,
        seconds: float = 0.0,
        revised_prompt: str | None = None,
    ) -> Image:
        """A picture that no disk would take: shown and returned all the same."""
        from jupyter_imagegen import imaging

        def small() -> Preview:
            return preview or imaging.preview(data, inspected=inspected)

        return Image(
            sample=sample,
            digest=files.sha256(data),
            mime=inspected.mime,
            width=inspected.width,
            height=inspected.height,
            size_bytes=len(data),
            origin="provider",
            cost_usd=None,
            made_at=self.now(),
            seconds=seconds,
            path=None,
            revised_prompt=revised_prompt,
            load=lambda: data,
            load_preview=small,
        )

    def price(
        self,
        key: str,
        images: Sequence[Image],
        *,
        cost: Decimal | None,
        usage: Usage | None = None,
        request_id: str | None = None,
    ) -> list[Image]:
        """Write down what a call cost beside each of its pictures, shared out to the last nano-dollar.

        Parameters
        ----------
        images
            All pictures of the call.
        cost
            US dollars of the call; None where nobody can say.
        usage
            Tokens of the call.

        Returns
        -------
        list of Image
            The same pictures with their part of the cost.

        Raises
        ------
        StoreError
            If the index cannot be written.
        """
        if not images:
            return []
        parts = shares(None if cost is None else dollars_to_nano(cost), len(images))
        written = None if request_id is None else storable(request_id)
        text = usage_to_json(usage)
        with self.database.transaction():
            for image, nano in zip(images, parts, strict=True):
                if image.path is not None:
                    self.database.all(
                        statements.PRICE_SAMPLE,
                        key=key,
                        sample=image.sample,
                        cost_nano=nano,
                        usage=text,
                        request_id=written,
                    )
        priced = []
        for image, nano in zip(images, parts, strict=True):
            usd = None if nano is None else nano_to_dollars(nano)
            if image.path is not None:
                # The index has it already; a recipe without a cost only says less after the index is lost.
                with contextlib.suppress(OSError):
                    price_recipe(
                        self.shelf,
                        digest=image.digest,
                        key=key,
                        sample=image.sample,
                        cost_usd=None if usd is None else str(usd),
                        usage=text,
                        request_id=written,
                    )
            priced.append(replace(image, cost_usd=usd))
        return priced

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
        path = self.shelf.original(digest, row["mime"])
        try:
            data = path.read_bytes()
        except OSError as exc:
            raise StoreError(
                f"the picture {path} cannot be read ({exc.strerror or exc})", hint="Run the cell again."
            ) from exc
        if files.sha256(data) != digest:
            self.quarantine(digest, row["mime"])
            raise DamagedPictureError(
                f"the picture {path} is no longer what was received; it was put into quarantine/",
                hint="Run the cell again to make it anew.",
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
            path = self.shelf.preview(digest, row["preview_mime"])
            with contextlib.suppress(OSError):
                data = path.read_bytes()
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
        stamp = f"{self.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        original = self.shelf.original(digest, mime)
        with contextlib.suppress(OSError):
            files.move(original, self.shelf.quarantine / f"{stamp}-{original.name}")
        for small in original.parent.glob(f"{digest}.preview.*"):
            with contextlib.suppress(OSError):
                small.unlink()
        self.database.all(statements.MARK_DAMAGED, digest=digest, at=utc_text(self.now()))

    def is_intact(self, digest: str, mime: str) -> bool | None:
        """Whether a picture's bytes are right; None where they are missing. Each file is read once a process."""
        path = self.shelf.original(digest, mime)
        try:
            stat = path.stat()
            seen = (digest, stat.st_mtime_ns, stat.st_size)
            if seen in self._verified:
                return True
            intact = files.sha256(path.read_bytes()) == digest
        except OSError:
            return None
        if intact:
            self._verified.add(seen)
        return intact

    def _note_verified(self, digest: str, mime: str) -> None:
        with contextlib.suppress(OSError):
            stat = self.shelf.original(digest, mime).stat()
            self._verified.add((digest, stat.st_mtime_ns, stat.st_size))

    def history(
        self, text: str = "", limit: int = 20, before: tuple[datetime, str] | None = None
    ) -> list[HistoryEntry]:
        """What was made, newest first: requests whose prompt has the text, without regard to case.

        Parameters
        ----------
        before
            The `cursor` of the last entry of the page before.
        """
        from jupyter_imagegen.storage import history

        return history.search(self, text, limit, before)

    def entry(self, key: str) -> HistoryEntry:
        """One request with its pictures: by its key, by the first digits of it, or `last`.

        Raises
        ------
        StoreError
            If there is none, or more than one.
        """
        from jupyter_imagegen.storage import history

        return history.entry(self, key)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> VerifyReport:
        """Read every picture again and compare it with its digest; damaged ones are put aside.

        Parameters
        ----------
        progress
            Called with how many were read and how many there are.
        """
        from jupyter_imagegen.storage import upkeep

        return upkeep.verify(self, progress)

    def gc(self) -> GcReport:
        """Remove leftovers: what dead writers left, files that nothing refers to, locks that nobody holds."""
        from jupyter_imagegen.storage import upkeep

        return upkeep.collect(self)

    def export(
        self, dest: Path, keys: Iterable[str] | None = None, *, overwrite: bool = False
    ) -> ExportReport:
        """Write originals and recipes into a zip file; all of them, or those of some keys.

        Raises
        ------
        StoreError
            If the file exists and `overwrite` is False, or it cannot be written.
        """
        from jupyter_imagegen.storage import upkeep

        return upkeep.export(self, dest, keys, overwrite=overwrite)

    def image(self, row: Row) -> Image:
        """A stored picture from a row that has its sample and its file."""
        nano = row["cost_nano"]
        return self._image(
            origin="store",
            cost_usd=None if nano is None else nano_to_dollars(nano),
            **{name: row[name] for name in _FROM_ROW},
        )

    def _find(self, key: str, limit: int | None) -> list[Image]:
        found: list[Image] = []
        for row in self.database.all(statements.FIND, key=key):
            if limit is not None and len(found) >= limit:
                break
            intact = self.is_intact(row["digest"], row["mime"])
            if intact is False:
                self.quarantine(row["digest"], row["mime"])
            elif intact:
                found.append(self.image(row))
        return found

    def _image(self, *, made_at: str, **known: Any) -> Image:
        digest, mime = known["digest"], known["mime"]
        return Image(
            **known,
            made_at=datetime.fromisoformat(made_at),
            path=self.shelf.original(digest, mime),
            load=partial(self.read, digest),
            load_preview=partial(self.preview, digest),
        )


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
