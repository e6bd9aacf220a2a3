"""Who buys a key now, among the tasks of one loop; and the lock among processes."""

from __future__ import annotations

import asyncio

import pytest
from filelock import FileLock

from jupyter_imagegen.errors import ModerationError, ProviderError, StoreError
from jupyter_imagegen.storage.locks import acquired
from jupyter_imagegen.turns import Turns


async def test_one_has_the_turn_and_the_others_wait_in_order():
    turns, order = Turns(), []

    async def take(i):
        async with turns.asking("k") as turn, turn.taken():
            order.append(f"{i} begins")
            await asyncio.sleep(0)
            order.append(f"{i} ends")

    await asyncio.gather(*(take(i) for i in range(4)))
    assert order == [f"{i} {what}" for i in range(4) for what in ("begins", "ends")]


async def test_another_key_has_a_turn_of_its_own():
    turns = Turns()
    async with turns.asking("a") as first, first.taken(), turns.asking("b") as second:
        assert first.busy
        assert not second.busy


async def test_a_key_that_nobody_asks_for_is_forgotten():
    turns = Turns()
    async with turns.asking("k"):
        pass
    assert turns._turns == {}


async def test_a_failure_is_shared_with_those_who_waited():
    turns, tries = Turns(), []
    failing = ModerationError("refused", stage="input", categories=("violence",))

    async def take():
        async with turns.asking("k") as turn, turn.taken():
            tries.append(1)
            await asyncio.sleep(0)
            raise failing

    errors = await asyncio.gather(*(take() for _ in range(3)), return_exceptions=True)
    assert len(tries) == 1
    assert {(type(exc), str(exc), exc.categories) for exc in errors} == {
        (ModerationError, "refused", ("violence",))
    }


async def test_whoever_asks_after_the_failure_tries_again():
    turns = Turns()

    async def take(error=None):
        async with turns.asking("k") as turn, turn.taken():
            if error:
                raise error

    async with turns.asking("k"):
        with pytest.raises(ProviderError):
            await take(ProviderError("no"))
        await take()


async def test_a_cancelled_waiter_leaves_the_line():
    turns = Turns()

    async def take():
        async with turns.asking("k") as turn, turn.taken():
            await asyncio.Event().wait()

    first, second = asyncio.ensure_future(take()), asyncio.ensure_future(take())
    await asyncio.sleep(0)
    for task in (second, first):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert turns._turns == {}


def test_another_loop_begins_without_the_turns_that_the_first_one_never_gave_back():
    turns = Turns()

    async def take():
        async with turns.asking("k") as turn, turn.taken():
            return "taken"

    first = asyncio.new_event_loop()
    stuck = turns.asking("k")
    turn = first.run_until_complete(stuck.__aenter__())
    held = turn.taken()
    first.run_until_complete(held.__aenter__())
    assert asyncio.run(asyncio.wait_for(take(), 5)) == "taken"
    first.run_until_complete(held.__aexit__(None, None, None))
    first.run_until_complete(stuck.__aexit__(None, None, None))
    first.close()


def test_a_free_lock_is_taken_and_a_held_one_is_not(tmp_path):
    locks = [FileLock(tmp_path / "k.lock", is_singleton=False) for _ in range(2)]
    assert acquired(locks[0])
    assert not acquired(locks[1])
    locks[0].release()
    assert acquired(locks[1])
    locks[1].release()


def test_a_lock_that_cannot_be_made_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be taken"):
        acquired(FileLock(tmp_path / "file" / "k.lock", is_singleton=False))
