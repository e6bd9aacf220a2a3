"""The card for what the painter does not know."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from jupyter_imagegen.core.prompts import apply_styles, load_styles
from jupyter_imagegen.providers.demo import cards, lettering

SIZES = ["256x256", "256x768", "768x256", "512x512", "1536x1024", "3840x1280", "1280x3840"]
LONG = "a giraffe that explains to seven very patient hedgehogs how the water cycle moves water " * 3


def _text(scene_said, size, facts="model · 1024 × 1024 · low"):
    return cards._laid_out(scene_said, facts, size, whole=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "said", ["otter", "a giraffe at dusk", LONG, "Привет, ёж", "photosynthesis in a leaf"]
)
def test_the_whole_prompt_is_set_inside_the_panel_at_every_size(size, said):
    width, height = (int(v) for v in size.split("x"))
    plan = _text(said.strip(), (width, height))
    left, top, right, bottom = plan.panel
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert " ".join(plan.lines).replace("…", "").split() == said.split()[: len(" ".join(plan.lines).split())]
    assert "…" not in plan.lines[-1], "it fits"
    inner = right - left - 2 * plan.pad
    assert all(lettering.measured(line, plan.size, like=said) <= inner * 1.02 for line in plan.lines)
    assert top + plan.pad + len(plan.lines) * plan.size <= bottom
    assert plan.size >= plan.small, "the prompt is what one reads first"


def test_lines_are_of_about_the_same_length():
    lines = cards.wrapped("the quick brown fox jumps over the lazy dog and sleeps", 40, 520)
    lengths = [lettering.measured(line, 40) for line in lines]
    assert len(lines) > 2
    assert min(lengths) > 0.6 * max(lengths)


def test_a_prompt_of_many_pages_ends_with_an_ellipsis():
    plan = _text("word " * 6_000, (512, 512))
    assert plan.lines[-1].endswith("…")


def test_text_without_spaces_is_broken_between_letters():
    lines = cards.wrapped("長い文字列を改行する必要がある場合", 40, 200)
    assert "".join(lines) == "長い文字列を改行する必要がある場合"
    assert len(lines) > 2


def _mean(picture, box=None):
    return ImageStat.Stat(picture.convert("RGB").crop(box) if box else picture.convert("RGB")).mean


def test_the_light_the_colours_and_the_style_of_the_prompt_are_seen_on_its_card(picture_of):
    plain, night, dusk = (
        picture_of(f"a heron{words}", size="320x320") for words in ("", " at night", " at dusk")
    )
    sky = (0, 0, 320, 100)
    assert sum(_mean(night, sky)) < sum(_mean(plain, sky)) * 0.5
    assert _mean(dusk, sky)[0] > _mean(night, sky)[0]
    red, teal = (picture_of(f"a heron, {colour}", size="320x320") for colour in ("red", "teal"))
    assert _mean(red)[0] - _mean(red)[2] > _mean(teal)[0] - _mean(teal)[2] + 5
    styled = picture_of(apply_styles("a heron", [load_styles()["watercolour"]]), size="320x320")
    assert sum(ImageStat.Stat(ImageChops.difference(plain, styled)).mean) > 5


def test_each_drawing_and_each_setting_has_a_card_of_its_own(file_of):
    cards_of = [file_of("a heron", sample=k, size="256x256") for k in range(3)]
    cards_of += [file_of("a heron", quality="high", size="256x256"), file_of("a giraffe", size="256x256")]
    assert len(set(cards_of)) == 5


def test_a_diagram_is_never_made_up(picture_of):
    plan = _text('the water cycle as a diagram with "evaporation"', (512, 512))
    assert "".join(plan.lines).replace(" ", "") == 'thewatercycleasadiagramwith"evaporation"'
    asked = picture_of('the water cycle as a diagram with "evaporation"', size="512x512")
    assert asked.size == (512, 512)


def test_a_transparent_card_is_letters_on_a_panel_with_clear_corners(picture_of):
    picture = picture_of("a heron", background="transparent", size="256x256")
    assert picture.mode == "RGBA"
    assert picture.getpixel((0, 0))[3] == 0
    assert picture.getpixel((128, 30))[3] == 255


def test_a_card_in_a_file_of_every_format_is_whole(file_of):
    from io import BytesIO

    for output_format in ("png", "jpeg", "webp", "gif"):
        data = file_of("a heron", output_format=output_format, size="200x120")
        with Image.open(BytesIO(data)) as picture:
            picture.load()
            assert picture.size == (200, 120)
