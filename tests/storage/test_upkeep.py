from __future__ import annotations

import hashlib
import time
import zipfile

import pytest

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files, upkeep
from jupyter_imagegen.storage.recipes import recipe_from_bytes

LATER = upkeep.UNREFERENCED_AFTER + 60


def test_verify_reads_everything_and_says_what_is_wrong(storage, draw, png):
    images = [draw(storage, f"picture {number}").keep(png(number)) for number in range(4)]
    images[0].path.write_bytes(b"noise")
    images[1].path.unlink()
    stray = images[2].path.with_name(f"{'0' * 64}.png")
    stray.write_bytes(b"stray")
    seen = []
    report = storage.pictures.verify(lambda done, whole: seen.append((done, whole)))
    assert report.checked == 4
    assert report.damaged == (images[0].digest,)
    assert report.missing == (images[1].digest,)
    assert report.unknown == (stray,)
    assert not report.sound
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert storage.pictures.verify().damaged == (images[0].digest,)


def test_gc_removes_leftovers_and_never_a_picture_in_use(storage, drawing, png):
    images = [drawing.keep(png(number)) for number in range(3)]
    folder = images[0].path.parent
    stray = folder / f"{'0' * 64}.png"
    stray.write_bytes(b"x" * 1000)
    (folder / f"{'0' * 64}.preview.jpg").write_bytes(b"x" * 10)
    (folder / "my notes.txt").write_text("not ours")
    assert storage.pictures.gc().removed == 0
    report = upkeep.collect(storage.pictures, now=lambda: time.time() + LATER)
    assert (report.removed, report.freed_bytes) == (1, 10)
    assert not stray.exists()
    assert [path.read_bytes() for path in report.quarantined] == [b"x" * 1000]
    assert (folder / "my notes.txt").exists()
    assert [image.bytes for image in storage.pictures.find(drawing.key)] == [png(0), png(1), png(2)]
    assert [image.preview.mime for image in images] == ["image/jpeg"] * 3
    assert len(list(storage.home.glob("pictures/*/*.json"))) == 3


def test_gc_takes_a_restored_backup_into_the_index_and_does_not_delete_it(
    home, opened, tmp_path, draw, png, clock
):
    other = opened(folder=tmp_path / "other")
    one = draw(other, "a lighthouse")
    image = one.keep(png())
    store = opened()
    target = home / "pictures" / image.digest[:2]
    target.mkdir()
    for path in image.path.parent.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    report = upkeep.collect(store.pictures, now=lambda: time.time() + LATER)
    assert report.adopted == 1
    assert store.pictures.find(one.key)[0].bytes == png()


def test_gc_leaves_quarantine_alone(storage, drawing, png):
    image = drawing.keep(png())
    image.path.write_bytes(b"noise")
    storage.pictures.verify()
    upkeep.collect(storage.pictures, now=lambda: time.time() + LATER)
    assert len(list((storage.home / "quarantine").iterdir())) == 1


def test_an_export_holds_originals_and_recipes_and_is_the_same_each_time(storage, draw, png, tmp_path):
    one, two = draw(storage, "one"), draw(storage, "two")
    one.keep(png(0))
    one.keep(png(1))
    two.keep(png(0))
    first = storage.pictures.export(tmp_path / "a.zip")
    storage.pictures.export(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert (first.pictures, first.recipes, first.skipped) == (2, 3, ())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            if name.startswith("pictures/"):
                assert hashlib.sha256(archive.read(name)).hexdigest() in name
            else:
                assert recipe_from_bytes(archive.read(name)).key in {one.key, two.key}
    assert storage.pictures.export(tmp_path / "c.zip", keys=[two.key]).recipes == 1


def test_an_export_overwrites_nothing_unless_told_and_leaves_no_half_file(storage, drawing, png, tmp_path):
    drawing.keep(png())
    target = tmp_path / "a.zip"
    target.write_bytes(b"mine")
    with pytest.raises(StoreError, match="exists"):
        storage.pictures.export(target)
    assert target.read_bytes() == b"mine"
    assert storage.pictures.export(target, overwrite=True).pictures == 1
    with pytest.raises(StoreError, match="could not be written"):
        storage.pictures.export(tmp_path / "no" / "folder.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "imagegen-home"]


def test_an_export_leaves_damaged_pictures_out_and_says_so(storage, draw, png, tmp_path):
    good, bad = draw(storage, "one").keep(png(0)), draw(storage, "two").keep(png(1))
    bad.path.write_bytes(b"noise")
    gone = draw(storage, "three").keep(png(2))
    gone.path.unlink()
    report = storage.pictures.export(tmp_path / "a.zip")
    assert report.skipped == tuple(sorted((bad.digest, gone.digest)))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert f"pictures/{good.digest}.png" in archive.namelist()
        assert f"pictures/{bad.digest}.png" not in archive.namelist()


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b"\xff", b'{"recipe": 2}', b'{"recipe": "x"}', b'{"recipe": null}'],
)
def test_what_is_not_a_recipe_is_passed_over(text):
    assert recipe_from_bytes(text) is None


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_one_picture_that_is_not_right_is_enough_for_a_store_not_to_be_sound(storage, drawing, png, how):
    image = drawing.keep(png())
    assert storage.pictures.verify().sound
    if how == "damaged":
        image.path.write_bytes(b"noise")
    else:
        image.path.unlink()
    assert not storage.pictures.verify().sound


def test_gc_counts_all_it_takes_in_past_what_it_knows_and_what_it_cannot_read(
    home, opened, tmp_path, draw, png
):
    other, store = opened(folder=tmp_path / "other"), opened()
    # One is known here already, and has the number that one of theirs has there.
    draw(store, "picture 0").keep(png(9))
    theirs = [draw(other, f"picture {number}") for number in range(3)]
    images = [each.keep(png(number)) for number, each in enumerate(theirs)]
    for image in images[:2]:
        target = home / "pictures" / image.digest[:2]
        target.mkdir(exist_ok=True)
        for path in image.path.parent.iterdir():
            (target / path.name).write_bytes(path.read_bytes())
    unreadable = home / "pictures" / "00"
    unreadable.mkdir(exist_ok=True)
    (unreadable / f"{'0' * 64}.{'0' * 16}-0.json").write_text("{")
    pending = home / "incoming" / "done-0123456789abcdef.json"
    pending.write_bytes(other.pictures.shelf.recipe(images[2].digest, theirs[2].key, 0).read_bytes())
    pending.with_suffix(".part").write_bytes(png(2))
    assert store.pictures.gc().adopted == 3
    assert [image.bytes for image in store.pictures.find(theirs[0].key)] == [png(9), png(0)]
    assert store.pictures.find(theirs[1].key)[0].bytes == png(1)
    assert store.pictures.find(theirs[2].key)[0].bytes == png(2)
    moved = store.pictures.shelf.recipe(images[0].digest, theirs[0].key, 1)
    assert recipe_from_bytes(moved.read_bytes()).sample == 1
    assert store.pictures.gc().adopted == 0


def test_gc_puts_a_garbled_recipe_of_no_sample_aside_after_a_day_and_no_other(storage, drawing, png):
    image = drawing.keep(png())
    recipe = storage.pictures.shelf.recipe(image.digest, drawing.key, 0)
    stray = recipe.with_name(recipe.name.replace("-0.json", "-7.json"))
    stray.write_text("{")
    assert storage.pictures.gc().quarantined == ()
    report = upkeep.collect(storage.pictures, now=lambda: time.time() + LATER)
    assert (report.removed, [path.name for path in report.quarantined]) == (0, [stray.name])
    assert recipe.exists()
    assert not stray.exists()


def test_an_export_that_fails_at_its_end_leaves_nothing_behind(storage, drawing, png, tmp_path, monkeypatch):
    drawing.keep(png())
    folder = tmp_path / "export"
    folder.mkdir()

    def refuse(*_more, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "move", refuse)
        with pytest.raises(StoreError, match=r"could not be written \(No space left on device\)"):
            storage.pictures.export(folder / "all.zip")
    assert list(folder.iterdir()) == []
    report = storage.pictures.export(folder / "all.zip")
    with zipfile.ZipFile(folder / "all.zip") as archive:
        names = archive.namelist()
    assert (report.pictures, report.recipes) == (1, 1)
    assert f"recipes/{drawing.key}-0.json" in names
    assert len(names) == 2
