"""Stores of others: looked up after one's own, never written; another user's is refused as one's own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from children import output, python

from jupyter_imagegen.cli import main
from jupyter_imagegen.config import user_file
from jupyter_imagegen.doctor import checks
from jupyter_imagegen.errors import ConfigError, StoreError

ROOT = sys.platform.startswith("linux") and os.getuid() == 0
INDEX = "imagegen.sqlite3"


def everything(folder):
    """Every file's and folder's bytes, mode and time."""
    return {
        str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
        for path in [folder, *folder.rglob("*")]
    }


@pytest.fixture
def course(server, tmp_path, new_session):
    """An instructor's store with two pictures, and no process that has it open."""
    folder = tmp_path / "course store"
    session = new_session(environ={**os.environ, "IMAGEGEN_HOME": str(folder)})
    for prompt in ("a lighthouse", "a fox"):
        session.generate(prompt)
    session.close()
    return folder


@pytest.fixture
def layered(course, new_session):
    """A session with a store of its own that looks into the course's too."""
    session = new_session()
    session.configure(stores=[str(course)])
    return session


def is_closed(folder):
    """Nothing can be written beside an index that has a write-ahead log's mark, and no log."""
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def is_open_elsewhere(folder):
    """Another process has it open, with a log that is not in the file yet."""
    child = python(
        """
        import jupyter_imagegen as imagegen, sys
        imagegen.generate("a boat", provider="demo")
        print("ready", flush=True)
        sys.stdin.readline()
        """,
        IMAGEGEN_HOME=str(folder),
    )
    assert child.stdout.readline() == "ready\n"
    assert (folder / f"{INDEX}-wal").stat().st_size
    return child


def was_killed(folder):
    """A log that its process left, without the shared memory to read it by."""
    child = is_open_elsewhere(folder)
    child.kill()
    child.communicate()
    (folder / f"{INDEX}-shm").unlink()
    is_closed(folder)


@pytest.mark.parametrize("state", [lambda _: None, is_closed, is_open_elsewhere, was_killed])
def test_a_picture_of_anothers_store_is_shown_for_nothing_and_nothing_there_changes(
    server, course, new_session, state
):
    child = state(course)
    before = everything(course)
    session = new_session()
    session.configure(stores=[str(course)])
    found = session.generate("a lighthouse")
    assert (found.cached, found.cost.usd, found.cost.saved_usd) == (True, 0, 0)
    assert f"from {course}" in found.notes
    assert hashlib.sha256(found.images[0].bytes).hexdigest() == found.images[0].digest
    assert found.images[0].preview.data
    assert session.preflight("a fox").stored == 1
    assert server.calls == 2
    assert everything(course) == before
    assert session.accounts.history() == []
    assert session.accounts.costs().spending.total.usd == 0
    if child is not None:
        child.kill()
        child.communicate()
    if course.stat().st_mode & 0o777 == 0o555:
        subprocess.run(["chmod", "-R", "u+w", str(course)], check=True)


def test_what_is_missing_is_bought_once_into_ones_own_store(server, course, layered, home):
    before = everything(course)
    both = layered.generate("a lighthouse", n=2)
    assert [image.path.is_relative_to(course) for image in both.images] == [True, False]
    assert [image.sample for image in both.images] == [0, 1]
    assert both.images[0].digest != both.images[1].digest
    assert server.calls == 3
    # One's own comes first, and the other is still there.
    assert layered.generate("a lighthouse", n=2).cached
    assert layered.generate("a lighthouse").images[0].path.is_relative_to(home)
    assert not layered.generate("a fox", fresh=True).cached
    assert server.calls == 4
    assert everything(course) == before


def test_its_pictures_go_by_their_keys(server, course, layered, capsys):
    key = layered.generate("a lighthouse").key
    entry = layered.accounts.entry(key[:12])
    assert (entry.prompt, len(entry.images), entry.cost_usd) == ("a lighthouse", 1, None)
    edited = layered.edit("make it winter", image=key[:12])
    assert edited.images[0].path
    assert server.calls == 3
    with pytest.raises(StoreError, match="no picture's key begins with"):
        layered.accounts.entry("0" * 12)


def test_its_pictures_are_recorded_into_a_cassette_as_ones_own_are(server, layered, tmp_path):
    layered.configure(cassette=str(tmp_path / "lesson.cassette"), record_mode="record")
    digest = layered.generate("a lighthouse").images[0].digest
    layered.configure(stores=[], record_mode="replay")
    assert layered.generate("a lighthouse").images[0].digest == digest
    assert server.calls == 2


def test_doctor_and_config_name_each(course, capsys, monkeypatch):
    monkeypatch.setenv("IMAGEGEN_STORES", os.pathsep.join(map(str, (course, course / "none"))))
    main(["doctor"])
    told = capsys.readouterr().out
    assert f"{course}, 2 pictures" in " ".join(told.split())
    assert "cannot be read: there is none" in " ".join(told.split())
    main(["config", "--json"])
    assert str(course) in capsys.readouterr().out


# stores that cannot be looked up


def newer(folder):
    with contextlib.closing(sqlite3.connect(folder / INDEX)) as index, index:
        index.execute("INSERT INTO schema_version (version, name) VALUES (99, 'later')")


def garbled(folder):
    (folder / INDEX).write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)


def of_another_program(folder):
    (folder / INDEX).unlink()
    with contextlib.closing(sqlite3.connect(folder / INDEX)) as index, index:
        index.execute("CREATE TABLE accounts (name)")


def pipe(folder):
    (folder / INDEX).unlink()
    os.mkfifo(folder / INDEX)


def link(folder):
    (folder / INDEX).rename(folder / "index")
    (folder / INDEX).symlink_to(folder / "index")


def empty(folder):
    (folder / INDEX).write_bytes(b"")


def unfinished(folder):
    """As a copy is before its last picture is there."""
    (folder / "imagegen-copy-unfinished.txt").write_text("A copy of this store is being made")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
@pytest.mark.parametrize(
    "spoil",
    [shutil.rmtree, newer, garbled, of_another_program, pipe, link, empty, unfinished],
    ids=lambda one: one.__name__,
)
def test_one_that_cannot_be_read_is_a_note_and_never_an_error(server, course, layered, spoil):
    spoil(course)
    result = layered.generate("a lighthouse")
    assert not result.cached
    (note,) = result.notes
    assert f"the store {course} cannot be read" in note
    (check,) = [check for check in checks(layered, online=False) if check.name == "stores"]
    assert (check.ok, str(course) in check.text) == (False, True)


# what somebody else may have put there


def other_bytes(picture, _index):
    picture.write_bytes(picture.read_bytes()[:-1] + b"x")


def no_picture(picture, index):
    data = b"<html><script>alert(1)</script></html>"
    digest = hashlib.sha256(data).hexdigest()
    place = picture.parent.with_name(digest[:2]) / f"{digest}.png"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    for path in picture.parent.glob(f"{picture.stem}.*-0.json"):
        told = json.loads(path.read_text()) | {"digest": digest, "size_bytes": len(data)}
        (place.parent / path.name.replace(picture.stem, digest)).write_text(json.dumps(told))
    index.execute("PRAGMA foreign_keys = OFF")
    index.execute("UPDATE pictures SET digest = ? WHERE digest = ?", (digest, picture.stem))
    index.execute("UPDATE samples SET digest = ? WHERE digest = ?", (digest, picture.stem))


def a_link(picture, _index):
    picture.rename(picture.with_name("elsewhere"))
    picture.symlink_to(picture.with_name("elsewhere"))


def a_pipe(picture, _index):
    picture.unlink()
    os.mkfifo(picture)


def gone(picture, _index):
    picture.unlink()


def huge(picture, _index):
    with picture.open("r+b") as file:
        file.truncate(10**10)


def a_path(picture, index):
    index.execute("PRAGMA foreign_keys = OFF")
    index.execute("UPDATE samples SET digest = '../../../etc/passwd'")
    index.execute("UPDATE pictures SET digest = '../../../etc/passwd' WHERE digest = ?", (picture.stem,))


def of_other_types(_picture, index):
    index.execute("UPDATE samples SET sample = 'first', made_at = 5, seconds = 'long', cost_nano = -1")


def a_recipe_of_another(picture, _index):
    (recipe,) = picture.parent.glob(f"{picture.stem}.*-0.json")
    recipe.write_text(json.dumps(json.loads(recipe.read_text()) | {"key": "0" * 64}))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
@pytest.mark.parametrize(
    "spoil",
    [other_bytes, no_picture, a_link, a_pipe, gone, huge, a_path, of_other_types, a_recipe_of_another],
    ids=lambda one: one.__name__,
)
def test_what_is_not_a_picture_of_the_request_is_not_shown(server, course, layered, spoil):
    digest = layered.generate("a lighthouse").images[0].digest
    (picture,) = course.glob(f"pictures/??/{digest}.png")
    with contextlib.closing(sqlite3.connect(course / INDEX)) as index, index:
        spoil(picture, index)
    result = layered.generate("a lighthouse")
    assert (result.cached, result.notes) == (False, ())
    assert server.calls == 3


# who may name one


def test_a_file_that_came_with_a_lesson_may_not_name_one(course, tmp_path, new_session):
    (tmp_path / "imagegen.toml").write_text(f"stores = [{json.dumps(str(course))}]\n")
    with pytest.raises(ConfigError, match="cannot be set in a file beside a notebook"):
        new_session().generate("a lighthouse", provider="demo")


def test_the_personal_file_names_one_relative_to_itself(course, new_session):
    user_file().parent.mkdir(parents=True)
    user_file().write_text(f"stores = [{json.dumps(os.path.relpath(course, user_file().parent))}]\n")
    assert new_session().generate("a lighthouse").cached


@pytest.mark.parametrize("value", ["5", "[5]", "[['/srv']]", '[""]'])
def test_what_names_no_folder_is_refused(value, new_session):
    user_file().parent.mkdir(parents=True)
    user_file().write_text(f"stores = {value}\n")
    with pytest.raises(ConfigError, match="stores"):
        new_session().workshop.settings()


# two users

#: What a picture needs is imported before: another user may not be able to read this Python.
AS_ANOTHER = """
    import os, pwd, sys, tempfile
    from jupyter_imagegen.errors import ImagegenError
    from jupyter_imagegen.session import Session
    home, stores = os.environ["IMAGEGEN_HOME"], os.environ.pop("IMAGEGEN_STORES", "")
    with tempfile.TemporaryDirectory() as folder:
        for os.environ["IMAGEGEN_STORES"] in ("", folder + "/a"):
            for os.environ["IMAGEGEN_HOME"] in (folder + "/a", folder + "/b"):
                Session().generate("a lighthouse", provider="demo")
    os.environ.update(IMAGEGEN_HOME=home, IMAGEGEN_STORES=stores)
    os.chdir(os.path.dirname(home))
    os.setgroups([])
    os.setgid(65533)
    os.setuid(65533)
    try:
        r = Session().generate("a lighthouse", provider="demo")
        print("made", r.cached, *r.notes)
    except ImagegenError as exc:
        print(type(exc).__name__, exc)
"""


@pytest.fixture
def shared():
    """A folder that two users may write, as a group's is; gives it and what runs as another user."""
    if not ROOT:
        pytest.skip("a second user needs root")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)

        def run(home, **environ):
            return output(AS_ANOTHER, IMAGEGEN_HOME=str(home), XDG_CONFIG_HOME=f"{folder}/user", **environ)

        yield Path(folder) / "group", run


def test_a_group_s_folder_is_the_first_user_s_store_and_refused_to_the_second(shared, new_session):
    home, run = shared
    home.mkdir()
    home.chmod(0o2777)
    # The group's folder stays as wide as it is where it is not its user's own.
    os.chown(home, 65532, 65532)
    assert run(home).startswith("made False")
    before = everything(home)
    session = new_session(environ={**os.environ, "IMAGEGEN_HOME": str(home)})
    with pytest.raises(StoreError) as told:
        session.generate("a fox", provider="demo")
    assert "is the store of another user" in told.value.message
    assert "stores = [" in told.value.hint
    after = everything(home)
    assert after.pop(str(home))[0] == before.pop(str(home))[0]
    assert after == before


def test_anothers_store_that_may_be_read_is_a_second_layer(shared, new_session):
    home, run = shared
    session = new_session(environ={**os.environ, "IMAGEGEN_HOME": str(home)})
    session.generate("a lighthouse", provider="demo")
    session.close()
    for path in [*home.rglob("*"), home]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    own = home.with_name("own")
    assert f"made True from {home}" in run(own, IMAGEGEN_STORES=str(home))
    # As one's own it can only be read, and the error says how it is shown.
    assert "stores = [" in run(home)
