"""Quoted words: spelt as they were asked for, legible, and inside the picture."""

from __future__ import annotations

import unicodedata

import pytest
from PIL import Image, ImageChops, ImageStat

from jupyter_imagegen.providers.demo import lettering
from jupyter_imagegen.providers.demo.compose import composed
from jupyter_imagegen.providers.demo.pages import wrapped
from jupyter_imagegen.providers.demo.raster import Raster
from jupyter_imagegen.providers.demo.scene import read
from jupyter_imagegen.providers.demo.sheet import Words

SPELT = [
    "Þórdís", "Привет, мир", "Ελλάδα", "Ngũgĩ wa Thiong'o", "Straße", "Łódź", "Dvořák", "Ñandú", "İstanbul ığüş",
    "Nguyễn Ấn", "q\u0307 e\u0301", "£5 – “ok”… €3", "ქართული", "Հայերեն", "½ → ✓ ♥",
]  # fmt: skip
SHAPED = ["שלום עולם", "مرحبا بالعالم", "می\u200cخواهم", "abc שלום def"]


@pytest.fixture
def only_ours(monkeypatch):
    """As on a machine with no typefaces of its own."""
    monkeypatch.setattr(lettering, "SYSTEM_FACES", ())
    _forget()
    yield
    _forget()


def _forget():
    for cached in (lettering.runs, lettering.measured, lettering._has):
        cached.cache_clear()


def _glyphs(text):
    mask, _ = lettering.set_line(text, 300, 60, 500, 60)
    return mask


@pytest.mark.parametrize("text", SPELT)
def test_letters_are_set_as_they_are_and_nothing_is_missing(only_ours, text):
    runs = lettering.runs(text)
    assert "".join(run.text for run in runs) == unicodedata.normalize("NFC", text)
    assert lettering.unset(text) == ""
    assert _glyphs(text).getbbox()


def test_a_letter_differs_from_its_plain_cousin(only_ours):
    for text, plain in (
        ("Þórdís", "Thórdís"),
        ("Þórdís", "Pórdís"),
        ("Łódź", "Lodz"),
        ("ß", "ss"),
        ("é", "e"),
    ):
        assert _glyphs(text).tobytes() != _glyphs(plain).tobytes()


@pytest.mark.parametrize("text", SHAPED)
def test_scripts_from_right_to_left_are_set_where_pillow_can_and_named_where_it_cannot(
    only_ours, monkeypatch, text
):
    if lettering._shapes():
        assert lettering.unset(text) == ""
    monkeypatch.setattr(lettering, "_shapes", lambda: False)
    _forget()
    missing = lettering.unset(text)
    assert missing
    assert all(unicodedata.bidirectional(c) in ("R", "AL") or c == "\u200c" for c in missing)


@pytest.mark.parametrize(
    ("text", "missing"),
    [("中文 HELLO", "中文"), ("🦊 fox 🎈", "🦊🎈"), ("हिन्दी", "हिन्दी"), ("👩\u200d🚀", "👩\u200d🚀")],
)
def test_a_letter_that_no_typeface_has_is_an_empty_box_and_is_named(only_ours, text, missing):
    assert lettering.unset(text) == missing
    assert missing[0] in read(f'a poster that says "{text}"').told()
    box = _glyphs(missing[0]).convert("L")
    middle = box.crop(box.getbbox())
    assert middle.getpixel((middle.width // 2, middle.height // 2)) == 0
    assert middle.getpixel((0, middle.height // 2)) == 255


def test_letters_of_the_system_are_used_where_it_has_them(only_ours, monkeypatch):
    monkeypatch.setattr(lettering, "_DEJAVU", "no-such-file.ttf")
    _forget()
    assert lettering.unset("Привет") == "Привет"
    monkeypatch.undo()
    monkeypatch.setattr(lettering, "SYSTEM_FACES", (lettering._DEJAVU,))
    monkeypatch.setattr(lettering, "_DEJAVU", "no-such-file.ttf")
    _forget()
    assert lettering.unset("Привет") == ""


@pytest.mark.parametrize(
    "prompt", ['a poster that says "OPEN STUDIO"', 'a honey jar label that says "Ελλάδα"']
)
def test_the_words_stand_out_from_their_ground_and_lie_inside_the_picture(prompt):
    size = (400, 400)
    sheet = composed(read(prompt), size)
    lines = [op for op in sheet.ops if isinstance(op, Words)]
    assert lines
    full = Raster(sheet, size, oversample=1.0)
    full.paint(sheet.ops)
    for line in lines:
        mask, (left, top) = lettering.set_line(
            line.text, line.x * full.unit, line.y * full.unit, line.width * full.unit, line.height * full.unit
        )
        used = mask.getbbox()
        box = (left + used[0], top + used[1], left + used[2], top + used[3])
        assert min(box) >= 0
        assert max(box) <= 400
        letters = mask.crop(used).point([255 if v > 200 else 0 for v in range(256)])
        found = full.canvas.crop(box).convert("L")
        ink = ImageStat.Stat(found, mask=letters).mean[0]
        ground = ImageStat.Stat(found, mask=ImageChops.invert(mask.crop(used))).mean[0]
        assert abs(ink - ground) > 60


@pytest.mark.parametrize(
    "words", ["a poster", "a fox", "a lighthouse", "a library", "a jar", "a sticker of an owl"]
)
def test_every_painting_with_quoted_words_shows_them(words):
    sheet = composed(read(f'{words} that says "HELLO"'), (300, 300))
    assert [op.text for op in sheet.ops if isinstance(op, Words)] == ["HELLO"]


def test_long_texts_are_broken_at_spaces_and_lose_nothing():
    assert wrapped(("THE QUICK BROWN FOX",)) == ["THE QUICK", "BROWN FOX"]
    assert " ".join(wrapped(("word " * 30,))).split() == ["word"] * 30


def test_a_line_fits_its_box_whatever_its_length():
    for text in ("I", "OPEN", "W" * 60, "Привет" * 12):
        mask, _ = lettering.set_line(text, 200, 50, 300, 60)
        used = mask.getbbox()
        assert used[2] - used[0] <= 330
        assert isinstance(mask, Image.Image)
