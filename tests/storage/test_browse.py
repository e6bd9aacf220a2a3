from __future__ import annotations

import pytest

from jupyter_imagegen.errors import StoreError


def favourite(storage, drawing):
    rows = storage._database.all(
        "SELECT favourite FROM samples WHERE key = :key ORDER BY sample", key=drawing.key
    )
    return [row["favourite"] for row in rows]


def test_a_favourite_is_remembered_and_can_be_taken_back(storage, drawing, png):
    drawing.keep(png(0))
    drawing.keep(png(1))
    storage.pictures.set_favourite(drawing.key, 1, True)
    assert favourite(storage, drawing) == [0, 1]
    storage.pictures.set_favourite(drawing.key, 1, False)
    assert favourite(storage, drawing) == [0, 0]


def test_a_favourite_survives_the_loss_of_the_index(home, opened, draw, png):
    store = opened()
    one = draw(store, "a lighthouse")
    one.keep(png(0))
    one.keep(png(1))
    store.pictures.set_favourite(one.key, 0, True)
    store.close()
    (home / "imagegen.sqlite3").unlink()
    assert favourite(opened(), one) == [1, 0]


def test_a_picture_that_is_not_there_cannot_be_a_favourite(storage, drawing):
    with pytest.raises(StoreError, match="has no picture 3 of"):
        storage.pictures.set_favourite(drawing.key, 3, True)
