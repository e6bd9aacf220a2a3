"""The help of the magic and of each command: plain, so that it reads the same in Shift-Tab and a terminal."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import sentence
from jupyter_imagegen.options.cassettes import CASSETTE_COMMANDS, cassette_parser
from jupyter_imagegen.options.parsing import HELP_FLAGS, command_parser, find_command
from jupyter_imagegen.options.table import COMMANDS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_imagegen.options.table import Option

_WIDTH = 96
_COLUMN = 32

_OPENING = """\
A picture under the cell, from the words in it, with what it cost.

    %%imagegen -q medium -n 2
    A lighthouse at dusk, oil painting, seen from the sea

    r = %imagegen "a lighthouse at dusk" -s 1536x1024     the same on one line, and the result as a value

The same request again costs nothing: its picture comes from the store. Interrupting the cell
does not lose the picture; run the cell again to show it.

In the prompt $name and ${expression} are filled in from the notebook; $$ is a dollar sign, and
so is a $ before a digit.
"""

_EXAMPLES = """\
Examples
    %%imagegen --dry-run                       what would be sent, and its price; sends nothing
    %%imagegen -i last --mask m -o winter      change the last picture where the mask `m` is transparent
    %%imagegen --style watercolour --fresh     a new one, though one is stored
    %imagegen budget 5 --per day               never spend more than $5.00 a day
"""


def help_text() -> str:
    """Return the help of the magic: what it does, every option under its heading, every command, examples."""
    parts = [_OPENING]
    offered = (option for option in OPTIONS if "magic" in option.faces)
    for heading, options in groupby(offered, key=lambda option: option.group):
        rows = (
            _row(f"{', '.join(option.flags)} {option.metavar}".rstrip(), _sentence(option))
            for option in options
        )
        parts.append("\n".join((heading, *rows, "")))
    commands = (
        _row(f"%imagegen {command.name} {command.usage}".rstrip(), command.help) for command in COMMANDS
    )
    parts.append("\n".join(("Commands", *commands, "")))
    parts.append(_EXAMPLES)
    return "\n".join(parts)


def command_help(words: Sequence[str]) -> str:
    """Return the help that a line asks for: a command's where it names one, else the whole.

    Parameters
    ----------
    words
        The line's words; `--help` and `-h` among them do not count.

    Raises
    ------
    RequestError
        If there is no such command.

    Examples
    --------
    >>> print(command_help(["config", "--help"]))
    usage: %imagegen config
    <BLANKLINE>
    Every setting, and where it comes from.
    <BLANKLINE>
    """
    plain = [word for word in words if word not in HELP_FLAGS]
    if not plain or plain[0].startswith("-"):
        return help_text()
    name = find_command(plain[0])
    command = next(each for each in COMMANDS if each.name == name)
    if name != "cassette":
        return command_parser(name).format_help()
    named = [each for each in CASSETTE_COMMANDS if plain[1:2] == [each.name]]
    if named:
        return cassette_parser(named[0].name).format_help()
    rows = (_row(f"%imagegen cassette {each.name}", each.help) for each in CASSETTE_COMMANDS)
    usage = f"usage: %imagegen cassette {command.usage}"
    return "\n".join((usage, "", sentence(command.help), "", *rows, ""))


def _sentence(option: Option) -> str:
    return f"{option.help}; may be repeated" if option.repeatable else option.help


def _row(left: str, text: str) -> str:
    """One entry: the text beside it where it fits, else under it."""
    head = f"    {left}"
    indent = " " * _COLUMN
    wrapped = textwrap.wrap(text, _WIDTH - _COLUMN)
    if len(head) < _COLUMN - 1:
        return "\n".join((head.ljust(_COLUMN) + wrapped[0], *(indent + line for line in wrapped[1:])))
    return "\n".join((head, *(indent + line for line in wrapped)))
