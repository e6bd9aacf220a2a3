"""A ledger that cannot be used stops paid calls; stored, recorded and demo pictures go on."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from children import output
from imageserver import paint, rows
from kernels import Kernel

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import BudgetsUnknownError, StoreError
from jupyter_imagegen.widgets.cost_meter import cost_meter
from jupyter_imagegen.widgets.panel_quote import quote

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


# an index that is lost with the files beside it, and built again


def forget(home):
    """Take away what outlives the index, as in a store from before there was such a thing."""
    for name in ("charges.jsonl", "budgets.json"):
        (home / name).unlink()


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
    forget(home)
    for _ in range(2):  # the second is another process that finds it built again
        session = new_session()
        with pytest.raises(BudgetsUnknownError, match="its budgets are "):
            session.generate("a boat")
        assert session.generate("a lighthouse").images[0].digest == stored
    assert server.calls == 1
    assert session.accounts.budget(5, per="day")
    assert session.generate("a boat").images
    assert new_session().generate("a cat").images
    assert server.calls == 3


def test_damage_that_is_met_while_the_ledger_is_asked_pays_nothing(home, server, stored, new_session):
    budgets_page_zeroed(home)
    forget(home)
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
    forget(home)
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


# a disk that is full or read-only, folders of somebody else, an index that is locked

#: Works as another user on what it is told to; everything is imported while it may still read it.
STRANGER = """
import json, os, sys, tempfile
import filelock, genai_prices, openai.resources.images, PIL.JpegImagePlugin, PIL.PngImagePlugin
import jupyter_imagegen.imaging.previews, jupyter_imagegen.providers.openai, jupyter_imagegen.storage.snapshot
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.session import Session

home, os.environ["IMAGEGEN_HOME"] = os.environ["IMAGEGEN_HOME"], tempfile.mkdtemp()
with_everything = Session()
with_everything.generate("a boat", provider="demo")
with_everything.accounts.costs()
with_everything.close()
os.environ["IMAGEGEN_HOME"] = home
os.chdir("/")
os.setgroups([])
os.setgid(54321)
os.setuid(54321)
session, told = Session(), {}
for name, options in (("a boat", {}), ("a lighthouse", {}), ("a demo", {"provider": "demo"})):
    try:
        result = session.generate(name, **options)
        told[name] = result.images[0].origin
    except ImagegenError as exc:
        told[name] = f"{type(exc).__name__}: {exc.message}"
told["budgets"] = [str(budget) for budget in session.accounts.budget()]
print(json.dumps(told))
"""


@pytest.fixture
def small_disk(monkeypatch):
    """A disk of three megabytes, in the place where the home is; gives its folder."""
    folder = Path(tempfile.mkdtemp())
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=755", "tmpfs", str(folder)]
    if not ROOT or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk of one's own needs root on Linux")
    monkeypatch.setenv("IMAGEGEN_HOME", str(folder / "home"))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


def bought(new_session):
    session = new_session()
    session.accounts.budget("1.00", per="month")
    digest = session.generate("a lighthouse").images[0].digest
    session.close()
    return digest


def fill(folder):
    with contextlib.suppress(OSError), (folder / "fill").open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()


def assert_it_is_only_read(session, server, digest):
    calls = server.calls
    with pytest.raises(StoreError, match="no paid call is made"):
        session.generate("a boat")
    assert session.generate("a lighthouse").images[0].digest == digest
    assert session.generate("a boat", provider="demo").images[0].pil
    assert [str(budget) for budget in session.accounts.budget()] == ["$1.00/month"]
    with pytest.raises(StoreError, match="cannot be changed"):
        session.accounts.budget(100)
    assert server.calls == calls


def test_on_a_full_disk_no_call_is_paid_and_it_goes_on_when_there_is_room(small_disk, server, new_session):
    digest = bought(new_session)
    fill(small_disk)
    session = new_session()
    assert_it_is_only_read(session, server, digest)
    (small_disk / "fill").unlink()
    assert session.generate("a boat").images
    assert server.calls == 2


def test_a_disk_that_fills_while_a_kernel_runs_stops_its_paid_calls(small_disk, server, new_session):
    digest = bought(new_session)
    session = new_session()
    assert session.generate("a lighthouse").cached
    fill(small_disk)
    with pytest.raises(StoreError, match="full"):
        session.generate("a boat")
    assert session.generate("a lighthouse").images[0].digest == digest
    assert "shown but not stored" in " ".join(session.generate("a boat", provider="demo").notes)
    assert server.calls == 1
    (small_disk / "fill").unlink()
    assert session.generate("a boat").images


def test_on_a_read_only_disk_what_a_killed_kernel_wrote_last_is_read_too(small_disk, server, new_session):
    bought(new_session)
    output("""
        import os
        import jupyter_imagegen as imagegen
        imagegen.generate("a whale")
        os._exit(0)
    """)
    assert (small_disk / "home" / f"{INDEX}-wal").stat().st_size
    # SQLite reads the one only beside the other, which cannot be made on such a disk.
    (small_disk / "home" / f"{INDEX}-shm").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    session = new_session()
    assert session.generate("a whale").cached
    with pytest.raises(StoreError, match="no paid call is made"):
        session.generate("a boat")
    assert server.calls == 2


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
@pytest.mark.parametrize("locked", ["home", "everything"])
def test_who_may_only_read_a_home_pays_nothing_beside_it(server, new_session, monkeypatch, locked):
    with tempfile.TemporaryDirectory() as outside:
        Path(outside).chmod(0o755)
        home = Path(outside) / "home"
        monkeypatch.setenv("IMAGEGEN_HOME", str(home))
        bought(new_session)
        for path in (home, *home.rglob("*")):
            path.chmod(0o777)
        if locked == "home":
            home.chmod(0o555)
        else:
            Path(outside).chmod(0o700)
        told = json.loads(output(STRANGER, HOME="/", XDG_CONFIG_HOME="/nowhere"))
        Path(outside).chmod(0o755)
    assert told["a boat"].startswith("StoreError: no paid call is made while the ledger of")
    assert told["a demo"] == "provider"
    if locked != "everything":
        assert told["a lighthouse"] == "store"
        assert told["budgets"] == ["$1.00/month"]
    assert server.calls == 1


@pytest.mark.parametrize("mode", ["NORMAL", "EXCLUSIVE"])
def test_a_locked_index_is_waited_for_and_then_no_call_is_paid(
    home, server, stored, new_session, monkeypatch, mode
):
    """However often it is asked for meanwhile, it is said how long it has been locked."""
    monkeypatch.setattr("jupyter_imagegen.storage.database.BUSY_SECONDS", 0.6)
    monkeypatch.setattr("jupyter_imagegen.storage.database.SHORT_BUSY_SECONDS", 0.05)
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as other:
        other.execute(f"PRAGMA locking_mode = {mode}")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO budgets VALUES ('day', '', 5)")
        session = new_session()
        for _ in range(2):
            with pytest.raises(StoreError, match=r"locked by another process for [1-9] s"):
                session.generate("a boat")
        assert session.generate("a lighthouse").images[0].digest == stored
        assert session.generate("a boat", provider="demo").images[0].pil
        assert server.calls == 1
        other.execute("ROLLBACK")
    assert session.generate("a boat").images


# what each face says


def said(capsys, *words):
    """The exit code of a command of the shell, and everything that it says."""
    code = main(list(words))
    told = capsys.readouterr()
    return code, told.out + told.err


@pytest.mark.parametrize("lose", [deleted, home_is_a_file], ids=lambda it: it.__name__)
def test_every_face_says_that_no_call_is_paid_and_why(home, server, stored, new_session, capsys, lose):
    lose(home)
    if lose is not home_is_a_file:
        forget(home)
    code, words = (3, "its budgets are unknown") if lose is deleted else (8, "is a file, and a folder of the")
    for asked in (
        ["budget"],
        ["costs"],
        ["config"],
        ["estimate", "a boat"],
        ["generate", "a boat", "--dry-run"],
    ):
        assert (asked, 0) == (asked, (told := said(capsys, *asked))[0])
        assert words in told[1], (asked, told)
        assert "%imagegen" not in told[1]
    assert said(capsys, "doctor")[1].count(words) >= 2
    for asked in (["budget", "--json"], ["costs", "--json"], ["config", "--json"]):
        assert words in json.loads(said(capsys, *asked)[1])["paid_calls_stopped"]
    ended, told = said(capsys, "generate", "a boat")
    assert ended == code
    assert words in told
    quoted = quote(new_session(), "a boat", {})
    assert not quoted["allowed"]
    assert words in quoted["reason"]
    assert words in cost_meter(session=new_session()).state["warning"]
    assert server.calls == 1


@pytest.mark.usefixtures("stored")
def test_costs_that_cannot_be_read_are_not_said_to_be_nothing(home, capsys):
    home_is_a_file(home)
    rows = [line.split() for line in said(capsys, "costs")[1].splitlines() if line[:5] in {"today", "all t"}]
    assert ["today", "not", "known"] in rows
    assert ["all", "time", "not", "known"] in rows
    assert json.loads(said(capsys, "costs", "--json")[1])["known"] is False
    told = json.loads(said(capsys, "generate", "a boat", "--provider", "demo", "--json")[1])
    assert (told["today"], told["spent_today_usd"]) == ("not known", None)


def test_a_budget_from_the_environment_does_not_stand_for_a_lost_one(
    home, server, stored, new_session, monkeypatch
):
    deleted(home)
    forget(home)
    monkeypatch.setenv("IMAGEGEN_BUDGET", "50/day")
    with pytest.raises(BudgetsUnknownError):
        new_session().generate("a boat")
    assert server.calls == 1


def test_a_sessions_budget_decides_for_that_session_only(home, server, stored, new_session):
    deleted(home)
    forget(home)
    session = new_session()
    session.accounts.budget(1, per="session")
    assert session.generate("a boat").images
    with pytest.raises(BudgetsUnknownError):
        new_session().generate("a cat")
    assert server.calls == 2


def test_a_new_home_has_no_budgets_and_that_is_known(server, new_session):
    assert new_session().generate("a lighthouse").images
    assert new_session().accounts.costs().stopped == ""


def test_a_home_whose_maker_was_killed_before_it_had_a_table_has_no_budgets_either(home, server, new_session):
    home.mkdir()
    (home / "imagegen-home.txt").write_text("jupyter_imagegen home 1\n")
    with contextlib.closing(sqlite3.connect(home / INDEX)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    assert new_session().generate("a lighthouse").images
    assert server.calls == 1


def test_beside_a_home_that_was_never_there_only_a_sessions_budget_holds(
    tmp_path, server, new_session, monkeypatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setenv("IMAGEGEN_BUDGET", "5/day")
    with pytest.raises(StoreError, match=r"a budget is set \(\$5.00/day\)"):
        new_session().generate("a boat")
    assert server.calls == 0
    monkeypatch.setenv("IMAGEGEN_BUDGET", "5/session")
    note = new_session().generate("a boat").notes[-1]
    assert "Only $5.00/session holds here" in note
    monkeypatch.delenv("IMAGEGEN_BUDGET")
    assert "No budget holds here" in new_session().generate("a boat").notes[-1]


@pytest.mark.parametrize("lose", [deleted, garbage, home_is_a_file], ids=lambda it: it.__name__)
def test_a_picture_that_was_paid_for_is_shown_when_the_ledger_fails_meanwhile(
    home, server, stored, new_session, lose
):
    gate = threading.Event()
    reply = rows({"b64_json": base64.b64encode(paint("1024x1024", seed=7)).decode()})
    reply.gate = gate
    server.script(reply)
    session = new_session()
    job = session.submit("a boat")
    try:
        assert any(type(event).__name__ == "Sent" for event in job.events())
        lose(home)
        if lose is not home_is_a_file:
            forget(home)
    finally:
        gate.set()
    result = job.result()
    assert result.images[0].pil.size == (1024, 1024)
    assert result.notes
    for _ in range(2):
        with pytest.raises((StoreError, BudgetsUnknownError)):
            session.generate("a cat")
    assert server.calls == 2


def test_a_ledger_that_fails_between_reserving_and_sending_sends_nothing(home, server, stored, new_session):
    sql(
        home,
        "CREATE TRIGGER full BEFORE UPDATE ON charges WHEN NEW.state = 'sent' "
        "BEGIN SELECT RAISE(FAIL, 'the disk is full'); END",
    )
    session = new_session()
    with pytest.raises(StoreError, match="the disk is full"):
        session.generate("a boat")
    assert session.generate("a boat", provider="demo").images[0].pil
    assert session.generate("a lighthouse").images[0].digest == stored
    assert server.calls == 1
    assert session.accounts.costs().spending.total.unpriced == 0


def test_a_cell_says_it_too(home, server, stored):
    deleted(home)
    forget(home)
    with contextlib.closing(Kernel(home.parent, **server.env(), IMAGEGEN_HOME=str(home))) as kernel:
        kernel.run("%load_ext jupyter_imagegen")
        *_, refused = kernel.run("%%imagegen\na boat")
        assert refused["ename"] == "BudgetsUnknownError"
        (shown,) = kernel.run("%%imagegen\na lighthouse")
        assert "cached" in shown["data"]["text/plain"]
        (told,) = kernel.run("%imagegen budget")
        assert "%imagegen budget none" in told["data"]["text/plain"]
        kernel.run("%imagegen budget none")
        *_, made = kernel.run("%%imagegen\na boat")
        assert made["output_type"] == "display_data"
    assert server.calls == 2
