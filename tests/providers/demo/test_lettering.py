"""Quoted words: legible, inside the picture, and never an empty box."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from jupyter_imagegen.providers.demo import lettering
from jupyter_imagegen.providers.demo.compose import composed
from jupyter_imagegen.providers.demo.pages import wrapped
from jupyter_imagegen.providers.demo.raster import Raster
from jupyter_imagegen.providers.demo.scene import read
from jupyter_imagegen.providers.demo.sheet import Words


@pytest.mark.parametrize(
    "prompt",
    [
        'a poster that says "OPEN STUDIO"',
        'a jar label that says "Honey"',
        'a neon street sign "BAR" at night',
    ],
)
def test_the_words_stand_out_from_their_ground_and_lie_inside_the_picture(prompt):
    size = (400, 400)
    sheet = composed(read(prompt), size)
    lines = [op for op in sheet.ops if isinstance(op, Words)]
    assert lines
    bare, full = (Raster(sheet, size, oversample=1.0) for _ in range(2))
    bare.paint([op for op in sheet.ops if op not in lines])
    full.paint(sheet.ops)
    for line in lines:
        mask, (left, top) = lettering.set_line(
            line.text, line.x * full.unit, line.y * full.unit, line.width * full.unit, line.height * full.unit
        )
        used = mask.getbbox()
        assert left + used[0] >= 0
        assert top + used[1] >= 0
        assert left + used[2] <= size[0]
        assert top + used[3] <= size[1]
        box = (left + used[0], top + used[1], left + used[2], top + used[3])
        letters = mask.crop(used).point([255 if v > 200 else 0 for v in range(256)])
        ink = ImageStat.Stat(full.canvas.crop(box).convert("L"), mask=letters).mean[0]
        ground = ImageStat.Stat(
            full.canvas.crop(box).convert("L"), mask=ImageChops.invert(mask.crop(used))
        ).mean[0]
        assert abs(ink - ground) > 60


def test_every_prompt_with_quoted_words_shows_them_large():
    for place in ("poster", "label", "sticker", "logo", "diagram", "street", "sea", "room"):
        sheet = composed(read(f'a {place} that says "HELLO"'), (300, 300))
        words = [op for op in sheet.ops if isinstance(op, Words) and op.text == "HELLO"]
        assert words, place


def test_accents_are_drawn_over_the_letters_that_the_typeface_lacks():
    plain, _ = lettering.set_line("CAFE", 200, 100, 300, 80)
    accented, _ = lettering.set_line("CAFÉ", 200, 100, 300, 80)
    assert plain.size == accented.size
    assert ImageStat.Stat(accented).sum[0] > ImageStat.Stat(plain).sum[0]


@pytest.mark.parametrize(
    "text", ["Ñandú", "Straße", "Łódź", "Жизнь", "Ελλάδα", "שלום", "ひらがな", "Dvořák", "£5 – “ok”…"]
)
def test_no_character_is_shown_as_an_empty_box(text):
    assert lettering.fits(text)
    box = bytes(lettering.typeface(24).getmask("\ufffe"))
    assert all(bytes(lettering.typeface(24).getmask(c)) != box for c, _ in lettering.glyphs(text) if c != " ")


def test_text_that_cannot_be_spelt_leaves_no_boxes():
    assert not lettering.fits("中文")
    assert lettering.glyphs("\x00\u200b") == []


def test_long_texts_are_broken_at_spaces():
    assert wrapped(("THE QUICK BROWN FOX",)) == ["THE QUICK", "BROWN FOX"]
    assert all(len(line) <= 40 for line in wrapped(("word " * 40,)))


def test_a_line_fits_its_box_whatever_its_length():
    for text in ("I", "OPEN", "W" * 60):
        mask, _ = lettering.set_line(text, 200, 50, 300, 60)
        used = mask.getbbox()
        assert used[2] - used[0] <= 330
        assert isinstance(mask, Image.Image)
