"""What is repeated, what never is, and how long it waits."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from imageserver import Reply, error, moderated, no_quota, rate_limited, server_error

from jupyter_imagegen import errors
from jupyter_imagegen.providers.base import Answered, Retrying, Sending
from jupyter_imagegen.providers.openai.provider import OpenAIProvider


async def test_a_rate_limit_is_waited_for_and_announced_before_the_wait(
    provider, image_server, clock, ask, collect
):
    image_server.script(rate_limited(retry_after="3"))
    events = await collect(provider, ask())
    assert [type(event).__name__ for event in events] == [
        "Sending",
        "Retrying",
        "Sending",
        "Drawn",
        "Answered",
    ]
    assert events[1] == Retrying(attempt=1, wait=3.0, reason="rate limit")
    assert events[2] == Sending(attempt=2)
    assert clock.slept == [3.0]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "2500", "retry_after": "9"}, 2.5),
        ({"retry_after": "nan"}, 1.0),
        ({"retry_after": "soon"}, 1.0),
        ({"retry_after": "-4"}, 0.05),
        ({}, 1.0),
    ],
)
async def test_the_wait_is_at_least_what_was_asked(
    provider, image_server, clock, ask, collect, headers, wait
):
    image_server.script(rate_limited(**headers))
    await collect(provider, ask())
    assert clock.slept == [wait]


async def test_a_retry_after_that_is_a_date_is_waited_for(provider, image_server, clock, ask, collect):
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    image_server.script(rate_limited(retry_after=moment))
    await collect(provider, ask())
    assert 28 <= clock.slept[0] <= 31


async def test_the_wait_in_the_message_counts_where_no_header_tells(
    provider, image_server, clock, ask, collect
):
    image_server.script(error(429, "Please try again in 1467ms.", code="rate_limit_exceeded"))
    await collect(provider, ask())
    assert clock.slept == [1.467]


@pytest.mark.parametrize("asked", ["86400", "121", "inf"])
async def test_a_wait_that_is_not_worth_it_is_an_error_at_once_that_names_it(
    provider, image_server, clock, ask, fail, asked
):
    image_server.script(rate_limited(retry_after=asked))
    events, error_ = await fail(provider, ask())
    assert isinstance(error_, errors.RateLimitError)
    assert (error_.retry_after, error_.billed) == (float(asked), "no")
    assert {"86400": "24 h", "121": "3 min", "inf": "for ever"}[asked] in str(error_)
    assert (clock.slept, image_server.calls, len(events)) == ([], 1, 1)


async def test_a_wait_beyond_the_deadline_is_an_error_at_once(provider, image_server, clock, ask, fail):
    image_server.script(rate_limited(retry_after="60"))
    _, error_ = await fail(provider, ask(), timeout=30)
    assert "It asks to wait 60 s" in str(error_)
    assert (clock.slept, image_server.calls) == ([], 1)


async def test_rate_limits_end_after_five_attempts(provider, image_server, clock, ask, fail):
    image_server.script(*[rate_limited() for _ in range(9)])
    events, error_ = await fail(provider, ask())
    assert isinstance(error_, errors.RateLimitError)
    assert [event.attempt for event in events if isinstance(event, Sending)] == [1, 2, 3, 4, 5]
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("reply", [no_quota, moderated], ids=["quota", "moderation"])
async def test_what_waiting_cannot_help_is_tried_once(provider, image_server, clock, ask, fail, reply):
    image_server.script(reply())
    _, error_ = await fail(provider, ask())
    assert error_.billed == "no"
    assert (image_server.calls, clock.slept) == (1, [])


async def test_a_server_that_was_busy_at_once_is_asked_again(provider, image_server, clock, ask, collect):
    image_server.script(server_error(503, retry_after="2"), server_error(503))
    events = await collect(provider, ask())
    assert isinstance(events[-1], Answered)
    assert clock.slept == [2.0, 2.0]


async def test_a_busy_server_is_asked_three_times_and_no_more(provider, image_server, ask, fail):
    image_server.script(*[server_error(503) for _ in range(9)])
    _, error_ = await fail(provider, ask())
    assert isinstance(error_, errors.ServerError)
    assert (image_server.calls, error_.billed) == (3, "no")


@pytest.mark.parametrize("status", [500, 502, 504, 520])
async def test_a_failed_server_is_never_asked_again_and_may_have_billed(
    provider, image_server, clock, ask, fail, status
):
    image_server.script(server_error(status))
    _, error_ = await fail(provider, ask())
    assert isinstance(error_, errors.ServerError)
    assert (error_.billed, error_.status, image_server.calls, clock.slept) == ("possibly", status, 1, [])


@pytest.mark.parametrize("status", [500, 503])
async def test_a_5xx_that_comes_late_is_never_asked_again(provider, image_server, clock, ask, fail, status):
    reply = server_error(status, after=0.05, retry_after="1")
    image_server.script(reply)
    started = clock.monotonic

    # The clock runs on while the server works, as it does for a picture that takes a minute.
    def monotonic():
        return started() + (60 if image_server.billed else 0)

    provider._monotonic = monotonic
    _, error_ = await fail(provider, ask())
    assert (error_.billed, image_server.calls) == ("possibly", 1)


@pytest.mark.parametrize(("word", "calls"), [("true", 2), ("false", 1)])
async def test_the_servers_word_on_asking_again_counts(provider, image_server, ask, word, calls):
    image_server.script(server_error(500 if word == "true" else 503, x_should_retry=word))
    try:
        async for _ in provider.make(ask(), _options()):
            pass
    except errors.ServerError:
        pass
    assert image_server.calls == calls


def _options(**given):
    from jupyter_imagegen.core.request import CallOptions

    return CallOptions(**given)


async def test_a_refused_connection_is_tried_three_times_and_was_never_billed(clock, ask, fail, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    provider = OpenAIProvider(sleep=clock.sleep, monotonic=clock.monotonic, jitter=lambda: 1.0)
    events, error_ = await fail(provider, ask())
    await provider.aclose()
    assert isinstance(error_, errors.ConnectionFailedError)
    assert error_.billed == "no"
    assert f"could not reach http://127.0.0.1:{port}/v1" in str(error_)
    assert clock.slept == [1.25, 2.5]
    assert [event.reason for event in events if isinstance(event, Retrying)] == ["no connection"] * 2


async def test_a_server_that_is_no_tls_server_is_not_reached_and_not_billed(
    image_server, clock, ask, fail, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", image_server.key)
    monkeypatch.setenv("OPENAI_BASE_URL", image_server.url.replace("http:", "https:"))
    provider = OpenAIProvider(sleep=clock.sleep, monotonic=clock.monotonic)
    _, error_ = await fail(provider, ask())
    await provider.aclose()
    assert isinstance(error_, errors.ConnectionFailedError)
    assert (error_.billed, image_server.calls, clock.slept) == ("no", 0, [])
    assert "SSL_CERT_FILE" in error_.hint


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hang_up=True, billed=True),
        Reply(b'{"data": [', length=500, billed=True),
        Reply(b"", length=500, billed=True),
    ],
    ids=["no answer", "cut body", "no body"],
)
async def test_a_lost_answer_is_possibly_billed_and_never_asked_for_again(
    provider, image_server, clock, ask, fail, reply
):
    image_server.script(reply)
    _, error_ = await fail(provider, ask())
    assert isinstance(error_, errors.PossiblyBilledError)
    assert (error_.billed, image_server.calls, clock.slept) == ("possibly", 1, [])


@pytest.mark.parametrize("partial_images", [0, 2])
async def test_one_byte_a_second_for_ever_ends_at_the_deadline(
    provider, image_server, ask, fail, partial_images
):
    kind = "text/event-stream" if partial_images else "application/json"
    image_server.script(Reply(b"x" * 10_000, kind=kind, drip=0.05))
    started = time.monotonic()
    _, error_ = await fail(provider, ask(), timeout=0.4, partial_images=partial_images)
    assert isinstance(error_, errors.PossiblyBilledError)
    assert "no answer from" in str(error_)
    assert "within 0.4 s" in str(error_)
    assert time.monotonic() - started < 2


async def test_silence_ends_at_the_deadline_and_the_server_sees_us_go(provider, image_server, ask, fail):
    import threading

    image_server.script(Reply(gate=threading.Event()))
    _, error_ = await fail(provider, ask(), timeout=0.3)
    assert isinstance(error_, errors.PossiblyBilledError)
    assert image_server.client_left.wait(5)


async def test_a_slow_error_body_ends_at_the_deadline_too(provider, image_server, ask, fail):
    image_server.script(Reply(b"x" * 10_000, status=500, drip=0.05))
    _, error_ = await fail(provider, ask(), timeout=0.4)
    assert isinstance(error_, errors.PossiblyBilledError)
