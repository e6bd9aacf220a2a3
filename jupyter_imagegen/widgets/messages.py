"""What the browser may send: the shape of each message, checked before anything is done.

A page can send anything: one of another version, another program's script, a person at the console. What has
not the shape that is written here does nothing, and the panel says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Check = Callable[[object], bool]

#: Characters of a prompt, of a name, and entries of a table.
PROMPT, NAME, ENTRIES = 200_000, 1_000, 100
_MOST_WHOLE = 2**53


def text(value: object, most: int = NAME) -> bool:
    """A name, an id, a file name."""
    return isinstance(value, str) and len(value) <= most


def prompt(value: object) -> bool:
    """Words of any length that could be a prompt."""
    return text(value, PROMPT)


def whole(value: object) -> bool:
    """A whole number from 0 on, as JavaScript has it."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_WHOLE


def flag(value: object) -> bool:
    """True or False."""
    return isinstance(value, bool)


def data(value: object) -> bool:
    """Bytes."""
    return isinstance(value, bytes | bytearray | memoryview)


def plain(value: object) -> bool:
    """What a control holds: text, a number, a switch, or nothing."""
    if isinstance(value, float):
        return math.isfinite(value)
    return (
        value is None or flag(value) or text(value) or (isinstance(value, int) and abs(value) < _MOST_WHOLE)
    )


def table(value: object) -> bool:
    """What several controls hold, by name."""
    return (
        isinstance(value, dict)
        and len(value) <= ENTRIES
        and all(text(k) and plain(v) for k, v in value.items())
    )


def picture(value: object) -> bool:
    """A picture's key and number."""
    return isinstance(value, list | tuple) and len(value) == 2 and text(value[0]) and whole(value[1])  # noqa: PLR2004 - a pair


def pictures(value: object) -> bool:
    """Pictures by key and number."""
    return isinstance(value, list | tuple) and all(map(picture, value))


def place(value: object) -> bool:
    """Where a page of pictures goes on; None for the beginning."""
    return value is None or (isinstance(value, list) and len(value) == 2 and all(map(text, value)))  # noqa: PLR2004 - a pair


@dataclass(frozen=True)
class Shape:
    """The shape of one kind of message.

    Attributes
    ----------
    fields : mapping of str to callable
        What must be there, and what tells that it is right.
    optional : mapping of str to callable
        What may be left out.
    buffers : int
        How many pieces of binary data come with it, at most.
    quiet : bool
        Whether the page only fetches something: what went wrong before stays to be read.
    """

    fields: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    buffers: int = 0
    quiet: bool = False

    def fits(self, message: Mapping[str, object], buffers: object) -> bool:
        """Whether a message has it."""
        return (
            isinstance(buffers, list | tuple)
            and len(buffers) <= self.buffers
            and all(map(data, buffers))
            and all(name in message and check(message[name]) for name, check in self.fields.items())
            and all(check(message[name]) for name, check in self.optional.items() if name in message)
        )


#: A message that only says what to do.
ALONE = Shape()
