"""Warm cells in one kernel, ours and what a user would write instead by turns; and what they leave in the notebook."""

from __future__ import annotations

import base64

import nbformat

from tests.benchmarks.figures import Series, plain, ratio
from tests.benchmarks.notebook import EMPTY, LOAD, PLAIN_IMPORT, kernel, ours, seconds
from tests.benchmarks.notebook import plain as plain_cell

_STORED = "a harbour in the first light, seen from the mole"
#: A cell with a stored picture's small copy and nothing else: what showing costs.
_BARE = "display(Image(data=small))"
_SMALL = """
import jupyter_imagegen
small = jupyter_imagegen.history(limit=1)[0].images[0].preview.data
"""


def live(lab):
    """A cell that calls: with store, ledger and preview done, against the SDK alone."""
    times = {"ours": [], "plain": []}
    with kernel(lab) as running:
        for code in (LOAD, PLAIN_IMPORT):
            seconds(running, code)
        for i in range(lab.some(8, 40)):
            # Each goes first as often as the other.
            pair = [("ours", ours(f"a pier at noon, {i}")), ("plain", plain_cell(f"a pier at noon, {i}"))]
            for name, code in pair if i % 2 else reversed(pair):
                times[name].append(seconds(running, code))
    yield ratio(
        "live cell, warm",
        Series.ms(times["ours"][2:]),
        Series.ms(times["plain"][2:]),
        limit=1.2,
        beside="plain SDK cell",
    )


def stored(lab):
    """A cell whose picture is there, against a bare `display` of the same small copy."""
    times = {"ours": [], "bare": [], "empty": []}
    with kernel(lab) as running:
        for code in (LOAD, PLAIN_IMPORT, ours(_STORED), _SMALL):
            seconds(running, code)
        for i in range(lab.some(15, 80)):
            turn = [("ours", ours(_STORED)), ("bare", _BARE), ("empty", EMPTY)]
            for name, code in turn if i % 2 else reversed(turn):
                times[name].append(seconds(running, code))
    yield ratio(
        "stored picture, warm cell",
        Series.ms(times["ours"][3:]),
        Series.ms(times["bare"][3:]),
        limit=1.5,
        beside="bare display of the same preview",
    )
    yield plain("an empty cell, from the keyboard and back", Series.ms(times["empty"][3:]), limit=None)


def replayed(lab):
    """The same picture out of a cassette, against the store."""
    folder = lab.new_folder()
    tape = str(folder / "lesson.cassette")
    with kernel(lab, folder=folder, IMAGEGEN_CASSETTE=tape, IMAGEGEN_RECORD_MODE="record") as running:
        for code in (LOAD, ours(_STORED)):
            seconds(running, code)
    times = {"replayed": [], "stored": []}
    replay = {"IMAGEGEN_CASSETTE": tape, "IMAGEGEN_RECORD_MODE": "replay"}
    with kernel(lab, folder=folder) as store, kernel(lab, **replay) as cassette:
        for running in (store, cassette):
            for code in (LOAD, ours(_STORED)):
                seconds(running, code)
        for _ in range(lab.some(10, 50)):
            times["stored"].append(seconds(store, ours(_STORED)))
            times["replayed"].append(seconds(cassette, ours(_STORED)))
    yield ratio(
        "replayed picture, warm cell",
        Series.ms(times["replayed"][2:]),
        Series.ms(times["stored"][2:]),
        limit=1.5,
        beside="stored picture",
    )


def weight(lab):
    """Bytes that one picture adds to a saved notebook, in all its forms."""
    with kernel(lab) as running:
        for code in (LOAD, PLAIN_IMPORT):
            seconds(running, code)
        ours_weighs, plain_weighs = (
            Series((_saved(running.run(cell)) / 1000,), "kB") for cell in (ours(_STORED), plain_cell(_STORED))
        )
    yield plain(
        "notebook bytes of a picture of 1024x1024, all its forms",
        ours_weighs,
        limit=120,
        peer=plain_weighs,
        beside="plain SDK cell",
    )


def _saved(outputs):
    """How many bytes these outputs add to a notebook's file."""
    kept = []
    for output in outputs:
        data = {
            mime: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for mime, value in output["data"].items()
        }
        kept.append(nbformat.v4.new_output("display_data", data=data, metadata=output.get("metadata", {})))
    sizes = []
    for some in ([], kept):
        cell = nbformat.v4.new_code_cell("", outputs=some, id="same")
        sizes.append(len(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()))
    return sizes[1] - sizes[0]


MEASUREMENTS = {"live": live, "stored": stored, "replayed": replayed, "notebook": weight}
