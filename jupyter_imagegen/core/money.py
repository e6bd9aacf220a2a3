"""The words of money, once for every face: periods, and what was spent, is held and is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.text import count_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_imagegen.core.budgets import Scope

#: What is held, for a note under a table or a meter.
HELD_NOTE = (
    "held: calls under way, and calls whose cost is unknown, at the most that they can have cost; budgets "
    "count them as spent. `%imagegen costs held` lists them"
)


@dataclass(frozen=True, kw_only=True)
class ScopeWords:
    """What a budget's period is called.

    Attributes
    ----------
    name
        Before an amount: `today $0.21`.
    title
        The same as a heading.
    whose
        Before a budget: `today's $5.00`.
    within
        After an amount: `$4.79 left today`.
    """

    name: str
    title: str
    whose: str
    within: str


#: Every period, from the shortest to the longest.
SCOPE_WORDS: Mapping[Scope, ScopeWords] = {
    "session": ScopeWords(name="session", title="Session", whose="this session's", within="in this session"),
    "day": ScopeWords(name="today", title="Today", whose="today's", within="today"),
    "month": ScopeWords(name="this month", title="This month", whose="this month's", within="this month"),
    "total": ScopeWords(name="all time", title="All time", whose="the whole", within="in all"),
}


class Counted(Protocol):
    """Money within a period, as the ledger counts it; see `storage.Spent`."""

    @property
    def usd(self) -> Decimal:
        """US dollars that calls are known to have cost."""

    @property
    def held_usd(self) -> Decimal:
        """US dollars that are held for calls whose cost is not known."""

    @property
    def held_calls(self) -> int:
        """How many calls those are."""

    @property
    def unpriced(self) -> int:
        """Ended calls of unknown cost."""

    @property
    def unbounded(self) -> int:
        """Calls of unknown cost for which no amount can be held."""


def spent_words(counted: Counted) -> str:
    """What was spent, what is held and what is unknown; unknown is never `$0.00`.

    Examples
    --------
    >>> from jupyter_imagegen.storage import Spent
    >>> calls = {"unpriced": 3, "calls": 4, "pictures": 1, "hits": 0, "saved_usd": Decimal(0)}
    >>> held = {"held_usd": Decimal("0.12"), "held_calls": 2, "unbounded": 1}
    >>> spent_words(Spent(usd=Decimal("0.04"), **held, **calls))
    '$0.04 spent, up to $0.12 more held for 2 calls, and 1 call of unknown cost'
    """
    held = held_words(counted, more=bool(counted.usd))
    if not held:
        return format_usd(counted.usd)
    return f"{format_usd(counted.usd)} spent, {held}" if counted.usd else held


def held_words(counted: Counted, *, more: bool = False) -> str:
    """What is held and what is unknown; empty where everything is known.

    Parameters
    ----------
    more
        Whether an amount that was spent stands before it.
    """
    held, unknown, calls_unknown = "", "", unknown_calls(counted)
    if counted.held_usd:
        calls = f" for {_calls(counted.held_calls)}" if counted.held_calls else ""
        held = f"up to {format_usd(counted.held_usd)}{' more' if more else ''} held{calls}"
    if calls_unknown:
        unknown = f"{'and ' if held or more else ''}{_calls(calls_unknown)} of unknown cost"
    return ", ".join(filter(None, (held, unknown)))


def counted_words(counted: Counted) -> str:
    """What a budget counts, in a word or two: `$0.04`, `up to $0.16`, `more than $0.16`, `unknown`."""
    usd = counted.usd + counted.held_usd
    if unknown_calls(counted):
        return f"more than {format_usd(usd)}" if usd else "unknown"
    return f"up to {format_usd(usd)}" if counted.held_usd else format_usd(usd)


def unknown_calls(counted: Counted) -> int:
    """How many calls have neither a cost nor an amount that is held for them."""
    return counted.unbounded if counted.held_usd else max(counted.unbounded, counted.unpriced)


def sum_words(known: Decimal, unknown: int) -> str:
    """A sum of which some parts may be unknown.

    Examples
    --------
    >>> sum_words(Decimal("0.2"), 0), sum_words(Decimal("0.2"), 2), sum_words(Decimal(0), 2)
    ('$0.20', '$0.20 and 2 unknown', '2 unknown')
    """
    if not unknown:
        return format_usd(known)
    return f"{format_usd(known)} and {unknown} unknown" if known else f"{unknown} unknown"


def unknown_held_words(ceilings: Iterable[Decimal | None]) -> str:
    """What calls of unknown cost can have cost together; None is a call without a ceiling."""
    given = list(ceilings)
    known = [usd for usd in given if usd is not None]
    held = f"up to {format_usd(sum(known, Decimal(0)))} held for {_calls(len(known))}" if known else ""
    unbounded = len(given) - len(known)
    unknown = f"{'and ' if held else ''}{_calls(unbounded)} of unknown cost" if unbounded else ""
    return ", ".join(filter(None, (held, unknown)))


def line(counted: Mapping[Scope, Counted], limits: Mapping[Scope, Decimal]) -> str:
    """Sums of some periods and their budgets in one line; what is held is said once, in the widest of them.

    Parameters
    ----------
    counted
        The sums of the periods to be told, by their scope.
    limits
        Budgets in US dollars, by their scope.
    """
    scopes = [scope for scope in SCOPE_WORDS if scope in counted]
    told = next((scope for scope in reversed(scopes) if held_words(counted[scope])), None)
    words = []
    for scope in scopes:
        spent = spent_words(counted[scope]) if scope == told else counted_words(counted[scope])
        limit = ""
        if scope in limits:
            limit = f"{',' if scope == told else ''} of {format_usd(limits[scope])}"
        words.append(f"{SCOPE_WORDS[scope].name} {spent}{limit}")
    return " · ".join(words)


def left_words(left: Decimal, scope: Scope, limit: Decimal | None = None) -> str:
    """What a budget leaves: `$4.79 of $5.00 left today`."""
    of = "" if limit is None else f" of {format_usd(limit)}"
    return f"{format_usd(left)}{of} left {SCOPE_WORDS[scope].within}"


def _calls(count: int) -> str:
    return count_of(count, "call")
