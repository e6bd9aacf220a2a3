"""A plan: what each call of a notebook costs, and what that makes in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Price:
    """What something costs.

    Attributes
    ----------
    usd : Decimal or None
        The likely price in US dollars; None where nobody can say.
    ceiling : Decimal or None
        What it will not pass.
    kind : {"exact", "bound", "unknown"}
        As an estimate's.
    """

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
    prompt : str
        The prompt as far as it is known.
    depends : tuple of str
        What the prompt depends on that is not known.
    model, size, quality : str
        What is asked for; empty where that is not known.
    n : int or None
        Pictures of one call.
    times : int or None
        Calls, at most; None where nobody can say.
    bought : int
        Pictures that it buys from nothing, at most; those of an earlier cell are not among them.
    price : Price
        From nothing, from the model's maker: what no earlier cell has bought.
    now : Price
        Here and now: what is stored costs nothing, and what the demo provider would paint.
    about : bool
        Whether words of the prompt are missing, so that the price may be off by fractions of a cent.
    stored : int or None
        How many of `n` are there already; None where that cannot be known.
    recorded : int
        How many of those are in the cassette in use.
    maker : str
        Who would make the rest now; empty where nobody would, or nobody knows.
    key : str
        The request's SHA-256; empty where it is not known.
    notes : tuple of str
        What the user should know.
    unknown : tuple of str
        Why the price is not known; empty where it is.
    error : str
        What the cell would answer; empty where it would not.
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
    """A sum.

    Attributes
    ----------
    usd, ceiling : Decimal
        Likely and at most, in US dollars, of what can be known.
    unknown : int
        Calls whose price is not in it, because nobody can say.
    """

    usd: Decimal
    ceiling: Decimal
    unknown: int


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
    """

    notebook: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    from_nothing: Total = field(init=False)
    now: Total = field(init=False)

    def __post_init__(self) -> None:
        # Fields and not properties, so that they are in the JSON document.
        object.__setattr__(self, "from_nothing", _sum(self.rows, [row.price for row in self.rows]))
        object.__setattr__(self, "now", _sum(self.rows, [row.now for row in self.rows]))

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
    """What several notebooks cost, one after the other.

    Attributes
    ----------
    notebooks : tuple of Plan
        Each as if it ran alone.
    from_nothing, now : Total
        Of all; a picture that two of them ask for is paid once.
    """

    notebooks: tuple[Plan, ...]
    from_nothing: Total
    now: Total


def added(totals: Sequence[Total]) -> Total:
    """Several sums as one."""
    return Total(
        usd=sum((total.usd for total in totals), Decimal(0)),
        ceiling=sum((total.ceiling for total in totals), Decimal(0)),
        unknown=sum(total.unknown for total in totals),
    )


def _sum(rows: Sequence[Row], prices: Sequence[Price]) -> Total:
    return Total(
        usd=sum((price.usd or Decimal(0) for price in prices), Decimal(0)),
        ceiling=sum((price.ceiling or Decimal(0) for price in prices), Decimal(0)),
        unknown=sum(price.ceiling is None and not row.error for row, price in zip(rows, prices, strict=True)),
    )
