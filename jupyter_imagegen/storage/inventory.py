"""What lies beside the pictures, and what the index knows of it: by folder, so that memory stays flat."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_imagegen.storage import statements
from jupyter_imagegen.storage.recipes import Recipe, read_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_imagegen.storage.database import Database, Row
    from jupyter_imagegen.storage.files import Shelf

_RECIPE = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{16})-([0-9]+)\.json")


class Folder:
    """One of the 256 folders beside which pictures are, and the rows of the pictures that belong there.

    Parameters
    ----------
    database
        The index.
    shelf
        The folders.
    path
        `pictures/ab`, whether it is there or not.
    """

    def __init__(self, database: Database, shelf: Shelf, path: Path) -> None:
        self._database = database
        self._shelf = shelf
        self.path = path
        number = int(path.name, 16) + 1
        within = {"first": path.name, "after": f"{number:02x}" if number < 256 else "g"}  # noqa: PLR2004  # "ff" is last
        self.pictures: dict[str, Row] = {
            row["digest"]: row for row in database.all(statements.PICTURES_WITHIN, **within)
        }
        self.samples = {
            (row["digest"], row["key"][:16], row["sample"])
            for row in database.all(statements.SAMPLES_WITHIN, **within)
        }

    def files(self) -> list[Path]:
        """The files of ours here, in order; none where there is no such folder.

        Raises
        ------
        OSError
            If it cannot be listed.
        """
        try:
            return sorted(self._shelf.kept(self.path))
        except FileNotFoundError:
            return []

    def knows(self, path: Path) -> bool:
        """Whether the index knows a file: a recipe by its sample, anything else by its picture."""
        sample = _sample(path)
        if sample is not None:
            return sample in self.samples
        return digest_of(path) in self.pictures or self.is_picture(digest_of(path))

    def is_picture(self, digest: str) -> bool:
        """Whether the index has a picture now: another process may have entered or deleted it meanwhile."""
        return self._database.one(statements.PICTURE, digest=digest) is not None

    def without_recipe(self, paths: list[Path]) -> int:
        """How many samples have no recipe among the files."""
        return len(self.samples - {_sample(path) for path in paths})


@dataclass
class Survey:
    """What is wrong beside the pictures; nothing is changed by looking.

    Attributes
    ----------
    unknown : list of Path
        Originals that the index does not know.
    absent : list of str
        Digests of pictures in the index, not known to be damaged, that have no file.
    hidden : list of Path
        Recipes and folders that cannot be read at this moment.
    garbled, newer : list of Path
        Recipes that are none any more, and those that only a newer version can read.
    without_recipe : int
        Samples that have no recipe.
    recipes, passed_over : int
        Recipes that were read, and that were not for want of time.
    """

    unknown: list[Path] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    hidden: list[Path] = field(default_factory=list)
    garbled: list[Path] = field(default_factory=list)
    newer: list[Path] = field(default_factory=list)
    without_recipe: int = 0
    recipes: int = 0
    passed_over: int = 0

    def look(self, folder: Folder, *, reads: Callable[[], bool] = lambda: True) -> None:
        """Look at one folder.

        Parameters
        ----------
        reads
            Whether there is time to read one more recipe.
        """
        try:
            paths = folder.files()
        except OSError:
            self.hidden.append(folder.path)
            return
        there = set()
        for path in paths:
            if path.suffix == ".json":
                self._read(path, reads)
            elif is_original(path):
                there.add(digest_of(path))
                if not folder.knows(path):
                    self.unknown.append(path)
        self.absent += [
            digest
            for digest, row in folder.pictures.items()
            if digest not in there and row["damaged_at"] is None and folder.is_picture(digest)
        ]
        self.without_recipe += folder.without_recipe(paths)

    def _read(self, path: Path, reads: Callable[[], bool]) -> None:
        if not reads():
            self.passed_over += 1
            return
        try:
            found = read_recipe(path)
        except FileNotFoundError:
            return
        self.recipes += 1
        if not isinstance(found, Recipe):
            {"garbled": self.garbled, "newer": self.newer, "hidden": self.hidden}[found].append(path)


def folders(database: Database, shelf: Shelf) -> Iterator[Folder]:
    """Every folder in the order of the digests, those that are missing too: there may be rows of them."""
    for number in range(256):
        yield Folder(database, shelf, shelf.pictures / f"{number:02x}")


def count(database: Database) -> int:
    """How many pictures the index has."""
    row = database.one(statements.COUNT_PICTURES)
    return 0 if row is None else int(row["pictures"])


def digest_of(path: Path) -> str:
    """The digest that a file beside the pictures is named after."""
    return path.name[:64]


def is_original(path: Path) -> bool:
    """Whether a file beside the pictures is a picture itself, by its name."""
    return path.suffix != ".json" and ".preview." not in path.name


def _sample(path: Path) -> tuple[str, str, int] | None:
    """A recipe's digest, start of key, and sample, from its name."""
    match = _RECIPE.fullmatch(path.name)
    return None if match is None else (match[1], match[2], int(match[3]))
