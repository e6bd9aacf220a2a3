"""An edit held to its mask: outside it, not one pixel differs."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from jupyter_imagegen.imaging import ImageRejected, keep_outside, painted


def png(picture, **options):
    out = BytesIO()
    picture.save(out, "PNG", **options)
    return out.getvalue()


def load(data):
    with Image.open(BytesIO(data)) as picture:
        picture.load()
        return picture.copy()


def mask_of(alpha):
    mask = Image.new("RGBA", alpha.size)
    mask.putalpha(alpha)
    return png(mask)


sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@settings(max_examples=150, deadline=None)
@given(
    size=sizes,
    edited_size=st.none() | sizes,
    modes=st.tuples(st.sampled_from(["RGB", "RGBA", "L", "LA"]), st.sampled_from(["RGB", "RGBA", "L"])),
    feather=st.integers(0, 6),
    random=st.randoms(use_true_random=False),
)
def test_outside_the_mask_every_pixel_equals_the_original(size, edited_size, modes, feather, random):
    def noise(mode, size):
        return Image.frombytes(mode, size, random.randbytes(len(Image.new(mode, size).tobytes())))

    before = noise(modes[0], size)
    after = noise(modes[1], edited_size or size)
    # Blobs rather than dust, so that there is an inside to feather, and soft alphas on both sides of the middle.
    alpha = noise("L", (random.randint(1, 5), random.randint(1, 5))).resize(size, Image.Resampling.BILINEAR)
    held = load(keep_outside(png(before), png(after), mask_of(alpha), feather=feather))
    assert held.size == size
    wanted = before.convert(held.mode)
    new = after.convert(held.mode)
    for y in range(size[1]):
        for x in range(size[0]):
            if alpha.getpixel((x, y)) >= 128:
                assert held.getpixel((x, y)) == wanted.getpixel((x, y))
            elif not feather and edited_size in (None, size):
                assert held.getpixel((x, y)) == new.getpixel((x, y))


def test_feathering_rises_from_the_border_inwards():
    alpha = Image.new("L", (40, 11), 0)
    alpha.paste(255, (0, 0, 10, 11))
    held = load(
        keep_outside(
            png(Image.new("L", (40, 11), 0)), png(Image.new("L", (40, 11), 255)), mask_of(alpha), feather=4
        )
    )
    row = [held.getpixel((x, 5))[0] for x in range(40)]
    assert row[:10] == [0] * 10
    assert row[10:14] == [51, 102, 153, 204]
    assert row[14:] == [255] * 26


def test_feathering_leaves_something_of_a_change_thinner_than_itself():
    alpha = Image.new("L", (20, 20), 255)
    alpha.paste(0, (10, 0, 11, 20))
    held = load(
        keep_outside(
            png(Image.new("L", (20, 20), 0)), png(Image.new("L", (20, 20), 255)), mask_of(alpha), feather=8
        )
    )
    assert held.getpixel((10, 10))[0] > 0


def test_hidden_colours_under_transparent_pixels_are_kept_too():
    before = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    held = load(
        keep_outside(png(before), png(Image.new("RGB", (4, 4))), mask_of(Image.new("L", (4, 4), 255)))
    )
    assert held.tobytes() == before.tobytes()


def test_an_edit_of_another_size_is_fitted_to_the_original():
    before, after = Image.new("RGB", (64, 32), "red"), Image.new("RGB", (128, 64), "blue")
    held = load(keep_outside(png(before), png(after), mask_of(Image.new("L", (64, 32), 0))))
    assert ImageChops.difference(held, Image.new("RGB", (64, 32), "blue")).getbbox() is None


def test_the_originals_colour_space_stays_with_its_pixels():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    before = Image.new("RGB", (4, 4), (1, 2, 3))
    held = load(
        keep_outside(png(before, icc_profile=profile), png(before), mask_of(Image.new("L", (4, 4), 255)))
    )
    assert held.info["icc_profile"] == profile
    assert held.tobytes() == before.tobytes()


def test_the_edits_colours_are_carried_into_the_originals_space(swapped_profile):
    before = png(Image.new("RGB", (4, 4), (1, 2, 3)), icc_profile=swapped_profile)
    after = png(Image.new("RGB", (4, 4), (220, 40, 40)))
    pixel = load(keep_outside(before, after, mask_of(Image.new("L", (4, 4), 0)))).getpixel((1, 1))
    assert pixel[1] > 200
    assert pixel[0] < 60


def test_a_mask_of_another_size_is_refused():
    picture = png(Image.new("RGB", (8, 8)))
    with pytest.raises(ValueError, match="mask is 9x8 and the original is 8x8"):
        keep_outside(picture, picture, mask_of(Image.new("L", (9, 8))))


def test_a_negative_feather_is_refused():
    picture = png(Image.new("RGB", (8, 8)))
    with pytest.raises(ValueError, match="feather -1"):
        keep_outside(picture, picture, mask_of(Image.new("L", (8, 8))), feather=-1)


def test_an_edit_that_is_no_picture_is_refused():
    picture = png(Image.new("RGB", (8, 8)))
    with pytest.raises(ImageRejected, match="HTML"):
        keep_outside(picture, b"<html>", mask_of(Image.new("L", (8, 8))))


def test_the_painted_share_counts_what_may_change():
    alpha = Image.new("L", (10, 10), 128)
    alpha.paste(127, (0, 0, 10, 3))
    assert painted(mask_of(alpha)) == 0.3
    assert painted(png(Image.new("RGB", (5, 5), "white"))) == 0.0
