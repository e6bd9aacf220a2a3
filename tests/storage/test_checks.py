"""The limits of what a value from somebody else's file may be: at each of them it is taken, past it refused."""

from __future__ import annotations

import pytest

from jupyter_imagegen.storage import checks
from jupyter_imagegen.storage.checks import MOST_TEXT, ManifestError


def nested(depth):
    value = "x"
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return {"a": value}


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.text, ""),
        (checks.text, "x" * MOST_TEXT),
        (checks.text_or_none, None),
        (checks.plain, "x" * MOST_TEXT),
        (checks.plain, 2**63 - 1),
        (checks.plain, 1 - 2**63),
        (checks.plain, True),
        (checks.plain, {}),
        (checks.plain, nested(7)),
        (checks.table, {}),
        (checks.items, []),
        (checks.digest, "0f" * 32),
        (checks.dollars, None),
        (checks.dollars, "0"),
        (checks.dollars, "999999.999999999"),
        (checks.dollars, "1e-30"),
        (checks.dollars, "0e6"),
        (checks.dollars, "0." + "1" * 30),
        (checks.dollars, " " * 39 + "1"),
        (checks.moment, "0002-01-01T00:00:00+00:00"),
        (checks.moment, "9998-12-31T23:59:59+00:00"),
    ],
)  # fmt: skip
def test_a_value_at_its_limit_comes_back_as_it_was(check, value):
    assert check(value, "it") == value


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.text, "x" * (MOST_TEXT + 1)),
        (checks.text, None),
        (checks.text, b"x"),
        (checks.text_or_none, 1),
        (checks.plain, "x" * (MOST_TEXT + 1)),
        (checks.plain, {"a": "x" * (MOST_TEXT + 1)}),
        (checks.plain, 2**63),
        (checks.plain, -(2**63)),
        (checks.plain, 1.5),
        (checks.plain, None),
        (checks.plain, []),
        (checks.plain, {"a": [None]}),
        (checks.plain, nested(8)),
        (checks.table, []),
        (checks.table, None),
        (checks.items, {}),
        (checks.items, None),
        (checks.items, "ab"),
        (checks.digest, "0F" * 32),
        (checks.digest, "0f" * 31),
        (checks.digest, None),
        (checks.dollars, 1),
        (checks.dollars, "one"),
        (checks.dollars, "-0.01"),
        (checks.dollars, "1000000"),
        (checks.dollars, "NaN"),
        (checks.dollars, "Infinity"),
        (checks.dollars, "1e-31"),
        (checks.dollars, "0e7"),
        (checks.dollars, " " * 40 + "1"),
        (checks.moment, None),
        (checks.moment, "today"),
        (checks.moment, "2026-11-22T12:00:00"),
        (checks.moment, "0001-12-31T00:00:00+00:00"),
        (checks.moment, "9999-01-01T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_value_past_its_limit_is_refused_with_its_place(check, value):
    with pytest.raises(ManifestError, match=r"^recording 12: .* must be|is neither|^recording 12 must be"):
        check(value, "recording 12")


@pytest.mark.parametrize(("value", "taken"), [(2, True), (5, True), (1, False), (6, False), (3.0, False), (True, False), ("3", False), (None, False)])  # fmt: skip
def test_a_whole_number_is_one_from_the_lowest_to_the_highest(value, taken):
    if taken:
        assert checks.whole(value, "it", 2, 5) == value
    else:
        with pytest.raises(ManifestError, match="it must be a whole number from 2 to 5"):
            checks.whole(value, "it", 2, 5)
    with pytest.raises(ManifestError):
        checks.whole(True, "it", 0, 5)


@pytest.mark.parametrize(("value", "taken"), [(0, True), (0.0, True), (1.5, True), (999_999.9, True), (1_000_000, False), (-0.1, False), (True, False), (float("nan"), False), ("1", False), (None, False)])  # fmt: skip
def test_a_time_is_a_number_of_seconds_below_a_million(value, taken):
    if taken:
        assert (checks.seconds(value, "it"), type(checks.seconds(value, "it"))) == (value, float)
    else:
        with pytest.raises(ManifestError, match="it: seconds must be a number from 0 to a million"):
            checks.seconds(value, "it")


def test_a_word_is_one_of_those_that_are_known():
    assert checks.one_of("b", ("a", "b"), "it") == "b"
    for value in ("c", "", None, ["a"]):
        with pytest.raises(ManifestError, match="it must be one of a, b"):
            checks.one_of(value, ("a", "b"), "it")


def test_a_name_out_of_the_file_is_shown_in_ascii_and_cut_after_sixty_characters():
    assert checks.named("é" * 3) == r"'\xe9\xe9\xe9'"
    assert checks.named("x" * 60) == f"'{'x' * 60}'"
    assert checks.named("x" * 61) == rf"'{'x' * 60}\u2026'"
