"""`cost_meter()`: what was spent against the budgets, live; Python finds every word, the browser draws.

What this process spends is told by the session's accounts. What other processes spend is nobody's message, so
the page asks every few seconds, and only while the meter can be seen.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

import traitlets

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.money import HELD_NOTE, SCOPE_WORDS, counted_words, held_words
from jupyter_imagegen.core.text import count_of, sentence, upper_first
from jupyter_imagegen.render.captions import short_model
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.views import NOT_KNOWN, costs_view
from jupyter_imagegen.storage import Spent
from jupyter_imagegen.widgets.base import Panel, module, stylesheet
from jupyter_imagegen.widgets.messages import ALONE, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from jupyter_imagegen.accounts import Costs
    from jupyter_imagegen.core.budgets import Scope
    from jupyter_imagegen.session import Session

#: How many days the chart shows; two weeks, so that a weekly habit shows twice.
DAYS = 14
#: From which part of a budget on the meter warns.
NEAR = Decimal("0.8")
#: Models beyond these are one row together.
_MODELS = 6

Level = Literal["calm", "near", "over"]


class ScopeState(TypedDict):
    """One line of the meter: a period against its budget; fractions of the budget from 0 to 1."""

    scope: Scope
    name: str
    #: `$0.21 of $5.00`, or `$0.21` where there is no budget.
    words: str
    #: What must be said beside it: what is held or unknown, what is left; empty for nothing.
    beside: str
    budgeted: bool
    spent: float
    held: float
    level: Level


class AmountState(TypedDict):
    """One bar of a chart: a day's or a model's dollars; `part` of the chart's greatest, from 0 to 1."""

    name: str
    short: str
    words: str
    pictures: int
    part: float


class MeterState(TypedDict):
    """Everything that the page shows."""

    scopes: list[ScopeState]
    days: list[AmountState]
    models: list[AmountState]
    saved: str
    saved_pictures: int
    #: Budgets that are nearly or wholly spent, and why no call is paid; a screen reader speaks it.
    warning: str
    #: What `held` means, where something is.
    note: str


class CostMeter(Panel):
    """What was spent in this session, today and this month, against the budgets, as it happens.

    Attributes
    ----------
    state : dict
        A `MeterState`.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> imagegen.cost_meter().state["scopes"][0]["words"]
    '$0.00'
    """

    _esm = module("cost_meter")
    _css = stylesheet("cost_meter")

    state = traitlets.Dict().tag(sync=True)

    actions: ClassVar[Mapping[str, Shape]] = {"look": ALONE}

    def __init__(self, session: Session) -> None:
        super().__init__(session, state=dict(_looked_up(session)))
        self._lock = threading.Lock()
        self._stop = session.accounts.listen(self._changed)

    def on_look(self, _message: Mapping[str, Any], _buffers: object) -> None:
        """The page can be seen and asks; it asks again only after the answer, which comes in any case."""
        try:
            self._refresh()
        finally:
            self.send({"kind": "looked"})

    def close(self) -> None:
        """End the panel; the accounts forget it."""
        self._stop()
        super().close()

    def static(self) -> dict[str, Any]:
        """The sums as a table."""
        costs = self._session.accounts.costs()
        view = costs_view(
            costs.spending, costs.by_model, costs.budgets, stopped=costs.stopped, known=costs.known
        )
        return {"text/html": view.html, "text/plain": view.text}

    def _changed(self) -> None:
        self.guarded(self._refresh)

    def _refresh(self) -> None:
        # The runner's thread and the page may ask at once; the later look must not be overtaken by the older.
        with self._lock:
            self.state = dict(_looked_up(self._session))


def cost_meter(*, session: Session) -> CostMeter:
    """A meter of this session's, today's and this month's spending against the budgets; it moves by itself.

    It shows what calls cost, what is held for calls under way or of unknown cost, the last fourteen days,
    this month by model, and what the store saved. Without a kernel it is a table.

    Returns
    -------
    CostMeter
        A widget; show it as a cell's last value.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> imagegen.cost_meter()
    """
    return CostMeter(session)


def _looked_up(session: Session) -> MeterState:
    ledger = session.workshop.storage_to_read.ledger
    return meter_state(session.accounts.costs(), ledger.by_day(DAYS), ledger.by_model("month"))


def meter_state(costs: Costs, by_day: Mapping[date, Spent], by_model: Mapping[str, Spent]) -> MeterState:
    """Everything that the page shows, in words.

    Parameters
    ----------
    costs
        The sums and the budgets in force.
    by_day
        The last days, the oldest first.
    by_model
        This month, by the model's name.
    """
    limits = {budget.scope: budget.usd for budget in costs.budgets}
    scopes = [
        _scope(scope, getattr(costs.spending, scope), limits.get(scope), known=costs.known)
        for scope in SCOPE_WORDS
        if scope != "total" or scope in limits
    ]
    shown = [getattr(costs.spending, scope["scope"]) for scope in scopes]
    month = costs.spending.month
    return MeterState(
        scopes=scopes,
        days=_amounts(
            ((f"{day:%A} {day.day} {day:%B}", str(day.day), spent) for day, spent in by_day.items()),
            known=costs.known,
        ),
        models=_amounts(_largest(by_model), known=costs.known),
        saved=format_usd(month.saved_usd) if costs.known else NOT_KNOWN,
        saved_pictures=month.hits,
        warning=" ".join(filter(None, (_warning(scopes), upper_first(costs.stopped)))),
        note=_note(shown),
    )


def _scope(scope: Scope, spent: Spent, limit: Decimal | None, *, known: bool) -> ScopeState:
    if not known and scope != "session":
        return ScopeState(
            scope=scope,
            name=SCOPE_WORDS[scope].title,
            words=NOT_KNOWN,
            beside="",
            budgeted=False,
            spent=0.0,
            held=0.0,
            level="calm",
        )
    counted = spent.counted_usd
    beside = list(filter(None, [held_words(spent)]))
    words, level = counted_words(spent), _level(counted, limit)
    if limit is not None:
        words = f"{words} of {format_usd(limit)}"
        if level != "calm":
            beside.insert(0, _left(counted, limit))
    return ScopeState(
        scope=scope,
        name=SCOPE_WORDS[scope].title,
        words=words,
        beside=" · ".join(beside),
        budgeted=limit is not None,
        spent=_part(spent.usd, limit),
        held=_part(counted, limit) - _part(spent.usd, limit),
        level=level,
    )


def _level(counted: Decimal, limit: Decimal | None) -> Level:
    """A budget that is used up counts as over: the next call will be refused."""
    if limit is None:
        return "calm"
    if counted >= limit:
        # A budget of nothing with nothing spent is how someone forbids calls, not an alarm.
        return "over" if counted else "calm"
    return "near" if counted >= limit * NEAR else "calm"


def _left(counted: Decimal, limit: Decimal) -> str:
    if counted > limit:
        return f"over budget by {format_usd(counted - limit)}"
    if counted == limit:
        return "nothing left"
    return f"{format_usd(limit - counted)} left"


def _warning(scopes: Iterable[ScopeState]) -> str:
    """One sentence for each budget that is nearly or wholly spent."""
    sentences = []
    for scope in scopes:
        if scope["level"] == "near":
            sentences.append(f"Most of {SCOPE_WORDS[scope['scope']].whose} budget is spent.")
        elif scope["level"] == "over":
            left = scope["beside"].split(" · ")[0]
            whose = f"{SCOPE_WORDS[scope['scope']].whose} budget"
            sentences.append(f"{upper_first(whose)} is used up: {left}. New calls are refused.")
    return " ".join(sentences)


def _note(spent: Iterable[Spent]) -> str:
    held = any(held_words(one) for one in spent)
    return sentence(HELD_NOTE) if held else ""


def _part(usd: Decimal, whole: Decimal | None) -> float:
    """A fraction for drawing only; a whole of nothing is filled by anything."""
    if whole is None or not usd:
        return 0.0
    return round(float(min(usd / whole, Decimal(1))), 4) if whole else 1.0


def _amounts(named: Iterable[tuple[str, str, Spent]], *, known: bool) -> list[AmountState]:
    rows = list(named)
    most = max((spent.counted_usd for _, _, spent in rows), default=Decimal(0))
    return [
        AmountState(
            name=name,
            short=short,
            words=counted_words(spent) if known else NOT_KNOWN,
            pictures=spent.pictures,
            part=_part(spent.counted_usd, most),
        )
        for name, short, spent in rows
    ]


def _largest(by_model: Mapping[str, Spent]) -> list[tuple[str, str, Spent]]:
    """The models that cost most, the others as one; what was never called is not among them."""
    called = sorted(
        ((name, spent) for name, spent in by_model.items() if spent.calls),
        key=lambda row: (-row[1].counted_usd, row[0]),
    )
    rows = [(one_line(name, 60), short_model(one_line(name, 60)), spent) for name, spent in called[:_MODELS]]
    if rest := [spent for _, spent in called[_MODELS:]]:
        others = count_of(len(rest), "other")
        rows.append((others, others, _together(rest)))
    return rows


def _together(parts: list[Spent]) -> Spent:
    return Spent(
        usd=sum((part.usd for part in parts), Decimal(0)),
        held_usd=sum((part.held_usd for part in parts), Decimal(0)),
        held_calls=sum(part.held_calls for part in parts),
        unpriced=sum(part.unpriced for part in parts),
        unbounded=sum(part.unbounded for part in parts),
        calls=sum(part.calls for part in parts),
        pictures=sum(part.pictures for part in parts),
        hits=sum(part.hits for part in parts),
        saved_usd=sum((part.saved_usd for part in parts), Decimal(0)),
    )
