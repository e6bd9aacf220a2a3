"""What is there for a request: recorded pictures, stored ones, and what an author paid; a cassette's own answers."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from jupyter_imagegen import imaging
from jupyter_imagegen.core.results import Preview
from jupyter_imagegen.errors import CassetteError
from jupyter_imagegen.storage import Cassette, taping
from jupyter_imagegen.storage import cassette as cassettes
from jupyter_imagegen.storage.deck import Deck, cost_to_author
from jupyter_imagegen.storage.manifest import COMPOSITE

SMALL = Preview(
    data=b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00",
    mime="image/png",
    width=1,
    height=1,
)


@pytest.fixture
def kept(drawing, png):
    """Three stored pictures of one request."""
    return [drawing.keep(png(number), cost_usd=Decimal("0.01")) for number in range(3)]


@pytest.fixture
def record(storage, drawing, tmp_path):
    """Record some pictures, all of one request unless they come with their keys."""

    def write(images, preview_side=None):
        made = Cassette(tmp_path / "lesson.cassette", preview_side=preview_side)
        samples = [one if isinstance(one, tuple) else (drawing.key, one) for one in images]
        assert taping.add(made, samples, storage.pictures).left_out == ()
        return Cassette(made.path)

    return write


def seen(images):
    return [(image.sample, image.origin) for image in images]


def test_without_a_cassette_the_store_alone_is_asked(storage, drawing, kept):
    assert seen(Deck().find(storage.pictures, drawing.key, 2)) == [(0, "store"), (1, "store")]
    assert Deck().next_sample(storage.pictures, drawing.key) == 3
    assert Deck().next_sample(storage.pictures, "ab" * 32) == 0


def test_in_replay_nobody_but_the_cassette_is_asked(storage, drawing, kept, record):
    deck = Deck(cassette=record(kept[1:]), mode="replay")
    assert deck.replays
    assert not Deck(cassette=deck.cassette).replays
    for n, numbers in ((None, [1, 2]), (3, [1, 2]), (1, [1])):
        found = deck.find(storage.pictures, drawing.key, n)
        assert seen(found) == [(number, "cassette") for number in numbers]
    assert deck.find(storage.pictures, "ab" * 32, 1) == []


def test_recorded_pictures_go_before_stored_ones_and_none_is_there_twice(storage, drawing, kept, record):
    deck = Deck(cassette=record(kept[1:]))
    recorded = [(1, "cassette"), (2, "cassette")]
    assert seen(deck.find(storage.pictures, drawing.key, None)) == [*recorded, (0, "store")]
    assert seen(deck.find(storage.pictures, drawing.key, 3)) == [*recorded, (0, "store")]
    assert seen(deck.find(storage.pictures, drawing.key, 2)) == recorded
    assert seen(deck.find(storage.pictures, drawing.key, 1)) == recorded[:1]


def test_what_the_cassette_lacks_comes_from_the_store(storage, draw, png, kept, record):
    deck = Deck(cassette=record(kept))
    other = draw(storage, "a meadow")
    other.keep(png(7))
    other.keep(png(8))
    assert seen(deck.find(storage.pictures, other.key, 1)) == [(0, "store")]


def test_a_small_copy_stands_back_where_the_store_has_the_picture(
    storage, opened, drawing, kept, record, tmp_path
):
    deck = Deck(cassette=record(kept[:2], preview_side=64))
    found = deck.find(storage.pictures, drawing.key, 2)
    assert seen(found) == [(0, "store"), (1, "store")]
    assert not any(image.reduced for image in found)
    storage.pictures.delete(drawing.key, 0)
    assert seen(deck.find(storage.pictures, drawing.key, 2)) == [(0, "cassette"), (1, "store")]
    assert seen(Deck(cassette=deck.cassette, mode="replay").find(storage.pictures, drawing.key, 2)) == [
        (0, "cassette"),
        (1, "cassette"),
    ]


def test_the_next_drawing_repeats_no_number_of_either(storage, opened, drawing, kept, record, tmp_path):
    empty = opened(folder=tmp_path / "empty").pictures
    deck = Deck(cassette=record(kept))
    assert deck.next_sample(empty, drawing.key) == 3
    assert Deck(cassette=record(kept[:1])).next_sample(storage.pictures, drawing.key) == 3
    assert deck.cassette.next_sample(drawing.key) == 3
    assert deck.cassette.next_sample("ab" * 32) == 0


def test_a_composite_is_found_only_where_composites_are_asked_for(storage, drawing, png, record):
    made = storage.pictures.keep(
        key="cd" * 32,
        namespace=COMPOSITE,
        request=drawing.request,
        provider="composite",
        data=png(9),
        inspected=drawing.inspected,
    )
    tape = record([("cd" * 32, made)])
    deck = Deck(cassette=tape, mode="replay")
    assert deck.find(storage.pictures, "cd" * 32, 1) == []
    assert seen(deck.find(storage.pictures, "cd" * 32, 1, composites=True)) == [(0, "cassette")]
    assert seen(tape.entry("cdcd")) == [(0, "cassette")]


def test_what_a_recording_cost_is_its_sum_or_unknown(storage, drawing, png, kept, record):
    deck = Deck(cassette=record(kept[1:]))
    both = deck.find(storage.pictures, drawing.key, 3)
    assert cost_to_author(both) == Decimal("0.02")
    assert cost_to_author(storage.pictures.find(drawing.key)) == 0
    assert isinstance(cost_to_author([]), Decimal)
    unknown = record([drawing.keep(png(5), cost_usd=None)])
    assert cost_to_author(Deck(cassette=unknown).find(storage.pictures, drawing.key, 9)) is None


# a cassette alone


def test_an_entry_is_the_one_request_whose_key_begins_so(storage, draw, png, record):
    one, two = draw(storage, "one"), draw(storage, "two")
    tape = record([(each.key, each.keep(png(number))) for number, each in enumerate((one, two))])
    shared = 0
    while one.key[shared] == two.key[shared]:
        shared += 1
    assert tape.entry(one.key[: shared + 1])[0].bytes == png(0)
    assert tape.entry(two.key)[0].bytes == png(1)
    assert tape.entry("") == tape.entry(one.key[:shared]) == []
    assert tape.entry("zz") == []


def test_all_of_a_cassette_is_believed_file_by_file_in_the_order_of_their_names(kept, record):
    for side, count in ((None, 6), (64, 3)):
        tape = record(kept, preview_side=side)
        loads = tape.validated()
        assert [name for name, _ in loads] == sorted(tape.manifest.members())
        assert len(loads) == count
        for (name, load), (other, plain) in zip(loads, tape.each(), strict=True):
            assert name == other
            assert load() == plain() != b""
        tape.path.unlink()


def test_a_file_that_is_still_to_be_made_holds_what_was_asked_for(tmp_path):
    tape = Cassette(tmp_path / "new.cassette")
    assert tape.manifest.holds == "originals"
    tape.begin(64)
    assert tape.manifest.holds == "small copies of 64 pixels"
    tape.begin(None)
    assert tape.manifest.holds == "originals"


def test_what_is_written_may_reach_each_limit_of_what_is_read(kept, record, monkeypatch):
    tape = record(kept)
    contents = tape.manifest.to_bytes()
    whole = len(contents) + sum(image.size_bytes for image in kept)
    for limit, enough in (("MOST_BYTES", whole), ("MOST_CONTENTS", len(contents)), ("MOST_MEMBERS", 7)):
        with monkeypatch.context() as patch:
            patch.setattr(cassettes, limit, enough)
            cassettes.check_limits(tape, tape.manifest, contents)
            patch.setattr(cassettes, limit, enough - 1)
            with pytest.raises(
                CassetteError, match=r"would have 3 pictures of 0 MB, more than a cassette may"
            ):
                cassettes.check_limits(tape, tape.manifest, contents)
    with monkeypatch.context() as patch:
        patch.setattr(cassettes, "MOST_BYTES", 5 * 2**20 - 1)
        with pytest.raises(CassetteError, match="3 pictures of 5 MB"):
            cassettes.check_limits(tape, tape.manifest, contents + bytes(5 * 2**20 - len(contents)))


def test_each_file_may_reach_the_limit_of_its_kind(kept, record, monkeypatch):
    tape = record(kept[:1])
    (image,) = tape.find(next(iter(tape.manifest.recordings))[0])
    limits = (
        (imaging, "MAX_BYTES", image.size_bytes, lambda: image.bytes),
        (cassettes, "_MOST_PREVIEW", len(image.preview.data), image.load_preview),
        (cassettes, "MOST_CONTENTS", len(tape.manifest.to_bytes()), lambda: Cassette(tape.path).manifest),
        (cassettes, "MOST_BYTES", tape.path.stat().st_size, lambda: Cassette(tape.path).manifest),
    )
    for place, limit, enough, act in limits:
        with monkeypatch.context() as patch:
            patch.setattr(place, limit, enough)
            act()
            patch.setattr(place, limit, enough - 1)
            with pytest.raises(CassetteError, match=f"and {enough - 1:,} is the limit|is larger than 0 MB"):
                act()
    os.truncate(tape.path, 3 * 2**20 + 1)
    monkeypatch.setattr(cassettes, "MOST_BYTES", 3 * 2**20)
    with pytest.raises(CassetteError, match="is larger than 3 MB"):
        _ = tape.manifest


def test_a_recorded_picture_is_told_as_it_was_and_a_small_copy_as_what_it_is(storage, drawing, png, record):
    drawn = drawing.keep(png(), revised_prompt="a tall lighthouse", seconds=2.5)
    (whole,) = record([drawn]).find(drawing.key)
    assert (whole.mime, whole.bytes, whole.reduced) == ("image/png", png(), False)
    assert (whole.revised_prompt, whole.seconds, whole.path) == ("a tall lighthouse", 2.5, None)
    assert whole.preview.mime == "image/jpeg"


def test_a_small_copy_has_its_own_form_and_the_size_of_its_original(drawing, kept, record):
    (small,) = record(kept[:1], preview_side=64).find(drawing.key)
    assert (small.mime, small.reduced, small.width) == ("image/jpeg", True, 8)
    assert small.bytes == small.preview.data


def test_a_drawing_of_vectors_can_be_recorded(storage, drawing, record):
    data = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
    drawn = storage.pictures.keep(
        key=drawing.key,
        namespace=None,
        request=drawing.request,
        provider="openai",
        data=data,
        inspected=replace(drawing.inspected, mime="image/svg+xml"),
        preview=SMALL,
    )
    (image,) = record([drawn]).find(drawing.key)
    assert (image.bytes, image.mime) == (data, "image/svg+xml")


def test_a_file_that_the_contents_do_not_name_is_lacking(kept, record):
    with pytest.raises(CassetteError, match=r"lacks pictures/none\.png"):
        record(kept).read("pictures/none.png", "ab" * 32)


def test_a_file_that_goes_and_comes_is_seen_each_time(kept, record, drawing):
    tape = record(kept)
    assert len(tape.find(drawing.key)) == 3
    data = tape.path.read_bytes()
    tape.path.unlink()
    assert tape.find(drawing.key) == []
    tape.path.write_bytes(data)
    assert len(tape.find(drawing.key)) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows gives a file two numbers, by how it is asked")
def test_another_file_of_the_same_length_and_time_is_another(storage, draw, png, tmp_path):
    tapes = []
    for number in range(2):
        one = draw(storage, f"a lighthouse {number}")
        tapes.append(Cassette(tmp_path / f"{number}.cassette"))
        taping.add(tapes[-1], [(one.key, one.keep(png()))], storage.pictures)
    first, second = (tape.path for tape in tapes)
    seen_before = tapes[0].manifest
    there = first.stat()
    assert there.st_size == second.stat().st_size
    os.utime(second, ns=(there.st_atime_ns, there.st_mtime_ns))
    second.replace(first)
    assert tapes[0].manifest != seen_before


def test_a_name_that_no_disk_takes_is_refused_in_our_words(tmp_path):
    with pytest.raises(CassetteError, match="cannot be read"):
        _ = Cassette(tmp_path / f"{'x' * 300}.cassette").manifest
