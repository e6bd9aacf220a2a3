from __future__ import annotations

import base64
from io import BytesIO

import imageserver
import pytest
from PIL import Image as PILImage

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.errors import RequestError, SourceError
from jupyter_imagegen.widgets.compare import Compare, compare, letter


@pytest.fixture
def compared(session):
    """Builds a comparison in the session and closes it."""
    panels = []

    def build(*pictures, of=session):
        panels.append(compare(*pictures, session=of))
        return panels[-1]

    yield build
    for panel in panels:
        panel.close()


def test_two_results_lie_under_a_slider_as_they_were_received_with_all_that_is_known(
    compared, session, monkeypatch
):
    a = session.generate("a lighthouse at dusk")
    b = session.generate("a lighthouse at dawn", size="1536x1024")
    panel = compared(a, b)
    assert panel.state["mode"] == "slider"
    assert (panel.state["width"], panel.state["height"]) == (1536, 1024)
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append((content, buffers)))
    panel._received(panel, {"kind": "whole"}, [])
    assert sent == [({"kind": "whole", "mimes": ["image/png"] * 2}, [a.images[0].bytes, b.images[0].bytes])]
    # What a notebook may save are small copies.
    assert all(len(data) <= 60_000 for data in panel.shown)
    first, second = panel.state["pictures"]
    assert (first["letter"], first["alt"]) == ("A", "a lighthouse at dusk")
    assert first["facts"].startswith("2.5-flare · 1024×1024 · low · ")
    assert first["facts"].endswith(" s")
    assert first["price"] == format_usd(a.cost.usd)
    assert first["tag"] == ""
    assert (second["letter"], second["width"], second["height"]) == ("B", 1536, 1024)


def test_a_stored_picture_says_what_it_cost_when_it_was_made_not_that_it_was_free_now(compared, session):
    bought = session.generate("a lighthouse")
    again = session.generate("a lighthouse")
    assert again.cached
    prices = [one["price"] for one in compared(bought, again).state["pictures"]]
    assert prices == [format_usd(bought.cost.usd)] * 2


def test_one_result_of_several_pictures_and_more_than_two_pictures_make_a_grid_of_small_copies(
    compared, session
):
    r = session.generate("a lighthouse", n=3)
    panel = compared(r)
    assert panel.state["mode"] == "grid"
    assert [one["letter"] for one in panel.state["pictures"]] == ["A", "B", "C"]
    assert [one["alt"] for one in panel.state["pictures"]][2] == "a lighthouse (3 of 3)"
    for data in panel.shown:
        assert max(PILImage.open(BytesIO(data)).size) == 512
        assert len(data) <= 60_000


def test_an_image_without_its_result_and_an_untouched_copy_of_it_are_known_to_the_store(
    compared, session, tmp_path
):
    r = session.generate("a lighthouse", quality="medium")
    copy = tmp_path / "saved.png"
    copy.write_bytes(r.images[0].bytes)
    for source in (r.images[0], str(copy), copy, r.images[0].bytes, "last", r.key[:12]):
        one = compared(source, r).state["pictures"][0]
        assert one["facts"].startswith("2.5-flare · 1024×1024 · medium · ")
        assert one["price"] == format_usd(r.cost.usd)
        assert one["alt"] == "a lighthouse"


def test_a_foreign_picture_has_its_name_and_size_and_no_price(compared, session, tmp_path):
    PILImage.new("RGB", (640, 320), "teal").save(tmp_path / "photo.png")
    foreign, drawn = compared("photo.png", PILImage.new("L", (64, 64))).state["pictures"]
    assert (foreign["alt"], foreign["facts"], foreign["price"]) == ("photo.png", "640×320", "")
    assert drawn["facts"] == "64×64"


def test_demo_pictures_say_that_they_are(compared, session):
    r = session.generate("a lighthouse", provider="demo")
    real = session.generate("a lighthouse")
    for demo in (r, r.images[0]):
        first, second = compared(demo, real).state["pictures"]
        assert first["tag"] == "demo picture, not a model's"
        assert second["tag"] == ""


def test_a_price_that_nobody_knows_is_said_to_be_unknown(compared, session, server):
    data = base64.b64encode(imageserver.paint("1024x1024")).decode()
    server.script(imageserver.rows({"b64_json": data}))
    r = session.generate("a lighthouse")
    assert compared(r, r).state["pictures"][0]["price"] == "cost unknown"


def test_lists_of_pictures_are_taken_apart(compared, session):
    r = session.generate("a lighthouse", n=2)
    assert len(compared(list(r.images), [r]).state["pictures"]) == 4


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_pictures_are_refused(compared, session, count):
    given = [session.generate("a lighthouse") for _ in range(count)]
    with pytest.raises(RequestError, match=r"needs two pictures or more.*imagegen\.compare"):
        compared(*given)


def test_what_is_no_picture_is_refused_by_its_name(compared, session):
    r = session.generate("a lighthouse")
    with pytest.raises(SourceError, match=r"nowhere\.png"):
        compared(r, "nowhere.png")


def test_its_static_form_shows_the_pictures_side_by_side_and_stays_small(compared, session):
    r = session.generate("a <b>lighthouse</b>", n=2)
    data, _ = compared(r)._repr_mimebundle_()
    assert data["text/html"].count("<img ") == 2
    assert "<b>lighthouse" not in data["text/html"]
    assert "a &lt;b&gt;lighthouse&lt;/b&gt; (2 of 2)" in data["text/html"]
    assert data["text/plain"].startswith("A: a <b>lighthouse</b> (1 of 2)\n   2.5-flare · 1024×1024 · low · ")
    sheet = PILImage.open(BytesIO(base64.b64decode(data.get("image/jpeg") or data["image/png"])))
    assert sheet.width > sheet.height
    assert "application/vnd.jupyter.widget-view+json" in data


def test_thirty_noisy_pictures_still_make_a_static_form_under_120_kilobytes(session, tmp_path):
    # Those that are shown are large; of the others only the number is told.
    sides = [700] * 12 + [64] * 18
    noise = [PILImage.effect_noise((side, side), 90).convert("RGB") for side in sides]
    panel = compare(*noise, session=session)
    data = panel.static()
    panel.close()
    assert sum(len(value) for value in data.values()) < 120_000
    assert data["text/plain"].endswith("and 18 more")
    assert data["text/html"].count("<img ") == 12


def test_letters_go_on_after_z():
    names = [letter(i) for i in range(26 * 27 + 1)]
    assert names[:3] + names[25:28] + names[-2:] == ["A", "B", "C", "Z", "AA", "AB", "ZZ", "AAA"]
    assert len(set(names)) == len(names)


def test_the_browser_can_ask_for_what_is_shown_and_for_nothing_else():
    assert list(Compare.actions) == ["whole"]
