"""A panel leaves something true behind: after the kernel is gone, its static form stands in its place."""

from __future__ import annotations

import nbformat
import pytest

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

CELLS = (
    "import jupyter_imagegen as imagegen\nr = imagegen.generate('a lighthouse', provider='demo')",
    "imagegen.compare(r, r)",
)


@pytest.mark.parametrize("ui", ["notebook", pytest.param("lab", marks=pytest.mark.long)])
def test_the_live_panel_shows_alone_and_its_static_form_when_the_kernel_is_gone(
    ui, page, open_notebook, run_all, save, tmp_path
):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source = tmp_path / "panels.ipynb"
    nbformat.write(notebook, source)
    copy = open_notebook(source, ui)
    run_all()
    live, static = page.get_by_role("slider"), page.locator(".imagegen-static figure").first
    expect(live).to_be_visible()
    expect(static).to_be_hidden()
    save(copy)

    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.reload()
    # A whole front end is loaded once more.
    expect(static).to_be_visible(timeout=30_000)
    expect(page.get_by_text("model not found")).to_be_hidden()
    expect(live).to_be_hidden()
