"""What must not happen whatever the server does: redirects, floods, bombs, paid calls in tests, secrets in sight."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import pickle
import sys
import traceback
import tracemalloc
import zlib
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from imageserver import KEY, Reply, error, events, gzip_bomb, huge, paint, redirect, wrong_key

from jupyter_imagegen import errors
from jupyter_imagegen.core.request import CallOptions
from jupyter_imagegen.providers import base
from jupyter_imagegen.providers.base import Answered, Drawn
from jupyter_imagegen.providers.openai.provider import OpenAIProvider

ROW = {"b64_json": base64.b64encode(paint("64x64")).decode()}
BODY = json.dumps({"data": [ROW]}).encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_and_nothing_goes_to_the_other_host(
    provider, image_server, ask_edit, fail, status
):
    from imageserver import ImageServer

    with ImageServer() as other:
        image_server.script(redirect(f"{other.url}/images/edits", status))
        _, caught = await fail(provider, ask_edit())
        assert type(caught) is errors.ConnectionFailedError
        assert "redirects to another address" in str(caught)
        assert (other.requests, image_server.calls, caught.billed) == ([], 1, "no")


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("reply", [gzip_bomb, huge], ids=["gzip bomb", "flood"])
async def test_a_flood_is_cut_off_at_the_cap(image_server, ask, fail, monkeypatch, reply, status):
    for name, value in image_server.env().items():
        monkeypatch.setenv(name, value)
    provider = OpenAIProvider(max_answer_bytes=5_000_000)
    answer = reply(2_000_000_000)
    answer.status = status
    image_server.script(answer)
    tracemalloc.start()
    _, caught = await fail(provider, ask())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    await provider.aclose()
    assert type(caught) is errors.BadAnswerError
    assert "larger than 5 MB" in str(caught)
    assert caught.billed == "possibly"
    assert peak < 60_000_000
    assert image_server.calls == 1


async def test_a_flood_of_events_is_cut_off_at_the_cap(image_server, ask, fail, monkeypatch):
    for name, value in image_server.env().items():
        monkeypatch.setenv(name, value)
    provider = OpenAIProvider(max_answer_bytes=5_000_000)
    image_server.script(Reply(b"data: " + b"x" * 999_994, repeat=2000, kind="text/event-stream"))
    _, caught = await fail(provider, ask(), partial_images=1)
    await provider.aclose()
    assert "larger than 5 MB" in str(caught)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
async def test_an_answer_that_was_packed_all_the_same_is_read(
    provider, image_server, ask, collect, encoding, packed
):
    image_server.script(Reply(packed, headers={"Content-Encoding": encoding}))
    seen = await collect(provider, ask())
    assert isinstance(seen[-1], Answered)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "odd"])
async def test_a_packing_that_cannot_be_bounded_is_refused(provider, image_server, ask, fail, encoding):
    image_server.script(Reply(BODY, headers={"Content-Encoding": encoding}))
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.BadAnswerError
    assert "the answer is compressed" in str(caught)


async def test_what_follows_a_packed_answer_counts_too(image_server, ask, fail, monkeypatch):
    for name, value in image_server.env().items():
        monkeypatch.setenv(name, value)
    provider = OpenAIProvider(max_answer_bytes=1_000_000)
    junk = gzip.compress(BODY[:-20]) + b"x" * 3_000_000
    image_server.script(Reply(junk, headers={"Content-Encoding": "gzip"}))
    _, caught = await fail(provider, ask())
    await provider.aclose()
    assert "larger than 1 MB" in str(caught)


@pytest.mark.parametrize("body", [gzip.compress(BODY)[:40], b"no gzip at all"], ids=["cut", "false"])
async def test_damaged_packing_is_a_bad_answer(provider, image_server, ask, fail, body):
    image_server.script(Reply(body, headers={"Content-Encoding": "gzip"}))
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.BadAnswerError


async def test_a_picture_larger_than_a_picture_can_be_is_refused(
    provider, image_server, ask, fail, monkeypatch
):
    from jupyter_imagegen.providers.openai import picture_text

    monkeypatch.setattr(picture_text, "MAX_PICTURE_BYTES", 100)
    _, caught = await fail(provider, ask())
    assert "larger than a picture can be" in str(caught)


async def test_the_guard_stops_a_call_that_would_leave_the_machine(ask, fail, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    seen, caught = await fail(OpenAIProvider(), ask())
    assert "PAID_REQUESTS_ALLOWED" in str(caught)
    assert (seen, caught.billed) == ([], "no")
    checks = await OpenAIProvider().check("gpt-image-2")
    # The key could not be tried, and what only a paid call shows is not known.
    assert [(check.name, check.ok) for check in checks] == [("key", False), ("verified", None)]
    assert base.PAID_REQUESTS_ALLOWED is False


async def test_without_a_key_nothing_is_asked(ask, fail):
    _, caught = await fail(OpenAIProvider(), ask())
    assert type(caught) is errors.NoKeyError
    assert "OPENAI_API_KEY" in str(caught)
    assert "demo" in str(caught)


@pytest.mark.parametrize("key", [KEY + "\n", f"“{KEY}”", "sk-two words-" + KEY])
async def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(
    provider, image_server, ask, fail, monkeypatch, key
):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.AuthenticationError
    assert (image_server.requests, shows_key(str(caught))) == ([], [])


# The key: looked for as it is, percent-encoded and in base64, in everything that a failed call leaves behind.


def shows_key(text):
    forms = [
        KEY,
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        KEY[:20],
        KEY[-12:],
    ]
    return [form for form in forms if form in text]


def everything_reachable(exc):
    """Every exception that can be reached from one, and the values of its attributes."""
    seen, queue = {}, [exc]
    while queue:
        thing = queue.pop()
        if thing is None or id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if isinstance(thing, BaseException):
            queue += [thing.__cause__, thing.__context__, *thing.args, *vars(thing).values()]
    return list(seen.values())


def verbose_traceback(exc):
    from IPython.core.ultratb import VerboseTB

    out = io.StringIO()
    VerboseTB(ostream=out, include_vars=True)(type(exc), exc, exc.__traceback__)
    return out.getvalue()


def echoing_replies():
    masked = KEY[:12] + "*" * 20 + KEY[-4:]
    return {
        "401": wrong_key(),
        "masked": wrong_key(masked),
        "quoted": error(400, f"in {quote(KEY)} and {base64.b64encode(KEY.encode()).decode()}"),
        "broken by escapes": error(400, f"{KEY[:9]}\x1b[0m\u200b{KEY[9:]}"),
        "every field": error(400, KEY, code=KEY, kind=KEY, param=KEY, headers={"x-request-id": KEY}),
        "bare text": Reply(KEY.encode(), status=500),
        "cut": Reply(KEY.encode(), length=5000),
        "stream": events({"type": "error", "error": {"message": KEY, "code": KEY}}),
        "rate limit": error(429, KEY, headers={"retry-after": "9999"}),
        "connection": Reply(hang_up=True),
        "redirect": redirect(f"https://example.com/{KEY}"),
    }


@pytest.mark.parametrize("name", echoing_replies())
async def test_the_key_is_nowhere_in_what_a_failed_call_leaves_behind(
    provider, image_server, ask, fail, capfd, caplog, name
):
    caplog.set_level(logging.DEBUG)
    image_server.script(echoing_replies()[name])
    seen, caught = await fail(provider, ask(), partial_images=1)
    assert caught.__cause__ is None
    assert caught.__context__ is None
    left_behind = {
        "str": str(caught),
        "repr": repr(caught) + repr(seen) + repr(provider),
        "attributes": repr(
            [vars(thing) for thing in everything_reachable(caught) if hasattr(thing, "__dict__")]
        ),
        "traceback": "".join(traceback.format_exception(caught)),
        "verbose": verbose_traceback(caught),
        "pickle": pickle.dumps(caught).decode("latin-1"),
        "logs": "\n".join(record.getMessage() for record in caplog.records) + caplog.text,
        "streams": "".join(capfd.readouterr()),
    }
    assert {where: found for where, text in left_behind.items() if (found := shows_key(text))} == {}
    assert f"{image_server.requests[0].headers['authorization']}" == f"Bearer {KEY}", "the key was in play"
    twin = pickle.loads(pickle.dumps(caught))
    assert (str(twin), twin.billed) == (str(caught), caught.billed)


async def test_an_error_raised_inside_the_sdk_keeps_no_frame_of_it(provider, image_server, ask, fail):
    image_server.script(Reply(BODY, headers={"Content-Encoding": "br"}))
    _, caught = await fail(provider, ask())
    modules = {
        frame.f_globals["__name__"].partition(".")[0] for frame, _ in traceback.walk_tb(caught.__traceback__)
    }
    assert modules.isdisjoint({"openai", "httpx", "httpx2", "httpcore", "httpcore2"})


async def test_a_good_call_logs_no_key_at_debug(provider, image_server, ask, collect, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("openai").setLevel(logging.DEBUG)
    await collect(provider, ask())
    assert len(caplog.records) > 3
    text = caplog.text + "".join(capfd.readouterr())
    assert shows_key(text) == []
    assert shows_key(repr(provider) + repr(vars(provider))) == []


async def test_headers_that_repeat_the_key_in_any_form_are_logged_without_it(
    provider, image_server, ask, collect, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("openai").setLevel(logging.DEBUG)
    forms = {
        "x-request-id": KEY,
        "x-echo": f"Bearer {KEY}",
        "x-quoted": quote(f"key={KEY}/", safe=""),
        "set-cookie": b64encode(f"user:{KEY}".encode()).decode(),
        "x-url-safe": urlsafe_b64encode(f"??{KEY}".encode()).decode(),
    }
    image_server.script(Reply(BODY, headers=forms))
    await collect(provider, ask())
    text = caplog.text + "".join(capfd.readouterr())
    assert [name for name, form in forms.items() if form.removeprefix("Bearer ") in text] == []
    assert text.count("[key removed]") >= len(forms)
    assert "x-url-safe" in text
    assert shows_key(text) == []


async def test_request_ids_are_plain_and_short(provider, image_server, ask, collect):
    image_server.script(Reply(BODY, headers={"x-request-id": "req\t<b>" + "x" * 500}))
    seen = await collect(provider, ask())
    assert len(seen[-1].request_id) <= 200
    assert seen[-1].request_id.isprintable()


async def test_an_address_in_an_answer_is_never_fetched(provider, image_server, ask, fail):
    image_server.script(Reply(json.dumps({"data": [{"url": f"{image_server.url}/models"}]}).encode()))
    await fail(provider, ask())
    assert len(image_server.requests) == 1


async def test_leaving_early_closes_the_connection(provider, image_server, ask):
    import asyncio

    image_server.latency = 30
    running = asyncio.create_task(drain(provider, ask()))
    assert await asyncio.to_thread(image_server.arrived.wait, 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await asyncio.to_thread(image_server.client_left.wait, 5)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def drain(provider, request):
    async for _ in provider.make(request, CallOptions()):
        pass


async def test_changed_credentials_are_used_at_the_next_call(
    provider, image_server, ask, collect, fail, monkeypatch
):
    await collect(provider, ask())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key-entirely")
    _, caught = await fail(provider, ask())
    assert type(caught) is errors.AuthenticationError
    monkeypatch.setenv("OPENAI_API_KEY", image_server.key)
    assert any(isinstance(event, Drawn) for event in await collect(provider, ask()))


def test_nothing_heavy_is_imported_before_a_call():
    import subprocess

    code = (
        "import sys\n"
        "from jupyter_imagegen.providers import load_provider\n"
        "p = load_provider('openai')\n"
        "p.endpoint, p.official, repr(p)\n"
        "heavy = {'openai', 'httpx', 'httpx2', 'PIL', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
