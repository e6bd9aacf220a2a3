"""The mask editor in JupyterLab and Notebook 7: what is painted arrives in Python, pixel for pixel."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path

import nbformat
import pytest
from accessibility import serious_faults

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
SIZE = (768, 512)
SETUP = f"""
from functools import partial
from PIL import Image
import jupyter_imagegen as imagegen
from jupyter_imagegen.widgets.mask_editor import mask_editor
imagegen.configure(provider="demo")
picture = Image.linear_gradient("L").resize({SIZE}).convert("RGB")
editor = mask_editor(picture, session=imagegen.default_session())
"""
EDIT = """
r = imagegen.edit("make it winter", image=picture, mask=editor, keep_outside=True)
r
"""


@pytest.fixture
def lesson(tmp_path):
    """A notebook that makes an editor, shows it, and has two cells for later."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(code.strip()) for code in (SETUP, "editor", "1 + 1")]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "lesson.ipynb"
    nbformat.write(notebook, path)
    return path


class Kernel:
    """The notebook's own kernel: what Python holds, asked beside the page."""

    def __init__(self, jupyter, name):
        from jupyter_client import BlockingKernelClient

        session = next(one for one in jupyter.api("api/sessions") if one["path"] == name)
        connection = jupyter.folder / "runtime" / f"kernel-{session['kernel']['id']}.json"
        self._client = BlockingKernelClient(connection_file=str(connection))
        self._client.load_connection_file()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=30)

    def value(self, expression, code=""):
        """A Python literal."""
        reply = self._client.execute(code, user_expressions={"x": expression}, reply=True, timeout=60)
        content = reply["content"]
        assert content["status"] == "ok", content
        found = content["user_expressions"]["x"]
        assert found["status"] == "ok", found
        return ast.literal_eval(found["data"]["text/plain"])

    def alpha(self, *points):
        """The mask's alpha at points of the picture."""
        return self.value(f"[editor.mask.pil.getpixel(p)[3] for p in {points!r}]")

    def close(self):
        self._client.stop_channels()


@pytest.fixture
def kernel(jupyter):
    made = []

    def connect(copy):
        made.append(Kernel(jupyter, copy.name))
        return made[-1]

    yield connect
    for one in made:
        one.close()


class Editor:
    """The panel in the page, in the picture's own pixels."""

    def __init__(self, page, size=SIZE):
        self.page, self.size = page, size
        self.root = page.locator(".mask-editor")
        self.veil = self.root.locator("canvas.veil")
        expect(self.veil).to_be_visible()
        self.veil.scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('.mask-editor img')?.naturalWidth > 0")

    def at(self, x, y):
        box = self.veil.bounding_box()
        return box["x"] + x / self.size[0] * box["width"], box["y"] + y / self.size[1] * box["height"]

    def drag(self, *points):
        """Paint through points; returns when the mask was sent."""
        with self.sent():
            self.page.mouse.move(*self.at(*points[0]))
            self.page.mouse.down()
            for point in points[1:]:
                self.page.mouse.move(*self.at(*point), steps=8)
            self.page.mouse.up()

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def press(self, name):
        with self.sent():
            self.button(name).click()

    def count(self):
        return int(self.root.evaluate("e => e.dataset.sent ?? '0'"))

    def sent(self):
        return _Sent(self)


class _Sent:
    def __init__(self, editor):
        self.editor = editor

    def __enter__(self):
        self.before = self.editor.count()

    def __exit__(self, kind, *_):
        if kind is None:
            self.editor.page.wait_for_function(
                "before => Number(document.querySelector('.mask-editor').dataset.sent ?? 0) > before",
                arg=self.before,
            )


@pytest.fixture(params=["lab", "notebook"])
def opened(request, page, open_notebook, run_all, lesson, kernel):
    """The editor in the page, and its kernel."""
    copy = open_notebook(lesson, request.param)
    run_all()
    assert page.locator(STDERR).count() == 0
    yield Editor(page), kernel(copy)
    assert page.problems == []


INSIDE, OUTSIDE = (380, 250), (380, 100)


def test_a_stroke_its_undoing_and_an_edit_that_changes_nothing_else(opened, page):
    editor, kernel = opened
    editor.drag((150, 250), (600, 250))
    assert kernel.alpha(INSIDE, OUTSIDE) == [0, 255]
    assert kernel.value("editor.mask.size") == SIZE
    expect(editor.root.locator(".share")).to_have_text("5 % will change")
    assert 0.04 < kernel.value("editor.mask.painted") < 0.06

    editor.press("Undo")
    assert kernel.value("editor.mask.painted") == 0
    expect(editor.root.locator(".share")).to_have_text("nothing will change")
    editor.press("Redo")
    assert kernel.alpha(INSIDE, OUTSIDE) == [0, 255]

    code = """
from PIL import ImageChops
result = imagegen.edit("make it winter", image=picture, mask=editor, keep_outside=True)
different = ImageChops.difference(result.images[0].pil.convert("RGB"), picture).convert("L").point(lambda v: 255 if v else 0)
kept = editor.mask.pil.getchannel("A").point(lambda v: 255 if v >= 128 else 0)
"""
    inside, outside = kernel.value(
        "(different.getbbox() is not None, ImageChops.multiply(different, kept).getbbox())", code
    )
    assert inside
    assert outside is None
