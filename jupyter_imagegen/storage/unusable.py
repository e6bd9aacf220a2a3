"""A home whose ledger cannot be used, a ledger that was lost, and what is refused then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import BudgetsUnknownError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_imagegen.core.budgets import Budget, Scope

_ELSEWHERE = "Repair it, or set IMAGEGEN_HOME to another folder."


@dataclass(kw_only=True)
class Unusable:
    """A home whose ledger cannot be used.

    Attributes
    ----------
    home : Path
        The folder.
    why : StoreError
        What was wrong when it was last tried, and what to do.
    held : bool
        Whether it may hold budgets; False only where it was never a store's.
    known : bool
        Whether its budgets and costs could be read.
    """

    home: Path
    why: StoreError
    held: bool
    known: bool = False


def no_paid_call(missing: Unusable, configured: Iterable[Budget]) -> StoreError | None:
    """Why no call is paid beside a home that cannot be used; None where it never held a budget."""
    if missing.held:
        unread = "" if missing.known else ", and its budgets and costs are unknown"
        return StoreError(
            f"no paid call is made while the ledger of {missing.home} cannot be used{unread}: "
            f"{missing.why.message}",
            hint=missing.why.hint or _ELSEWHERE,
        )
    # A session is one process, so its budget holds without a store; the others are for all processes.
    if wide := [budget for budget in configured if budget.scope != "session"]:
        return StoreError(
            f"a budget is set ({', '.join(map(str, wide))}) and the ledger in {missing.home} cannot be used, "
            f"so it cannot be enforced: {missing.why.message}",
            hint=missing.why.hint or _ELSEWHERE,
        )
    return None


def budgets_lost(why: str) -> BudgetsUnknownError:
    """Why no call is paid after budgets or costs were lost, until somebody decides anew.

    Parameters
    ----------
    why
        What the ledger has written down of it; before version 6 of the schema, when it was.
    """
    told = "" if why[:1].isdigit() and " " not in why else f" ({why})"
    return BudgetsUnknownError(
        f"no paid call is made, because not all of the ledger could be found again{told}: its budgets are "
        "unknown, and so is what calls without a stored picture cost",
        hint="Set one with `%imagegen budget 5 --per day`, or go on without one: `%imagegen budget none`.",
    )


def refuse_change(missing: Unusable | None, budget: Scope = "session") -> None:
    """Refuse to change a ledger that can only be read, or one that ends with its session for all sessions.

    Raises
    ------
    StoreError
        If it is one.
    """
    if missing is not None and missing.held:
        raise StoreError(
            f"the ledger cannot be changed: {missing.why.message}", hint=missing.why.hint or _ELSEWHERE
        )
    if missing is not None and budget != "session":
        raise StoreError(
            f"a budget per {budget} is kept in a store, and there is no store: {missing.why.message}",
            hint=missing.why.hint or _ELSEWHERE,
        )
