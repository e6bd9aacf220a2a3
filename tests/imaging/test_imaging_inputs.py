"""What an edit is sent: the same bytes wherever possible, an upright PNG where not, a note about each change."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from PIL import Image

from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.imaging import inputs, painted, prepare_input, prepare_markup, prepare_mask


def exif(orientation):
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def corner():
    """A picture whose top left corner is red and whose rest is blue."""
    picture = Image.new("RGB", (64, 32), "blue")
    picture.paste("red", (0, 0, 16, 16))
    return picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_what_the_api_takes_is_sent_byte_for_byte(encode, noise, kind, mode):
    if (kind, mode) == ("JPEG", "RGBA"):
        mode = "RGB"
    data = encode(noise(20, 10, mode), kind)
    sent = prepare_input(data, name="a.png")
    assert sent.data is data
    assert (sent.note, sent.mime, sent.name) == ("", Image.MIME[kind], "a.png")
    assert (sent.width, sent.height) == (20, 10)
    assert sent.digest == hashlib.sha256(data).hexdigest()


def test_a_jpeg_that_is_called_png_is_sent_as_jpeg(encode, gradient):
    assert prepare_input(encode(gradient(9, 9), "JPEG"), name="a.png").mime == "image/jpeg"


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_orientation_is_applied_as_a_viewer_would(encode, opened, orientation):
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    data = encode(corner().transpose(turned), exif=exif(orientation))
    sent = prepare_input(data, name="photo.png")
    assert opened(sent.data).tobytes() == corner().tobytes()
    assert (sent.width, sent.height, sent.mime) == (64, 32, "image/png")
    assert sent.note == "picture 'photo.png': turned upright as its EXIF says; sent as PNG"
    assert sent.digest == hashlib.sha256(sent.data).hexdigest()
    assert 0x0112 not in opened(sent.data).getexif()


@pytest.mark.parametrize("orientation", [0, 1, 9, 99])
def test_an_orientation_that_means_nothing_changes_nothing(encode, orientation):
    sent = prepare_input(encode(corner(), exif=exif(orientation)))
    assert sent.note == "the picture: metadata removed (EXIF)"
    assert (sent.width, sent.height) == (64, 32)


def test_damaged_exif_changes_nothing_and_warns_of_nothing(encode, recwarn):
    broken = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\x00\xff\xff\xff\xff" * 3
    assert prepare_input(encode(corner(), "JPEG", exif=broken)).note == "the picture: metadata removed (EXIF)"
    assert not recwarn.list


@pytest.mark.parametrize(
    ("mode", "kind", "note"),
    [
        ("CMYK", "JPEG", "converted from CMYK"),
        ("P", "PNG", "converted from palette"),
        ("1", "PNG", "converted from 1 bit"),
        ("LA", "PNG", "converted from grey with alpha"),
        ("I;16", "PNG", "16 bits made 8"),
        ("P", "GIF", "converted from GIF"),
        ("L", "GIF", "converted from GIF"),
    ],
)
def test_other_modes_are_converted_with_a_note(encode, opened, mode, kind, note):
    sent = prepare_input(encode(Image.new(mode, (20, 10)), kind), name="x")
    assert sent.mime == "image/png"
    assert opened(sent.data).mode in {"RGB", "RGBA"}
    assert note in sent.note


def test_16_bit_colour_is_converted_although_pillow_calls_it_rgb(raw_png):
    data = raw_png(2, 1, bits=16, colour=2, pixels=zlib.compress(b"\0" + bytes(range(12))))
    assert "16 bits made 8" in prepare_input(data).note


def test_an_animation_gives_its_first_frame(encode, opened):
    frames = [Image.new("RGB", (10, 10), name) for name in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        data = encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        sent = prepare_input(data)
        assert "the first of 2 frames" in sent.note
        assert opened(sent.data).convert("RGB").getpixel((5, 5))[0] > 250
        assert getattr(opened(sent.data), "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"<html>", "HTML"), (b"\x89PNG\r\n\x1a\nhalf", "cut off|damaged|no pixels")],
)
def test_what_is_not_a_picture_is_refused_by_its_name(data, reason):
    with pytest.raises(SourceError, match=rf"picture 'cat\.png' cannot be used: .*({reason})"):
        prepare_input(data, name="cat.png")
    with pytest.raises(SourceError, match=rf"mask 'cat\.png' cannot be used: .*({reason})"):
        prepare_mask(data, size=(1, 1), name="cat.png")


def test_a_bomb_is_refused_by_its_name(raw_png):
    with pytest.raises(SourceError, match=r"the picture cannot be used: .*900,000,000 pixels"):
        prepare_input(raw_png(30_000, 30_000, pixels=b"x"))


def test_a_picture_of_50_mb_is_refused_before_it_is_sent(encode, noise, monkeypatch):
    monkeypatch.setattr(inputs, "MOST_INPUT_BYTES", 200)
    with pytest.raises(SourceError, match=r"picture 'big' is .* under 50 MB"):
        prepare_input(encode(noise(10, 10), "JPEG"), name="big")


def test_a_photograph_too_large_as_png_is_sent_as_jpeg(encode, noise, monkeypatch):
    monkeypatch.setattr(inputs, "MOST_INPUT_BYTES", 20_000)
    sent = prepare_input(encode(noise(100, 100), "JPEG", quality=60, exif=exif(6)))
    assert sent.mime == "image/jpeg"
    assert sent.note.endswith("sent as JPEG")


def stencil(size, box, mode="RGBA", keep=(9, 9, 9, 255), change=(9, 9, 9, 0)):
    mask = Image.new(mode, size, keep)
    mask.paste(change, box)
    return mask


def test_a_mask_with_transparency_is_passed_on_byte_for_byte(encode):
    data = encode(stencil((40, 20), (0, 0, 10, 20)))
    sent = prepare_mask(data, size=(40, 20), name="m")
    assert sent.data is data
    assert (sent.note, sent.mime, sent.digest) == ("", "image/png", hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("mode", "keep", "change", "kind"),
    [
        ("1", 0, 1, "PNG"),
        ("L", 0, 255, "PNG"),
        ("L", 60, 200, "PNG"),
        ("RGB", (0, 0, 0), (255, 255, 255), "PNG"),
        ("RGB", (0, 0, 0), (255, 255, 255), "JPEG"),
        ("RGBA", (0, 0, 0, 255), (255, 255, 255, 255), "PNG"),
        ("I;16", 0, 0xFFFF, "PNG"),
    ],
)
def test_white_on_black_becomes_transparency_where_it_is_white(encode, opened, mode, keep, change, kind):
    data = encode(stencil((40, 20), (0, 0, 16, 20), mode, keep, change), kind)
    sent = prepare_mask(data, size=(40, 20), name="m")
    mask = opened(sent.data)
    assert mask.mode == "RGBA"
    alpha = mask.getchannel("A")
    assert alpha.crop((0, 0, 16, 20)).getextrema() == (0, 0)
    assert alpha.crop((16, 0, 40, 20)).getextrema() == (255, 255)
    assert "white is what changes" in sent.note


def test_transparency_in_another_format_is_kept_and_sent_as_png(encode, opened):
    data = encode(stencil((40, 20), (0, 0, 16, 20)), "WEBP", lossless=True)
    sent = prepare_mask(data, size=(40, 20))
    assert sent.mime == "image/png"
    assert painted(sent.data) == painted(data) == 0.4
    assert sent.note


def test_a_mask_of_another_size_is_refused_with_both_sizes(encode):
    data = encode(stencil((40, 20), (0, 0, 10, 20)))
    with pytest.raises(
        SourceError, match=r"mask 'm' is 40x20 and the picture it belongs to is 41x20"
    ) as caught:
        prepare_mask(data, size=(41, 20), name="m")
    assert "orientation" not in str(caught.value)


def test_a_mask_lying_on_its_side_is_told_so(encode):
    with pytest.raises(SourceError, match=r"is 40x20 .* is 20x40.*orientation is swapped"):
        prepare_mask(encode(stencil((40, 20), (0, 0, 10, 20))), size=(20, 40))


def test_a_coloured_mask_without_transparency_is_refused(encode):
    with pytest.raises(SourceError, match="neither transparent parts nor only black, white and grey"):
        prepare_mask(encode(Image.new("RGB", (8, 8), "red")), size=(8, 8))


@pytest.mark.parametrize(
    ("fill", "note"),
    [
        ((0, 0, 0, 0), "everything is marked"),
        ((255, 255, 255, 255), "everything is marked"),
        ((255, 255, 255, 200), "everything is marked"),
    ],
)
def test_a_mask_of_everything_is_noted(encode, fill, note):
    assert note in prepare_mask(encode(Image.new("RGBA", (8, 8), fill)), size=(8, 8)).note


@pytest.mark.parametrize("fill", [(0, 0, 0, 255), (0, 0, 0, 200)])
def test_a_mask_of_nothing_is_refused_unless_somebody_is_still_painting_it(encode, fill):
    data = encode(Image.new("RGBA", (8, 8), fill))
    with pytest.raises(SourceError, match="marks nothing"):
        prepare_mask(data, size=(8, 8))
    assert painted(prepare_mask(data, size=(8, 8), may_be_empty=True).data) == 0


def arrow():
    """Instructions: a red line on nothing."""
    drawn = Image.new("RGBA", (64, 32))
    drawn.paste((255, 0, 0, 255), (4, 4, 30, 8))
    return drawn


def test_a_transparent_png_is_sent_as_markup_byte_for_byte(encode):
    data = encode(arrow())
    assert prepare_markup(data, size=(64, 32)).data is data


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "palette"])
def test_markup_of_another_kind_becomes_a_transparent_png_with_a_note(encode, opened, kind):
    if kind == "palette":
        data = encode(arrow().quantize(8, method=Image.Quantize.FASTOCTREE))
    else:
        data = encode(arrow(), kind, lossless=True)
    sent = prepare_markup(data, size=(64, 32), name="arrow")
    assert sent.mime == "image/png"
    assert "markup 'arrow': converted" in sent.note
    assert opened(sent.data).convert("RGBA").getpixel((10, 6)) == (255, 0, 0, 255)
    assert opened(sent.data).convert("RGBA").getpixel((40, 20))[3] == 0


@pytest.mark.parametrize(
    ("markup", "message"),
    [
        (Image.new("RGB", (64, 32)), "would cover the picture"),
        (Image.new("RGBA", (32, 64)), "must be the same"),
    ],
)
def test_markup_that_cannot_lie_on_the_picture_is_refused(encode, markup, message):
    with pytest.raises(SourceError, match=message):
        prepare_markup(encode(markup), size=(64, 32))
