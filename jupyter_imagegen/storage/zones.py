"""Whose midnight a ledger's days begin at: a time zone kept in the ledger, the same for all its processes.

It is written down when the ledger is first opened, and a process with another TZ changes nothing. Who changes
the zone gets no second budget for today: the new one takes over when the day that it is in the old one is
over, or has come in the new one too (`core.zones.change_moment`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_imagegen.core.zones import change_moment, zone, zone_of
from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.recipes import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class LedgerZone:
    """The zone whose days count.

    Attributes
    ----------
    name : str
        Of the IANA database, `UTC`, or an offset such as `+05:30`.
    next_name : str
        The zone that takes over; empty for none.
    next_from : datetime or None
        When it does, in UTC.
    """

    name: str
    next_name: str = ""
    next_from: datetime | None = None

    def __str__(self) -> str:
        """As faces show it."""
        if self.next_from is None:
            return self.name
        return f"{self.name}, and {self.next_name} from {self.next_from:%Y-%m-%d %H:%M} UTC on"


class Zones:
    """The zone of one ledger's days.

    Parameters
    ----------
    database
        Where it is kept.
    now
        The present moment, with a time zone.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def present(self) -> LedgerZone:
        """The zone whose days count now; that of the moment itself where none is kept yet."""
        return self._at(self._now())

    def local_time(self) -> datetime:
        """The present moment in the ledger's zone: its date is the day that a budget means."""
        now = self._now()
        return now.astimezone(zone(self._at(now).name))

    def keep(self) -> None:
        """Write down the machine's zone in a ledger that has none yet.

        Raises
        ------
        StoreError
            If the ledger cannot be written.
        """
        database = self._database
        if database.one(statements.ZONE) is None:
            with database.transaction():
                if database.one(statements.ZONE) is None:
                    database.all(statements.SET_STATE, name="zone", value=zone_of(self._now()))
                    database.note("budgets")

    def change(self, name: str) -> None:
        """Let another zone's days count: at once in a ledger that is empty, else when today is over.

        Parameters
        ----------
        name
            As `core.zones.parse_zone` gives it.

        Raises
        ------
        StoreError
            If the ledger cannot be written.
        """
        database, now = self._database, self._now()
        present = self._at(now)
        if (present.next_name or present.name) == name and database.one(statements.ZONE) is not None:
            return
        with database.transaction():
            present = self._at(now)
            empty = database.one(statements.ANY_SPENDING) is None
            moment = now if empty else change_moment(now, present.name, name)
            takes_over = moment <= now
            database.all(statements.SET_STATE, name="zone", value=name if takes_over else present.name)
            database.all(statements.DROP_NEXT_ZONE)
            database.note("budgets")
            if not takes_over and name != present.name:
                database.all(statements.SET_STATE, name="next_zone", value=name)
                database.all(statements.SET_STATE, name="next_zone_from", value=utc_text(moment))

    def _at(self, now: datetime) -> LedgerZone:
        kept = {row["name"]: row["value"] for row in self._database.all(statements.ZONE)}
        name = kept.get("zone") or zone_of(now)
        if "next_zone" not in kept:
            return LedgerZone(name=_known(name))
        moment = datetime.fromisoformat(kept["next_zone_from"])
        if now >= moment:
            return LedgerZone(name=_known(kept["next_zone"]))
        return LedgerZone(name=_known(name), next_name=kept["next_zone"], next_from=moment.astimezone(UTC))


def _known(name: str) -> str:
    """The name, or UTC where this machine lacks the zones' names: the same for all of its processes."""
    try:
        zone(name)
    except ValueError:
        return "UTC"
    return name
