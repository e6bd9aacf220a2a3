from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from jupyter_imagegen.core.budgets import Budget
from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.errors import (
    BudgetExceededError,
    ConnectionFailedError,
    ModerationError,
    NoKeyError,
    ServerError,
    StoreError,
    UnknownPriceError,
)


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
    row = charges(storage)[charge.id]
    assert row["attempts"] == 1
    assert row["sent_at"] == row["closed_at"] == "2026-11-22T12:00:00.000000+00:00"


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
    storage.ledger.set_budget("day", Decimal(2))
    with pytest.raises(BudgetExceededError) as refused:
        drawing.reserve("0.42")
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
    with pytest.raises(UnknownPriceError, match=r"no known maximum price.*\$1,?000.00/total"):
        drawing.reserve(None, budgets=[budget("total", "1000")])
    charge = drawing.reserve(None)
    storage.ledger.mark_sent(charge.id)
    storage.ledger.possibly_billed(charge.id, "timeout")
    spent = storage.ledger.spending().day
    assert (spent.held_usd, spent.unpriced) == (Decimal(0), 1)


def test_what_costs_nothing_passes_a_budget_that_is_used_up(storage, drawing, spend):
    spend("5")
    drawing.reserve("0", budgets=[budget("day", "1")])


def test_the_day_and_the_month_are_of_the_ledgers_calendar(storage, spend, clock):
    storage.ledger.zones.change("-05:00")
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


def test_a_failure_is_told_to_whoever_asked_before_it_and_to_no_other_key(storage, drawing, clock):
    before = storage.ledger.failures.of(drawing.key)
    charge = drawing.reserve()
    storage.ledger.mark_sent(charge.id)
    clock.turn(days=-1)  # the clock of another machine
    storage.ledger.possibly_billed(charge.id, "timeout")
    assert storage.ledger.failures.since(drawing.key, before) is None
    refused = ModerationError(
        "refused", hint="Say it otherwise.", status=400, stage="output", categories=("violence",)
    )
    storage.ledger.failures.remember(charge.id, refused)
    shared = storage.ledger.failures.since(drawing.key, before)
    assert type(shared) is ModerationError
    assert vars(shared) == {**vars(refused), "billed": "no"}
    assert storage.ledger.failures.since(drawing.key, storage.ledger.failures.of(drawing.key)) is None
    assert storage.ledger.failures.since("ab" * 32, before) is None


@pytest.mark.parametrize(
    "own", [NoKeyError("no key"), ConnectionFailedError("no network"), BudgetExceededError("too dear")]
)
def test_what_says_nothing_about_another_process_is_not_told(storage, drawing, own):
    charge = drawing.reserve()
    storage.ledger.failures.remember(charge.id, own)
    assert storage.ledger.failures.since(drawing.key, frozenset()) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"error": "os"}', '{"error": "StoreError", "message": "x", "hint": ""}', "\ud800"],
)
def test_a_failure_that_cannot_be_read_may_have_been_billed(storage, drawing, text):
    charge = drawing.reserve()
    storage.ledger.failures.remember(charge.id, ServerError("x"))
    storage._database.all("UPDATE charges SET failure = :text", text=text.encode(errors="replace").decode())
    assert storage.ledger.failures.since(drawing.key, frozenset()).billed == "possibly"


def test_whoever_takes_a_keys_lock_settles_its_orphans_and_no_others(storage, draw, charges):
    one, two = draw(storage, "one"), draw(storage, "two")
    orphans = [one.reserve(), one.reserve(), two.reserve()]
    storage.ledger.mark_sent(orphans[1].id)
    assert storage.ledger.settle_orphans(one.key) == 2
    states = charges(storage)
    assert [states[charge.id]["state"] for charge in orphans] == ["released", "possibly_billed", "reserved"]


def test_a_closed_call_says_when_and_why_and_brought_no_picture_unless_told(storage, draw, charges, clock):
    one, two = draw(storage, "one").reserve("0.10"), draw(storage, "two").reserve("0.20")
    storage.ledger.mark_sent(one.id)
    clock.turn(seconds=90)
    storage.ledger.settle(one.id, cost=Decimal("0.05"))
    storage.ledger.release(two.id, "given up")
    rows = charges(storage)
    assert [rows[each.id]["closed_at"][:19] for each in (one, two)] == ["2026-11-22T12:01:30"] * 2
    assert rows[one.id]["sent_at"][:19] == "2026-11-22T12:00:00"
    assert rows[two.id]["reason"] == "given up"
    assert storage.ledger.spending().day.pictures == 0


def test_what_a_dead_process_held_and_never_sent_is_free_for_the_next_call(storage, draw, charges):
    limit = [budget("day", "1")]
    dead, next_one = draw(storage, "dead"), draw(storage, "next")
    gone = dead.reserve("0.60", budgets=limit)
    with storage.lock(next_one.key):
        charge = next_one.reserve("0.60", budgets=limit, notebook="lesson.ipynb")
        rows = charges(storage)
        assert rows[gone.id]["state"] == "released"
        assert (rows[charge.id]["state"], rows[charge.id]["notebook"]) == ("reserved", "lesson.ipynb")
        assert storage.ledger.spending().day.held_usd == Decimal("0.60")
        # What is under way stays held: nothing is left for another.
        with pytest.raises(BudgetExceededError):
            draw(storage, "third").reserve("0.60", budgets=limit)


def test_what_a_dead_process_had_sent_is_not_free(storage, draw, charges):
    limit = [budget("day", "1")]
    gone = draw(storage, "dead").reserve("0.60", budgets=limit)
    storage.ledger.mark_sent(gone.id)
    with pytest.raises(BudgetExceededError):
        draw(storage, "next").reserve("0.60", budgets=limit)
    assert charges(storage)[gone.id]["state"] == "possibly_billed"


def test_a_sweep_passes_over_a_held_key_counts_the_rest_and_gives_their_locks_back(storage, draw):
    drawings = sorted((draw(storage, f"{number}") for number in range(4)), key=lambda each: each.key)
    for each in drawings:
        each.reserve()
    drawings[1].reserve()
    with storage.lock(drawings[0].key):
        assert storage.ledger.sweep() == 4
        assert storage.ledger.sweep() == 0
        for each in drawings[1:]:
            storage.lock(each.key).acquire(blocking=False)
    assert storage.ledger.sweep() == 1
    assert storage.ledger.sweep() == 0
    assert storage.ledger.settle_orphans(drawings[0].key) == 0


def test_a_budget_that_was_set_is_for_all_sessions_and_is_taken_away_alone(storage, opened):
    for scope in ("day", "month", "session"):
        storage.ledger.set_budget(scope, Decimal(5))
    other = opened("session-2").ledger
    assert other.budgets() == [budget("day", "5"), budget("month", "5")]
    other.set_budget("session", Decimal(7))
    other.set_budget("session", None)
    assert storage.ledger.budgets() == [budget("session", "5"), budget("day", "5"), budget("month", "5")]
    other.set_budget("day", None)
    assert storage.ledger.budgets() == [budget("session", "5"), budget("month", "5")]
    storage.ledger.set_budget("session", None)
    assert storage.ledger.budgets() == other.budgets() == [budget("month", "5")]


def test_a_used_up_budget_has_nothing_left_to_the_last_nano_dollar(storage, spend, draw):
    spend("1")
    with pytest.raises(BudgetExceededError, match=r"up to \$0\.05 and \$0\.00 of today's \$1\.00 is left"):
        draw(storage, "more").reserve("0.05", budgets=[budget("day", "1")])


def test_fourteen_days_are_told_apart_unless_another_number_is_asked_for(storage, spend):
    spend("0.5")
    assert len(storage.ledger.by_day()) == 14
    assert [str(spent.usd) for spent in storage.ledger.by_day(2).values()] == ["0", "0.5"]


def test_a_call_under_way_is_one_call_and_held_at_its_ceiling(storage, drawing):
    with storage.lock(drawing.key):
        charge = drawing.reserve("0.30")
        spent = storage.ledger.spending().day
        assert (spent.held_usd, spent.calls, spent.unpriced) == (Decimal("0.30"), 0, 0)
        for _attempt in range(2):
            storage.ledger.mark_sent(charge.id)
            spent = storage.ledger.spending().day
            assert (spent.held_usd, spent.calls, spent.unpriced) == (Decimal("0.30"), 1, 0)
