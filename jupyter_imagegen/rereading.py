"""Trying unread answers again: what can be read now enters the store; nothing is sent or paid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import nano_to_dollars
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.errors import ImagegenError, StoreError
from jupyter_imagegen.providers.base import Answered, Drawn, Unread
from jupyter_imagegen.storage.charges import charge_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.storage import Storage
    from jupyter_imagegen.storage.recipes import Recipe
    from jupyter_imagegen.storage.unread import UnreadAnswer


@dataclass(frozen=True, kw_only=True)
class Reread:
    """What came of one unread answer.

    Attributes
    ----------
    path : Path
        Its file; gone where `left` is empty.
    key : str
        The request's key; empty where it is unknown.
    samples : tuple of int
        The pictures that entered the store under that key.
    notes : tuple of str
        What is damaged in them.
    left : str
        Why not all of it can be read yet, so that the file stays; empty where it was read.
    """

    path: Path
    key: str
    samples: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    left: str = ""


def reread(
    answers: Iterable[UnreadAnswer],
    storage: Storage,
    *,
    provider: Callable[[str], Provider],
) -> list[Reread]:
    """Read unread answers once more; a file is removed only after everything in it is in the store.

    Parameters
    ----------
    answers
        Of `storage.unread`.
    provider
        Gives the provider of a name, which knows how its answers are written and what they cost.
    """
    return [_Rereading(answer, storage).read(provider) for answer in answers]


@dataclass
class _Rereading:
    """One answer while it is read."""

    answer: UnreadAnswer
    storage: Storage
    samples: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    last: Answered | None = None

    def read(self, provider: Callable[[str], Provider]) -> Reread:
        answer = self.answer
        if answer.recipe is None:
            return Reread(path=answer.path, key="", left=answer.reason)
        lock = self.storage.lock(answer.recipe.key)
        try:
            left = "" if self.storage.take(lock) else "its picture is being made at this moment"
        except StoreError as exc:
            left = str(exc)
        if left:
            return Reread(path=answer.path, key=answer.recipe.key, left=left)
        try:
            self._enter(answer.recipe, provider)
            if self.samples or self.last is not None:
                self._settle(answer.recipe, provider(answer.recipe.provider))
            if not self.left:
                self.storage.unread.remove(answer)
        except (ImagegenError, OSError) as exc:
            self.left.append(str(exc))
        finally:
            lock.release()
        left = "; ".join(dict.fromkeys(self.left))
        if left:
            self.storage.unread.again(answer, left)
        return Reread(
            path=answer.path,
            key=answer.recipe.key,
            samples=tuple(self.samples),
            notes=tuple(self.notes),
            left=left,
        )

    def _enter(self, recipe: Recipe, provider: Callable[[str], Provider]) -> None:
        from jupyter_imagegen.imaging import ImageRejected, examine

        data = self.storage.unread.read(self.answer)
        number = 0
        for event in self._events(data, recipe, provider):
            if isinstance(event, Answered):
                self.last = event
            elif isinstance(event, Unread):
                self.left.append(event.reason or "it cannot be read")
            else:
                number += 1
                try:
                    inspected, small = examine(event.data, allow_svg=recipe.wants_svg)
                except ImageRejected as exc:
                    self.left.append(str(exc))
                    continue
                self.notes += inspected.flaws
                # The same name each time: what an earlier try entered already stays one picture.
                name = f"{self.answer.path.stem} {number} {recipe.id}"
                made = replace(
                    recipe.of_picture(inspected),
                    id=hashlib.sha256(name.encode()).hexdigest()[:16],
                    digest=hashlib.sha256(event.data).hexdigest(),
                    size_bytes=len(event.data),
                    revised_prompt=event.revised_prompt or recipe.revised_prompt,
                )
                self.samples.append(self.storage.pictures.enter_again(made, event.data, small))
        if not number and not self.left:
            self.left.append("there is no picture in it")

    def _events(
        self, data: bytes, recipe: Recipe, provider: Callable[[str], Provider]
    ) -> Iterable[Drawn | Answered | Unread]:
        if not self.answer.whole:
            return [Drawn(data=data, revised_prompt=recipe.revised_prompt)]
        read = getattr(provider(recipe.provider), "read", None)
        if read is None:
            return [Unread(data=b"", reason=f"the provider {recipe.provider} reads no kept answers")]
        events: Iterable[Drawn | Answered | Unread] = read(
            data, media_type=self.answer.media_type, n=self.answer.n
        )
        return events

    def _settle(self, recipe: Recipe, provider: Provider) -> None:
        """Close the charge by a usage that is told only now, and say beside the pictures what they cost."""
        if recipe.charge_id is None:
            return
        database = self.storage.pictures.database
        try:
            charge = charge_row(database, recipe.charge_id)
        except StoreError:
            return  # a ledger that was lost and built again does not know it
        made = datetime.fromisoformat(recipe.made_at)
        if charge["state"] != "settled" and self.last is not None and self.last.usage is not None:
            self.storage.ledger.settle(
                recipe.charge_id,
                cost=provider.cost(_asked_by(recipe), self.last, moment=made),
                usage=self.last.usage,
                pictures=len(self.samples),
                request_id=self.last.request_id,
                reason="its answer was read later",
            )
            charge = charge_row(database, recipe.charge_id)
        if charge["state"] == "settled" and charge["cost_nano"] is not None and self.samples:
            cost = nano_to_dollars(charge["cost_nano"])
            self.storage.pictures.price_charge(recipe.key, recipe.charge_id, cost=cost)


def _asked_by(recipe: Recipe) -> GenerateRequest:
    """What a recipe says of its request; the pictures that went in are not told."""
    told = {f.name: recipe.parameters[f.name] for f in fields(GenerateRequest) if f.name in recipe.parameters}
    extra = {name: value for name, value in recipe.parameters.items() if name not in told}
    return GenerateRequest(
        **{"size": "auto", **told, "model": recipe.model, "prompt": recipe.prompt}, extra=extra
    )
