"""A refusal that tells a usage is charged by it, whatever its form, and is not sent again."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from imageserver import Reply, events

from jupyter_imagegen.errors import ProviderError

USAGE = {
    "input_tokens": 10,
    "output_tokens": 196,
    "total_tokens": 206,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
}
BLOCKED = {
    "message": "Your request was rejected by the safety system.",
    "code": "moderation_blocked",
    "type": "image_generation_user_error",
}


def refused(status, body):
    return Reply(json.dumps(body).encode(), status=status)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize(
    "answer",
    [
        refused(400, {"error": BLOCKED, "usage": USAGE}),
        refused(400, {"error": {**BLOCKED, "usage": USAGE}}),
        refused(429, {"error": {"message": "no quota", "code": "insufficient_quota"}, "usage": USAGE}),
        refused(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}, "usage": USAGE}),
        refused(500, {"error": {"message": "oops"}, "usage": USAGE}),
        refused(503, {"error": {"message": "busy"}, "usage": USAGE}),
        refused(200, {"error": BLOCKED, "usage": USAGE}),
        events({"type": "error", "error": BLOCKED, "usage": USAGE}),
        events({"type": "error", "error": {**BLOCKED, "usage": USAGE}}),
        events({"type": "response.failed", "response": {"error": BLOCKED, "usage": USAGE}}),
    ],
)
def test_a_refusal_is_charged_by_the_usage_that_it_tells(session, server, answer, n):
    server.script(answer)
    with pytest.raises(ProviderError, match=r"it cost \$0\.0059 by the reported usage"):
        session.generate("a lighthouse", n=n)
    spent = session.accounts.costs().spending.day
    assert server.calls == 1
    assert (spent.usd, spent.held_usd) == (Decimal("0.00593"), Decimal(0))


@pytest.mark.parametrize(
    "usage",
    [None, [], "196", {"output_tokens": -5}, {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}],
)
def test_a_refusal_without_a_usage_that_can_be_true_costs_nothing(session, server, usage):
    server.script(refused(400, {"error": BLOCKED, "usage": usage}))
    with pytest.raises(ProviderError):
        session.generate("a lighthouse")
    spent = session.accounts.costs().spending.day
    assert (spent.usd, spent.held_usd) == (0, 0)
