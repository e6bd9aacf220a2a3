"""Nothing piles up in a kernel over a day's cells: no memory, no open files, no threads."""

from __future__ import annotations

import contextlib
import json

import pytest
from kernels import Kernel

pytestmark = pytest.mark.long

STORED = "%%imagegen -s 1024x1024 -q low\na harbour in the first light"
LIVE = "%%imagegen -s 1024x1024 -q low\na harbour, number {i}"
FAILING = "%%imagegen -s 1025x1024\na harbour"
PANEL = """
import jupyter_imagegen
panel = jupyter_imagegen.panel()
display(panel)
panel.close()
del panel
"""
WEIGHED = """
import gc, json, os, psutil, threading
gc.collect()
process = psutil.Process()
files = process.num_handles() if os.name == "nt" else process.num_fds()
print(json.dumps([process.memory_info().rss, files, threading.active_count()]))
"""


@pytest.fixture
def kernel(tmp_path, image_server):
    with contextlib.closing(Kernel(tmp_path, **image_server.env())) as running:
        running.run("%load_ext jupyter_imagegen")
        yield running


def weighed(kernel):
    """Bytes, open files and threads of the kernel."""
    said = [output["text"] for output in kernel.run(WEIGHED) if output["output_type"] == "stream"]
    return json.loads("".join(said))


def errors(outputs):
    return [output["ename"] for output in outputs if output["output_type"] == "error"]


def run_cells(kernel, numbers):
    """By turns a stored picture, a new one, a refusal, and a panel that is shown and closed."""
    for i in numbers:
        cell = (STORED, LIVE.format(i=i), FAILING, PANEL)[i % 4]
        failed = errors(kernel.run(cell))
        assert bool(failed) == (cell is FAILING), (cell, failed)
        # What this side keeps of the outputs is no part of it.
        kernel.cells.clear()
        kernel.displays.clear()


def test_four_hundred_cells_more_leave_the_kernel_as_heavy_as_a_hundred_did(kernel):
    run_cells(kernel, range(100))
    memory, files, threads = weighed(kernel)
    run_cells(kernel, range(100, 500))
    more_memory, more_files, more_threads = weighed(kernel)
    assert more_memory - memory < 40_000_000, (memory, more_memory)
    assert more_files - files <= 5, (files, more_files)
    assert more_threads - threads <= 2, (threads, more_threads)
