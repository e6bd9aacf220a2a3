"""The stores that one process has opened, by their homes: which is set may change while a kernel runs."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.text import clean
from jupyter_imagegen.errors import ConfigError, HomeError, ImagegenError, NewerSchemaError, StoreError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.storage import (
    PlaceError,
    Unusable,
    is_unmade,
    looked_up,
    may_hold_a_ledger,
    open_at_once,
    open_storage,
    open_temporary_storage,
    open_unmade_storage,
    open_unopened_storage,
)
from jupyter_imagegen.storage.database import SHORT_BUSY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from jupyter_imagegen.core.budgets import Budget
    from jupyter_imagegen.storage import Storage
    from jupyter_imagegen.storage.layers import Layer

#: Seconds after which a replay tries again to open a store that it could not open.
_SPARE_SECONDS = 10.0


class Stores(StaysHere):
    """Opens each home once: a run that began before the home changed still writes to the one it began with.

    Parameters
    ----------
    now
        The local time, with its zone.
    session
        The session's id.
    budgets
        Gives the budgets of the configuration, for what is said of a home that cannot be used.

    Examples
    --------
    >>> stores = Stores(now=clock, session="k1", budgets=lambda: ())
    >>> stores.to_read(Path("/somewhere/new")).ledger.spending().total.calls
    0
    """

    def __init__(
        self, *, now: Callable[[], datetime], session: str, budgets: Callable[[], tuple[Budget, ...]]
    ) -> None:
        self._now = now
        self._session = session
        self._budgets = budgets
        self._lock = threading.RLock()
        self._opened: dict[Path, Storage] = {}
        self._unmade: dict[Path, Storage] = {}
        self._spare: dict[Path, tuple[Storage, float]] = {}
        self._layers: dict[Path, Layer] = {}
        self._told: Storage | None = None
        self._tried_at = float("-inf")

    def of(self, home: Path) -> Storage:
        """A home's store, made where there is none; a temporary one where the folder cannot be used.

        Where that may hold a ledger, the temporary one has what can be read of it and refuses paid calls.

        Raises
        ------
        HomeError
            If the folder is no store's: a budget may be meant to be kept there.
        NewerSchemaError
            If a newer version wrote the store: working beside it would pay for what it holds.
        """
        with self._lock:
            if home not in self._opened:
                self._opened[home] = self._open(home)
            return self._opened[home]

    def to_read(self, home: Path) -> Storage:
        """The same for whoever only looks: where no store was made yet, an empty one in memory.

        Raises
        ------
        HomeError, NewerSchemaError
            As `of`.
        """
        with self._lock:
            if home in self._opened or not is_unmade(home):
                return self.of(home)
            if home not in self._unmade:
                place = looked_up(home)
                self._unmade[home] = (
                    open_unmade_storage(home, now=self._now, session=self._session)
                    if place.paid
                    else self._stand_in(Unusable(home=home, why=PlaceError.at(home, place), held=True))
                )
            return self._unmade[home]

    def to_replay(self, home: Path) -> Storage:
        """The same for a replay, which needs none: where it cannot be opened at once, an empty one."""
        with self._lock:
            found = self._opened.get(home)
            if found is not None and found.stands_for is None and not found.failed:
                return found
            spare, until = self._spare.get(home, (None, 0.0))
            if spare is not None and not spare.failed and time.monotonic() < until:
                return spare
            with contextlib.suppress(ImagegenError):
                if is_unmade(home):
                    return self.to_read(home)
            until = float("inf")
            try:
                storage = open_at_once(home, now=self._now, session=self._session)
            except (ImagegenError, OSError) as exc:
                why = exc if isinstance(exc, StoreError) else StoreError(f"the store cannot be used ({exc})")
                missing = Unusable(home=home, why=why, held=True)
                storage = open_unopened_storage(missing, now=self._now, session=self._session)
                until = time.monotonic() + _SPARE_SECONDS
            if spare is not None:
                spare.close()
            self._spare[home] = storage, until
            return storage

    def choose(self, home: Path) -> None:
        """Open a home that was just chosen, without a temporary store in place of one that cannot be used.

        Raises
        ------
        ConfigError
            If it cannot be a home.
        NewerSchemaError
            If a newer version wrote the store.
        """
        try:
            with self._lock:
                if home not in self._opened:
                    self._opened[home] = self._opened_home(home)
        except NewerSchemaError:
            raise
        except StoreError as exc:
            message = f"home = {clean(str(home), 200)!r} cannot be used: {exc.message}"
            raise ConfigError(message, hint=exc.hint) from exc

    def look_again(self, home: Path, *, every: float = 0.0) -> None:
        """Before a picture is made: open a store again that could not be used, or that failed since.

        Parameters
        ----------
        every
            Seconds that must have passed since it was tried in vain.

        Raises
        ------
        NewerSchemaError
            If a newer version wrote the store meanwhile.
        """
        with self._lock:
            if home not in self._opened or time.monotonic() < self._tried_at + every:
                return
            storage = self._opened[home]
            missing = storage.stands_for
            try:
                if missing is None and storage.failed:
                    storage.reopen()
                elif missing is not None and missing.held:
                    self._opened[home] = self._opened_home(home, busy_seconds=SHORT_BUSY_SECONDS)
            except (HomeError, NewerSchemaError):
                raise
            except StoreError as exc:
                self._tried_at = time.monotonic()
                if missing is not None:
                    missing.why = exc
                else:
                    self._opened[home] = self._stand_in(Unusable(home=home, why=exc, held=True))

    def opening_note(self, home: Path) -> str:
        """What the user should know of a home's store: that it is temporary, or was put right; else empty."""
        with self._lock:
            return self._note_of(self._opened[home]) if home in self._opened else ""

    def note(self, storage: Storage) -> str:
        """What a result says of its store; that it can only be read, or was put right, is said once."""
        with self._lock:
            if not any(opened is storage for opened in self._opened.values()):
                return ""
            if storage.stands_for is not None and storage.stands_for.held:
                if self._told is storage:
                    return ""
                self._told = storage
            note = self._note_of(storage)
            if storage.stands_for is None:
                # What was put right is said once; later it may not be true any more.
                storage.notes = ()
            return note

    def untold(self) -> str:
        """What was put right in stores that were opened, where no result has said it; said once."""
        with self._lock:
            sound = [storage for storage in self._opened.values() if storage.stands_for is None]
            return " ".join(filter(None, map(self.note, sound)))

    def layers(self, homes: tuple[Path, ...], own: Path) -> tuple[Layer, ...]:
        """The stores of others that are looked up after one's own."""
        from jupyter_imagegen.storage.layers import Layer

        with self._lock:
            for home in homes:
                self._layers.setdefault(home, Layer(home))
            return tuple(self._layers[home] for home in homes if home.absolute() != own)

    def close(self) -> None:
        """Close every store that was opened; a temporary one is deleted."""
        with self._lock:
            spare = (storage for storage, _ in self._spare.values())
            for storage in (*self._opened.values(), *self._unmade.values(), *spare):
                storage.close()
            self._opened, self._unmade, self._spare = {}, {}, {}

    def _open(self, home: Path) -> Storage:
        """A home's store, or one that stands in for it.

        Where locks do not exclude no call is paid from the first picture on: another machine may pay too.
        """
        held = may_hold_a_ledger(home)
        try:
            return self._opened_home(home)
        except (HomeError, NewerSchemaError):
            raise
        except StoreError as exc:
            return self._stand_in(Unusable(home=home, why=exc, held=held or isinstance(exc, PlaceError)))

    def _opened_home(self, home: Path, **options: Any) -> Storage:
        return open_storage(home, now=self._now, session=self._session, **options)

    def _stand_in(self, missing: Unusable) -> Storage:
        """A temporary store for a home that cannot be used."""
        storage = open_temporary_storage(now=self._now, session=self._session, stands_for=missing)
        # Its folder goes with the process that made it, not with a forked child of that.
        atexit.register(_close_in, os.getpid(), storage)
        return storage

    def _note_of(self, storage: Storage) -> str:
        """What the user should know about a store, as things are now."""
        missing = storage.stands_for
        if missing is None:
            return " ".join(storage.notes)
        why = str(missing.why)
        note = f"{why if why.endswith('.') else f'{why}.'} Pictures are kept only until this kernel ends"
        if missing.held:
            return f"{note}, stored ones are only read, and no call is paid."
        here: list[Budget] = []
        # Settings that broke meanwhile must not take a picture's caption away.
        with contextlib.suppress(ImagegenError):
            here = [one for one in storage.ledger.budgets(self._budgets()) if one.scope == "session"]
        holds = f"Only {', '.join(map(str, here))} holds here" if here else "No budget holds here"
        return f"{note}, and so are costs. {holds}: others are kept in a store."


def _close_in(pid: int, storage: Storage) -> None:
    if os.getpid() == pid:
        storage.close()
