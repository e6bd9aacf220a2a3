"""`cassette add|list|verify|prune|merge|pack|export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.cli.outcomes import OK, STORE, in_shell
from jupyter_imagegen.cli.output import say, to_json
from jupyter_imagegen.progress import Progress
from jupyter_imagegen.render.cassettes import changed_view, in_use_view, listing_view, verified_view

if TYPE_CHECKING:
    from argparse import Namespace

    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage.taping import Changed


def status(arguments: Namespace, session: Session) -> int:
    """Say which cassette the settings name, and what it holds."""
    found = session.cassettes.in_use()
    view = in_use_view(found.path, found.mode, found.source, found.manifest)
    there = found.manifest
    document = {
        "path": found.path,
        "mode": found.mode,
        "source": found.source,
        "pictures": 0 if there is None else len(there.recordings),
        "holds": None if there is None else there.holds,
    }
    say(to_json(document) if arguments.json else in_shell(view.text))
    return OK


def add(arguments: Namespace, session: Session) -> int:
    """Add stored pictures."""
    return _tell(arguments, session.cassettes.add(arguments.keys, to=arguments.to))


def listing(arguments: Namespace, session: Session) -> int:
    """Say what a cassette holds."""
    path, manifest = session.cassettes.read(arguments.file)
    document = {
        "path": path,
        "holds": manifest.holds,
        "settings": manifest.settings,
        "recordings": list(manifest.recordings.values()),
    }
    say(to_json(document) if arguments.json else listing_view(path, manifest).text)
    return OK


def verify(arguments: Namespace, session: Session) -> int:
    """Read every picture of a cassette."""
    with Progress("pictures read") as progress:
        path, members = session.cassettes.verify(arguments.file, progress)
    document = {"path": path, "picture_files": members, "sound": True}
    say(to_json(document) if arguments.json else verified_view(path, members).text)
    return OK


def prune(arguments: Namespace, session: Session) -> int:
    """Take out what no notebook shows."""
    from jupyter_imagegen.notebook_costs import could_ask_for

    needed = could_ask_for(session, arguments.notebooks)
    return _tell(arguments, session.cassettes.prune(arguments.notebooks, file=arguments.file, needed=needed))


def merge(arguments: Namespace, session: Session) -> int:
    """Put cassettes together."""
    return _tell(arguments, session.cassettes.merge([arguments.into, *arguments.files]))


def pack(arguments: Namespace, session: Session) -> int:
    """Write a cassette whole."""
    return _tell(arguments, session.cassettes.pack(arguments.file))


def export(arguments: Namespace, session: Session) -> int:
    """Make a cassette of what notebooks show."""
    changed = session.cassettes.export(
        arguments.file, notebooks=arguments.notebooks, previews=arguments.previews
    )
    return _tell(arguments, changed)


def _tell(arguments: Namespace, changed: Changed) -> int:
    say(to_json(changed) if arguments.json else changed_view(changed).text)
    return STORE if changed.left_out else OK
