"""Servers that are not OpenAI's are asked for base64, and one that does not take the parameter is still usable."""

from __future__ import annotations

import pytest
from imageserver import Reply, error, rows

from jupyter_imagegen.errors import ModelGoneError, RefusedRequestError
from jupyter_imagegen.providers.base import Answered, Drawn, Retrying, Sending
from jupyter_imagegen.providers.openai.call import first_format
from jupyter_imagegen.providers.openai.connection import Connection
from jupyter_imagegen.providers.openai.provider import OpenAIProvider

PICTURE = {"b64_json": "iVBORw0KGgo" + "A" * 61}
UNKNOWN = {
    "OpenAI": error(400, "Unknown parameter: 'response_format'.", code="unknown_parameter", param="response_format"),
    "pydantic": Reply(
        b'{"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]}', status=422
    ),
    "words": error(400, "This server does not support the response format b64_json."),
}  # fmt: skip


@pytest.mark.parametrize("model", ["flux-2", "grok-imagine-image-2.0", "my-gpt-image-2", "dall-e-3"])
async def test_other_models_are_asked_for_base64(provider, image_server, ask, collect, model):
    image_server.script(rows(PICTURE))
    await collect(provider, ask(model=model))
    assert image_server.last.fields["response_format"] == "b64_json"


@pytest.mark.parametrize(
    "model", ["gpt-image-2", "gpt-image-9-future", "chatgpt-image-latest", "openai/gpt-image-2"]
)
async def test_openais_models_are_not_as_they_refuse_it(provider, image_server, ask, collect, model):
    image_server.script(rows(PICTURE))
    await collect(provider, ask(model=model))
    assert "response_format" not in image_server.last.fields


async def test_edits_are_asked_for_base64_too(provider, image_server, ask_edit, collect):
    image_server.script(rows(PICTURE))
    await collect(provider, ask_edit(model="flux-2"))
    assert image_server.last.fields["response_format"] == "b64_json"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://eu.api.openai.com/v1",
        "https://mine.openai.azure.com/openai/v1",
        "https://mine.cognitiveservices.azure.com/openai/v1",
    ],
)
def test_a_deployment_of_any_name_is_not_asked_at_openai_and_azure(url):
    assert first_format(Connection(base_url=url), "pictures-of-our-team") is None


async def test_azure_by_its_own_client_is_not_asked(image_server, ask, collect, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", image_server.url.removesuffix("/v1"))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", image_server.key)
    monkeypatch.setenv("OPENAI_API_VERSION", "2025-04-01-preview")
    provider = OpenAIProvider()
    image_server.script(rows(PICTURE))
    await collect(provider, ask(model="pictures-of-our-team"))
    await provider.aclose()
    assert "response_format" not in image_server.last.fields


@pytest.mark.parametrize("name", UNKNOWN)
async def test_a_server_that_refuses_it_is_asked_once_more_without_it_and_never_with_it_again(
    provider, image_server, clock, ask, collect, name
):
    image_server.script(UNKNOWN[name], rows(PICTURE), rows(PICTURE))
    seen = await collect(provider, ask(model="flux-2"))
    assert [type(event) for event in seen] == [Sending, Retrying, Sending, Drawn, Answered]
    assert [event.attempt for event in seen if isinstance(event, Sending)] == [1, 2]
    await collect(provider, ask(model="flux-2"))
    asked = ["response_format" in request.fields for request in image_server.requests]
    assert (asked, clock.slept) == ([True, False, False], [])


async def test_a_server_with_a_name_of_its_own_for_it_is_asked_by_that_name(
    provider, image_server, ask, collect
):
    refusal = error(400, "response_format: expected 'base64' | 'url', received 'b64_json'")
    image_server.script(refusal, rows(PICTURE))
    await collect(provider, ask(model="flux-2"))
    assert image_server.last.fields["response_format"] == "base64"


async def test_a_server_that_always_refuses_is_asked_no_more_than_three_times(
    provider, image_server, ask, fail
):
    image_server.script(*[error(400, "response_format must be base64")] * 5)
    _, refused = await fail(provider, ask(model="flux-2"))
    assert type(refused) is RefusedRequestError
    assert (image_server.calls, refused.billed) == (3, "no")


@pytest.mark.parametrize(
    "reply", [error(400, "prompt is too long"), error(404, "no such model", code="model_not_found")]
)
async def test_another_refusal_is_not_asked_again(provider, image_server, ask, fail, reply):
    image_server.script(reply)
    _, refused = await fail(provider, ask(model="flux-2"))
    assert isinstance(refused, RefusedRequestError | ModelGoneError)
    assert image_server.calls == 1
