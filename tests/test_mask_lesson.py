"""The lesson on masks, run as a reader runs it who only presses Run All: no person paints."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import nbclient
import nbformat
import pytest
from PIL import Image

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "03_edit_with_a_mask.ipynb"


def run(folder):
    notebook = nbformat.read(NOTEBOOK, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lesson")


def test_run_all_needs_no_person_no_key_and_changes_nothing_outside_the_mask(folder):
    ran = run(folder)
    printed = "".join(output.text for output in outputs(ran) if output.output_type == "stream")
    assert not [output for output in outputs(ran) if output.get("name") == "stderr"]
    assert "40 % will change" in printed
    assert "something changed:        True" in printed
    assert "something outside changed: False" in printed

    told = [output.data["text/plain"] for output in outputs(ran) if "text/html" in output.get("data", {})]
    assert any("from house, mask mask" in text for text in told)
    assert any("Mask editor" in text and "40 % will change" in text for text in told)
    assert any("made from" in text and "that from" in text for text in told)
    for output in outputs(ran):
        for mime in ("image/png", "image/jpeg"):
            if data := output.get("data", {}).get(mime):
                Image.open(io.BytesIO(base64.b64decode(data))).load()


def test_it_is_saved_with_its_outputs_and_stays_small():
    saved = nbformat.read(NOTEBOOK, 4)
    assert NOTEBOOK.stat().st_size < 400_000
    assert all(cell.outputs for cell in saved.cells if cell.id in {"cell-03", "cell-09", "cell-15"})
    for output in outputs(saved):
        assert output.get("name") != "stderr"
        # Without its kernel a view of a widget is a blank; the picture beside it is not.
        assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})
