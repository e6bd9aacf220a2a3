"""`jupyter imagegen`, or `jupyter-imagegen`: the same pictures, budgets and store from a shell.

Results go to stdout, everything else to stderr; `--json` gives one document. Nobody may be watching, so there
is no demo picture in place of a real one unless `--provider demo` asks for it.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import ImagegenError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from jupyter_imagegen.session import Session

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    words
        The command line; the process's own unless given.

    Returns
    -------
    int
        The exit code; `cli.outcomes.MEANINGS` says what each means.

    Examples
    --------
    >>> main(["styles", "pixel-art", "--json"])  # doctest: +ELLIPSIS
    {
      "name": "pixel-art",
    ...
    0
    """
    from jupyter_imagegen.cli.outcomes import FAILED, INTERRUPTED, PROG, error_document, error_line, exit_code

    words = sys.argv[1:] if words is None else words
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows its code; a finished, paid picture must not end in a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    from jupyter_imagegen.cli.parsing import read_arguments

    try:
        return _run(read_arguments(words))
    except ImagegenError as exc:
        code = exit_code(exc)
        if "--json" in words:
            from jupyter_imagegen.cli.output import say, to_json

            say(to_json(error_document(exc, code)))
        sys.stderr.write(f"{error_line(exc)}\n")
        return code
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROG}: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read stdout has seen enough. Python would complain again when it flushes at the end:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(arguments: Namespace) -> int:
    from jupyter_imagegen.cli.outcomes import PROG, in_shell
    from jupyter_imagegen.render.escaping import one_line
    from jupyter_imagegen.session import Session

    session = Session(demo_fallback=False)
    try:
        code = _command(arguments.command)(arguments, session)
        if note := session.workshop.stores.untold():
            sys.stderr.write(f"{PROG}: {one_line(in_shell(note))}\n")
    finally:
        # What calls this from Python goes on, and so would its connections.
        session.close()
    sys.stdout.flush()
    return code


def _command(name: str) -> Callable[[Namespace, Session], int]:
    from jupyter_imagegen.cli import moving, pictures, plans, reports, tapes, upkeep

    commands: dict[str, Callable[[Namespace, Session], int]] = {
        "generate": pictures.make,
        "edit": pictures.make,
        "estimate": pictures.estimate,
        "plan": plans.plan,
        "costs": reports.costs,
        "history": reports.history,
        "forget": upkeep.forget,
        "models": reports.models,
        "styles": reports.styles,
        "budget": reports.budget,
        "config": reports.config,
        "doctor": reports.doctor,
        "help": reports.manual,
        "cassette": tapes.status,
        "cassette add": tapes.add,
        "cassette list": tapes.listing,
        "cassette verify": tapes.verify,
        "cassette prune": tapes.prune,
        "cassette merge": tapes.merge,
        "cassette pack": tapes.pack,
        "cassette export": tapes.export,
        "store verify": upkeep.verify,
        "store gc": upkeep.gc,
        "store reread": upkeep.reread,
        "store export": upkeep.export,
        "store copy": moving.backup,
        "store backup": moving.backup,
        "store restore": moving.restore,
        "store merge": moving.merge,
    }
    return commands[name]
