"""A plan: what each call of a notebook costs, and what that makes in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True)
class Price:
    """What something costs in US dollars: likely and at most; None where it is unknown."""

    usd: Decimal | None
    ceiling: Decimal | None
    kind: Literal["exact", "bound", "unknown"]


UNKNOWN = Price(usd=None, ceiling=None, kind="unknown")
FREE = Price(usd=Decimal(0), ceiling=Decimal(0), kind="exact")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One call for pictures.

    Attributes
    ----------
    cell : int
        The cell's number, from 1 over all cells.
    prompt, depends : str and tuple of str
        The prompt as far as it is known, and what it depends on that is not.
    model, size, quality : str
        What is asked for; empty where that is not known.
    n, times : int or None
        Pictures of one call, and calls; None where it is unknown.
    bought : int
        Pictures that it buys from nothing; those of an earlier cell are not among them.
    price : Price
        From nothing, from the model's maker: what no earlier cell has bought.
    now : Price
        Here and now: what is stored costs nothing, and what the demo provider would paint.
    about : bool
        Whether words of the prompt are missing, so that the price may be off by fractions of a cent.
    stored, recorded : int or None, and int
        How many of `n` are there already, None where that cannot be known; and how many in the
        cassette in use.
    maker : str
        Who would make the rest now; empty where nobody would, or nobody knows.
    key : str
        The request's SHA-256; empty where it is not known.
    notes, unknown, error : tuple of str, tuple of str, and str
        What the user should know, why the price is not known, and what the cell would be refused with.
    """

    cell: int
    prompt: str
    depends: tuple[str, ...] = ()
    model: str = ""
    size: str = ""
    quality: str = ""
    n: int | None = None
    times: int | None = 1
    bought: int = 0
    price: Price = UNKNOWN
    now: Price = UNKNOWN
    about: bool = False
    stored: int | None = None
    recorded: int = 0
    maker: str = ""
    key: str = ""
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum in US dollars, likely and at most, and how many calls are not in it."""

    usd: Decimal
    ceiling: Decimal
    unknown: int

    @classmethod
    def of(cls, prices: Iterable[Price]) -> Total:
        """The sum of what is known."""
        every = list(prices)
        known = [price for price in every if price.usd is not None and price.ceiling is not None]
        usd = sum((price.usd or Decimal(0) for price in known), Decimal(0))
        return cls(
            usd=usd,
            ceiling=sum((price.ceiling or Decimal(0) for price in known), Decimal(0)),
            unknown=len(every) - len(known),
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one notebook costs.

    Attributes
    ----------
    notebook : str
        Its path, as it was given.
    rows : tuple of Row
        Every call for pictures, in order.
    notes : tuple of str
        What else may cost something.
    from_nothing, now : Total
        Of all rows that would not be refused.
    """

    notebook: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    from_nothing: Total = field(init=False)
    now: Total = field(init=False)

    def __post_init__(self) -> None:
        # Fields and not properties, so that they are in the JSON document.
        object.__setattr__(self, "from_nothing", Total.of(row.price for row in self.rows if not row.error))
        object.__setattr__(self, "now", Total.of(row.now for row in self.wanted))

    @property
    def wanted(self) -> list[Row]:
        """Rows that have a place in what the notebook costs now."""
        return [row for row in self.rows if not row.error or row.now.ceiling is not None]

    @property
    def refused(self) -> list[Row]:
        """Cells that would end with an error."""
        return [row for row in self.rows if row.error]

    @property
    def pictures(self) -> int:
        """Pictures that are bought from nothing, where that can be known."""
        return sum(row.bought for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Plans:
    """What several notebooks cost: each as if it ran alone, and all, where a picture of two is paid once."""

    notebooks: tuple[Plan, ...]
    from_nothing: Total
    now: Total
