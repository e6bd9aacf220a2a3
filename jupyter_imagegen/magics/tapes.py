"""`%imagegen cassette …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.options.cassettes import read_cassette_command
from jupyter_imagegen.render.cassettes import changed_view, in_use_view, listing_view, verified_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_imagegen.render import View
    from jupyter_imagegen.session import Session


def run_cassette_command(session: Session, words: Sequence[str]) -> View:
    """Run one command on cassettes; without one, say what is in use.

    Raises
    ------
    RequestError
        If the words are not understood.
    CassetteError
        If a cassette cannot be read, written or validated.
    """
    name, options = read_cassette_command(words)
    cassettes = session.cassettes
    if name in {"", "use"}:
        found = (
            cassettes.use(options.file, mode=options.mode, previews=options.previews)
            if name
            else cassettes.in_use()
        )
        return in_use_view(found.path, found.mode, found.source, found.manifest)
    if name == "list":
        return listing_view(*cassettes.read(options.file))
    if name == "verify":
        return verified_view(*cassettes.verify(options.file))
    if name == "add":
        return changed_view(cassettes.add(options.keys, to=options.to))
    if name == "prune":
        from jupyter_imagegen.notebook_costs import could_ask_for

        needed = could_ask_for(session, options.notebooks)
        return changed_view(cassettes.prune(options.notebooks, file=options.file, needed=needed))
    if name == "pack":
        return changed_view(cassettes.pack(options.file))
    if name == "merge":
        return changed_view(cassettes.merge([options.into, *options.files]))
    return changed_view(
        cassettes.export(options.file, notebooks=options.notebooks, previews=options.previews)
    )
