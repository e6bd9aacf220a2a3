from __future__ import annotations

import itertools
import sqlite3
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import Narrowed, statements
from jupyter_imagegen.storage.database import Database, migrations
from jupyter_imagegen.storage.recipes import recipe_from_bytes


def favourites(storage, drawing):
    rows = storage._database.all(
        "SELECT favourite FROM samples WHERE key = :key ORDER BY sample", key=drawing.key
    )
    return [row["favourite"] for row in rows]


def prompts(page):
    return [picture.prompt for picture in page.pictures]


def leaf(storage, narrowed=None, limit=3):
    """Every page, as the numbers at the ends of the prompts."""
    pages, before = [], None
    while True:
        page = storage.browsing.page(narrowed or Narrowed(), limit=limit, before=before)
        pages.append([int(prompt.rpartition(" ")[2]) for prompt in prompts(page)])
        if not page.more:
            return pages
        before = page.pictures[-1].cursor


@pytest.fixture
def made(storage, draw, png, clock):
    """Make a picture for each prompt, a minute apart."""

    def make(*texts, **more):
        drawings = []
        for text in texts:
            clock.turn(minutes=1)
            drawings.append(draw(storage, text))
            number = storage.browsing.newer(Narrowed(), after=None)
            drawings[-1].keep(png(number), alt=f"alt of {text}", **more)
        return drawings

    return make


def test_a_favourite_is_remembered_and_can_be_taken_back(storage, drawing, png):
    drawing.keep(png(0))
    drawing.keep(png(1))
    storage.pictures.set_favourite(drawing.key, 1, True)
    assert favourites(storage, drawing) == [0, 1]
    assert [storage.browsing.one(drawing.key, sample).favourite for sample in (0, 1)] == [False, True]
    storage.pictures.set_favourite(drawing.key, 1, False)
    assert favourites(storage, drawing) == [0, 0]
    assert storage.browsing.one(drawing.key, 1).favourite is False


def test_a_favourite_and_what_is_browsed_by_survive_the_loss_of_the_index(home, opened, draw, png):
    store = opened()
    one = draw(store, "a lighthouse")
    one.keep(png(0))
    one.keep(png(1))
    store.pictures.set_favourite(one.key, 0, True)
    store.close()
    (home / "imagegen.sqlite3").unlink()
    again = opened()
    assert favourites(again, one) == [1, 0]
    wanted = Narrowed(text="LIGHT", maker="gpt-image-2.5-flare", favourite=True)
    assert prompts(again.browsing.page(wanted)) == ["a lighthouse"]


def test_a_price_that_comes_later_leaves_a_favourite_a_favourite(storage, drawing, png):
    image = drawing.keep(png())
    storage.pictures.set_favourite(drawing.key, 0, True)
    storage.pictures.price(drawing.key, [image], cost=Decimal("0.01"))
    recipe = recipe_from_bytes(next(storage.home.glob("pictures/*/*.json")).read_bytes())
    assert (recipe.favourite, recipe.cost_usd) == (True, "0.01")


def test_a_picture_that_is_not_there_cannot_be_a_favourite(storage, drawing):
    with pytest.raises(StoreError, match="has no picture 3 of"):
        storage.pictures.set_favourite(drawing.key, 3, True)


def test_every_sample_is_a_picture_of_its_own_newest_first(storage, drawing, draw, png, clock):
    usage = Usage(text_input=13, image_output=588)
    drawing.keep(png(0), cost_usd=Decimal("0.01"), usage=usage)
    clock.turn(minutes=1)
    draw(storage, "a meadow").keep(png(1))
    clock.turn(minutes=1)
    drawing.keep(png(2), notebook="lesson.ipynb", alt="dusk")
    page = storage.browsing.page(Narrowed())
    assert not page.more
    assert [(p.prompt, p.image.sample) for p in page.pictures] == [
        ("a lighthouse at dusk", 1),
        ("a meadow", 0),
        ("a lighthouse at dusk", 0),
    ]
    newest, oldest = page.pictures[0], page.pictures[2]
    assert (newest.notebook, newest.alt, newest.image.bytes) == ("lesson.ipynb", "dusk", png(2))
    assert (newest.image.cost_usd, oldest.image.cost_usd) == (None, Decimal("0.01"))
    assert (newest.usage, oldest.usage) == (None, usage)
    assert newest.parameters == {"size": "1024x1024", "quality": "low"}


def test_pages_neither_repeat_nor_lose_what_was_made_at_one_moment(storage, draw, png):
    for number in range(8):
        draw(storage, f"picture {number}").keep(png(number))
    pages = leaf(storage)
    assert [len(page) for page in pages] == [3, 3, 2]
    assert sorted(itertools.chain(*pages)) == list(range(8))


def test_what_came_after_a_picture_is_counted_also_where_it_came_at_the_same_moment(storage, draw, png):
    for number in range(4):
        draw(storage, f"picture {number}").keep(png(number))
    for place, picture in enumerate(storage.browsing.page(Narrowed()).pictures):
        assert storage.browsing.newer(Narrowed(), after=picture.cursor) == place


@pytest.mark.parametrize("limit", [0, -1, -2])
def test_a_page_of_no_pictures_says_whether_there_are_any(storage, drawing, png, limit):
    page = storage.browsing.page(Narrowed(), limit=limit)
    assert (page.pictures, page.more) == ((), False)
    for number in range(3):
        drawing.keep(png(number))
    page = storage.browsing.page(Narrowed(), limit=limit)
    assert (page.pictures, page.more) == ((), True)


def test_a_page_is_twenty_four_pictures_and_a_hundred_are_counted_unless_told(storage):
    _copy_rows(storage, 101)
    page = storage.browsing.page(Narrowed())
    assert (len(page.pictures), page.more) == (24, True)
    assert storage.browsing.newer(Narrowed(), after=None) == 100
    assert storage.browsing.newer(Narrowed(), after=None, limit=200) == storage.browsing.count() == 101


def test_what_is_made_while_leafing_moves_nothing(storage, made):
    made(*(f"picture {number}" for number in range(6)))
    first = storage.browsing.page(Narrowed(), limit=3)
    made("picture 6")
    second = storage.browsing.page(Narrowed(), limit=3, before=first.pictures[-1].cursor)
    assert prompts(second) == ["picture 2", "picture 1", "picture 0"]
    assert storage.browsing.newer(Narrowed(), after=first.pictures[0].cursor) == 1
    assert storage.browsing.newer(Narrowed(text="meadow"), after=first.pictures[0].cursor) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [("ÉTÉ", 1), ("e\u0301te\u0301", 1), ("100%", 1), ("%", 1), ("_", 1), ("\\", 1), ("'", 1), ("STRASSE", 1), ("", 5)],
)  # fmt: skip
def test_search_takes_any_case_any_form_and_every_sign_as_itself(storage, made, text, found):
    made("l'été", "100% wool", "snake_case", "back\\slash", "Straße")
    assert len(storage.browsing.page(Narrowed(text=text)).pictures) == found


def test_each_way_of_narrowing_leaves_what_it_says(storage, made, clock):
    made("picture 0", notebook="a.ipynb", cost_usd=Decimal("0.01"))
    clock.turn(days=1)
    (one,) = made("picture 1", notebook="b.ipynb", cost_usd=Decimal("0.2"))
    storage.pictures.set_favourite(one.key, 0, True)
    noon = clock()
    clock.turn(days=1)
    made("picture 2")
    assert leaf(storage, Narrowed(notebook="a.ipynb")) == [[0]]
    assert leaf(storage, Narrowed(favourite=True)) == [[1]]
    assert leaf(storage, Narrowed(since=noon)) == [[2, 1]]
    assert leaf(storage, Narrowed(until=noon)) == [[0]]
    assert leaf(storage, Narrowed(min_cost=Decimal("0.01"))) == [[1, 0]]
    assert leaf(storage, Narrowed(min_cost=Decimal("0.010000001"))) == [[1]]
    assert leaf(storage, Narrowed(maker="gpt-image-2.5-flare")) == [[2, 1, 0]]
    assert leaf(storage, Narrowed(maker="demo")) == [[]]
    assert storage.browsing.makers() == ["gpt-image-2.5-flare"]
    assert storage.browsing.notebooks() == ["a.ipynb", "b.ipynb"]


def test_a_moment_means_itself_in_every_time_zone(storage, made, clock):
    made("picture 0")
    elsewhere = clock().astimezone(timezone(timedelta(hours=-9)))
    assert leaf(storage, Narrowed(since=elsewhere)) == [[0]]
    assert leaf(storage, Narrowed(until=elsewhere)) == [[]]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_narrowing_gives_what_asking_each_picture_gives(shelf_of_twenty, data):
    storage, every = shelf_of_twenty
    moments = [picture.image.made_at for picture in every]
    wanted = Narrowed(
        text=data.draw(st.sampled_from(["", "1", "picture", "none"])),
        maker=data.draw(st.sampled_from([None, "gpt-image-2.5-flare", "demo"])),
        notebook=data.draw(st.sampled_from([None, "a.ipynb", "b.ipynb"])),
        favourite=data.draw(st.booleans()),
        since=data.draw(st.sampled_from([None, *moments])),
        until=data.draw(st.sampled_from([None, *moments])),
        min_cost=data.draw(st.sampled_from([None, Decimal("0.05"), Decimal("0.1")])),
    )
    expected = [
        int(p.prompt.rpartition(" ")[2])
        for p in every
        if wanted.text in p.prompt
        and (wanted.maker is None or wanted.maker == ("demo" if p.provider == "demo" else p.model))
        and wanted.notebook in {None, p.notebook}
        and (p.favourite or not wanted.favourite)
        and (wanted.since is None or p.image.made_at >= wanted.since)
        and (wanted.until is None or p.image.made_at < wanted.until)
        and (wanted.min_cost is None or (p.image.cost_usd or 0) >= wanted.min_cost)
    ]
    assert list(itertools.chain(*leaf(storage, wanted, limit=4))) == expected
    assert storage.browsing.newer(wanted, after=None) == len(expected)


@pytest.fixture
def shelf_of_twenty(storage, made):
    for number in range(20):
        notebook = ["a.ipynb", "b.ipynb", None][number % 3]
        cost = [None, Decimal(number) / 100][number % 2]
        (one,) = made(f"picture {number}", notebook=notebook, cost_usd=cost)
        if number % 4 == 0:
            storage.pictures.set_favourite(one.key, 0, True)
    return storage, storage.browsing.page(Narrowed(), limit=99).pictures


def test_a_damaged_picture_is_left_out(storage, made):
    made("picture 0", "picture 1")
    picture = storage.browsing.page(Narrowed(), limit=1).pictures[0]
    storage.pictures.quarantine(picture.image.digest, picture.image.mime)
    assert leaf(storage) == [[0]]
    with pytest.raises(StoreError, match="has no picture 0"):
        storage.browsing.one(picture.key, 0)


NARROWED = {
    "maker": "gpt-image-2.5-flare",
    "notebook": "a.ipynb",
    "favourite": 1,
    "since": "2026",
    "until": "2027",
    "cost_nano": 5,
    "pattern": "%x%",
}


@pytest.mark.parametrize("names", [(), *((name,) for name in NARROWED), tuple(NARROWED)])
def test_no_page_reads_the_whole_store_or_sorts_it(storage, names):
    values = {name: NARROWED[name] for name in names}
    plan = storage._database.all(
        f"EXPLAIN QUERY PLAN {statements.page(names)}", **values, made="9", id="", limit=25
    )
    steps = [row["detail"] for row in plan]
    assert steps[0].startswith("SEARCH s USING INDEX")
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in steps), steps


def test_deleting_takes_rows_recipe_and_files_and_leaves_the_ledger(storage, drawing, png):
    charge = drawing.reserve("0.10")
    storage.ledger.mark_sent(charge.id)
    image = drawing.keep(png(), charge_id=charge.id)
    storage.ledger.settle(charge.id, cost=Decimal("0.02"), pictures=1)
    storage.pictures.delete(drawing.key, 0)
    assert list(image.path.parent.iterdir()) == []
    assert list((storage.home / "incoming").iterdir()) == []
    assert storage.pictures.find(drawing.key) == []
    assert storage.pictures.history() == []
    assert storage.pictures.verify().checked == 0
    assert storage.ledger.spending().total.usd == Decimal("0.02")


def test_what_was_deleted_does_not_come_back_with_a_lost_index(home, opened, draw, png):
    store = opened()
    one = draw(store, "a lighthouse")
    one.keep(png(0))
    one.keep(png(1))
    store.pictures.delete(one.key, 0)
    store.close()
    (home / "imagegen.sqlite3").unlink()
    assert [image.sample for image in opened().pictures.find(one.key)] == [1]


def test_bytes_that_another_sample_has_stay(storage, draw, png):
    one, two = draw(storage, "one"), draw(storage, "two")
    one.keep(png())
    image = two.keep(png())
    storage.pictures.delete(one.key, 0)
    assert image.bytes == png()
    assert storage.pictures.preview(image.digest).mime == "image/jpeg"
    assert [entry.prompt for entry in storage.pictures.history()] == ["two"]


@pytest.mark.parametrize("fails", ["within", "at the end"])
def test_a_picture_whose_index_will_not_let_it_go_stays_whole(storage, drawing, png, fails):
    image = drawing.keep(png())
    database = storage._database
    if fails == "within":
        database.all(
            "CREATE TRIGGER kept BEFORE DELETE ON pictures BEGIN SELECT RAISE(ABORT, 'constraint') ; END"
        )
    else:
        # Checked when the transaction ends, after the recipe was taken away.
        database.all("PRAGMA foreign_keys = ON")
        database.all(
            "CREATE TABLE wall (key TEXT, sample INTEGER, FOREIGN KEY (key, sample)"
            " REFERENCES samples (key, sample) DEFERRABLE INITIALLY DEFERRED)"
        )
        database.all("INSERT INTO wall VALUES (:key, 0)", key=drawing.key)
    with pytest.raises(StoreError, match="constraint"):
        storage.pictures.delete(drawing.key, 0)
    assert image.bytes == png()
    assert storage.browsing.one(drawing.key, 0).prompt == "a lighthouse at dusk"
    assert len(list(storage.home.glob("pictures/*/*.json"))) == 1
    assert list((storage.home / "incoming").iterdir()) == []


def test_a_picture_is_not_deleted_while_its_request_is_being_drawn(storage, drawing, png):
    image = drawing.keep(png())
    with (
        storage.lock(drawing.key),
        pytest.raises(StoreError, match="while another one of its request is being made"),
    ):
        storage.pictures.delete(drawing.key, 0)
    assert image.bytes == png()
    storage.pictures.delete(drawing.key, 0)


def test_deleting_what_is_not_there_is_a_clear_error(storage, drawing):
    with pytest.raises(StoreError, match="has no picture 0 of"):
        storage.pictures.delete(drawing.key, 0)


def test_two_who_delete_one_picture_at_once_delete_it_once(storage, drawing, png):
    drawing.keep(png())
    answers, start = [], threading.Barrier(4)

    def delete():
        start.wait()
        try:
            storage.pictures.delete(drawing.key, 0)
            answers.append("deleted")
        except StoreError:
            answers.append("refused")

    threads = [threading.Thread(target=delete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["deleted", "refused", "refused", "refused"]


def test_an_export_of_some_samples_holds_those_only(storage, drawing, draw, png, tmp_path):
    images = [drawing.keep(png(number)) for number in range(3)]
    draw(storage, "a meadow").keep(png(3))
    report = storage.pictures.export(tmp_path / "some.zip", samples=[(drawing.key, 2), (drawing.key, 0)])
    assert (report.pictures, report.recipes) == (2, 2)
    with zipfile.ZipFile(tmp_path / "some.zip") as archive:
        kept = {name for name in archive.namelist() if name.startswith("pictures/")}
    assert kept == {f"pictures/{images[i].digest}.png" for i in (0, 2)}


def test_a_store_of_before_there_was_browsing_can_be_browsed(home, opened):
    (home / "pictures" / "00").mkdir(parents=True)
    old = Database(home / "imagegen.sqlite3", steps=migrations()[:2])
    old.open()
    for number, provider in enumerate(("openai", "demo")):
        old.all(
            "INSERT INTO pictures (digest, mime, width, height, size_bytes, has_alpha, frames)"
            " VALUES (:digest, 'image/png', 8, 8, 80, 0, 1)",
            digest=f"{number}" * 64,
        )
        old.all(
            "INSERT INTO requests VALUES (:key, NULL, :provider, 'generate', 'gpt-image-1', 'A Meadow', 'a meadow',"
            " '{}', '{}', '2026-11-01', '2026-11-01')",
            key=f"{number}" * 64,
            provider=provider,
        )
        old.all(
            "INSERT INTO samples (key, sample, id, digest, made_at, seconds, alt)"
            " VALUES (:key, 0, :key, :key, '2026-11-01T00:00:00.000000+00:00', 1, 'alt')",
            key=f"{number}" * 64,
        )
    old.close()
    store = opened()
    assert store.browsing.makers() == ["demo", "gpt-image-1"]
    (found,) = store.browsing.page(Narrowed(text="MEADOW", maker="demo")).pictures
    assert (found.prompt, found.provider, found.favourite) == ("A Meadow", "demo", False)
    assert found.image.made_at == datetime(2026, 11, 1, tzinfo=UTC)


def test_ten_thousand_pictures_open_as_fast_as_ten(storage, drawing, png, opened, tmp_path):
    drawing.keep(png())
    few, many = storage, opened(folder=tmp_path / "many")
    _copy_rows(few, 9)
    _copy_rows(many, 10_000)
    first = {}
    for name, store in (("few", few), ("many", many)):
        times = []
        for _ in range(15):
            begun = time.perf_counter()
            store.browsing.page(Narrowed())
            times.append(time.perf_counter() - begun)
        first[name] = sorted(times)[len(times) // 2]
    # The page of ten has ten rows to give and the other 24, so the work is not the same; far from a thousandfold.
    assert first["many"] < first["few"] * 6 + 0.002


def _copy_rows(store, count):
    connection = sqlite3.connect(store.home / "imagegen.sqlite3")
    with connection:
        for number in range(count):
            text = f"{number:064x}"
            connection.execute(
                "INSERT INTO pictures (digest, mime, width, height, size_bytes, has_alpha, frames)"
                " VALUES (?, 'image/png', 8, 8, 80, 0, 1)",
                (text,),
            )
            connection.execute(
                "INSERT INTO requests VALUES (?, NULL, 'openai', 'generate', 'gpt-image-1', ?, ?, '{}', '{}', ?, ?)",
                (text, text, text, text, text),
            )
            connection.execute(
                "INSERT INTO samples (key, sample, id, digest, made_at, seconds, alt, maker, searchable)"
                " VALUES (?, 0, ?, ?, '2026-11-01T00:00:00.000000+00:00', 1, '', 'gpt-image-1', ?)",
                (text, text, text, text),
            )
    connection.close()
