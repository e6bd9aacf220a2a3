"""Tables in a notebook beside an open file browser, laid out by a real chromium with JupyterLab's own rules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tapes import Tape

from jupyter_imagegen.providers import load_provider
from jupyter_imagegen.render import cassettes, history, views
from jupyter_imagegen.storage import Cassette, HistoryEntry

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
#: Pixels of an output in JupyterLab, in a window of 1280 with its file browser, and with both sidebars.
WIDTHS = (848, 670)
#: What JupyterLab 4 says of tables and pictures in an output.
LAB = (
    ".out table{border-collapse:collapse;border-spacing:0;table-layout:fixed;margin-left:auto;margin-right:auto}"
    ".out td,.out th{vertical-align:middle;padding:.5em;line-height:normal;white-space:normal;max-width:none}"
    ".out img{max-width:100%;height:auto}"
)
MEASURE = """<script>document.body.dataset.told = JSON.stringify([...document.querySelectorAll('.out')].map(out => ({
    over: out.scrollWidth - out.clientWidth,
    pictures: [...out.querySelectorAll('img')].map(one => one.getBoundingClientRect().width),
    lines: [...out.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return new Set([...range.getClientRects()].map(one => Math.round(one.top))).size;
    })),
})))</script>"""


def laid_out(view, folder):
    """By width: what sticks out, the pictures' widths, and how many lines each cell of the body has."""
    if not CHROMIUM:
        pytest.skip("no chromium is installed")
    outputs = "".join(f'<div class="out" style="width:{w}px;overflow:auto">{view.html}</div>' for w in WIDTHS)
    page = Path(folder) / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{LAB}</style><body>{outputs}{MEASURE}")
    ended = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking",
         f"--user-data-dir={folder}/profile", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    (told,) = re.findall(r'data-told="([^"]*)"', ended.stdout)
    return dict(zip(WIDTHS, json.loads(told.replace("&quot;", '"')), strict=True))


def test_a_cassettes_list_keeps_keys_and_sizes_on_one_line(tmp_path):
    tape = Tape(2)
    for one in tape.document["recordings"]:
        one["alt"] = "a lighthouse at dusk on a rocky coast, gulls over the sea"
    path = tape.write(tmp_path / "lesson.cassette")
    found = laid_out(cassettes.listing_view(path, Cassette(path).manifest), tmp_path)
    for width, told in found.items():
        assert told["over"] <= 0, width
        for prompt, *others in told["lines"]:
            assert prompt <= 2, width
            assert set(others) == {1}, (width, others)


def entry(images, prompt):
    moment = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    return HistoryEntry(
        key="ab12" * 16, namespace=None, provider="openai", operation="generate", model="gpt-image-2.5-flare",
        prompt=prompt, parameters={}, inputs={}, first_made=moment, last_made=moment, images=images, lost=0,
        cost_usd=Decimal("0.0059"), notebook=None, alt="",
    )  # fmt: skip


def test_the_history_keeps_keys_and_dates_on_one_line_and_its_pictures_as_large_as_they_are(
    tmp_path, make_result
):
    images = make_result(size=(256, 256)).images
    prompts = ["a lighthouse at dusk on a rocky coast, gulls over the sea", "Donau" * 12]
    view = history.history_view([entry(images, prompt) for prompt in prompts])
    for width, told in laid_out(view, tmp_path).items():
        assert told["over"] <= 0, width
        assert told["pictures"] == [72, 72], width
        for _, _, *others in told["lines"]:
            assert set(others) == {1}, (width, others)


def test_a_models_last_day_is_never_broken(tmp_path):
    view = views.models_view(
        [load_provider("openai")], moment=datetime(2026, 11, 22, tzinfo=UTC), default="gpt-image-2.5-flare"
    )
    for width, told in laid_out(view, tmp_path).items():
        assert told["over"] <= 0, width
        for name, default, status, *_ in told["lines"]:
            assert max(name, default, status) == 1, width
