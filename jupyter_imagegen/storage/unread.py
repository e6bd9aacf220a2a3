"""Answers that were paid for, perhaps, and cannot be read: kept whole, and tried again when told to.

::

    unread/<charge>-<random>.bin    the bytes as they came; never shown, never run
    unread/<charge>-<random>.json   what they answer: the recipe of the picture they should be, and the reason

Nothing here is deleted but by `remove`, after what was in it is safe in the store, and by `forget`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage.recipes import Recipe, recipe_from_bytes, storable, utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from jupyter_imagegen.storage.files import Shelf

#: The form of the JSON. A reader takes every form up to its own.
UNREAD_VERSION = 1
#: Bytes of the JSON; a prompt has at most 32,000 characters.
_LARGEST_NOTE = 10_000_000


@dataclass(frozen=True, kw_only=True)
class UnreadAnswer:
    """One answer that waits to be read.

    Attributes
    ----------
    path : Path
        Its bytes.
    recipe : Recipe or None
        The call it belongs to; None where the JSON beside it is gone.
    whole : bool
        Whether it is a provider's answer as it came; False for bytes that should be one picture.
    n : int
        Pictures that were asked for.
    reason : str
        Why it could not be read.
    media_type : str
        What the server called it.
    endpoint : str
        Where it came from, without credentials.
    addresses : tuple of str
        Addresses in it that may lead to the picture, without credentials.
    kept_at : str
        When it was put here.
    """

    path: Path
    recipe: Recipe | None
    whole: bool
    n: int = 1
    reason: str = ""
    media_type: str = ""
    endpoint: str = ""
    addresses: tuple[str, ...] = ()
    kept_at: str = ""


class UnreadAnswers:
    """The unread answers of one store.

    Parameters
    ----------
    shelf
        The folders.
    now
        The present moment, with a time zone.
    """

    def __init__(self, shelf: Shelf, *, now: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._now = now

    def keep(
        self, data: bytes, recipe: Recipe, *, whole: bool = True, n: int = 1, **facts: Any
    ) -> UnreadAnswer:
        """Put a provider's answer, or with `whole=False` bytes that should be one picture, on disk.

        Parameters
        ----------
        recipe
            The call it belongs to.
        n
            Pictures that were asked for.
        **facts
            `reason`, `media_type`, `endpoint`, `addresses`.

        Raises
        ------
        StoreError
            If the disk refuses; nothing is left then.
        """
        answer = UnreadAnswer(
            path=self._new_place(recipe), recipe=recipe, whole=whole, n=n, **self._dated(facts)
        )
        try:
            # Somebody may have cleared the home while this process had it open.
            files.make_folder(self._shelf.unread)
            files.write_synced(answer.path.with_suffix(".json"), _note(answer))
            files.write_synced(answer.path, data)
            files.sync_folder(self._shelf.unread)
        except OSError as exc:
            for path in (answer.path, answer.path.with_suffix(".json")):
                with contextlib.suppress(OSError):
                    path.unlink()
            raise StoreError(
                f"the answer could not be written to {self._shelf.unread} ({exc.strerror or exc})",
                hint="Free some disk space, or check the folder's permissions.",
            ) from exc
        return answer

    def take(self, pending: Path, recipe: Recipe | None, **facts: Any) -> UnreadAnswer:
        """Move bytes that are no picture here from `incoming/`; takes no space on the disk.

        Parameters
        ----------
        pending
            Their recipe in `incoming/`, beside them.
        recipe
            What it says; None where only another version can tell: then it stays beside them as it is.
        **facts
            `reason`, `endpoint`.

        Raises
        ------
        StoreError
            If the disk refuses; they are still in `incoming/` then.
        """
        answer = UnreadAnswer(path=self._new_place(recipe), recipe=recipe, whole=False, **self._dated(facts))
        note = answer.path.with_suffix(".json")
        try:
            files.make_folder(self._shelf.unread)
            # The note is there before the bytes, and the recipe goes after them: one of both is always known.
            if recipe is not None:
                with contextlib.suppress(OSError):
                    files.write_synced(note, _note(answer))
            files.move(pending.with_suffix(".part"), answer.path)
            if note.exists():
                pending.unlink(missing_ok=True)
            else:
                files.move(pending, note)
            files.sync_folder(self._shelf.unread)
        except OSError as exc:
            raise StoreError(
                f"what came stays in {pending.with_suffix('.part')} ({exc.strerror or exc})"
            ) from exc
        return answer

    def all(self) -> list[UnreadAnswer]:
        """Every answer that waits, the oldest first."""
        return sorted(self._each(), key=lambda answer: (answer.kept_at, answer.path.name))

    def find(self, name: str) -> UnreadAnswer:
        """One answer by its file's name, the start of it, or its path.

        Raises
        ------
        StoreError
            If there is none, or more than one.
        """
        wanted = name.replace(os.sep, "/").rpartition("/")[2].removesuffix(".bin").removesuffix(".json")
        waiting = self.all()
        found = [answer for answer in waiting if wanted and answer.path.stem.startswith(wanted)]
        if len(found) != 1:
            count = "no unread answer" if not found else f"{len(found)} unread answers"
            names = ", ".join(answer.path.name for answer in waiting[:10]) or "none"
            raise StoreError(f"there is {count} {name!r} in {self._shelf.unread}", hint=f"Waiting: {names}.")
        return found[0]

    def read(self, answer: UnreadAnswer) -> bytes:
        """An answer's bytes, as they came.

        Raises
        ------
        StoreError
            If they cannot be read.
        """
        try:
            return files.read(answer.path)
        except OSError as exc:
            raise StoreError(f"{answer.path} cannot be read ({exc.strerror or exc})") from exc

    def again(self, answer: UnreadAnswer, reason: str) -> None:
        """Write down why an answer cannot be read now either."""
        with contextlib.suppress(OSError):
            note = answer.path.with_suffix(".json")
            scratch = note.with_suffix(".scratch")
            scratch.unlink(missing_ok=True)
            files.write_synced(scratch, _note(replace(answer, reason=reason)))
            files.move(scratch, note)

    def remove(self, answer: UnreadAnswer) -> None:
        """Delete an answer whose pictures are in the store.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        try:
            answer.path.unlink(missing_ok=True)
            answer.path.with_suffix(".json").unlink(missing_ok=True)
        except OSError as exc:
            raise StoreError(f"{answer.path} could not be removed ({exc.strerror or exc})") from exc

    def _each(self) -> Iterator[UnreadAnswer]:
        try:
            names = sorted(self._shelf.unread.glob("*.bin"))
        except OSError:
            return
        for path in names:
            if files.is_own_file(path, self._shelf.home):
                yield _read(path)

    def _new_place(self, recipe: Recipe | None) -> Path:
        name = secrets.token_hex(8) if recipe is None else recipe.charge_id or recipe.id
        return self._shelf.unread / f"{name}-{secrets.token_hex(4)}.bin"

    def _dated(self, facts: dict[str, Any]) -> dict[str, Any]:
        """The facts as any file takes them, and the moment."""
        texts = {name: storable(value) for name, value in facts.items() if isinstance(value, str)}
        addresses = tuple(storable(address) for address in facts.get("addresses", ()))
        return {**texts, "addresses": addresses, "kept_at": utc_text(self._now())}


def _note(answer: UnreadAnswer) -> bytes:
    values = asdict(answer)
    del values["path"]
    recipe = None if answer.recipe is None else json.loads(answer.recipe.to_bytes())
    text = json.dumps({"unread": UNREAD_VERSION, **values, "recipe": recipe}, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace")


def _read(path: Path) -> UnreadAnswer:
    """An answer by its note; a recipe in place of one stands where the disk took nothing more."""
    unknown = UnreadAnswer(
        path=path, recipe=None, whole=False, reason="the note beside it is missing or damaged"
    )
    try:
        note = path.with_suffix(".json")
        if files.regular(note).st_size > _LARGEST_NOTE:
            return unknown
        data = files.read(note)
        bare = recipe_from_bytes(data)
        if bare is not None:
            return UnreadAnswer(path=path, recipe=bare, whole=False, kept_at=bare.made_at)
        values = json.loads(data)
        if not 1 <= int(values["unread"]) <= UNREAD_VERSION:
            return replace(unknown, reason="a newer version wrote the note beside it")
        recipe = recipe_from_bytes(json.dumps(values["recipe"]).encode())
        if recipe is None:
            return unknown
        n = values["n"]
        texts = {name: str(values[name]) for name in ("reason", "media_type", "endpoint", "kept_at")}
        return UnreadAnswer(
            path=path,
            recipe=recipe,
            whole=values["whole"] is True,
            n=n if isinstance(n, int) and 1 <= n <= 1000 else 1,  # noqa: PLR2004 - more than any call makes
            addresses=tuple(str(address) for address in values["addresses"]),
            **texts,
        )
    except (OSError, StoreError, ValueError, TypeError, KeyError, RecursionError):
        return unknown
