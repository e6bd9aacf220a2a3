"""Every panel in Voilà, which runs a notebook and serves only its outputs; skipped where it is not installed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from importlib.util import find_spec

import nbformat
import pytest
from accessibility import serious_faults

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_spec("voila") is None, reason="voila is not installed"),
]

SETUP = """\
import jupyter_imagegen as imagegen
from jupyter_imagegen.widgets.compare import compare
from jupyter_imagegen.widgets.cost_meter import cost_meter
from jupyter_imagegen.widgets.gallery import gallery
from jupyter_imagegen.widgets.mask_editor import mask_editor
from jupyter_imagegen.widgets.panel import panel
session = imagegen.default_session()
a = imagegen.generate("a lighthouse at dusk", provider="demo")
b = imagegen.generate("a meadow", provider="demo")
"""
PANELS = {
    "cost_meter(session=session)": ".ig-meter",
    "compare(a, b, session=session)": ".ig-compare",
    "mask_editor(a, session=session)": ".mask-editor",
    "gallery(session=session)": ".ig-gallery",
    "panel(session=session)": ".maker",
}


@pytest.fixture
def voila(server, home, tmp_path):
    """The address of a Voilà that serves all panels, on this test's store and image server."""
    cells = [SETUP, *PANELS]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path = tmp_path / "panels.ipynb"
    nbformat.write(notebook, path)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    folders = ("CONFIG", "DATA", "RUNTIME")
    env = {**os.environ, **{f"JUPYTER_{name}_DIR": str(tmp_path / name.lower()) for name in folders}}
    command = [sys.executable, "-P", "-m", "voila", str(path), "--no-browser", f"--port={port}"]
    with (tmp_path / "voila.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--Voila.ip=127.0.0.1", "--show_tracebacks=True"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError((tmp_path / "voila.log").read_text()) from None
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(30)


def test_all_panels_live_in_voila_and_fetch_nothing_from_elsewhere(voila, new_page):
    page = new_page
    outside = []

    def empty(route):
        outside.append(route.request.url)
        route.fulfill(status=200, content_type="text/css", body="")

    page.route(lambda url: not url.startswith((voila, "data:", "blob:", "ws:")), empty)
    page.goto(voila, timeout=90_000)
    for root in PANELS.values():
        expect(page.locator(root)).to_be_visible(timeout=60_000)

    slider = page.get_by_role("slider", name="Divider between A and B")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "51 % A, 49 % B")

    session = page.locator(".ig-meter .scope").first.locator(".words")
    expect(session).to_have_text("$0.00")
    maker = page.locator(".maker")
    maker.get_by_label("Prompt").fill("a red fox in snow")
    maker.get_by_role("button", name="Generate").click()
    expect(session).not_to_have_text("$0.00", timeout=20_000)
    expect(maker.locator("img").first).to_be_visible()

    assert serious_faults(page, ".ig-meter") == []
    assert serious_faults(page, ".ig-compare") == []
    # Voilà's own page asks for its icon font.
    assert [url for url in outside if "fortawesome" not in url] == []
    assert page.problems == []
