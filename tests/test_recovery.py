"""The index can be lost, emptied or replaced by an old copy: budgets and everything that cost are there again."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from decimal import Decimal

import pytest
from imageserver import moderated, server_error

from jupyter_imagegen.errors import ImagegenError

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
