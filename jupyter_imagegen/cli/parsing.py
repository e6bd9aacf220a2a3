"""The command line's parsers, made from the one table of options."""

from __future__ import annotations

import argparse
import itertools
import shlex
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_imagegen.cli.outcomes import PROG, exit_codes_text
from jupyter_imagegen.core.budgets import SCOPES
from jupyter_imagegen.core.text import without_keys
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options import add_options
from jupyter_imagegen.options.cassettes import CASSETTE_COMMANDS, add_cassette_arguments
from jupyter_imagegen.options.costs import add_costs_arguments
from jupyter_imagegen.options.parsing import RUN_HELP, add_forget_arguments
from jupyter_imagegen.options.slips import (
    HELP_WORDS,
    meant_budget,
    refuse_other_dashes,
    shortened,
    without_other_quotes,
)
from jupyter_imagegen.options.table import dollars, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_DESCRIPTION = """\
AI pictures from the command line: the price before, and the same budgets and store as in your notebooks."""
_EXAMPLES = f"""\
examples:
  {PROG} estimate "a lighthouse at dusk" -q high
  {PROG} generate "a lighthouse at dusk" -o lighthouse.png
  {PROG} plan lesson.ipynb --max-usd 0.50
  {PROG} edit "make it winter" -i lighthouse.png -o winter.png
  cat prompt.txt | {PROG} generate - --json
  {PROG} budget 5 --per day

A stored picture costs nothing. Ctrl-C once waits for a picture that was sent (it is
billed anyway), twice abandons it.
"""
#: A session ends with its command here, so a budget for it would hold nothing.
_SCOPES = tuple(scope for scope in SCOPES if scope != "session")
#: Commands whose options are a picture's.
_PICTURES = frozenset(("generate", "edit", "estimate"))
_GOES_IN = ("image", "mask", "markup", "input_fidelity", "keep_outside", "feather")


_CASSETTES = """\
Recorded pictures that replay with no key and no network. IMAGEGEN_CASSETTE=FILE uses one, as
IMAGEGEN_RECORD_MODE=live|replay|record says; without a command, this says which one is."""

_MOVING = (
    "`jupyter imagegen help stores` says how a store is backed up, moved and merged, and what not to do."
)


def command_names() -> list[str]:
    """Return the first words that the command line knows."""
    return list(dict.fromkeys(name.partition(" ")[0] for name in _build("")[1]))


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are `RequestError`. It takes no abbreviated flags: scripts outlive versions."""

    def __init__(self, **arguments: Any) -> None:
        arguments.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **arguments)

    def error(self, message: str) -> NoReturn:
        """Raise what `argparse` would print."""
        raise RequestError(without_keys(message), hint=f"`{self.prog} --help` shows how it is used.")


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line.

    Returns
    -------
    argparse.Namespace
        With the command's words joined in `command`, such as `store verify`.

    Raises
    ------
    RequestError
        If something is not understood; a misspelt flag is answered with the nearest ones.
    SystemExit
        After `--help` and `--version`.
    """
    # Reading the version of an installed package takes as long as the rest of the parsing.
    parser, commands = _build(_version() if "--version" in words else "")
    if list(words) in ([], ["store"]):
        words = [*words, "--help"]
    names = list(dict.fromkeys(name.partition(" ")[0] for name in commands))
    if words[0] not in (*names, *parser._option_string_actions):  # noqa: SLF001  # argparse has no public list
        raise _no_such_command(words, names)
    try:
        words, extra = _declared(list(words), commands)
        namespace, unknown = parser.parse_known_args(words)
        namespace.extra = extra
        chosen = commands[namespace.command]
        refuse_other_dashes(words, chosen._option_string_actions, prog=chosen.prog)  # noqa: SLF001  # argparse has no public list
        if unknown:
            _refuse(unknown, chosen, namespace, words)
    except RequestError as exc:
        line = meant_budget([word for word in words[1:] if word != "--json"]) if words[0] == "budget" else ""
        if line and "session" not in line:
            exc.hint = f"Write: {line}"
        raise
    return namespace


def _declared(words: list[str], commands: Mapping[str, CommandParser]) -> tuple[list[str], dict[str, object]]:
    """The words without what a model declares, where pictures are asked for."""
    from jupyter_imagegen.options.declared import taken_out

    if words[0] not in _PICTURES:
        return words, {}
    return taken_out(words, commands[words[0]]._option_string_actions)  # noqa: SLF001  # argparse has no public list


def _build(version: str) -> tuple[CommandParser, dict[str, CommandParser]]:
    parser = CommandParser(
        prog=PROG, description=_DESCRIPTION, epilog=f"{_EXAMPLES}\n{exit_codes_text()}", add_help=True
    )
    parser.add_argument("--version", action="version", version=f"{PROG} {version}")
    adding = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    commands: dict[str, CommandParser] = {}

    def command(name: str, words: str, *, to: Any = adding) -> CommandParser:
        made: CommandParser = to.add_parser(name.rpartition(" ")[2], help=words, description=f"{words}.")
        made.set_defaults(command=name)
        made.add_argument("--json", action="store_true", help="one JSON document on stdout, for programs")
        commands[name] = made
        return made

    for name, words, without in (
        ("generate", "make pictures from words", _GOES_IN),
        ("edit", "change pictures, or make new ones from them", ()),
        ("estimate", "say what it would cost; sends nothing and spends nothing", ("save", "dry_run", "alt")),
    ):
        made = command(name, words)
        made.epilog = exit_codes_text()
        made.add_argument("prompt", metavar="PROMPT", help="what to draw, in quotes; - reads it from stdin")
        add_options(made, face="cli", leave_out=without)
    _add_plan_arguments(command("plan", "what notebooks cost, cell by cell; spends nothing"))
    add_costs_arguments(
        command(
            "costs", "what was spent, by time and by model, and what the store saved; calls of unknown cost"
        )
    )
    history = command("history", "pictures made so far, newest first")
    history.add_argument("text", nargs="?", default="", metavar="TEXT", help="only prompts that contain it")
    history.add_argument("--limit", type=whole_number, default=20, metavar="N", help="at most this many (20)")
    forget = command(
        "forget", "delete stored pictures and every word of them; what they cost stays in the costs"
    )
    add_forget_arguments(forget)
    forget.add_argument("--yes", action="store_true", help="do not ask before --prompt or --before deletes")
    command("models", "what each model takes and costs").add_argument("name", nargs="?", metavar="MODEL")
    command("styles", "the named styles").add_argument("name", nargs="?", metavar="NAME")
    budget = command("budget", "show the limits, or set one that no call can pass")
    budget.add_argument("usd", nargs="?", metavar="USD|none", help="US dollars; none removes the limit")
    budget.add_argument("--per", choices=_SCOPES, default="day", help="the period (day)")
    config = command("config", "every setting, and where it comes from; or set the ledger's time zone")
    config.add_argument(
        "assignments", nargs="*", metavar="timezone=ZONE", help="such as Europe/Berlin or +05:30"
    )
    manual = command("help", "a page of the manual, or its list of topics")
    manual.add_argument("topic", nargs="?", default="", metavar="TOPIC", help="the list unless given")
    command("doctor", "check the setup: what is wrong, and what a picture would cost now")

    _add_cassette_commands(command)
    store = adding.add_parser(
        "store", help="manage the stored pictures", description="Manage the stored pictures."
    )
    store_commands = store.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    command("store verify", "read every picture and say which are not what was paid for", to=store_commands)
    command("store gc", "remove what no picture needs; pictures themselves stay", to=store_commands)
    reread = command(
        "store reread",
        "read kept answers that could not be read before; sends and pays nothing",
        to=store_commands,
    )
    reread.add_argument("files", nargs="*", metavar="FILE", help="only these; all unless given")
    reread.add_argument("--all", action="store_true", help="all of them, which is also the default")
    for name, words, metavar, about in (
        ("copy", ("copy the whole store into a new folder, also while kernels "
        "run"), "TO", "a new or empty folder"),
        ("backup", ("back up the whole store, also while kernels "
        "run"), "TO", "a new folder, or a new .zip file"),
        ("restore", "bring a backup back into a home that is new or empty", "FROM", "a backup or copy"),
        ("merge", "take another store's pictures and costs into this one, each once; budgets stay",
         "FROM", "a store's folder, a backup, or an export"),
    ):  # fmt: skip
        made = command(f"store {name}", words, to=store_commands)
        made.epilog = _MOVING
        made.add_argument("path", metavar=metavar, help=about)
    export = command("store export", "write pictures and their recipes into one zip file", to=store_commands)
    export.add_argument("dest", metavar="ZIP", help="the file to write; an existing file is not overwritten")
    export.add_argument("keys", nargs="*", metavar="KEY", help="only these pictures; all unless given")
    return parser, commands


def _add_plan_arguments(plan: CommandParser) -> None:
    plan.epilog = exit_codes_text()
    plan.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="an .ipynb file")
    plan.add_argument(
        "--max-usd", type=dollars, metavar="USD",
        help="fail (3) if they could cost more than this when nothing is stored, or a price is not known",
    )  # fmt: skip
    how = plan.add_mutually_exclusive_group()
    how.add_argument(
        "--write", action="store_true",
        help="put the result into each notebook: a table into its metadata, a line at its top",
    )  # fmt: skip
    how.add_argument("--run", action="store_true", help=RUN_HELP)


def _add_cassette_commands(command: Callable[..., CommandParser]) -> None:
    cassette = command("cassette", "recorded pictures that replay")
    cassette.description = _CASSETTES
    to = cassette.add_subparsers(title="commands", metavar="COMMAND", parser_class=CommandParser)
    for each in CASSETTE_COMMANDS:
        if not each.session:
            add_cassette_arguments(command(f"cassette {each.name}", each.help, to=to), each.name)


def _no_such_command(words: Sequence[str], names: Sequence[str]) -> RequestError:
    first, about = words[0], words[1] if words[1:] and words[1] in names else ""
    told = f"there is no command {shortened(first)!r}"
    if first in HELP_WORDS:
        return RequestError(told, hint=f"`{PROG} {about}{about and ' '}--help` shows how it is used.")
    near = get_close_matches(first.lower(), [*names, "--help", "--version"], n=1, cutoff=0.75)
    bare = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    if near:
        told += f". Did you mean {near[0]}?"
    elif bare:
        prompt = shlex.quote(without_other_quotes(" ".join(bare)))
        told += f". For a picture: {PROG} generate {without_keys(prompt)}"
    return RequestError(told, hint=f"`{PROG} --help` shows how it is used.")


def _refuse(
    unknown: Sequence[str], parser: CommandParser, namespace: argparse.Namespace, words: Sequence[str]
) -> NoReturn:
    flags = [word for word in unknown if word.startswith("-")]
    if not flags:
        begun = getattr(namespace, "prompt", None) or getattr(namespace, "text", None)
        if not begun:
            parser.error(f"unexpected argument {unknown[0]!r}")
        meant = list(words)
        for word in unknown:
            meant.remove(word)
        meant[meant.index(begun)] = without_other_quotes(" ".join([begun, *unknown]))
        parser.error(f"a text of several words needs quotes: {PROG} {shlex.join(meant)}")
    flag = flags[0].partition("=")[0]
    near = get_close_matches(flag, parser._option_string_actions, n=2)  # noqa: SLF001  # argparse has no public list
    parser.error(
        f"{parser.prog} has no option {shortened(flag)}"
        + (f"; did you mean {' or '.join(near)}?" if near else "")
    )


def _version() -> str:
    from importlib.metadata import version

    return version("jupyter-imagegen")
