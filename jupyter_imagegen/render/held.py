"""Calls whose cost is not known: what is held for each, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.money import unknown_held_words
from jupyter_imagegen.render.captions import short_model
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.tables import View, paragraphs, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from jupyter_imagegen.render.tables import Cell
    from jupyter_imagegen.storage import Held

#: More calls than a person reads; the newest are shown.
_MOST_SHOWN = 50
_WHY_CHARACTERS = 200
_NOTHING_HELD = "Nothing is held: the cost of every call is known."


def held_view(
    held: Sequence[Held], *, stopped: str = "", known: bool = True, zone: tzinfo | None = None
) -> View:
    """Return every call of unknown cost, the newest first.

    Parameters
    ----------
    stopped
        Why no call is paid now; empty where nothing is in its way.
    known
        Whether the ledger could be read.
    zone
        Whose time is told: the ledger's; None for that of this process.
    """
    why = [stopped[:1].upper() + stopped[1:]] if stopped else []
    if not known:
        return paragraphs("Held", ["What is held is not known.", *why])
    if not held:
        return paragraphs("Held", ["Nothing is held.", *why] if why else [_NOTHING_HELD])
    shown = sorted(held, key=lambda one: one.at, reverse=True)[:_MOST_SHOWN]
    rows: list[list[Cell]] = [
        [
            one.id,
            f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
            short_model(one_line(one.model, 40)),
            str(one.n),
            "unknown" if one.ceiling_usd is None else format_usd(one.ceiling_usd),
            one_line(one.request_id or "", 60),
            one_line(one.reason, _WHY_CHARACTERS),
        ]
        for one in shown
    ]
    foot = [unknown_held_words([one.ceiling_usd for one in held])]
    if len(held) > len(shown):
        foot.append(f"the newest {len(shown)} of {len(held)} are shown")
    if any(not one.under_way for one in held):
        foot.append(
            "Look each up on your account's usage page, by its time or request id, and say what it cost: "
            "`%imagegen costs settle ID 0.04`, or `%imagegen costs settle ID unbilled`"
        )
    head = ["id", "when", "model", "pictures", "up to", "request id", "why"]
    return table("Held", head, rows, numbers={3, 4}, loose=6, foot=[*foot, *why])


def settled_view(one: Held, cost_words: str, today: str) -> View:
    """Return what settling a call by hand changed."""
    was = "an unknown cost" if one.ceiling_usd is None else f"up to {format_usd(one.ceiling_usd)} held"
    lines = [f"{one.id}: {was} became {cost_words}", f"counted on {one.day}; now {today}"]
    return paragraphs("Settled", lines)
