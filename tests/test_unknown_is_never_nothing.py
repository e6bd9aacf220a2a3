"""What a ledger cannot tell is said to be unknown, by every face, and never to be nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import nbformat
import pytest

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.widgets.cost_meter import cost_meter

INDEX = "imagegen.sqlite3"


@pytest.fixture
def stored(home, server, new_session):
    """A home with a budget and one paid picture."""
    session = new_session()
    session.accounts.budget("1.00", per="month")
    session.generate("a lighthouse")
    session.close()


def lose_journal(home):
    """What the index would be filled from again."""
    for name in ("charges.jsonl", "budgets.json"):
        (home / name).unlink()


def lose_index(home):
    (home / INDEX).unlink()
    lose_journal(home)


def make_unusable(home):
    shutil.rmtree(home / "locks")
    (home / "locks").touch()


def empty(home):
    os.truncate(home / INDEX, 0)


def logged_and_empty(home):
    os.truncate(home / INDEX, 0)
    (home / f"{INDEX}-wal").write_bytes(bytes(4096))


def another_programs_log(home):
    (home / INDEX).write_bytes(bytes(4096))
    (home / f"{INDEX}-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(4092))


@pytest.fixture(params=[empty, logged_and_empty, another_programs_log])
def emptied(home, stored, request):
    """The same, where the index has nothing any more and the home cannot be used."""
    request.param(home)
    lose_journal(home)
    make_unusable(home)


def test_an_empty_index_is_not_read_as_a_ledger_with_nothing_in_it(server, emptied, new_session, capsys):
    session = new_session()
    with pytest.raises(StoreError, match="its budgets and costs are unknown"):
        session.generate("a harbour")
    assert session.generate("a lighthouse").cost.usd == 0
    assert server.calls == 1
    assert not session.accounts.costs().known

    assert main(["costs"]) == 0
    said = capsys.readouterr().out
    assert "not known" in said.partition("today")[2].splitlines()[0]
    assert main(["costs", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [told["spending"][scope] for scope in ("day", "month", "total")] == [None] * 3
    assert told["spending"]["session"]["calls"] == 0
    assert told["by_model"] is None


def test_what_is_held_is_not_known_where_the_ledger_is_not(emptied, capsys):
    assert main(["costs", "held"]) == 0
    said = capsys.readouterr().out
    assert "What is held is not known." in said
    assert "no paid call" in said.lower()
    assert main(["costs", "held", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"held": None}


def test_a_meter_shows_no_day_as_nothing_where_the_ledger_is_not_known(emptied, new_session):
    state = cost_meter(session=new_session()).state
    assert {day["words"] for day in state["days"]} == {"not known"}
    assert state["saved"] == "not known"


def test_a_rebuilt_index_does_not_say_that_every_cost_is_known(home, stored, capsys):
    lose_index(home)
    assert main(["costs", "held"]) == 0
    said = capsys.readouterr().out
    assert "every call is known" not in said
    assert "what calls without a stored picture cost" in said


@pytest.mark.parametrize("lose", [make_unusable, lose_index])
def test_a_plan_says_that_its_calls_would_be_refused_now(home, stored, tmp_path, capsys, lose):
    lose(home)
    cells = ["%load_ext jupyter_imagegen", "%%imagegen\na lighthouse", "%%imagegen\na harbour"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    assert main(["plan", "lesson.ipynb"]) == 0
    assert "would be refused now: no paid call is made" in capsys.readouterr().out
    notebook.cells.pop()
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    assert main(["plan", "lesson.ipynb"]) == 0
    assert "refused" not in capsys.readouterr().out


def test_the_zone_of_a_ledger_that_can_only_be_read_is_not_said_to_be_changed(home, stored, capsys):
    make_unusable(home)
    assert main(["config", "timezone=Asia/Tokyo"]) == 8
    assert "the ledger cannot be changed" in capsys.readouterr().err


def test_an_index_that_has_lost_its_version_is_built_again(home, server, stored, new_session):
    with sqlite3.connect(home / INDEX) as database:
        database.execute("DELETE FROM schema_version")
    database.close()
    lose_journal(home)
    session = new_session()
    assert session.generate("a lighthouse").cost.usd == 0
    assert session.accounts.costs().stopped
    assert list(home.glob(f"{INDEX}.damaged-*"))
    assert server.calls == 1


# beside a home that never held a ledger


@pytest.fixture
def nowhere(tmp_path, monkeypatch, server):
    """A home that cannot be made."""
    (tmp_path / "a file").touch()
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "a file" / "home"))


@pytest.mark.parametrize("per", ["day", "month", "total"])
def test_a_budget_for_all_sessions_is_not_taken_where_no_store_keeps_it(nowhere, server, capsys, per):
    assert main(["budget", "5", "--per", per]) == 8
    assert f"a budget per {per} is kept in a store, and there is no store" in capsys.readouterr().err


def test_a_temporary_store_says_which_budget_holds_there_as_things_are_now(nowhere, server, new_session):
    session = new_session()
    assert "No budget holds here" in session.generate("a lighthouse").notes[-1]
    session.accounts.budget("0.008", per="session")
    assert "Only $0.008/session holds here" in session.generate("a lighthouse").notes[-1]
