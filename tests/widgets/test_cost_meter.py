from __future__ import annotations

import threading
from decimal import Decimal

import imageserver
import pytest

from jupyter_imagegen.widgets.cost_meter import CostMeter, cost_meter


@pytest.fixture
def meter(session):
    panel = cost_meter(session=session)
    yield panel
    panel.close()


def scope(meter, name):
    return next(line for line in meter.state["scopes"] if line["scope"] == name)


def charge(session, usd, *, model="gpt-image-2.5-flare", ceiling=None, provider="openai"):
    ledger = session.workshop.storage.ledger
    held = ledger.reserve(
        key="aa" * 32,
        provider=provider,
        model=model,
        endpoint="e",
        n=1,
        ceiling=Decimal(ceiling or usd or 0),
    )
    ledger.mark_sent(held.id)
    if usd is not None:
        ledger.settle(held.id, cost=Decimal(usd), pictures=1)
    return held


def test_without_budgets_it_shows_session_today_and_month_and_no_bars(meter):
    shown = [(line["name"], line["words"], line["budgeted"]) for line in meter.state["scopes"]]
    assert shown == [("Session", "$0.00", False), ("Today", "$0.00", False), ("This month", "$0.00", False)]
    assert meter.state["warning"] == meter.state["note"] == ""


def test_it_moves_when_a_picture_is_bought_and_counts_what_the_store_saves(meter, session):
    cost = session.generate("a lighthouse").cost.usd
    assert scope(meter, "session")["words"] == f"${cost.quantize(Decimal('0.0001'))}"
    assert meter.state["days"][-1]["pictures"] == 1
    assert meter.state["days"][-1]["part"] == 1.0
    assert [row["short"] for row in meter.state["models"]] == ["2.5-flare"]
    assert meter.state["saved_pictures"] == 0
    session.generate("a lighthouse")
    assert (meter.state["saved_pictures"], meter.state["saved"]) == (1, scope(meter, "session")["words"])


def test_a_call_under_way_is_shown_as_held_until_its_cost_is_known(meter, session, server):
    gate = threading.Event()
    server.script(imageserver.Reply(gate=gate, status=500))
    told = []
    meter.observe(lambda change: told.append(change["new"]["scopes"][0]["beside"]), "state")
    job = session.submit("a lighthouse")
    assert server.arrived.wait(10)
    gate.set()
    job.cancel()
    with pytest.raises(Exception, match="abandoned"):
        job.result(10)
    assert told[0].startswith("up to $0.0061 held for 1 call")
    assert told[-1] == told[0], "what it cost is not known, and it stays held"
    assert meter.state["note"].startswith("Held:")


def test_a_budget_set_in_a_cell_shows_at_once_and_a_total_only_while_it_is_budgeted(meter, session):
    session.accounts.budget(5, per="session")
    assert scope(meter, "session")["words"] == "$0.00 of $5.00"
    session.accounts.budget(100, per="total")
    assert scope(meter, "total")["name"] == "All time"
    session.accounts.budget("none", per="total")
    assert [line["scope"] for line in meter.state["scopes"]] == ["session", "day", "month"]


@pytest.mark.parametrize(
    ("spent", "level", "beside", "warning"),
    [
        ("0.79", "calm", "", ""),
        ("0.80", "near", "$0.20 left", "Most of today's budget is spent."),
        ("1.00", "over", "nothing left", "used up: nothing left. New calls are refused."),
        ("1.25", "over", "over budget by $0.25", "Today's budget is used up: over budget by $0.25."),
    ],
)
def test_from_four_fifths_of_a_budget_on_it_warns_in_words(meter, session, spent, level, beside, warning):
    charge(session, spent)
    session.accounts.budget(1, per="day")
    line = scope(meter, "day")
    assert (line["level"], line["beside"]) == (level, beside)
    assert warning in meter.state["warning"]
    assert bool(meter.state["warning"]) == bool(warning)


def test_what_is_held_counts_against_the_budget_and_has_a_part_of_the_bar_of_its_own(meter, session):
    charge(session, "0.25")
    charge(session, None, ceiling="0.5")
    session.accounts.budget(1, per="session")
    line = scope(meter, "session")
    assert (line["words"], line["spent"], line["held"]) == ("up to $0.75 of $1.00", 0.25, 0.5)
    assert line["beside"] == "up to $0.50 held for 1 call"


def test_a_call_that_nothing_can_be_held_for_is_said_and_is_never_nothing(meter, session):
    ledger = session.workshop.storage.ledger
    call = {"key": "aa" * 32, "provider": "openai", "model": "house-model", "endpoint": "e", "n": 1}
    held = ledger.reserve(**call, ceiling=None)
    ledger.mark_sent(held.id)
    ledger.possibly_billed(held.id, "no answer")
    meter._received(None, {"kind": "look"}, [])
    assert (scope(meter, "day")["words"], scope(meter, "day")["beside"]) == (
        "unknown",
        "1 call of unknown cost",
    )
    assert meter.state["models"][0]["words"] == "unknown"
    assert "costs held" in meter.state["note"]


def test_a_budget_of_nothing_is_no_alarm_until_something_is_spent(meter, session):
    session.accounts.budget(0, per="day")
    assert scope(meter, "day")["level"] == "calm"
    session.accounts.budget("none", per="day")
    charge(session, "0.01")
    session.accounts.budget(0, per="day")
    assert scope(meter, "day")["level"] == "over"
    assert scope(meter, "day")["spent"] == 1.0


def test_a_look_shows_what_another_process_spent_and_is_answered(meter, session, new_session, monkeypatch):
    sent = []
    monkeypatch.setattr(CostMeter, "send", lambda self, content, buffers=None: sent.append(content))
    other = new_session()
    other.generate("a lighthouse")
    assert scope(meter, "day")["words"] == "$0.00"
    meter._handle_custom_msg({"kind": "look"}, [])
    assert scope(meter, "day")["words"] != "$0.00"
    assert scope(meter, "session")["words"] == "$0.00"
    assert sent == [{"kind": "looked"}]


def test_a_look_at_a_ledger_that_cannot_be_read_is_answered_and_its_error_shown(meter, session, monkeypatch):
    sent = []
    monkeypatch.setattr(CostMeter, "send", lambda self, content, buffers=None: sent.append(content))
    monkeypatch.setenv("IMAGEGEN_BUDGET", "a lot")
    meter._received(None, {"kind": "look"}, [])
    assert "a lot" in meter.problem
    assert sent == [{"kind": "looked"}]
    monkeypatch.delenv("IMAGEGEN_BUDGET")
    meter._received(None, {"kind": "look"}, [])
    assert meter.problem == ""


def test_an_equal_state_is_not_sent_again(meter):
    told = []
    meter.observe(told.append, "state")
    meter._received(None, {"kind": "look"}, [])
    assert told == []


def test_the_chart_has_fourteen_days_and_the_dearest_models_first_with_the_rest_as_one(meter, session):
    for i in range(9):
        charge(session, f"0.0{i + 1}", model=f"gpt-image-{i}")
    charge(session, "0", model="demo-painter", provider="demo")
    meter._received(None, {"kind": "look"}, [])
    assert len(meter.state["days"]) == 14
    models = meter.state["models"]
    assert [row["short"] for row in models] == ["8", "7", "6", "5", "4", "3", "4 others"]
    assert models[-1]["words"] == "$0.06"
    assert models[-1]["pictures"] == 4
    assert models[0]["part"] == 1.0


def test_a_closed_meter_is_forgotten_by_the_accounts(session):
    panel = cost_meter(session=session)
    before = dict(panel.state)
    panel.close()
    session.accounts.budget(5, per="day")
    assert panel.state == before


def test_its_static_form_is_a_table_of_the_same_sums(meter, session):
    session.accounts.budget(5, per="day")
    cost = session.generate("a lighthouse").cost.usd
    data, _ = meter._repr_mimebundle_()
    assert f"${cost.quantize(Decimal('0.0001'))}" in data["text/plain"]
    assert "<table>" in data["text/html"]
    assert "of $5.00" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert len(data["text/html"]) < 20_000
