from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from filelock import FileLock

from jupyter_imagegen.errors import NewerSchemaError, StoreError
from jupyter_imagegen.storage import files, open_storage, open_temporary_storage
from jupyter_imagegen.storage.database import BUSY_SECONDS, Database, migrations


def write_old(home, upto):
    """A store as an older version left it: the first migrations only."""
    (home / "pictures" / "ab").mkdir(parents=True)
    old = Database(home / "imagegen.sqlite3", steps=migrations()[:upto])
    old.open()
    old.all(
        "INSERT INTO pictures (digest, mime, width, height, size_bytes, has_alpha, frames)"
        " VALUES ('ab', 'image/png', 1, 1, 1, 0, 1)"
    )
    old.close()


def test_the_migrations_are_numbered_without_a_gap():
    assert [number for number, _, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_an_old_store_is_migrated_and_keeps_its_rows(home, opened):
    write_old(home, 1)
    store = opened()
    assert store._database.one("SELECT digest FROM pictures")["digest"] == "ab"
    assert store.ledger.spending().total.calls == 0
    assert store._database.one("SELECT MAX(version) AS v FROM schema_version")["v"] == len(migrations())


def test_processes_that_migrate_at_once_migrate_once(home, child):
    write_old(home, 1)
    children = [child("open", home) for _ in range(4)]
    for process in children:
        assert process.stdout.readline() == "ready\n"
    for process in children:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.stdout.readline() for process in children] == ["opened 0\n"] * 4


def test_a_failing_migration_leaves_nothing_of_itself(tmp_path):
    path = tmp_path / "one.sqlite3"
    first = (1, "good", "CREATE TABLE one (a TEXT);")
    broken = Database(
        path, steps=[first, (2, "bad", "CREATE TABLE two (a TEXT);\nCREATE TABLE one (a TEXT);")]
    )
    with pytest.raises(StoreError, match="already exists"):
        broken.open()
    broken.close()
    mended = Database(path, steps=[first, (2, "good", "CREATE TABLE two (a TEXT);")])
    mended.open()
    mended.close()


def test_a_newer_store_is_left_as_it_is(home, opened):
    opened().close()
    newer = sqlite3.connect(home / "imagegen.sqlite3")
    newer.execute("INSERT INTO schema_version (version, name) VALUES (99, 'later')")
    newer.commit()
    newer.close()
    before = (home / "imagegen.sqlite3").read_bytes()
    with pytest.raises(NewerSchemaError, match=r"schema is 99.*left as it is.*Upgrade"):
        opened()
    assert (home / "imagegen.sqlite3").read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(home, opened):
    home.mkdir()
    other = sqlite3.connect(home / "imagegen.sqlite3")
    other.execute("CREATE TABLE recipes_of_my_mother (a TEXT)")
    other.commit()
    other.close()
    before = (home / "imagegen.sqlite3").read_bytes()
    with pytest.raises(StoreError, match=r"another program's database.*'recipes_of_my_mother'") as told:
        opened()
    assert told.value.hint == "Set IMAGEGEN_HOME to a folder of its own."
    assert (home / "imagegen.sqlite3").read_bytes() == before


@pytest.mark.parametrize("garbage", [b"", b"not a database", bytes(range(256)) * 64, None])
def test_a_garbage_index_is_put_aside_and_built_again_from_the_recipes(home, opened, draw, png, garbage):
    store = opened()
    first, second = draw(store, "a lighthouse"), draw(store, "a meadow")
    charge = first.reserve("0.10")
    store.ledger.mark_sent(charge.id)
    kept = [first.keep(png(0), charge_id=charge.id), first.keep(png(1), charge_id=charge.id)]
    store.ledger.settle(charge.id, cost=None, pictures=2)
    store.close()
    index = home / "imagegen.sqlite3"
    if garbage is None:
        index.unlink()
    else:
        index.write_bytes(garbage)
    again = opened()
    assert [image.digest for image in again.pictures.find(first.key)] == [image.digest for image in kept]
    assert again.pictures.find(second.key) == []
    assert again.pictures.find(first.key)[0].bytes == png(0)
    assert again.pictures.find(first.key)[0].preview.mime == "image/jpeg"
    assert again.ledger.spending().total.pictures == 2
    assert again.ledger.spending().total.calls == 1
    aside = list(home.glob("imagegen.sqlite3.damaged-*"))
    if garbage:
        assert [path.read_bytes() for path in aside] == [garbage]
        assert "recipes of 2 pictures" in again.notes[0]
    else:
        assert aside == []


def test_a_lost_ledger_knows_again_what_the_pictures_cost(home, opened, draw, png, assert_sums_are_true):
    store = opened()
    one = draw(store, "a lighthouse")
    charge = one.reserve("0.10")
    store.ledger.mark_sent(charge.id)
    images = [one.keep(png(number), charge_id=charge.id) for number in range(3)]
    cost = Decimal("0.041234567")
    store.ledger.settle(charge.id, cost=cost, pictures=3)
    store.pictures.price(one.key, images, cost=cost)
    before = store.ledger.spending().day
    store.close()
    (home / "imagegen.sqlite3").unlink()
    again = opened("session-2")
    assert again.ledger.spending().day == before
    assert again.ledger.spending().session.calls == 0
    assert_sums_are_true(again)


@pytest.mark.parametrize("costs", [(None, "0.02"), ("0.02", None), ("0.01", "0.02")])
def test_a_call_of_which_one_picture_has_no_cost_is_of_unknown_cost_again(
    home, opened, draw, png, charges, assert_sums_are_true, costs
):
    store = opened()
    one = draw(store, "a lighthouse")
    charge = one.reserve("0.10")
    for number, cost in enumerate(costs):
        one.keep(png(number), charge_id=charge.id, cost_usd=None if cost is None else Decimal(cost))
    store.close()
    for name in ("imagegen.sqlite3", "charges.jsonl"):
        (home / name).unlink()
    again = opened("session-2")
    (row,) = charges(again).values()
    assert row["cost_nano"] == (None if None in costs else 30_000_000)
    assert (row["n"], row["pictures"], row["session"]) == (2, 2, "session-1")
    assert again.ledger.spending().total.unpriced == (None in costs)
    assert_sums_are_true(again)


def test_an_index_is_sound_until_it_is_no_database(home, storage, tmp_path):
    assert storage._database.is_sound()
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"not a database" * 100)
    assert Database(broken).is_sound() is False


def test_damage_that_cannot_be_marked_is_an_error_all_the_same(tmp_path, monkeypatch):
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"not a database" * 100)

    def refuse(*_more, **_options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(StoreError, match=f"the store's index {broken} is damaged"):
        Database(broken).is_current()


def test_damage_met_in_use_is_an_error_and_mended_at_the_next_opening(home, opened, draw, png):
    store = opened()
    one = draw(store, "a lighthouse")
    one.keep(png())
    (page,) = store._database.all("SELECT rootpage AS number FROM sqlite_master WHERE name = 'samples'")
    store.close()
    with (home / "imagegen.sqlite3").open("r+b") as index:
        index.seek((page["number"] - 1) * 4096)
        index.write(b"noise" * 800)
    hurt = opened()
    with pytest.raises(StoreError, match=r"is damaged.*Restart the kernel"):
        hurt.pictures.find(one.key)
    hurt.close()
    again = opened()
    assert again.pictures.count(one.key) == 1
    assert again.notes
    assert opened().notes == ()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be put aside there")
def test_a_damaged_index_that_another_kernel_has_open_is_put_aside_with_all_its_files(
    home, opened, draw, png
):
    other = opened()
    other._database.all("PRAGMA wal_checkpoint(TRUNCATE)")
    with (home / "imagegen.sqlite3").open("r+b") as index:
        index.write(b"not a database" * 100)
    store = opened()
    aside = min(home.glob("imagegen.sqlite3.damaged-*"), key=lambda path: len(path.name))
    assert f"put aside as {aside.name} and" in store.notes[0]
    assert {path.name for path in home.glob(f"{aside.name}*")} == {
        f"{aside.name}{suffix}" for suffix in ("", "-wal", "-shm")
    }
    one = draw(store, "a lighthouse")
    one.keep(png())
    other.close()
    assert opened().pictures.count(one.key) == 1


def test_a_damaged_index_that_cannot_be_put_aside_stays_and_is_a_clear_error(home, opened, monkeypatch):
    opened().close()
    (home / "imagegen.sqlite3").write_bytes(b"not a database")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(files, "move", refuse)
        with pytest.raises(
            StoreError, match=r"is damaged and cannot be put aside \(Permission denied\)"
        ) as told:
            opened()
    assert told.value.hint == "Close other notebooks, or set IMAGEGEN_HOME to another folder."
    assert (home / "imagegen.sqlite3").read_bytes() == b"not a database"
    assert len(opened().notes) == 1


@pytest.mark.parametrize("stays", [False, True])
def test_a_sound_index_that_was_called_damaged_is_kept_whether_or_not_the_mark_can_be_taken_away(
    home, opened, stays
):
    store = opened()
    store.ledger.set_budget("day", Decimal(5))
    store.close()
    mark = home / "imagegen.sqlite3.damaged"
    (mark.mkdir if stays else mark.touch)()
    again = opened()
    assert (again.notes, len(again.ledger.budgets())) == ((), 1)
    assert mark.exists() == stays


def test_whoever_has_to_wait_too_long_for_another_opening_is_told(home, clock, monkeypatch):
    write_old(home, 1)
    monkeypatch.setattr("jupyter_imagegen.storage.store._OPENING_SECONDS", 0.1)
    with (
        FileLock(home / "opening.lock", is_singleton=False),
        pytest.raises(StoreError, match="stayed locked: it is held by") as told,
    ):
        open_storage(home, now=clock, session="s")
    assert told.value.hint.startswith("Try again, end that process if it hangs, or set IMAGEGEN_HOME")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files cannot be listed")
def test_an_opening_that_fails_leaves_no_file_open(home, opened):
    opened().close()
    with sqlite3.connect(home / "imagegen.sqlite3") as newer:
        newer.execute("INSERT INTO schema_version (version, name) VALUES (99, 'later')")
    newer.close()
    # While the error is at hand, so is everything that it went through.
    with pytest.raises(NewerSchemaError) as told:
        opened()
    held = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert told.value
    assert not [path for path in held if home in path.parents]


def test_without_a_temporary_folder_the_error_says_why(clock, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(
        StoreError, match=r"^no temporary folder could be created \(No space left on device\)$"
    ):
        open_temporary_storage(now=clock, session="s")


def test_a_home_under_a_file_is_a_clear_error(tmp_path, clock):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be created.*IMAGEGEN_HOME"):
        open_storage(tmp_path / "file" / "home", now=clock, session="s")


@pytest.mark.skipif(sys.platform == "win32", reason="a folder's read-only mark means nothing there")
@pytest.mark.parametrize(
    ("what", "why", "hint"),
    [
        ("home", "the store cannot be used", "Set IMAGEGEN_HOME to a folder you may write."),
        # Where a file can be made in it, the owner's name tells more than the mode.
        ("pictures", "is the store of another user", "Use a store of your own"),
        ("imagegen.sqlite3", "is the store of another user", "Use a store of your own"),
    ],
)
def test_a_read_only_store_is_a_clear_error(opened, child, what, why, hint):
    # Not under pytest's own folder: that is its owner's alone, and root must become somebody else here.
    with tempfile.TemporaryDirectory() as outside:
        Path(outside).chmod(0o755)
        home = Path(outside) / "home"
        opened(folder=home).close()
        for path in (home, *home.rglob("*")):
            path.chmod(0o777)
        target = home if what == "home" else home / what
        target.chmod(0o555 if target.is_dir() else 0o444)
        answer, trouble = child("nobody", home).communicate()
        target.chmod(0o777)
    assert answer.startswith("error "), (answer, trouble)
    assert why in answer
    assert ("may not be written" in answer) == (what == "home")
    assert hint in answer


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are lists there")
def test_a_new_home_is_readable_by_its_owner_only(home, storage):
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_temporary_store_is_gone_when_it_is_closed(clock, draw, png):
    store = open_temporary_storage(now=clock, session="s")
    assert not store.persistent
    one = draw(store, "a lighthouse")
    one.keep(png())
    assert store.pictures.find(one.key)[0].bytes == png()
    assert store.ledger.spending().total.calls == 0
    with store.lock(one.key):
        one.reserve()
    store.close()
    assert not store.home.exists()


def test_a_temporary_store_that_the_system_swept_is_closed_in_silence(clock):
    store = open_temporary_storage(now=clock, session="s")
    shutil.rmtree(store.home)
    store.close()


def test_a_closed_store_says_so(storage, drawing):
    storage.close()
    with pytest.raises(StoreError, match="closed"):
        storage.pictures.find(drawing.key)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_uses_a_connection_of_its_own_even_if_the_lock_was_held(storage, drawing, png):
    drawing.keep(png(0))
    inherited = storage._database._connection
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with storage._database._lock:
            held.set()
            go_on.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    pid = os.fork()
    if not pid:
        try:
            drawing.keep(png(1))
            fail_within_a_transaction(storage)
            right = storage.pictures.count(drawing.key) == 2 and storage.ledger.budgets() == []
            os._exit(0 if right and storage._database._connection is not inherited else 1)
        finally:
            os._exit(2)
    go_on.set()
    holder.join()
    assert os.waitpid(pid, 0)[1] == 0
    assert storage.pictures.count(drawing.key) == 2
    assert storage._database._connection is inherited


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_keeps_a_store_that_is_in_memory_only(clock, draw, png):
    store = open_temporary_storage(now=clock, session="s")
    one = draw(store, "a lighthouse")
    one.keep(png())
    pid = os.fork()
    if not pid:
        try:
            os._exit(0 if store.pictures.count(one.key) == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
    store.close()


def fail_within_a_transaction(storage):
    def fail():
        with storage._database.transaction():
            storage.ledger.set_budget("day", Decimal(5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_a_transaction_that_fails_leaves_nothing(storage):
    fail_within_a_transaction(storage)
    assert storage.ledger.budgets() == []
    assert not storage._database._connection.in_transaction


@pytest.mark.parametrize("durable", [False, True])
def test_a_transaction_that_cannot_even_be_taken_back_fails_for_its_own_reason(opened, durable):
    store = opened()

    def fail():
        with store._database.transaction(durable=durable):
            store.ledger.set_budget("day", Decimal(5))
            store.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert opened().ledger.budgets() == []


def test_a_file_waits_for_the_disk_unless_told_and_keeps_its_references_right(home, storage, tmp_path):
    database = storage._database

    def setting(name):
        return next(iter(dict(database.one(f"PRAGMA {name}")).values()))

    assert (setting("journal_mode"), setting("foreign_keys"), setting("synchronous")) == ("wal", 1, 2)
    # On macOS a drive would else say that it has what is still in its cache.
    assert (setting("fullfsync"), setting("busy_timeout")) == (1, BUSY_SECONDS * 1000)
    with database.transaction():
        assert setting("synchronous") == 2
    with database.transaction(durable=False):
        assert setting("synchronous") == 1
    assert setting("synchronous") == 2


def test_an_index_is_current_when_it_has_every_migration(home, storage, tmp_path):
    assert Database(home / "imagegen.sqlite3").is_current()
    assert not Database(tmp_path / "new.sqlite3").is_current()
    assert Database(home / "imagegen.sqlite3").open() is False
    assert Database(tmp_path / "new.sqlite3").open() is True


def test_a_database_may_be_used_in_any_thread(storage):
    found = []
    thread = threading.Thread(target=lambda: found.append(storage._database.one("SELECT 7 AS seven")))
    thread.start()
    thread.join()
    assert found[0]["seven"] == 7


def test_a_database_that_nobody_closed_is_closed_with_its_last_owner(tmp_path):
    """From 3.13 on Python warns of a connection that is collected open."""
    database = Database(tmp_path / "left.sqlite3")
    database.open()
    connection = database._connection
    del database
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_what_sqlite_answers_is_said_with_its_place_and_with_what_to_do(home, storage):
    memory = Database(None)
    memory.open()
    with pytest.raises(
        StoreError, match="the store's index in memory answered: no such table: nowhere"
    ) as told:
        memory.all("SELECT * FROM nowhere")
    assert told.value.hint == ""
    storage._database.all("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match="answered: database or disk is full") as told:
        storage._database.all("CREATE TABLE more AS SELECT hex(randomblob(1000000)) AS much")
    assert str(home / "imagegen.sqlite3") in str(told.value)
    assert told.value.hint == "The disk is full: free some space."
    assert memory.one("SELECT 1 AS number UNION SELECT 2 ORDER BY number")["number"] == 1
    with pytest.raises(StoreError, match=r"in memory answered: .*:text"):
        memory.one("SELECT :text AS text")
    with pytest.raises(StoreError, match="lone surrogate"):
        memory.one("SELECT :text AS text", text="\ud800")


def test_a_commit_whose_journal_is_gone_already_is_kept_and_the_next_ones_too(tmp_path):
    """As NFS 4.2 answers now and then: SQLite calls it a disk I/O error. Without it that was an error here too."""
    path = tmp_path / "i.sqlite3"
    database = Database(path, steps=[(1, "one", "CREATE TABLE one (a TEXT);")])
    database.shared = True
    database.open()
    for text in ("first", "second"):
        with database.transaction():
            database.all("INSERT INTO one VALUES (:a)", a=text)
            path.with_name("i.sqlite3-journal").unlink()
    assert not database.failed
    other = sqlite3.connect(path)
    assert [row[0] for row in other.execute("SELECT a FROM one ORDER BY a")] == ["first", "second"]
    assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    other.close()
    database.close()
