"""A line or cell of `%imagegen` without a kernel: its options, and what of them cannot be known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.config import NO_CASSETTE
from jupyter_imagegen.core.prompts import fill_prompt
from jupyter_imagegen.errors import ImagegenError
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
from jupyter_imagegen.planning.asking import Asked, Configured, Drawn, Given
from jupyter_imagegen.planning.constants import CannotKnowError, evaluated, expression

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from jupyter_imagegen.planning.asking import Times

_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags if "magic" in option.faces}
_PICTURES = ("image", "mask", "markup")


@dataclass(kw_only=True)
class Scope:
    """What is known at a place of the notebook.

    Attributes
    ----------
    cell : int
        The cell's number.
    names : dict
        Names whose values are known.
    drawn : dict of str to Drawn
        Names that hold results of earlier calls.
    last : Drawn or None
        What `-i last` means.
    bound : frozenset of str
        Every name that the notebook binds anywhere.
    moment : int
        Goes up whenever other code runs.
    any_asked : bool
        Whether anything was asked for before.
    """

    cell: int = 0
    names: dict[str, object] = field(default_factory=dict)
    drawn: dict[str, Drawn] = field(default_factory=dict)
    last: Drawn | None = None
    bound: frozenset[str] = frozenset()
    moment: int = 0
    any_asked: bool = False


def asked_by_magic(
    line: str, cell: str | None, scope: Scope, times: Times
) -> tuple[Asked | None, str | None]:
    """What a magic of ours asks for, and the name that it binds.

    Parameters
    ----------
    line
        What follows the magic's name.
    cell
        What stands under it; None for a line.
    scope, times
        What is known there, and how often it runs.

    Returns
    -------
    Asked or None
        None for a command and a dry run: they cost nothing.
    str or None
        `-o`'s name.
    """
    try:
        return _asked(line, cell, scope, times)
    except ImagegenError as exc:
        return Asked(cell=scope.cell, prompt=cell or line, times=times, error=exc), None


def _asked(line: str, cell: str | None, scope: Scope, times: Times) -> tuple[Asked | None, str | None]:
    words = split_line(line)
    if asks_for_help(words) or (cell is None and (not words or line_command(words, line) is not None)):
        return None, None
    read = _Words(words, scope)
    if cell is not None:
        options, prompt = read_cell(read.values, cell)
        if not options.raw:
            prompt, depends = filled(prompt, scope.names)
        else:
            depends = []
    else:
        options, prompt = read_line(read.words, read.values, line)
        depends = read.depends
    if options.dry_run:
        return None, None
    asked = Asked(cell=scope.cell, prompt=prompt, depends=tuple(depends), unknown=read.unknown, times=times)
    return _with_options(asked, options, read, scope), options.out


def settings_changed(line: str, scope: Scope) -> Configured | None:
    """The settings that `%imagegen cassette use` and `%imagegen config` change; None for any other line."""
    try:
        words = split_line(line)
        if words[:1] == ["config"]:
            return _assigned(words[1:], scope)
        if words[:2] != ["cassette", "use"]:
            return None
        told = [filled(word, scope.names) for word in words[1:]]
        _, options = read_cassette_command([word for word, _ in told])
    except ImagegenError:
        return None
    if depends := [each for _, names in told for each in names]:
        why = f"cell {scope.cell} takes the cassette `{depends[0]}` into use"
        return Configured(cell=scope.cell, unknown={"cassette": why, "record_mode": why})
    values = {"cassette": options.file, "record_mode": options.mode}
    if options.file in NO_CASSETTE:
        values["record_mode"] = "live"
    return Configured(
        cell=scope.cell, values={name: value for name, value in values.items() if value is not None}
    )


def _assigned(words: Sequence[str], scope: Scope) -> Configured | None:
    known, unknown = [], {}
    for word in words:
        text, depends = filled(word, scope.names)
        if depends:
            name = text.partition("=")[0].strip()
            unknown[name] = f"cell {scope.cell} sets {name} from `{depends[0]}`"
        else:
            known.append(text)
    values = read_assignments(known, prog="%imagegen config")
    return Configured(cell=scope.cell, values=values, unknown=unknown) if words else None


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
            return evaluated(expression(written), names)
        except CannotKnowError as exc:
            depends.append(str(exc))
            return f"${written}" if written.isidentifier() else f"${{{written}}}"

    return fill_prompt(text, value), depends


def meant(written: str, scope: Scope) -> Given:
    """The picture that a word after `-i` means."""
    moment = scope.moment
    if written == "last":
        return Given(written=written, drawn=scope.last, moment=moment)
    if written in scope.drawn:
        return Given(written=written, drawn=scope.drawn[written], moment=moment)
    value = scope.names.get(written)
    if isinstance(value, str):
        return Given(written=written, source=value, moment=moment)
    if written in scope.bound:
        return Given(written=written, moment=moment)
    return Given(written=written, source=written, moment=moment)


def _with_options(asked: Asked, options: Namespace, read: _Words, scope: Scope) -> Asked:
    wanted: dict[str, Any] = given(options, "request", "call")
    pictures = {name: wanted.pop(name, None) for name in _PICTURES}
    images = [meant(written, scope) for written in pictures["image"] or ()]
    images += read.hidden.get("image", ())
    mask, markup = (
        meant(pictures[name], scope) if pictures[name] else next(iter(read.hidden.get(name, ())), None)
        for name in ("mask", "markup")
    )
    return replace(asked, options=wanted, images=tuple(images), mask=mask, markup=markup)


class _Words:
    """The words of a line: those that are known filled in, options that are not known taken out."""

    def __init__(self, words: Sequence[str], scope: Scope) -> None:
        self.words: list[str] = []
        self.values: list[str] = []
        self.unknown: dict[str, str] = {}
        self.hidden: dict[str, list[Given]] = {}
        self.depends: list[str] = []
        raw = "--raw" in words
        for word in words:
            value, depends = (word, []) if raw else filled(word, scope.names)
            if not depends:
                self.words.append(word)
                self.values.append(value)
                continue
            flag, _, rest = word.partition("=")
            option = _BY_FLAG.get(flag)
            if (
                option is None
                and self.values
                and (before := _BY_FLAG.get(self.values[-1]))
                and not before.switch
            ):
                option, rest = before, word
                del self.words[-1], self.values[-1]
            if option is None:
                self.depends += depends
                self.words.append(word)
                self.values.append(value)
            elif option.name in _PICTURES:
                self.hidden.setdefault(option.name, []).append(Given(written=rest, moment=scope.moment))
            else:
                self.unknown[option.name] = ", ".join(f"`{each}`" for each in depends)
