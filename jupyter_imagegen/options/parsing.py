"""From a line of text to values: splitting, parsing, and errors that say what was meant."""

from __future__ import annotations

import argparse
import shlex
from functools import cache, partial
from typing import TYPE_CHECKING, NoReturn

from jupyter_imagegen.core.text import sentence, without_keys
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options.costs import add_costs_arguments
from jupyter_imagegen.options.declared import taken_out
from jupyter_imagegen.options.slips import (
    one_line,
    prompt_on_the_line,
    quoted_if_needed,
    refuse_other_dashes,
    shortened,
    unknown_command,
)
from jupyter_imagegen.options.table import COMMANDS, OPTIONS, dollars, seconds, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_imagegen.options.table import Face, Option


HELP_FLAGS = frozenset(("--help", "-h"))


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
        Whether words that belong to no option are taken too, anywhere in the line; they are in the
        namespace's `words`.
    description
        What the command does, for its help.
    usage
        How it is used, for its help; made from the arguments unless given.
    """

    def __init__(
        self, prog: str, *, words: bool = False, description: str = "", usage: str | None = None
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=sentence(description),
            formatter_class=partial(argparse.HelpFormatter, max_help_position=32, width=96),
            add_help=False,
            allow_abbrev=False,
            exit_on_error=False,
        )
        self._words = words

    def error(self, message: str) -> NoReturn:
        """Raise what `argparse` would print before it exits."""
        raise RequestError(
            f"{self.prog}: {without_keys(message)}", hint=f"`{self.prog} --help` shows the options."
        )

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse words.

        Raises
        ------
        RequestError
            If one is not understood; a misspelt flag is answered with the nearest ones.
        """
        refuse_other_dashes(words, self._option_string_actions, prog=self.prog)
        words, extra = taken_out(words, self._option_string_actions) if self._words else (words, {})
        try:
            namespace, unknown = self.parse_known_args(list(words))
        except argparse.ArgumentError as exc:
            name = f"{exc.argument_name}: " if exc.argument_name else ""
            self.error(f"{name}{exc.message}")
        if self._words and not any(_is_flag(word) for word in unknown):
            # Not a positional with nargs="*": argparse takes that as empty where an option comes first
            # (https://github.com/python/cpython/issues/59317).
            namespace.words = unknown
            namespace.extra = extra
        elif unknown:
            self._refuse(unknown)
        return namespace

    def _refuse(self, unknown: list[str]) -> NoReturn:
        flags = [word for word in unknown if _is_flag(word)]
        if not flags:
            self.error(f"unexpected argument {unknown[0]!r}")
        from difflib import get_close_matches

        flag = flags[0].partition("=")[0]
        near = get_close_matches(flag, self._option_string_actions, n=2, cutoff=0.7)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise RequestError(
            f"{self.prog} has no option {shortened(flag)}.{meant}",
            hint=f"`{self.prog} --help` shows the options.",
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


def magic_parser(
    prog: str = "%%imagegen",
    *,
    leave_out: Sequence[str] = (),
    description: str = "",
    usage: str | None = None,
) -> OptionParser:
    """Return the parser of a cell's line: the options, and in `words` whatever is between them."""
    parser = OptionParser(prog, words=True, description=description, usage=usage)
    add_options(parser, face="magic", leave_out=leave_out)
    return parser


def add_forget_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `forget` takes to any parser."""
    parser.add_argument("key", nargs="?", metavar="KEY", help="the first digits of a request's key, or last")
    parser.add_argument(
        "--prompt", metavar="TEXT", help="all whose prompt, alt text or revised prompt contains it"
    )
    parser.add_argument(
        "--before", metavar="DATE", help="all that were made before that day, such as 2026-01-31"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


#: What `plan --run` does.
RUN_HELP = "run all of its code with providers that only estimate: exact, and nothing is bought or stored"
#: What the magic and the command line read the same.
_ARGUMENTS = {"costs": add_costs_arguments, "forget": add_forget_arguments}


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
    prompt = cell.strip()
    if words and not prompt and words[0] in {command.name for command in COMMANDS}:
        raise RequestError(
            f"{words[0]} is a command, and commands take one percent sign",
            hint=f"Write: %imagegen {' '.join(map(quoted_if_needed, words))}",
        )
    options = _parser("%%imagegen").read(words)
    if options.words:
        raise prompt_on_the_line(words, options.words, prompt)
    if not prompt:
        raise RequestError(
            "there is no prompt under %%imagegen",
            hint='Write one on the next line, or use %imagegen "a lighthouse at dusk" on one line.',
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
        raise RequestError("%imagegen takes one prompt, in quotes", hint=f"Write: {one_line(words, bare)}")
    return options, options.words[0].strip()


def line_command(words: Sequence[str], line: str) -> str | None:
    """Return the command of a line; None where it holds a prompt.

    Raises
    ------
    RequestError
        If there is no such command.
    """
    if words[0].startswith("-") or line.lstrip()[0] in "\"'":
        return None
    return find_command(words[0], words)


def asks_for_help(words: Sequence[str]) -> bool:
    """Whether a line asks for help.

    Examples
    --------
    >>> asks_for_help(["budget", "--help"]), asks_for_help(["what does --help do"])
    (True, False)
    """
    return not HELP_FLAGS.isdisjoint(words)


_OF_ONE = {
    "models": ("NAME", "one model, with all that it takes"),
    "styles": ("NAME", "one style, with its words"),
    "help": ("TOPIC", "the list of topics unless given"),
}


def command_parser(name: str) -> OptionParser:
    """Return the parser of one command of `%imagegen`, for what follows its name."""
    prog = f"%imagegen {name}"
    command = next(each for each in COMMANDS if each.name == name)
    if command.pictures:
        return magic_parser(
            prog,
            leave_out=("out", "preview", "nowait", "save", "dry_run"),
            description=command.help,
            # argparse fills in its usage as a format.
            usage=f"%{prog} {command.usage}",
        )
    parser = OptionParser(prog, description=command.help)
    if name in _ARGUMENTS:
        _ARGUMENTS[name](parser)
    elif name == "history":
        parser.add_argument("text", nargs="*", metavar="TEXT", help="only prompts that contain it")
        parser.add_argument(
            "--limit", type=whole_number, default=20, metavar="N", help="at most this many (20)"
        )
    elif name == "show":
        parser.add_argument("key", metavar="KEY", help="the first digits of a key, or last")
    elif name == "budget":
        from jupyter_imagegen.core.budgets import SCOPES

        parser.add_argument("usd", nargs="?", metavar="USD", help="US dollars; none removes the limit")
        parser.add_argument("--per", choices=SCOPES, default="day", help="the period (day)")
    elif name in _OF_ONE:
        parser.add_argument("name", nargs="?", metavar=_OF_ONE[name][0], help=_OF_ONE[name][1])
    elif name == "plan":
        parser.add_argument("notebook", nargs="?", metavar="NOTEBOOK", help="this one unless given")
        parser.add_argument(
            "--max-usd", type=dollars, metavar="USD", help="an error if it could cost more than this"
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--write", action="store_true", help="put the result into the notebook")
        how.add_argument("--run", action="store_true", help=RUN_HELP)
    elif name == "config":
        parser.add_argument(
            "assignments", nargs="*", metavar="NAME=VALUE", help="set for this session; none takes it back"
        )
    elif name == "wait":
        parser.add_argument("--timeout", type=seconds, metavar="SECONDS", help="give up waiting after that")
    return parser


def find_command(word: str, words: Sequence[str] = ()) -> str:
    """Return a command's name as it is known.

    Parameters
    ----------
    word
        The name as it was written.
    words
        The whole line, for the answer to a prompt without quotes.

    Raises
    ------
    RequestError
        If there is none of that name: a prompt without quotes, or a slip.
    """
    names = [command.name for command in COMMANDS]
    if word in names:
        return word
    try:
        bare = _parser("%imagegen").read(words).words
    except RequestError:
        bare = []
    raise unknown_command(word, words, names, bare)


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
    found = {
        option.name: value
        for option in OPTIONS
        if option.use in uses and _is_set(option, value := getattr(namespace, option.name, None))
    }
    return {**found, **(getattr(namespace, "extra", {}) if "request" in uses else {})}


def _is_set(option: Option, value: object) -> bool:
    return bool(value) if option.switch or option.repeatable else value is not None
