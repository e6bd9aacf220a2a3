"""How recipes enter the index: at once, after a crash, and when the whole index was lost."""

from __future__ import annotations

import contextlib
import json
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import dollars_to_nano
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files, removing, statements
from jupyter_imagegen.storage.charges import find_again, has_charge, meet
from jupyter_imagegen.storage.home import is_marked, refuse_absent
from jupyter_imagegen.storage.recipes import Recipe, read_recipe, recipe_from_bytes
from jupyter_imagegen.storage.writers import Writer, abandoned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from jupyter_imagegen.storage.database import Database
    from jupyter_imagegen.storage.files import Shelf


def enter(database: Database, recipe: Recipe) -> int:
    """Write a recipe's rows, once only; the bytes must be on disk already.

    Returns
    -------
    int
        The sample's number: the recipe's own, or the next free one where another picture has it. Nothing that
        was paid for is ever pushed out.

    Raises
    ------
    StoreError
        If the index cannot be written; nothing is entered then.
    """
    with database.transaction():
        known = database.one(statements.SAMPLE_BY_ID, id=recipe.id)
        if known is not None:
            return int(known["sample"])
        sample = recipe.sample
        holder = database.one(statements.SAMPLE_BY_NUMBER, key=recipe.key, sample=sample)
        if holder is not None and holder["digest"] != recipe.digest:
            sample = next_sample(database, recipe.key)
        database.all(
            statements.KEEP_PICTURE,
            digest=recipe.digest,
            mime=recipe.mime,
            width=recipe.width,
            height=recipe.height,
            size_bytes=recipe.size_bytes,
            has_alpha=int(recipe.has_alpha),
            frames=recipe.frames,
        )
        database.all(
            statements.KEEP_REQUEST,
            key=recipe.key,
            namespace=recipe.namespace,
            provider=recipe.provider,
            operation=recipe.operation,
            model=recipe.model,
            prompt=recipe.prompt,
            searchable=searchable(recipe.prompt),
            parameters=json.dumps(recipe.parameters, sort_keys=True),
            inputs=json.dumps(recipe.inputs, sort_keys=True),
            made_at=recipe.made_at,
        )
        database.all(
            statements.KEEP_SAMPLE,
            key=recipe.key,
            sample=sample,
            id=recipe.id,
            digest=recipe.digest,
            made_at=recipe.made_at,
            seconds=recipe.seconds,
            cost_nano=None if recipe.cost is None else dollars_to_nano(recipe.cost),
            usage=recipe.usage,
            revised_prompt=recipe.revised_prompt,
            request_id=recipe.request_id,
            notebook=recipe.notebook,
            alt=recipe.alt,
            charge_id=recipe.charge_id,
            favourite=int(recipe.favourite),
            maker="demo" if recipe.provider == "demo" else recipe.model,
            searchable=searchable(recipe.prompt),
        )
        return sample


def next_sample(database: Database, key: str) -> int:
    """The number after the last that was ever drawn, damaged ones too."""
    row = database.one(statements.NEXT_SAMPLE, key=key)
    return 0 if row is None else int(row["sample"])


def search_pattern(text: str) -> str:
    """What LIKE finds a text with, each of its signs as itself."""
    escaped = searchable(text)
    for special in ("\\", "%", "_"):
        escaped = escaped.replace(special, f"\\{special}")
    return f"%{escaped}%"


def searchable(text: str) -> str:
    """Text as history searches it: without case, in one Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def adopt_abandoned(database: Database, shelf: Shelf) -> int:
    """Finish what dead writers began: enter whole pictures, sweep the rest.

    A recipe is on disk before its picture's first byte, so a picture whose writer died is either complete,
    and entered here, or was never whole, and swept. Safe in any number of processes at once.

    Returns
    -------
    int
        How many pictures were entered.

    Raises
    ------
    StoreError
        If the index cannot be written.
    """
    try:
        ours = (path for path in shelf.incoming.iterdir() if files.is_own_file(path, shelf.home))
        names = sorted({path.stem for path in ours})
        if not names or not is_marked(shelf.home):
            return 0
        refuse_absent(database, shelf)
    except (OSError, StoreError):
        # What cannot be looked at is not known to be gone.
        return 0
    adopted = 0
    for name in names:
        with abandoned(shelf, name) as gone:
            if gone:
                adopted += _adopt(database, shelf, shelf.incoming / f"{name}.json")
                _sweep(database, shelf, name)
    return adopted


def _sweep(database: Database, shelf: Shelf, name: str) -> None:
    """Remove what a dead writer left and nothing can be made of."""
    if files.is_own_file(deleted := shelf.incoming / f"{name}.deleted", shelf.home):
        removing.finish(database, shelf, deleted)
    for suffix in (".part", ".draft", ".scratch"):
        path = shelf.incoming / f"{name}{suffix}"
        # Bytes whose recipe is still there were not settled: the disk refused a moment ago.
        if files.is_own_file(path, shelf.home) and not path.with_suffix(".json").exists():
            with contextlib.suppress(OSError):
                path.unlink()


def adopt(
    database: Database, shelf: Shelf, found: Sequence[tuple[Recipe, Path]], known: dict[str, bool]
) -> int:
    """Enter recipes whose pictures are whole and in their places; returns how many.

    Parameters
    ----------
    known
        As `_enter_with_charge`.

    Raises
    ------
    StoreError
        If the index cannot be written.
    """
    if not found:
        return 0
    with database.transaction():
        numbers = [_enter_with_charge(database, recipe, known) for recipe, _ in found]
    for (recipe, path), number in zip(found, numbers, strict=True):
        with contextlib.suppress(OSError):
            finish_recipe(shelf, recipe, number, path)
    return len(found)


def _enter_with_charge(database: Database, recipe: Recipe, known: dict[str, bool]) -> int:
    """Enter a recipe, and its part of its call where the ledger had not that call.

    Parameters
    ----------
    known
        Which calls the ledger had before the first of their pictures came.
    """
    is_new = database.one(statements.SAMPLE_BY_ID, id=recipe.id) is None
    sample = enter(database, recipe)
    if recipe.charge_id is not None:
        if recipe.charge_id not in known:
            known[recipe.charge_id] = has_charge(database, recipe.charge_id)
        if known[recipe.charge_id]:
            meet(database, recipe)
        elif is_new:
            find_again(database, recipe)
    return sample


def _adopt(database: Database, shelf: Shelf, pending: Path) -> int:
    """Enter a picture whose writer died; with a recipe that cannot be used, its bytes are kept unread."""
    part = pending.with_suffix(".part")
    if not files.is_own_file(pending, shelf.home):
        return 0
    try:
        recipe = recipe_from_bytes(files.read(pending))
        if recipe is None and files.is_own_file(part, shelf.home) and part.stat().st_size:
            _keep_unread(shelf, pending)
            return 0
        if recipe is not None:
            original = shelf.original(recipe.digest, recipe.mime)
            if not _holds(original, recipe, shelf) and _holds(part, recipe, shelf):
                recipe = _decoded(recipe, part)
                if recipe is None:
                    _keep_unread(shelf, pending)
                    return 0
                rewrite_incoming(pending, recipe)
                original = shelf.original(recipe.digest, recipe.mime)
                files.make_folder(original.parent)
                files.move(part, original)
            if _holds(original, recipe, shelf):
                with database.transaction():
                    sample = _enter_with_charge(database, recipe, {})
                finish_recipe(shelf, recipe, sample, pending)
                return 1
        pending.unlink()
    except OSError:
        # Another process finished the same one, or the disk refuses: the next opening looks again.
        return 0
    return 0


def _holds(path: Path, recipe: Recipe, shelf: Shelf) -> bool:
    """Whether a file of ours has the bytes of a recipe; an OSError where that cannot be seen."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return files.is_own_file(path, shelf.home) and files.sha256(files.read(path)) == recipe.digest


def _decoded(recipe: Recipe, path: Path) -> Recipe | None:
    """The recipe with what decoding tells of the bytes; None where they are no picture."""
    from jupyter_imagegen import imaging

    try:
        return recipe.of_picture(imaging.inspect(files.read(path), allow_svg=recipe.wants_svg))
    except imaging.ImageRejected:
        return None


def _keep_unread(shelf: Shelf, pending: Path) -> None:
    """Move what a dead writer received, and is no picture here, to the unread answers."""
    from jupyter_imagegen.storage.unread import UnreadAnswers

    with contextlib.suppress(StoreError):
        UnreadAnswers(shelf, now=lambda: datetime.now(UTC)).take(
            pending,
            recipe_from_bytes(files.read(pending)),
            reason="it is not a picture, and its process ended before it was read",
        )


def rewrite_incoming(pending: Path, recipe: Recipe) -> None:
    """Write what decoding told of a picture in `incoming/` into its recipe there.

    Raises
    ------
    OSError
        If the disk refuses; the recipe is as it was then.
    """
    data = recipe.to_bytes()
    if files.read(pending) != data:
        draft = pending.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        files.write_synced(draft, data)
        files.move(draft, pending)


def finish_recipe(shelf: Shelf, recipe: Recipe, sample: int, pending: Path) -> None:
    """Put a recipe, whose rows are there, beside its picture.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    from dataclasses import replace

    target = shelf.recipe(recipe.digest, recipe.key, sample)
    if sample == recipe.sample:
        # Its absence means that another process has done the same.
        with contextlib.suppress(FileNotFoundError):
            files.move(pending, target)
        return
    with Writer(shelf) as writer:
        data = replace(recipe, sample=sample).to_bytes()
        files.write_atomically(target, data, scratch=writer.path(".scratch"))
    pending.unlink(missing_ok=True)


#: How many recipes are named that cannot be read.
_NAMED = 3


@dataclass(kw_only=True)
class Rebuilt:
    """What an index was filled with.

    Attributes
    ----------
    samples : int
        How many were entered.
    calls : int
        Paid calls that only recipes told of.
    unread : list of Path
        Recipes, and folders of them, that cannot be read: garbled, of a newer version, or hidden by the disk.
    """

    samples: int = 0
    calls: int = 0
    unread: list[Path] = field(default_factory=list)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What the user should know of what could not be read."""
        if not self.unread:
            return ()
        names = ", ".join(str(path) for path in self.unread[:_NAMED])
        told = (
            f"{len(self.unread):,} recipes could not be read, so their pictures are not in it: "
            f"{names}{', …' if self.unread[_NAMED:] else ''}. They stay where they are; "
            "`jupyter imagegen store verify` says what is wrong."
        )
        return (told,)


def rebuild(
    database: Database,
    shelf: Shelf,
    *,
    mend: bool = True,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Rebuilt:
    """Fill an index from the recipes beside the pictures; spending as far as it has not their charges.

    Parameters
    ----------
    mend
        Whether a recipe's file gets the number under which its sample was entered, where another has its own.
    progress
        Called with how many recipes are done and how many there are.

    Raises
    ------
    StoreError
        If the index cannot be written.
    """
    told = Rebuilt()
    total = sum(1 for _ in _recipes(shelf, told.unread))
    # Oldest first. They are read twice, for a million recipes would not fit into memory.
    found: list[bytes] = []
    for done, path in enumerate(_recipes(shelf, told.unread)):
        recipe = _whole(shelf, path, told.unread)
        if recipe is not None:
            place = path.relative_to(shelf.pictures).as_posix()
            found.append(f"{recipe.made_at} {recipe.key[:16]} {recipe.sample:020} {place}".encode())
        progress(done // 2, total)
    found.sort()
    known: dict[str, bool] = {}
    paid = set()
    with database.transaction():
        for done, line in enumerate(found, 1):
            path = shelf.pictures / line.decode().rpartition(" ")[2]
            recipe = _whole(shelf, path, told.unread)
            if recipe is None:
                continue
            sample = _enter_with_charge(database, recipe, known)
            told.samples += 1
            if recipe.provider != "demo" and known.get(recipe.charge_id or "") is False:
                paid.add(recipe.charge_id)
            if mend and sample != recipe.sample:
                with contextlib.suppress(OSError):
                    finish_recipe(shelf, recipe, sample, path)
            progress((total + done) // 2, max(total, done))
    told.calls = len(paid)
    told.unread = list(dict.fromkeys(told.unread))
    return told


def _recipes(shelf: Shelf, unread: list[Path]) -> Iterator[Path]:
    for folder in shelf.folders():
        try:
            yield from (path for path in shelf.kept(folder) if path.suffix == ".json")
        except OSError:
            unread.append(folder)


def _whole(shelf: Shelf, path: Path, unread: list[Path]) -> Recipe | None:
    """A recipe that can be read and has its picture; what the disk hides for a moment is there."""
    try:
        recipe = read_recipe(path)
    except FileNotFoundError:
        return None
    if not isinstance(recipe, Recipe):
        unread.append(path)
        return None
    try:
        files.regular(shelf.original(recipe.digest, recipe.mime))
    except (FileNotFoundError, StoreError):
        return None
    except OSError:
        # Whatever hides the picture, there is one.
        return recipe
    return recipe
