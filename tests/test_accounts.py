"""What was made, what it cost, and what may still be spent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jupyter_imagegen.errors import BudgetExceededError, ConfigError


def test_costs_are_the_sum_of_the_results_and_hits_count_what_they_saved(session):
    first = session.generate("a lighthouse")
    second = session.generate("a boat", n=2)
    session.generate("a lighthouse")
    costs = session.accounts.costs()
    for spent in (costs.spending.session, costs.spending.day, costs.spending.month, costs.spending.total):
        assert spent.usd == first.cost.usd + second.cost.usd
        assert (spent.calls, spent.pictures, spent.hits, spent.saved_usd) == (2, 3, 1, first.cost.usd)
    assert costs.by_model[first.request.model].usd == costs.spending.total.usd


def test_another_session_has_its_own_sum_and_the_same_total(session, new_session):
    cost = session.generate("a lighthouse").cost.usd
    spending = new_session().accounts.costs().spending
    assert (spending.session.usd, spending.total.usd) == (0, cost)


def test_history_is_newest_first_and_can_be_searched(session):
    for prompt in ("a lighthouse", "a boat", "the lighthouse again"):
        session.generate(prompt)
    assert [entry.prompt for entry in session.accounts.history()] == [
        "the lighthouse again",
        "a boat",
        "a lighthouse",
    ]
    assert len(session.accounts.history("LIGHTHOUSE")) == 2
    assert len(session.accounts.history(limit=1)) == 1
    assert session.accounts.history("100%") == []


def test_a_budget_holds_in_every_session_and_can_be_taken_away(session, server, new_session):
    session.accounts.budget("0.000001", per="total")
    for each in (session, new_session()):
        with pytest.raises(BudgetExceededError):
            each.generate("a lighthouse")
    assert server.calls == 0
    assert session.accounts.budget("none", per="total") == ()
    assert session.generate("a lighthouse").images


@pytest.mark.parametrize("word", ["off", "none", " OFF "])
def test_a_budget_goes_with_the_word_that_its_own_message_names(session, word):
    session.accounts.budget(5, per="month")
    assert session.accounts.budget(word, per="month") == ()


@pytest.mark.parametrize(
    ("usd", "per"), [("lots", "day"), (-1, "day"), (5, "week"), (float("nan"), "day"), (True, "day")]
)
def test_a_budget_that_is_none_changes_nothing(session, usd, per):
    session.accounts.budget(5)
    with pytest.raises(ConfigError):
        session.accounts.budget(usd, per=per)
    assert [budget.usd for budget in session.accounts.budget()] == [Decimal(5)]


def test_the_tighter_of_two_budgets_for_one_period_holds(session):
    session.accounts.budget(5)
    session.configure(budget="2/day")
    assert [str(budget) for budget in session.accounts.budget()] == ["$2.00/day"]


def test_a_caption_names_the_sessions_sum_and_what_budgets_leave(session):
    assert session.accounts.line() == "session $0.00"
    session.accounts.budget(5, per="month")
    result = session.generate("a lighthouse")
    assert result.ledger_line.startswith("session $0.00")
    assert "this month" in result.ledger_line
    assert "of $5.00" in result.ledger_line


def test_a_caption_says_how_many_calls_have_no_known_price(session, server):
    import base64

    from imageserver import paint, rows

    server.script(rows({"b64_json": base64.b64encode(paint("1024x1024")).decode()}))
    assert "1 call of unknown cost" in session.generate("a lighthouse", model="house-model").ledger_line
