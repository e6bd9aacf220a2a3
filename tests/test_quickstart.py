"""The first notebook, run as a reader runs it: in a real kernel, twice, without a key and with one."""

from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import nbclient
import nbformat
import pytest
from PIL import Image

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "01_quickstart.ipynb"


def run(folder):
    """Run a copy in `folder` to its end; gives the notebook as it would be saved."""
    notebook = nbformat.read(NOTEBOOK, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return notebook


def outputs(notebook):
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def captions(notebook):
    """The text of every picture's output."""
    for output in outputs(notebook):
        data = output.get("data", {})
        if "<figcaption" in data.get("text/html", ""):
            yield data["text/plain"]


def check_what_is_seen(notebook):
    for output in outputs(notebook):
        assert not (output.output_type == "stream" and output.name == "stderr"), output.text
        for mime, picture in output.get("data", {}).items():
            if mime in {"image/png", "image/jpeg"}:
                Image.open(io.BytesIO(base64.b64decode(picture))).load()
        html = output.get("data", {}).get("text/html", "")
        alts = re.findall(r'<img alt="([^"]*)"', html)
        assert len(alts) == html.count("<img")
        assert all(alts)
        if "<figcaption" in html:
            assert output.metadata[next(mime for mime in output.data if mime.startswith("image/"))]["alt"]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "lesson"
    path.mkdir()
    shutil.copy(NOTEBOOK.parent / "imagegen.toml", path)
    return path


def test_without_a_key_it_paints_says_so_and_the_second_run_makes_nothing(folder, tmp_path):
    first = run(folder)
    check_what_is_seen(first)
    told = list(captions(first))
    assert len(told) >= 7
    assert all("demo picture, not a model's" in text for text in told)
    assert sum("cached" in text for text in told) == 1
    nbformat.write(first, tmp_path / "saved.ipynb")
    assert (tmp_path / "saved.ipynb").stat().st_size < 400_000

    second = run(folder)
    check_what_is_seen(second)
    assert all("cached" in text for text in captions(second))


def test_with_a_key_the_same_cells_make_real_pictures_once_and_the_key_is_nowhere(
    folder, tmp_path, image_server, monkeypatch, home
):
    for name, value in image_server.env().items():
        monkeypatch.setenv(name, value)
    first = run(folder)
    check_what_is_seen(first)
    assert not any("demo" in text for text in captions(first))
    paid = image_server.calls
    assert paid >= 6

    second = run(folder)
    assert image_server.calls == paid
    assert all("cached" in text for text in captions(second))

    key = image_server.env()["OPENAI_API_KEY"]
    forms = {key.encode(), quote(key).encode(), base64.b64encode(key.encode()).rstrip(b"=")}
    nbformat.write(first, tmp_path / "first.ipynb")
    nbformat.write(second, tmp_path / "second.ipynb")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert home / "imagegen.sqlite3" in written
    for path in written:
        data = path.read_bytes()
        assert not any(form in data for form in forms), path.name
