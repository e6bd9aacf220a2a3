"""A home on a network, or where locks do not work: what is found out, chosen and said."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from shim import Shim

from jupyter_imagegen.cli import main
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


def test_on_a_local_disk_the_index_keeps_its_write_ahead_log(tmp_path, home, session):
    place = place_of(tmp_path)
    assert (place.network, place.locks, place.journal, place.paid) == (False, "exclude", "wal", True)
    assert list(tmp_path.iterdir()) == []
    assert session.generate("a lighthouse").images
    assert journal(home) == "wal"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "ceph", "lustre", "fuse.glusterfs"])
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
