"""The price beside the button: what pressing it would cost now, or why it may not be pressed."""

from __future__ import annotations

import threading
from decimal import ROUND_CEILING
from typing import TYPE_CHECKING, Any, TypedDict

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.money import SCOPE_WORDS, left_words
from jupyter_imagegen.core.text import missing_words
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.render import estimate_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from jupyter_imagegen.core.budgets import Budget, Scope
    from jupyter_imagegen.desk import Preflight
    from jupyter_imagegen.session import Session

#: Seconds after the last change before a price is estimated.
QUOTE_DELAY = 0.12


class Quote(TypedDict):
    """A price, and whether it may be paid.

    `price` is what counts, `words` what belongs to it; `reason` says why not, `notes` what to know.
    """

    allowed: bool
    price: str
    words: str
    reason: str
    notes: list[str]


def quote(session: Session, prompt: str, options: Mapping[str, Any]) -> Quote:
    """What a run would cost, and whether it would be refused; spends nothing and calls no API.

    Parameters
    ----------
    prompt
        The words; where there are none yet, the price is that of a short prompt.
    options
        As `Session.submit` takes them.
    """
    try:
        plan = session.preflight(prompt.strip() or "picture", **options)
        workshop = session.workshop
        ledger, settings = workshop.storage_to_read.ledger, workshop.settings()
        left = ledger.left(settings.budgets)
        limits = {budget.scope: budget for budget in workshop.budgets_in_force()}
    except ImagegenError as exc:
        return Quote(allowed=False, price="", words="", reason=str(exc), notes=[])
    n = plan.order.options.n
    reason = _refusal(plan, left, limits)
    notes = list(plan.notes)
    if plan.stored == n:
        place = "recorded" if plan.recorded == n else "in the store"
        there = {1: place, 2: f"both {place}"}.get(n, f"all {n} {place}")
        return Quote(allowed=True, price="$0.00", words=there, reason="", notes=notes)
    why_not = "replay calls no API" if plan.order.deck.replays else plan.stopped or reason
    if plan.stored and why_not:
        place = "recorded" if plan.recorded == plan.stored else "in the store"
        told = [*notes, missing_words(n, plan.stored, why_not)]
        return Quote(
            allowed=True, price="$0.00", words=f"{plan.stored} of {n} {place}", reason="", notes=told
        )
    if plan.order.deck.replays:
        why = f"Not possible: {plan.recorded} of {n} are in the cassette, and replay calls no API."
        return Quote(allowed=False, price="", words="", reason=why, notes=notes)
    words = [f"{plan.stored} of {n} in the store" if plan.stored else f"for {n}" if n > 1 else ""]
    if plan.order.provider.placeholder:
        words.append("offline demo picture" if n - plan.stored == 1 else "offline demo pictures")
        if plan.listed.usd:
            words.append(f"real: {estimate_words(plan.listed)}; set OPENAI_API_KEY")
    elif plan.order.provider.paid:
        words += [_ceiling(plan), "" if plan.stopped else _left(left)]
    return Quote(
        allowed=not reason,
        price=estimate_words(plan.estimate),
        words=" · ".join(filter(None, words)),
        reason=reason,
        notes=notes,
    )


def _ceiling(plan: Preflight) -> str:
    estimate = plan.estimate
    if estimate.kind == "bound" or estimate.usd is None or estimate.ceiling is None:
        return ""
    most = format_usd(estimate.ceiling)
    return f"at most {most}" if most != format_usd(estimate.usd) else ""


def _left(left: Mapping[Scope, Decimal]) -> str:
    if not left:
        return ""
    scope = min(left, key=lambda one: left[one])
    return left_words(left[scope], scope)


def _refusal(plan: Preflight, left: Mapping[Scope, Decimal], limits: Mapping[Scope, Budget]) -> str:
    """Why the ledger would refuse the reservation; the ledger alone decides when the button is pressed."""
    if plan.stored == plan.order.options.n or not plan.order.provider.paid:
        return ""
    if plan.stopped:
        return f"Not possible: {plan.stopped}"
    ceiling = plan.estimate.ceiling
    for scope, rest in left.items():
        limit = limits[scope]
        if ceiling is None:
            return (
                f"Not possible: this call has no known maximum price, and the budget {limit} needs one. "
                "Choose a model and a format with a published price, or remove the budget with "
                f"`%imagegen budget none --per {scope}`."
            )
        if ceiling > rest:
            enough = (limit.usd - rest + ceiling).to_integral_value(ROUND_CEILING)
            return (
                f"Over budget: this would cost up to {format_usd(ceiling)}, and {format_usd(rest)} of "
                f"{SCOPE_WORDS[scope].whose} {format_usd(limit.usd)} is left. Choose a lower quality, a "
                f"smaller size or fewer pictures, or raise it with `%imagegen budget {enough} --per {scope}`."
            )
    return ""


class Later:
    """Runs an action once, a moment after the last of many calls, on a thread of its own.

    Parameters
    ----------
    action
        What to do.
    seconds
        How long the calls must have been quiet.
    """

    def __init__(self, action: Callable[[], None], seconds: float = QUOTE_DELAY) -> None:
        self._action = action
        self._seconds = seconds
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __call__(self) -> None:
        """Ask for the action."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._seconds, self._action)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """Forget what was asked for."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
