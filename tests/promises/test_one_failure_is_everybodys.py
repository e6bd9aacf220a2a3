"""Never pay twice, the other half: what fails for the one that buys a picture fails for all that wait for it."""

from __future__ import annotations

import asyncio
import base64
import threading

import pytest
from imageserver import (
    Reply,
    error,
    html,
    moderated,
    no_quota,
    paint,
    rate_limited,
    rows,
    server_error,
    wrong_key,
)

from jupyter_imagegen.core.events import Joined
from jupyter_imagegen.core.request import CallOptions, GenerateRequest
from jupyter_imagegen.errors import PossiblyBilledError
from jupyter_imagegen.providers.base import Drawn, Provider, Sending
from jupyter_imagegen.purchase import Order

#: Eight are tried once; for the other kinds of failure three show the same.
MANY, FEW = 8, 3


def _row(data):
    return {"b64_json": base64.b64encode(data).decode()}


def _cut_in_half():
    picture = paint("64x64")
    return rows(_row(picture[: len(picture) // 2]))


#: What a server can say, the error that everybody gets, and whether its charge is counted.
FAILURES = {
    "truncated image": (_cut_in_half, "BadAnswerError", "counted"),
    "not an image": (lambda: rows(_row(b"no picture")), "BadAnswerError", "counted"),
    "no image": (rows, "BadAnswerError", "counted"),
    "half of the JSON": (lambda: Reply(b'{"data": [', billed=True), "BadAnswerError", "counted"),
    "a page": (html, "BadAnswerError", "counted"),
    "no answer": (lambda: Reply(hang_up=True), "PossiblyBilledError", "counted"),
    "500": (server_error, "ServerError", "counted"),
    "moderation": (lambda: moderated("output"), "ModerationError", "released"),
    "400": (
        lambda: error(400, "Invalid value: size.", code="invalid_value"),
        "RefusedRequestError",
        "released",
    ),
    "no quota": (no_quota, "AccountLimitError", "released"),
    "wrong key": (wrong_key, "AuthenticationError", "released"),
    "no such model": (lambda: error(404, "The model does not exist."), "ModelGoneError", "released"),
    "rate limit": (lambda: rate_limited(retry_after="600"), "RateLimitError", "released"),
}


def together(server, work, reply, *, first=None, others=None, processes=FEW):
    """One process is answered with `reply` when the others wait for it; what became of each."""
    reply.gate = threading.Event()
    server.script(reply)
    server.arrived.clear()
    buyer = work("wait_with_others", prompt="a lighthouse", options=first or {})
    buyer.told("sent")
    assert server.arrived.wait(30)
    waiting = [
        work("wait_with_others", prompt="a lighthouse", options=others or {}) for _ in range(processes - 1)
    ]
    for worker in waiting:
        worker.told("joined")
    reply.gate.set()
    return [worker.told("end")["end"] for worker in (buyer, *waiting)]


@pytest.mark.parametrize("kind", FAILURES)
def test_processes_make_one_call_and_one_charge_and_have_one_answer(server, work, charges, kind):
    """Without `_share_failure` in engine.py each sent what the one before had just been refused."""
    reply, name, state = FAILURES[kind]
    fates = together(server, work, reply(), processes=MANY if kind == "truncated image" else FEW)
    assert all(fate == fates[0] for fate in fates)
    assert fates[0]["error"]["type"] == name
    assert server.calls == 1
    assert ["released" if one["state"] == "released" else "counted" for one in charges()] == [state]
    # Whoever asks after it tries anew.
    again = work("wait_with_others", prompt="a lighthouse", options={})
    assert again.told("end") == {"end": 1}
    assert server.calls == 2


@pytest.mark.parametrize("others", [{"n": 4}, {"fresh": True}], ids=["n", "fresh"])
def test_whoever_waits_for_more_or_for_another_one_has_the_same_answer(server, work, charges, others):
    fates = together(server, work, _cut_in_half(), others=others)
    assert all(fate == fates[0] for fate in fates)
    assert server.calls == len(charges()) == 1


class Breaks(Provider):
    """Makes the first picture, waits, and fails at the second."""

    name, namespace, paid, endpoint = "openai", None, True, "http://127.0.0.1/v1"

    def __init__(self):
        self.calls, self.drawn, self.gate = 0, asyncio.Event(), asyncio.Event()

    async def make(self, _request, _options):
        self.calls += 1
        yield Sending(attempt=1)
        yield Drawn(data=paint("64x64"))
        self.drawn.set()
        await self.gate.wait()
        raise PossiblyBilledError("the second one was not made")


async def test_what_broke_off_after_a_first_picture_is_not_bought_on_by_each(new_session):
    """The pictures that are missing may have been billed with the first."""
    provider = Breaks()
    request = GenerateRequest(model="gpt-image-2.5-flare", prompt="boats", size="1024x1024", quality="low")
    order = Order(request=request, options=CallOptions(n=4), provider=provider)

    async def run(joined):
        workshop = new_session().workshop  # as another process
        async for event in workshop.engine(workshop.settings()).run(order):
            if isinstance(event, Joined):
                joined.set()
        return event.result

    buyer = asyncio.ensure_future(run(asyncio.Event()))
    await asyncio.wait_for(provider.drawn.wait(), 10)
    joined = [asyncio.Event() for _ in range(3)]
    waiting = [asyncio.ensure_future(run(event)) for event in joined]
    for event in joined:
        await asyncio.wait_for(event.wait(), 10)
    provider.gate.set()
    results = await asyncio.gather(buyer, *waiting)
    assert [len(one.images) for one in results] == [1] * 4
    assert all("the second one was not made" in " ".join(one.notes) for one in results)
    assert provider.calls == 1


def test_whoever_waits_for_a_process_that_is_killed_takes_over(server, work, charges):
    """Being killed is no answer; what the dead may have been billed stays counted."""
    gate = threading.Event()
    server.script(Reply(gate=gate, hang_up=True))
    buyer = work("wait_with_others", prompt="a lighthouse", options={})
    buyer.told("sent")
    assert server.arrived.wait(30)
    waiting = work("wait_with_others", prompt="a lighthouse", options={})
    waiting.told("joined")
    buyer.kill()
    gate.set()
    assert waiting.told("end") == {"end": 1}
    assert sorted(charge["state"] for charge in charges()) == ["possibly_billed", "settled"]
