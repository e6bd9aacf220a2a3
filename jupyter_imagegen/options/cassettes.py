"""The commands on cassettes; the magic and the command line read the same table."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jupyter_imagegen.config import RECORD_MODES
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options.parsing import OptionParser
from jupyter_imagegen.options.table import whole_number

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class CassetteCommand:
    """One command on cassettes.

    Attributes
    ----------
    name : str
        What follows `cassette`.
    help : str
        What it does, in a few words.
    session : bool
        Whether it is for a session only, so that a shell has no use for it.
    """

    name: str
    help: str
    session: bool = False


CASSETTE_COMMANDS: tuple[CassetteCommand, ...] = (
    CassetteCommand(name="use", help="use a cassette; none stops using one", session=True),
    CassetteCommand(name="add", help="add stored pictures to a cassette"),
    CassetteCommand(name="list", help="what a cassette holds, and what it cost its author"),
    CassetteCommand(name="verify", help="read every picture of a cassette and compare it with its digest"),
    CassetteCommand(name="prune", help="take out what no cell of the notebooks shows or could ask for"),
    CassetteCommand(name="merge", help="put what other cassettes hold into the first"),
    CassetteCommand(name="pack", help="write a cassette whole after recording: same content, same bytes"),
    CassetteCommand(name="export", help="make a cassette of the stored pictures that notebooks show"),
)


def add_cassette_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Add what a command on cassettes takes to any parser."""
    if name == "use":
        parser.add_argument("file", metavar="FILE|none", help="its file, which ends in .cassette")
        parser.add_argument("--mode", choices=RECORD_MODES, help="live, replay (the cassette only) or record")
        _add_previews(parser)
    elif name == "add":
        parser.add_argument("keys", nargs="+", metavar="KEY", help="a key's first digits, or last")
        parser.add_argument("--to", metavar="FILE", help="the cassette; the one in use unless given")
    elif name in {"list", "verify", "pack"}:
        parser.add_argument("file", nargs="?", metavar="FILE", help="the one in use unless given")
    elif name == "prune":
        parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="saved with its outputs")
        parser.add_argument("--file", metavar="FILE", help="the cassette; the one in use unless given")
    elif name == "merge":
        parser.add_argument("into", metavar="INTO", help="the cassette that takes the others in")
        parser.add_argument("files", nargs="+", metavar="FILE", help="another cassette")
    elif name == "export":
        parser.add_argument("file", metavar="FILE", help="the cassette to make")
        parser.add_argument(
            "--from-notebook", nargs="+", required=True, dest="notebooks", metavar="NOTEBOOK",
            help="saved with its outputs",
        )  # fmt: skip
        _add_previews(parser)


def read_cassette_command(words: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """Read what follows `%imagegen cassette`; nothing asks what is in use.

    Returns
    -------
    str
        The command's name; empty for none.
    argparse.Namespace
        What it takes.

    Raises
    ------
    RequestError
        If there is no such command, or it is not understood.
    """
    name = words[0] if words else ""
    names = [command.name for command in CASSETTE_COMMANDS]
    if name and name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Available: {', '.join(names)}."
        raise RequestError(f"%imagegen cassette has no command {name!r}", hint=hint)
    return name, cassette_parser(name).read(words[1:])


def cassette_parser(name: str) -> OptionParser:
    """Return the parser of a command on cassettes, for what follows its name; empty for none."""
    words = next((command.help for command in CASSETTE_COMMANDS if command.name == name), "")
    parser = OptionParser(f"%imagegen cassette {name}".rstrip(), description=words)
    add_cassette_arguments(parser, name)
    return parser


def _add_previews(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--previews", type=whole_number, metavar="PX",
        help="keep small copies of this many pixels in place of originals",
    )  # fmt: skip
