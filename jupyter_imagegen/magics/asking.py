"""Two ways of asking that IPython would answer itself, and not helpfully.

`%imagegen budget?`: it takes the last word alone and looks for a Python object of that name.
`%%imagegen a cat` with nothing under it: it says on stderr that the cell is empty, and Run All goes on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: A line of ours with something between its name and the question mark; `%imagegen?` is IPython's own.
_QUESTION = re.compile(r"(?P<line>\s*%imagegen\s+[^?\s][^?\"']*?)\s*\?{1,2}\s*")
_CELL = re.compile(r"%%imagegen(\s|$)")


def answer_ourselves(ipython: InteractiveShell) -> None:
    """Hand both to our magics."""
    transformers = ipython.input_transformers_cleanup
    if as_ours not in transformers:
        transformers.append(as_ours)


def as_ours(lines: list[str]) -> list[str]:
    r"""Return a cell's lines; a single line that asks in one of these ways is written so that it reaches us.

    Examples
    --------
    >>> as_ours(["%imagegen budget?\n"])
    ['%imagegen budget --help\n']
    >>> as_ours(["%%imagegen a cat\n"])
    ['%%imagegen a cat\n', '\n']
    >>> as_ours(["x = 1\n", "%imagegen budget?\n"])
    ['x = 1\n', '%imagegen budget?\n']
    """
    if len(lines) == 1 and _CELL.match(lines[0]):
        return [*lines, "\n"]
    told = [i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    # In a longer cell the line can be part of a text.
    if len(told) != 1:
        return lines
    (at,) = told
    asked = _QUESTION.fullmatch(lines[at])
    if asked is None:
        return lines
    return [*lines[:at], f"{asked['line']} --help\n", *lines[at + 1 :]]
