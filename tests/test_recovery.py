"""The index can be lost, emptied or replaced by an old copy: budgets and everything that cost are there again."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from decimal import Decimal

import pytest
from imageserver import moderated, server_error

from jupyter_imagegen.errors import BudgetExceededError, ImagegenError, StoreError

INDEX, CHARGES, BUDGETS = "imagegen.sqlite3", "charges.jsonl", "budgets.json"
TABLES = ("charges", "spending", "budgets", "samples", "requests", "ledger_state")


def table(home, name):
    """A table's rows, without what only says where the index has come from."""
    with contextlib.closing(sqlite3.connect(home / INDEX)) as database:
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute(f"SELECT * FROM {name}")]
    if name == "ledger_state":
        rows = [row for row in rows if row["name"] not in {"journal", "budgets"}]
    if name == "spending":
        # A charge that was released leaves a row of zeros.
        rows = [row for row in rows if any(value for value in row.values() if type(value) is int)]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def told(session):
    """What a session says of money and pictures, beyond itself."""
    costs = session.accounts.costs()
    return {
        "day": costs.spending.day,
        "total": costs.spending.total,
        "models": dict(costs.by_model),
        "budgets": costs.budgets,
        "held": costs.held,
        "stopped": costs.stopped,
        "history": [(entry.prompt, len(entry.images)) for entry in session.accounts.history()],
    }


def reserve(session, key, *, model="gpt-image-1", endpoint="https://one.example/v1", ceiling="0.20", n=1):
    return session.workshop.storage.ledger.reserve(
        key=key * 64,
        provider="openai",
        model=model,
        endpoint=endpoint,
        n=n,
        ceiling=None if ceiling is None else Decimal(ceiling),
        notebook="lesson.ipynb",
    ).id


@pytest.fixture
def full(home, server, new_session):
    """A home with every kind of charge; gives the session that made it, closed."""
    session = new_session()
    kept = session.generate("a lighthouse", alt="A lighthouse at dusk", n=2)
    assert session.generate("a lighthouse", n=2).cached
    assert session.generate("a lighthouse").cached
    session.generate("a boat", provider="demo")
    gone = session.generate("a whale")
    ledger, pictures = session.workshop.storage.ledger, session.workshop.storage.pictures
    pictures.delete(gone.key, 0)
    pictures.set_favourite(kept.key, 1, favourite=True)
    server.script(server_error(500), moderated())
    for _ in range(2):
        with pytest.raises(ImagegenError):
            session.generate("a storm")
    billed, unbounded, by_hand, released, held, unpriced, failed = (
        reserve(session, key, ceiling=None if key == "b" else "0.20") for key in "abcdef0"
    )
    for charge in (billed, unbounded, by_hand, unpriced, failed):
        ledger.mark_sent(charge)
    ledger.possibly_billed(billed, "the connection broke")
    ledger.possibly_billed(unbounded, "nobody knows")
    ledger.possibly_billed(by_hand, "the connection broke")
    session.accounts.settle(by_hand, "0.07")
    ledger.release(released, "it was refused")
    ledger.settle(unpriced, cost=None, pictures=1, request_id="req-7", reason="no usage")
    ledger.settle(failed, cost=Decimal("0.01"), request_id="req-8", reason="no picture came")
    reserve(session, "1", model="another-model", endpoint="http://127.0.0.1:9/v1", ceiling="0.123456789")
    assert held
    session.accounts.budget("50.00", per="month")
    session.accounts.budget("40.00", per="total")
    session.accounts.budget("30.00", per="session")
    session.accounts.budget("20.00", per="day")
    session.accounts.budget("none", per="day")
    session.close()
    return session


def test_a_lost_index_is_built_again_row_by_row(home, full, new_session):
    # Looked at once more, so that what the first process left open is closed.
    looker = new_session()
    before = told(looker)
    looker.close()
    rows = {name: table(home, name) for name in TABLES}
    assert {row["state"] for row in rows["charges"]} == {"settled", "released", "possibly_billed"}
    (home / INDEX).unlink()
    again = new_session()
    assert told(again) == before
    for name in TABLES:
        assert table(home, name) == rows[name], name
    assert "costs and budgets are as before" in again.generate("a lighthouse").notes[0]


# what becomes of the index while its files are there


def deleted(home, old):
    for path in home.glob(f"{INDEX}*"):
        path.unlink()


def deleted_alone(home, old):
    (home / INDEX).unlink()


def emptied(home, old):
    deleted(home, old)
    (home / INDEX).write_bytes(b"")


def garbage(home, old):
    (home / INDEX).write_bytes(b"not a database" * 100)


def restored(home, old):
    """An old copy has its place, without a log."""
    deleted(home, old)
    shutil.copy(old, home / INDEX)


def overwritten(home, old):
    """The old copy is written into the file that is there, and the log goes."""
    (home / INDEX).write_bytes(old.read_bytes())
    for path in home.glob(f"{INDEX}-*"):
        path.unlink()


LOST = [deleted, deleted_alone, emptied, garbage, restored, overwritten]
lost = pytest.mark.parametrize("lose", LOST, ids=lambda it: it.__name__)


@pytest.fixture
def before(home, server, new_session, tmp_path):
    """A home with a day's work; gives an old copy of its index, from before the last call and the budget."""
    session = new_session()
    session.generate("a lighthouse")
    session.close()
    old = tmp_path / "old.sqlite3"
    shutil.copy(home / INDEX, old)
    session = new_session()
    session.accounts.budget("0.03", per="month")
    session.generate("a boat")
    session.close()
    return old


def assert_it_goes_on(session, server, spent):
    """All that cost is counted, the budget holds, what it leaves is spent, and nothing is bought again."""
    assert session.accounts.costs().spending.total.usd == spent.usd
    assert [str(budget) for budget in session.accounts.budget()] == ["$0.03/month"]
    calls = server.calls
    for prompt in ("a boat", "a lighthouse"):
        assert session.generate(prompt).cached
    with pytest.raises(BudgetExceededError):
        session.generate("a cat", n=5)
    assert server.calls == calls
    assert session.generate("a cat").images
    assert server.calls == calls + 1


@lost
def test_a_lost_or_old_index_is_built_again_and_paid_calls_go_on(home, server, before, new_session, lose):
    spent = new_session().accounts.costs().spending.total
    lose(home, before)
    session = new_session()
    first = session.generate("a lighthouse")
    assert "built again from the recipes of 2 pictures" in first.notes[0]
    assert_it_goes_on(session, server, spent)
    assert_it_is_sound(home)


@lost
def test_a_running_kernel_notices_it_and_writes_on_in_the_new_one(home, server, before, new_session, lose):
    session = new_session()
    spent = session.accounts.costs().spending.total
    session.generate("a lighthouse")
    lose(home, before)
    with contextlib.suppress(StoreError):
        session.generate("a dog")
    calls = server.calls
    assert session.generate("a dog").images
    assert server.calls <= calls + 1
    assert session.accounts.costs().spending.total.usd > spent.usd
    assert len(table(home, "samples")) == 3
    assert len({row["id"] for row in table(home, "charges")}) == server.calls
    assert_it_is_sound(home)


def assert_it_is_sound(home):
    """Index, journal and sums tell the same."""
    charges = {row["id"]: row for row in table(home, "charges")}
    lines = [json.loads(line) for line in (home / CHARGES).read_text().splitlines()]
    latest = {line["charge"]["id"]: line["charge"] for line in lines if "charge" in line}
    assert {
        name: {column: value for column, value in row.items() if value is not None}
        for name, row in charges.items()
    } == latest
    known = sum(row["cost_nano"] or 0 for row in charges.values())
    assert sum(row["cost_nano"] for row in table(home, "spending")) == known
    assert len({line["seq"] for line in lines}) <= lines[-1]["seq"]
