"""How long a server asks to wait, in each of the ways that servers say it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRY_AGAIN = re.compile(
    r"try again in (?:(\d{1,4})m(?!s))?\s*(?:(\d{1,6}(?:\.\d{1,6})?)(ms|s))?", re.IGNORECASE
)


def asked_wait(headers: Mapping[str, str], message: str, now: datetime) -> float | None:
    """Seconds that the server asked to wait; None where it did not, or not in a way that can be read.

    `retry-after-ms`, `retry-after` in seconds or as an HTTP date, else the message's "try again in 467ms".
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if not value:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            seconds = _seconds_until(value, headers.get("date", ""), now)
        if not math.isnan(seconds):
            return max(seconds, 0.0)
    if (found := _TRY_AGAIN.search(message)) and (found[1] or found[2]):
        unit = 0.001 if (found[3] or "").lower() == "ms" else 1.0
        return int(found[1] or 0) * 60 + float(found[2] or 0) * unit
    return None


def _seconds_until(http_date: str, server_date: str, now: datetime) -> float:
    try:
        until = parsedate_to_datetime(http_date)
    except (TypeError, ValueError):
        return math.nan
    try:
        # The server's own clock, where it tells: ours may be wrong.
        start = parsedate_to_datetime(server_date)
    except (TypeError, ValueError):
        start = now
    return (_aware(until) - _aware(start)).total_seconds()


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
