from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from jupyter_imagegen.errors import StoreError


@pytest.fixture
def made(storage, draw, png, clock):
    """Make pictures for prompts, a minute apart."""

    def make(*prompts):
        drawings = []
        for number, prompt in enumerate(prompts):
            clock.turn(minutes=1)
            drawings.append(draw(storage, prompt))
            drawings[-1].keep(png(number), alt=f"alt {number}", notebook="lesson.ipynb")
        return drawings

    return make


def test_history_is_newest_first_and_in_pages(storage, made):
    made(*(f"picture {number}" for number in range(7)))
    pages, before = [], None
    while page := storage.pictures.history(limit=3, before=before):
        pages.append([entry.prompt[-1] for entry in page])
        before = page[-1].cursor
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_history_is_twenty_requests_unless_told(storage, draw, png):
    for number in range(21):
        draw(storage, f"picture {number}").keep(png(number))
    assert len(storage.pictures.history()) == 20
    assert len(storage.pictures.history(limit=30)) == 21


def test_pages_neither_repeat_nor_lose_what_was_made_at_one_moment(storage, draw, png):
    for number in range(9):
        draw(storage, f"picture {number}").keep(png(number))
    seen, before = [], None
    while page := storage.pictures.history(limit=2, before=before):
        seen += [entry.prompt for entry in page]
        before = page[-1].cursor
    assert sorted(seen) == [f"picture {number}" for number in range(9)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ÉTÉ", 1),
        ("ete\u0301", 0),
        ("e\u0301te\u0301", 1),
        ("100%", 1),
        ("%", 1),
        ("_", 1),
        ("\\", 1),
        ("'", 1),
        ("STRASSE", 1),
        ("", 5),
    ],
)
def test_search_takes_any_case_any_form_and_every_sign_as_itself(storage, made, text, found):
    made("l'été", "100% wool", "snake_case", "back\\slash", "Straße")
    assert len(storage.pictures.history(text)) == found


def test_a_request_comes_forward_when_another_of_its_pictures_is_drawn(storage, made, clock, png):
    first, _ = made("one", "two")
    clock.turn(minutes=1)
    first.keep(png(5))
    assert [entry.prompt for entry in storage.pictures.history()] == ["one", "two"]
    entry = storage.pictures.entry("last")
    assert entry.key == first.key
    assert [image.sample for image in entry.images] == [0, 1]
    assert entry.first_made < entry.last_made


def test_an_entry_says_everything_about_its_request(storage, made):
    (one,) = made("a lighthouse")
    entry = storage.pictures.entry(one.key[:6])
    assert entry.prompt == "a lighthouse"
    assert entry.parameters == {"size": "1024x1024", "quality": "low"}
    assert (entry.operation, entry.model, entry.provider) == ("generate", "gpt-image-2.5-flare", "openai")
    assert (entry.alt, entry.notebook, entry.inputs, entry.lost) == ("alt 0", "lesson.ipynb", {}, 0)


def test_an_ambiguous_key_names_those_it_could_be(storage, made):
    drawings = made(*(f"picture {number}" for number in range(40)))
    keys = sorted(one.key for one in drawings)
    first = next(a[0] for a, b in itertools.pairwise(keys) if a[0] == b[0])
    with pytest.raises(
        StoreError, match=r"beginning of '[0-9a-f]{12}' and '[0-9a-f]{12}'.*more of its digits"
    ):
        storage.pictures.entry(first)


@pytest.mark.parametrize("shared", [11, 12, 14, 20])
def test_two_keys_that_begin_alike_are_named_by_as_many_digits_as_tell_them_apart(storage, made, png, shared):
    drawings = made("one", "two", "three")
    keys = [f"{'a' * shared}{last}".ljust(64, last) for last in "bcd"]
    for number, (one, key) in enumerate(zip(drawings, keys, strict=True)):
        one.key = key
        one.keep(png(10 + number))
        if number:
            digits = {11: 12, 12: 16, 14: 16, 20: 24}[shared]
            with pytest.raises(StoreError) as told:
                storage.pictures.entry("aa")
            named = f"{keys[0][:digits]!r} and {keys[1][:digits]!r}{', and others' if number == 2 else ''}"
            assert told.value.message == f"the key 'aa' is the beginning of {named}"
            assert told.value.hint == "Give more of its digits."
    assert [storage.pictures.entry(key).key for key in keys] == keys
    assert storage.pictures.entry(f" {keys[1][: shared + 1].upper()} ").key == keys[1]


LISTS = "`%imagegen history` lists them."


@pytest.mark.parametrize("key", ["", "xyz", "%", "0' OR 1=1"])
def test_what_is_not_a_key_is_a_clear_error(storage, key):
    with pytest.raises(StoreError, match="not a key") as told:
        storage.pictures.entry(key)
    assert told.value.hint == LISTS


def test_an_unknown_key_and_an_empty_store_are_clear_errors(storage):
    with pytest.raises(StoreError, match="no picture's key begins with 'abc'") as told:
        storage.pictures.entry("abc")
    assert told.value.hint == LISTS
    with pytest.raises(StoreError, match="nothing was made yet") as told:
        storage.pictures.entry("last")
    assert told.value.hint == "Make a picture with %%imagegen first."


def test_a_picture_leads_to_the_request_it_was_drawn_for(storage, made):
    first, _ = made("a lighthouse", "a meadow")
    digest = storage.pictures.find(first.key)[0].digest
    assert storage.pictures.drawn_for(digest).prompt == "a lighthouse"
    assert storage.pictures.drawn_for("0" * 64) is None


def test_an_entry_cost_what_its_pictures_did_and_is_of_unknown_cost_where_one_is(storage, draw, png):
    one = draw(storage, "a lighthouse")
    for number, cost in enumerate(("0.01", "0.02")):
        one.keep(png(number), cost_usd=Decimal(cost), notebook=f"{number}.ipynb", alt=f"tower {number}")
    entry = storage.pictures.entry(one.key)
    assert entry.cost_usd == Decimal("0.03")
    one.keep(png(2))
    assert storage.pictures.entry(one.key).cost_usd is None
    assert storage.pictures.history(limit=0) == storage.pictures.history(limit=-1) == []
