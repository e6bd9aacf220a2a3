"""What every provider keeps to: the same events, real pictures, and nothing left running.

A new provider joins by one line in `PROVIDERS` and one branch in the `maker` fixture.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from contextlib import aclosing
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from PIL import Image

from jupyter_imagegen.core.request import CallOptions
from jupyter_imagegen.core.usage import Usage
from jupyter_imagegen.errors import ProviderError
from jupyter_imagegen.providers import load_provider
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Sending

PROVIDERS = [
    name
    for name in ("openai", "demo")
    if importlib.util.find_spec(f"jupyter_imagegen.providers.{name}") is not None
]


@pytest_asyncio.fixture(params=PROVIDERS)
async def maker(request, image_server, monkeypatch):
    """Each provider in turn, loaded as the session loads it."""
    if request.param == "openai":
        for name, value in image_server.env().items():
            monkeypatch.setenv(name, value)
    provider = load_provider(request.param)
    yield provider
    await provider.aclose()


async def test_the_events_come_in_their_order(maker, ask, collect):
    events = await collect(maker, ask())
    assert isinstance(events[0], Sending)
    assert events[0].attempt == 1
    assert isinstance(events[-1], Answered)
    assert [type(event) for event in events[1:-1]] == [Drawn]


async def test_usage_is_reported_and_counts_output(maker, ask, collect):
    events = await collect(maker, ask())
    assert isinstance(events[-1].usage, Usage)
    assert events[-1].usage.image_output > 0
    assert events[-1].warning == ""


@pytest.mark.parametrize("n", [1, 3])
async def test_as_many_pictures_come_as_were_asked_for_and_no_two_are_the_same(maker, ask, collect, n):
    events = await collect(maker, ask(), n=n)
    drawn = [event.data for event in events if isinstance(event, Drawn)]
    assert len(drawn) == len(set(drawn)) == n


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
async def test_pictures_have_the_size_and_the_format_that_were_asked_for(maker, ask, collect, output_format):
    events = await collect(maker, ask(size="384x256", output_format=output_format))
    with Image.open(BytesIO(events[1].data)) as picture:
        picture.load()
        assert (picture.size, picture.format) == ((384, 256), output_format.upper())


async def test_a_transparent_background_is_transparent(maker, ask, collect):
    events = await collect(maker, ask(background="transparent"))
    with Image.open(BytesIO(events[1].data)) as picture:
        assert picture.convert("RGBA").getextrema()[3][0] == 0


@pytest.mark.parametrize("wanted", [0, 2])
async def test_partials_come_before_the_picture_and_are_not_it(maker, ask, collect, wanted):
    events = await collect(maker, ask(), partial_images=wanted)
    assert [type(event) for event in events] == [Sending, *[Partial] * wanted, Drawn, Answered]
    drawn = events[-2].data
    for event in events[1:-2]:
        with Image.open(BytesIO(event.data)) as partial:
            partial.load()
        assert event.data != drawn


async def test_an_edit_gives_a_picture(maker, ask_edit, picture, collect):
    request = ask_edit(images=(picture(seed=1), picture("jpeg", seed=2)), mask=picture(transparent=True))
    events = await collect(maker, request)
    assert [type(event) for event in events] == [Sending, Drawn, Answered]
    with Image.open(BytesIO(events[1].data)) as made:
        made.load()
        assert made.size == (256, 256)
    assert events[-1].usage.image_input > 0


async def test_leaving_in_the_middle_leaves_nothing_running(maker, ask):
    threads = threading.active_count()
    async with aclosing(maker.make(ask(), CallOptions(n=2, partial_images=2))) as events:
        async for event in events:
            if isinstance(event, Partial | Drawn):
                break
    await maker.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert threading.active_count() <= threads + 4, "a pool for painting may stay, and no more"


async def test_a_cancelled_call_ends_at_once(maker, ask, image_server):
    image_server.latency = 30

    async def call():
        async with aclosing(maker.make(ask(size="1024x1024"), CallOptions(n=4))) as events:
            async for event in events:
                if isinstance(event, Sending):
                    sending.set()

    sending = asyncio.Event()
    running = asyncio.create_task(call())
    async with asyncio.timeout(10):
        await sending.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(2):
            await running


async def test_two_calls_at_once_do_not_disturb_each_other(maker, ask, collect):
    first, second = await asyncio.gather(
        collect(maker, ask(prompt="a red house")), collect(maker, ask(prompt="a blue boat"))
    )
    assert [type(event) for event in first] == [type(event) for event in second] == [Sending, Drawn, Answered]


async def test_a_provider_says_who_and_where_it_is_without_secrets(maker, image_server):
    assert maker.name in PROVIDERS
    assert maker.namespace is None or maker.namespace
    assert isinstance(maker.paid, bool)
    assert "@" not in urlsplit(maker.endpoint).netloc
    assert image_server.key not in repr(maker) + maker.endpoint


async def test_a_paid_provider_that_fails_says_whether_it_can_have_billed(maker, image_server, ask, fail):
    if not maker.paid:
        pytest.skip("it costs nothing and calls nobody")
    image_server.key = "sk-another-key-entirely"
    _, error = await fail(maker, ask())
    assert isinstance(error, ProviderError)
    assert error.billed == "no"
