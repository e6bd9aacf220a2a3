"""Many at once: pictures by `agenerate`, the memory they leave, and processes that ask for the same."""

from __future__ import annotations

import contextlib
import json
import textwrap

from tests import children
from tests.benchmarks.figures import Series, plain, ratio
from tests.benchmarks.server import MODEL

_AT_ONCE = 20
#: Pictures made before anything is measured: until then the allocator is still growing to the size of a crowd.
_WARM = 3 * _AT_ONCE
#: Makes pictures, so many at a time, and tells how long it took and what the process weighs.
_CROWD = """
    import asyncio, gc, json, time
    import psutil

    def megabytes():
        gc.collect()
        info = psutil.Process().memory_full_info()
        return getattr(info, "uss", info.rss) / 1e6

{maker}

    async def many(first, last):
        gate = asyncio.Semaphore({at_once})

        async def one(i):
            async with gate:
                await make(f"a crowd, {{i}}")

        started = time.perf_counter()
        await asyncio.gather(*map(one, range(first, last)))
        return time.perf_counter() - started

    async def main():
        await many(0, {warm})
        before = megabytes()
        took = await many({warm}, {warm} + {pictures})
        return {{"seconds": took, "before": before, "after": megabytes()}}

    print(json.dumps(asyncio.run(main())))
"""
_OURS = """
    import jupyter_imagegen as imagegen

    async def make(prompt):
        made = await imagegen.agenerate(prompt, size="1024x1024", quality="low")
        assert not made.cached
"""
#: What a user would write instead; nothing is looked at or kept.
_PLAIN = """
    import base64
    from openai import AsyncOpenAI

    client = AsyncOpenAI()

    async def make(prompt):
        answer = await client.images.generate(
            model={model!r}, prompt=prompt, size="1024x1024", quality="low"
        )
        base64.b64decode(answer.data[0].b64_json)
"""


def crowd(lab):
    """Pictures of a server that takes its time, so many at once, against the least time that this can take."""
    pictures, latency = lab.some(60, 200), lab.some(0.5, 1.0)
    lab.server.latency(latency)
    try:
        taken, alone = [], []
        for _ in range(lab.some(1, 3)):
            taken.append(_made(lab, pictures)["seconds"])
            alone.append(_made(lab, pictures, maker=_PLAIN.format(model=MODEL))["seconds"])
    finally:
        lab.server.latency(0.0)
    ideal = pictures / _AT_ONCE * latency
    yield ratio(
        f"{pictures} pictures by agenerate, {_AT_ONCE} at a time, {latency} s latency",
        Series(tuple(taken), "s"),
        Series((ideal,), "s"),
        limit=1.1,
        beside="nothing but the latency",
    )
    yield ratio(
        "the same by the plain SDK, nothing decoded or kept",
        Series(tuple(alone), "s"),
        Series((ideal,), "s"),
        limit=None,
        beside="nothing but the latency",
    )


def growth(lab):
    """Memory that stays after many pictures."""
    pictures = lab.some(100, 1_000)
    told = _made(lab, pictures)
    yield plain(
        f"memory growth over {pictures:,} pictures so made",
        Series((told["after"] - told["before"],), "MB"),
        limit=100,
        peer=Series((told["before"],), "MB"),
        beside=f"the process after {_WARM} pictures",
    )


def processes(lab):
    """Processes that ask for one picture at one moment: how many calls there are."""
    number = lab.some(6, 50)
    before = lab.server.calls
    environ = {**lab.server.env, "IMAGEGEN_HOME": str(lab.new_folder())}
    with contextlib.ExitStack() as stack:
        askers = [
            stack.enter_context(children.making("one key for all", environ=environ)) for _ in range(number)
        ]
        children.go(*askers)
        answers = [children.told(asker) for asker in askers]
    if len({answer["digests"][0] for answer in answers}) != 1:
        raise RuntimeError("the processes did not get the same picture")
    calls = lab.server.calls - before
    yield plain(f"{number} processes, one new key: calls", Series((calls,), "calls"), limit=1)


def _made(lab, pictures, *, maker=_OURS):
    code = textwrap.dedent(_CROWD.format(at_once=_AT_ONCE, warm=_WARM, pictures=pictures, maker=maker))
    environ = {**lab.server.env, "IMAGEGEN_HOME": str(lab.new_folder())}
    return json.loads(children.output(code, timeout=600, **environ).splitlines()[-1])


MEASUREMENTS = {"crowd": crowd, "growth": growth, "processes": processes}
