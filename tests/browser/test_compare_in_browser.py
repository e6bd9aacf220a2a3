from __future__ import annotations

import nbformat
import pytest
from accessibility import faults_in_both_themes

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'


@pytest.fixture
def compared(home, page, open_notebook, run_all, tmp_path):
    """Opens a notebook that compares demo pictures: two of different shapes, then a grid of three."""

    def show(ui):
        shown = "\n".join(
            (
                f"import os; os.environ['IMAGEGEN_HOME'] = {str(home)!r}",
                "import jupyter_imagegen as imagegen",
                "from jupyter_imagegen.widgets.compare import compare",
                "session = imagegen.default_session()",
                "a = imagegen.generate('a lighthouse at dusk', provider='demo')",
                "b = imagegen.generate('a meadow', provider='demo', size='1536x1024')",
                "compare(a, b, session=session)",
            )
        )
        cells = [shown, "compare(a, b, a, session=session)"]
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            # Without it the page asks which kernel to use.
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        path = tmp_path / "compare.ipynb"
        nbformat.write(notebook, path)
        open_notebook(path, ui)
        run_all()
        # The first widget of a page waits for its front end's own code.
        expect(page.locator(".ig-compare")).to_have_count(2, timeout=20_000)
        return page.locator(".ig-compare")

    return show


@pytest.mark.parametrize("ui", ["lab", pytest.param("notebook", marks=pytest.mark.long)])
def test_the_slider_moves_by_mouse_and_by_keyboard_over_two_whole_pictures(ui, compared, page):
    found = compared(ui).first
    found.scroll_into_view_if_needed()
    slider = found.get_by_role("slider", name="Divider between A and B")
    expect(slider).to_have_attribute("aria-valuetext", "50 % A, 50 % B")
    a, b = found.locator("img").and_(found.get_by_alt_text("A:")), found.get_by_alt_text("B:")
    for picture, shape in ((a, [1024, 1024]), (b, [1536, 1024])):
        # Small copies come first, the pictures themselves when the page asks for them.
        expect(picture).to_have_js_property("naturalWidth", shape[0])
        assert picture.evaluate("e => [e.naturalWidth, e.naturalHeight]") == shape
        assert picture.evaluate("e => getComputedStyle(e).objectFit") == "contain"
    stage = found.locator(".stage").bounding_box()
    assert stage["width"] / stage["height"] == pytest.approx(1.5, abs=0.01)

    middle = stage["y"] + stage["height"] / 2
    page.mouse.move(stage["x"] + stage["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] / 4, middle, steps=8)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "25")
    assert a.evaluate("e => e.style.clipPath").startswith("inset(0px 75% 0px 0px)")
    page.mouse.move(stage["x"] + stage["width"] / 2, middle)
    expect(slider).to_have_attribute("aria-valuenow", "25")

    expect(slider).to_be_focused()
    for key, now in (
        ("ArrowRight", 26),
        ("ArrowUp", 27),
        ("Shift+ArrowLeft", 17),
        ("PageUp", 27),
        ("End", 100),
        ("ArrowRight", 100),
        ("Home", 0),
        ("ArrowDown", 0),
    ):
        page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuenow", str(now))
    # The arrow keys stayed here: the notebook did not move to another cell.
    expect(slider).to_be_focused()

    full = found.get_by_role("button", name="100 %")
    full.click()
    expect(full).to_have_attribute("aria-pressed", "true")
    assert found.locator(".stage").evaluate("e => e.clientWidth") == 1536
    assert faults_in_both_themes(page, ".ig-compare") == []
    full.click()
    assert found.locator(".stage").evaluate("e => e.clientWidth") < 1000

    expect(found.locator(".under p").first).to_contain_text("A")
    expect(found.locator(".under p").first).to_contain_text("1024×1024 · low")
    expect(found.locator(".under p").first).to_contain_text("$0.00")
    expect(found.locator(".under p").last).to_contain_text("1536×1024")
    expect(found.locator(".under p").last).to_contain_text("demo picture, not a model's")
    assert page.locator(STDERR).count() == 0
    assert page.problems == []


@pytest.mark.parametrize("ui", ["lab", pytest.param("notebook", marks=pytest.mark.long)])
def test_more_than_two_stand_in_a_grid_of_equal_boxes_with_letters(ui, compared, page):
    found = compared(ui).nth(1)
    found.scroll_into_view_if_needed()
    captions = found.locator("figcaption")
    expect(captions).to_have_count(3)
    for i, letter in enumerate("ABC"):
        expect(captions.nth(i).locator(".letter")).to_have_text(letter)
    boxes = [box.bounding_box() for box in found.locator(".box").all()]
    assert len({(round(box["width"]), round(box["height"])) for box in boxes}) == 1
    assert found.get_by_role("slider").count() == 0
    assert faults_in_both_themes(page, ".ig-compare") == []
    assert page.problems == []
