"""Secrets kept where nothing that shows a value leads: no repr, `vars`, traceback, pickle or copy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")


class Hidden(Generic[T]):
    """A value that only a call gives back.

    Tracebacks with local variables (`%xmode Verbose`, rich, `pytest --showlocals`) show every local of every
    frame, and what can be seen ends up in bug reports. A secret is therefore never a local or an attribute:
    it is one of these, and is called where it is used.

    Examples
    --------
    >>> key = Hidden("sk-test-0000")
    >>> key, key() == "sk-test-0000", bool(Hidden(""))
    (<hidden>, True, False)
    """

    __slots__ = ("_give",)

    def __init__(self, value: T) -> None:
        # In a closure: an attribute would be found by `vars` and by every debugger.
        self._give: Callable[[], T] = lambda: value

    def __call__(self) -> T:
        """The value."""
        return self._give()

    def __bool__(self) -> bool:
        return bool(self._give())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and bool(self._give() == other._give())

    def __hash__(self) -> int:
        return hash(Hidden)

    def __repr__(self) -> str:
        return "<hidden>"

    def __copy__(self) -> Hidden[T]:
        return self

    def __deepcopy__(self, _memo: object) -> Hidden[T]:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled: set it in the environment of the other process")


class Environment(Mapping[str, str]):
    """The environment, behind a repr that shows none of it.

    Parameters
    ----------
    variables
        Its names and values; None for the process's own, as it is at each reading.

    Examples
    --------
    >>> Environment({"OPENAI_API_KEY": "sk-test-0000"})
    <environment>
    """

    __slots__ = ("_read",)

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._read = Hidden(os.environ if variables is None else variables)

    def __getitem__(self, name: str) -> str:
        # A KeyError that left `os.environ` would carry its frame, and that shows every variable.
        if name not in self._read():
            raise KeyError(name)
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return "<environment>"

    def __deepcopy__(self, _memo: object) -> Environment:
        return self


class StaysHere:
    """What belongs to its process, with threads, open files or a key within reach: it cannot be copied.

    Attributes
    ----------
    instead : str
        What to do, in one sentence.
    """

    instead = "Send a Result, or its to_dict(), and make what else is needed in the other process."

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled or copied. {self.instead}")
