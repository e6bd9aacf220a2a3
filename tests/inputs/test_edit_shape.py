"""An edit without a size is asked for in the shape of its first picture, at every face; a composite never stretches."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from jupyter_imagegen.cli import main

FLARE, OLD = "gpt-image-2.5-flare", "gpt-image-1-mini"


def png(width, height):
    out = BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("sides", "model", "size"),
    [
        ((1536, 1024), FLARE, "1536x1024"),
        ((1024, 1536), FLARE, "1024x1536"),
        ((3840, 2160), FLARE, "3840x2160"),
        ((2000, 1500), FLARE, "1984x1488"),
        ((60, 40), FLARE, "1008x672"),
        ((40, 60), FLARE, "672x1008"),
        ((1000, 1000), FLARE, "1024x1024"),
        ((2048, 2048), FLARE, "1024x1024"),
        ((1000, 1003), FLARE, "1024x1024"),
        ((6000, 100), FLARE, "1440x480"),
        ((4032, 3024), OLD, "1536x1024"),
        ((3024, 4032), OLD, "1024x1536"),
        ((1100, 1000), OLD, "1024x1024"),
        ((1536, 1024), "a-deployment", "1536x1024"),
        ((900, 1600), "a-deployment", "1024x1536"),
    ],
)
def test_the_size_asked_for_is_the_nearest_in_shape_that_the_model_makes(session, sides, model, size):
    found = session.preflight("make it winter", image=png(*sides), model=model).order
    assert found.request.size == size
    assert bool(found.notes) == (size != "1024x1024")


def test_what_goes_out_is_that_size_and_what_comes_back_says_so(edit):
    sent = edit(png(1536, 1024), small=False)
    assert sent.size == "1536x1024"
    assert (sent.result.images[0].width, sent.result.images[0].height) == (1536, 1024)
    assert any("size 1536x1024: in the shape of" in note for note in sent.result.notes)


def test_of_several_pictures_the_first_gives_the_shape(session):
    found = session.preflight("join them", image=[png(1536, 1024), png(1024, 1536)])
    assert found.order.request.size == "1536x1024"


def test_a_size_that_was_chosen_wins_wherever_it_was_chosen(session, tmp_path, monkeypatch):
    wide = png(1536, 1024)

    def size(**options):
        return session.preflight("make it winter", image=wide, **options).order.request.size

    assert size(size="1024x1024") == "1024x1024"
    assert size(size=None) == "1536x1024"
    session.configure(size="1024x1536")
    assert size() == "1024x1536"
    session.configure(size="1024x1024")
    assert size() == "1024x1024"
    session.configure(size=None)
    (tmp_path / "imagegen.toml").write_text('size = "1024x1024"')
    assert size() == "1024x1024"


def test_words_alone_keep_the_default(session):
    assert session.preflight("a fox").order.request.size == "1024x1024"


def test_a_stored_edit_of_a_square_picture_is_found_again(session, server):
    session.edit("make it winter", image=png(700, 700), size="1024x1024")
    assert session.edit("make it winter", image=png(700, 700)).cached
    assert server.calls == 1


def test_the_estimate_is_of_that_size_and_says_so(session):
    wide = png(1536, 1024)
    shaped, square = session.estimate("x", image=wide), session.estimate("x", image=wide, size="1024x1024")
    assert shaped.usd != square.usd
    assert shaped.usd == session.estimate("x", image=wide, size="1536x1024").usd
    assert "size 1536x1024: in the shape of" in shaped.note
    assert "shape" not in square.note


def test_the_command_line_says_so_before_and_after(server, tmp_path, capsys):
    (tmp_path / "wide.png").write_bytes(png(1536, 1024))
    said = "size 1536x1024: in the shape of wide.png, 1536x1024; -s, or size=, asks for another."
    asking = ["-i", "wide.png", "--provider", "openai", "make it winter"]
    assert main(["estimate", *asking]) == 0
    assert said in capsys.readouterr().out.splitlines()
    assert main(["edit", "--dry-run", "--json", *asking]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["request"]["size"], told["notes"]) == ("1536x1024", [said])
    assert server.calls == 0
    # In a process of its own, which ends as a command does: with the connections of its provider.
    code = "import sys; from jupyter_imagegen.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "edit", "--json", "--save", "out.png", *asking]
    done = subprocess.run(command, capture_output=True, check=True)
    assert said in json.loads(done.stdout)["notes"]
    assert server.last.fields["size"] == "1536x1024"


def test_a_panel_takes_the_shape_of_what_goes_in_and_prices_it(session, server):
    from jupyter_imagegen.widgets.panel import PicturePanel

    class Now:
        def __init__(self, action):
            self.action = action

        def __call__(self):
            self.action()

    panel = PicturePanel(session, "make it winter", later=Now, provider="openai")
    assert panel.choices["size"] == "1024x1024"
    before = panel.quote["price"]
    panel.add_reference(png(1536, 1024))
    assert panel.choices["size"] == "1536x1024"
    assert panel.quote["price"] != before
    panel.choices = {**panel.choices, "size": "1024x1024"}
    panel.add_reference(png(1536, 1024))
    assert panel.choices["size"] == "1024x1024"
    panel.close()
    other = PicturePanel(session, "make it winter", later=Now, size="1024x1536")
    other.add_reference(png(1536, 1024))
    assert other.choices["size"] == "1024x1536"
    other.close()


@pytest.mark.parametrize("mode", ["replay", "live"])
def test_an_edit_that_was_recorded_square_is_taken_as_it_is(session, server, new_session, tmp_path, mode):
    (tmp_path / "wide.png").write_bytes(png(1536, 1024))
    session.configure(cassette="lesson.cassette", record_mode="record")
    session.edit("make it winter", image="wide.png", size="1024x1024")
    reader = new_session()
    reader.configure(cassette="lesson.cassette", record_mode=mode, home=str(tmp_path / "another"))
    result = reader.edit("make it winter", image="wide.png")
    assert (result.recorded, result.request.size, server.calls) == (True, "1024x1024", 1)
    assert any("recorded as 1024x1024" in note for note in result.notes)


def test_an_edit_that_was_recorded_in_the_pictures_shape_is_replayed(session, server, new_session, tmp_path):
    (tmp_path / "wide.png").write_bytes(png(1536, 1024))
    session.configure(cassette="lesson.cassette", record_mode="record")
    session.edit("make it winter", image="wide.png")
    reader = new_session()
    reader.configure(cassette="lesson.cassette", record_mode="replay", home=str(tmp_path / "another"))
    result = reader.edit("make it winter", image="wide.png")
    assert (result.recorded, result.request.size, server.calls) == (True, "1536x1024", 1)


def ball(width, height):
    """An answer with a round ball in its upper left quarter."""
    picture = Image.new("RGB", (width, height), "navy")
    ImageDraw.Draw(picture).ellipse((106, 106, 406, 406), fill="red")
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("feather", [0, 12])
@pytest.mark.parametrize(
    ("original", "answer", "stays"),
    [
        ((1536, 1024), (1024, 1024), "left and right"),
        ((1024, 1536), (1024, 1024), "top and bottom"),
        ((1024, 1024), (1536, 1024), "top and bottom"),
        ((1536, 1024), (768, 512), None),
        ((600, 420), (1536, 1024), "top and bottom"),
    ],
)
def test_a_composite_never_stretches_and_says_what_it_did(session, server, original, answer, stays, feather):
    from base64 import b64encode

    from imageserver import rows

    server.script(rows({"b64_json": b64encode(ball(*answer)).decode()}))
    mask = Image.new("L", original, 255)
    mask.paste(0, (0, 0, original[0], 1))
    result = session.edit(
        "a ball", image=png(*original), mask=mask, keep_outside=True, feather=feather, size="1024x1024"
    )
    picture = result.images[0].pil.convert("RGB")
    assert picture.size == original
    left, top, right, bottom = picture.getchannel("R").point(lambda value: 255 * (value > 128)).getbbox()
    assert abs((right - left) / (bottom - top) - 1) < 0.03
    told = [note for note in result.notes if "scaled evenly" in note]
    assert told == [] if stays is None else stays in told[0]
    assert picture.crop((0, 0, original[0], 1)).getcolors() == [(original[0], (0, 0, 128))]


def test_the_edit_of_a_composite_has_the_composites_shape(session, server):
    mask = Image.new("L", (1536, 1024), 255)
    held = session.edit("a ball", image=png(1536, 1024), mask=mask, keep_outside=True, size="1024x1024")
    held.edit("make it winter")
    assert server.last.fields["size"] == "1536x1024"


def test_the_plan_of_a_notebook_has_the_size_and_its_price(server, tmp_path, capsys):
    (tmp_path / "wide.png").write_bytes(png(1536, 1024))
    cells = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for i, source in enumerate(
            [
                "%%imagegen -i wide.png\nmake it winter",
                "%%imagegen -i wide.png -s 1024x1024\nmake it summer",
                "import jupyter_imagegen as imagegen\nimagegen.edit('make it night', image='wide.png')",
            ]
        )
    ]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / "lesson.ipynb").write_text(json.dumps(document))
    assert main(["plan", "lesson.ipynb", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["plans"]["notebooks"][0]["rows"]
    assert [row["size"] for row in rows] == ["1536x1024", "1024x1024", "1536x1024"]
    assert rows[0]["price"]["usd"] == rows[2]["price"]["usd"] != rows[1]["price"]["usd"]
