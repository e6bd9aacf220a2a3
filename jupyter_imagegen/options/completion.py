"""What can stand at the end of a half-written line: flags, their values, commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_imagegen.options.costs import COSTS_COMMANDS, UNBILLED
from jupyter_imagegen.options.table import COMMANDS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_imagegen.options.table import Option

#: A magic of ours up to the cursor: `%%imagegen -q l`, `r = %imagegen "a cat" --st`.
_OURS = re.compile(r"\s*(?:[^%\n]*=\s*)?(?P<magic>%%?)imagegen\s(?P<rest>.*)", re.DOTALL)
#: Options whose values are files, so that what is in the folder is worth offering too.
_FILES = frozenset(("image", "mask", "markup", "save"))


def candidates(text: str, values: Callable[[str], Sequence[str]]) -> list[str] | None:
    """Return what can follow the text before the cursor; None where files or names may, besides or instead.

    Parameters
    ----------
    text
        The line up to the cursor.
    values
        Gives the words of a list by its name: `models sizes qualities backgrounds output_formats
        complexities styles names topics`.

    Examples
    --------
    >>> candidates("%%imagegen --qual", lambda name: ())
    ['--quality']
    >>> candidates("%%imagegen -q m", lambda name: ("low", "medium"))
    ['medium']
    """
    ours = _OURS.fullmatch(text)
    if ours is None:
        return None
    *before, word = re.split(r"[\s=]+", ours["rest"])
    by_flag = {flag: option for option in OPTIONS for flag in option.flags if "magic" in option.faces}
    option = by_flag.get(before[-1]) if before else None
    if option is not None and not option.switch:
        return _option_values(option, word, values)
    if before and before[0] == "budget" and before[-1] == "--per":
        from jupyter_imagegen.core.budgets import SCOPES

        return _starting(SCOPES, word)
    if before and before[0] == "costs":
        return _starting(_after_costs(before[1:], values), word)
    if before and before[0] in {"models", "styles"}:
        return _starting(values(before[0]), word)
    if before == ["help"]:
        return _starting(values("topics"), word)
    if before and before[0] == "plan" and not word.startswith("-"):
        # A notebook, which Jupyter's own completion of files finds; or an amount of dollars.
        return None if before[-1] != "--max-usd" else []
    if word.startswith("-"):
        return _starting(_flags(before, by_flag), word)
    if not before and ours["magic"] == "%":
        return _starting([command.name for command in COMMANDS], word)
    return [] if word else _starting(_flags(before, by_flag), word)


def _option_values(option: Option, word: str, values: Callable[[str], Sequence[str]]) -> list[str] | None:
    if option.name in _FILES:
        found = _starting((*option.choices, *values("names")), word) if option.name != "save" else []
        return found or None
    return _starting((*option.choices, *(values(option.values) if option.values else ())), word)


def _flags(before: Sequence[str], by_flag: dict[str, Option]) -> list[str]:
    """Long flags, those of no further use left out."""
    if before and before[0] == "budget":
        return ["--per"]
    if before and before[0] == "plan":
        return [flag for flag in ("--max-usd", "--write") if flag not in before]
    used = {by_flag[word].name for word in before if word in by_flag and not by_flag[word].repeatable}
    return [option.flags[-1] for option in OPTIONS if "magic" in option.faces and option.name not in used]


def _after_costs(before: Sequence[str], values: Callable[[str], Sequence[str]]) -> Sequence[str]:
    if before[:1] != ["settle"]:
        return () if before else COSTS_COMMANDS
    return {1: values("held"), 2: (UNBILLED,)}.get(len(before), ())


def _starting(words: Sequence[str], word: str) -> list[str]:
    return [each for each in words if each.startswith(word) and each != word]
