"""The mask editor in JupyterLab and Notebook 7: what is painted arrives in Python, pixel for pixel."""

from __future__ import annotations

import ast
import contextlib
import time

import nbformat
import pytest
from accessibility import serious_faults

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
SIZE = (768, 512)
#: Between two questions to the kernel: it tells the page of each, and all three would do nothing else.
LOOK = 0.05
SETUP = f"""
from functools import partial
from PIL import Image
import jupyter_imagegen as imagegen
from jupyter_imagegen.widgets.mask_editor import mask_editor
imagegen.configure(provider="demo")
picture = Image.linear_gradient("L").resize({SIZE}).convert("RGB")
editor = mask_editor(picture, session=imagegen.default_session())
received = [0]
editor.observe(lambda change: received.__setitem__(0, received[0] + 1), "drawn")
"""


def written(folder, *cells):
    """A notebook with these cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(code.strip()) for code in cells]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "lesson.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def lesson(tmp_path):
    """A notebook that makes an editor and shows it, with a cell above and one below."""
    return written(tmp_path, SETUP, "editor", "1 + 1")


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

    def becomes(self, wanted, expression, seconds=20):
        """Wait until an expression has a value: on a busy machine a mask can be on its way behind another."""
        deadline = time.monotonic() + seconds
        while (found := self.value(expression)) != wanted:
            assert time.monotonic() < deadline, found
            time.sleep(LOOK)

    def received(self):
        """How often a mask came from the browser."""
        return self.value("received[0]")

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

    def __init__(self, page, kernel, size=SIZE):
        self.page, self.kernel, self.size = page, kernel, size
        self.root = page.locator(".mask-editor").first
        self.veil = self.root.locator("canvas.veil")
        expect(self.veil).to_be_visible()
        page.wait_for_function("() => document.querySelector('.mask-editor img')?.naturalWidth > 0")
        self.still()

    def still(self):
        """Wait until the notebook has ended scrolling to its last cell."""
        self.page.evaluate(
            """() => new Promise(resolve => {
                const veil = document.querySelector('.mask-editor canvas');
                let last, frames = 0;
                const look = () => {
                    veil.scrollIntoView({ block: 'center' });
                    const place = JSON.stringify(veil.getBoundingClientRect());
                    frames = place === last ? frames + 1 : 0;
                    last = place;
                    if (frames < 20) requestAnimationFrame(look); else resolve();
                };
                look();
            })"""
        )

    def at(self, x, y):
        box = self.veil.bounding_box()
        return box["x"] + x / self.size[0] * box["width"], box["y"] + y / self.size[1] * box["height"]

    def drag(self, *points):
        """Paint through points; returns when the mask has come to Python."""
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

    @contextlib.contextmanager
    def sent(self):
        """What is done in here sends a mask, which has come to Python at the end."""
        before = self.kernel.received()
        yield
        deadline = time.monotonic() + 20
        while self.kernel.received() == before:
            assert time.monotonic() < deadline, "no mask came"
            time.sleep(LOOK)


@pytest.fixture(params=["lab", pytest.param("notebook", marks=pytest.mark.long)])
def opened(request, page, open_notebook, run_all, lesson, kernel):
    """The editor in the page, and its kernel."""
    copy = open_notebook(lesson, request.param)
    run_all()
    assert page.locator(STDERR).count() == 0
    connected = kernel(copy)
    yield Editor(page, connected), connected
    assert page.problems == []


INSIDE, OUTSIDE = (380, 250), (380, 100)
ALPHAS = f"[editor.mask.pil.getpixel(p)[3] for p in ({INSIDE}, {OUTSIDE})]"


def test_a_stroke_its_undoing_and_an_edit_that_changes_nothing_else(opened, page):
    editor, kernel = opened
    editor.drag((150, 250), (600, 250))
    try:
        kernel.becomes([0, 255], ALPHAS, 8)
    except AssertionError:
        # A page that still moved when the pointer came down took no stroke: a person would paint again.
        editor.drag((150, 250), (600, 250))
        kernel.becomes([0, 255], ALPHAS)
    assert kernel.value("editor.mask.size") == SIZE
    expect(editor.root.locator(".share")).to_have_text("5 % will change")
    kernel.becomes(True, "0.04 < editor.mask.painted < 0.06")

    editor.press("Undo")
    kernel.becomes(0, "editor.mask.painted")
    expect(editor.root.locator(".share")).to_have_text("nothing will change")
    editor.press("Redo")
    kernel.becomes([0, 255], ALPHAS)

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


def test_with_the_keyboard_alone_and_no_key_reaches_the_notebook(opened, page):
    editor, kernel = opened
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    editor.button("Brush").focus()
    frame = editor.root.locator(".frame")
    for _ in range(20):
        page.keyboard.press("Tab")
        if frame.evaluate("e => e === document.activeElement"):
            break
    expect(frame).to_be_focused()
    # From the middle: a line to the right with Space held, as the cursor shows it.
    page.keyboard.press("]")
    with editor.sent():
        page.keyboard.down(" ")
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        page.keyboard.up(" ")
    assert kernel.alpha((384, 256), (440, 256), (384, 100)) == [0, 0, 255]

    # A box between two corners, then everything turned round, taken back, and put there again.
    page.keyboard.press("r")
    page.keyboard.press(" ")
    for key in ("ArrowUp",) * 4 + ("ArrowLeft",) * 4:
        page.keyboard.press(key)
    with editor.sent():
        page.keyboard.press(" ")
    assert kernel.alpha((488, 200), (430, 200), (488, 140)) == [0, 255, 255]
    with editor.sent():
        page.keyboard.press("i")
    assert kernel.alpha((384, 256), (20, 20)) == [255, 0]
    with editor.sent():
        page.keyboard.press("Control+z")
    assert kernel.alpha((384, 256), (20, 20)) == [0, 255]
    with editor.sent():
        page.keyboard.press("Control+Shift+z")
    assert kernel.alpha((384, 256), (20, 20)) == [255, 0]

    # B, E, R, L, 0 and I are commands in a notebook, and X would cut the cell.
    for key in ("b", "e", "l", "0", "+", "-", "[", "x"):
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    assert kernel.value("1") == 1
    expect(editor.root.locator(".unseen[role=status]")).to_contain_text("will change")

    # In a field a letter is only a letter.
    editor.root.get_by_label("Feather").focus()
    page.keyboard.press("r")
    expect(editor.button("Lasso")).to_have_attribute("aria-pressed", "true")

    editor.root.locator("summary").click()
    assert serious_faults(page, ".mask-editor") == []


@pytest.fixture
def in_lab(page, open_notebook, run_all, lesson, kernel):
    copy = open_notebook(lesson, "lab")
    run_all()
    connected = kernel(copy)
    yield Editor(page, connected), connected
    assert page.problems == []


def test_every_tool_does_to_the_mask_what_it_shows(in_lab, page, tmp_path):
    editor, kernel = in_lab
    editor.button("Box").click()
    editor.drag((100, 100), (300, 300))
    assert kernel.alpha((105, 105), (295, 295), (95, 105), (305, 295)) == [0, 0, 255, 255]
    assert kernel.value("round(editor.mask.painted * 768 * 512 / 100)") == pytest.approx(400, abs=8)

    page.keyboard.down("Alt")
    editor.drag((150, 150), (200, 200))
    page.keyboard.up("Alt")
    assert kernel.alpha((175, 175), (120, 175)) == [255, 0]

    editor.button("Lasso").click()
    editor.drag((500, 100), (700, 100), (600, 300))
    assert kernel.alpha((600, 150), (520, 280)) == [0, 255]

    editor.button("Eraser").click()
    editor.drag((100, 250), (300, 250))
    assert kernel.alpha((200, 250), (200, 290)) == [255, 0]

    editor.press("Clear")
    assert kernel.value("editor.mask.painted") == 0
    editor.press("Undo")
    assert kernel.alpha((200, 250), (200, 290), (600, 150)) == [255, 0, 0]

    # Enlarged, the same spot of the picture is under the pointer.
    editor.press("Clear")
    editor.button("Brush").click()
    editor.page.mouse.move(*editor.at(384, 256))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    expect(editor.root.locator(".zoom")).not_to_have_text("100 %")
    editor.drag((370, 250), (400, 250))
    assert kernel.alpha((385, 250), (385, 200)) == [0, 255]
    before = editor.veil.bounding_box()["x"]
    page.keyboard.down(" ")
    page.mouse.move(*editor.at(384, 256))
    page.mouse.down()
    page.mouse.move(*editor.at(420, 256), steps=4)
    page.mouse.up()
    page.keyboard.up(" ")
    assert editor.veil.bounding_box()["x"] > before
    assert kernel.alpha((420, 300)) == [255]
    editor.button("Fit").click()
    expect(editor.root.locator(".zoom")).to_have_text("100 %")

    # A feather is soft outside and changes nothing of what was painted.
    with editor.sent():
        editor.root.get_by_label("Feather").fill("24")
        editor.root.get_by_label("Feather").blur()
    inside, rim, far = kernel.alpha((385, 250), (385, 280), (385, 400))
    assert inside == 0
    assert 128 <= rim < 255
    assert far == 255
    with editor.sent():
        editor.root.get_by_label("Feather").fill("0")
        editor.root.get_by_label("Feather").blur()

    # What is saved is the mask, and what is loaded is one again; a wrong one is told in the panel.
    with page.expect_download() as waiting:
        editor.button("Save mask").click()
    saved = tmp_path / "saved.png"
    waiting.value.save_as(saved)
    held = kernel.value("__import__('hashlib').sha256(editor.mask.pil.tobytes()).hexdigest()")
    import hashlib

    from PIL import Image

    with Image.open(saved) as mask:
        assert hashlib.sha256(mask.convert("RGBA").tobytes()).hexdigest() == held
    white = Image.new("L", SIZE)
    white.paste(255, (0, 0, 768, 128))
    white.save(tmp_path / "white.png")
    Image.new("L", (10, 10)).save(tmp_path / "small.png")
    choose = editor.root.locator("input[type=file]")
    choose.set_input_files(tmp_path / "white.png")
    expect(editor.root.locator(".share")).to_have_text("25 % will change")
    assert kernel.alpha((10, 10), (10, 200)) == [0, 255]
    choose.set_input_files(tmp_path / "small.png")
    expect(editor.root.get_by_role("alert")).to_contain_text("'small.png' is 10x10")
    assert kernel.alpha((10, 10), (10, 200)) == [0, 255]
    editor.drag((384, 400), (500, 400))
    expect(editor.root.locator(".problem")).to_be_hidden()
    assert kernel.alpha((10, 10), (400, 400), (10, 200)) == [0, 0, 255]
    editor.press("Undo")
    editor.press("Undo")
    assert kernel.alpha((10, 10), (385, 250)) == [255, 0]

    kernel.value("0", "editor.feather = 3")
    expect(editor.root.get_by_label("Feather")).to_have_value("3")


def test_a_finger_paints_two_fingers_zoom_and_a_pen_presses(in_lab, page):
    editor, kernel = in_lab
    client = page.context.new_cdp_session(page)

    def touch(kind, *points):
        where = [editor.at(*point) for point in points]
        client.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(where)]},
        )

    with editor.sent():
        touch("touchStart", (200, 250))
        for x in range(220, 420, 20):
            touch("touchMove", (x, 250))
        touch("touchEnd")
    assert kernel.alpha((300, 250), (300, 350)) == [0, 255]

    before = kernel.received()
    touch("touchStart", (300, 400), (450, 400))
    spread = [editor.at(*point) for point in ((250, 400), (520, 400))]
    client.send(
        "Input.dispatchTouchEvent",
        {"type": "touchMove", "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(spread)]},
    )
    touch("touchEnd")
    expect(editor.root.locator(".zoom")).not_to_have_text("100 %")
    editor.button("Fit").click()
    assert kernel.alpha((300, 400), (450, 400)) == [255, 255]
    assert kernel.received() == before

    def pen(kind, x, y, force):
        at = editor.at(x, y)
        client.send(
            "Input.dispatchMouseEvent",
            {"type": kind, "x": at[0], "y": at[1], "button": "left", "buttons": 1, "clickCount": 1,
             "pointerType": "pen", "force": force},
        )  # fmt: skip

    with editor.sent():
        pen("mousePressed", 100, 450, 0.1)
        for x in range(110, 400, 10):
            pen("mouseMoved", x, 450, 0.1 if x < 200 else 1.0)
        pen("mouseReleased", 400, 450, 0)
    # 41 pixels wide where it presses hard, about 15 where it does not.
    assert kernel.alpha((150, 450), (150, 465), (350, 450), (350, 465)) == [0, 255, 0, 0]


#: Whether the veil lies on a point of the picture, given as fractions.
VEILED = """([n, x, y]) => {
    const veil = document.querySelectorAll('.mask-editor canvas.veil')[n];
    return veil?.getContext('2d').getImageData(x * veil.width, y * veil.height, 1, 1).data[3] > 127;
}"""


def test_a_mask_from_python_is_seen_and_two_views_show_the_same_mask(
    page, open_notebook, run_all, tmp_path, kernel
):
    begin = """
white = Image.new("L", picture.size)
white.paste(255, (0, 0, 768, 128))
editor = mask_editor(picture, session=imagegen.default_session(), mask=white)
received = [0]
editor.observe(lambda change: received.__setitem__(0, received[0] + 1), "drawn")
"""
    copy = open_notebook(written(tmp_path, SETUP + begin, "editor", "editor"), "lab")
    run_all()
    expect(page.locator(".mask-editor")).to_have_count(2)
    for view in (0, 1):
        page.wait_for_function(VEILED, arg=[view, 0.5, 0.1])
        assert not page.evaluate(VEILED, [view, 0.5, 0.6])
        expect(page.locator(".mask-editor .share").nth(view)).to_have_text("25 % will change")
    connected = kernel(copy)
    first = Editor(page, connected)
    first.drag((200, 307), (600, 307))
    page.wait_for_function(VEILED, arg=[1, 0.5, 0.6])
    assert connected.alpha((384, 10), (384, 307), (384, 200)) == [0, 0, 255]
    # What the second view was shown it does not send again.
    assert connected.received() == 1
    assert page.problems == []
