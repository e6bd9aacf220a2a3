from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from jupyter_imagegen.core.budgets import Budget
from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.errors import BudgetExceededError, StoreError, UnknownPriceError


def budget(scope, usd):
    return Budget(scope=scope, usd=Decimal(usd))


@pytest.fixture
def spend(storage, drawing):
    """Make one call that costs what it is told."""

    def make(cost, ceiling="1.00"):
        with storage.lock(drawing.key):
            charge = drawing.reserve(ceiling)
            storage.ledger.mark_sent(charge.id)
            storage.ledger.settle(charge.id, cost=None if cost is None else Decimal(cost), pictures=1)
        return charge

    return make


def test_a_reservation_is_on_disk_before_the_call(storage, drawing, opened, charges):
    with storage.lock(drawing.key):
        charge = drawing.reserve("0.05", notebook="lesson.ipynb")
        row = charges(opened("other"))[charge.id]
        assert (row["state"], row["ceiling_nano"], row["day"]) == ("reserved", 50_000_000, "2026-11-22")
        assert (row["notebook"], row["endpoint"]) == ("lesson.ipynb", "https://api.example.test")


def test_a_settled_call_counts_what_it_cost(storage, spend, charges):
    charge = spend("0.013")
    spent = storage.ledger.spending()
    for scope in (spent.session, spent.day, spent.month, spent.total):
        assert (scope.usd, scope.held_usd, scope.unpriced, scope.calls, scope.pictures) == (
            Decimal("0.013"),
            Decimal(0),
            0,
            1,
            1,
        )
    assert charges(storage)[charge.id]["attempts"] == 1


def test_a_cost_above_the_ceiling_is_written_down_as_it_is(storage, spend):
    spend("7.50", ceiling="1.00")
    assert storage.ledger.spending().day.usd == Decimal("7.50")


def test_an_unknown_cost_counts_at_its_ceiling_and_is_said_to_be_unknown(storage, spend):
    spend(None, ceiling="0.30")
    spent = storage.ledger.spending().day
    assert (spent.usd, spent.held_usd, spent.unpriced) == (Decimal(0), Decimal("0.30"), 1)
    assert storage.ledger.left([budget("day", "1")]) == {"day": Decimal("0.70")}


def test_usage_and_request_id_are_kept(storage, drawing, charges):
    charge = drawing.reserve()
    storage.ledger.mark_sent(charge.id)
    storage.ledger.mark_sent(charge.id)
    storage.ledger.settle(
        charge.id, cost=Decimal(0), usage=Usage(image_output=196), pictures=1, request_id="req_1"
    )
    row = charges(storage)[charge.id]
    assert (row["usage"], row["request_id"], row["attempts"]) == ('{"image_output":196}', "req_1", 2)


def test_what_was_not_billed_is_released_and_what_may_have_been_is_held(storage, draw):
    one, two = draw(storage, "one").reserve("0.10"), draw(storage, "two").reserve("0.20")
    for charge in (one, two):
        storage.ledger.mark_sent(charge.id)
    storage.ledger.release(one.id, "RateLimitError")
    storage.ledger.possibly_billed(two.id, "PossiblyBilledError")
    spent = storage.ledger.spending().day
    assert (spent.held_usd, spent.unpriced, spent.calls) == (Decimal("0.20"), 1, 1)


def test_a_true_cost_replaces_a_guess_and_nothing_replaces_a_true_cost(storage, drawing, charges):
    charge = drawing.reserve("0.20")
    storage.ledger.mark_sent(charge.id)
    storage.ledger.possibly_billed(charge.id, "timeout")
    storage.ledger.settle(charge.id, cost=Decimal("0.05"), pictures=1)
    storage.ledger.possibly_billed(charge.id, "late")
    storage.ledger.release(charge.id, "later")
    storage.ledger.settle(charge.id, cost=Decimal(9))
    assert charges(storage)[charge.id]["state"] == "settled"
    assert storage.ledger.spending().day.usd == Decimal("0.05")
    assert storage.ledger.spending().day.held_usd == 0


def test_a_closed_charge_cannot_be_sent(storage, drawing):
    charge = drawing.reserve()
    storage.ledger.release(charge.id, "given up")
    with pytest.raises(StoreError, match=r"is released and cannot be sent.*Reserve again"):
        storage.ledger.mark_sent(charge.id)


@pytest.mark.parametrize("act", ["mark_sent", "release", "possibly_billed", "settle"])
def test_an_unknown_charge_is_a_clear_error(storage, act):
    arguments = {"settle": {"cost": None}, "mark_sent": {}}.get(act, {"reason": "x"})
    with pytest.raises(StoreError, match="no charge 'nothing'"):
        getattr(storage.ledger, act)("nothing", **arguments)


def test_a_call_beyond_a_budget_is_refused_in_words_that_help(storage, drawing, spend):
    spend("1.89", ceiling="1.90")
    with pytest.raises(BudgetExceededError) as refused:
        drawing.reserve("0.42", budgets=[budget("day", "2")])
    assert str(refused.value) == (
        "This would cost up to $0.42 and $0.11 of today's $2.00 is left. Raise it with "
        "`%imagegen budget 3 --per day`, choose a lower quality, or use --provider demo."
    )


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("session", "this session's $0.10"),
        ("day", "today's $0.10"),
        ("month", "this month's $0.10"),
        ("total", "the whole $0.10"),
    ],
)
def test_each_budget_is_named(drawing, scope, words):
    with pytest.raises(BudgetExceededError, match=words.replace("$", r"\$")):
        drawing.reserve("0.11", budgets=[budget("total", "5"), budget(scope, "0.10")])


def test_a_budget_may_be_used_up_exactly(storage, draw):
    locks = []
    for number in range(3):
        one = draw(storage, str(number))
        locks.append(storage.lock(one.key))
        locks[-1].acquire()
        one.reserve("0.1", budgets=[budget("day", "0.3")])
    with pytest.raises(BudgetExceededError):
        draw(storage, "one more").reserve("0.000000001", budgets=[budget("day", "0.3")])


def test_a_refused_call_leaves_nothing_in_the_ledger(storage, drawing, charges):
    with pytest.raises(BudgetExceededError):
        drawing.reserve("0.11", budgets=[budget("day", "0.10")])
    assert charges(storage) == {}
    assert storage.ledger.spending().total.held_usd == 0


def test_an_unknown_price_is_refused_under_any_budget_and_allowed_without(storage, drawing):
    with pytest.raises(UnknownPriceError, match=r"nobody can say.*\$1,?000.00/total"):
        drawing.reserve(None, budgets=[budget("total", "1000")])
    charge = drawing.reserve(None)
    storage.ledger.mark_sent(charge.id)
    storage.ledger.possibly_billed(charge.id, "timeout")
    spent = storage.ledger.spending().day
    assert (spent.held_usd, spent.unpriced) == (Decimal(0), 1)


def test_what_costs_nothing_passes_a_budget_that_is_used_up(storage, drawing, spend):
    spend("5")
    drawing.reserve("0", budgets=[budget("day", "1")])


def test_the_day_and_the_month_are_of_the_users_calendar(storage, spend, clock):
    clock.moment = datetime(2026, 11, 30, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    spend("1")
    assert storage.ledger.spending().day.usd == 1
    clock.turn(hours=1)
    spent = storage.ledger.spending()
    assert (spent.day.usd, spent.month.usd, spent.session.usd, spent.total.usd) == (0, 0, 1, 1)


def test_a_session_has_its_own_spending_and_budget(storage, spend, opened, draw):
    spend("1")
    storage.ledger.set_budget("session", Decimal("1.01"))
    other = opened("session-2")
    assert other.ledger.budgets() == []
    assert other.ledger.spending().session.usd == 0
    assert other.ledger.spending().day.usd == 1
    with pytest.raises(BudgetExceededError, match="this session's"):
        draw(storage, "more").reserve("0.02")


def test_of_a_budget_that_was_set_and_a_configured_one_the_tighter_holds(storage, opened, drawing):
    configured = [budget("day", "2"), budget("month", "20")]
    storage.ledger.set_budget("day", Decimal(3))
    assert opened("other").ledger.budgets(configured) == configured
    with pytest.raises(BudgetExceededError):
        drawing.reserve("2.50", budgets=configured)
    storage.ledger.set_budget("day", Decimal("0.50"))
    assert storage.ledger.budgets(configured) == [budget("day", "0.50"), budget("month", "20")]


def test_several_configured_budgets_of_one_scope_all_hold(storage, drawing):
    with pytest.raises(BudgetExceededError):
        drawing.reserve("2", budgets=[budget("day", "5"), budget("day", "1")])


def test_what_is_left_is_never_below_nothing(storage, spend):
    spend("3")
    assert storage.ledger.left([budget("day", "2"), budget("total", "10")]) == {"day": 0, "total": 7}


def test_hits_and_what_they_saved_are_counted(storage, opened):
    storage.ledger.remember_hit(model="m", provider="openai", pictures=2, saved=Decimal("0.02"))
    storage.ledger.remember_hit(model="m", provider="openai", pictures=1, saved=Decimal("0.0131"))
    spent = opened("other").ledger.spending().total
    assert (spent.hits, spent.saved_usd, spent.calls) == (3, Decimal("0.0331"), 0)
    assert storage._database.one("PRAGMA synchronous")["synchronous"] == 2


def test_spending_is_told_apart_by_model(storage, spend):
    spend("0.5")
    storage.ledger.remember_hit(model="gpt-image-1", provider="openai", pictures=1, saved=Decimal(0))
    by_model = storage.ledger.by_model("day")
    assert list(by_model) == ["gpt-image-1", "gpt-image-2.5-flare"]
    assert by_model["gpt-image-2.5-flare"].usd == Decimal("0.5")


def test_calls_that_may_have_been_billed_are_known_by_key_and_time(storage, drawing, clock):
    before = clock()
    charge = drawing.reserve()
    storage.ledger.mark_sent(charge.id)
    assert not storage.ledger.possibly_billed_since(drawing.key, before)
    clock.turn(seconds=5)
    storage.ledger.possibly_billed(charge.id, "timeout")
    assert storage.ledger.possibly_billed_since(drawing.key, clock().astimezone(UTC))
    assert not storage.ledger.possibly_billed_since(drawing.key, clock() + timedelta(seconds=1))
    assert not storage.ledger.possibly_billed_since("ab" * 32, before)


def test_whoever_takes_a_keys_lock_settles_its_orphans_and_no_others(storage, draw, charges):
    one, two = draw(storage, "one"), draw(storage, "two")
    orphans = [one.reserve(), one.reserve(), two.reserve()]
    storage.ledger.mark_sent(orphans[1].id)
    assert storage.ledger.settle_orphans(one.key) == 2
    states = charges(storage)
    assert [states[charge.id]["state"] for charge in orphans] == ["released", "possibly_billed", "reserved"]
