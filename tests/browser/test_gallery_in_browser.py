from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal

import nbformat
import pytest
from accessibility import serious_faults
from PIL import Image

from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.imaging import inspect
from jupyter_imagegen.storage import open_storage

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser

STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'
RUN_CELL = """async (index) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
BOTH = pytest.mark.parametrize("ui", ["lab", pytest.param("notebook", marks=pytest.mark.long)])


@pytest.fixture
def store(home):
    """The store of this test, and a way to put pictures into it."""
    now = datetime.now().astimezone()
    # Just now, and all of it today, also in the first minutes of a day.
    start = max(now - timedelta(minutes=30), now.replace(hour=0, minute=0, second=0, microsecond=0))
    moments = (start + timedelta(seconds=number) for number in range(10**6))
    storage = open_storage(home, now=lambda: next(moments), session="earlier")

    def keep(prompt, *, provider="openai", model="gpt-image-2.5-flare", cost="0.0132"):
        request = GenerateRequest(model=model, prompt=prompt, size="1024x1024", quality="low")
        hue = sum(map(ord, prompt)) * 37
        buffer = io.BytesIO()
        Image.new("HSV", (96, 64), (hue % 256, 120, 200)).convert("RGB").save(buffer, "PNG")
        storage.pictures.keep(
            key=request_key(request, namespace=provider if provider == "demo" else None),
            namespace=None,
            request=request,
            provider=provider,
            data=buffer.getvalue(),
            inspected=inspect(buffer.getvalue()),
            cost_usd=Decimal(cost),
            notebook="lesson.ipynb",
        )

    keep.storage = storage
    yield keep
    storage.close()


@pytest.fixture
def show(server, home, page, open_notebook, tmp_path):
    """Open a notebook on this test's store, with a gallery in its first cell; give the gallery."""

    def opened(ui, *more):
        environment = {**server.env(), "IMAGEGEN_HOME": str(home)}
        first = "\n".join(
            (
                f"import os; os.environ.update({environment!r})",
                "import jupyter_imagegen as imagegen",
                "from jupyter_imagegen.widgets.gallery import gallery",
                "g = gallery(session=imagegen.default_session())",
                "g",
            )
        )
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in (first, *more)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        path = tmp_path / "gallery.ipynb"
        nbformat.write(notebook, path)
        open_notebook(path, ui)
        page.evaluate(RUN_CELL, 0)
        found = page.locator(".ig-gallery")
        expect(found).to_be_visible()
        return found

    return opened


@BOTH
def test_a_person_searches_narrows_marks_deletes_and_exports(ui, page, store, show):
    for number in range(30):
        store(f"picture {number}")
    store("a lighthouse at dusk", cost="0.21")
    store("a fox in snow", provider="demo", cost="0")
    gallery = show(ui)
    options = gallery.get_by_role("listbox", name="Pictures").get_by_role("option")
    expect(options).to_have_count(24)
    expect(gallery.get_by_role("status").first).to_have_text("32 pictures")
    expect(options.first).to_have_accessible_name("a fox in snow, $0.00, today, demo picture")
    first = options.first.locator("img")
    assert first.evaluate("e => e.decode().then(() => e.naturalWidth)") == 96

    gallery.get_by_role("button", name="Show more").click()
    expect(options).to_have_count(32)
    expect(gallery.get_by_role("button", name="Show more")).to_be_hidden()

    search = gallery.get_by_role("searchbox", name="Search prompts")
    height = gallery.bounding_box()["height"]
    search.fill("LIGHT")
    expect(options).to_have_count(1)
    assert gallery.bounding_box()["height"] == height
    search.fill("nothing like this")
    expect(gallery.get_by_text("No picture matches.")).to_be_visible()
    gallery.get_by_role("button", name="Clear").last.click()
    expect(options).to_have_count(24)

    gallery.get_by_role("combobox", name="Model").select_option("demo")
    expect(options).to_have_count(1)
    gallery.get_by_role("combobox", name="Model").select_option("")
    expect(options).to_have_count(24)
    gallery.get_by_role("spinbutton").fill("0.1")
    expect(options).to_have_count(1)
    expect(options).to_have_accessible_name("a lighthouse at dusk, $0.21, today")
    options.click()
    details = gallery.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("1024x1024")
    expect(details.get_by_role("textbox", name="Cell")).to_have_value(
        "%%imagegen -m gpt-image-2.5-flare -s 1024x1024 -q low\na lighthouse at dusk"
    )
    details.get_by_role("button", name="Favourite").click()
    expect(details.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    gallery.get_by_role("button", name="Clear").click()
    expect(options).to_have_count(24)
    gallery.get_by_role("button", name="Favourites").click()
    expect(options).to_have_count(1)
    expect(options).to_have_accessible_name("a lighthouse at dusk, $0.21, today, favourite")
    assert serious_faults(page, ".ig-gallery") == []

    options.click()
    details.get_by_role("button", name="Delete").click()
    dialog = gallery.get_by_role("dialog")
    expect(dialog).to_contain_text("It cost $0.21, and making it again costs money.")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    assert serious_faults(page, ".ig-gallery dialog") == []
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(gallery.get_by_text("No picture matches.")).to_be_visible()
    assert store.storage.pictures.history("lighthouse") == []
    gallery.get_by_role("button", name="Favourites").click()
    expect(options).to_have_count(24)

    options.nth(0).click()
    options.nth(2).click(modifiers=["Control"])
    with page.expect_download() as download:
        gallery.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        kinds = sorted(name.partition("/")[0] for name in archive.namelist())
    assert kinds == ["pictures", "pictures", "recipes", "recipes"]

    gallery.get_by_role("button", name="Compare").click()
    expect(gallery.locator(".compared .ig")).to_be_visible()
    gallery.get_by_role("button", name="Close comparison").click()
    expect(gallery.locator(".compared .ig")).to_have_count(0)
    assert page.locator(STDERR).count() == 0
    assert page.problems == []


@BOTH
def test_the_keyboard_alone_chooses_and_deletes_and_never_loses_its_place(ui, page, store, show):
    for number in range(5):
        store(f"picture {number}")
    gallery = show(ui)
    options = gallery.get_by_role("listbox", name="Pictures").get_by_role("option")
    expect(options).to_have_count(5)
    gallery.get_by_role("button", name="Select several").focus()
    page.keyboard.press("Tab")
    expect(options.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("f")
    expect(gallery.locator('[aria-selected="true"]')).to_have_count(2)
    expect(options.nth(2)).to_have_accessible_name("picture 2, $0.0132, today, favourite")
    page.keyboard.press("Escape")
    expect(gallery.locator('[aria-selected="true"]')).to_have_count(0)
    # JupyterLab's own commands for these keys would cut the cell.
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.keyboard.press("x")
    page.keyboard.press("Delete")
    dialog = gallery.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(options.nth(2)).to_be_focused()
    page.keyboard.press("Delete")
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(options).to_have_count(4)
    expect(options.nth(2)).to_have_accessible_name("picture 1, $0.0132, today")
    expect(options.nth(2)).to_be_focused()
    page.keyboard.press("Control+a")
    expect(gallery.get_by_text("4 pictures selected")).to_be_visible()
    assert page.problems == []


@BOTH
def test_pictures_of_other_cells_wait_behind_a_button_and_nothing_jumps(ui, page, store, show):
    store("a meadow")
    gallery = show(ui, "imagegen.generate('a lighthouse', provider='demo', size='1024x1024').images[0].width")
    options = gallery.get_by_role("listbox", name="Pictures").get_by_role("option")
    expect(options).to_have_count(1)
    before = options.first.bounding_box()
    page.evaluate(RUN_CELL, 1)
    fresh = gallery.get_by_role("button", name="Show 1 new picture")
    expect(fresh).to_be_visible()
    assert options.first.bounding_box() == before
    fresh.click()
    expect(options).to_have_count(2)
    expect(options.first).to_be_focused()
    expect(options.first).to_have_accessible_name("a lighthouse, $0.00, today, demo picture")
    expect(fresh).to_be_hidden()
    assert page.problems == []
