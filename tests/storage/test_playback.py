"""What a cassette tells of itself, as the store tells its own history."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tapes import Tape, key_of, recording

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import Cassette
from jupyter_imagegen.storage.playback import recorded_ancestors, recorded_entry, recorded_history


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


@pytest.fixture
def cassette(tmp_path):
    """A cassette of these recordings, each of a picture of its own; no session, nothing decoded."""

    def write(*recordings):
        tape = Tape(pictures=len(recordings))
        names = list(tape.document["pictures"])
        for one, digest in zip(recordings, names, strict=True):
            one["digest"] = digest
        tape.put(("recordings",), list(recordings))
        return Cassette(tape.write(tmp_path / "written.cassette"))

    return write


def moment(hour):
    return datetime(2026, 11, 22, hour, tzinfo=UTC)


def at(clock):
    return {"made_at": f"2026-11-22T{clock}"}


def prompts(entries):
    return [entry.prompt for entry in entries]


def test_the_newest_drawing_decides_and_a_moment_means_itself_in_every_time_zone(cassette):
    shelf = cassette(
        recording("one", "", **at("08:00:00+00:00")),
        recording("two", "", **at("18:00:00+09:00")),
        recording("three", "", **at("07:00:00+00:00")),
        recording("three", "", sample=1, **at("10:00:00+00:00")),
        recording("three", "", sample=2, **at("07:30:00+00:00")),
    )
    assert prompts(recorded_history(shelf)) == ["three", "two", "one"]
    assert prompts(recorded_history(shelf, limit=2)) == ["three", "two"]
    assert recorded_history(shelf, limit=-1) == []


@pytest.mark.parametrize("text", ["ÉTÉ", "e\u0301te\u0301", "STRASSE", "l'"])
def test_a_cassette_is_searched_as_the_store_is(cassette, text):
    shelf = cassette(recording("l'e\u0301té in der Straße", ""), recording("a fox", ""))
    assert prompts(recorded_history(shelf, text)) == ["l'e\u0301té in der Straße"]


def test_an_entry_says_of_its_drawings_what_the_stores_says(cassette):
    shelf = cassette(
        recording("a fox", "", **at("09:00:00+00:00"), cost_usd="0.01", alt="first"),
        recording("a fox", "", sample=1, **at("11:00:00+00:00"), cost_usd="0.02", alt="second"),
        recording("a fox", "", sample=2, **at("10:00:00+00:00"), cost_usd="0.03", alt="third"),
        recording("a hen", "", cost_usd=None, namespace="demo", provider="demo"),
    )
    entry = recorded_entry(shelf, key_of(recording("a fox", "")))
    assert (entry.key, entry.namespace, entry.provider) == (key_of(recording("a fox", "")), None, "openai")
    assert (entry.operation, entry.model, entry.prompt) == ("generate", "gpt-image-2.5-flare", "a fox")
    assert (entry.parameters, entry.inputs) == ({"quality": "low", "size": "1024x1024"}, {})
    assert (entry.first_made, entry.last_made) == (moment(9), moment(11))
    assert [(image.sample, image.origin) for image in entry.images] == [
        (number, "cassette") for number in range(3)
    ]
    assert (entry.cost_usd, entry.lost, entry.notebook) == (Decimal("0.06"), 0, None)
    (hen,) = recorded_history(shelf, "hen")
    assert (hen.namespace, hen.provider, hen.cost_usd) == ("demo", "demo", None)
    # As the store: what the newest picture was called.
    assert entry.alt == "second"


def test_a_key_is_found_by_digits_that_no_other_begins_with(cassette):
    shelf = cassette(*(recording(f"picture {number}", "") for number in range(17)))
    keys = sorted(key_of(recording(f"picture {number}", "")) for number in range(17))
    shared = next(one[0] for one, other in itertools.pairwise(keys) if one[0] == other[0])
    assert [recorded_entry(shelf, key).key for key in keys] == keys
    assert recorded_entry(shelf, shared) is None
    assert recorded_entry(shelf, "") is None
    assert recorded_entry(shelf, keys[0][1:]) is None


def test_composites_are_what_something_came_from_and_not_what_was_asked(cassette):
    shelf = cassette(
        recording("a fox", ""),
        recording("a fox", "", key="c" * 64, namespace="composite"),
    )
    assert [entry.namespace for entry in recorded_history(shelf)] == [None]
    assert recorded_entry(shelf, "c" * 64) is None


def edit(prompt, *digests):
    return recording(prompt, "", operation="edit", inputs={"images": list(digests)})


@pytest.fixture
def digests():
    """What the pictures of a written cassette are called, in order."""
    return list(Tape(pictures=15).document["pictures"])


def told(ancestors):
    """Ancestors as nested prompts; a digest for what the cassette does not hold."""
    return [(one.prompt or one.digest, told(one.before)) for one in ancestors]


def test_what_a_cassette_does_not_hold_goes_by_its_digest_and_order_is_kept(cassette, digests):
    foreign = "e" * 64
    shelf = cassette(
        recording("a fox", ""),
        edit("make it winter", digests[0]),
        edit("put it there", foreign, digests[1], digests[0]),
    )
    entry = recorded_history(shelf, "there")[0]
    ancestors = recorded_ancestors(shelf, entry)
    assert told(ancestors) == [
        (foreign, []),
        ("make it winter", [("a fox", [])]),
        ("a fox", []),
    ]
    assert [one.digest for one in ancestors] == [foreign, digests[1], digests[0]]
    assert [one.key for one in ancestors] == [
        None,
        key_of(edit("make it winter", digests[0])),
        key_of(recording("a fox", "")),
    ]


def test_a_cassette_that_says_a_picture_is_its_own_ancestor_is_followed_once(cassette, digests):
    shelf = cassette(edit("hen", digests[1]), edit("egg", digests[0]))
    hen = recorded_history(shelf, "hen")[0]
    assert told(recorded_ancestors(shelf, hen)) == [("egg", [(digests[0], [])])]
    shelf = cassette(recording("words", ""), edit("hen", digests[2]), edit("egg", digests[1]))
    begun = replace(recorded_history(shelf, "words")[0], inputs={"images": [digests[1]]})
    assert told(recorded_ancestors(shelf, begun)) == [("hen", [("egg", [(digests[1], [])])])]


def test_twelve_generations_are_told(cassette, digests):
    chain = [edit(f"edit {number}", digests[number - 1]) for number in range(1, 15)]
    shelf = cassette(recording("the first", ""), *chain)
    ancestors, told_of = recorded_ancestors(shelf, recorded_history(shelf, "edit 14")[0]), []
    while ancestors:
        told_of.append(ancestors[0].prompt)
        ancestors = ancestors[0].before
    assert told_of == [f"edit {number}" for number in range(13, 1, -1)]
