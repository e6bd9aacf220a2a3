"""From a line of text to values: splitting, parsing, and errors that say what was meant."""

from __future__ import annotations

import argparse
import shlex
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options.table import COMMANDS, OPTIONS, dollars, seconds, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_imagegen.options.table import Face, Option


def split_line(line: str) -> list[str]:
    r"""Split a magic's line into words; quotes group and are removed, `\` and `#` are only themselves.

    Raises
    ------
    RequestError
        If a quote is not closed.

    Examples
    --------
    >>> split_line(r"-m gpt-image-2 --save C:\art\a.png --alt 'a cat, #2'")
    ['-m', 'gpt-image-2', '--save', 'C:\\art\\a.png', '--alt', 'a cat, #2']
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.escape = ""
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError as exc:
        raise RequestError(
            f"a quote in `{line.strip()}` is not closed",
            hint="Put text with an apostrophe in double quotes.",
        ) from exc


class OptionParser(argparse.ArgumentParser):
    """An argument parser that raises `RequestError` and never ends the process.

    Abbreviated flags are not taken: a new option would change what an old notebook means.

    Parameters
    ----------
    prog
        How errors call it.
    words
        Whether words that belong to no option are taken too, anywhere in the line; they stand in the
        namespace's `words`.
    """

    def __init__(self, prog: str, *, words: bool = False) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False, exit_on_error=False)
        self._words = words

    def error(self, message: str) -> NoReturn:
        """Raise what `argparse` would print before it exits."""
        raise RequestError(f"{self.prog}: {message}", hint=f"`{self.prog}?` shows the options.")

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse words.

        Raises
        ------
        RequestError
            If one is not understood; a misspelt flag is answered with the nearest ones.
        """
        try:
            namespace, unknown = self.parse_known_args(list(words))
        except argparse.ArgumentError as exc:
            name = f"{exc.argument_name}: " if exc.argument_name else ""
            self.error(f"{name}{exc.message}")
        if self._words and not any(_is_flag(word) for word in unknown):
            # Not a positional with nargs="*": argparse takes that as empty where an option comes first
            # (https://github.com/python/cpython/issues/59317).
            namespace.words = unknown
        elif unknown:
            self._refuse(unknown)
        return namespace

    def _refuse(self, unknown: list[str]) -> NoReturn:
        flags = [word for word in unknown if _is_flag(word)]
        if not flags:
            self.error(f"{unknown[0]!r} is more than it takes")
        from difflib import get_close_matches

        flag = flags[0].partition("=")[0]
        near = get_close_matches(flag, self._option_string_actions, n=2, cutoff=0.7)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise RequestError(
            f"{self.prog} has no option {flag}.{meant}", hint=f"`{self.prog}?` shows the options."
        )


def _is_flag(word: str) -> bool:
    """Whether a word would be a flag; a quoted sentence that begins with a dash is none."""
    return word.startswith("-") and " " not in word


def add_options(parser: argparse.ArgumentParser, *, face: Face, leave_out: Sequence[str] = ()) -> None:
    """Add the options of a picture to any parser, under the headings of the help.

    Unset options are None, unset switches False, unset repeatable options an empty list.

    Parameters
    ----------
    parser
        The magic's, or one of the command line's.
    face
        Whose options: those that a face does not offer are left out.
    leave_out
        Names of options that make no sense here, such as `save` for an estimate.
    """
    groups: dict[str, argparse._ArgumentGroup] = {}
    for option in OPTIONS:
        if face not in option.faces or option.name in leave_out:
            continue
        if option.group not in groups:
            groups[option.group] = parser.add_argument_group(option.group)
        group, flags = groups[option.group], option.flags_for(face)
        if option.switch:
            group.add_argument(*flags, dest=option.name, action="store_true", help=option.help)
        elif option.repeatable:
            group.add_argument(
                *flags,
                dest=option.name,
                metavar=option.metavar,
                help=option.help,
                action="append",
                default=[],
            )
        else:
            group.add_argument(
                *flags, dest=option.name, metavar=option.metavar, help=option.help, type=option.convert or str
            )


def magic_parser(prog: str = "%%imagegen", *, leave_out: Sequence[str] = ()) -> OptionParser:
    """Return the parser of a cell's line: the options, and in `words` whatever stands between them."""
    parser = OptionParser(prog, words=True)
    add_options(parser, face="magic", leave_out=leave_out)
    return parser


@cache
def _parser(prog: str) -> OptionParser:
    """The parser of every cell: making it takes longer than reading with it."""
    return magic_parser(prog)


def read_cell(words: Sequence[str], cell: str) -> tuple[argparse.Namespace, str]:
    """Read a cell's line and its prompt, in which nothing is filled in yet.

    Raises
    ------
    RequestError
        If a word belongs to no option, or there is no prompt.
    """
    options = _parser("%%imagegen").read(words)
    if options.words:
        raise RequestError(
            f"{options.words[0]!r} in the line of %%imagegen belongs to no option",
            hint="The prompt goes under the line, and text with spaces in quotes.",
        )
    prompt = cell.strip()
    if not prompt:
        raise RequestError(
            "there is no prompt under %%imagegen",
            hint='Write one, or use %imagegen "a prompt" on one line.',
        )
    return options, prompt


def read_line(words: Sequence[str], values: Sequence[str], line: str) -> tuple[argparse.Namespace, str]:
    """Read a line with its prompt.

    Parameters
    ----------
    words
        As they stand in the line.
    values
        The same, with variables filled in.
    line
        The line, which shows whether the prompt stands in quotes.

    Raises
    ------
    RequestError
        If there is not one prompt, in quotes.
    """
    options = _parser("%imagegen").read(values)
    bare = [word for word, value in zip(words, values, strict=True) if value in options.words]
    if len(options.words) != 1 or not all(quoted(word, line) for word in bare):
        raise RequestError(
            "%imagegen takes one prompt, in quotes", hint='Such as %imagegen "a lighthouse at dusk" -n 2.'
        )
    return options, options.words[0].strip()


def line_command(words: Sequence[str], line: str) -> str | None:
    """The command of a line; None where it holds a prompt.

    Raises
    ------
    RequestError
        If the line is empty, or there is no such command.
    """
    if not words:
        raise RequestError(
            "%imagegen needs a prompt in quotes, or a command", hint="`%imagegen?` shows them."
        )
    if words[0].startswith("-") or line.lstrip()[0] in "\"'":
        return None
    return find_command(words[0])


def command_parser(name: str) -> OptionParser:
    """Return the parser of one command of `%imagegen`, for what follows its name."""
    prog = f"%imagegen {name}"
    if next(command for command in COMMANDS if command.name == name).pictures:
        return magic_parser(prog, leave_out=("out", "preview", "nowait", "save", "dry_run"))
    parser = OptionParser(prog)
    if name == "history":
        parser.add_argument("text", nargs="*")
        parser.add_argument("--limit", type=whole_number, default=20)
    elif name == "show":
        parser.add_argument("key", metavar="KEY")
    elif name == "budget":
        from jupyter_imagegen.core.budgets import SCOPES

        parser.add_argument("usd", nargs="?", metavar="USD")
        parser.add_argument("--per", choices=SCOPES, default="day")
    elif name in {"models", "styles"}:
        parser.add_argument("name", nargs="?", metavar="NAME")
    elif name == "plan":
        parser.add_argument("notebook", nargs="?", metavar="NOTEBOOK")
        parser.add_argument("--max-usd", type=dollars, metavar="USD")
        parser.add_argument("--write", action="store_true")
    elif name == "wait":
        parser.add_argument("--timeout", type=seconds)
    return parser


def find_command(word: str) -> str:
    """Return a command's name as it is known.

    Raises
    ------
    RequestError
        If there is none of that name: a prompt without quotes, or a slip.
    """
    names = [command.name for command in COMMANDS]
    if word in names:
        return word
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), names, n=1)
    meant = f" Did you mean `%imagegen {near[0]}`?" if near else ""
    raise RequestError(
        f"%imagegen has no command {word!r}.{meant}",
        hint='A prompt on the line stands in quotes: %imagegen "a lighthouse at dusk".',
    )


def quoted(word: str, line: str) -> bool:
    """Whether a word stood in quotes in the line that it was split from.

    Examples
    --------
    >>> quoted("a cat", '-n 2 "a cat"'), quoted("cat", "-n 2 cat")
    (True, False)
    """
    return f'"{word}"' in line or f"'{word}'" in line


def given(namespace: argparse.Namespace, *uses: str) -> dict[str, object]:
    """Return the options that were given, by name: for `request`, `call` and `face` as named.

    Examples
    --------
    >>> given(magic_parser().read(["-n", "2", "-s", "1024x1024"]), "request")
    {'size': '1024x1024'}
    """
    return {
        option.name: value
        for option in OPTIONS
        if option.use in uses and _is_set(option, value := getattr(namespace, option.name, None))
    }


def _is_set(option: Option, value: object) -> bool:
    return bool(value) if option.switch or option.repeatable else value is not None
