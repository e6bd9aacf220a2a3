"""What the provider tests share: a clock that nobody waits for, requests, and the provider against the server."""

from __future__ import annotations

import hashlib
import time
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from imageserver import paint

from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest, InputImage
from jupyter_imagegen.errors import ProviderError
from jupyter_imagegen.providers.openai.provider import OpenAIProvider


@dataclass
class Clock:
    """Sleeping takes no time, and the clock goes on all the same."""

    slept: list[float] = field(default_factory=list)
    ahead: float = 0.0

    def monotonic(self):
        return time.monotonic() + self.ahead

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.ahead += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest_asyncio.fixture
async def provider(image_server, clock, monkeypatch):
    """The OpenAI provider, sent to the test server by the environment."""
    for name, value in image_server.env().items():
        monkeypatch.setenv(name, value)
    made = OpenAIProvider(sleep=clock.sleep, monotonic=clock.monotonic, jitter=lambda: 0.0)
    yield made
    await made.aclose()


@pytest.fixture
def ask():
    """A request with cheap defaults: `ask(size="512x512")`."""

    def build(**changes):
        given = {
            "model": "gpt-image-2.5-flare",
            "prompt": "a lighthouse at dusk",
            "size": "256x256",
            "quality": "low",
        }
        return GenerateRequest(**(given | changes))

    return build


@pytest.fixture
def ask_edit(picture):
    """An edit of one picture: `ask_edit(images=(…), mask=…)`."""

    def build(**changes):
        given = {
            "model": "gpt-image-2.5-flare",
            "prompt": "make it winter",
            "size": "256x256",
            "quality": "low",
            "images": (picture(),),
        }
        return EditRequest(**(given | changes))

    return build


@pytest.fixture
def picture():
    """An input picture: `picture("jpeg", seed=2)`."""

    def build(kind="png", *, seed=0, transparent=False, name="secret-plan.png"):
        data = paint("256x256", kind, seed=seed, transparent=transparent)
        digest = hashlib.sha256(data).hexdigest()
        return InputImage(data=data, digest=digest, mime=f"image/{kind}", width=256, height=256, name=name)

    return build


@pytest.fixture
def collect():
    """Every event of one call: `await collect(provider, request, n=2)`."""

    async def run(provider, request, **options):
        async with aclosing(provider.make(request, CallOptions(**options))) as events:
            return [event async for event in events]

    return run


@pytest.fixture
def fail():
    """The events and the error of a call that fails: `events, error = await fail(provider, request)`."""

    async def run(provider, request, **options):
        seen = []

        async def drain(events):
            async for event in events:
                seen.append(event)  # noqa: PERF401 - what came before the error is wanted

        async with aclosing(provider.make(request, CallOptions(**options))) as events:
            with pytest.raises(ProviderError) as caught:
                await drain(events)
        return seen, caught.value

    return run
