"""US dollars, exactly: what a call is going to cost, amounts in the database, amounts as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jupyter_imagegen.core.usage import Usage

_WIDE = Context(prec=60)
_CENT_FROM = Decimal("0.1")
_FOUR_PLACES_FROM = Decimal("0.001")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a call is going to cost; making one spends nothing.

    Attributes
    ----------
    usd : Decimal or None
        The likely price of the whole call in US dollars; None where it is unknown.
    ceiling : Decimal or None
        What it will not pass, and what a budget reserves; None where it is unknown.
    tokens : Usage or None
        The tokens behind `usd`.
    kind : {"exact", "bound", "unknown"}
        "exact": the output tokens are OpenAI's published ones; "bound": an upper bound of our own, to be
        shown as one; "unknown": no ceiling.
    note : str
        How it was estimated, or why it was not, in one sentence.
    source : str
        Where the rates come from, and when.
    """

    usd: Decimal | None
    ceiling: Decimal | None
    tokens: Usage | None
    kind: Literal["exact", "bound", "unknown"]
    note: str
    source: str


def dollars_to_nano(usd: Decimal) -> int:
    """Whole nano-dollars for the database, rounded up, so that nothing is ever counted as less than it is.

    Raises
    ------
    ValueError
        If `usd` is not a finite number.

    Examples
    --------
    >>> dollars_to_nano(Decimal("0.005945"))
    5945000
    """
    if not usd.is_finite():
        raise ValueError(f"{usd} is not an amount of money")
    return int(_WIDE.scaleb(usd, 9).to_integral_value(ROUND_CEILING))


def nano_to_dollars(nano: int) -> Decimal:
    """US dollars from whole nano-dollars, exactly.

    Examples
    --------
    >>> nano_to_dollars(5945000)
    Decimal('0.005945')
    """
    return tidy(_WIDE.scaleb(Decimal(nano), -9))


def format_usd(usd: Decimal | None) -> str:
    """An amount as people read it, with digits enough to be true.

    From ten cents on two decimals; below that four; below a tenth of a cent two digits that count. Zeros at
    the end go, down to two decimals. None is "unknown", and never zero.

    Examples
    --------
    >>> [format_usd(Decimal(x)) for x in ("1234.5", "5", "0.21072", "0.013170", "0.005945", "0.00065", "0")]
    ['$1,234.50', '$5.00', '$0.21', '$0.0132', '$0.0059', '$0.00065', '$0.00']
    >>> format_usd(None)
    'unknown'
    """
    if usd is None or not usd.is_finite():
        return "unknown"
    if not usd:
        return "$0.00"
    amount = usd.copy_abs()  # abs() would round to the context
    if amount >= _CENT_FROM:
        places = 2
    elif amount >= _FOUR_PLACES_FROM:
        places = 4
    else:
        places = 1 - amount.adjusted()
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE)
    whole, _, fraction = f"{rounded:,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(2, "0")
    return f"{'-' if usd < 0 else ''}${whole}.{fraction}"


def tidy(usd: Decimal) -> Decimal:
    """The same amount without zeros at its end, and never as `1E+2`.

    Examples
    --------
    >>> tidy(Decimal("0.00594500")), tidy(Decimal("100.00"))
    (Decimal('0.005945'), Decimal('100'))
    """
    short = _WIDE.normalize(usd)
    return _WIDE.quantize(short, Decimal(1)) if short == short.to_integral_value() else short
