"""Whatever happens to charges, in whatever order, the kept sums are the sums."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from jupyter_imagegen.core.budgets import Budget
from jupyter_imagegen.errors import BudgetExceededError, StoreError
from jupyter_imagegen.storage import open_temporary_storage
from jupyter_imagegen.storage.ledger import Ledger

KEYS = st.sampled_from(["aa" * 32, "bb" * 32, "cc" * 32])
MONEY = st.decimals(min_value=0, max_value=2, places=9)
CAP = Decimal("3.00")


class Charges(RuleBasedStateMachine):
    """Random reservations, answers, losses and sweeps, from two sessions over several days."""

    made = Bundle("made")

    def __init__(self):
        super().__init__()
        self.moment = datetime(2026, 11, 28, 22, tzinfo=UTC)
        self.store = open_temporary_storage(now=lambda: self.moment, session="one")
        other = Ledger(self.store._database, lock=self.store.lock, now=lambda: self.moment, session="two")
        self.ledgers = [self.store.ledger, other]

    def teardown(self):
        self.store.close()

    @rule(
        target=made, key=KEYS, ceiling=st.none() | MONEY, who=st.integers(0, 1), model=st.sampled_from("ab")
    )
    def reserve(self, key, ceiling, who, model):
        budgets = [] if ceiling is None else [Budget(scope="day", usd=CAP)]
        try:
            charge = self.ledgers[who].reserve(
                key=key, provider="p", model=model, endpoint="e", n=1, ceiling=ceiling, budgets=budgets
            )
        except BudgetExceededError:
            return None
        if ceiling:
            assert self.ledgers[who].spending().day.counted_usd <= CAP
        return charge

    @rule(charge=made, who=st.integers(0, 1))
    def send(self, charge, who):
        if charge is not None:
            with contextlib.suppress(StoreError):  # a closed one cannot be sent
                self.ledgers[who].mark_sent(charge.id)

    @rule(charge=made, cost=st.none() | MONEY, pictures=st.integers(0, 4), who=st.integers(0, 1))
    def settle(self, charge, cost, pictures, who):
        if charge is not None:
            self.ledgers[who].settle(charge.id, cost=cost, pictures=pictures)

    @rule(charge=made, lost=st.booleans())
    def close(self, charge, lost):
        if charge is not None:
            (self.ledgers[0].possibly_billed if lost else self.ledgers[0].release)(charge.id, "why")

    @rule()
    def sweep(self):
        self.store.ledger.sweep()

    @rule(hours=st.integers(1, 30))
    def wait(self, hours):
        self.moment += timedelta(hours=hours)

    @invariant()
    def the_sums_are_the_sums(self):
        counted = {"total": 0, "day": 0, "month": 0}
        calls = unpriced = pictures = 0
        today = f"{self.moment:%Y-%m-%d}"
        for row in self.store._database.all("SELECT * FROM charges"):
            state, cost, ceiling = row["state"], row["cost_nano"], row["ceiling_nano"] or 0
            if state == "released":
                continue
            nano = cost if state == "settled" and cost is not None else ceiling
            counted["total"] += nano
            counted["day"] += nano if row["day"] == today else 0
            counted["month"] += nano if row["day"][:7] == today[:7] else 0
            calls += state != "reserved"
            unpriced += state == "possibly_billed" or (state == "settled" and cost is None)
            pictures += row["pictures"]
        spending = self.store.ledger.spending()
        for scope, nano in counted.items():
            assert getattr(spending, scope).counted_usd == Decimal(nano) / 10**9
        assert (spending.total.calls, spending.total.unpriced, spending.total.pictures) == (
            calls,
            unpriced,
            pictures,
        )
        other = self.ledgers[1].spending().session
        assert other.counted_usd + spending.session.counted_usd == spending.total.counted_usd
        by_model = self.store.ledger.by_model("total").values()
        assert sum((spent.counted_usd for spent in by_model), Decimal(0)) == spending.total.counted_usd


TestCharges = Charges.TestCase
TestCharges.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_sums_do_not_slow_down_with_the_number_of_charges(storage, drawing):
    storage._database.all(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999)"
        " INSERT INTO charges (id, key, provider, model, endpoint, session, day, n, state, cost_nano, reserved_at)"
        " SELECT 'c' || i, 'k' || i, 'p', 'm' || (i % 5), 'e', 's', '2026-11-22', 1, 'settled', 1000, '2026' FROM n"
    )
    storage._database.all(
        "INSERT INTO spending (day, session, provider, model, cost_nano, calls)"
        " SELECT day, session, provider, model, SUM(cost_nano), COUNT(*) FROM charges GROUP BY 1, 2, 3, 4"
    )
    start = time.perf_counter()
    assert storage.ledger.spending().total.calls == 200_000
    drawing.reserve("0.01", budgets=[Budget(scope="total", usd=Decimal(1))])
    print(f"sums and a reservation over 200,000 charges: {1000 * (time.perf_counter() - start):.2f} ms")
    plan = storage._database.all(
        "EXPLAIN QUERY PLAN SELECT id FROM charges WHERE key = 'k' AND state IN ('reserved', 'sent')"
    )
    assert "INDEX" in plan[0]["detail"]


def test_each_of_the_last_days_has_its_sum_and_days_without_a_call_have_zeros():
    moment = datetime(2026, 11, 28, 22, tzinfo=UTC)
    with contextlib.closing(open_temporary_storage(now=lambda: moment, session="one")) as store:
        for usd, ago in (("1", 14), ("0.25", 13), ("0.5", 3), ("0.5", 3), ("2", 0)):
            moment = datetime(2026, 11, 28, 22, tzinfo=UTC) - timedelta(days=ago)
            charge = store.ledger.reserve(
                key="aa" * 32, provider="p", model="m", endpoint="e", n=1, ceiling=Decimal(usd)
            )
            store.ledger.settle(charge.id, cost=Decimal(usd))
        by_day = store.ledger.by_day(14)
    assert [day.isoformat() for day in by_day] == [f"2026-11-{day}" for day in range(15, 29)]
    spent = {day.day: str(one.usd) for day, one in by_day.items() if one.usd}
    assert spent == {15: "0.25", 25: "1", 28: "2"}
    assert by_day[next(iter(by_day))].calls == 1
