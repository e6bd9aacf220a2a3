from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_imagegen.core.sizes import SizeRule, meant_size, parse_size, spoken

FREE = SizeRule(
    kind="free",
    values=("1024x1024",),
    multiple_of=16,
    max_edge=3840,
    min_pixels=655_360,
    max_pixels=8_294_400,
    max_aspect=3,
)
FIXED = SizeRule(kind="fixed", values=("1024x1024", "1536x1024", "1024x1536"))
sides = st.one_of(st.integers(1, 5000), st.integers(1, 999_999))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1024x1024", (1024, 1024)),
        ("1x1", (1, 1)),
        ("999999x16", (999_999, 16)),
        ("01024x1024", None),
        ("1024X1024", None),
        ("1024x1024\n", None),
        ("١٠٢٤x1024", None),
        ("-16x16", None),
        ("1000000x16", None),
        ("auto", None),
        ("", None),
    ],
)
def test_only_the_exact_spelling_is_a_size(text, expected):
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", [" 1024 X 768 ", "1024*768", "1024\u00d7768", "1024, 768", "01024x768"])
def test_a_loosely_written_size_is_understood_for_the_suggestion(text):
    assert meant_size(text) == (1024, 768)


@pytest.mark.parametrize(
    ("wished", "rule"),
    [
        ((1000, 1000), "multiples of 16"),
        ((3850, 2000), "multiples of 16"),
        ((3856, 2160), "longer than 3840"),
        ((3200, 1024), "at most 3 times"),
        ((512, 512), "262,144 pixels and must have at least 655,360"),
        ((3840, 2176), "8,355,840 pixels and may have at most 8,294,400"),
        ((1024, 1024), ""),
        ((3072, 1024), ""),
        ((1024, 640), ""),
        ((3840, 2160), ""),
        ((2880, 2880), ""),
    ],
)
def test_a_free_size_is_measured_against_each_rule(wished, rule):
    found = FREE.broken(*wished)
    assert rule in found
    assert bool(found) == bool(rule)


def test_the_lower_limit_can_be_waived():
    assert FREE.broken(512, 512, small=True) == ""


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        ((1000, 1000), "1008x1008"),
        ((1024, 1024), "1024x1024"),
        ((512, 512), "816x816"),
        ((7680, 4320), "3840x2160"),
        ((100_000, 1), "3840x1280"),
        ((4000, 4000), "2880x2880"),
    ],
)
def test_the_nearest_free_size_is_the_one_a_person_would_take(wished, expected):
    assert FREE.nearest(*wished) == expected


@given(sides, sides)
@settings(max_examples=150, deadline=None)
def test_the_nearest_size_is_always_possible_itself(width, height):
    for rule in (FREE, FIXED):
        assert rule.broken(*parse_size(rule.nearest(width, height))) == ""


@given(st.integers(1, 240), st.integers(1, 240))
@settings(deadline=None)
def test_a_possible_size_is_its_own_nearest(w, h):
    width, height = w * 16, h * 16
    if not FREE.broken(width, height):
        assert FREE.nearest(width, height) == f"{width}x{height}"


@given(st.integers(1, 4500), st.integers(1, 4500), st.integers(1, 240), st.integers(1, 240))
@settings(max_examples=300, deadline=None)
def test_no_possible_size_is_nearer_than_the_nearest(width, height, w, h):
    if FREE.broken(w * 16, h * 16):
        return
    best = parse_size(FREE.nearest(width, height))
    assert (best[0] - width) ** 2 + (best[1] - height) ** 2 <= (w * 16 - width) ** 2 + (h * 16 - height) ** 2


def test_a_fixed_size_is_one_of_the_list():
    assert FIXED.broken(1536, 1024) == ""
    assert FIXED.broken(1792, 1024) == "it makes 1024x1024, 1536x1024 and 1024x1536"
    assert FIXED.nearest(1792, 1024) == "1536x1024"


def test_words_are_joined_as_they_are_said():
    assert spoken(["a"]) == "a"
    assert spoken(("a", "b", "c"), "or") == "a, b or c"
    assert spoken([]) == ""


@pytest.mark.parametrize(
    ("values", "wished", "expected"),
    [
        (("1000x1000", "1000x2000"), (1000, 1500), "1000x2000"),
        (("1000x1200", "2000x1000"), (1440, 800), "2000x1000"),
        (("1024x1536", "1536x1024"), (1280, 1280), "1536x1024"),
    ],
)
def test_of_two_sizes_equally_near_the_larger_is_taken_then_the_wider(values, wished, expected):
    assert SizeRule(kind="fixed", values=values).nearest(*wished) == expected


def test_a_width_with_a_single_height_is_possible_and_no_side_passes_the_longest():
    squares = SizeRule(kind="free", values=(), multiple_of=16, max_edge=64, max_pixels=4096, max_aspect=1)
    assert squares.nearest(60, 20) == "48x48"
    small = SizeRule(kind="free", values=(), multiple_of=1, max_edge=100, max_pixels=10_000, max_aspect=3)
    assert small.nearest(500, 50) == "100x50"


def test_a_side_of_nothing_is_meant_as_one_pixel():
    assert meant_size("0x0") == (1, 1)
