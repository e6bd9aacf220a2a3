"""How long a server asks to wait, in each of the ways that servers say it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_UNIT = r"milliseconds?|millis|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d"
_PART = re.compile(
    rf"(\d[\d,]{{0,12}}(?:\.\d{{1,9}})?|\ban?\b|\bone\b)\s*({_UNIT})(?![a-z])", re.IGNORECASE | re.ASCII
)
_CLOCK = re.compile(r"(\d{1,3}):(\d\d):(\d\d)(?:\.\d+)?", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII
)
# What a server says before it names a time, and no number between.
_ASKS = re.compile(
    r"\b(?:again|retry(?:ing)?|wait(?:ing)?|come\s+back|available|(?:reset|renew|refresh|unlock|lift|expire)\w*|"
    r"cool(?:ing)?[\s-]?down|back\s+off)\b[^\d.;!?]{0,40}?(?=\d|\ban?\s|\bone\s)",
    re.IGNORECASE | re.ASCII,
)
# A time by itself; "5 requests in 60 seconds" is a limit and asks for nothing.
_IN_TIME = re.compile(
    r"(?<!requests )(?<!request )(?<!images )(?<!calls )(?<!tokens )(?<!times )\b(?:in|after|for)\s+(?=\d)",
    re.IGNORECASE | re.ASCII,
)
_BEFORE_SECONDS = re.compile(r"after|in\b|wait|delay", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,]*(?:and\s+)?", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,12}(?:\.\d{1,9})?(?:\s*,\s*\d{1,12}(?:\.\d{1,9})?)+", re.ASCII)
_BARE_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?![\d:%/])(?!\s*\w)", re.ASCII)
# Seconds since 1970, and milliseconds: no wait is so long.
_EPOCH, _EPOCH_MS = 1e9, 1e12
_LONGEST_MESSAGE = 5000


def asked_wait(
    headers: Mapping[str, str], message: str, now: datetime, *, field: str = "", limits: bool = False
) -> float | None:
    """Seconds that the server asked to wait; None where it did not, or not in a way that can be read.

    Parameters
    ----------
    headers
        `retry-after-ms`, and `retry-after` in seconds, as `20s` or as an HTTP date, go before all else.
    message
        The server's words: "try again in 467ms", "retry after 23 seconds", "wait 2 minutes".
    now
        The time here, where the server does not tell its own.
    field
        What its body gives in a field of its own, such as `retry_after`.
    limits
        Whether to look at the headers that tell when a limit is full again (`x-ratelimit-reset-requests`).

    Examples
    --------
    >>> asked_wait({"retry-after": "1m30s"}, "", datetime.now(UTC))
    90.0
    >>> asked_wait({}, "Please retry after 23 seconds.", datetime.now(UTC))
    23.0
    """
    server_now = _server_time(headers, now)
    said = [(headers.get("retry-after-ms", ""), "ms"), (headers.get("retry-after", ""), "s"), (field, "s")]
    for value, unit in said:
        seconds = _seconds(value, unit, server_now)
        if seconds is not None:
            return seconds
    in_words = _in_words(message[:_LONGEST_MESSAGE], server_now)
    if in_words is not None or not limits:
        return in_words
    return max(_resets(headers, server_now), default=None)


def _resets(headers: Mapping[str, str], now: datetime) -> Iterator[float]:
    """When each limit that is used up is full again."""
    for name, value in headers.items():
        lower = name.lower()
        if "ratelimit-reset" not in lower:
            continue
        left = headers.get(lower.replace("-reset", "-remaining"), "0").strip()
        seconds = _seconds(value, "s", now)
        if left in {"", "0"} and seconds is not None:
            yield seconds


def _seconds(value: str, unit: str, now: datetime) -> float | None:
    """A header's value: a number of units, a duration, a date, or a moment since 1970."""
    value = value.strip()
    if _NUMBERS.fullmatch(value):
        # A header that came twice, once from the server and once from what is between.
        value = max(value.split(","), key=float)
    try:
        number = float(value)
    except ValueError:
        return _duration(value) if _duration(value) is not None else _until(value, now)
    if math.isnan(number):
        return None
    if number >= _EPOCH and math.isfinite(number) and unit == "s":
        number = number / (1000 if number >= _EPOCH_MS else 1) - now.timestamp()
    elif math.isfinite(number):
        number *= _UNITS[unit]
    return max(number, 0.0)


def _in_words(message: str, now: datetime) -> float | None:
    """The longest of the times that a message asks for."""
    found = []
    for asks in _ASKS.finditer(message):
        rest = message[asks.end() :]
        moment = _MOMENT.match(rest)
        seconds = _until(moment[0], now) if moment else _duration(rest)
        if seconds is None and _BEFORE_SECONDS.search(asks[0]) and (number := _BARE_NUMBER.match(rest)):
            # "retry after 23", with no unit.
            seconds = float(number[1])
        if seconds is not None:
            found.append(seconds)
    if not found:
        found = [
            each for at in _IN_TIME.finditer(message) if (each := _duration(message[at.end() :])) is not None
        ]
    return max(found, default=None)


def _duration(text: str) -> float | None:
    """What a text begins with, as `1m30s`, `12.5 seconds`, `2 minutes and 5 seconds` or `00:01:30`."""
    if clock := _CLOCK.match(text):
        return int(clock[1]) * 3600.0 + int(clock[2]) * 60 + int(clock[3])
    total, at = 0.0, 0
    while part := _PART.match(text, at):
        number = part[1].replace(",", "")
        unit = part[2].lower()
        size = _UNITS["ms" if unit.startswith(("ms", "mil")) else unit[0]]
        total += (float(number) if number[0].isdigit() else 1.0) * size
        at = part.end()
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
    return total if at else None


def _until(text: str, now: datetime) -> float | None:
    """Seconds until a date of HTTP or of ISO 8601."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = _aware(read(text.strip().replace(" UTC", "Z")))
            return max((moment - now).total_seconds(), 0.0)
        except (TypeError, ValueError, OverflowError):
            continue
    return None


def _server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """The server's own clock, where it tells: ours may be wrong."""
    try:
        return _aware(parsedate_to_datetime(headers.get("date", "")))
    except (TypeError, ValueError, OverflowError):
        return _aware(now)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def duration(seconds: float) -> str:
    """How long, in words."""
    if math.isinf(seconds):
        return "for ever"
    if seconds < 120:  # noqa: PLR2004 - up to two minutes people count in seconds
        return f"{math.ceil(seconds)} s"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{seconds:,.0f} s ({hours} h {minutes:02} min)" if hours else f"{minutes} min"
