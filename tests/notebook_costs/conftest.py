from __future__ import annotations

import nbformat
import pytest

from jupyter_imagegen.notebook_costs import plan_notebook


def notebook(*sources):
    """A notebook of code cells, each its source, or a source and its tags, or a whole cell."""
    cells = []
    for source in sources:
        if isinstance(source, str):
            cells.append(nbformat.v4.new_code_cell(source))
        elif isinstance(source, tuple):
            cells.append(nbformat.v4.new_code_cell(source[0], metadata={"tags": list(source[1:])}))
        else:
            cells.append(source)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02}"
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def written(tmp_path):
    """Writes a notebook and gives its path."""

    def write(*sources, name="lesson.ipynb"):
        path = tmp_path / name
        nbformat.write(notebook(*sources), path)
        return path

    return write


@pytest.fixture
def plan(written, new_session):
    """The plan of a notebook of these cells, with a key that is never used."""
    session = new_session(environ={"OPENAI_API_KEY": "sk-of-nobody", **_homes()})

    def planned(*sources):
        return plan_notebook(session, written(*sources))

    return planned


def _homes():
    import os

    return {name: value for name, value in os.environ.items() if name.startswith("IMAGEGEN_")}
