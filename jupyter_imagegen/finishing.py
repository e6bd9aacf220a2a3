"""What happens to a result after the engine: composites are made, and a recording takes it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_imagegen.core.events import Done

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.storage import Storage

    #: Takes pictures, each with its key, into the cassette in use; returns what the user should know.
    Record = Callable[[Order, Sequence[tuple[str, Image]]], list[str]]


async def finished(
    events: AsyncGenerator[Event, None],
    order: Order,
    storage: Storage,
    *,
    keep_outside: bool,
    feather: int,
    record: Record,
) -> AsyncGenerator[Event, None]:
    """The engine's events, with a result that is whole.

    Parameters
    ----------
    events
        What the engine says of this order.
    order
        What was ordered.
    storage
        Where composites are kept.
    keep_outside, feather
        Whether the original is put back outside the mask, and over how many pixels.
    record
        Called where the order's cassette records.
    """
    async with aclosing(events):
        async for event in events:
            if not isinstance(event, Done):
                yield event
                continue
            result = event.result
            shown = [(result.key, image) for image in result.images]
            if keep_outside:
                from jupyter_imagegen.composites import kept_outside

                result = await asyncio.to_thread(
                    kept_outside, result, storage, deck=order.deck, feather=feather
                )
                shown += zip(result.picture_keys, result.images, strict=True)
            if order.deck.mode == "record":
                notes = await asyncio.to_thread(record, order, shown)
                result = replace(result, notes=(*result.notes, *notes))
            yield Done(result=result)
