"""Writing cassettes: the same content is the same bytes, and nothing that was recorded is ever lost."""

from __future__ import annotations

import io
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

import pytest
from children import output, python
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_imagegen import imaging
from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.errors import CassetteError, StoreError
from jupyter_imagegen.storage import Cassette, files, taping
from jupyter_imagegen.storage import cassette as cassettes
from jupyter_imagegen.storage.keeping import change_recipe
from jupyter_imagegen.storage.manifest import Manifest, Recording

PREVIEW = {"settings": {"model": "gpt-image-2.5-flare", "size": "1024x1024", "quality": "low"}}


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "course"
    folder.mkdir()
    return folder / "lesson.cassette"


@pytest.fixture
def drawn(storage, draw, png):
    """Six stored pictures of three requests, each with its key."""
    samples = []
    for number in range(6):
        drawing = draw(storage, f"a lighthouse {number % 3}")
        samples.append(
            (drawing.key, drawing.keep(png(number), cost_usd=Decimal("0.0123"), alt="a lighthouse"))
        )
    return samples


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def samples_in(path):
    return {(one.key, one.sample): one.digest for one in Cassette(path).manifest.recordings.values()}


# the same content, the same bytes


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(order=st.permutations(range(6)), cuts=st.lists(st.integers(0, 6), max_size=3))
def test_in_whatever_order_and_portions_it_was_recorded_the_bytes_are_the_same(
    storage, drawn, path, order, cuts
):
    once, piecewise = path.with_stem("once"), path.with_stem("piecewise")
    for each in (once, piecewise):
        each.unlink(missing_ok=True)
    taping.add(Cassette(once), drawn, storage.pictures, **PREVIEW)
    shuffled = [drawn[i] for i in order]
    bounds = [0, *sorted(cuts), 6]
    for start, end in itertools.pairwise(bounds):
        taping.add(Cassette(piecewise), shuffled[start:end], storage.pictures, **PREVIEW)
    assert piecewise.read_bytes() == once.read_bytes()


def test_adding_what_is_there_changes_neither_bytes_nor_time(storage, drawn, path):
    first = taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    again = taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert (first.path, first.added, first.kept) == (path, 6, 0)
    assert (again.path, again.added, again.kept) == (path, 0, 6)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)
    assert first.size_bytes == again.size_bytes == len(before)


def test_taken_out_and_put_back_the_bytes_are_the_same(storage, drawn, path):
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    before = path.read_bytes()
    taping.prune(Cassette(path), {drawn[0][0]})
    assert path.read_bytes() != before
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
def test_neither_place_nor_time_nor_locale_nor_hash_seed_is_in_the_bytes(
    storage, drawn, path, tmp_path, home
):
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    storage.close()
    written = []
    for number, environ in enumerate(
        (
            {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
            {"LC_ALL": "C.UTF-8", "TZ": "America/New_York", "PYTHONHASHSEED": "2"},
        )
    ):
        folder = tmp_path / f"place-{number}"
        folder.mkdir()
        moved = folder / "store"
        shutil.copytree(home, moved)
        output(
            f"""
            import os, datetime
            from pathlib import Path
            from jupyter_imagegen.storage import Cassette, open_storage, taping
            os.umask({0o077 if number else 0o002})
            store = open_storage(Path({str(moved)!r}), now=lambda: datetime.datetime.now().astimezone(), session="x")
            keys = {sorted({key for key, _ in drawn}, reverse=bool(number))!r}
            samples = [(key, image) for key in keys for image in store.pictures.find(key)]
            cassette = Cassette(Path({str(folder / "other-name.cassette")!r}))
            taping.add(cassette, samples, store.pictures, settings={PREVIEW["settings"]!r})
            store.close()
            """,
            **environ,
        )
        written.append((folder / "other-name.cassette").read_bytes())
    assert written == [path.read_bytes()] * 2


def test_every_byte_has_its_reason(storage, drawn, path):
    """Names in order, nothing packed, no time, no owner, the same for every system."""
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    names = [info.filename for info in infos]
    assert names == ["cassette.json", *sorted(names[1:])]
    assert {
        (i.date_time, i.create_system, i.compress_type, i.extra, i.comment, i.flag_bits) for i in infos
    } == {((1980, 1, 1, 0, 0, 0), 3, 0, b"", b"", 0)}


def test_what_comes_back_is_what_was_kept(storage, drawn, path):
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    cassette = Cassette(path)
    for key, image in drawn:
        found = next(one for one in cassette.find(key) if one.digest == image.digest)
        assert found.bytes == image.bytes
        assert (found.mime, found.width, found.height) == (image.mime, image.width, image.height)
        assert found.load_preview() == image.load_preview()
        assert (found.sample, found.cost_usd, found.made_at) == (
            image.sample,
            Decimal("0.0123"),
            image.made_at,
        )
    assert {one.alt for one in cassette.manifest.recordings.values()} == {"a lighthouse"}


# nothing is lost


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("step", ["writestr:1", "writestr:3", "fsync:1", "replace:1", "replace:after"])
def test_killed_while_it_is_written_the_old_one_is_whole(storage, drawn, path, home, step):
    taping.add(Cassette(path), drawn[:2], storage.pictures, **PREVIEW)
    before = path.read_bytes()
    storage.close()
    child = python(f"""
        import datetime, os, signal, zipfile
        from pathlib import Path
        from jupyter_imagegen.storage import Cassette, open_storage, taping
        store = open_storage(Path({str(home)!r}), now=lambda: datetime.datetime.now().astimezone(), session="x")
        samples = [(key, image) for key in {sorted({key for key, _ in drawn})!r} for image in store.pictures.find(key)]
        name, when = {step!r}.split(":")
        owner = zipfile.ZipFile if name == "writestr" else os
        done, count = getattr(owner, name), [0]
        def dies(*args, **kwargs):
            count[0] += 1
            if when == "after":
                done(*args, **kwargs)
            if when == "after" or count[0] == int(when):
                os.kill(os.getpid(), signal.SIGKILL)
            return done(*args, **kwargs)
        setattr(owner, name, dies)
        taping.add(Cassette(Path({str(path)!r})), samples, store.pictures, settings={PREVIEW["settings"]!r})
    """)
    said, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, said
    if step == "replace:after":
        assert len(samples_in(path)) == 6
    else:
        assert path.read_bytes() == before


def test_what_a_dead_writer_left_is_tidied_away_and_nothing_else(storage, drawn, path):
    left = path.with_name(f".{path.name}.0123abcd.part")
    others = path.with_name(".other.cassette.0123abcd.part")
    for each in (left, others):
        each.write_bytes(b"half")
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert sorted(each.name for each in path.parent.iterdir()) == sorted([path.name, others.name])


def test_processes_that_add_at_once_lose_nothing(storage, drawn, path, home):
    storage.close()
    keys = sorted({key for key, _ in drawn})
    code = """
        import datetime, sys
        from pathlib import Path
        from jupyter_imagegen.storage import Cassette, open_storage, taping
        store = open_storage(Path({home!r}), now=lambda: datetime.datetime.now().astimezone(), session="x")
        samples = [(key, image) for key in {keys!r} for image in store.pictures.find(key)]
        print("ready", flush=True)
        sys.stdin.readline()
        for turn in range(15):
            cassette = Cassette(Path({path!r}).with_stem(f"turn-{{turn}}"))
            for one in samples[{which}::3]:
                taping.add(cassette, [one], store.pictures)
        store.close()
    """
    children = [
        python(code.format(home=str(home), keys=keys, path=str(path), which=which)) for which in range(3)
    ]
    try:
        for child in children:
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.stdin.write("\n")
            child.stdin.flush()
        said = [child.communicate(timeout=100)[0] for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()
    assert [child.returncode for child in children] == [0] * 3, said
    written = [path.with_stem(f"turn-{turn}") for turn in range(15)]
    assert [len(samples_in(each)) for each in written] == [6] * 15
    assert len({each.read_bytes() for each in written}) == 1
    assert sorted(path.parent.iterdir()) == sorted(written)


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_disk_that_does_not_take_it_leaves_the_old_one(storage, drawn, path, monkeypatch, failing):
    taping.add(Cassette(path), drawn[:2], storage.pictures, **PREVIEW)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, failing, full)
        with pytest.raises(CassetteError, match=r"could not be written \(No space left on device\)$"):
            taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(storage, drawn, path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(CassetteError, match="cannot be written"):
            taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    finally:
        path.parent.chmod(0o700)


def test_a_place_where_there_can_be_no_file_is_said(storage, drawn, path):
    path.write_bytes(b"a file")
    nowhere = path / "lesson.cassette"
    with pytest.raises(CassetteError) as told:
        taping.add(Cassette(nowhere), drawn, storage.pictures, **PREVIEW)
    assert str(told.value).startswith(f"{nowhere} cannot be written (")
    assert "Errno" not in str(told.value)
    assert path.read_bytes() == b"a file"


def test_what_the_system_will_not_let_go_is_left_and_the_cassette_is_written(
    storage, drawn, path, monkeypatch
):
    abandoned = path.with_name(f".{path.name}.0123abcd.part")
    abandoned.write_bytes(b"half")

    def held(*_, **__):
        raise PermissionError(13, "held by a virus scanner")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", held)
        taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert len(samples_in(path)) == 6
    assert abandoned.exists()


@pytest.mark.parametrize("name", ["notes.txt", "lesson.ipynb", "lesson.cassette.zip", "lesson"])
def test_nothing_but_a_cassette_is_ever_written_over(storage, drawn, tmp_path, name):
    path = tmp_path / name
    path.write_text("mine")
    with pytest.raises(CassetteError, match=r"not a cassette's name") as told:
        taping.add(Cassette(path), drawn, storage.pictures)
    assert told.value.hint == "A cassette's name ends in .cassette."
    assert path.read_text() == "mine"


def test_a_file_of_that_name_that_is_no_cassette_is_left_as_it_is(storage, drawn, path):
    path.write_text("mine")
    for change in (
        lambda: taping.add(Cassette(path), drawn, storage.pictures),
        lambda: taping.prune(Cassette(path), set()),
        lambda: taping.merge(Cassette(path), []),
    ):
        with pytest.raises(CassetteError):
            change()
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_MEMBERS", 8), ("MOST_CONTENTS", 3000), ("MOST_BYTES", 3000)]
)
def test_more_than_a_reader_takes_is_not_written(storage, drawn, path, monkeypatch, limit, value):
    taping.add(Cassette(path), drawn[:1], storage.pictures, **PREVIEW)
    before = path.read_bytes()
    monkeypatch.setattr(cassettes, limit, value)
    with pytest.raises(CassetteError, match="more than a cassette may") as told:
        taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert told.value.hint.endswith("record small copies: `%imagegen cassette use FILE --previews 512`.")
    assert path.read_bytes() == before


def test_one_picture_that_cannot_be_recorded_does_not_keep_the_others_out(storage, drawn, draw, png, path):
    drawing = draw(storage, "a heron")
    long = (drawing.key, drawing.keep(png(99), alt="x" * 300_000))
    changed = taping.add(Cassette(path), [drawn[0], long, drawn[1]], storage.pictures, **PREVIEW)
    assert changed.added == 2
    assert len(changed.left_out) == 1
    assert "alt" in changed.left_out[0]
    assert len(samples_in(path)) == 2


def test_a_picture_without_its_recipe_is_left_out_and_said(storage, drawn, path):
    key, image = drawn[0]
    storage.pictures.shelf.recipe(image.digest, key, image.sample).unlink()
    changed = taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    assert (changed.added, len(changed.left_out)) == (5, 1)
    assert "recipe" in changed.left_out[0]


def test_a_picture_that_is_damaged_meanwhile_is_left_out_and_said(storage, drawn, path):
    def damaged():
        raise StoreError("it is damaged", hint="Draw it anew.")

    key, image = drawn[0]
    changed = taping.add(
        Cassette(path), [(key, replace(image, load_preview=damaged)), *drawn[1:]], storage.pictures
    )
    assert changed.left_out == (f"{key[:12]} sample 0: it is damaged",)
    assert changed.added == 5


@pytest.mark.parametrize("place", ["prompt", "alt", "revised_prompt", "parameters"])
def test_text_with_a_key_is_refused_wherever_it_stands(storage, drawn, path, place):
    key, image = drawn[0]
    said = "a sign: sk-proj-0123456789abcdef"
    recipe = storage.pictures.shelf.recipe(image.digest, key, image.sample)
    change_recipe(
        storage.pictures.shelf, recipe, **{place: {"user": said} if place == "parameters" else said}
    )
    with pytest.raises(CassetteError, match=f"the prompt of {key[:12]} holds .* account's key") as told:
        taping.add(Cassette(path), [(key, image)], storage.pictures)
    assert told.value.hint == "Remove it from the prompt, and make the picture again."
    assert not path.exists()


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"settings": {"colour": "red"}}, "its settings hold 'colour'"),
        ({"styles": {1: "$prompt, in ink"}}, "its contents cannot be written exactly"),
    ],
)
def test_what_could_not_be_read_again_takes_no_cassettes_place(storage, drawn, path, told, why):
    taping.add(Cassette(path), drawn[:1], storage.pictures, **PREVIEW)
    before = path.read_bytes()
    with pytest.raises(CassetteError, match=f"^lesson.cassette was left as it is: {why}"):
        taping.add(Cassette(path), drawn, storage.pictures, **told)
    assert path.read_bytes() == before


def test_a_recording_knows_nothing_that_belongs_to_its_author_alone():
    private = {"request_id", "notebook", "charge_id", "session", "day", "id", "path", "endpoint", "favourite"}
    assert not private & set(Recording.__dataclass_fields__)
    assert not private & set(Manifest.__dataclass_fields__)


# two into one


def test_two_become_one_and_clashing_numbers_move_on(storage, opened, draw, png, path, tmp_path):
    here, there = draw(storage, "a lighthouse"), draw(opened(folder=tmp_path / "other"), "a lighthouse")
    mine, theirs, both = png(1), png(2), png(3)
    taping.add(
        Cassette(path), [(here.key, here.keep(data)) for data in (mine, both)], storage.pictures, **PREVIEW
    )
    other = path.with_stem("other")
    taping.add(
        Cassette(other),
        [(there.key, there.keep(data)) for data in (theirs, both)],
        there.storage.pictures,
        **PREVIEW,
    )
    changed = taping.merge(Cassette(path), [Cassette(other)])
    assert (changed.path, changed.added, changed.kept, changed.left_out) == (path, 1, 2, ())
    assert [image.bytes for image in Cassette(path).find(here.key)] == [mine, both, theirs]
    before = path.read_bytes()
    again = taping.merge(Cassette(path), [Cassette(other), Cassette(path)])
    assert (again.added, path.read_bytes()) == (0, before)


def test_settings_that_differ_are_said(storage, drawn, path):
    other = path.with_stem("other")
    taping.add(Cassette(path), drawn[:1], storage.pictures, settings={"quality": "low", "size": "1024x1024"})
    taping.add(
        Cassette(other), drawn[1:], storage.pictures, settings={"quality": "high", "size": "1024x1024"}
    )
    changed = taping.merge(Cassette(path), [Cassette(other)])
    assert changed.left_out == (
        "other.cassette was recorded with another quality; that of lesson.cassette stays",
    )
    assert Cassette(path).manifest.settings["quality"] == "low"


def test_originals_and_small_copies_do_not_become_one(storage, drawn, path):
    small = path.with_stem("small")
    taping.add(Cassette(path), drawn[:1], storage.pictures)
    taping.add(Cassette(small, preview_side=16), drawn[1:], storage.pictures)
    before = path.read_bytes(), small.read_bytes()
    with pytest.raises(CassetteError, match=r"holds originals and small.cassette small copies of 16 pixels"):
        taping.merge(Cassette(path), [Cassette(small)])
    with pytest.raises(
        CassetteError, match=r"holds small copies of 16 pixels and lesson.cassette originals"
    ) as told:
        taping.merge(Cassette(small), [Cassette(path)])
    assert told.value.hint == "Merge cassettes that hold the same, or export one of them again."
    assert (path.read_bytes(), small.read_bytes()) == before


def test_a_cassette_that_is_not_there_cannot_be_merged(storage, drawn, path):
    taping.add(Cassette(path), drawn, storage.pictures)
    with pytest.raises(CassetteError, match="there is no cassette"):
        taping.merge(Cassette(path), [Cassette(path.with_stem("lost"))])


def test_pruned_pictures_that_another_request_shares_stay(storage, draw, png, path):
    first, second = draw(storage, "one"), draw(storage, "two")
    same = png(5)
    samples = [
        (first.key, first.keep(same)),
        (second.key, second.keep(same)),
        (second.key, second.keep(png(6))),
    ]
    taping.add(Cassette(path), samples, storage.pictures)
    changed = taping.prune(Cassette(path), {first.key})
    assert (changed.path, changed.removed, changed.kept) == (path, 2, 1)
    assert Cassette(path).find(first.key)[0].bytes == same
    assert Cassette(path).find(second.key) == []
    assert len(members(path)) == 3


def test_a_lock_held_by_another_is_waited_for_and_then_said(storage, drawn, path, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(taping, "_LOCK_SECONDS", 0.05)
    with (
        FileLock(path.with_name(f".{path.name}.lock")),
        pytest.raises(CassetteError, match="another process"),
    ):
        taping.add(Cassette(path), drawn, storage.pictures)
    assert not path.exists()
    taping.add(Cassette(path), drawn, storage.pictures)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_recording_is_written_as_it_is_read(storage, drawn, path):
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    manifest = Cassette(path).manifest
    assert all(
        set(asdict(one)) == set(Recording.__dataclass_fields__) for one in manifest.recordings.values()
    )
    assert members(path)["cassette.json"] == manifest.to_bytes()
    assert all(name == "cassette.json" or files.sha256(data) in name for name, data in members(path).items())


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip")
def test_any_unzip_opens_it(storage, drawn, path, tmp_path):
    """For whoever has the lesson and not this package."""
    taping.add(Cassette(path), drawn, storage.pictures, **PREVIEW)
    done = subprocess.run(
        ["unzip", "-q", str(path), "-d", str(tmp_path / "open")], check=False, capture_output=True
    )
    assert done.returncode == 0
    assert (tmp_path / "open" / "cassette.json").is_file()


def large(number):
    """A picture of 600 by 400 pixels that is hard to make small."""
    from PIL import Image as Pillow

    dots = random.Random(number).randbytes(600 * 400 * 3)
    file = io.BytesIO()
    Pillow.frombytes("RGB", (600, 400), dots).save(file, "PNG")
    return file.getvalue()


def test_small_copies_are_as_long_as_was_asked_for_and_as_light_as_their_area(storage, draw, path):
    one = draw(storage, "noise")
    one.inspected = replace(one.inspected, width=600, height=400)
    image = one.keep(large(1))
    taping.add(Cassette(path, preview_side=128), [(one.key, image)], storage.pictures)
    assert [name.partition("/")[0] for name in members(path)] == ["cassette.json", "previews"]
    (small,) = Cassette(path).find(one.key)
    assert (small.preview.width, small.preview.height) == (128, 85)
    whole = imaging.preview(image.bytes, max_side=128)
    most = imaging.PREVIEW_BYTES * (128 / imaging.PREVIEW_SIDE) ** 2
    assert most / 2 < len(small.bytes) <= most < len(whole.data)


def test_styles_gather_seconds_are_told_to_the_thousandth_and_usage_as_it_was(storage, draw, png, path):
    drawings = [draw(storage, f"a lighthouse {number}") for number in range(3)]
    for style, one in zip(({"poster": "$prompt!"}, {"ink": "$prompt, in ink"}, None), drawings, strict=True):
        kept = one.keep(png(), seconds=1.23456, usage=Usage(image_output=196))
        taping.add(Cassette(path), [(one.key, kept)], storage.pictures, styles=style)
    manifest = Cassette(path).manifest
    assert list(manifest.styles.items()) == [("ink", "$prompt, in ink"), ("poster", "$prompt!")]
    told = {(recording.seconds, recording.usage) for recording in manifest.recordings.values()}
    assert told == {(1.235, '{"image_output":196}')}


def test_a_picture_of_no_store_is_left_out_and_said_by_key_and_number(storage, drawing, png, path):
    nowhere = storage.pictures.unkept(data=png(), inspected=drawing.inspected, sample=4)
    changed = taping.add(Cassette(path), [(drawing.key, nowhere)], storage.pictures)
    assert changed.left_out == (f"{drawing.key[:12]} sample 4: it is in no store",)


def test_what_small_copies_are_merged_into_holds_small_copies(storage, drawn, path):
    taping.add(Cassette(path, preview_side=64), drawn, storage.pictures, **PREVIEW)
    target = Cassette(path.with_stem("all"))
    assert taping.merge(target, [Cassette(path)]).holds == "small copies of 64 pixels"
    assert target.manifest.recordings == Cassette(path).manifest.recordings


def test_the_same_picture_told_twice_goes_in_once(storage, drawn, path):
    changed = taping.add(Cassette(path), [drawn[0], drawn[1], drawn[0]], storage.pictures)
    assert (changed.added, changed.kept, len(samples_in(path))) == (2, 1, 2)


def test_what_several_bring_is_added_up_and_their_settings_and_styles_come_along(storage, drawn, path):
    others = []
    for number, (quality, style) in enumerate((("low", "ink"), ("high", "poster"), ("max", "photo"))):
        others.append(Cassette(path.with_stem(f"other{number}")))
        told = {"settings": {"quality": quality, "moderation": "low"}, "styles": {style: "$prompt!"}}
        taping.add(others[-1], drawn[number : number + 2], storage.pictures, **told)
    taping.add(Cassette(path), drawn[5:], storage.pictures, settings={"quality": "low"})
    changed = taping.merge(Cassette(path), others)
    assert (changed.added, changed.kept, len(samples_in(path))) == (4, 1, 5)
    assert changed.left_out == tuple(
        f"other{number}.cassette was recorded with another quality; that of lesson.cassette stays"
        for number in (1, 2)
    )
    manifest = Cassette(path).manifest
    assert manifest.settings == {"moderation": "low", "quality": "low"}
    assert list(manifest.styles) == ["ink", "photo", "poster"]


def test_a_number_that_is_taken_moves_on_to_the_next_free_one(storage, opened, draw, png, path, tmp_path):
    for number in range(3):
        one = draw(opened(folder=tmp_path / f"store{number}"), "a lighthouse")
        taping.add(Cassette(path), [(one.key, one.keep(png(number)))], one.storage.pictures)
    assert sorted(sample for _, sample in samples_in(path)) == [0, 1, 2]


def test_a_prompt_that_no_file_takes_as_it_was_is_left_out_and_said(storage, draw, png, path):
    half = draw(storage, "half a \ud83d")
    changed = taping.add(Cassette(path), [(half.key, half.keep(png()))], storage.pictures)
    assert changed.left_out == (f"{half.key[:12]} sample 0: its prompt cannot be written down exactly",)
    assert changed.added == 0
