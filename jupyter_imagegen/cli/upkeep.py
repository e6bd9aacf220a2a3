"""`forget`, and `store verify`, `store gc`, `store reread` and `store export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.cli.outcomes import FAILED, OK, STORE
from jupyter_imagegen.cli.output import say, to_json, warn
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.progress import Progress
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.history import forgotten_view

#: How many files of a kind are named.
_NAMED = 5
_WHOLE = "The store is complete; run it again to go on."
_TAKES_BACK = "`jupyter imagegen store reread` takes back files whose recipe can be read"

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage import Storage


def verify(arguments: Namespace, session: Session) -> int:
    """Read every picture; fails where one is not what was paid for."""
    pictures = _storage(session).pictures
    with Progress("pictures read", ended=_WHOLE) as progress:
        report = pictures.verify(progress)
    if arguments.json:
        say(to_json({"sound": report.sound, "report": report}))
        return OK if report.sound else STORE
    found: dict[str, Sequence[str | Path]] = {
        "damaged": report.damaged,
        "missing": report.missing,
        "not in the index": report.unknown,
        "not the store's": report.foreign,
        "cannot be read now": report.hidden,
        "recipe cannot be read": report.garbled,
        "recipe of a newer version": report.newer,
    }
    for what, names in found.items():
        for name in names:
            say(f"{what}  {one_line(str(name))}")
    # Not a recipe, and not a folder.
    unread = sum(path.suffix not in {"", ".json"} for path in report.hidden)
    lost = len(report.damaged) + len(report.missing) + unread
    checked = count_of(report.checked, "picture")
    say(f"{checked} checked, {report.checked - lost} as they were paid for, {lost} not")
    if report.without_recipe:
        have = count_of(report.without_recipe, "picture has", "pictures have")
        say(f"{have} no recipe, and would be gone if the index were lost")
    if report.quarantined:
        say(f"{count_of(report.quarantined, 'file is', 'files are')} in quarantine/; {_TAKES_BACK}")
    if report.unread:
        waits = "answers wait" if report.unread > 1 else "answer waits"
        tries = "`jupyter imagegen store reread` tries again, at no cost"
        say(f"{report.unread} paid {waits} to be read; {tries}")
    return OK if report.sound else STORE


def gc(arguments: Namespace, session: Session) -> int:
    """Remove what no picture needs."""
    pictures = _storage(session).pictures
    with Progress("pictures looked at", ended=_WHOLE) as progress:
        report = pictures.gc(progress)
    if arguments.json:
        say(to_json(report))
        return OK
    words = f"{count_of(report.removed, 'file')} removed, {report.freed_bytes / 1e6:,.1f} MB freed"
    if report.adopted:
        words += f"; {count_of(report.adopted, 'picture')} taken into the index"
    say(words)
    if report.quarantined:
        say(f"put into quarantine/, without a recipe that can be read: {_named(report.quarantined)}")
        say(_TAKES_BACK)
    if report.newer:
        say(f"left alone, with recipes of a newer version: {_named(report.newer)}")
    if report.hidden:
        say(f"left alone because they cannot be read now: {_named(report.hidden)}")
    if report.foreign:
        say(f"left alone because they do not belong to the store: {_named(report.foreign)}")
    return OK


def reread(arguments: Namespace, session: Session) -> int:
    """Try unread answers again; fails where some still cannot be read."""
    from jupyter_imagegen import rereading

    storage, workshop = _storage(session), session.workshop
    named = [] if arguments.all else arguments.files
    answers = [storage.unread.find(name) for name in named] if named else storage.unread.all()
    found = rereading.reread(answers, storage, provider=workshop.provider)
    left = [one for one in found if one.left]
    back = 0 if named else storage.pictures.take_back()
    if arguments.json:
        say(
            to_json({"answers": found, "read": len(found) - len(left), "left": len(left), "taken_back": back})
        )
        return FAILED if left else OK
    for one in found:
        if one.samples:
            numbers = ", ".join(str(number) for number in one.samples)
            say(f"{one.path.name}  picture {numbers} of {one.key[:12]} is in the store")
        for note in one.notes:
            say(f"{one.path.name}  {one_line(note)}")
        if one.left:
            say(f"{one.path.name}  stays, and cannot be read yet: {one_line(one.left)}")
    pictures = sum(len(one.samples) for one in found)
    read = f"{len(found) - len(left)} of {count_of(len(found), 'answer')} read"
    say(f"{read}, {count_of(pictures, 'picture')}; nothing was sent")
    if back:
        say(f"{count_of(back, 'picture')} taken back out of quarantine/")
    return FAILED if left else OK


def export(arguments: Namespace, session: Session) -> int:
    """Write pictures and recipes into a zip file."""
    pictures = _storage(session, reading=True).pictures
    keys = [pictures.entry(key).key for key in arguments.keys] or None
    with Progress("pictures written", ended="No file was written.") as progress:
        report = pictures.export(Path(arguments.dest).expanduser(), keys, progress=progress)
    both = f"{count_of(report.pictures, 'picture')}, {count_of(report.recipes, 'recipe')}"
    words = f"{one_line(str(report.path))}  {both}"
    if report.skipped:
        words += f"; {len(report.skipped)} damaged or missing left out"
    say(to_json(report) if arguments.json else words)
    return STORE if report.skipped else OK


def forget(arguments: Namespace, session: Session) -> int:
    """Delete pictures and every word of them; a person is asked before more than one request goes."""
    wanted = {"key": arguments.key, "prompt": arguments.prompt, "before": arguments.before}
    asks = not (arguments.key or arguments.yes or arguments.dry_run)
    if asks:
        would = session.accounts.forget(**wanted, dry_run=True)
        if not sys.stdin.isatty():
            raise RequestError(
                f"{count_of(would.pictures, 'picture')} would be deleted, and there is no terminal to ask on",
                hint="Use --yes to delete them, or --dry-run to see what would go.",
            )
        warn(forgotten_view(would).text.partition("\n")[2])
        sys.stderr.write("Delete them? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            warn("Nothing was deleted.")
            return FAILED
    with Progress("pictures deleted", ended="Run it again to go on.") as progress:
        report = session.accounts.forget(**wanted, dry_run=arguments.dry_run, progress=progress)
    say(to_json(report) if arguments.json else forgotten_view(report).text.partition("\n")[2])
    return STORE if report.left else OK


def _named(paths: Sequence[Path]) -> str:
    """How many, and the first ones by name."""
    names = ", ".join(one_line(str(path)) for path in paths[:_NAMED])
    return f"{len(paths):,}: {names}" + (", …" if len(paths) > _NAMED else "")


def _storage(session: Session, *, reading: bool = False) -> Storage:
    storage = session.workshop.storage_to_read
    if storage.stands_for is not None and (not reading or not storage.stands_for.held):
        raise storage.stands_for.why
    return storage
