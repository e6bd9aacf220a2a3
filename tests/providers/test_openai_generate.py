"""What goes out to the API, and what good answers bring back."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import pytest
from imageserver import Reply, error, output_tokens, paint, rows
from PIL import Image

from jupyter_imagegen.errors import RefusedRequestError
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Sending


async def test_a_picture_comes_back_as_the_bytes_that_were_sent(provider, image_server, ask, collect):
    events = await collect(provider, ask())
    assert [type(event) for event in events] == [Sending, Drawn, Answered]
    assert events[1].data == image_server.pictures[0]
    assert events[2].usage.image_output == output_tokens("gpt-image-2.5-flare", "256x256", "low")
    assert events[2].request_id == "req_0001"
    assert (events[2].size, events[2].quality) == ("256x256", "low")


async def test_only_what_is_set_is_sent(provider, image_server, ask, collect):
    await collect(provider, ask())
    assert image_server.last.fields == {
        "model": "gpt-image-2.5-flare",
        "prompt": "a lighthouse at dusk",
        "size": "256x256",
        "quality": "low",
        "n": 1,
    }


async def test_every_parameter_reaches_the_api_by_its_own_name(provider, image_server, ask, collect):
    request = ask(
        quality="xhigh",
        background="transparent",
        complexity="low",
        output_format="webp",
        output_compression=80,
        moderation="low",
        frame_count=4,
        frame_duration_ms=100,
        svg={"model": "gpt-5.6-terra"},
    )
    await collect(provider, request, n=3, safety_identifier="student-7")
    assert image_server.last.fields == {
        **request.parameters(),
        "n": 3,
        "safety_identifier": "student-7",
    }


async def test_several_pictures_come_from_one_call(provider, image_server, ask, collect):
    events = await collect(provider, ask(), n=3)
    drawn = [event.data for event in events if isinstance(event, Drawn)]
    assert drawn == image_server.pictures
    assert len(set(drawn)) == 3
    assert image_server.calls == 1


async def test_the_clients_promise_no_compression_and_no_retries(provider, image_server, ask, collect):
    await collect(provider, ask())
    assert image_server.last.headers["accept-encoding"] == "identity"
    assert image_server.last.headers["x-stainless-retry-count"] == "0"


async def test_a_second_call_goes_over_the_same_connection(provider, image_server, ask, collect):
    await collect(provider, ask())
    await collect(provider, ask())
    assert (image_server.calls, image_server.connections) == (2, 1)


async def test_one_input_picture_is_sent_as_image_and_under_no_name_of_the_users(
    provider, image_server, ask_edit, collect
):
    request = ask_edit()
    events = await collect(provider, request)
    assert [type(event) for event in events] == [Sending, Drawn, Answered]
    assert image_server.last.path.endswith("/images/edits")
    (upload,) = image_server.last.files
    assert (upload.field, upload.filename, upload.mime) == ("image", "image-1.png", "image/png")
    assert upload.data == request.images[0].data
    assert b"secret-plan" not in image_server.last.body
    assert events[2].usage.image_input == 1024


async def test_several_input_pictures_and_a_mask_are_sent_in_order(
    provider, image_server, ask_edit, picture, collect
):
    request = ask_edit(
        images=(picture("jpeg", seed=1), picture("webp", seed=2)),
        mask=picture(transparent=True),
        input_fidelity="high",
        moderation="low",
    )
    await collect(provider, request, n=2)
    sent = [(upload.field, upload.filename, upload.mime) for upload in image_server.last.files]
    assert sent == [
        ("image[]", "image-1.jpg", "image/jpeg"),
        ("image[]", "image-2.webp", "image/webp"),
        ("mask", "mask.png", "image/png"),
    ]
    fields = image_server.last.fields
    assert (fields["input_fidelity"], fields["moderation"], fields["n"]) == ("high", "low", "2")


async def test_markup_is_sent_as_a_file_or_refused_by_an_sdk_that_cannot(
    provider, image_server, ask_edit, picture, collect
):
    import inspect

    import openai

    request = ask_edit(markup=picture(transparent=True))
    if "markup" in inspect.signature(openai.resources.images.AsyncImages.edit).parameters:
        await collect(provider, request)
        assert [upload.field for upload in image_server.last.files] == ["image", "markup"]
    else:
        with pytest.raises(RefusedRequestError, match=r"markup needs the openai package 3\.42"):
            await collect(provider, request)
        assert image_server.calls == 0


async def test_edits_stream_too(provider, ask_edit, collect):
    events = await collect(provider, ask_edit(), partial_images=2)
    kinds = [type(event) for event in events]
    assert kinds == [Sending, Partial, Partial, Drawn, Answered]


async def test_partials_are_shown_in_their_order_and_cost_what_the_usage_says(
    provider, image_server, ask, collect
):
    events = await collect(provider, ask(), partial_images=3)
    partials = [event for event in events if isinstance(event, Partial)]
    assert [partial.index for partial in partials] == [0, 1, 2]
    assert all(Image.open(BytesIO(partial.data)).size == (256, 256) for partial in partials)
    drawn = [event.data for event in events if isinstance(event, Drawn)]
    assert drawn == image_server.pictures
    plain = await collect(provider, ask())
    assert events[-1].usage.image_output - plain[-1].usage.image_output == 300


async def test_streaming_several_pictures_keeps_each_and_adds_their_usage_up(
    provider, image_server, ask, collect
):
    events = await collect(provider, ask(), n=2, partial_images=1)
    one = await collect(provider, ask(), n=1, partial_images=1)
    assert [e.data for e in events if isinstance(e, Drawn)] == image_server.pictures[:2]
    assert events[-1].usage.image_output == 2 * one[-1].usage.image_output
    assert events[-1].warning == ""


async def test_the_revised_prompt_and_the_rewritten_size_come_along(provider, image_server, ask, collect):
    data = {
        "b64_json": base64.b64encode(paint("64x64")).decode(),
        "revised_prompt": "a \x1b[31mred\x1b[0m lighthouse\nat dusk\u202e",
    }
    body = {"data": [data], "size": "1536x1024", "quality": "medium", "svg_usage": {"input_tokens": 3}}
    image_server.script(Reply(json.dumps(body).encode()))
    events = await collect(provider, ask())
    assert events[1].revised_prompt == "a red lighthouse\nat dusk"
    assert (events[2].size, events[2].quality) == ("1536x1024", "medium")
    assert events[2].svg_usage == {"input_tokens": 3}
    assert events[2].usage is None


async def test_fewer_pictures_than_asked_are_kept_with_a_warning(provider, image_server, ask, collect):
    row = {"b64_json": base64.b64encode(paint("64x64")).decode()}
    image_server.script(rows(row, {"b64_json": "###"}, {}))
    events = await collect(provider, ask(), n=3)
    assert [type(event) for event in events] == [Sending, Drawn, Answered]
    assert events[-1].warning == "3 pictures were requested and 1 arrived"


async def test_more_pictures_than_asked_are_not_taken(provider, image_server, ask, collect):
    row = {"b64_json": base64.b64encode(paint("64x64")).decode()}
    image_server.script(rows(row, row))
    events = await collect(provider, ask())
    assert [type(event) for event in events] == [Sending, Drawn, Answered]
    assert "the first is kept" in events[-1].warning


async def test_nonsense_usage_is_unknown_and_not_zero(provider, image_server, ask, collect):
    row = {"b64_json": base64.b64encode(paint("64x64")).decode()}
    image_server.script(rows(row, usage={"input_tokens": -5, "output_tokens": "many"}))
    events = await collect(provider, ask())
    assert events[-1].usage is None


async def test_what_the_api_refuses_is_said_in_its_own_words(provider, ask, fail):
    _, refused = await fail(provider, ask(size="250x250"))
    assert isinstance(refused, RefusedRequestError)
    assert "Width and height must both be divisible by 16" in str(refused)
    assert (refused.status, refused.code, refused.billed) == (400, "invalid_value", "no")


async def test_the_parameter_is_named_where_the_message_does_not(provider, image_server, ask, fail):
    image_server.script(error(400, "bad value", code="invalid_value", param="background"))
    _, refused = await fail(provider, ask())
    assert "(background): bad value" in str(refused)
