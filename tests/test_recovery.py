"""The index can be lost, emptied or replaced by an old copy: budgets and everything that cost are there again."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from decimal import Decimal

import pytest
from children import python
from imageserver import moderated, server_error
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import (
    BudgetExceededError,
    BudgetsUnknownError,
    ImagegenError,
    NewerSchemaError,
    StoreError,
)

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


def test_that_it_was_built_again_is_said_once_whatever_finds_it(home, server, before, new_session, capsys):
    deleted(home, before)
    (home / BUDGETS).unlink()
    assert main(["costs", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["paid_calls_stopped"]
    assert err.count("It was built again from the recipes of 2 pictures") == 1
    assert "`jupyter-imagegen budget none`" in err
    assert main(["budget", "none"]) == 0
    assert capsys.readouterr().err == ""
    deleted(home, before)
    session = new_session()
    notes = [session.generate(prompt).notes for prompt in ("a lighthouse", "a boat", "a fox")]
    assert ["built again" in " ".join(each) for each in notes] == [True, False, False]


def test_a_command_in_a_cell_says_it_too(home, before, capsys):
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        shell.run_line_magic("load_ext", "jupyter_imagegen")
        deleted(home, before)
        shell.run_line_magic("imagegen", "costs")
        assert "It was built again from the recipes of 2 pictures" in capsys.readouterr().err
    finally:
        InteractiveShell.clear_instance()


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


# where one of the files is lost as well


def files_lost(home, name):
    (home / name).unlink()


def garbled(home, name):
    data = (home / name).read_bytes()
    (home / name).write_bytes(data[: len(data) // 2] + b"\0\xff{" + data[len(data) // 2 :])


@pytest.mark.parametrize("name", [BUDGETS, CHARGES])
@pytest.mark.parametrize("spoil", [files_lost, garbled], ids=lambda it: it.__name__)
def test_where_one_is_lost_with_the_index_paid_calls_wait_and_the_words_name_it(
    home, server, before, new_session, spoil, name
):
    spoil(home, name)
    deleted(home, before)
    for _ in range(2):
        session = new_session()
        with pytest.raises(BudgetsUnknownError, match=f"{name}.*imagegen budget 5 --per day.*budget none"):
            session.generate("a cat")
        assert name in session.accounts.costs().stopped
        assert session.generate("a boat").cached
    session.accounts.budget("none")
    assert new_session().generate("a cat").images
    assert server.calls == 3
    assert_it_is_sound(home)


def test_budgets_that_cannot_be_read_are_unknown_and_those_set_anew_are_kept(
    home, before, new_session, server
):
    (home / BUDGETS).write_text('{"form": 1, "change": 3}')
    session = new_session()
    with pytest.raises(BudgetsUnknownError, match=BUDGETS):
        session.generate("a cat")
    session.accounts.budget("4.00", per="day")
    deleted(home, before)
    session = new_session()
    assert "$4.00/day" in map(str, session.accounts.budget())
    assert session.generate("a cat").images


def test_a_file_of_a_newer_version_is_left_as_it_is(home, before, new_session, server):
    newer = (home / BUDGETS).read_text().replace('"form": 1', '"form": 2')
    (home / BUDGETS).write_text(newer)
    with pytest.raises(NewerSchemaError):
        new_session().generate("a cat")
    assert (home / BUDGETS).read_text() == newer


@pytest.mark.parametrize("name", [BUDGETS, CHARGES])
def test_a_file_that_is_lost_alone_is_written_again(home, server, before, new_session, name):
    (home / name).unlink()
    new_session().accounts.costs()
    assert new_session().generate("a boat").cached
    assert_it_is_sound(home)
    deleted(home, before)
    assert_it_goes_on(new_session(), server, new_session().accounts.costs().spending.total)


def test_a_store_from_before_there_were_such_files_gets_them_when_it_is_opened(
    home, server, before, new_session
):
    rows = table(home, "charges")
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as database:
        database.execute("DELETE FROM ledger_state WHERE name IN ('journal', 'budgets')")
        database.execute("DELETE FROM schema_version WHERE version > 5")
    for name in (BUDGETS, CHARGES):
        (home / name).unlink()
    new_session().accounts.costs()
    assert_it_is_sound(home)
    deleted(home, before)
    session = new_session()
    assert [str(budget) for budget in session.accounts.budget()] == ["$0.03/month"]
    assert table(home, "charges") == rows


HOSTILE = [
    b"\0" * 300,
    b"[" * 100_000,
    b'{"seq":99999999999999999999999,"charge":{}}',
    b'{"seq":-1,"charge":{"id":"x"}}',
    b'{"seq":NaN,"hits":{"day":"2026-01-01"}}',
    b'{"seq":3,"hits":{"day":"never","session":"","provider":"","model":"","hits":1,"saved_nano":0}}',
    b'{"seq":3,"charge":"DROP TABLE charges"}',
    b"\xff\xfe{}",
]


def hostile(charge, **changed):
    return json.dumps({"seq": 3, "charge": {**charge, **changed}}).encode()


def test_lines_that_are_not_ours_change_no_sum_and_stop_paid_calls(home, server, before, new_session):
    spent = new_session().accounts.costs().spending.total
    lines = (home / CHARGES).read_bytes().splitlines()
    charge = next(line["charge"] for line in map(json.loads, lines[::-1]) if "charge" in line)
    bad = [
        *HOSTILE,
        hostile(charge, cost_nano=-5),
        hostile(charge, cost_nano=10**30),
        hostile(charge, cost_nano=True),
        hostile(charge, state="free"),
        hostile(charge, day="2026-11-29'--"),
        hostile(charge, surprise=1),
        hostile(charge, id=7),
    ]
    # The last good lines come again: a line may be read twice.
    (home / CHARGES).write_bytes(b"\n".join([*lines, *bad, *lines[-2:]]) + b'\n{"seq":4,"cha')
    deleted(home, before)
    session = new_session()
    with pytest.raises(BudgetsUnknownError, match=f"{len(bad)} lines of {CHARGES} cannot be read"):
        session.generate("a cat")
    assert session.accounts.costs().spending.total == spent
    session.accounts.budget("none")
    assert session.generate("a cat").images
    assert_it_is_sound(home)


def test_a_journal_that_lost_its_end_is_known_by_the_pictures(home, server, before, new_session):
    data = (home / CHARGES).read_bytes()
    (home / CHARGES).write_bytes(data[: data.index(b'"possibly') if b'"possibly' in data else len(data) // 2])
    deleted(home, before)
    session = new_session()
    with pytest.raises(BudgetsUnknownError, match=f"{CHARGES} lacks 1 call"):
        session.generate("a cat")
    assert session.accounts.costs().spending.total.usd > 0
    assert_it_is_sound(home)


@pytest.mark.parametrize("cut", [1, 40])
def test_a_line_that_was_cut_short_is_no_loss(home, server, before, new_session, cut):
    spent = new_session().accounts.costs().spending.total
    with (home / CHARGES).open("ab") as file:
        file.write(b'{"seq":99,"charge":{"id":"0123456789abcdef","state":"rese'[:cut])
    assert_it_goes_on(new_session(), server, spent)
    assert_it_is_sound(home)


def test_what_a_dead_process_wrote_before_its_commit_is_held_and_not_forgotten(
    home, server, before, new_session
):
    spent = new_session().accounts.costs().spending.total
    line = json.loads((home / CHARGES).read_bytes().splitlines()[-1])
    sent = {
        "state": "sent",
        "id": "0123456789abcdef",
        "key": "f" * 64,
        "ceiling_nano": 20_000_000,
        "cost_nano": None,
    }
    line = {"seq": line["seq"] + 1, "charge": {**line["charge"], **sent}}
    with (home / CHARGES).open("ab") as file:
        file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    session = new_session()
    total = session.accounts.costs().spending.total
    assert (total.usd, total.held_usd, total.unpriced) == (spent.usd, Decimal("0.02"), 1)
    with pytest.raises(BudgetExceededError):
        session.generate("a cat", n=2)
    session.accounts.settle("0123456789abcdef", "unbilled")
    assert_it_is_sound(home)


def test_a_journal_that_has_grown_is_written_with_one_line_for_each_charge(home, server, before, new_session):
    data = (home / CHARGES).read_bytes()
    with (home / CHARGES).open("ab") as file:
        for _ in range(5_000_000 // len(data)):
            file.write(data)
    session = new_session()
    session.accounts.budget("none", per="month")
    assert session.generate("a cat").images
    assert (home / CHARGES).stat().st_size < 10_000
    assert_it_is_sound(home)


# many at once

BUYER = """
    import sys, jupyter_imagegen as imagegen
    from jupyter_imagegen.errors import StoreError
    print("ready", flush=True)
    for line in sys.stdin:
        for _ in range(3):
            try:
                imagegen.generate(line.strip())
                break
            except StoreError as exc:
                print(exc, flush=True)
        print("done", flush=True)
"""


@pytest.mark.long
def test_three_kernels_go_on_when_the_index_is_deleted_under_them(home, server, new_session):
    new_session().accounts.budget("5.00")
    kernels = [python(BUYER) for _ in range(3)]
    try:
        for kernel in kernels:
            assert kernel.stdout.readline().strip() == "ready"

        def each_buys(what):
            for number, kernel in enumerate(kernels):
                kernel.stdin.write(f"{what} {number}\n")
                kernel.stdin.flush()
            for kernel in kernels:
                while (said := kernel.stdout.readline().strip()) != "done":
                    import time

                    print("SAID", time.monotonic(), said[:400])

        each_buys("a boat")
        for lose in (deleted, deleted_alone):
            lose(home, None)
            each_buys(f"a {lose.__name__}")
    finally:
        for kernel in kernels:
            kernel.communicate()
    assert server.calls == 9
    assert len(table(home, "samples")) == len(table(home, "charges")) == 9
    assert_it_is_sound(home)
    assert [str(budget) for budget in new_session().accounts.budget()] == ["$5.00/day"]


def test_a_home_that_is_moved_away_under_a_kernel_does_not_free_its_budgets(
    home, server, before, new_session
):
    session = new_session()
    session.generate("a lighthouse")
    calls = server.calls
    home.rename(home.with_name("home2"))
    for _ in range(2):
        with pytest.raises(StoreError):
            session.generate("a cat")
    assert server.calls == calls


def test_the_zone_of_the_days_outlives_the_index(home, new_session, monkeypatch):
    monkeypatch.setenv("IMAGEGEN_TIMEZONE", "Asia/Tokyo")
    session = new_session()
    session.generate("a boat", provider="demo")
    assert session.accounts.zone().name == "Asia/Tokyo"
    session.close()
    monkeypatch.delenv("IMAGEGEN_TIMEZONE")
    deleted(home, None)
    assert new_session().accounts.zone().name == "Asia/Tokyo"
