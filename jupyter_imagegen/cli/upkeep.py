"""`forget`, and `store verify`, `store gc`, `store reread` and `store export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.cli.outcomes import FAILED, OK, STORE
from jupyter_imagegen.cli.output import progress_line, say, to_json, warn
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.history import forgotten_view

#: How many files that are not ours are named.
_NAMED = 5

if TYPE_CHECKING:
    from argparse import Namespace

    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage import Storage


def verify(arguments: Namespace, session: Session) -> int:
    """Read every picture; fails where one is not what was paid for."""
    report = _storage(session).pictures.verify(progress_line if sys.stderr.isatty() else None)
    if arguments.json:
        say(to_json({"sound": report.sound, "report": report}))
        return OK if report.sound else STORE
    for digest in report.damaged:
        say(f"damaged  {digest}")
    for digest in report.missing:
        say(f"missing  {digest}")
    for path in report.unknown:
        say(f"not in the index  {one_line(str(path))}")
    for path in report.foreign:
        say(f"not the store's  {one_line(str(path))}")
    lost = len(report.damaged) + len(report.missing)
    say(f"{report.checked} pictures checked, {report.checked - lost} as they were paid for, {lost} not")
    if report.unread:
        waits = "answers wait" if report.unread > 1 else "answer waits"
        tries = "`jupyter imagegen store reread` tries again, at no cost"
        say(f"{report.unread} paid {waits} to be read; {tries}")
    return OK if report.sound else STORE


def gc(arguments: Namespace, session: Session) -> int:
    """Remove what no picture needs."""
    report = _storage(session).pictures.gc()
    words = f"{report.removed} files removed, {report.freed_bytes / 1e6:,.1f} MB freed"
    if report.adopted:
        words += f"; {report.adopted} pictures of ended processes taken into the index"
    say(to_json(report) if arguments.json else words)
    if report.foreign and not arguments.json:
        names = ", ".join(one_line(str(path)) for path in report.foreign[:_NAMED])
        more = f" and {len(report.foreign) - _NAMED} more" if len(report.foreign) > _NAMED else ""
        say(f"left alone, for they are not the store's: {names}{more}")
    return OK


def reread(arguments: Namespace, session: Session) -> int:
    """Try unread answers again; fails where some still cannot be read."""
    from jupyter_imagegen import rereading

    storage, workshop = _storage(session), session.workshop
    named = [] if arguments.all else arguments.files
    answers = [storage.unread.find(name) for name in named] if named else storage.unread.all()
    found = rereading.reread(answers, storage, provider=workshop.provider, catalog=workshop.catalog)
    left = [one for one in found if one.left]
    if arguments.json:
        say(to_json({"answers": found, "read": len(found) - len(left), "left": len(left)}))
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
    say(f"{len(found) - len(left)} of {len(found)} answers read, {pictures} pictures; nothing was sent")
    return FAILED if left else OK


def export(arguments: Namespace, session: Session) -> int:
    """Write pictures and recipes into a zip file."""
    pictures = _storage(session, reading=True).pictures
    keys = [pictures.entry(key).key for key in arguments.keys] or None
    report = pictures.export(Path(arguments.dest).expanduser(), keys)
    words = f"{one_line(str(report.path))}  {report.pictures} pictures, {report.recipes} recipes"
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
                f"{would.pictures:,} pictures would be deleted, and no one is there to be asked",
                hint="Say --yes to delete them, or --dry-run to see what would go.",
            )
        warn(forgotten_view(would).text.partition("\n")[2])
        sys.stderr.write("Delete them? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            warn("Nothing was deleted.")
            return FAILED
    progress = progress_line if sys.stderr.isatty() else None
    report = session.accounts.forget(**wanted, dry_run=arguments.dry_run, progress=progress)
    say(to_json(report) if arguments.json else forgotten_view(report).text.partition("\n")[2])
    return STORE if report.left else OK


def _storage(session: Session, *, reading: bool = False) -> Storage:
    storage = session.workshop.storage_to_read
    if storage.stands_for is not None and (not reading or not storage.stands_for.held):
        raise storage.stands_for.why
    return storage
