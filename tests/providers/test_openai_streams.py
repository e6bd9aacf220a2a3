"""Streams as they should not be: only a `completed` event with a picture counts."""

from __future__ import annotations

import base64
import json

import pytest
from imageserver import Reply, error, events, html, paint, rows

from jupyter_imagegen import errors
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Sending, Unread

PICTURE = base64.b64encode(paint("64x64")).decode()
USAGE = {
    "input_tokens": 10,
    "output_tokens": 196,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
}
PARTIAL = {"type": "image_generation.partial_image", "b64_json": PICTURE, "partial_image_index": 0}
COMPLETED = {"type": "image_generation.completed", "b64_json": PICTURE, "usage": USAGE}
FAILED = {
    "type": "error",
    "error": {
        "type": "image_generation_server_error",
        "code": "image_generation_failed",
        "message": "Image generation failed",
    },
}
BLOCKED = {
    "type": "error",
    "error": {
        "type": "image_generation_user_error",
        "code": "moderation_blocked",
        "message": "blocked",
        "moderation_details": {"moderation_stage": "output", "categories": ["sexual"]},
    },
}


@pytest.mark.parametrize(
    "reply",
    [
        events(PARTIAL),
        events(PARTIAL, cut=True),
        events(),
        events({"type": "keepalive"}),
        events(b"data: [DONE]\n\n"),
        events({**PARTIAL, "type": "image_generation.partial_image"}, {**COMPLETED, "b64_json": None}),
    ],
    ids=["clean end", "cut", "nothing", "only keepalive", "done", "completed without a picture"],
)
async def test_a_stream_without_its_end_is_possibly_billed_and_a_partial_is_no_result(
    provider, image_server, ask, fail, reply
):
    image_server.script(reply)
    seen, error_ = await fail(provider, ask(), partial_images=1)
    assert isinstance(error_, errors.PossiblyBilledError)
    assert not any(isinstance(event, Drawn) for event in seen)
    assert image_server.calls == 1


async def test_the_usage_of_a_finished_event_without_its_picture_is_told(provider, image_server, ask, fail):
    image_server.script(events(PARTIAL, {**COMPLETED, "b64_json": None}))
    seen, error_ = await fail(provider, ask(), partial_images=1)
    (answered,) = (event for event in seen if isinstance(event, Answered))
    assert answered.usage.image_output == 196
    assert error_.billed == "possibly"


async def test_unknown_events_are_passed_over(provider, image_server, ask, collect):
    strange = [
        {"type": "keepalive"},
        {"type": "image_generation.thinking", "b64_json": PICTURE},
        {"type": 7},
        {"b64_json": PICTURE},
        b": a comment\n\n",
    ]
    image_server.script(events(*strange, COMPLETED))
    seen = await collect(provider, ask(), partial_images=1)
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]
    assert seen[-1].usage.image_output + seen[-1].usage.text_output == 196


@pytest.mark.parametrize(
    "payload", [FAILED, {"type": "error", **FAILED["error"], "message": "Image generation failed"}]
)
async def test_an_error_event_is_the_apis_error_and_possibly_billed(
    provider, image_server, ask, fail, payload
):
    if payload is not FAILED:
        payload = {**payload, "type": "error", "code": "image_generation_failed"}
    image_server.script(events(PARTIAL, payload))
    seen, error_ = await fail(provider, ask(), partial_images=1)
    assert isinstance(error_, errors.ServerError)
    assert (error_.code, error_.billed) == ("image_generation_failed", "possibly")
    assert [type(event) for event in seen] == [Sending, Partial, Unread]


async def test_a_rate_limit_in_mid_stream_is_not_sent_again(provider, image_server, clock, ask, fail):
    said = {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "try again in 2s"}}
    image_server.script(events(PARTIAL, said))
    _, error_ = await fail(provider, ask(), partial_images=1)
    assert isinstance(error_, errors.RateLimitError)
    assert (error_.billed, error_.retry_after) == ("possibly", 2.0)
    assert (image_server.calls, clock.slept) == (1, [])


async def test_moderation_in_mid_stream_keeps_its_stage_and_categories(provider, image_server, ask, fail):
    image_server.script(events(PARTIAL, BLOCKED))
    _, error_ = await fail(provider, ask(), partial_images=1)
    assert isinstance(error_, errors.ModerationError)
    assert (error_.stage, error_.categories, error_.billed) == ("output", ("sexual",), "no")


@pytest.mark.parametrize(
    "reply",
    [
        events(COMPLETED),
        events(COMPLETED, cut=True),
        events(COMPLETED, FAILED),
        events(COMPLETED, b"data: {\n\n"),
    ],
    ids=["clean end", "cut", "error", "broken event"],
)
async def test_pictures_that_came_before_a_stream_broke_are_kept_with_a_warning(
    provider, image_server, ask, collect, reply
):
    image_server.script(reply)
    seen = await collect(provider, ask(), n=2, partial_images=1)
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]
    assert seen[-1].warning.startswith("2 pictures were requested and 1 arrived; ")
    assert seen[-1].usage is None, "what the lost one cost is unknown"


async def test_trouble_after_the_last_picture_is_no_trouble(provider, image_server, ask, collect):
    image_server.script(events(COMPLETED, cut=True))
    seen = await collect(provider, ask(), partial_images=1)
    assert seen[-1].warning == ""
    assert seen[-1].usage is not None


async def test_more_finished_pictures_than_asked_are_not_taken(provider, image_server, ask, collect):
    image_server.script(events(COMPLETED, COMPLETED))
    seen = await collect(provider, ask(), partial_images=1)
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]


async def test_a_stream_answered_by_plain_json_is_taken(provider, image_server, ask, collect):
    image_server.script(rows({"b64_json": PICTURE}, usage=USAGE))
    seen = await collect(provider, ask(), partial_images=2)
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]


@pytest.mark.parametrize("status", [200, 400])
async def test_a_stream_answered_by_an_error_body_is_that_error(provider, image_server, ask, fail, status):
    reply = error(status, "blocked", code="content_policy_violation")
    image_server.script(reply)
    _, error_ = await fail(provider, ask(), partial_images=2)
    assert isinstance(error_, errors.ModerationError)


async def test_a_stream_answered_by_a_web_page_is_a_bad_answer(provider, image_server, ask, fail):
    image_server.script(html())
    _, error_ = await fail(provider, ask(), partial_images=2)
    assert isinstance(error_, errors.BadAnswerError)
    assert "a web page" in str(error_)


@pytest.mark.parametrize("line", [b"data: {\n\n", b"data: \xff\xfe\n\n", b"data: []\n\n", b"data: 1\n\n"])
async def test_an_event_that_cannot_be_read_is_an_error_of_ours(provider, image_server, ask, fail, line):
    image_server.script(events(line))
    _, error_ = await fail(provider, ask(), partial_images=1)
    assert error_.billed == "possibly"


async def test_a_client_that_stops_reading_leaves_the_connection(provider, image_server, ask):
    from jupyter_imagegen.core.request import CallOptions

    body = b"".join(b"event: x\ndata: " + json.dumps(event).encode() + b"\n\n" for event in [PARTIAL] * 3)
    image_server.script(Reply(body + b":" * 100_000, kind="text/event-stream", length=10**9, drip=None))
    running = provider.make(ask(), CallOptions(partial_images=1))
    async for event in running:
        if isinstance(event, Partial):
            break
    await running.aclose()
    assert image_server.calls == 1
