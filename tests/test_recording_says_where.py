"""A cassette that came with a lesson is recorded into by the reader's own decision only, and a picture says so."""

from __future__ import annotations

import pytest

from jupyter_imagegen.config import user_file
from jupyter_imagegen.errors import ConfigError


@pytest.fixture
def shipped(tmp_path, new_session, server, monkeypatch):
    """A lesson's folder with a cassette that somebody else made."""
    folder = tmp_path / "lesson"
    folder.mkdir()
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "author"))
    author = new_session()
    author.cassettes.use(str(folder / "lesson.cassette"), mode="record")
    author.generate("a fox")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "reader"))
    monkeypatch.chdir(folder)
    return folder / "lesson.cassette"


def told(result):
    return [note for note in result.notes if note.startswith("Recorded into")]


@pytest.mark.parametrize("found", ["by name", "by the lesson's file", "by variable"])
@pytest.mark.parametrize("mode", ["variable", "personal file"])
def test_the_first_picture_says_where_it_is_recorded_and_who_decided(
    new_session, shipped, monkeypatch, found, mode
):
    if found == "by name":
        monkeypatch.setenv("JPY_SESSION_NAME", str(shipped.with_suffix(".ipynb")))
    elif found == "by variable":
        monkeypatch.setenv("IMAGEGEN_CASSETTE", str(shipped))
    else:
        (shipped.parent / "imagegen.toml").write_text('cassette = "lesson.cassette"')
    if mode == "variable":
        monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "record")
    else:
        user_file().parent.mkdir(parents=True, exist_ok=True)
        user_file().write_text('record_mode = "record"')
    reader = new_session()
    assert told(reader.generate("a fox")) == []  # it is in there already
    (note,) = told(reader.generate("a heron"))
    assert str(shipped) in note
    assert ("IMAGEGEN_RECORD_MODE" if mode == "variable" else "user file") in note
    assert told(reader.generate("an owl")) == []
    assert len(reader.cassettes.read()[1].recordings) == 3


def test_who_chose_the_cassette_and_to_record_in_this_session_is_told_nothing_more(new_session, shipped):
    reader = new_session()
    reader.cassettes.use("lesson.cassette", mode="record")
    assert told(reader.generate("a heron")) == []


@pytest.mark.parametrize(
    "text", ['record_mode = "record"', 'record_mode = "record"\ncassette = "lesson.cassette"']
)
def test_the_lessons_own_file_cannot_decide_it(new_session, shipped, text):
    (shipped.parent / "imagegen.toml").write_text(text)
    before = shipped.read_bytes()
    with pytest.raises(ConfigError, match="record_mode"):
        new_session().generate("a heron")
    assert shipped.read_bytes() == before


def test_live_and_replay_change_no_byte_of_it(new_session, shipped, monkeypatch):
    before = shipped.read_bytes()
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(shipped))
    new_session().generate("a heron")
    monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")
    new_session().generate("a fox")
    assert shipped.read_bytes() == before
    assert sorted(path.name for path in shipped.parent.iterdir()) == ["lesson.cassette"]
