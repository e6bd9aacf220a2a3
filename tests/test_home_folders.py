"""Which folder becomes a store's home, and that nothing else in it, beside it or behind a link is touched."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import sys
import time
from pathlib import Path

import children
import pytest

from jupyter_imagegen.errors import HomeError, StoreError

SCRIPT = shutil.which("jupyter-imagegen", path=str(Path(sys.executable).parent))
MARKER = "imagegen-home.txt"
LONG_AGO = time.time() - 30 * 86_400
links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def command(*words, home, cwd=".", **environ):
    """How a command ended, in a process of its own."""
    return children.command(*words, cwd=cwd, IMAGEGEN_HOME=str(home), **environ)


def put(path, text="somebody's work"):
    """A file that was last changed a month ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def everything(folder):
    """Every name under a folder with its kind, bytes and time of change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        at = path.lstat()
        held = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path.relative_to(folder))] = (at.st_mode, held, at.st_mtime_ns)
    return found, folder.stat().st_mode, folder.stat().st_mtime_ns


@pytest.fixture
def user(tmp_path):
    """A person's folder: dot files, a project with folders of our names, downloads."""
    folder = tmp_path / "ada"
    for name in (
        ".bashrc",
        ".ssh/id_ed25519",
        "project/incoming/orders.json",
        "project/incoming/host-12345-0123456789abcdef.part",
        "project/incoming/done-0123456789abcdef.json",
        "project/pictures/cat.png",
        f"project/pictures/ab/{'ab' * 32}.png",
        "project/locks/door.lock",
        f"project/locks/{'cd' * 32}.lock",
        "project/quarantine/letter.txt",
        "project/README.md",
        "downloads/film.part",
    ):
        put(folder / name)
    return folder


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    """A store with one picture, as a command left it."""
    folder = tmp_path_factory.mktemp("painted")
    words = ("generate", "a lighthouse", "--provider", "demo", "--json")
    made = command(*words, home=folder / "store", cwd=folder, HOME=str(folder))
    assert made.returncode == 0, made.stderr
    return folder / "store"


@pytest.fixture
def store(painted, tmp_path):
    """A store with one picture, for this test alone."""
    return shutil.copytree(painted, tmp_path / "store")


COMMANDS = (
    ("costs",),
    ("store", "gc"),
    ("store", "verify"),
    ("generate", "a lighthouse", "--provider", "demo"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_project_with_folders_of_our_names_is_refused_and_left_as_it_is(user, words):
    before = everything(user)
    ended = command(*words, home=user / "project")
    assert everything(user) == before
    assert ended.returncode == 8
    free = user / "project" / "imagegen"
    assert f"IMAGEGEN_HOME={free}" in ended.stderr
    assert command("costs", home=free).returncode == 0


@pytest.mark.parametrize("name", [".", "project", "project/incoming", "downloads"])
def test_no_folder_of_a_person_is_taken_without_a_word(user, name):
    before = everything(user)
    assert command("costs", home=user / name).returncode == 8
    assert everything(user) == before


def test_a_folder_of_own_pictures_is_taken_with_a_word(tmp_path):
    folder = tmp_path / "shots"
    for name in ("beach.jpg", "IMG_0001.HEIC", "plan.png"):
        put(folder / name)
    before = everything(folder)
    ended = command("generate", "a lighthouse", "--provider", "demo", "--json", home=folder, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert any("3 pictures of yours in it stay" in note for note in json.loads(ended.stdout)["notes"])
    assert before[0].items() <= everything(folder)[0].items()


@pytest.mark.parametrize(
    "other", ["notes.txt", "album/beach.jpg", "pictures/beach.jpg", "incoming/beach.jpg"]
)
def test_a_folder_with_more_than_own_pictures_is_refused(tmp_path, other):
    folder = tmp_path / "shots"
    put(folder / "beach.jpg")
    put(folder / other)
    before = everything(folder)
    assert command("costs", home=folder).returncode == 8
    assert everything(folder) == before


def test_the_home_of_a_person_is_no_store_even_where_it_is_empty(tmp_path):
    empty = tmp_path / "new"
    empty.mkdir(mode=0o755)
    before = everything(empty)
    ended = command("costs", home="~", HOME=str(empty), USERPROFILE=str(empty))
    assert (ended.returncode, everything(empty)) == (8, before)


def test_a_cell_in_a_folder_that_is_refused_says_so_and_paints_nothing(user, server, new_session):
    before = everything(user)
    session = new_session(environ={**os.environ, "IMAGEGEN_HOME": str(user / "project")})
    for provider in ("openai", "demo"):
        with pytest.raises(HomeError, match=r"cannot be the store's folder.*IMAGEGEN_HOME="):
            session.generate("a lighthouse", provider=provider)
    assert (server.calls, everything(user)) == (0, before)


@pytest.mark.parametrize(
    "litter",
    [
        (),
        (".DS_Store", "._x", "Thumbs.db", "desktop.ini"),
        ("lost+found/#123",),
        (".gitkeep", ".gitignore"),
        (".git/config", ".git/HEAD"),
        ("config.toml",),
        ("pictures/.DS_Store", "incoming/.gitkeep"),
    ],
)
def test_an_empty_folder_is_taken_with_what_systems_leave_in_one(tmp_path, litter):
    home = tmp_path / "data"
    home.mkdir()
    for name in litter:
        put(home / name)
    assert command("store", "gc", home=home).returncode == 0
    ended = command("budget", "5", "--per", "day", home=home)
    assert ended.returncode == 0, ended.stderr
    assert (home / MARKER).read_text() == "jupyter_imagegen home 1\n"
    assert [name for name in litter if (home / name).read_text() != "somebody's work"] == []


def test_a_new_home_is_marked_before_anything_else_is_in_it(tmp_path):
    home = tmp_path / "data"
    # The folders cannot be made, and the marker is there.
    put(home / "pictures")
    assert command("store", "gc", home=home).returncode == 8
    assert (home / MARKER).is_file()


def test_a_store_from_before_there_was_a_marker_is_known_by_its_index_and_marked(store):
    (store / MARKER).unlink()
    for recipe in store.glob("pictures/??/*.json"):
        recipe.unlink()
    put(store / "incoming" / "somebodys.txt")
    ended = command("history", home=store)
    assert "a lighthouse" in ended.stdout, ended.stderr
    assert (store / MARKER).is_file()


def test_a_store_whose_index_and_marker_are_lost_is_known_by_its_pictures(store):
    for path in (store / MARKER, *store.glob("imagegen.sqlite3*")):
        path.unlink()
    put(store / "notes.txt")
    ended = command("history", home=store)
    assert "a lighthouse" in ended.stdout, ended.stderr


@pytest.mark.parametrize("text", ["", "jupyter_im", "\0" * 24])
def test_a_marker_that_was_not_written_whole_is_good_enough_in_a_store(store, text):
    (store / MARKER).write_text(text)
    assert "a lighthouse" in command("history", home=store).stdout


def test_the_home_of_a_newer_version_is_left_as_it_is(store):
    (store / MARKER).write_text("jupyter_imagegen home 2\n")
    before = everything(store)
    ended = command("store", "gc", home=store)
    assert (ended.returncode, everything(store)) == (8, before)
    assert "Upgrade jupyter-imagegen" in ended.stderr


@pytest.mark.parametrize("name", ["pictures", "incoming", "unread", "locks", "imagegen.sqlite3", MARKER])
@links
def test_a_store_with_a_link_in_place_of_what_is_its_own_is_refused_by_name(store, user, name):
    elsewhere = user / "downloads" / name
    shutil.move(store / name, elsewhere)
    (store / name).symlink_to(os.path.relpath(elsewhere, store))
    if elsewhere.is_dir():
        put(elsewhere / "host-12345-0123456789abcdef.part")
    before = everything(user)
    for words in (("costs",), ("store", "gc")):
        ended = command(*words, home=store)
        assert ended.returncode == 8, words
        assert f"{store / name} is a link" in ended.stderr
    assert everything(user) == before


@links
def test_a_folder_of_links_is_refused_and_what_they_lead_to_is_left_as_it_is(user):
    lesson = user / "project" / "lesson"
    lesson.mkdir()
    (lesson / "incoming").symlink_to("../..")
    before = everything(user)
    for words in COMMANDS:
        assert command(*words, home=lesson).returncode == 8
    assert everything(user) == before


@links
def test_the_home_itself_may_be_a_link_to_a_larger_disk(store, tmp_path):
    disk = tmp_path / "disk"
    store.rename(disk)
    store.symlink_to(disk)
    assert "a lighthouse" in command("history", home=store).stdout
    disk.rename(tmp_path / "taken away")
    ended = command("history", home=store)
    assert ended.returncode == 8
    assert f"is a link to {disk}, which does not exist" in ended.stderr


def test_names_that_are_not_ours_stay_in_a_store_however_old_they_are(store):
    theirs = [
        put(store / name)
        for name in (
            "incoming/orders.json",
            "incoming/film.part",
            "incoming/done-1.json",
            "incoming/host-1-2.part",
            "incoming/.DS_Store",
            "incoming/host-99999-0123456789abcdef.txt",
        )
    ]
    ours = put(store / "incoming" / "elsewhere-1-0123456789abcdef.part")
    for words in (("costs",), ("store", "gc")):
        assert command(*words, home=store).returncode == 0
    assert [path for path in theirs if path.read_text() != "somebody's work"] == []
    assert not ours.exists()


def make_kind(kind, path):
    if kind == "folder":
        path.mkdir()
        put(path / "kept.txt")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as end:
            # A socket's whole path has 107 bytes at most.
            end.bind(os.path.relpath(path))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes and sockets in folders")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("imagegen.sqlite3", "pipe"),
        ("imagegen.sqlite3-wal", "folder"),
        (MARKER, "folder"),
        ("opening.lock", "pipe"),
        ("pictures", "pipe"),
        ("incoming", "socket"),
    ],
)
def test_what_is_no_file_or_folder_in_the_place_of_one_is_named_and_left_alone(store, name, kind):
    path = store / name
    if path.is_dir():
        shutil.move(path, path.with_name("aside"))
    path.unlink(missing_ok=True)
    make_kind(kind, path)
    before = everything(store)[0][name]
    ended = command("store", "gc", home=store)
    assert (ended.returncode, everything(store)[0][name]) == (8, before)
    assert str(path) in ended.stderr


def test_a_file_in_the_place_of_a_folder_is_named_and_left_alone(store):
    shutil.rmtree(store / "locks")
    put(store / "locks")
    ended = command("store", "gc", home=store)
    assert (ended.returncode, (store / "locks").read_text()) == (8, "somebody's work")
    assert str(store / "locks") in ended.stderr


@links
@pytest.mark.parametrize("kind", ["link", "link to the same", "pipe", "folder"])
def test_a_picture_with_something_else_in_its_place_is_not_paid_for_again(
    session, server, new_session, home, tmp_path, kind
):
    original = session.generate("a lighthouse").images[0].path
    elsewhere = tmp_path / "elsewhere.png"
    shutil.move(original, elsewhere)
    if kind == "link":
        put(elsewhere)
    if kind.startswith("link"):
        original.symlink_to(elsewhere)
    else:
        make_kind(kind, original)
    before = (everything(home / "pictures")[0], elsewhere.read_bytes())
    again = new_session()
    with pytest.raises(StoreError, match=re.escape(str(original))):
        again.generate("a lighthouse")
    pictures = again.workshop.storage.pictures
    assert pictures.verify().missing == (original.stem,)
    assert pictures.export(tmp_path / "out.zip").skipped == (original.stem,)
    assert any(original in (path, *path.parents) for path in pictures.gc().foreign)
    assert (everything(home / "pictures")[0], elsewhere.read_bytes(), server.calls) == (*before, 1)


@links
def test_a_folder_of_pictures_that_is_a_link_is_refused_by_name_also_in_a_kernel_that_has_it_open(
    session, server, new_session, tmp_path
):
    folder = session.generate("a lighthouse").images[0].path.parent
    elsewhere = tmp_path / "elsewhere"
    shutil.move(folder, elsewhere)
    folder.symlink_to(elsewhere)
    before = everything(elsewhere)
    for one in (session, new_session()):
        with pytest.raises(HomeError, match=f"{re.escape(str(folder))} is a link"):
            one.generate("a lighthouse")
    # At the opening: a picture that was paid for might belong there.
    with pytest.raises(HomeError, match=f"{re.escape(str(folder))} is a link"):
        new_session().accounts.costs()
    assert (everything(elsewhere), server.calls) == (before, 1)


@links
@pytest.mark.parametrize("name", ["incoming", "quarantine", "pictures", "locks", "unread"])
def test_a_folder_that_becomes_a_link_while_a_kernel_runs_is_written_and_swept_no_more(
    session, server, home, user, name
):
    session.generate("a lighthouse")
    storage = session.workshop.storage
    damaged = storage.pictures.find(session.last.key)[0].path
    shutil.rmtree(home / name)
    (home / name).symlink_to(user / "project" / name)
    if damaged.exists():
        damaged.write_bytes(b"noise")
    before = everything(user)
    for act in (
        lambda: session.generate("a lighthouse"),
        lambda: session.generate("a fox"),
        storage.pictures.gc,
        storage.pictures.verify,
        lambda: storage.pictures.delete(session.last.key, 0),
    ):
        with contextlib.suppress(StoreError):
            act()
    assert everything(user) == before


def test_a_home_whose_marker_is_taken_away_while_a_kernel_runs_is_swept_no_more(session, home):
    session.generate("a lighthouse", provider="demo")
    (home / MARKER).unlink()
    left = put(home / "incoming" / "elsewhere-1-0123456789abcdef.part")
    session.generate("a fox", provider="demo")
    with pytest.raises(StoreError, match=f"no longer has the file {MARKER}"):
        session.workshop.storage.pictures.gc()
    assert left.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "../../../victim"},
        {"mime": ["image/png"]},
        {"sample": -1},
        {"width": 2**70},
        {"cost_usd": "1e40"},
        {"cost_usd": "-5"},
        {"prompt": 5},
        {"seconds": float("nan")},
        {"inputs": []},
    ],
    ids=str,
)
def test_a_recipe_that_no_store_wrote_is_not_followed_anywhere(store, new_session, changed):
    (recipe,) = store.glob("pictures/??/*.json")
    told = json.loads(recipe.read_bytes())
    for path in store.glob("imagegen.sqlite3*"):
        path.unlink()
    recipe.write_text(json.dumps(told | changed))
    put(store / "incoming" / "done-0123456789abcdef.json", recipe.read_text())
    assert new_session(environ={"IMAGEGEN_HOME": str(store)}).accounts.history() == []
    assert not list(store.parent.rglob("victim*"))


def test_a_cassette_that_is_written_takes_away_its_own_leftovers_only(store, tmp_path):
    theirs = put(tmp_path / ".lesson.cassette.notes.part")
    ours = put(tmp_path / ".lesson.cassette.0123abcd.part")
    ended = command("cassette", "add", "last", "--to", "lesson.cassette", home=store, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert (theirs.exists(), ours.exists()) == (True, False)


def test_gc_and_verify_name_what_is_not_the_stores(store):
    put(store / "incoming" / "orders\x1b[31m.json")
    put(store / "notes.txt")
    told = command("store", "gc", home=store)
    assert "left alone" in told.stdout
    assert f"{store / 'notes.txt'}" in told.stdout
    assert "\x1b" not in told.stdout
    listed = json.loads(command("store", "verify", "--json", home=store).stdout)["report"]["foreign"]
    assert sorted(Path(path).name for path in listed) == ["notes.txt", "orders\x1b[31m.json"]
