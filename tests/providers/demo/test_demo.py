"""The offline painter as a provider."""

from __future__ import annotations

import asyncio
import threading
from io import BytesIO

import pytest
from PIL import Image

from jupyter_imagegen.core.request import CallOptions, GenerateRequest
from jupyter_imagegen.providers.base import Answered, Drawn, Partial, Sending
from jupyter_imagegen.providers.demo import DemoProvider
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.pricing import estimate


async def _no_wait(_seconds):
    await asyncio.sleep(0)


@pytest.fixture
def painter():
    return DemoProvider(sleep=_no_wait)


@pytest.fixture
def asked():
    return GenerateRequest(model="gpt-image-2.5-flare", prompt="a lighthouse", size="128x128", quality="low")


async def _events(painter, asked, **options):
    return [event async for event in painter.make(asked, CallOptions(**options))]


async def test_it_says_sending_first_and_answered_last(painter, asked):
    events = await _events(painter, asked, n=2, partial_images=2)
    kinds = [type(event) for event in events]
    assert kinds == [Sending, Partial, Partial, Drawn, Partial, Partial, Drawn, Answered]
    assert [e.index for e in events if isinstance(e, Partial)] == [0, 1, 0, 1]
    assert events[-1].warning == ""


async def test_samples_go_on_from_the_first_one_asked_for(painter, asked):
    all_four = [e.data for e in await _events(painter, asked, n=4) if isinstance(e, Drawn)]
    last_three = [e.data for e in await _events(painter, asked, n=3, first_sample=1) if isinstance(e, Drawn)]
    assert len(set(all_four)) == 4
    assert all_four[1:] == last_three


async def test_partial_pictures_become_clearer(painter, asked):
    events = await _events(painter, asked, partial_images=3)
    final = Image.open(BytesIO(next(e.data for e in events if isinstance(e, Drawn)))).convert("L")

    def error(data):
        stage = Image.open(BytesIO(data)).convert("L")
        assert stage.size == final.size
        return sum(abs(a - b) for a, b in zip(stage.tobytes(), final.tobytes(), strict=True))

    errors = [error(e.data) for e in events if isinstance(e, Partial)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] > 0


async def test_usage_is_what_the_published_formula_gives(painter, asked):
    answered = (await _events(painter, asked, n=2, partial_images=1))[-1]
    options = CallOptions(n=2, partial_images=1)
    assert answered.usage == estimate(asked, options, catalog=Catalog.load()).tokens
    assert answered.usage.image_output > 0


async def test_the_loop_goes_on_while_it_paints(painter):
    request = GenerateRequest(model="m", prompt="a forest, oil painting", size="512x512", quality="medium")
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    counter = asyncio.create_task(count())
    await _events(painter, request)
    counter.cancel()
    assert turns > 5


async def test_a_cancelled_painting_stops_its_thread(painter):
    before = set(threading.enumerate())
    request = GenerateRequest(model="m", prompt="a forest, oil painting", size="1024x1024", quality="max")
    stream = painter.make(request, CallOptions(n=9))
    assert isinstance(await anext(stream), Sending)
    task = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await stream.aclose()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert set(threading.enumerate()) <= before


async def test_it_costs_nothing_and_goes_nowhere(painter):
    assert (painter.name, painter.namespace, painter.paid, painter.endpoint) == (
        "demo",
        "demo",
        False,
        "offline",
    )
    await painter.aclose()
