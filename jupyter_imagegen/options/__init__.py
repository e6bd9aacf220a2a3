"""The options of a picture and the commands of `%imagegen`: one table, and what is made from it."""

from jupyter_imagegen.options.completion import candidates
from jupyter_imagegen.options.help import command_help, help_text
from jupyter_imagegen.options.parsing import (
    OptionParser,
    add_options,
    asks_for_help,
    command_parser,
    find_command,
    given,
    line_command,
    magic_parser,
    quoted,
    read_cell,
    read_line,
    split_line,
)
from jupyter_imagegen.options.table import COMMANDS, OPTIONS, Command, Option

__all__ = [
    "COMMANDS",
    "OPTIONS",
    "Command",
    "Option",
    "OptionParser",
    "add_options",
    "asks_for_help",
    "candidates",
    "command_help",
    "command_parser",
    "find_command",
    "given",
    "help_text",
    "line_command",
    "magic_parser",
    "quoted",
    "read_cell",
    "read_line",
    "split_line",
]
