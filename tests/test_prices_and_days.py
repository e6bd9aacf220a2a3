"""Prices go by the date, shutdowns by UTC's, and every other day by the ledger's zone, also in an old kernel."""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import importlib.metadata
import json
import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import genai_prices.data_snapshot as price_table
import imageserver
import pytest
from genai_prices.types import ConditionalPrice, StartDateConstraint

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.events import Sent
from jupyter_imagegen.doctor import checks
from jupyter_imagegen.errors import BudgetExceededError, RetiredModelError
from jupyter_imagegen.magics.commands import run_command
from jupyter_imagegen.notebook_costs import plan_notebook
from jupyter_imagegen.widgets.gallery import Gallery
from jupyter_imagegen.widgets.panel import PicturePanel

CHANGE = date(2026, 12, 9)
ASKED = {"model": "gpt-image-2", "size": "1024x1024", "quality": "low"}
#: The catalog's model that goes on this day.
GOING, GOES = "gpt-image-1.5", datetime(2026, 12, 1, tzinfo=UTC)
USAGE = {
    "input_tokens": 9,
    "output_tokens": 196,
    "total_tokens": 205,
    "input_tokens_details": {"text_tokens": 9, "image_tokens": 0},
}


class Clock:
    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        return self.moment


@pytest.fixture
def clock():
    return Clock(datetime(2026, 12, 8, 23, 59, tzinfo=UTC))


@pytest.fixture
def doubled():
    """A price table by which pictures of gpt-image-2 cost twice as much from a day on."""
    openai = next(one for one in price_table.get_snapshot().providers if one.id == "openai")
    model = next(one for one in openai.models if one.id == "gpt-image-2")
    dearer = copy.copy(model.prices)
    dearer.output_mtok *= 2
    prices = [
        ConditionalPrice(prices=model.prices),
        ConditionalPrice(StartDateConstraint(CHANGE), prices=dearer),
    ]
    models = [dataclasses.replace(one, prices=prices) if one is model else one for one in openai.models]
    table = price_table.DataSnapshot([dataclasses.replace(openai, models=models)], from_auto_update=False)
    price_table.set_custom_snapshot(table)
    yield
    price_table.set_custom_snapshot(None)


@pytest.fixture
def notebook(tmp_path):
    def new(line):
        path = tmp_path / "plan.ipynb"
        cell = {"cell_type": "code", "source": line, "metadata": {}, "outputs": [], "execution_count": None}
        path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
        return path

    return new


@pytest.fixture
def panel():
    made = []

    def new(session, **options):
        made.append(PicturePanel(session, "a hare", later=lambda action: action, **options))
        return made[-1]

    yield new
    for one in made:
        one.close()


def reserved(home):
    """What the ledger held for the newest call, in billionths."""
    with contextlib.closing(sqlite3.connect(home / "imagegen.sqlite3")) as database:
        return database.execute("SELECT ceiling_nano FROM charges ORDER BY reserved_at DESC").fetchone()[0]


# prices go by the date


def test_a_kernel_that_lives_over_the_night_of_a_price_change_goes_on_with_the_new_price(
    server, new_session, doubled, clock, home, panel, notebook
):
    session = new_session(now=clock)
    shown = panel(session, **ASKED)
    file = notebook('%imagegen "a fox" -m gpt-image-2 -s 1024x1024 -q low --fresh')

    def prices():
        # As the browser sends it, when somebody comes back to the panel.
        shown._handle_custom_msg({"kind": "refresh"}, [])
        estimate = session.estimate("a fox", **ASKED)
        with pytest.raises(BudgetExceededError) as refused:
            session.generate("a fox", max_cost="0.0001", fresh=True, **ASKED)
        assert format_usd(estimate.ceiling) in str(refused.value)
        charged = session.generate("a fox", fresh=True, **ASKED).cost.usd
        plan = plan_notebook(session, file).from_nothing.usd
        return shown.quote["price"], [estimate.usd, plan, Decimal(reserved(home)), charged]

    before, old = prices()
    clock.moment += timedelta(minutes=2)
    after, new = prices()
    assert (before, after) == ("about $0.0059", "about $0.0118")
    assert [Decimal("1.9") < late / early <= 2 for early, late in zip(old, new, strict=True)] == [True] * 4


def test_a_call_over_midnight_costs_the_price_by_which_it_was_reserved(server, new_session, doubled, clock):
    session = new_session(now=clock)
    picture = base64.b64encode(imageserver.paint("1024x1024", seed="late")).decode()
    for price in ("$0.0059", "$0.0118"):
        reply = imageserver.rows({"b64_json": picture}, usage=USAGE)
        reply.gate = threading.Event()
        server.script(reply)
        job = session.submit("a fox", fresh=True, **ASKED)
        next(event for event in job.events() if isinstance(event, Sent))
        clock.moment += timedelta(minutes=2)
        reply.gate.set()
        # In the second round both are on the new day.
        assert format_usd(job.result(60).cost.usd) == price


def test_prices_are_not_kept_on_disk_and_a_list_of_an_earlier_version_is_not_asked(server, new_session, home):
    session = new_session()
    session.generate("a fox", **ASKED)
    usual = session.estimate("a heron", **ASKED).usd
    kept = home / "rates.toml"
    assert not kept.exists()
    name = f'["gpt-image-2"."{importlib.metadata.version("genai-prices")}"]'
    kept.write_text(f'{name}\ntext_input = 1\nimage_input = 1\nimage_output = 1\nsource = "kept"\n')
    again = new_session()
    assert again.estimate("a heron", **ASKED).usd == usual


# a model's shutdown is by the date in UTC


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_model_is_there_until_its_day_begins_in_utc_wherever_the_clock_is(
    new_session, monkeypatch, panel, notebook, zone
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0000")
    monkeypatch.setenv("IMAGEGEN_MODEL", GOING)
    clock = Clock((GOES - timedelta(minutes=1)).astimezone(ZoneInfo(zone)))
    session = new_session(now=clock)
    shown, file = panel(session), notebook('%imagegen "a fox" -s 1024x1024 -q low')

    def faces():
        shown.choices = {**shown.choices, "n": 3 - shown.choices["n"]}
        try:
            told = " ".join(session.preflight("a fox").notes)
        except RetiredModelError as exc:
            told = str(exc)
        doctor = next(check.text for check in checks(session, online=False) if check.name == "model")
        plan = repr(plan_notebook(session, file).rows)
        return {"estimate": told, "panel": repr(shown.quote), "doctor": doctor, "plan": plan}

    goes, gone = (f"shuts down on {GOES:%Y-%m-%d}", f"will be shut down on {GOES:%Y-%m-%d}"), "was shut down"
    assert [name for name, said in faces().items() if not any(one in said for one in goes)] == []
    clock.moment += timedelta(minutes=2)
    assert [name for name, said in faces().items() if gone not in said] == []
    with pytest.raises(RetiredModelError, match="Use gpt-image"):
        session.generate("a fox")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_warning_begins_thirty_days_before_by_utc(new_session, monkeypatch, zone):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0000")
    clock = Clock((GOES - timedelta(days=30, minutes=1)).astimezone(ZoneInfo(zone)))
    session = new_session(now=clock)
    assert session.preflight("a fox", model=GOING).notes == ()
    clock.moment += timedelta(minutes=2)
    assert "will be shut down" in session.preflight("a fox", model=GOING).notes[0]


# every other day is the ledger's


def test_days_and_times_in_every_face_are_of_the_ledgers_zone(new_session, server):
    noon = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    session = new_session(now=noon)
    session.configure(timezone="Pacific/Kiritimati")
    key = session.generate("a fox").key
    assert "2026-11-23 02:00" in run_command(session, "history", [], {}).text
    assert "2026-11-23 02:00" in run_command(session, "show", [key], {}).text
    gallery = Gallery(session)
    assert "today" in gallery.static()["text/plain"]
    noon.moment += timedelta(hours=21)
    assert "yesterday" not in gallery.static()["text/plain"]
    noon.moment += timedelta(hours=1)
    assert "yesterday" in gallery.static()["text/plain"]
    assert session.accounts.costs().spending.day.calls == 0
    gallery.close()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "yesterday"])
def test_the_gallery_refuses_a_day_that_cannot_be_asked_for(new_session, day):
    gallery = Gallery(new_session())
    gallery._handle_custom_msg({"kind": "page", "ask": 1, "narrowed": {"day": day}, "before": None}, [])
    assert f"'{day}' is not a day" in gallery.problem
    gallery.close()
