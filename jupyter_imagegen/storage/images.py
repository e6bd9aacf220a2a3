"""Pictures by digest: bytes exactly as received, and a preview beside each."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import dollars_to_nano, nano_to_dollars
from jupyter_imagegen.core.keys import input_digests
from jupyter_imagegen.core.results import Image, Preview
from jupyter_imagegen.core.usage import usage_from_json, usage_to_json
from jupyter_imagegen.errors import ImagegenError, RequestError, StoreError
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.charges import shares
from jupyter_imagegen.storage.holding import InHand
from jupyter_imagegen.storage.home import errors_told
from jupyter_imagegen.storage.keeping import (
    change_recipe,
    enter_incoming,
    write_incoming,
    write_preview,
)
from jupyter_imagegen.storage.reading import StoredPictures
from jupyter_imagegen.storage.recipes import (
    UNKNOWN_MIME,
    Recipe,
    request_parameters,
    storable,
    utc_text,
)
from jupyter_imagegen.storage.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from pathlib import Path

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.imaging import Inspected
    from jupyter_imagegen.storage.exporting import ExportReport
    from jupyter_imagegen.storage.forgetting import Forgotten
    from jupyter_imagegen.storage.history import HistoryEntry
    from jupyter_imagegen.storage.upkeep import GcReport, VerifyReport
    from jupyter_imagegen.storage.writers import Writer


@dataclass(frozen=True, kw_only=True)
class Received:
    """Bytes that are on disk and in no index yet.

    Attributes
    ----------
    recipe : Recipe
        What is known of them.
    writer : Writer
        Its `.json` in `incoming/` is the recipe, its `.part` the bytes.
    """

    recipe: Recipe
    writer: Writer


class Pictures(StoredPictures):
    """The pictures of one store: reading them, and everything that changes them.

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

    def receive(
        self,
        *,
        key: str,
        namespace: str | None,
        request: GenerateRequest,
        provider: str,
        data: bytes,
        inspected: Inspected | None = None,
        sample: int | None = None,
        cost_usd: Decimal | None = None,
        usage: Usage | None = None,
        seconds: float = 0.0,
        charge_id: str | None = None,
        revised_prompt: str | None = None,
        request_id: str | None = None,
        notebook: str | None = None,
        alt: str = "",
    ) -> Received:
        """Put what came on disk, before anybody looks at it; no crash loses it from here on.

        A picture whose process ends before `enter` is decoded and entered by whoever looks next.

        Parameters
        ----------
        data
            The bytes, exactly as received.
        inspected
            What they are, where that is known already.
        sample
            The number of the drawing; the next free one for None, or where another picture has it.
        usage
            Tokens of the whole call.

        Raises
        ------
        StoreError
            If the disk refuses; nothing is left then.
        """
        recipe = self.recipe_of(
            key=key,
            namespace=namespace,
            request=request,
            provider=provider,
            data=data,
            sample=self.next_sample(key) if sample is None else sample,
            seconds=seconds,
            charge_id=charge_id,
            notebook=notebook,
            alt=alt,
        )
        recipe = replace(
            recipe,
            cost_usd=None if cost_usd is None else str(cost_usd),
            usage=usage_to_json(usage),
            revised_prompt=None if revised_prompt is None else storable(revised_prompt),
            request_id=None if request_id is None else storable(request_id),
        )
        if inspected is not None:
            recipe = recipe.of_picture(inspected)
        return Received(recipe=recipe, writer=write_incoming(self.shelf, recipe, data))

    def enter(self, received: Received, inspected: Inspected, preview: Preview | None) -> Image:
        """Give what was received, and is a picture, its place in the store.

        Parameters
        ----------
        preview
            Its small copy; None to make it when it is first asked for.

        Raises
        ------
        StoreError
            If the disk or the index refuses; the next opening of the store enters it then.
        """
        recipe = received.recipe.of_picture(inspected)
        number = enter_incoming(self.database, self.shelf, recipe, received.writer)
        self.note_verified(recipe.digest, recipe.mime)
        if preview is not None:
            # A preview can be made again at any time, so its failure is nobody's failure.
            with contextlib.suppress(OSError, StoreError):
                write_preview(self.database, self.shelf, recipe.digest, preview)
        return self.built(
            origin="provider",
            sample=number,
            digest=recipe.digest,
            mime=recipe.mime,
            width=recipe.width,
            height=recipe.height,
            size_bytes=recipe.size_bytes,
            cost_usd=recipe.cost,
            made_at=recipe.made_at,
            seconds=recipe.seconds,
            revised_prompt=recipe.revised_prompt,
        )

    def enter_again(self, recipe: Recipe, data: bytes, preview: Preview | None) -> int:
        """Put a picture that was received before in its place, by a recipe that says all of it.

        Parameters
        ----------
        preview
            Its small copy; None to make it when it is first asked for.

        Returns
        -------
        int
            The sample's number; the old one where it is there already.

        Raises
        ------
        StoreError
            As `keep`.
        """
        writer = write_incoming(self.shelf, recipe, data)
        number = enter_incoming(self.database, self.shelf, recipe, writer)
        if preview is not None:
            with contextlib.suppress(OSError, StoreError):
                write_preview(self.database, self.shelf, recipe.digest, preview)
        return number

    def keep(
        self, *, data: bytes, inspected: Inspected, preview: Preview | None = None, **facts: Any
    ) -> Image:
        """Put a picture that was decoded before on disk: `receive` and `enter` in one.

        Parameters
        ----------
        preview
            The small copy; None makes one.
        **facts
            What `receive` takes.

        Raises
        ------
        StoreError
            If the disk or the index refuses. Then nothing is left, or the whole picture, which the next
            opening of the store enters.
        """
        received = self.receive(data=data, inspected=inspected, **facts)
        return self.enter(received, inspected, preview or _small_copy(data, inspected))

    def recipe_of(
        self,
        *,
        key: str,
        namespace: str | None,
        request: GenerateRequest,
        provider: str,
        data: bytes,
        sample: int = 0,
        seconds: float = 0.0,
        charge_id: str | None = None,
        notebook: str | None = None,
        alt: str = "",
    ) -> Recipe:
        """The recipe of bytes that came now, of which nothing is known but their call."""
        now = self.now()
        return Recipe(
            id=secrets.token_hex(8),
            key=key,
            sample=sample,
            digest=files.sha256(data),
            mime=UNKNOWN_MIME,
            width=0,
            height=0,
            size_bytes=len(data),
            has_alpha=False,
            frames=1,
            namespace=namespace,
            provider=provider,
            operation=request.operation,
            model=request.model,
            prompt=storable(request.prompt),
            parameters=request_parameters(request),
            inputs=input_digests(request),
            made_at=utc_text(now),
            seconds=seconds,
            cost_usd=None,
            usage=None,
            revised_prompt=None,
            request_id=None,
            notebook=None if notebook is None else storable(notebook),
            alt=storable(alt),
            charge_id=charge_id or None,
            session=self.session,
            day=f"{Zones(self.database, self.now).local_time():%Y-%m-%d}",
        )

    def price_charge(self, key: str, charge_id: str, *, cost: Decimal) -> None:
        """Write down beside the pictures of a call what it turned out to have cost, in US dollars.

        Raises
        ------
        StoreError
            If the index cannot be written.
        """
        rows = self.database.all(statements.SAMPLES_OF_CHARGE, key=key, charge_id=charge_id)
        numbers = {row["sample"] for row in rows}
        images = [image for image in self.readable(key) if image.sample in numbers]
        usage = next((row["usage"] for row in rows if row["usage"]), None)
        self.price(key, images, cost=cost, usage=usage_from_json(usage))

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
        held = InHand(data, preview)
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
            load=held.original,
            load_preview=held.small,
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
            US dollars of the call; None where it is unknown.
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
        # Not waited for on disk: the ledger has the cost, and this says it beside the picture.
        with self.database.transaction(durable=False):
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
                with contextlib.suppress(OSError, StoreError):
                    change_recipe(
                        self.shelf,
                        self.shelf.recipe(image.digest, key, image.sample),
                        cost_usd=None if usd is None else str(usd),
                        usage=text,
                        **({} if written is None else {"request_id": written}),
                    )
            priced.append(replace(image, cost_usd=usd))
        return priced

    def delete(self, key: str, sample: int) -> Forgotten:
        """Delete a picture, and every word of its request where it was the last one; see `forget`.

        Raises
        ------
        StoreError
            If there is no such picture, another one of its request is being made, or the disk or the index
            refuses; then it is still there.
        """
        from jupyter_imagegen.storage import forgetting

        self._refuse_change()
        with errors_told(self.shelf.home):
            report = forgetting.forget(self, forgetting.by_sample(self, key, sample), whole=False)
        if report.left and (key, sample) not in report.samples:
            raise StoreError(report.left[0])
        return report

    def forget(
        self,
        *,
        key: str | None = None,
        text: str | None = None,
        before: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Forgotten:
        """Delete pictures and every word of them in the home; what they cost stays in the ledger.

        Parameters
        ----------
        key, text, before
            One of them: the first digits of a request's key; what its words contain; a date such as
            `2026-01-31`, before which they were made in the ledger's zone.
        dry_run
            Only say what would go.

        Raises
        ------
        RequestError
            If not one of the three is given, or it cannot be read.
        StoreError
            If there is nothing of the kind, or the index cannot be written.
        """
        from jupyter_imagegen.storage import forgetting

        ways = {forgetting.by_key: key, forgetting.by_text: text, forgetting.by_date: before}
        given = [(way, value) for way, value in ways.items() if value is not None]
        if len(given) != 1:
            raise RequestError(
                "what to forget is named in one way: a key, words of the prompt, or a date",
                hint="Write: %imagegen forget KEY, or --prompt TEXT, or --before 2026-01-31.",
            )
        if not dry_run:
            self._refuse_change()
        ((way, value),) = given
        with errors_told(self.shelf.home):
            return forgetting.forget(self, way(self, value), dry_run=dry_run, progress=progress)

    def set_favourite(self, key: str, sample: int, favourite: bool) -> None:  # noqa: FBT001  # it is the value
        """Mark a picture as a favourite, or no longer.

        Raises
        ------
        StoreError
            If there is no such picture, or the index cannot be written.
        """
        self._refuse_change()
        found = self.database.one(statements.SET_FAVOURITE, key=key, sample=sample, favourite=int(favourite))
        if found is None:
            raise StoreError(f"the store has no picture {sample} of {key[:12]}")
        # The index has it already; it is in the recipe too, for the day that the index is lost.
        with contextlib.suppress(OSError, StoreError):
            change_recipe(self.shelf, self.shelf.recipe(found["digest"], key, sample), favourite=favourite)

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

    def drawn_for(self, digest: str) -> HistoryEntry | None:
        """The request that a picture was drawn for, by the picture's SHA-256; None for a foreign picture."""
        from jupyter_imagegen.storage import history

        return history.drawn_for(self, digest)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> VerifyReport:
        """Read every picture again and compare it with its digest; damaged ones are put aside.

        Parameters
        ----------
        progress
            Called with how many were read and how many there are.
        """
        from jupyter_imagegen.storage import upkeep

        self._refuse_change()
        with errors_told(self.shelf.home):
            return upkeep.verify(self, progress)

    def gc(self, progress: Callable[[int, int], None] | None = None) -> GcReport:
        """Remove leftovers: what dead writers left, small copies of no picture, locks that no process holds.

        An original without a recipe that can be read is put into quarantine/; none is deleted.

        Parameters
        ----------
        progress
            Called with how many pictures were looked at and how many there are.
        """
        from jupyter_imagegen.storage import upkeep

        self._refuse_change()
        with errors_told(self.shelf.home):
            return upkeep.collect(self, progress)

    def take_back(self) -> int:
        """Take out of quarantine/ what can be read by now; returns how many pictures that are.

        Raises
        ------
        StoreError
            If the index cannot be written.
        """
        from jupyter_imagegen.storage.quarantine import Quarantine

        self._refuse_change()
        with errors_told(self.shelf.home):
            return Quarantine(self.shelf, self.now()).take_back(self)

    def export(
        self,
        dest: Path,
        keys: Iterable[str] | None = None,
        *,
        samples: Iterable[tuple[str, int]] | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> ExportReport:
        """Write originals and recipes into a zip file: all of them, those of some keys, or some samples.

        Parameters
        ----------
        keys
            All pictures of these requests.
        samples
            These pictures only, as `(key, sample)`.
        progress
            Called with how many were written and how many there are.

        Raises
        ------
        StoreError
            If the file exists and `overwrite` is False, or it cannot be written.
        """
        from jupyter_imagegen.storage import exporting

        return exporting.export(self, dest, keys, samples, overwrite=overwrite, progress=progress)

    def _refuse_change(self) -> None:
        if self.read_only is not None:
            why = self.read_only.why
            raise StoreError(f"the store can only be read: {why.message}", hint=why.hint)


def _small_copy(data: bytes, inspected: Inspected) -> Preview | None:
    """A small copy, or None: it can be made again at any time."""
    from jupyter_imagegen import imaging

    with contextlib.suppress(ValueError, OSError, ImagegenError):
        return imaging.preview(data, inspected=inspected)
    return None
