"""Takes orders: from a prompt, pictures and options to what the engine runs, and to what that would cost."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.money import left_words
from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.core.text import missing_words
from jupyter_imagegen.errors import BudgetError, RequestError
from jupyter_imagegen.hidden import StaysHere
from jupyter_imagegen.purchase import check_max_cost, estimated
from jupyter_imagegen.storage import cost_to_author

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.models import Models
    from jupyter_imagegen.core.prompts import Style
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.results import Result
    from jupyter_imagegen.orders import PictureOptions
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.storage import Deck
    from jupyter_imagegen.workshop import Workshop

#: More pictures than any store holds of one request: no stored ones will do.
_NEVER = sys.maxsize


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What a cell would do, without doing it.

    Attributes
    ----------
    order : Order
        The exact request, who would make it, and how it would be sent.
    key : str
        The request's SHA-256.
    stored : int
        How many of the wanted pictures are there already, recorded or in the store.
    recorded : int
        How many of those are in the cassette in use.
    author_usd : Decimal or None
        What the recorded ones cost whoever recorded them; None where that is not known.
    estimate : Estimate
        What the rest would cost now, by whoever would make it.
    listed : Estimate
        What all of them cost from the model's maker when none is stored; nothing only where the free provider
        was asked for by name.
    notes : tuple of str
        What the user should know, such as a model's shutdown.
    stopped : str
        Why the missing ones would not be bought now, whatever they cost; empty where nothing is in the way.
        Those that are there are shown all the same.
    """

    order: Order
    key: str
    stored: int
    recorded: int
    author_usd: Decimal | None
    estimate: Estimate
    listed: Estimate
    notes: tuple[str, ...]
    stopped: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """The notes, and that a call would be refused."""
        if not self.stopped:
            return self.notes
        n = self.order.options.n
        refused = f"It would be refused now: {self.stopped}"
        return (*self.notes, missing_words(n, self.stored, self.stopped) if self.stored else refused)


class Desk(StaysHere):
    """Where a session's orders are taken.

    Parameters
    ----------
    workshop
        Settings, store, catalog and providers.
    last
        Gives the session's last result, which `-i last` means.

    Examples
    --------
    >>> desk.preflight("a lighthouse", (None, None, None), None, {"quality": "low"}).stored
    0
    """

    def __init__(self, workshop: Workshop, *, last: Callable[[], Result | None]) -> None:
        self._workshop = workshop
        self._last = last

    def preflight(
        self,
        prompt: str,
        pictures: tuple[object, object, object],
        names: Mapping[str, Any] | None,
        options: PictureOptions,
    ) -> Preflight:
        """What a run would do and cost; see `Session.preflight`."""
        workshop = self._workshop
        settings = workshop.settings()
        order = self.order(settings, prompt, pictures, names, options, calling=False)
        key = request_key(order.request, namespace=order.provider.namespace)
        deck, n = order.deck, order.options.n
        wants_new = order.fresh and not deck.replays
        there, unreadable = ([], None) if wants_new else deck.look(workshop.storage_to_read.pictures, key, n)
        if unreadable is not None and not there:
            raise unreadable
        missing = n - len(there)
        notes: list[str] = []
        moment, stopped = workshop.now(), "" if unreadable is None else str(unreadable)
        if missing and not deck.replays:
            try:
                notes += order.provider.validate(order.request, order.options, moment=moment)
            except RequestError as exc:
                if not there:
                    raise
                stopped = str(exc)
            if order.provider.paid:
                notes += order.before_paying()
                stopped = stopped or workshop.paid_calls_stopped()
                if there and not stopped:
                    price = estimated(order, missing, moment)
                    stopped = workshop.missing_key(order.provider) or self._over(order, price)
        named = options.get("provider") or settings.provider
        maker = order if named else replace(order, provider=workshop.asked(model=order.request.model))
        return Preflight(
            order=order,
            key=key,
            stored=len(there),
            recorded=sum(image.origin == "cassette" for image in there),
            author_usd=cost_to_author(there),
            estimate=estimated(order, 0 if deck.replays or (there and stopped) else missing, moment),
            listed=estimated(maker, n, moment),
            notes=(*order.notes, *notes),
            stopped=stopped,
        )

    def _over(self, order: Order, price: Estimate) -> str:
        """Why a price would be refused; the ledger alone decides, when it is reserved."""
        try:
            check_max_cost(order.max_cost, price)
        except BudgetError as exc:
            return str(exc)
        for scope, left in self._workshop.storage_to_read.ledger.left(order.budgets).items():
            if price.ceiling is None:
                return "their maximum price is not known, and a budget needs it"
            if price.ceiling > left:
                return f"they could cost up to {format_usd(price.ceiling)}, with {left_words(left, scope)}"
        return ""

    def order(
        self,
        settings: Settings,
        prompt: str,
        pictures: tuple[object, object, object],
        names: Mapping[str, Any] | None,
        options: PictureOptions,
        *,
        calling: bool = True,
    ) -> Order:
        """What the engine runs; `pictures` are those to change, the mask and the markup, None for none.

        Raises
        ------
        RequestError
            If an option is unknown, or a picture cannot be used.
        CassetteError, ConfigError
            If the cassette in use cannot be used.
        """
        from jupyter_imagegen.core.prompts import apply_styles
        from jupyter_imagegen.orders import (
            build_order,
            build_request,
            given_options,
            input_pictures,
            pictures_wanted,
            style_names,
            without_unsupported,
        )

        workshop = self._workshop
        deck = workshop.deck(settings)
        author = {} if deck.cassette is None else deck.cassette.manifest.settings
        recorded = settings.with_recorded(author, replays=deck.replays)
        named = options.get("provider") or settings.provider
        models = workshop.asked(named, options.get("model") or recorded.model).models()
        declared = models.get(_model_of(options, recorded, models, workshop.utc_date))
        parameters = () if declared is None else [each.name for each in declared.parameters]
        options = given_options(options, parameters)
        # A screen reader is told what the user wrote, not the craft that a style puts around it.
        options = {**options, "alt": options.get("alt") or prompt}
        own, inputs = settings, input_pictures(workshop.sources(self._last, settings), pictures, names)

        def written(deck: Deck) -> tuple[GenerateRequest, Settings, list[Style], list[str]]:
            """The request as it is with a cassette in use, the settings that hold, styles, and notes."""
            settings = own
            if deck.cassette is not None:
                settings = own.with_recorded(deck.cassette.manifest.settings, replays=deck.replays)
            styles = workshop.used_styles(asked, deck) if (asked := style_names(options)) else []
            model = _model_of(options, settings, models, workshop.utc_date)
            request = build_request(
                apply_styles(prompt, styles) if styles else prompt,
                settings=settings,
                model=model,
                declared=models.get(model),
                options=options,
                inputs=inputs,
            )
            request, left_out = without_unsupported(request, models.get(model))
            notes = [*inputs.notes, *left_out]
            free = "size" not in options and workshop.size_is_free(own, deck)
            if free and isinstance(request, EditRequest):
                request, note = self._in_shape(
                    request, deck, named=options.get("provider"), fresh=bool(options.get("fresh"))
                )
                notes += note
            return request, settings, styles, notes

        request, settings, styles, notes = written(deck)
        named = options.get("provider") or settings.provider
        provider = workshop.provider_for(
            request,
            named=named,
            wanted=_NEVER if options.get("fresh") else pictures_wanted(options),
            calling=calling,
            deck=deck,
        )
        order = build_order(
            request,
            settings=settings,
            options=options,
            provider=provider,
            notebook=workshop.notebook_name(),
            deck=deck,
            styles=styles,
            notes=notes,
        )
        return workshop.with_notes(order, settings, named=named, request_in=lambda deck: written(deck)[0])

    def _in_shape(
        self, request: EditRequest, deck: Deck, *, named: str | None, fresh: bool
    ) -> tuple[EditRequest, list[str]]:
        """An edit in the shape of its first picture, and what the user should know of that.

        An edit that was recorded without regard to the shape, as earlier versions asked for it, is taken as
        it is: a lesson must not be bought again.
        """
        workshop, first = self._workshop, request.images[0]
        size = workshop.size_rule(request.model, named).in_shape_of(first.width, first.height)
        if size == request.size:
            return request, []
        shaped = replace(request, size=size)
        wants_new = fresh and not deck.replays
        if not wants_new and not workshop.is_stored(shaped, deck) and workshop.is_recorded(request, deck):
            return request, [f"recorded as {request.size}, and not in the shape of the picture that went in."]
        shape = f"{first.name or 'the picture'}, {first.width}x{first.height}"
        return shaped, [f"size {size}: in the shape of {shape}; -s, or size=, asks for another."]


def _model_of(options: PictureOptions, settings: Settings, models: Models, today: date) -> str:
    """The model that is asked for: the call's, the settings' where this provider has it, or its default."""
    if named := options.get("model"):
        return named
    if settings.model and (not options.get("provider") or not models.models or models.get(settings.model)):
        return settings.model
    name: str = models.default(today).name
    return name
