"""Previews are small, true to the picture, and carry nothing else along."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from jupyter_imagegen.imaging import (
    ImageRejected,
    contact_sheet,
    examine,
    inspect,
    preview,
)


def colour(picture, box=None):
    return tuple(
        round(value) for value in ImageStat.Stat(picture.convert("RGBA").crop(box or picture.getbbox())).mean
    )


def close(found, wanted, by=6):
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    side=st.integers(1, 300),
    kind=st.sampled_from([("RGB", "PNG"), ("RGB", "JPEG"), ("RGBA", "PNG"), ("P", "GIF"), ("L", "WEBP")]),
)
def test_a_preview_is_never_larger_than_asked_and_keeps_its_shape_within_a_pixel(width, height, side, kind):
    mode, name = kind
    out = BytesIO()
    Image.new(mode, (width, height)).save(out, name)
    small = preview(out.getvalue(), max_side=side)
    with Image.open(BytesIO(small.data)) as shown:
        assert shown.size == (small.width, small.height)
        assert small.mime == Image.MIME[shown.format]
    assert max(small.width, small.height) == min(side, max(width, height))
    scale = min(1, side / max(width, height))
    assert abs(small.width - max(1, width * scale)) <= 1
    assert abs(small.height - max(1, height * scale)) <= 1


def test_a_photograph_fits_the_byte_limit_at_good_quality(encode, gradient, opened):
    picture = gradient(1024, 1024)
    small = preview(encode(picture))
    assert (small.mime, small.width, small.height) == ("image/jpeg", 512, 512)
    assert len(small.data) <= 40_000
    difference = ImageChops.difference(
        opened(small.data), picture.resize((512, 512), Image.Resampling.LANCZOS)
    )
    assert max(ImageStat.Stat(difference).mean) < 2


def test_quality_goes_down_until_the_preview_fits_and_not_below_55(encode, noise):
    data = encode(noise(300, 300))
    sizes = [len(preview(data, max_bytes=limit).data) for limit in (10**6, 60_000, 1)]
    assert sizes[0] > 60_000 >= sizes[1] > sizes[2] > 20_000


def test_transparency_that_is_used_gives_a_png_with_it(encode, gradient, opened):
    picture = gradient(800, 400).convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 400, 400))
    small = preview(encode(picture))
    assert small.mime == "image/png"
    shown = opened(small.data).convert("RGBA")
    assert shown.getpixel((50, 100))[3] == 0
    assert shown.getpixel((450, 100))[3] == 255


def test_an_alpha_channel_that_is_opaque_everywhere_gives_a_jpeg(encode, gradient):
    assert preview(encode(gradient(600, 600).convert("RGBA"))).mime == "image/jpeg"


def test_one_transparent_pixel_in_a_small_picture_gives_a_png(encode, gradient):
    picture = gradient(60, 60).convert("RGBA")
    picture.putpixel((3, 3), (1, 2, 3, 254))
    assert preview(encode(picture)).mime == "image/png"


def test_a_png_preview_over_the_limit_gets_a_palette_with_its_alpha(encode, noise, opened):
    picture = noise(300, 300, "RGB").convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 300, 100))
    data = encode(picture)
    large, small = preview(data, max_bytes=10**7), preview(data, max_bytes=1)
    assert opened(large.data).mode == "RGBA"
    assert opened(small.data).mode == "P"
    assert len(small.data) < len(large.data) / 3
    shown = opened(small.data).convert("RGBA")
    middle, high = shown.width // 2, shown.height
    assert shown.getpixel((middle, high // 30))[3] == 0
    assert shown.getpixel((middle, high * 2 // 3))[3] >= 254


def test_what_nothing_packs_gets_fewer_pixels_and_no_more_than_it_must(encode, noise):
    worst = preview(encode(noise(1024, 1024, "RGBA")))
    coloured = preview(encode(noise(256, 256, "RGB").resize((1024, 1024))))
    assert len(worst.data) <= 50_000
    assert worst.width == worst.height > 128
    assert coloured.width >= 300


def test_the_hidden_colour_of_transparent_pixels_does_not_bleed_into_the_edge(encode, opened):
    picture = Image.new("RGBA", (1024, 1024), (255, 0, 255, 0))
    picture.paste((0, 128, 0, 255), (0, 0, 1024, 511))
    shown = opened(preview(encode(picture), max_bytes=10**7).data)
    assert all(pixel[0] < 20 for pixel in (shown.getpixel((256, y)) for y in range(250, 258)) if pixel[3])


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_gives_a_still_of_its_first_frame(encode, opened, kind):
    frames = [Image.new("RGB", (60, 60), name) for name in ("red", "lime", "blue")]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    for small in (preview(data), preview(data, inspected=inspect(data)), examine(data)[1]):
        assert small.mime == "image/jpeg"
        assert close(colour(opened(small.data)), (255, 0, 0, 255))


@pytest.mark.parametrize(
    ("mode", "fill", "kind", "shown"),
    [
        ("1", 1, "PNG", (255, 255, 255)),
        ("L", 100, "PNG", (100, 100, 100)),
        ("I;16", 0x8000, "PNG", (128, 128, 128)),
        ("CMYK", (0, 255, 255, 0), "JPEG", (254, 0, 0)),
        ("L", 100, "JPEG", (100, 100, 100)),
    ],
)
@pytest.mark.parametrize("side", [64, 640])
def test_every_mode_keeps_its_colour(encode, opened, mode, fill, kind, shown, side):
    data = encode(Image.new(mode, (side * 2, side), fill), kind)
    small = opened(preview(data, max_side=200).data)
    assert small.mode == "RGB"
    assert close(colour(small), (*shown, 255))


def test_a_palette_with_transparency_keeps_both(encode, opened):
    picture = Image.new("P", (40, 40), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    picture.paste(0, (0, 0, 20, 40))
    small = opened(preview(encode(picture, transparency=0)).data).convert("RGBA")
    assert small.getpixel((5, 5))[3] == 0
    assert small.getpixel((30, 5)) == (200, 100, 50, 255)


def test_grey_with_alpha_keeps_both(encode, opened):
    small = opened(preview(encode(Image.new("LA", (40, 40), (90, 128)))).data)
    assert small.getpixel((5, 5)) == (90, 90, 90, 128)


@pytest.mark.parametrize("size", [(900, 900), (90, 90)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_of_another_space_are_converted_to_srgb(encode, opened, swapped_profile, mode, size):
    picture = Image.new("RGB", size, (220, 40, 40)).convert(mode)
    small = opened(preview(encode(picture, icc_profile=swapped_profile)).data)
    assert close(colour(small), (40, 220, 40, 255))
    assert "icc_profile" not in small.info


def test_converting_colours_keeps_transparency(encode, opened, swapped_profile):
    picture = Image.new("RGBA", (90, 90), (220, 40, 40, 100))
    small = opened(preview(encode(picture, icc_profile=swapped_profile)).data)
    assert close(small.convert("RGBA").getpixel((9, 9)), (40, 220, 40, 100))


def test_a_broken_colour_profile_is_passed_over(encode, opened):
    small = opened(
        preview(encode(Image.new("RGB", (90, 90), (220, 40, 40)), icc_profile=b"nonsense" * 30)).data
    )
    assert close(colour(small), (220, 40, 40, 255))


def test_no_metadata_is_copied(encode, gradient):
    exif = Image.Exif()
    exif[0x010E] = "SECRET-WORDS"
    for kind in ("PNG", "JPEG", "WEBP"):
        for mode in ("RGB", "RGBA") if kind != "JPEG" else ("RGB",):
            picture = gradient(700, 700).convert(mode)
            if mode == "RGBA":
                picture.putpixel((0, 0), (0, 0, 0, 0))
            extra = {"comment": b"SECRET-WORDS"} if kind == "JPEG" else {}
            data = encode(picture, kind, exif=exif, xmp=b"SECRET-WORDS", **extra)
            assert b"SECRET-WORDS" in data
            for side in (100, 1000):
                assert b"SECRET-WORDS" not in preview(data, max_side=side).data


def test_small_pictures_are_not_enlarged(encode, gradient):
    small = preview(encode(gradient(30, 20)))
    assert (small.width, small.height) == (30, 20)


def test_an_svg_gets_a_card_that_says_its_size():
    data = b'<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="512"/>'
    small = preview(data)
    assert (small.mime, small.width, small.height) == ("image/jpeg", 512, 256)
    inspected, same = examine(data, allow_svg=True)
    assert inspected.mime == "image/svg+xml"
    assert same == small
    other = preview(data.replace(b"1024", b"1025"))
    assert other.data != small.data


def test_examine_says_what_inspect_and_preview_say(encode, noise):
    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        data = encode(noise(700, 500), kind)
        assert examine(data) == (inspect(data), preview(data))


def test_examine_refuses_an_svg_nobody_asked_for():
    with pytest.raises(ImageRejected, match="SVG"):
        examine(b'<svg xmlns="http://www.w3.org/2000/svg"/>')


def test_one_picture_is_its_own_contact_sheet(encode, gradient):
    data = encode(gradient(50, 40), "JPEG")
    sheet = contact_sheet([data])
    assert (sheet.data, sheet.mime, sheet.width, sheet.height) == (data, "image/jpeg", 50, 40)


def test_a_contact_sheet_shows_each_picture_in_reading_order(encode, opened):
    names = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    sheet = contact_sheet([encode(Image.new("RGB", (300, 200), name), "JPEG") for name in names])
    shown = opened(sheet.data)
    assert shown.size == (sheet.width, sheet.height) == (512, 344)
    quarters = [(20, 20, 230, 150), (280, 20, 490, 150), (20, 190, 230, 320)]
    for box, name in zip(quarters, names, strict=True):
        assert close(colour(shown, box), (*name, 255))
    assert close(colour(shown, (290, 200, 490, 330)), (255, 255, 255, 255))


def test_a_contact_sheet_lays_transparency_on_white(encode, opened):
    clear = encode(Image.new("RGBA", (50, 50), (255, 0, 0, 0)))
    shown = opened(contact_sheet([clear, clear]).data)
    assert close(colour(shown), (255, 255, 255, 255))


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=2, max_size=11))
def test_a_contact_sheet_is_never_larger_than_asked(sizes):
    pictures = []
    for size in sizes:
        out = BytesIO()
        Image.new("RGB", size).save(out, "PNG")
        pictures.append(out.getvalue())
    sheet = contact_sheet(pictures, max_side=120)
    assert max(sheet.width, sheet.height) <= 120


def test_a_contact_sheet_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])
