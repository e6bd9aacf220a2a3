"""`NAME=VALUE` on a line: settings as words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_assignments(words: Iterable[str], *, prog: str) -> dict[str, object]:
    """Settings by name; numbers are numbers, and `none` takes one back.

    Parameters
    ----------
    words
        What follows the command.
    prog
        How errors call it.

    Raises
    ------
    RequestError
        If a word is no assignment.

    Examples
    --------
    >>> read_assignments(["quality=high", "preview=400", "model=none"], prog="%imagegen config")
    {'quality': 'high', 'preview': 400, 'model': None}
    """
    found: dict[str, object] = {}
    for word in words:
        name, sign, text = (part.strip() for part in word.partition("="))
        if not sign or not name:
            raise RequestError(
                f"{prog} takes NAME=VALUE",
                hint=f"Such as `{prog} timezone=Europe/Berlin`; alone, it shows all.",
            )
        found[name.lower()] = _value(text)
    return found


def _value(text: str) -> object:
    if text.lower() == "none":
        return None
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]{1,9}\.[0-9]{1,9}", text) else text
