"""Reading a TOML file that may come from anybody: it cannot hang, crash or fill the memory."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.text import clean
from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Bytes; a settings file of two hundred long styles stays below.
MOST_BYTES = 256 * 1024
#: Parts of one name, such as three in `models.mine.rates`.
MOST_PARTS = 32

_PART = r"""(?:[A-Za-z0-9_-]++|(?<!\\)"(?:[^"\\\n]|\\.)*+"|(?<!\\)'[^'\n]*+')"""
# tomllib keeps every beginning of a dotted name: 100,000 parts would take 40 GB.
_LONG_NAME = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_PARTS}}}")


def read_toml_text(path: Path, called: str) -> str | None:
    """The text of a file; None where there is none.

    Parameters
    ----------
    path
        The file, which may be a link to one.
    called
        What messages call it, such as `catalog file`.

    Raises
    ------
    ConfigError
        If it is no file (a pipe, a device, a folder), larger than `MOST_BYTES`, not UTF-8, or cannot be read.
    """
    where = f"{called} {clean(str(path), 300)}"
    try:
        data = _bytes_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or clean(str(exc))
        raise ConfigError(
            f"{where} cannot be read: {reason}", hint="Correct it or its permissions, or remove it."
        ) from exc
    if data is None:
        raise ConfigError(f"{where} is not a file", hint="Put a text file in its place, or remove it.")
    if len(data) > MOST_BYTES:
        raise ConfigError(
            f"{where} is larger than {MOST_BYTES // 1024} kB, the most that is read", hint="Shorten it."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(
            f"{where} cannot be read: it is not UTF-8 text (byte {exc.start})", hint="Save it as UTF-8."
        ) from exc


def parse_toml(text: str, where: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """What a TOML text says.

    Parameters
    ----------
    text
        The text.
    where
        What messages call the file.
    parse_float
        What reads numbers with a point.

    Raises
    ------
    ConfigError
        If it is not TOML, is nested too deeply, or holds a number or a name that is too long.
    """
    import tomllib

    if found := _LONG_NAME.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ConfigError(
            f"{where}, line {line}: a name has more than {MOST_PARTS} parts", hint="Shorten it."
        )
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{where} is not TOML: {clean(str(exc), 160)}") from None
    except RecursionError:
        raise ConfigError(f"{where} is nested too deeply", hint="Take some of its brackets out.") from None
    except (ValueError, ArithmeticError):
        # Python reads no whole number of more than 4,300 digits, and decimal no exponent without end.
        raise ConfigError(f"{where} holds a number that is too long", hint="Shorten it.") from None


def _bytes_of(path: Path) -> bytes | None:
    """What a file holds, up to one byte more than is taken; None for what is no file."""
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    # What was a file a moment ago may be a pipe now: opening one waits for a writer unless told not to.
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(opened, "rb") as file:  # noqa: PTH123  # of a descriptor
        return file.read(MOST_BYTES + 1) if stat.S_ISREG(os.fstat(opened).st_mode) else None
