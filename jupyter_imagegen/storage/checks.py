"""What a value from somebody else's file must be; each gives it back, or says what is wrong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from jupyter_imagegen.storage.files import is_digest

#: Characters of any one text; a prompt may have 32,000.
MOST_TEXT = 200_000


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
        # Not a whole document of digits: the sum is reckoned with each time that it is shown.
        amount = Decimal(value) if isinstance(value, str) and len(value) <= 40 else Decimal("NaN")  # noqa: PLR2004
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 1_000_000 or amount.as_tuple().exponent < -30:  # type: ignore[operator]  # noqa: PLR2004  # finite: an int
        raise ManifestError(f"{here}: cost_usd must be US dollars from 0 to a million, as text")
    return str(value)


def moment(value: object, here: str) -> str:
    """Return a moment as it was written."""
    try:
        if isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None:
            return value
    except ValueError:
        pass
    raise ManifestError(f"{here}: made_at must be a moment with its time zone")
