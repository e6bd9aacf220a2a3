from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jupyter_imagegen import imaging
from jupyter_imagegen.core.request import EditRequest, InputImage
from jupyter_imagegen.core.results import Preview
from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.errors import DamagedPictureError, ImagegenError, StoreError
from jupyter_imagegen.imaging import Inspected
from jupyter_imagegen.storage import entering, files
from jupyter_imagegen.storage.charges import shares
from jupyter_imagegen.storage.recipes import recipe_from_bytes


def damage(path, how, other):
    data = path.read_bytes()
    if how == "flipped":
        path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    elif how == "cut":
        path.write_bytes(data[:-1])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "swapped":
        path.write_bytes(other)


def test_bytes_come_back_exactly_as_they_were_received(opened, drawing, png):
    kept = drawing.keep(png(), alt="a tower", notebook="lesson.ipynb", seconds=8.5)
    assert kept.origin == "provider"
    (found,) = opened().pictures.find(drawing.key)
    assert found.origin == "store"
    assert found.bytes == png()
    assert found.path.read_bytes() == png()
    assert (found.sample, found.width, found.size_bytes, found.seconds) == (0, 8, len(png()), 8.5)
    assert found.made_at == kept.made_at


def test_a_hit_imports_neither_pillow_nor_filelock(home, drawing, png):
    drawing.keep(png())
    code = (
        "import sys, pathlib; from datetime import datetime, UTC\n"
        "from jupyter_imagegen.storage import open_storage\n"
        "assert 'sqlite3' not in sys.modules\n"
        f"s = open_storage(pathlib.Path({str(home)!r}), now=lambda: datetime.now(UTC), session='s')\n"
        f"(i,) = s.pictures.find({drawing.key!r}); i.bytes; i.preview; s.close()\n"
        "print(sorted({'PIL', 'filelock', 'openai', 'zipfile', 'tempfile'} & set(sys.modules)))"
    )
    import subprocess

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_samples_are_numbered_in_the_order_they_came(drawing, png):
    assert [drawing.keep(png(number)).sample for number in range(3)] == [0, 1, 2]
    assert [image.bytes for image in drawing.storage.pictures.find(drawing.key, 2)] == [png(0), png(1)]
    assert drawing.storage.pictures.count(drawing.key) == 3
    assert drawing.storage.pictures.next_sample(drawing.key) == 3


def test_a_number_that_is_taken_never_pushes_a_picture_out(drawing, png):
    drawing.keep(png(0), sample=0)
    assert drawing.keep(png(1), sample=0).sample == 1
    assert [image.bytes for image in drawing.storage.pictures.find(drawing.key)] == [png(0), png(1)]
    assert {path.name[-6:] for path in drawing.storage.home.glob("pictures/*/*.json")} == {"0.json", "1.json"}


def test_the_same_bytes_for_two_requests_are_one_file(storage, draw, png):
    one, two = draw(storage, "one"), draw(storage, "two")
    one.keep(png())
    two.keep(png())
    assert one.storage.pictures.find(one.key)[0].path == storage.pictures.find(two.key)[0].path
    assert storage.pictures.verify().checked == 1


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "swapped"])
def test_a_damaged_picture_is_put_aside_and_never_shown(opened, drawing, png, how):
    image = drawing.keep(png(0))
    damage(image.path, how, png(7))
    fresh = opened()
    assert fresh.pictures.find(drawing.key) == []
    assert fresh.pictures.count(drawing.key) == 0
    assert not image.path.exists()
    assert len(list((fresh.home / "quarantine").iterdir())) == 1
    assert fresh.pictures.next_sample(drawing.key) == 1
    assert fresh.pictures.entry("last").lost == 1
    with pytest.raises(StoreError):
        image.preview.data  # noqa: B018  # loads it


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "swapped"])
def test_loading_checks_the_digest_even_after_it_was_found(storage, drawing, png, how):
    drawing.keep(png(0))
    (image,) = storage.pictures.find(drawing.key)
    damage(image.path, how, png(7))
    with pytest.raises(DamagedPictureError, match="no longer what was received"):
        image.bytes  # noqa: B018  # loads it
    assert not image.path.exists()
    assert storage.pictures.find(drawing.key) == []


def test_a_picture_damaged_after_it_was_seen_is_noticed_by_its_time_of_change(storage, drawing, png):
    image = drawing.keep(png(0))
    assert storage.pictures.count(drawing.key) == 1
    stat = image.path.stat()
    damage(image.path, "flipped", b"")
    os.utime(image.path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    assert storage.pictures.count(drawing.key) == 0


def test_a_missing_picture_is_left_out_and_back_when_its_file_is(storage, drawing, png):
    image = drawing.keep(png())
    image.path.unlink()
    assert storage.pictures.find(drawing.key) == []
    with pytest.raises(StoreError, match="cannot be read"):
        image.bytes  # noqa: B018  # loads it
    image.path.write_bytes(png())
    assert storage.pictures.find(drawing.key)[0].bytes == png()


def test_a_damaged_picture_that_comes_again_is_whole_again(opened, drawing, png):
    image = drawing.keep(png())
    damage(image.path, "empty", b"")
    store = opened()
    assert store.pictures.count(drawing.key) == 0
    drawing.keep(png(), sample=0)
    assert [image.bytes for image in store.pictures.find(drawing.key)] == [png()]


def test_one_damaged_picture_of_three_leaves_the_other_two(opened, drawing, png):
    images = [drawing.keep(png(number)) for number in range(3)]
    damage(images[1].path, "cut", b"")
    assert [image.sample for image in opened().pictures.find(drawing.key)] == [0, 2]
    assert [image.sample for image in opened().pictures.find(drawing.key, 2)] == [0, 2]


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "swapped", "missing"])
def test_a_bad_preview_is_never_shown_but_made_again(storage, drawing, png, how):
    image = drawing.keep(png())
    right = image.preview
    (path,) = storage.home.glob("pictures/*/*.preview.*")
    if how == "missing":
        path.unlink()
    else:
        damage(path, how, png(9))
    assert image.preview == right
    assert path.read_bytes() == right.data


def test_a_preview_that_cannot_be_written_is_still_shown(storage, drawing, png):
    image = drawing.keep(png())
    (path,) = storage.home.glob("pictures/*/*.preview.*")
    path.unlink()
    path.mkdir()
    assert image.preview.mime == "image/jpeg"


def test_a_preview_that_was_made_before_is_kept_as_it_is(storage, drawing, png):
    given = Preview(data=b"small", mime="image/jpeg", width=4, height=4)
    drawing.keep(png(), preview=given)
    assert storage.pictures.find(drawing.key)[0].preview == given


def test_what_was_received_is_on_disk_before_it_is_decoded_and_enters_after(storage, drawing, png):
    received = storage.pictures.receive(
        key=drawing.key, namespace=None, request=drawing.request, provider="openai", data=png()
    )
    assert received.writer.path(".part").read_bytes() == png()
    assert storage.pictures.find(drawing.key) == []
    image = storage.pictures.enter(received, drawing.inspected, None)
    assert [found.bytes for found in storage.pictures.find(drawing.key)] == [image.bytes] == [png()]
    assert image.preview.mime == "image/jpeg"
    assert list(storage.home.glob("incoming/*")) == []


def test_a_picture_that_was_just_kept_says_what_it_will_say_when_it_is_found(storage, drawing, png):
    kept = drawing.keep(png(), cost_usd=Decimal("0.01"), seconds=2.5, revised_prompt="a tower")
    assert (kept.origin, kept.size_bytes) == ("provider", len(png()))
    assert storage.pictures.find(drawing.key) == [replace(kept, origin="store")]


def test_a_small_copy_that_the_index_refuses_costs_nothing_else(storage, drawing, png):
    storage._database.all(
        "CREATE TRIGGER full BEFORE UPDATE ON pictures BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    kept = drawing.keep(png())
    assert kept.bytes == png()
    assert kept.preview.mime == "image/jpeg"


@pytest.mark.parametrize("trouble", [ValueError, OSError, ImagegenError])
def test_a_picture_that_cannot_be_made_small_is_kept(storage, drawing, png, monkeypatch, trouble):
    def refuse(*_more, **_options):
        raise trouble("of this kind none is known")

    with monkeypatch.context() as patch:
        patch.setattr(imaging, "preview", refuse)
        assert drawing.keep(png()).bytes == png()
    assert storage.pictures.find(drawing.key)[0].preview.mime == "image/jpeg"


def test_a_recipe_that_the_disk_will_not_change_costs_nothing_else(storage, drawing, png, monkeypatch):
    kept = drawing.keep(png())

    def refuse(*_more, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_atomically", refuse)
    (priced,) = storage.pictures.price(drawing.key, [kept], cost=Decimal("0.01"))
    storage.pictures.set_favourite(drawing.key, 0, True)
    assert (priced.cost_usd, storage.pictures.find(drawing.key)[0].cost_usd) == (Decimal("0.01"),) * 2
    assert storage._database.one("SELECT favourite FROM samples")["favourite"] == 1


def test_a_picture_without_a_store_is_shown_all_the_same(storage, png):
    inspected = Inspected(mime="image/png", width=8, height=8, has_alpha=False)
    image = storage.pictures.unkept(data=png(), inspected=inspected, sample=2)
    assert (image.bytes, image.path, image.sample) == (png(), None, 2)
    assert (image.digest, image.size_bytes) == (files.sha256(png()), len(png()))
    assert (image.mime, image.width, image.height) == ("image/png", 8, 8)
    assert (image.origin, image.cost_usd, image.made_at) == ("provider", None, storage.pictures.now())
    assert image.preview.mime == "image/jpeg"
    small = Preview(data=b"small", mime="image/png", width=2, height=2)
    told = storage.pictures.unkept(
        data=png(), inspected=inspected, preview=small, seconds=2.5, revised_prompt="a tower"
    )
    assert told.preview == small
    assert (told.sample, told.seconds, told.revised_prompt) == (0, 2.5, "a tower")
    assert storage.pictures.unkept(data=png(), inspected=inspected).seconds == 0


def test_what_was_priced_without_a_request_id_keeps_the_one_it_had(storage, drawing, png):
    (image,) = storage.pictures.price(
        drawing.key, [drawing.keep(png(), request_id="req_0")], cost=Decimal("0.01")
    )
    path = storage.pictures.shelf.recipe(image.digest, drawing.key, 0)
    assert recipe_from_bytes(path.read_bytes()).request_id == "req_0"


def test_a_picture_that_is_not_there_has_no_small_copy(storage):
    with pytest.raises(StoreError, match="the store has no picture 0000"):
        storage.pictures.preview("0" * 64)


def test_a_file_is_read_for_its_digest_once_in_a_process(opened, drawing, png, monkeypatch):
    kept = drawing.keep(png(), revised_prompt="a tower")
    assert (kept.revised_prompt, kept.seconds) == ("a tower", 0)
    fresh, read = opened(), []
    digest = files.sha256
    monkeypatch.setattr(files, "sha256", lambda data: read.append(data) or digest(data))
    assert drawing.storage.pictures.count(drawing.key) == 1
    assert read == []  # it has written it itself
    for _ in range(3):
        assert fresh.pictures.count(drawing.key) == 1
    assert read == [png()]


def test_a_call_is_priced_to_the_last_nano_dollar(storage, drawing, png):
    images = [drawing.keep(png(number)) for number in range(3)]
    usage = Usage(text_input=13, image_output=588)
    priced = storage.pictures.price(
        drawing.key, images, cost=Decimal("0.01"), usage=usage, request_id="req_1"
    )
    assert sum(image.cost_usd for image in priced) == Decimal("0.01")
    assert [image.cost_usd for image in storage.pictures.find(drawing.key)] == [
        image.cost_usd for image in priced
    ]
    for image, part in zip(images, priced, strict=True):
        recipe = recipe_from_bytes(
            storage.pictures.shelf.recipe(image.digest, drawing.key, image.sample).read_bytes()
        )
        assert recipe.cost == part.cost_usd
        assert recipe.usage == '{"image_output":588,"text_input":13}'
        assert recipe.request_id == "req_1"
    rows = storage._database.all("SELECT usage, request_id FROM samples")
    assert {(row["usage"], row["request_id"]) for row in rows} == {
        ('{"image_output":588,"text_input":13}', "req_1")
    }
    assert shares(10, 3) == [4, 3, 3]
    assert shares(None, 2) == [None, None]


def test_an_unknown_cost_stays_unknown(storage, drawing, png):
    images = storage.pictures.price(drawing.key, [drawing.keep(png())], cost=None)
    assert images[0].cost_usd is None
    assert storage.pictures.find(drawing.key)[0].cost_usd is None
    assert storage.pictures.entry("last").cost_usd is None
    shelf = storage.pictures.shelf
    assert recipe_from_bytes(shelf.recipe(images[0].digest, drawing.key, 0).read_bytes()).cost_usd is None
    assert storage.pictures.price(drawing.key, [], cost=Decimal(1)) == []


def test_nothing_but_digests_of_input_pictures_is_written(storage, png):
    from jupyter_imagegen.core.keys import request_key

    secret = InputImage(
        data=b"the picture of my cat",
        digest="ab" * 32,
        mime="image/png",
        width=8,
        height=8,
        name="/home/cat.png",
    )
    request = EditRequest(
        model="gpt-image-2.5-flare",
        prompt="in winter",
        size="1024x1024",
        quality="low",
        images=(secret,),
        mask=secret,
    )
    key = request_key(request)
    inspected = Inspected(mime="image/png", width=8, height=8, has_alpha=False)
    storage.pictures.keep(
        key=key, namespace=None, request=request, provider="openai", data=png(), inspected=inspected
    )
    assert storage.pictures.entry(key).inputs == {"images": ["ab" * 32], "mask": "ab" * 32}
    written = b"".join(path.read_bytes() for path in storage.home.rglob("*") if path.is_file())
    assert b"my cat" not in written
    assert b"cat.png" not in written


def test_whose_the_key_is_stands_in_the_index_and_in_the_recipe(storage, drawing, png):
    image = storage.pictures.keep(
        key=drawing.key,
        namespace="demo",
        request=drawing.request,
        provider="demo",
        data=png(),
        inspected=drawing.inspected,
    )
    entry = storage.pictures.entry("last")
    recipe = recipe_from_bytes(storage.pictures.shelf.recipe(image.digest, drawing.key, 0).read_bytes())
    assert (entry.namespace, entry.provider) == (recipe.namespace, recipe.provider) == ("demo", "demo")


def test_text_from_outside_is_stored_whatever_it_is(storage, drawing, png):
    hostile = "\ud800 \0 <script> ' ; DROP TABLE pictures; \x1b[31m"
    drawing.keep(png(), revised_prompt=hostile, request_id=hostile, notebook=hostile, alt=hostile)
    (image,) = storage.pictures.find(drawing.key)
    assert image.revised_prompt.startswith("\\ud800 \0 <script>")


@pytest.mark.parametrize("broken", ["replace", "fsync"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_disk_that_refuses_at_any_step_leaves_all_or_nothing(opened, drawing, png, monkeypatch, broken, at):
    calls = iter(range(1, 100))
    original = getattr(os, broken)

    def refusing(*args, **kwargs):
        if next(calls) == at:
            raise OSError(5, "Input/output error")
        return original(*args, **kwargs)

    preview = Preview(data=b"small", mime="image/jpeg", width=4, height=4)
    monkeypatch.setattr(os, broken, refusing)
    kept = False
    # Some steps may fail without harm: the recipe's own place is one.
    with contextlib.suppress(StoreError):
        drawing.keep(png(), preview=preview)
        kept = True
    monkeypatch.undo()
    store = opened(folder=drawing.storage.home)
    found = store.pictures.find(drawing.key)
    assert len(found) >= kept
    report = store.pictures.verify()
    assert report.sound
    assert report.unknown == ()
    left = [path.suffix for path in (store.home / "incoming").iterdir()]
    assert ".part" not in left
    assert ".draft" not in left


@pytest.mark.parametrize(("owner", "step"), [(os, "replace"), (os, "fsync"), (files, "write_synced")])
def test_why_a_disk_refused_is_said_and_what_to_do(drawing, png, monkeypatch, owner, step):
    def full(*_more, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(owner, step, full)
    with pytest.raises(StoreError) as told:
        drawing.keep(png())
    home = drawing.storage.home
    assert told.value.message == f"the picture could not be written to {home} (No space left on device)"
    assert told.value.hint == "Free some disk space, or check the folder's permissions."


@pytest.mark.parametrize("from_step", range(1, 7))
def test_a_disk_that_takes_nothing_any_more_is_a_clear_error(opened, drawing, png, monkeypatch, from_step):
    steps = itertools.count(1)

    def until_then(function):
        def refusing(*args, **kwargs):
            if next(steps) >= from_step:
                raise OSError(5, "Input/output error")
            return function(*args, **kwargs)

        return refusing

    for name in ("replace", "unlink", "fsync"):
        monkeypatch.setattr(os, name, until_then(getattr(os, name)))
    kept = False
    with contextlib.suppress(StoreError):
        drawing.keep(png())
        kept = True
    monkeypatch.undo()
    # What is whole is found later, although its writer could not finish it.
    found = opened(folder=drawing.storage.home).pictures.find(drawing.key)
    assert [image.bytes for image in found] == [png()] * (kept or from_step > 3)


def test_an_index_and_a_disk_that_refuse_together_are_a_clear_error(storage, drawing, png, monkeypatch):
    move = files.move

    def refuse(*_):
        # From here on the disk refuses too: the recipe cannot be marked as given up.
        monkeypatch.setattr(files, "move", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        raise StoreError("the index refuses")

    monkeypatch.setattr(entering, "enter", refuse)
    with pytest.raises(StoreError, match="the index refuses"):
        drawing.keep(png())
    monkeypatch.setattr(files, "move", move)
    # Both are whole: who looks when this process is gone finds them.
    assert (
        len(list(storage.home.glob("incoming/*.json")))
        == len(list(storage.home.glob("pictures/*/*.png")))
        == 1
    )


def test_a_folder_that_another_writer_makes_at_the_same_moment_is_no_trouble(drawing, png, monkeypatch):
    there, seen = Path.is_dir, []

    def not_yet(folder):
        seen.append(folder)
        if seen.count(folder) == 1 and folder.parent.name == "pictures":
            folder.mkdir()
            return False
        return there(folder)

    monkeypatch.setattr(Path, "is_dir", not_yet)
    assert drawing.keep(png()).bytes == png()


def test_two_writers_of_one_picture_at_one_moment_both_succeed(storage, draw, png):
    images, start = [], threading.Barrier(8)

    def write(number):
        mine = draw(storage, f"picture {number % 2}")
        start.wait()
        images.append(mine.keep(png()))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(images) == 8
    assert storage.pictures.verify().sound
    assert list((storage.home / "incoming").iterdir()) == []


def test_a_replacing_that_windows_refuses_for_a_moment_is_tried_again(tmp_path, monkeypatch):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"new")
    waits, replace = [], os.replace

    def busy(*args, **kwargs):
        if len(waits) < 3:
            raise PermissionError(13, "held by a virus scanner")
        return replace(*args, **kwargs)

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(files.sys, "platform", "win32")
    files.move(source, target, sleep=waits.append)
    monkeypatch.undo()
    assert target.read_bytes() == b"new"
    assert len(waits) == 3


def test_an_original_is_a_digest_with_one_ending(storage, drawing, png):
    image = drawing.keep(png())
    folder = image.path.parent
    for name in (f"{image.digest}.part", "notes.png", f"{'ab' * 32}.old.png"):
        (folder / name).touch()
    assert len({path.name for path in folder.iterdir()}) == 6  # with recipe and preview
    report = storage.pictures.verify()
    assert (report.checked, report.unknown, len(report.foreign)) == (1, (), 3)


def test_the_disk_has_every_name_before_a_picture_is_called_kept(storage, drawing, png, monkeypatch):
    steps = []
    sync, enter = files.sync_folder, entering.enter
    monkeypatch.setattr(files, "sync_folder", lambda folder: steps.append(folder.name) or sync(folder))
    monkeypatch.setattr(entering, "enter", lambda *more: steps.append("rows") or enter(*more))
    drawn = drawing.keep(png())
    assert steps == ["incoming", "pictures", drawn.digest[:2], "rows"]


def test_a_picture_that_the_disk_will_not_let_go_is_still_there(storage, drawing, png, monkeypatch):
    drawing.keep(png())

    def refuse(*_more, **_options):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(files, "move", refuse)
        with pytest.raises(StoreError, match=r"could not be deleted \(Input/output error\)"):
            storage.pictures.delete(drawing.key, 0)
    assert storage.pictures.find(drawing.key)[0].bytes == png()
    with pytest.raises(StoreError, match=f"no picture 7 of {drawing.key[:12]}$"):
        storage.pictures.delete(drawing.key, 7)


def test_a_picture_that_is_damaged_again_and_again_is_put_aside_each_time(storage, drawing, png):
    for noise in (b"one", b"two", b"three"):
        drawing.keep(png()).path.write_bytes(noise)
        assert storage.pictures.find(drawing.key) == []
    aside = list((storage.home / "quarantine").iterdir())
    assert {path.read_bytes() for path in aside} == {b"one", b"two", b"three"}
    assert all(path.name.startswith("20261122-120000-") for path in aside)
