"""`store copy`, `store backup`, `store restore` and `store merge`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.cli.outcomes import OK, STORE
from jupyter_imagegen.cli.output import say, to_json
from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.progress import Progress
from jupyter_imagegen.render.escaping import one_line

if TYPE_CHECKING:
    from argparse import Namespace

    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage.moving import CopyReport

#: How many files that were refused are named.
_NAMED = 20
_GOES_ON = "What is done stays; run the same command again to go on."


def backup(arguments: Namespace, session: Session) -> int:
    """Copy the whole store."""
    from jupyter_imagegen.storage import moving

    storage = session.workshop.storage_to_read
    if not storage.made:
        raise StoreError(f"there is no store in {storage.home} yet")
    missing = storage.stands_for
    if missing is not None and not missing.held:
        raise missing.why
    # One that cannot be written is copied as it is.
    home = storage.home if missing is None else missing.home
    database = storage.pictures.database if missing is None else None
    with Progress("pictures copied", ended=_GOES_ON) as progress:
        report = moving.copy(home, _path(arguments), database=database, progress=progress)
    return _tell(arguments, report, "copied to")


def restore(arguments: Namespace, session: Session) -> int:
    """Bring a backup back."""
    from jupyter_imagegen.storage import moving

    home = session.workshop.settings().home.absolute()
    with Progress("pictures brought back", ended=_GOES_ON) as progress:
        report = moving.restore(_path(arguments), home, progress=progress)
    return _tell(arguments, report, "brought back into")


def merge(arguments: Namespace, session: Session) -> int:
    """Take another store into this one."""
    from jupyter_imagegen.storage import merging
    from jupyter_imagegen.storage.sources import source_of

    # Before a home is made for it.
    source_of(_path(arguments))
    storage = session.workshop.storage
    if storage.stands_for is not None:
        raise storage.stands_for.why
    with Progress("pictures looked at", ended=_GOES_ON) as progress:
        report = merging.merge(storage, _path(arguments), progress=progress)
    if arguments.json:
        say(to_json(report))
        return STORE if report.refused else OK
    renumbered = f" ({report.renumbered:,} under another number)" if report.renumbered else ""
    say(f"{_many(report.taken, 'picture')} taken{renumbered}, {report.there:,} there already")
    if report.mended:
        say(f"{report.mended:,} that were damaged or missing here are repaired")
    if report.favourites or report.answers:
        say(f"{_many(report.favourites, 'favourite')} and {_many(report.answers, 'kept answer')} more")
    if report.has_ledger:
        say(
            f"{_many(report.calls_taken, 'call')} taken, known to have cost {format_usd(report.cost_usd)}; "
            f"{report.calls_there:,} there already. They count on their own days; budgets stay yours"
        )
    else:
        say("an export has no ledger: what its pictures cost is shown beside them, and not counted here")
    for name, why in report.refused[:_NAMED]:
        say(f"not taken  {one_line(name)}: {one_line(why)}")
    if report.calls_refused:
        say(f"not taken  {_many(report.calls_refused, 'call')}: not as the ledger writes them")
    if len(report.refused) > _NAMED:
        say(f"and {len(report.refused) - _NAMED:,} more that were not taken")
    return STORE if report.refused or report.calls_refused else OK


def _tell(arguments: Namespace, report: CopyReport, done: str) -> int:
    if arguments.json:
        say(to_json(report))
        return STORE if report.damaged else OK
    size = f"{report.size_bytes / 1e6:,.1f} MB"
    say(f"{_many(report.pictures, 'picture')}, {size} {done} {one_line(str(report.path))}")
    if not report.index_read:
        say("its index could not be read: it is built again when the copy is first opened")
    for name in report.damaged[:_NAMED]:
        say(f"left out because it is damaged  {one_line(name)}")
    if len(report.damaged) > _NAMED:
        say(f"and {len(report.damaged) - _NAMED:,} more")
    for name in report.missing[:_NAMED]:
        say(f"not in it because its file is missing  {one_line(name)}")
    if len(report.missing) > _NAMED:
        say(f"and {len(report.missing) - _NAMED:,} more")
    return STORE if report.damaged else OK


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _path(arguments: Namespace) -> Path:
    return Path(arguments.path).expanduser()
