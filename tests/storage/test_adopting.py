"""What dead writers left: whole pictures enter the index, once and under a number of their own; the rest goes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jupyter_imagegen.storage import entering, files
from jupyter_imagegen.storage.recipes import recipe_from_bytes

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'


@pytest.fixture
def written(opened, draw, tmp_path):
    """A recipe as another store writes it."""

    def make(data, prompt="a lighthouse", **changes):
        other = opened(folder=tmp_path / "other").pictures
        one = draw(opened(folder=tmp_path / "other"), prompt)
        image = one.keep(data)
        found = recipe_from_bytes(other.shelf.recipe(image.digest, one.key, image.sample).read_bytes())
        return replace(found, **changes)

    return make


@pytest.fixture
def leave(storage):
    """Leave a picture as a writer leaves it that dies: before or after it has its name."""
    shelf = storage.pictures.shelf

    def make(recipe, data, *, named=False):
        pending = shelf.incoming / f"done-{recipe.id}.json"
        pending.write_bytes(recipe.to_bytes())
        place = shelf.original(recipe.digest, recipe.mime) if named else pending.with_suffix(".part")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        return pending

    return make


@pytest.fixture
def adopt(storage):
    return lambda: entering.adopt_abandoned(storage._database, storage.pictures.shelf)


def incoming(storage):
    return list(storage.pictures.shelf.incoming.iterdir())


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("folder", [False, True])
def test_whole_pictures_enter_with_their_recipes_and_leave_nothing_behind(
    storage, written, leave, adopt, png, named, folder
):
    recipes = [written(png(number), f"picture {number}") for number in range(2)]
    shelf = storage.pictures.shelf
    for number, recipe in enumerate(recipes):
        leave(recipe, png(number), named=named)
        if folder:
            shelf.original(recipe.digest, recipe.mime).parent.mkdir(exist_ok=True)
    assert adopt() == 2
    for number, recipe in enumerate(recipes):
        (image,) = storage.pictures.find(recipe.key)
        assert image.bytes == png(number)
        assert shelf.recipe(recipe.digest, recipe.key, 0).read_bytes() == recipe.to_bytes()
    assert incoming(storage) == []
    assert adopt() == 0


def test_whoever_looks_for_a_picture_finds_what_a_dead_writer_left(storage, draw, written, leave, png):
    recipe = written(png(1))
    leave(recipe, png(1))
    assert [image.bytes for image in storage.pictures.find(recipe.key, 1)] == [png(1)]
    leave(written(png(2), sample=1), png(2))
    assert len(storage.pictures.find(recipe.key, 1)) == 1
    assert len(storage.pictures.find(recipe.key)) == 2
    # Two at once: no more than were asked for come back.
    for number in (3, 4):
        leave(written(png(number), "a meadow"), png(number))
    meadow = draw(storage, "a meadow")
    assert [image.bytes for image in storage.pictures.find(meadow.key, 1)] == [png(3)]


def test_the_next_opening_enters_what_a_dead_writer_left_before_anybody_asks_for_it(
    storage, opened, written, leave, png
):
    leave(written(png(1)), png(1))
    assert storage.pictures.history() == []
    assert [entry.prompt for entry in opened().pictures.history()] == ["a lighthouse"]


def test_what_is_no_picture_enters_only_where_it_was_believed_before(storage, written, leave, adopt, png):
    data = b"no picture at all"
    recipe = written(png(), digest=files.sha256(data), size_bytes=len(data))
    leave(recipe, data)
    assert adopt() == 0
    assert incoming(storage) == []
    assert storage.pictures.find(recipe.key) == []
    # It has its name: its writer has decoded it, and decoding takes long.
    leave(recipe, data, named=True)
    assert adopt() == 1
    assert storage.pictures.find(recipe.key)[0].bytes == data


def test_a_drawing_enters_where_its_recipe_says_that_it_is_one(storage, written, leave, adopt, png):
    drawing = written(png(), digest=files.sha256(SVG), mime="image/svg+xml", size_bytes=len(SVG))
    leave(drawing, SVG)
    assert adopt() == 1
    claimed = written(png(1), "another", digest=files.sha256(SVG + b" "), size_bytes=len(SVG) + 1)
    leave(claimed, SVG + b" ")
    assert adopt() == 0
    assert incoming(storage) == []


@pytest.mark.parametrize("named", [False, True])
def test_bytes_that_were_cut_are_swept_with_their_recipe(storage, written, leave, adopt, png, named):
    recipe = written(png())
    leave(recipe, png()[:-1], named=named)
    assert adopt() == 0
    assert incoming(storage) == []
    assert storage.pictures.find(recipe.key) == []


def test_a_recipe_that_cannot_be_read_is_swept(storage, adopt):
    (storage.pictures.shelf.incoming / "done-0123456789abcdef.json").write_text("{")
    assert adopt() == 0
    assert incoming(storage) == []


def test_where_the_disk_refuses_the_next_opening_looks_again(
    storage, written, leave, adopt, png, monkeypatch
):
    recipe = written(png())
    pending = leave(recipe, png())
    with monkeypatch.context() as patch:
        patch.setattr(files, "move", lambda *_: (_ for _ in ()).throw(OSError("full")))
        assert adopt() == 0
    assert pending.exists()
    assert adopt() == 1


def test_without_a_folder_nothing_was_left(storage, adopt):
    storage.pictures.shelf.incoming.rmdir()
    assert adopt() == 0


def test_a_number_that_was_given_meanwhile_is_not_taken_away(storage, draw, written, leave, adopt, png):
    mine = draw(storage, "a lighthouse")
    mine.keep(png(1))
    recipe = written(png(2))
    assert (recipe.key, recipe.sample) == (mine.key, 0)
    leave(recipe, png(2))
    assert adopt() == 1
    assert [image.bytes for image in storage.pictures.find(mine.key)] == [png(1), png(2)]
    path = storage.pictures.shelf.recipe(recipe.digest, recipe.key, 1)
    assert json.loads(path.read_bytes())["sample"] == 1
    assert incoming(storage) == []


def test_a_recipe_enters_once_whatever_number_it_got(storage, draw, written, png):
    mine = draw(storage, "a lighthouse")
    mine.keep(png(1))
    recipe = written(png(2))
    shelf = storage.pictures.shelf
    shelf.original(recipe.digest, recipe.mime).parent.mkdir(exist_ok=True)
    shelf.original(recipe.digest, recipe.mime).write_bytes(png(2))
    assert [entering.enter(storage._database, recipe) for _ in range(3)] == [1, 1, 1]
    assert storage.pictures.count(mine.key) == 2


def test_a_lost_index_is_filled_oldest_first_past_what_cannot_be_read(opened, home, draw, png, clock):
    store = opened()
    one = draw(store, "a lighthouse")
    older, newer = sorted((png(1), png(2)), key=files.sha256, reverse=True)
    for data in (older, newer):
        image = one.keep(data)
        clock.turn(seconds=1)
    # Both say that they are the first, as two stores put together do.
    shelf = store.pictures.shelf
    path = shelf.recipe(image.digest, one.key, 1)
    twice = replace(recipe_from_bytes(path.read_bytes()), sample=0)
    path.unlink()
    shelf.recipe(image.digest, one.key, 0).write_bytes(twice.to_bytes())
    gone = draw(store, "gone").keep(png(3))
    gone.path.unlink()
    (shelf.pictures / "00").mkdir(exist_ok=True)
    (shelf.pictures / "00" / "folder.json").mkdir()
    store.close()
    (home / "imagegen.sqlite3").unlink()
    again = opened()
    assert [image.bytes for image in again.pictures.find(one.key)] == [older, newer]
    assert len(again.pictures.history()) == 1
    recipes = {
        path.name.partition(".")[0]: path.name[-6:]
        for path in home.glob("pictures/*/*.json")
        if path.is_file()
    }
    assert recipes == {files.sha256(older): "0.json", files.sha256(newer): "1.json", gone.digest: "0.json"}
