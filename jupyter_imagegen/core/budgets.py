"""Budgets: how much may be spent, and in which period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Scope = Literal["session", "day", "month", "total"]
#: All scopes, from the shortest period to the longest.
SCOPES: tuple[Scope, ...] = get_args(Scope)
#: The most that a budget can be, in US dollars; more is taken for a slip of the finger.
MAX_BUDGET = Decimal(1_000_000)
_NANO = Decimal("1e-9")
#: Characters that an amount and its period need at most; in more, the search for them could take minutes.
_LONGEST = 60

_WRITTEN = re.compile(
    r"(?:US)?\$?\s*(?P<amount>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?:\$|USD|dollars?)?"
    r"(?:\s*(?:/|per\b|a\b|in)?\s*(?P<scope>[a-z]+))?",
    re.IGNORECASE | re.ASCII,
)
_SCOPE_WORDS: dict[str, Scope] = {
    "session": "session",
    "kernel": "session",
    "day": "day",
    "daily": "day",
    "today": "day",
    "month": "month",
    "monthly": "month",
    "total": "total",
    "all": "total",
}
_RULE = "Write US dollars and a period, such as 5/day, $0.50 per session, 20/month or 100/total."


@dataclass(frozen=True, kw_only=True)
class Budget:
    """At most this much in one period. A budget of 0 allows only what is already stored.

    Attributes
    ----------
    scope : {"session", "day", "month", "total"}
        The period.
    usd : Decimal
        US dollars.

    Examples
    --------
    >>> str(Budget(scope="day", usd=Decimal("5")))
    '$5.00/day'
    """

    scope: Scope
    usd: Decimal

    def __str__(self) -> str:
        """Write it as `parse_budget` reads it."""
        cents = self.usd.quantize(Decimal("0.01"))
        amount = format(cents, "f") if cents == self.usd else format(self.usd.normalize(), "f")
        return f"${amount}/{self.scope}"


def parse_budget(value: object, *, scope: Scope | str = "day") -> Budget:
    """Read a budget.

    Parameters
    ----------
    value
        A number of US dollars, or text such as `5`, `$5/day`, `0.50 per month`.
    scope
        The period where the text names none. A day, because a session's budget begins anew with every
        kernel and so protects nobody who restarts.

    Raises
    ------
    ConfigError
        If it is not an amount from 0 to `MAX_BUDGET` with at most nine decimals, or the period is not known.

    Examples
    --------
    >>> parse_budget("$0.50 per month")
    Budget(scope='month', usd=Decimal('0.50'))
    >>> parse_budget(5, scope="session")
    Budget(scope='session', usd=Decimal('5'))
    """
    if isinstance(value, Budget):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ConfigError(f"budget {shown(value)} is not an amount", hint=_RULE)
    # A float is read as it is written: 0.1 dollars are ten cents.
    text = value.strip() if isinstance(value, str) else _plain_number(value)
    match = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ConfigError(f"budget {shown(value)} is not an amount of US dollars", hint=_RULE)
    usd = Decimal(match["amount"])
    if usd > MAX_BUDGET:
        raise ConfigError(f"budget {shown(value)} is more than ${MAX_BUDGET:,}", hint=_RULE)
    if usd != usd.quantize(_NANO):
        raise ConfigError(f"budget {shown(value)} has more than nine decimals", hint=_RULE)
    return Budget(scope=parse_scope(match["scope"] or scope), usd=usd)


def parse_budgets(value: object) -> tuple[Budget, ...]:
    """Read one or several budgets: `5/day, 50/month`, a list of such, or a table `{day = 5, month = 50}`.

    Raises
    ------
    ConfigError
        As `parse_budget`.

    Examples
    --------
    >>> [str(budget) for budget in parse_budgets("5/day, 50/month")]
    ['$5.00/day', '$50.00/month']
    """
    if isinstance(value, dict):
        # The table's key decides, so a period in its amount would be a second opinion.
        return tightest(Budget(scope=parse_scope(per), usd=_amount(usd)) for per, usd in value.items())
    if isinstance(value, str):
        value = [part for part in re.split(r"[,;]\s+|;", value.strip()) if part]
        if not value:
            raise ConfigError("the budget is empty", hint=_RULE)
    if isinstance(value, list | tuple):
        return tightest(parse_budget(part) for part in value)
    return (parse_budget(value),)


def parse_scope(text: str) -> Scope:
    """Read a period: `session`, `day`, `month` or `total`.

    Raises
    ------
    ConfigError
        If it is none of them.

    Examples
    --------
    >>> parse_scope("Daily")
    'day'
    """
    scope = _SCOPE_WORDS.get(text.strip().lower())
    if scope is None:
        raise ConfigError(
            f"a budget per {shown(text)} is not possible; the periods are {', '.join(SCOPES)}", hint=_RULE
        )
    return scope


def periods(now: datetime, session: str) -> dict[Scope, str]:
    """Name the period of each scope at a moment: what is spent under one name counts together.

    Parameters
    ----------
    now
        With a time zone: the day and the month are those of its calendar, so the caller decides whose
        midnight counts.
    session
        The session's id.

    Raises
    ------
    ValueError
        If `now` has no time zone.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> periods(datetime(2026, 11, 22, tzinfo=timezone.utc), "k1")
    {'session': 'k1', 'day': '2026-11-22', 'month': '2026-11', 'total': 'total'}
    """
    if now.tzinfo is None:
        raise ValueError("the moment needs a time zone, or its day is unknown")
    return {
        "session": session,
        "day": f"{now:%Y-%m-%d}",
        "month": f"{now:%Y-%m}",
        "total": "total",
    }


def tightest(budgets: Iterable[Budget]) -> tuple[Budget, ...]:
    """Keep the smallest budget of each scope, shortest period first: all budgets hold at once.

    Examples
    --------
    >>> [str(budget) for budget in tightest([parse_budget("5/day"), parse_budget("3/day")])]
    ['$3.00/day']
    """
    smallest: dict[Scope, Budget] = {}
    for budget in budgets:
        held = smallest.get(budget.scope)
        if held is None or budget.usd < held.usd:
            smallest[budget.scope] = budget
    return tuple(smallest[scope] for scope in SCOPES if scope in smallest)


def _amount(value: object) -> Decimal:
    if isinstance(value, str) and re.search(r"[a-z/]", value.strip("$ "), re.IGNORECASE):
        raise ConfigError(f"budget {shown(value)} names a period twice", hint=_RULE)
    return parse_budget(value).usd


def _plain_number(value: float | Decimal) -> str:
    """Digits without an exponent; NaN and infinity stay words, which no budget is."""
    if isinstance(value, int) and value > int(MAX_BUDGET):
        # Python refuses to write out more than 4,300 digits.
        return format(MAX_BUDGET + 1, "f")
    number = Decimal(str(value))
    return format(number, "f") if number.is_finite() and abs(number.adjusted()) < 30 else str(value)  # noqa: PLR2004  # past any amount
