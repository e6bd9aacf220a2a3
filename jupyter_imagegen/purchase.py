"""Buying what the store does not have: reserve → call → keep → settle."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_imagegen.core.dollars import Estimate, format_usd
from jupyter_imagegen.core.events import Kept, PartialShown, Sent, Waiting
from jupyter_imagegen.core.sizes import parse_size
from jupyter_imagegen.core.text import sentence, upper_first
from jupyter_imagegen.errors import (
    AbandonedError,
    BadAnswerError,
    BudgetExceededError,
    ProviderError,
    StoreError,
    UnknownPriceError,
)
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Retrying, Sending, Unread
from jupyter_imagegen.storage import Deck

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import datetime

    from jupyter_imagegen.core.budgets import Budget
    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.core.usage import Usage
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.storage import Storage
    from jupyter_imagegen.storage.images import Received
    from jupyter_imagegen.storage.unread import UnreadAnswer

T = TypeVar("T")

#: Pixels of a picture whose size the model chooses, and bytes that a pixel of a PNG takes.
_LARGE, _BYTES_PER_PIXEL = (1536, 1024), 2
#: After why the disk did not take a picture that is there.
NOT_STORED = "The picture is shown but not stored: keep it with r.save(…)."
#: What to do about an answer that could not be read.
_REREAD = "After an update, `jupyter imagegen store reread` tries to read what was kept, at no cost."


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request and everything about this run of it that does not change the picture.

    Attributes
    ----------
    request, options, provider
        What is asked, how it is sent, and who makes it.
    fresh : bool
        Buy new samples although stored ones are there.
    budgets : tuple of Budget
        Budgets from the configuration, besides those in the ledger.
    max_cost : Decimal or None
        US dollars that this one run may cost at most.
    alt, notebook : str
        Alt text, and the notebook's name for the history.
    deck : Deck
        The cassette in use, and how.
    styles : tuple of (str, str)
        The named styles around the prompt, and their words; for a recording.
    notes : tuple of str
        What the user should know in any case, such as what was changed in a picture that goes in.
    before_paying : callable
        Gives what the user should know before a call that costs.
    """

    request: GenerateRequest
    options: CallOptions
    provider: Provider
    fresh: bool = False
    budgets: tuple[Budget, ...] = ()
    max_cost: Decimal | None = None
    alt: str = ""
    notebook: str = ""
    deck: Deck = field(default_factory=Deck)
    styles: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    before_paying: Callable[[], tuple[str, ...]] = tuple


def estimated(order: Order, n: int, moment: datetime) -> Estimate:
    """What `n` pictures of an order would cost; nothing where the provider is free."""
    if not order.provider.paid:
        free = Decimal(0)
        return Estimate(usd=free, ceiling=free, tokens=None, kind="exact", note="", source="")
    return order.provider.estimate(order.request, replace(order.options, n=n), moment=moment)


@dataclass(kw_only=True)
class Purchase:
    """One call for the missing samples of a key; made by whoever holds the key's lock.

    Attributes
    ----------
    images : list of Image
        What came and is a picture, on disk where the disk took it.
    notes : list of str
        What the user should know.
    usd : Decimal or None
        What it cost; None where it is unknown.
    ceiling : Decimal or None
        What the ledger counts while `usd` is unknown.
    usage : Usage or None
        The tokens that the API reported.
    failure : ProviderError, AbandonedError or None
        How it failed, also where some pictures had come before.
    charge_id : str
        Its charge in the ledger; empty before there is one.
    """

    order: Order
    key: str
    n: int
    storage: Storage
    moment: datetime
    monotonic: Callable[[], float] = time.monotonic
    images: list[Image] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    usd: Decimal | None = Decimal(0)
    ceiling: Decimal | None = None
    usage: Usage | None = None
    failure: ProviderError | AbandonedError | None = None
    charge_id: str = ""
    _first: int = 0
    _sent_at: float | None = None
    _in_flight: bool = False
    _priced: Estimate | None = None
    #: Why bytes are no picture, and where they are.
    _rejected: list[tuple[str, str]] = field(default_factory=list)
    #: Where answers are that the provider could not read.
    _places: list[str] = field(default_factory=list)
    _kept_unread: bool = False
    _flaws: tuple[str, ...] = ()
    _odd_cost: str = ""
    _answer: Answered = field(default_factory=Answered)

    async def run(self) -> AsyncGenerator[Event, None]:
        """Reserve, call, keep, settle.

        Raises
        ------
        BudgetError
            If a budget or `max_cost` blocks it; nothing was called.
        StoreError
            If the store cannot take a picture, or the ledger cannot be written; nothing was called.
        ProviderError
            If no picture came; the charge is settled by the reported usage, else released, or left at
            its ceiling where it may be billed.
        """
        try:
            await to_the_end(self._reserve)
            async with contextlib.aclosing(self._called()) as events:
                async for event in events:
                    yield event
        except ProviderError as exc:
            await to_the_end(self._settle_failure, exc)
            self._add_places(exc)
            self.failure = exc
            if not self.images:
                raise
            self.notes.append(str(exc))
            self._note_pictures()
        except BaseException:
            await to_the_end(self._abandon)
            raise
        else:
            await to_the_end(self._settle)

    def _reserve(self) -> None:
        order = self.order
        priced = self._priced = estimated(order, self.n, self.moment)
        check_max_cost(order.max_cost, priced)
        if order.provider.paid:
            self.storage.try_to_keep(self.n * _likely_bytes(order.request))
        self._first = order.deck.next_sample(self.storage.pictures, self.key)
        self.charge_id = self.storage.ledger.reserve(
            key=self.key,
            provider=order.provider.name,
            model=order.request.model,
            endpoint=order.provider.endpoint,
            n=self.n,
            ceiling=priced.ceiling,
            budgets=order.budgets if order.provider.paid else (),
            paid=order.provider.paid,
            notebook=order.notebook,
        ).id
        # Only now may it cost something.
        self.usd, self.ceiling = None, priced.ceiling

    async def _called(self) -> AsyncGenerator[Event, None]:
        options = replace(self.order.options, n=self.n, first_sample=self._first)
        stream = self.order.provider.make(self.order.request, options)
        async with contextlib.aclosing(stream) as events:
            async for event in events:
                if isinstance(event, Answered):
                    self._answer = event
                elif isinstance(event, Drawn):
                    image = await to_the_end(self._keep, event)
                    if image is not None:
                        yield Kept(image=image)
                elif isinstance(event, Unread):
                    await to_the_end(self._keep_answer, event)
                else:
                    yield await self._progress(event)

    async def _progress(self, event: Sending | Retrying | Partial) -> Event:
        if isinstance(event, Partial):
            return PartialShown(index=event.index, data=event.data)
        if isinstance(event, Retrying):
            # Only what was certainly not billed is repeated.
            self._in_flight = False
            return Waiting(wait=event.wait, reason=event.reason, attempt=event.attempt)
        # Before the first byte leaves: a process that dies from here on may have been billed.
        try:
            await to_the_end(self.storage.ledger.mark_sent, self.charge_id)
        except StoreError:
            if self.order.provider.paid:
                raise
        self._sent_at = self._sent_at or self.monotonic()
        self._in_flight = True
        return Sent(attempt=event.attempt)

    def _keep(self, drawn: Drawn) -> Image | None:
        """Put a picture on disk; None for bytes that are none."""
        seconds = self.monotonic() - (self._sent_at or self.monotonic())
        sample = self._first + len(self.images)
        image = self._kept(drawn, sample, seconds)
        if image is not None:
            self.images.append(image)
        return image

    def _kept(self, drawn: Drawn, sample: int, seconds: float) -> Image | None:
        """On disk first, then decoded, then in the index; a full disk still leaves the picture in hand.

        All in one go: of many pictures that come at once the first is done, and its place free for the next
        call, before the last one is begun.
        """
        from jupyter_imagegen.imaging import ImageRejected, examine

        pictures, order = self.storage.pictures, self.order
        received, trouble = None, ""
        try:
            received = pictures.receive(
                data=drawn.data,
                sample=sample,
                seconds=seconds,
                revised_prompt=drawn.revised_prompt,
                **self._call_facts(),
            )
        except StoreError as exc:
            trouble = str(exc)
        try:
            inspected, small = examine(drawn.data, allow_svg=order.request.output_format == "svg")
        except ImageRejected as exc:
            self._put_aside(drawn.data, received, str(exc))
            return None
        self._flaws += inspected.flaws
        if received is not None:
            try:
                return pictures.enter(received, inspected, small)
            except StoreError as exc:
                trouble = str(exc)
        self.notes.append(f"{trouble} {NOT_STORED}")
        return pictures.unkept(
            data=drawn.data,
            inspected=inspected,
            preview=small,
            sample=sample,
            seconds=seconds,
            revised_prompt=drawn.revised_prompt,
        )

    def _call_facts(self) -> dict[str, Any]:
        """What the store writes down of every answer to this call."""
        order = self.order
        return {
            "key": self.key,
            "namespace": order.provider.namespace,
            "request": order.request,
            "provider": order.provider.name,
            "charge_id": self.charge_id,
            "notebook": order.notebook,
            "alt": order.alt,
        }

    def _put_aside(self, data: bytes, received: Received | None, reason: str) -> None:
        """Keep bytes that are no picture for a later try."""
        unread, endpoint = self.storage.unread, self.order.provider.endpoint
        try:
            if received is not None:
                with received.writer as writer:
                    pending = writer.path(".json")
                    answer = unread.take(pending, received.recipe, reason=reason, endpoint=endpoint)
            else:
                recipe = self.storage.pictures.recipe_of(data=data, **self._call_facts())
                answer = unread.keep(data, recipe, whole=False, reason=reason, endpoint=endpoint)
        except StoreError as exc:
            self._rejected.append((reason, f"it could not be kept: {exc.message}"))
        else:
            self._rejected.append((reason, self._place(answer)))

    def _keep_answer(self, event: Unread) -> None:
        """Put an answer that the provider cannot read on disk, whole."""
        recipe = self.storage.pictures.recipe_of(data=event.data, **self._call_facts())
        try:
            answer = self.storage.unread.keep(
                event.data,
                recipe,
                n=self.n,
                reason=event.reason,
                media_type=event.media_type,
                endpoint=self.order.provider.endpoint,
                addresses=event.addresses,
            )
        except StoreError as exc:
            self._places.append(f"the answer could not be kept: {exc.message}")
        else:
            self._places.append(f"the answer is {self._place(answer)}")

    def _place(self, answer: UnreadAnswer) -> str:
        self._kept_unread = True
        if self.storage.persistent:
            return f"kept in {answer.path}"
        return f"kept in {answer.path} until this process ends"

    def _add_places(self, exc: ProviderError) -> None:
        """Say in an error where what came is kept, and what it cost."""
        places = [*self._places, *(f"a picture is {place} ({reason})" for reason, place in self._rejected)]
        if self._answer.usage is not None and self.usd is not None:
            places.append(f"it cost {format_usd(self.usd)} by the reported usage")
        if places:
            first = exc.message.removesuffix(".")
            told = "; ".join(places)
            exc.message = f"{first} {upper_first(told)}" if first.endswith(("?", "!")) else f"{first}; {told}"
            exc.args = (exc.message,)
        if self._kept_unread and _REREAD not in exc.hint:
            exc.hint = f"{exc.hint} {_REREAD}".strip()

    def _settle(self) -> None:
        """Write down what the call cost, by its usage; without usage it stays at its ceiling."""
        self._settle_by_answer()
        self._note_answer()
        self._note_pictures()
        if not self.images:
            reasons = "; ".join(f"{reason} ({place})" for reason, place in self._rejected)
            known = self._answer.usage is not None and self.usd is not None
            cost = (
                f"It cost {format_usd(self.usd)} by the reported usage."
                if known
                else "It may have been billed."
            )
            again = "Run the cell again for another try."
            self.failure = BadAnswerError(
                f"the answer of {self.order.provider.name} contained no valid picture: "
                + (reasons or "; ".join(self._places) or "it contained none"),
                hint=" ".join([cost, _REREAD, again] if self._kept_unread else [cost, again]),
            )
            raise self.failure

    def _settle_by_answer(self, reason: str | None = None) -> None:
        answer = self._answer
        self.usage, self.usd = answer.usage, self._cost(answer)
        self._note_cost()
        try:
            self.storage.ledger.settle(
                self.charge_id,
                cost=self.usd,
                usage=answer.usage,
                pictures=len(self.images),
                request_id=answer.request_id,
                reason=self._reason(reason),
            )
        except StoreError as exc:
            self.notes.append(f"{exc} The charge stays in the ledger at its maximum.")
        else:
            # The ledger has the cost; what stands beside each picture is for its caption only.
            with contextlib.suppress(StoreError):
                self.images = self.storage.pictures.price(
                    self.key, self.images, cost=self.usd, usage=answer.usage, request_id=answer.request_id
                )

    def _reason(self, reason: str | None) -> str | None:
        """What the ledger says beside a charge: how it failed, what is odd about its cost, what is unread."""
        unread = "an unread answer is kept" if self._kept_unread else None
        return "; ".join(filter(None, (reason, self._odd_cost, unread))) or None

    def _note_cost(self) -> None:
        from jupyter_imagegen.core.differences import odd_cost

        if self._priced is not None and self.order.provider.paid:
            all_came = len(self.images) >= self.n
            self._odd_cost = odd_cost(self.usd, self._priced, all_came=all_came)
        if self._odd_cost:
            self.notes.append(sentence(self._odd_cost))

    def _note_answer(self) -> None:
        answer, request = self._answer, self.order.request
        if answer.warning:
            self.notes.append(answer.warning)
        for name, used in (("size", answer.size), ("quality", answer.quality)):
            asked = getattr(request, name)
            if used and asked == "auto":
                self.notes.append(f"{name} auto became {used}.")
            elif used and name == "quality" and asked not in {None, used}:
                self.notes.append(f"quality {asked} was requested, and the picture is {used}.")
        if self.images and len(self.images) < self.n:
            self.notes.append(f"{len(self.images)} of {self.n} pictures arrived; run it again for the rest.")

    def _note_pictures(self) -> None:
        """Say what is not as it was asked for, of each picture once."""
        from jupyter_imagegen.core.differences import unlike_asked

        notes = [f"A picture was put aside: {reason}; {place}." for reason, place in self._rejected]
        if self.images:
            notes += [sentence(place) for place in self._places]
        notes += [*self._flaws, *unlike_asked(self.order.request, self.images)]
        if self._kept_unread:
            notes.append(_REREAD)
        self.notes += dict.fromkeys(note for note in notes if note not in self.notes)

    def _cost(self, answer: Answered) -> Decimal | None:
        if not self.order.provider.paid:
            return Decimal(0)
        provider = self.order.provider
        try:
            return provider.cost(self.order.request, answer, moment=self.moment)
        except Exception as exc:  # noqa: BLE001 - whatever a provider raises here, the pictures are paid for
            self.notes.append(f"{provider.name} could not tell the cost: {type(exc).__name__}: {exc}.")
            return None

    def _settle_failure(self, exc: ProviderError) -> None:
        if self._answer.usage is not None:
            # What the server says it used is what it bills, whatever came of it.
            self._settle_by_answer(type(exc).__name__)
        else:
            self._close(billed=exc.billed == "possibly" or bool(self.images), reason=type(exc).__name__)

    def _abandon(self) -> None:
        """What had not left is certainly not billed, what had left may be."""
        if not self.charge_id:
            return  # nothing was reserved
        billed = self._in_flight or bool(self.images)
        reason = "abandoned while it was being made" if billed else "abandoned before it was sent"
        if self._answer.usage is not None:
            self._settle_by_answer(reason)
        else:
            self._close(billed=billed, reason=reason)
        if billed:
            self.failure = AbandonedError(reason)

    def _close(self, *, billed: bool, reason: str) -> None:
        """Close the charge of a call that went wrong.

        A ledger that cannot be written must not hide what went wrong: the charge stays open and counted, and
        is closed as an orphan by whoever opens the store next.
        """
        ledger = self.storage.ledger
        billed = billed and self.order.provider.paid
        if not billed:
            self.usd, self.ceiling = Decimal(0), None
        with contextlib.suppress(StoreError):
            closing = ledger.possibly_billed if billed else ledger.release
            closing(self.charge_id, self._reason(reason) or reason)


async def to_the_end(call: Callable[..., T], *args: Any) -> T:
    """Make a call of the store's or the ledger's beside the loop, which is everybody's.

    It may wait for another process's lock. A run that is cancelled meanwhile waits for its end, and is
    cancelled then: a picture reaches the disk, and a reservation is known before it is given up.
    """
    task = asyncio.ensure_future(asyncio.to_thread(call, *args))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _likely_bytes(request: GenerateRequest) -> int:
    """What a picture of this size may have, compressed as PNG is."""
    width, height = parse_size(request.size) or _LARGE
    return width * height * _BYTES_PER_PIXEL


def check_max_cost(max_cost: Decimal | None, estimate: Estimate) -> None:
    """Refuse what could cost more than one run may, or an unknown amount."""
    if max_cost is None:
        return
    if estimate.ceiling is None:
        raise UnknownPriceError(
            f"this call has no known maximum price, and --max-cost {format_usd(max_cost)} needs one",
            hint="Choose a model and size with a published price, or leave --max-cost out.",
        )
    if estimate.ceiling > max_cost:
        raise BudgetExceededError(
            f"this could cost up to {format_usd(estimate.ceiling)}, "
            f"more than --max-cost {format_usd(max_cost)}",
            hint="Raise --max-cost, or choose a lower quality, a smaller size or fewer pictures.",
        )
