"""Every refusal of the API is one of our errors, says what to do, and says whether it can have been billed."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import openai
import pytest
from imageserver import Reply, error, html, moderated, no_quota, rows, server_error, unverified, wrong_key

from jupyter_imagegen import errors
from jupyter_imagegen.providers.openai.errors import Circumstances, explain
from jupyter_imagegen.providers.untrusted import Redactor

#: Every exception class of the SDK: what it becomes, or why it cannot come from a call of ours.
MAPPED = {
    "APIError": errors.ServerError,
    "APIStatusError": errors.RefusedRequestError,
    "BadRequestError": errors.RefusedRequestError,
    "AuthenticationError": errors.AuthenticationError,
    "PermissionDeniedError": errors.AccessError,
    "NotFoundError": errors.ModelGoneError,
    "ConflictError": errors.RefusedRequestError,
    "UnprocessableEntityError": errors.RefusedRequestError,
    "RateLimitError": errors.RateLimitError,
    "InternalServerError": errors.ServerError,
    "APIConnectionError": errors.PossiblyBilledError,
    "APITimeoutError": errors.PossiblyBilledError,
}
IMPOSSIBLE = {
    "OpenAIError": "the base; raised bare only for missing credentials, which are checked before",
    "APIResponseValidationError": "strict validation is off, and answers are parsed here",
    "OAuthError": "workload identity is not used",
    "SubjectTokenProviderError": "workload identity is not used",
    "LengthFinishReasonError": "chat completions only",
    "ContentFilterFinishReasonError": "chat completions only",
    "InvalidWebhookSignatureError": "webhooks only",
    "WebSocketConnectionClosedError": "realtime only",
    "WebSocketQueueFullError": "realtime only",
    "MutuallyExclusiveAuthError": "one credential is passed",
    "_AmbiguousModuleClientUsageError": "the module's own client is not used",
}
STATUS = {
    "APIStatusError": 418,
    "BadRequestError": 400,
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "ConflictError": 409,
    "UnprocessableEntityError": 422,
    "RateLimitError": 429,
    "InternalServerError": 500,
}
ABOUT = Circumstances(
    endpoint="https://api.openai.com/v1",
    model="gpt-image-2",
    redactor=Redactor(),
    sent=True,
    seconds=30,
    timeout=300,
    now=datetime(2026, 11, 22, tzinfo=UTC),
)


def exception_classes():
    import openai.lib.azure

    modules = (openai, openai._exceptions, openai.lib.azure)
    found = [thing for module in modules for thing in vars(module).values()]
    return {
        thing.__name__: thing
        for thing in found
        if inspect.isclass(thing) and issubclass(thing, Exception) and thing.__module__.startswith("openai")
    }


def test_every_exception_class_of_the_sdk_is_mapped_or_named_impossible():
    unknown = set(exception_classes()) - set(MAPPED) - set(IMPOSSIBLE)
    assert unknown == set()


@pytest.mark.parametrize("name", sorted(MAPPED))
def test_each_exception_class_becomes_the_error_it_is_mapped_to(name):
    transport = inspect.getmodule(inspect.getmro(openai.DefaultAsyncHttpxClient)[1]).__name__.partition(".")[
        0
    ]
    httpx = __import__(transport)
    request = httpx.Request("POST", "https://api.openai.com/v1/images/generations")
    cls = exception_classes()[name]
    if name in STATUS:
        response = httpx.Response(STATUS[name], request=request)
        raised = cls("said", response=response, body={"message": "said", "type": "x"})
    elif name == "APIError":
        raised = cls("said", request, body={"message": "said", "type": "server_error"})
    else:
        raised = cls(request=request)
    explained = explain(raised, ABOUT).error
    assert type(explained) is MAPPED[name]
    assert explained.__cause__ is None
    assert explained.__context__ is None


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (wrong_key(), errors.AuthenticationError, "https://platform.openai.com/api-keys"),
        (unverified(), errors.NotVerifiedError, "up to 15 minutes"),
        (unverified(400), errors.NotVerifiedError, "platform.openai.com/settings/organization/general"),
        (error(403, "Country not supported", code="unsupported_country"), errors.AccessError, "Country"),
        (error(403, "no access", code="model_not_found"), errors.AccessError, "gpt-image-2.5-flare"),
        (
            moderated("output", ["violence", "gore"]),
            errors.ModerationError,
            "finished picture for violence, gore",
        ),
        (error(400, "no", code="content_policy_violation"), errors.ModerationError, "safety system"),
        (no_quota(), errors.AccountLimitError, "settings/organization/billing"),
        (
            error(400, "Billing hard limit has been reached.", code="billing_hard_limit_reached"),
            errors.AccountLimitError,
            "Billing hard limit",
        ),
        (
            error(429, "x", code="project_spend_limit_exceeded"),
            errors.AccountLimitError,
            "Waiting does not help",
        ),
        (
            error(429, "x", code="organization_spend_limit_exceeded"),
            errors.AccountLimitError,
            "Waiting does not help",
        ),
        (
            error(404, "gone", code="model_not_found"),
            errors.ModelGoneError,
            "has no model 'gpt-image-2.5-flare'",
        ),
        (error(400, "gone", code="model_not_found"), errors.ModelGoneError, "%imagegen models"),
        (error(404, "x", code="DeploymentNotFound"), errors.ModelGoneError, "OPENAI_BASE_URL"),
        (html(404), errors.RefusedRequestError, "OPENAI_BASE_URL"),
        (error(410, "gone"), errors.ModelGoneError, "gone"),
        (
            error(400, "Invalid size", code="invalid_value", param="size"),
            errors.RefusedRequestError,
            "Invalid size",
        ),
        (html(413), errors.RefusedRequestError, "input pictures are too large"),
        (error(415, "mime", code="unsupported_file_mimetype"), errors.RefusedRequestError, "mime"),
        (error(422, "what"), errors.RefusedRequestError, "what"),
        (error(409, "lock"), errors.RefusedRequestError, "lock"),
    ],
)
async def test_a_refusal_is_an_error_that_helps_and_was_not_billed(
    provider, image_server, ask, fail, reply, kind, says
):
    image_server.script(reply)
    seen, caught = await fail(provider, ask())
    assert type(caught) is kind
    assert says in str(caught)
    assert caught.billed == "no"
    assert caught.status == reply.status
    assert caught.request_id == "req_0001"
    assert (len(seen), image_server.calls) == (1, 1)


async def test_moderation_tells_stage_and_categories(provider, image_server, ask, fail):
    image_server.script(moderated("output", ["violence", "gore"]))
    _, caught = await fail(provider, ask())
    assert (caught.stage, caught.categories) == ("output", ("violence", "gore"))


async def test_a_request_timeout_of_the_server_is_possibly_billed(provider, image_server, ask, fail):
    image_server.script(error(408, "too slow"))
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.PossiblyBilledError


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (html(), "a web page"),
        (Reply(b"", billed=True), "an empty answer"),
        (Reply(b'{"data": [{"b64', billed=True), "not JSON"),
        (Reply(b"[1, 2]"), "not JSON"),
        (Reply(b"[" * 100_000), "not JSON"),
        (Reply(b"\xff\xfe\x00"), "not JSON"),
        (Reply(b"9" * 10_000), "not JSON"),
        (Reply(b"{}"), "no picture"),
        (Reply(b'{"data": null}'), "no picture"),
        (Reply(b"", status=204, length=0), "an empty answer"),
        (rows(), "no picture"),
        (rows({}), "no picture"),
        (rows("AAAA", None), "no picture"),
        (rows({"url": "https://example.com/a.png"}), "addresses in answers are not fetched"),
        (rows({"b64_json": "no base64!"}), "not valid base64"),
        (rows({"b64_json": "AAAAA"}), "not valid base64"),
        (rows({"b64_json": ["no base64!"]}), "not valid base64"),
        (rows({"b64_json": ""}), "no picture"),
    ],
)
async def test_an_answer_that_is_none_is_one_clear_error(provider, image_server, ask, fail, reply, says):
    image_server.script(reply)
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.BadAnswerError
    assert says in str(caught)
    assert (caught.billed, image_server.calls) == ("possibly", 1)


async def test_an_error_body_with_status_200_is_that_error(provider, image_server, ask, fail):
    image_server.script(
        error(200, "Image generation failed", code="image_generation_failed", kind="server_error")
    )
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.ServerError
    assert caught.billed == "possibly"


@pytest.mark.parametrize(
    "body",
    [b"null", b'"text"', b"[]", b'{"error": "text"}', b'{"error": {"code": 7, "message": {}}}', b"\xff", b""],
)
async def test_an_error_of_any_shape_is_survived(provider, image_server, ask, fail, body):
    image_server.script(Reply(body, status=400))
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.RefusedRequestError


async def test_a_servers_text_cannot_paint_the_terminal(provider, image_server, ask, fail):
    nasty = "\x1b]0;title\x07\x1b[2Jred\u202eevil\x00\r\nsecond line " + "long " * 1000
    image_server.script(error(400, nasty, code="\x1b[31mcode", param="\u202eparam"))
    _, caught = await fail(provider, ask())
    shown = str(caught)
    assert "redevil second line long" in shown
    assert shown.isprintable()
    assert len(shown) < 700
    assert caught.code == "code"


async def test_a_prompt_that_cannot_be_encoded_is_refused_before_the_call(provider, image_server, ask, fail):
    _, caught = await fail(provider, ask(prompt="half \ud83d a smile"))
    assert type(caught) is errors.RefusedRequestError
    assert (caught.billed, image_server.calls) == ("no", 0)


async def test_a_5xx_without_json_names_its_status(provider, image_server, ask, fail):
    image_server.script(html(502))
    _, caught = await fail(provider, ask())
    assert "the server failed (502)" in str(caught)
    assert server_error(502).status == caught.status
