"""A ledger that cannot be used stops paid calls; stored, recorded and demo pictures go on."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys

import pytest

from jupyter_imagegen.errors import BudgetsUnknownError, StoreError

ROOT = sys.platform.startswith("linux") and os.getuid() == 0
INDEX = "imagegen.sqlite3"


@pytest.fixture
def stored(home, server, new_session):
    """A home with a budget and one paid picture; gives the picture's digest."""
    session = new_session()
    session.accounts.budget("1.00", per="month")
    digest = session.generate("a lighthouse").images[0].digest
    session.close()
    assert server.calls == 1
    return digest


def sql(home, *statements):
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


# what stands in the place of a file or folder


def home_is_a_file(home):
    home.rename(home.with_name("moved"))
    home.touch()


def pictures_is_a_file(home):
    (home / "pictures").rename(home / "quarantine" / "moved")
    (home / "pictures").touch()


def locks_is_a_file(home):
    shutil.rmtree(home / "locks")
    (home / "locks").touch()


def index_is_a_folder(home):
    (home / INDEX).unlink()
    (home / INDEX).mkdir()


def marker_is_a_folder(home):
    (home / "imagegen-home.txt").unlink()
    (home / "imagegen-home.txt").mkdir()


def opening_lock_is_a_folder(home):
    (home / INDEX).write_bytes(b"not a database")
    (home / "opening.lock").unlink(missing_ok=True)
    (home / "opening.lock").mkdir()


#: Each, and whether the index can still be read and the pictures be seen.
IN_THE_WAY = [
    (home_is_a_file, False, False),
    (pictures_is_a_file, True, False),
    (locks_is_a_file, True, True),
    (index_is_a_folder, False, True),
    (marker_is_a_folder, True, True),
    (opening_lock_is_a_folder, False, True),
]


@pytest.mark.parametrize(
    ("spoil", "index", "pictures"), IN_THE_WAY, ids=lambda it: getattr(it, "__name__", it)
)
def test_with_something_else_in_its_place_no_call_is_paid_and_the_rest_goes_on(
    home, server, stored, new_session, spoil, index, pictures
):
    spoil(home)
    session = new_session()
    with pytest.raises(StoreError, match=r"no paid call is made while the ledger of .* cannot be used"):
        session.generate("a boat")
    if pictures:
        again = session.generate("a lighthouse")
        assert (again.images[0].digest, again.cached, again.cost.usd) == (stored, True, 0)
        assert again.images[0].pil.size == (1024, 1024)
        assert [entry.prompt for entry in session.accounts.history()] == ["a lighthouse"]
    else:
        with pytest.raises(StoreError, match="no paid call is made"):
            session.generate("a lighthouse")
    if index:
        assert [str(budget) for budget in session.accounts.budget()] == ["$1.00/month"]
        assert session.accounts.costs().spending.total.usd > 0
    assert session.generate("a boat", provider="demo").images[0].pil
    assert server.calls == 1


# an index that is lost and built again


def deleted(home):
    (home / INDEX).unlink()


def garbage(home):
    (home / INDEX).write_bytes(b"not a database" * 100)


def empty(home):
    (home / INDEX).write_bytes(b"")


def cut(home):
    with (home / INDEX).open("r+b") as file:
        file.truncate(20_000)


def header_overwritten(home):
    with (home / INDEX).open("r+b") as file:
        file.write(b"\0" * 100)


def budgets_page_zeroed(home):
    with contextlib.closing(sqlite3.connect(home / INDEX)) as database:
        sql_ = "SELECT rootpage FROM sqlite_master WHERE name = 'budgets'"
        (page,) = database.execute(sql_).fetchone()
    with (home / INDEX).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\0" * 4096)


def budgets_table_dropped(home):
    sql(home, "DROP TABLE budgets")


def charges_table_dropped(home):
    sql(home, "DROP TABLE charges")


LOST = [
    deleted,
    garbage,
    empty,
    cut,
    header_overwritten,
    budgets_table_dropped,
    charges_table_dropped,
]


@pytest.mark.parametrize("lose", LOST, ids=lambda it: it.__name__)
def test_a_rebuilt_index_has_unknown_budgets_until_somebody_decides(home, server, stored, new_session, lose):
    lose(home)
    for _ in range(2):  # the second is another process that finds it built again
        session = new_session()
        with pytest.raises(BudgetsUnknownError, match="its budgets are unknown"):
            session.generate("a boat")
        assert session.generate("a lighthouse").images[0].digest == stored
    assert server.calls == 1
    assert session.accounts.budget(5, per="day")
    assert session.generate("a boat").images
    assert new_session().generate("a cat").images
    assert server.calls == 3


def test_damage_that_is_met_while_the_ledger_is_asked_pays_nothing(home, server, stored, new_session):
    budgets_page_zeroed(home)
    session = new_session()
    with pytest.raises(StoreError, match="is damaged"):
        session.generate("a boat")
    with pytest.raises(BudgetsUnknownError):
        session.generate("a boat")
    assert session.generate("a lighthouse").images[0].digest == stored
    assert server.calls == 1


@pytest.mark.parametrize("lose", [deleted, garbage, cut, budgets_table_dropped], ids=lambda it: it.__name__)
def test_an_index_lost_while_a_kernel_runs_pays_nothing_there(home, server, stored, new_session, lose):
    session = new_session()
    assert session.generate("a lighthouse").cached
    lose(home)
    for _ in range(2):
        with pytest.raises((StoreError, BudgetsUnknownError)):
            session.generate("a boat")
    assert session.generate("a lighthouse").images[0].digest == stored
    assert server.calls == 1
    session.accounts.budget("none")
    assert session.generate("a boat").images


def test_a_home_deleted_while_a_kernel_runs_does_not_free_its_budgets(home, server, stored, new_session):
    session = new_session()
    session.accounts.costs()
    shutil.rmtree(home)
    for _ in range(2):
        with pytest.raises((StoreError, BudgetsUnknownError)):
            session.generate("a boat")
    assert server.calls == 1
