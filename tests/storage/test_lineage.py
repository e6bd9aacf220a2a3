"""What stored pictures were made from, however far back the store knows it."""

from __future__ import annotations

import json

import pytest
from PIL import Image as Pillow

from jupyter_imagegen.render.history import history_view, recipe_view
from jupyter_imagegen.storage.lineage import ancestors


def entry(session, text):
    return next(one for one in session.accounts.history() if one.prompt == text)


def test_a_chain_of_edits_is_told_to_its_first_words(session):
    first = session.generate("a lighthouse")
    second = first.edit("make it winter")
    second.edit("add a fox")
    last = entry(session, "add a fox")
    (parent,) = ancestors(session.workshop.storage.pictures, last)
    assert (parent.prompt, parent.key) == ("make it winter", second.key)
    assert parent.digest == second.images[0].digest
    (grandparent,) = parent.before
    assert (grandparent.prompt, grandparent.key, grandparent.before) == ("a lighthouse", first.key, ())

    view = history_view([last], origins=session.accounts.origins)
    assert "add a fox (from “make it winter”, from “a lighthouse”)" in view.text
    shown = recipe_view(last, origins=session.accounts.origins(last)).text
    assert "made from" in shown
    assert f"“make it winter”, key {second.key[:12]}" in shown
    assert f"“a lighthouse”, key {first.key[:12]}" in shown


def test_a_picture_from_elsewhere_goes_by_its_digest_and_order_is_kept(session):
    mine = session.generate("a lighthouse")
    foreign = Pillow.new("RGB", (64, 64), "red")
    made = session.edit("put it there", image=[foreign, mine])
    one, other = session.accounts.origins(entry(session, "put it there"))
    assert (one.key, one.prompt, one.digest) == (None, None, made.request.images[0].digest)
    assert other.key == mine.key
    told = history_view([entry(session, "put it there")], origins=session.accounts.origins).text
    assert f"(from picture {one.digest[:12]}, “a lighthouse”)" in told


def test_a_picture_from_words_has_no_ancestors(session):
    session.generate("a lighthouse")
    assert session.accounts.origins(entry(session, "a lighthouse")) == ()
    assert "from" not in history_view([entry(session, "a lighthouse")], origins=session.accounts.origins).text


def test_an_edit_of_a_composite_leads_back_through_it(session):
    first = session.generate("a lighthouse")
    mask = Pillow.new("L", (first.images[0].width, first.images[0].height))
    mask.paste(255, (0, 0, 200, 200))
    kept = first.edit("make it winter", mask=mask, keep_outside=True)
    kept.edit("add a fox")
    (parent,) = session.accounts.origins(entry(session, "add a fox"))
    assert parent.prompt == "make it winter"
    assert [one.key for one in parent.before] == [first.key]


@pytest.fixture
def made_from(storage, draw, png):
    """Draw pictures, each made from the one before it, and the first from the last where they go round."""

    def make(count, *, round_and_round=False):
        drawings = [draw(storage, f"picture {number}") for number in range(count)]
        digests = [one.keep(png(number)).digest for number, one in enumerate(drawings)]
        for number, one in enumerate(drawings):
            if number or round_and_round:
                storage._database.all(
                    "UPDATE requests SET inputs = :inputs WHERE key = :key",
                    inputs=json.dumps({"images": [digests[number - 1]]}),
                    key=one.key,
                )
        return digests

    return make


def line(storage, text):
    """The prompts of one ancestor after the other; a digest for one that is not followed."""
    (found,), told = storage.pictures.history(text), []
    before = ancestors(storage.pictures, found)
    while before:
        told.append(before[0].prompt or before[0].digest)
        before = before[0].before
    return told


def test_twelve_generations_are_told(storage, made_from):
    made_from(15)
    assert line(storage, "picture 14") == [f"picture {number}" for number in range(13, 1, -1)]


def test_an_index_that_says_a_picture_is_its_own_ancestor_is_followed_once(storage, made_from):
    digests = made_from(3, round_and_round=True)
    assert line(storage, "picture 2") == ["picture 1", "picture 0", digests[2]]


def test_a_circle_that_a_picture_is_not_part_of_ends_as_well(storage, made_from, draw, png):
    digests = made_from(2, round_and_round=True)
    draw(storage, "aside").keep(png(9))
    storage._database.all(
        "UPDATE requests SET inputs = :inputs WHERE prompt = 'aside'",
        inputs=json.dumps({"images": [digests[0]]}),
    )
    assert line(storage, "aside") == ["picture 0", "picture 1", digests[0]]
