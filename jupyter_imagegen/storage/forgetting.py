"""Forgetting: pictures that their owner names, and every word of them that the home holds; costs stay.

Words are not only where a picture is found: they are in the index's free pages and its log, in copies of an
index that was damaged, in answers that could not be read, in what dead writers left, in a refusal's reason.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import re
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import nano_to_dollars
from jupyter_imagegen.core.zones import zone
from jupyter_imagegen.errors import RequestError, StoreError
from jupyter_imagegen.storage import files, history, removing, statements
from jupyter_imagegen.storage import home as homes
from jupyter_imagegen.storage.entering import search_pattern, searchable
from jupyter_imagegen.storage.files import CHARGES, INDEX
from jupyter_imagegen.storage.quarantine import Quarantine
from jupyter_imagegen.storage.recipes import LARGEST_RECIPE, Recipe, recipe_from_bytes, utc_text
from jupyter_imagegen.storage.writers import abandoned
from jupyter_imagegen.storage.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from jupyter_imagegen.storage.database import Row
    from jupyter_imagegen.storage.files import Shelf
    from jupyter_imagegen.storage.images import Pictures

#: Bytes of an index that is written anew in about a second.
_QUICK = 64_000_000
#: Seconds after which nobody writes on at a copy of an index.
_STALE = 60.0


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What `forget` did, or would do.

    Attributes
    ----------
    samples : tuple of (str, int)
        The pictures that are gone, by key and number; `pictures` is how many.
    files : int
        Other files with words of them: kept answers, quarantine, what dead writers left, damaged copies of
        the index.
    freed_bytes : int
        The bytes of all files together.
    cost_usd : Decimal
        US dollars that they are known to have cost; they stay in the ledger.
    unknown : int
        Pictures of unknown cost.
    left : tuple of str
        What could not be forgotten, and why.
    dry_run : bool
        Whether nothing was done.
    """

    samples: tuple[tuple[str, int], ...]
    files: int
    freed_bytes: int
    cost_usd: Decimal
    unknown: int
    left: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def pictures(self) -> int:
        """How many pictures are gone."""
        return len(self.samples)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What is to be forgotten.

    Attributes
    ----------
    what : str
        It in words, for whoever hears that there is none.
    rows : tuple of Row
        Pictures that the index has.
    keys : frozenset of str
        Requests of which everything goes.
    text : str
        What is contained in words that go, as `searchable` gives it; empty for nothing.
    before : str
        The moment before which everything goes; empty for nothing.
    """

    what: str
    rows: tuple[Row, ...] = ()
    keys: frozenset[str] = frozenset()
    text: str = ""
    before: str = ""

    def has(self, recipe: Recipe) -> bool:
        """Whether a recipe tells of it."""
        words = (recipe.prompt, recipe.alt, recipe.revised_prompt or "")
        return (
            recipe.key in self.keys
            or recipe.made_at < self.before
            or (bool(self.text) and any(self.text in searchable(text) for text in words))
        )


def by_key(pictures: Pictures, key: str) -> Chosen:
    """Everything of one request, by the first digits of its key, or `last`.

    Raises
    ------
    StoreError
        If it is no key, or several keys begin so.
    """
    begun = key.strip().lower()
    is_key = bool(begun) and not set(begun) - set("0123456789abcdef")
    if not is_key or pictures.database.one(statements.BY_PREFIX, first=begun, after=f"{begun}g"):
        found = {history.entry(pictures, key).key}
    else:
        # Nothing came of it but an answer that cannot be read, a failure, or a picture whose writer died.
        rows = pictures.database.all(statements.CHARGES_OF_KEYS, first=begun, after=f"{begun}g")
        told = {row["key"] for row in rows}
        told |= {recipe.key for path in _loose(pictures, whole=True) if (recipe := _recipe_of(path))}
        found = {one for one in told if one.startswith(begun)}
    if len(found) > 1:
        named = " and ".join(repr(one[:20]) for one in sorted(found)[:5])
        raise StoreError(f"the key {key!r} is the beginning of {named}", hint="Give more of its digits.")
    return _with_composites(pictures, Chosen(what=f"whose key begins with {key!r}", keys=frozenset(found)))


def by_text(pictures: Pictures, text: str) -> Chosen:
    """Everything whose prompt, alt text or revised prompt contains a text, without regard to case.

    Raises
    ------
    RequestError
        If the text is empty.
    """
    if not text.strip():
        raise RequestError("an empty text is in every prompt", hint="Write some words of the prompt.")
    wanted = searchable(text)
    rows = pictures.database.all(statements.chosen("pattern"), pattern=search_pattern(text))
    place: Mapping[str, Any] = {"key": "", "sample": -1}
    while worded := pictures.database.all(
        statements.chosen("worded"), key=place["key"], sample=place["sample"]
    ):
        rows += [
            row for row in worded if wanted in searchable(f"{row['alt']}\0{row['revised_prompt'] or ''}")
        ]
        place = worded[-1]
    return _with_composites(
        pictures, Chosen(what=f"whose words contain {text!r}", rows=tuple(rows), text=wanted)
    )


def by_date(pictures: Pictures, day: str) -> Chosen:
    """Everything that was made before a date began in the ledger's zone.

    Raises
    ------
    RequestError
        If it is no date.
    """
    try:
        here = zone(Zones(pictures.database, pictures.now).present().name)
        moment = utc_text(datetime.combine(date.fromisoformat(day.strip()), clock(), here))
    except (ValueError, OverflowError) as exc:
        raise RequestError(f"{day!r} is not a date", hint="Write year, month and day: 2026-01-31.") from exc
    rows = tuple(pictures.database.all(statements.chosen("until"), until=moment))
    return _with_composites(pictures, Chosen(what=f"from before {day}", rows=rows, before=moment))


def by_sample(pictures: Pictures, key: str, sample: int) -> Chosen:
    """One picture, and everything of its request where it is the last one.

    Raises
    ------
    StoreError
        If there is no such picture.
    """
    rows = pictures.database.all(statements.chosen("key"), key=key)
    found = tuple(row for row in rows if row["sample"] == sample)
    if not found:
        raise StoreError(f"the store has no picture {sample} of {key[:12]}")
    keys = frozenset([key] if len(rows) == 1 else ())
    return _with_composites(pictures, Chosen(what="", rows=found, keys=keys))


def forget(
    pictures: Pictures,
    chosen: Chosen,
    *,
    dry_run: bool = False,
    whole: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Forgotten:
    """Delete what was chosen, and every word of it in the home.

    Each picture goes whole or not at all. Cut short at any moment, it can be run again.

    Parameters
    ----------
    whole
        Whether recipes that the index does not know are looked for too, which takes as long as listing the
        store.

    Raises
    ------
    StoreError
        If there is nothing of the kind, or the index cannot be written.
    """
    database, shelf = pictures.database, pictures.shelf
    needles = _needles(pictures, chosen)

    def told(digests: set[str]) -> list[Path]:
        found = [
            path
            for path in _loose(pictures, whole=whole)
            if not digests.isdisjoint(re.findall(r"[0-9a-f]{64}", path.name))
            or (chosen.has(recipe) if (recipe := _recipe_of(path)) else _holds(path, needles, chosen.before))
        ]
        return [*found, *(one for path in found for one in _beside(pictures, path))]

    copies = list(_copies_of_the_index(shelf.home))
    loose = told(set())
    charges = _charges(pictures, chosen, whole=whole)
    if not (chosen.rows or loose or charges or any(_holds(path, needles) for path in copies)):
        if not dry_run:
            # One that was cut short may have left words where no row is any more.
            _silence(pictures, charges, whole=True)
            database.erase()
        raise StoreError(f"the store has no picture {chosen.what}", hint="`%imagegen history` lists them.")
    costs = [row["cost_nano"] for row in chosen.rows]
    report = Forgotten(
        samples=tuple((row["key"], row["sample"]) for row in chosen.rows),
        files=len(loose) + len(copies),
        freed_bytes=sum(row["size_bytes"] for row in chosen.rows) + sum(map(_size, (*loose, *copies))),
        cost_usd=nano_to_dollars(sum(cost for cost in costs if cost is not None)),
        unknown=costs.count(None),
        dry_run=dry_run,
    )
    if dry_run:
        return report
    freed, left, gone = 0, [], []
    for done, row in enumerate(chosen.rows, 1):
        try:
            freed += removing.delete(database, shelf, row["key"], row["sample"])
            gone.append(row)
        except StoreError as exc:
            left.append(f"picture {row['sample']} of {row['key'][:12]}: {exc}")
        if progress is not None:
            progress(done, len(chosen.rows))
    loose = told({row["digest"] for row in gone if _is_gone(pictures, row["digest"])})
    freed += sum(_removed(shelf, path) for path in (*loose, *copies))
    left += [f"{path} could not be removed, or is in use" for path in (*loose, *copies) if path.exists()]
    _silence(pictures, charges, whole=whole)
    again = next((f"%imagegen forget {row['key'][:12]}" for row in chosen.rows), "")
    if still := database.erase(at_most=None if whole else _QUICK, later=again):
        left.append(still)
    samples = tuple((row["key"], row["sample"]) for row in gone)
    costs = [row["cost_nano"] for row in gone]
    return replace(
        report, samples=samples, files=len(loose) + len(copies), freed_bytes=freed, left=tuple(left)
    )


def _removed(shelf: Shelf, path: Path) -> int:
    """Delete a file, unless another kernel is receiving it at this moment."""
    if path.parent != shelf.incoming:
        return removing.remove([path])
    with abandoned(shelf, path.stem) as dead:
        return removing.remove([path] if dead else [])


def _charges(pictures: Pictures, chosen: Chosen, *, whole: bool) -> set[str]:
    """The charges whose words, such as a refusal's, may be those of what is forgotten."""
    database = pictures.database
    found = set()
    for key in {*chosen.keys, *(row["key"] for row in chosen.rows)}:
        for row in database.all(statements.CHARGES_OF_KEYS, first=key, after=f"{key}g"):
            # Where a call was made from is no word of its prompt.
            if whole or row["reason"] or row["failure"]:
                found.add(row["id"])
    if chosen.before:
        found |= {row["id"] for row in database.all(statements.CHARGES_BEFORE, before=chosen.before)}
    if chosen.text:
        forms = _forms(chosen.text)
        for row in database.all(statements.CHARGES_WITH_REASONS):
            words = searchable(f"{row['reason'] or ''}\0{row['failure'] or ''}")
            if any(form in words for form in forms):
                found.add(row["id"])
        for named in database.all(statements.NOTEBOOKS_OF_CHARGES):
            if chosen.text in searchable(named["notebook"]):
                found |= {row["id"] for row in database.all(statements.CHARGES_FROM, **named)}
    return found


def _silence(pictures: Pictures, charges: set[str], *, whole: bool) -> None:
    """Take the words out of charges, and out of every line that the journal has of them."""
    if charges or whole:
        with pictures.database.transaction():
            # What a killed process left of a journal; whoever writes one has this lock.
            removing.remove(pictures.shelf.home.glob(f"{CHARGES}.*"))
            for charge in charges:
                pictures.database.all(statements.SILENCE_CHARGE, id=charge)
            # Earlier lines may have words that a later one replaced.
            pictures.database.note("whole")


def _with_composites(pictures: Pictures, chosen: Chosen) -> Chosen:
    """What was chosen, with all of its requests, and the composites that were made of them.

    Those have the same words, and are put together anew at no cost.
    """
    database = pictures.database
    composites = database.all(statements.COMPOSITES)
    if composites:
        asked = {_asked(row) for row in _requests(pictures, chosen) if row["namespace"] != "composite"}
        more = {row["key"] for row in composites if _asked(row) in asked}
        chosen = replace(chosen, keys=chosen.keys | more)
    rows = {(row["key"], row["sample"]): row for row in chosen.rows}
    for key in chosen.keys:
        rows |= {(row["key"], row["sample"]): row for row in database.all(statements.chosen("key"), key=key)}
    return replace(chosen, rows=tuple(rows.values()))


def _requests(pictures: Pictures, chosen: Chosen) -> Iterator[Row]:
    for key in sorted(chosen.keys | {row["key"] for row in chosen.rows}):
        yield from pictures.database.all(statements.REQUEST, key=key)


def _asked(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in ("operation", "model", "prompt", "parameters", "inputs"))


def _forms(text: str) -> set[str]:
    """A text as it may be written down: as it is, and as JSON escapes it."""
    return {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]} - {""}


def _loose(pictures: Pictures, *, whole: bool) -> Iterator[Path]:
    """Files of ours that the index does not stand for, and that may have words in them."""
    shelf, database = pictures.shelf, pictures.database
    yield from Quarantine(shelf, pictures.now()).files()
    for folder in (shelf.incoming, shelf.unread):
        with contextlib.suppress(FileNotFoundError):
            for path in sorted(folder.rglob("*")):
                if path.suffix != ".lock" and files.is_own_file(path, shelf.home):
                    yield path
    for path in shelf.recipes() if whole else ():
        digest, key, sample = re.split(r"[.-]", path.name)[:3]
        known = {"digest": digest, "first": key, "after": f"{key}g", "sample": int(sample)}
        if database.one(statements.SAMPLE_OF_RECIPE, **known) is None:
            yield path


def _beside(pictures: Pictures, path: Path) -> list[Path]:
    """The picture that a recipe lies beside, where no other sample has the same bytes."""
    recipe, shelf = _recipe_of(path), pictures.shelf
    digest = path.name[:64] if recipe is None else recipe.digest
    if not files.is_digest(digest) or not _is_gone(pictures, digest):
        return []
    aside = [one for one in path.parent.glob(f"{digest}.*") if files.is_own_file(one, shelf.home)]
    return [one for one in dict.fromkeys([*shelf.beside(digest), *aside]) if one.suffix != ".json"]


def _is_gone(pictures: Pictures, digest: str) -> bool:
    return pictures.database.one(statements.PICTURE, digest=digest) is None


def _recipe_of(path: Path) -> Recipe | None:
    """The recipe that a file is, holds, or lies beside; None where it cannot be read."""
    for one in (path, path.with_suffix(".json")):
        with contextlib.suppress(OSError, StoreError, ValueError, RecursionError):
            if one.suffix not in {".bin", ".part"} and files.regular(one).st_size <= LARGEST_RECIPE:
                data = files.read(one)
                recipe = recipe_from_bytes(data)
                if recipe is None and path.parent.name == "unread":
                    recipe = recipe_from_bytes(json.dumps(json.loads(data)["recipe"]).encode())
                if recipe is not None:
                    return recipe
    return None


def _needles(pictures: Pictures, chosen: Chosen) -> set[str]:
    """What a file that cannot be read as a recipe is searched for."""
    requests = (row for row in _requests(pictures, chosen) if row["key"] in chosen.keys)
    whole = {searchable(f'"prompt": {json.dumps(row["prompt"], ensure_ascii=False)}') for row in requests}
    return {*whole, *chosen.keys, *_forms(chosen.text)}


def _holds(path: Path, needles: set[str], before: str = "") -> bool:
    """Whether any of these words is in a file, or it was written before a moment."""
    with contextlib.suppress(OSError, StoreError):
        found = files.regular(path)
        if utc_text(datetime.fromtimestamp(found.st_mtime, UTC)) < before:
            return True
        if found.st_size <= LARGEST_RECIPE:
            text = searchable(files.read(path).decode("utf-8", "replace"))
            return any(needle in text for needle in needles)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return any(data.find(needle.encode()) >= 0 for needle in needles)
    return False


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.lstat().st_size
    return 0


def _copies_of_the_index(home: Path) -> Iterator[Path]:
    """Copies of a damaged index, and what a killed process left of one that it read into memory.

    They cannot be searched: a database cuts long texts into pieces.
    """
    yield from (path for path in sorted(home.glob(f"{INDEX}.damaged-*")) if files.is_own_file(path, home))
    for folder in Path(tempfile.gettempdir()).glob("imagegen-*"):
        with contextlib.suppress(OSError, StoreError):
            if not files.is_link(folder) and folder.stat().st_uid == os.geteuid() and homes.is_marked(folder):
                for path in folder.glob(f"{INDEX}*"):
                    if time.time() - files.regular(path).st_mtime > _STALE:
                        yield path
