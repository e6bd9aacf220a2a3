"""What follows `costs`; the magic and the command line read the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    import argparse
    from decimal import Decimal

#: What may follow `costs`, and what the last word of `settle` may be besides an amount.
COSTS_COMMANDS = ("held", "settle")
UNBILLED = "unbilled"
_AMOUNT = re.compile(
    r"(?:US)?\$?\s*(?P<amount>[0-9]+(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\s*(?:USD|\$)?", re.IGNORECASE | re.ASCII
)
_USAGE = "Write: %imagegen costs settle ID 0.04, or %imagegen costs settle ID unbilled."


def add_costs_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `costs` takes to any parser."""
    parser.add_argument(
        "what", nargs="?", metavar="held|settle", help="list the calls of unknown cost, or settle one by hand"
    )
    parser.add_argument("charge", nargs="?", metavar="ID", help="the first digits of a held call's id")
    parser.add_argument(
        "usd", nargs="?", metavar="USD|unbilled", help="what it cost by your account's usage page"
    )
    parser.add_argument(
        "--force", action="store_true", help="settle at an amount that looks like a slip of the finger"
    )


def check_costs_arguments(given: argparse.Namespace) -> None:
    """Refuse what `costs` cannot read.

    Raises
    ------
    RequestError
        If the words are not `held`, or `settle ID USD|unbilled`.
    """
    if given.what not in {None, *COSTS_COMMANDS}:
        from difflib import get_close_matches

        near = get_close_matches(given.what, COSTS_COMMANDS, n=1)
        hint = f"Did you mean `%imagegen costs {near[0]}`?" if near else "Available: held, settle."
        raise RequestError(f"%imagegen costs has no command {given.what!r}", hint=hint)
    if given.what != "settle" and (given.charge is not None or given.force):
        word = repr(given.charge) if given.charge is not None else "--force"
        raise RequestError(f"%imagegen costs {given.what}: unexpected {word}", hint=_USAGE)
    if given.what == "settle" and given.usd is None:
        raise RequestError(
            "%imagegen costs settle needs the id of a call and what it cost",
            hint="`%imagegen costs held` shows the ids. " + _USAGE,
        )


def settled_amount(value: object) -> Decimal:
    """Read what a call cost: US dollars, or `unbilled` for nothing.

    Raises
    ------
    RequestError
        If it is not an amount from 0 to a million with at most nine decimals.

    Examples
    --------
    >>> settled_amount("$0.04"), settled_amount("unbilled")
    (Decimal('0.04'), Decimal('0'))
    """
    from decimal import Decimal

    text = str(value).strip()
    if text.lower() == UNBILLED:
        return Decimal(0)
    match = None if isinstance(value, bool) else _AMOUNT.fullmatch(text)
    if match is None or len(match["amount"].partition(".")[0].lstrip("0")) > len("999999"):
        raise RequestError(f"{text[:60]!r} is not what a call can have cost, in US dollars", hint=_USAGE)
    return Decimal(match["amount"])
