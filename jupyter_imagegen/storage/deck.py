"""Where pictures that need no call come from: the cassette in use, then the store, then those of others."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.errors import StoreError
    from jupyter_imagegen.storage.cassette import Cassette
    from jupyter_imagegen.storage.images import Pictures

#: `live`: cassette, store, provider. `replay`: the cassette. `record`: as live, and it takes what is shown.
RecordMode = Literal["live", "replay", "record"]


@dataclass(frozen=True, kw_only=True)
class Deck:
    """A cassette in use, and how; without one, the store alone.

    Attributes
    ----------
    cassette : Cassette or None
        The cassette.
    mode : {"live", "replay", "record"}
        Whether others are asked for what it lacks, and whether it takes what they bring.

    Examples
    --------
    >>> Deck().find(storage.pictures, key, 1)
    []
    """

    cassette: Cassette | None = None
    mode: RecordMode = "live"

    @property
    def replays(self) -> bool:
        """Whether only the cassette is asked."""
        return self.mode == "replay"

    def find(self, pictures: Pictures, key: str, n: int | None, *, composites: bool = False) -> list[Image]:
        """Up to `n` pictures that are there for a request: recorded, stored, and in the stores of others.

        Raises
        ------
        CassetteError
            If the cassette cannot be used.
        StoreError
            If the store, or one of the pictures that are wanted, cannot be read now.
        """
        found, unreadable = self.look(pictures, key, n, composites=composites)
        if unreadable is not None:
            raise unreadable
        return found

    def look(
        self, pictures: Pictures, key: str, n: int | None, *, composites: bool = False
    ) -> tuple[list[Image], StoreError | None]:
        """The same, and why others cannot be read now; None where nothing that is wanted lacks for it.

        Those are not missing: none is to be bought again.
        """
        recorded = [] if self.cassette is None else self.cassette.find(key, n, composites=composites)
        whole = not any(image.reduced for image in recorded)
        if self.replays or (recorded and whole and len(recorded) == n):
            return recorded, None
        there, unreadable = pictures.look(key, None if recorded else n)
        stored = {image.digest: image for image in there}
        # A picture is worth more than its small copy.
        recorded = [stored.get(image.digest, image) if image.reduced else image for image in recorded]
        held = {image.digest for image in recorded}
        found = [*recorded, *(image for digest, image in stored.items() if digest not in held)][:n]
        found += pictures.layered(key, None if n is None else n - len(found), found)
        return found, unreadable if n is None or len(found) < n else None

    def next_sample(self, pictures: Pictures, key: str) -> int:
        """The number that the next drawing of a request gets, so that no painter repeats a recorded one."""
        recorded = 0 if self.cassette is None else self.cassette.next_sample(key)
        return max(recorded, pictures.next_sample(key))


def cost_to_author(images: Iterable[Image]) -> Decimal | None:
    """What recorded pictures cost whoever recorded them, in US dollars; None where that is not known."""
    costs = [image.cost_usd for image in images if image.origin == "cassette"]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None
