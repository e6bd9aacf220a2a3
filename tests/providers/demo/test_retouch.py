"""Edits: the change is made, and only where it may be."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat


@pytest.fixture
def base(picture_of):
    return picture_of("a house in a summer meadow", size="192x192").convert("RGB")


def _mask(size, box):
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    ImageDraw.Draw(mask).rectangle(box, fill=(0, 0, 0, 0))
    return mask


def _outside(base, out, box):
    difference = ImageChops.difference(base.convert("RGB"), out.convert("RGB"))
    difference.paste((0, 0, 0), (box[0], box[1], box[2] + 1, box[3] + 1))
    return difference.getbbox()


def _change(a, b):
    return sum(ImageStat.Stat(ImageChops.difference(a.convert("RGB"), b.convert("RGB"))).mean)


PROMPTS = [
    "make it winter", "add a red balloon in the sky", "make it night", "watercolour", "remove this", "make it teal",
    'write "HI"', "something unheard of", "add a cat", "make it rain", "fog", "autumn",
]  # fmt: skip


@pytest.mark.parametrize("prompt", PROMPTS)
def test_with_a_mask_every_pixel_outside_stays_exactly_the_same(base, edited, prompt):
    box = (60, 20, 150, 110)
    out = edited(base, prompt, mask=_mask(base.size, box))
    assert _outside(base, out, box) is None
    assert _change(base.crop(box), out.crop(box)) > 3


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.integers(0, 150), y=st.integers(0, 150), w=st.integers(0, 180), h=st.integers(0, 180))
def test_no_mask_lets_anything_out(base, edited, x, y, w, h):
    box = (x, y, min(191, x + w), min(191, y + h))
    out = edited(base, "add a red balloon at night", mask=_mask(base.size, box))
    assert _outside(base, out, box) is None


def test_a_mask_that_allows_nothing_changes_nothing(base, edited):
    out = edited(base, "make it night", mask=Image.new("RGBA", base.size, (0, 0, 0, 255)))
    assert _change(base, out) == 0


@pytest.mark.parametrize("prompt", PROMPTS)
def test_without_a_mask_the_change_is_plain_to_see(base, edited, prompt):
    assert _change(base, edited(base, prompt)) > 2


def test_an_edit_is_the_same_each_time_and_its_samples_differ(base, edited):
    first, again, other = (edited(base, "make it winter", sample=s) for s in (0, 0, 1))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_winter_lays_snow_and_night_is_darker(base, edited):
    field, snow = (
        ImageStat.Stat(p.crop((0, 120, 192, 192)).convert("HSV")).mean
        for p in (base, edited(base, "make it winter"))
    )
    assert snow[1] < field[1] * 0.6
    assert snow[2] > field[2]
    assert (
        ImageStat.Stat(edited(base, "make it night").convert("L")).mean[0]
        < ImageStat.Stat(base.convert("L")).mean[0] * 0.7
    )


def test_an_added_balloon_is_red(base, edited):
    out = edited(base, "add a red balloon in the sky", mask=_mask(base.size, (60, 5, 130, 95)))
    r, g, b = ImageStat.Stat(out.crop((85, 20, 105, 40))).mean
    assert r > 1.5 * max(g, b)


def test_the_result_has_the_asked_size(base, edited):
    assert edited(base, "make it night", size="120x200").size == (120, 200)
    assert edited(base, "make it night", size="auto").size == base.size


def test_reference_pictures_lend_their_colours(base, edited):
    red = Image.new("RGB", (40, 40), (230, 20, 20))
    plain, leaning = edited(base, "make it night"), edited(base, "make it night", more=(red,))
    assert ImageStat.Stat(leaning.convert("RGB")).mean[0] > ImageStat.Stat(plain.convert("RGB")).mean[0] + 10


def test_transparency_of_the_base_is_kept(picture_of, edited):
    sticker = picture_of("a pear", background="transparent")
    out = edited(sticker, "make it teal")
    assert out.mode == "RGBA"
    assert out.getpixel((1, 1))[3] == 0


def test_what_was_removed_takes_the_colours_around_it(edited):
    base = Image.new("RGB", (160, 160), (90, 140, 200))
    ImageDraw.Draw(base).ellipse((60, 60, 100, 100), fill=(220, 30, 30))
    out = edited(base, "remove the ball", mask=_mask(base.size, (55, 55, 105, 105)))
    r, _, b = out.getpixel((80, 80))
    assert b > r


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("make it winter, snow on everything", "Changed: winter, snow."),
        ("add a hedgehog", "A card, not a painting. Not known: hedgehog."),
        ("make it night with a hedgehog", "Changed: night. Not known: hedgehog."),
        ("add a sailing boat", "Changed: sailing boat."),
    ],
)
def test_an_edit_says_what_it_changed_and_what_it_did_not_know(base, note_of_edit, prompt, told):
    assert note_of_edit(base, prompt) == told


def test_a_moon_is_put_where_the_sky_is(base, edited):
    night, moon = edited(base, "make it night"), edited(base, "make it night with a full moon")
    box = (
        ImageChops.difference(night.convert("RGB"), moon.convert("RGB"))
        .point([0] * 90 + [255] * 166 + [0] * 90 + [255] * 166 + [0] * 90 + [255] * 166)
        .getbbox()
    )
    assert box
    assert box[3] < base.height * 0.7
