"""A day's budget is the ledger's: no process moves it by TZ, and whoever changes its zone gains nothing."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from children import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_imagegen.config import user_file
from jupyter_imagegen.core.zones import change_moment, parse_zone, zone, zone_of
from jupyter_imagegen.errors import BudgetExceededError, ConfigError
from jupyter_imagegen.storage import open_storage, open_temporary_storage

ZONES = ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kolkata", "America/New_York",
         "+05:45", "-11:00", "Pacific/Honolulu", "Africa/Cairo", "America/Santiago"]  # fmt: skip


class Clock:
    def __init__(self, moment=datetime(2026, 11, 22, 12, 0, tzinfo=UTC)):
        self.moment = moment

    def __call__(self):
        return self.moment

    def turn(self, **by):
        self.moment += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(clock):
    storage = open_temporary_storage(now=clock, session="s")
    storage.ledger.zones.keep()
    yield storage.ledger
    storage.close()


def spend(ledger, usd="1"):
    charge = ledger.reserve(
        key=os.urandom(32).hex(), provider="openai", model="m", endpoint="e", n=1, ceiling=Decimal(usd)
    )
    ledger.mark_sent(charge.id)
    ledger.settle(charge.id, cost=Decimal(usd), pictures=1)


@pytest.mark.parametrize("tz", ["Pacific/Kiritimati", "Etc/GMT+12", "XYZ-14", ":/etc/localtime", "nonsense"])
def test_a_process_with_another_tz_has_the_same_day(server, tz):
    made = command("generate", "a fox", "--json", TZ="UTC")
    assert made.returncode == 0, made.stderr
    other = json.loads(command("costs", "--json", TZ=tz).stdout)
    assert other["timezone"] == "UTC"
    assert other["spending"]["day"]["calls"] == 1
    assert other["spending"]["month"]["calls"] == 1


def test_a_budget_holds_whatever_tz_a_process_is_given(server):
    assert command("generate", "a fox", TZ="UTC", IMAGEGEN_BUDGET="0.01/day").returncode == 0
    for tz in ("Pacific/Kiritimati", "Etc/GMT+12"):
        refused = command("generate", "a heron", "-q", "low", TZ=tz, IMAGEGEN_BUDGET="0.01/day")
        assert refused.returncode != 0, tz
    assert server.calls == 1


def test_the_zone_is_shown_by_config_and_by_costs_where_it_is_not_the_machines(session, tmp_path):
    command("generate", "a fox", "--provider", "demo", TZ="Asia/Tokyo")
    shown = command("config", TZ="America/New_York").stdout
    assert "Asia/Tokyo" in shown
    assert "the ledger" in shown
    assert "Asia/Tokyo" in command("costs", TZ="America/New_York").stdout
    assert "Asia/Tokyo" not in command("costs", TZ="Asia/Tokyo").stdout


def test_the_shell_changes_the_zone_of_the_ledger_and_of_nothing_else():
    assert command("config", "timezone=Europe/Berlin", TZ="UTC").returncode == 0
    assert json.loads(command("costs", "--json", TZ="UTC").stdout)["timezone"] == "Europe/Berlin"
    wrong = command("config", "timezone=Europe/Berln")
    assert wrong.returncode != 0
    assert "Berln" in wrong.stderr
    assert command("config", "quality=high").returncode != 0
    assert "NAME=VALUE" in command("config", "quality").stderr


@pytest.mark.parametrize("face", ["variable", "file", "session"])
def test_the_setting_may_come_from_the_reader_by_each_way(new_session, monkeypatch, face):
    if face == "variable":
        monkeypatch.setenv("IMAGEGEN_TIMEZONE", "Asia/Kolkata")
    elif face == "file":
        user_file().parent.mkdir(parents=True)
        user_file().write_text('timezone = "Asia/Kolkata"')
    session = new_session()
    if face == "session":
        session.configure(timezone="Asia/Kolkata")
    session.generate("a fox", provider="demo")
    assert session.accounts.zone().name == "Asia/Kolkata"


def test_a_lesson_cannot_change_it(new_session, tmp_path):
    (tmp_path / "imagegen.toml").write_text('timezone = "Asia/Kolkata"')
    with pytest.raises(ConfigError, match="timezone"):
        new_session().accounts.costs()


def test_a_ledger_from_before_there_were_zones_keeps_todays_charges(home, clock):
    storage = open_storage(home, now=clock, session="s")
    spend(storage.ledger, "3")
    storage._database.all("DELETE FROM ledger_state")
    storage.close()
    for name in ("charges.jsonl", "budgets.json"):
        (home / name).unlink()
    storage = open_storage(home, now=clock, session="t")
    assert storage.ledger.zones.present().name == "UTC"
    assert storage.ledger.spending().day.usd == 3
    storage.close()


def test_an_empty_ledger_takes_another_zone_at_once(ledger):
    ledger.zones.change("Pacific/Kiritimati")
    assert str(ledger.zones.present()) == "Pacific/Kiritimati"


def test_with_the_same_date_in_both_the_other_zone_takes_over_at_once(ledger):
    spend(ledger)
    ledger.zones.change("Europe/Berlin")
    assert str(ledger.zones.present()) == "Europe/Berlin"
    assert ledger.spending().day.usd == 1


@pytest.mark.parametrize(("other", "hours"), [("Pacific/Kiritimati", 12), ("Etc/GMT+12", None)])
def test_a_zone_where_it_is_another_day_takes_over_when_today_is_over(ledger, clock, other, hours):
    spend(ledger)
    clock.moment = datetime(2026, 11, 22, 12 if hours else 9, tzinfo=UTC)
    ledger.zones.change(other)
    assert ledger.zones.present().name == "UTC"
    assert other in str(ledger.zones.present())
    assert ledger.spending().day.usd == 1
    assert ledger.left([]) == {}
    clock.turn(hours=12)
    assert ledger.zones.present().name == other
    if hours is None:
        # The zone is behind: its 22 November goes on, with what was spent on it.
        assert ledger.spending().day.usd == 1
    else:
        assert ledger.spending().day.usd == 0


def test_back_and_forth_gives_no_second_budget(ledger, clock):
    ledger.set_budget("day", Decimal(5))
    spend(ledger, "5")
    for name in ("Pacific/Kiritimati", "Etc/GMT+12", "UTC", "Asia/Tokyo", "Pacific/Honolulu") * 3:
        ledger.zones.change(name)
        with pytest.raises(BudgetExceededError):
            spend(ledger, "0.01")
        clock.turn(minutes=1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(ZONES), st.integers(1, 20)), min_size=1, max_size=30),
    start=st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)),
)
def test_however_often_the_zone_changes_no_more_days_begin_than_have_passed(steps, start):
    """As a spender would: what is left of the day's budget is spent in each hour, in whatever zone then holds."""
    clock = Clock(start.replace(tzinfo=UTC))
    storage = open_temporary_storage(now=clock, session="s")
    try:
        ledger = storage.ledger
        ledger.zones.keep()
        spent = 0
        for name, hours in steps:
            if ledger.spending().day.usd == 0:
                spend(ledger, "1")
                spent += 1
            ledger.zones.change(name)
            clock.turn(hours=hours)
        passed = (clock.moment - start.replace(tzinfo=UTC)) / timedelta(days=1)
        # One for the day that had begun, and one for an hour that summer time takes away.
        assert spent <= passed + 2
    finally:
        storage.close()


def test_summer_time_begins_the_day_at_its_own_midnight(ledger, clock):
    ledger.zones.change("Europe/Berlin")
    clock.moment = datetime(2026, 3, 29, 21, 59, tzinfo=UTC)  # 23:59 in summer time
    spend(ledger)
    clock.turn(minutes=2)
    assert ledger.spending().day.usd == 0
    clock.moment = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 00:30, the day on which it ends
    spend(ledger)
    clock.moment = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)
    assert ledger.spending().day.usd == 1
    clock.turn(hours=1)
    assert ledger.spending().day.usd == 0


@pytest.mark.parametrize(
    ("written", "read"),
    [("Europe/Berlin", "Europe/Berlin"), ("utc", "UTC"), ("Z", "UTC"), ("+5:30", "+05:30"), ("UTC-3", "-03:00"),
     ("+14", "+14:00"), ("-00:00", "UTC"), ("Etc/UTC", "UTC"), ("EST5EDT", "EST5EDT")],
)  # fmt: skip
def test_a_zone_is_read_in_the_forms_that_people_write(written, read):
    assert parse_zone(written) == read
    assert zone(read) is not None


@pytest.mark.parametrize(
    "written",
    ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "localtime", "+15:00", "+5:75", "Europe/", "a" * 500,
     "Europe", "CET-1CEST,M3.5.0,M10.5.0/3", "UTC\0"],
)  # fmt: skip
def test_what_is_no_zone_is_refused(written):
    with pytest.raises(ValueError, match="Europe/Berlin"):
        parse_zone(written)


def test_a_moments_own_zone_is_named_where_it_can_be():
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert zone_of(moment) == "UTC"
    assert zone_of(moment.astimezone(ZoneInfo("Asia/Tokyo"))) == "Asia/Tokyo"
    assert zone_of(moment.astimezone(timezone(timedelta(hours=5, minutes=45)))) == "+05:45"
    assert zone_of(moment.astimezone(timezone(-timedelta(hours=3, minutes=30)))) == "-03:30"


@pytest.mark.parametrize("old", ZONES)
@pytest.mark.parametrize("new", ZONES)
def test_the_other_zone_takes_over_within_a_day_and_a_half(old, new):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert now <= change_moment(now, old, new) <= now + timedelta(hours=38)
