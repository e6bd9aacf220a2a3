"""The runs of one panel: begun by an action, told by the runner's thread, shown in the strip."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_imagegen.core.events import Done, Joined, Kept, PartialShown, Planned, Sent, Waiting
from jupyter_imagegen.errors import AbandonedError, ImagegenError, RequestError, StoreError
from jupyter_imagegen.render import estimate_words
from jupyter_imagegen.widgets.panel_strip import MOST_CARDS, Asked, Card, Run, RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.session import Session

_PARTIAL_BYTES = 20_000


class Board(Protocol):
    """Where runs are shown: the panel's traits."""

    run: dict[str, Any]
    cards: list[dict[str, Any]]
    selected: str
    said: str
    problem: str

    def send_picture(self, wanted: str) -> None:
        """Send a picture to every view."""


class Runs:
    """What a panel has under way and what it has made.

    Parameters
    ----------
    session
        Makes the pictures.
    board
        Where it is shown; its traits are set from the runner's thread too.
    monotonic
        The clock, passed in so that tests never wait.

    Attributes
    ----------
    result : Result or None
        What came last.
    """

    def __init__(self, session: Session, board: Board, monotonic: Callable[[], float]) -> None:
        self.result: Result | None = None
        self._session = session
        self._board = board
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._runs: list[Run] = []
        self._active: Run | None = None

    @property
    def busy(self) -> bool:
        """Whether the panel waits for a run; not for those that were detached."""
        return self._active is not None

    @property
    def cards(self) -> list[Card]:
        """Every picture in the strip, in its order."""
        with self._lock:
            return [card for run in self._runs for card in run.cards.values()]

    def card(self, wanted: object) -> Card:
        """The picture at a place of the strip.

        Raises
        ------
        RequestError
            If it is not there any more.
        """
        for card in self.cards:
            if card.id == wanted:
                return card
        raise RequestError(
            "that picture is no longer in the panel", hint="imagegen.gallery() has all of them."
        )

    def start(self, asked: Asked, *, fresh: bool = False) -> None:
        """Begin, and return at once.

        Raises
        ------
        ImagegenError
            If it cannot be begun; nothing was spent.
        """
        if self.busy:
            self._board.said = "One is being made already; Detach lets it go on by itself."
            return
        extra: dict[str, Any] = {"fresh": True} if fresh else {}
        job = self._session.submit(asked.prompt, **asked.pictures, **asked.options, **extra)
        with self._lock:
            run = Run(
                id=f"r{next(self._numbers)}",
                asked=asked,
                job=job,
                started=self._monotonic(),
                total=asked.options["n"],
            )
            self._active = run
            self._runs = [run, *self._runs]
            self._board.said = ""
            self._show_run(run)
            self.show_cards()
        job.subscribe(lambda event: self._heard(run, event))

    def cancel(self) -> None:
        """Give up what is being made; what had been sent may be billed."""
        if self._active is not None:
            self._active.job.cancel()

    def detach(self) -> None:
        """Let what is being made go on by itself; its pictures come into their places."""
        with self._lock:
            run, self._active = self._active, None
            if run is None:
                return
            run.detached = True
            self._board.run = {}
            self._board.said = "Detached: it goes on by itself, and its pictures will appear here."
            self.show_cards()

    def mark(self, card: Card, *, favourite: bool) -> None:
        """Show a picture as a favourite, or no longer, wherever it stands in the strip."""
        this = (card.key, card.image.sample)
        with self._lock:
            for run in self._runs:
                for place, one in run.cards.items():
                    if (one.key, one.image.sample) == this:
                        run.cards[place] = replace(one, favourite=favourite)
            self.show_cards()

    def picture(self, wanted: str) -> bytes:
        """The small copy at a place, or the unfinished one; empty where nothing has come."""
        with self._lock:
            for run in self._runs:
                if wanted in run.cards:
                    return run.cards[wanted].image.load_preview().data
                if run.next_place == wanted:
                    return run.partial
        return b""

    def show_cards(self) -> None:
        """Bring the strip up to date; the oldest pictures leave it when it is full."""
        with self._lock:
            shown = 0
            for i, run in enumerate(self._runs):
                if shown >= MOST_CARDS and run.job.done:
                    self._runs = self._runs[:i]
                    break
                shown += len(run.cards)
            self._board.cards = [
                dict(state) for run in self._runs for state in run.states(ended=run.job.done)
            ]

    def _heard(self, run: Run, event: Event | None) -> None:
        """One event of a run, None at its end; on the runner's thread, or on that which began it."""
        try:
            with self._lock:
                if event is None:
                    self._ended(run)
                else:
                    self._took(run, event)
        except Exception as exc:  # noqa: BLE001 - on this thread nobody else would see it
            self._board.problem = f"{type(exc).__name__}: {exc}"

    def _took(self, run: Run, event: Event) -> None:
        place = run.next_place
        run.take(event)
        match event:
            case Planned():
                run.price = estimate_words(event.estimate)
                run.state = "waiting for its turn" if event.missing else "from the store"
            case Joined():
                run.state = event.told
            case Sent():
                run.state = "being made" + (f", attempt {event.attempt}" if event.attempt > 1 else "")
            case Waiting():
                run.state = f"again in {event.wait:.0f} s: {event.reason}"
            case PartialShown():
                run.state = f"unfinished picture {event.index + 1}"
                run.partial = _small(event.data)
                self._board.send_picture(place)
            case Kept():
                self._board.send_picture(place)
            case Done():
                run.finish(event.result)
                self._recall(run)
                self.result = event.result
        if isinstance(event, Planned | Kept | Done):
            self.show_cards()
        if not isinstance(event, Done):
            self._show_run(run)

    def _recall(self, run: Run) -> None:
        """Pictures from the store may have been marked long ago, or in the gallery."""
        browsing = self._session.workshop.storage_to_read.browsing
        for place, card in run.cards.items():
            if card.image.origin != "provider":
                with suppress(StoreError):
                    found = browsing.one(card.key, card.image.sample)
                    run.cards[place] = replace(card, favourite=found.favourite)

    def _ended(self, run: Run) -> None:
        board, error = self._board, run.job.future.exception()
        if error is None:
            count = len(run.cards)
            made = "1 picture is" if count == 1 else f"{count} pictures are"
            board.said = " ".join((f"{made} there.", *run.job.result().notes))
        elif isinstance(error, AbandonedError):
            board.said = "Cancelled. What had been sent may be billed."
        else:
            known = isinstance(error, ImagegenError)
            board.problem = str(error) if known else f"{type(error).__name__}: {error}"
        if not run.cards:
            self._runs.remove(run)
        self.show_cards()
        if run.cards and run is self._active:
            board.selected = run.place(0)
        if run is self._active:
            # Last: whoever sees the panel idle sees all that came of the run.
            self._active, board.run = None, {}

    def _show_run(self, run: Run) -> None:
        if run is self._active:
            self._board.run = dict(
                RunState(
                    id=run.id,
                    total=run.total,
                    done=run.stored + run.kept,
                    state=run.state,
                    elapsed=self._monotonic() - run.started,
                    price=run.price,
                )
            )


def _small(data: bytes) -> bytes:
    """A small copy of an unfinished picture, only for looking at: nothing where it cannot be read."""
    from jupyter_imagegen import imaging

    with suppress(imaging.ImageRejected):
        return imaging.preview(data, max_side=512, max_bytes=_PARTIAL_BYTES).data
    return b""
