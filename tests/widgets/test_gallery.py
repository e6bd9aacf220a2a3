from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest

from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.imaging import inspect
from jupyter_imagegen.widgets import gallery as module
from jupyter_imagegen.widgets.gallery import PAGE, Gallery


class Listening(Gallery):
    """A gallery that remembers what it told the page."""

    def __init__(self, *arguments, **more):
        self.told = []
        super().__init__(*arguments, **more)

    def send(self, content, buffers=None):
        self.told.append((content, buffers or []))

    def hears(self, kind, **message):
        """What it answers to one message."""
        self.told.clear()
        self._received(self, {"kind": kind, **message}, [])
        return self.told[-1] if self.told else (None, [])

    def page(self, **narrowed):
        return self.hears("page", ask=1, narrowed=narrowed, before=None)


@pytest.fixture
def now(new_session):
    from datetime import UTC, datetime

    class Clock:
        moment = datetime(2026, 11, 22, 12, tzinfo=UTC)

        def __call__(self):
            return self.moment

    return Clock()


@pytest.fixture
def session(new_session, now):
    return new_session(now=now)


@pytest.fixture
def keep(session, now):
    """Put a picture into the store as a call that was paid for would."""
    from PIL import Image

    made = []

    def put(prompt, *, provider="openai", model="gpt-image-2.5-flare", cost="0.0132", **more):
        now.moment += timedelta(seconds=1)
        made.append(prompt)
        buffer = io.BytesIO()
        Image.new("RGB", (64, 64), (len(made) % 256, 80, 160)).save(buffer, "PNG")
        request = GenerateRequest(model=model, prompt=prompt, size="1024x1024", quality="low")
        key = request_key(request, namespace="demo" if provider == "demo" else None)
        session.workshop.storage.pictures.keep(
            key=key,
            namespace=None,
            request=request,
            provider=provider,
            data=buffer.getvalue(),
            inspected=inspect(buffer.getvalue()),
            cost_usd=None if cost is None else Decimal(cost),
            **more,
        )
        return key

    return put


@pytest.fixture
def show(session):
    shown = []

    def make(**more):
        shown.append(Listening(session, **more))
        return shown[-1]

    yield make
    for one in shown:
        one.close()


def prompts(answer):
    return [entry["prompt"] for entry in answer[0]["pictures"]]


def test_an_empty_store_is_an_empty_page(show):
    message, buffers = show().page()
    assert (message["pictures"], message["next"], message["words"], buffers) == ([], None, "0 pictures", [])


def test_a_page_has_a_small_copy_and_the_words_for_each_picture(show, keep):
    keep("a lighthouse\nat dusk", alt="a lighthouse")
    keep("a fox", provider="demo", cost="0")
    keep("a meadow", cost=None)
    message, buffers = show().page()
    meadow, fox, lighthouse = message["pictures"]
    assert (lighthouse["prompt"], lighthouse["alt"]) == ("a lighthouse at dusk", "a lighthouse")
    assert (lighthouse["price"], lighthouse["day"], lighthouse["demo"]) == ("$0.0132", "today", False)
    assert (fox["price"], fox["demo"], fox["alt"]) == ("$0.00", True, "a fox")
    assert meadow["price"] == "cost unknown"
    assert [data[:2] for data in buffers] == [b"\xff\xd8"] * 3
    assert message["words"] == "3 pictures"


def test_pages_follow_each_other_to_the_end(show, keep):
    for number in range(PAGE + 2):
        keep(f"picture {number}")
    g = show()
    first = g.page()
    assert first[0]["words"] == f"{PAGE + 2} pictures"
    second = g.hears("page", ask=1, narrowed={}, before=first[0]["next"])
    assert prompts(first) + prompts(second) == [f"picture {number}" for number in reversed(range(PAGE + 2))]
    assert (second[0]["next"], second[0]["first"]) == (None, False)


def test_a_page_is_narrowed_by_what_is_asked(show, keep, now):
    now.moment -= timedelta(days=8)
    keep("old", notebook="a.ipynb")
    now.moment += timedelta(days=7)
    keep("yesterday's", cost="0.50")
    now.moment += timedelta(days=1)
    key = keep("new", provider="demo", cost="0")
    g = show()
    g.hears("favourite", key=key, sample=0, favourite=True)
    assert prompts(g.page(text="YESTER")) == ["yesterday's"]
    assert prompts(g.page(favourite=True)) == ["new"]
    assert prompts(g.page(maker="demo")) == ["new"]
    assert prompts(g.page(notebook="a.ipynb")) == ["old"]
    assert prompts(g.page(min_cost="$0.02")) == ["yesterday's"]
    assert prompts(g.page(day="1")) == ["new"]
    assert prompts(g.page(day="7")) == ["new", "yesterday's"]
    assert prompts(g.page(day="2026-11-21")) == ["yesterday's"]
    assert g.makers == [
        {"value": "demo", "label": "demo pictures"},
        {"value": "gpt-image-2.5-flare", "label": "2.5-flare"},
    ]
    assert g.notebooks == [{"value": "a.ipynb", "label": "a.ipynb"}]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"min_cost": "a lot"}, "'a lot' is not a price"),
        ({"min_cost": "NaN"}, "'NaN' is not a price"),
        ({"min_cost": "1e99"}, "is not a price"),
        ({"day": "tomorrow"}, "'tomorrow' is not a day"),
    ],
)
def test_what_cannot_be_asked_is_shown_and_ends_the_waiting(show, asked, problem):
    g = show()
    assert g.hears("page", ask=7, narrowed=asked, before=None)[0] == {"kind": "failed", "ask": 7}
    assert problem in g.problem


@pytest.mark.parametrize("before", ["x", [1, 2], ["a"], [None, "b"]])
def test_a_place_that_is_none_is_refused(show, before):
    g = show()
    g.hears("page", ask=1, narrowed={}, before=before)
    assert "nothing was done" in g.problem
    assert g.told == []


def test_the_details_hold_the_recipe_and_a_cell_that_asks_for_the_same(show, keep):
    key = keep("a $name and a fox", notebook="lesson.ipynb")
    detail, _ = show().hears("detail", key=key, sample=0)
    facts = dict(detail["facts"])
    assert facts["size"] == "1024x1024"
    assert (facts["quality"], facts["notebook"], facts["key"]) == ("low", "lesson.ipynb", key[:12])
    assert detail["cell"] == "%%imagegen -m gpt-image-2.5-flare -s 1024x1024 -q low\na $$name and a fox"
    assert detail["prompt"] == "a $name and a fox"


@pytest.mark.parametrize(
    ("made", "question"),
    [
        ({}, "Delete this picture? It cost $0.0132, and making it again costs money."),
        (
            {"cost": None},
            "Delete this picture? What it cost is not known, and making it again costs money.",
        ),
        (
            {"provider": "demo", "cost": "0"},
            "Delete this picture? It is a demo picture, and can be made again for free.",
        ),
    ],
)
def test_the_question_before_deleting_says_the_price(show, keep, made, question):
    assert show().hears("detail", key=keep("a fox", **made), sample=0)[0]["question"] == question


def test_deleting_takes_the_picture_out_of_the_selection_and_says_what_stays(show, keep):
    one, two = keep("one"), keep("two")
    g = show()
    g.chosen = [[one, 0], [two, 0]]
    assert g.hears("delete", key=one, sample=0)[0] == {"kind": "deleted", "key": one, "sample": 0}
    assert g.chosen == [[two, 0]]
    assert "stays in the costs" in g.said
    assert prompts(g.page()) == ["two"]
    g.hears("delete", key=one, sample=0)
    assert "has no picture 0" in g.problem


def test_the_selection_is_there_for_the_next_cell(show, keep, tmp_path):
    key = keep("a fox")
    g = show()
    g.chosen = [[key, 0]]
    assert g.images[0].save("fox.png").read_bytes() == g.images[0].bytes


def test_an_export_is_a_zip_of_originals_and_recipes(show, keep):
    one, two = keep("one"), keep("two")
    keep("three")
    g = show()
    message, (data,) = g.hears("export", samples=[[one, 0], [two, 0]])
    assert (message["kind"], message["name"]) == ("exported", "imagegen-2026-11-22.zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    assert len([name for name in names if name.startswith("pictures/")]) == 2
    assert f"recipes/{one}-0.json" in names
    assert g.said == "2 pictures with recipes in imagegen-2026-11-22.zip."


def test_a_large_export_is_written_beside_the_notebook_and_over_nothing(show, keep, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_DOWNLOAD", 1)
    key = keep("one")
    (tmp_path / "imagegen-2026-11-22.zip").write_text("mine")
    g = show()
    g.hears("export", samples=[[key, 0]])
    g._writing.join()
    assert zipfile.is_zipfile(tmp_path / "imagegen-2026-11-22-2.zip")
    assert (tmp_path / "imagegen-2026-11-22.zip").read_text() == "mine"
    assert str(tmp_path / "imagegen-2026-11-22-2.zip") in g.said


@pytest.mark.parametrize("samples", [None, [], [["x"]], [["a", "b"]], [[1, 2]], "all"])
def test_what_names_no_picture_is_refused(show, samples):
    g = show()
    for kind in ("export", "detail", "delete", "favourite"):
        g.hears(kind, samples=samples)
        assert g.problem.startswith("no picture ") or "nothing was done" in g.problem
    assert g.told == []


def test_two_pictures_are_compared_and_the_comparison_is_closed(show, keep):
    one, two = keep("one"), keep("two")
    g = show()
    g.hears("compare", samples=[[one, 0], [two, 0]])
    assert [picture["alt"] for picture in g.comparison.state["pictures"]] == ["one", "two"]
    g.hears("compare")
    assert g.comparison is None


def test_new_pictures_are_counted_and_not_put_in_between(show, keep, session):
    keep("one")
    g = show()
    g.page()
    keep("two")
    keep("three")
    session.accounts.changed()
    assert g.newer == 2
    assert prompts(g.page()) == ["three", "two", "one"]
    assert g.newer == 0


def test_only_new_pictures_that_are_asked_for_are_counted(show, keep):
    keep("a fox")
    g = show()
    g.page(text="fox")
    keep("a meadow")
    keep("another fox")
    g.hears("look")
    assert g.newer == 1


def test_a_picture_made_by_a_cell_is_counted_at_once(show, session):
    g = show()
    g.page()
    session.generate("a lighthouse", provider="demo", size="1024x1024")
    assert g.newer == 1


def test_a_gallery_that_is_closed_hears_nothing_more(show, keep, session):
    g = show()
    g.page()
    g.close()
    keep("one")
    session.accounts.changed()
    assert g.newer == 0


def test_a_picture_whose_file_is_gone_is_still_named(show, keep, session):
    key = keep("one")
    picture = session.workshop.storage.browsing.one(key, 0)
    for path in picture.image.path.parent.glob("*.[pj][np]g"):
        path.unlink()
    message, buffers = show().page()
    assert (message["pictures"][0]["mime"], buffers) == ("", [b""])


def test_settings_are_reused_in_the_panel(show, keep, session):
    from jupyter_imagegen.widgets.panel import PicturePanel

    key = keep("a fox in snow")
    panel = PicturePanel(session, provider="demo")
    try:
        g = show(panel=panel)
        assert g.fills_panel
        g.hears("reuse", key=key, sample=0)
        assert g.problem == ""
        assert (panel.prompt, panel.choices["quality"]) == ("a fox in snow", "low")
    finally:
        panel.close()


def test_without_a_panel_there_is_nothing_to_fill(show, keep):
    g = show()
    g.hears("reuse", key=keep("a fox"), sample=0)
    assert "gallery(panel=p)" in g.problem


def test_the_static_form_shows_the_newest_eight_and_stays_small(show, keep):
    for number in range(10):
        keep(f"<b>{number}</b>")
    data = show().static()
    assert data["text/html"].count("<img") == 8
    assert "&lt;b&gt;9&lt;/b&gt;" in data["text/html"]
    assert "<b>9" not in data["text/html"]
    assert "10 pictures" in data["text/plain"]
    assert data["image/jpeg"]
    assert sum(map(len, data.values())) < 120_000


def test_the_static_form_of_an_empty_store_says_so(show):
    assert show().static()["text/plain"] == "Gallery: no pictures yet."


def test_the_heading_counts_all_pictures_and_of_those_asked_for_only_a_page(show, keep):
    for number in range(PAGE + 2):
        keep(f"picture {number}")
    g = show()
    assert g.page()[0]["words"] == f"{PAGE + 2} pictures"
    assert g.page(text="picture")[0]["words"] == f"more than {PAGE} pictures"
