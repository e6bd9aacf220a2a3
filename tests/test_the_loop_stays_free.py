"""While another process holds the ledger, the event loop answers, pictures stream, and a run can be cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import pytest
import pytest_asyncio

from jupyter_imagegen.errors import ImagegenError

#: Seconds that the loop may take for its next turn.
ANSWERS_WITHIN = 0.05


class Held:
    """The ledger's write lock, as another process would hold it."""

    def __init__(self, home):
        self._connection = sqlite3.connect(home / "imagegen.sqlite3", isolation_level=None)

    def __enter__(self):
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *exc):
        self._connection.execute("ROLLBACK")
        self._connection.close()


async def gaps(until):
    """How long the loop took for each of its turns, until a task ends."""
    loop, found = asyncio.get_running_loop(), [0.0]
    while not until.done():
        began = loop.time()
        await asyncio.sleep(0.005)
        found.append(loop.time() - began - 0.005)
    return found


@pytest_asyncio.fixture
async def events_of(session):
    """Runs one picture on the test's own loop, as the session's loop would."""
    engine = session.workshop.engine(session.workshop.settings())

    def run(prompt, **options):
        order = session._desk.order(session.workshop.settings(), prompt, (None, None, None), None, options)
        return engine.run(order)

    yield run
    await session.workshop.close_providers()


async def ended(stream):
    async with contextlib.aclosing(stream) as events:
        return [type(event).__name__ async for event in events]


async def test_the_loop_answers_while_a_run_waits_for_the_ledger(session, home, events_of):
    await ended(events_of("a lighthouse"))
    with Held(home):
        waiting = asyncio.ensure_future(ended(events_of("an owl")))
        watch = asyncio.ensure_future(gaps(waiting))
        done, _ = await asyncio.wait([waiting], timeout=0.6)
        assert not done
    assert (await waiting)[-1] == "Done"
    assert sorted(await watch)[-2] < ANSWERS_WITHIN


async def test_a_run_that_waits_for_the_ledger_can_be_cancelled_and_holds_nothing(
    session, server, home, events_of
):
    await ended(events_of("a lighthouse"))
    with Held(home):
        waiting = asyncio.ensure_future(ended(events_of("an owl")))
        await asyncio.wait([waiting], timeout=0.3)
        waiting.cancel()
        watch = asyncio.ensure_future(gaps(waiting))
        await asyncio.wait([waiting], timeout=0.2)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert max(await watch) < ANSWERS_WITHIN
    assert server.calls == 1
    assert session.accounts.costs().spending.total.held_usd == 0


async def test_pictures_stream_on_while_another_run_waits(session, server, home, events_of):
    await ended(events_of("a lighthouse"))
    server.latency = 0.3
    running = asyncio.ensure_future(ended(events_of("a slow owl", partial_images=2)))
    while server.calls < 2:
        await asyncio.sleep(0.01)
    with Held(home):
        waiting = asyncio.ensure_future(ended(events_of("a fox")))
        watch = asyncio.ensure_future(gaps(waiting))
        await asyncio.wait([waiting], timeout=0.4)
    assert "PartialShown" in await running
    assert (await waiting)[-1] == "Done"
    assert sorted(await watch)[-2] < ANSWERS_WITHIN
    with contextlib.suppress(ImagegenError):
        assert session.accounts.costs().spending.total.pictures == 3
