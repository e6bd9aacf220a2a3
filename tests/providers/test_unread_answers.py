"""What a server sent and cannot be read as a picture leaves the provider whole, before the error."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from imageserver import Reply, events, html, paint, rows

from jupyter_imagegen.providers.base import Answered, Drawn, Sending, Unread

PICTURE = base64.b64encode(paint("64x64")).decode()
PARTIAL = {"type": "image_generation.partial_image", "b64_json": PICTURE, "partial_image_index": 0}


def unread(seen):
    (event,) = (event for event in seen if isinstance(event, Unread))
    return event


@pytest.mark.parametrize(
    ("reply", "partial_images"),
    [
        (html(), 0),
        (rows({"b64_json": "#" * 100}), 0),
        (rows({}), 0),
        (Reply(b'{"data": [{"b64_json": "iVBOR', length=500), 0),
        (events(PARTIAL), 1),
        (events(PARTIAL, cut=True), 1),
    ],
    ids=["a web page", "no base64", "no picture", "cut", "a stream without its end", "a cut stream"],
)
async def test_the_whole_body_comes_out_before_the_error(
    provider, image_server, ask, fail, reply, partial_images
):
    image_server.script(reply)
    seen, _ = await fail(provider, ask(), partial_images=partial_images)
    assert unread(seen).data == reply.body
    assert unread(seen).media_type.startswith(reply.kind)
    assert unread(seen).reason


async def test_what_was_packed_comes_out_unpacked(provider, image_server, ask, fail):
    image_server.script(Reply(gzip.compress(b'{"data": []}'), headers={"Content-Encoding": "gzip"}))
    seen, _ = await fail(provider, ask())
    assert unread(seen).data == b'{"data": []}'


async def test_what_is_packed_in_a_way_that_is_not_unpacked_comes_out_as_it_is(
    provider, image_server, ask, fail
):
    image_server.script(Reply(b"\x8b packed", headers={"Content-Encoding": "br"}))
    seen, error = await fail(provider, ask())
    assert unread(seen).data == b"\x8b packed"
    assert unread(seen).media_type == "application/json; packed=br"
    assert "compressed ('br')" in str(error)


@pytest.mark.parametrize("missing", [0, 4])
async def test_a_whole_packed_answer_in_a_broken_frame_is_read(provider, image_server, ask, collect, missing):
    body = gzip.compress(json.dumps({"data": [{"b64_json": PICTURE}]}).encode())
    reply = Reply(body[: len(body) - missing], headers={"Content-Encoding": "gzip"}, length=len(body) + 9)
    image_server.script(reply)
    seen = await collect(provider, ask())
    assert [type(event) for event in seen] == [Sending, Drawn, Answered]


@pytest.mark.parametrize("status", [400, 500])
async def test_a_refusal_is_no_paid_answer_and_nothing_of_it_is_kept(
    provider, image_server, ask, fail, status
):
    image_server.script(html(status))
    seen, _ = await fail(provider, ask())
    assert [type(event) for event in seen] == [Sending]


def test_a_kept_answer_is_read_again_without_a_server(provider):
    body = json.dumps({"data": [{"b64_json": PICTURE}], "usage": {"input_tokens": 10, "output_tokens": 196}})
    drawn, answered = provider.read(body.encode(), media_type="application/json", n=1)
    assert isinstance(drawn, Drawn)
    assert drawn.data == paint("64x64")
    assert isinstance(answered, Answered)
    assert answered.usage.image_output == 196


def test_a_kept_answer_that_is_still_not_understood_comes_back_as_it_is(provider):
    (event,) = provider.read(b"<html>", media_type="text/html", n=1)
    assert isinstance(event, Unread)
    assert (event.data, event.media_type) == (b"<html>", "text/html")


async def test_a_key_that_a_server_repeats_is_not_in_what_is_kept(provider, image_server, ask, fail):
    key = image_server.key
    body = f'{{"said": "{key}", "basic": "{base64.b64encode(key.encode()).decode()}"}}'
    image_server.script(Reply(body.encode()))
    seen, _ = await fail(provider, ask())
    kept = unread(seen).data.decode()
    assert key not in kept
    assert base64.b64encode(key.encode()).decode()[:40] not in kept
    assert '"said": "[key removed]"' in kept
