"""The one table of settings: what a value must be, which variable gives it, and what a lesson's file may say.

The personal file, the environment and the session are the reader's own and may set everything. A file beside
a notebook came with the notebook: it chooses looks and a replay, it tightens, and nothing else.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.budgets import parse_budgets
from jupyter_imagegen.core.zones import parse_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: See `storage.deck`.
RECORD_MODES = ("live", "replay", "record")
#: What stands for no cassette, where one is found or set otherwise.
NO_CASSETTE = ("none", "off")
#: Providers that come before others where none is named; the rest follow by name.
PROVIDER_ORDER = ("openai",)
#: Seconds for a whole call where nothing else is said; a lesson's file can only shorten it.
DEFAULT_TIMEOUT = 300.0
_LONGEST_TEXT = 200
# What every system takes; longer ones are an error of the system's at each look.
_LONGEST_PATH = 1000
_LONGEST_NAME = 255
_MOST_URLS = 100
_MOST_STORES = 10


class WrongKindError(ValueError):
    """What a setting must be."""


class NotForALessonError(ValueError):
    """Why a file that came with a notebook may not say it."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting.

    Attributes
    ----------
    read : callable
        Checks a value and gives it as it is used.
    variable : str
        The environment variable that gives it; empty for none.
    beside : callable or None
        What a file beside a notebook may say: takes the value, what holds so far and the file's folder, and
        says whether it counts. None where such a file may not name the setting at all.
    """

    read: Callable[[object], object]
    variable: str = ""
    beside: Callable[[Any, Any, Path], bool] | None = None


def _text(value: object) -> str:
    if isinstance(value, str) and (text := value.strip()):
        if len(text) > _LONGEST_TEXT or not text.isprintable():
            raise WrongKindError(f"text of at most {_LONGEST_TEXT} characters, on one line")
        return text
    raise WrongKindError("text in quotes")


def _path(value: object) -> Path:
    if not isinstance(value, Path) and not (isinstance(value, str) and value.strip()):
        raise WrongKindError("a path in quotes")
    text = str(value)
    if len(text) > _LONGEST_PATH or any(ord(char) < ord(" ") for char in text):
        raise WrongKindError(f"a path of at most {_LONGEST_PATH} characters, on one line")
    try:
        longest = max((len(os.fsencode(name)) for name in Path(text).parts), default=0)
    except UnicodeEncodeError:
        raise WrongKindError("a path without half a character (a lone surrogate)") from None
    if longest > _LONGEST_NAME:
        raise WrongKindError(f"a path whose names have at most {_LONGEST_NAME} bytes")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise WrongKindError("a path; the user after its ~ is not known here") from None


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
    if not isinstance(value, list | tuple) or len(value) > _MOST_URLS:
        raise WrongKindError(rule)
    urls = [url for url in value if isinstance(url, str) and re.match(r"https?://[^/\s]+/", url)]
    if len(urls) != len(value):
        raise WrongKindError(f"{rule}, each with a host and a slash after it")
    return tuple(urls)


def _stores(value: object) -> tuple[Path, ...]:
    if isinstance(value, str):
        value = [part for part in value.split(os.pathsep) if part.strip()]
    if not isinstance(value, list | tuple) or len(value) > _MOST_STORES:
        raise WrongKindError(f"a list of at most {_MOST_STORES} folders such as ['/srv/course/store']")
    return tuple(dict.fromkeys(map(_path, value)))


def _zone(value: object) -> str:
    try:
        return parse_zone(_text(value))
    except ValueError as exc:
        raise WrongKindError(str(exc)) from None


def _always(_new: object, _own: object, _folder: Path) -> bool:
    return True


def _provider_beside(_new: str, own: str | None, _folder: Path) -> bool:
    # Whoever chose free pictures keeps them.
    return own != "demo"


def _moderation_beside(new: str, _own: object, _folder: Path) -> bool:
    if new.lower() != "auto":
        raise NotForALessonError("a lesson cannot loosen the safety filter of the reader's account")
    return True


def _timeout_beside(new: float, _own: object, _folder: Path) -> bool:
    if new > DEFAULT_TIMEOUT:
        raise NotForALessonError(f"it can say at most {DEFAULT_TIMEOUT:g} seconds")
    return True


def _cassette_beside(new: Path | None, own: Path | None, folder: Path) -> bool:
    if new is None:
        # Without the reader's own cassette its pictures would be bought.
        return own is None
    try:
        inside = new.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        inside = False
    if not inside:
        raise NotForALessonError("it must be in that file's folder or below, and no link may lead out of it")
    return True


def _mode_beside(new: str, _own: str, _folder: Path) -> bool:
    if new == "record":
        raise NotForALessonError("whether anything is recorded is the reader's decision")
    # Whoever chose to replay is not led to calls that cost.
    return new == "replay"


#: By the setting's name.
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "provider": Setting(read=_text, variable="IMAGEGEN_PROVIDER", beside=_provider_beside),
        "model": Setting(read=_text, variable="IMAGEGEN_MODEL", beside=_always),
        "size": Setting(read=_text, beside=_always),
        "quality": Setting(read=_text, beside=_always),
        "background": Setting(read=_text, beside=_always),
        "output_format": Setting(read=_text, beside=_always),
        "output_compression": Setting(read=_whole(0, 100, ""), beside=_always),
        "moderation": Setting(read=_text, beside=_moderation_beside),
        "timeout": Setting(read=_seconds, beside=_timeout_beside),
        "preview": Setting(read=_whole(64, 2048, " pixels"), beside=_always),
        # All budgets hold at once, so another one only tightens.
        "budgets": Setting(read=parse_budgets, variable="IMAGEGEN_BUDGET", beside=_always),
        "allowed_urls": Setting(read=_urls),
        "cassette": Setting(read=_cassette, variable="IMAGEGEN_CASSETTE", beside=_cassette_beside),
        "record_mode": Setting(read=_mode, variable="IMAGEGEN_RECORD_MODE", beside=_mode_beside),
        "cassette_preview": Setting(read=_whole(64, 2048, " pixels")),
        "home": Setting(read=_path, variable="IMAGEGEN_HOME"),
        "stores": Setting(read=_stores, variable="IMAGEGEN_STORES"),
        "catalog": Setting(read=_path),
        "timezone": Setting(read=_zone, variable="IMAGEGEN_TIMEZONE"),
    }
)
