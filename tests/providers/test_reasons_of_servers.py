"""Why a server refused reaches the user, whatever its shape; and its kind is the right one."""

from __future__ import annotations

import json

import pytest
from imageserver import Reply, error, rows

from jupyter_imagegen import errors
from jupyter_imagegen.cli.outcomes import exit_code


def reply(status, body, kind="application/json"):
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(data, status=status, kind=kind)


REASONS = {
    "detail": {"detail": "size must be a multiple of 16"},
    "detail in a list": {"detail": [{"loc": ["body", "size"], "msg": "must be a multiple of 16", "type": "x"}]},
    "detail in an object": {"detail": {"msg": "size must be a multiple of 16", "code": 7}},
    "detail of problem+json": {
        "type": "about:blank", "title": "Bad Request", "status": 422, "detail": "size must be a multiple of 16",
    },
    "msg": {"code": 50001, "msg": "size must be a multiple of 16", "data": None},
    "message": {"message": "size must be a multiple of 16"},
    "messages, NestJS": {"statusCode": 400, "error": "Bad Request", "message": ["size must be a multiple of 16"]},
    "error as a text": {"error": "size must be a multiple of 16"},
    "error in an error": {"error": {"error": {"message": "size must be a multiple of 16"}}},
    "errors as texts": {"errors": ["size must be a multiple of 16"]},
    "errors as objects": {"errors": [{"code": 7003, "message": "size must be a multiple of 16"}], "success": False},
    "errors by field": {"errors": {"size": ["must be a multiple of 16"]}},
    "fields alone": {"size": ["must be a multiple of 16"]},
    "title": {"title": "size must be a multiple of 16", "status": 422},
    "reason": {"reason": "size must be a multiple of 16"},
    "error_description": {"error": "invalid_request", "error_description": "size must be a multiple of 16"},
    "a fault": {"fault": {"faultstring": "size must be a multiple of 16", "detail": {"errorcode": "x"}}},
    "capitals": {"Message": "size must be a multiple of 16"},
    "a list": [{"message": "size must be a multiple of 16"}],
    "a text": '"size must be a multiple of 16"',
    "JSON in the message": {"error": {"message": json.dumps({"error": {"message": "size must be a multiple of 16"}})}},
    "what the gateway was told": {
        "error": {
            "message": "Provider returned error", "code": 400,
            "metadata": {"raw": json.dumps({"error": {"message": "size must be a multiple of 16"}})},
        }
    },
    "plain text": "size must be a multiple of 16\n",
    "names nobody knows": {"failure": {"why": "size must be a multiple of 16"}},
    "some HTML": "<p>size must be a multiple of <b>16</b></p>",
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
async def test_a_refusal_says_the_servers_own_words(provider, image_server, ask, fail, name):
    image_server.script(reply(422, REASONS[name]))
    _, refused = await fail(provider, ask())
    assert type(refused) is errors.RefusedRequestError
    assert "must be a multiple of 16" in str(refused)
    assert "size" in str(refused)
    assert not set("<>{}") & set(refused.message)


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (
            "<!DOCTYPE html><html><head><title>x | 524: A timeout occurred</title></head>",
            "524: A timeout occurred",
        ),
        (
            "\n<html>\n<head><TITLE>\n502 Bad Gateway\n</TITLE></head><body><h1>no</h1></body>",
            "502 Bad Gateway",
        ),
        ("<html><title>Too busy &amp; sorry &#8211; later</title><p>w</p>", "Too busy & sorry – later"),
        ("<html><body><h1>Upstream <i>gone</i></h1><p>words</p></body></html>", "Upstream gone"),
        ("<html><style>a{b}</style><body><p>words</p>", "a web page without a title"),
    ],
)
async def test_a_page_is_told_by_its_title_alone(provider, image_server, ask, fail, page, title):
    image_server.script(reply(524, page + "<p>words words</p>" * 50, "text/html"))
    _, failed = await fail(provider, ask())
    assert isinstance(failed, errors.ServerError)
    assert title in failed.message
    assert not {"<", ">"} & set(failed.message)
    assert "words" not in failed.message


NO_ADDRESS = {
    "a page": reply(404, "<html><head><title>404 Not Found</title></head></html>", "text/html"),
    "FastAPI": reply(404, {"detail": "Not Found"}),
    "Azure": reply(404, {"error": {"code": "404", "message": "Resource not found"}}),
    "Go": reply(404, "404 page not found\n", "text/plain"),
    "Express": reply(404, "Cannot POST /images/generations", "text/plain"),
    "OpenAI": error(404, "Invalid URL (POST /images/generations)"),
    "Kong": reply(404, {"message": "no Route matched with those values"}),
    "Spring": reply(404, {"timestamp": "2026", "status": 404, "error": "Not Found", "path": "/images/generations"}),
    "Flask": reply(404, {"message": "The requested URL was not found on the server. Check it and try again."}),
    "Fastify": reply(404, {"message": "Route POST:/images/generations not found", "error": "Not Found"}),
    "nothing": reply(404, "", "text/plain"),
    "the method": reply(405, {"detail": "Method Not Allowed"}),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_ADDRESS)
async def test_a_404_of_any_address_is_about_the_address(provider, image_server, ask, fail, name):
    image_server.script(NO_ADDRESS[name])
    _, refused = await fail(provider, ask())
    assert type(refused) is errors.RefusedRequestError
    assert "this address does not exist there" in str(refused)
    assert "OPENAI_BASE_URL" in str(refused)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "The model `flux` does not exist", "code": "model_not_found"}},
        {"error": "model 'flux' not found, try pulling it first"},
        {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}},
        {"detail": "Model flux is not loaded"},
    ],
)
async def test_a_404_that_names_the_model_is_about_the_model(provider, image_server, ask, fail, body):
    image_server.script(reply(404, body))
    _, gone = await fail(provider, ask())
    assert type(gone) is errors.ModelGoneError


FILTERED = {
    "violence": {"filtered": True, "severity": "medium"},
    "hate": {"filtered": False, "severity": "safe"},
}
MODERATED = {
    "Azure, contentFilter": (
        400,
        {
            "error": {
                "code": "contentFilter",
                "message": "Your task was stopped.",
                "inner_error": {"code": "ResponsibleAIPolicyViolation", "content_filter_results": FILTERED},
            }
        },
    ),
    "Azure, content_filter": (
        400,
        {
            "error": {
                "code": "content_filter",
                "param": "prompt",
                "message": "The response was filtered.",
                "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": FILTERED},
            }
        },
    ),
    "an old code": (
        400,
        {"error": {"code": "content_policy_violation", "inner_error": {"content_filter_results": FILTERED}}},
    ),
    "only inside": (
        400,
        {
            "error": {
                "code": "400",
                "message": "Bad request",
                "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": FILTERED},
            }
        },
    ),
    "OpenRouter": (
        403,
        {
            "error": {
                "code": 403,
                "message": "Your input was flagged",
                "metadata": {"reasons": ["violence"], "flagged_input": "x"},
            }
        },
    ),
    "categories by name": (
        400,
        {"error": {"code": "moderation_blocked", "categories": {"violence": True, "hate": False}}},
    ),
}


@pytest.mark.parametrize("name", MODERATED)
async def test_a_content_filter_is_a_safety_system_and_its_categories_are_told(
    provider, image_server, ask, fail, name
):
    image_server.script(reply(*MODERATED[name]))
    _, refused = await fail(provider, ask())
    assert type(refused) is errors.ModerationError
    assert (refused.categories, refused.billed, exit_code(refused)) == (("violence",), "no", 5)
    assert "for violence" in str(refused)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"error": "FORBIDDEN", "message": "Content blocked by our moderation system"}),
        (400, {"detail": "Prompt violates our content policy"}),
        (422, {"message": "NSFW content detected"}),
        (500, {"error": {"code": "content_policy_violation", "message": "rejected"}}),
        (200, {"error": {"code": "content_filter", "message": "filtered"}}),
        (200, {"candidates": [{"finishReason": "IMAGE_SAFETY"}]}),
        (200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        (200, {"choices": [{"finish_reason": "content_filter", "message": {"content": ""}}]}),
    ],
)
async def test_a_safety_system_is_known_by_its_words_too(provider, image_server, ask, fail, status, body):
    image_server.script(reply(status, body))
    _, refused = await fail(provider, ask())
    assert type(refused) is errors.ModerationError


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Unknown parameter: 'moderation'", "code": "unknown_parameter", "param": "moderation"}},
        {"error": {"message": "bad", "code": "invalid_safety_identifier"}},
        {"error": {"message": "Invalid content type", "code": "invalid_value"}},
    ],
)  # fmt: skip
async def test_a_parameter_about_safety_is_no_safety_system(provider, image_server, ask, fail, body):
    image_server.script(reply(400, body))
    _, refused = await fail(provider, ask())
    assert type(refused) is errors.RefusedRequestError


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, {"error": {"code": 402, "message": "Not enough credits"}}),
        (402, {}),
        (402, "<html><title>402 Payment Required</title></html>"),
        (403, {"error": {"code": "insufficient_user_quota", "message": "no quota"}}),
        (400, {"error": {"type": "budget_exceeded", "message": "Budget has been exceeded! Current cost: 5"}}),
        (429, {"error": {"code": "insufficient_credits", "message": "x"}}),
        (429, {"error": {"message": "You exceeded your current quota, please check your plan and billing details."}}),
        (400, {"error": {"code": "billing_not_active", "message": "x"}}),
        (403, {"message": "Your credit balance is too low"}),
        (200, {"error": {"code": 402, "message": "Insufficient credits"}}),
    ],
)  # fmt: skip
async def test_an_empty_account_is_the_accounts_limit_and_is_asked_once(
    provider, image_server, ask, fail, status, body
):
    image_server.script(reply(status, body))
    _, limited = await fail(provider, ask())
    assert type(limited) is errors.AccountLimitError
    assert (image_server.calls, limited.billed, exit_code(limited)) == (1, "no", 4)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, errors.AuthenticationError), (404, errors.ModelGoneError), (429, errors.RateLimitError), (502, errors.ServerError)],
)  # fmt: skip
async def test_a_status_that_only_the_body_tells_counts_and_is_not_asked_again(
    provider, image_server, ask, fail, status, kind
):
    image_server.script(reply(200, {"error": {"code": status, "message": "said of the model"}}))
    _, failed = await fail(provider, ask())
    assert type(failed) is kind
    assert image_server.calls == 1


WAITS = [
    ({}, "Requests have exceeded the call rate limit. Please retry after 23 seconds.", 23),
    ({}, "Please try again in 1m30s.", 90),
    ({}, "Please retry in 12.5s", 12.5),
    ({}, "Slow down! Wait 2 minutes.", 120),
    ({}, "wait for at least 30 sec before trying again", 30),
    ({}, "Rate limit of 5 requests in 60 seconds hit, retry after 7 seconds", 7),
    ({}, "Limit 5 per 1 minute.", None),
    ({}, "You made 5 requests in 60 seconds", None),
    ({}, "Try again in 24 hours", 86_400),
    ({}, "Your limit resets in 1 hour and 5 minutes", 3900),
    ({}, "Limit is renewed in 2 days", 172_800),
    ({}, "Please wait a minute", 60),
    ({}, "come back in an hour", 3600),
    ({}, "retry after 23", 23),
    ({}, "Retry-After: 23", 23),
    ({}, "try again in 1,200 ms", 1.2),
    ({}, "available again in 00:01:30", 90),
    ({}, "Try again after 2026-11-22T12:00:40Z.", 40),
    ({}, "the limit is lifted in 45 minutes", 2700),
    ({}, "blocked for 45 seconds", 45),
    ({"retry-after": "20s"}, "", 20),
    ({"retry-after": " 20.5 "}, "", 20.5),
    ({"retry-after": "1m30s"}, "", 90),
    ({"retry-after": "20 seconds"}, "", 20),
    ({"retry-after": "500ms"}, "", 0.5),
    ({"retry-after": "2026-11-22T12:00:40Z"}, "", 40),
    ({"retry-after-ms": "250"}, "retry after 9 s", 0.25),
    ({"retry-after": "1795348830"}, "", 30),
    ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, "", 360),
    ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "3"}, "", None),
    ({"x-ratelimit-reset-requests": "2s", "x-ratelimit-reset-tokens": "8s"}, "", 8),
    ({"x-ratelimit-reset": "1795348830000"}, "", 30),
    ({"ratelimit-reset": "12"}, "", 12),
    ({"x-ratelimit-reset-requests": "6m0s"}, "retry after 4 seconds", 4),
]


@pytest.mark.parametrize(("headers", "message", "seconds"), WAITS)
def test_a_wait_is_read_in_every_form(headers, message, seconds):
    from datetime import UTC, datetime

    from jupyter_imagegen.providers.waiting import asked_wait

    wait = asked_wait(headers, message, datetime(2026, 11, 22, 12, tzinfo=UTC), limits=True)
    assert wait == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "limited",
    [
        reply(429, {"error": {"code": "429", "message": "Please retry after 23 seconds."}}),
        reply(429, {"error": {"message": "slow down"}, "retry_after": 23}),
        reply(429, {"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "23s"}]}}),
        reply(429, "Too many requests, wait 23 s", "text/plain"),
        Reply(b'{"message": "x"}', status=429, headers={"retry-after": "23s"}),
    ],
)
async def test_what_was_asked_is_waited_or_told_at_once_where_there_is_no_time(
    provider, image_server, clock, ask, fail, collect, limited
):
    image_server.script(limited)
    _, refused = await fail(provider, ask(), timeout=20)
    assert isinstance(refused, errors.RateLimitError)
    assert "It asks to wait 23 s" in str(refused)
    assert (image_server.calls, clock.slept, refused.retry_after) == (1, [], 23)
    image_server.script(limited)
    await collect(provider, ask(), timeout=60)
    assert clock.slept == [23]


async def test_a_day_is_told_at_once(provider, image_server, clock, ask, fail):
    image_server.script(reply(429, {"message": "Daily limit reached. Try again in 24 hours."}))
    _, refused = await fail(provider, ask())
    assert "24 h" in str(refused)
    assert (image_server.calls, clock.slept) == (1, [])


async def test_a_wait_that_leaves_hardly_any_time_is_not_made_longer_than_the_time(
    provider, image_server, clock, ask, collect
):
    provider._jitter = lambda: 1.0
    image_server.script(reply(429, {"message": "retry after 19 seconds"}))
    await collect(provider, ask(), timeout=20)
    assert 19 <= clock.slept[0] < 20


async def test_a_good_answer_without_a_picture_says_the_servers_words(provider, image_server, ask, fail):
    image_server.script(reply(200, {"success": False, "msg": "the queue is full"}))
    _, failed = await fail(provider, ask())
    assert "the queue is full" in str(failed)
    image_server.script(rows({"status": "failed", "error": {"message": "nothing was drawn"}}))
    _, failed = await fail(provider, ask())
    assert "nothing was drawn" in str(failed)
