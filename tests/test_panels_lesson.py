"""The lesson on panels: it runs by itself in a real kernel, and is saved with what the panels leave behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbclient
import nbformat

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "02_panels.ipynb"


def test_it_runs_to_its_end_without_a_key_and_every_panel_leaves_its_static_form(tmp_path):
    folder = tmp_path / "lesson"
    folder.mkdir()
    shutil.copy(NOTEBOOK.parent / "imagegen.toml", folder)
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
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    data = [output.data for output in outputs if "data" in output]
    live = sum("application/vnd.jupyter.widget-view+json" in each for each in data)
    static = sum("imagegen-static" in each.get("text/html", "") for each in data)
    assert live == static >= 5


def test_it_is_saved_small_with_its_outputs_and_nobodys_paths():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 400_000
    assert "imagegen-static" in text
    assert "/tmp" not in text
    assert "/home/" not in text
