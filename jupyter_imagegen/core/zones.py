"""Time zones by name: whose midnight a day's budget means."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_MOST_HOURS = 14
#: Where a system keeps its zone.
_LOCALTIME = Path("/etc/localtime")
_TIMEZONE = Path("/etc/timezone")
_LONGEST = 100


def parse_zone(text: str) -> str:
    """A zone's name as it is kept: of the IANA database, `UTC`, or an offset such as `+05:30`.

    Raises
    ------
    ValueError
        If it is none; the message says what it must be.

    Examples
    --------
    >>> parse_zone("Europe/Berlin"), parse_zone("utc+5:30"), parse_zone("z")
    ('Europe/Berlin', '+05:30', 'UTC')
    """
    name = text.strip()
    if name.upper() in {"UTC", "Z", "GMT", "ETC/UTC", "ETC/GMT"}:
        return "UTC"
    if match := _OFFSET.fullmatch(name):
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours * 60 + minutes <= _MOST_HOURS * 60 and minutes < 60:  # noqa: PLR2004  # minutes of an hour
            return "UTC" if not hours and not minutes else f"{match[1]}{hours:02}:{minutes:02}"
    elif _named(name) is not None:
        return name
    raise ValueError("a time zone such as Europe/Berlin, UTC or +05:30")


def zone(name: str) -> tzinfo:
    """The zone of a name that `parse_zone` gave.

    Raises
    ------
    ValueError
        If it is not known here, such as a name on a system without the IANA database.
    """
    if name == "UTC":
        return UTC
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    found = _named(name)
    if found is None:
        raise ValueError(f"the time zone {name[:_LONGEST]!r} is not known on this machine")
    return found


def zone_of(moment: datetime) -> str:
    """The name of a moment's own zone; its present offset where the name is not to be found.

    Parameters
    ----------
    moment
        With a time zone, such as `datetime.now().astimezone()`, whose zone is an offset without a name: the
        machine's name for it is taken where that gives the same offset.

    Examples
    --------
    >>> zone_of(datetime(2026, 11, 22, tzinfo=timezone(timedelta(hours=5, minutes=30))))
    '+05:30'
    """
    if moment.tzinfo is UTC:
        return "UTC"
    key = getattr(moment.tzinfo, "key", None)
    offset = moment.utcoffset() or timedelta()
    for name in (key, *_machine_names()):
        found = _named(name) if name else None
        if found is not None and moment.astimezone(found).utcoffset() == offset:
            return parse_zone(str(name))
    minutes = round(offset.total_seconds() / 60)
    return parse_zone(f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}")


def change_moment(now: datetime, old: str, new: str) -> datetime:
    """When another zone takes over, in UTC: never so that what was spent today is no longer today's.

    At once where it is the same date in both; else when the earlier of the two has come to the later's date,
    that is, when today, which the old zone began, is over or has begun in the new one.

    Examples
    --------
    >>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> change_moment(noon, "UTC", "+14:00").isoformat()
    '2026-11-23T00:00:00+00:00'
    """
    here, there = zone(old), zone(new)
    today, theirs = now.astimezone(here).date(), now.astimezone(there).date()
    if theirs == today:
        return now.astimezone(UTC)
    if theirs > today:
        return datetime.combine(today + timedelta(days=1), time(), here).astimezone(UTC)
    return datetime.combine(today, time(), there).astimezone(UTC)


def _machine_names() -> list[str]:
    """What the machine may call its zone, the likeliest first."""
    names = [os.environ.get("TZ", "").removeprefix(":")]
    try:
        _, _, inside = str(_LOCALTIME.readlink()).partition("zoneinfo/")
        names.append(inside.removeprefix("posix/").removeprefix("right/"))
    except OSError:
        pass
    try:
        with _TIMEZONE.open(encoding="ascii") as file:
            names.append(file.read(_LONGEST).strip())
    except (OSError, UnicodeDecodeError):
        pass
    return names


@lru_cache(maxsize=64)
def _named(name: str) -> ZoneInfo | None:
    # A path would be opened, and `localtime` is whatever this machine has.
    if len(name) > _LONGEST or not _NAME.fullmatch(name) or name in {"localtime", "posixrules"}:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
