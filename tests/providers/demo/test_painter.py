"""From request to bytes: the same bytes for the same request, and every parameter honoured."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.imaging import inspect
from jupyter_imagegen.providers.demo import encoding, vocabulary
from jupyter_imagegen.providers.demo.compose import composed
from jupyter_imagegen.providers.demo.painter import DETAIL, StoppedError, paint
from jupyter_imagegen.providers.demo.scene import read
from jupyter_imagegen.providers.demo.sheet import Words, extent


@pytest.mark.parametrize("prompt", ["a lighthouse at dusk, oil painting", "a cat, watercolour", "xyzzy"])
def test_the_same_request_paints_the_same_bytes(file_of, prompt):
    assert file_of(prompt) == file_of(prompt)


def test_another_process_paints_the_same_bytes(file_of):
    code = (
        "import sys\n"
        "from jupyter_imagegen.core.request import GenerateRequest\n"
        "from jupyter_imagegen.providers.demo.painter import paint\n"
        "r = GenerateRequest(model='gpt-image-2.5-flare', prompt='a fox in snow', size='96x96', quality='low')\n"
        "sys.stdout.buffer.write(paint(r).finished())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert other == file_of("a fox in snow", size="96x96")


@pytest.mark.parametrize("prompt", ["a lighthouse", 'a poster that says "HI"', "an idea of justice", "a jar"])
def test_each_sample_is_another_picture(file_of, prompt):
    assert len({file_of(prompt, sample=k) for k in range(3)}) == 3


def test_other_words_paint_another_picture(file_of):
    assert file_of("the quick brown idea of justice") != file_of("the slow brown idea of justice")


@pytest.mark.parametrize("size", ["64x64", "200x120", "90x270", "33x17", "320x64"])
def test_the_picture_has_the_asked_size(picture_of, size):
    assert picture_of("three boats on the sea", size=size).size == tuple(int(v) for v in size.split("x"))


def test_a_large_picture_is_painted_smaller_and_enlarged(request_for, monkeypatch):
    monkeypatch.setattr("jupyter_imagegen.providers.demo.painter.WORKING_PIXELS", 10_000)
    assert paint(request_for("mountains", size="400x300")).picture.size == (400, 300)


@pytest.mark.parametrize(
    ("output_format", "mime"), [("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp")]
)
def test_the_file_is_of_the_asked_format(file_of, output_format, mime):
    assert inspect(file_of("an apple", output_format=output_format)).mime == mime


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_more_compression_makes_a_smaller_file(file_of, output_format):
    sizes = [len(file_of("a forest", output_format=output_format, output_compression=c)) for c in (10, 90)]
    assert sizes[0] < sizes[1] * 0.7


def test_a_gif_moves(file_of):
    data = file_of("boats on the sea", output_format="gif", frame_count=3, frame_duration_ms=120)
    picture = Image.open(BytesIO(data))
    assert (picture.format, picture.n_frames, picture.info["duration"]) == ("GIF", 3, 120)
    first = picture.convert("RGB")
    picture.seek(1)
    assert ImageChops.difference(first, picture.convert("RGB")).getbbox()


@pytest.mark.parametrize(
    "prompt", ["a lighthouse at night", 'a poster that says "<b>&"', "a robot, watercolour"]
)
def test_an_svg_passes_our_own_inspection(file_of, prompt):
    data = file_of(prompt, output_format="svg")
    assert (inspect(data, allow_svg=True).mime, b"demo" in data, b"<b>" in data) == (
        "image/svg+xml",
        True,
        False,
    )


@pytest.mark.parametrize("prompt", ["a honey jar", "a sticker of an owl", "a red fox"])
def test_a_transparent_background_leaves_the_corners_clear_and_the_middle_full(picture_of, prompt):
    picture = picture_of(prompt, background="transparent")
    alpha = picture.getchannel("A")
    assert picture.mode == "RGBA"
    assert alpha.getpixel((1, 1)) == 0
    assert ImageStat.Stat(alpha.crop((40, 30, 120, 130))).mean[0] > 90


@pytest.mark.parametrize("prompt", ["a sticker of a fox", "an owl", "a sticker of a whale"])
def test_nothing_of_a_transparent_picture_is_cut_off_by_its_edge(picture_of, prompt):
    picture = picture_of(prompt, background="transparent")
    alpha = picture.getchannel("A")
    alpha.paste(0, encoding.mark_box(picture.size))
    left, top, right, bottom = alpha.point(lambda value: 255 if value > 40 else 0).getbbox()
    assert left > 0
    assert top > 0
    assert right < picture.width
    assert bottom < picture.height


def test_the_words_under_a_transparent_subject_are_not_covered_by_it():
    sheet = composed(read('an owl that says "READ MORE"'), (100, 100), cutout=True)
    plate, *owl = (op for op in sheet.ops if not isinstance(op, Words))
    assert extent(owl)[3] < extent([plate])[1]


def test_jpeg_has_no_transparency_and_lays_the_subject_on_white(picture_of):
    picture = picture_of("a pear", background="transparent", output_format="jpeg")
    assert min(picture.getpixel((2, 2))) > 245


def _drawn(prompt, quality):
    ops = composed(read(prompt), (100, 100), detail=DETAIL[quality]).ops
    return sum(len(getattr(op, "items", ())) or len(getattr(op, "circles", ())) or 1 for op in ops)


@pytest.mark.parametrize("prompt", ["a meadow with flowers", "mountains", "the sea"])
def test_higher_quality_draws_more(prompt):
    low, medium, top = (_drawn(prompt, q) for q in ("low", "medium", "max"))
    assert low * 1.1 < medium
    assert medium * 1.3 < top


def test_every_quality_of_the_api_is_painted_differently(file_of):
    files = {file_of("a meadow", quality=q) for q in ("low", "medium", "high", "xhigh", "max")}
    assert len(files) == 5


def test_the_demo_mark_stands_in_the_corner(picture_of):
    for prompt in ("white snow", "a heron", "a poster"):
        picture = picture_of(prompt, size="256x256")
        mark = picture.crop(encoding.mark_box(picture.size)).convert("L")
        low, high = mark.getextrema()
        assert high - low > 120, prompt


def _colour_of(picture, box):
    w, h = picture.size
    part = picture.convert("RGB").crop(
        (round(box[0] * w), round(box[1] * h), round(box[2] * w), round(box[3] * h))
    )
    return ImageStat.Stat(part).mean


def test_a_library_has_books_at_every_hour():
    for hour in ("at dawn", "at noon", "in the late afternoon", "at dusk", "at night", "by candlelight"):
        ops = composed(read(f"a Victorian library {hour}"), (100, 100)).ops
        assert len(ops) > 300, hour


def test_the_hour_is_seen_in_a_library(picture_of):
    hours = ("at dawn", "in the late afternoon", "at night by moonlight", "by candlelight")
    dawn, golden, night, candle = (
        _colour_of(picture_of(f"a Victorian library {hour}"), (0, 0, 1, 1)) for hour in hours
    )
    assert golden[0] - golden[2] > dawn[0] - dawn[2] + 15, "a low sun is the warmest"
    assert night[2] > night[0], "moonlight is blue"
    assert candle[0] > candle[2] + 15, "candles are warm"
    assert sum(candle) < sum(dawn) * 0.8, "and dark around"


@pytest.mark.parametrize(
    ("place", "box"), [("library", (0.37, 0.15, 0.4, 0.5)), ("royal court", (0.02, 0, 0.1, 0.4))]
)
def test_a_room_is_hung_in_the_first_colour_of_the_prompt(picture_of, place, box):
    red, teal = (_colour_of(picture_of(f"a {place}{words}"), box) for words in ("", ", a palette of teal"))
    assert red[0] > red[2]
    assert teal[2] > teal[0]


def test_every_style_word_changes_the_picture(file_of):
    plain = file_of("a kite", size="64x64")
    looks = {style: file_of(f"a kite, {style}", size="64x64") for style in set(vocabulary.STYLES.values())}
    assert [style for style, data in looks.items() if data == plain] == []
    assert len(set(looks.values())) == len(looks)


@pytest.mark.parametrize(
    ("style", "other"),
    [("oil painting", "watercolour"), ("poster art", "pixel art"), ("flat", "anime")],
)
def test_style_words_change_the_finish_strongly(picture_of, style, other):
    a, b = (picture_of(f"a house in a field, {s}").convert("RGB") for s in (style, other))
    assert sum(ImageStat.Stat(ImageChops.difference(a, b)).mean) > 30


@pytest.mark.parametrize(
    ("bright", "dark"), [("a sea at noon", "a sea at night"), ("a still life", "a still life, chiaroscuro")]
)
def test_the_time_of_day_is_seen(picture_of, bright, dark):
    light, night = (ImageStat.Stat(picture_of(p).convert("L")).mean[0] for p in (bright, dark))
    assert light > night * 1.25


def test_a_colour_word_colours_its_thing(picture_of):
    red, blue = (picture_of(f"a {c} balloon", background="transparent") for c in ("red", "blue"))
    r, b = (ImageStat.Stat(p.convert("RGB"), mask=p.getchannel("A")).mean for p in (red, blue))
    assert r[0] > r[2] * 1.2
    assert b[2] > b[0] * 1.1


def test_three_things_cover_more_than_one(picture_of):
    one, three = (
        picture_of(f"{n} kites", background="transparent", size="300x100") for n in ("one", "three")
    )

    def spread(picture):
        box = picture.getchannel("A").point([255 if v > 200 else 0 for v in range(256)]).getbbox()
        return box[2] - box[0]

    assert spread(three) > spread(one) * 1.3


HOSTILE = [
    "", "   \n\t ", "🦊🎈✨", "مرحبا \u202e\u202dשלום", "a" * 32_000, "cat " * 8_000, "\x00\x01\x02 a cat \x00", '"' * 999,
    "“unclosed", '"\x00"', '"中文字"', "999999999999 cats", "-1 cats", "0 cats", "\ud800 lone surrogate", "a" + "\u0301" * 500,
    '"' + "W" * 160 + '"', "<script>alert(1)</script>", "%s {0} ${x}", "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM} '\u0301'",
]  # fmt: skip


@pytest.mark.parametrize("prompt", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_prompt_still_gives_a_whole_picture(picture_of, prompt):
    picture = picture_of(prompt, size="72x48")
    assert picture.size == (72, 48)
    assert ImageStat.Stat(picture.convert("L")).stddev[0] > 3


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompt=st.text(max_size=80), width=st.integers(16, 90), height=st.integers(16, 90))
def test_any_text_at_any_size_is_painted(prompt, width, height):
    request = GenerateRequest(model="m", prompt=prompt, size=f"{width}x{height}", quality="low")
    assert paint(request).picture.size == (width, height)


def test_every_thing_and_every_place_can_be_painted(file_of):
    things, places = {*vocabulary.THINGS.values()}, {*vocabulary.PLACES} - {"sticker", "poster"}
    files = {word: file_of(word, size="64x64", background="transparent") for word in sorted(things)}
    assert len(set(files.values())) == len(files)
    assert [word for word in (*things, *places) if read(word).place == "card"] == []
    assert all(composed(read(word), (64, 64), detail=0.3).ops for word in set(vocabulary.PLACES.values()))


def test_a_stopped_painter_ends_without_a_picture(request_for):
    with pytest.raises(StoppedError):
        paint(request_for("a lighthouse"), stopped=lambda: True)
    with pytest.raises(StoppedError):
        paint(request_for("a fox, oil painting"), stopped=iter([False] * 3 + [True] * 99).__next__)
