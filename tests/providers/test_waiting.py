"""Every way in which a server asks to wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.providers.waiting import asked_wait, duration

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry-after": "20"}, "", 20),
        ({"retry-after-ms": "467"}, "", 0.467),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, "", 30),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 -0000"}, "", 30),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, "", 0),
        # The server's clock is an hour ahead of ours.
        ({"retry-after": "Sun, 22 Nov 2026 13:00:30 GMT", "date": "Sun, 22 Nov 2026 13:00:00 GMT"}, "", 30),
        ({"retry-after": "20, 20"}, "", 20),
        ({"retry-after": "7,20"}, "", 20),
        ({"retry-after": "Someday"}, "Please try again in 20s.", 20),
        ({"retry-after": "nan"}, "try again in 467ms", 0.467),
        ({}, "Please try again in 1m12.5s", 72.5),
        ({}, "Please try again in 2m.", 120),
        ({}, "Please try again in a while", None),
        ({}, "", None),
        ({"retry-after": "inf"}, "", math.inf),
    ],
)
def test_seconds_are_read_from_headers_and_then_from_the_message(headers, message, seconds):
    assert asked_wait(headers, message, NOW) == (pytest.approx(seconds) if seconds is not None else None)


@given(st.text(), st.text(), st.text())
def test_no_header_and_no_message_can_break_it(value, date, message):
    wait = asked_wait({"retry-after": value, "retry-after-ms": date, "date": date}, message, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (20, "20 s"), (121, "3 min"), (86_400, "86,400 s (24 h 00 min)"), (math.inf, "for ever")],
)
def test_a_duration_is_said_as_people_say_it(seconds, words):
    assert duration(seconds) == words
