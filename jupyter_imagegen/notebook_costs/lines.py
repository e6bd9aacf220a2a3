"""A line or cell of `%imagegen` without a kernel: its options, and what of them cannot be known."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.config import NO_CASSETTE
from jupyter_imagegen.core.prompts import fill_prompt
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.notebook_costs.asked import Configured
from jupyter_imagegen.notebook_costs.values import CannotKnowError, expression, value_of
from jupyter_imagegen.options import (
    OPTIONS,
    asks_for_help,
    given,
    line_command,
    read_cell,
    read_line,
    split_line,
)
from jupyter_imagegen.options.assignments import read_assignments
from jupyter_imagegen.options.cassettes import read_cassette_command

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags if "magic" in option.faces}


def bound_by_line(line: str) -> list[str]:
    """The names that `-o` binds in a line of ours."""
    try:
        return [word for flag, word in pairwise(split_line(line)) if flag in {"-o", "--out"}]
    except ImagegenError:
        return []


def read_magic(
    line: str, cell: str | None, names: Mapping[str, object]
) -> tuple[dict[str, Any], str | None] | None:
    """What a magic of ours asks for, and the name that it binds; None where it costs nothing.

    Parameters
    ----------
    line
        What follows the magic's name.
    cell
        What is under it; None for a line.
    names
        The names whose values are known.

    Returns
    -------
    dict
        `prompt`, `depends`, `options`, `unknown`, and in `pictures` words by `image`, `mask` and `markup`.
    str or None
        `-o`'s name.

    Raises
    ------
    ImagegenError
        If the cell would end with it.
    """
    words = split_line(line)
    if asks_for_help(words) or (cell is None and (not words or line_command(words, line) is not None)):
        return None
    known, values, unknown, depends = _known_words(words, names)
    if cell is None:
        options, prompt = read_line(known, values, line)
    else:
        options, prompt = read_cell(values, cell)
        prompt, depends = (prompt, []) if options.raw else filled(prompt, names)
    if options.dry_run:
        return None
    wanted: dict[str, Any] = given(options, "request", "call")
    pictures = {name: wanted.pop(name) for name in ("image", "mask", "markup") if name in wanted}
    pictures |= {name: unknown.pop(name) for name in ("image", "mask", "markup") if name in unknown}
    pictures = {
        name: [words] if isinstance(words, str) else words for name, words in pictures.items() if words
    }
    asked = {
        "prompt": prompt,
        "depends": tuple(depends),
        "options": wanted,
        "unknown": unknown,
        "pictures": pictures,
    }
    return asked, options.out


def _known_words(
    words: list[str], names: Mapping[str, object]
) -> tuple[list[str], list[str], dict[str, str], list[str]]:
    """The words as they are written and as they are filled in; options that are not known are taken out."""
    written, values, unknown, missing = list[str](), list[str](), dict[str, str](), list[str]()
    for word in words:
        value, depends = (word, []) if "--raw" in words else filled(word, names)
        flag = word.partition("=")[0]
        before = _BY_FLAG.get(values[-1]) if values else None
        if depends and flag in _BY_FLAG:
            unknown[_BY_FLAG[flag].name] = ", ".join(f"`{each}`" for each in depends)
        elif depends and before is not None and not before.switch:
            unknown[before.name] = ", ".join(f"`{each}`" for each in depends)
            del written[-1], values[-1]
        else:
            missing += depends
            written.append(word)
            values.append(value)
    return written, values, unknown, missing


def settings_of_line(line: str, cell: int, names: Mapping[str, object]) -> Configured | None:
    """The settings that `%imagegen cassette use` and `%imagegen config` change; None for any other line."""
    try:
        words = split_line(line)
        if words[:1] != ["config"] and words[:2] != ["cassette", "use"]:
            return None
        told = [filled(word, names) for word in words]
        if words[0] == "config":
            unknown = {
                text.partition("=")[0]: f"cell {cell} sets it from `{why[0]}`" for text, why in told if why
            }
            values = read_assignments([text for text, why in told[1:] if not why], prog="%imagegen config")
            return Configured(cell=cell, values=values, unknown=unknown)
        if missing := [each for _, why in told for each in why]:
            reason = f"cell {cell} takes the cassette `{missing[0]}` into use"
            return Configured(cell=cell, unknown={"cassette": reason, "record_mode": reason})
        _, options = read_cassette_command([text for text, _ in told[1:]])
    except ImagegenError:
        # What the line answers is an error that costs nothing.
        return None
    mode = "live" if options.file in NO_CASSETTE else options.mode
    values = {"cassette": options.file, "record_mode": mode}
    return Configured(cell=cell, values={name: value for name, value in values.items() if value is not None})


def filled(text: str, names: Mapping[str, object]) -> tuple[str, list[str]]:
    """A text with what is known filled in, and what it depends on besides.

    Raises
    ------
    PromptError
        If a place cannot be read, or a value is not words.

    Examples
    --------
    >>> filled("a $season harbour, ${len(boats)} boats", {"boats": ["red", "white"]})
    ('a $season harbour, 2 boats', ['season'])
    """
    depends: list[str] = []

    def value(written: str) -> object:
        try:
            return value_of(expression(written), names)
        except CannotKnowError as exc:
            depends.append(str(exc))
            return f"${written}" if written.isidentifier() else f"${{{written}}}"

    return fill_prompt(text, value), depends
