"""Looking after stores with many pictures: work in proportion, flat memory, progress, interruptions, others' calls.

Proportion is shown by counting what is opened and asked, not by a clock.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import sys
import textwrap
import threading
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from big_store import bytes_of, fill, recipe_of
from children import python

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.progress import Progress
from jupyter_imagegen.storage import open_storage
from jupyter_imagegen.storage.database import Database

INDEX = "imagegen.sqlite3"
MARK = f"{INDEX}.damaged"


def now():
    return datetime.now().astimezone()


def made(home, pictures, **options):
    open_storage(home, now=now, session="s").close()
    fill(home, pictures, **options)


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """Two homes, one with twice as many pictures; they are copied, never changed."""
    folder = tmp_path_factory.mktemp("homes")
    for pictures in (200, 400):
        made(folder / str(pictures), pictures)
    return folder


@contextlib.contextmanager
def counted():
    """What is opened below a `pictures` folder, and the statements that SQLite is asked, while it lasts."""
    seen = {"originals": 0, "others": 0, "statements": 0}
    on = threading.Event()

    def hook(event, arguments):
        if on.is_set() and event == "open" and "pictures" in Path(str(arguments[0])).parts:
            seen["originals" if str(arguments[0]).endswith(".png") else "others"] += 1

    connect = sqlite3.connect

    def traced(*rest, **more):
        connection = connect(*rest, **more)
        connection.set_trace_callback(lambda _: seen.update(statements=seen["statements"] + 1))
        return connection

    sys.addaudithook(hook)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", traced)
        on.set()
        try:
            yield seen
        finally:
            on.clear()


def verify(storage):
    assert storage.pictures.verify().sound


def gc(storage):
    report = storage.pictures.gc()
    assert (report.adopted, report.removed, report.quarantined) == (0, 0, ())


def export(storage):
    with contextlib.suppress(FileNotFoundError):
        Path("all.zip").unlink()
    storage.pictures.export(Path("all.zip"))


def history(storage):
    assert len(storage.pictures.history(limit=20)) == 20


#: Per picture: originals opened, other files opened; and statements in all, beside those for each folder.
WORK = {verify: (1, 1, 0), gc: (0, 0, 0), export: (1, 1, 0), history: (0, 0, 0)}


@pytest.mark.parametrize("what", WORK, ids=lambda what: what.__name__)
def test_twice_as_many_pictures_are_twice_the_work_and_no_more(homes, tmp_path, what):
    seen = {}
    for pictures in (200, 400):
        home = shutil.copytree(homes / str(pictures), tmp_path / str(pictures))
        with counted() as work, contextlib.closing(open_storage(home, now=now, session="s")) as storage:
            what(storage)
        seen[pictures] = work
    originals, others, _ = WORK[what]
    for pictures, work in seen.items():
        assert (work["originals"], work["others"]) == (originals * pictures, others * pictures)
    assert seen[400]["statements"] == seen[200]["statements"]


def test_a_lost_index_is_built_again_in_proportion(homes, tmp_path):
    seen = {}
    for pictures in (200, 400):
        home = shutil.copytree(homes / str(pictures), tmp_path / str(pictures))
        (home / INDEX).unlink()
        with counted() as work, contextlib.closing(open_storage(home, now=now, session="s")) as storage:
            assert storage.pictures.verify().checked == pictures
        seen[pictures] = work
    assert seen[400]["originals"] == 2 * seen[200]["originals"] == 400
    assert seen[400]["others"] == 2 * seen[200]["others"]
    assert seen[400]["statements"] < 2 * seen[200]["statements"]


def test_history_as_a_person_asks_for_it_reads_no_original(home, new_session, server):
    session = new_session()
    for prompt in ("a boat", "a pier"):
        session.generate(prompt)
    with counted() as work:
        assert main(["history"]) == 0
        session.accounts.history()
    assert work["originals"] == 0


def test_a_list_leaves_out_a_picture_whose_file_has_another_size(home):
    made(home, 3)
    told = recipe_of(1)
    (home / "pictures" / told.digest[:2] / f"{told.digest}.png").write_bytes(b"noise")
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        entries = storage.pictures.history()
    assert [len(entry.images) for entry in entries] == [1, 0, 1]
    assert [entry.lost for entry in entries] == [0, 1, 0]


def test_an_export_in_pages_holds_everything_once(home, monkeypatch, tmp_path):
    made(home, 25)
    monkeypatch.setattr("jupyter_imagegen.storage.exporting._ROWS", 7)
    seen = []
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        report = storage.pictures.export(tmp_path / "a.zip", progress=lambda *counts: seen.append(counts))
    assert (report.pictures, report.recipes) == (25, 25)
    assert seen == [(done, 25) for done in range(1, 26)]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert len(set(archive.namelist())) == len(archive.namelist()) == 50


# how far it is


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (Terminal(), "\r2 of 9 pictures read\r4 of 9 pictures read" + 2 * "\r9 of 9 pictures read" + "\n"),
        (io.StringIO(), "2 of 9 pictures read\n9 of 9 pictures read\n"),
    ],
    ids=["terminal", "file"],
)
def test_progress_is_first_shown_after_a_second_in_one_line_of_a_terminal_or_in_few_of_a_file(stream, said):
    clock = Clock()
    with Progress("pictures read", stream=stream, clock=clock) as progress:
        for done, seconds in ((1, 0.5), (2, 1.5), (3, 1.6), (4, 2.0), (9, 20.0)):
            clock.seconds = seconds
            progress(done, 9)
    assert stream.getvalue() == said


def test_what_is_done_within_a_second_says_nothing():
    stream = Terminal()
    with Progress("pictures read", stream=stream, clock=Clock()) as progress:
        progress(1, 1)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("words", [["verify"], ["gc"], ["export", "a.zip"]], ids=lambda words: words[0])
def test_json_is_one_document_on_stdout_whatever_is_said_of_progress(home, capsys, monkeypatch, words):
    made(home, 300)
    monkeypatch.setattr("jupyter_imagegen.progress._FIRST", 0.0)
    assert main(["store", *words, "--json"]) == 0
    said = capsys.readouterr()
    json.loads(said.out)
    assert "of 300 pictures" in said.err


# interrupted in the middle

INTERRUPTED = """
    import signal, sys
    from jupyter_imagegen.cli import main
    from jupyter_imagegen import progress

    said = progress.Progress.__call__
    def interrupted(self, done, total):
        said(self, done, total)
        if done >= total // 2:
            signal.raise_signal(signal.SIGINT)
    progress.Progress.__call__ = interrupted
    sys.exit(main({words!r}))
"""


@pytest.mark.parametrize("what", ["verify", "gc", "export", "rebuild"])
def test_an_interruption_in_the_middle_leaves_the_store_whole_and_says_how_far_it_came(home, what):
    made(home, 60)
    if what == "rebuild":
        (home / INDEX).unlink()
    words = ["store", "verify" if what == "rebuild" else what, *(["all.zip"] if what == "export" else [])]
    child = python(textwrap.dedent(INTERRUPTED).format(words=words))
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "interrupted after " in said
    assert " of 60 " in said
    assert "Traceback" not in said
    assert not list(Path().glob("*all.zip*"))
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        report = storage.pictures.verify()
    assert (report.checked, report.sound, report.unknown, report.foreign) == (60, True, (), ())


@pytest.mark.parametrize("what", ["verify", "gc"])
def test_another_process_writes_while_a_store_is_looked_after(home, what):
    """Without waiting: the other's patience is zero. A restored copy, which `gc` takes in, is the most to write."""
    made(home, 300, rows=what == "verify")
    written = []
    with (
        contextlib.closing(open_storage(home, now=now, session="s")) as storage,
        contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None, timeout=0)) as other,
    ):

        def write(done, _total):
            other.execute(
                "INSERT INTO ledger_state (name, value) VALUES (?, '')", (f"other {done} {len(written)}",)
            )
            written.append(done)

        getattr(storage.pictures, what)(write)
        assert storage.pictures.verify().checked == 300
    assert len(written) > 100


def test_many_pictures_in_one_folder_are_taken_in_some_at_a_time(home):
    made(home, 0)
    folder = home / "pictures" / "ab"
    folder.mkdir()
    for number in range(250):
        told = recipe_of(number)
        (folder / f"{told.digest}.{told.key[:16]}-0.json").write_bytes(told.to_bytes())
        original = home / "pictures" / told.digest[:2] / f"{told.digest}.png"
        original.parent.mkdir(exist_ok=True)
        original.write_bytes(bytes_of(number))
    sizes = []

    def trace(statement):
        if statement.startswith("BEGIN"):
            sizes.append(0)
        elif "INSERT INTO samples" in statement:
            sizes[-1] += 1

    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        storage.pictures.history()
        storage._database._connection.set_trace_callback(trace)
        assert storage.pictures.gc().adopted == 250
    assert sum(sizes) == 250
    assert max(sizes) <= 100


# an index that is damaged


def without_an_index_entry(home):
    """An index from which SQLite's quick check misses one entry of one index."""
    path = home / INDEX
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'samples_by_digest'"
        ).fetchone()
        database.execute("CREATE TABLE other (digest TEXT)")
        database.execute("CREATE INDEX other_by_digest ON other (digest)")
        database.execute(
            "INSERT INTO other SELECT digest FROM samples LIMIT (SELECT COUNT(*) - 1 FROM samples)"
        )
        # The entries of an index whose table has one row less: rowids 1 to n-1.
        database.execute("PRAGMA writable_schema = ON")
        (other,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'other_by_digest'"
        ).fetchone()
        database.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = 'samples_by_digest'", (other,))
        database.execute("DELETE FROM sqlite_master WHERE name IN ('other', 'other_by_digest')")
        assert root != other
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert "missing from index samples_by_digest" in str(
            database.execute("PRAGMA integrity_check").fetchall()
        )


def test_a_marked_index_that_lacks_an_entry_is_built_again_once(home):
    made(home, 20)
    without_an_index_entry(home)
    (home / MARK).touch()
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        assert "built again" in " ".join(storage.notes)
        assert storage.pictures.verify().checked == 20
        assert storage._database.is_sound()
    assert not (home / MARK).exists()
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        assert storage.notes == ()


def test_an_index_that_is_only_locked_is_not_taken_for_damaged(home):
    made(home, 3)
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        database = Database(home / INDEX, busy_seconds=0.01)
        with contextlib.closing(database), pytest.raises(StoreError, match="locked"):
            database.is_sound()


def test_an_index_that_is_damaged_as_soon_as_it_is_built_again_is_an_error_with_what_to_do(home, monkeypatch):
    """A shim for a disk that breaks what is written: SQLite's check never finds the index sound."""
    made(home, 3)
    (home / MARK).touch()
    with monkeypatch.context() as patch:
        patch.setattr(Database, "is_sound", lambda self: False)
        with pytest.raises(StoreError, match="damaged again") as told:
            open_storage(home, now=now, session="s")
    assert str(home / MARK) in told.value.hint
    copies = len(list(home.glob(f"{MARK}-*")))
    # Not looped over: no opening builds it again before somebody has looked.
    for _ in range(3):
        with pytest.raises(StoreError, match="damaged again"):
            open_storage(home, now=now, session="s")
    assert len(list(home.glob(f"{MARK}-*"))) == copies
    (home / MARK).unlink()
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        assert storage.pictures.verify().checked == 3


def test_a_rebuild_names_the_recipes_that_it_cannot_read(home):
    made(home, 5)
    told = recipe_of(2)
    garbled = home / "pictures" / told.digest[:2] / f"{told.digest}.{told.key[:16]}-0.json"
    garbled.write_bytes(b"{")
    (home / INDEX).unlink()
    with contextlib.closing(open_storage(home, now=now, session="s")) as storage:
        assert f"1 recipes could not be read, so their pictures are not in it: {garbled}" in " ".join(
            storage.notes
        )
        assert storage.pictures.verify().checked == 4
    assert garbled.exists()
    assert garbled.with_name(f"{told.digest}.png").read_bytes() == bytes_of(2)


# a hundred thousand pictures

MEASURED = """
    import resource, sys, time
    from datetime import datetime
    from pathlib import Path
    from jupyter_imagegen.storage import open_storage

    started = time.monotonic()
    storage = open_storage(Path({home!r}), now=lambda: datetime.now().astimezone(), session="s")
    {what}
    storage.close()
    print(time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_a_rebuild_holds_a_line_for_each_picture_and_not_its_charge(tmp_path):
    """Without the note that the journal is written whole, each charge waited for the commit: 3.7 kB a picture.

    1.2 kB of so few pictures is the thousand rows that are read at once.
    """
    import tracemalloc

    most = {}
    for pictures in (200, 1000):
        home = tmp_path / str(pictures)
        made(home, pictures)
        (home / INDEX).unlink()
        tracemalloc.start()
        open_storage(home, now=now, session="s").close()
        most[pictures] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        charges = (home / "charges.jsonl").read_text(encoding="utf-8").splitlines()
        assert sum('"charge"' in line for line in charges) == pictures
    assert (most[1000] - most[200]) / 800 < 2000, most


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_a_hundred_thousand_pictures_stay_within_200_mb(tmp_path):
    from children import output

    home = tmp_path / "home"
    made(home, 100_000)
    for what in ("verify()", "gc()", "export(Path('all.zip'))", "history(limit=1000)"):
        _, megabytes = output(
            MEASURED.format(home=str(home), what=f"storage.pictures.{what}"), timeout=600
        ).split()[-2:]
        assert float(megabytes) < 200, what
    (home / INDEX).unlink()
    assert float(output(MEASURED.format(home=str(home), what="pass"), timeout=600).split()[-1]) < 200
