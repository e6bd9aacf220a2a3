"""What a value from somebody else's file must be; each gives it back, or says what is wrong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from jupyter_imagegen.storage.files import is_digest

#: Characters of any one text; a prompt may have 32,000.
MOST_TEXT = 200_000
#: Tables in a parameter, one in another; the API's own go two deep.
_DEEPEST = 8
_LONGEST_NAME = 60
_MOST_NUMBER = 2**63


class ManifestError(ValueError):
    """What is wrong with a manifest, in words that can follow the cassette's name."""


def table(value: object, what: str) -> dict[str, Any]:
    """Return a table."""
    if isinstance(value, dict):
        return value
    raise ManifestError(f"{what} must be a table")


def items(value: object, what: str) -> list[Any]:
    """Return a list."""
    if isinstance(value, list):
        return value
    raise ManifestError(f"{what} must be a list")


def text(value: object, what: str) -> str:
    """Return text."""
    if isinstance(value, str) and len(value) <= MOST_TEXT:
        return value
    raise ManifestError(f"{what} must be text of at most {MOST_TEXT:,} characters")


def text_or_none(value: object, what: str) -> str | None:
    """Return text, or None."""
    return None if value is None else text(value, what)


def named(name: str) -> str:
    """A name out of the file, as a message may show it."""
    return ascii(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…")


def plain(value: object, what: str) -> object:
    """Return what a parameter may be: text, a whole number, or a list or table of them that is not deep."""
    if _is_plain(value, _DEEPEST) and not isinstance(value, list):
        return value
    raise ManifestError(f"{what} is neither text nor a whole number nor a table of them")


def _is_plain(value: object, deepest: int) -> bool:
    if isinstance(value, str):
        return len(value) <= MOST_TEXT
    if isinstance(value, int):
        return abs(value) < _MOST_NUMBER
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and deepest > 0 and all(_is_plain(one, deepest - 1) for one in inner)


def one_of(value: object, known: tuple[str, ...], what: str) -> str:
    """Return one of the known words."""
    if isinstance(value, str) and value in known:
        return value
    raise ManifestError(f"{what} must be one of {', '.join(known)}")


def digest(value: object, what: str) -> str:
    """Return a SHA-256 as we write it."""
    if isinstance(value, str) and is_digest(value):
        return value
    raise ManifestError(f"{what} must be a SHA-256")


def whole(value: object, what: str, low: int, high: int) -> int:
    """Return a whole number within its bounds."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise ManifestError(f"{what} must be a whole number from {low:,} to {high:,}")


def seconds(value: object, here: str) -> float:
    """Return a time."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6:  # noqa: PLR2004  # in the message
        return float(value)
    raise ManifestError(f"{here}: seconds must be a number from 0 to a million")


def dollars(value: object, here: str) -> str | None:
    """Return an amount as it was written, or None."""
    if value is None:
        return None
    try:
        # Not a whole document of digits: the sum is calculated each time that it is shown.
        amount = Decimal(value) if isinstance(value, str) and len(value) <= 40 else Decimal("NaN")  # noqa: PLR2004
    except InvalidOperation:
        amount = Decimal("NaN")
    # A zero may have any exponent, and be endless when it is written out.
    if not amount.is_finite() or not 0 <= amount < 1_000_000 or not -30 <= amount.as_tuple().exponent <= 6:  # type: ignore[operator]  # noqa: PLR2004  # finite: an int
        raise ManifestError(f"{here}: cost_usd must be US dollars from 0 to a million, as text")
    return str(value)


def moment(value: object, here: str) -> str:
    """Return a moment as it was written."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        when = None
    # At the ends of time a moment is none in the zone next to its own.
    if when is None or when.tzinfo is None or not 1 < when.year < 9999:  # noqa: PLR2004  # datetime's own ends
        raise ManifestError(f"{here}: made_at must be a moment with its time zone")
    return str(value)
