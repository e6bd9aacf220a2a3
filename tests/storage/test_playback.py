"""What a cassette tells of itself, as the store tells its own history."""

from __future__ import annotations

import pytest

from jupyter_imagegen.errors import StoreError


@pytest.fixture
def replaying(tmp_path, new_session):
    """A session that replays a picture, a second sample of it, and an edit; and their results."""
    author = new_session()
    author.cassettes.use(str(tmp_path / "lesson.cassette"), mode="record")
    fox = author.generate("A Fox in snow", provider="demo", n=2)
    winter = author.edit("make it winter", image=fox, provider="demo")
    student = new_session(environ={"IMAGEGEN_HOME": str(tmp_path / "empty")})
    student.cassettes.use(str(tmp_path / "lesson.cassette"), mode="replay")
    return student, fox, winter


def test_history_in_replay_is_the_cassettes_newest_first_and_is_searched_without_case(replaying):
    student, fox, winter = replaying
    assert [entry.key for entry in student.accounts.history()] == [winter.key, fox.key]
    (found,) = student.accounts.history("fox")
    assert [image.digest for image in found.images] == [image.digest for image in fox.images]
    assert found.cost_usd == 0
    assert student.accounts.history("whale") == []
    assert len(student.accounts.history(limit=1)) == 1


def test_a_recorded_request_is_shown_by_its_key_and_says_what_it_was_made_from(replaying):
    student, fox, winter = replaying
    entry = student.accounts.entry(winter.key[:12])
    assert entry.prompt == "make it winter"
    (parent,) = student.accounts.origins(entry)
    assert (parent.key, parent.prompt, parent.before) == (fox.key, "A Fox in snow", ())
    with pytest.raises(StoreError):
        student.accounts.entry("000000000000")


def test_last_is_what_was_replayed_last(replaying):
    student, fox, _ = replaying
    student.generate("A Fox in snow")
    assert student.accounts.entry("last").key == fox.key
