"""A home on a network, or where locks do not work: what is found out, chosen and said."""

from __future__ import annotations

import base64
import contextlib
import errno
import os
import platform
import re
import shutil
import sqlite3
import threading

import pytest
from imageserver import paint, rows
from shim import Shim

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import BudgetExceededError, StoreError
from jupyter_imagegen.storage.place import place_of

INDEX = "imagegen.sqlite3"


@pytest.fixture
def shim(home, monkeypatch):
    return Shim(home, monkeypatch)


def journal(home):
    with contextlib.closing(sqlite3.connect(home / INDEX)) as database:
        return database.execute("PRAGMA journal_mode").fetchone()[0]


def said(capsys, *words):
    """The exit code of a command of the shell, and everything that it says."""
    code = main(list(words))
    told = capsys.readouterr()
    return code, told.out + told.err


def test_on_a_local_disk_the_index_keeps_its_write_ahead_log_and_no_process_is_started(
    tmp_path, home, session, monkeypatch
):
    monkeypatch.delattr("subprocess.Popen")
    place = place_of(tmp_path)
    assert (place.network, place.locks, place.journal, place.paid) == (False, "exclude", "wal", True)
    assert list(tmp_path.iterdir()) == []
    assert session.generate("a lighthouse").images
    assert journal(home) == "wal"


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.glusterfs"])
def test_on_a_network_whose_locks_exclude_the_index_keeps_a_rollback_journal(
    home, shim, server, new_session, capsys, kind
):
    shim.mounted(kind, "rw,vers=4.2,local_lock=none")
    assert new_session().generate("a lighthouse").images
    assert journal(home) == "delete"
    assert not [path.name for path in home.iterdir() if path.name.startswith("trial")]
    words = f"{kind}, a network file system; locks keep other processes and machines out; the index keeps a rollback"
    for command in ("doctor", "config"):
        code, told = said(capsys, command)
        assert code == 0
        assert words in " ".join(told.split())
    assert server.calls == 1


@pytest.fixture
def moved(home, server, new_session, monkeypatch):
    """A home with a budget and one paid picture, made on a local disk and moved; gives its new folder."""
    session = new_session()
    session.accounts.budget("1.00", per="month")
    session.generate("a lighthouse")
    session.close()
    folder = home.with_name("moved")
    home.rename(folder)
    monkeypatch.setenv("IMAGEGEN_HOME", str(folder))
    return folder


def assert_refused(session, words):
    with pytest.raises(StoreError, match="no paid call is made") as refused:
        session.generate("a boat")
    assert re.search(words, str(refused.value)), refused.value
    assert session.generate("a lighthouse").cached


def assert_it_is_only_read(session, server, words):
    assert_refused(session, words)
    assert [entry.prompt for entry in session.accounts.history()] == ["a lighthouse"]
    assert [str(budget) for budget in session.accounts.budget()] == ["$1.00/month"]
    assert session.generate("a boat", provider="demo").images
    assert server.calls == 1


def test_a_store_moved_to_a_network_is_converted_and_stays_so_when_it_is_moved_back(
    moved, server, new_session, monkeypatch
):
    Shim(moved, monkeypatch).mounted("nfs4")
    session = new_session()
    assert session.generate("a lighthouse").cached
    assert [str(budget) for budget in session.accounts.budget()] == ["$1.00/month"]
    assert session.generate("a boat").images
    session.close()
    assert journal(moved) == "delete"
    back = moved.with_name("back")
    moved.rename(back)
    monkeypatch.setenv("IMAGEGEN_HOME", str(back))
    assert new_session().generate("a boat").cached
    assert new_session().generate("a cat").images
    assert journal(back) == "delete"
    assert server.calls == 3


def test_a_store_that_another_process_has_open_with_its_log_is_not_converted(
    moved, server, new_session, monkeypatch
):
    monkeypatch.setattr("jupyter_imagegen.storage.database._ALONE_SECONDS", 0.2)
    Shim(moved, monkeypatch).mounted("nfs4")
    with contextlib.closing(sqlite3.connect(moved / INDEX, isolation_level=None)) as other:
        other.execute("PRAGMA user_version").fetchall()
        other.execute("INSERT INTO budgets VALUES ('day', '', 5)")
        session = new_session()
        with pytest.raises(StoreError, match="another process or machine has it open"):
            session.generate("a boat")
        assert session.generate("a lighthouse").cached
        assert server.calls == 1
    assert journal(moved) == "wal"
    with pytest.raises(BudgetExceededError):
        session.generate("a boat")
    assert journal(moved) == "delete"


NOT_SHARED = [
    ("nfs", "rw,vers=3,nolock,local_lock=all", "nfs mounted with local_lock=all"),
    ("cifs", "rw,nobrl", "cifs mounted with nobrl"),
    ("fuse.sshfs", "rw", r"fuse\.sshfs, whether a lock holds on other machines"),
    ("9p", "rw,trans=virtio", "9p, whether"),
]


@pytest.mark.parametrize(("kind", "options", "words"), NOT_SHARED)
def test_where_locks_hold_on_one_machine_only_no_call_is_paid(
    moved, server, new_session, monkeypatch, capsys, kind, options, words
):
    Shim(moved, monkeypatch).mounted(kind, options)
    before = sorted(path.name for path in moved.rglob("*"))
    assert_it_is_only_read(new_session(), server, words)
    assert sorted(path.name for path in moved.rglob("*")) == before
    code, told = said(capsys, "doctor")
    assert code != 0
    assert "so no call is paid from there" in " ".join(told.split())
    assert re.search(words, " ".join(said(capsys, "config")[1].split()))


def test_locks_that_only_a_second_process_finds_wanting_stop_paid_calls(
    moved, server, new_session, monkeypatch
):
    Shim(moved, monkeypatch).mounted("nfs4").locks_of_one_process()
    assert_it_is_only_read(new_session(), server, "on nfs4, two processes can hold one lock")


def test_a_new_home_there_is_refused_with_a_command_that_helps(home, shim, server, new_session, monkeypatch):
    monkeypatch.setenv("LOGNAME", user := f"test-{os.getpid()}")
    shim.mounted("fuse.sshfs")
    session = new_session()
    assert "fuse.sshfs" in session.preflight("a boat").stopped
    with pytest.raises(StoreError, match="no paid call is made") as refused:
        session.generate("a boat")
    assert "unknown" not in refused.value.message
    assert session.generate("a boat", provider="demo").images
    pasted = re.search(r"`export IMAGEGEN_HOME=(\S+)`", str(refused.value))[1]
    assert user in pasted
    monkeypatch.setenv("IMAGEGEN_HOME", pasted)
    try:
        assert session.generate("a boat").images
    finally:
        session.close()
        shutil.rmtree(pasted)


NO_LOCKS = ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EACCES", "EIO", "ESTALE"]


def test_without_locks_no_call_is_paid_and_the_rest_goes_on(moved, server, new_session, monkeypatch):
    before = sorted(moved.rglob("*lock*"))
    for name, call in (*((name, "flock") for name in NO_LOCKS), ("ENOLCK", "lockf")):
        with monkeypatch.context() as patch:
            Shim(moved, patch).failing(name, call)
            assert_refused(new_session(), os.strerror(getattr(errno, name)))
    # No marker file, which a killed process would leave for ever.
    assert sorted(moved.rglob("*lock*")) == before
    assert new_session().generate("a boat").images


def test_locks_that_fail_while_a_kernel_runs_stop_its_paid_calls(moved, server, new_session, monkeypatch):
    session = new_session()
    assert session.generate("a lighthouse").cached
    for name in NO_LOCKS:
        with monkeypatch.context() as patch:
            Shim(moved, patch).failing(name, "flock")
            with pytest.raises(StoreError, match=os.strerror(getattr(errno, name))):
                session.generate("a boat")
            assert_refused(session, os.strerror(getattr(errno, name)))
        session.workshop.look_again()
    assert session.generate("a boat").images


def test_one_lock_file_that_cannot_be_opened_stops_its_own_picture_only(
    home, server, new_session, monkeypatch
):
    session = new_session()
    key = session.preflight("a boat").key
    assert session.generate("a cat").images
    (home / "locks" / f"{key}.lock").mkdir()
    with pytest.raises(StoreError, match=f"the lock .*{key}.lock cannot be taken"):
        session.generate("a boat")
    assert session.generate("a whale").images
    assert server.calls == 2


@pytest.mark.parametrize("name", ["EINVAL", "EBADF", "EOPNOTSUPP"])
def test_a_folder_that_cannot_be_synced_takes_pictures_all_the_same(home, shim, server, new_session, name):
    shim.failing(name, "fsync", only=os.path.isdir)
    result = new_session().generate("a lighthouse")
    assert result.images[0].path.is_relative_to(home)
    assert (home / INDEX).is_file()


def test_whoever_waits_is_told_who_makes_the_picture_and_for_how_long(home, server, new_session, monkeypatch):
    reply = rows({"b64_json": base64.b64encode(paint("1024x1024", seed=7)).decode()})
    reply.gate = threading.Event()
    server.script(reply)
    first = new_session().submit("a lighthouse")
    try:
        assert any(type(event).__name__ == "Sent" for event in first.events())
        second = new_session().submit("a lighthouse")
        joined = next(event for event in second.events() if type(event).__name__ == "Joined")
        monkeypatch.setattr("jupyter_imagegen.engine._LOCK_LONGEST", 0.0)
        with pytest.raises(StoreError, match=r"this run has waited for 0 s for pid \d+ on host") as lost:
            new_session().generate("a lighthouse")
        monkeypatch.setattr("jupyter_imagegen.engine._LOCK_LONGEST", 3600.0)
    finally:
        reply.gate.set()
    who = rf"pid {os.getpid()} on host {re.escape(platform.node())}, which has been making this picture for \d s"
    assert re.fullmatch(who, joined.holder)
    assert lost.value.hint.startswith("If that process hangs, end it")
    assert second.result().cached
    assert server.calls == 1
