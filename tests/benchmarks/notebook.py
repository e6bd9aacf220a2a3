"""Cells as a person types them, run in a real kernel, and how long each took from the keyboard to its end."""

from __future__ import annotations

import contextlib
import time

from tests.benchmarks.server import MODEL, SIDE
from tests.kernels import Kernel

EMPTY = "pass"
LOAD = "%load_ext jupyter_imagegen"
#: What a user would write instead, as OpenAI's documentation has it.
PLAIN_IMPORT = """
import base64
from IPython.display import Image, display
from openai import OpenAI
client = OpenAI()
"""
_PLAIN = """
answer = client.images.generate(model={model!r}, prompt={prompt!r}, size="{side}x{side}", quality="low")
display(Image(data=base64.b64decode(answer.data[0].b64_json)))
"""


def plain(prompt):
    """The cell that asks the SDK and shows the answer."""
    return _PLAIN.format(model=MODEL, prompt=prompt, side=SIDE)


def ours(prompt):
    """The cell that asks for the same with the magic."""
    return f"%%imagegen -m {MODEL} -s {SIDE}x{SIDE} -q low\n{prompt}"


@contextlib.contextmanager
def kernel(lab, *, folder=None, **environ):
    """A fresh kernel that has run a few empty cells: its own first-cell costs are over."""
    folder = folder or lab.new_folder()
    profile = folder / "user" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # The table stands alone on the screen: no kernel's remark on how it listens.
    (profile / "ipython_kernel_config.py").write_text('c.IPKernelApp.log_level = "ERROR"\n', encoding="utf-8")
    running = Kernel(folder, **{**lab.server.env, **environ})
    try:
        for _ in range(3):
            running.run(EMPTY)
        yield running
    finally:
        running.close()


def seconds(running, code):
    """How long a cell takes, from sending it to having all that it shows.

    Raises
    ------
    RuntimeError
        If it fails: a time without a picture is none.
    """
    started = time.perf_counter()
    outputs = running.run(code)
    took = time.perf_counter() - started
    for output in outputs:
        if output["output_type"] == "error":
            raise RuntimeError(f"{code!r} failed: {output['ename']}: {output['evalue']}")
    return took


def megabytes(running):
    """The memory that only this kernel's process has."""
    import psutil

    process = psutil.Process(running.manager.provisioner.pid)
    info = process.memory_full_info()
    return getattr(info, "uss", info.rss) / 1e6
