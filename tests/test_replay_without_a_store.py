"""A lesson replays where the store cannot be used, at once, in every face; and nobody says that it cost nothing."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from children import output
from filelock import FileLock

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.widgets.panel_quote import quote

INDEX = "imagegen.sqlite3"
ROOT = sys.platform.startswith("linux") and Path("/proc/self").stat().st_uid == 0
#: Seconds for three pictures: a busy machine has time, and no lock is waited for.
AT_ONCE = 5.0


@pytest.fixture
def lesson(session, tmp_path):
    """A recorded lesson, and the home that its author bought it in."""
    path = tmp_path / "course" / "lesson.cassette"
    path.parent.mkdir()
    session.cassettes.use(str(path), mode="record")
    made = session.generate("a lighthouse")
    session.generate("with a boat", image=made)
    session.close()
    return path


def sql(home, statement):
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as database:
        database.execute(statement)


@contextlib.contextmanager
def newer(home):
    sql(home, "INSERT INTO schema_version (version, name) VALUES (99, 'later')")
    yield


@contextlib.contextmanager
def locked(home):
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextlib.contextmanager
def being_opened(home):
    (home / INDEX).unlink()
    with FileLock(home / "opening.lock"):
        yield


@contextlib.contextmanager
def damaged(home):
    (home / INDEX).write_bytes(b"not a database" * 100)
    (home / f"{INDEX}-wal").unlink(missing_ok=True)
    yield


@contextlib.contextmanager
def a_file(home):
    shutil.rmtree(home)
    home.touch()
    yield


@contextlib.contextmanager
def somebody_elses(home):
    shutil.rmtree(home)
    home.mkdir()
    (home / "thesis.tex").touch()
    yield


@contextlib.contextmanager
def a_broken_link(home):
    shutil.rmtree(home)
    home.symlink_to(home.with_name("not-mounted"))
    yield


SPOILT = [newer, locked, being_opened, damaged, a_file, somebody_elses, a_broken_link]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda it: it.__name__)
def test_a_lesson_replays_at_once_where_the_store_cannot_be_used(
    home, server, lesson, new_session, monkeypatch, capsys, spoil
):
    calls = server.calls
    with spoil(home):
        monkeypatch.delenv("OPENAI_API_KEY")
        monkeypatch.setenv("IMAGEGEN_CASSETTE", str(lesson))
        monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")
        session, started = new_session(), time.monotonic()
        made = session.generate("a lighthouse")
        assert (made.images[0].origin, made.cost.usd, made.notes) == ("cassette", 0, ())
        assert session.generate("with a boat", image=made).images[0].origin == "cassette"
        assert quote(session, "a lighthouse", {})["words"] == "recorded"
        assert [entry.prompt for entry in session.accounts.history()] == ["with a boat", "a lighthouse"]
        assert main(["generate", "a lighthouse", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["images"][0]["origin"] == "cassette"
        assert time.monotonic() - started < AT_ONCE
        costs = session.accounts.costs()
        assert not costs.known
        assert costs.stopped
        with pytest.raises(ImagegenError):
            session.generate("a cat")
    assert server.calls == calls


def test_where_it_can_be_used_a_replay_tells_what_the_store_knows(home, lesson, new_session, monkeypatch):
    new_session().accounts.budget("5.00")
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(lesson))
    monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")
    session = new_session()
    assert session.generate("a lighthouse").images
    costs = session.accounts.costs()
    assert (costs.known, costs.stopped, len(costs.budgets)) == (True, "", 1)
    assert costs.spending.total.usd > 0
    session.accounts.budget("none")
    assert session.accounts.budget() == ()


REPLAY = """
    import os, sys
    sys.path[:0] = {path!r}
    import PIL.JpegImagePlugin, PIL.PngImagePlugin
    from jupyter_imagegen.session import Session
    if {user!r}:
        # Everything is imported while it may still be read.
        import tempfile
        home, os.environ["IMAGEGEN_HOME"] = os.environ["IMAGEGEN_HOME"], tempfile.mkdtemp()
        Session().generate("a lighthouse")
        os.environ["IMAGEGEN_HOME"] = home
        os.chdir("/")
        os.setgroups([])
        os.setgid({user!r})
        os.setuid({user!r})
    result = Session().generate("a lighthouse")
    print(result.images[0].origin, len(result.images[0].bytes) > 1000, *result.notes)
"""


def replayed(lesson, *, user=0, **environ):
    code = REPLAY.format(path=sys.path, user=user)
    return output(
        code, IMAGEGEN_CASSETTE=str(lesson), IMAGEGEN_RECORD_MODE="replay", OPENAI_API_KEY="", **environ
    )


def test_a_lesson_replays_where_there_is_no_home(lesson, monkeypatch):
    monkeypatch.delenv("IMAGEGEN_HOME")
    nowhere = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), "/proc/nowhere")
    assert replayed(lesson, **nowhere).split() == ["cassette", "True"]


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else, or mount a disk")
def test_a_lesson_replays_where_the_store_may_not_be_read(lesson, home):
    with tempfile.TemporaryDirectory() as outside:
        Path(outside).chmod(0o755)
        copy = shutil.copy(lesson, outside)
        Path(copy).chmod(0o644)
        theirs = Path(shutil.copytree(home, Path(outside) / "home"))
        for path in (theirs / INDEX, theirs):
            path.chmod(0)
            assert replayed(
                copy, user=54321, IMAGEGEN_HOME=str(theirs), HOME="/", XDG_CONFIG_HOME="/nowhere"
            ).split() == [
                "cassette",
                "True",
            ]


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else, or mount a disk")
@pytest.mark.parametrize("spoil", ["full", "read-only"])
def test_a_lesson_replays_on_a_disk_that_takes_nothing(lesson, home, new_session, monkeypatch, spoil):
    with tempfile.TemporaryDirectory() as disk:
        mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=755", "tmpfs", disk]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        try:
            theirs = shutil.copytree(home, Path(disk) / "home")
            if spoil == "full":
                with contextlib.suppress(OSError), (Path(disk) / "fill").open("wb") as file:
                    while file.write(bytes(4096)):
                        file.flush()
            else:
                subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            monkeypatch.setenv("IMAGEGEN_HOME", str(theirs))
            monkeypatch.setenv("IMAGEGEN_CASSETTE", str(lesson))
            monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")
            session = new_session()
            made = session.generate("a lighthouse")
            assert (made.images[0].origin, made.notes) == ("cassette", ())
            session.close()
        finally:
            subprocess.run(["umount", "-l", disk], check=True)
