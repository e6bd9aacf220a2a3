"""Fresh kernels: loading, the first picture, the first stored picture, and the memory after it."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.figures import Series, plain, ratio
from tests.benchmarks.notebook import EMPTY, LOAD, PLAIN_IMPORT, kernel, megabytes, ours, seconds
from tests.benchmarks.notebook import plain as plain_cell

#: The least that an extension can do; what is left is the cost of `%load_ext` itself.
_TRIVIAL = "def load_ipython_extension(ipython):\n    pass\n"
_STORED = "a harbour in the first light, seen from the mole"


def loading(lab):
    """`%load_ext` as a cell, over an empty cell; beside it an extension that does nothing."""
    cost = {"ours": [], "trivial": []}
    empty = []
    for _ in range(lab.some(2, 9)):
        for name, code in (("ours", LOAD), ("trivial", "%load_ext trivial")):
            folder = lab.new_folder()
            (folder / "trivial.py").write_text(_TRIVIAL, encoding="utf-8")
            with kernel(lab, folder=folder) as running:
                floor = min(seconds(running, EMPTY) for _ in range(5))
                cost[name].append(seconds(running, code) - floor)
                empty.append(floor)
    yield plain(
        "%load_ext as a cell, over an empty cell",
        Series.ms(cost["ours"]),
        limit=8,
        peer=Series.ms(cost["trivial"]),
        beside="an extension that does nothing",
    )


def first_picture(lab, *, memory):
    """The first picture of a session, and what the kernel weighs after it.

    The user's folders are there already, for both, as on any day but the first; that one day stands in a row of
    its own.
    """
    times, weights = {"ours": [], "plain": [], "new": []}, {"ours": [], "plain": [], "new": []}
    used = lab.new_folder()
    with kernel(lab, folder=used) as running:
        for cell in (LOAD, ours("a picture of another day")):
            seconds(running, cell)
    for i in range(lab.some(1 if memory else 2, 7)):
        prompt = f"a lighthouse at dusk, number {i}"
        for name, folder, cells in (
            ("ours", used, (LOAD, ours(prompt))),
            ("plain", used, (PLAIN_IMPORT, plain_cell(prompt))),
            ("new", None, (LOAD, ours(prompt))),
        ):
            if memory and name == "new":
                continue
            with kernel(lab, folder=folder) as running:
                times[name].append(sum(seconds(running, cell) for cell in cells))
                weights[name].append(megabytes(running))
    if memory:
        yield ratio(
            "kernel memory after one picture",
            Series(tuple(weights["ours"]), "MB"),
            Series(tuple(weights["plain"]), "MB"),
            limit=1.1,
            beside="plain SDK",
        )
    else:
        yield ratio(
            "first picture in a fresh kernel: load, one live cell",
            Series.ms(times["ours"]),
            Series.ms(times["plain"]),
            limit=1.0,
            beside="plain SDK: import, first cell",
        )
        yield plain(
            "first picture of the first day: no store, no price known", Series.ms(times["new"]), limit=None
        )


def first_stored(lab):
    """Run All on another day: load, and a picture that is there."""
    folder = lab.new_folder()
    with kernel(lab, folder=folder) as running:
        seconds(running, LOAD)
        seconds(running, ours(_STORED))
    cost = []
    for _ in range(lab.some(2, 9)):
        with kernel(lab, folder=folder) as running:
            floor = min(seconds(running, EMPTY) for _ in range(5))
            seconds(running, LOAD)
            cost.append(seconds(running, ours(_STORED)) - floor)
    yield plain(
        "first stored picture in a fresh kernel, over an empty cell",
        Series.ms(cost),
        limit=120,
    )


MEASUREMENTS = {
    "load": loading,
    "first": partial(first_picture, memory=False),
    "memory": partial(first_picture, memory=True),
    "first-stored": first_stored,
}
