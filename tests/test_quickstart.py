"""The first notebook with a key: the same cells, real calls once, and the key nowhere."""

from __future__ import annotations

import base64
from urllib.parse import quote

import nbformat
from lessons import LESSONS, captions, problems, run

NOTEBOOK = LESSONS / "01_quickstart.ipynb"


def test_with_a_key_the_same_cells_make_real_pictures_once_and_the_key_is_nowhere(tmp_path, image_server):
    first = run(NOTEBOOK, tmp_path, **image_server.env())
    # The server is wordy: what it paints compresses badly, so the size is not this test's matter.
    assert [problem for problem in problems(first) if "the file is" not in problem] == []
    assert not any("demo picture, not a model's" in text for text in captions(first))
    paid = image_server.calls
    assert paid >= 6

    second = run(NOTEBOOK, tmp_path, **image_server.env())
    assert image_server.calls == paid
    assert all("cached" in text for text in captions(second))

    key = image_server.env()["OPENAI_API_KEY"]
    forms = {key.encode(), quote(key).encode(), base64.b64encode(key.encode()).rstrip(b"=")}
    nbformat.write(first, tmp_path / "first.ipynb")
    nbformat.write(second, tmp_path / "second.ipynb")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "user" / "imagegen" / "imagegen.sqlite3" in written
    for path in written:
        data = path.read_bytes()
        assert not any(form in data for form in forms), path.name
