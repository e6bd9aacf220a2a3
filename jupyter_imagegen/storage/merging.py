"""Taking another store into this one: pictures, favourites, charges and stored hits, each once.

Everything is known by a name that is the same in every store: a picture by its recipe's id and its digest, a
call by its charge's id, hits by their session and day. So a merge that was cut short goes on with what is
missing, and one that is run again changes nothing. Budgets stay this store's own.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import tempfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import Timeout

from jupyter_imagegen.core.dollars import nano_to_dollars
from jupyter_imagegen.core.keys import recorded_key
from jupyter_imagegen.errors import RequestError, StoreError
from jupyter_imagegen.imaging import MAX_BYTES, ImageRejected, inspect
from jupyter_imagegen.storage import files, statements
from jupyter_imagegen.storage.charges import FOUND_AGAIN, count_again, find_again, has_charge
from jupyter_imagegen.storage.database import Database
from jupyter_imagegen.storage.files import CHARGES, INDEX, Shelf
from jupyter_imagegen.storage.journal import Journal, checked
from jupyter_imagegen.storage.recipes import LARGEST_RECIPE, Recipe, recipe_from_bytes, utc_text
from jupyter_imagegen.storage.sources import copy_file, copy_index, source_of
from jupyter_imagegen.storage.spending import Counts, counts
from jupyter_imagegen.storage.writers import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.sources import Source
    from jupyter_imagegen.storage.store import Storage

#: Bytes. It may have several pictures, as text.
_LARGEST_ANSWER = 500_000_000
#: Charges in one transaction.
_AT_ONCE = 500
#: Nano-dollars: ten thousand dollars. No call costs as much, and many such would not fit into a sum.
_DEAREST = 10**13
#: A sample's highest number: the next one must be one, too.
_MOST_SAMPLES = 1_000_000
#: Seconds that a picture of the same request may take.
_LOCK_SECONDS = 60.0


@dataclass(kw_only=True)
class MergeReport:
    """What a merge did.

    Attributes
    ----------
    path : Path
        The store, backup or export that was read.
    taken, there : int
        Pictures that came, and those that this store had already.
    renumbered : int
        Of those that came, how many got another number, because their own was taken.
    mended : int
        Pictures that were damaged or missing here, and are not any more.
    refused : list of (str, str)
        Files that were not taken, and why.
    favourites : int
        Pictures that became favourites.
    answers : int
        Kept answers that came; `store reread` reads them.
    calls_taken, calls_there : int
        Calls whose charge came, and those that this ledger had already.
    calls_refused : int
        Charges that cannot be read.
    cost_usd : Decimal
        What the calls that came are known to have cost, in US dollars; it counts on their own days.
    hits : int
        Stored hits that came.
    has_ledger : bool
        Whether there was a ledger; an export has none, so what its pictures cost is not counted.
    """

    path: Path
    taken: int = 0
    there: int = 0
    renumbered: int = 0
    mended: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    favourites: int = 0
    answers: int = 0
    calls_taken: int = 0
    calls_there: int = 0
    calls_refused: int = 0
    cost_usd: Decimal = Decimal(0)
    hits: int = 0
    has_ledger: bool = True


def merge(storage: Storage, path: Path, *, progress: Callable[[int, int], None] | None = None) -> MergeReport:
    """Take another store, a backup or an export into a store; nothing in it is written.

    Raises
    ------
    StoreError
        If it is none, or the store's own home, or the store cannot be written.
    """
    source = source_of(path)
    if path.resolve() == storage.home.resolve():
        raise StoreError(f"{path} is this store itself", hint="IMAGEGEN_HOME names another one.")
    merging = _Merging(storage, source)
    try:
        merging.take_ledger()
        merging.take_pictures(progress)
        merging.take_answers()
    except OSError as exc:
        raise StoreError(f"the merge stopped: {exc}", hint="Run it again: it goes on.") from exc
    return merging.report


class _Merging:
    def __init__(self, storage: Storage, source: Source) -> None:
        self._storage = storage
        self._database = storage.pictures.database
        self._source = source
        self.report = MergeReport(path=source.path, has_ledger=not source.is_export)

    def take_ledger(self) -> None:
        """Take charges and hits, before the pictures that they paid for."""
        if self._source.is_export:
            return
        with tempfile.TemporaryDirectory(prefix="imagegen-merge-") as scratch:
            theirs = self._their_ledger(Path(scratch))
            try:
                rows = _charges(theirs)
                while some := list(itertools.islice(rows, _AT_ONCE)):
                    with self._database.transaction():
                        for row in some:
                            self._take_charge(row)
                with self._database.transaction():
                    for row in theirs.all(statements.ALL_HITS):
                        self._take_hits(dict(row))
            finally:
                theirs.close()

    def take_pictures(self, progress: Callable[[int, int], None] | None) -> None:
        """Take every picture that has a recipe; one that is refused stops no other."""
        total = self._find_charges(progress)
        for done, (name, recipe) in enumerate(self._recipes(), 1):
            try:
                if recipe is None:
                    self._refuse(name, "its recipe cannot be read")
                elif why := _why_not(recipe):
                    self._refuse(name, why)
                else:
                    self._take_picture(name, recipe)
            except (ImageRejected, Timeout) as exc:
                self._refuse(name, str(exc))
            except StoreError as exc:
                raise StoreError(f"the merge stopped: {exc}", hint="Run it again: it goes on.") from exc
            if progress is not None:
                progress(done, max(done, total))

    def _find_charges(self, progress: Callable[[int, int], None] | None) -> int:
        """Count what calls cost of which only pictures tell; returns how many recipes there are."""
        total, missing = 0, defaultdict(list)
        for _, recipe in self._recipes():
            total += 1
            if progress is not None:
                progress(0, total)
            if recipe is None or recipe.charge_id is None or self._source.is_export:
                continue
            if not has_charge(self._database, recipe.charge_id) and not _why_not(recipe):
                missing[recipe.charge_id].append(recipe)
        for found in missing.values():
            # All pictures of a call at once, so that each counts once.
            with self._database.transaction():
                for recipe in found:
                    find_again(self._database, recipe)
                    self.report.cost_usd += recipe.cost or 0
            self.report.calls_taken += 1
        return total

    def take_answers(self) -> None:
        """Take answers that were paid for and could not be read."""
        home = self._storage.home
        for name in self._source.names():
            if name.startswith("unread/") and name.endswith(".bin") and not (home / name).exists():
                note = f"{name.removesuffix('.bin')}.json"
                data, told = self._read(name, _LARGEST_ANSWER), self._read(note, LARGEST_RECIPE)
                if data is not None:
                    # The note first, as when it was kept.
                    (home / note).unlink(missing_ok=True)
                    files.write_synced(home / note, told or b"")
                    files.write_synced(home / name, data)
                    self.report.answers += 1

    def _their_ledger(self, scratch: Path) -> Database:
        """A copy of the source's ledger, in a database of ours."""
        if copy_file(self._source, CHARGES, scratch):
            theirs = Database(scratch / "journal.sqlite3")
            theirs.open()
            with theirs.transaction():
                Journal(theirs, scratch).load()
            return theirs
        # A store from before there was a journal.
        theirs = Database(scratch / INDEX if copy_index(self._source, scratch) else None)
        theirs.open()
        return theirs

    def _take_charge(self, row: Row) -> None:
        theirs = checked("charge", dict(row))
        if not theirs or max(theirs["cost_nano"] or 0, theirs["ceiling_nano"] or 0) > _DEAREST:
            self.report.calls_refused += 1
            return
        if theirs["state"] == "reserved":
            return  # It has not been sent; where it is under way, another merge brings it.
        if theirs["state"] == "sent":
            theirs |= {"state": "possibly_billed", "reason": "it was under way when its store was merged"}
        ours = self._database.one(statements.CHARGE, id=theirs["id"])
        if ours is not None and not _is_better(theirs, ours):
            self.report.calls_there += 1
            return
        self._database.all(statements.PUT_CHARGE, **theirs)
        count_again(self._database, theirs, Counts() if ours is None else counts(ours))
        self.report.calls_taken += 1
        if theirs["cost_nano"] is not None:
            self.report.cost_usd += nano_to_dollars(theirs["cost_nano"])

    def _take_hits(self, row: dict[str, Any]) -> None:
        theirs = checked("hits", row)
        if not theirs or theirs["saved_nano"] > _DEAREST:
            return
        place = {name: theirs[name] for name in ("day", "session", "provider", "model")}
        ours = self._database.one(statements.HITS, **place)
        before = 0 if ours is None else ours["hits"]
        # A session counts in one store, and only upwards.
        if theirs["hits"] > before:
            self._database.all(statements.PUT_HITS, **theirs)
            self._database.note("hits", theirs)
            self.report.hits += theirs["hits"] - before

    def _recipes(self) -> Iterator[tuple[str, Recipe | None]]:
        """Every recipe by its file; what is in incoming/ may be half, and is passed over where it is."""
        for name in self._source.names():
            if name.endswith(".json") and name.startswith(("pictures/", "recipes/", "incoming/")):
                data = self._read(name, LARGEST_RECIPE)
                recipe = None if data is None else recipe_from_bytes(data)
                if recipe is not None or not name.startswith("incoming/"):
                    yield name, recipe

    def _take_picture(self, name: str, recipe: Recipe) -> None:
        known = self._database.one(statements.SAMPLE_BY_ID, id=recipe.id)
        if known is None:
            place = {"key": recipe.key, "sample": recipe.sample}
            holder = self._database.one(statements.SAMPLE_BY_NUMBER, **place)
            if holder is not None and holder["digest"] == recipe.digest:
                known = {**place, "digest": recipe.digest}
        if known is not None:
            self.report.there += 1
            self._mend(name, recipe)
            self._mark(known, recipe)
        elif (data := self._picture(name, recipe)) is not None:
            made = replace(
                recipe.of_picture(inspect(data, allow_svg=recipe.wants_svg)),
                size_bytes=len(data),
                made_at=utc_text(datetime.fromisoformat(recipe.made_at)),
            )
            if self._source.is_export:
                # A ledger that is built again would count what this one does not.
                made = replace(made, charge_id=None, session=None, day=None)
            # Whoever draws or deletes a picture of this request is waited for.
            with self._storage.lock(recipe.key).acquire(timeout=_LOCK_SECONDS):
                number = self._storage.pictures.enter_again(made, data, None)
            self.report.taken += 1
            self.report.renumbered += number != recipe.sample

    def _mark(self, known: Row, recipe: Recipe) -> None:
        """Make a picture a favourite that is one there."""
        place = {"key": known["key"], "sample": known["sample"]}
        if recipe.favourite and self._database.one(statements.IS_FAVOURITE, **place) is None:
            self._storage.pictures.set_favourite(**place, favourite=True)
            self.report.favourites += 1

    def _mend(self, name: str, recipe: Recipe) -> None:
        """Bring back the bytes of a picture that is damaged or missing here."""
        pictures = self._storage.pictures
        row = self._database.one(statements.PICTURE, digest=recipe.digest)
        if row is None:
            return
        original = pictures.shelf.original(recipe.digest, row["mime"])
        if (row["damaged_at"] is None and original.exists()) or not (data := self._picture(name, recipe)):
            return
        files.make_folder(original.parent)
        with Writer(pictures.shelf) as writer:
            files.write_atomically(original, data, scratch=writer.path(".scratch"))
        self._database.all(statements.MARK_SOUND, digest=recipe.digest)
        self.report.mended += 1

    def _picture(self, name: str, recipe: Recipe) -> bytes | None:
        """The bytes of a recipe; None, with the reason in the report, where they are not taken."""
        original = Shelf(Path("home")).original(recipe.digest, recipe.mime)
        places = (f"pictures/{recipe.digest[:2]}/{original.name}", f"pictures/{original.name}")
        for place in (*places, f"{name.removesuffix('.json')}.part"):
            data = self._read(place, MAX_BYTES)
            if data is not None and files.sha256(data) == recipe.digest:
                return data
            if data is not None and not place.endswith(".part"):
                self._refuse(place, "its picture does not match its name")
                return None
        if not name.startswith("incoming/"):
            self._refuse(name, "its picture is missing, damaged or too large")
        return None

    def _refuse(self, name: str, why: str) -> None:
        self.report.refused.append((name, why))

    def _read(self, name: str, most: int) -> bytes | None:
        """A file of the source; None where it is not there, larger than it may be, or no plain file."""
        # The zip file's own checksum is compared as it is read.
        unreadable = (OSError, StoreError, zipfile.BadZipFile)
        with contextlib.suppress(*unreadable), self._source.open(name) as file:
            data = file.read(most + 1)
            return data if len(data) <= most else None
        return None


def _charges(ledger: Database) -> Iterator[Row]:
    last = ""
    while rows := ledger.all(statements.CHARGES_AFTER, id=last):
        yield from rows
        last = rows[-1]["id"]


def _is_better(theirs: dict[str, Any], ours: Row) -> bool:
    """Whether a charge says more than the one that is here: its cost, or what pictures told in part."""
    if ours["reason"] == FOUND_AGAIN:
        return bool(theirs["reason"] != FOUND_AGAIN)
    return theirs["cost_nano"] is not None and ours["cost_nano"] is None and theirs["state"] == "settled"


def _why_not(recipe: Recipe) -> str:
    """Why a recipe from elsewhere is not taken, whatever its picture is; empty where it is."""
    moment = datetime.fromisoformat(recipe.made_at)
    # At the ends of time a moment is none in the zone next to its own.
    if moment.tzinfo is None or not 1 < moment.year < 9999:  # noqa: PLR2004  # datetime's own ends
        return "the time when it was made is impossible"
    if recipe.sample > _MOST_SAMPLES or (recipe.cost is not None and recipe.cost > nano_to_dollars(_DEAREST)):
        return "its number of pictures or its cost is impossible"
    if recipe.day is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", recipe.day) is None:
        return "the day on which it was paid for is impossible"
    if recipe.namespace != "composite" and not _is_its_key(recipe):
        return "its key is not the key of its request"
    return ""


def _is_its_key(recipe: Recipe) -> bool:
    """Whether a recipe's key is that of its request: another request's would show a false picture for it."""
    try:
        key = recorded_key(
            operation=recipe.operation,
            parameters={"model": recipe.model, "prompt": recipe.prompt, **recipe.parameters},
            inputs=recipe.inputs,
            namespace=recipe.namespace,
        )
    except RequestError:
        return False
    return key == recipe.key
