"""Cassettes as a person uses them: take one into use, add, look, check, tidy, pass on."""

from __future__ import annotations

import json
import os
import zipfile
from io import BytesIO

import pytest
from PIL import Image as Pillow
from tapes import Tape, kept, png, recording, sha256

from jupyter_imagegen.cassettes import shown_keys
from jupyter_imagegen.errors import CassetteError, ConfigError, StoreError
from jupyter_imagegen.storage import Cassette


@pytest.fixture
def lesson(tmp_path):
    return tmp_path / "lesson.cassette"


def notebook(path, *results, **more):
    """A notebook as it is saved: each result under a cell of its own."""
    cells = [{"cell_type": "markdown", "source": "# A lesson"}, {"cell_type": "code", "outputs": []}]
    for result in results:
        data, metadata = result._repr_mimebundle_()
        output = {"output_type": "display_data", "data": data, "metadata": metadata}
        cells.append({"cell_type": "code", "source": "%%imagegen", "outputs": [output]})
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}))
    return str(path)


def keys_in(path):
    return {one.key for one in Cassette(path).manifest.recordings.values()}


def mask(size):
    drawn = Pillow.new("RGBA", size, (0, 0, 0, 255))
    drawn.paste((0, 0, 0, 0), (8, 8, 40, 40))
    return drawn


# into use


def test_without_one_none_is_in_use(session):
    used = session.cassettes.in_use()
    assert (used.path, used.mode, used.source, used.manifest) == (None, "live", "default", None)


def test_one_in_use_says_which_and_why(session, lesson):
    Tape().write(lesson)
    used = session.cassettes.use(str(lesson))
    assert (used.path, used.mode, used.source) == (lesson, "live", "this session")
    assert len(used.manifest.recordings) == 2
    assert session.cassettes.use("none").path is None


def test_the_notebooks_own_says_that_it_is_so(new_session, lesson):
    Tape().write(lesson)
    found = new_session(environ={**os.environ, "JPY_SESSION_NAME": str(lesson.with_suffix(".ipynb"))})
    assert found.cassettes.in_use().source == "its name, which is the notebook's"


@pytest.mark.parametrize(
    ("file", "mode", "error"),
    [
        ("lost.cassette", "live", CassetteError),
        ("lost.cassette", "replay", CassetteError),
        ("broken.cassette", "live", CassetteError),
        ("broken.cassette", "record", CassetteError),
        ("notes.txt", "record", CassetteError),
        ("good.cassette", "both", ConfigError),
        ("none", "replay", ConfigError),
    ],
)
def test_what_cannot_be_taken_into_use_changes_nothing(session, tmp_path, file, mode, error):
    Tape().write(tmp_path / "good.cassette")
    (tmp_path / "broken.cassette").write_bytes(b"PK")
    (tmp_path / "notes.txt").write_text("mine")
    before = session.cassettes.use("good.cassette", mode="replay")
    with pytest.raises(error):
        session.cassettes.use(file, mode=mode)
    assert session.cassettes.in_use() == before
    assert sorted(each.name for each in tmp_path.glob("*.cassette")) == ["broken.cassette", "good.cassette"]


def test_a_path_means_what_it_meant_when_it_was_given(session, lesson, tmp_path, monkeypatch):
    Tape().write(lesson)
    session.cassettes.use("lesson.cassette")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert session.cassettes.in_use().path == lesson


# add and look


def test_stored_pictures_are_added_by_their_keys_and_by_last(session, server, lesson):
    first, second = session.generate("a lighthouse"), session.generate("a heron")
    changed = session.cassettes.add([first.key[:12], "last"], to=str(lesson))
    assert (changed.added, changed.holds) == (2, "originals")
    assert keys_in(lesson) == {first.key, second.key}
    path, manifest = session.cassettes.read(str(lesson))
    assert path == lesson
    assert manifest.settings["model"] == "gpt-image-2.5-flare"
    assert server.calls == 2


def test_a_key_that_names_nothing_changes_nothing(session, lesson):
    session.generate("a lighthouse")
    with pytest.raises(StoreError):
        session.cassettes.add(["last", "0123456789"], to=str(lesson))
    assert not lesson.exists()


def test_with_none_in_use_a_file_must_be_named(session):
    for ask in (session.cassettes.read, session.cassettes.verify, lambda: session.cassettes.add(["last"])):
        with pytest.raises((CassetteError, StoreError)):
            ask()


# check


def test_verify_reads_every_picture_and_says_how_many(session, lesson):
    Tape(3).write(lesson)
    seen = []
    assert session.cassettes.verify(str(lesson), lambda done, of: seen.append((done, of))) == (lesson, 6)
    assert seen == [(n, 6) for n in range(1, 7)]


@pytest.mark.parametrize("member", range(4))
def test_verify_finds_one_flipped_bit_in_any_picture(session, lesson, member):
    tape = Tape(2)
    whole = tape.write(lesson).read_bytes()
    data = list(tape.members.values())[member]
    at = whole.index(data) + len(data) // 2
    lesson.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    with pytest.raises(CassetteError, match="damaged"):
        session.cassettes.verify(str(lesson))


@pytest.mark.parametrize(
    "data",
    [png(says=(16, 16)), png(side=16), png()[:41] + b"\0" * 20 + png()[61:], b"GIF89a"],
    ids=["another size", "another than the contents say", "no pixels", "no picture"],
)
def test_verify_decodes_what_has_its_right_digest(session, lesson, data):
    tape = Tape(1)
    small = png(1000)
    tape.document["pictures"] = {sha256(data): kept(data, small)}
    tape.document["recordings"] = [recording("a lighthouse 0", sha256(data))]
    tape.members = {f"pictures/{sha256(data)}.png": data, f"previews/{sha256(small)}.png": small}
    tape.write(lesson)
    assert session.cassettes.read(str(lesson))
    with pytest.raises(CassetteError, match="picture"):
        session.cassettes.verify(str(lesson))


# export, prune, merge


def test_what_a_saved_notebook_shows_is_exported_and_replays(session, server, lesson, tmp_path, new_session):
    out = BytesIO()
    Pillow.new("RGB", (64, 64), "red").save(out, "PNG")
    shown = [
        session.generate("a lighthouse", n=2),
        session.edit("make it winter", image=out.getvalue(), mask=mask((64, 64)), keep_outside=True),
    ]
    session.generate("a heron that is not in the lesson")
    saved = notebook(tmp_path / "lesson.ipynb", *shown)
    changed = session.cassettes.export(str(lesson), notebooks=[saved])
    assert (changed.added, changed.left_out, changed.holds) == (4, (), "originals")
    assert keys_in(lesson) == {shown[0].key, shown[1].key, *shown[1].composites}
    student = new_session(environ={"IMAGEGEN_HOME": str(tmp_path / "student")})
    student.cassettes.use(str(lesson), mode="replay")
    again = student.generate("a lighthouse", n=2)
    assert [image.bytes for image in again.images] == [image.bytes for image in shown[0].images]
    again = student.edit("make it winter", image=out.getvalue(), mask=mask((64, 64)), keep_outside=True)
    assert again.images[0].bytes == shown[1].images[0].bytes
    assert server.calls == 3


def test_exported_twice_the_bytes_are_the_same(session, tmp_path):
    saved = notebook(tmp_path / "lesson.ipynb", session.generate("a lighthouse"), session.generate("a heron"))
    turned = notebook(
        tmp_path / "turned.ipynb", session.generate("a heron"), session.generate("a lighthouse")
    )
    written = []
    for name, source in (("one", saved), ("two", saved), ("three", turned)):
        path = tmp_path / f"{name}.cassette"
        session.cassettes.export(str(path), notebooks=[source])
        written.append(path.read_bytes())
    assert len(set(written)) == 1


@pytest.mark.parametrize("side", [64, 256, 1024])
def test_an_export_of_small_copies_says_so_and_holds_no_original(session, tmp_path, lesson, side):
    saved = notebook(tmp_path / "lesson.ipynb", session.generate("a lighthouse"))
    changed = session.cassettes.export(str(lesson), notebooks=[saved], previews=side)
    assert changed.holds == f"small copies of {side} pixels"
    with zipfile.ZipFile(lesson) as archive:
        (name,) = [name for name in archive.namelist() if name != "cassette.json"]
        with Pillow.open(BytesIO(archive.read(name))) as small:
            assert max(small.size) == side
    assert name.startswith("previews/")
    assert session.cassettes.verify(str(lesson)) == (lesson, 1)


def test_an_export_never_writes_over_a_file(session, tmp_path, lesson):
    saved = notebook(tmp_path / "lesson.ipynb", session.generate("a lighthouse"))
    lesson.write_bytes(b"mine")
    with pytest.raises(CassetteError, match="exists"):
        session.cassettes.export(str(lesson), notebooks=[saved])
    assert lesson.read_bytes() == b"mine"


def test_what_the_store_does_not_have_is_said(session, new_session, tmp_path, lesson):
    shown = session.generate("a lighthouse"), session.generate("a heron")
    saved = notebook(tmp_path / "lesson.ipynb", *shown)
    other = new_session(environ={**os.environ, "IMAGEGEN_HOME": str(tmp_path / "other")})
    other.generate("a heron")
    changed = other.cassettes.export(str(lesson), notebooks=[saved])
    assert changed.added == 1
    assert changed.left_out == (f"{shown[0].key[:12]}: the store has no picture of it",)


def test_pruned_to_what_the_notebooks_show(session, tmp_path, lesson):
    session.cassettes.use(str(lesson), mode="record")
    stays, also, goes = (session.generate(words) for words in ("a lighthouse", "a heron", "a bowl"))
    one = notebook(tmp_path / "one.ipynb", stays)
    two = notebook(tmp_path / "two.ipynb", also)
    changed = session.cassettes.prune([one, two])
    assert (changed.removed, changed.kept) == (1, 2)
    assert keys_in(lesson) == {stays.key, also.key}
    assert goes.images[0].bytes not in lesson.read_bytes()
    assert session.cassettes.verify() == (lesson, 4)


def test_a_notebook_that_shows_nothing_prunes_nothing(session, tmp_path, lesson):
    Tape().write(lesson)
    before = lesson.read_bytes()
    for content in (
        "{}",
        "[]",
        "null",
        "not json",
        '{"cells": 5}',
        '{"cells": [{"outputs": 3}]}',
        "[" * 100_000,
    ):
        path = tmp_path / "a.ipynb"
        path.write_text(content)
        with pytest.raises(CassetteError):
            session.cassettes.prune([str(path)], file=str(lesson))
    with pytest.raises(CassetteError, match="no picture of ours"):
        session.cassettes.prune([notebook(tmp_path / "b.ipynb")], file=str(lesson))
    with pytest.raises(CassetteError, match="cannot be read"):
        session.cassettes.prune([str(tmp_path / "lost.ipynb")], file=str(lesson))
    assert lesson.read_bytes() == before


def test_keys_in_a_notebook_are_believed_only_where_they_are_keys(tmp_path):
    good = "a" * 64
    told = [good, good, "../../evil", "A" * 64, 5, None, {"a": 1}, "b" * 63]
    output = {"metadata": {"jupyter_imagegen": {"keys": told}}}
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"outputs": [output, {}]}, {}]}))
    assert shown_keys([str(path), str(path)]) == [good]


def test_merged_by_name_and_the_first_takes_all(session, tmp_path):
    one, two, three = (tmp_path / f"{name}.cassette" for name in ("one", "two", "three"))
    for path, words in ((one, "a lighthouse"), (two, "a heron"), (three, "a bowl")):
        session.generate(words)
        session.cassettes.add(["last"], to=str(path))
    before = two.read_bytes(), three.read_bytes()
    changed = session.cassettes.merge([str(one), str(two), str(three)])
    assert (changed.path, changed.added, changed.kept) == (one, 2, 1)
    assert session.cassettes.verify(str(one)) == (one, 6)
    assert (two.read_bytes(), three.read_bytes()) == before


def test_a_mixture_of_originals_and_small_copies_is_refused(session, tmp_path, lesson):
    saved = notebook(tmp_path / "lesson.ipynb", session.generate("a lighthouse"))
    small = tmp_path / "small.cassette"
    session.cassettes.export(str(lesson), notebooks=[saved])
    session.cassettes.export(str(small), notebooks=[saved], previews=64)
    with pytest.raises(CassetteError, match=r"holds originals and small\.cassette small copies of 64 pixels"):
        session.cassettes.merge([str(lesson), str(small)])
    session.generate("a heron")
    session.cassettes.add(["last"], to=str(small))
    assert Cassette(small).manifest.holds == "small copies of 64 pixels"
    with zipfile.ZipFile(small) as archive:
        assert not [name for name in archive.namelist() if name.startswith("pictures/")]
