"""The package as others import it."""

from __future__ import annotations

import pytest
from children import output

import jupyter_imagegen as imagegen

HEAVY = (
    "openai",
    "PIL",
    "IPython",
    "ipywidgets",
    "anywidget",
    "genai_prices",
    "asyncio",
    "sqlite3",
)


def test_importing_the_package_imports_nothing_heavy():
    said = output(
        f"""
        import sys
        import jupyter_imagegen
        print([name for name in {HEAVY!r} if name in sys.modules])
    """,
        fresh=True,
    )
    assert said.strip() == "[]"


def test_a_session_imports_neither_the_sdk_nor_pillow_nor_ipython():
    said = output(
        f"""
        import sys
        import jupyter_imagegen as imagegen
        imagegen.costs(); imagegen.history(); imagegen.budget(); imagegen.configure(quality="low")
        print([name for name in {HEAVY[:6]!r} if name in sys.modules])
    """,
        fresh=True,
    )
    assert said.strip() == "[]"


def test_every_public_name_is_there_and_has_words():
    for name in imagegen.__all__:
        assert getattr(imagegen, name).__doc__, name
    assert set(imagegen.__all__) <= set(dir(imagegen))


def test_a_name_that_is_not_there_says_so():
    with pytest.raises(AttributeError, match="has no attribute 'paint'"):
        imagegen.paint  # noqa: B018 - looking is what is tested


def test_there_is_one_session_for_all_threads():
    said = output("""
        import threading
        import jupyter_imagegen as imagegen
        found, barrier = [], threading.Barrier(16)
        def look():
            barrier.wait()
            found.append(imagegen.default_session())
        threads = [threading.Thread(target=look) for _ in range(16)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        print(len(found), len(set(map(id, found))))
    """)
    assert said.strip() == "16 1"


def test_outside_a_kernel_nothing_is_painted_in_place_of_a_picture():
    said = output("""
        import jupyter_imagegen as imagegen
        from jupyter_imagegen.errors import NoKeyError
        try:
            imagegen.generate("a lighthouse")
        except NoKeyError as exc:
            print("error", exc)
        r = imagegen.generate("a lighthouse", provider="demo")
        print(r.provider, r.images[0].save("lighthouse.png").name, r.cost.usd, r.cached)
    """)
    first, second = said.splitlines()
    assert first.startswith("error no OPENAI_API_KEY is set")
    assert second == "demo lighthouse.png 0 False"


def test_the_whole_way_raises_no_warning(server):
    said = output("""
        import asyncio, warnings
        warnings.simplefilter("error")
        import jupyter_imagegen as imagegen
        async def main():
            r = await imagegen.agenerate("a lighthouse", n=2)
            return await imagegen.aedit("make it winter", image=r)
        r = asyncio.run(main())
        print(len(r.images), r.request.operation)
        imagegen.default_session().close()
    """)
    assert said.strip() == "1 edit"


def test_asking_twice_in_one_event_loop_waits_for_both(server):
    said = output("""
        import asyncio
        import jupyter_imagegen as imagegen
        async def main():
            return await asyncio.gather(*(imagegen.agenerate(f"lighthouse {i % 2}") for i in range(6)))
        print(sorted(not r.cached for r in asyncio.run(main())))
    """)
    assert said.strip() == str([False] * 4 + [True] * 2)
    assert server.calls == 2
