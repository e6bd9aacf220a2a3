from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.core.budgets import SCOPES, Budget, parse_budget, parse_budgets, periods, tightest
from jupyter_imagegen.errors import ConfigError

AMOUNTS = st.decimals(min_value=0, max_value=1_000_000, places=9)
BUDGETS = st.builds(Budget, scope=st.sampled_from(SCOPES), usd=AMOUNTS)


@pytest.mark.parametrize(
    ("text", "scope", "usd"),
    [
        ("5", "day", "5"),
        ("$5/day", "day", "5"),
        ("0.50 per month", "month", "0.50"),
        ("US$ 20 monthly", "month", "20"),
        ("1.25 USD / session", "session", "1.25"),
        ("100 total", "total", "100"),
        ("3 dollars a day", "day", "3"),
        (".5", "day", "0.5"),
        ("0/day", "day", "0"),
        (5, "day", "5"),
        (0.1, "day", "0.1"),
        (1e-7, "day", "0.0000001"),
        (Decimal("2.50"), "day", "2.50"),
        ("1000000", "day", "1000000"),
    ],
)
def test_a_budget_is_read_as_people_write_it(text, scope, usd):
    assert parse_budget(text) == Budget(scope=scope, usd=Decimal(usd))


def test_the_period_that_is_not_named_can_be_given():
    assert parse_budget("5", scope="session").scope == "session"
    assert parse_budget("5/month", scope="session").scope == "month"
    with pytest.raises(
        ConfigError, match="per 'week' is not possible; the periods are session, day, month, total"
    ):
        parse_budget(5, scope="week")


@pytest.mark.parametrize(
    "nonsense",
    ["", "-5", "-5/day", "nan", "inf", "Infinity/day", "five", "5/week", "5/", "1,000", "0,50", "5 5", "1e3", "٥",
     "$", "5/day/day", "0x5", "1_000", -1, float("nan"), float("inf"), Decimal("NaN"), Decimal("-0.5"), True, None,
     [], 2_000_000, 1e300, "0.0000000001", "9" * 400],
)  # fmt: skip
def test_what_is_not_a_budget_is_refused_with_the_rule(nonsense):
    with pytest.raises(ConfigError, match=r"5/day|the periods are"):
        parse_budget(nonsense)


@given(BUDGETS)
def test_a_budget_reads_back_what_it_writes(budget):
    assert parse_budget(str(budget)) == budget
    assert parse_budget(budget) is budget


@given(st.lists(BUDGETS))
def test_the_tightest_budgets_hold_whatever_any_budget_allows(budgets):
    tight = tightest(budgets)
    assert [b.scope for b in tight] == [scope for scope in SCOPES if any(b.scope == scope for b in budgets)]
    assert all(b.usd >= kept.usd for b in budgets for kept in tight if kept.scope == b.scope)
    assert set(tight) <= set(budgets)


@pytest.mark.parametrize(
    "written",
    [
        "5/day, 50/month",
        "50/month; 5",
        ["5/day", "$50 per month"],
        {"day": 5, "month": "50"},
        ["9/day", 5, "50/month"],
    ],
)
def test_several_budgets_are_read_from_every_shape(written):
    assert [str(budget) for budget in parse_budgets(written)] == ["$5.00/day", "$50.00/month"]


@pytest.mark.parametrize(
    "nonsense", ["", {"week": 5}, {"day": "5/month"}, {"day": "5 MONTHLY"}, ["5/day", -1], None, {"day": {}}]
)
def test_several_budgets_with_one_wrong_are_refused(nonsense):
    with pytest.raises(ConfigError):
        parse_budgets(nonsense)


def test_a_period_is_named_by_the_calendar_of_the_moment():
    moment = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert periods(moment, "k1") == {
        "session": "k1",
        "day": "2026-11-30",
        "month": "2026-11",
        "total": "total",
    }
    east = moment.astimezone(timezone(timedelta(hours=2)))
    assert (periods(east, "k1")["day"], periods(east, "k1")["month"]) == ("2026-12-01", "2026-12")


def test_a_moment_without_a_time_zone_is_no_day():
    with pytest.raises(ValueError, match="time zone"):
        periods(datetime(2026, 11, 22), "k1")
