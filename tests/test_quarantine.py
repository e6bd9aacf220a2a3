"""Tidying up deletes no picture: what has no readable recipe is put aside, said, and taken back when it can be."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from pathlib import Path

import pytest
from big_store import bytes_of, fill, recipe_of

from jupyter_imagegen.cli import main
from jupyter_imagegen.storage import open_storage

LONG_AGO = time.time() - 200_000
NEWER = b'{"recipe": 2, "what": "only a later version knows"}'


def now():
    return datetime.now().astimezone()


@pytest.fixture
def store(home):
    """An open store with three pictures that its index knows."""
    open_storage(home, now=now, session="s").close()
    fill(home, 3)
    storage = open_storage(home, now=now, session="s")
    yield storage
    storage.close()


def put(home, number, recipe=None, *, mtime=LONG_AGO, ending="png"):
    """A picture in the store's folder that the index does not know; its original and its recipe's place."""
    told = recipe_of(number)
    original = home / "pictures" / told.digest[:2] / f"{told.digest}.{ending}"
    original.parent.mkdir(exist_ok=True)
    beside = original.with_name(f"{told.digest}.{told.key[:16]}-0.json")
    original.write_bytes(bytes_of(number))
    if recipe is not None:
        beside.write_bytes(recipe)
        os.utime(beside, (mtime, mtime))
    os.utime(original, (mtime, mtime))
    return original, beside


def aside(home):
    """What is in quarantine, by the place that it had."""
    return {
        str(Path(*path.relative_to(home / "quarantine").parts[1:])): path.read_bytes()
        for path in (home / "quarantine").rglob("*")
        if path.is_file()
    }


GARBLED = {
    "missing": None,
    "empty": b"",
    "cut": recipe_of(10).to_bytes()[:200],
    "zeros": bytes(900),
    "a list": b"[1]",
    "a number": b"7",
    "no form": b"{}",
    "endless": b'{"recipe": 1e999}',
    "of form zero": b'{"recipe": 0}',
    "form as a word": b'{"recipe": "2"}',
    "form true": b'{"recipe": true}',
    "deep": b"[" * 100_000,
    "a key that is none": recipe_of(10).to_bytes().replace(recipe_of(10).key.encode(), b"x" * 64),
}


@pytest.mark.parametrize("kind", GARBLED)
def test_a_picture_without_a_readable_recipe_is_put_aside_with_what_is_beside_it(store, home, kind):
    original, recipe = put(home, 10, GARBLED[kind])
    report = store.pictures.gc()
    wanted = {str(original.relative_to(home)): bytes_of(10)}
    if GARBLED[kind] is not None:
        wanted[str(recipe.relative_to(home))] = GARBLED[kind]
    assert aside(home) == wanted
    assert {path.read_bytes() for path in report.quarantined} == set(wanted.values())
    assert (report.removed, report.freed_bytes) == (0, 0)
    assert not original.exists()
    assert not recipe.exists()
    assert store.pictures.verify().sound
    assert store.pictures.verify().foreign == ()
    assert store.pictures.gc().quarantined == ()


def test_what_is_younger_than_a_day_stays_for_whoever_is_just_writing_it(store, home):
    put(home, 10, b"{", mtime=time.time())
    assert store.pictures.gc().quarantined == ()
    assert aside(home) == {}


def test_what_only_a_newer_version_can_read_stays_and_is_named(store, home, capsys):
    original, recipe = put(home, 10, NEWER)
    small = original.with_suffix(".preview.jpg")
    small.write_bytes(b"small")
    os.utime(small, (LONG_AGO, LONG_AGO))
    report = store.pictures.gc()
    assert (report.newer, report.quarantined, report.removed) == ((recipe,), (), 0)
    assert (original.read_bytes(), small.read_bytes()) == (bytes_of(10), b"small")
    assert store.pictures.verify().newer == (recipe,)
    assert main(["store", "gc"]) == 0
    assert str(recipe) in capsys.readouterr().out


def test_a_newer_recipe_beside_a_garbled_one_keeps_everything_where_it_is(store, home):
    original, recipe = put(home, 10, b"{")
    newer = recipe.with_name(recipe.name.replace("-0.json", "-1.json"))
    newer.write_bytes(NEWER)
    assert store.pictures.gc().quarantined == ()
    assert original.exists()
    assert recipe.exists()


@pytest.mark.parametrize("where", ["quarantine", "pictures"])
@pytest.mark.parametrize("how", ["gc", "reread"])
def test_a_picture_comes_back_when_its_recipe_can_be_read(store, home, capsys, where, how):
    original, recipe = put(home, 10, b"")
    (moved,) = [path for path in store.pictures.gc().quarantined if path.suffix == ".png"]
    (recipe if where == "pictures" else moved.with_name(recipe.name)).write_bytes(recipe_of(10).to_bytes())
    if how == "reread" and where == "quarantine":
        assert main(["store", "reread", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["taken_back"] == 1
    else:
        assert store.pictures.gc().adopted == 1
    assert [image.bytes for image in store.pictures.find(recipe_of(10).key)] == [bytes_of(10)]
    assert original.exists()
    assert recipe.exists()
    assert store.pictures.verify().sound


def test_pictures_put_aside_at_different_times_never_overwrite_each_other(store, home):
    for text in (b"one", b"two"):
        put(home, 10, text)
        store.pictures.gc()
    assert sorted(path.read_bytes() for path in (home / "quarantine").rglob("*.json")) == [b"one", b"two"]
    assert len(list((home / "quarantine").rglob("*.png"))) == 2


def test_a_damaged_picture_that_is_put_back_is_shown_again(store, home):
    told = recipe_of(0)
    original = home / "pictures" / told.digest[:2] / f"{told.digest}.png"
    original.write_bytes(b"noise")
    assert store.pictures.verify().damaged == (told.digest,)
    original.write_bytes(bytes_of(0))
    assert store.pictures.verify().sound
    assert [image.bytes for image in store.pictures.find(told.key)] == [bytes_of(0)]


def test_bytes_that_were_put_aside_and_are_right_after_all_come_back(store, home):
    """A disk that gave wrong bytes for a moment."""
    told = recipe_of(0)
    original = home / "pictures" / told.digest[:2] / f"{told.digest}.png"
    original.write_bytes(b"noise")
    store.pictures.verify()
    (put_aside,) = (home / "quarantine").glob("*.png")
    put_aside.write_bytes(bytes_of(0))
    assert store.pictures.take_back() == 1
    assert store.pictures.verify().sound
    assert aside(home) == {}


def test_a_recipe_whose_picture_is_gone_stays_for_the_day_that_it_is_copied_back(store, home):
    original, recipe = put(home, 10, recipe_of(10).to_bytes())
    original.unlink()
    assert store.pictures.gc().quarantined == ()
    assert recipe.exists()
    original.write_bytes(bytes_of(10))
    assert store.pictures.gc().adopted == 1


def test_what_only_the_disk_hides_for_a_moment_is_left_alone_and_named(store, home, monkeypatch):
    """A shim's errno: EIO for one recipe and one folder, as a failing disk gives it."""
    original, recipe = put(home, 10, b"{")
    other, _ = put(home, 11, b"{")
    really_open, really_scan = os.open, os.scandir

    def failing_open(path, *rest, **more):
        if Path(path) == recipe:
            raise OSError(5, "Input/output error", str(path))
        return really_open(path, *rest, **more)

    def failing_scan(path="."):
        if Path(path) == other.parent:
            raise OSError(5, "Input/output error", str(path))
        return really_scan(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing_open)
        patch.setattr(os, "scandir", failing_scan)
        report, verified = store.pictures.gc(), store.pictures.verify()
    assert set(report.hidden) == {recipe, other.parent}
    assert set(verified.hidden) == {recipe, other.parent}
    assert not verified.sound
    assert aside(home) == {}
    assert original.exists()
    assert other.exists()


def test_verify_and_doctor_count_and_name_what_cannot_be_read_and_what_lacks_the_other(store, home, capsys):
    _, garbled = put(home, 10, b"{")
    _, newer = put(home, 11, NEWER)
    gone, without = recipe_of(0), recipe_of(1)
    (home / "pictures" / gone.digest[:2] / f"{gone.digest}.png").unlink()
    (home / "pictures" / without.digest[:2] / f"{without.digest}.{without.key[:16]}-0.json").unlink()
    report = store.pictures.verify()
    assert (report.garbled, report.newer, report.without_recipe) == ((garbled,), (newer,), 1)
    assert {path.name[:64] for path in report.unknown} == {recipe_of(10).digest, recipe_of(11).digest}
    assert report.missing == (gone.digest,)
    main(["store", "verify"])
    said = capsys.readouterr().out
    assert str(garbled) in said
    assert str(newer) in said
    assert "1 picture has no recipe" in said
    main(["doctor"])
    said = " ".join(capsys.readouterr().out.split())
    for told in (
        "1 picture in the index has no file",
        "2 pictures are not in the index",
        "1 recipe is damaged",
        "1 recipe was written by a newer version",
        "1 picture has no recipe",
    ):
        assert told in said


def test_forgetting_reaches_what_was_put_aside(store, home):
    put(home, 10, recipe_of(10).to_bytes()[:-3])
    store.pictures.gc()
    assert main(["forget", "--prompt", "the 10th painter", "--yes"]) == 0
    assert aside(home) == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_file_of_ours_is_neither_followed_nor_moved_and_is_named(store, home, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    told = [recipe_of(number) for number in range(20, 24)]
    put(home, 20, b"{")[0].rename(outside / "original.png")
    link = home / "pictures" / told[0].digest[:2] / f"{told[0].digest}.png"
    link.symlink_to(outside / "original.png")
    folder = home / "pictures" / told[1].digest[:2] / f"{told[1].digest}.png"
    folder.mkdir(parents=True)
    pipe = home / "pictures" / told[2].digest[:2] / f"{told[2].digest}.{'0' * 16}-0.json"
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    stray = home / "pictures" / told[0].digest[:2] / f"{told[0].digest}.png\n"
    stray.write_bytes(b"a name with a newline")
    aside_link = home / "quarantine" / "20261129-000000-abcd"
    aside_link.symlink_to(outside)
    report = store.pictures.gc()
    assert {path.suffix for path in report.quarantined} == {".json"}
    assert {link, folder, pipe, stray, aside_link} <= {
        *report.foreign,
        *(path.parent for path in report.foreign),
    }
    assert [path.name for path in outside.iterdir()] == ["original.png"]
    assert store.pictures.verify().sound


def test_files_that_vanish_while_they_are_listed_are_no_error(store, home):
    """A thread takes away and puts back what is being tidied."""
    import threading

    made = [put(home, number, b"{", mtime=time.time()) for number in range(20, 40)]
    done = threading.Event()

    def flicker():
        while not done.is_set():
            for original, recipe in made:
                original.unlink(missing_ok=True)
                recipe.unlink(missing_ok=True)
                for path in (original, recipe):
                    path.write_bytes(b"{")

    thread = threading.Thread(target=flicker)
    thread.start()
    try:
        for _ in range(5):
            assert store.pictures.gc().quarantined == ()
            store.pictures.verify()
    finally:
        done.set()
        thread.join()
    assert store.pictures.verify().checked == 3
