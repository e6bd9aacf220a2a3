from __future__ import annotations

import copy
import json
import os
import stat

import nbformat
import pytest

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.notebook_costs import plan_notebook

CELLS = ("%%imagegen\na fox", "x = 1", "%%imagegen -s $size\nan owl")


@pytest.fixture
def write(new_session):
    session = new_session()
    return lambda path: plan_notebook(session, path, write=True)


def full(path):
    """A notebook with everything that must stay: outputs, metadata, attachments, names that we do not know."""
    notebook = nbformat.read(path, 4)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["zebra"] = {"b": 1, "a": [1.5, None, "é 🦓"]}
    notebook.metadata["jupyter_imagegen"] = {"cassette": "lesson.cassette"}
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1\n2\n")]
    notebook.cells[1].execution_count = 7
    nbformat.write(notebook, path)
    return path


def test_writing_twice_gives_the_same_bytes_and_keeps_everything_else(written, write):
    path = full(written(*CELLS))
    before = json.loads(path.read_text())
    write(path)
    once = path.read_bytes()
    stamp = path.stat().st_mtime_ns
    write(path)
    assert path.read_bytes() == once
    assert path.stat().st_mtime_ns == stamp
    after = json.loads(once)
    assert after["cells"][0]["id"] == "imagegen-cost"
    assert after["cells"][1:] == before["cells"]
    cost = after["metadata"]["jupyter_imagegen"].pop("cost")
    assert after["metadata"] == before["metadata"]
    assert [call["cell"] for call in cost["calls"]] == [2, 4]
    assert (cost["pictures"], cost["unknown"]) == (1, 1)
    assert cost["usd"] == cost["calls"][0]["usd"]
    nbformat.validate(nbformat.read(path, 4))


def test_the_file_is_written_as_jupyter_writes_it(written, write):
    path = full(written(*CELLS))
    write(path)
    ours = path.read_bytes()
    nbformat.write(nbformat.read(path, 4), path)
    assert path.read_bytes() == ours


def test_the_line_is_one_cell_that_is_replaced_where_it_stands(written, write):
    path = written(*CELLS)
    write(path)
    notebook = nbformat.read(path, 4)
    notebook.cells.append(notebook.cells.pop(0))
    notebook.cells.append(copy.deepcopy(notebook.cells[-1]))
    notebook.cells[0].source = "%%imagegen -n 3\na fox"
    path.write_text(json.dumps(notebook))
    write(path)
    after = json.loads(path.read_text())
    lines = ["".join(cell["source"]) for cell in after["cells"] if cell["cell_type"] == "markdown"]
    assert len(lines) == 1
    assert after["cells"][-1]["cell_type"] == "markdown"
    assert "3 pictures" in lines[0]
    assert "\\$" in lines[0]
    assert "price of 1 call more cannot be known" in lines[0]


@pytest.mark.parametrize(
    "style",
    [
        {"indent": 1, "ensure_ascii": False},
        {"indent": 2, "ensure_ascii": True},
        {"indent": "\t", "ensure_ascii": False},
        {"indent": None, "ensure_ascii": True},
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("tail", ["", "\n"])
def test_another_programs_style_stays(written, write, style, ends, tail):
    path = full(written(*CELLS))
    document = json.loads(path.read_text())
    write(path)
    wanted = json.loads(path.read_text())
    # Not sorted, as VS Code writes it.
    document = dict(reversed(document.items()))
    path.write_bytes((json.dumps(document, **style) + tail).replace("\n", ends).encode())
    write(path)
    after = path.read_bytes()
    assert json.loads(after) == wanted
    assert list(json.loads(after)) == list(document)
    assert after == (json.dumps(json.loads(after), **style) + tail).replace("\n", ends).encode()


def test_an_older_notebook_gets_a_cell_without_an_id(tmp_path, write):
    path = tmp_path / "old.ipynb"
    cell = {"cell_type": "code", "source": CELLS[0], "metadata": {}, "outputs": [], "execution_count": None}
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}))
    write(path)
    once = path.read_bytes()
    nbformat.validate(json.loads(once))
    write(path)
    assert path.read_bytes() == once


def test_half_a_pair_in_an_output_does_not_stop_it(written, write):
    path = written(*CELLS)
    document = json.loads(path.read_text())
    document["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "é \ud83e"}]
    path.write_text(json.dumps(document))
    write(path)
    assert json.loads(path.read_text())["cells"][1]["outputs"][0]["text"] == "é \ud83e"


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_a_link_stays_a_link_and_a_mode_a_mode(written, write, tmp_path):
    path = written(*CELLS)
    path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    write(link)
    assert link.is_symlink()
    assert b"imagegen-cost" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(each.name for each in tmp_path.glob("*.ipynb*")) == ["lesson.ipynb", "link.ipynb"]


def test_a_file_that_cannot_be_written_stays_as_it_is(written, write, monkeypatch, tmp_path):
    path = written(*CELLS)
    before = path.read_bytes()

    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        write(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if "ipynb" in each.name] == ["lesson.ipynb"]
