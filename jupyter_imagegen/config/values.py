"""What the value of each setting must be, and what it becomes."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from jupyter_imagegen.core.budgets import parse_budgets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: See `storage.deck`.
RECORD_MODES = ("live", "replay", "record")
#: What stands for no cassette, where one is found or set otherwise.
NO_CASSETTE = ("none", "off")


class WrongKindError(ValueError):
    """What a setting must be."""


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise WrongKindError("text in quotes")


def _path(value: object) -> Path:
    if isinstance(value, Path) or (isinstance(value, str) and value.strip()):
        return Path(value).expanduser()
    raise WrongKindError("a path in quotes")


def _cassette(value: object) -> Path | None:
    return None if isinstance(value, str) and value.strip().lower() in NO_CASSETTE else _path(value)


def _mode(value: object) -> str:
    mode = _text(value).lower()
    if mode not in RECORD_MODES:
        raise WrongKindError(f"one of {', '.join(RECORD_MODES)}")
    return mode


def _whole(low: int, high: int, unit: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise WrongKindError(f"a whole number from {low} to {high}{unit}")

    return read


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 3600:  # noqa: PLR2004  # in the message
        return float(value)
    raise WrongKindError("seconds, from 1 to 3600")


def _urls(value: object) -> tuple[str, ...]:
    rule = "a list of URL prefixes such as ['https://example.org/pictures/']"
    if not isinstance(value, list | tuple):
        raise WrongKindError(rule)
    urls = [url for url in value if isinstance(url, str) and re.match(r"https?://[^/\s]+/", url)]
    if len(urls) != len(value):
        raise WrongKindError(f"{rule}, each with a host and a slash after it")
    return tuple(urls)


#: By the setting's name, what reads its value.
READERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "provider": _text,
        "model": _text,
        "size": _text,
        "quality": _text,
        "background": _text,
        "output_format": _text,
        "output_compression": _whole(0, 100, ""),
        "moderation": _text,
        "timeout": _seconds,
        "preview": _whole(64, 2048, " pixels"),
        "budgets": parse_budgets,
        "allowed_urls": _urls,
        "cassette": _cassette,
        "record_mode": _mode,
        "cassette_preview": _whole(64, 2048, " pixels"),
        "home": _path,
        "catalog": _path,
    }
)
