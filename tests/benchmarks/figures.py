"""What is measured: series of numbers, and figures that hold one against another or against a limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.server import Server


@dataclass(frozen=True)
class Series:
    """Repeats of one measurement, in one unit.

    The quarters, not the extremes, are its spread: a machine that others use has one slow repeat in ten.
    """

    values: tuple[float, ...]
    unit: str

    @classmethod
    def ms(cls, seconds):
        return cls(tuple(second * 1000 for second in seconds), "ms")

    @property
    def middle(self):
        return median(self.values)

    @property
    def spread(self):
        ordered = sorted(self.values)
        last = len(ordered) - 1
        return ordered[round(last * 0.25)], ordered[round(last * 0.75)]

    def __str__(self):
        low, high = self.spread
        if len(self.values) == 1:
            return f"{number(self.middle)} {self.unit}"
        return f"{number(self.middle)} ({number(low)}-{number(high)}) {self.unit}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of the table.

    Attributes
    ----------
    name
        What was measured.
    value, unit
        What is held against the limit.
    limit
        What it is to stay under; None where it only informs.
    ours, peer
        What the value was made of.
    beside
        What the peer is.
    """

    name: str
    value: float
    unit: str
    limit: float | None
    ours: Series
    peer: Series | None = None
    beside: str = ""

    @property
    def holds(self):
        return self.limit is None or self.value <= self.limit

    def as_json(self):
        def told(series):
            if series is None:
                return None
            low, high = series.spread
            values = [round(value, 4) for value in series.values]
            return {"median": series.middle, "low": low, "high": high, "unit": series.unit, "values": values}

        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "limit": self.limit,
            "holds": self.holds,
            "ours": told(self.ours),
            "peer": told(self.peer),
            "beside": self.beside,
        }


def ratio(name, ours, peer, *, limit, beside):
    """Ours as a multiple of a peer that was measured in turn with it."""
    return Figure(
        name=name, value=ours.middle / peer.middle, unit="×", limit=limit, ours=ours, peer=peer, beside=beside
    )


def plain(name, ours, *, limit, peer=None, beside=""):
    """A number that stands for itself."""
    return Figure(
        name=name, value=ours.middle, unit=ours.unit, limit=limit, ours=ours, peer=peer, beside=beside
    )


@dataclass(kw_only=True)
class Lab:
    """Where the measurements are made: a folder that goes with the run, and the one server for both sides."""

    folder: Path
    server: Server
    quick: bool
    _made: int = field(default=0, init=False)

    def some(self, quick, full):
        """How many: of repeats, of rows, of pictures."""
        return quick if self.quick else full

    def new_folder(self):
        """An empty folder of its own for one kernel or one store."""
        self._made += 1
        folder = self.folder / f"{self._made:03}"
        folder.mkdir()
        return folder


def number(value):
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2f}"


def table(figures):
    """The rows under their headings, in columns."""
    rows = [("what", "figure", "limit", "", "ours", "beside it")]
    for figure in figures:
        peer = f"{figure.peer}  {figure.beside}" if figure.peer else figure.beside
        limit = "" if figure.limit is None else f"{number(figure.limit)} {figure.unit}"
        held = "" if figure.limit is None else ("holds" if figure.holds else "OVER")
        rows.append(
            (figure.name, f"{number(figure.value)} {figure.unit}", limit, held, str(figure.ours), peer)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in (lines[0], "-" * len(lines[0].rstrip()), *lines[1:]))
