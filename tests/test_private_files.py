"""A store's files are their owner's alone: 0600, its folders 0700; copies that a user saves follow the umask."""

from __future__ import annotations

import os
import stat
import sys
import textwrap
from pathlib import Path

import pytest
from children import command, output

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions are lists there")

#: Makes, saves, damages and finds pictures, and says while the store is open which modes are in it.
USE = """
    import os, pathlib, sys
    import jupyter_imagegen as imagegen

    r = imagegen.generate("a lighthouse", provider="demo")
    r.images[0].save("copy.png")
    other = imagegen.generate("a fox", provider="demo").images[0]
    other.path.write_bytes(b"noise")
    imagegen.generate("a fox", provider="demo")
    imagegen.budget(5, per="day")
    home = pathlib.Path(os.environ["IMAGEGEN_HOME"])
    for path in (home, *home.rglob("*")):
        print(oct(path.lstat().st_mode), path.relative_to(home))
"""


def use(home, folder, umask=None):
    begin = "" if umask is None else f"import os; os.umask({umask})\n"
    said = output(begin + textwrap.dedent(USE), cwd=folder, IMAGEGEN_HOME=str(home))
    told = [line.split(" ", 1) for line in said.splitlines()]
    return {name: int(mode, 8) for mode, name in told}


def wrong(modes):
    """What others could read or its owner could not, by name."""
    return {
        name: oct(mode)
        for name, mode in modes.items()
        if stat.S_IMODE(mode) != (0o700 if stat.S_ISDIR(mode) else 0o600)
    }


def modes_in(home):
    return {str(path.relative_to(home)): path.lstat().st_mode for path in (home, *home.rglob("*"))}


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o077, 0o777])
def test_every_file_of_a_store_is_its_owners_whatever_the_umask(tmp_path, umask):
    modes = use(tmp_path / "new" / "store", tmp_path, umask)
    assert wrong(modes) == {}
    kinds = {Path(name).suffix for name in modes} | {Path(name).parts[0] for name in modes if name != "."}
    assert {".json", ".png", "imagegen.sqlite3-wal", "opening.lock", "locks", "quarantine"} <= kinds
    # What is saved is its owner's to show.
    assert stat.S_IMODE((tmp_path / "copy.png").stat().st_mode) == 0o666 & ~umask


def test_a_home_that_others_could_read_is_put_right_when_it_is_opened(tmp_path):
    home = tmp_path / "store"
    home.mkdir(mode=0o755)
    home.chmod(0o775)
    assert wrong(use(home, tmp_path)) == {}
    # As a version before, a copy or a backup left it.
    for path in (home, *home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o664)
    (home / "imagegen-home.txt").unlink()
    theirs = home / "notes.txt"
    theirs.touch(mode=0o644)
    assert command("costs", IMAGEGEN_HOME=str(home)).returncode == 0
    assert list(wrong(modes_in(home))) == ["notes.txt"]
    # One file alone, while the folders are right.
    (home / "imagegen.sqlite3").chmod(0o644)
    assert command("costs", IMAGEGEN_HOME=str(home)).returncode == 0
    assert list(wrong(modes_in(home))) == ["notes.txt"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives folders away")
def test_a_home_of_another_user_is_left_and_said(tmp_path, new_session):
    home = tmp_path / "store"
    home.mkdir()
    os.chown(home, 65534, 65534)
    home.chmod(0o755)
    session = new_session(environ={"IMAGEGEN_HOME": str(home)})
    notes = session.generate("a lighthouse", provider="demo").notes
    assert [note for note in notes if f"{home} belongs to another user" in note]
    modes = modes_in(home)
    assert wrong(modes) == {".": "0o40755"}
    home.chmod(0o700)
    quiet = new_session(environ={"IMAGEGEN_HOME": str(home)})
    assert not [n for n in quiet.generate("a fox", provider="demo").notes if "another user" in n]


def test_a_temporary_store_is_its_owners_too(tmp_path, new_session, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = os.umask(0)
    try:
        session = new_session(environ={"IMAGEGEN_HOME": "/dev/null/store"})
        session.generate("a lighthouse", provider="demo")
    finally:
        os.umask(before)
    (home,) = tmp_path.glob("imagegen-*")
    assert wrong(modes_in(home)) == {}
    assert (home / "imagegen-home.txt").is_file()
    session.close()
    assert not home.exists()
